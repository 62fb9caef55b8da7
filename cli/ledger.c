/* vitrine ledger: make a log, add to it, prove, look, check. */
#include "cli/files.h"
#include "cli/groups.h"
#include "cli/ledger_open.h"
#include "cli/ledger_serve.h"
#include "cli/ledger_verbs.h"
#include "cli/trust.h"
#include "crypto/verify_note.h"
#include "ledger/frozen.h"
#include "ledger/ledger.h"
#include "ledger/reader.h"
#include "wire/base64.h"

enum { FILES_MAX = 500 };

/* Where an answer goes: a file, or standard output for "-". */
static bool write_out(const char *path, vt_slice bytes, struct vt_error *err)
{
    if (strcmp(path, "-") != 0)
        return vt_cli_write(path, bytes, 0644, err);
    return fwrite(bytes.data, 1, bytes.len, stdout) == bytes.len ||
           vt_fail(err, VT_IO, "standard output: %s", strerror(errno));
}

/* ---- init -------------------------------------------------------------------------------
 */

bool vt_cli_place_of_key(const char *key, char out[4096], struct vt_error *err)
{
    VT_AUTO_FREE char *real = NULL;

    if (strncmp(key, "pkcs11:", 7) == 0) {
        (void)snprintf(out, 4096, "%s", key);
        return true;
    }
    real = realpath(key, NULL);
    if (real == NULL || strlen(real) >= 4096)
        return vt_fail(err, VT_IO, "%s: cannot open: %s", key, strerror(errno));
    (void)snprintf(out, 4096, "%s", real);
    return true;
}

/* The policy with our own log in it: nobody can know its vkey before it is made. */
static bool read_policy(const char *path, vt_slice vkey, struct vt_buf *out,
                        struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct vt_vkey own;

    if (path == NULL)
        return true;
    if (!vt_file_read(path, &text, err) || !vt_vkey_parse(vkey, &own, err) ||
        !vt_policy_parse(vt_buf_slice(&text), policy, err))
        return vt_within(err, "%s", path);
    for (size_t i = 0; i < policy->log_count; i++)
        if (memcmp(policy->logs[i].vkey.key, own.key, sizeof own.key) == 0) {
            vt_buf_put(out, vt_buf_slice(&text));
            return true;
        }
    vt_buf_printf(out, "log %.*s\n", VT_SLICE_ARGS(vkey));
    vt_buf_put(out, vt_buf_slice(&text));
    return vt_buf_check(out, path, err);
}

static bool check_is_free(const char *dir, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    if (vt_path_exists(vt_arena_printf(arena, "%s/config.json", dir)))
        return vt_fail(err, VT_REJECTED, "%s: holds a ledger already", dir);
    return true;
}

/* The signer tells the public key: the private one never comes into this process. */
static bool learn_vkey(const struct vt_signer *signer, vt_slice origin, struct vt_buf *out,
                       struct vt_error *err)
{
    struct vt_vkey vkey = vt_vkey_of(origin, VT_NOTE_ED25519, vt_signer_public(signer));

    vt_vkey_write(out, &vkey);
    return vt_buf_check(out, "the vkey", err);
}

static bool read_entries(struct vt_args *args, enum vt_ledger_entries *out,
                         struct vt_error *err)
{
    const char *name = vt_args_get(args, "entries");

    if (name == NULL || strcmp(name, "any") == 0)
        *out = VT_LEDGER_ANY;
    else if (strcmp(name, "public") == 0)
        *out = VT_LEDGER_PUBLIC;
    else
        return vt_args_misuse(args, err, "--entries: '%s' is neither any nor public", name);
    return true;
}

/* The checkpoint of no entries; with witnesses the first one comes with the first entry. */
static bool publish_empty(struct vt_args *args, const char *dir, struct vt_signer *signer,
                          struct vt_error *err)
{
    struct vt_ledger_options options = { .env = vt_args_env(args), .signer = signer };
    VT_AUTO_LEDGER ledger = NULL;

    return vt_ledger_open(dir, &options, &ledger, err) &&
           (vt_ledger_config(ledger)->policy.len != 0 ||
            vt_ledger_publish(ledger, NULL, err));
}

static bool make_ledger(struct vt_args *args, const char *dir,
                        struct vt_ledger_config *config, struct vt_buf *vkey,
                        struct vt_error *err)
{
    struct vt_ledger_options options = { .env = vt_args_env(args) };
    VT_AUTO_BUF policy = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_SIGNER signer = NULL;
    char key[4096];

