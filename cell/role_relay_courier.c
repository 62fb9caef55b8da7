/* role relay-courier: carries sealed requests to the one gateway, many at once.  It never
 * learns who asked: the front gives it bytes and a place in a table.  What it sends is made
 * here, from its own words; nothing of a client's request but the sealed bytes goes on.
 *
 * Rights: connections, and reading what the resolver and TLS need. */
#include "cell/role_relay_courier.h"
#include "cell/relay_message.h"
#include "crypto/ohttp.h"
#include "http/http.h"
#include "http/libcurl.h"
#include "ledger/serve_message.h"
#include "wire/json.h"

enum { WAIT_MS = 1000, TIMEOUT_MS_MAX = 120000 };

const struct vt_rights vt_relay_courier_rights = { .may_connect = true,
                                                   .read_folders = { "/etc", "/usr",
                                                                     "/lib" },
                                                   .memory_bytes_max = VT_MIB(1024),
                                                   .files_max = 512,
                                                   .libraries = { &vt_libcurl } };

struct carried {
    bool is_under_way;
    struct vt_http_call call;
    struct vt_buf bytes;
};

struct courier {
    struct vt_channel *channel;
    struct vt_http_client *client;
    const char *target;
    uint64_t timeout_ms;
    struct carried carried[VT_RELAY_PENDING_MAX]; /* by place */
    size_t count;                                 /* under way */
};

/* ---- answers ----------------------------------------------------------------------------
 */

/* What the front is told: a sealed response, a refusal of the gateway's, or its silence. */
static struct vt_relay_answer answer_of(const struct courier *c,
                                        const struct vt_http_call *call)
{
    const struct carried *carried = call->context;
    struct vt_relay_answer answer = { .place = (uint32_t)(carried - c->carried),
                                      .status = VT_HTTP_BAD_GATEWAY };

    if (call->failure.code != VT_OK) {
        if (call->is_late)
            answer.status = VT_HTTP_GATEWAY_TIMEOUT;
    } else if (call->status >= 400 && call->status <= 499) {
        answer.status = (uint16_t)call->status;
    } else if (call->status == VT_HTTP_OK && call->answer.len != 0 &&
               strcmp(call->answer_type, VT_OHTTP_RESPONSE_TYPE) == 0) {
        answer.status = VT_HTTP_OK;
        answer.bytes = vt_buf_slice(&call->answer);
    }
    return answer;
}

static bool finish(struct courier *c, struct vt_http_call *call, struct vt_error *err)
{
    struct carried *carried = call->context;
    struct vt_relay_answer answer = answer_of(c, call);
    bool ok = vt_relay_send_answer(c->channel, &answer, err);

    vt_http_call_clear(call);
    vt_buf_clear(&carried->bytes);
    carried->is_under_way = false;
    c->count--;
    return ok;
}

/* ---- requests ---------------------------------------------------------------------------
 */

static bool carry(struct courier *c, uint32_t place, vt_slice bytes, struct vt_error *err)
{
    struct carried *carried = &c->carried[place];

    carried->bytes = vt_buf_init(VT_RELAY_BYTES_MAX);
    vt_buf_put(&carried->bytes, bytes); /* the channel's bytes go with the next message */
    carried->call = (struct vt_http_call){ .url = c->target,
                                           .method = "POST",
                                           .body = vt_buf_slice(&carried->bytes),
                                           .content_type = VT_OHTTP_REQUEST_TYPE,
                                           .accept = VT_OHTTP_RESPONSE_TYPE,
                                           .answer_bytes_max = VT_RELAY_BYTES_MAX,
                                           .timeout_ms = (int64_t)c->timeout_ms,
                                           .context = carried };
    carried->is_under_way = true;
    c->count++;
    return vt_http_client_start(c->client, &carried->call, err);
}

static bool take(struct courier *c, const struct vt_message *message, struct vt_error *err)
{
    vt_slice bytes;
    uint32_t place;

    if (message->type != VT_RELAY_FORWARD ||
        !vt_relay_forward_read(message->body, &place, &bytes) ||
        c->carried[place].is_under_way)
        return vt_fail(err, VT_MALFORMED, "the front sent something without a form");
    return carry(c, place, bytes, err) && vt_relay_send_taken(c->channel, place, err);
}

/* All that has come; waits for one if nothing is under way. */
static bool take_all(struct courier *c, struct vt_error *err)
{
    struct vt_error nothing = { 0 };
    struct vt_message message;

    while (vt_channel_receive(c->channel, c->count == 0 ? -1 : 0, &message, &nothing))
        if (!take(c, &message, err))
            return false;
    if (nothing.code == VT_LIMIT)
        return true;
    *err = nothing;
    return false;
}

static bool serve(struct courier *c, struct vt_error *err)
{
    struct vt_http_call *done;

    while (take_all(c, err)) {
        if (!vt_http_client_wait_or(c->client, c->channel->fd, WAIT_MS, &done, err))
            return false;
        if (done != NULL && !finish(c, done, err))
            break;
    }
    return err->code == VT_ABSENT; /* whoever asked us is gone */
}

/* ---- beginning and ending ---------------------------------------------------------------
 */

static bool begin(struct courier *c, struct vt_arena *arena, struct vt_error *err)
{
    VT_AUTO_JSON words = NULL;
    vt_slice target;

    vt_json_prepare();
    vt_confine(&vt_relay_courier_rights);
    if (!vt_serve_listen(c->channel, &words, err) ||
        !vt_json_get_text(words, "begin", "target", &target, err) ||
        !vt_json_get_number(words, "begin", "timeout_ms", &c->timeout_ms, err))
        return false;
    if (c->timeout_ms == 0 || c->timeout_ms > TIMEOUT_MS_MAX)
        return vt_fail(err, VT_MALFORMED, "bounds out of their bounds");
    c->target = vt_arena_cstr(arena, target);
    return vt_http_client_new(&c->client, err) && vt_serve_ready(c->channel, err);
}

static void end(struct courier *c)
{
    vt_http_client_free(c->client);
    for (size_t i = 0; i < VT_RELAY_PENDING_MAX; i++) {
        if (c->carried[i].is_under_way)
            vt_http_call_clear(&c->carried[i].call);
        vt_buf_clear(&c->carried[i].bytes);
    }
}

int vt_role_relay_courier(struct vt_channel *channel)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FREE struct courier *c = vt_alloc(sizeof *c);
    struct vt_error err = { 0 }, lost = { 0 };
    int code = VT_EXIT_OK;

    c->channel = channel;
    if (!begin(c, arena, &err)) {
        (void)!vt_channel_send_error(channel, &err, &lost);
        code = vt_code_exit(err.code);
    } else if (!serve(c, &err)) {
        (void)fprintf(stderr, "vitrine relay-courier: %s\n", err.message);
        code = vt_code_exit(err.code);
    }
    end(c);
    return code;
}
