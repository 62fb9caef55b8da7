/* The asking side. */
#include "custody/ask.h"
#include "custody/request.h"
#include "custody/rewrap.h"
#include "http/http.h"
#include "ledger/remote.h"
#include "ledger/tlog_proof.h"
#include "ledger/use.h"
#include "wire/json.h"

enum { TRIES = 8, ANSWER_BYTES_MAX = 2 << 20, TIMEOUT_MS = 60000 };

void vt_ask_answer_clear(struct vt_ask_answer *answer)
{
    vt_age_grant_clear(&answer->grant);
    vt_buf_clear(&answer->headers);
    vt_buf_clear(&answer->claim);
    vt_buf_clear(&answer->tally);
}

vt_hash vt_ask_object_id(const struct vt_ask_object *object)
{
    return vt_sha256_of(object->header);
}

bool vt_ask_sign(const struct vt_access *access, const struct vt_key *const *keys,
                 size_t count, struct vt_buf *envelope_out, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);

    return vt_access_write(access, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, count, envelope_out, err);
}

/* ---- HTTP -------------------------------------------------------------------------------
 */

/* What a server that says no has to say, in one line. */
bool vt_ask_fail(const struct vt_http_call *call, struct vt_error *err)
{
    vt_slice text = vt_buf_slice(&call->answer);

    while (text.len != 0 && text.data[text.len - 1] == '\n')
        text.len--;
    return vt_fail(err,
                   call->status >= VT_HTTP_ERROR || call->status == VT_HTTP_TOO_MANY
                       ? VT_IO
                       : VT_REJECTED,
                   "%s: answered %d: %.*s", call->url, call->status, VT_SLICE_ARGS(text));
}

/* The agent's no is JSON with a sentence. */
bool vt_ask_fail_told(const struct vt_http_call *call, struct vt_error *err)
{
    struct vt_error ignored = { 0 };
    VT_AUTO_JSON json = NULL;
    vt_slice message;

    if (strcmp(call->answer_type, "application/json") != 0 ||
        !vt_json_parse(vt_buf_slice(&call->answer), "the answer", &json, &ignored) ||
        !vt_json_get_text(json, "the answer", "message", &message, &ignored))
        return vt_ask_fail(call, err);
    (void)vt_fail(err, call->status == VT_HTTP_TOO_MANY ? VT_IO : VT_REJECTED,
                  "the key agent (%d): %.*s", call->status, VT_SLICE_ARGS(message));
    vt_text_make_printable(err->message, true);
    return false;
}

static bool post_entry(const struct vt_asker *asker, vt_slice entry, const char *accept,
                       struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_http_call call = { .url = vt_http_url(arena, asker->ledger, "/add"),
                                 .body = entry,
                                 .content_type = "application/octet-stream",
                                 .accept = accept,
                                 .bearer = asker->token,
                                 .answer_bytes_max = VT_KIB(128),
                                 .timeout_ms = TIMEOUT_MS };
    bool ok = vt_http_client_run(asker->client, &call, err);

    if (ok && call.status != VT_HTTP_OK)
        ok = vt_ask_fail(&call, err);
    if (ok)
        vt_buf_put(out, vt_buf_slice(&call.answer));
    vt_http_call_clear(&call);
    return ok && vt_buf_check(out, "the ledger's answer", err);
}

/* ---- the ledger -------------------------------------------------------------------------
 */

static vt_slice origin_of(vt_slice envelope, struct vt_arena *arena, struct vt_error *err)
{
    VT_AUTO_ENVELOPE parsed = { 0 };
    struct vt_access access;

    if (!vt_envelope_parse(envelope, &parsed, err) ||
        !vt_access_read(&parsed.statement, &access, err))
        return (vt_slice){ 0 };
    return vt_arena_copy(arena, access.ledger);
}

static bool verify_proof(const struct vt_asker *asker, vt_slice text, vt_slice origin,
                         const vt_hash *leaf, struct vt_error *err)
{
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof proof;

    return vt_tlog_proof_parse(text, &proof, err) &&
           vt_tlog_proof_verify(&proof, leaf, &asker->keyring->trust->policy, origin,
                                &verdict, err);
}

