/* vitrine custody openings: the key agent's file, from elsewhere. */
#include "cli/custody.h"
#include "custody/agent_store.h"
#include "custody/ask.h"
#include "custody/handover.h"
#include "evidence/field.h"
#include "http/http.h"
#include "store/store.h"

const struct vt_option vt_cli_custody_openings_options[] = {
    { "agent", "URL", "where the key agent is served", true, false },
    { "cell", "NAME", "whose agent it is", true, false },
    { "origin", "ORIGIN", "origin of the cell's access ledger", true, false },
    VT_OPTION_TRUST,
    VT_OPTION_ENROLMENT,
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { "out", "FILE", "where the openings go, or are already", true, false },
    { NULL, NULL, NULL, false, false },
};

enum { TIMEOUT_MS = 60000, ROUNDS_MAX = 8 };

struct fetching {
    struct vt_args *args;
    struct vt_arena *arena;
    struct vt_asker asker;
    const struct vt_key *key;
    struct vt_disk_file *file;
    struct vt_agent_totals totals; /* of the file */
    bool is_whole;                 /* it is all that the agent counted when we looked */
};

/* ---- pieces -----------------------------------------------------------------------------
 */

static bool write_question(const struct fetching *f, struct vt_buf *out,
                           struct vt_error *err)
{
    struct vt_handover_request request = { .at_unix_s = vt_env_now_unix_s(f->asker.env),
                                           .offset = vt_disk_file_size(f->file) };

    if (!vt_handover_request_sign(
            &request, vt_slice_from_cstr(vt_args_get(f->args, "cell")),
            vt_slice_from_cstr(vt_args_get(f->args, "origin")), f->key, err))
        return false;
    vt_handover_request_write(&request, out);
    return vt_buf_check(out, "the question", err);
}

static bool take_piece(struct fetching *f, const struct vt_http_call *call, bool *is_last,
                       struct vt_error *err)
{
    vt_slice piece = vt_buf_slice(&call->answer);

    if (call->status != VT_HTTP_OK)
        return vt_ask_fail_told(call, err);
    *is_last = piece.len == 0;
    return piece.len == 0 ||
           vt_disk_file_write_at(f->file, vt_disk_file_size(f->file), piece, err);
}

static bool fetch_piece(struct fetching *f, bool *is_last, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF question = vt_buf_init(VT_HANDOVER_REQUEST_BYTES);
    struct vt_http_call call = { .url = vt_http_url(arena, f->asker.agent, "/openings"),
                                 .content_type = VT_HANDOVER_REQUEST_TYPE,
                                 .answer_bytes_max = VT_HANDOVER_BYTES_MAX,
                                 .timeout_ms = TIMEOUT_MS };
    bool ok;

    if (!write_question(f, &question, err))
        return false;
    call.body = vt_buf_slice(&question);
    ok = vt_http_client_run(f->asker.client, &call, err) &&
         take_piece(f, &call, is_last, err);
    vt_http_call_clear(&call);
    return ok;
}

/* ---- the whole --------------------------------------------------------------------------
 */

static bool take_nothing(void *context, const struct vt_agent_record *record, uint64_t at,
                         struct vt_error *err)
{
    (void)context;
    (void)record;
    (void)at;
    (void)err;
    return true;
}

/* The agent's signed count, of this cell and ledger. */
struct counted {
    uint64_t number;
    vt_hash chain;
};

static bool count(const struct fetching *f, struct counted *out, struct vt_error *err)
{
    VT_AUTO_BUF tally = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    const char *cell = vt_args_get(f->args, "cell"),
               *origin = vt_args_get(f->args, "origin");
    const json_t *says;

    if (!vt_ask_count(&f->asker, &tally, err) ||
        !vt_envelope_parse(vt_buf_slice(&tally), &envelope, err))
        return false;
    says = envelope.statement.predicate;
    if (!vt_slice_is(vt_field_text(says, "cell"), cell) ||
        !vt_slice_is(vt_field_text(says, "ledger"), origin))
        return vt_fail(err, VT_REJECTED,
                       "the agent's count is of cell %.*s and ledger %.*s, not %s and %s",
                       VT_SLICE_ARGS(vt_field_text(says, "cell")),
                       VT_SLICE_ARGS(vt_field_text(says, "ledger")), cell, origin);
    *out =
        (struct counted){ vt_field_number(says, "number"), vt_field_hash(says, "chain") };
    return true;
}