    if (!vt_cli_place_of_key(vt_args_get(args, "key"), key, err) ||
        !vt_signer_init(dir, config->origin, err) ||
        !vt_cli_signer_start(args, "passphrase-file", dir, config->origin, key, &signer,
                             err) ||
        !learn_vkey(signer, config->origin, vkey, err) ||
        !read_policy(vt_args_get(args, "policy"), vt_buf_slice(vkey), &policy, err))
        return false;
    config->vkey = vt_buf_slice(vkey);
    config->key = vt_slice_from_cstr(key);
    config->policy = vt_buf_slice(&policy);
    return vt_ledger_init(dir, config, &options, err) &&
           (config->predecessor.len != 0 || publish_empty(args, dir, signer, err));
}

bool vt_cli_ledger_make(struct vt_args *args, const char *dir,
                        struct vt_ledger_config *config, struct vt_buf *vkey_out,
                        struct vt_error *err)
{
    if (!read_entries(args, &config->entries, err) || !check_is_free(dir, err))
        return false;
    if (!vt_note_name_is_good(config->origin))
        return vt_fail(err, VT_MALFORMED,
                       "the origin must be a name without spaces and '+', say "
                       "log.example.org/releases");
    return make_ledger(args, dir, config, vkey_out, err);
}

static bool run_init(struct vt_args *args, struct vt_error *err)
{
    const char *dir = vt_args_get(args, "dir");
    struct vt_ledger_config config = { .origin = vt_slice_from_cstr(
                                           vt_args_get(args, "origin")) };
    VT_AUTO_BUF vkey = vt_buf_init(VT_KIB(4));

    if (!vt_cli_ledger_make(args, dir, &config, &vkey, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:o,s:s}", "ok", 1, "dir", dir, "origin",
                                    vt_cli_json_text(config.origin), "vkey",
                                    vt_buf_cstr(&vkey)));
    else
        (void)printf("%s is a ledger now; its verifier key, for policies:\n%s\n", dir,
                     vt_buf_cstr(&vkey));
    return true;
}

/* ---- add --------------------------------------------------------------------------------
 */

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
    if (out->now_unix_s < out->trust->expires_unix_s)
        return true;
    vt_time_write(out->trust->expires_unix_s, expires);
    return vt_fail(err, VT_REJECTED,
                   "%s: version %ju expired on %s; take the next one, or set the clock",
                   path, (uintmax_t)out->trust->version, expires);
}

/* The bytes that were admitted are those that are submitted. */
static bool submit_file(struct vt_ledger *ledger, const struct admission *admission,
                        struct added *file, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (!vt_file_read(file->path, &bytes, err))
        return false;
    if ((admission->trust != NULL &&
         !vt_trust_admits_entry(admission->trust, vt_buf_slice(&bytes),
                                admission->now_unix_s, err)) ||
        !vt_ledger_submit(ledger, vt_buf_slice(&bytes), &file->ticket, err))
        return vt_within(err, "%s", file->path);
    return true;
}

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

static bool add_files(struct vt_args *args, const struct admission *admission,
                      struct added *files, size_t count, struct vt_error *err)
{
    const struct vt_cli_ledger_place place = { vt_args_get(args, "dir"),
                                               vt_args_get(args, "key"),
                                               "passphrase-file" };
    const char *proof_dir = vt_args_get(args, "proof-dir");
    VT_AUTO_SIGNER signer = NULL;
    VT_AUTO_LEDGER ledger = NULL;

    if (!vt_cli_ledger_open(args, &place, &signer, &ledger, err))
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

static bool run_add(struct vt_args *args, struct vt_error *err)
{
    size_t count = vt_args_operand_count(args);
    struct added files[FILES_MAX];
    struct admission admission = { 0 };
    bool ok;

    for (size_t i = 0; i < count; i++)
        files[i] = (struct added){ .path = vt_args_operand(args, i) };
    ok = check_proof_names(args, files, count, err) &&
         read_admission(args, &admission, err) &&
         add_files(args, &admission, files, count, err);
    vt_trust_free(admission.trust);
    return ok;
}

/* ---- prove ------------------------------------------------------------------------------
 */

static bool find_index(struct vt_args *args, struct vt_ledger_reader *reader,
                       uint64_t *index_out, struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0);
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if ((path != NULL) == vt_args_has(args, "index"))
        return vt_args_misuse(args, err, "name either a FILE or --index N");
    if (path == NULL)
        return vt_args_number(args, "index", 0, UINT64_MAX, index_out, err);
    if (!vt_file_read(path, &entry, err))
        return false;
    if (!vt_ledger_reader_find(reader, vt_buf_slice(&entry), index_out, err))
        return vt_within(err, "%s", path);
    return true;
}

