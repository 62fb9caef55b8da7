/* Fifth step: the statements behind the release.  Built where it may be, by an enrolled
 * builder; rebuilt by the supervisor with the same outcome; reviewed. */
#include "evidence/inquiry.h"

static bool same_hash(const json_t *a, const json_t *b, const char *name)
{
    return vt_slice_equal(vt_field_text(a, name), vt_field_text(b, name));
}

/* Every output of the release is a subject of the statement, and nothing else is. */
static bool covers_outputs(const struct vt_inquiry *q, const struct vt_statement *statement)
{
    const json_t *outputs = json_object_get(q->release, "outputs");

    if (json_array_size(outputs) != json_array_size(statement->subjects))
        return false;
    for (size_t i = 0; i < json_array_size(outputs); i++) {
        vt_hash hash = vt_field_hash(json_array_get(outputs, i), "sha256");

        if (!vt_statement_has_subject(statement, &hash, NULL))
            return false;
    }
    return true;
}

static bool check_place(struct vt_inquiry *q, const struct vt_trust_key *builder)
{
    const struct vt_demands *demands = q->question->demands;
    vt_slice site = vt_field_text(q->release, "site");

    if (!vt_slice_equal(builder->site, site))
        return vt_refuse(q, VT_REASON_SITE,
                         "the release says it was built in %.*s, its "
                         "builder stands in %.*s",
                         VT_SLICE_ARGS(site), VT_SLICE_ARGS(builder->site));
    if (demands->sites != NULL && !vt_list_has(demands->sites, site))
        return vt_refuse(q, VT_REASON_SITE,
                         "it was built in %.*s, which your policy does not "
                         "allow",
                         VT_SLICE_ARGS(site));
    if (demands->builder_jurisdictions != NULL &&
        !vt_list_has(demands->builder_jurisdictions, builder->jurisdiction))
        return vt_refuse(q, VT_REASON_JURISDICTION,
                         "it was built in %.*s, which your policy "
                         "does not allow",
                         VT_SLICE_ARGS(builder->jurisdiction));
    return true;
}

static bool check_provenance(struct vt_inquiry *q, const struct vt_envelope *envelope,
                             size_t *found)
{
    const json_t *parameters =
        json_object_get(json_object_get(envelope->statement.predicate, "buildDefinition"),
                        "externalParameters");
    struct vt_count count = vt_trust_count(q->question->trust, VT_ROLE_BUILDER, envelope,
                                           q->time_unix_s, q->product);

    if (count.outcome == VT_COUNT_MANDATE)
        return vt_refuse(q, VT_REASON_MANDATE_EXPIRED, "the builder's mandate had ended");
    if (count.outcome != VT_COUNT_ENOUGH)
        return vt_refuse(q, VT_REASON_SITE,
                         "the provenance is not signed by an enrolled "
                         "builder");
    if (!covers_outputs(q, &envelope->statement) ||
        !same_hash(parameters, q->release, "source") ||
        !same_hash(parameters, q->release, "recipe") ||
        !same_hash(parameters, q->release, "environment") ||
        !same_hash(parameters, q->release, "product") ||
        !same_hash(parameters, q->release, "version"))
        return vt_refuse(q, VT_REASON_DIFFERS,
                         "the provenance tells of another build than "
                         "the one released");
    if (!check_place(q, count.signers[0]))
        return false;
    vt_fact_key(q, "builders", count.signers[0]);
    ++*found;
    return true;
}

