/* role witness-front: speaks HTTP to strangers, takes their requests apart, and asks the
 * signer.  It holds no key, no file, and cannot open a connection.
 *
 * Rights: accept on the given listening socket; its channel and the signer's.
 *
 * One batch is under way at a time; what comes meanwhile is the next batch, so the signer
 * makes many checkpoints durable with one sync when many come, and one when one comes.
 *
 *   waiting:  [ in the batch under way | collected since ]
 *               0 .. in_flight           .. count                                       */
#include "ledger/role_witness_front.h"
#include "http/http.h"
#include "http/libmicrohttpd.h"
#include "ledger/witness_message.h"
#include "ledger/witness_pages.h"
#include "ledger/witness_reply.h"
#include "ledger/witness_request.h"

enum { STOP_MS_MAX = 4000, HEAD_BYTES_MAX = 4096, SIGNER_MS_MAX = 30000 };

const struct vt_rights vt_witness_front_rights = { .may_listen = true,
                                                   .memory_bytes_max = VT_MIB(512),
                                                   .files_max = 1024,
                                                   .libraries = { &vt_libmicrohttpd } };

struct waiting {
    struct vt_http_exchange *exchange;
    const struct vt_witness_log *log;
    struct vt_witness_question question;
};

struct front {
    struct vt_arena *arena;
    struct vt_witness_config config;
    struct vt_witness_known *known; /* as config.logs, for those who ask */
    struct vt_witness_numbers numbers;
    int64_t started_ms;
    uint32_t pending_max, connections_max;
    struct vt_channel signer;
    struct vt_http_server *server;
    struct waiting **waiting; /* pending_max of them */
    size_t count, in_flight;
    struct vt_http_counts logged; /* what the last line of the log counted */
};

/* ---- asking the signer ------------------------------------------------------------------
 */

static bool send_batch(struct front *f, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    size_t count = 0;

    vt_buf_put_u16(&body, 0);
    while (count < f->count && count < VT_WITNESS_BATCH_MAX &&
           body.len <= VT_MESSAGE_BYTES_MAX - VT_WITNESS_QUESTION_BYTES_MAX)
        vt_witness_question_write(&body, &f->waiting[count++]->question);
    if (!vt_buf_check(&body, "a batch", err))
        return false;
    body.data[0] = (uint8_t)(count >> 8); /* at most VT_WITNESS_BATCH_MAX */
    body.data[1] = (uint8_t)count;
    f->in_flight = count;
    return vt_channel_send(&f->signer, VT_WITNESS_MSG_QUESTIONS, vt_buf_slice(&body), err);
}

static void keep_known(struct front *f, const struct waiting *w,
                       const struct vt_witness_verdict *verdict)
{
    const struct vt_witness_question *q = &w->question;
    struct vt_witness_known *known = &f->known[w->log - f->config.logs];

    if (verdict->judgement != VT_WITNESS_YES) {
        f->numbers.refused++;
        return;
    }
    f->numbers.cosigned++;
    known->is_seen = true;
    known->seen = (struct vt_witness_seen){ .log = q->log,
                                            .size = q->size,
                                            .root = q->root,
                                            .key_id = q->key_id,
                                            .time_unix_s = verdict->time_unix_s };
    memcpy(known->seen.log_signature, q->log_signature, sizeof q->log_signature);
    memcpy(known->seen.cosignature, verdict->cosignature, sizeof verdict->cosignature);
}

static void answer(struct vt_http_exchange *exchange, const struct vt_witness_reply *reply)
{
    vt_http_answer(exchange, reply->status, reply->content_type,
                   vt_buf_slice(&reply->body));
}

static void answer_one(struct front *f, struct waiting *w,
                       const struct vt_witness_verdict *verdict)
{
    VT_AUTO_WITNESS_REPLY reply = { 0 };

    keep_known(f, w, verdict);
    vt_witness_write_reply(&f->config.vkey, verdict, &reply);
    answer(w->exchange, &reply);
    free(w);
}