static bool run_prove(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    VT_AUTO_LEDGER_READER reader = NULL;
    const char *out = vt_args_get(args, "out");
    uint64_t index;

    if (!vt_ledger_reader_open(vt_args_get(args, "dir"), &reader, err) ||
        !find_index(args, reader, &index, err) ||
        !vt_ledger_reader_prove(reader, index, &proof, err) ||
        !write_out(out, vt_buf_slice(&proof), err))
        return false;
    if (strcmp(out, "-") == 0)
        return true;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:I,s:I,s:o}", "ok", 1, "index",
                                    (json_int_t)index, "size",
                                    (json_int_t)vt_ledger_reader_head(reader).size, "out",
                                    vt_cli_json_text(vt_slice_from_cstr(out))));
    else
        (void)printf("entry %ju of %ju is proven in %s\n", (uintmax_t)index,
                     (uintmax_t)vt_ledger_reader_head(reader).size, out);
    return true;
}

/* ---- show -------------------------------------------------------------------------------
 */

static bool show_entry(struct vt_args *args, struct vt_ledger_reader *reader,
                       struct vt_error *err)
{
    VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX + 1),
                base64 = vt_buf_init(VT_KIB(128));
    uint64_t index;

    if (!vt_args_number(args, "index", 0, UINT64_MAX, &index, err) ||
        !vt_ledger_reader_read(reader, index, &entry, err))
        return false;
    if (!vt_args_is_json(args)) {
        if (isatty(STDOUT_FILENO)) /* for a person; a pipe gets the bytes and no more */
            vt_buf_put_u8(&entry, '\n');
        return write_out("-", vt_buf_slice(&entry), err);
    }
    vt_base64_write(&base64, vt_buf_slice(&entry));
    vt_cli_print_json(json_pack("{s:b,s:I,s:s}", "ok", 1, "index", (json_int_t)index,
                                "entry_b64", vt_buf_cstr(&base64)));
    return true;
}

/* What the witnesses say about the published checkpoint; an empty log has none to say. */
static void judge_published(const struct vt_ledger_reader *reader,
                            struct vt_tlog_verdict *verdict)
{
    struct vt_error ignored = { 0 };

    if (!vt_tlog_checkpoint_verify(
            vt_ledger_reader_checkpoint(reader), vt_ledger_reader_policy(reader),
            vt_ledger_reader_config(reader)->origin, verdict, &ignored))
        verdict->time_unix_s = 0;
}

static void print_head_json(const struct vt_ledger_reader *reader,
                            const struct vt_tlog_verdict *verdict)
{
    const struct vt_policy *policy = vt_ledger_reader_policy(reader);
    struct vt_head head = vt_ledger_reader_head(reader);
    json_t *witnesses = json_array();
    char time[VT_TIME_TEXT_BYTES], root[65];

    vt_hash_text(&head.root, root);
    for (size_t i = 0; i < policy->witness_count; i++) {
        json_t *witness =
            json_pack("{s:o,s:b}", "name", vt_cli_json_text(policy->witnesses[i].name),
                      "signed", verdict->is_cosigned[i]);

        vt_time_write(verdict->cosigned_unix_s[i], time);
        if (verdict->is_cosigned[i])
            (void)json_object_set_new(witness, "time", json_string(time));
        (void)json_array_append_new(witnesses, witness);
    }
    vt_cli_print_json(
        json_pack("{s:b,s:o,s:o,s:b,s:I,s:s,s:s,s:o}", "ok", 1, "origin",
                  vt_cli_json_text(vt_ledger_reader_config(reader)->origin), "vkey",
                  vt_cli_json_text(vt_ledger_reader_config(reader)->vkey), "published",
                  vt_ledger_reader_checkpoint(reader).len != 0, "size",
                  (json_int_t)head.size, "root", root, "checkpoint",
                  vt_tlog_outcome_name(verdict->outcome), "witnesses", witnesses));
}

