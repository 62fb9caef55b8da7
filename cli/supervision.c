/* The story read, and one statement more on the ledger. */
#include "cli/supervision.h"
#include "cell/country.h"
#include "cli/ledger_open.h"
#include "evidence/field.h"
#include "ledger/tlog_proof.h"

void vt_supervision_end(struct vt_supervision *call)
{
    vt_story_free(call->story);
    vt_trust_free(call->trust);
    vt_key_close(call->key);
}

static bool read_story(struct vt_args *args, struct vt_supervision *out,
                       struct vt_error *err)
{
    return vt_cli_trust_read(vt_args_get(args, "trust"), &out->trust, err) &&
           vt_story_read(vt_args_get(args, "ledger"), out->trust, out->now_unix_s,
                         &out->story, err);
}

bool vt_supervision_read_now(struct vt_args *args, struct vt_supervision *out,
                             struct vt_error *err)
{
    char seen[VT_TIME_TEXT_BYTES];
    int64_t max_age_s;

    out->now_unix_s = vt_env_now_unix_s(vt_args_env(args));
    if (!vt_args_duration(args, "max-age", INT64_MAX, &max_age_s, err) ||
        !read_story(args, out, err))
        return false;
    if (out->now_unix_s - out->story->seen_unix_s <= max_age_s)
        return true;
    vt_time_write(out->story->seen_unix_s, seen);
    return vt_fail(err, VT_REJECTED,
                   "%s: the witnesses saw it last at %s, longer ago than --max-age "
                   "allows: what was said since is not here",
                   vt_args_get(args, "ledger"), seen);
}

bool vt_supervision_read(struct vt_args *args, struct vt_supervision *out,
                         struct vt_error *err)
{
    char at[VT_TIME_TEXT_BYTES];

    return vt_cli_time(args, "at", vt_env_now_unix_s(vt_args_env(args)), at, err) &&
           vt_supervision_read_now(args, out, err) &&
           vt_time_parse(vt_slice_from_cstr(at), &out->now_unix_s);
}

/* ---- whose key --------------------------------------------------------------------------
 */

static bool find_mine(struct vt_supervision *call, enum vt_predicate type,
                      struct vt_error *err)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(call->key));
    const struct vt_trust_key *found = NULL;

    for (unsigned role = 0; role < VT_ROLES && found == NULL; role++)
        if (vt_trust_role_may_sign((enum vt_trust_role)role, type))
            found = vt_trust_find(call->trust, vt_slice_from_cstr(id.text),
                                  (enum vt_trust_role)role);
    if (found == NULL)
        return vt_fail(
            err, VT_REJECTED,
            "key %.16s... has no role in the trust root that may sign statements of "
            "kind '%s'",
            id.text, vt_predicate_name(type));
    call->mine = found;
    if (vt_trust_key_standing(found, call->now_unix_s) == VT_REGARD_GOOD)
        return true;
    return vt_fail(err, VT_REJECTED,
                   "key %.16s... does not count now: its time or its mandate has ended, or "
                   "it was compromised",
                   id.text);
}

/* An expired trust root says nothing about today, and a ledger is for ever. */
static bool check_trust(struct vt_args *args, const struct vt_supervision *call,
                        struct vt_error *err)
{
    char expires[VT_TIME_TEXT_BYTES];

    if (call->now_unix_s < call->trust->expires_unix_s)
        return true;
    vt_time_write(call->trust->expires_unix_s, expires);
    return vt_fail(err, VT_REJECTED,
                   "%s: version %ju expired on %s; take the next one, or set the clock",
                   vt_args_get(args, "trust"), (uintmax_t)call->trust->version, expires);
}

static bool is_url(const char *place)
{
    return strstr(place, "://") != NULL;
}

bool vt_supervision_open(struct vt_args *args, enum vt_predicate type,
                         struct vt_supervision *out, struct vt_error *err)
{
    /* A plan is several statements: it is logged, or not made. */
    bool is_logged = type == VT_RELOCATION_PLAN || !vt_args_has(args, "sign-only");

    if (!is_logged && !vt_args_has(args, "out"))
        return vt_args_misuse(args, err,
                              "--sign-only: say with --out where the signed "
                              "statement goes");
    if (is_logged && is_url(vt_args_get(args, "ledger")))
        return vt_args_misuse(args, err,
                              "--ledger: entries are added in a folder; behind a URL the "
                              "ledger's operator adds what --sign-only --out FILE made");
    out->now_unix_s = vt_env_now_unix_s(vt_args_env(args));
    return vt_cli_key_open(args, &out->key, err) && read_story(args, out, err) &&
           check_trust(args, out, err) && find_mine(out, type, err);
}

