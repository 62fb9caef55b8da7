/* Recipients are held against the trust root: a key of ours opens only what the root says
 * it is for, and a relocation gives file keys only to a recipient that the root certifies
 * for the same country and class in another cell. */
#include "custody/agent_inside.h"

static const struct vt_recipient *find(const struct vt_agent_rules *rules,
                                       const struct vt_age_recipient *key)
{
    for (size_t i = 0; i < rules->certified_count; i++)
        if (memcmp(&rules->certified[i].key, key, sizeof *key) == 0)
            return &rules->certified[i];
    return NULL;
}

bool vt_agent_rules_take_certified(struct vt_agent_rules *rules, vt_slice text,
                                   struct vt_error *err)
{
    struct vt_recipient *at = &rules->certified[rules->certified_count];
    const struct vt_recipient *before;

    if (!vt_recipient_parse(text, at, err) ||
        !vt_recipient_is_certified(at, rules->trust, err))
        return false;
    before = find(rules, &at->key);
    if (before != NULL && vt_hash_equal(&before->digest, &at->digest))
        return true; /* the same one again */
    if (before != NULL)
        return vt_fail(err, VT_REJECTED,
                       "two documents have one key: it cannot tell countries, classes or "
                       "periods apart");
    rules->certified_count++;
    return true;
}

/* ---- our own ----------------------------------------------------------------------------
 */

static const struct vt_trust_key *row_of_ours(const struct vt_agent *agent)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(agent->key));

    return vt_keyring_find(&agent->rules->keyring, vt_slice_from_cstr(id.text),
                           VT_ROLE_AGENT);
}

static bool is_for(const struct vt_recipient *document, vt_slice cell, vt_slice country,
                   vt_slice data_class)
{
    return vt_slice_is(cell, document->cell) && vt_slice_is(country, document->country) &&
           vt_slice_is(data_class, document->data_class);
}

bool vt_agent_is_certified(const struct vt_agent *agent,
                           const struct vt_agent_identity *identity, struct vt_error *err)
{
    const struct vt_recipient *document = find(agent->rules, &identity->identity.recipient);
    const struct vt_trust_key *ours = row_of_ours(agent);
    vt_slice cell = agent->rules->custody.cell;

    if (document == NULL)
        return vt_fail(err, VT_REJECTED,
                       "%s: the trust root certifies this key for nothing, as far as the "
                       "agent was shown: give it the document of `vitrine cell recipient` "
                       "(vitrine keyagent update --certified)",
                       identity->key);
    if (!is_for(document, cell, identity->country, identity->data_class))
        return vt_fail(err, VT_REJECTED,
                       "%s: the trust root certifies this key for %s/%s of cell %s, not "
                       "for %.*s/%.*s of cell %.*s",
                       identity->key, document->country, document->data_class,
                       document->cell, VT_SLICE_ARGS(identity->country),
                       VT_SLICE_ARGS(identity->data_class), VT_SLICE_ARGS(cell));
    return (ours != NULL && vt_slice_is(ours->holder, document->holder)) ||
           vt_fail(err, VT_REJECTED,
                   "%s: the trust root certifies this key as held by %s, and this agent is "
                   "of %.*s",
                   identity->key, document->holder,
                   VT_SLICE_ARGS(ours != NULL ? ours->holder : VT_LIT("nobody")));
}

/* ---- other agents' ----------------------------------------------------------------------
 */

bool vt_agent_rules_lead_to(const struct vt_agent_rules *rules,
                            const struct vt_age_recipient *recipient, vt_slice country,
                            vt_slice data_class, int64_t time_unix_s, struct vt_error *err)
{
    const struct vt_recipient *document = find(rules, recipient);

    if (document == NULL || vt_slice_is(rules->custody.cell, document->cell))
        return vt_fail(err, VT_REJECTED,
                       "the agent was shown no recipient of another cell with this key "
                       "that the trust root certifies (vitrine keyagent update "
                       "--certified)");
    if (!is_for(document, vt_slice_from_cstr(document->cell), country, data_class))
        return vt_fail(err, VT_REJECTED,
                       "the trust root certifies the destination for %s/%s, not for "
                       "%.*s/%.*s",
                       document->country, document->data_class, VT_SLICE_ARGS(country),
                       VT_SLICE_ARGS(data_class));
    return (document->from_unix_s <= time_unix_s && time_unix_s < document->until_unix_s &&
            vt_trust_certifies(rules->trust, "recipient",
                               vt_slice_from_cstr(document->cell), &document->digest,
                               time_unix_s)) ||
           vt_fail(err, VT_REJECTED,
                   "the trust root certifies the destination for another time");
}
