/* Predicates that come over HTTP: what is kept has its digest, what is not whole leaves
 * nothing, and strangers keep nothing at all. */
#include "ledger/beside.h"
#include "tests/running.h"
#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define ORIGIN "log.example/kept"

enum { LARGE = 5 << 20 };

struct served {
    struct vt_running running;
    const char *token;
};

static const char *path(const char *name)
{
    return vt_test_path(name);
}

/* ---- a ledger with one writer -----------------------------------------------------------
 */

static void make_ledger(void)
{
    (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", path("log.key")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                 "--origin", ORIGIN, "--key", path("log.key")));
}

static void begin(struct served *s)
{
    const char *json;

    make_ledger();
    json = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "token", "--name", "builder", "--json"));
    s->token = vt_test_print("%.64s", strstr(json, "\"token\":\"") + 9);
    vt_test_write(path("writers"),
                  vt_slice_from_cstr(vt_test_print("builder %.64s\n",
                                                   strstr(json, "\"sha256\":\"") + 10)));
    s->running =
        vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                           path("log"), "--writers", path("writers")));
}

/* The file's bytes under that digest, by a writer or with another token: "STATUS SENTENCE".
 */
static const char *put(const struct served *s, const char *file, const char *where,
                       const char *token)
{
    return vt_test_run(0, VT_ARGV("curl", "-s", "-T", file, "-w", " %{http_code}", "-H",
                                  vt_test_print("Authorization: Bearer %s", token),
                                  vt_test_print("%s/%s", s->running.url, where)));
}

static bool says(const char *answer, const char *status, const char *words)
{
    size_t len = strlen(answer);

    return len > 3 && strcmp(answer + len - 3, status) == 0 &&
           strstr(answer, words) != NULL;
}

static const char *place_of(vt_slice bytes)
{
    vt_hash digest = vt_sha256_of(bytes);
    char place[VT_BESIDE_PATH_BYTES];

    vt_beside_path(&digest, place);
    return vt_arena_cstr(vt_test_arena(), vt_slice_from_cstr(place));
}

/* Bytes of which no two pieces are equal. */
static vt_slice noise(size_t len)
{
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), len);
    uint64_t state = 88172645463325252U;

    for (size_t i = 0; i < len; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[i] = (uint8_t)state;
    }
    return vt_slice_of(bytes, len);
}

static size_t drafts;

static int count_draft(const char *name, const struct stat *about, int kind,
                       struct FTW *ftw)
{
    (void)about;
    (void)kind;
    drafts += strncmp(name + ftw->base, ".vt-", 4) == 0 &&
              strcmp(name + ftw->base, ".vt-lock") != 0;
    return 0;
}

/* Of predicates: tiles and heads are drafts too, for a moment. */
static bool has_no_drafts(void *context)
{
    (void)context;
    drafts = 0;
    (void)nftw(path("log/predicate"), count_draft, 16, FTW_PHYS);
    return drafts == 0;
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void bytes_are_kept_under_their_digest(void)
{
    struct served s;
    vt_slice large = noise(LARGE);
    const char *where = place_of(large), *said;

    begin(&s);
    vt_test_write(path("large"), large);
    vt_test_write(path("forged"), vt_slice_sub(large, 1, large.len - 1));
    said = put(&s, path("forged"), where, s.token);
    VT_CHECK_SAYING(says(said, "422", "do not have the digest"), "%s", said);
    VT_CHECK(!vt_path_exists(vt_test_print("%s/%s", path("log"), where)));
    said = put(&s, path("large"), where, s.token);
    VT_CHECK_SAYING(says(said, "201", "kept"), "%s", said);
    said = put(&s, path("large"), where, s.token); /* again changes nothing */
    VT_CHECK_SAYING(says(said, "201", "kept"), "%s", said);
    (void)vt_test_run(0, VT_ARGV("curl", "-s", "-o", path("back"),
                                 vt_test_print("%s/%s", s.running.url, where)));
    VT_CHECK(vt_slice_equal(vt_test_read(path("back")), large));
    said =
        vt_test_run(0, VT_ARGV("curl", "-s", vt_test_print("%s/metrics", s.running.url)));
    VT_CHECK(strstr(said, "vitrine_ledger_kept_total{ledger=\"/\"} 2\n") != NULL);
    vt_test_stop(&s.running, 0);
    VT_CHECK(has_no_drafts(NULL));
}

static void only_named_writers_keep_bytes(void)
{
    const char *where = place_of(VT_LIT("bytes")), *said;
    struct served s, open;

    begin(&s);
    vt_test_write(path("bytes"), VT_LIT("bytes"));
    said = put(&s, path("bytes"), where, "0000");
    VT_CHECK_SAYING(says(said, "401", "writers only"), "%s", said);
    said = put(&s, path("bytes"), where, s.token);
    VT_CHECK_SAYING(says(said, "201", "kept"), "%s", said);
    vt_test_stop(&s.running, 0);
    open = s;
    open.running = vt_test_start(
        "open.err", VT_ARGV("vitrine", "ledger", "serve", "--dir", path("log")));
    said = put(&open, path("bytes"), where, s.token); /* nobody is named: nobody may */
    VT_CHECK_SAYING(says(said, "403", "--beside"), "%s", said);
    vt_test_stop(&open.running, 0);
}

static void what_has_no_form_is_refused(void)
{
    const char *where = place_of(VT_LIT("bytes")), *said;
    struct served s;

    begin(&s);
    vt_test_write(path("bytes"), VT_LIT("bytes"));
    vt_test_write(path("empty"), VT_LIT(""));
    said = put(&s, path("bytes"), "predicate/sha256/00/00", s.token);
    VT_CHECK_SAYING(says(said, "404", "SHA-256"), "%s", said);
    said = put(&s, path("bytes"), "predicate/wanted/x", s.token);
    VT_CHECK_SAYING(says(said, "404", "SHA-256"), "%s", said);
    said = put(&s, path("empty"), place_of(VT_LIT("")), s.token);
    VT_CHECK_SAYING(says(said, "422", "one byte or more"), "%s", said);
    said = vt_test_run(0, VT_ARGV("curl", "-s", "-X", "PUT", "-d", "x", "-w",
                                  " %{http_code}", "-H", "Content-Length: 67108865", "-H",
                                  vt_test_print("Authorization: Bearer %s", s.token), "-m",
                                  "5", vt_test_print("%s/%s", s.running.url, where)));
    VT_CHECK_SAYING(says(said, "413", "too long"), "%s", said);
    said = put(&s, path("bytes"), where, s.token); /* the twin */
    VT_CHECK_SAYING(says(said, "201", "kept"), "%s", said);
    vt_test_stop(&s.running, 0);
}

/* A client that begins and then says nothing. */
static int begin_upload(const struct served *s, const char *where)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    const char *text =
        vt_test_print("PUT /%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                      "Content-Length: 1000000\r\n\r\nthe beginning",
                      where, s->token);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_port =
        htons((uint16_t)strtoul(strrchr(s->running.url, ':') + 1, NULL, 10)); /* ours */
    VT_CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    VT_CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    return fd;
}

