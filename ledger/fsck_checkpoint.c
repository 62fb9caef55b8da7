/* Checkpoints in a log's folder: which are good, and do their roots fit the entries? */
#include "ledger/checkpoint.h"
#include "ledger/fsck_inside.h"
#include "ledger/tlog_proof.h"

#define CHECKPOINT_NAME "checkpoint"
#define VKEY_NAME       "VKEY.txt"

static void add(struct vt_fsck *f, const char *name, const struct vt_tlog_verdict *verdict)
{
    size_t at = f->checkpoint_count++;

    if (f->checkpoint_count > f->checkpoint_room) {
        f->checkpoint_room = f->checkpoint_room != 0 ? f->checkpoint_room * 2 : 64;
        f->checkpoints =
            vt_grow_array(f->checkpoints, f->checkpoint_room, sizeof *f->checkpoints);
    }
    for (; at > 0 && f->checkpoints[at - 1].size > verdict->size; at--)
        f->checkpoints[at] = f->checkpoints[at - 1];
    f->checkpoints[at] = (struct vt_fsck_checkpoint){ vt_arena_printf(f->arena, "%s", name),
                                                      verdict->size, verdict->root };
    if (verdict->size > f->report.size)
        f->report.size = verdict->size;
}

/* Signed by the log, and by a quorum if it must be. */
static void judge(struct vt_fsck *f, const char *name, vt_slice note, bool needs_quorum)
{
    struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct vt_tlog_verdict verdict;
    struct vt_error why = { 0 };

    *policy = *f->options->policy;
    if (!needs_quorum)
        policy->quorum = VT_POLICY_QUORUM_NONE;
    if (!vt_tlog_checkpoint_verify(note, policy, f->options->origin, &verdict, &why))
        vt_fsck_found(f, name, "%s", why.message);
    else
        add(f, name, &verdict);
    free(policy);
}

static bool read_file(struct vt_fsck *f, const char *name, struct vt_buf *out,
                      struct vt_error *err)
{
    if (vt_disk_read(f->disk, name, out, err))
        return true;
    if (err->code == VT_IO)
        return false;
    vt_fsck_found(f, name, "%s", err->message); /* far too long, or no plain file */
    return true;
}

/* A key that lies beside the log must be the log's. */
static void check_vkey(struct vt_fsck *f, vt_slice text)
{
    for (size_t i = 0; i < f->options->policy->log_count; i++) {
        VT_AUTO_BUF line = vt_buf_init(VT_KIB(4));

        vt_vkey_write(&line, &f->options->policy->logs[i].vkey);
        vt_buf_put_u8(&line, '\n');
        if (vt_slice_equal(text, vt_buf_slice(&line)) ||
            vt_slice_equal(text, vt_slice_sub(vt_buf_slice(&line), 0, line.len - 1)))
            return;
    }
    vt_fsck_found(f, VKEY_NAME, "is not the key that the log is checked with");
}

static bool check_top_file(void *context, const char *name, bool is_folder,
                           struct vt_error *err)
{
    struct vt_fsck *f = context;
    vt_slice text = vt_slice_from_cstr(name);
    bool is_main = strcmp(name, CHECKPOINT_NAME) == 0;
    VT_AUTO_BUF bytes = vt_buf_init(VT_NOTE_BYTES_MAX);

    if (is_folder || !(is_main || strcmp(name, VKEY_NAME) == 0 ||
                       vt_slice_starts_with(text, VT_LIT(CHECKPOINT_NAME "."))))
        return true;
    if (!read_file(f, name, &bytes, err))
        return false;
    if (strcmp(name, VKEY_NAME) == 0)
        check_vkey(f, vt_buf_slice(&bytes));
    else
        judge(f, name, vt_buf_slice(&bytes), is_main && f->options->checkpoint.len == 0);
    return true;
}

bool vt_fsck_read_checkpoints(struct vt_fsck *f, struct vt_error *err)
{
    if (f->options->checkpoint.len != 0)
        judge(f, f->options->checkpoint_name, f->options->checkpoint, true);
    if (!vt_disk_list(f->disk, "", check_top_file, f, err))
        return false;
    if (f->checkpoint_count == 0 && f->report.findings == 0)
        return vt_fail(err, VT_ABSENT,
                       "%s: no checkpoint, so nothing to compare with; name one with "
                       "--checkpoint",
                       vt_disk_path(f->disk));
    f->report.checkpoints = f->checkpoint_count;
    return true;
}

void vt_fsck_compare_roots(struct vt_fsck *f)
{
    for (size_t i = 0; i < f->checkpoint_count; i++) {
        const struct vt_fsck_checkpoint *checkpoint = &f->checkpoints[i];
        vt_hash root;

        if (checkpoint->size != f->tree.size)
            continue;
        root = vt_tree_root(&f->tree);
        if (!vt_hash_equal(&root, &checkpoint->root))
            vt_fsck_found(f, checkpoint->name,
                          "its root is not that of the %ju entries that are there",
                          (uintmax_t)checkpoint->size);
    }
}
