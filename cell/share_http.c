/* The door to a cell over HTTP: POST /sample, PUT /sample/OBJECT?offset=N. */
#include "cell/share.h"
#include "evidence/field.h"
#include "evidence/schema.h"
#include "http/http.h"

enum { TIMEOUT_MS = 60000 };

struct vt_share_http {
    struct vt_http_client *client;
    const char *url;
};

bool vt_share_http_open(const char *url, struct vt_share_http **out, struct vt_error *err)
{
    struct vt_http_client *client;

    if (!vt_http_url_check(url, err) || !vt_http_client_new(&client, err))
        return false;
    *out = vt_alloc(sizeof **out);
    **out = (struct vt_share_http){ client, url };
    return true;
}

void vt_share_http_close(struct vt_share_http *http)
{
    if (http == NULL)
        return;
    vt_http_client_free(http->client);
    free(http);
}

/* ---- answers ----------------------------------------------------------------------------
 */

static const struct vt_field REPLY[] = {
    { "ok", VT_FIELD_BOOL, false, 0, NULL, NULL },
    { "sentence", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "offset", VT_FIELD_NUMBER, true, 0, NULL, NULL },
    { "cell", VT_FIELD_TEXT, true, 64, NULL, NULL },
    { "url", VT_FIELD_TEXT, true, 1024, NULL, NULL },
    { "retry_after_s", VT_FIELD_NUMBER, true, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static void copy(char *out, size_t len, vt_slice text)
{
    (void)snprintf(out, len, "%.*s", VT_SLICE_ARGS(text));
}

bool vt_share_reply_parse(vt_slice text, struct vt_share_reply *out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;
    uint64_t retry;

    if (!vt_json_parse(text, "the cell's answer", &json, err) ||
        !vt_schema_verify(json, "the cell's answer", REPLY, err))
        return false;
    retry = vt_field_number(json, "retry_after_s");
    out->offset = vt_field_number(json, "offset");
    out->retry_after_s = retry < UINT32_MAX ? (uint32_t)retry : UINT32_MAX;
    copy(out->sentence, sizeof out->sentence, vt_field_text(json, "sentence"));
    copy(out->cell, sizeof out->cell, vt_field_text(json, "cell"));
    copy(out->url, sizeof out->url, vt_field_text(json, "url"));
    return true;
}

/* A server before the cell's may answer with something else: then its status is what it
 * says, and without sense it is no answer. */
static bool take(const struct vt_http_call *call, struct vt_share_reply *out,
                 struct vt_error *err)
{
    vt_slice body = vt_buf_slice(&call->answer);

    out->status = call->status;
    if (call->status == 200) {
        vt_buf_put(&out->document, body);
        return vt_buf_check(&out->document, "a receipt", err);
    }
    if (strcmp(call->answer_type, "application/json") == 0)
        return vt_share_reply_parse(body, out, err);
    if (call->status == 201 || call->status == 202 || call->status == 409 ||
        call->status == 421)
        return vt_fail(err, VT_MALFORMED, "the cell's answer (%d) has not its form",
                       call->status);
    if (call->status == 502 || call->status == 504)
        return vt_fail(err, VT_IO, "no cell behind the server (%d)", call->status);
    while (body.len != 0 && body.data[body.len - 1] == '\n')
        body.len--;
    {
        struct vt_error shown = { 0 };

        (void)vt_fail(&shown, VT_REJECTED, "%.*s", VT_SLICE_ARGS(body)); /* printable */
        copy(out->sentence, sizeof out->sentence, vt_slice_from_cstr(shown.message));
    }
    return true;
}

static bool call_it(struct vt_share_http *http, struct vt_http_call *call,
                    struct vt_share_reply *out, struct vt_error *err)
{
    bool is_ok;

    call->answer_bytes_max = VT_SHARE_RECEIPT_BYTES_MAX;
    call->timeout_ms = TIMEOUT_MS;
    is_ok = vt_http_client_run(http->client, call, err) && take(call, out, err);
    vt_http_call_clear(call);
    return is_ok;
}

/* ---- questions --------------------------------------------------------------------------
 */

static bool share(void *context, const struct vt_share_request *request,
                  struct vt_share_reply *out, struct vt_error *err)
{
    struct vt_share_http *http = context;
    VT_AUTO_BUF text = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_http_call call = { .url = vt_arena_printf(arena, "%s/sample", http->url),
                                 .method = "POST",
                                 .content_type = VT_SHARE_TYPE };

    if (!vt_share_request_write(request, &text, err))
        return false;
    call.body = vt_buf_slice(&text);
    return call_it(http, &call, out, err);
}

static bool put(void *context, const vt_hash *object, uint64_t offset, vt_slice bytes,
                struct vt_share_reply *out, struct vt_error *err)
{
    struct vt_share_http *http = context;
    VT_AUTO_ARENA arena = vt_arena_new();
    char text[65];
    struct vt_http_call call = { .method = "PUT",
                                 .body = bytes,
                                 .content_type = "application/octet-stream" };

    vt_hash_text(object, text);
    call.url = vt_arena_printf(arena, "%s/sample/%s?offset=%ju", http->url, text,
                               (uintmax_t)offset);
    return call_it(http, &call, out, err);
}

struct vt_share_door vt_share_http_door(struct vt_share_http *http)
{
    return (struct vt_share_door){ .share = share, .put = put, .context = http };
}
