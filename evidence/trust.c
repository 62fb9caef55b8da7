/* The trust root: taken apart, checked, counted with. */
#include "evidence/trust.h"

static const char *const ROLE_NAMES[VT_ROLES] = {
    [VT_ROLE_ROOT] = "root",         [VT_ROLE_FOUNDATION] = "foundation",
    [VT_ROLE_VENDOR] = "vendor",     [VT_ROLE_SUPERVISOR] = "supervisor",
    [VT_ROLE_REVIEWER] = "reviewer", [VT_ROLE_BUILDER] = "builder",
};

const char *vt_trust_role_name(enum vt_trust_role role)
{
    return ROLE_NAMES[role];
}

bool vt_trust_role_of(vt_slice name, enum vt_trust_role *out)
{
    for (unsigned i = 0; i < VT_ROLES; i++)
        if (vt_slice_is(name, ROLE_NAMES[i])) {
            *out = (enum vt_trust_role)i;
            return true;
        }
    return false;
}

void vt_trust_free(struct vt_trust *trust)
{
    if (trust == NULL)
        return;
    vt_envelope_clear(&trust->envelope);
    free(trust);
}

void vt_trust_free_pointer(struct vt_trust **trust)
{
    vt_trust_free(*trust);
}

/* ---- parsing: the schema was checked, so what is there has its type --------------------
 */

static bool take_mandate(const json_t *key, struct vt_trust_key *out, struct vt_error *err)
{
    const json_t *mandate = json_object_get(key, "mandate");

    return vt_json_get_text(mandate, "mandate", "accreditation", &out->accreditation,
                            err) &&
           vt_json_get_text(mandate, "mandate", "funding", &out->funding, err) &&
           vt_json_get_time(mandate, "mandate", "until", &out->mandate_until_unix_s, err);
}

static bool take_key(const json_t *key, struct vt_trust_key *out, struct vt_error *err)
{
    const char *what = "trust key";
    struct vt_key_id id;
    vt_slice role;

    *out = (struct vt_trust_key){ .compromised_unix_s = INT64_MAX,
                                  .products = json_object_get(key, "products") };
    if (!vt_json_get_sha256(key, what, "public", out->key.bytes, err) ||
        !vt_json_get_text(key, what, "keyid", &out->keyid, err) ||
        !vt_json_get_text(key, what, "holder", &out->holder, err) ||
        !vt_json_get_text(key, what, "role", &role, err) ||
        !vt_json_get_text(key, what, "jurisdiction", &out->jurisdiction, err) ||
        !vt_json_get_time(key, what, "from", &out->from_unix_s, err) ||
        !vt_json_get_time(key, what, "until", &out->until_unix_s, err) ||
        !take_mandate(key, out, err) ||
        (vt_json_has(key, "site") &&
         !vt_json_get_text(key, what, "site", &out->site, err)) ||
        (vt_json_has(key, "compromised_from") &&
         !vt_json_get_time(key, what, "compromised_from", &out->compromised_unix_s, err)))
        return false;
    id = vt_public_key_id(&out->key);
    if (!vt_slice_is(out->keyid, id.text))
        return vt_fail(err, VT_REJECTED, "trust root: key of %.*s: its keyid should be %s",
                       VT_SLICE_ARGS(out->holder), id.text);
    if (!vt_trust_role_of(role, &out->role))
        return vt_fail(err, VT_MALFORMED, "trust root: unknown role '%.*s'",
                       VT_SLICE_ARGS(role));
    return true;
}

static bool take_keys(const json_t *keys, struct vt_trust *trust, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(keys); i++) {
        struct vt_trust_key *at = &trust->keys[i];

        if (!take_key(json_array_get(keys, i), at, err))
            return false;
        for (size_t j = 0; j < i; j++)
            if (vt_slice_equal(trust->keys[j].keyid, at->keyid) &&
                trust->keys[j].role == at->role)
                return vt_fail(err, VT_REJECTED, "trust root: key %.16s... is %s twice",
                               (const char *)at->keyid.data, ROLE_NAMES[at->role]);
    }
    trust->key_count = json_array_size(keys);
    return true;
}

static bool take_thresholds(const json_t *list, struct vt_trust *trust,
                            struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        struct vt_threshold threshold;
        enum vt_trust_role role;
        vt_slice name;

        if (!vt_json_get_text(row, "threshold", "role", &name, err) ||
            !vt_json_get_number(row, "threshold", "keys", &threshold.keys, err) ||
            !vt_json_get_number(row, "threshold", "holders", &threshold.holders, err) ||
            !vt_json_get_number(row, "threshold", "jurisdictions", &threshold.jurisdictions,
                                err))
            return false;
        if (!vt_trust_role_of(name, &role) || trust->thresholds[role].keys != 0)
            return vt_fail(err, VT_MALFORMED,
                           "trust root: threshold of '%.*s' is unknown or "
                           "given twice",
                           VT_SLICE_ARGS(name));
        if (threshold.keys == 0 || threshold.holders == 0 || threshold.jurisdictions == 0)
            return vt_fail(err, VT_REJECTED, "trust root: threshold of %s is below one",
                           ROLE_NAMES[role]);
        trust->thresholds[role] = threshold;
    }
    return true;
}

