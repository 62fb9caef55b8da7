/* vitrine relocate countersign, confirm: a move's papers, without cell, agent or ledger. */
#include "cli/custody.h"
#include "cli/relocate.h"
#include "cli/trust.h"
#include "custody/relocation.h"
#include "ledger/tlog_proof.h"

#define OPTIONS_PAPERS                                                                     \
    { "begun", "FILE", "the move's first paper, JOB/begun; its proof beside it", true,     \
      false },                                                                             \
        { "done", "FILE", "the move's last paper, JOB/done; its proof beside it", true,    \
          false },                                                                         \
        { "origin", "ORIGIN", "of the source's access ledger", true, false },              \
        VT_OPTION_TRUST

const struct vt_option vt_cli_relocate_countersign_options[] = {
    OPTIONS_PAPERS,
    { "out", "FILE", "where the last paper goes with your signature too", true, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    VT_OPTION_RELOCATE_END,
};
const struct vt_option vt_cli_relocate_confirm_options[] = {
    OPTIONS_PAPERS,
    { "countersigned", "FILE", "the last paper with the supervisor's signature", true,
      false },
    { "manifest", "FILE", "JOB/manifest: are its root, and the canaries, in it?", false,
      false },
    { "destroyed", "FILE",
      "claim of the source's agent that a key is gone, of JOB/destroyed/; its proof beside "
      "it",
      false, true },
    VT_OPTION_ENROLMENT,
    VT_OPTION_RELOCATE_END,
};

/* ---- the papers -------------------------------------------------------------------------
 */

struct papers {
    struct vt_buf begun, begun_proof, done, done_proof, both;
    struct vt_trust *trust;
    struct vt_relocation_papers slices;
};

static void papers_clear(struct papers *p)
{
    vt_buf_clear(&p->begun);
    vt_buf_clear(&p->begun_proof);
    vt_buf_clear(&p->done);
    vt_buf_clear(&p->done_proof);
    vt_buf_clear(&p->both);
    vt_trust_free(p->trust);
}
#define AUTO_PAPERS __attribute__((cleanup(papers_clear))) struct papers

static struct papers papers_init(void)
{
    return (struct papers){ .begun = vt_buf_init(VT_ENTRY_BYTES_MAX),
                            .begun_proof = vt_buf_init(VT_KIB(128)),
                            .done = vt_buf_init(VT_ENTRY_BYTES_MAX),
                            .done_proof = vt_buf_init(VT_KIB(128)),
                            .both = vt_buf_init(VT_ENTRY_BYTES_MAX) };
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

static bool read_papers(struct vt_args *args, struct papers *p, struct vt_error *err)
{
    if (!read_with_proof(args, "begun", &p->begun, &p->begun_proof, err) ||
        !read_with_proof(args, "done", &p->done, &p->done_proof, err) ||
        !vt_cli_trust_read(vt_args_get(args, "trust"), &p->trust, err))
        return false;
    p->slices = (struct vt_relocation_papers){
        .begun = vt_buf_slice(&p->begun),
        .begun_proof = vt_buf_slice(&p->begun_proof),
        .done = vt_buf_slice(&p->done),
        .done_proof = vt_buf_slice(&p->done_proof),
        .origin = vt_slice_from_cstr(vt_args_get(args, "origin")),
    };
    return true;
}

/* ---- countersign ------------------------------------------------------------------------
 */

/* A signature that would not count is not made. */
static bool is_supervisor(const struct vt_trust *trust, const struct vt_key *key,
                          struct vt_error *err)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));

    return vt_trust_find(trust, vt_slice_from_cstr(id.text), VT_ROLE_SUPERVISOR) != NULL ||
           vt_fail(err, VT_REJECTED, "your key is no supervisor's in the trust root");
}

bool vt_cli_relocate_countersign(struct vt_args *args, struct vt_error *err)
{
    AUTO_PAPERS p = papers_init();
    VT_AUTO_FREE struct vt_relocation *move = vt_alloc(sizeof *move);
    VT_AUTO_KEY key = NULL;

    if (!read_papers(args, &p, err) || !vt_relocation_done(&p.slices, p.trust, move, err) ||
        !vt_cli_key_open(args, &key, err) || !is_supervisor(p.trust, key, err) ||
        !vt_envelope_add_signature(p.slices.done, key, &p.both, err) ||
        !vt_cli_create(vt_args_get(args, "out"), vt_buf_slice(&p.both), 0644, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s}", "ok", 1, "file", vt_args_get(args, "out")));
    else
        (void)printf("%s: the end of the move, with your signature\n",
                     vt_args_get(args, "out"));
    return true;
}

/* ---- confirm ----------------------------------------------------------------------------
 */

/* Rows of the manifest at which the canaries stand, from 1; 0: not there. */
struct seeking {
    const struct vt_relocation *move;
    uint64_t at, rows[VT_RELOCATION_CANARIES_MAX];
};

static bool seek(void *context, const struct vt_manifest_row *row, struct vt_error *err)
{
    struct seeking *seeking = context;

    (void)err;
    seeking->at++;
    for (size_t i = 0; i < seeking->move->canary_count; i++)
        if (vt_hash_equal(&row->object, &seeking->move->canaries[i].object))
            seeking->rows[i] = seeking->at;
    return true;
}

static bool hold_manifest(struct vt_args *args, struct seeking *seeking,
                          struct vt_error *err)
{
    const char *path = vt_args_get(args, "manifest");
    VT_AUTO_FD fd = -1;
    uint64_t bytes;
    struct vt_manifest_root root;

    if (path == NULL)
        return true;
    if (!vt_file_open(path, &fd, &bytes, err) ||
        !vt_manifest_read(fd, path, seek, seeking, &root, err))
        return false;
    if (!vt_manifest_root_equal(&root, &seeking->move->manifest))
        return vt_fail(err, VT_REJECTED,
                       "%s: is not the manifest whose root was on the ledger", path);
    for (size_t i = 0; i < seeking->move->canary_count; i++)
        if (seeking->rows[i] == 0)
            return vt_fail(err, VT_REJECTED,
                           "%s: canary %zu was not in it: it came from elsewhere", path,
                           i + 1);
    return true;
}

static bool take_claim(struct vt_args *args, const char *path,
                       const struct vt_relocation *move, const struct vt_keyring *keyring,
                       json_t *periods, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX), proof = vt_buf_init(VT_KIB(128));
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_relocation_claim claim = { .origin = vt_slice_from_cstr(
                                             vt_args_get(args, "origin")) };
    vt_slice period;

    if (!vt_file_read(path, &bytes, err) ||
        !vt_file_read(vt_arena_printf(arena, "%s.tlog-proof", path), &proof, err))
        return false;
    claim.claim = vt_buf_slice(&bytes);
    claim.proof = vt_buf_slice(&proof);
    if (!vt_relocation_destroyed(&claim, move, keyring, &envelope, &period, err))
        return false;
    return json_array_append_new(periods, vt_cli_json_text(period)) == 0 ||
           vt_fail(err, VT_IO, "out of memory");
}

