/* Several requests at once, over curl's multi interface. */
#include "http/client.h"
#include "http/http.h"
#include "http/libcurl.h"

enum {
    TIMEOUT_MS = 30000,
    CONNECT_MS_MAX = 10000,
    CALLS_MAX = 256,
    PIECE_BYTES = 128 << 10, /* read at once of an answer that may be longer */
};

struct vt_http_client {
    CURLM *multi;
    struct vt_http_call *calls[CALLS_MAX]; /* under way */
    size_t count;
};

/* What belongs to one call under way; call->inside. */
struct under_way {
    CURL *easy;
    struct curl_slist *headers;
    int64_t started_ms;
    bool is_too_long; /* the answer */
    char message[CURL_ERROR_SIZE];
};

bool vt_http_client_new(struct vt_http_client **client_out, struct vt_error *err)
{
    struct vt_http_client *client;
    CURLM *multi = NULL;

    vt_dynlib_need(&vt_libcurl);
    if (sym_curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        multi = sym_curl_multi_init();
        if (multi == NULL)
            sym_curl_global_cleanup();
    }
    if (multi == NULL)
        return vt_fail(err, VT_IO, "the HTTP library does not start");
    client = vt_alloc(sizeof *client);
    client->multi = multi;
    *client_out = client;
    return true;
}

/* Take the call off the client; what it got so far stays in it. */
static void detach(struct vt_http_client *client, size_t i)
{
    struct vt_http_call *call = client->calls[i];
    struct under_way *inside = call->inside;

    (void)sym_curl_multi_remove_handle(client->multi, inside->easy);
    sym_curl_easy_cleanup(inside->easy);
    sym_curl_slist_free_all(inside->headers);
    free(inside);
    call->inside = NULL;
    client->calls[i] = client->calls[--client->count];
}

void vt_http_client_cancel(struct vt_http_client *client, struct vt_http_call *call)
{
    for (size_t i = 0; i < client->count; i++)
        if (client->calls[i] == call) {
            detach(client, i);
            return;
        }
}

void vt_http_client_free(struct vt_http_client *client)
{
    if (client == NULL)
        return;
    while (client->count != 0)
        detach(client, client->count - 1);
    (void)sym_curl_multi_cleanup(client->multi);
    sym_curl_global_cleanup();
    free(client);
}

void vt_http_client_free_pointer(struct vt_http_client **client)
{
    vt_http_client_free(*client);
}

void vt_http_call_clear(struct vt_http_call *call)
{
    VT_ASSERT(call->inside == NULL);
    vt_buf_clear(&call->answer);
}

/* ---- beginning
 * ---------------------------------------------------------------------------
 */

bool vt_http_is_url(const char *where)
{
    return strncmp(where, "http://", 7) == 0 || strncmp(where, "https://", 8) == 0;
}

char *vt_http_url(struct vt_arena *arena, const char *base, const char *path)
{
    size_t len = strlen(base);

    while (len > 0 && base[len - 1] == '/')
        len--;
    return vt_arena_printf(arena, "%.*s%s", (int)len, base, path); /* cut ones fail later */
}

bool vt_http_url_check(const char *url, struct vt_error *err)
{
    vt_slice text = vt_slice_from_cstr(url);
    bool is_good = vt_http_is_url(url);

    for (size_t i = 0; i < text.len; i++)
        is_good = is_good && text.data[i] > ' ' && text.data[i] != 0x7f;
    return is_good ||
           vt_fail(err, VT_MALFORMED, "%s: not a http:// or https:// address", url);
}

static size_t take_answer(char *bytes, size_t one, size_t count, void *context)
{
    struct vt_http_call *call = context;
    struct under_way *inside = call->inside;
    size_t len = one * count; /* curl: one is always 1 */

    if (len > call->answer_bytes_max - call->answer.len) {
        inside->is_too_long = true;
        return 0;
    }
    vt_buf_put(&call->answer, vt_slice_of(bytes, len));
    return call->answer.is_full ? 0 : len;
}

