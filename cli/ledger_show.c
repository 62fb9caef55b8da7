/* vitrine ledger prove and show: what is published, for those who ask. */
#include "cli/files.h"
#include "cli/ledger_verbs.h"
#include "ledger/frozen.h"
#include "ledger/ledger.h"
#include "ledger/reader.h"
#include "wire/base64.h"

const struct vt_option vt_cli_ledger_prove_options[] = {
    VT_OPTION_LEDGER_DIR,
    { .name = "out",
      .value_name = "FILE",
      .help = "where the proof goes; - is standard output",
      .is_required = true },
    { .name = "index", .value_name = "N", .help = "the entry's index, instead of a FILE" },
    { .name = NULL },
};

const struct vt_option vt_cli_ledger_show_options[] = {
    VT_OPTION_LEDGER_DIR,
    { .name = "index", .value_name = "N", .help = "print this entry instead" },
    { .name = NULL },
};

/* Where an answer goes: a file, or standard output for "-". */
static bool write_out(const char *path, vt_slice bytes, struct vt_error *err)
{
    if (strcmp(path, "-") != 0)
        return vt_cli_write(path, bytes, 0644, err);
    return fwrite(bytes.data, 1, bytes.len, stdout) == bytes.len ||
           vt_fail(err, VT_IO, "standard output: %s", strerror(errno));
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

bool vt_cli_ledger_prove(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    VT_AUTO_LEDGER_READER reader = NULL;
    const char *out = vt_args_get(args, "out");
    bool is_inside; /* the proof is part of the answer */
    uint64_t index;

    if (!vt_ledger_reader_open(vt_args_get(args, "dir"), &reader, err) ||
        !find_index(args, reader, &index, err) ||
        !vt_ledger_reader_prove(reader, index, &proof, err))
        return false;
    is_inside = strcmp(out, "-") == 0 && vt_args_is_json(args);
    if (!is_inside && !write_out(out, vt_buf_slice(&proof), err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack(
            "{s:b,s:I,s:I,s:o}", "ok", 1, "index", (json_int_t)index, "size",
            (json_int_t)vt_ledger_reader_head(reader).size, is_inside ? "proof" : "out",
            vt_cli_json_text(is_inside ? vt_buf_slice(&proof) : vt_slice_from_cstr(out))));
    else if (strcmp(out, "-") != 0)
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
    json_t *witnesses = json_array(), *json;
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
    json = json_pack("{s:b,s:o,s:o,s:s,s:b,s:I,s:s,s:s,s:o}", "ok", 1, "origin",
                     vt_cli_json_text(vt_ledger_reader_config(reader)->origin), "vkey",
                     vt_cli_json_text(vt_ledger_reader_config(reader)->vkey), "use",
                     vt_use_name(vt_ledger_reader_config(reader)->use), "published",
                     vt_ledger_reader_checkpoint(reader).len != 0, "size",
                     (json_int_t)head.size, "root", root, "checkpoint",
                     vt_tlog_outcome_name(verdict->outcome), "witnesses", witnesses);
    if (vt_ledger_reader_config(reader)->next.len != 0)
        (void)json_object_set_new(json, "next",
                                  vt_cli_json_text(vt_ledger_reader_config(reader)->next));
    vt_cli_print_json(json);
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
    if (config->next.len != 0)
        (void)printf("next key   %.*s (a change is under way: both sign until "
                     "'rotate-key --finish')\n",
                     VT_SLICE_ARGS(config->next));
    if (config->use != VT_USE_NONE)
        (void)printf("use        %s\n", vt_use_name(config->use));
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
    bool is_ok = vt_frozen_of(vt_args_get(args, "dir"), arena, &frozen, err);

    if (is_ok && frozen.origin.len != 0)
        (void)printf("ended      goes on as %.*s\n", VT_SLICE_ARGS(frozen.origin));
    return is_ok;
}

bool vt_cli_ledger_show(struct vt_args *args, struct vt_error *err)
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
