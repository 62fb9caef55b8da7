/* Clients that do not behave, against the real servers: whatever they send is answered or
 * closed, thousands that hang keep nobody out, and what they cost is given back.
 *
 * `make check` brings a crowd of 2,000; VT_STRANGERS=10000 as large a one as one likes. */
#include "tests/running.h"
#include "tests/small_cell.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum {
    CROWD = 2000,
    CELL_CROWD = 5000, /* at a cell's door, where everybody may ask */
    ANSWER_MS_MAX = 5000,
    PATIENCE_MS = 3000, /* of an honest client */
    ROUNDS = 10,
    SLACK_KIB = 512,
    KIB_EACH_MAX = 12, /* of a connection */
    TURNS = 6,
};

struct target {
    struct vt_running running;
    pid_t front;
    unsigned fds; /* that it holds when nobody is there */
    uint16_t port;
    const char *honest; /* a request that is answered well ... */
    const char *status; /* ... with this */
    const char *log;    /* of its standard error */
    unsigned crowd_min; /* so many at least come to it */
};

/* ---- talking ----------------------------------------------------------------------------
 */

static int dial(const struct target *t)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(t->port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    VT_CHECK_SAYING(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0,
                    "dial: %s", strerror(errno));
    return fd;
}

/* The other side may have closed already. */
static void say(int fd, vt_slice text)
{
    (void)send(fd, text.data, text.len, MSG_NOSIGNAL);
}

/* What comes until the other side closes, or `until` has come.  The case fails if neither
 * happens in time. */
static const char *hear(int fd, const char *until)
{
    VT_AUTO_BUF heard = vt_buf_init(VT_MIB(1));
    int64_t end_ms = vt_monotonic_ms() + ANSWER_MS_MAX;
    char piece[4096];

    while (until == NULL || strstr(vt_buf_cstr(&heard), until) == NULL) {
        struct pollfd poll_fd = { fd, POLLIN, 0 };
        int64_t left_ms = end_ms - vt_monotonic_ms();
        ssize_t got;

        VT_CHECK_SAYING(left_ms > 0 && poll(&poll_fd, 1, (int)left_ms) > 0,
                        "neither answered nor closed within %d ms", ANSWER_MS_MAX);
        got = recv(fd, piece, sizeof piece, 0);
        if (got <= 0)
            break;
        vt_buf_put(&heard, vt_slice_of(piece, (size_t)got));
    }
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&heard));
}

/* An honest client, who is not kept waiting. */
static void be_served(const struct target *t)
{
    int64_t began_ms = vt_monotonic_ms(), took_ms;
    int fd = dial(t);
    const char *heard;

    say(fd, vt_slice_from_cstr(t->honest));
    heard = hear(fd, "\r\n\r\n");
    took_ms = vt_monotonic_ms() - began_ms;
    VT_CHECK_SAYING(strstr(heard, t->status) != NULL, "an honest client got '%.60s'",
                    heard);
    VT_CHECK_SAYING(took_ms <= PATIENCE_MS, "an honest client waited %jd ms",
                    (intmax_t)took_ms);
    (void)close(fd);
}

/* ---- what they cost ---------------------------------------------------------------------
 */

/* Under the sanitizers what was freed is kept for a while; there the leak finder looks. */
#ifdef VT_SANITIZED
enum { KIB_COUNT = 0 };
#else
enum { KIB_COUNT = 1 };
#endif

