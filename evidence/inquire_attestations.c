/* Sixth step: the statements behind the release.  Built by an enrolled builder from this
 * source, with this recipe, in this environment; rebuilt by the supervisor with the same
 * outcome; reviewed.
 *
 * Signers are counted over all envelopes of a kind: two reviewers sign a review each, and
 * are two. */
#include "evidence/inquiry.h"
#include "evidence/review.h"

struct gathering {
    struct vt_signers builders, rebuilders, reviewers, refusers;
    bool is_robust, is_rebuilt;
    vt_slice places[VT_RELEASE_ENVELOPES_MAX]; /* jurisdictions of builders */
};

static enum vt_regard add(const struct vt_inquiry *q, struct vt_signers *signers,
                          enum vt_trust_role role, const struct vt_envelope *envelope)
{
    return vt_signers_add(signers, &q->keyring, role, envelope, q->release_log.time_unix_s,
                          q->release.product);
}

/* The role that the release gave this envelope. */
static enum vt_trust_role role_of(const struct vt_inquiry *q,
                                  const struct vt_envelope *envelope)
{
    for (size_t i = 0; i < q->release.attachment_count; i++)
        if (vt_hash_equal(&q->release.attachments[i].digest, &envelope->digest))
            return q->release.attachments[i].role;
    return VT_ROLE_ROOT; /* signs no attachment: the set was compared before */
}

static bool hash_is(const json_t *object, const char *name, const vt_hash *wanted)
{
    vt_hash hash;

    return vt_hash_parse_hex(vt_field_text(object, name), &hash) &&
           vt_hash_equal(&hash, wanted);
}

static bool is_subject(const struct vt_statement *statement, size_t count,
                       const struct vt_output *output)
{
    for (size_t i = 0; i < count; i++) {
        struct vt_subject subject = vt_statement_subject(statement, i);

        if (vt_slice_is(output->name, subject.name) &&
            vt_hash_equal(&output->hash, &subject.hash))
            return true;
    }
    return false;
}

/* Its subjects are the release's outputs: every one, and, as no two outputs have one name,
 * nothing else. */
static bool covers_outputs(const struct vt_inquiry *q, const struct vt_statement *statement)
{
    size_t count = vt_statement_subject_count(statement);

    if (count != q->release.output_count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!is_subject(statement, count, &q->release.outputs[i]))
            return false;
    return true;
}

/* Same source, recipe and environment as the release. */
static bool is_same_build(const struct vt_inquiry *q, const json_t *build)
{
    return hash_is(build, "source", &q->release.source) &&
           hash_is(build, "recipe", &q->release.recipe) &&
           hash_is(build, "environment", &q->release.environment);
}

/* "vitrine:builder/KEYID" of one of the envelope's own signers (SLSA: the key must be the
 * one that belongs to the builder's id). */
static bool id_is_a_signer(const struct vt_signers *signers, vt_slice id,
                           const char *prefix)
{
    vt_reader r = { id };

    if (!vt_read_literal(&r, vt_slice_from_cstr(prefix)))
        return false;
    for (size_t i = 0; i < signers->count; i++)
        if (vt_slice_equal(signers->rows[i].key->keyid, r.rest))
            return true;
    return false;
}

/* ---- one function a kind of statement
 * ----------------------------------------------------
 */

static bool take_provenance(struct vt_inquiry *q, const struct vt_envelope *envelope,
                            struct gathering *all)
{
    const json_t *predicate = envelope->statement.predicate;
    const json_t *definition = json_object_get(predicate, "buildDefinition");
    const json_t *parameters = json_object_get(definition, "externalParameters");
    const json_t *builder =
        json_object_get(json_object_get(predicate, "runDetails"), "builder");
    struct vt_signers signers = { .count = 0 };

