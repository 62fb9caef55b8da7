/* The server's loop around libmicrohttpd, which runs here without a thread of its own: one
 * poll over its epoll descriptor and the owner's, then a step of it.
 *
 * An exchange's life:
 *
 *   first call      route found? bound kept?  -- no --> REFUSED, body read away
 *   body calls      gathered up to the route's bound -- over --> REFUSED
 *                   or handed out piece by piece; the owner may let the connection sleep
 *   last call       handler runs -- answered at once --> queued
 *                                -- else it sleeps until vt_http_answer: it dozes for
 *                                   some steps, then its connection is suspended
 *   after the wake  queued
 *   completed       freed (in the library's callback); if its client went while it dozed,
 *                   freed when it is answered */
#include "http/http.h"
#include "http/plain.h"
#include "http/server_inside.h"
#include "http/libmicrohttpd.h"
#include <poll.h>
#include <sys/socket.h>

enum {
    CONNECTIONS_MAX = 256,
    REQUEST_MS_MAX = 15000,
    STREAM_MS_MAX = 300000,
    ANSWER_MS_MAX = 60000,
    STOP_MS_MAX = 5000,
    HEAD_BYTES_MAX = 16 << 10, /* of request line and headers together */
    HEADERS_MAX = 8,
    SWEEP_MS = 250,
    DISPLACE_MAX = 256,  /* looked at for one that may go */
    DOZE_STEPS_MAX = 32, /* then a connection that waits for its answer is suspended */
    DOZE_MS = 1,         /* between two steps while somebody dozes */
    WATCHES_MAX = 12,
    MINUTE_MS = 60000,
};

/* ---- reading a request
 * -------------------------------------------------------------------
 */

vt_slice vt_http_path(const struct vt_http_exchange *exchange)
{
    return exchange->path;
}

vt_slice vt_http_body(const struct vt_http_exchange *exchange)
{
    return exchange->line != NULL ? exchange->plain.body : vt_buf_slice(&exchange->body);
}

vt_slice vt_http_header(const struct vt_http_exchange *exchange, const char *name)
{
    if (exchange->line != NULL)
        return vt_plain_header(exchange->plain.lines, name);
    return vt_slice_from_cstr(
        sym_MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name));
}

vt_slice vt_http_query(const struct vt_http_exchange *exchange, const char *name)
{
    if (exchange->line != NULL)
        return (vt_slice){ 0 }; /* a plain path has none */
    return vt_slice_from_cstr(
        sym_MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, name));
}

/* ---- answering
 * ---------------------------------------------------------------------------
 */

void vt_http_set_header(struct vt_http_exchange *exchange, const char *name,
                        const char *value)
{
    char(*slot)[128];

    VT_ASSERT(exchange->status == 0 && exchange->header_count < HEADERS_MAX);
    if (exchange->headers == NULL)
        exchange->headers = vt_alloc_array(HEADERS_MAX, sizeof *exchange->headers);
    slot = exchange->headers[exchange->header_count];
    VT_ASSERT(strlen(name) < sizeof slot[0] && strlen(value) < sizeof slot[1]);
    (void)snprintf(slot[0], sizeof slot[0], "%s", name);
    (void)snprintf(slot[1], sizeof slot[1], "%s", value);
    exchange->header_count++;
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    VT_ASSERT(sym_MHD_add_response_header(response, name, value) == MHD_YES);
}

static void exchange_free(struct vt_http_exchange *exchange)
{
    if (exchange->response != NULL && !exchange->is_ready)
        sym_MHD_destroy_response(exchange->response);
    exchange->server->gathered -= exchange->body.capacity;
    vt_buf_clear(&exchange->body);
    free(exchange->headers);
    free(exchange);
}

static void fall_asleep(struct vt_http_exchange *exchange)
{
    struct vt_http_server *server = exchange->server;

    exchange->is_sleeping = true;
    exchange->before = NULL; /* it may have slept before, behind another */
    exchange->next = server->sleeping;
    if (exchange->next != NULL)
        exchange->next->before = exchange;
    server->sleeping = exchange;
    server->dozing_count++;
}

/* Nobody came to wake it for so long that being called in each step would cost more. */
static void sleep_soundly(struct vt_http_exchange *exchange)
{
    exchange->is_suspended = true;
    exchange->server->dozing_count--;
    sym_MHD_suspend_connection(exchange->connection);
}