void vt_ask_draw_salt(const struct vt_env *env, struct vt_asked *asked)
{
    vt_env_random(env, asked->salt, sizeof asked->salt);
}

/* The salt after this one; from none of them can another be guessed backwards. */
static void take_next_salt(struct vt_asked *asked)
{
    struct vt_sha256 state;
    vt_hash next;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/next-salt/v1\n"));
    vt_sha256_add(&state, VT_BYTES(asked->salt));
    vt_sha256_end(&state, &next);
    memcpy(asked->salt, next.bytes, sizeof asked->salt);
}

bool vt_ask_commit(const struct vt_asker *asker, const struct vt_asked *asked,
                   struct vt_buf *proof_out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF entry = vt_buf_init(VT_USE_PLAIN_BYTES_MAX);
    vt_slice origin = origin_of(asked->envelope, arena, err);
    vt_hash commitment, leaf;

    if (origin.len == 0)
        return false;
    commitment = vt_access_commitment(asked->salt, asked->envelope);
    leaf = vt_access_leaf(&commitment);
    vt_private_entry_write(&entry, &commitment);
    vt_buf_truncate(proof_out, 0);
    return post_entry(asker, vt_buf_slice(&entry), VT_TLOG_PROOF_TYPE, proof_out, err) &&
           (verify_proof(asker, vt_buf_slice(proof_out), origin, &leaf, err) ||
            vt_within(err, "the proof of %s", asker->ledger));
}

bool vt_ask_log(const struct vt_asker *asker, vt_slice envelope, vt_slice origin,
                struct vt_buf *proof_out, struct vt_error *err)
{
    vt_hash leaf = vt_sha256_leaf(envelope);

    vt_buf_truncate(proof_out, 0);
    return post_entry(asker, envelope, VT_TLOG_PROOF_TYPE, proof_out, err) &&
           (verify_proof(asker, vt_buf_slice(proof_out), origin, &leaf, err) ||
            vt_within(err, "the proof of %s", asker->ledger));
}

/* That the tree of old_size entries, which the agent saw, is a prefix of the proof's. */
static bool prove_growth(const struct vt_asker *asker, vt_slice envelope, vt_slice proof,
                         uint64_t old_size, struct vt_proof *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    vt_slice origin = origin_of(envelope, arena, err);
    struct vt_tlog_verdict verdict;
    VT_AUTO_REMOTE remote = NULL;
    struct vt_tile_source source;
    struct vt_tlog_proof parsed;

    out->count = 0;
    if (origin.len == 0 || !vt_tlog_proof_parse(proof, &parsed, err) ||
        !vt_tlog_checkpoint_verify(parsed.checkpoint, &asker->keyring->trust->policy,
                                   origin, &verdict, err))
        return false;
    if (old_size == 0 || old_size >= verdict.size)
        return true;
    remote = vt_remote_new(asker->ledger, &asker->keyring->trust->policy, origin);
    source = vt_remote_source(remote);
    return vt_prove_consistency(&source, old_size, verdict.size, out, err);
}

/* ---- the agent's count ------------------------------------------------------------------
 */

/* Signed by a key that is an agent's?  *size_out: of the tree that it saw. */
static bool verify_tally(const struct vt_asker *asker, vt_slice tally, uint64_t *size_out,
                         struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_count count;

    if (!vt_envelope_parse(tally, &envelope, err))
        return false;
    if (envelope.statement.type != VT_TALLY)
        return vt_fail(err, VT_REJECTED, "is a statement of kind '%s'",
                       vt_predicate_name(envelope.statement.type));
    count = vt_keyring_count(asker->keyring, VT_ROLE_AGENT, &envelope,
                             vt_env_now_unix_s(asker->env), (vt_slice){ 0 });
    if (count.signer_count == 0)
        return vt_fail(err, VT_REJECTED, "is signed by no agent of the trust root");
    return vt_json_get_number(envelope.statement.predicate, "the tally", "size", size_out,
                              err);
}