/* The periods whose keys are gone, as an array of texts. */
static bool take_claims(struct vt_args *args, const struct vt_relocation *move,
                        json_t *periods, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_cli_keyring *keyring = vt_alloc(sizeof *keyring);
    const char *path;
    bool is_ok = vt_cli_keyring_read(args, keyring, err);

    for (size_t i = 0; is_ok && (path = vt_args_get_at(args, "destroyed", i)) != NULL; i++)
        is_ok = take_claim(args, path, move, &keyring->keyring, periods, err) ||
                vt_within(err, "%s", path);
    vt_cli_keyring_clear(keyring);
    return is_ok;
}

static json_t *canaries_json(const struct seeking *seeking)
{
    const struct vt_relocation *move = seeking->move;
    json_t *list = json_array();

    for (size_t i = 0; i < move->canary_count; i++) {
        char object[65], here[65];

        vt_hash_text(&move->canaries[i].object, object);
        vt_hash_text(&move->canaries[i].here, here);
        (void)json_array_append_new(list,
                                    json_pack("{s:s,s:s,s:I}", "object", object, "here",
                                              here, "row", (json_int_t)seeking->rows[i]));
    }
    return list;
}

static void say_canaries(const json_t *list, bool has_manifest)
{
    if (json_array_size(list) == 0)
        (void)printf("no canary was followed\n");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);

        (void)printf("canary %s, now %s", json_string_value(json_object_get(one, "object")),
                     json_string_value(json_object_get(one, "here")));
        if (has_manifest)
            (void)printf(", row %" JSON_INTEGER_FORMAT " of the manifest",
                         json_integer_value(json_object_get(one, "row")));
        (void)printf("\n");
    }
}

static void say(struct vt_args *args, const struct seeking *seeking, json_t *periods)
{
    const struct vt_relocation *move = seeking->move;
    char begun[VT_TIME_TEXT_BYTES], done[VT_TIME_TEXT_BYTES], root[65];
    VT_AUTO_JSON canaries = canaries_json(seeking);

    vt_time_write(move->begun_unix_s, begun);
    vt_time_write(move->done_unix_s, done);
    vt_hash_text(&move->arrived.root, root);
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack(
            "{s:b,s:s,s:s,s:s,s:I,s:I,s:s,s:I,s:s,s:I,s:s,s:O,s:O}", "ok", 1, "from",
            move->from, "to", move->to, "country", move->country, "objects",
            (json_int_t)move->arrived.count, "bytes", (json_int_t)move->arrived.bytes,
            "root", root, "begun_entry", (json_int_t)move->begun_index, "begun", begun,
            "done_entry", (json_int_t)move->done_index, "done", done, "canaries", canaries,
            "destroyed", periods));
        return;
    }
    (void)printf("files of %s: %s to %s, %ju object%s, %ju bytes\n"
                 "manifest of %ju on the ledger at entry %ju, seen %s\n"
                 "all arrived, signed by both cells: entry %ju, seen %s, countersigned by "
                 "the supervisor\nroot %s\n",
                 move->country, move->from, move->to, (uintmax_t)move->arrived.count,
                 vt_plural(move->arrived.count), (uintmax_t)move->arrived.bytes,
                 (uintmax_t)move->manifest.count, (uintmax_t)move->begun_index, begun,
                 (uintmax_t)move->done_index, done, root);
    say_canaries(canaries, vt_args_has(args, "manifest"));
    for (size_t i = 0; i < json_array_size(periods); i++)
        (void)printf("key destroyed since: %s/file/%s\n", move->country,
                     json_string_value(json_array_get(periods, i)));
}

bool vt_cli_relocate_confirm(struct vt_args *args, struct vt_error *err)
{
    AUTO_PAPERS p = papers_init();
    VT_AUTO_FREE struct vt_relocation *move = vt_alloc(sizeof *move);
    struct seeking seeking = { .move = move };
    VT_AUTO_JSON periods = json_array();

    if (!read_papers(args, &p, err) ||
        !read_paper(vt_args_get(args, "countersigned"), &p.both, err))
        return false;
    p.slices.countersigned = vt_buf_slice(&p.both);
    if (!vt_relocation_confirm(&p.slices, p.trust, move, err) ||
        !hold_manifest(args, &seeking, err) || !take_claims(args, move, periods, err))
        return false;
    say(args, &seeking, periods);
    return true;
}