/* Is the file what the agent says, signed, that it has? */
static bool is_counted(struct fetching *f, struct vt_error *err)
{
    const char *out = vt_args_get(f->args, "out");
    struct counted counted;

    if (!count(f, &counted, err) ||
        !vt_agent_openings_read(out, (vt_agent_reader){ take_nothing, NULL }, &f->totals,
                                err))
        return false;
    if (counted.number < f->totals.number ||
        (counted.number == f->totals.number &&
         !vt_hash_equal(&counted.chain, &f->totals.chain)))
        return vt_fail(
            err, VT_REJECTED,
            "%s: has %ju openings that are not those of the agent's count of %ju", out,
            (uintmax_t)f->totals.number, (uintmax_t)counted.number);
    f->is_whole = counted.number == f->totals.number;
    return true;
}

/* No more than what it signed that it has can take: an agent that never comes to an end
 * fills no disk. */
static bool fetch_pieces(struct fetching *f, struct vt_error *err)
{
    struct counted counted;
    uint64_t bytes_max;
    bool is_last = false;

    if (!count(f, &counted, err))
        return false;
    if (__builtin_mul_overflow(counted.number, VT_AGENT_FRAME_BYTES_MAX, &bytes_max))
        bytes_max = UINT64_MAX;
    while (!is_last && vt_disk_file_size(f->file) < bytes_max)
        if (!fetch_piece(f, &is_last, err))
            return false;
    return vt_disk_file_sync(f->file, err);
}

/* An agent that is busy has more by the time we look: again, a few times.  What it has
 * signed that it has, it gives when it is asked again. */
static bool fetch(struct fetching *f, struct vt_error *err)
{
    for (unsigned i = 0; i < ROUNDS_MAX && !f->is_whole; i++) {
        uint64_t before = vt_disk_file_size(f->file);

        if (!fetch_pieces(f, err))
            return false;
        if (i != 0 && vt_disk_file_size(f->file) == before)
            return vt_fail(
                err, VT_REJECTED,
                "%s: the agent counts more than these %ju openings, and gives no "
                "more: it withholds some",
                vt_args_get(f->args, "out"), (uintmax_t)f->totals.number);
        if (!is_counted(f, err))
            return false;
    }
    return true;
}

static bool open_file(struct fetching *f, struct vt_disk **disk, struct vt_error *err)
{
    const char *path = vt_args_get(f->args, "out"), *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *folder =
        slash == NULL ? "."
                      : vt_arena_printf(f->arena, "%.*s", (int)(slash - path) + 1, path);

    return vt_disk_open(folder, true, disk, err) &&
           (vt_disk_has(*disk, name) ||
            vt_disk_create(*disk, name, (vt_slice){ 0 }, 0600, err)) &&
           vt_disk_file_open(*disk, name, &f->file, err);
}

static void say(const struct fetching *f)
{
    const char *out = vt_args_get(f->args, "out");

    if (vt_args_is_json(f->args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:b,s:I,s:I}", "ok", 1, "file", out, "whole",
                                    f->is_whole, "openings", (json_int_t)f->totals.number,
                                    "keys", (json_int_t)f->totals.keys));
    else
        (void)printf("%s: %ju openings, %ju file keys released; %s\n", out,
                     (uintmax_t)f->totals.number, (uintmax_t)f->totals.keys,
                     f->is_whole ? "the agent's signed count is the same"
                                 : "the agent has more by now: call it again");
}

bool vt_cli_custody_openings(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_CLI_KEYRING keyring = { .count = 0 };
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct vt_disk *disk = NULL;
    VT_AUTO_KEY key = NULL;
    struct fetching f = { .args = args,
                          .arena = arena,
                          .asker = { .agent = vt_args_get(args, "agent"),
                                     .keyring = &keyring.keyring,
                                     .env = vt_args_env(args) } };
    struct vt_error ignored = { 0 };
    bool is_ok;

    if (!vt_http_url_check(f.asker.agent, &ignored))
        return vt_args_misuse(args, err, "--agent is an http or https address");
    if (!vt_cli_keyring_read(args, &keyring, err) || !vt_cli_key_open(args, &key, err) ||
        !vt_http_client_new(&client, err))
        return false;
    f.asker.client = client;
    f.key = key;
    is_ok = open_file(&f, &disk, err) && fetch(&f, err);
    vt_disk_file_close(f.file);
    vt_disk_close(disk);
    if (is_ok)
        say(&f);
    return is_ok;
}
