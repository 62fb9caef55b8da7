/* What becomes of an ask: the opening is on the disk before the answer is made. */
#include "custody/agent_inside.h"
#include "custody/rewrap.h"
#include "evidence/field.h"
#include "http/http.h"

enum { GRANT_BYTES_MAX = 1 << 20 };

const char *vt_agent_retry_name(enum vt_agent_retry retry)
{
    static const char *const names[VT_AGENT_RETRIES] = {
        [VT_AGENT_RETRY_NO] = "no",
        [VT_AGENT_RETRY_PROOF] = "proof",
        [VT_AGENT_RETRY_STATEMENT] = "statement",
        [VT_AGENT_RETRY_LATER] = "later",
    };

    VT_ASSERT(retry < VT_AGENT_RETRIES);
    return names[retry];
}

const char *vt_agent_end_name(enum vt_agent_end end)
{
    static const char *const names[VT_AGENT_ENDS] = {
        [VT_AGENT_END_NONE] = "",
        [VT_AGENT_END_ERASED] = "erased",
        [VT_AGENT_END_WITHDRAWN] = "withdrawn",
        [VT_AGENT_END_DESTROYED] = "key-destroyed",
    };

    VT_ASSERT(end < VT_AGENT_ENDS);
    return names[end];
}

void vt_agent_reply_clear(struct vt_agent_reply *reply)
{
    vt_buf_clear(&reply->grant);
    vt_buf_clear(&reply->tally);
}

/* ---- the count --------------------------------------------------------------------------
 */

static json_t *tally_of(const struct vt_agent *agent, const struct vt_agent_totals *t)
{
    const struct vt_custody *custody = &agent->rules->custody;

    json_t *tally = json_pack(
        "{s:s%,s:s%,s:I,s:I,s:I,s:I,s:I,s:o,s:I,s:o}", "cell",
        (const char *)custody->cell.data, custody->cell.len, "ledger",
        (const char *)custody->ledger.data, custody->ledger.len, "number",
        (json_int_t)t->number, "releases", (json_int_t)t->deeds[VT_AGENT_RELEASED], "keys",
        (json_int_t)t->keys, "refusals", (json_int_t)t->deeds[VT_AGENT_REFUSED], "warnings",
        (json_int_t)t->deeds[VT_AGENT_WARNED], "until", vt_field_of_time(t->until_unix_s),
        "size", (json_int_t)t->size, "chain", vt_field_of_hash(&t->chain));

    if (tally != NULL && t->deeds[VT_AGENT_REWRAPPED] != 0) {
        (void)json_object_set_new(tally, "rewraps",
                                  json_integer((json_int_t)t->deeds[VT_AGENT_REWRAPPED]));
        (void)json_object_set_new(tally, "rewrapped",
                                  json_integer((json_int_t)t->rewrapped));
    }
    return tally;
}

bool vt_agent_count(struct vt_agent *agent, struct vt_agent_reply *reply,
                    struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_key *keys[1] = { agent->key };
    VT_AUTO_JSON tally = NULL;

    reply->totals = *vt_agent_store_totals(agent->store);
    reply->seen_size = reply->totals.size;
    vt_buf_clear(&reply->tally);
    reply->tally = vt_buf_init(VT_ENTRY_BYTES_MAX);
    tally = tally_of(agent, &reply->totals);
    if (tally == NULL)
        return vt_fail(err, VT_IO, "the tally: out of memory");
    return vt_statement_write_about_itself(VT_TALLY, tally, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &reply->tally, err);
}

/* ---- records ----------------------------------------------------------------------------
 */

bool vt_agent_case_record(struct vt_agent_case *c, enum vt_agent_deed deed, vt_slice grant,
                          struct vt_error *err)
{
    struct vt_agent *agent = c->agent;
    struct vt_agent_record row = {
        .deed = deed,
        .number = vt_agent_store_totals(agent->store)->number + 1,
        .index = c->ask->index,
        .time_unix_s = c->time_unix_s,
        .size = c->ask->size,
        .root = c->ask->root,
        .envelope = c->envelope,
        .ids = c->ask->ids,
        .id_count = c->ask->id_count,
        .why = deed == VT_AGENT_REFUSED ? vt_slice_from_cstr(c->reply->message)
                                        : (vt_slice){ 0 },
        .grant = grant,
    };
    uint64_t at;