static void wake(struct vt_http_exchange *exchange)
{
    struct vt_http_server *server = exchange->server;

    exchange->is_paused = false;
    if (exchange->next != NULL)
        exchange->next->before = exchange->before;
    if (exchange->before != NULL)
        exchange->before->next = exchange->next;
    else
        server->sleeping = exchange->next;
    exchange->is_sleeping = false;
    if (exchange->connection == NULL) {
        exchange_free(exchange); /* its client went */
    } else if (exchange->is_suspended) {
        exchange->is_suspended = false; /* it may pause again */
        sym_MHD_resume_connection(exchange->connection);
    } else {
        server->dozing_count--;
        server->has_more = true;
    }
}

static void give(struct vt_http_exchange *exchange, int status, const char *content_type,
                 struct MHD_Response *response)
{
    VT_ASSERT(exchange->status == 0 && exchange->line == NULL && response != NULL);
    if (content_type != NULL)
        add_header(response, "Content-Type", content_type);
    add_header(response, "X-Content-Type-Options", "nosniff");
    for (const char *const *fixed = exchange->server->options.headers;
         fixed != NULL && fixed[0] != NULL; fixed += 2)
        add_header(response, fixed[0], fixed[1]);
    for (size_t i = 0; i < exchange->header_count; i++)
        add_header(response, exchange->headers[i][0], exchange->headers[i][1]);
    if (exchange->server->is_stopping)
        add_header(response, "Connection", "close");
    exchange->status = status;
    exchange->response = response;
    if (exchange->is_sleeping)
        wake(exchange);
}

void vt_http_set_owned(struct vt_http_exchange *exchange, void *owned)
{
    exchange->owned = owned;
}

void *vt_http_owned(const struct vt_http_exchange *exchange)
{
    return exchange->owned;
}

/* The connection goes to sleep when `take` has returned. */
void vt_http_pause(struct vt_http_exchange *exchange)
{
    exchange->is_paused = true;
}

void vt_http_resume(struct vt_http_exchange *exchange)
{
    exchange->is_paused = false;
    if (exchange->is_sleeping)
        wake(exchange);
}

void vt_http_answer(struct vt_http_exchange *exchange, int status, const char *content_type,
                    vt_slice body)
{
    if (exchange->line != NULL)
        vt_plain_answer(exchange, status, content_type, body);
    else
        give(exchange, status, content_type,
             sym_MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.data,
                                                 MHD_RESPMEM_MUST_COPY));
}

void vt_http_answer_buf(struct vt_http_exchange *exchange, int status,
                        const char *content_type, struct vt_buf *body)
{
    if (exchange->line != NULL) {
        vt_plain_answer(exchange, status, content_type, vt_buf_slice(body));
        vt_buf_clear(body);
        return;
    }
    give(exchange, status, content_type,
         sym_MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_MUST_FREE));
    *body = vt_buf_init(0);
}

struct vt_http_ready {
    struct MHD_Response *response;
    vt_slice body; /* in the response */
};

struct vt_http_ready *vt_http_ready_new(const char *content_type,
                                        const char *const headers[], vt_slice body)
{
    uint8_t *copy = vt_alloc(body.len + 1);
    struct vt_http_ready *ready = vt_alloc(sizeof *ready);

    vt_dynlib_need(&vt_libmicrohttpd);
    if (body.len != 0)
        memcpy(copy, body.data, body.len);
    ready->body = vt_slice_of(copy, body.len);
    ready->response =
        sym_MHD_create_response_from_buffer(body.len, copy, MHD_RESPMEM_MUST_FREE);
    VT_ASSERT(ready->response != NULL);
    add_header(ready->response, "Content-Type", content_type);
    add_header(ready->response, "X-Content-Type-Options", "nosniff");
    for (size_t i = 0; headers[i] != NULL; i += 2)
        add_header(ready->response, headers[i], headers[i + 1]);
    return ready;
}

/* The library keeps the response as long as somebody is sent it. */
void vt_http_ready_free(struct vt_http_ready *ready)
{
    if (ready == NULL)
        return;
    sym_MHD_destroy_response(ready->response);
    free(ready);
}