static uint64_t resident_kib(pid_t pid)
{
    const char *path = vt_test_print("/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    char line[256];
    uint64_t kib = 0;

    VT_CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtoul(line + 6, NULL, 10);
    (void)fclose(file);
    return kib * KIB_COUNT;
}

/* Descriptors that a process holds; 0: we may not look (its owner may not, root may). */
static unsigned descriptors(pid_t pid)
{
    DIR *dir = opendir(vt_test_print("/proc/%d/fd", (int)pid));
    unsigned count = 0;

    while (dir != NULL && readdir(dir) != NULL)
        count++;
    if (dir != NULL)
        (void)closedir(dir);
    return count;
}

struct quiet {
    pid_t pid;
    unsigned wanted;
};

static bool is_quiet(void *context)
{
    const struct quiet *q = context;

    return descriptors(q->pid) <= q->wanted;
}

/* All that strangers left behind is closed again. */
static void check_descriptors(const struct target *t)
{
    struct quiet q = { t->front, t->fds };

    VT_CHECK_SAYING(vt_test_wait_until(is_quiet, &q), "%u descriptors before, %u after",
                    t->fds, descriptors(t->front));
}

/* ---- strange requests -------------------------------------------------------------------
 */

/* Each is answered with the status, or (NULL) with any refusal, or closed. */
static const struct strange {
    const char *name;
    vt_slice request;
    const char *status;
} strange[] = {
    { "not HTTP", VT_LIT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), NULL },
    { "a NUL", VT_LIT("GET /\0checkpoint HTTP/1.1\r\nHost: h\r\n\r\n"), NULL },
    { "no path", VT_LIT("GET\r\n\r\n"), NULL },
    { "no slash", VT_LIT("GET checkpoint HTTP/1.1\r\nHost: h\r\n\r\n"), NULL },
    { "up", VT_LIT("GET /../config.json HTTP/1.1\r\nHost: h\r\n\r\n"), " 404 " },
    { "up and down", VT_LIT("GET /tile/../config.json HTTP/1.1\r\nHost: h\r\n\r\n"),
      " 404 " },
    { "up, written otherwise",
      VT_LIT("GET /tile/%2e%2e/config.json HTTP/1.1\r\nHost: h\r\n\r\n"), " 404 " },
    { "a slash, written otherwise",
      VT_LIT("GET /tile/0/..%2f..%2fsigner%2fhead HTTP/1.1\r\nHost: h\r\n\r\n"), " 404 " },
    { "twice written otherwise",
      VT_LIT("GET /tile/%252e%252e/config.json HTTP/1.1\r\nHost: h\r\n\r\n"), " 404 " },
    { "two slashes", VT_LIT("GET //config.json HTTP/1.1\r\nHost: h\r\n\r\n"), " 404 " },
    { "a private file", VT_LIT("GET /config.json HTTP/1.1\r\nHost: h\r\n\r\n"), " 404 " },
    { "a journal", VT_LIT("GET /journal/a HTTP/1.1\r\nHost: h\r\n\r\n"), " 404 " },
    { "a NUL, written otherwise",
      VT_LIT("GET /tile/0/000%00.json HTTP/1.1\r\nHost: h\r\n\r\n"), " 400 " },
    { "a method of its own", VT_LIT("BREW /checkpoint HTTP/1.1\r\nHost: h\r\n\r\n"), NULL },
    { "DELETE", VT_LIT("DELETE /config.json HTTP/1.1\r\nHost: h\r\n\r\n"), NULL },
    { "TRACE", VT_LIT("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"), NULL },
    { "CONNECT", VT_LIT("CONNECT example.org:443 HTTP/1.1\r\nHost: h\r\n\r\n"), NULL },
    { "another's page", VT_LIT("GET http://example.org/ HTTP/1.1\r\nHost: h\r\n\r\n"),
      NULL },
};

/* Those that a server's own POST refuses. */
static const struct strange_post {
    const char *name;
    vt_slice after; /* behind "POST PATH HTTP/1.1\r\nHost: h\r\n" */
    const char *status;
} strange_posts[] = {
    { "an oversized body, announced", VT_LIT("Content-Length: 100000000\r\n\r\nx"),
      " 413 " },
    { "a length beyond all numbers",
      VT_LIT("Content-Length: 99999999999999999999999\r\n\r\nx"), NULL },
    { "a negative length", VT_LIT("Content-Length: -1\r\n\r\nx"), NULL },
    { "no length that is one", VT_LIT("Content-Length: 5x\r\n\r\nhello"), NULL },
    { "an empty body", VT_LIT("Content-Length: 0\r\n\r\n"), " 400 " },
    { "a chunk without a size", VT_LIT("Transfer-Encoding: chunked\r\n\r\nnothing\r\n\r\n"),
      NULL },
    { "a chunk beyond all numbers",
      VT_LIT("Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n"), NULL },
};

