/* The server against the client, and against clients that do not behave. */
#include "http/gzip.h"
#include "http/http.h"
#include "tests/serving.h"
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* ---- a server in a process of its own
 * ----------------------------------------------------
 */

enum { BODY_MAX = 1000, SLEEPERS_MAX = 64 };

struct inside {
    struct vt_http_server *server;
    struct vt_http_exchange *sleepers[SLEEPERS_MAX];
    size_t count, gone;
    int control; /* 's': stop, 'w': wake the sleepers, 'r': resume them, end of file: stop
                  */
};

static void echo(void *context, struct vt_http_exchange *exchange)
{
    (void)context;
    vt_http_answer(exchange, VT_HTTP_OK, "application/octet-stream; x=1",
                   vt_http_body(exchange));
}

static void hello(void *context, struct vt_http_exchange *exchange)
{
    (void)context;
    vt_http_set_header(exchange, "X-Path", "yes");
    vt_http_answer_text(exchange, VT_HTTP_OK, "%.*s %.*s %.*s",
                        VT_SLICE_ARGS(vt_http_path(exchange)),
                        VT_SLICE_ARGS(vt_http_query(exchange, "q")),
                        VT_SLICE_ARGS(vt_http_header(exchange, "Accept")));
}

static void redirect(void *context, struct vt_http_exchange *exchange)
{
    (void)context;
    vt_http_set_header(exchange, "Location", "/hello/moved");
    vt_http_answer_text(exchange, 302, "elsewhere");
}

static void sleep_on(void *context, struct vt_http_exchange *exchange)
{
    struct inside *inside = context;

    VT_ASSERT(inside->count < SLEEPERS_MAX);
    inside->sleepers[inside->count++] = exchange;
}

/* Adds up the bytes of a body as they come; '!' is answered at once, at each 'p' it pauses
 * until the control says so. */
static void add_up(void *context, struct vt_http_exchange *exchange, vt_slice piece)
{
    struct inside *inside = context;
    size_t sum = (size_t)(uintptr_t)vt_http_owned(exchange) + piece.len;

    vt_http_set_owned(exchange, (void *)(uintptr_t)sum);
    if (vt_slice_has_byte(piece, '!')) {
        vt_http_answer_text(exchange, VT_HTTP_CONFLICT, "no more");
    } else if (vt_slice_has_byte(piece, 'p')) {
        inside->sleepers[inside->count++] = exchange;
        vt_http_pause(exchange);
    }
}

static void say_sum(void *context, struct vt_http_exchange *exchange)
{
    (void)context;
    VT_ASSERT(vt_http_body(exchange).len == 0);
    vt_http_answer_text(exchange, VT_HTTP_OK, "%zu",
                        (size_t)(uintptr_t)vt_http_owned(exchange));
}

static void client_gone(void *context, struct vt_http_exchange *exchange)
{
    struct inside *inside = context;

    (void)exchange;
    inside->gone++;
}

static void say_gone(void *context, struct vt_http_exchange *exchange)
{
    vt_http_answer_text(exchange, VT_HTTP_OK, "%zu", ((struct inside *)context)->gone);
}

static const struct vt_http_stream adding = { add_up, client_gone };

static bool on_control(void *context, struct vt_error *err)
{
    struct inside *inside = context;
    char what = 's';

    (void)err;
    if (read(inside->control, &what, 1) != 1 || what == 's')
        vt_http_server_stop(inside->server);
    for (size_t i = 0; what == 'w' && i < inside->count; i++)
        vt_http_answer_text(inside->sleepers[i], VT_HTTP_OK, "woken");
    for (size_t i = 0; what == 'r' && i < inside->count; i++)
        vt_http_resume(inside->sleepers[i]);
    if (what == 'w' || what == 'r')
        inside->count = 0;
    return true;
}

static const struct vt_http_route routes[] = {
    { "POST", "/echo", BODY_MAX, echo, NULL },
    { "GET", "/hello/*", 0, hello, NULL },
    { "GET", "/redirect", 0, redirect, NULL },
    { "GET", "/sleep", 0, sleep_on, NULL },
    { "POST", "/sum", 0, say_sum, &adding },
    { "GET", "/gone", 0, say_gone, NULL },
    { "GET", "/both", 0, say_gone, NULL },
    { "POST", "/both", BODY_MAX, echo, NULL },
    { NULL, NULL, 0, NULL, NULL },
};