    memcpy(row.salt, c->ask->salt, sizeof row.salt);
    if (deed == VT_AGENT_ERASED) {
        row.objects = vt_agent_case_named(c, &row.object_count);
    } else if (deed == VT_AGENT_RELEASED || deed == VT_AGENT_REWRAPPED) {
        row.objects = c->object_ids;
        row.object_count = c->object_count;
    }
    return vt_agent_store_append(agent->store, &row, &at, err) &&
           vt_agent_remember(agent, &row, at, err);
}

/* An access that must wait rings, with or without the vendor's help. */
static bool announce(struct vt_agent_case *c, struct vt_error *err)
{
    char when[VT_TIME_TEXT_BYTES];

    if (!vt_agent_case_record(c, VT_AGENT_WARNED, (vt_slice){ 0 }, err))
        return false;
    c->reply->ready_unix_s = c->time_unix_s + c->terms.delay_s;
    vt_time_write(c->reply->ready_unix_s, when);
    (void)snprintf(c->reply->alarm, sizeof c->reply->alarm,
                   "%s: %.*s in %.*s asks for %ju objects "
                   "(ticket %.*s, entry %ju); it is released from %s on",
                   vt_access_reason_name(c->ask->access.reason),
                   VT_SLICE_ARGS(c->person->holder), VT_SLICE_ARGS(c->person->jurisdiction),
                   (uintmax_t)c->ask->access.count, VT_SLICE_ARGS(c->ask->access.ticket),
                   (uintmax_t)c->ask->index, when);
    (void)vt_agent_refuse(c, VT_HTTP_ACCEPTED, VT_AGENT_RETRY_LATER,
                          "announced; ask again from %s on, with a newer proof", when);
    return true;
}

/* What the recipient gets: file keys; of a relocation, headers for another agent. */
static bool write_grant(struct vt_agent_case *c, struct vt_error *err)
{
    const struct vt_access *access = &c->ask->access;
    const struct vt_age_grant_row *rows =
        (const struct vt_age_grant_row *)(const void *)c->memory.data;

    if (access->reason == VT_ACCESS_RELOCATION)
        return vt_rewrap_write(&c->agent->env, &access->recipient, rows, c->object_count,
                               &c->reply->grant, err);
    return vt_age_grant_write(&c->agent->env, &access->recipient, rows, c->object_count,
                              &c->reply->grant, err);
}

static bool release(struct vt_agent_case *c, struct vt_error *err)
{
    struct vt_buf *grant = &c->reply->grant;
    enum vt_agent_deed deed = c->ask->access.reason == VT_ACCESS_RELOCATION
                                  ? VT_AGENT_REWRAPPED
                                  : VT_AGENT_RELEASED;

    *grant = vt_buf_init(GRANT_BYTES_MAX);
    if (!write_grant(c, err)) {
        (void)vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO, "%s", err->message);
        return err->code == VT_REJECTED; /* nobody can hold the key of such a recipient */
    }
    if (!vt_agent_case_record(c, deed, vt_buf_slice(grant), err)) {
        vt_buf_clear(grant); /* nobody gets what is not on the disk */
        return false;
    }
    c->reply->status = VT_HTTP_OK;
    return true;
}

/* ---- what is known of it already --------------------------------------------------------
 */

/* Are those that were answered among those that are shown, all of them, or all but what a
 * scan had left out?  Both ascend. */
static bool are_shown(const struct vt_agent_case *c, const struct vt_agent_record *before)
{
    size_t at = 0;

    if (before->object_count != c->ask->object_count &&
        c->ask->access.reason != VT_ACCESS_SCAN)
        return false;
    for (size_t i = 0; i < c->ask->object_count && at < before->object_count; i++) {
        VT_AUTO_BUF header = vt_buf_init(VT_KIB(1));
        vt_hash id;

        vt_agent_object_header(&c->ask->objects[i], &header);
        id = vt_sha256_of(vt_buf_slice(&header));
        at += vt_hash_equal(&id, &before->objects[at]);
    }
    return at == before->object_count;
}

/* A statement is used once.  Its answer may be fetched again while it is good, in case it
 * got lost: the same bytes, sealed for the same recipient; nothing is unwrapped. */