enum {
    STRANGE = sizeof strange / sizeof strange[0],
    STRANGE_POSTS = sizeof strange_posts / sizeof strange_posts[0],
};

static void check_one(const struct target *t, const char *name, vt_slice request,
                      const char *status)
{
    int fd = dial(t);
    const char *heard;

    say(fd, request);
    heard = hear(fd, "\r\n\r\n");
    (void)close(fd);
    VT_CHECK_SAYING(strstr(heard, " 200 ") == NULL, "%s: answered '%.60s'", name, heard);
    VT_CHECK_SAYING(status == NULL || strstr(heard, status) != NULL,
                    "%s: wanted%sbut got '%.60s'", name, status != NULL ? status : " ",
                    heard);
}

/* A head without an end. */
static void send_long_head(const struct target *t)
{
    int fd = dial(t);
    const char *heard;

    say(fd, VT_LIT("GET /checkpoint HTTP/1.1\r\nHost: h\r\n"));
    for (int i = 0; i < 1000; i++)
        say(fd, VT_LIT("X-A: 0123456789012345678901234567890123456789\r\n"));
    say(fd, VT_LIT("\r\n"));
    heard = hear(fd, NULL);
    VT_CHECK_SAYING(strstr(heard, " 200 ") == NULL, "a head of 47 kB: '%.60s'", heard);
    (void)close(fd);
}

/* Each strange request once; the connection of a refused body must be closed. */
static void be_strange(const struct target *t, const char *post)
{
    for (size_t i = 0; i < STRANGE; i++)
        check_one(t, strange[i].name, strange[i].request, strange[i].status);
    for (size_t i = 0; i < STRANGE_POSTS; i++) {
        VT_AUTO_BUF request = vt_buf_init(VT_KIB(4));

        vt_buf_printf(&request, "POST %s HTTP/1.1\r\nHost: h\r\n", post);
        vt_buf_put(&request, strange_posts[i].after);
        check_one(t, strange_posts[i].name, vt_buf_slice(&request),
                  strange_posts[i].status);
    }
    send_long_head(t);
}

/* A request, cut off behind each of its bytes, and then left. */
static void be_half(const struct target *t, const char *post)
{
    const char *request = vt_test_print(
        "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: 20\r\n\r\nhello", post);

    for (size_t len = 0; len <= strlen(request); len++) {
        int fd = dial(t);

        say(fd, vt_slice_of(request, len));
        (void)close(fd);
    }
}

/* Again and again: what the last time needs beyond the second is a leak. */
static void strangers_cost_nothing(const struct target *t, const char *post)
{
    uint64_t kib[TURNS];

    for (unsigned turn = 0; turn < TURNS; turn++) {
        for (int i = 0; i < ROUNDS; i++)
            be_strange(t, post);
        be_half(t, post);
        be_served(t);
        check_descriptors(t);
        kib[turn] = resident_kib(t->front);
    }
    VT_CHECK_SAYING(kib[TURNS - 1] <= kib[1] + SLACK_KIB, "%ju KiB before, %ju after",
                    (uintmax_t)kib[1], (uintmax_t)kib[TURNS - 1]);
}

/* ---- crowds that hang -------------------------------------------------------------------
 */

static unsigned crowd_size(void)
{
    unsigned size = (unsigned)vt_test_number("VT_STRANGERS", CROWD, 100000);
    struct rlimit files;

    VT_CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = files.rlim_max;
    VT_CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
    VT_CHECK_SAYING(files.rlim_max > size + 1000, "only %ju descriptors are allowed here",
                    (uintmax_t)files.rlim_max);
    return size;
}

