/* vitrine keyagent: give nobody a file key that is not on record. */
#include "cli/files.h"
#include "cli/groups.h"
#include "cli/listening.h"
#include "crypto/tls_pair.h"
#include "custody/agent.h"
#include "custody/recipient.h"

enum { PENDING = 32, CONNECTIONS = 256 };

#define OPTION_DIR                                                                         \
    {                                                                                      \
        "dir", "DIR", "the agent's folder", true, false                                    \
    }
#define OPTION_SHOWN                                                                       \
    {                                                                                      \
        "on-ledger", "FILE",                                                               \
            "a government request that was issued, or a head of the cell that names "      \
            "rules; its proof is FILE.tlog-proof",                                         \
            false, true                                                                    \
    }
#define OPTION_CERTIFIED                                                                   \
    {                                                                                      \
        "certified", "FILE",                                                               \
            "a recipient that the trust root certifies, from `vitrine cell recipient`: "   \
            "of each key, and of where files move to",                                     \
            false, true                                                                    \
    }
#define OPTION_END                                                                         \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }

/* ---- papers -----------------------------------------------------------------------------
 */

/* Whether it is whole is asked later; the person is told which file is none at all. */
static bool is_paper(vt_slice text, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };

    if (text.len != 0 && text.data[text.len - 1] == '\n')
        text.len--;
    return vt_envelope_parse(text, &envelope, err);
}

static bool read_paper(struct vt_arena *arena, const char *path, size_t max, vt_slice *out,
                       struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(max);

    if (path == NULL)
        return true;
    if (!vt_file_read(path, &bytes, err))
        return false;
    *out = vt_arena_copy(arena, vt_buf_slice(&bytes));
    return is_paper(*out, err) || vt_within(err, "%s", path);
}

static bool read_proof(struct vt_arena *arena, const char *path, vt_slice *out,
                       struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(128));

    if (!vt_file_read(vt_arena_printf(arena, "%s.tlog-proof", path), &bytes, err))
        return false;
    *out = vt_arena_copy(arena, vt_buf_slice(&bytes));
    return true;
}

/* Statements, each with its proof beside it. */
static bool read_shown(struct vt_args *args, struct vt_arena *arena,
                       struct vt_agent_papers *out, struct vt_error *err)
{
    struct vt_agent_shown *shown =
        vt_arena_alloc(arena, VT_AGENT_SHOWN_MAX * sizeof *shown);
    const char *path;

    out->shown = shown;
    while ((path = vt_args_get_at(args, "on-ledger", out->shown_count)) != NULL) {
        struct vt_agent_shown *at = &shown[out->shown_count];

        if (out->shown_count == VT_AGENT_SHOWN_MAX)
            return vt_args_misuse(args, err, "--on-ledger: at most %d", VT_AGENT_SHOWN_MAX);
        if (!read_paper(arena, path, VT_ENTRY_BYTES_MAX + 1, &at->statement, err) ||
            !read_proof(arena, path, &at->proof, err))
            return false;
        out->shown_count++;
    }
    return true;
}

/* Documents of recipients; as of papers, the person is told which file is none. */
static bool read_certified(struct vt_args *args, struct vt_arena *arena,
                           struct vt_agent_papers *out, struct vt_error *err)
{
    vt_slice *texts = vt_arena_alloc(arena, VT_AGENT_CERTIFIED_MAX * sizeof *texts);
    const char *path;

    out->certified = texts;
    while ((path = vt_args_get_at(args, "certified", out->certified_count)) != NULL) {
        VT_AUTO_BUF text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);
        struct vt_recipient ignored;

        if (out->certified_count == VT_AGENT_CERTIFIED_MAX)
            return vt_args_misuse(args, err, "--certified: at most %d",
                                  VT_AGENT_CERTIFIED_MAX);
        if (!vt_file_read(path, &text, err))
            return false;
        if (!vt_recipient_parse(vt_buf_slice(&text), &ignored, err))
            return vt_within(err, "%s", path);
        texts[out->certified_count++] = vt_arena_copy(arena, vt_buf_slice(&text));
    }
    return true;
}

