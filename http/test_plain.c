/* Plain requests: what the short way takes, that it answers as the library would, and that
 * everything else, in any mixture, is the library's. */
#include "http/http.h"
#include "http/plain_request.h"
#include "tests/serving.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define HEAD "POST /echo HTTP/1.1\r\nHost: x\r\n"
#define GET  "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"

enum { BODY_MAX = 40000, SLEEPERS_MAX = 16 };

/* ---- the reader -------------------------------------------------------------------------
 */

static const struct {
    const char *name, *text;
    bool is_plain;
} texts[] = {
    { "the least", HEAD "Content-Length: 2\r\n\r\nab", true },
    { "no body", HEAD "Content-Length: 0\r\n\r\n", true },
    { "two", HEAD "Content-Length: 1\r\n\r\na" HEAD "Content-Length: 1\r\n\r\nb", true },
    { "any case", "POST /echo HTTP/1.1\r\nhOST: x\r\ncontent-length: 1\r\n\r\na", true },
    { "what a client sends",
      HEAD "User-Agent: c/1 (x)\r\nAccept: */*\r\nContent-Type: a/b; c=d\r\n"
           "Accept-Encoding: gzip, br\r\nAccept-Language: en\r\nConnection: Keep-Alive\r\n"
           "Content-Length: 1\r\n\r\na",
      true },
    { "a token", HEAD "Authorization: Bearer abc\r\nContent-Length: 1\r\n\r\na", true },
    { "half a body", HEAD "Content-Length: 3\r\n\r\nab", false },
    { "half a head", HEAD "Content-Length: 1\r\n", false },
    { "no Host", "POST /echo HTTP/1.1\r\nContent-Length: 1\r\n\r\na", false },
    { "no length", HEAD "\r\na", false },
    { "an empty value", HEAD "Accept: \r\nContent-Length: 1\r\n\r\na", false },
    { "no space", HEAD "Content-Length:1\r\n\r\na", false },
    { "two spaces", HEAD "Content-Length:  1\r\n\r\na", false },
    { "a space behind", HEAD "Content-Length: 1 \r\n\r\na", false },
    { "a space before the colon", HEAD "Content-Length : 1\r\n\r\na", false },
    { "a leading zero", HEAD "Content-Length: 01\r\n\r\na", false },
    { "a sign", HEAD "Content-Length: +1\r\n\r\na", false },
    { "a long number", HEAD "Content-Length: 99999999999999999999\r\n\r\na", false },
    { "two lengths", HEAD "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", false },
    { "two hosts", HEAD "Host: y\r\nContent-Length: 1\r\n\r\na", false },
    { "a coding", HEAD "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na", false },
    { "a wish", HEAD "Content-Length: 1\r\nExpect: 100-continue\r\n\r\na", false },
    { "an unknown header", HEAD "X-A: b\r\nContent-Length: 1\r\n\r\na", false },
    { "a fold", HEAD "Accept: a\r\n b\r\nContent-Length: 1\r\n\r\na", false },
    { "a tab", HEAD "Accept: a\tb\r\nContent-Length: 1\r\n\r\na", false },
    { "a bare CR", HEAD "Accept: a\rb\r\nContent-Length: 1\r\n\r\na", false },
    { "a bare LF", HEAD "Accept: a\nContent-Length: 1\r\n\r\na", false },
    { "no ASCII", HEAD "Accept: \xc3\xa4\r\nContent-Length: 1\r\n\r\na", false },
    { "close", HEAD "Connection: close\r\nContent-Length: 1\r\n\r\na", false },
    { "upgrade", HEAD "Upgrade: h2c\r\nContent-Length: 1\r\n\r\na", false },
    { "another method", GET, false },
    { "a small method", "post /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
      false },
    { "an old version", "POST /echo HTTP/1.0\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
      false },
    { "a query", "POST /echo?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false },
    { "an escape", "POST /%65cho HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false },
    { "a whole address",
      "POST http://x/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false },
    { "two spaces in front", "POST  /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
      false },
    { "no path", "POST  HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", false },
    { "an empty line in front", "\r\n" HEAD "Content-Length: 0\r\n\r\n", false },
};

static void only_the_plainest_is_taken(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct vt_plain_request request;
        vt_slice text = vt_slice_from_cstr(texts[i].text);

        VT_CHECK_SAYING(vt_plain_request_read(text, 1000, &request) == texts[i].is_plain,
                        "%s", texts[i].name);
        if (texts[i].is_plain)
            VT_CHECK(vt_slice_is(request.path, "/echo") &&
                     vt_slice_is(vt_plain_header(request.lines, "HOST"), "x") &&
                     vt_plain_header(request.lines, "Cookie").len == 0);
    }
}

/* A head of just so many bytes, and of one more. */
static void long_heads_are_not_taken(void)
{
    const vt_slice text = VT_LIT(HEAD "Content-Length: 2\r\n\r\nab");
    struct vt_plain_request request;

    VT_CHECK(vt_plain_request_read(text, text.len - 2, &request));
    VT_CHECK(!vt_plain_request_read(text, text.len - 3, &request));
}

/* ---- a server in a process of its own ---------------------------------------------------
 */

struct inside {
    struct vt_http_server *server;
    struct vt_http_exchange *sleepers[SLEEPERS_MAX];
    size_t count;
    int control; /* 'w': wake the sleepers, the last one first; else and at the end: stop */
};

static void echo(void *context, struct vt_http_exchange *exchange)
{
    (void)context;
    vt_http_answer(exchange, VT_HTTP_OK, "application/octet-stream",
                   vt_http_body(exchange));
}

static void hello(void *context, struct vt_http_exchange *exchange)
{
    (void)context;
    vt_http_answer_text(exchange, VT_HTTP_OK, "hello");
}

static void refuse(void *context, struct vt_http_exchange *exchange)
{
    (void)context;
    vt_http_set_header(exchange, "Retry-After", "1");
    vt_http_answer_text(exchange, VT_HTTP_TOO_MANY, "not %.*s",
                        VT_SLICE_ARGS(vt_http_header(exchange, "accept")));
}

static void sleep_on(void *context, struct vt_http_exchange *exchange)
{
    struct inside *inside = context;

    VT_ASSERT(inside->count < SLEEPERS_MAX);
    inside->sleepers[inside->count++] = exchange;
}

/* A body of bytes, each a thousandfold. */
static void swell(void *context, struct vt_http_exchange *exchange)
{
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(64));
    vt_slice body = vt_http_body(exchange);

    (void)context;
    for (size_t i = 0; i < body.len; i++)
        memset(vt_buf_extend(&out, 1000), body.data[i], 1000);
    vt_http_answer_buf(exchange, VT_HTTP_OK, "text/plain", &out);
}

static const struct vt_http_route routes[] = {
    { "POST", "/echo", BODY_MAX, echo, NULL },   { "GET", "/hello", 0, hello, NULL },
    { "POST", "/refuse", 10, refuse, NULL },     { "POST", "/sleep", 10, sleep_on, NULL },
    { "POST", "/swell", BODY_MAX, swell, NULL }, { NULL, NULL, 0, NULL, NULL },
};

static bool on_control(void *context, struct vt_error *err)
{
    struct inside *inside = context;
    char what = 's';

    (void)err;
    if (read(inside->control, &what, 1) != 1 || what != 'w')
        vt_http_server_stop(inside->server);
    while (what == 'w' && inside->count > 0) {
        struct vt_http_exchange *exchange = inside->sleepers[--inside->count];

        vt_http_answer(exchange, VT_HTTP_OK, "text/plain", vt_http_body(exchange));
    }
    return true;
}

static struct vt_serving start(struct vt_http_options options)
{
    static struct inside inside; /* of the process that is forked */

    options.routes = routes;
    options.context = &inside;
    options.watches[0].ready = on_control;
    return vt_serving_start(&options, &inside.server, &inside.control);
}

static struct vt_serving start_plain(void)
{
    return start((struct vt_http_options){ .is_plain_taken = true });
}

/* All that comes until the other side closes. */
static const char *hear(int fd)
{
    VT_AUTO_BUF heard = vt_buf_init(VT_MIB(64));
    struct pollfd waiting = { fd, POLLIN, 0 };
    char piece[4096];
    ssize_t got;

    for (;;) {
        VT_CHECK_SAYING(poll(&waiting, 1, 20000) == 1, "nobody closed, heard: %s",
                        vt_buf_cstr(&heard));
        got = read(fd, piece, sizeof piece);
        if (got <= 0)
            break;
        vt_buf_put(&heard, vt_slice_of(piece, (size_t)got));
    }
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&heard));
}