/* ---- saying -----------------------------------------------------------------------------
 */

static bool compose(const struct vt_supervision *call, const struct vt_saying *saying,
                    struct vt_buf *envelope, struct vt_error *err)
{
    VT_AUTO_JSON predicate = saying->predicate;
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_key *keys[1] = { call->key };
    bool is_ok;

    if (predicate == NULL)
        return vt_fail(err, VT_MALFORMED, "%s: what was given is not UTF-8",
                       vt_predicate_name(saying->type));
    (void)json_object_set_new(predicate, "created", vt_field_of_time(call->now_unix_s));
    if (saying->before != NULL)
        (void)json_object_set_new(predicate, "supersedes",
                                  vt_field_of_hash(saying->before));
    is_ok = saying->subjects != NULL
                ? vt_statement_write(saying->type, saying->subjects, saying->subject_count,
                                     predicate, &payload, err)
                : vt_statement_write_about_itself(saying->type, predicate, &payload, err);
    return is_ok && vt_envelope_sign(vt_buf_slice(&payload), keys, 1, envelope, err);
}

/* The proof must satisfy the trust root, or nobody else would take it. */
static bool check_proof(const struct vt_trust *trust, vt_slice entry, vt_slice text,
                        struct vt_error *err)
{
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof proof;
    vt_hash leaf = vt_sha256_leaf(entry);

    return (vt_tlog_proof_parse(text, &proof, err) &&
            vt_tlog_proof_verify(&proof, &leaf, &trust->policy, trust->release_origin,
                                 &verdict, err)) ||
           vt_within(err, "the ledger's proof does not satisfy the trust root");
}

bool vt_supervision_log(struct vt_args *args, const struct vt_supervision *call,
                        const vt_slice *entries, size_t count, uint64_t *index,
                        struct vt_buf *proof, struct vt_error *err)
{
    const struct vt_cli_ledger_place place = { vt_args_get(args, "ledger"), NULL,
                                               "ledger-passphrase-file" };
    VT_AUTO_FREE vt_ticket *tickets = vt_alloc_array(count, sizeof *tickets);
    VT_AUTO_SIGNER signer = NULL;
    VT_AUTO_LEDGER ledger = NULL;

    if (!vt_cli_ledger_open(args, &place, &signer, &ledger, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!vt_ledger_submit(ledger, entries[i], &tickets[i], err))
            return false; /* nothing was waited for: all or none */
    for (size_t i = 0; i < count; i++)
        if (!vt_ledger_wait(ledger, tickets[i], index, err))
            return false;
    return (vt_ledger_publish(ledger, NULL, err) ||
            vt_within(err, "the statement is kept, but not published yet")) &&
           vt_ledger_prove(ledger, *index, proof, err) &&
           check_proof(call->trust, entries[count - 1], vt_buf_slice(proof), err);
}

bool vt_supervision_sign(struct vt_supervision *call, const struct vt_saying *saying,
                         struct vt_buf *envelope, struct vt_error *err)
{
    return compose(call, saying, envelope, err) &&
           vt_story_next(call->story, vt_buf_slice(envelope), call->now_unix_s,
                         saying->evidence, saying->evidence_index, err);
}

static bool keep(struct vt_args *args, vt_slice bytes, const char *suffix,
                 struct vt_error *err)
{
    const char *out = vt_args_get(args, "out");
    VT_AUTO_ARENA arena = vt_arena_new();

    return out == NULL ||
           vt_cli_write(vt_arena_printf(arena, "%s%s", out, suffix), bytes, 0644, err);
}

static void print_said(struct vt_args *args, vt_slice entry, const uint64_t *index,
                       const char *did)
{
    vt_hash hash = vt_envelope_digest(entry);
    char digest[65];

    vt_hash_text(&hash, digest);
    if (vt_args_is_json(args)) {
        json_t *answer = json_pack("{s:b,s:s,s:s,s:b}", "ok", 1, "did", did, "digest",
                                   digest, "logged", index != NULL);

        if (index != NULL)
            (void)json_object_set_new(answer, "index", json_integer((json_int_t)*index));
        vt_cli_print_json(answer);
    } else if (index != NULL) {
        (void)printf("%s: entry %ju of the ledger, cosigned\n", did, (uintmax_t)*index);
    } else {
        (void)printf("%s: signed, not logged; `vitrine ledger add --trust` adds it\n", did);
    }
}

bool vt_supervision_say(struct vt_args *args, struct vt_supervision *call,
                        const struct vt_saying *saying, const char *did,
                        struct vt_error *err)
{
    VT_AUTO_BUF envelope = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF proof = vt_buf_init(VT_TLOG_PROOF_BYTES_MAX);
    bool is_logged = !vt_args_has(args, "sign-only");
    uint64_t index = 0;
    vt_slice entry;