static bool answer_known(struct vt_agent_case *c, const struct vt_agent_record *before)
{
    bool is_erasure = before->deed == VT_AGENT_ERASED;

    if (before->deed == VT_AGENT_REFUSED)
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "it was refused: %.*s", VT_SLICE_ARGS(before->why));
    if (!is_erasure && !are_shown(c, before))
        return vt_agent_refuse(c, VT_HTTP_FORBIDDEN, VT_AGENT_RETRY_NO,
                               "this statement was used, for other objects");
    if (!is_erasure && !vt_agent_case_are_there(c, before->objects, before->object_count))
        return false;
    c->reply->grant = vt_buf_init(GRANT_BYTES_MAX);
    vt_buf_put(&c->reply->grant, before->grant);
    c->reply->status = VT_HTTP_OK;
    return false;
}

/* True: go on.  *warned_out: when it was announced; 0: it was not. */
static bool look_up(struct vt_agent_case *c, int64_t *warned_out, struct vt_error *err)
{
    struct vt_agent_record before;
    uint64_t at;

    *warned_out = 0;
    if (!vt_agent_marks_find(&c->agent->known, &c->commitment, NULL, &at))
        return true;
    if (!vt_agent_store_read(c->agent->store, at, c->arena, &before, err))
        return false; /* status stays 0: trouble */
    if ((before.deed == VT_AGENT_RELEASED || before.deed == VT_AGENT_REWRAPPED) &&
        at < c->agent->destroyed_at)
        return vt_agent_refuse_for_ever(c, VT_AGENT_END_DESTROYED,
                                        "a key was destroyed since this was answered: what "
                                        "other keys open must be asked for anew");
    if (before.deed != VT_AGENT_WARNED)
        return answer_known(c, &before);
    *warned_out = before.time_unix_s;
    return true;
}

/* ---- the whole --------------------------------------------------------------------------
 */

/* True: it may be released, or announced; false: the reply says why not, or err does. */
static bool judge(struct vt_agent_case *c, int64_t *warned_out, struct vt_error *err)
{
    return vt_agent_case_statement(c, err) && vt_agent_case_ledger(c, err) &&
           look_up(c, warned_out, err) && vt_agent_case_reader(c, err) &&
           vt_agent_case_objects(c, err) && vt_agent_case_terms(c, err);
}

/* A refusal of a good statement, once. */
static bool is_to_be_recorded(const struct vt_agent_case *c)
{
    uint64_t at;

    return c->is_logged && c->reply->status != VT_HTTP_OK &&
           c->reply->retry == VT_AGENT_RETRY_NO &&
           !vt_agent_marks_find(&c->agent->known, &c->commitment, NULL, &at);
}

static bool record_refusal(struct vt_agent_case *c, struct vt_error *err)
{
    return !is_to_be_recorded(c) ||
           vt_agent_case_record(c, VT_AGENT_REFUSED, (vt_slice){ 0 }, err);
}

/* Nothing stands against it any more. */
static bool settle(struct vt_agent_case *c, struct vt_error *err)
{
    if (c->ask->access.reason != VT_ACCESS_ERASURE)
        return release(c, err);
    return vt_agent_case_erase(c, err) &&
           (c->reply->status == VT_HTTP_OK || record_refusal(c, err));
}

static bool decide(struct vt_agent_case *c, struct vt_error *err)
{
    int64_t warned = 0;
    char when[VT_TIME_TEXT_BYTES];

    if (!judge(c, &warned, err)) {
        if (c->reply->status == 0)
            return false;
        return record_refusal(c, err);
    }
    if (c->terms.delay_s == 0)
        return settle(c, err);
    if (warned == 0)
        return announce(c, err);
    c->reply->ready_unix_s = warned + c->terms.delay_s;
    if (c->time_unix_s >= c->reply->ready_unix_s)
        return settle(c, err);
    vt_time_write(c->reply->ready_unix_s, when);
    (void)vt_agent_refuse(c, VT_HTTP_ACCEPTED, VT_AGENT_RETRY_LATER,
                          "announced already; ask again from %s on", when);
    return true;
}

bool vt_agent_answer(struct vt_agent *agent, const struct vt_agent_ask *ask,
                     struct vt_agent_reply *reply, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_agent_case c = { .agent = agent,
                               .ask = ask,
                               .arena = arena,
                               .reply = reply,
                               .now_unix_s = vt_env_now_unix_s(&agent->env) };
    bool is_ok = decide(&c, err);

    vt_secret_clear(&c.memory);
    vt_text_make_printable(reply->alarm, true);
    return is_ok && vt_agent_count(agent, reply, err);
}
