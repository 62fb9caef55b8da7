/* `vitrine relay serve` as it runs, between a client and a gateway of our own that keeps
 * every byte it was sent: what each of them can see, what is refused, and sudden deaths. */
#include "cell/gateway.h"
#include "cell/oblivious.h"
#include "http/http.h"
#include "tests/confinement.h"
#include "tests/running.h"
#include "wire/binary_http.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { ANSWER_BYTES = 4096 };

#define ASKED    "/lookup/5ca1ab1e"
#define ANSWERED "the answer that only the client may read"
#define CLIENT   "127.0.0.7" /* an address of the loopback that nobody else uses */

/* ---- a gateway --------------------------------------------------------------------------
 */

enum manner {
    HONEST,
    SILENT,  /* takes the request and says nothing */
    REFUSES, /* 403 */
    BROKEN,  /* 500 */
    NAKED,   /* 200, and not sealed */
    LARGE,   /* as much as a relay carries */
    LONG,    /* a byte more */
};

struct stand {
    struct vt_ohttp_key key;
    pid_t gateway;
    const char *seen, *url; /* what the gateway was sent, and where it is */
    struct vt_running relay;
    struct vt_http_client *client;
    struct vt_env env;
};

static void handle(void *context, vt_slice path, struct vt_gateway_answer *answer)
{
    (void)context;
    if (!vt_slice_is(path, ASKED))
        return;
    answer->status = VT_HTTP_OK;
    answer->content_type = "text/plain";
    vt_buf_put_text(&answer->content, ANSWERED);
}

static vt_slice zeros(size_t len)
{
    return vt_slice_of(vt_arena_alloc(vt_test_arena(), len), len);
}

/* All of one request, as its Content-Length says; the body is behind the blank line. */
static vt_slice read_request(int fd, struct vt_buf *in)
{
    for (;;) {
        const char *end = in->len != 0 ? strstr(vt_buf_cstr(in), "\r\n\r\n") : NULL;
        const char *said =
            in->len != 0 ? strcasestr(vt_buf_cstr(in), "content-length: ") : NULL;
        uint8_t piece[VT_KIB(4)];
        ssize_t got;

        if (end != NULL && said != NULL && said < end) {
            size_t head = (size_t)(end - vt_buf_cstr(in)) + 4;
            size_t len = strtoul(said + 16, NULL, 10);

            if (in->len - head >= len)
                return vt_slice_of(in->data + head, len);
        }
        got = read(fd, piece, sizeof piece);
        if (got <= 0)
            return (vt_slice){ 0 };
        vt_buf_put(in, vt_slice_of(piece, (size_t)got));
    }
}

static void send_answer(int fd, int status, const char *type, vt_slice body)
{
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));
    struct vt_error err = { 0 };

    vt_buf_printf(&out,
                  "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                  "Connection: close\r\nSet-Cookie: mark=client\r\n\r\n",
                  status, type, body.len);
    vt_buf_put(&out, body);
    (void)!vt_fd_write_all(fd, "gateway", vt_buf_slice(&out), &err);
}

static void answer_one(const struct stand *s, enum manner manner, int fd, vt_slice body)
{
    struct vt_gateway gateway = { "/lookup/", ANSWER_BYTES, handle, NULL };
    VT_AUTO_BUF sealed = vt_buf_init(VT_MIB(1));
    struct vt_error err = { 0 };

    if (manner == SILENT)
        (void)poll(NULL, 0, 20000); /* ends with the case */
    else if (manner == REFUSES)
        send_answer(fd, VT_HTTP_FORBIDDEN, "text/plain", VT_LIT("marked-client"));
    else if (manner == BROKEN)
        send_answer(fd, VT_HTTP_ERROR, "text/plain", VT_LIT("oops"));
    else if (manner == NAKED)
        send_answer(fd, VT_HTTP_OK, "text/plain", VT_LIT("marked-client"));
    else if (manner == LARGE || manner == LONG)
        send_answer(fd, VT_HTTP_OK, VT_OHTTP_RESPONSE_TYPE,
                    zeros(VT_KIB(64) + (manner == LONG)));
    else if (vt_gateway_serve(&gateway, &s->env, &s->key, 1, body, &sealed, &err))
        send_answer(fd, VT_HTTP_OK, VT_OHTTP_RESPONSE_TYPE, vt_buf_slice(&sealed));
    else
        send_answer(fd, VT_HTTP_BAD_REQUEST, "text/plain", VT_LIT(""));
}