/* A third says nothing, a third says half of something, a third was answered and stays. */
static void hang(const struct target *t, int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        fds[i] = dial(t);
        if (i % 3 == 1)
            say(fds[i], VT_LIT("GET /checkpoint HTTP/1.1\r\nHo"));
        else if (i % 3 == 2)
            say(fds[i], vt_slice_from_cstr(t->honest));
        if (i % 100 == 99)
            be_served(t);
    }
}

static void let_go(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        (void)close(fds[i]);
}

/* Six crowds: what an allocator keeps of the first two for the next is no leak (a kibibyte
 * for each that is held, as pages that were never used are used by another), what the last
 * needs beyond that is.  held: so many of a crowd the front may hold. */
static void crowd_hangs(const struct target *t, unsigned held)
{
    unsigned size = crowd_size() > t->crowd_min ? crowd_size() : t->crowd_min;
    uint64_t before = resident_kib(t->front), with[TURNS], after[TURNS];
    int *fds = vt_alloc_array(size, sizeof *fds);

    if (held > size)
        held = size;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        hang(t, fds, size);
        with[turn] = resident_kib(t->front);
        for (int i = 0; i < 20; i++)
            be_served(t);
        let_go(fds, size);
        check_descriptors(t);
        after[turn] = resident_kib(t->front);
    }
    free(fds);
    (void)printf("   %u hang, %u are held: the front has %ju KiB before, %ju with them, "
                 "%ju after; with the sixth crowd %ju, after it %ju\n",
                 size, held, (uintmax_t)before, (uintmax_t)with[0], (uintmax_t)after[0],
                 (uintmax_t)with[TURNS - 1], (uintmax_t)after[TURNS - 1]);
    for (unsigned turn = 0; turn < TURNS; turn++)
        VT_CHECK_SAYING(with[turn] <= before + 2048 + KIB_EACH_MAX * held,
                        "memory grew from %ju to %ju KiB", (uintmax_t)before,
                        (uintmax_t)with[turn]);
    VT_CHECK_SAYING(with[TURNS - 1] <= with[1] + SLACK_KIB + held,
                    "memory grows with each crowd: from %ju to %ju KiB", (uintmax_t)with[1],
                    (uintmax_t)with[TURNS - 1]);
}

/* The number behind a word in the last line of the log that has it. */
static uint64_t logged(const struct target *t, const char *word)
{
    const char *text = vt_arena_cstr(vt_test_arena(), vt_test_read(vt_test_path(t->log)));
    uint64_t number = 0;

    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
        number = strtoul(at + strlen(word), NULL, 10);
    return number;
}

/* ---- the ledger -------------------------------------------------------------------------
 */

static uint16_t port_of(const struct vt_running *running)
{
    return (uint16_t)strtoul(strrchr(running->url, ':') + 1, NULL, 10);
}

static struct target serve_ledger(unsigned connections_max)
{
    struct target t = { .honest = "POST /add HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                                  "\r\nhello",
                        .status = " 200 ",
                        .log = "serve.log" };

    (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", vt_test_path("key")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", vt_test_path("log"),
                                 "--origin", "log.example/strangers", "--key",
                                 vt_test_path("key")));
    t.running = vt_test_start(t.log, VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                             vt_test_path("log"), "--connections-max",
                                             vt_test_print("%u", connections_max)));
    t.port = port_of(&t.running);
    t.front = vt_test_role_of(&t.running, "ledger-front");
    VT_CHECK(t.front > 0);
    t.fds = descriptors(t.front);
    be_served(&t);
    return t;
}

static void a_ledger_is_asked_strange_things(void)
{
    struct target t = serve_ledger(1024);

    strangers_cost_nothing(&t, "/add");
    vt_test_stop(&t.running, 0);
}

static void a_ledger_holds_a_crowd(void)
{
    unsigned size = crowd_size();
    struct target t = serve_ledger(size + 200);

    crowd_hangs(&t, size);
    vt_test_stop(&t.running, 0);
    VT_CHECK(logged(&t, "displaced ") == 0);
}

static void a_ledger_sends_the_idlest_away(void)
{
    struct target t = serve_ledger(128);

    crowd_hangs(&t, 128 + 64);
    vt_test_stop(&t.running, 0);
    VT_CHECK_SAYING(logged(&t, "displaced ") >= crowd_size(), "only %ju were sent away",
                    (uintmax_t)logged(&t, "displaced "));
}