static bool read_papers(struct vt_args *args, struct vt_arena *arena,
                        struct vt_agent_papers *out, struct vt_error *err)
{
    vt_slice *enrolments =
        vt_arena_alloc(arena, VT_TRUST_ENROLLED_MAX * sizeof *enrolments);
    const char *path;

    *out = (struct vt_agent_papers){ .enrolments = enrolments };
    if (!read_paper(arena, vt_args_get(args, "trust"), VT_TRUST_BYTES_MAX, &out->trust,
                    err) ||
        !read_paper(arena, vt_args_get(args, "policy"), VT_ENTRY_BYTES_MAX + 1,
                    &out->policy, err))
        return false;
    while ((path = vt_args_get_at(args, "enrolment", out->enrolment_count)) != NULL) {
        if (out->enrolment_count == VT_TRUST_ENROLLED_MAX)
            return vt_args_misuse(args, err, "--enrolment: at most %d",
                                  VT_TRUST_ENROLLED_MAX);
        if (!read_paper(arena, path, VT_ENTRY_BYTES_MAX + 1,
                        &enrolments[out->enrolment_count], err))
            return false;
        out->enrolment_count++;
    }
    return read_certified(args, arena, out, err) && read_shown(args, arena, out, err);
}

/* ---- init -------------------------------------------------------------------------------
 */

static const struct vt_option init_options[] = {
    OPTION_DIR,
    { "trust", "FILE", "the trust root", true, false },
    { "policy", "FILE", "who may read what, from `vitrine custody policy`", true, false },
    { "enrolment", "FILE", "a reader, scanner or agent, from `vitrine trust enrol`", false,
      true },
    OPTION_CERTIFIED,
    OPTION_SHOWN,
    { "recipient", "COUNTRY/CLASS/PERIOD=KEY",
      "a key that objects are sealed for, a file or a pkcs11: URI, from `vitrine key new "
      "--type x25519`",
      true, true },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    OPTION_END,
};

/* A key's place as it is kept: absolute, or a URI. */
static const char *place_of_key(struct vt_arena *arena, const char *key,
                                struct vt_error *err)
{
    VT_AUTO_FREE char *real = NULL;

    if (strncmp(key, "pkcs11:", 7) == 0)
        return key;
    real = realpath(key, NULL);
    if (real == NULL) {
        (void)vt_fail(err, VT_IO, "%s: cannot open: %s", key, strerror(errno));
        return NULL;
    }
    return vt_arena_cstr(arena, vt_slice_from_cstr(real));
}

static bool read_place(struct vt_args *args, struct vt_arena *arena, const char *text,
                       struct vt_agent_place *out, struct vt_error *err)
{
    vt_reader r = { vt_slice_from_cstr(text) };
    vt_slice country, data_class, period;

    if (!vt_read_until(&r, '/', &country) || !vt_read_until(&r, '/', &data_class) ||
        !vt_read_until(&r, '=', &period) || country.len == 0 || data_class.len == 0 ||
        period.len == 0 || r.rest.len == 0)
        return vt_args_misuse(args, err,
                              "--recipient: '%s' is not COUNTRY/CLASS/PERIOD=KEY, say "
                              "CH/file/2026=ch.key",
                              text);
    out->country = vt_arena_cstr(arena, country);
    out->data_class = vt_arena_cstr(arena, data_class);
    out->period = vt_arena_cstr(arena, period);
    out->key = place_of_key(arena, vt_arena_cstr(arena, r.rest), err);
    return out->key != NULL;
}

static bool read_places(struct vt_args *args, struct vt_arena *arena,
                        struct vt_agent_place *places, size_t *count, struct vt_error *err)
{
    const char *text;