static struct vt_serving start(struct vt_http_options options)
{
    static struct inside inside; /* of the process that is forked */

    options.routes = routes;
    options.context = &inside;
    options.watches[0].ready = on_control;
    return vt_serving_start(&options, &inside.server, &inside.control);
}

/* ---- the client
 * --------------------------------------------------------------------------
 */

static const char *url_of(const struct vt_serving *server, const char *path)
{
    return vt_test_print("http://127.0.0.1:%u%s", server->port, path);
}

static void requests_find_their_routes(void)
{
    static const struct {
        const char *method, *path, *body;
        int status;
        const char *answer;
    } rows[] = {
        { NULL, "/echo", "hello", 200, "hello" },
        { "POST", "/echo", "", 200, "" },
        { NULL, "/echo/", "hello", 404, "there is nothing here\n" },
        { "GET", "/echo", "", 405, "this takes POST\n" },
        { NULL, "/hello/you?q=a%20b", "", 200, "/hello/you a b text/x\n" },
        { NULL, "/hello/%79ou", "", 200, "/hello/you  text/x\n" },
        { NULL, "/hello", "", 404, "there is nothing here\n" },
        { NULL, "/hello/you", "with a body", 405, "this takes GET\n" },
        { "DELETE", "/hello/you", "", 405, "this takes GET\n" },
        { "PUT", "/both", "", 405, "this takes GET and POST\n" },
        { NULL, "/hello/you%00", "", 400, "a NUL belongs into no path\n" },
        { NULL, "/hello/you?q=a%00b", "", 400, "a NUL belongs into no path\n" },
        { NULL, "/hello/you?q=a%20b", "", 200, "/hello/you a b text/x\n" },
        { NULL, "/redirect", "", 302, "elsewhere\n" },
    };
    struct vt_error err = { 0 };
    struct vt_serving server = start((struct vt_http_options){ 0 });
    VT_AUTO_HTTP_CLIENT client = NULL;

    VT_CHECK_OK(vt_http_client_new(&client, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_http_call call = { .url = url_of(&server, rows[i].path),
                                     .method = rows[i].method,
                                     .body = vt_slice_from_cstr(rows[i].body),
                                     .accept = "text/x",
                                     .answer_bytes_max = 1000 };

        VT_CHECK_OK(vt_http_client_run(client, &call, &err));
        VT_CHECK_SAYING(call.status == rows[i].status &&
                            vt_slice_is(vt_buf_slice(&call.answer), rows[i].answer),
                        "%s: %d %.*s", rows[i].path, call.status,
                        VT_SLICE_ARGS(vt_buf_slice(&call.answer)));
        VT_CHECK(strcmp(call.answer_type,
                        i < 2 ? "application/octet-stream" : "text/plain") == 0);
        vt_http_call_clear(&call);
    }
    vt_serving_stop(&server);
}

static void bodies_are_bounded(void)
{
    struct vt_error err = { 0 };
    struct vt_serving server = start((struct vt_http_options){ 0 });
    VT_AUTO_HTTP_CLIENT client = NULL;
    uint8_t body[BODY_MAX + 1] = { 0 };
    struct vt_http_call call = { .url = url_of(&server, "/echo"),
                                 .body = vt_slice_of(body, BODY_MAX),
                                 .answer_bytes_max = BODY_MAX };

    VT_CHECK_OK(vt_http_client_new(&client, &err));
    VT_CHECK_OK(vt_http_client_run(client, &call, &err));
    VT_CHECK(call.status == VT_HTTP_OK && call.answer.len == BODY_MAX);
    call.body.len++;
    VT_CHECK_OK(vt_http_client_run(client, &call, &err));
    VT_CHECK(call.status == VT_HTTP_TOO_LARGE);
    call.body.len--;
    call.answer_bytes_max--;
    VT_CHECK_FAILS(VT_LIMIT, vt_http_client_run(client, &call, &err));
    VT_CHECK(!call.is_late && strstr(err.message, "longer than 999 bytes") != NULL &&
             call.status == 0);
    vt_http_call_clear(&call);
    vt_serving_stop(&server);
}

static void what_is_no_http_is_refused(void)
{
    static const struct {
        const char *url;
        enum vt_code want;
    } rows[] = {
        { "file:///etc/passwd", VT_MALFORMED },
        { "ftp://127.0.0.1/", VT_MALFORMED },
        { "127.0.0.1/", VT_MALFORMED },
        { "", VT_MALFORMED },
        { "http://a b/", VT_MALFORMED },
        { "http://127.0.0.1:1/", VT_IO },
        { "http://", VT_IO },
        { "http://127.0.0.1:99999/", VT_IO },
    };
    struct vt_error err = { 0 };
    VT_AUTO_HTTP_CLIENT client = NULL;

    VT_CHECK_OK(vt_http_client_new(&client, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_http_call call = { .url = rows[i].url, .answer_bytes_max = 10 };

        VT_CHECK_FAILS(rows[i].want, vt_http_client_run(client, &call, &err));
        vt_http_call_clear(&call);
    }
}

static void many_at_once_are_answered_later(void)
{
    enum { MANY = 20 };
    struct vt_error err = { 0 };
    struct vt_serving server = start((struct vt_http_options){ 0 });
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct vt_http_call calls[MANY] = { { 0 } }, *done = NULL;
    struct vt_http_call hello_call = { .url = url_of(&server, "/hello/"),
                                       .answer_bytes_max = 100 };

    VT_CHECK_OK(vt_http_client_new(&client, &err));
    for (size_t i = 0; i < MANY; i++) {
        calls[i].url = url_of(&server, "/sleep");
        calls[i].answer_bytes_max = 100;
        VT_CHECK_OK(vt_http_client_start(client, &calls[i], &err));
    }
    /* Who sleeps is in nobody's way. */
    VT_CHECK_OK(vt_http_client_start(client, &hello_call, &err));
    VT_CHECK_OK(vt_http_client_wait(client, 10000, &done, &err));
    VT_CHECK(done == &hello_call && done->status == VT_HTTP_OK);
    VT_CHECK_OK(vt_http_client_wait(client, 100, &done, &err));
    VT_CHECK(done == NULL);
    vt_http_client_cancel(client, &calls[3]); /* gone before its answer */
    vt_serving_tell(&server, 'w');
    for (size_t i = 0; i < MANY - 1; i++) {
        VT_CHECK_OK(vt_http_client_wait(client, 10000, &done, &err));
        VT_CHECK_SAYING(done != NULL && done->status == VT_HTTP_OK &&
                            vt_slice_is(vt_buf_slice(&done->answer), "woken\n"),
                        "only %zu answers", i);
        vt_http_call_clear(done);
    }
    VT_CHECK_OK(vt_http_client_wait(client, 10000, &done, &err));
    VT_CHECK(done == NULL);
    vt_http_call_clear(&calls[3]);
    vt_http_call_clear(&hello_call);
    vt_serving_stop(&server);
}

static void an_answer_has_its_time(void)
{
    struct vt_error err = { 0 };
    struct vt_serving server = start((struct vt_http_options){ 0 });
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct vt_http_call call = { .url = url_of(&server, "/sleep"),
                                 .answer_bytes_max = 100,
                                 .timeout_ms = 150 };

    VT_CHECK_OK(vt_http_client_new(&client, &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_http_client_run(client, &call, &err));
    VT_CHECK(call.is_late && strstr(err.message, "within 150 ms") != NULL &&
             call.took_ms >= 140);
    vt_http_call_clear(&call);
    /* The server ends although one still sleeps. */
    vt_serving_stop(&server);
}

static void a_stopping_server_finishes_what_it_began(void)
{
    struct vt_error err = { 0 };
    struct vt_serving server = start((struct vt_http_options){ 0 });
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct vt_http_call asleep = { .url = url_of(&server, "/sleep"),
                                   .answer_bytes_max = 100 };
    struct vt_http_call late = { .url = url_of(&server, "/hello/"),
                                 .answer_bytes_max = 100 };
    struct vt_http_call *done = NULL;

    VT_CHECK_OK(vt_http_client_new(&client, &err));
    VT_CHECK_OK(vt_http_client_start(client, &asleep, &err));
    VT_CHECK_OK(vt_http_client_start(client, &late, &err));
    VT_CHECK_OK(vt_http_client_wait(client, 10000, &done, &err));
    VT_CHECK(done == &late && late.status == VT_HTTP_OK);
    vt_serving_tell(&server, 's');
    do { /* until it does not take new ones any more */
        VT_CHECK_OK(vt_http_client_start(client, &late, &err));
        VT_CHECK_OK(vt_http_client_wait(client, 10000, &done, &err));
        VT_CHECK(done == &late);
    } while (late.status == VT_HTTP_OK);
    vt_serving_tell(&server, 'w');
    VT_CHECK_OK(vt_http_client_wait(client, 10000, &done, &err));
    VT_CHECK_SAYING(done == &asleep && asleep.status == VT_HTTP_OK, "%s",
                    asleep.failure.message);
    vt_serving_ends_well(&server);
    vt_http_call_clear(&asleep);
    vt_http_call_clear(&late);
}

/* ---- raw sockets
 * -------------------------------------------------------------------------
 */

/* All that comes until the other side closes, or `until` was seen; "" if it is closed at
 * once.  Fails after ten seconds. */
static const char *hear(int fd, const char *until)
{
    VT_AUTO_BUF heard = vt_buf_init(VT_MIB(1));
    int64_t end_ms = vt_monotonic_ms() + 10000;

    while (vt_monotonic_ms() < end_ms) {
        struct pollfd waiting = { fd, POLLIN, 0 };
        char piece[1000];
        ssize_t got = poll(&waiting, 1, 1000) > 0 ? read(fd, piece, sizeof piece) : -2;

        if (got == 0 || got == -1)
            break;
        if (got > 0)
            vt_buf_put(&heard, vt_slice_of(piece, (size_t)got));
        if (until != NULL && strstr(vt_buf_cstr(&heard), until) != NULL)
            break;
    }
    VT_CHECK_SAYING(vt_monotonic_ms() < end_ms, "nobody closed, heard: %s",
                    vt_buf_cstr(&heard));
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&heard));
}

/* Whether its connection is read, waits for an answer or is suspended when it goes: its
 * exchange lives until it is answered. */
static void a_client_goes_while_it_waits(void)
{
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    struct vt_serving server = start((struct vt_http_options){ 0 });
    int fd;

    for (int i = 0; i < SLEEPERS_MAX; i++) {
        fd = vt_serving_dial(&server);
        vt_serving_say(fd, "GET /sleep HTTP/1.1\r\nHost: h\r\n\r\n");
        (void)usleep((useconds_t)(i % 8) * 1000);
        if (i % 2 == 0)
            VT_CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
        (void)close(fd);
    }
    vt_serving_tell(&server, 'w');
    fd = vt_serving_dial(&server);
    vt_serving_say(fd, "GET /hello/a HTTP/1.1\r\nHost: h\r\n\r\n");
    VT_CHECK(strstr(hear(fd, "/hello/a"), "200") != NULL);
    (void)close(fd);
    vt_serving_stop(&server);
}

static void one_connection_serves_several_requests(void)
{
    struct vt_serving server = start((struct vt_http_options){ 0 });
    int fd = vt_serving_dial(&server);

    for (int i = 0; i < 3; i++) {
        vt_serving_say(fd, "GET /hello/a HTTP/1.1\r\nHost: x\r\n\r\n");
        VT_CHECK(strstr(hear(fd, "/hello/a  \n"), "200 OK") != NULL);
    }
    (void)close(fd);
    vt_serving_stop(&server);
}

static void slow_clients_are_cut_off(void)
{
    static const char *const words[] = {
        "", /* says nothing */
        "GET /hello/a HT",
        "GET /hello/a HTTP/1.1\r\nHost: x\r\nA: ",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    };
    struct vt_serving server = start((struct vt_http_options){ .request_ms_max = 400 });

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        int fd = vt_serving_dial(&server);
        int64_t start_ms = vt_monotonic_ms();

        vt_serving_say(fd, words[i]);
        VT_CHECK(strstr(hear(fd, NULL), "200 OK") == NULL);
        VT_CHECK(vt_monotonic_ms() - start_ms >= 300);
        (void)close(fd);
    }
    vt_serving_stop(&server);
}