vt_slice vt_http_ready_body(const struct vt_http_ready *ready)
{
    return ready->body;
}

void vt_http_answer_ready(struct vt_http_exchange *exchange,
                          const struct vt_http_ready *ready)
{
    VT_ASSERT(exchange->status == 0 && !exchange->is_sleeping && exchange->line == NULL);
    exchange->is_ready = true;
    exchange->status = VT_HTTP_OK;
    exchange->response = ready->response;
}

void vt_http_answer_fd(struct vt_http_exchange *exchange, int status,
                       const char *content_type, int fd, uint64_t bytes)
{
    give(exchange, status, content_type, sym_MHD_create_response_from_fd64(bytes, fd));
}

void vt_http_answer_text(struct vt_http_exchange *exchange, int status, const char *format,
                         ...)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    char sentence[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    vt_buf_put_text(&text, sentence);
    vt_buf_put_u8(&text, '\n');
    vt_http_answer(exchange, status, "text/plain; charset=utf-8", vt_buf_slice(&text));
}

/* ---- routes
 * ------------------------------------------------------------------------------
 */

static bool path_fits(const struct vt_http_route *route, vt_slice path)
{
    size_t len = strlen(route->path);

    if (len != 0 && route->path[len - 1] == '*')
        return vt_slice_starts_with(path, vt_slice_of(route->path, len - 1));
    return vt_slice_is(path, route->path);
}

static bool method_fits(const struct vt_http_route *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

enum { METHODS_BYTES = 64 };

/* What this path takes, each once: "GET", "POST, GET"; "" if there is nothing. */
static void methods_of(const struct vt_http_exchange *exchange, const char *between,
                       char out[METHODS_BYTES])
{
    const struct vt_http_route *route = exchange->server->options.routes;
    size_t len = 0;

    out[0] = '\0';
    for (; route->method != NULL; route++)
        if (path_fits(route, exchange->path) && strstr(out, route->method) == NULL &&
            len < METHODS_BYTES)
            len += (size_t)snprintf(out + len, METHODS_BYTES - len, "%s%s",
                                    len != 0 ? between : "", route->method);
}

static void refuse_method(struct vt_http_exchange *exchange)
{
    char methods[METHODS_BYTES];

    methods_of(exchange, ", ", methods);
    if (methods[0] == '\0') {
        vt_http_answer_text(exchange, VT_HTTP_NOT_FOUND, "there is nothing here");
        return;
    }
    vt_http_set_header(exchange, "Allow", methods);
    methods_of(exchange, " and ", methods);
    vt_http_answer_text(exchange, VT_HTTP_METHOD_NOT_ALLOWED, "this takes %s", methods);
}

/* The route, or the refusal. */
static const struct vt_http_route *find_route(struct vt_http_exchange *exchange,
                                              const char *method)
{
    const struct vt_http_route *route = exchange->server->options.routes;

    for (; route->method != NULL; route++)
        if (path_fits(route, exchange->path) && method_fits(route, method))
            return route;
    refuse_method(exchange);
    return NULL;
}

/* ---- the library's callbacks
 * -------------------------------------------------------------
 */

static struct vt_http_connection *connection_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        sym_MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info->socket_context;
}

static void unlink_connection(struct vt_http_connection *connection)
{
    connection->next->before = connection->before;
    connection->before->next = connection->next;
}

static void link_first(struct vt_http_server *server, struct vt_http_connection *connection)
{
    connection->next = server->ring.next;
    connection->before = &server->ring;
    connection->next->before = connection->before->next = connection;
}

void vt_http_connection_does(struct vt_http_server *server,
                             struct vt_http_connection *connection,
                             enum vt_http_activity what)
{
    connection->does = what;
    connection->since_ms = vt_monotonic_ms();
    connection->is_peeked = false;
    unlink_connection(connection);
    link_first(server, connection);
}

static void now_does(struct vt_http_exchange *exchange, enum vt_http_activity what)
{
    vt_http_connection_does(exchange->server, connection_of(exchange->connection), what);
}

static void cut(struct vt_http_server *server, struct vt_http_connection *connection)
{
    connection->is_cut = true;
    (void)shutdown(connection->fd, SHUT_RDWR);
    unlink_connection(connection);
    link_first(server, connection);
}