    if (add(q, &signers, VT_ROLE_BUILDER, envelope) == VT_REGARD_ABSENT)
        return vt_refuse(q, VT_REASON_SITE,
                         "the provenance is not signed by an enrolled builder");
    if (!id_is_a_signer(&signers, vt_field_text(builder, "id"), "vitrine:builder/"))
        return vt_refuse(q, VT_REASON_MIXED,
                         "the provenance names another builder than the one who signed it");
    if (!covers_outputs(q, &envelope->statement) || !is_same_build(q, parameters) ||
        !vt_slice_equal(vt_field_text(parameters, "product"), q->release.product) ||
        !vt_slice_equal(vt_field_text(parameters, "version"), q->release.version))
        return vt_refuse(q, VT_REASON_MIXED,
                         "the provenance tells of another build than the one released");
    for (size_t i = 0; i < signers.count; i++)
        if (!vt_slice_equal(signers.rows[i].key->site, q->release.site))
            return vt_refuse(q, VT_REASON_SITE,
                             "the release says it was built in %.*s, its builder is "
                             "enrolled for %.*s",
                             VT_SLICE_ARGS(q->release.site),
                             VT_SLICE_ARGS(signers.rows[i].key->site));
    (void)add(q, &all->builders, VT_ROLE_BUILDER, envelope);
    return true;
}

static bool take_vsa(struct vt_inquiry *q, const struct vt_envelope *envelope,
                     struct gathering *all)
{
    const json_t *predicate = envelope->statement.predicate;
    const json_t *rebuild = json_object_get(predicate, "vitrineRebuild");
    vt_slice verdict = vt_field_text(rebuild, "verdict");
    vt_slice verifier = vt_field_text(json_object_get(predicate, "verifier"), "id");
    struct vt_signers signers = { .count = 0 };

    if (add(q, &signers, VT_ROLE_SUPERVISOR, envelope) == VT_REGARD_ABSENT)
        return vt_refuse(q, VT_REASON_DIFFERS,
                         "the rebuild is not attested by the supervisor");
    if (!id_is_a_signer(&signers, verifier, "vitrine:supervisor/"))
        return vt_refuse(q, VT_REASON_MIXED,
                         "the rebuild names another verifier than the one who signed it");
    if (!vt_slice_is(vt_field_text(predicate, "verificationResult"), "PASSED") ||
        vt_slice_is(verdict, "differs"))
        return vt_refuse(q, VT_REASON_DIFFERS,
                         "the supervisor's rebuild came out different: %.*s",
                         VT_SLICE_ARGS(vt_field_text(rebuild, "difference")));
    if (!covers_outputs(q, &envelope->statement) || !is_same_build(q, rebuild))
        return vt_refuse(q, VT_REASON_DIFFERS,
                         "the supervisor rebuilt something else than what was released");
    (void)add(q, &all->rebuilders, VT_ROLE_SUPERVISOR, envelope);
    if (vt_slice_is(verdict, "equal-robust") || !all->is_rebuilt) {
        vt_fact_text(q, "rebuild", verdict);
        vt_fact_json(q, "varied", json_object_get(rebuild, "varied"));
    }
    all->is_rebuilt = true;
    all->is_robust = all->is_robust || vt_slice_is(verdict, "equal-robust");
    return true;
}

static bool take_sbom(struct vt_inquiry *q, const struct vt_envelope *envelope)
{
    struct vt_signers signers = { .count = 0 };
    enum vt_regard standing = add(q, &signers, role_of(q, envelope), envelope);

    if (standing != VT_REGARD_GOOD)
        return vt_refuse(
            q, standing == VT_REGARD_MANDATE ? VT_REASON_MANDATE_EXPIRED : VT_REASON_MIXED,
            "the bill of materials is signed by %s", vt_regard_words(standing));
    if (!covers_outputs(q, &envelope->statement))
        return vt_refuse(q, VT_REASON_MIXED, "the bill of materials is of another build");
    vt_fact_text(q, "sbom", vt_field_text(envelope->statement.predicate, "sha256"));
    return true;
}

/* Did the same holder say the opposite later?  The release names every statement that
 * belongs to it, so neither word can be left out of the evidence alone. */
static bool is_taken_back(const struct vt_inquiry *q, const struct vt_envelope *review)
{
    for (size_t i = 0; i < q->evidence->envelope_count; i++) {
        const struct vt_envelope *other = &q->evidence->envelopes[i];

        if (other->statement.type == VT_REVIEW &&
            vt_review_is_about(&other->statement, q->release.product, q->release.version,
                               &q->release.source) &&
            vt_review_takes_back(&q->keyring, other, review, q->release_log.time_unix_s))
            return true;
    }
    return false;
}

/* One that is about another source, or by somebody who is no reviewer, simply does not
 * count. */
static void take_review(struct vt_inquiry *q, const struct vt_envelope *envelope,
                        struct gathering *all)
{
    if (vt_review_is_about(&envelope->statement, q->release.product, q->release.version,
                           &q->release.source) &&
        !is_taken_back(q, envelope))
        (void)add(
            q, vt_review_accepts(&envelope->statement) ? &all->reviewers : &all->refusers,
            VT_ROLE_REVIEWER, envelope);
}

