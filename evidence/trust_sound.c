/* Does a trust root hold together?  Asked before it is signed and whenever it is loaded. */
#include "evidence/field.h"
#include "evidence/trust.h"

static bool fail(struct vt_error *err, const char *what)
{
    return vt_fail(err, VT_REJECTED, "trust root: %s", what);
}

/* One key id is one key of one holder in one place, and has a role once. */
static bool keys_agree(const struct vt_trust *trust, struct vt_error *err)
{
    for (size_t i = 0; i < trust->key_count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct vt_trust_key *a = &trust->keys[i], *b = &trust->keys[j];

            if (!vt_slice_equal(a->keyid, b->keyid))
                continue;
            if (a->role == b->role)
                return vt_fail(err, VT_REJECTED, "trust root: key %.8s... is %s twice",
                               (const char *)a->keyid.data, vt_trust_role_name(a->role));
            if (!vt_slice_equal(a->holder, b->holder) ||
                !vt_slice_equal(a->jurisdiction, b->jurisdiction))
                return vt_fail(err, VT_REJECTED,
                               "trust root: key %.8s... has two holders or places",
                               (const char *)a->keyid.data);
        }
    return true;
}

/* Characters that nobody sees: spaces other than the plain one, marks of direction,
 * joiners. */
static bool has_unseen(vt_slice name)
{
    for (size_t i = 0; i + 1 < name.len; i++) {
        const uint8_t *at = name.data + i;
        uint8_t third = i + 2 < name.len ? at[2] : 0;

        if ((at[0] == 0xc2 && (at[1] == 0xa0 || at[1] == 0xad)) ||
            (at[0] == 0xe2 && at[1] == 0x80 &&
             (third <= 0x8f || (third >= 0xa8 && third <= 0xaf))) ||
            (at[0] == 0xe2 && at[1] == 0x81 && third >= 0x9f && third <= 0xaf) ||
            (at[0] == 0xe3 && at[1] == 0x80 && third == 0x80) ||
            (at[0] == 0xef && at[1] == 0xbb && third == 0xbf))
            return true;
    }
    return false;
}

bool vt_trust_check_holder(vt_slice name, struct vt_error *err)
{
    return (name.len != 0 && name.data[0] != ' ' && name.data[name.len - 1] != ' ' &&
            !has_unseen(name)) ||
           vt_fail(err, VT_REJECTED,
                   "holder '%.*s': begins or ends with a space, or has a character that "
                   "nobody sees",
                   VT_SLICE_ARGS(name));
}

/* ISO 3166-1 alpha-2 in form: one spelling, so that one law is not counted twice. */
static bool is_jurisdiction(vt_slice name)
{
    return name.len == 2 && name.data[0] >= 'A' && name.data[0] <= 'Z' &&
           name.data[1] >= 'A' && name.data[1] <= 'Z';
}

static bool names_are_plain(const struct vt_trust *trust, struct vt_error *err)
{
    for (size_t i = 0; i < trust->key_count; i++) {
        if (!vt_trust_check_holder(trust->keys[i].holder, err))
            return vt_within(err, "trust root");
        if (!is_jurisdiction(trust->keys[i].jurisdiction))
            return vt_fail(err, VT_REJECTED,
                           "trust root: jurisdiction '%.*s' is not two capital letters",
                           VT_SLICE_ARGS(trust->keys[i].jurisdiction));
    }
    return true;
}

/* The next byte that tells names apart: letters without their case, figures, and all that
 * is not ASCII; 0 at the end. */
static uint8_t next_telling(vt_slice *rest)
{
    while (rest->len != 0) {
        uint8_t byte = rest->data[0];

        *rest = vt_slice_sub(*rest, 1, rest->len - 1);
        if (byte >= 'A' && byte <= 'Z')
            return (uint8_t)(byte - 'A' + 'a');
        if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte >= 0x80)
            return byte;
    }
    return 0;
}