    if (!vt_supervision_sign(call, saying, &envelope, err))
        return false;
    entry = vt_buf_slice(&envelope);
    if (!keep(args, entry, "", err))
        return false;
    if (is_logged && (!vt_supervision_log(args, call, &entry, 1, &index, &proof, err) ||
                      !keep(args, vt_buf_slice(&proof), ".tlog-proof", err)))
        return false;
    print_said(args, entry, is_logged ? &index : NULL, did);
    return true;
}

/* ---- answers ----------------------------------------------------------------------------
 */

void vt_supervision_words(vt_slice words)
{
    for (size_t i = 0; i < words.len; i++)
        (void)putchar(words.data[i] < 0x20 || words.data[i] == 0x7f ? ' ' : words.data[i]);
}

static void mind(const struct vt_strays *strays)
{
    for (size_t i = 0; i < strays->count; i++) {
        (void)printf("mind: entry %ju does not count: ", (uintmax_t)strays->rows[i].index);
        vt_supervision_words(vt_slice_from_cstr(strays->rows[i].why));
        (void)putchar('\n');
    }
}

void vt_supervision_close(const struct vt_supervision *call, const struct vt_strays *own)
{
    char seen[VT_TIME_TEXT_BYTES];

    vt_time_write(call->story->seen_unix_s, seen);
    (void)printf("by the ledger's %ju entr%s, seen by the witnesses at %s\n",
                 (uintmax_t)call->story->entries, call->story->entries == 1 ? "y" : "ies",
                 seen);
    mind(&call->story->strays);
    mind(own);
}

void vt_supervision_print(const struct vt_supervision *call, bool is_ok, const char *name,
                          json_t *rows, const struct vt_strays *own)
{
    json_t *strays = vt_strays_json(&call->story->strays), *more = vt_strays_json(own);

    (void)json_array_extend(strays, more);
    json_decref(more);
    vt_cli_print_json(json_pack(
        "{s:b,s:o,s:I,s:o,s:o,s:o}", "ok", is_ok, "at", vt_field_of_time(call->now_unix_s),
        "entries", (json_int_t)call->story->entries, "seen",
        vt_field_of_time(call->story->seen_unix_s), name, rows, "strays", strays));
}

bool vt_supervision_digest(struct vt_args *args, const char *option, vt_hash *out,
                           struct vt_error *err)
{
    const char *text = vt_args_get(args, option);

    return vt_hash_parse_hex(vt_slice_from_cstr(text), out) ||
           vt_args_misuse(args, err, "--%s: '%s' is no SHA-256 of 64 lower-case hex digits",
                          option, text);
}

const char *vt_supervision_type(vt_slice name)
{
    for (unsigned type = 0; type < VT_PREDICATES; type++)
        if (vt_slice_is(name, vt_predicate_name((enum vt_predicate)type)))
            return vt_predicate_type((enum vt_predicate)type);
    return NULL;
}

bool vt_supervision_hash_file(const char *path, vt_hash *out, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    uint64_t bytes;

    return vt_file_open(path, &fd, &bytes, err) && vt_sha256_fd(fd, path, out, &bytes, err);
}

bool vt_supervision_texts(struct vt_args *args, const char *const names[],
                          struct vt_error *err)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        struct vt_error why = { 0 };

        if (vt_args_has(args, names[i]) &&
            !vt_text_verify(vt_args_get(args, names[i]), &why))
            return vt_args_misuse(args, err, "--%s: %s", names[i], why.message);
    }
    return true;
}

bool vt_supervision_country(struct vt_args *args, struct vt_error *err)
{
    const char *text = vt_args_get(args, "country");
    size_t country;

    return text == NULL || vt_country_of(vt_slice_from_cstr(text), &country) ||
           vt_args_misuse(args, err, "--country: '%s' is no country of ISO 3166", text);
}