/* An authorisation of the environment, of collecting rules: signed, and about this one. */
static bool take_authorisation(struct vt_inquiry *q, const struct vt_envelope *envelope)
{
    const json_t *predicate = envelope->statement.predicate;
    struct vt_signers signers = { .count = 0 };
    bool is_ours =
        envelope->statement.type == VT_ENVIRONMENT_AUTHORISATION
            ? hash_is(predicate, "environment", &q->release.environment)
            : vt_slice_equal(vt_field_text(predicate, "product"), q->release.product);

    if (add(q, &signers, VT_ROLE_SUPERVISOR, envelope) != VT_REGARD_GOOD || !is_ours)
        return vt_refuse(q, VT_REASON_MIXED,
                         "the authorisation of the %s is not the supervisor's, or of "
                         "something else",
                         vt_predicate_name(envelope->statement.type));
    return true;
}

static bool take_statement(struct vt_inquiry *q, const struct vt_envelope *envelope,
                           struct gathering *all)
{
    switch ((int)envelope->statement.type) {
    case VT_PROVENANCE:
        return take_provenance(q, envelope, all);
    case VT_VSA:
        return take_vsa(q, envelope, all);
    case VT_SBOM:
        return take_sbom(q, envelope);
    case VT_REVIEW:
        take_review(q, envelope, all);
        return true;
    case VT_ENVIRONMENT_AUTHORISATION:
    case VT_COLLECTION:
        return take_authorisation(q, envelope);
    case VT_RELEASE:
    case VT_ENROLMENT:
        return true; /* read before */
    default:
        return vt_refuse(
            q, VT_REASON_MIXED,
            "a statement of kind '%s' has no place in the evidence of a release",
            vt_predicate_name(envelope->statement.type));
    }
}

/* ---- enrolments come first: they say whose signatures count
 * ------------------------------
 */

static bool take_enrolment(struct vt_inquiry *q, const struct vt_envelope *envelope)
{
    struct vt_signers signers = { .count = 0 };
    struct vt_error err = { 0 };
    enum vt_regard standing;

    (void)add(q, &signers, VT_ROLE_SUPERVISOR, envelope);
    standing =
        vt_signers_judge(&signers, &q->question->trust->thresholds[VT_ROLE_SUPERVISOR]);
    if (standing != VT_REGARD_GOOD)
        return vt_refuse(q,
                         standing == VT_REGARD_MANDATE ? VT_REASON_MANDATE_EXPIRED
                                                       : VT_REASON_SUPERVISOR_MISSING,
                         "an enrolment is signed, as supervisor, by %s",
                         vt_regard_words(standing));
    return vt_keyring_enrol(&q->keyring, &envelope->statement, &err) ||
           vt_refuse_error(q, VT_REASON_MALFORMED, &err);
}

static bool take_enrolments(struct vt_inquiry *q)
{
    for (size_t i = 0; i < q->evidence->envelope_count; i++)
        if (q->evidence->envelopes[i].statement.type == VT_ENROLMENT &&
            !take_enrolment(q, &q->evidence->envelopes[i]))
            return false;
    return true;
}

/* ---- enough of each?
 * ---------------------------------------------------------------------
 */

static bool is_enough(struct vt_inquiry *q, enum vt_trust_role role,
                      const struct vt_signers *signers, enum vt_reason missing,
                      const char *doing)
{
    enum vt_regard standing =
        vt_signers_judge(signers, &q->question->trust->thresholds[role]);

    if (standing == VT_REGARD_GOOD)
        return true;
    return vt_refuse(q, standing == VT_REGARD_MANDATE ? VT_REASON_MANDATE_EXPIRED : missing,
                     "it was %s by %s", doing, vt_regard_words(standing));
}

static uint64_t holders_of(const struct vt_signers *signers)
{
    uint64_t holders = 0;

    for (size_t i = 0; i < signers->count; i++) {
        bool is_new = signers->rows[i].standing == VT_REGARD_GOOD;

        for (size_t j = 0; j < i; j++)
            is_new = is_new && (signers->rows[j].standing != VT_REGARD_GOOD ||
                                !vt_slice_equal(signers->rows[i].key->holder,
                                                signers->rows[j].key->holder));
        holders += is_new;
    }
    return holders;
}