bool vt_trust_is_same_holder(vt_slice a, vt_slice b)
{
    uint8_t left, right;

    do {
        left = next_telling(&a);
        right = next_telling(&b);
    } while (left == right && left != 0);
    return left == right;
}

static bool is_held_by(const struct vt_trust *trust, enum vt_trust_role role,
                       vt_slice holder)
{
    for (size_t i = 0; i < trust->key_count; i++)
        if (trust->keys[i].role == role &&
            vt_trust_is_same_holder(trust->keys[i].holder, holder))
            return true;
    return false;
}

/* Whoever watches the vendor is somebody else. */
static bool roles_are_apart(const struct vt_trust *trust, struct vt_error *err)
{
    static const enum vt_trust_role watchers[] = { VT_ROLE_SUPERVISOR, VT_ROLE_REVIEWER };

    for (size_t i = 0; i < trust->key_count; i++)
        for (size_t w = 0; w < sizeof watchers / sizeof watchers[0]; w++)
            if (trust->keys[i].role == watchers[w] &&
                is_held_by(trust, VT_ROLE_VENDOR, trust->keys[i].holder))
                return vt_fail(
                    err, VT_REJECTED, "trust root: %.*s is vendor and %s at once",
                    VT_SLICE_ARGS(trust->keys[i].holder), vt_trust_role_name(watchers[w]));
    return true;
}

/* All keys of the role together meet its threshold, were they to sign.  Compromised and
 * retired ones too: a root that only ends keys, in haste, must be possible. */
static bool threshold_can_be_met(const struct vt_trust *trust, enum vt_trust_role role,
                                 struct vt_error *err)
{
    struct vt_signers all = { .count = 0 };

    for (size_t i = 0; i < trust->key_count; i++)
        if (trust->keys[i].role == role)
            all.rows[all.count++] = (struct vt_signer){ &trust->keys[i], VT_REGARD_GOOD };
    if (vt_signers_judge(&all, &trust->thresholds[role]) == VT_REGARD_GOOD)
        return true;
    return vt_fail(
        err, VT_REJECTED,
        "trust root: its %zu %s keys can never be the %ju keys of %ju holders in "
        "%ju jurisdictions that it demands",
        all.count, vt_trust_role_name(role), (uintmax_t)trust->thresholds[role].keys,
        (uintmax_t)trust->thresholds[role].holders,
        (uintmax_t)trust->thresholds[role].jurisdictions);
}

/* No holder and no state alone says where other people's data lie. */
static bool residency_fits(const struct vt_trust *trust, struct vt_error *err)
{
    const struct vt_threshold *needed = &trust->thresholds[VT_ROLE_RESIDENCY];
    bool is_named = false;

    for (size_t i = 0; i < trust->key_count; i++)
        is_named = is_named || trust->keys[i].role == VT_ROLE_RESIDENCY;
    if (!is_named)
        return true;
    if (needed->holders < 2 || needed->jurisdictions < 2)
        return fail(err, "residency keys must be needed from two holders in two "
                         "jurisdictions or more");
    return threshold_can_be_met(trust, VT_ROLE_RESIDENCY, err);
}

/* Builders and reviewers may be enrolled later, so only the others are counted here. */
static bool thresholds_fit(const struct vt_trust *trust, struct vt_error *err)
{
    static const enum vt_trust_role needed[] = { VT_ROLE_ROOT, VT_ROLE_VENDOR,
                                                 VT_ROLE_SUPERVISOR };

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!threshold_can_be_met(trust, needed[i], err))
            return false;
    if (trust->thresholds[VT_ROLE_ROOT].holders < 2)
        return fail(err, "root keys must be needed from two holders or more");
    return residency_fits(trust, err);
}

static bool policy_lists_log(const struct vt_policy *policy, vt_slice origin)
{
    for (size_t i = 0; i < policy->log_count; i++)
        if (vt_slice_equal(policy->logs[i].vkey.name, origin))
            return true;
    return false;
}

static const json_t *list_of(const struct vt_trust *trust, const char *name)
{
    return json_object_get(
        trust->draft != NULL ? trust->draft : trust->envelope.statement.predicate, name);
}