static void print_head(const struct vt_ledger_reader *reader,
                       const struct vt_tlog_verdict *verdict)
{
    const struct vt_ledger_config *config = vt_ledger_reader_config(reader);
    const struct vt_policy *policy = vt_ledger_reader_policy(reader);
    struct vt_head head = vt_ledger_reader_head(reader);
    char time[VT_TIME_TEXT_BYTES], root[65];

    vt_hash_text(&head.root, root);
    (void)printf("origin     %.*s\nkey        %.*s\nentries    %s\n",
                 VT_SLICE_ARGS(config->origin), VT_SLICE_ARGS(config->vkey),
                 config->entries == VT_LEDGER_PUBLIC ? "public (signed envelopes)" : "any");
    if (vt_ledger_reader_checkpoint(reader).len == 0) {
        (void)printf("published  nothing yet\n");
        return;
    }
    (void)printf("published  %ju %s\nroot       %s\n", (uintmax_t)head.size,
                 head.size == 1 ? "entry" : "entries", root);
    for (size_t i = 0; i < policy->witness_count; i++) {
        vt_time_write(verdict->cosigned_unix_s[i], time);
        (void)printf("witness    %.*s: %s\n", VT_SLICE_ARGS(policy->witnesses[i].name),
                     verdict->is_cosigned[i] ? time : "has not signed");
    }
    if (policy->quorum == VT_POLICY_QUORUM_NONE)
        return;
    vt_time_write(verdict->time_unix_s, time);
    (void)printf("quorum     %s\n", verdict->outcome == VT_TLOG_OK ? time : "not reached");
}

/* Has it ended?  Then a line says where it goes on. */
static bool show_frozen(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_frozen frozen;
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(vt_args_get(args, "dir"), false, &disk, err))
        return false;
    is_ok = vt_frozen_read(disk, arena, &frozen, err);
    vt_disk_close(disk);
    if (is_ok && frozen.origin.len != 0)
        (void)printf("ended      goes on as %.*s\n", VT_SLICE_ARGS(frozen.origin));
    return is_ok;
}

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_LEDGER_READER reader = NULL;
    struct vt_tlog_verdict verdict;

    if (!vt_ledger_reader_open(vt_args_get(args, "dir"), &reader, err))
        return false;
    if (vt_args_has(args, "index"))
        return show_entry(args, reader, err);
    judge_published(reader, &verdict);
    if (vt_args_is_json(args)) {
        print_head_json(reader, &verdict);
        return true;
    }
    print_head(reader, &verdict);
    return show_frozen(args, err);
}

/* ---- the table --------------------------------------------------------------------------
 */

#define DIR_OPTION                                                                         \
    {                                                                                      \
        .name = "dir", .value_name = "DIR", .help = "the ledger's folder",                 \
        .is_required = true                                                                \
    }

static const struct vt_option init_options[] = {
    DIR_OPTION,
    { .name = "origin",
      .value_name = "NAME",
      .help = "the log's name, by custom a URL without scheme",
      .is_required = true },
    { .name = "key",
      .value_name = "KEY",
      .help = "its signing key: a PEM file",
      .is_required = true },
    { .name = "policy",
      .value_name = "FILE",
      .help = "tlog-policy: which witnesses to ask" },
    { .name = "entries",
      .value_name = "KIND",
      .help = "any (the default) or public: signed envelopes only" },
    VT_OPTION_PASSPHRASE,
    { .name = NULL },
};

static const struct vt_option add_options[] = {
    DIR_OPTION,
    { .name = "proof-dir",
      .value_name = "DIR",
      .help = "write FILE.tlog-proof for each file into this folder" },
    { .name = "trust",
      .value_name = "PATH",
      .help = "take statements only, by those whom this trust root names" },
    { .name = "key", .value_name = "KEY", .help = "if the key is no longer where it was" },
    VT_OPTION_PASSPHRASE,
    { .name = NULL },
};

static const struct vt_option prove_options[] = {
    DIR_OPTION,
    { .name = "out",
      .value_name = "FILE",
      .help = "where the proof goes; - is standard output",
      .is_required = true },
    { .name = "index", .value_name = "N", .help = "the entry's index, instead of a FILE" },
    { .name = NULL },
};

static const struct vt_option check_options[] = {
    { .name = "proof",
      .value_name = "FILE",
      .help = "the tlog-proof",
      .is_required = true },
    { .name = "policy",
      .value_name = "FILE",
      .help = "tlog-policy: trusted logs and witnesses",
      .is_required = true },
    { .name = "origin",
      .value_name = "NAME",
      .help = "the log that it must be in",
      .is_required = true },
    { .name = NULL },
};

