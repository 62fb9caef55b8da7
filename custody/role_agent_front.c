/* role agent-front: speaks HTTP to those who ask for file keys, takes their requests apart,
 * and asks the holder.  It holds no key but TLS's, no file, and opens no connection.  What
 * it passes back is sealed for the recipient of a signed statement.
 *
 * Rights: accept on the given listening socket; its channel and the holder's.
 *
 * One ask is under way at a time; what comes meanwhile waits in order. */
#include "custody/role_agent_front.h"
#include "custody/agent_message.h"
#include "http/http.h"
#include "http/libmicrohttpd.h"
#include "ledger/serve_message.h"

enum { STOP_MS_MAX = 4000, HOLDER_MS_MAX = 60000, HEAD_BYTES_MAX = 4096 };

const struct vt_rights vt_agent_front_rights = { .may_listen = true,
                                                 .memory_bytes_max = VT_MIB(1024),
                                                 .files_max = 1024,
                                                 .libraries = { &vt_libmicrohttpd } };

struct waiting {
    struct vt_http_exchange *exchange;
    uint16_t type;     /* VT_AGENT_ASK, VT_AGENT_QUESTION, VT_AGENT_HAND */
    struct vt_buf ask; /* as a message */
};

struct counts {
    uint64_t released, announced, refused, again, malformed, too_many, disclosed, handed;
};

struct front {
    struct vt_arena *arena;
    struct vt_channel holder;
    struct vt_http_server *server;
    struct vt_policy *policy;
    uint64_t pending_max, connections_max;
    const char *tls_certificate, *tls_key;
    struct waiting waiting[VT_AGENT_PENDING_MAX];
    size_t count;
    bool is_under_way;          /* waiting[0] was sent */
    struct vt_agent_reply last; /* its tally is what GET /count shows */
    struct counts counts, logged;
    struct vt_error trouble; /* why we end, when it was found inside a handler */
};

/* ---- asking the holder ------------------------------------------------------------------
 */

static bool send_next(struct front *f, struct vt_error *err)
{
    if (f->is_under_way || f->count == 0)
        return true;
    f->is_under_way = true;
    return vt_agent_send(&f->holder, f->waiting[0].type, vt_buf_slice(&f->waiting[0].ask),
                         err);
}

static void count(struct counts *counts, uint16_t type, uint16_t status)
{
    counts->released += status == VT_HTTP_OK && type == VT_AGENT_ASK;
    counts->disclosed += status == VT_HTTP_OK && type == VT_AGENT_QUESTION;
    counts->handed += status == VT_HTTP_OK && type == VT_AGENT_HAND;
    counts->announced += status == VT_HTTP_ACCEPTED;
    counts->refused += status == VT_HTTP_FORBIDDEN || status == VT_HTTP_GONE;
    counts->again += status == VT_HTTP_CONFLICT;
    counts->malformed += status == VT_HTTP_BAD_REQUEST;
    counts->too_many += status == VT_HTTP_TOO_MANY;
}

static void answer_no(struct vt_http_exchange *exchange, const struct vt_agent_reply *reply)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    VT_AUTO_JSON json = json_pack(
        "{s:s,s:s,s:s,s:I,s:I}", "message", reply->message, "retry",
        vt_agent_retry_name(reply->retry), "end", vt_agent_end_name(reply->end), "seen",
        (json_int_t)reply->seen_size, "ready", (json_int_t)reply->ready_unix_s);
    struct vt_error err = { 0 };

    if (json == NULL || !vt_json_write_canonical(json, &text, &err)) {
        vt_http_answer_text(exchange, reply->status, "refused");
        return;
    }
    vt_http_answer(exchange, reply->status, "application/json", vt_buf_slice(&text));
}

static void pass_on(struct front *f, struct vt_http_exchange *exchange, uint16_t type,
                    const struct vt_agent_reply *reply)
{
    VT_AUTO_BUF answer = vt_buf_init(VT_AGENT_REPLY_BYTES_MAX);

    count(&f->counts, type, reply->status);
    vt_http_set_header(exchange, "Cache-Control", "private, no-store");
    if (reply->status == VT_HTTP_TOO_MANY)
        vt_http_set_header(exchange, "Retry-After", "10");
    if (reply->status != VT_HTTP_OK) {
        answer_no(exchange, reply);
        return;
    }
    if (type != VT_AGENT_ASK) {
        vt_http_answer(exchange, VT_HTTP_OK,
                       type == VT_AGENT_HAND ? VT_HANDOVER_TYPE : VT_DISCLOSURE_TYPE,
                       vt_buf_slice(&reply->grant));
        return;
    }
    vt_custody_answer_write(&answer, vt_buf_slice(&reply->grant),
                            vt_buf_slice(&reply->tally));
    vt_http_answer(exchange, VT_HTTP_OK, VT_CUSTODY_ANSWER_TYPE, vt_buf_slice(&answer));
}