/* What one says to the server that answers, and then no more. */
static const char *ask(const struct vt_serving *server, const char *text)
{
    int fd = vt_serving_dial(server);
    const char *heard;

    vt_serving_say(fd, text);
    VT_CHECK(shutdown(fd, SHUT_WR) == 0);
    heard = hear(fd);
    (void)close(fd);
    return heard;
}

/* ---- the same as the library ------------------------------------------------------------
 */

/* Without the values of its dates. */
static const char *without_dates(const char *heard)
{
    char *text = vt_arena_cstr(vt_test_arena(), vt_slice_from_cstr(heard));

    for (char *at = strstr(text, "Date: "); at != NULL; at = strstr(at, "Date: "))
        for (at += 6; *at != '\r' && *at != '\0'; at++)
            *at = (*at >= '0' && *at <= '9') ? '0' : (*at == ' ' || *at == ',') ? *at : 'x';
    return text;
}

static void answers_are_the_library_s(void)
{
    static const char *const more[] = {
        "POST /refuse HTTP/1.1\r\nHost: x\r\nAccept: a, b\r\nContent-Length: 1\r\n\r\nx",
        "POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n01234567890",
        "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
        "POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
        HEAD "Content-Length: 1\r\n\r\na" GET HEAD "Content-Length: 1\r\n\r\nb",
        HEAD "Content-Length: 1\r\n\r\naGET /no",
        "hello\r\n\r\n",
    };
    enum {
        COUNT = sizeof texts / sizeof texts[0],
        ALL = COUNT + sizeof more / sizeof more[0]
    };
    struct vt_http_options options = { .request_ms_max = 400 };
    struct vt_serving servers[2];
    int fds[2][ALL];

    for (int s = 0; s < 2; s++) {
        options.is_plain_taken = s == 1;
        servers[s] = start(options);
        for (int i = 0; i < ALL; i++) {
            fds[s][i] = vt_serving_dial(&servers[s]);
            vt_serving_say(fds[s][i], i < COUNT ? texts[i].text : more[i - COUNT]);
            VT_CHECK(shutdown(fds[s][i], SHUT_WR) == 0);
        }
    }
    for (int i = 0; i < ALL; i++) {
        const char *theirs = without_dates(hear(fds[0][i]));
        const char *ours = without_dates(hear(fds[1][i]));

        VT_CHECK_SAYING(strcmp(ours, theirs) == 0, "%s\n-- ours:\n%s\n-- theirs:\n%s",
                        i < COUNT ? texts[i].text : more[i - COUNT], ours, theirs);
        (void)close(fds[0][i]);
        (void)close(fds[1][i]);
    }
    vt_serving_stop(&servers[0]);
    vt_serving_stop(&servers[1]);
}