    for (*count = 0; (text = vt_args_get_at(args, "recipient", *count)) != NULL; (*count)++)
        if (*count == VT_AGENT_RECIPIENTS_MAX)
            return vt_args_misuse(args, err, "--recipient: at most %d",
                                  VT_AGENT_RECIPIENTS_MAX);
        else if (!read_place(args, arena, text, &places[*count], err))
            return false;
    return true;
}

static bool run_init(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    struct vt_agent_place places[VT_AGENT_RECIPIENTS_MAX];
    struct vt_agent_made made = { .places = places };
    struct vt_agent_papers papers;
    const char *dir = vt_args_get(args, "dir");
    bool is_ok;

    if (!read_papers(args, arena, &papers, err) ||
        !read_places(args, arena, places, &made.place_count, err) ||
        !vt_cli_passphrase(args, &passphrase, err))
        return false;
    made.key = place_of_key(arena, vt_args_get(args, "key"), err);
    is_ok =
        made.key != NULL && vt_agent_init(dir, &papers, &made, vt_buf_slice(&passphrase),
                                          vt_args_env(args), err);
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    if (!is_ok)
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:I}", "ok", 1, "dir", dir, "recipients",
                                    (json_int_t)made.place_count));
    else
        (void)printf("%s is a key agent now, for %zu recipient%s\n", dir, made.place_count,
                     vt_plural(made.place_count));
    return true;
}

/* ---- update -----------------------------------------------------------------------------
 */

static const struct vt_option update_options[] = {
    OPTION_DIR,
    { "trust", "FILE", "the next trust root", false, false },
    { "policy", "FILE", "a newer policy", false, false },
    { "enrolment", "FILE", "a reader, scanner or agent more", false, true },
    OPTION_CERTIFIED,
    OPTION_SHOWN,
    { "recipient", "COUNTRY/CLASS/PERIOD=KEY",
      "the key of a new period; the agent must not be serving", false, true },
    VT_OPTION_PASSPHRASE,
    OPTION_END,
};

/* Each is in force once it is written: what a kill leaves is done by the same call again,
 * without those that are there. */
static bool add_keys(struct vt_args *args, const struct vt_agent_place *places,
                     size_t count, struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    const char *dir = vt_args_get(args, "dir");
    VT_AUTO_AGENT agent = NULL;
    bool is_ok;

    if (count == 0)
        return true;
    if (!vt_cli_passphrase(args, &passphrase, err))
        return false;
    is_ok = vt_agent_open(dir, vt_buf_slice(&passphrase), vt_args_env(args), &agent, err);
    for (size_t i = 0; is_ok && i < count; i++)
        is_ok = vt_agent_add_key(agent, dir, &places[i], vt_buf_slice(&passphrase), err);
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    return is_ok;
}

