/* role relay-front: takes sealed requests of strangers and hands their bytes, and nothing
 * else of them, to the courier.  It holds no key and no file, opens no connection, and
 * writes nothing but numbers.
 *
 * Rights: accept on the given listening socket; its channel and the courier's.
 *
 *   a place:  FREE -> QUEUED -> SENT -> FREE                                            */
#include "cell/role_relay_front.h"
#include "cell/relay.h"
#include "cell/relay_message.h"
#include "crypto/ohttp.h"
#include "http/http.h"
#include "http/libmicrohttpd.h"
#include "ledger/serve_message.h"
#include "wire/json.h"

enum { STOP_MS_MAX = 4000, MILLI = 1000 };

const struct vt_rights vt_relay_front_rights = { .may_listen = true,
                                                 .memory_bytes_max = VT_MIB(512),
                                                 .files_max = VT_RELAY_CONNECTIONS_MAX + 64,
                                                 .libraries = { &vt_libmicrohttpd } };

enum state { FREE, QUEUED, SENT };

struct place {
    enum state state;
    struct vt_http_exchange *exchange; /* unless FREE; its body is what is sent */
};

struct counts {
    uint64_t forwarded, answered, failed, too_many, refused;
};

struct front {
    struct vt_channel courier;
    struct vt_http_server *server;
    uint64_t pending_max, connections_max, from_one_max, rate;
    struct place places[VT_RELAY_PENDING_MAX];
    uint32_t queue[VT_RELAY_PENDING_MAX]; /* places that are QUEUED, a ring */
    size_t queue_at, queued;
    unsigned untaken; /* SENT, and not yet read by the courier */
    uint64_t tokens;  /* thousandths of a request that may be taken now */
    int64_t tokens_ms;
    struct counts counts, logged;
    struct vt_error trouble; /* why we end, when it was found inside a handler */
};

/* ---- to the courier and back ------------------------------------------------------------
 */

static bool send_queued(struct front *f, struct vt_error *err)
{
    while (f->queued != 0 && f->untaken < VT_RELAY_UNTAKEN_MAX) {
        uint32_t number = f->queue[f->queue_at];
        struct place *place = &f->places[number];

        f->queue_at = (f->queue_at + 1) % VT_RELAY_PENDING_MAX;
        f->queued--;
        place->state = SENT;
        f->untaken++;
        f->counts.forwarded++;
        if (!vt_relay_send_forward(&f->courier, number, vt_http_body(place->exchange), err))
            return false;
    }
    return true;
}

static void pass_on(struct front *f, const struct vt_relay_answer *answer)
{
    struct place *place = &f->places[answer->place];

    if (answer->status == VT_HTTP_OK) {
        f->counts.answered++;
        vt_http_set_header(place->exchange, "Cache-Control", "private, no-store");
        vt_http_answer(place->exchange, VT_HTTP_OK, VT_OHTTP_RESPONSE_TYPE, answer->bytes);
    } else {
        f->counts.failed++;
        vt_http_answer_text(
            place->exchange, answer->status,
            answer->status == VT_HTTP_GATEWAY_TIMEOUT ? "the gateway did not answer in time"
            : answer->status == VT_HTTP_BAD_GATEWAY   ? "the gateway gave no answer"
                                                      : "the gateway refused");
    }
    *place = (struct place){ FREE, NULL };
}

static bool on_courier(void *context, struct vt_error *err)
{
    struct front *f = context;
    struct vt_relay_answer answer;
    struct vt_message message;
    uint32_t number;

    if (!vt_channel_receive(&f->courier, 0, &message, err))
        return false;
    if (message.type == VT_RELAY_TAKEN && vt_relay_taken_read(message.body, &number) &&
        f->untaken != 0) {
        f->untaken--;
        return send_queued(f, err);
    }
    if (message.type != VT_RELAY_ANSWER || !vt_relay_answer_read(message.body, &answer) ||
        f->places[answer.place].state != SENT)
        return vt_fail(err, VT_MALFORMED, "the courier answered what nobody asked");
    pass_on(f, &answer);
    return true;
}

/* ---- what strangers ask -----------------------------------------------------------------
 */

/* A bucket that fills with `rate` requests a second and holds one second's. */
static bool may_take(struct front *f)
{
    int64_t now_ms = vt_monotonic_ms();
    uint64_t passed_ms =
        (uint64_t)(now_ms - f->tokens_ms); /* a clock that never goes back */

    f->tokens_ms = now_ms;
    f->tokens += (passed_ms < MILLI ? passed_ms : MILLI) * f->rate;
    if (f->tokens > MILLI * f->rate)
        f->tokens = MILLI * f->rate;
    if (f->tokens < MILLI)
        return false;
    f->tokens -= MILLI;
    return true;
}

static uint32_t free_place(const struct front *f)
{
    uint32_t number = 0;

    while (number < f->pending_max && f->places[number].state != FREE)
        number++;
    return number;
}