/* ---- order, and who is slow -------------------------------------------------------------
 */

static void sleep_request(int fd, const char *word)
{
    vt_serving_say(
        fd, vt_test_print("POST /sleep HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n"
                          "%s",
                          strlen(word), word));
}

/* The last one is answered first, and is sent last; what comes behind waits for it. */
static void answers_keep_the_order_of_requests(void)
{
    struct vt_serving server = start_plain();
    int fd = vt_serving_dial(&server), other = vt_serving_dial(&server);
    const char *heard, *at;

    vt_serving_say(fd,
                   "POST /sleep HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
                   "POST /sleep HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ntwo" HEAD
                   "Content-Length: 5\r\n\r\nthree" GET);
    /* When the other one has its answer ours were read. */
    vt_serving_say(other, HEAD "Content-Length: 1\r\n\r\na");
    VT_CHECK(shutdown(other, SHUT_WR) == 0 && strstr(hear(other), "200") != NULL);
    VT_CHECK(shutdown(fd, SHUT_WR) == 0);
    vt_serving_tell(&server, 'w');
    heard = hear(fd);
    at = strstr(heard, "\r\n\r\none");
    VT_CHECK(at != NULL && (at = strstr(at, "\r\n\r\ntwo")) != NULL &&
             (at = strstr(at, "\r\n\r\nthree")) != NULL && strstr(at, "hello") != NULL);
    (void)close(fd);
    (void)close(other);
    vt_serving_stop(&server);
}