static bool run_update(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_agent_place places[VT_AGENT_RECIPIENTS_MAX];
    struct vt_agent_papers papers;
    const char *dir = vt_args_get(args, "dir");
    size_t count;

    if (!vt_args_has(args, "recipient") && !vt_args_has(args, "trust") &&
        !vt_args_has(args, "policy") && !vt_args_has(args, "enrolment") &&
        !vt_args_has(args, "on-ledger") && !vt_args_has(args, "certified"))
        return vt_args_misuse(args, err,
                              "give --trust, --policy, --enrolment, --certified, "
                              "--on-ledger or --recipient");
    if (!read_papers(args, arena, &papers, err) ||
        !read_places(args, arena, places, &count, err) ||
        !vt_agent_update(dir, &papers, vt_args_env(args), err) ||
        !add_keys(args, places, count, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s}", "ok", 1, "dir", dir));
    else
        (void)printf("%s has them from its next start on\n", dir);
    return true;
}

/* ---- serve ------------------------------------------------------------------------------
 */

static const struct vt_option serve_options[] = {
    OPTION_DIR,
    VT_OPTION_LISTEN,
    VT_OPTION_PORT,
    { "tls-cert", "FILE", "speak TLS with this certificate chain (PEM)", false, false },
    { "tls-key", "FILE", "its private key (PEM)", false, false },
    { "pending-max", "N", "requests that may wait; more get 429; 32", false, false },
    { "connections-max", "N", "connections at once; 256", false, false },
    VT_OPTION_PASSPHRASE,
    OPTION_END,
};

static bool read_bounds(struct vt_args *args, struct vt_agent_serving *serving,
                        struct vt_error *err)
{
    uint64_t pending, connections;

    if (!vt_args_number(args, "pending-max", PENDING, VT_AGENT_PENDING_MAX, &pending,
                        err) ||
        !vt_args_number(args, "connections-max", CONNECTIONS, VT_AGENT_CONNECTIONS_MAX,
                        &connections, err))
        return false;
    if (pending == 0 || connections == 0)
        return vt_args_misuse(args, err, "an agent that takes nothing serves nobody");
    serving->pending_max = (unsigned)pending; /* both are bounded above */
    serving->connections_max = (unsigned)connections;
    return true;
}

static bool read_tls(struct vt_args *args, struct vt_buf *certificate, struct vt_buf *key,
                     struct vt_agent_serving *serving, struct vt_error *err)
{
    const char *certificate_path = vt_args_get(args, "tls-cert");

    if (certificate_path == NULL)
        return true;
    if (!vt_file_read(certificate_path, certificate, err) ||
        !vt_file_read(vt_args_get(args, "tls-key"), key, err))
        return false;
    serving->tls_certificate = vt_buf_cstr(certificate);
    serving->tls_key = vt_buf_cstr(key);
    return vt_tls_pair_verify(vt_buf_slice(certificate), vt_buf_slice(key), err) ||
           vt_within(err, "%s and %s", certificate_path, vt_args_get(args, "tls-key"));
}

static bool serve(struct vt_args *args, struct vt_agent_serving *serving,
                  struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    VT_AUTO_BUF certificate = vt_buf_init(VT_KIB(32)), key = vt_buf_init(VT_KIB(32));
    bool is_ok;

    if (!read_tls(args, &certificate, &key, serving, err) ||
        !vt_cli_passphrase(args, &passphrase, err))
        return false;
    serving->passphrase = vt_buf_slice(&passphrase);
    is_ok = vt_agent_serve(serving, err);
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    if (key.data != NULL)
        explicit_bzero(key.data, key.capacity);
    return is_ok;
}

static bool run_serve(struct vt_args *args, struct vt_error *err)
{
    struct vt_cli_listening listening;
    struct vt_agent_serving serving = { .dir = vt_args_get(args, "dir"),
                                        .ready = vt_cli_say_ready,
                                        .context = &listening };

    if (vt_args_has(args, "tls-cert") != vt_args_has(args, "tls-key"))
        return vt_args_misuse(args, err, "--tls-cert and --tls-key go together");
    if (!vt_cli_listening(args, vt_args_has(args, "tls-key") ? "https" : "http", &listening,
                          err) ||
        !read_bounds(args, &serving, err))
        return false;
    serving.address = listening.address;
    serving.port = listening.port;
    return serve(args, &serving, err);
}

/* ---- status -----------------------------------------------------------------------------
 */

static const struct vt_option status_options[] = { OPTION_DIR, OPTION_END };

/* What rang. */
struct warnings {
    json_t *list; /* of numbers of openings */
};

static bool take_record(void *context, const struct vt_agent_record *record, uint64_t at,
                        struct vt_error *err)
{
    struct warnings *warnings = context;
    char when[VT_TIME_TEXT_BYTES];

    (void)at;
    (void)err;
    vt_time_write(record->time_unix_s, when);
    if (record->deed == VT_AGENT_WARNED)
        (void)json_array_append_new(
            warnings->list,
            json_pack("{s:I,s:s}", "number", (json_int_t)record->number, "time", when));
    return true;
}

static void print_totals(const struct vt_agent_totals *t, const json_t *warnings)
{
    char when[VT_TIME_TEXT_BYTES], chain[65];

    vt_time_write(t->until_unix_s, when);
    vt_hash_text(&t->chain, chain);
    (void)printf("openings   %ju\n  released %ju, %ju file keys\n  refused  %ju\n"
                 "  warnings %ju\n  erased   %ju\n  taken back %ju, by clients\n"
                 "  keys destroyed %ju\n  rewrapped %ju, for another agent\n",
                 (uintmax_t)t->number, (uintmax_t)t->deeds[VT_AGENT_RELEASED],
                 (uintmax_t)t->keys, (uintmax_t)t->deeds[VT_AGENT_REFUSED],
                 (uintmax_t)t->deeds[VT_AGENT_WARNED], (uintmax_t)t->deeds[VT_AGENT_ERASED],
                 (uintmax_t)t->deeds[VT_AGENT_WITHDRAWN],
                 (uintmax_t)t->deeds[VT_AGENT_DESTROYED], (uintmax_t)t->rewrapped);
    (void)printf("last       %s, in a tree of %ju entries\nchain      %s\n", when,
                 (uintmax_t)t->size, chain);
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        const json_t *row = json_array_get(warnings, i);

        (void)printf("EMERGENCY  opening %" JSON_INTEGER_FORMAT " at %s\n",
                     json_integer_value(json_object_get(row, "number")),
                     json_string_value(json_object_get(row, "time")));
    }
}