/* One request a connection; each is appended to `seen` with the address it came from. */
VT_NORETURN static void be_gateway(const struct stand *s, enum manner manner, int listen_fd)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        struct sockaddr_in peer = { 0 };
        socklen_t len = sizeof peer;
        VT_AUTO_FD fd = accept(listen_fd, (struct sockaddr *)&peer, &len);
        VT_AUTO_FD log = open(s->seen, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        VT_AUTO_BUF in = vt_buf_init(VT_MIB(1));
        struct pollfd wait = { listen_fd, POLLIN, 0 };
        char address[INET_ADDRSTRLEN] = "";
        vt_slice body;

        if (fd < 0) {
            (void)poll(&wait, 1, -1);
            continue;
        }
        body = read_request(fd, &in);
        if (body.len == 0)
            continue;
        (void)inet_ntop(AF_INET, &peer.sin_addr, address, sizeof address);
        (void)dprintf(log, "from %s\n", address);
        (void)!write(log, in.data, in.len);
        answer_one(s, manner, fd, body);
    }
}

static void start_gateway(struct stand *s, enum manner manner)
{
    struct vt_error err = { 0 };
    VT_AUTO_FD fd = -1;
    uint16_t port;

    VT_CHECK_OK(vt_http_listen("127.0.0.1", 0, &fd, &port, &err));
    VT_CHECK(fcntl(fd, F_SETFL, 0) == 0);
    s->url = vt_test_print("http://127.0.0.1:%u/gate", port);
    (void)fflush(NULL);
    s->gateway = fork();
    VT_CHECK(s->gateway >= 0);
    if (s->gateway == 0)
        be_gateway(s, manner, fd);
}

/* Gateway and relay; `more`: an option of the relay and its value. */
static void start(struct stand *s, enum manner manner, const char *more, const char *value)
{
    struct vt_error err = { 0 };

    *s = (struct stand){ .env = vt_env_real(), .seen = vt_test_path("seen") };
    VT_CHECK_OK(vt_ohttp_key_generate(7, &s->env, &s->key, &err));
    start_gateway(s, manner);
    s->relay = vt_test_start(
        "relay.err", VT_ARGV("vitrine", "relay", "serve", "--target", s->url, more, value));
    VT_CHECK_OK(vt_http_client_new(&s->client, &err));
}

static void finish(struct stand *s)
{
    vt_http_client_free(s->client);
    vt_test_stop(&s->relay, 0);
    (void)kill(s->gateway, SIGKILL);
    vt_ohttp_key_clear(&s->key);
}

static bool ask(struct stand *s, const char *path, struct vt_oblivious_answer *out,
                struct vt_error *err)
{
    struct vt_oblivious oblivious = { .relay = s->relay.url,
                                      .key = &s->key.config,
                                      .authority = "cell.example",
                                      .answer_bytes_max = ANSWER_BYTES,
                                      .timeout_ms = 15000 };

    return vt_oblivious_get(&oblivious, s->client, &s->env, vt_slice_from_cstr(path),
                            vt_test_arena(), out, err);
}

/* ---- what each can see ------------------------------------------------------------------
 */

static bool holds(vt_slice bytes, const char *text)
{
    return bytes.len != 0 && memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
}

static void an_answer_comes_through(void)
{
    struct vt_oblivious_answer answer;
    struct vt_error err = { 0 };
    struct stand s;

    start(&s, HONEST, NULL, NULL);
    VT_CHECK_OK(ask(&s, ASKED, &answer, &err));
    VT_CHECK(answer.status == 200 && vt_slice_is(answer.content, ANSWERED) &&
             vt_slice_is(answer.content_type, "text/plain"));
    VT_CHECK_OK(ask(&s, "/lookup/nothing", &answer, &err));
    VT_CHECK(answer.status == 404 && answer.content.len == 0);
    VT_CHECK_OK(ask(&s, "/elsewhere", &answer, &err));
    VT_CHECK(answer.status == 404);
    VT_CHECK_FAILS(VT_LIMIT, ask(&s, vt_test_print("/%0600d", 0), &answer, &err));
    finish(&s);
}