static void a_request_in_pieces_is_read(void)
{
    static const char text[] = HEAD "Content-Length: 3\r\n\r\nabc";

    for (size_t cut = 1; cut < sizeof text - 1; cut += 7) {
        struct vt_serving server = start_plain();
        int fd = vt_serving_dial(&server);

        vt_serving_say(fd, HEAD "Content-Length: 3\r\n\r\n123");
        vt_serving_say(fd, vt_arena_cstr(vt_test_arena(), vt_slice_of(text, cut)));
        (void)poll(NULL, 0, 5);
        vt_serving_say(fd, text + cut);
        vt_serving_say(fd, text);
        VT_CHECK(shutdown(fd, SHUT_WR) == 0);
        VT_CHECK(strstr(strstr(strstr(hear(fd), "123") + 3, "abc") + 3, "abc") != NULL);
        (void)close(fd);
        vt_serving_stop(&server);
    }
}

/* Many long answers, read slowly, come whole; one that is not read at all is cut off. */
static void answers_wait_for_slow_readers(void)
{
    struct vt_serving server =
        start((struct vt_http_options){ .is_plain_taken = true, .answer_ms_max = 300 });
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    int fd = vt_serving_dial(&server), deaf = vt_serving_dial(&server);
    size_t swollen = 0;

    for (int i = 0; i < 4; i++) {
        vt_buf_put_text(&text,
                        "POST /swell HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n");
        memset(vt_buf_extend(&text, 4000), '#', 4000);
    }
    vt_serving_say(deaf, vt_buf_cstr(&text));
    vt_serving_say(fd, vt_buf_cstr(&text));
    VT_CHECK(shutdown(fd, SHUT_WR) == 0);
    for (const char *at = hear(fd); *at != '\0'; at++)
        swollen += *at == '#';
    VT_CHECK_SAYING(swollen == (size_t)4 * 4000 * 1000, "%zu", swollen);
    (void)close(fd);
    (void)poll(NULL, 0, 900);
    VT_CHECK(strlen(hear(deaf)) < (size_t)4 * 4000 * 1000);
    (void)close(deaf);
    vt_serving_stop(&server);
}

static void who_says_nothing_is_cut_off(void)
{
    struct vt_serving server =
        start((struct vt_http_options){ .is_plain_taken = true, .request_ms_max = 300 });
    int fd = vt_serving_dial(&server);
    int64_t start_ms = vt_monotonic_ms();

    VT_CHECK(hear(fd)[0] == '\0' && vt_monotonic_ms() - start_ms >= 250);
    (void)close(fd);
    fd = vt_serving_dial(&server); /* and between two requests */
    vt_serving_say(fd, HEAD "Content-Length: 1\r\n\r\na");
    VT_CHECK(strstr(hear(fd), "200 OK") != NULL);
    (void)close(fd);
    vt_serving_stop(&server);
}

/* Whoever is idle for the longest makes room; who waits for an answer does not. */
static void connections_are_bounded(void)
{
    enum { MANY = 12 };
    struct vt_serving server =
        start((struct vt_http_options){ .is_plain_taken = true, .connections_max = 4 });
    int sleeper = vt_serving_dial(&server), fds[MANY];

    sleep_request(sleeper, "woken");
    for (int i = 0; i < MANY; i++) {
        char word[256];

        fds[i] = vt_serving_dial(&server);
        vt_serving_say(fds[i], HEAD "Content-Length: 1\r\n\r\na");
        VT_CHECK(recv(fds[i], word, sizeof word, 0) > 0); /* it is served */
    }
    for (int i = 0; i < MANY - 4; i++) {
        VT_CHECK(hear(fds[i])[0] == '\0');
        (void)close(fds[i]);
    }
    vt_serving_tell(&server, 'w');
    VT_CHECK(shutdown(sleeper, SHUT_WR) == 0 && strstr(hear(sleeper), "woken") != NULL);
    vt_serving_stop(&server);
}