static bool is_status(uint16_t status)
{
    return status == VT_HTTP_OK || status == VT_HTTP_ACCEPTED ||
           status == VT_HTTP_BAD_REQUEST || status == VT_HTTP_FORBIDDEN ||
           status == VT_HTTP_CONFLICT || status == VT_HTTP_GONE ||
           status == VT_HTTP_TOO_MANY;
}

static void keep_last(struct front *f, const struct vt_agent_reply *reply)
{
    vt_agent_reply_clear(&f->last);
    f->last = *reply;
}

static bool on_holder(void *context, struct vt_error *err)
{
    struct front *f = context;
    struct vt_agent_reply reply = { .status = 0 };

    if (!vt_agent_receive_reply(&f->holder, HOLDER_MS_MAX, &reply, err))
        return false;
    keep_last(f, &reply); /* ours from here on */
    if (!f->is_under_way || !is_status(reply.status))
        return vt_fail(err, VT_MALFORMED, "the holder answered what nobody asked");
    pass_on(f, f->waiting[0].exchange, f->waiting[0].type, &f->last);
    vt_buf_clear(&f->waiting[0].ask);
    f->is_under_way = false;
    f->count--;
    memmove(f->waiting, f->waiting + 1, f->count * sizeof f->waiting[0]);
    return send_next(f, err);
}

/* ---- what strangers ask -----------------------------------------------------------------
 */

/* The request as the message that the holder gets. */
static bool take_apart(struct front *f, vt_slice body, struct vt_buf *out,
                       struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FREE struct vt_custody_request *request = vt_alloc(sizeof *request);
    VT_AUTO_FREE struct vt_agent_ask *ask = vt_alloc(sizeof *ask);

    if (!vt_custody_request_parse(body, arena, request, err) ||
        !vt_agent_ask_take(request, f->policy, arena, ask, err))
        return false;
    *out = vt_buf_init(VT_AGENT_ASK_BYTES_MAX);
    vt_agent_ask_write(out, ask);
    return vt_buf_check(out, "the request", err);
}

static void refuse(struct front *f, struct vt_http_exchange *exchange, uint16_t type,
                   const struct vt_error *failure)
{
    struct vt_agent_reply reply = { .seen_size = f->last.totals.size };

    reply.status = failure->code == VT_REJECTED ? VT_HTTP_FORBIDDEN : VT_HTTP_BAD_REQUEST;
    memcpy(reply.message, failure->message, sizeof reply.message);
    pass_on(f, exchange, type, &reply);
}

static bool has_room(struct front *f, struct vt_http_exchange *exchange)
{
    if (f->count < f->pending_max)
        return true;
    f->counts.too_many++;
    vt_http_set_header(exchange, "Retry-After", "1");
    vt_http_answer_text(exchange, VT_HTTP_TOO_MANY, "too many at once, try again");
    return false;
}

/* ask: taken. */
static void enqueue(struct front *f, struct vt_http_exchange *exchange, uint16_t type,
                    struct vt_buf ask)
{
    f->waiting[f->count++] = (struct waiting){ exchange, type, ask };
    if (!send_next(f, &f->trouble))
        vt_http_server_stop(f->server);
}

static void on_release(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;
    struct vt_buf ask = { 0 };
    struct vt_error failure = { 0 };

    if (!has_room(f, exchange))
        return;
    if (take_apart(f, vt_http_body(exchange), &ask, &failure)) {
        enqueue(f, exchange, VT_AGENT_ASK, ask);
    } else {
        vt_buf_clear(&ask);
        refuse(f, exchange, VT_AGENT_ASK, &failure);
    }
}