/* A connection from CLIENT to the relay, which knows nothing better. */
static int connect_as_client(const struct stand *s)
{
    struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_port = htons((uint16_t)strtoul(strrchr(s->relay.url, ':') + 1, NULL, 10));
    VT_CHECK(inet_pton(AF_INET, CLIENT, &from.sin_addr) == 1 &&
             inet_pton(AF_INET, "127.0.0.1", &to.sin_addr) == 1);
    VT_CHECK(bind(fd, (const struct sockaddr *)&from, sizeof from) == 0);
    VT_CHECK(connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

/* A request full of marks, byte by byte as the relay gets it; what it answered. */
static vt_slice post_with_marks(const struct stand *s, vt_slice sealed, struct vt_buf *in)
{
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));
    VT_AUTO_FD fd = connect_as_client(s);
    struct vt_error err = { 0 };

    vt_buf_printf(&out,
                  "POST / HTTP/1.1\r\nHost: relay.example\r\nContent-Type: %s\r\n"
                  "Content-Length: %zu\r\nX-Forwarded-For: %s\r\nForwarded: for=%s\r\n"
                  "Cookie: mark=one\r\nUser-Agent: mark-two\r\nX-Mark: three\r\n"
                  "Accept-Language: mark-four\r\nConnection: close\r\n\r\n",
                  VT_OHTTP_REQUEST_TYPE, sealed.len, CLIENT, CLIENT);
    vt_buf_put(&out, sealed);
    VT_CHECK_OK(vt_fd_write_all(fd, "relay", vt_buf_slice(&out), &err));
    VT_CHECK_OK(vt_fd_read_all(fd, "relay", in, &err));
    VT_CHECK(!holds(vt_buf_slice(&out), ASKED)); /* all that the relay was given */
    return vt_buf_slice(in);
}

static void check_gateway_saw_nobody(const struct stand *s, vt_slice sealed)
{
    static const char *const marks[] = { CLIENT, "mark",   "Mark",         "Forwarded",
                                         "Via",  "Cookie", "relay.example" };
    vt_slice seen = vt_test_read(s->seen);

    VT_CHECK(memmem(seen.data, seen.len, sealed.data, sealed.len) != NULL);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        VT_CHECK_SAYING(!holds(seen, marks[i]), "the gateway saw '%s': %.*s", marks[i],
                        VT_SLICE_ARGS(seen));
}

/* The relay knows the client and not the question; the gateway the other way round. */
static void what_each_can_see(void)
{
    VT_AUTO_OHTTP_EXCHANGE exchange = { .enc = { 0 } };
    VT_AUTO_BUF plain = vt_buf_init(VT_KIB(1)), sealed = vt_buf_init(VT_KIB(2));
    VT_AUTO_BUF in = vt_buf_init(VT_MIB(1)), opened = vt_buf_init(VT_MIB(1));
    struct vt_binary_http request = { .is_request = true,
                                      .method = VT_LIT("GET"),
                                      .scheme = VT_LIT("https"),
                                      .authority = VT_LIT("cell.example"),
                                      .path = VT_LIT(ASKED) };
    struct vt_error err = { 0 };
    struct stand s;
    vt_slice answer;

    start(&s, HONEST, NULL, NULL);
    vt_binary_http_write(&plain, &request);
    VT_CHECK_OK(vt_ohttp_request_seal(&s.env, &s.key.config, vt_buf_slice(&plain), &sealed,
                                      &exchange, &err));
    answer = post_with_marks(&s, vt_buf_slice(&sealed), &in);
    VT_CHECK(holds(answer, "HTTP/1.1 200") && holds(answer, VT_OHTTP_RESPONSE_TYPE));
    VT_CHECK(!holds(answer, ANSWERED) && !holds(answer, "Set-Cookie"));
    answer = vt_slice_sub(answer, answer.len - ANSWER_BYTES - VT_OHTTP_RESPONSE_EXTRA,
                          ANSWER_BYTES + VT_OHTTP_RESPONSE_EXTRA);
    VT_CHECK_OK(vt_ohttp_response_open(&exchange, answer, &opened, &err));
    VT_CHECK(holds(vt_buf_slice(&opened), ANSWERED));
    check_gateway_saw_nobody(&s, vt_buf_slice(&sealed));
    finish(&s);
    VT_CHECK(!holds(vt_test_read(vt_test_path("relay.err")), CLIENT) &&
             holds(vt_test_read(vt_test_path("relay.err")), "forwarded 1, answered 1"));
}

/* ---- what is refused --------------------------------------------------------------------
 */

