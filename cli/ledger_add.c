/* vitrine ledger add: entries from files, and their proofs. */
#include "cli/files.h"
#include "cli/ledger_open.h"
#include "cli/ledger_verbs.h"
#include "cli/trust.h"
#include "ledger/beside.h"
#include "ledger/ledger.h"
#include "release/list_history.h"

const struct vt_option vt_cli_ledger_add_options[] = {
    VT_OPTION_LEDGER_DIR,
    { .name = "proof-dir",
      .value_name = "DIR",
      .help = "write FILE.tlog-proof for each file into this folder" },
    { .name = "trust",
      .value_name = "PATH",
      .help = "take statements only, by those whom this trust root names" },
    { .name = "beside",
      .value_name = "PREDICATE",
      .help = "keep this file beside the log: a FILE's predicate names its digest",
      .is_repeated = true },
    { .name = "key", .value_name = "KEY", .help = "if the key is no longer where it was" },
    VT_OPTION_PASSPHRASE,
    { .name = NULL },
};

static const char *leaf_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

struct added {
    const char *path;
    vt_ticket ticket;
};

/* Whose statements are taken; trust NULL: anybody's, and anything. */
struct admission {
    struct vt_trust *trust;
    int64_t now_unix_s;
    struct vt_list_history lists; /* on the ledger, and of the FILEs before */
};

/* An expired trust root says nothing about today, and a ledger is for ever. */
static bool read_admission(struct vt_args *args, struct admission *out,
                           struct vt_error *err)
{
    const char *path = vt_args_get(args, "trust");
    char expires[VT_TIME_TEXT_BYTES];

    out->now_unix_s = vt_env_now_unix_s(vt_args_env(args));
    if (path == NULL)
        return true;
    if (!vt_cli_trust_read(path, &out->trust, err))
        return false;
    out->lists = vt_list_history_init(out->trust);
    if (out->now_unix_s < out->trust->expires_unix_s)
        return true;
    vt_time_write(out->trust->expires_unix_s, expires);
    return vt_fail(err, VT_REJECTED,
                   "%s: version %ju expired on %s; take the next one, or set the clock",
                   path, (uintmax_t)out->trust->version, expires);
}

/* An entry's bytes, if they are admitted. */
static bool read_entry(const struct admission *admission, const char *path,
                       struct vt_buf *out, struct vt_error *err)
{
    if (!vt_file_read(path, out, err))
        return false;
    return admission->trust == NULL ||
           vt_trust_admits_entry(admission->trust, vt_buf_slice(out), admission->now_unix_s,
                                 err) ||
           vt_within(err, "%s", path);
}

/* A list of withdrawals must not contradict those on the ledger, nor those given with it.
 */
static bool admit_list(struct admission *admission, struct vt_ledger *ledger,
                       vt_slice entry, struct vt_error *err)
{
    if (admission->trust == NULL || !vt_list_history_is_list(entry))
        return true;
    if (!vt_list_history_read(&admission->lists, ledger, err) ||
        !vt_list_history_admits_entry(&admission->lists, entry, err))
        return false;
    vt_list_history_note(&admission->lists, vt_ledger_size(ledger), entry);
    return true;
}

/* The bytes that were admitted are those that are submitted. */
static bool submit_file(struct vt_ledger *ledger, struct admission *admission,
                        struct added *file, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);

    return read_entry(admission, file->path, &bytes, err) &&
           (admit_list(admission, ledger, vt_buf_slice(&bytes), err) ||
            vt_within(err, "%s", file->path)) &&
           (vt_ledger_submit(ledger, vt_buf_slice(&bytes), &file->ticket, err) ||
            vt_within(err, "%s", file->path));
}

/* ---- beside the log ---------------------------------------------------------------------
 */

/* A file that is to lie beside the log. */
struct beside {
    const char *path;
    vt_hash digest;
    size_t by; /* which of the FILEs names it */
};

/* The FILE whose predicate names it.  An entry that is there already keeps its index, so
 * its file may be given again for that. */
static bool find_namer(const struct admission *admission, const struct added *files,
                       size_t count, struct beside *beside, struct vt_error *err)
{
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_beside_name name;
    char hex[65];

    for (size_t i = 0; i < count; i++) {
        vt_buf_truncate(&entry, 0);
        if (!read_entry(admission, files[i].path, &entry, err))
            return false;
        beside->by = i;
        if (vt_beside_read_name(vt_buf_slice(&entry), &name) &&
            vt_hash_equal(&name.digest, &beside->digest))
            return true;
    }
    vt_hash_text(&beside->digest, hex);
    return vt_fail(err, VT_REJECTED,
                   "%s: no predicate of a FILE names sha256 %s; give the statement that "
                   "does, also if it is in the ledger already",
                   beside->path, hex);
}

static bool read_beside(const char *path, struct vt_buf *out, struct vt_error *err)
{
    return vt_file_read(path, out, err) ||
           (err->code == VT_LIMIT &&
            vt_fail(err, VT_LIMIT, "%s: more than %d MiB do not lie beside a log", path,
                    (int)(VT_BESIDE_BYTES_MAX >> 20)));
}