struct waiting {
    struct served *served;
    const char *status;
};

static bool is_answered_so(void *context)
{
    const struct waiting *w = context;

    return says(put(w->served, path("bytes"), place_of(VT_LIT("bytes")), w->served->token),
                w->status, "");
}

/* Two at once; who goes in the middle leaves room and no bytes. */
static void half_sent_bytes_leave_nothing(void)
{
    struct served s;
    struct waiting full = { &s, "429" }, free_again = { &s, "201" };
    int fds[2];

    begin(&s);
    vt_test_write(path("bytes"), VT_LIT("bytes"));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2; i++)
            fds[i] = begin_upload(&s, place_of(VT_LIT("never")));
        VT_CHECK(vt_test_wait_until(is_answered_so, &full));
        for (int i = 0; i < 2; i++)
            (void)close(fds[i]);
        VT_CHECK(vt_test_wait_until(is_answered_so, &free_again));
    }
    VT_CHECK(vt_test_wait_until(has_no_drafts, NULL));
    fds[0] = begin_upload(&s, place_of(VT_LIT("never")));
    VT_CHECK(vt_test_wait_until(is_answered_so, &free_again)); /* the other slot */
    vt_test_stop(&s.running, 0);                               /* in the middle of one */
    (void)close(fds[0]);
    VT_CHECK(has_no_drafts(NULL));
    VT_CHECK(
        !vt_path_exists(vt_test_print("%s/%s", path("log"), place_of(VT_LIT("never")))));
}

/* Whoever writes into the ledger meanwhile is answered, and a sequencer that dies in the
 * middle is started again without what was half sent. */
static void entries_go_on_meanwhile(void)
{
    struct served s;
    const char *said;
    int fd;

    begin(&s);
    vt_test_write(path("bytes"), VT_LIT("bytes"));
    fd = begin_upload(&s, place_of(VT_LIT("never")));
    said = vt_test_run(0, VT_ARGV("curl", "-s", "-H",
                                  vt_test_print("Authorization: Bearer %s", s.token), "-d",
                                  "one", vt_test_print("%s/add", s.running.url)));
    VT_CHECK_SAYING(strcmp(said, "0") == 0, "%s", said);
    vt_test_kill(&s.running);
    (void)close(fd);
    s.running =
        vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                           path("log"), "--writers", path("writers")));
    said = put(&s, path("bytes"), place_of(VT_LIT("bytes")), s.token);
    VT_CHECK_SAYING(says(said, "201", "kept"), "%s", said);
    VT_CHECK(has_no_drafts(NULL));
    vt_test_stop(&s.running, 0);
}

static const struct vt_case cases[] = {
    { "bytes are kept under their digest", bytes_are_kept_under_their_digest },
    { "only named writers keep bytes", only_named_writers_keep_bytes },
    { "what has no form is refused", what_has_no_form_is_refused },
    { "half sent bytes leave nothing", half_sent_bytes_leave_nothing },
    { "entries go on meanwhile", entries_go_on_meanwhile },
};

VT_TEST_MAIN("cli.ledger_keep", cases)