static int status_of(struct stand *s, const char *path, const char *type, vt_slice body)
{
    struct vt_http_call call = {
        .url = vt_test_print("%s%s", s->relay.url, path),
        .method = body.len != 0 || type != NULL ? "POST" : NULL,
        .body = body,
        .content_type = type,
        .answer_bytes_max = VT_KIB(100),
    };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_http_client_run(s->client, &call, &err));
    VT_CHECK(!holds(vt_buf_slice(&call.answer), "marked-client"));
    vt_http_call_clear(&call);
    return call.status;
}

static void what_is_no_request_goes_nowhere(void)
{
    struct stand s;

    start(&s, HONEST, NULL, NULL);
    VT_CHECK(status_of(&s, "/", "text/plain", zeros(100)) == 415);
    VT_CHECK(status_of(&s, "/", VT_OHTTP_REQUEST_TYPE "x", zeros(100)) == 415);
    VT_CHECK(status_of(&s, "/", VT_OHTTP_REQUEST_TYPE, zeros(VT_KIB(64) + 1)) == 413);
    VT_CHECK(status_of(&s, "/", NULL, zeros(0)) == 405);
    VT_CHECK(status_of(&s, "/other", VT_OHTTP_REQUEST_TYPE, zeros(100)) == 404);
    VT_CHECK(status_of(&s, "/health", NULL, zeros(0)) == 200);
    VT_CHECK(!vt_path_exists(s.seen)); /* nothing of it went on */
    VT_CHECK(status_of(&s, "/", VT_OHTTP_REQUEST_TYPE, zeros(VT_KIB(64))) == 400);
    VT_CHECK(vt_path_exists(s.seen)); /* the gateway's own refusal */
    finish(&s);
}

/* What a gateway does wrong is a status of ours; of its words nothing comes back. */
static void gateways_that_misbehave(void)
{
    static const struct {
        enum manner manner;
        int status;
        enum vt_code code;
    } rows[] = {
        { REFUSES, 403, VT_REJECTED }, { BROKEN, 502, VT_IO }, { NAKED, 502, VT_IO },
        { LONG, 502, VT_IO },          { SILENT, 504, VT_IO },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_oblivious_answer answer;
        struct vt_error err = { 0 };
        struct stand s;

        start(&s, rows[i].manner, "--timeout", "1s");
        VT_CHECK_SAYING(status_of(&s, "/", VT_OHTTP_REQUEST_TYPE, zeros(100)) ==
                            rows[i].status,
                        "row %zu", i);
        if (rows[i].manner != SILENT)
            VT_CHECK_FAILS(rows[i].code, ask(&s, ASKED, &answer, &err));
        finish(&s);
    }
}

static void a_gateway_that_is_gone(void)
{
    struct stand s;

    start(&s, HONEST, NULL, NULL);
    VT_CHECK(kill(s.gateway, SIGKILL) == 0 && waitpid(s.gateway, NULL, 0) == s.gateway);
    VT_CHECK(status_of(&s, "/", VT_OHTTP_REQUEST_TYPE, zeros(100)) == 502);
    finish(&s);
}

/* The client does not believe a relay that answers for the gateway, nor another key. */
static void a_client_that_is_lied_to(void)
{
    struct vt_oblivious_answer answer;
    struct vt_error err = { 0 };
    struct stand s;

    start(&s, HONEST, NULL, NULL);
    s.key.config.public_key[0] ^= 1; /* not the key that the gateway holds */
    VT_CHECK_FAILS(VT_REJECTED, ask(&s, ASKED, &answer, &err));
    VT_CHECK(strstr(err.message, "key may have changed") != NULL);
    s.key.config.public_key[0] ^= 1;
    VT_CHECK_OK(ask(&s, ASKED, &answer, &err));
    finish(&s);
}

