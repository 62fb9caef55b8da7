/* The files of a ledger of ours that nobody signed: what its writer needs to go on.  They
 * carry checks of their own, and opening would find the same; fsck tells it before. */
#include "ledger/config.h"
#include "ledger/fsck_inside.h"
#include "ledger/journal.h"
#include "ledger/signer.h"

static bool is_counted(void *context, uint64_t index, vt_slice entry, const vt_hash *leaf,
                       struct vt_error *err)
{
    (void)context;
    (void)index;
    (void)entry;
    (void)leaf;
    (void)err;
    return true; /* the journal checked it */
}

/* Under the lock, since reading a journal takes its place at the end. */
static bool read_journal(struct vt_fsck *f, uint64_t signed_size, struct vt_error *err)
{
    static const struct vt_journal_sink sink = { is_counted, NULL };
    struct vt_env env = vt_env_real();
    struct vt_journal *journal;
    bool is_ok;

    if (!vt_journal_open(f->disk, &env, &journal, err))
        return false;
    is_ok = vt_journal_replay(journal, vt_journal_first(journal), &sink, err);
    if (is_ok && vt_journal_end(journal) < f->report.size)
        is_ok = vt_fail(err, VT_REJECTED, "it ends at entry %ju, %ju were signed for",
                        (uintmax_t)vt_journal_end(journal), (uintmax_t)f->report.size);
    if (is_ok && vt_journal_end(journal) < signed_size)
        is_ok = vt_fail(err, VT_REJECTED,
                        "it ends at entry %ju, and the signer has signed %ju: the folder "
                        "was restored from an old copy; restore the newest one",
                        (uintmax_t)vt_journal_end(journal), (uintmax_t)signed_size);
    vt_journal_close(journal);
    return is_ok;
}

static void leave_out(struct vt_fsck *f, const struct vt_error *why)
{
    f->report.private_files = VT_FSCK_PRIVATE_LEFT_OUT;
    (void)snprintf(f->report.why, sizeof f->report.why, "%s", why->message);
}

/* Not beside a writer at work, nor in a folder that we may not write: then that is said. */
static void check_journal(struct vt_fsck *f, uint64_t signed_size)
{
    struct vt_error err = { 0 };

    f->report.private_files = VT_FSCK_PRIVATE_CHECKED;
    if (!vt_disk_lock(f->disk, &err)) {
        leave_out(f, &err);
    } else if (!read_journal(f, signed_size, &err))
        vt_fsck_found(f, "journal", "%s", err.message);
}

void vt_fsck_check_private(struct vt_fsck *f)
{
    struct vt_ledger_config config;
    struct vt_error err = { 0 };
    uint64_t signed_size = 0;

    if (!vt_disk_has(f->disk, VT_LEDGER_CONFIG_NAME))
        return;
    if (!vt_ledger_config_read(f->disk, f->arena, &config, &err)) {
        if (err.code != VT_IO)
            vt_fsck_found(f, VT_LEDGER_CONFIG_NAME, "%s", err.message);
        leave_out(f, &err);
        return;
    }
    if (!vt_signer_head_verify(vt_disk_path(f->disk), config.origin, f->report.size,
                               &signed_size, &err)) {
        if (err.code == VT_IO) { /* not ours to read: nothing is known of it */
            leave_out(f, &err);
            return;
        }
        vt_fsck_found(f, "signer/head", "%s", err.message);
    }
    check_journal(f, signed_size);
}