static bool check_vsa(struct vt_inquiry *q, const struct vt_envelope *envelope,
                      size_t *found)
{
    const json_t *predicate = envelope->statement.predicate;
    const json_t *rebuild = json_object_get(predicate, "vitrineRebuild");
    vt_slice verdict = vt_field_text(rebuild, "verdict");
    struct vt_count count = vt_trust_count(q->question->trust, VT_ROLE_SUPERVISOR, envelope,
                                           q->time_unix_s, q->product);

    if (count.outcome != VT_COUNT_ENOUGH)
        return vt_refuse(q, VT_REASON_DIFFERS,
                         "the rebuild is not attested by the supervisor");
    if (!vt_slice_is(vt_field_text(predicate, "verificationResult"), "PASSED") ||
        vt_slice_is(verdict, "differs"))
        return vt_refuse(q, VT_REASON_DIFFERS,
                         "the supervisor's rebuild came out different: "
                         "%.*s",
                         VT_SLICE_ARGS(vt_field_text(rebuild, "difference")));
    if (!covers_outputs(q, &envelope->statement) ||
        !same_hash(rebuild, q->release, "source") ||
        !same_hash(rebuild, q->release, "recipe") ||
        !same_hash(rebuild, q->release, "environment"))
        return vt_refuse(q, VT_REASON_DIFFERS,
                         "the supervisor rebuilt something else than "
                         "what was released");
    if (q->question->demands->is_robust_needed && !vt_slice_is(verdict, "equal-robust"))
        return vt_refuse(q, VT_REASON_DIFFERS,
                         "it was rebuilt equal under fixed terms only; "
                         "your policy demands equal-robust");
    for (size_t i = 0; i < count.signer_count; i++)
        vt_fact_key(q, "rebuilders", count.signers[i]);
    vt_fact_text(q, "rebuild", verdict);
    ++*found;
    return true;
}

/* The bill of materials, too, must be the builder's. */
static bool check_sbom(struct vt_inquiry *q, const struct vt_envelope *envelope)
{
    struct vt_count count = vt_trust_count(q->question->trust, VT_ROLE_BUILDER, envelope,
                                           q->time_unix_s, q->product);

    if (count.outcome != VT_COUNT_ENOUGH || !covers_outputs(q, &envelope->statement))
        return vt_refuse(q, VT_REASON_MIXED,
                         "the bill of materials is not the builder's, or "
                         "of another build");
    vt_fact_text(q, "sbom", vt_field_text(envelope->statement.predicate, "sha256"));
    return true;
}

/* Does this review accept this very source?  One that refuses never counts, and one by
 * somebody who is no reviewer does not either. */
static void count_review(struct vt_inquiry *q, const struct vt_envelope *envelope,
                         size_t *found)
{
    const json_t *review = envelope->statement.predicate;
    struct vt_count count = vt_trust_count(q->question->trust, VT_ROLE_REVIEWER, envelope,
                                           q->time_unix_s, q->product);
    const json_t *before = json_object_get(q->verdict->facts, "reviewers");

    if (count.outcome != VT_COUNT_ENOUGH || !same_hash(review, q->release, "source") ||
        !same_hash(review, q->release, "product") ||
        !vt_slice_is(vt_field_text(review, "verdict"), "accept"))
        return;
    for (size_t i = 0; i < json_array_size(before); i++) /* one vote a holder */
        if (vt_slice_equal(vt_field_text(json_array_get(before, i), "holder"),
                           count.signers[0]->holder))
            return;
    vt_fact_key(q, "reviewers", count.signers[0]);
    ++*found;
}

bool vt_inquire_attestations(struct vt_inquiry *q)
{
    size_t builds = 0, rebuilds = 0, reviews = 0;

    for (size_t i = 0; i < q->evidence->envelope_count; i++) {
        const struct vt_envelope *envelope = &q->evidence->envelopes[i];

        switch ((int)envelope->statement.type) {
        case VT_PROVENANCE:
            if (!check_provenance(q, envelope, &builds))
                return false;
            break;
        case VT_VSA:
            if (!check_vsa(q, envelope, &rebuilds))
                return false;
            break;
        case VT_SBOM:
            if (!check_sbom(q, envelope))
                return false;
            break;
        case VT_REVIEW:
            count_review(q, envelope, &reviews);
            break;
        case VT_RELEASE:
            break;
        default:
            return vt_refuse(q, VT_REASON_MIXED,
                             "a %s statement has no place in the evidence "
                             "of a release",
                             vt_predicate_name(envelope->statement.type));
        }
    }
    if (builds == 0)
        return vt_refuse(q, VT_REASON_SITE, "nobody says where and how it was built");
    if (rebuilds == 0)
        return vt_refuse(q, VT_REASON_DIFFERS, "the supervisor did not rebuild it");
    if (reviews < q->question->demands->reviews)
        return vt_refuse(q, VT_REASON_UNREVIEWED,
                         "%zu of the %ju reviews that are demanded "
                         "accept its source",
                         reviews, (uintmax_t)q->question->demands->reviews);
    return true;
}