/* ---- the witness ------------------------------------------------------------------------
 */

static struct target serve_witness(void)
{
    struct target t = { .honest = "GET /checkpoint HTTP/1.1\r\nHost: h\r\n\r\n",
                        .status = " 404 ",
                        .log = "witness.log" };

    (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", vt_test_path("key")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", vt_test_path("w"),
                                 "--name", "w.example", "--key", vt_test_path("key")));
    t.running = vt_test_start(
        t.log, VT_ARGV("vitrine", "witness", "serve", "--dir", vt_test_path("w")));
    t.port = port_of(&t.running);
    t.front = vt_test_role_of(&t.running, "witness-front");
    VT_CHECK(t.front > 0);
    t.fds = descriptors(t.front);
    be_served(&t);
    return t;
}

static void a_witness_is_asked_strange_things(void)
{
    struct target t = serve_witness();

    strangers_cost_nothing(&t, "/add-checkpoint");
    vt_test_stop(&t.running, 0);
}

static void a_witness_sends_the_idlest_away(void)
{
    struct target t = serve_witness();

    crowd_hangs(&t, 256 + 64);
    vt_test_stop(&t.running, 0);
    VT_CHECK(logged(&t, "displaced ") > 0);
}

/* ---- the cell ---------------------------------------------------------------------------
 */

static struct target serve_cell(unsigned connections_max)
{
    const struct vt_small_epoch epoch = {
        vt_test_path("cell"), 1000, 8, 0, 10, time(NULL) - 10, time(NULL) + 3600
    };
    struct target t = { .honest = "GET /head.json HTTP/1.1\r\nHost: h\r\n\r\n",
                        .status = " 200 ",
                        .log = "cell.log",
                        .crowd_min = CELL_CROWD };

    (void)vt_small_cell_publish(&epoch);
    t.running = vt_test_start(t.log, VT_ARGV("vitrine", "cell", "serve", "--dir",
                                             vt_test_path("cell"), "--cell", "zurich",
                                             "--drain", "0s", "--connections-max",
                                             vt_test_print("%u", connections_max)));
    t.port = port_of(&t.running);
    t.front = vt_test_role_of(&t.running, "cell-front");
    VT_CHECK(t.front > 0);
    t.fds = descriptors(t.front);
    be_served(&t);
    return t;
}

static void a_cell_is_asked_strange_things(void)
{
    struct target t = serve_cell(1024);

    strangers_cost_nothing(&t, "/lookup");
    vt_test_stop(&t.running, 0);
}

static void a_cell_holds_a_crowd(void)
{
    unsigned size = crowd_size() > CELL_CROWD ? crowd_size() : CELL_CROWD;
    struct target t = serve_cell(size + 200);

    crowd_hangs(&t, size);
    vt_test_stop(&t.running, 0);
    VT_CHECK(logged(&t, "displaced ") == 0);
}

static void a_cell_sends_the_idlest_away(void)
{
    struct target t = serve_cell(128);

    crowd_hangs(&t, 128 + 64);
    vt_test_stop(&t.running, 0);
    VT_CHECK(logged(&t, "displaced ") >= CELL_CROWD);
}

static const struct vt_case cases[] = {
    { "a cell is asked strange things", a_cell_is_asked_strange_things },
    { "a cell holds a crowd", a_cell_holds_a_crowd },
    { "a cell sends the idlest away", a_cell_sends_the_idlest_away },
    { "a ledger is asked strange things", a_ledger_is_asked_strange_things },
    { "a ledger holds a crowd", a_ledger_holds_a_crowd },
    { "a ledger sends the idlest away", a_ledger_sends_the_idlest_away },
    { "a witness is asked strange things", a_witness_is_asked_strange_things },
    { "a witness sends the idlest away", a_witness_sends_the_idlest_away },
};

VT_TEST_MAIN("strangers", cases)