static bool run_status(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_JSON list = json_array();
    struct warnings warnings = { list };
    struct vt_agent_totals t;
    char chain[65];

    if (!vt_agent_openings_read(vt_agent_openings_path(arena, vt_args_get(args, "dir")),
                                (vt_agent_reader){ take_record, &warnings }, &t, err))
        return false;
    vt_hash_text(&t.chain, chain);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack(
            "{s:b,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:O,s:I,s:s}", "ok", 1, "openings",
            (json_int_t)t.number, "released", (json_int_t)t.deeds[VT_AGENT_RELEASED],
            "keys", (json_int_t)t.keys, "refused", (json_int_t)t.deeds[VT_AGENT_REFUSED],
            "erased", (json_int_t)t.deeds[VT_AGENT_ERASED], "withdrawn",
            (json_int_t)t.deeds[VT_AGENT_WITHDRAWN], "destroyed",
            (json_int_t)t.deeds[VT_AGENT_DESTROYED], "rewrapped", (json_int_t)t.rewrapped,
            "warnings", list, "size", (json_int_t)t.size, "chain", chain));
    else
        print_totals(&t, list);
    return true;
}

/* ---- destroy ----------------------------------------------------------------------------
 */

static const struct vt_option destroy_options[] = {
    OPTION_DIR,
    { "recipient", "COUNTRY/CLASS/PERIOD", "whose key it is", true, false },
    { "out", "FILE", "where the signed claim goes, for the access ledger", true, false },
    VT_OPTION_PASSPHRASE,
    OPTION_END,
};

static bool read_triple(struct vt_args *args, struct vt_arena *arena,
                        struct vt_agent_place *out, struct vt_error *err)
{
    vt_reader r = { vt_slice_from_cstr(vt_args_get(args, "recipient")) };
    vt_slice country, data_class;

    if (!vt_read_until(&r, '/', &country) || !vt_read_until(&r, '/', &data_class) ||
        country.len == 0 || data_class.len == 0 || r.rest.len == 0)
        return vt_args_misuse(args, err,
                              "--recipient: '%s' is not COUNTRY/CLASS/PERIOD, say "
                              "CH/file/2026",
                              vt_args_get(args, "recipient"));
    out->country = vt_arena_cstr(arena, country);
    out->data_class = vt_arena_cstr(arena, data_class);
    out->period = vt_arena_cstr(arena, r.rest);
    return true;
}