static bool get_count(const struct vt_asker *asker, struct vt_buf *out, uint64_t *size_out,
                      struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_http_call call = { .url = vt_http_url(arena, asker->agent, "/count"),
                                 .answer_bytes_max = VT_ENTRY_BYTES_MAX,
                                 .timeout_ms = TIMEOUT_MS };
    bool ok = vt_http_client_run(asker->client, &call, err);

    if (ok && call.status != VT_HTTP_OK)
        ok = vt_ask_fail(&call, err);
    ok = ok && (verify_tally(asker, vt_buf_slice(&call.answer), size_out, err) ||
                vt_within(err, "the count of %s", asker->agent));
    if (ok)
        vt_buf_put(out, vt_buf_slice(&call.answer));
    vt_http_call_clear(&call);
    return ok && vt_buf_check(out, "the agent's count", err);
}

bool vt_ask_count(const struct vt_asker *asker, struct vt_buf *tally_out,
                  struct vt_error *err)
{
    uint64_t size;

    return get_count(asker, tally_out, &size, err);
}

bool vt_ask_log_count(const struct vt_asker *asker, vt_slice tally, struct vt_error *err)
{
    VT_AUTO_BUF index = vt_buf_init(64);

    return post_entry(asker, tally, NULL, &index, err);
}

/* ---- the request ------------------------------------------------------------------------
 */

struct sorted {
    vt_hash id;
    const struct vt_ask_object *object;
};

static int compare(const void *a, const void *b)
{
    return memcmp(&((const struct sorted *)a)->id, &((const struct sorted *)b)->id,
                  sizeof(vt_hash));
}

static void sort_objects(const struct vt_ask_wish *wish, struct sorted *out)
{
    for (size_t i = 0; i < wish->object_count; i++)
        out[i] = (struct sorted){ vt_ask_object_id(&wish->objects[i]), &wish->objects[i] };
    qsort(out, wish->object_count, sizeof *out, compare);
}

static bool find_recipient(struct vt_custody_request *request,
                           const struct vt_age_recipient *whom, uint8_t *at_out)
{
    for (size_t i = 0; i < request->recipient_count; i++)
        if (memcmp(&request->recipients[i], whom, sizeof *whom) == 0) {
            *at_out = (uint8_t)i; /* below VT_CUSTODY_RECIPIENTS_MAX */
            return true;
        }
    if (request->recipient_count == VT_CUSTODY_RECIPIENTS_MAX)
        return false;
    *at_out = (uint8_t)request->recipient_count;
    request->recipients[request->recipient_count++] = *whom;
    return true;
}

/* Objects in the order of their ids, as the agent wants them. */
static bool gather_objects(const struct vt_ask_wish *wish, struct vt_arena *arena,
                           struct vt_custody_request *request, struct vt_error *err)
{
    struct sorted *sorted =
        vt_arena_alloc(arena, (wish->object_count + 1) * sizeof *sorted);
    struct vt_custody_object *objects =
        vt_arena_alloc(arena, (wish->object_count + 1) * sizeof *objects);

    if ((wish->object_count == 0 && !wish->is_erasure) ||
        wish->object_count > VT_ACCESS_BATCH_MAX)
        return vt_fail(err, VT_LIMIT, "%zu objects, 1 to %d can be asked for",
                       wish->object_count, VT_ACCESS_BATCH_MAX);
    sort_objects(wish, sorted);
    for (size_t i = 0; i < wish->object_count; i++) {
        objects[i].header = sorted[i].object->header;
        if (!find_recipient(request, &sorted[i].object->recipient, &objects[i].recipient))
            return vt_fail(err, VT_LIMIT, "objects of more than %d recipients at once",
                           VT_CUSTODY_RECIPIENTS_MAX);
    }
    request->objects = objects;
    request->object_count = wish->object_count;
    request->ids = wish->ids;
    request->id_count = wish->ids == NULL ? 0 : wish->id_count;
    return true;
}

/* ---- the answer -------------------------------------------------------------------------
 */

struct counted {
    const struct sorted *wanted;
    size_t count, at;
};

static bool is_wanted(void *context, const vt_hash *id, vt_slice header,
                      struct vt_error *err)
{
    struct counted *counted = context;

    (void)header;
    return (counted->at < counted->count &&
            vt_hash_equal(&counted->wanted[counted->at++].id, id)) ||
           vt_fail(err, VT_REJECTED, "the agent gave a header that nobody asked for");
}

/* Exactly the objects that were wanted; whom they are sealed for only their recipient can
 * tell. */
