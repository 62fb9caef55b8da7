/* The short way of a request, for servers of many small ones.  Each connection begins here:
 *
 *   event -- look at its bytes (MSG_PEEK) -- no plain request in front? --> the library's,
 *              |                                                            for good
 *              whole plain requests: taken out of the socket, copied, handled
 *              |
 *              answered, in any order; sent in theirs, all with one call, in a later turn
 *
 * The trick is the look: nothing is taken that was not understood to its last byte, so the
 * library sees a request whole or not at all.  While requests of a connection are under way
 * nothing more of it is read.  Edges, not levels: what came meanwhile is `has_news`. */
#include "http/plain.h"
#include "http/http.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum {
    PEEK_BYTES = 64 << 10,
    PIPELINED_MAX = 64, /* requests taken at once */
    OUT_BYTES_MAX = 16 << 20,
    OUT_KEPT_BYTES = 4 << 10, /* of a buffer, between two answers */
    EVENTS = 256,
    ACCEPT_MAX = 256, /* in one turn */
};

bool vt_plain_begin(struct vt_plain *plain, int *listen_fd)
{
    plain->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (plain->epoll_fd < 0)
        return false;
    plain->peek = vt_alloc(PEEK_BYTES);
    plain->date_s = -1;
    plain->listen_fd = vt_take_fd(listen_fd);
    return true;
}

bool vt_plain_listens(const struct vt_http_server *server)
{
    return server->plain.listen_fd >= 0 && !server->plain.is_deaf &&
           server->counts.open < server->options.connections_max + VT_HTTP_SPARE;
}

static void close_line(struct vt_http_server *server, struct vt_http_connection *line)
{
    VT_ASSERT(line->first == NULL && !line->is_due);
    (void)close(line->fd);
    vt_http_connection_free(server, line);
}

/* It has something to send, or to look at: in the next turn at the latest. */
static void make_due(struct vt_http_server *server, struct vt_http_connection *line)
{
    server->has_more = true;
    if (line->is_due)
        return;
    line->is_due = true;
    line->due = server->plain.due;
    server->plain.due = line;
}

/* ---- answering --------------------------------------------------------------------------
 */

static const char *date_of_now(struct vt_plain *plain)
{
    time_t now = time(NULL);
    struct tm parts;

    if (now != plain->date_s && gmtime_r(&now, &parts) != NULL) {
        plain->date_s = now;
        (void)strftime(plain->date, sizeof plain->date, "%a, %d %b %Y %H:%M:%S GMT",
                       &parts);
    }
    return plain->date;
}

static void put_number(struct vt_buf *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    vt_buf_put(out, vt_slice_of(digits + at, sizeof digits - at));
}

static void put_header(struct vt_buf *out, const char *name, const char *value)
{
    vt_buf_put_text(out, name);
    vt_buf_put(out, VT_LIT(": "));
    vt_buf_put_text(out, value);
    vt_buf_put(out, VT_LIT("\r\n"));
}

/* The answer as the library would write it. */
static void put_answer(const struct vt_http_exchange *exchange, const char *content_type,
                       vt_slice body, struct vt_buf *out)
{
    struct vt_http_server *server = exchange->server;
    const char *const *fixed = server->options.headers;

    vt_buf_put(out, VT_LIT("HTTP/1.1 "));
    put_number(out, (uint64_t)exchange->status);
    vt_buf_put(out, VT_LIT(" "));
    vt_buf_put_text(out, vt_http_reason(exchange->status));
    vt_buf_put(out, VT_LIT("\r\nDate: "));
    vt_buf_put_text(out, date_of_now(&server->plain));
    vt_buf_put(out, VT_LIT("\r\n"));
    if (content_type != NULL)
        put_header(out, "Content-Type", content_type);
    vt_buf_put(out, VT_LIT("X-Content-Type-Options: nosniff\r\n"));
    for (; fixed != NULL && fixed[0] != NULL; fixed += 2)
        put_header(out, fixed[0], fixed[1]);
    for (size_t i = 0; i < exchange->header_count; i++)
        put_header(out, exchange->headers[i][0], exchange->headers[i][1]);
    if (server->is_stopping)
        put_header(out, "Connection", "close");
    vt_buf_put(out, VT_LIT("Content-Length: "));
    put_number(out, body.len);
    vt_buf_put(out, VT_LIT("\r\n\r\n"));
    vt_buf_put(out, body);
}