/* As curl's own tool: other authorities than the system's. */
static bool set_authorities(CURL *easy)
{
    static const struct {
        const char *variable;
        CURLoption option;
    } rows[] = {
        { "SSL_CERT_FILE", CURLOPT_CAINFO },
        { "SSL_CERT_DIR", CURLOPT_CAPATH },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *place = getenv(rows[i].variable);

        if (place != NULL && place[0] != '\0' &&
            sym_curl_easy_setopt(easy, rows[i].option, place) != CURLE_OK)
            return false;
    }
    return true;
}

/* False if one of the options is not known to the library or memory is out. */
static bool set_up(CURL *easy, struct vt_http_call *call, struct under_way *inside)
{
    long timeout_ms = call->timeout_ms > 0 ? (long)call->timeout_ms : TIMEOUT_MS;
    long connect_ms = timeout_ms < CONNECT_MS_MAX ? timeout_ms : CONNECT_MS_MAX;
    bool has_body =
        call->body.len != 0 || (call->method != NULL && strcmp(call->method, "POST") == 0);

#define SET(option, value) (sym_curl_easy_setopt(easy, option, value) == CURLE_OK)
    if (!SET(CURLOPT_URL, call->url) || !SET(CURLOPT_PROTOCOLS_STR, "http,https") ||
        !SET(CURLOPT_FOLLOWLOCATION, 0L) || !SET(CURLOPT_NOSIGNAL, 1L) ||
        !SET(CURLOPT_ACCEPT_ENCODING, "gzip") || !SET(CURLOPT_TIMEOUT_MS, timeout_ms) ||
        !SET(CURLOPT_CONNECTTIMEOUT_MS, connect_ms) ||
        !SET(CURLOPT_USERAGENT, "vitrine/" VT_VERSION) ||
        !SET(CURLOPT_HTTPHEADER, inside->headers) ||
        !SET(CURLOPT_ERRORBUFFER, inside->message) || !SET(CURLOPT_PRIVATE, call) ||
        !SET(CURLOPT_WRITEFUNCTION, take_answer) || !SET(CURLOPT_WRITEDATA, call) ||
        !set_authorities(easy))
        return false;
    if (has_body && (!SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len) ||
                     !SET(CURLOPT_POSTFIELDS,
                          call->body.len != 0 ? (const char *)call->body.data : "")))
        return false;
    if (!SET(CURLOPT_FILETIME, 1L) || (call->answer_bytes_max > PIECE_BYTES &&
                                       !SET(CURLOPT_BUFFERSIZE, (long)PIECE_BYTES)))
        return false;
    if (call->method != NULL && strcmp(call->method, "HEAD") == 0)
        return SET(CURLOPT_NOBODY, 1L);
    return call->method == NULL || SET(CURLOPT_CUSTOMREQUEST, call->method);
#undef SET
}

static bool add_header(struct under_way *inside, const char *name, const char *value)
{
    char line[256];
    struct curl_slist *grown;
    int len =
        snprintf(line, sizeof line, "%s:%s%s", name, value[0] != '\0' ? " " : "", value);

    if (len < 0 || (size_t)len >= sizeof line)
        return false;
    grown = sym_curl_slist_append(inside->headers, line);
    if (grown == NULL)
        return false;
    inside->headers = grown;
    return true;
}

static bool add_token(const struct vt_http_call *call, struct under_way *inside)
{
    char value[224];
    int len;

    if (call->bearer == NULL)
        return true;
    len = snprintf(value, sizeof value, "Bearer %s", call->bearer);
    return len > 0 && (size_t)len < sizeof value && strpbrk(value, "\r\n") == NULL &&
           add_header(inside, "Authorization", value);
}

