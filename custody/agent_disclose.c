/* Whoever sealed an object is told who had its key.
 *
 * The question is proven with the bond of the object's header (crypto/age_key.h): the agent
 * makes it again from its key, so it need remember nothing about clients, and those who
 * were given the file key cannot ask in their name.  The answer is what the openings say.
 */
#include "crypto/hkdf.h"
#include "custody/agent_inside.h"
#include "custody/disclosure.h"
#include "http/http.h"

enum { HEADER_BYTES_MAX = 512 };

/* ---- is it the one who sealed it? -------------------------------------------------------
 */

/* The header must be whole, and sealed for us: then its bond is the sealer's too. */
static bool find_bond(const struct vt_agent_identity *identity,
                      const struct vt_agent_question *question, vt_hash *object_out,
                      uint8_t bond_out[VT_AGE_BOND_BYTES], struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(HEADER_BYTES_MAX);
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    struct vt_age_header header;
    bool is_ok;

    vt_agent_object_header(&question->object, &text);
    is_ok = vt_age_header_parse(vt_buf_slice(&text), &header, err) &&
            vt_age_unwrap(&identity->identity, &header, file_key, err) &&
            vt_age_bond(&identity->identity, &header, bond_out, err);
    explicit_bzero(file_key, sizeof file_key);
    if (is_ok)
        *object_out = vt_age_header_id(&header);
    return is_ok;
}

static bool is_proven(const struct vt_agent_identity *identity,
                      const struct vt_agent_question *question, vt_hash *object_out,
                      struct vt_agent_reply *reply, struct vt_error *err)
{
    uint8_t bond[VT_AGE_BOND_BYTES];
    struct vt_error failure = { 0 };
    vt_hash proof;

    if (!find_bond(identity, question, object_out, bond, &failure)) {
        if (failure.code == VT_IO) /* the token's */
            return vt_fail(err, VT_IO, "%s", failure.message);
        return vt_agent_reply_no(reply, VT_HTTP_FORBIDDEN, "the object: %s",
                                 failure.message);
    }
    proof = vt_disclosure_proof(bond, question->is_withdrawal, &question->nonce,
                                question->at_unix_s, object_out);
    explicit_bzero(bond, sizeof bond);
    return vt_hmac_equal(&proof, &question->proof) ||
           vt_agent_reply_no(
               reply, VT_HTTP_FORBIDDEN,
               question->is_withdrawal
                   ? "the proof is not by whoever sealed the object, so it is not withdrawn"
                   : "the proof is not by whoever sealed the object, so its accesses are "
                     "not told");
}

static bool may_ask(const struct vt_agent *agent, const struct vt_agent_question *question,
                    vt_hash *object_out, struct vt_agent_reply *reply, struct vt_error *err)
{
    const struct vt_agent_identity *identity =
        vt_agent_identity_for(agent, &question->recipient);
    int64_t now = vt_env_now_unix_s(&agent->env);
    int64_t fresh_s = agent->rules->custody.fresh_s;

    if (question->at_unix_s < now - fresh_s || question->at_unix_s > now + fresh_s)
        return vt_agent_reply_no(
            reply, VT_HTTP_FORBIDDEN,
            "the question is of another time than the agent's clock: more than "
            "%jd s lie between",
            (intmax_t)fresh_s);
    if (identity == NULL)
        return vt_agent_reply_no(reply, VT_HTTP_FORBIDDEN,
                                 "it is sealed for a key that this agent does not hold");
    if (!identity->is_destroyed)
        return is_proven(identity, question, object_out, reply, err);
    reply->end = VT_AGENT_END_DESTROYED;
    return vt_agent_reply_no(
        reply, VT_HTTP_GONE,
        "the key of its country, class and period was destroyed: the agent cannot "
        "tell any more who sealed it; its openings still show every access to "
        "reviewers");
}

/* ---- what the openings say --------------------------------------------------------------
 */

/* Once one had no room, so have all that are older. */
static bool has_room(const struct vt_disclosure *list, const struct vt_access *access)
{
    return vt_disclosure_texts(list) + access->role.len + access->jurisdiction.len <=
           VT_DISCLOSURE_TEXTS_MAX;
}

/* A row of the record at that place; its texts are kept in the arena. */
static bool add_row(struct vt_agent *agent, uint64_t at, struct vt_arena *arena,
                    struct vt_disclosure *out, struct vt_error *err)
{
    VT_AUTO_ARENA once = vt_arena_new();
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_agent_record record;
    struct vt_access access;