/* The table is over its bound: whoever has sent no whole request for the longest time goes.
 * If everybody waits for us nobody does, and the next ones wait to be accepted. */
static void displace(struct vt_http_server *server)
{
    struct vt_http_connection *at = server->ring.before;

    for (unsigned i = 0; i < DISPLACE_MAX && at != &server->ring; i++, at = at->before) {
        if (at->does != VT_HTTP_READING || at->is_cut)
            continue;
        cut(server, at);
        server->counts.displaced++;
        return;
    }
}

/* Nothing more of it is taken. */
static void drop_body(struct vt_http_exchange *exchange)
{
    exchange->server->gathered -= exchange->body.capacity;
    vt_buf_clear(&exchange->body);
    exchange->body = vt_buf_init(0);
    exchange->route = NULL;
}

static void refuse_body(struct vt_http_exchange *exchange)
{
    drop_body(exchange);
    if (exchange->status == 0)
        vt_http_answer_text(exchange, VT_HTTP_TOO_LARGE, "the body is too long");
}

static void gather(struct vt_http_exchange *exchange, vt_slice piece)
{
    struct vt_http_server *server = exchange->server;
    size_t before = exchange->body.capacity;

    vt_buf_put(&exchange->body, piece);
    server->gathered += exchange->body.capacity - before;
    if (exchange->route == NULL)
        return; /* it was refused */
    if (exchange->body.is_full) {
        refuse_body(exchange);
    } else if (server->gathered > server->options.gathered_bytes_max) {
        drop_body(exchange);
        vt_http_set_header(exchange, "Retry-After", "1");
        vt_http_answer_text(exchange, VT_HTTP_UNAVAILABLE,
                            "too many bodies come at once, try again");
    }
}

/* The library hands over what stands before a NUL; somebody in front of us may read on. */
static size_t unescape(void *context, struct MHD_Connection *connection, char *text)
{
    size_t len = sym_MHD_http_unescape(text);

    (void)context;
    if (strlen(text) != len)
        connection_of(connection)->has_nul = true;
    return len;
}

struct framing {
    unsigned lengths, codings;
    bool is_odd; /* said in a way that somebody may read as something else */
};

static bool is_all_digits(const char *text)
{
    return text != NULL && text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

/* Begins so, and goes on. */
static bool is_longer_than(const char *name, const char *begin)
{
    return strncasecmp(name, begin, strlen(begin)) == 0 && strlen(name) > strlen(begin);
}

static enum MHD_Result count_framing(void *context, enum MHD_ValueKind kind,
                                     const char *name, const char *value)
{
    struct framing *framing = context;

    (void)kind;
    /* RFC 9112, 5.1 and 5.2: no space before the colon; and of a line that is folded the
     * library takes the second part for the end of the name. */
    if (strpbrk(name, " \t") != NULL || is_longer_than(name, "Content-Length") ||
        is_longer_than(name, "Transfer-Encoding"))
        framing->is_odd = true;
    if (strcasecmp(name, "Content-Length") == 0) {
        framing->lengths++;
        framing->is_odd = framing->is_odd || !is_all_digits(value);
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        framing->codings++;
        framing->is_odd =
            framing->is_odd || value == NULL || strcasecmp(value, "chunked") != 0;
    }
    return MHD_YES;
}

/* Who says twice, or oddly, how long a body is lets two readers find two requests (RFC
 * 9112, 6.3). */
static bool is_plain(struct vt_http_exchange *exchange)
{
    struct vt_http_connection *connection = connection_of(exchange->connection);
    struct framing framing = { .lengths = 0 };
    bool has_nul = connection->has_nul;

    connection->has_nul = false;
    (void)sym_MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND,
                                        count_framing, &framing);
    if (!has_nul && !framing.is_odd && framing.lengths + framing.codings <= 1)
        return true;
    vt_http_set_header(exchange, "Connection", "close");
    vt_http_answer_text(exchange, VT_HTTP_BAD_REQUEST,
                        has_nul ? "a NUL belongs into no path"
                        : framing.is_odd
                            ? "the length of the body, or a header's name, has "
                              "a form that not everybody reads alike"
                            : "the length of the body is said twice");
    return false;
}

