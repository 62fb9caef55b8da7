/* Statements of the release ledger that are shown in lists. */
#include "centre/claims.h"
#include "cell/aggregate.h"
#include "centre/entry.h"
#include "evidence/field.h"

static const struct {
    enum vt_predicate type;
    const char *shown[6]; /* fields that are shown; none: all */
} kinds[VT_CLAIM_KINDS] = {
    [VT_CLAIM_ENVIRONMENT] = { VT_ENVIRONMENT_AUTHORISATION, { NULL } },
    [VT_CLAIM_ENROLMENT] = { VT_ENROLMENT, { NULL } },
    [VT_CLAIM_RELEASE] = { VT_RELEASE,
                           { "product", "version", "environment", "site", "created" } },
    [VT_CLAIM_AGGREGATE] = { VT_AGGREGATE, { NULL } },
};

struct reading {
    const struct vt_trust *trust;
    struct vt_claims *claims;
};

/* ---- does it count? ---------------------------------------------------------------------
 */

static bool has_enough(const struct reading *r, const struct vt_envelope *envelope,
                       enum vt_trust_role role, int64_t time, struct vt_error *err)
{
    vt_slice product = vt_field_text(envelope->statement.predicate, "product");
    struct vt_count count = vt_trust_count(r->trust, role, envelope, time, product);

    return count.outcome == VT_COUNT_ENOUGH ||
           vt_fail(err, VT_REJECTED,
                   "the %s statement is not signed by the %s with keys that counted then",
                   vt_predicate_name(envelope->statement.type), vt_trust_role_name(role));
}

/* By a key of the cell that it speaks of; numbers are computed again. */
static bool is_aggregate(const struct reading *r, const struct vt_envelope *envelope,
                         int64_t time, struct vt_error *err)
{
    const json_t *predicate = envelope->statement.predicate;
    vt_slice cell = vt_field_text(predicate, "cell");

    if (!vt_statement_is_about_itself(&envelope->statement, err) ||
        !vt_aggregate_verify(predicate, err))
        return false;
    for (size_t i = 0; i < r->trust->key_count; i++) {
        const struct vt_trust_key *key = &r->trust->keys[i];

        if (key->role == VT_ROLE_CELL && key->products != NULL &&
            vt_list_has(key->products, cell) &&
            vt_trust_key_standing(key, time) == VT_REGARD_GOOD &&
            vt_envelope_is_signed_by(envelope, &key->key))
            return true;
    }
    return vt_fail(err, VT_REJECTED,
                   "the aggregate of cell %.*s is not signed by that cell",
                   VT_SLICE_ARGS(cell));
}

static bool counts(const struct reading *r, const struct vt_envelope *envelope,
                   int64_t time, struct vt_error *err)
{
    if (envelope->statement.type == VT_AGGREGATE)
        return is_aggregate(r, envelope, time, err);
    return (envelope->statement.type != VT_RELEASE ||
            has_enough(r, envelope, VT_ROLE_VENDOR, time, err)) &&
           has_enough(r, envelope, VT_ROLE_SUPERVISOR, time, err);
}

/* ---- rows -------------------------------------------------------------------------------
 */

static json_t *says_of(const json_t *predicate, const char *const *shown)
{
    json_t *says;

    if (shown[0] == NULL)
        return json_deep_copy(predicate);
    says = json_object();
    for (size_t i = 0; shown[i] != NULL; i++)
        (void)json_object_set_new(says, shown[i],
                                  json_deep_copy(json_object_get(predicate, shown[i])));
    return says;
}

static void add(struct reading *r, enum vt_claim_kind kind, uint64_t index, int64_t time,
                const struct vt_envelope *envelope)
{
    const struct vt_keyring keyring = { .trust = r->trust };
    struct vt_claims *claims = r->claims;

    if (json_array_size(claims->rows[kind]) == VT_CLAIMS_MAX) {
        (void)json_array_remove(claims->rows[kind], 0);
        claims->older[kind]++;
    }
    (void)json_array_append_new(
        claims->rows[kind],
        json_pack("{s:I,s:o,s:o,s:o,s:o}", "index", (json_int_t)index, "time",
                  vt_field_of_time(time), "sha256", vt_field_of_hash(&envelope->digest),
                  "signers", vt_signers_json(&keyring, envelope), "says",
                  says_of(envelope->statement.predicate, kinds[kind].shown)));
}

/* When it was said: see the header.  An aggregate bears the end of its period. */
static int64_t time_of(const struct vt_claims *claims, const struct vt_envelope *envelope)
{
    const char *name = envelope->statement.type == VT_AGGREGATE   ? "until"
                       : envelope->statement.type == VT_ENROLMENT ? "from"
                                                                  : "created";
    int64_t time = vt_story_time(envelope->statement.predicate, name);

    if (time < claims->newest_unix_s)
        time = claims->newest_unix_s;
    return time < claims->seen_unix_s ? time : claims->seen_unix_s;
}

static bool take(void *context, uint64_t index, vt_slice entry, struct vt_error *err)
{
    struct reading *r = context;
    VT_AUTO_ENVELOPE envelope = { .dsse = { .signature_count = 0 } };
    struct vt_error why = { 0 };
    int64_t time;

    (void)err;
    if (!vt_envelope_parse(entry, &envelope, &why))
        return true; /* none of ours */
    for (size_t kind = 0; kind < VT_CLAIM_KINDS; kind++) {
        if (envelope.statement.type != kinds[kind].type)
            continue;
        time = time_of(r->claims, &envelope);
        if (!counts(r, &envelope, time, &why)) {
            vt_strays_add(&r->claims->strays, index, "%s", why.message);
            return true;
        }
        r->claims->newest_unix_s = time;
        add(r, (enum vt_claim_kind)kind, index, time, &envelope);
    }
    return true;
}

/* ---- all of it --------------------------------------------------------------------------
 */

bool vt_claims_read(struct vt_held *held, struct vt_claims *out, struct vt_error *err)
{
    struct vt_claims made = { .seen_unix_s = held->verdict.time_unix_s,
                              .head = { held->verdict.size, held->verdict.root } };
    struct reading r = { held->trust, &made };

    for (size_t kind = 0; kind < VT_CLAIM_KINDS; kind++)
        made.rows[kind] = json_array();
    if (!vt_held_walk(held, take, &r, err)) {
        vt_claims_clear(&made);
        return false;
    }
    made.is_read = true;
    *out = made;
    return true;
}

void vt_claims_clear(struct vt_claims *claims)
{
    for (size_t kind = 0; kind < VT_CLAIM_KINDS; kind++)
        json_decref(claims->rows[kind]);
    vt_strays_clear(&claims->strays);
    *claims = (struct vt_claims){ .is_read = false };
}