/* More than the rate, all at once: some get through, the others are told to come back. */
static void a_rate_is_kept(void)
{
    enum { CALLS = 40, RATE = 5 };
    struct vt_http_call calls[CALLS];
    struct vt_error err = { 0 };
    unsigned too_many = 0;
    struct stand s;
    int64_t began_ms;

    start(&s, HONEST, "--rate", "5");
    began_ms = vt_monotonic_ms();
    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = (struct vt_http_call){ .url = s.relay.url,
                                          .body = zeros(100),
                                          .content_type = VT_OHTTP_REQUEST_TYPE,
                                          .answer_bytes_max = VT_KIB(100) };
        VT_CHECK_OK(vt_http_client_start(s.client, &calls[i], &err));
    }
    for (size_t i = 0; i < CALLS; i++) {
        struct vt_http_call *done = NULL;

        VT_CHECK_OK(vt_http_client_wait(s.client, 20000, &done, &err));
        VT_CHECK(done != NULL && (done->status == 429 || done->status == 400));
        too_many += done->status == 429;
        vt_http_call_clear(done);
    }
    /* A second's worth at once, and what has come in since. */
    VT_CHECK_SAYING(CALLS - too_many <=
                        RATE + 1 + RATE * (vt_monotonic_ms() - began_ms) / 1000,
                    "%u of %d were turned away", too_many, CALLS);
    VT_CHECK(too_many > 0 && too_many < CALLS);
    finish(&s);
}

/* More than the channel between front and courier holds, both ways at once. */
static void many_at_once(void)
{
    enum { CALLS = 100 };
    struct vt_http_call calls[CALLS];
    struct vt_error err = { 0 };
    struct stand s;

    start(&s, LARGE, "--rate", "1000");
    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = (struct vt_http_call){ .url = s.relay.url,
                                          .body = zeros(VT_KIB(64)),
                                          .content_type = VT_OHTTP_REQUEST_TYPE,
                                          .answer_bytes_max = VT_KIB(100) };
        VT_CHECK_OK(vt_http_client_start(s.client, &calls[i], &err));
    }
    for (size_t i = 0; i < CALLS; i++) {
        struct vt_http_call *done = NULL;

        VT_CHECK_OK(vt_http_client_wait(s.client, 30000, &done, &err));
        VT_CHECK(done != NULL);
        VT_CHECK_SAYING(done->status == 200 && done->answer.len == VT_KIB(64), "status %d",
                        done->status);
        vt_http_call_clear(done);
    }
    finish(&s);
}

/* ---- deaths and rights ------------------------------------------------------------------
 */

static bool answers_again(void *context)
{
    struct vt_oblivious_answer answer;
    struct vt_error err = { 0 };

    return ask(context, ASKED, &answer, &err);
}

static void a_process_dies(void)
{
    static const char *const roles[] = { "relay-courier", "relay-front" };
    struct stand s;

    start(&s, HONEST, NULL, NULL);
    for (size_t i = 0; i < 2; i++) {
        pid_t pid = vt_test_role_of(&s.relay, roles[i]);

        VT_CHECK(pid != 0 && kill(pid, SIGKILL) == 0);
        VT_CHECK(vt_test_wait_until(answers_again, &s));
        VT_CHECK(vt_test_role_of(&s.relay, roles[i]) != pid);
    }
    finish(&s);
}

static void what_its_roles_cannot_do(void)
{
    vt_test_confinement("relay-front", "", (const char *const[]){ NULL });
    vt_test_confinement("relay-courier", "",
                        (const char *const[]){ "read-etc", "socket", "connect", NULL });
}

static void misuse(void)
{
    (void)vt_test_run(2, VT_ARGV("vitrine", "relay", "serve"));
    (void)vt_test_run(2, VT_ARGV("vitrine", "relay", "serve", "--target", "ftp://x/"));
    (void)vt_test_run(
        2, VT_ARGV("vitrine", "relay", "serve", "--target", "http://x/", "--rate", "0"));
    (void)vt_test_run(2, VT_ARGV("vitrine", "relay", "serve", "--target", "http://x/",
                                 "--timeout", "1h"));
    (void)vt_test_run(2, VT_ARGV("vitrine", "relay", "serve", "--target", "http://x/",
                                 "--listen", "localhost"));
    (void)vt_test_run(3, VT_ARGV("vitrine", "relay", "serve", "--target", "http://x/",
                                 "--listen", "192.0.2.1"));
}

static const struct vt_case cases[] = {
    { "an answer comes through", an_answer_comes_through },
    { "what each can see", what_each_can_see },
    { "what is no request goes nowhere", what_is_no_request_goes_nowhere },
    { "gateways that misbehave", gateways_that_misbehave },
    { "a gateway that is gone", a_gateway_that_is_gone },
    { "a client that is lied to", a_client_that_is_lied_to },
    { "a rate is kept", a_rate_is_kept },
    { "many at once", many_at_once },
    { "a process dies", a_process_dies },
    { "what its roles cannot do", what_its_roles_cannot_do },
    { "misuse", misuse },
};

VT_TEST_MAIN("cell.test_relay", cases)