static struct vt_http_exchange *exchange_new(struct vt_http_server *server,
                                             struct MHD_Connection *connection,
                                             const char *path, const char *method)
{
    struct vt_http_exchange *exchange = vt_alloc(sizeof *exchange);

    exchange->server = server;
    exchange->connection = connection;
    exchange->path = vt_slice_from_cstr(path);
    exchange->body = vt_buf_init(0);
    if (is_plain(exchange))
        exchange->route = find_route(exchange, method);
    if (exchange->route == NULL)
        return exchange;
    exchange->stream_since_ms = vt_monotonic_ms();
    if (exchange->route->stream != NULL && exchange->route->body_bytes_max == 0)
        return exchange; /* of any length */
    exchange->body = vt_buf_init(exchange->route->body_bytes_max);
    if (vt_decimal_parse(vt_http_header(exchange, "Content-Length"),
                         &exchange->announced) &&
        exchange->announced > exchange->route->body_bytes_max)
        refuse_body(exchange);
    else if (exchange->route->body_bytes_max != 0 && server->options.may != NULL &&
             !server->options.may(server->options.context, exchange))
        drop_body(exchange);
    return exchange;
}

static enum MHD_Result queue(struct vt_http_exchange *exchange)
{
    struct MHD_Response *response = exchange->response;
    enum MHD_Result result;

    exchange->response = NULL;
    exchange->server->has_more = true; /* it is sent in the next step */
    now_does(exchange, VT_HTTP_WRITING);
    result =
        sym_MHD_queue_response(exchange->connection, (unsigned)exchange->status, response);
    if (!exchange->is_ready)
        sym_MHD_destroy_response(response);
    return result;
}

/* A whole request is here, or was refused. */
static enum MHD_Result handle(struct vt_http_exchange *exchange)
{
    if (!exchange->is_handled) {
        exchange->is_handled = true;
        now_does(exchange, VT_HTTP_WORKING);
        if (exchange->route != NULL && exchange->status == 0)
            exchange->route->handle(exchange->server->options.context, exchange);
        if (exchange->status == 0)
            fall_asleep(exchange);
    }
    if (exchange->status != 0)
        return queue(exchange);
    if (exchange->dozed++ ==
        (exchange->server->options.tls_key != NULL ? 0 : DOZE_STEPS_MAX))
        sleep_soundly(exchange);
    return MHD_YES;
}

/* The next piece of a body that is not gathered.  The library sends no answer before the
 * whole body is there, so what comes behind an answer is read away, up to a bound. */
static enum MHD_Result take_piece(struct vt_http_exchange *exchange, vt_slice piece)
{
    int64_t now_ms = vt_monotonic_ms();

    now_does(exchange, VT_HTTP_READING); /* for each piece its own time ... */
    if (now_ms - exchange->stream_since_ms >= exchange->server->options.stream_ms_max)
        return MHD_NO; /* ... and for all of them one */
    if (exchange->status != 0) {
        exchange->read_away += piece.len;
        return exchange->read_away <= VT_HTTP_READ_AWAY_MAX ? MHD_YES : MHD_NO;
    }
    exchange->route->stream->take(exchange->server->options.context, exchange, piece);
    if (exchange->is_paused && exchange->status == 0) {
        now_does(exchange, VT_HTTP_WORKING);
        fall_asleep(exchange);
        sleep_soundly(exchange);
    }
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *piece, size_t *piece_len, void **state)
{
    struct vt_http_exchange *exchange = *state;

    (void)version;
    if (exchange == NULL) {
        exchange = *state = exchange_new(context, connection, path, method);
        /* A refusal before the body was read closes the connection, which is what we want
         * with a body that is too long. */
        return exchange->route == NULL ? handle(exchange) : MHD_YES;
    }
    if (*piece_len == 0)
        return handle(exchange);
    /* Of a body in chunks the library hands on the next although we paused: it keeps what
     * we do not take, and comes again. */
    if (exchange->is_sleeping)
        return MHD_YES;
    if (exchange->route != NULL && exchange->route->stream != NULL) {
        vt_slice bytes = vt_slice_of(piece, *piece_len);

        *piece_len = 0;
        exchange->server->has_more = true;
        return take_piece(exchange, bytes);
    }
    gather(exchange, vt_slice_of(piece, *piece_len));
    *piece_len = 0;
    exchange->server->has_more |= exchange->body.len != exchange->announced;
    return MHD_YES;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why)
{
    struct vt_http_exchange *exchange = *state;

    (void)context;
    (void)connection;
    (void)why;
    if (exchange == NULL)
        return;
    now_does(exchange, VT_HTTP_READING);
    if (!exchange->is_handled && exchange->status == 0 && exchange->route != NULL &&
        exchange->route->stream != NULL)
        exchange->route->stream->gone(exchange->server->options.context, exchange);
    *state = NULL;
    if (!exchange->is_sleeping) {
        exchange_free(exchange);
        return;
    }
    /* Its owner will answer; until then the body stays his. */
    exchange->connection = NULL;
    exchange->path = (vt_slice){ 0 };
    exchange->server->dozing_count--;
}