/* A byte now and then does not keep a connection. */
static void dripping_clients_are_cut_off(void)
{
    struct vt_serving server = start((struct vt_http_options){ .request_ms_max = 400 });
    int fd = vt_serving_dial(&server);
    int64_t start_ms = vt_monotonic_ms();
    char byte = 'a';

    vt_serving_say(fd, "GET /hello/a HTTP/1.1\r\nHost: x\r\nA: ");
    while (send(fd, &byte, 1, MSG_NOSIGNAL) == 1) {
        (void)poll(NULL, 0, 50);
        VT_CHECK(vt_monotonic_ms() - start_ms < 10000);
    }
    (void)close(fd);
    vt_serving_stop(&server);
}

static void what_is_no_request_is_refused(void)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        { "hello\r\n\r\n", "" },
        { "GET /hello/a HTTP/1.1\r\n\r\n", "400" }, /* no Host */
        { "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", "400" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length : 2\r\n\r\nab", "400" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n 2\r\n\r\nab", "400" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n 2\r\n\r\nab", "400" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nX: y\r\n Content-Length: 2\r\n\r\nab", "400" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n", "400" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", "400" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", "400" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: "
          "99999999999999999999999\r\n\r\n",
          "413" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", "413" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "400" },
        { "PUT /both HTTP/1.1\r\nHost: x\r\n\r\n", "Allow: GET, POST\r\n" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\ncontent-length: "
          "4\r\n\r\nabcd",
          "400" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: "
          "0\r\n\r\nGET /hello/a HTTP/1.1\r\nHost: x\r\n\r\n",
          "400" },
        { "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
          "chunked\r\n\r\n0\r\n\r\nGET /hello/a HTTP/1.1\r\nHost: x\r\n\r\n",
          "400" },
    };
    struct vt_serving server = start((struct vt_http_options){ .request_ms_max = 2000 });

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int fd = vt_serving_dial(&server);
        const char *heard;

        vt_serving_say(fd, rows[i].text);
        heard = hear(fd, NULL);
        VT_CHECK_SAYING(strstr(heard, rows[i].wanted) != NULL &&
                            strstr(heard, "200 OK") == NULL,
                        "row %zu: %s", i, heard);
        (void)close(fd);
    }
    vt_serving_stop(&server);
}

