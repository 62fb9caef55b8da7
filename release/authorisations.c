/* Authorisations on the desk: put down with their proofs, found again. */
#include "release/authorisations.h"
#include "evidence/inquiry.h"

bool vt_desk_put_authorisation(struct vt_desk *desk, vt_slice envelope, vt_slice proof,
                               struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    vt_hash digest = vt_envelope_digest(envelope);
    char hex[65];

    vt_hash_text(&digest, hex);
    /* The proof first: a statement without one does not count. */
    return vt_disk_write(desk->disk,
                         vt_arena_printf(arena, "authorisations/%s.tlog-proof", hex), proof,
                         0644, err) &&
           vt_disk_write(desk->disk, vt_arena_printf(arena, "authorisations/%s.json", hex),
                         envelope, 0644, err);
}

/* ---- walking over those that count -----------------------------------------------------
 */

struct walk {
    struct vt_desk *desk;
    const struct vt_trust *trust;
    /* Is this statement asked for?  Its proof is checked only then. */
    bool (*fits)(const void *context, const struct vt_envelope *envelope);
    bool (*take)(void *context, vt_slice bytes, int64_t since_unix_s, struct vt_error *err);
    void *context;
};

/* The quorum time of the proof, if statement and proof are good; else -1. */
static int64_t logged_since(const struct vt_trust *trust,
                            const struct vt_envelope *envelope, vt_slice bytes,
                            vt_slice proof_text)
{
    struct vt_error ignored = { 0 };
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof proof;
    vt_hash leaf = vt_sha256_leaf(bytes);
    struct vt_count count;

    if (!vt_tlog_proof_parse(proof_text, &proof, &ignored) ||
        !vt_tlog_proof_verify(&proof, &leaf, &trust->policy, trust->release_origin,
                              &verdict, &ignored))
        return -1;
    count = vt_trust_count(trust, VT_ROLE_SUPERVISOR, envelope, verdict.time_unix_s,
                           (vt_slice){ 0 });
    return count.outcome == VT_COUNT_ENOUGH ? verdict.time_unix_s : -1;
}

static bool look_at(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct walk *walk = context;
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF proof = vt_buf_init(VT_MIB(1));
    VT_AUTO_ENVELOPE envelope = { 0 };
    int64_t since;

    if (is_folder || !vt_slice_ends_with(vt_slice_from_cstr(name), VT_LIT(".json")))
        return true;
    if (!vt_disk_read(walk->desk->disk, vt_arena_printf(arena, "authorisations/%s", name),
                      &bytes, err) ||
        !vt_envelope_parse(vt_buf_slice(&bytes), &envelope, err)) {
        (void)vt_within(err, "authorisations/%s", name);
        return vt_desk_pass_over(walk->desk, err);
    }
    if (!walk->fits(walk->context, &envelope))
        return true;
    if (!vt_disk_read(walk->desk->disk,
                      vt_arena_printf(arena, "authorisations/%.*s.tlog-proof",
                                      (int)strlen(name) - 5, name),
                      &proof, err))
        return err->code == VT_ABSENT;
    since =
        logged_since(walk->trust, &envelope, vt_buf_slice(&bytes), vt_buf_slice(&proof));
    return since < 0 || walk->take(walk->context, vt_buf_slice(&bytes), since, err);
}

static bool walk_all(struct walk *walk, struct vt_error *err)
{
    return !vt_disk_has(walk->desk->disk, "authorisations") ||
           vt_disk_list(walk->desk->disk, "authorisations", look_at, walk, err);
}

/* ---- since when? -----------------------------------------------------------------------
 */

struct search {
    const vt_hash *environment; /* NULL: a rule or a file is looked for */
    vt_slice product, what;
    enum vt_collected kind;
    int64_t since; /* -1: not found yet */
};