/* Is this cell, and for ledgers that use too, named by a row before? */
static bool is_named_before(const json_t *list, size_t at)
{
    const json_t *row = json_array_get(list, at);

    for (size_t i = 0; i < at; i++) {
        const json_t *before = json_array_get(list, i);

        if (vt_slice_equal(vt_field_text(row, "cell"), vt_field_text(before, "cell")) &&
            vt_slice_equal(vt_field_text(row, "use"), vt_field_text(before, "use")))
            return true;
    }
    return false;
}

/* One ledger of heads for a cell, or two histories of it would both count. */
static bool ledgers_of_cells_fit(const struct vt_trust *trust, struct vt_error *err)
{
    const json_t *list = list_of(trust, "ledgers");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);

        if (!vt_slice_is(vt_field_text(row, "use"), "head"))
            continue;
        if (!vt_json_has(row, "cell"))
            return fail(err, "a ledger of heads names no cell");
        if (is_named_before(list, i))
            return vt_fail(err, VT_REJECTED,
                           "trust root: cell %.*s has two ledgers of heads",
                           VT_SLICE_ARGS(vt_field_text(row, "cell")));
    }
    return true;
}

/* Without https only where nobody listens on the way. */
static bool is_url(vt_slice url)
{
    static const char *const begins[] = { "https://",
                                          "http://127.0.0.1:", "http://[::1]:" };

    for (size_t i = 0; i < url.len; i++)
        if (url.data[i] <= ' ' || url.data[i] >= 0x7f || url.data[i] == '"')
            return false;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (vt_slice_starts_with(url, vt_slice_from_cstr(begins[i])) &&
            url.len > strlen(begins[i]))
            return true;
    return false;
}

/* Whoever runs cell and relay knows who asks what. */
static bool holds_a_key_of(const struct vt_trust *trust, vt_slice holder, vt_slice cell)
{
    for (size_t i = 0; i < trust->key_count; i++)
        if (trust->keys[i].role == VT_ROLE_CELL &&
            vt_slice_equal(trust->keys[i].holder, holder) &&
            (trust->keys[i].products == NULL || vt_list_has(trust->keys[i].products, cell)))
            return true;
    return false;
}

static bool relays_are_apart(const struct vt_trust *trust, struct vt_error *err)
{
    const json_t *list = list_of(trust, "relays");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        vt_slice cell = vt_field_text(row, "cell"), url = vt_field_text(row, "url"),
                 holder = vt_field_text(row, "holder");

        if (is_named_before(list, i))
            return vt_fail(err, VT_REJECTED, "trust root: cell %.*s has two relays",
                           VT_SLICE_ARGS(cell));
        if (!is_url(url))
            return vt_fail(err, VT_REJECTED, "trust root: relay: '%.*s' is no https URL",
                           VT_SLICE_ARGS(url));
        if (holds_a_key_of(trust, holder, cell))
            return vt_fail(err, VT_REJECTED,
                           "trust root: %.*s has cell %.*s and its relay: together they "
                           "know who asks what",
                           VT_SLICE_ARGS(holder), VT_SLICE_ARGS(cell));
    }
    return true;
}

static bool ledgers_are_listed(const struct vt_trust *trust, struct vt_error *err)
{
    const json_t *list = list_of(trust, "ledgers");

    if (trust->release_origin.len == 0)
        return fail(err, "no ledger has the use 'release'");
    for (size_t i = 0; i < json_array_size(list); i++) {
        vt_slice origin;

        if (!vt_json_get_text(json_array_get(list, i), "ledger", "origin", &origin, err))
            return false;
        if (!policy_lists_log(&trust->policy, origin))
            return vt_fail(err, VT_REJECTED,
                           "trust root: the policy has no log line for %.*s",
                           VT_SLICE_ARGS(origin));
    }
    return true;
}