/* The lowest number of a descriptor that a process does not have. */
static rlim_t lowest_free_fd(pid_t pid)
{
    rlim_t fd = 0;

    while (faccessat(AT_FDCWD, vt_test_print("/proc/%d/fd/%ju", (int)pid, (uintmax_t)fd),
                     F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        fd++;
    return fd;
}

/* Where nobody can be accepted for want of descriptors, and the last one goes: whoever came
 * meanwhile is accepted as soon as there are some. */
static void who_cannot_be_accepted_waits(void)
{
    struct vt_serving server = start_plain();
    int first = vt_serving_dial(&server), late;
    struct rlimit files, had;
    char word[256];

    vt_serving_say(first, HEAD "Content-Length: 1\r\n\r\na");
    VT_CHECK(recv(first, word, sizeof word, 0) > 0); /* it is served */
    VT_CHECK(prlimit(server.pid, RLIMIT_NOFILE, NULL, &had) == 0);
    files = (struct rlimit){ lowest_free_fd(server.pid), had.rlim_max };
    VT_CHECK(prlimit(server.pid, RLIMIT_NOFILE, &files, NULL) == 0);
    late = vt_serving_dial(&server);
    vt_serving_say(late, HEAD "Content-Length: 1\r\n\r\na");
    (void)poll(NULL, 0, 20);
    (void)close(first);
    (void)poll(NULL, 0, 20);
    VT_CHECK(prlimit(server.pid, RLIMIT_NOFILE, &had, NULL) == 0);
    VT_CHECK(shutdown(late, SHUT_WR) == 0 && strstr(hear(late), "200 OK") != NULL);
    (void)close(late);
    vt_serving_stop(&server);
}

/* Who goes while it waits: its exchange lives until it is answered, or the server ends. */
static void a_client_goes_while_it_waits(void)
{
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    struct vt_serving server =
        start((struct vt_http_options){ .is_plain_taken = true, .stop_ms_max = 100 });

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < SLEEPERS_MAX; i++) {
            int fd = vt_serving_dial(&server);

            sleep_request(fd, "gone");
            if (i % 2 == 0)
                VT_CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) ==
                         0);
            (void)close(fd);
        }
        VT_CHECK(strstr(ask(&server, HEAD "Content-Length: 1\r\n\r\na"), "200") != NULL);
        if (round == 0)
            vt_serving_tell(&server, 'w');
    }
    vt_serving_stop(&server);
}

/* What is under way is answered, and its connection closed; idle ones are closed at once.
 */
static void a_stopping_server_finishes_what_it_began(void)
{
    struct vt_serving server = start_plain();
    int asleep = vt_serving_dial(&server), idle = vt_serving_dial(&server),
        other = vt_serving_dial(&server);
    const char *heard;

    sleep_request(asleep, "woken");
    vt_serving_say(other, HEAD "Content-Length: 1\r\n\r\na");
    VT_CHECK(shutdown(other, SHUT_WR) == 0 && strstr(hear(other), "200") != NULL);
    vt_serving_tell(&server, 's');
    VT_CHECK(hear(idle)[0] == '\0');
    vt_serving_tell(&server, 'w');
    heard = hear(asleep);
    VT_CHECK(strstr(heard, "woken") != NULL && strstr(heard, "Connection: close") != NULL);
    vt_serving_ends_well(&server);
    server = start((struct vt_http_options){ .is_plain_taken = true, .stop_ms_max = 100 });
    asleep = vt_serving_dial(&server);
    sleep_request(asleep, "never");
    VT_CHECK(strstr(ask(&server, HEAD "Content-Length: 1\r\n\r\na"), "200") != NULL);
    vt_serving_stop(&server);
    VT_CHECK(strstr(hear(asleep), "503 Service Unavailable") != NULL);
}

static const struct vt_case cases[] = {
    { "only the plainest is taken", only_the_plainest_is_taken },
    { "long heads are not taken", long_heads_are_not_taken },
    { "answers are the library's", answers_are_the_library_s },
    { "answers keep the order of requests", answers_keep_the_order_of_requests },
    { "a request in pieces is read", a_request_in_pieces_is_read },
    { "answers wait for slow readers", answers_wait_for_slow_readers },
    { "who says nothing is cut off", who_says_nothing_is_cut_off },
    { "connections are bounded", connections_are_bounded },
    { "who cannot be accepted waits", who_cannot_be_accepted_waits },
    { "a client goes while it waits", a_client_goes_while_it_waits },
    { "a stopping server finishes what it began",
      a_stopping_server_finishes_what_it_began },
};

VT_TEST_MAIN("plain", cases)