/* Verdicts have come, or the signer is gone. */
static bool on_signer(void *context, struct vt_error *err)
{
    struct front *f = context;
    struct vt_witness_verdict verdict;
    struct vt_message message;
    vt_reader r;
    uint16_t count;
    size_t done = 0;

    if (!vt_channel_receive(&f->signer, 0, &message, err))
        return false;
    r = (vt_reader){ message.body };
    if (message.type != VT_WITNESS_MSG_VERDICTS || !vt_read_u16(&r, &count) ||
        count != f->in_flight || count == 0)
        return vt_fail(err, VT_MALFORMED, "the signer answered what nobody asked");
    while (done < count && vt_witness_verdict_read(&r, &verdict))
        answer_one(f, f->waiting[done++], &verdict);
    f->count -= done;
    memmove(f->waiting, f->waiting + done, f->count * sizeof *f->waiting);
    f->in_flight = 0;
    if (done != count || !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "verdicts of the signer without a form");
    return f->count == 0 || send_batch(f, err);
}

/* ---- what strangers ask -----------------------------------------------------------------
 */

static void on_add(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;
    VT_AUTO_WITNESS_REPLY reply = { 0 };
    struct waiting *w;

    if (f->count == f->pending_max) {
        f->numbers.too_many++;
        vt_http_set_header(exchange, "Retry-After", "1");
        vt_http_answer_text(exchange, VT_HTTP_TOO_MANY, "too many at once, try again");
        return;
    }
    w = vt_alloc(sizeof *w);
    w->exchange = exchange;
    if (!vt_witness_read_question(&f->config, vt_http_body(exchange), &w->question,
                                  &reply)) {
        free(w);
        f->numbers.refused++;
        answer(exchange, &reply);
        return;
    }
    w->log = vt_witness_log_by_id(&f->config, &w->question.log);
    f->waiting[f->count++] = w;
}

/* What one turn gathered is one batch, with one sync; what comes while the signer works is
 * the next. */
static bool on_turn(void *context, struct vt_error *err)
{
    struct front *f = context;

    return f->in_flight != 0 || f->count == 0 || send_batch(f, err);
}

static void on_get(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;
    VT_AUTO_BUF note = vt_buf_init(VT_KIB(16));
    const struct vt_witness_log *log = NULL;
    vt_hash id;

    if (vt_witness_path_parse(vt_http_path(exchange), &id))
        log = vt_witness_log_by_id(&f->config, &id);
    if (log != NULL && f->known[log - f->config.logs].is_seen)
        vt_witness_write_checkpoint(&f->config.vkey, log,
                                    &f->known[log - f->config.logs].seen, &note);
    if (note.len == 0 || note.is_full) {
        vt_http_answer_text(exchange, VT_HTTP_NOT_FOUND, "nothing was cosigned here");
        return;
    }
    vt_http_set_header(exchange, "Cache-Control", "max-age=5");
    vt_http_answer(exchange, VT_HTTP_OK, "text/plain; charset=utf-8", vt_buf_slice(&note));
}

/* ---- for the operator -------------------------------------------------------------------
 */

static const struct vt_witness_numbers *count_up(struct front *f)
{
    struct vt_env env = vt_env_real();

    f->numbers.up_ms = vt_monotonic_ms() - f->started_ms;
    f->numbers.now_unix_s = vt_env_now_unix_s(&env);
    f->numbers.waiting = f->count;
    f->numbers.http = vt_http_server_counts(f->server);
    return &f->numbers;
}

static void on_health(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));

    vt_witness_write_health(count_up(f), &f->config, f->known, &out);
    vt_http_answer(exchange, VT_HTTP_OK, "application/json", vt_buf_slice(&out));
}

static void on_metrics(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));

    vt_witness_write_metrics(count_up(f), &f->config, f->known, &out);
    vt_http_answer(exchange, VT_HTTP_OK, "text/plain; version=0.0.4", vt_buf_slice(&out));
}

static const struct vt_http_route routes[] = {
    { "POST", "/add-checkpoint", VT_WITNESS_REQUEST_BYTES_MAX, on_add, NULL },
    { "GET", "/health", 0, on_health, NULL },
    { "GET", "/metrics", 0, on_metrics, NULL },
    { "GET", "/*", 0, on_get, NULL },
    { NULL, NULL, 0, NULL, NULL },
};

/* ---- the log of a minute ----------------------------------------------------------------
 */