/* path_out: where the key's file was; in the arena. */
static bool destroy(struct vt_args *args, struct vt_arena *arena,
                    const struct vt_agent_place *place, struct vt_buf *claim,
                    const char **path_out, struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    VT_AUTO_AGENT agent = NULL;
    bool is_ok;

    if (!vt_cli_passphrase(args, &passphrase, err))
        return false;
    is_ok = vt_agent_open(vt_args_get(args, "dir"), vt_buf_slice(&passphrase),
                          vt_args_env(args), &agent, err);
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    if (!is_ok || !vt_agent_destroy(agent, place, claim, err))
        return false;
    *path_out = vt_agent_key_path(agent, place);
    if (*path_out != NULL)
        *path_out = vt_arena_cstr(arena, vt_slice_from_cstr(*path_out));
    return true;
}

static bool run_destroy(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF claim = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const char *out = vt_args_get(args, "out"), *path = NULL;
    struct vt_agent_place place;

    if (!read_triple(args, arena, &place, err))
        return false;
    if (vt_path_exists(out)) /* said before the key is gone */
        return vt_fail(err, VT_REJECTED, "%s: exists already; name another --out", out);
    if (!destroy(args, arena, &place, &claim, &path, err))
        return false;
    if (!vt_cli_write(out, vt_buf_slice(&claim), 0644, err))
        return vt_within(err, "the key is destroyed; ask again for its claim");
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:s,s:s?}", "ok", 1, "recipient",
                                    vt_args_get(args, "recipient"), "claim", out, "key",
                                    path));
    else
        (void)printf("the key for %s is destroyed: nothing that was sealed for it opens "
                     "any more\n%s%s%sthe claim is in %s; put it on the access ledger\n",
                     vt_args_get(args, "recipient"), path == NULL ? "" : "its file ",
                     path == NULL ? "" : path,
                     path == NULL ? "" : " is gone; copies of it are yours to destroy\n",
                     out);
    return true;
}

/* ---- the group --------------------------------------------------------------------------
 */

static const struct vt_verb verbs[] = {
    { "init", NULL, 0, 0, "make a key agent",
      "The supervisor's, on a machine of his own.  Objects are sealed for its recipient\n"
      "keys, one for each country, class and period; what a key is for is said here and\n"
      "nowhere else, and held against what the trust root certifies (--certified).  Its\n"
      "signing key, which must be named or enrolled as an agent's, signs its count.  The\n"
      "folder remembers where keys are, not the keys.",
      init_options, run_init },
    { "update", NULL, 0, 0, "take newer papers, or the key of a new period",
      "From the next start on.  A policy's version only grows; a trust root must follow "
      "the\n"
      "one that is there.",
      update_options, run_update },
    { "serve", NULL, 0, 0,
      "answer POST /release, /accesses, /withdraw, /openings, GET /count, /health, "
      "/metrics",
      "No record, no read: a file key is given only for a signed statement whose "
      "commitment\n"
      "is on the access ledger, seen by a quorum of witnesses lately, that the policy\n"
      "allows; the opening is on the disk before the answer leaves, and the answer is\n"
      "sealed for the recipient in the statement.  Prints 'ready:' and its address; "
      "SIGTERM\n"
      "ends it in good order.  An emergency, or a ledger that shows another history, is\n"
      "said on standard error as ALARM.  Three processes: one that faces strangers "
      "without\n"
      "key and file, one that has the keys without socket, and this one.",
      serve_options, run_serve },
    { "status", NULL, 0, 0, "show what it has done, and each emergency",
      "Reads the openings and checks their chain; works while it serves.", status_options,
      run_status },
    { "destroy", NULL, 0, 0, "destroy the private key of a period, for ever",
      "Recorded first, then the key's file is overwritten and removed; what a kill leaves\n"
      "undone is done at the next start.  What was released before stays on record; every\n"
      "later request for what was sealed for that key is refused.  Copies of the key's "
      "file\n"
      "elsewhere are yours to destroy.  The agent must not be serving.  Again: the same "
      "claim.",
      destroy_options, run_destroy },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_keyagent = { "keyagent", "give nobody a file key unrecorded",
                                          verbs };