static void drop_first(struct vt_http_connection *line)
{
    struct vt_http_exchange *exchange = line->first;

    line->first = exchange->next;
    if (line->first == NULL)
        line->last = NULL;
    vt_buf_clear(&exchange->answer);
    free(exchange->headers);
    free(exchange);
}

void vt_plain_answer(struct vt_http_exchange *exchange, int status,
                     const char *content_type, vt_slice body)
{
    struct vt_http_connection *line = exchange->line;
    struct vt_http_server *server = exchange->server;

    VT_ASSERT(exchange->status == 0);
    exchange->status = status;
    if (exchange != line->first) {
        exchange->answer = vt_buf_init(OUT_BYTES_MAX);
        put_answer(exchange, content_type, body, &exchange->answer);
        return;
    }
    put_answer(exchange, content_type, body, &line->out);
    drop_first(line);
    while (line->first != NULL && line->first->status != 0) {
        vt_buf_put(&line->out, vt_buf_slice(&line->first->answer));
        line->out.is_full |= line->first->answer.is_full;
        drop_first(line);
    }
    if (line->first == NULL)
        make_due(server, line);
}

/* All are answered: as much of it as the client takes now. */
static void send_answers(struct vt_http_server *server, struct vt_http_connection *line)
{
    ssize_t sent = send(line->fd, line->out.data + line->sent, line->out.len - line->sent,
                        MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent < 0 && errno != EAGAIN) {
        close_line(server, line);
        return;
    }
    line->sent += sent > 0 ? (size_t)sent : 0;
    if (line->sent < line->out.len) {
        if (line->does != VT_HTTP_WRITING)
            vt_http_connection_does(server, line, VT_HTTP_WRITING);
        return;
    }
    line->sent = 0;
    if (line->out.capacity > OUT_KEPT_BYTES)
        vt_buf_clear(&line->out);
    vt_buf_truncate(&line->out, 0);
    vt_http_connection_does(server, line, VT_HTTP_READING);
    if (line->has_news)
        make_due(server, line);
}

/* ---- reading ----------------------------------------------------------------------------
 */

static const struct vt_http_route *find_route(const struct vt_http_server *server,
                                              const struct vt_plain_request *request)
{
    const struct vt_http_route *route = server->options.routes;

    for (; route->method != NULL; route++)
        if (vt_slice_is(request->path, route->path) && strcmp(route->method, "POST") == 0)
            return route->stream == NULL && request->body.len <= route->body_bytes_max
                       ? route
                       : NULL;
    return NULL;
}

/* The same slice, where the bytes around it are now. */
static vt_slice moved(vt_slice part, const uint8_t *from, const uint8_t *to)
{
    return vt_slice_of(to + (part.data - from), part.len);
}

static void append_exchange(struct vt_http_server *server, struct vt_http_connection *line,
                            const struct vt_http_route *route, const uint8_t *bytes,
                            const struct vt_plain_request *request)
{
    struct vt_http_exchange *exchange = vt_alloc(sizeof *exchange + request->bytes);
    uint8_t *copy = (uint8_t *)(exchange + 1);

    memcpy(copy, bytes, request->bytes);
    exchange->server = server;
    exchange->line = line;
    exchange->route = route;
    exchange->plain =
        (struct vt_plain_request){ moved(request->path, bytes, copy),
                                   moved(request->lines, bytes, copy),
                                   moved(request->body, bytes, copy), request->bytes };
    exchange->path = exchange->plain.path;
    if (line->last != NULL)
        line->last->next = exchange;
    else
        line->first = exchange;
    line->last = exchange;
}

/* The plain requests that stand in front; how many bytes they have. */
static size_t take_requests(struct vt_http_server *server, struct vt_http_connection *line,
                            vt_slice bytes)
{
    size_t used = 0;

    for (unsigned i = 0; i < PIPELINED_MAX; i++) {
        vt_slice rest = vt_slice_sub(bytes, used, bytes.len - used);
        const struct vt_http_route *route = NULL;
        struct vt_plain_request request;

        if (vt_plain_request_read(rest, server->options.head_bytes_max, &request))
            route = find_route(server, &request);
        if (route == NULL)
            break;
        append_exchange(server, line, route, rest.data, &request);
        used += request.bytes;
    }
    return used;
}