/* One line, if anybody was closed. */
static void write_log(void *context)
{
    struct front *f = context;
    struct vt_http_counts now = vt_http_server_counts(f->server);

    if (now.cut_off != f->logged.cut_off || now.displaced != f->logged.displaced)
        (void)fprintf(stderr,
                      "vitrine witness: connections %ju, too slow %ju, displaced %ju\n",
                      (uintmax_t)(now.accepted - f->logged.accepted),
                      (uintmax_t)(now.cut_off - f->logged.cut_off),
                      (uintmax_t)(now.displaced - f->logged.displaced));
    f->logged = now;
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static bool take_begin(void *context, const struct vt_witness_begin *begin,
                       struct vt_error *err)
{
    struct front *f = context;

    (void)err;
    f->config.vkey = begin->vkey;
    f->config.name = begin->vkey.name;
    f->pending_max = begin->pending_max;
    f->connections_max = begin->connections_max;
    f->waiting = vt_arena_alloc(f->arena, f->pending_max * sizeof *f->waiting);
    return true;
}

/* Learn what was cosigned before we were started. */
static bool learn_seen(struct front *f, struct vt_error *err)
{
    for (uint32_t from = 0;; from += VT_WITNESS_SEEN_PER_MESSAGE) {
        VT_AUTO_BUF body = vt_buf_init(4);
        struct vt_witness_seen seen;
        vt_slice records;
        vt_reader r;

        vt_buf_put_u32(&body, from);
        if (!vt_channel_call(&f->signer, VT_WITNESS_MSG_SEEN, vt_buf_slice(&body),
                             VT_WITNESS_MSG_SEEN, SIGNER_MS_MAX, &records, err))
            return false;
        for (r = (vt_reader){ records }; vt_witness_seen_read(&r, &seen);) {
            const struct vt_witness_log *log = vt_witness_log_by_id(&f->config, &seen.log);

            if (log != NULL)
                f->known[log - f->config.logs] = (struct vt_witness_known){ true, seen };
        }
        if (records.len / VT_WITNESS_SEEN_BYTES < VT_WITNESS_SEEN_PER_MESSAGE)
            return true;
    }
}

static bool begin(struct vt_channel *channel, struct front *f, struct vt_error *err)
{
    struct vt_http_options options = { .routes = routes,
                                       .context = f,
                                       .head_bytes_max = HEAD_BYTES_MAX,
                                       .stop_ms_max = STOP_MS_MAX,
                                       .minute = write_log,
                                       .turn = on_turn };

    vt_confine(&vt_witness_front_rights);
    if (!vt_witness_listen(channel, f->arena, take_begin, f, &f->config, err))
        return false;
    f->known = vt_arena_alloc(f->arena, f->config.log_count * sizeof *f->known + 1);
    options.connections_max = f->connections_max;
    options.watches[0] = (struct vt_http_watch){ .fd = f->signer.fd, .ready = on_signer };
    options.stop_fd = channel->fd;
    f->started_ms = vt_monotonic_ms();
    return learn_seen(f, err) &&
           vt_http_server_new(VT_ROLE_FD(VT_WITNESS_FRONT_LISTEN), &options, &f->server,
                              err) &&
           vt_channel_send(channel, VT_WITNESS_MSG_READY, (vt_slice){ 0 }, err);
}

int vt_role_witness_front(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct front f = { .arena = arena,
                       .config = vt_witness_config_new(arena),
                       .signer = vt_channel_init(VT_ROLE_FD(VT_WITNESS_FRONT_SIGNER)) };
    struct vt_error err = { 0 }, lost = { 0 };
    bool is_begun = begin(channel, &f, &err);

    if (!is_begun)
        (void)!vt_channel_send_error(channel, &err, &lost);
    else if (!vt_http_server_run(f.server, &err))
        (void)fprintf(stderr, "vitrine witness-front: %s\n", err.message);
    if (f.server != NULL)
        write_log(&f);
    vt_http_server_free(f.server);
    for (size_t i = 0; i < f.count; i++)
        free(f.waiting[i]);
    vt_channel_clear(&f.signer);
    return err.code == VT_OK ? VT_EXIT_OK : vt_code_exit(err.code);
}