struct vt_http_connection *vt_http_connection_new(struct vt_http_server *server, int fd)
{
    struct vt_http_connection *connection = vt_alloc(sizeof *connection);

    connection->fd = fd;
    connection->since_ms = vt_monotonic_ms();
    link_first(server, connection);
    server->counts.accepted++;
    if (++server->counts.open > server->options.connections_max)
        displace(server);
    return connection;
}

void vt_http_connection_free(struct vt_http_server *server,
                             struct vt_http_connection *connection)
{
    unlink_connection(connection);
    vt_buf_clear(&connection->out);
    free(connection);
    server->counts.open--;
    server->has_closed = true;
}

static void on_connection(void *context, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct vt_http_server *server = context;

    if (what != MHD_CONNECTION_NOTIFY_STARTED) {
        if (*socket_context != NULL)
            vt_http_connection_free(server, *socket_context);
        *socket_context = NULL;
    } else if (server->handed_over != NULL) {
        *socket_context = server->handed_over;
        server->handed_over = NULL;
    } else {
        *socket_context = vt_http_connection_new(
            server, sym_MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)
                        ->connect_fd);
    }
}

void vt_http_hand_over(struct vt_http_server *server, struct vt_http_connection *connection)
{
    struct sockaddr_storage from;
    socklen_t len = sizeof from;

    if (getpeername(connection->fd, (struct sockaddr *)&from, &len) != 0) {
        (void)close(connection->fd); /* its client has gone */
        vt_http_connection_free(server, connection);
        return;
    }
    server->handed_over = connection;
    server->has_more = true;
    /* Where it fails the library closes the descriptor. */
    (void)sym_MHD_add_connection(server->daemon, connection->fd, (struct sockaddr *)&from,
                                 len);
    if (server->handed_over != NULL) {
        server->handed_over = NULL;
        vt_http_connection_free(server, connection);
    }
}

const char *vt_http_reason(int status)
{
    return sym_MHD_get_reason_phrase_for((unsigned)status);
}

/* What the library would say about its clients is of no use to us. */
__attribute__((format(printf, 2, 0))) static void on_log(void *context, const char *format,
                                                         va_list args)
{
    (void)context;
    (void)format;
    (void)args;
}

/* ---- the loop
 * ----------------------------------------------------------------------------
 */

/* The daemon closes the listening socket that it is given. */
static struct MHD_Daemon *start_daemon(struct vt_http_server *server, int fd)
{
    const struct vt_http_options *options = &server->options;
    bool is_tls = options->tls_key != NULL;
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->tls_certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->tls_key },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem listen[] = {
        { fd >= 0 ? MHD_OPTION_LISTEN_SOCKET : MHD_OPTION_END, fd, NULL },
        { MHD_OPTION_END, 0, NULL },
    };

    return sym_MHD_start_daemon(
        (unsigned)MHD_USE_EPOLL | (unsigned)MHD_ALLOW_SUSPEND_RESUME |
            (is_tls ? (unsigned)MHD_USE_TLS : 0U) |
            (fd < 0 ? (unsigned)MHD_USE_NO_LISTEN_SOCKET : 0U),
        0, NULL, NULL, on_request, server, MHD_OPTION_ARRAY, listen,
        MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_CONNECTION_LIMIT,
        options->connections_max + VT_HTTP_SPARE, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        options->from_one_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        2 * options->head_bytes_max, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
        MHD_OPTION_ARRAY, is_tls ? tls : tls + 2, MHD_OPTION_END);
}

