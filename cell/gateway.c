/* The gateway: open, answer, pad, seal. */
#include "cell/gateway.h"
#include "http/http.h"
#include "wire/binary_http.h"

/* ---- a plain answer ---------------------------------------------------------------------
 */

static vt_slice without_query(vt_slice path)
{
    vt_reader r = { path };
    vt_slice before;

    return vt_read_until(&r, '?', &before) ? before : path;
}

static bool is_below(vt_slice path, const char *prefix)
{
    return vt_slice_starts_with(path, vt_slice_from_cstr(prefix)) &&
           path.len > strlen(prefix);
}

static void ask_handler(const struct vt_gateway *gateway,
                        const struct vt_binary_http *request,
                        struct vt_gateway_answer *answer)
{
    vt_slice path = without_query(request->path);

    if (vt_binary_fields_find(&request->headers, "expect").len != 0)
        answer->status = VT_HTTP_BAD_REQUEST;
    else if (!vt_slice_is(request->method, "GET"))
        answer->status = VT_HTTP_METHOD_NOT_ALLOWED;
    else if (is_below(path, gateway->prefix))
        gateway->handle(gateway->context, path, answer);
}

static void write_answer(const struct vt_gateway_answer *answer, struct vt_buf *out)
{
    struct vt_binary_field type = { VT_LIT("content-type"),
                                    vt_slice_from_cstr(answer->content_type) };
    struct vt_binary_http response = { .status = (unsigned)answer->status,
                                       .content = vt_buf_slice(&answer->content) };

    if (answer->content_type != NULL)
        response.headers = (struct vt_binary_fields){ &type, 1 };
    vt_binary_http_write(out, &response);
}

bool vt_gateway_reply(const struct vt_gateway *gateway, vt_slice bytes, struct vt_buf *out,
                      struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF plain = vt_buf_init(gateway->answer_bytes);
    struct vt_gateway_answer answer = { .status = VT_HTTP_NOT_FOUND,
                                        .content = vt_buf_init(gateway->answer_bytes) };
    struct vt_error malformed = { 0 };
    struct vt_binary_http request;

    if (!vt_binary_http_parse(bytes, arena, &request, &malformed) || !request.is_request)
        answer.status = VT_HTTP_BAD_REQUEST;
    else
        ask_handler(gateway, &request, &answer);
    VT_ASSERT(answer.status >= 200 && answer.status <= 599);
    write_answer(&answer, &plain);
    if (plain.is_full || answer.content.is_full) {
        const struct vt_gateway_answer too_long = { .status = VT_HTTP_ERROR };

        vt_buf_clear(&plain);
        plain = vt_buf_init(gateway->answer_bytes);
        write_answer(&too_long, &plain);
    }
    vt_buf_clear(&answer.content);
    if (!vt_binary_http_pad(&plain, gateway->answer_bytes, err))
        return false;
    vt_buf_put(out, vt_buf_slice(&plain));
    return vt_buf_check(out, "the answer", err);
}

/* ---- sealed -----------------------------------------------------------------------------
 */

bool vt_gateway_serve(const struct vt_gateway *gateway, const struct vt_env *env,
                      const struct vt_ohttp_key *keys, size_t key_count, vt_slice message,
                      struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_OHTTP_EXCHANGE exchange = { .enc = { 0 } };
    VT_AUTO_BUF request = vt_buf_init(VT_OHTTP_BYTES_MAX);
    VT_AUTO_BUF plain = vt_buf_init(VT_OHTTP_BYTES_MAX);

    return vt_ohttp_request_open(keys, key_count, message, &request, &exchange, err) &&
           vt_gateway_reply(gateway, vt_buf_slice(&request), &plain, err) &&
           vt_ohttp_response_seal(env, &exchange, vt_buf_slice(&plain), out, err);
}