static const struct vt_option show_options[] = {
    DIR_OPTION,
    { .name = "index", .value_name = "N", .help = "print this entry instead" },
    { .name = NULL },
};

static const struct vt_option fsck_options[] = {
    { .name = "vkey", .value_name = "VKEY", .help = "the log's verifier key, as text" },
    { .name = "policy", .value_name = "FILE", .help = "or a tlog-policy that lists it" },
    { .name = "origin", .value_name = "NAME", .help = "which log of the policy it is" },
    { .name = "checkpoint",
      .value_name = "FILE",
      .help = "check against this one too (it may be older)" },
    { .name = NULL },
};

static const struct vt_option prune_options[] = {
    DIR_OPTION,
    { .name = "below",
      .value_name = "N",
      .help = "the new minimum index: entries from N on are served",
      .is_required = true },
    { .name = "retention",
      .value_name = "TEXT",
      .help = "the written policy by which this is done; needed the first time" },
    { .name = "delete-entries", .help = "remove the entries' bytes for good" },
    { .name = NULL },
};

static const struct vt_option rotate_options[] = {
    DIR_OPTION,
    { .name = "new-key",
      .value_name = "KEY",
      .help = "the next key: a PEM file or a pkcs11: URI; both sign from now on" },
    { .name = "finish", .help = "the next key alone signs from now on" },
    VT_OPTION_PASSPHRASE,
    { .name = NULL },
};

static const struct vt_option continue_options[] = {
    { .name = "dir",
      .value_name = "DIR",
      .help = "the folder of the log that ends",
      .is_required = true },
    { .name = "new-dir",
      .value_name = "DIR",
      .help = "the folder of the log that goes on; made",
      .is_required = true },
    { .name = "origin",
      .value_name = "NAME",
      .help = "the new log's name",
      .is_required = true },
    { .name = "key",
      .value_name = "KEY",
      .help = "the new log's signing key: a PEM file",
      .is_required = true },
    { .name = "policy",
      .value_name = "FILE",
      .help = "tlog-policy: which witnesses the new log asks" },
    { .name = "entries",
      .value_name = "KIND",
      .help = "any (the default) or public: signed envelopes only" },
    VT_OPTION_PASSPHRASE,
    { .name = "old-passphrase-file",
      .value_name = "FILE",
      .help = "file whose first line opens the old log's key" },
    { .name = NULL },
};

static const struct vt_option scrub_options[] = {
    { .name = "vkey",
      .value_name = "VKEY",
      .help = "the log's verifier key; not needed for a ledger of ours" },
    { .name = "policy", .value_name = "FILE", .help = "or a tlog-policy that lists it" },
    { .name = "origin", .value_name = "NAME", .help = "which log of the policy it is" },
    { .name = "rate",
      .value_name = "BYTES",
      .help =
          "read so many a second; 0: as many as the disk gives; 10485760 if not given" },
    { .name = "repair", .help = "put right what follows from other bytes of this folder" },
    { .name = "repair-from",
      .value_name = "PLACE",
      .help = "and from another copy of the log: a folder or a URL" },
    { .name = "interval",
      .value_name = "TIME",
      .help = "begin a pass so often (1h, 7d), for ever" },
    { .name = NULL },
};

