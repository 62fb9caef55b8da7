/* Asking obliviously: write, pad, seal, post, open, read. */
#include "cell/oblivious.h"
#include "http/http.h"
#include "wire/binary_http.h"

static bool write_request(const struct vt_oblivious *oblivious, vt_slice path,
                          struct vt_buf *out, struct vt_error *err)
{
    struct vt_binary_http request = { .is_request = true,
                                      .method = VT_LIT("GET"),
                                      .scheme = VT_LIT("https"),
                                      .authority = vt_slice_from_cstr(oblivious->authority),
                                      .path = path };

    vt_binary_http_write(out, &request);
    return vt_buf_check(out, "the request", err) &&
           vt_binary_http_pad(out, VT_OBLIVIOUS_REQUEST_BYTES, err);
}

/* The sealed answer, if it is one. */
static bool post(const struct vt_oblivious *oblivious, struct vt_http_client *client,
                 struct vt_http_call *call, struct vt_error *err)
{
    if (!vt_http_client_run(client, call, err))
        return vt_within(err, "relay");
    if (call->status == VT_HTTP_BAD_GATEWAY || call->status == VT_HTTP_GATEWAY_TIMEOUT)
        return vt_fail(err, VT_IO, "relay %s: its gateway does not answer",
                       oblivious->relay);
    if (call->status == VT_HTTP_TOO_MANY || call->status == VT_HTTP_UNAVAILABLE)
        return vt_fail(err, VT_IO, "relay %s: is busy; try again later", oblivious->relay);
    if (call->status != VT_HTTP_OK)
        return vt_fail(err, VT_REJECTED, "relay %s: refused with status %d%s",
                       oblivious->relay, call->status,
                       call->status == VT_HTTP_BAD_REQUEST
                           ? ": the gateway's key may have changed"
                           : "");
    return strcmp(call->answer_type, VT_OHTTP_RESPONSE_TYPE) == 0 ||
           vt_fail(err, VT_REJECTED, "relay %s: answered something that is not sealed",
                   oblivious->relay);
}

static bool read_answer(vt_slice plain, struct vt_arena *arena,
                        struct vt_oblivious_answer *out, struct vt_error *err)
{
    vt_slice kept = vt_arena_copy(arena, plain);
    struct vt_binary_http response;

    if (!vt_binary_http_parse(kept, arena, &response, err))
        return false;
    if (response.is_request)
        return vt_fail(err, VT_MALFORMED, "the gateway answered with a request");
    *out = (struct vt_oblivious_answer){
        .status = response.status,
        .content_type = vt_binary_fields_find(&response.headers, "content-type"),
        .content = response.content,
    };
    return true;
}

bool vt_oblivious_get(const struct vt_oblivious *oblivious, struct vt_http_client *client,
                      const struct vt_env *env, vt_slice path, struct vt_arena *arena,
                      struct vt_oblivious_answer *out, struct vt_error *err)
{
    VT_AUTO_OHTTP_EXCHANGE exchange = { .enc = { 0 } };
    VT_AUTO_BUF request = vt_buf_init(VT_OBLIVIOUS_REQUEST_BYTES);
    VT_AUTO_BUF sealed = vt_buf_init(VT_KIB(4));
    VT_AUTO_BUF plain = vt_buf_init(oblivious->answer_bytes_max);
    struct vt_http_call call = { .url = oblivious->relay,
                                 .method = "POST",
                                 .content_type = VT_OHTTP_REQUEST_TYPE,
                                 .accept = VT_OHTTP_RESPONSE_TYPE,
                                 .answer_bytes_max =
                                     oblivious->answer_bytes_max + VT_OHTTP_RESPONSE_EXTRA,
                                 .timeout_ms = oblivious->timeout_ms };
    bool ok;

    if (!write_request(oblivious, path, &request, err) ||
        !vt_ohttp_request_seal(env, oblivious->key, vt_buf_slice(&request), &sealed,
                               &exchange, err))
        return false;
    call.body = vt_buf_slice(&sealed);
    ok = post(oblivious, client, &call, err) &&
         vt_ohttp_response_open(&exchange, vt_buf_slice(&call.answer), &plain, err) &&
         read_answer(vt_buf_slice(&plain), arena, out, err);
    vt_http_call_clear(&call);
    return ok;
}
