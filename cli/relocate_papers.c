/* vitrine relocate countersign, confirm: a move's papers, without cell, agent or ledger. */
#include "cli/custody.h"
#include "cli/relocate.h"
#include "cli/trust.h"
#include "custody/relocation.h"
#include "ledger/tlog_proof.h"

#define END_OPTION                                                                         \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }
#define DONE_OPTION                                                                        \
    {                                                                                      \
        "done", "FILE", "the move's last paper, JOB/done", true, false                     \
    }

const struct vt_option vt_cli_relocate_countersign_options[] = {
    DONE_OPTION,   { "out", "FILE", "where it goes with your signature too", true, false },
    VT_OPTION_KEY, VT_OPTION_PASSPHRASE,
    END_OPTION,
};
const struct vt_option vt_cli_relocate_confirm_options[] = {
    { "begun", "FILE", "the move's first paper, JOB/begun; its proof beside it", true,
      false },
    DONE_OPTION,
    { "countersigned", "FILE", "the last paper with the supervisor's signature", true,
      false },
    { "origin", "ORIGIN", "of the source's access ledger", true, false },
    VT_OPTION_TRUST,
    END_OPTION,
};

bool vt_cli_relocate_countersign(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    const char *path = vt_args_get(args, "done");
    VT_AUTO_KEY key = NULL;

    if (!vt_file_read(path, &bytes, err))
        return false;
    if (!vt_envelope_parse(vt_buf_slice(&bytes), &envelope, err))
        return vt_within(err, "%s", path);
    if (envelope.statement.type != VT_RELOCATION)
        return vt_fail(err, VT_REJECTED, "%s: is a %s statement, no relocation", path,
                       vt_predicate_name(envelope.statement.type));
    if (!vt_cli_key_open(args, &key, err) ||
        !vt_envelope_add_signature(vt_buf_slice(&bytes), key, &out, err) ||
        !vt_cli_create(vt_args_get(args, "out"), vt_buf_slice(&out), 0644, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s}", "ok", 1, "file", vt_args_get(args, "out")));
    else
        (void)printf("%s: the end of the move, with your signature\n",
                     vt_args_get(args, "out"));
    return true;
}

/* What has no form is told with the file's name. */
static bool read_paper(const char *path, struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };

    return vt_file_read(path, out, err) &&
           (vt_envelope_parse(vt_buf_slice(out), &envelope, err) ||
            vt_within(err, "%s", path));
}

static bool read_with_proof(struct vt_args *args, const char *option, struct vt_buf *paper,
                            struct vt_buf *proof, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_args_get(args, option),
               *beside = vt_arena_printf(arena, "%s.tlog-proof", path);
    VT_AUTO_FREE struct vt_tlog_proof *parsed = vt_alloc(sizeof *parsed);

    return read_paper(path, paper, err) && vt_file_read(beside, proof, err) &&
           (vt_tlog_proof_parse(vt_buf_slice(proof), parsed, err) ||
            vt_within(err, "%s", beside));
}

static void say(struct vt_args *args, const struct vt_relocation *move)
{
    char begun[VT_TIME_TEXT_BYTES], done[VT_TIME_TEXT_BYTES], root[65];

    vt_time_write(move->begun_unix_s, begun);
    vt_time_write(move->done_unix_s, done);
    vt_hash_text(&move->arrived.root, root);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack(
            "{s:b,s:s,s:s,s:s,s:I,s:I,s:s,s:I,s:s,s:I,s:s}", "ok", 1, "from", move->from,
            "to", move->to, "country", move->country, "objects",
            (json_int_t)move->arrived.count, "bytes", (json_int_t)move->arrived.bytes,
            "root", root, "begun_entry", (json_int_t)move->begun_index, "begun", begun,
            "done_entry", (json_int_t)move->done_index, "done", done));
    else
        (void)printf("files of %s: %s to %s, %ju object%s, %ju bytes\n"
                     "manifest of %ju on the ledger at entry %ju, seen %s\n"
                     "all arrived: entry %ju, seen %s, countersigned by the supervisor\n"
                     "root %s\n",
                     move->country, move->from, move->to, (uintmax_t)move->arrived.count,
                     vt_plural(move->arrived.count), (uintmax_t)move->arrived.bytes,
                     (uintmax_t)move->manifest.count, (uintmax_t)move->begun_index, begun,
                     (uintmax_t)move->done_index, done, root);
}

bool vt_cli_relocate_confirm(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_BUF begun = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF done = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF both = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF begun_proof = vt_buf_init(VT_KIB(128));
    VT_AUTO_BUF done_proof = vt_buf_init(VT_KIB(128));
    struct vt_relocation_papers papers = { .origin = vt_slice_from_cstr(
                                               vt_args_get(args, "origin")) };
    struct vt_trust *trust;
    struct vt_relocation move;
    bool is_ok;

    if (!read_with_proof(args, "begun", &begun, &begun_proof, err) ||
        !read_with_proof(args, "done", &done, &done_proof, err) ||
        !read_paper(vt_args_get(args, "countersigned"), &both, err) ||
        !vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err))
        return false;
    papers.begun = vt_buf_slice(&begun);
    papers.begun_proof = vt_buf_slice(&begun_proof);
    papers.done = vt_buf_slice(&done);
    papers.done_proof = vt_buf_slice(&done_proof);
    papers.countersigned = vt_buf_slice(&both);
    is_ok = vt_relocation_confirm(&papers, trust, &move, err);
    vt_trust_free(trust);
    if (is_ok)
        say(args, &move);
    return is_ok;
}