bool vt_http_server_new(int listen_fd, const struct vt_http_options *options,
                        struct vt_http_server **server_out, struct vt_error *err)
{
    struct vt_http_server *server = vt_alloc(sizeof *server);
    int own_fd = fcntl(listen_fd, F_DUPFD_CLOEXEC, 0);

    vt_dynlib_need(&vt_libmicrohttpd);
    server->options = *options;
    if (server->options.connections_max == 0)
        server->options.connections_max = CONNECTIONS_MAX;
    if (server->options.head_bytes_max == 0)
        server->options.head_bytes_max = HEAD_BYTES_MAX;
    if (server->options.gathered_bytes_max == 0)
        server->options.gathered_bytes_max = VT_MIB(256);
    if (server->options.request_ms_max == 0)
        server->options.request_ms_max = REQUEST_MS_MAX;
    if (server->options.stream_ms_max == 0)
        server->options.stream_ms_max = STREAM_MS_MAX;
    if (server->options.answer_ms_max == 0)
        server->options.answer_ms_max = ANSWER_MS_MAX;
    if (server->options.stop_ms_max == 0)
        server->options.stop_ms_max = STOP_MS_MAX;
    server->ring.next = server->ring.before = &server->ring;
    server->plain = (struct vt_plain){ .epoll_fd = -1, .listen_fd = -1 };
    if (own_fd >= 0 && options->is_plain_taken && options->tls_key == NULL &&
        options->from_one_max == 0 && !vt_plain_begin(&server->plain, &own_fd))
        vt_fd_close(&own_fd);
    else if (own_fd >= 0 || server->plain.listen_fd >= 0)
        server->daemon = start_daemon(server, own_fd);
    if (server->daemon == NULL) {
        vt_fd_close(&own_fd);
        vt_plain_end(server);
        free(server);
        return vt_fail(err, VT_IO, "the HTTP server does not start: %s", strerror(errno));
    }
    *server_out = server;
    return true;
}

void vt_http_server_free(struct vt_http_server *server)
{
    if (server == NULL)
        return;
    /* The library demands that nobody sleeps when it ends; and what it runs to wake them
     * may read one more request of each connection, whose handler goes to sleep. */
    vt_http_server_stop(server);
    do {
        while (server->sleeping != NULL)
            vt_http_answer_text(server->sleeping, VT_HTTP_UNAVAILABLE, "the server stops");
        (void)sym_MHD_run(server->daemon);
    } while (server->sleeping != NULL);
    vt_plain_end(server);
    sym_MHD_stop_daemon(server->daemon);
    free(server);
}

void vt_http_server_free_pointer(struct vt_http_server **server)
{
    vt_http_server_free(*server);
}

void vt_http_server_stop(struct vt_http_server *server)
{
    int listen_fd;

    if (server->is_stopping)
        return;
    server->is_stopping = true;
    server->stop_at_ms = vt_monotonic_ms() + server->options.stop_ms_max;
    listen_fd = sym_MHD_quiesce_daemon(server->daemon);
    vt_fd_close(&listen_fd);
    vt_fd_close(&server->plain.listen_fd);
}

/* How long may a connection do what it does?  -1: for ever. */
static int64_t patience_ms(const struct vt_http_server *server,
                           const struct vt_http_connection *c)
{
    if (c->does == VT_HTTP_READING)
        return server->is_stopping ? 0 : server->options.request_ms_max;
    return c->does == VT_HTTP_WRITING ? server->options.answer_ms_max : -1;
}

/* The library does not see an end that came together with the last bytes of half a request:
 * look once. */