static bool is_searched(const void *context, const struct vt_envelope *envelope)
{
    const struct search *search = context;
    const json_t *predicate = envelope->statement.predicate;
    vt_hash hash;

    if (search->environment == NULL)
        return envelope->statement.type == VT_COLLECTION &&
               vt_slice_equal(vt_field_text(predicate, "product"), search->product) &&
               vt_list_has(json_object_get(predicate, search->kind == VT_COLLECTED_RULES
                                                          ? "rules"
                                                          : "hashes"),
                           search->what);
    hash = vt_field_hash(predicate, "environment");
    return envelope->statement.type == VT_ENVIRONMENT_AUTHORISATION &&
           vt_hash_equal(&hash, search->environment);
}

static bool take_earliest(void *context, vt_slice bytes, int64_t since_unix_s,
                          struct vt_error *err)
{
    struct search *search = context;

    (void)bytes;
    (void)err;
    if (search->since < 0 || since_unix_s < search->since)
        search->since = since_unix_s;
    return true;
}

static bool find(struct vt_desk *desk, const struct vt_trust *trust, struct search *search,
                 int64_t *since_out, struct vt_error *err)
{
    struct walk walk = { desk, trust, is_searched, take_earliest, search };

    search->since = -1;
    if (!walk_all(&walk, err))
        return false;
    *since_out = search->since;
    return true;
}

bool vt_desk_environment_since(struct vt_desk *desk, const struct vt_trust *trust,
                               const vt_hash *environment, int64_t *since_out,
                               struct vt_error *err)
{
    struct search search = { .environment = environment };

    return find(desk, trust, &search, since_out, err);
}

bool vt_desk_collection_since(struct vt_desk *desk, const struct vt_trust *trust,
                              vt_slice product, enum vt_collected kind, vt_slice what,
                              int64_t *since_out, struct vt_error *err)
{
    struct search search = { .product = product, .kind = kind, .what = what };

    return find(desk, trust, &search, since_out, err);
}

/* ---- who is enrolled? ------------------------------------------------------------------
 */

static bool is_enrolment(const void *context, const struct vt_envelope *envelope)
{
    (void)context;
    return envelope->statement.type == VT_ENROLMENT;
}

static bool take_enrolment(void *context, vt_slice bytes, int64_t since_unix_s,
                           struct vt_error *err)
{
    struct vt_roll *roll = context;
    struct vt_enrolment *row = &roll->rows[roll->count];
    size_t before = roll->keyring.enrolled_count;

    (void)since_unix_s;
    if (roll->count == VT_TRUST_ENROLLED_MAX)
        return vt_fail(err, VT_LIMIT, "authorisations: more than %d enrolments",
                       VT_TRUST_ENROLLED_MAX);
    row->bytes = vt_arena_copy(roll->arena, bytes);
    if (!vt_envelope_parse(row->bytes, &row->envelope, err))
        return false;
    roll->count++;
    if (!vt_keyring_enrol(&roll->keyring, &row->envelope.statement, err) &&
        err->code != VT_REJECTED)
        return false;
    if (roll->keyring.enrolled_count == before) { /* known before, or it may not count */
        vt_envelope_clear(&row->envelope);
        roll->count--;
    }
    return true;
}

bool vt_roll_open(struct vt_desk *desk, const struct vt_trust *trust,
                  struct vt_roll **roll_out, struct vt_error *err)
{
    VT_AUTO_ROLL roll = vt_alloc(sizeof *roll);
    struct walk walk = { desk, trust, is_enrolment, take_enrolment, roll };

    roll->arena = vt_arena_new();
    roll->keyring.trust = trust;
    if (!walk_all(&walk, err))
        return false;
    *roll_out = roll;
    roll = NULL;
    return true;
}

void vt_roll_close(struct vt_roll *roll)
{
    if (roll == NULL)
        return;
    for (size_t i = 0; i < roll->count; i++)
        vt_envelope_clear(&roll->rows[i].envelope);
    vt_arena_free(roll->arena);
    free(roll);
}

void vt_roll_close_pointer(struct vt_roll **roll)
{
    vt_roll_close(*roll);
}

/* Rows and enrolled keys grow together. */
const struct vt_enrolment *vt_roll_find(const struct vt_roll *roll,
                                        const struct vt_trust_key *key)
{
    for (size_t i = 0; i < roll->keyring.enrolled_count; i++)
        if (key == &roll->keyring.enrolled[i])
            return &roll->rows[i];
    return NULL;
}