static bool take_headers(const struct vt_ask_wish *wish, vt_slice grant,
                         struct vt_ask_answer *answer, struct vt_error *err)
{
    VT_AUTO_FREE struct sorted *sorted =
        vt_alloc_array(wish->object_count + 1, sizeof *sorted);
    struct counted counted = { sorted, wish->object_count, 0 };

    sort_objects(wish, sorted);
    if (!vt_rewrap_read(grant, is_wanted, &counted, err))
        return false;
    if (counted.at != counted.count)
        return vt_fail(err, VT_REJECTED, "the agent left out a header that it granted");
    answer->headers = vt_buf_init(grant.len + 1);
    vt_buf_put(&answer->headers, grant);
    return vt_buf_check(&answer->headers, "the agent's headers", err);
}

static bool take_keys(const struct vt_ask_wish *wish, vt_slice grant,
                      struct vt_ask_answer *answer, struct vt_error *err)
{
    if (!vt_age_grant_open(wish->identity, grant, &answer->grant, err))
        return false;
    for (size_t i = 0; i < wish->object_count; i++) {
        vt_hash id = vt_ask_object_id(&wish->objects[i]);

        if (vt_age_grant_find(&answer->grant, &id) == NULL)
            return vt_fail(err, VT_REJECTED, "the agent left out a key that it granted");
    }
    return true;
}

/* What the agent says of the erasure, for whoever asked. */
static bool take_claim(vt_slice grant, struct vt_ask_answer *answer, struct vt_error *err)
{
    answer->claim = vt_buf_init(ANSWER_BYTES_MAX);
    vt_buf_put(&answer->claim, grant);
    return vt_buf_check(&answer->claim, "the agent's claim", err);
}

static bool take_grant(const struct vt_asker *asker, const struct vt_ask_wish *wish,
                       vt_slice bytes, struct vt_ask_answer *answer, struct vt_error *err)
{
    vt_slice grant, tally;
    uint64_t size;

    if (!vt_custody_answer_parse(bytes, &grant, &tally, err) ||
        !(wish->is_erasure         ? take_claim(grant, answer, err)
          : wish->identity != NULL ? take_keys(wish, grant, answer, err)
                                   : take_headers(wish, grant, answer, err)))
        return false;
    if (!verify_tally(asker, tally, &size, err))
        return vt_within(err, "the agent's tally");
    answer->tally = vt_buf_init(VT_ENTRY_BYTES_MAX);
    vt_buf_put(&answer->tally, tally);
    answer->outcome = VT_ASK_RELEASED;
    return vt_buf_check(&answer->tally, "the agent's tally", err);
}

/* The agent's no: *retry_out says what may come next. */
static bool take_no(vt_slice bytes, struct vt_ask_answer *answer,
                    enum vt_agent_retry *retry_out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;
    vt_slice message, retry, end;
    uint64_t ready;

    if (!vt_json_parse(bytes, "the agent's answer", &json, err) ||
        !vt_json_get_text(json, "the agent's answer", "message", &message, err) ||
        !vt_json_get_text(json, "the agent's answer", "retry", &retry, err) ||
        !vt_json_get_text(json, "the agent's answer", "end", &end, err) ||
        !vt_json_get_number(json, "the agent's answer", "ready", &ready, err))
        return false;
    (void)snprintf(answer->message, sizeof answer->message, "%.*s", VT_SLICE_ARGS(message));
    vt_text_make_printable(answer->message, true);
    answer->ready_unix_s = (int64_t)ready; /* at most 2^53 - 1 */
    *retry_out = VT_AGENT_RETRY_NO;
    for (unsigned i = 0; i < VT_AGENT_RETRIES; i++)
        if (vt_slice_is(retry, vt_agent_retry_name((enum vt_agent_retry)i)))
            *retry_out = (enum vt_agent_retry)i; /* below VT_AGENT_RETRIES */
    answer->end = VT_AGENT_END_NONE;
    for (unsigned i = 0; i < VT_AGENT_ENDS; i++)
        if (vt_slice_is(end, vt_agent_end_name((enum vt_agent_end)i)))
            answer->end = (enum vt_agent_end)i; /* below VT_AGENT_ENDS */
    answer->outcome =
        *retry_out == VT_AGENT_RETRY_LATER ? VT_ASK_ANNOUNCED : VT_ASK_REFUSED;
    return true;
}