/* Ten bytes a piece, 200 pieces: longer than the bound, in no announced length. */
static void chunked_bodies_are_bounded(void)
{
    struct vt_serving server = start((struct vt_http_options){ .request_ms_max = 5000 });
    int fd = vt_serving_dial(&server);

    vt_serving_say(fd,
                   "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 200; i++)
        vt_serving_say(fd, "a\r\n0123456789\r\n");
    vt_serving_say(fd, "0\r\n\r\n");
    VT_CHECK(strstr(hear(fd, "\n\r\n"), " 413 ") != NULL);
    (void)close(fd);
    vt_serving_stop(&server);
}

static void heads_are_bounded(void)
{
    struct vt_serving server = start((struct vt_http_options){ 0 });
    int fd = vt_serving_dial(&server);
    const char *heard;

    vt_serving_say(fd, "GET /hello/a HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 3000; i++)
        if (send(fd, "X-A: 0123456789012345678901234567890123456789\r\n", 47,
                 MSG_NOSIGNAL) != 47)
            break;
    heard = hear(fd, NULL);
    VT_CHECK_SAYING(strstr(heard, "200 OK") == NULL, "%s", heard);
    (void)close(fd);
    vt_serving_stop(&server);
}

/* Whoever is idle for the longest makes room; who waits for an answer does not. */
static void connections_are_bounded(void)
{
    struct vt_serving server =
        start((struct vt_http_options){ .connections_max = 4, .request_ms_max = 60000 });
    int sleeper = vt_serving_dial(&server), fds[8];

    vt_serving_say(sleeper, "GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < 8; i++) {
        fds[i] = vt_serving_dial(&server);
        vt_serving_say(fds[i], "GET /hello/a HTTP/1.1\r\nHost: x\r\n\r\nGET /hal");
        VT_CHECK(strstr(hear(fds[i], "\n\r\n"), "200 OK") != NULL);
    }
    for (int i = 0; i < 5; i++)
        VT_CHECK(hear(fds[i], NULL)[0] == '\0');
    vt_serving_say(fds[5], "lo/b HTTP/1.1\r\nHost: x\r\n\r\n");
    VT_CHECK(strstr(hear(fds[5], "\n\r\n"), " 404 ") != NULL);
    vt_serving_tell(&server, 'w');
    VT_CHECK(strstr(hear(sleeper, "woken"), "200 OK") != NULL);
    for (int i = 0; i < 8; i++)
        (void)close(fds[i]);
    (void)close(sleeper);
    vt_serving_stop(&server);
}

/* ---- bodies piece by piece --------------------------------------------------------------
 */

static void long_bodies_are_taken_in_pieces(void)
{
    static char body[3 << 20];
    struct vt_error err = { 0 };
    struct vt_serving server = start((struct vt_http_options){ 0 });
    VT_AUTO_HTTP_CLIENT client = NULL;
    struct vt_http_call call = { .url = url_of(&server, "/sum"),
                                 .body = VT_BYTES(body),
                                 .answer_bytes_max = 100 };

    memset(body, 'a', sizeof body);
    VT_CHECK_OK(vt_http_client_new(&client, &err));
    VT_CHECK_OK(vt_http_client_run(client, &call, &err));
    VT_CHECK(call.status == 200 && vt_slice_is(vt_buf_slice(&call.answer), "3145728\n"));
    body[1000] = '!'; /* the answer is there early; the rest is read away */
    VT_CHECK_OK(vt_http_client_run(client, &call, &err));
    VT_CHECK(call.status == 409 && vt_slice_is(vt_buf_slice(&call.answer), "no more\n"));
    vt_http_call_clear(&call);
    vt_serving_stop(&server);
}

/* Who pauses a body gets nothing of it until he resumes. */
static void a_paused_body_waits(void)
{
    struct vt_serving server = start((struct vt_http_options){ .request_ms_max = 400 });
    int fd = vt_serving_dial(&server);
    struct pollfd quiet = { fd, POLLIN, 0 };

    vt_serving_say(fd, "POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nabp");
    (void)poll(NULL, 0, 100);
    vt_serving_say(fd, "defg");
    VT_CHECK(poll(&quiet, 1, 700) == 0); /* longer than a client may be silent */
    vt_serving_tell(&server, 'r');
    VT_CHECK(strstr(hear(fd, "7\n"), "200 OK") != NULL);
    (void)close(fd);
    vt_serving_stop(&server);
}

/* The library hands on the chunks that came together although the body was paused: they
 * wait too, and who sleeps for the second time does not think of his neighbours of the
 * first. */
static void chunks_of_a_paused_body_wait(void)
{
    struct vt_serving server = start((struct vt_http_options){ .request_ms_max = 2000 });
    int fds[3];

    for (size_t i = 0; i < 3; i++) {
        fds[i] = vt_serving_dial(&server);
        vt_serving_say(fds[i], "POST /sum HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"
                               "\r\n\r\n2\r\nap\r\n2\r\nbp\r\n3\r\ncde\r\n0\r\n\r\n");
        (void)poll(NULL, 0, 50);
    }
    for (size_t turn = 0; turn < 2; turn++) { /* all of them pause twice */
        vt_serving_tell(&server, 'r');
        (void)poll(NULL, 0, 100);
    }
    for (size_t i = 0; i < 3; i++) {
        VT_CHECK(strstr(hear(fds[i], "7\n"), "200 OK") != NULL);
        (void)close(fds[i]);
    }
    vt_serving_stop(&server);
}

static void bodies_are_gathered_within_a_bound(void)
{
    struct vt_serving server =
        start((struct vt_http_options){ .gathered_bytes_max = 3500 });
    int many[4], fd;
    char piece[901];

    memset(piece, 'x', sizeof piece - 1);
    piece[sizeof piece - 1] = '\0';
    for (size_t i = 0; i < 4; i++) {
        many[i] = vt_serving_dial(&server);
        vt_serving_say(many[i],
                       "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 950\r\n\r\n");
        vt_serving_say(many[i], piece);
    }
    piece[50] = '\0'; /* the library answers behind the body, which is not kept */
    vt_serving_say(many[3], piece);
    VT_CHECK(strstr(hear(many[3], "try again"), " 503 ") != NULL);
    fd = vt_serving_dial(&server);
    for (size_t i = 0; i < 4; i++)
        (void)close(many[i]);
    (void)poll(NULL, 0, 100);
    vt_serving_say(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    VT_CHECK(strstr(hear(fd, "hello"), "200 OK") != NULL);
    (void)close(fd);
    vt_serving_stop(&server);
}

static void a_client_that_goes_is_noticed(void)
{
    struct vt_serving server = start((struct vt_http_options){ .request_ms_max = 400 });
    int fd = vt_serving_dial(&server), other = vt_serving_dial(&server);

    vt_serving_say(fd, "POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nab");
    (void)poll(NULL, 0, 100);
    (void)close(fd);
    (void)poll(NULL, 0, 100);
    vt_serving_say(other, "GET /gone HTTP/1.1\r\nHost: x\r\n\r\n");
    VT_CHECK(strstr(hear(other, "1\n"), "200 OK") != NULL);
    vt_serving_say(other, "POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nab");
    VT_CHECK(strstr(hear(other, NULL), "200 OK") == NULL); /* silent: cut off */
    (void)close(other);
    vt_serving_stop(&server);
}

/* ---- gzip -------------------------------------------------------------------------------
 */

/* Unpack in steps of `room` bytes: false when it is damaged or not whole. */
static bool unpack(vt_slice packed, size_t room, struct vt_buf *out)
{
    struct vt_gunzip *gunzip = vt_gunzip_new();
    struct vt_error err = { 0 };
    bool is_ok = true;

    while (is_ok) {
        size_t before = packed.len, made = 0;
        uint8_t *at = vt_buf_extend(out, room);

        VT_CHECK(at != NULL);
        is_ok = vt_gunzip_step(gunzip, &packed, at, room, &made, &err);
        VT_CHECK(made <= room);
        vt_buf_truncate(out, out->len - room + made);
        if (made == 0 && packed.len == before)
            break;
    }
    is_ok = is_ok && packed.len == 0 && vt_gunzip_is_whole(gunzip);
    vt_gunzip_free(gunzip);
    return is_ok;
}

static void packed_bodies_are_unpacked_in_steps(void)
{
    static uint8_t plain[200000];
    VT_AUTO_BUF packed = vt_buf_init(VT_MIB(1)), out = vt_buf_init(VT_MIB(1));
    vt_slice all;

    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * i >> 7);
    vt_gzip(VT_BYTES(plain), &packed);
    all = vt_buf_slice(&packed);
    VT_CHECK(!packed.is_full && unpack(all, 1000, &out) &&
             vt_slice_equal(vt_buf_slice(&out), VT_BYTES(plain)));
    vt_buf_truncate(&out, 0); /* two members are one */
    vt_gzip(VT_BYTES(plain), &packed);
    VT_CHECK(unpack(vt_buf_slice(&packed), 70000, &out) && out.len == 2 * sizeof plain);
    all.data = packed.data;
    for (size_t len = 0; len < all.len; len += 977) { /* cut short */
        vt_buf_truncate(&out, 0);
        VT_CHECK(!unpack(vt_slice_sub(vt_buf_slice(&packed), 0, len), 1000, &out));
    }
    packed.data[all.len - 6] ^= 1; /* its check */
    vt_buf_truncate(&out, 0);
    VT_CHECK(!unpack(vt_slice_sub(vt_buf_slice(&packed), 0, all.len), 1000, &out));
    VT_CHECK(!unpack(VT_LIT("plain"), 1000, &out));
}

static void listening_says_what_is_wrong(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_FD first = -1;
    int second = -1;
    uint16_t port = 0, other;

    VT_CHECK_OK(vt_http_listen("127.0.0.1", 0, &first, &port, &err));
    VT_CHECK(port != 0);
    VT_CHECK_FAILS(VT_IO, vt_http_listen("127.0.0.1", port, &second, &other, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_http_listen("localhost", 0, &second, &other, &err));
    VT_CHECK(second == -1);
}

static const struct vt_case cases[] = {
    { "requests find their routes", requests_find_their_routes },
    { "bodies are bounded", bodies_are_bounded },
    { "what is no HTTP is refused", what_is_no_http_is_refused },
    { "many at once are answered later", many_at_once_are_answered_later },
    { "an answer has its time", an_answer_has_its_time },
    { "a stopping server finishes what it began",
      a_stopping_server_finishes_what_it_began },
    { "a client goes while it waits", a_client_goes_while_it_waits },
    { "one connection serves several requests", one_connection_serves_several_requests },
    { "slow clients are cut off", slow_clients_are_cut_off },
    { "dripping clients are cut off", dripping_clients_are_cut_off },
    { "what is no request is refused", what_is_no_request_is_refused },
    { "chunked bodies are bounded", chunked_bodies_are_bounded },
    { "heads are bounded", heads_are_bounded },
    { "connections are bounded", connections_are_bounded },
    { "long bodies are taken in pieces", long_bodies_are_taken_in_pieces },
    { "a paused body waits", a_paused_body_waits },
    { "chunks of a paused body wait", chunks_of_a_paused_body_wait },
    { "bodies are gathered within a bound", bodies_are_gathered_within_a_bound },
    { "a client that goes is noticed", a_client_that_goes_is_noticed },
    { "packed bodies are unpacked in steps", packed_bodies_are_unpacked_in_steps },
    { "listening says what is wrong", listening_says_what_is_wrong },
};

VT_TEST_MAIN("http", cases)