/* Every group but the quorum is an `any` group of witnesses, and a member of the quorum. */
static bool groups_are_jurisdictions(const struct vt_policy *policy, struct vt_error *err)
{
    uint32_t jurisdictions = 0;

    for (size_t g = 0; g < policy->group_count; g++) {
        const struct vt_policy_group *group = &policy->groups[g];

        if (g == policy->quorum_index)
            continue;
        if (!is_jurisdiction(group->name))
            return vt_fail(
                err, VT_REJECTED,
                "trust root: policy: group '%.*s' is called by no jurisdiction: two "
                "capital letters",
                VT_SLICE_ARGS(group->name));
        if (group->parent != policy->quorum_index || group->threshold != 1)
            return vt_fail(err, VT_REJECTED,
                           "trust root: policy: group '%.*s' is not the 'any' group of a "
                           "jurisdiction in the quorum",
                           VT_SLICE_ARGS(group->name));
        jurisdictions++;
    }
    if (jurisdictions != policy->groups[policy->quorum_index].members)
        return fail(err, "policy: the quorum's members must be groups, one a jurisdiction");
    for (size_t w = 0; w < policy->witness_count; w++)
        if (policy->witnesses[w].parent == VT_POLICY_NO_PARENT)
            return vt_fail(err, VT_REJECTED,
                           "trust root: policy: witness '%.*s' is in no jurisdiction",
                           VT_SLICE_ARGS(policy->witnesses[w].name));
    return true;
}

bool vt_trust_policy_is_sound(const struct vt_policy *policy, struct vt_error *err)
{
    const struct vt_policy_group *quorum;

    if (policy->quorum != VT_POLICY_QUORUM_GROUP)
        return fail(err, "policy: the quorum must be a group of jurisdictions");
    quorum = &policy->groups[policy->quorum_index];
    if (!groups_are_jurisdictions(policy, err))
        return false;
    /* Two quorums of k out of n share 2k - n; more than f = 1 of these must be honest. */
    if (2 * (uint64_t)quorum->threshold <= (uint64_t)quorum->members + 1)
        return vt_fail(err, VT_REJECTED,
                       "trust root: policy: %u of %u jurisdictions is too few: two quorums "
                       "might share none that is honest",
                       quorum->threshold, quorum->members);
    return true;
}

/* Whoever watches a log has a key of his own: no log's, and nobody's in the trust root. */
static bool witnesses_are_apart(const struct vt_trust *trust, struct vt_error *err)
{
    const struct vt_policy *policy = &trust->policy;

    for (size_t w = 0; w < policy->witness_count; w++) {
        const struct vt_policy_witness *witness = &policy->witnesses[w];
        const uint8_t *key = witness->vkey.key;
        bool is_other = true;

        for (size_t i = 0; i < policy->log_count; i++)
            is_other = is_other && memcmp(policy->logs[i].vkey.key, key,
                                          sizeof policy->logs[i].vkey.key) != 0;
        for (size_t i = 0; i < trust->key_count; i++)
            is_other = is_other && memcmp(trust->keys[i].key.bytes, key,
                                          sizeof trust->keys[i].key) != 0;
        if (!is_other)
            return vt_fail(err, VT_REJECTED,
                           "trust root: policy: the key of witness '%.*s' is a log's, or "
                           "somebody's in the trust root",
                           VT_SLICE_ARGS(witness->name));
    }
    return true;
}

bool vt_trust_can_become_sound(const struct vt_trust *trust, struct vt_error *err)
{
    if (trust->version == 0)
        return fail(err, "versions begin at 1");
    if (trust->expires_unix_s <= trust->created_unix_s)
        return fail(err, "it expires before it is made");
    return names_are_plain(trust, err) && keys_agree(trust, err) &&
           roles_are_apart(trust, err) && ledgers_are_listed(trust, err) &&
           ledgers_of_cells_fit(trust, err) && relays_are_apart(trust, err) &&
           vt_trust_policy_is_sound(&trust->policy, err) && witnesses_are_apart(trust, err);
}

bool vt_trust_is_sound(const struct vt_trust *trust, struct vt_error *err)
{
    return vt_trust_can_become_sound(trust, err) && thresholds_fit(trust, err);
}
