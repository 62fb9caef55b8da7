/* Openings to reviewers: the supervisor, and those whom he enrolled as reviewers, by their
 * signature.  Each piece is read from the file as it lies there; so many a minute. */
#include "custody/agent_inside.h"
#include "custody/handover.h"
#include "evidence/field.h"
#include "http/http.h"

enum { MINUTE_S = 60, PIECES_PER_MINUTE = 600 };

static const struct vt_trust_key *find_reviewer(const struct vt_agent *agent,
                                                const vt_hash *id)
{
    const struct vt_keyring *keyring = &agent->rules->keyring;
    const struct vt_trust_key *key;
    char text[65];

    vt_hash_text(id, text);
    key = vt_keyring_find(keyring, vt_slice_from_cstr(text), VT_ROLE_REVIEWER);
    return key != NULL
               ? key
               : vt_keyring_find(keyring, vt_slice_from_cstr(text), VT_ROLE_SUPERVISOR);
}

static bool is_authorised(const struct vt_agent *agent,
                          const struct vt_handover_request *request,
                          struct vt_agent_reply *reply)
{
    const struct vt_custody *custody = &agent->rules->custody;
    const struct vt_trust_key *key = find_reviewer(agent, &request->key_id);
    int64_t now = vt_env_now_unix_s(&agent->env);

    if (request->at_unix_s < now - custody->fresh_s ||
        request->at_unix_s > now + custody->fresh_s)
        return vt_agent_reply_no(
            reply, VT_HTTP_FORBIDDEN,
            "the question is of another time than the agent's clock: more than "
            "%jd s lie between",
            (intmax_t)custody->fresh_s);
    if (key == NULL || vt_trust_key_standing(key, now) != VT_REGARD_GOOD ||
        (key->role == VT_ROLE_REVIEWER && key->products != NULL &&
         !vt_list_has(key->products, custody->cell)) ||
        !vt_handover_request_is_by(request, custody->cell, custody->ledger, &key->key))
        return vt_agent_reply_no(
            reply, VT_HTTP_FORBIDDEN,
            "openings are for the supervisor, and for reviewers of this cell whom "
            "he enrolled: this is signed by none of them");
    return true;
}

/* The machine's own clock may jump, so a window that began later than now is over too. */
static bool has_budget(struct vt_agent *agent, struct vt_agent_reply *reply)
{
    int64_t now = vt_env_now_unix_s(&agent->env);

    if (now < agent->handed_since_unix_s || now >= agent->handed_since_unix_s + MINUTE_S) {
        agent->handed_since_unix_s = now;
        agent->handed = 0;
    }
    if (agent->handed < PIECES_PER_MINUTE) {
        agent->handed++;
        return true;
    }
    return vt_agent_reply_no(reply, VT_HTTP_TOO_MANY,
                             "too many openings in this minute, try again");
}

bool vt_agent_hand(struct vt_agent *agent, const struct vt_handover_request *request,
                   struct vt_agent_reply *reply, struct vt_error *err)
{
    if (is_authorised(agent, request, reply) && has_budget(agent, reply)) {
        if (request->offset > vt_agent_store_bytes(agent->store)) {
            (void)vt_agent_reply_no(
                reply, VT_HTTP_BAD_REQUEST,
                "this agent has openings of %ju bytes only: what you have is of "
                "another one, or it was restored",
                (uintmax_t)vt_agent_store_bytes(agent->store));
        } else {
            reply->grant = vt_buf_init(VT_HANDOVER_BYTES_MAX);
            if (!vt_agent_store_copy(agent->store, request->offset, &reply->grant, err))
                return false;
            reply->status = VT_HTTP_OK;
        }
    }
    return vt_agent_count(agent, reply, err);
}