static bool send(const struct vt_asker *asker, const struct vt_custody_request *request,
                 const struct vt_ask_wish *wish, struct vt_ask_answer *answer,
                 enum vt_agent_retry *retry_out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF body = vt_buf_init(VT_CUSTODY_REQUEST_BYTES_MAX);
    struct vt_http_call call = { .url = vt_http_url(arena, asker->agent, "/release"),
                                 .content_type = VT_CUSTODY_REQUEST_TYPE,
                                 .answer_bytes_max = ANSWER_BYTES_MAX,
                                 .timeout_ms = TIMEOUT_MS };
    bool ok;

    *retry_out = VT_AGENT_RETRY_NO;
    if (!vt_custody_request_write(request, &body, err))
        return false;
    call.body = vt_buf_slice(&body);
    ok = vt_http_client_run(asker->client, &call, err);
    if (ok && call.status == VT_HTTP_OK)
        ok = take_grant(asker, wish, vt_buf_slice(&call.answer), answer, err);
    else if (ok && strcmp(call.answer_type, "application/json") == 0)
        ok = take_no(vt_buf_slice(&call.answer), answer, retry_out, err);
    else if (ok)
        ok = vt_ask_fail(&call, err);
    vt_http_call_clear(&call);
    return ok;
}

/* ---- all of it --------------------------------------------------------------------------
 */

/* One try: the count first, since the proof must grow out of what the agent has seen. */
static bool try_once(const struct vt_asker *asker, const struct vt_asked *asked,
                     const struct vt_ask_wish *wish, struct vt_ask_answer *answer,
                     enum vt_agent_retry *retry_out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FREE struct vt_custody_request *request = vt_alloc(sizeof *request);
    VT_AUTO_BUF tally = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF proof = vt_buf_init(VT_KIB(128));

    if (!get_count(asker, &tally, &request->seen_size, err) ||
        !vt_ask_commit(asker, asked, &proof, err) ||
        !prove_growth(asker, asked->envelope, vt_buf_slice(&proof), request->seen_size,
                      &request->growth, err) ||
        !gather_objects(wish, arena, request, err))
        return false;
    memcpy(request->salt, asked->salt, sizeof request->salt);
    request->envelope = asked->envelope;
    request->proof = vt_buf_slice(&proof);
    return send(asker, request, wish, answer, retry_out, err);
}

/* A ledger that nobody writes to shows an old checkpoint: give it something to cosign, the
 * agent's count, or, if it has that already, a commitment to nothing. */
static bool stir(const struct vt_asker *asker, bool has_count, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF answer = vt_buf_init(VT_KIB(128));
    vt_hash nothing;
    uint64_t size;

    if (has_count) {
        vt_env_random(asker->env, nothing.bytes, sizeof nothing.bytes);
        vt_private_entry_write(&text, &nothing);
    } else if (!get_count(asker, &text, &size, err)) {
        return false;
    }
    return post_entry(asker, vt_buf_slice(&text), VT_TLOG_PROOF_TYPE, &answer, err);
}

/* What was announced is due, but the last checkpoint is from before: a newer one is. */
static bool is_worth_a_retry(const struct vt_asker *asker,
                             const struct vt_ask_answer *answer, enum vt_agent_retry retry)
{
    if (retry == VT_AGENT_RETRY_LATER)
        return answer->ready_unix_s <= vt_env_now_unix_s(asker->env);
    return retry == VT_AGENT_RETRY_PROOF || retry == VT_AGENT_RETRY_STATEMENT;
}

bool vt_ask_release(const struct vt_asker *asker, struct vt_asked *asked,
                    const struct vt_ask_wish *wish, struct vt_ask_answer *answer,
                    struct vt_error *err)
{
    unsigned stirred = 0;

    for (unsigned i = 0; i < TRIES; i++) {
        enum vt_agent_retry retry;

        if (!try_once(asker, asked, wish, answer, &retry, err))
            return false;
        if (!is_worth_a_retry(asker, answer, retry))
            return true;
        if (retry == VT_AGENT_RETRY_STATEMENT)
            take_next_salt(asked);
        else if (i != 0 && !stir(asker, stirred++ != 0, err))
            return false;
    }
    return true;
}