static bool is_not_refused(struct vt_inquiry *q, const struct vt_signers *refusers)
{
    for (size_t i = 0; i < refusers->count; i++)
        if (refusers->rows[i].standing == VT_REGARD_GOOD)
            return vt_refuse(q, VT_REASON_UNREVIEWED, "reviewer %.*s refuses its source",
                             VT_SLICE_ARGS(refusers->rows[i].key->holder));
    return true;
}

static bool is_reviewed(struct vt_inquiry *q, const struct gathering *all)
{
    const struct vt_signers *reviewers = &all->reviewers;
    uint64_t holders = holders_of(reviewers), wanted = q->question->demands->reviews;

    if (wanted == 0)
        return true; /* this customer says so */
    if (!is_not_refused(q, &all->refusers) ||
        !is_enough(q, VT_ROLE_REVIEWER, reviewers, VT_REASON_UNREVIEWED, "reviewed"))
        return false;
    if (holders < wanted)
        return vt_refuse(q, VT_REASON_UNREVIEWED,
                         "%ju of the %ju reviewers that are demanded accepted its source",
                         (uintmax_t)holders, (uintmax_t)wanted);
    return true;
}

/* Asked before the other statements: whoever may not build signed the bill of materials
 * too, and the reason is the building. */
static bool is_built(struct vt_inquiry *q, const struct vt_signers *builders)
{
    if (builders->count == 0)
        return vt_refuse(q, VT_REASON_SITE, "nobody says where and how it was built");
    return is_enough(q, VT_ROLE_BUILDER, builders, VT_REASON_SITE, "built");
}

static bool is_whole(struct vt_inquiry *q, const struct gathering *all)
{
    if (!all->is_rebuilt)
        return vt_refuse(q, VT_REASON_DIFFERS, "the supervisor did not rebuild it");
    if (!is_enough(q, VT_ROLE_SUPERVISOR, &all->rebuilders, VT_REASON_DIFFERS, "rebuilt"))
        return false;
    if (q->question->demands->is_robust_needed && !all->is_robust)
        return vt_refuse(q, VT_REASON_DIFFERS,
                         "it was rebuilt equal under fixed terms only; your policy demands "
                         "equal-robust");
    return is_reviewed(q, all);
}

/* In this order, so that the reason does not hang on the order of the envelopes. */
static const enum vt_predicate ORDER[] = {
    VT_RELEASE,
    VT_ENROLMENT,
    VT_TRUST,
    VT_DRAFT,
    VT_REJECTION,
    VT_WITHDRAWALS,
    VT_PROVENANCE,
    VT_VSA,
    VT_REVIEW,
    VT_SBOM,
    VT_ENVIRONMENT_AUTHORISATION,
    VT_COLLECTION,
    VT_RESIDENCY,
    VT_AGGREGATE,
    VT_COUNT,
    VT_HEAD,
    VT_ACCESS,
    VT_CUSTODY,
    VT_TALLY,
    VT_ERASURE,
    VT_PROMISE,
    VT_KEPT,
    VT_FINDING,
    VT_REQUEST,
    VT_DENIAL,
    VT_RELOCATION_PLAN,
    VT_RELOCATION,
    VT_INVITATION,
    VT_INVITATION_END,
    VT_SEAL_HEAD,
};
_Static_assert(sizeof ORDER / sizeof ORDER[0] == VT_PREDICATES, "each kind once");

static bool take_statements(struct vt_inquiry *q, struct gathering *all)
{
    for (size_t o = 0; o < VT_PREDICATES; o++) {
        for (size_t i = 0; i < q->evidence->envelope_count; i++)
            if (q->evidence->envelopes[i].statement.type == ORDER[o] &&
                !take_statement(q, &q->evidence->envelopes[i], all))
                return false;
        if (ORDER[o] == VT_PROVENANCE && !is_built(q, &all->builders))
            return false;
    }
    return true;
}

bool vt_inquire_attestations(struct vt_inquiry *q)
{
    struct gathering all = { .is_rebuilt = false };

    if (!take_enrolments(q) || !take_statements(q, &all) || !is_whole(q, &all))
        return false;
    vt_fact_signers(q, "builders", &all.builders);
    vt_fact_signers(q, "rebuilders", &all.rebuilders);
    vt_fact_signers(q, "reviewers", &all.reviewers);
    return true;
}