static bool take_ledgers(const json_t *list, struct vt_trust *trust, struct vt_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        vt_slice origin, use;

        if (!vt_json_get_text(json_array_get(list, i), "ledger", "origin", &origin, err) ||
            !vt_json_get_text(json_array_get(list, i), "ledger", "use", &use, err))
            return false;
        if (!vt_slice_is(use, "release"))
            continue;
        if (trust->release_origin.len != 0)
            return vt_fail(err, VT_REJECTED, "trust root: two ledgers with use 'release'");
        trust->release_origin = origin;
    }
    return true;
}

static bool take_predicate(struct vt_trust *trust, struct vt_error *err)
{
    const json_t *root = trust->envelope.statement.predicate;
    vt_slice policy;

    if (!vt_json_get_number(root, "trust root", "version", &trust->version, err) ||
        !vt_json_get_time(root, "trust root", "created", &trust->created_unix_s, err) ||
        !vt_json_get_time(root, "trust root", "expires", &trust->expires_unix_s, err) ||
        !vt_json_get_text(root, "trust root", "policy", &policy, err) ||
        !take_keys(json_object_get(root, "keys"), trust, err) ||
        !take_thresholds(json_object_get(root, "thresholds"), trust, err) ||
        !take_ledgers(json_object_get(root, "ledgers"), trust, err))
        return false;
    if (!vt_policy_parse(policy, &trust->policy, err))
        return vt_within(err, "trust root: policy");
    if (trust->version == 0)
        return vt_fail(err, VT_REJECTED, "trust root: versions begin at 1");
    return vt_trust_policy_is_sound(&trust->policy, err);
}

bool vt_trust_policy_is_sound(const struct vt_policy *policy, struct vt_error *err)
{
    const struct vt_policy_group *quorum;
    uint64_t members = 0;

    if (policy->quorum != VT_POLICY_QUORUM_GROUP)
        return vt_fail(err, VT_REJECTED,
                       "trust root: the quorum must be a group of "
                       "jurisdictions");
    quorum = &policy->groups[policy->quorum_index];
    for (size_t i = 0; i < policy->group_count; i++) {
        const struct vt_policy_group *group = &policy->groups[i];

        if (group == quorum)
            continue;
        if (group->parent != policy->quorum_index || group->threshold != 1)
            return vt_fail(err, VT_REJECTED,
                           "trust root: group '%.*s' is no 'any' group of "
                           "one jurisdiction",
                           VT_SLICE_ARGS(group->name));
        members++;
    }
    if (members != quorum->members)
        return vt_fail(
            err, VT_REJECTED,
            "trust root: the quorum's members must be groups, one a jurisdiction");
    if (2 * (uint64_t)quorum->threshold <= members + 1)
        return vt_fail(err, VT_REJECTED,
                       "trust root: %u of %ju jurisdictions is too few: two quorums might "
                       "share none that is honest",
                       quorum->threshold, (uintmax_t)members);
    return true;
}

bool vt_trust_parse_draft(vt_slice bytes, struct vt_trust **trust_out, struct vt_error *err)
{
    VT_AUTO_TRUST trust = calloc(1, sizeof *trust);

    if (trust == NULL)
        return vt_fail(err, VT_IO, "trust root: out of memory");
    if (bytes.len > VT_TRUST_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "trust root: %zu bytes, at most %zu", bytes.len,
                       VT_TRUST_BYTES_MAX);
    while (bytes.len != 0 && bytes.data[bytes.len - 1] == '\n')
        bytes.len--; /* editors and `trust show` end files with a line break */
    if (!vt_envelope_parse(bytes, &trust->envelope, err))
        return vt_within(err, "trust root");
    if (trust->envelope.statement.type != VT_TRUST)
        return vt_fail(err, VT_MALFORMED, "trust root: is a %s statement",
                       vt_predicate_name(trust->envelope.statement.type));
    if (!take_predicate(trust, err))
        return false;
    *trust_out = trust;
    trust = NULL;
    return true;
}

static bool root_signed(const struct vt_trust *by, const struct vt_trust *what,
                        struct vt_error *err)
{
    struct vt_count count = vt_trust_count(by, VT_ROLE_ROOT, &what->envelope,
                                           what->created_unix_s, (vt_slice){ 0 });

    if (count.outcome != VT_COUNT_ENOUGH)
        return vt_fail(
            err, VT_REJECTED,
            "trust root version %ju: %zu of the %ju root signatures that version "
            "%ju demands",
            (uintmax_t)what->version, count.signer_count,
            (uintmax_t)by->thresholds[VT_ROLE_ROOT].keys, (uintmax_t)by->version);
    return true;
}

bool vt_trust_parse(vt_slice bytes, struct vt_trust **trust_out, struct vt_error *err)
{
    VT_AUTO_TRUST trust = NULL;

    if (!vt_trust_parse_draft(bytes, &trust, err) || !root_signed(trust, trust, err))
        return false;
    *trust_out = trust;
    trust = NULL;
    return true;
}

bool vt_trust_verify_next(const struct vt_trust *current, const struct vt_trust *next,
                          struct vt_error *err)
{
    if (next->version != current->version + 1)
        return vt_fail(err, VT_REJECTED, "trust root: version %ju does not follow %ju",
                       (uintmax_t)next->version, (uintmax_t)current->version);
    return root_signed(current, next, err) && root_signed(next, next, err);
}