static bool has_gone(struct vt_http_connection *connection)
{
    char byte;

    if (connection->does != VT_HTTP_READING || connection->is_peeked ||
        connection->is_plain)
        return false;
    connection->is_peeked = true;
    return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Close whoever does not send its request, or take its answer, in time. */
static void sweep(struct vt_http_server *server, int64_t now_ms)
{
    struct vt_http_connection *before;

    for (struct vt_http_connection *at = server->ring.before; at != &server->ring;
         at = before) {
        int64_t patience = patience_ms(server, at);

        before = at->before;
        if (at->is_cut || patience < 0)
            continue;
        if (now_ms - at->since_ms >= patience) {
            cut(server, at);
            server->counts.cut_off += !server->is_stopping;
        } else if (now_ms - at->since_ms >= SWEEP_MS && has_gone(at)) {
            cut(server, at);
        }
    }
}

struct vt_http_counts vt_http_server_counts(const struct vt_http_server *server)
{
    return server->counts;
}

static bool is_done(const struct vt_http_server *server)
{
    return server->is_stopping &&
           (server->ring.next == &server->ring || vt_monotonic_ms() >= server->stop_at_ms);
}

static int wait_ms(struct vt_http_server *server)
{
    MHD_UNSIGNED_LONG_LONG library_ms;

    /* A library that was full listens again only in the step after. */
    if (server->has_closed || server->has_more)
        return 0;
    if (sym_MHD_get_timeout(server->daemon, &library_ms) == MHD_YES &&
        library_ms < SWEEP_MS)
        /* Who dozes is always to be called, as the library sees it. */
        return library_ms == 0 && server->dozing_count != 0 ? DOZE_MS : (int)library_ms;
    /* Who could not accept listens again at the next sweep, also when all have gone. */
    return server->ring.next != &server->ring || server->plain.is_deaf ||
                   server->is_stopping
               ? SWEEP_MS
               : -1;
}

static bool serve_watches(struct vt_http_server *server, struct pollfd *fds,
                          struct vt_error *err)
{
    const struct vt_http_watch *watches = server->options.watches;

    for (size_t i = 0; i < WATCHES_MAX && watches[i].ready != NULL; i++) {
        if (watches[i].is_for_start && server->is_stopping)
            fds[i].fd = -1;
        else if (fds[i].revents != 0 &&
                 !watches[i].ready(watches[i].context != NULL ? watches[i].context
                                                              : server->options.context,
                                   err))
            return false;
    }
    return true;
}

/* What is due from time to time, as long as there are connections. */
static void pass_time(struct vt_http_server *server, int64_t now_ms)
{
    const struct vt_http_options *options = &server->options;

    server->plain.is_deaf = false;
    sweep(server, now_ms);
    server->swept_ms = now_ms;
    if (options->tick != NULL)
        options->tick(options->context, now_ms);
    if (options->minute != NULL && now_ms - server->minute_ms >= MINUTE_MS) {
        server->minute_ms = now_ms;
        options->minute(options->context);
    }
}

bool vt_http_server_run(struct vt_http_server *server, struct vt_error *err)
{
    const struct vt_http_watch *watches = server->options.watches;
    struct pollfd fds[WATCHES_MAX + 4] = { { 0 } };
    nfds_t count = 0;

    for (; count < WATCHES_MAX && watches[count].ready != NULL; count++)
        fds[count] = (struct pollfd){ watches[count].fd, POLLIN, 0 };
    fds[count].fd =
        sym_MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    fds[count].events = fds[count + 1].events = fds[count + 2].events = POLLIN;
    fds[count + 1].fd = server->plain.epoll_fd;
    fds[count + 3].events = POLLIN;
    server->minute_ms = vt_monotonic_ms();
    while (!is_done(server)) {
        int64_t now_ms;

        fds[count + 2].fd = vt_plain_listens(server) ? server->plain.listen_fd : -1;
        fds[count + 3].fd = server->options.stop_fd != 0 && !server->is_stopping
                                ? server->options.stop_fd
                                : -1;
        if (poll(fds, count + 4, wait_ms(server)) < 0 && errno != EINTR)
            return vt_fail(err, VT_IO, "cannot wait for requests: %s", strerror(errno));
        if (fds[count + 3].revents != 0)
            vt_http_server_stop(server);
        if (!serve_watches(server, fds, err))
            return false;
        server->has_closed = server->has_more = false;
        vt_plain_turn(server, fds[count + 1].revents != 0, fds[count + 2].revents != 0);
        if (sym_MHD_run(server->daemon) != MHD_YES)
            return vt_fail(err, VT_IO, "the HTTP server gave up");
        if (server->options.turn != NULL &&
            !server->options.turn(server->options.context, err))
            return false;
        now_ms = vt_monotonic_ms();
        if (now_ms - server->swept_ms >= SWEEP_MS || server->is_stopping)
            pass_time(server, now_ms);
    }
    return true;
}