/* The handlers may answer at once, which ends an exchange; one that waits for its turn
 * keeps the list from ending before all are called. */
static void handle_all(struct vt_http_server *server, struct vt_http_connection *line)
{
    struct vt_http_exchange *next;

    vt_http_connection_does(server, line, VT_HTTP_WORKING);
    for (struct vt_http_exchange *at = line->first; at != NULL; at = next) {
        next = at->next;
        at->route->handle(server->options.context, at);
    }
}

static void read_requests(struct vt_http_server *server, struct vt_http_connection *line)
{
    struct vt_plain *plain = &server->plain;
    ssize_t got = recv(line->fd, plain->peek, PEEK_BYTES, MSG_PEEK | MSG_DONTWAIT);
    size_t used;

    line->has_news = false;
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0 || server->is_stopping) {
        close_line(server, line);
        return;
    }
    used = take_requests(server, line, vt_slice_of(plain->peek, (size_t)got));
    if (used == 0) {
        line->is_plain = false;
        (void)epoll_ctl(plain->epoll_fd, EPOLL_CTL_DEL, line->fd, NULL);
        vt_http_hand_over(server, line);
        return;
    }
    /* Else they would be read again: it ends when they are answered. */
    if (recv(line->fd, plain->peek, used, MSG_TRUNC | MSG_DONTWAIT) != (ssize_t)used)
        line->out.is_full = true;
    line->has_news = used < (size_t)got || got == PEEK_BYTES || line->has_ended;
    handle_all(server, line);
}

/* Whatever is to be done for it now. */
static void attend(struct vt_http_server *server, struct vt_http_connection *line)
{
    if (line->first != NULL)
        return;
    if (line->is_cut || line->out.is_full)
        close_line(server, line);
    else if (line->out.len != 0)
        send_answers(server, line);
    else if (line->has_news)
        read_requests(server, line);
}

/* ---- turns ------------------------------------------------------------------------------
 */

static void attend_due(struct vt_http_server *server)
{
    struct vt_http_connection *line = server->plain.due, *next;

    for (server->plain.due = NULL; line != NULL; line = next) {
        next = line->due;
        line->is_due = false;
        attend(server, line);
    }
}

static void accept_all(struct vt_http_server *server)
{
    const int one = 1;

    for (unsigned i = 0; i < ACCEPT_MAX && vt_plain_listens(server); i++) {
        int fd = accept4(server->plain.listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
        struct vt_http_connection *line;

        if (fd < 0) {
            server->plain.is_deaf =
                errno != EAGAIN && errno != EINTR && errno != ECONNABORTED;
            return;
        }
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        event.data.ptr = line = vt_http_connection_new(server, fd);
        line->is_plain = true;
        line->out = vt_buf_init(OUT_BYTES_MAX);
        if (epoll_ctl(server->plain.epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
            close_line(server, line);
    }
}

static void take_events(struct vt_http_server *server)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(server->plain.epoll_fd, events, EVENTS, 0);

    for (int i = 0; i < count; i++) {
        struct vt_http_connection *line = events[i].data.ptr;

        line->has_news |= (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
        line->has_ended |= (events[i].events & EPOLLRDHUP) != 0;
        if (!line->is_due)
            attend(server, line);
    }
}

void vt_plain_turn(struct vt_http_server *server, bool has_events, bool has_callers)
{
    attend_due(server);
    if (has_callers)
        accept_all(server);
    if (has_events)
        take_events(server);
    attend_due(server);
}

void vt_plain_end(struct vt_http_server *server)
{
    struct vt_http_connection *line = server->ring.next, *next;

    for (; line != &server->ring; line = next) {
        next = line->next;
        if (!line->is_plain)
            continue;
        while (line->first != NULL)
            vt_http_answer_text(line->first, VT_HTTP_UNAVAILABLE, "the server stops");
        if (line->out.len > line->sent)
            (void)send(line->fd, line->out.data + line->sent, line->out.len - line->sent,
                       MSG_NOSIGNAL | MSG_DONTWAIT);
        line->is_due = false;
        close_line(server, line);
    }
    server->plain.due = NULL;
    vt_fd_close(&server->plain.listen_fd);
    vt_fd_close(&server->plain.epoll_fd);
    free(server->plain.peek);
    server->plain.peek = NULL;
}
