/* Counting signatures: keys, distinct holders, distinct jurisdictions, at a time. */
#include "evidence/trust.h"

const struct vt_trust_key *vt_trust_find(const struct vt_trust *trust, vt_slice keyid,
                                         enum vt_trust_role role)
{
    for (size_t i = 0; i < trust->key_count; i++)
        if (trust->keys[i].role == role && vt_slice_equal(trust->keys[i].keyid, keyid))
            return &trust->keys[i];
    return NULL;
}

static bool speaks_for(const struct vt_trust_key *key, vt_slice product)
{
    if (key->products == NULL || product.len == 0)
        return true;
    for (size_t i = 0; i < json_array_size(key->products); i++)
        if (vt_slice_is(product, json_string_value(json_array_get(key->products, i))))
            return true;
    return false;
}

static bool in_interval(const struct vt_trust_key *key, int64_t time_unix_s)
{
    return time_unix_s >= key->from_unix_s && time_unix_s < key->until_unix_s &&
           time_unix_s < key->compromised_unix_s;
}

/* Is this threshold met by these signers? */
static bool is_enough(const struct vt_threshold *threshold,
                      const struct vt_trust_key *const *signers, size_t count)
{
    uint64_t holders = 0, jurisdictions = 0;

    for (size_t i = 0; i < count; i++) {
        bool new_holder = true, new_jurisdiction = true;

        for (size_t j = 0; j < i; j++) {
            new_holder =
                new_holder && !vt_slice_equal(signers[i]->holder, signers[j]->holder);
            new_jurisdiction =
                new_jurisdiction &&
                !vt_slice_equal(signers[i]->jurisdiction, signers[j]->jurisdiction);
        }
        holders += new_holder;
        jurisdictions += new_jurisdiction;
    }
    return threshold->keys != 0 && count >= threshold->keys &&
           holders >= threshold->holders && jurisdictions >= threshold->jurisdictions;
}

/* Those of the signatures that are good and by keys of the role. */
static size_t find_signers(const struct vt_trust *trust, enum vt_trust_role role,
                           const struct vt_envelope *envelope, vt_slice product,
                           const struct vt_trust_key **signers)
{
    size_t count = 0;

    for (size_t i = 0; i < envelope->dsse.signature_count; i++) {
        const struct vt_trust_key *key =
            vt_trust_find(trust, envelope->dsse.signatures[i].keyid, role);

        if (key != NULL && speaks_for(key, product) &&
            vt_envelope_is_signed_by(envelope, &key->key))
            signers[count++] = key;
    }
    return count;
}

struct vt_count vt_trust_count(const struct vt_trust *trust, enum vt_trust_role role,
                               const struct vt_envelope *envelope, int64_t time_unix_s,
                               vt_slice product)
{
    const struct vt_threshold *threshold = &trust->thresholds[role];
    const struct vt_trust_key *all[VT_DSSE_SIGNATURES_MAX];
    const struct vt_trust_key *timely[VT_DSSE_SIGNATURES_MAX];
    size_t all_count = find_signers(trust, role, envelope, product, all);
    size_t timely_count = 0;
    struct vt_count count = { .outcome = VT_COUNT_ENOUGH };

    for (size_t i = 0; i < all_count; i++)
        if (in_interval(all[i], time_unix_s))
            timely[timely_count++] = all[i];
    for (size_t i = 0; i < timely_count; i++)
        if (time_unix_s < timely[i]->mandate_until_unix_s)
            count.signers[count.signer_count++] = timely[i];
    if (!is_enough(threshold, count.signers, count.signer_count))
        count.outcome = is_enough(threshold, timely, timely_count) ? VT_COUNT_MANDATE
                        : is_enough(threshold, all, all_count)     ? VT_COUNT_INTERVAL
                                                                   : VT_COUNT_MISSING;
    return count;
}

enum vt_trust_role vt_predicate_role(enum vt_predicate predicate)
{
    static const enum vt_trust_role roles[VT_PREDICATES] = {
        [VT_TRUST] = VT_ROLE_ROOT,
        [VT_DRAFT] = VT_ROLE_VENDOR,
        [VT_RELEASE] = VT_ROLE_SUPERVISOR,
        [VT_REJECTION] = VT_ROLE_SUPERVISOR,
        [VT_REVIEW] = VT_ROLE_REVIEWER,
        [VT_WITHDRAWALS] = VT_ROLE_SUPERVISOR,
        [VT_ENROLMENT] = VT_ROLE_SUPERVISOR,
        [VT_ENVIRONMENT_AUTHORISATION] = VT_ROLE_SUPERVISOR,
        [VT_COLLECTION] = VT_ROLE_SUPERVISOR,
        [VT_PROVENANCE] = VT_ROLE_BUILDER,
        [VT_VSA] = VT_ROLE_SUPERVISOR,
        [VT_SBOM] = VT_ROLE_BUILDER,
    };

    return roles[predicate];
}

static bool role_admits(const struct vt_trust *trust, enum vt_trust_role role,
                        const struct vt_envelope *envelope, int64_t now_unix_s,
                        struct vt_error *err)
{
    static const char *const why[] = {
        [VT_COUNT_MISSING] = "lacks the signature of the role",
        [VT_COUNT_INTERVAL] = "is signed outside of the key's interval by the role",
        [VT_COUNT_MANDATE] = "is signed after the end of the mandate of the role",
    };
    vt_slice product = { 0 };
    struct vt_error ignored;
    struct vt_count count;

    if (vt_json_has(envelope->statement.predicate, "product"))
        (void)!vt_json_get_text(envelope->statement.predicate, "statement", "product",
                                &product, &ignored);
    count = vt_trust_count(trust, role, envelope, now_unix_s, product);
    if (count.outcome == VT_COUNT_ENOUGH)
        return true;
    return vt_fail(err, VT_REJECTED, "a %s statement %s %s",
                   vt_predicate_name(envelope->statement.type), why[count.outcome],
                   vt_trust_role_name(role));
}

bool vt_trust_admits_entry(const struct vt_trust *trust, vt_slice entry, int64_t now_unix_s,
                           struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    enum vt_predicate type;

    if (!vt_envelope_parse(entry, &envelope, err))
        return false;
    type = envelope.statement.type;
    if ((type == VT_RELEASE || type == VT_WITHDRAWALS) &&
        !role_admits(trust, VT_ROLE_VENDOR, &envelope, now_unix_s, err))
        return false;
    return role_admits(trust, vt_predicate_role(type), &envelope, now_unix_s, err);
}