    if (out->count == VT_DISCLOSURE_ROWS_MAX || out->older != 0) {
        out->older++;
        return true;
    }
    if (!vt_agent_store_read(agent->store, at, once, &record, err) ||
        !vt_envelope_parse(record.envelope, &envelope, err) ||
        !vt_access_read(&envelope.statement, &access, err))
        return false;
    if (!has_room(out, &access)) {
        out->older++;
        return true;
    }
    vt_access_keep_texts(arena, &access);
    out->rows[out->count++] = (struct vt_disclosed){
        .deed = record.deed,
        .entry = record.index,
        .commitment = vt_access_commitment(record.salt, record.envelope),
        .at_unix_s = record.time_unix_s,
        .reason = access.reason,
        .role = access.role,
        .jurisdiction = access.jurisdiction,
    };
    return true;
}

static bool add_rows(struct vt_agent *agent, struct vt_arena *arena,
                     struct vt_disclosure *out, struct vt_error *err)
{
    const struct vt_agent_release *release = vt_agent_last_release(agent, &out->object);
    uint64_t erased;

    if (vt_agent_marks_find(&agent->erased, &out->object, NULL, &erased) &&
        !add_row(agent, erased, arena, out, err))
        return false;
    for (; release != NULL; release = vt_agent_release_before(agent, release))
        if (!add_row(agent, release->at, arena, out, err))
            return false;
    return true;
}

static bool add_withdrawn(struct vt_agent *agent, struct vt_disclosure *out,
                          struct vt_error *err)
{
    VT_AUTO_ARENA once = vt_arena_new();
    struct vt_agent_record record;
    uint64_t at;

    if (!vt_agent_marks_find(&agent->withdrawn, &out->object, NULL, &at))
        return true;
    if (!vt_agent_store_read(agent->store, at, once, &record, err))
        return false;
    out->withdrawn = record.number;
    out->withdrawn_unix_s = record.time_unix_s;
    return true;
}

static bool write_list(struct vt_agent *agent, const struct vt_agent_question *question,
                       const vt_hash *object, struct vt_buf *out, struct vt_error *err)
{
    const struct vt_agent_totals *totals = vt_agent_store_totals(agent->store);
    VT_AUTO_FREE struct vt_disclosure *list = vt_alloc(sizeof *list);
    VT_AUTO_ARENA arena = vt_arena_new();

    list->cell = agent->rules->custody.cell;
    list->ledger = agent->rules->custody.ledger;
    list->object = *object;
    list->nonce = question->nonce;
    list->at_unix_s = vt_env_now_unix_s(&agent->env);
    list->number = totals->number;
    list->chain = totals->chain;
    list->size = totals->size;
    list->root = totals->root;
    *out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    return add_rows(agent, arena, list, err) && add_withdrawn(agent, list, err) &&
           vt_disclosure_write(list, agent->key, out, err);
}

/* ---- taking back ------------------------------------------------------------------------
 */

bool vt_agent_withdraw(struct vt_agent *agent, const vt_hash *object, struct vt_error *err)
{
    const struct vt_agent_totals *totals = vt_agent_store_totals(agent->store);
    struct vt_agent_record record = { .deed = VT_AGENT_WITHDRAWN,
                                      .number = totals->number + 1,
                                      .time_unix_s = vt_env_now_unix_s(&agent->env),
                                      .size = totals->size,
                                      .root = totals->root,
                                      .objects = object,
                                      .object_count = 1 };
    uint64_t at;

    return vt_agent_marks_find(&agent->withdrawn, object, NULL, &at) ||
           (vt_agent_store_append(agent->store, &record, &at, err) &&
            vt_agent_remember(agent, &record, at, err));
}

bool vt_agent_disclose(struct vt_agent *agent, const struct vt_agent_question *question,
                       struct vt_agent_reply *reply, struct vt_error *err)
{
    vt_hash object;

    if (may_ask(agent, question, &object, reply, err)) {
        if ((question->is_withdrawal && !vt_agent_withdraw(agent, &object, err)) ||
            !write_list(agent, question, &object, &reply->grant, err))
            return false;
        reply->status = VT_HTTP_OK;
    }
    if (err->code != VT_OK)
        return false;
    return vt_agent_count(agent, reply, err);
}