/* Nothing is kept before all are known to be named. */
static bool find_beside(struct vt_args *args, const struct admission *admission,
                        const struct added *files, size_t count, struct beside *all,
                        size_t *count_out, struct vt_error *err)
{
    const char *path;
    size_t n = 0;

    for (; (path = vt_args_get_at(args, "beside", n)) != NULL; n++) {
        VT_AUTO_BUF bytes = vt_buf_init(VT_BESIDE_BYTES_MAX);

        if (n == VT_LEDGER_FILES_MAX)
            return vt_args_misuse(args, err, "--beside: at most %d in one call",
                                  VT_LEDGER_FILES_MAX);
        if (!read_beside(path, &bytes, err))
            return false;
        all[n] = (struct beside){ path, vt_sha256_of(vt_buf_slice(&bytes)), 0 };
        if (!find_namer(admission, files, count, &all[n], err))
            return false;
    }
    *count_out = n;
    return true;
}

static bool keep_beside(struct vt_ledger *ledger, const struct beside *beside,
                        const struct added *files, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_BESIDE_BYTES_MAX);
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);

    return vt_file_read(files[beside->by].path, &entry, err) &&
           read_beside(beside->path, &bytes, err) &&
           (vt_ledger_keep_beside(ledger, vt_buf_slice(&entry), vt_buf_slice(&bytes),
                                  err) ||
            vt_within(err, "%s, for %s", beside->path, files[beside->by].path));
}

/* Durable before any entry is. */
static bool keep_all_beside(struct vt_args *args, struct vt_ledger *ledger,
                            const struct admission *admission, const struct added *files,
                            size_t count, struct vt_error *err)
{
    VT_AUTO_FREE struct beside *all = vt_alloc_array(VT_LEDGER_FILES_MAX, sizeof *all);
    size_t beside_count = 0;

    if (!find_beside(args, admission, files, count, all, &beside_count, err))
        return false;
    for (size_t i = 0; i < beside_count; i++)
        if (!keep_beside(ledger, &all[i], files, err))
            return false;
    return true;
}

/* ---- entries ----------------------------------------------------------------------------
 */

static bool write_proof(struct vt_ledger *ledger, const char *folder,
                        const struct added *file, struct vt_error *err)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path =
        vt_arena_printf(arena, "%s/%s.tlog-proof", folder, leaf_name(file->path));

    return vt_ledger_prove(ledger, file->ticket.index, &proof, err) &&
           vt_cli_write(path, vt_buf_slice(&proof), 0644, err);
}

static void print_added(struct vt_args *args, const struct vt_ledger *ledger,
                        const struct added *files, size_t count)
{
    json_t *entries = vt_args_is_json(args) ? json_array() : NULL;

    for (size_t i = 0; i < count; i++)
        if (entries != NULL)
            (void)json_array_append_new(
                entries, json_pack("{s:o,s:I,s:b}", "file",
                                   vt_cli_json_text(vt_slice_from_cstr(files[i].path)),
                                   "index", (json_int_t)files[i].ticket.index, "known",
                                   files[i].ticket.is_known));
        else
            (void)printf("%ju %s%s\n", (uintmax_t)files[i].ticket.index, files[i].path,
                         files[i].ticket.is_known ? " (was there already)" : "");
    if (entries != NULL)
        vt_cli_print_json(json_pack("{s:b,s:I,s:o}", "ok", 1, "size",
                                    (json_int_t)vt_ledger_published_size(ledger), "entries",
                                    entries));
}

/* Two proofs must not get one name. */
static bool check_proof_names(struct vt_args *args, const struct added *files, size_t count,
                              struct vt_error *err)
{
    for (size_t i = 0; i < count && vt_args_has(args, "proof-dir"); i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(leaf_name(files[i].path), leaf_name(files[k].path)) == 0)
                return vt_args_misuse(args, err,
                                      "%s and %s would have one proof file; add them in "
                                      "two calls",
                                      files[k].path, files[i].path);
    return true;
}

static bool add_files(struct vt_args *args, struct admission *admission,
                      struct added *files, size_t count, struct vt_error *err)
{
    const struct vt_cli_ledger_place place = { vt_args_get(args, "dir"),
                                               vt_args_get(args, "key"),
                                               "passphrase-file" };
    const char *proof_dir = vt_args_get(args, "proof-dir");
    VT_AUTO_SIGNER signer = NULL;
    VT_AUTO_LEDGER ledger = NULL;

    if (!vt_cli_ledger_open(args, &place, &signer, &ledger, err) ||
        !keep_all_beside(args, ledger, admission, files, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!submit_file(ledger, admission, &files[i], err))
            return false; /* nothing was waited for: all or none */
    for (size_t i = 0; i < count; i++)
        if (!vt_ledger_wait(ledger, files[i].ticket, NULL, err))
            return false;
    if (!vt_ledger_publish(ledger, NULL, err))
        return vt_within(err, "the entries are kept, but not published yet");
    for (size_t i = 0; i < count && proof_dir != NULL; i++)
        if (!write_proof(ledger, proof_dir, &files[i], err))
            return false;
    print_added(args, ledger, files, count);
    return true;
}

bool vt_cli_ledger_add(struct vt_args *args, struct vt_error *err)
{
    size_t count = vt_args_operand_count(args);
    struct added files[VT_LEDGER_FILES_MAX];
    struct admission admission = { 0 };
    bool ok;

    for (size_t i = 0; i < count; i++)
        files[i] = (struct added){ .path = vt_args_operand(args, i) };
    ok = check_proof_names(args, files, count, err) &&
         read_admission(args, &admission, err) &&
         add_files(args, &admission, files, count, err);
    vt_list_history_clear(&admission.lists);
    vt_trust_free(admission.trust);
    return ok;
}