static bool add_headers(const struct vt_http_call *call, struct under_way *inside)
{
    const char *type = call->content_type != NULL ? call->content_type : "text/plain";

    /* No "Expect: 100-continue": it costs a round trip, and some servers a second. */
    return (call->accept == NULL || add_header(inside, "Accept", call->accept)) &&
           add_token(call, inside) &&
           (!call->is_gzipped || add_header(inside, "Content-Encoding", "gzip")) &&
           (call->body.len == 0 ||
            (add_header(inside, "Content-Type", type) && add_header(inside, "Expect", "")));
}

bool vt_http_client_start(struct vt_http_client *client, struct vt_http_call *call,
                          struct vt_error *err)
{
    struct under_way *inside;

    VT_ASSERT(call->inside == NULL);
    if (!vt_http_url_check(call->url, err))
        return false;
    if (client->count == CALLS_MAX)
        return vt_fail(err, VT_LIMIT, "more than %d requests at once", CALLS_MAX);
    vt_buf_clear(&call->answer);
    call->answer = vt_buf_init(call->answer_bytes_max);
    call->status = 0;
    call->failure = (struct vt_error){ 0 };
    call->is_late = false;
    call->answer_type[0] = '\0';
    call->modified_unix_s = call->length = -1;
    inside = vt_alloc(sizeof *inside);
    inside->easy = sym_curl_easy_init();
    inside->started_ms = vt_monotonic_ms();
    call->inside = inside;
    client->calls[client->count++] = call;
    if (inside->easy == NULL || !add_headers(call, inside) ||
        !set_up(inside->easy, call, inside) ||
        sym_curl_multi_add_handle(client->multi, inside->easy) != CURLM_OK) {
        vt_http_client_cancel(client, call);
        return vt_fail(err, VT_IO, "%s: the HTTP library takes no request", call->url);
    }
    return true;
}

/* ---- ending
 * ------------------------------------------------------------------------------
 */

static void take_type(struct vt_http_call *call, CURL *easy)
{
    const char *type = NULL;
    size_t len;

    if (sym_curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK ||
        type == NULL)
        return;
    len = strcspn(type, "; \t");
    if (len < sizeof call->answer_type)
        (void)snprintf(call->answer_type, sizeof call->answer_type, "%.*s", (int)len, type);
}

static void take_age_and_length(struct vt_http_call *call, CURL *easy)
{
    curl_off_t modified = -1, length = -1;

    if (sym_curl_easy_getinfo(easy, CURLINFO_FILETIME_T, &modified) == CURLE_OK)
        call->modified_unix_s = modified;
    if (sym_curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) ==
        CURLE_OK)
        call->length = length;
}

/* How long it took is not what is wrong: the same trouble has the same words each time, so
 * that it is told once. */
static void drop_duration(char *message)
{
    char *begin = strstr(message, " after "), *end;

    if (begin == NULL)
        return;
    end = begin + strlen(" after ");
    end += strspn(end, "0123456789");
    if (strncmp(end, " ms", 3) == 0)
        memmove(begin, end + 3, strlen(end + 3) + 1);
}

static void take_failure(struct vt_http_call *call, CURLcode code)
{
    struct under_way *inside = call->inside;

    drop_duration(inside->message);

    call->is_late = code == CURLE_OPERATION_TIMEDOUT;
    if (inside->is_too_long)
        (void)vt_fail(&call->failure, VT_LIMIT, "%s: the answer is longer than %zu bytes",
                      call->url, call->answer_bytes_max);
    else if (call->is_late)
        (void)vt_fail(&call->failure, VT_LIMIT, "%s: no answer within %jd ms", call->url,
                      (intmax_t)(call->timeout_ms > 0 ? call->timeout_ms : TIMEOUT_MS));
    else
        (void)vt_fail(&call->failure, VT_IO, "%s: %s", call->url,
                      inside->message[0] != '\0' ? inside->message
                                                 : sym_curl_easy_strerror(code));
}