/* Question and order have a form each; one at the other's door is without its form. */
static void take_question(struct front *f, struct vt_http_exchange *exchange,
                          bool is_withdrawal)
{
    struct vt_disclosure_request request;
    struct vt_agent_question question;
    struct vt_error failure = { 0 };
    struct vt_buf bytes;

    if (!has_room(f, exchange))
        return;
    if (!vt_disclosure_request_parse(vt_http_body(exchange), &request, &failure) ||
        (request.is_withdrawal != is_withdrawal &&
         !vt_fail(&failure, VT_MALFORMED, "it belongs to POST %s",
                  is_withdrawal ? "/accesses" : "/withdraw")) ||
        !vt_agent_question_take(&request, &question, &failure)) {
        refuse(f, exchange, VT_AGENT_QUESTION, &failure);
        return;
    }
    bytes = vt_buf_init(VT_AGENT_QUESTION_BYTES_MAX);
    vt_agent_question_write(&bytes, &question); /* of fixed length: it has room */
    enqueue(f, exchange, VT_AGENT_QUESTION, bytes);
}

static void on_accesses(void *context, struct vt_http_exchange *exchange)
{
    take_question(context, exchange, false);
}

static void on_withdraw(void *context, struct vt_http_exchange *exchange)
{
    take_question(context, exchange, true);
}

static void on_openings(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;
    struct vt_handover_request request;
    struct vt_error failure = { 0 };
    struct vt_buf bytes;

    if (!has_room(f, exchange))
        return;
    if (!vt_handover_request_parse(vt_http_body(exchange), &request, &failure)) {
        refuse(f, exchange, VT_AGENT_HAND, &failure);
        return;
    }
    bytes = vt_buf_init(VT_HANDOVER_REQUEST_BYTES);
    vt_handover_request_write(&request, &bytes); /* of fixed length: it has room */
    enqueue(f, exchange, VT_AGENT_HAND, bytes);
}

static void on_count(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;

    vt_http_set_header(exchange, "Cache-Control", "no-store");
    vt_http_answer(exchange, VT_HTTP_OK, "application/json", vt_buf_slice(&f->last.tally));
}

static void on_health(void *context, struct vt_http_exchange *exchange)
{
    (void)context;
    vt_http_answer_text(exchange, VT_HTTP_OK, "ok");
}

static void put_metric(struct vt_buf *out, const char *name, const char *help,
                       uint64_t value)
{
    vt_buf_printf(out,
                  "# HELP vitrine_keyagent_%s %s\n# TYPE vitrine_keyagent_%s counter\n"
                  "vitrine_keyagent_%s %ju\n",
                  name, help, name, name, (uintmax_t)value);
}

static void on_metrics(void *context, struct vt_http_exchange *exchange)
{
    const struct front *f = context;
    const struct vt_agent_totals *t = &f->last.totals;
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));

    put_metric(&text, "records_total", "Openings on the disk.", t->number);
    put_metric(&text, "releases_total", "Statements that were answered.",
               t->deeds[VT_AGENT_RELEASED]);
    put_metric(&text, "keys_total", "File keys that were released.", t->keys);
    put_metric(&text, "refusals_total", "Good statements that the policy refused.",
               t->deeds[VT_AGENT_REFUSED]);
    put_metric(&text, "warnings_total", "Emergencies that were announced.",
               t->deeds[VT_AGENT_WARNED]);
    put_metric(&text, "withdrawals_total", "Objects that their sealers took back.",
               t->deeds[VT_AGENT_WITHDRAWN]);
    put_metric(&text, "disclosures_total",
               "Lists of accesses for whoever sealed an object.", f->counts.disclosed);
    put_metric(&text, "handed_total", "Pieces of openings that reviewers were given.",
               f->counts.handed);
    put_metric(&text, "malformed_total", "Requests without their form.",
               f->counts.malformed);
    put_metric(&text, "too_many_total", "Requests that were told to come back.",
               f->counts.too_many);
    vt_http_answer(exchange, VT_HTTP_OK, "text/plain; version=0.0.4", vt_buf_slice(&text));
}

static const struct vt_http_route routes[] = {
    { "POST", "/release", VT_CUSTODY_REQUEST_BYTES_MAX, on_release, NULL },
    { "POST", "/accesses", VT_DISCLOSURE_REQUEST_BYTES_MAX, on_accesses, NULL },
    { "POST", "/withdraw", VT_DISCLOSURE_REQUEST_BYTES_MAX, on_withdraw, NULL },
    { "POST", "/openings", VT_HANDOVER_REQUEST_BYTES, on_openings, NULL },
    { "GET", "/count", 0, on_count, NULL },
    { "GET", "/health", 0, on_health, NULL },
    { "GET", "/metrics", 0, on_metrics, NULL },
    { NULL, NULL, 0, NULL, NULL },
};