static bool is_sealed_request(const struct vt_http_exchange *exchange)
{
    return vt_slice_is(vt_http_header(exchange, "Content-Type"), VT_OHTTP_REQUEST_TYPE);
}

static void on_request(void *context, struct vt_http_exchange *exchange)
{
    struct front *f = context;
    uint32_t number = free_place(f);

    if (!is_sealed_request(exchange) || vt_http_body(exchange).len == 0) {
        f->counts.refused++;
        vt_http_answer_text(exchange,
                            is_sealed_request(exchange) ? VT_HTTP_BAD_REQUEST
                                                        : VT_HTTP_UNSUPPORTED_TYPE,
                            "wanted: " VT_OHTTP_REQUEST_TYPE);
        return;
    }
    if (number == f->pending_max || !may_take(f)) {
        f->counts.too_many++;
        vt_http_set_header(exchange, "Retry-After", "1");
        vt_http_answer_text(exchange, VT_HTTP_TOO_MANY, "too many at once, try again");
        return;
    }
    f->places[number] = (struct place){ QUEUED, exchange };
    f->queue[(f->queue_at + f->queued++) % VT_RELAY_PENDING_MAX] = number;
    if (!send_queued(f, &f->trouble))
        vt_http_server_stop(f->server);
}

static void on_health(void *context, struct vt_http_exchange *exchange)
{
    (void)context;
    vt_http_answer_text(exchange, VT_HTTP_OK, "ok");
}

static const struct vt_http_route routes[] = {
    { "POST", "/", VT_RELAY_BYTES_MAX, on_request, NULL },
    { "GET", "/health", 0, on_health, NULL },
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
                  "vitrine relay: forwarded %ju, answered %ju, failed %ju, told to come "
                  "back %ju, refused %ju\n",
                  (uintmax_t)(now->forwarded - before->forwarded),
                  (uintmax_t)(now->answered - before->answered),
                  (uintmax_t)(now->failed - before->failed),
                  (uintmax_t)(now->too_many - before->too_many),
                  (uintmax_t)(now->refused - before->refused));
    f->logged = f->counts;
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static bool take_words(struct front *f, const json_t *words, struct vt_error *err)
{
    if (!vt_json_get_number(words, "begin", "pending_max", &f->pending_max, err) ||
        !vt_json_get_number(words, "begin", "connections_max", &f->connections_max, err) ||
        !vt_json_get_number(words, "begin", "from_one_max", &f->from_one_max, err) ||
        !vt_json_get_number(words, "begin", "rate", &f->rate, err))
        return false;
    if (f->pending_max == 0 || f->pending_max > VT_RELAY_PENDING_MAX || f->rate == 0 ||
        f->rate > VT_RELAY_RATE_MAX || f->connections_max == 0 ||
        f->connections_max > VT_RELAY_CONNECTIONS_MAX ||
        f->from_one_max > f->connections_max)
        return vt_fail(err, VT_MALFORMED, "bounds out of their bounds");
    f->tokens = MILLI * f->rate;
    return true;
}

static bool begin(struct vt_channel *channel, struct front *f, struct vt_error *err)
{
    struct vt_http_options options = {
        .routes = routes, .context = f, .stop_ms_max = STOP_MS_MAX, .minute = write_log
    };
    VT_AUTO_JSON words = NULL;

    vt_json_prepare();
    vt_confine(&vt_relay_front_rights);
    if (!vt_serve_listen(channel, &words, err) || !take_words(f, words, err))
        return false;
    options.connections_max = (unsigned)f->connections_max; /* bounded above, both */
    options.from_one_max = (unsigned)f->from_one_max;
    options.watches[0] = (struct vt_http_watch){ .fd = f->courier.fd, .ready = on_courier };
    options.stop_fd = channel->fd;
    f->tokens_ms = vt_monotonic_ms();
    return vt_http_server_new(VT_ROLE_FD(VT_RELAY_FRONT_LISTEN), &options, &f->server,
                              err) &&
           vt_serve_ready(channel, err);
}

int vt_role_relay_front(struct vt_channel *channel)
{
    VT_AUTO_FREE struct front *f = vt_alloc(sizeof *f);
    struct vt_error err = { 0 }, lost = { 0 };
    bool is_begun;

    f->courier = vt_channel_init(VT_ROLE_FD(VT_RELAY_FRONT_COURIER));
    is_begun = begin(channel, f, &err);
    if (!is_begun)
        (void)!vt_channel_send_error(channel, &err, &lost);
    else if (vt_http_server_run(f->server, &err))
        err = f->trouble;
    if (is_begun && err.code != VT_OK)
        (void)fprintf(stderr, "vitrine relay-front: %s\n", err.message);
    write_log(f);
    vt_http_server_free(f->server);
    vt_channel_clear(&f->courier);
    return err.code == VT_OK ? VT_EXIT_OK : vt_code_exit(err.code);
}