static void finish(struct vt_http_client *client, struct vt_http_call *call, CURLcode code)
{
    struct under_way *inside = call->inside;
    long status = 0;

    call->took_ms = vt_monotonic_ms() - inside->started_ms;
    if (code == CURLE_OK &&
        sym_curl_easy_getinfo(inside->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
        status > 0) {
        call->status = (int)status;
        take_type(call, inside->easy);
        take_age_and_length(call, inside->easy);
    } else {
        take_failure(call, code);
    }
    vt_http_client_cancel(client, call);
}

/* The next call that has ended; NULL if none has. */
static struct vt_http_call *next_done(struct vt_http_client *client)
{
    CURLMsg *message;
    int left;

    while ((message = sym_curl_multi_info_read(client->multi, &left)) != NULL) {
        struct vt_http_call *call = NULL;

        if (message->msg != CURLMSG_DONE ||
            sym_curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call) !=
                CURLE_OK)
            continue;
        finish(client, call, message->data.result);
        return call;
    }
    return NULL;
}

bool vt_http_client_wait(struct vt_http_client *client, int64_t timeout_ms,
                         struct vt_http_call **done_out, struct vt_error *err)
{
    return vt_http_client_wait_or(client, -1, timeout_ms, done_out, err);
}

/* False: the library gave up.  ready_out: the descriptor can be read. */
static bool poll_both(struct vt_http_client *client, int fd, int64_t timeout_ms,
                      bool *ready_out)
{
    struct curl_waitfd also = { .fd = fd, .events = CURL_WAIT_POLLIN };
    unsigned count = fd >= 0 ? 1 : 0;

    if (sym_curl_multi_poll(client->multi, &also, count,
                            (int)(timeout_ms > TIMEOUT_MS ? TIMEOUT_MS : timeout_ms),
                            NULL) != CURLM_OK)
        return false;
    *ready_out = count != 0 && also.revents != 0;
    return true;
}

bool vt_http_client_wait_or(struct vt_http_client *client, int fd, int64_t timeout_ms,
                            struct vt_http_call **done_out, struct vt_error *err)
{
    int64_t end_ms = vt_monotonic_ms() + timeout_ms;
    bool is_ready = false;

    for (;;) {
        int running;
        struct vt_http_call *done;
        int64_t left_ms;

        if (sym_curl_multi_perform(client->multi, &running) != CURLM_OK)
            return vt_fail(err, VT_IO, "the HTTP library gave up");
        done = next_done(client);
        left_ms = end_ms - vt_monotonic_ms();
        if (done != NULL || client->count == 0 || left_ms <= 0 || is_ready) {
            *done_out = done;
            return true;
        }
        if (!poll_both(client, fd, left_ms, &is_ready))
            return vt_fail(err, VT_IO, "the HTTP library gave up");
    }
}

bool vt_http_client_run(struct vt_http_client *client, struct vt_http_call *call,
                        struct vt_error *err)
{
    struct vt_http_call *done = NULL;

    VT_ASSERT(client->count == 0);
    if (!vt_http_client_start(client, call, err))
        return false;
    while (call->inside != NULL)
        if (!vt_http_client_wait(client, TIMEOUT_MS, &done, err)) {
            vt_http_client_cancel(client, call);
            return false;
        }
    if (call->failure.code == VT_OK)
        return true;
    *err = call->failure;
    return false;
}

bool vt_http_client_get(struct vt_http_client *client, const char *base, const char *path,
                        struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_http_call call = { .url = vt_http_url(arena, base, path),
                                 .answer_bytes_max = out->bytes_max };
    bool is_ok = vt_http_client_run(client, &call, err);

    if (is_ok && call.status != VT_HTTP_OK)
        is_ok = vt_fail(err, call.status == VT_HTTP_NOT_FOUND ? VT_ABSENT : VT_IO,
                        "%s: answered %d", call.url, call.status);
    if (is_ok)
        vt_buf_put(out, vt_buf_slice(&call.answer));
    vt_http_call_clear(&call);
    return is_ok && vt_buf_check(out, path, err);
}