static const struct vt_verb verbs[] = {
    { .name = "init",
      .summary = "make a new, empty ledger",
      .details =
          "The folder's `checkpoint` and `tile/` may be served by any web server; the "
          "rest is\nprivate.  If the policy does not list the new log, it is added.",
      .options = init_options,
      .run = run_init },
    { .name = "add",
      .operands = "FILE...",
      .operands_min = 1,
      .operands_max = FILES_MAX,
      .summary = "add files as entries and publish a checkpoint",
      .details =
          "Prints the index of each.  Equal bytes get the index that they have "
          "already.  With a\npolicy, its witnesses are asked, and nothing is shown to "
          "the public before enough of\nthem have signed; the entries are kept in any "
          "case, and the next add tries again.\n"
          "\n"
          "--trust (a file or a pinned folder): a release or a list of withdrawals needs "
          "the\nthresholds of vendor and supervisor, any other statement a key that may "
          "sign it, and\nnobody else's signature may stand beside.  One that is refused "
          "stops all.",
      .options = add_options,
      .run = run_add },
    { .name = "prove",
      .operands = "[FILE]",
      .operands_max = 1,
      .summary = "write the proof that an entry is in the published tree",
      .options = prove_options,
      .run = run_prove },
    { .name = "check",
      .operands = "FILE",
      .operands_min = 1,
      .operands_max = 1,
      .summary = "check a proof offline",
      .details =
          "Opens no connection and needs no ledger: only the file, its proof, and whom "
          "you trust.",
      .options = check_options,
      .run = vt_cli_ledger_check },
    { .name = "show",
      .summary = "show what is published, or one entry",
      .options = show_options,
      .run = run_show },
    { .name = "serve",
      .summary = "serve it over HTTP: tiles, checkpoint, POST /add",
      .details =
          "Speaks C2SP tlog-tiles, and takes entries: POST PREFIX/add, whose answer is "
          "the\n"
          "index when the entry survives power loss; with 'Accept: "
          "application/vnd.vitrine.\n"
          "tlog-proof' the answer comes when a checkpoint with its quorum holds the entry, "
          "and\nis the proof. POST PREFIX/add-batch takes many, each behind its length in "
          "two bytes.\n/metrics and /health are for its operator. Prints 'ready:' and its "
          "address; SIGTERM\nends it in good order. Entries become durable in batches that "
          "close when the batch\nbefore is done.",
      .options = vt_cli_ledger_serve_options,
      .run = vt_cli_ledger_serve },
    { .name = "status",
      .summary = "is a served ledger well?",
      .details = "Exit code 0 if it is, 1 if checkpoints do not keep up.",
      .options = vt_cli_ledger_status_options,
      .run = vt_cli_ledger_status },
    { .name = "token",
      .summary = "make a token for a writer",
      .details = "Only its SHA-256 goes into the file of --writers.",
      .options = vt_cli_ledger_token_options,
      .run = vt_cli_ledger_token },
    { .name = "fsck",
      .operands = "DIR",
      .operands_min = 1,
      .operands_max = 1,
      .summary = "compare every stored byte with what was signed",
      .details =
          "Hashes all entries again and compares every tile, bundle and checkpoint in "
          "the folder,\nwhoever made the log.  Names each file that was changed.",
      .options = fsck_options,
      .run = vt_cli_ledger_fsck },
    { .name = "scrub",
      .operands = "DIR",
      .operands_min = 1,
      .operands_max = 1,
      .summary = "hash every stored byte again, slowly, and repair what has rotted",
      .details =
          "Holds each tile, bundle and checkpoint against the signed root and names the "
          "place that\nis wrong.  It may be ended at any time and goes on where it was; "
          "it runs beside the\nledger's writer.  Nothing from another copy is put in place "
          "before it was checked.\nExit code 0: all is good, or was repaired.",
      .options = scrub_options,
      .run = vt_cli_ledger_scrub },
    { .name = "prune",
      .summary = "no longer serve old entries, by a written policy",
      .details =
          "Tiles and bundles that lie wholly below N move to pruned/, where no web server "
          "finds\nthem; the number and the policy stand in retention.json.  Proofs for all "
          "entries from N\non stay possible.  Leaf hashes are never deleted.",
      .options = prune_options,
      .run = vt_cli_ledger_prune },
    { .name = "rotate-key",
      .summary = "change the log's key without a gap",
      .details =
          "First with --new-key: every checkpoint bears both signatures from then on.  "
          "When all\nwitnesses and readers have the new vkey (vitrine witness add-log; a "
          "further log line in\ntheir policies), with --finish.  Both keys must open with "
          "the same passphrase.  The\nledger's writer is stopped meanwhile; no index and "
          "no checkpoint is lost.",
      .options = rotate_options,
      .run = vt_cli_ledger_rotate },
    { .name = "continue",
      .summary = "end a log, and go on in a new one",
      .details =
          "The old log is published once more and frozen: it is served for ever, but "
          "nothing is\nadded or signed any more.  The first entry of the new one is the "
          "old one's last\ncheckpoint; the proof of that is left beside the old log as "
          "successor.tlog-proof.\nThe old log's writer is stopped before.  Called again, "
          "it finishes what was interrupted.",
      .options = continue_options,
      .run = vt_cli_ledger_continue },
    { .name = NULL },
};

const struct vt_group vt_cli_ledger = {
    .name = "ledger",
    .summary = "an append-only log that cannot tell two stories",
    .verbs = verbs,
};