/* One line a minute, if anything happened: numbers, nobody's address. */
static void write_log(void *context)
{
    struct front *f = context;
    const struct counts *now = &f->counts, *before = &f->logged;

    if (memcmp(now, before, sizeof *now) == 0)
        return;
    (void)fprintf(stderr,
                  "vitrine keyagent: released %ju, announced %ju, refused %ju, to come "
                  "again %ju, malformed %ju, too many %ju, lists of accesses %ju, "
                  "pieces of openings %ju\n",
                  (uintmax_t)(now->released - before->released),
                  (uintmax_t)(now->announced - before->announced),
                  (uintmax_t)(now->refused - before->refused),
                  (uintmax_t)(now->again - before->again),
                  (uintmax_t)(now->malformed - before->malformed),
                  (uintmax_t)(now->too_many - before->too_many),
                  (uintmax_t)(now->disclosed - before->disclosed),
                  (uintmax_t)(now->handed - before->handed));
    f->logged = f->counts;
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static bool take_words(struct front *f, const json_t *words, struct vt_error *err)
{
    vt_slice policy;

    if (!vt_json_get_number(words, "begin", "pending_max", &f->pending_max, err) ||
        !vt_json_get_number(words, "begin", "connections_max", &f->connections_max, err) ||
        !vt_json_get_text(words, "begin", "policy", &policy, err))
        return false;
    if (f->pending_max == 0 || f->pending_max > VT_AGENT_PENDING_MAX ||
        f->connections_max == 0 || f->connections_max > VT_AGENT_CONNECTIONS_MAX)
        return vt_fail(err, VT_MALFORMED, "bounds out of their bounds");
    f->tls_certificate = vt_serve_copy_text(f->arena, words, "tls_certificate");
    f->tls_key = vt_serve_copy_text(f->arena, words, "tls_key");
    f->policy = vt_arena_alloc(f->arena, sizeof *f->policy);
    return vt_policy_parse(vt_arena_copy(f->arena, policy), f->policy, err);
}

static bool ask_count(struct front *f, struct vt_error *err)
{
    return vt_channel_send(&f->holder, VT_AGENT_COUNT, (vt_slice){ 0 }, err) &&
           vt_agent_receive_reply(&f->holder, HOLDER_MS_MAX, &f->last, err);
}

static bool begin(struct vt_channel *channel, struct front *f, struct vt_error *err)
{
    struct vt_http_options options = { .routes = routes,
                                       .context = f,
                                       .stop_ms_max = STOP_MS_MAX,
                                       .head_bytes_max = HEAD_BYTES_MAX,
                                       .minute = write_log };
    VT_AUTO_JSON words = NULL;

    vt_json_prepare();
    vt_confine(&vt_agent_front_rights);
    if (!vt_serve_listen(channel, &words, err) || !take_words(f, words, err) ||
        !ask_count(f, err))
        return false;
    options.connections_max = (unsigned)f->connections_max; /* bounded above */
    options.tls_certificate = f->tls_certificate;
    options.tls_key = f->tls_key;
    options.watches[0] = (struct vt_http_watch){ .fd = f->holder.fd, .ready = on_holder };
    options.stop_fd = channel->fd;
    return vt_http_server_new(VT_ROLE_FD(VT_AGENT_FRONT_LISTEN), &options, &f->server,
                              err) &&
           vt_serve_ready(channel, err);
}

static void end(struct front *f)
{
    write_log(f);
    vt_http_server_free(f->server);
    for (size_t i = 0; i < f->count; i++)
        vt_buf_clear(&f->waiting[i].ask);
    vt_agent_reply_clear(&f->last);
    vt_channel_clear(&f->holder);
}

int vt_role_agent_front(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FREE struct front *f = vt_alloc(sizeof *f);
    struct vt_error err = { 0 }, lost = { 0 };
    bool is_begun;

    f->arena = arena;
    f->holder = vt_channel_init(VT_ROLE_FD(VT_AGENT_FRONT_HOLDER));
    is_begun = begin(channel, f, &err);
    if (!is_begun)
        (void)!vt_channel_send_error(channel, &err, &lost);
    else if (vt_http_server_run(f->server, &err))
        err = f->trouble;
    if (is_begun && err.code != VT_OK)
        (void)fprintf(stderr, "vitrine agent-front: %s\n", err.message);
    end(f);
    return err.code == VT_OK ? VT_EXIT_OK : vt_code_exit(err.code);
}
