/* `vitrine ledger serve` as it runs: what is acknowledged survives sudden deaths, what is
 * shown holds together, strangers are bounded, and witnesses that fail stop nobody. */
#include "http/http.h"
#include "ledger/ledger.h"
#include "ledger/reader.h"
#include "tests/confinement.h"
#include "tests/running.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#define ORIGIN "log.example/served"
#define PROOF  "application/vnd.vitrine.tlog-proof"

static const char *path(const char *name)
{
    return vt_test_path(name);
}

/* ---- a ledger that is served ------------------------------------------------------------
 */

struct served {
    struct vt_running running;
    struct vt_http_client *http;
};

static void make_named(const char *name, const char *origin, const char *policy)
{
    if (!vt_path_exists(path("log.key")))
        (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", path("log.key")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path(name),
                                 "--origin", origin, "--key", path("log.key"),
                                 policy != NULL ? "--policy" : NULL, policy));
}

static void make_ledger(const char *name, const char *policy)
{
    make_named(name, ORIGIN, policy);
}

static void start(struct served *s)
{
    struct vt_error err = { 0 };

    s->running = vt_test_start("serve.err",
                               VT_ARGV("vitrine", "ledger", "serve", "--dir", path("log")));
    if (s->http == NULL)
        VT_CHECK_OK(vt_http_client_new(&s->http, &err));
}

static void begin(struct served *s)
{
    *s = (struct served){ .http = NULL };
    make_ledger("log", NULL);
    start(s);
}

static void finish(struct served *s)
{
    vt_test_stop(&s->running, 0);
    vt_http_client_free(s->http);
}

struct answer {
    int status; /* 0: none came */
    const char *text;
    size_t len;
};

static struct answer ask(struct served *s, const char *target, const char *method,
                         vt_slice body, const char *accept)
{
    struct vt_error err = { 0 };
    struct vt_http_call call = { .url = vt_test_print("%s%s", s->running.url, target),
                                 .method = method,
                                 .body = body,
                                 .accept = accept,
                                 .answer_bytes_max = VT_MIB(2) };
    struct answer out = { 0 };

    if (vt_http_client_run(s->http, &call, &err)) {
        vt_slice bytes = vt_buf_slice(&call.answer);

        out = (struct answer){ call.status, vt_arena_cstr(vt_test_arena(), bytes),
                               bytes.len };
    }
    vt_http_call_clear(&call);
    return out;
}

static struct answer post(struct served *s, const char *entry)
{
    return ask(s, "/add", NULL, vt_slice_from_cstr(entry), NULL);
}

static struct answer get(struct served *s, const char *target)
{
    return ask(s, target, NULL, (vt_slice){ 0 }, NULL);
}

static void write_policy(void)
{
    const char *json = vt_test_run(0, VT_ARGV("vitrine", "key", "show", "--name", ORIGIN,
                                              "--json", path("log.key.pub")));
    const char *at = strstr(json, "\"log_vkey\":\"") + 12;

    vt_test_write(path("policy"),
                  vt_slice_from_cstr(vt_test_print("log %.*s\nquorum none\n",
                                                   (int)strcspn(at, "\""), at)));
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void entries_get_indexes_and_proofs(void)
{
    struct served s;
    struct answer answer;

    begin(&s);
    write_policy();
    VT_CHECK(strcmp(post(&s, "one").text, "0") == 0);
    VT_CHECK(strcmp(post(&s, "two").text, "1") == 0);
    VT_CHECK(strcmp(post(&s, "one").text, "0") == 0); /* equal bytes, the first index */
    answer = ask(&s, "/add", NULL, VT_LIT("three"), PROOF);
    VT_CHECK_SAYING(answer.status == 200, "%d %s", answer.status, answer.text);
    vt_test_write(path("three"), VT_LIT("three"));
    vt_test_write(path("proof"), vt_slice_of(answer.text, answer.len));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "check", path("three"), "--proof",
                                 path("proof"), "--policy", path("policy"), "--origin",
                                 ORIGIN));
    vt_test_write(path("three"), VT_LIT("forged"));
    (void)vt_test_run(1, VT_ARGV("vitrine", "ledger", "check", path("three"), "--proof",
                                 path("proof"), "--policy", path("policy"), "--origin",
                                 ORIGIN));
    VT_CHECK(strstr(get(&s, "/metrics").text,
                    "\nvitrine_ledger_checkpoint_age_seconds{ledger=\"/\"} 0.") != NULL);
    answer = get(&s, "/checkpoint");
    VT_CHECK(answer.status == 200 && strncmp(answer.text, ORIGIN "\n3\n", 21) == 0);
    VT_CHECK(get(&s, "/tile/0/000.p/3").len == 96);
    VT_CHECK(get(&s, "/tile/entries/000.p/3").len == 2 + 3 + 2 + 3 + 2 + 5);
    finish(&s);
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "fsck", path("log"), "--policy", path("policy")));
}

static void a_batch_is_answered_line_by_line(void)
{
    struct served s;
    struct answer answer;

    begin(&s);
    answer = ask(&s, "/add-batch", NULL, VT_LIT("\0\1a\0\2bb\0\1a"), NULL);
    VT_CHECK_SAYING(strcmp(answer.text, "0\n1\n0\n") == 0, "%s", answer.text);
    VT_CHECK(ask(&s, "/add-batch", NULL, VT_LIT("\0\1a\0\2b"), NULL).status == 400);
    VT_CHECK(ask(&s, "/add-batch", NULL, VT_LIT("\0\0"), NULL).status == 400);
    VT_CHECK(ask(&s, "/add-batch", "POST", (vt_slice){ 0 }, NULL).status == 400);
    finish(&s);
}

/* A ledger of statements takes nothing else, and says why. */
static void what_is_no_statement_is_refused(void)
{
    struct served s = { .http = NULL };
    struct answer answer;

    (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", path("log.key")));
    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"), "--origin",
                              ORIGIN, "--key", path("log.key"), "--entries", "public"));
    start(&s);
    answer = post(&s, "{}");
    VT_CHECK_SAYING(answer.status == 400 && strstr(answer.text, "signed envelopes") != NULL,
                    "%d %s", answer.status, answer.text);
    answer = ask(&s, "/add-batch", NULL, VT_LIT("\0\1a"), NULL);
    VT_CHECK(answer.status == 200 && answer.text[0] == '!');
    VT_CHECK(get(&s, "/checkpoint").status == 404); /* nothing was added */
    write_policy();
    VT_CHECK(
        strstr(vt_test_run(3, VT_ARGV("vitrine", "ledger", "mirror", "--dir", path("copy"),
                                      "--from", s.running.url, "--policy", path("policy"))),
               "shows no checkpoint") != NULL);
    VT_CHECK(strstr(vt_test_run(
                        3, VT_ARGV("vitrine", "mirror", "status", "--url", s.running.url)),
                    "is no mirror") != NULL);
    finish(&s);
}

static void strangers_are_bounded(void)
{
    static char large[70000];
    struct served s;

    begin(&s);
    memset(large, 'x', sizeof large);
    VT_CHECK(ask(&s, "/add", "POST", (vt_slice){ 0 }, NULL).status == 400);
    VT_CHECK(ask(&s, "/add", NULL, vt_slice_of(large, 65535), PROOF).status == 200);
    VT_CHECK(ask(&s, "/add", "DELETE", (vt_slice){ 0 }, NULL).status == 405);
    VT_CHECK(ask(&s, "/checkpoint", NULL, VT_LIT("x"), NULL).status == 405);
    VT_CHECK(get(&s, "/").status == 404);
    VT_CHECK(get(&s, "/config.json").status == 404);
    VT_CHECK(get(&s, "/tile/%2e%2e/config.json").status == 404);
    VT_CHECK(get(&s, "/tile/0/000.p/../../../config.json").status == 404);
    VT_CHECK(get(&s, "/tile/0/1").status == 404);
    VT_CHECK(get(&s, "/tile/8/000").status == 404);
    VT_CHECK(get(&s, "/tile/0/000.p/1").status == 200); /* the twin */
    finish(&s);
}

/* Descriptors of the front. */
static size_t descriptors_of(pid_t pid)
{
    DIR *folder = opendir(vt_test_print("/proc/%d/fd", (int)pid));
    size_t count = 0;

    VT_CHECK(folder != NULL);
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count;
}

static int connect_to(const struct served *s)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_port =
        htons((uint16_t)strtoul(strrchr(s->running.url, ':') + 1, NULL, 10)); /* ours */
    VT_CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

/* Five hundred who say nothing, and as many who stop in the middle, hold nobody up and
 * leave nothing behind. */
static void idle_and_half_requests_leave_nothing(void)
{
    enum { EACH = 250 };
    int fds[2 * EACH];
    struct served s;
    size_t before;
    pid_t front;

    begin(&s);
    VT_CHECK(post(&s, "first").status == 200);
    front = vt_test_role_of(&s.running, "ledger-front");
    before = descriptors_of(front);
    for (size_t i = 0; i < 2 * EACH; i++) {
        fds[i] = connect_to(&s);
        if (i % 2 == 1)
            VT_CHECK(write(fds[i], "POST /add HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf",
                           46) == 46);
    }
    VT_CHECK(strcmp(post(&s, "second").text, "1") == 0);
    for (size_t i = 0; i < 2 * EACH; i++)
        (void)close(fds[i]);
    VT_CHECK(strcmp(post(&s, "third").text, "2") == 0);
    (void)usleep(300000);
    VT_CHECK_SAYING(descriptors_of(front) <= before + 4, "%zu descriptors, before %zu",
                    descriptors_of(front), before);
    finish(&s);
}

/* Eight wait, as many as may. */
static bool are_eight_queued(void *context)
{
    return strstr(get(context, "/health").text, "\"queued\":8,") != NULL;
}

static bool is_one_more_taken(void *context)
{
    return post(context, "one more").status == 200;
}

static void too_much_is_told_to_come_back(void)
{
    enum { COUNT = 40 };
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(4));
    struct served s = { .http = NULL };
    struct vt_error err = { 0 };
    struct answer answer;
    pid_t sequencer;
    int fd;

    make_ledger("log", NULL);
    s.running = vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                                   path("log"), "--pending-max", "8"));
    VT_CHECK_OK(vt_http_client_new(&s.http, &err));
    for (int i = 0; i < COUNT; i++) {
        vt_buf_put_u16(&body, 1);
        vt_buf_put_u8(&body, (uint8_t)i);
    }
    answer = ask(&s, "/add-batch", NULL, vt_buf_slice(&body), NULL);
    VT_CHECK_SAYING(answer.status == 413 && /* it would never find room */
                        strstr(answer.text, "at most 8 entries here, this one has 40") !=
                            NULL,
                    "%d %s", answer.status, answer.text);
    sequencer = vt_test_role_of(&s.running, "ledger-sequencer");
    VT_CHECK(sequencer > 0 && kill(sequencer, SIGSTOP) == 0);
    fd = connect_to(&s);
    VT_CHECK(write(fd,
                   "POST /add-batch HTTP/1.1\r\nHost: x\r\nContent-Length: 24\r\n\r\n"
                   "\0\1a\0\1b\0\1c\0\1d\0\1e\0\1f\0\1g\0\1h",
                   57 + 24) == 57 + 24);
    VT_CHECK(vt_test_wait_until(are_eight_queued, &s));
    VT_CHECK(post(&s, "one more").status == 429);
    VT_CHECK(strstr(get(&s, "/metrics").text, "vitrine_ledger_too_many_total{ledger=\"/\"} "
                                              "1\n") != NULL);
    VT_CHECK(kill(sequencer, SIGCONT) == 0);
    VT_CHECK(vt_test_wait_until(is_one_more_taken, &s));
    (void)close(fd);
    VT_CHECK(ask(&s, "/add-batch", NULL, vt_slice_sub(vt_buf_slice(&body), 0, 8 * 3), NULL)
                 .status == 200);
    finish(&s);
}

/* ---- what hangs -------------------------------------------------------------------------
 */

/* Said, and not waited for. */
static int say_add(const struct served *s, const char *entry)
{
    const char *request = vt_test_print("POST /add HTTP/1.1\r\nHost: x\r\n"
                                        "Content-Length: %zu\r\n\r\n%s",
                                        strlen(entry), entry);
    int fd = connect_to(s);

    VT_CHECK(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
    return fd;
}

static bool is_told_to_come_back(int fd)
{
    char heard[1024] = "";
    ssize_t got = read(fd, heard, sizeof heard - 1);

    (void)close(fd);
    return got > 0 && strncmp(heard, "HTTP/1.1 503 ", 13) == 0 &&
           strcasestr(heard, "\r\nRetry-After: 10\r\n") != NULL &&
           strstr(heard, "nothing becomes durable here now") != NULL;
}

static bool is_failure_told(void *context)
{
    return strstr(get(context, "/health").text, "no new checkpoint was published") != NULL;
}

static void start_impatient(struct served *s)
{
    struct vt_error err = { 0 };

    *s = (struct served){ .http = NULL };
    make_ledger("log", NULL);
    s->running = vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                                    path("log"), "--wait-max", "1s"));
    VT_CHECK_OK(vt_http_client_new(&s->http, &err));
    VT_CHECK(ask(s, "/add", NULL, VT_LIT("zero"), PROOF).status == 200);
}

/* A signer that hangs holds up checkpoints, and no entry. */
static void a_signer_that_hangs(void)
{
    struct served s;
    struct answer answer;
    int64_t began_ms;
    pid_t signer;

    start_impatient(&s);
    signer = vt_test_role_of(&s.running, "ledger-signer");
    VT_CHECK(signer > 0 && kill(signer, SIGSTOP) == 0);
    answer = ask(&s, "/add", NULL, VT_LIT("one"), PROOF); /* its checkpoint is begun */
    VT_CHECK_SAYING(answer.status == 503 &&
                        strstr(answer.text, "entry 1 is durable") != NULL,
                    "%d %s", answer.status, answer.text);
    began_ms = vt_monotonic_ms();
    VT_CHECK(strcmp(post(&s, "two").text, "2") == 0);
    VT_CHECK(strcmp(post(&s, "one").text, "1") == 0);
    VT_CHECK_SAYING(vt_monotonic_ms() - began_ms < 1000, "two entries took %jd ms",
                    (intmax_t)(vt_monotonic_ms() - began_ms));
    VT_CHECK(vt_test_wait_until(is_failure_told, &s));
    VT_CHECK(strstr(vt_arena_cstr(vt_test_arena(), vt_test_read(path("serve.err"))),
                    "not published: the signer has not answered for 2 s") != NULL);
    VT_CHECK(kill(signer, SIGCONT) == 0);
    VT_CHECK(ask(&s, "/add", NULL, VT_LIT("two"), PROOF).status == 200);
    VT_CHECK(!is_failure_told(&s));
    finish(&s);
}

/* A disk, or a sequencer, that hangs: nobody waits for longer than was said, what was not
 * handed over is forgotten, and what was keeps its index. */
static void a_sequencer_that_hangs(void)
{
    struct served s;
    struct answer answer;
    int handed_over, forgotten;
    pid_t sequencer;

    start_impatient(&s);
    sequencer = vt_test_role_of(&s.running, "ledger-sequencer");
    VT_CHECK(sequencer > 0 && kill(sequencer, SIGSTOP) == 0);
    handed_over = say_add(&s, "one");
    while (strstr(get(&s, "/health").text, "\"queued\":1,") == NULL)
        (void)usleep(1000);
    forgotten = say_add(&s, "two");
    VT_CHECK(is_told_to_come_back(handed_over) && is_told_to_come_back(forgotten));
    VT_CHECK(is_told_to_come_back(say_add(&s, "three"))); /* at once */
    answer = get(&s, "/health");
    VT_CHECK_SAYING(answer.status == 503 &&
                        strstr(answer.text, "the disk does not answer") != NULL &&
                        strstr(answer.text, "\"queued\":1,") != NULL,
                    "%d %s", answer.status, answer.text);
    VT_CHECK(kill(sequencer, SIGCONT) == 0);
    VT_CHECK(vt_test_wait_until(is_one_more_taken, &s));
    VT_CHECK(strcmp(post(&s, "one").text, "1") == 0);
    VT_CHECK(strcmp(post(&s, "one more").text, "2") == 0);
    VT_CHECK(strcmp(post(&s, "two").text, "3") == 0);
    VT_CHECK(get(&s, "/health").status == 200);
    finish(&s);
}

static bool goes_on(void *context)
{
    (void)context;
    return strstr(vt_arena_cstr(vt_test_arena(), vt_test_read(path("serve.err"))),
                  "it goes on as before: ") != NULL;
}

struct wanted {
    const char *token, *answer; /* that the ledger gives to this token */
    const char *url;
};

static bool is_answered(void *context)
{
    const struct wanted *w = context;
    const char *said =
        vt_test_run(0, VT_ARGV("curl", "-s", "-w", " %{http_code}", "-H",
                               vt_test_print("Authorization: Bearer %s", w->token), "-d",
                               "one", w->url));

    return strcmp(said, w->answer) == 0 ||
           (strcmp(w->answer, "401") == 0 && strstr(said, " 401") != NULL);
}

static const char *token_of(const char *name, const char **hash_out)
{
    const char *json =
        vt_test_run(0, VT_ARGV("vitrine", "ledger", "token", "--name", name, "--json"));

    *hash_out = vt_test_print("%.64s", strstr(json, "\"sha256\":\"") + 10);
    return vt_test_print("%.64s", strstr(json, "\"token\":\"") + 9);
}

/* Under a limit that only a privileged user may raise it says what to raise. */
static void few_files(const char *const call[])
{
    const char *argv[16] = { "sh", "-c", "ulimit -n 700; exec \"$0\" \"$@\"" };
    size_t count = 3;
    const char *said;

    if (geteuid() == 0) {
        argv[count++] = "setpriv";
        argv[count++] = "--bounding-set=-sys_resource";
    }
    for (size_t i = 0; call[i] != NULL; i++)
        argv[count++] = call[i];
    said = vt_test_run(3, argv);
    VT_CHECK_SAYING(strstr(said, "needs 1536 open files and may have 700: raise "
                                 "LimitNOFILE") != NULL,
                    "%s", said);
}

/* SIGHUP: who was added may write, who was taken out may not, entries stay, and a file that
 * cannot be used changes nothing.  The key lies elsewhere than at init. */
static void writers_are_read_again(void)
{
    struct served s = { .http = NULL };
    const char *old_hash, *new_hash, *url;
    const char *old_token = token_of("old", &old_hash);
    const char *new_token = token_of("new", &new_hash);

    make_ledger("log", NULL);
    VT_CHECK(rename(path("log.key"), path("moved.key")) == 0);
    vt_test_write(path("writers"), vt_slice_from_cstr(vt_test_print("old %s\n", old_hash)));
    (void)vt_test_run(3, VT_ARGV("vitrine", "ledger", "serve", "--dir", path("log")));
    few_files(VT_ARGV(vt_test_vitrine(), "ledger", "serve", "--dir", path("log"), "--key",
                      path("moved.key")));
    (void)vt_test_run(2, VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                 vt_test_print("a=%s", path("log")), "--dir",
                                 vt_test_print("b=%s", path("log")), "--key",
                                 path("moved.key")));
    s.running = vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                                   path("log"), "--key", path("moved.key"),
                                                   "--writers", path("writers")));
    url = vt_test_print("%s/add", s.running.url);
    VT_CHECK(is_answered(&(struct wanted){ old_token, "0 200", url }));
    VT_CHECK(is_answered(&(struct wanted){ new_token, "401", url }));
    vt_test_write(path("writers"), vt_slice_from_cstr(vt_test_print("new %s\n", new_hash)));
    VT_CHECK(kill(s.running.pid, SIGHUP) == 0);
    VT_CHECK(vt_test_wait_until(is_answered, &(struct wanted){ new_token, "0 200", url }));
    VT_CHECK(is_answered(&(struct wanted){ old_token, "401", url }));
    vt_test_write(path("writers"), VT_LIT("nobody 12\n"));
    VT_CHECK(kill(s.running.pid, SIGHUP) == 0);
    VT_CHECK(vt_test_wait_until(goes_on, NULL));
    VT_CHECK(is_answered(&(struct wanted){ new_token, "0 200", url }));
    finish(&s);
}

/* A token's hash in the file lets its bearer write, and nobody else; all may read. */
static void only_writers_write(void)
{
    struct served s = { .http = NULL };
    struct vt_error err = { 0 };
    const char *json, *token, *hash;
    struct answer answer;
    const char *said;

    make_ledger("log", NULL);
    json = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "token", "--name", "builder", "--json"));
    token = vt_test_print("%.64s", strstr(json, "\"token\":\"") + 9);
    hash = vt_test_print("%.64s", strstr(json, "\"sha256\":\"") + 10);
    vt_test_write(path("writers"),
                  vt_slice_from_cstr(vt_test_print("# who\nbuilder %s\n", hash)));
    s.running =
        vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                           path("log"), "--writers", path("writers")));
    VT_CHECK_OK(vt_http_client_new(&s.http, &err));
    answer = post(&s, "one");
    VT_CHECK(answer.status == 401 && strstr(answer.text, "Bearer") != NULL);
    said = vt_test_run(0, VT_ARGV("curl", "-s", "-H",
                                  vt_test_print("Authorization: Bearer %s", token), "-d",
                                  "one", vt_test_print("%s/add", s.running.url)));
    VT_CHECK_SAYING(strcmp(said, "0") == 0, "%s", said);
    said = vt_test_run(0, VT_ARGV("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
                                  "-H", vt_test_print("Authorization: Bearer %s", hash),
                                  "-d", "two", vt_test_print("%s/add", s.running.url)));
    VT_CHECK_SAYING(strcmp(said, "401") == 0, "%s", said);
    said = vt_test_run(0, VT_ARGV("curl", "-s", "-H",
                                  vt_test_print("Authorization: bearer %s", token), "-H",
                                  "Accept: application/vnd.vitrine.tlog-proof, */*", "-d",
                                  "one", vt_test_print("%s/add", s.running.url)));
    VT_CHECK_SAYING(strstr(said, "c2sp.org/tlog-proof") == said, "%s", said);
    VT_CHECK(get(&s, "/checkpoint").status == 200); /* all may read */
    finish(&s);
    vt_test_write(path("writers"), VT_LIT("builder 12\n"));
    said = vt_test_run(3, VT_ARGV("vitrine", "ledger", "serve", "--dir", path("log"),
                                  "--writers", path("writers")));
    VT_CHECK(strstr(said, "line 1") != NULL);
}

static void several_ledgers_have_paths_of_their_own(void)
{
    struct served s = { .http = NULL };
    struct vt_error err = { 0 };

    const char *said;

    make_named("a", ORIGIN "/a", NULL);
    make_named("b", ORIGIN "/b", NULL);
    s.running =
        vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                           vt_test_print("one=%s", path("a")), "--dir",
                                           vt_test_print("two=%s", path("b"))));
    VT_CHECK_OK(vt_http_client_new(&s.http, &err));
    VT_CHECK(strcmp(ask(&s, "/one/add", NULL, VT_LIT("x"), NULL).text, "0") == 0);
    VT_CHECK(strcmp(ask(&s, "/one/add", NULL, VT_LIT("y"), NULL).text, "1") == 0);
    VT_CHECK(strcmp(ask(&s, "/two/add", NULL, VT_LIT("y"), NULL).text, "0") == 0);
    VT_CHECK(ask(&s, "/add", NULL, VT_LIT("y"), NULL).status == 404);
    VT_CHECK(ask(&s, "/three/add", NULL, VT_LIT("y"), NULL).status == 404);
    VT_CHECK(ask(&s, "/two/add", NULL, VT_LIT("y"), PROOF).status == 200); /* published */
    VT_CHECK(get(&s, "/two/tile/0/000.p/1").status == 200);
    VT_CHECK(get(&s, "/two/tile/0/000.p/2").status == 404);
    finish(&s);
    (void)vt_test_run(
        2, VT_ARGV("vitrine", "ledger", "serve", "--dir", path("a"), "--dir", path("b")));
    (void)vt_test_run(0, VT_ARGV("cp", "-r", path("a"), path("c")));
    said = vt_test_run(1, VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                  vt_test_print("a=%s", path("a")), "--dir",
                                  vt_test_print("c=%s", path("c"))));
    VT_CHECK_SAYING(strstr(said, "both are " ORIGIN "/a;") != NULL, "%s", said);
}

/* Of the witness that the policy calls w. */
static bool counts(struct served *s, const char *what, const char *value)
{
    return strstr(get(s, "/metrics").text,
                  vt_test_print("\nvitrine_ledger_%s{ledger=\"/\",witness=\"w\"%s", what,
                                value)) != NULL;
}

/* A policy with one witness that does not answer: entries are kept, nothing is shown, and
 * it says why; with the witness there, all is shown. */
static void without_a_quorum_entries_are_kept(void)
{
    const char *json, *at, *vkey;
    struct vt_running witness;
    struct served s = { .http = NULL };
    struct vt_error err = { 0 };
    struct answer answer;

    (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", path("log.key")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--out", path("w.key")));
    write_policy();
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", path("w"), "--name",
                                 "w", "--key", path("w.key")));
    vkey = vt_test_print("%.*s", (int)vt_test_read(path("policy")).len - 4 - 13,
                         (const char *)vt_test_read(path("policy")).data + 4);
    vkey = vt_test_print("%.*s", (int)strcspn(vkey, "\n"), vkey);
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "witness", "add-log", "--dir", path("w"), "--vkey", vkey));
    witness =
        vt_test_start("w.err", VT_ARGV("vitrine", "witness", "serve", "--dir", path("w")));
    json = vt_test_run(
        0, VT_ARGV("vitrine", "key", "show", "--name", "w", "--json", path("w.key.pub")));
    at = strstr(json, "\"witness_vkey\":\"") + 16;
    vt_test_write(path("witnessed"), vt_slice_from_cstr(vt_test_print(
                                         "log %s\nwitness w %.*s %s/\nquorum w\n", vkey,
                                         (int)strcspn(at, "\""), at, witness.url)));
    make_ledger("log", path("witnessed"));
    s.running = vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                                   path("log"), "--lag-max", "2s"));
    VT_CHECK_OK(vt_http_client_new(&s.http, &err));
    answer = ask(&s, "/add", NULL, VT_LIT("one"), PROOF);
    VT_CHECK_SAYING(answer.status == 200 &&
                        strstr(answer.text, "\n\xe2\x80\x94 w ") != NULL,
                    "%d %s", answer.status, answer.text);
    VT_CHECK(counts(&s, "witness_end", ",end=\"cosigned\"} 1\n") &&
             counts(&s, "witness_entries", "} 1\n") &&
             counts(&s, "witness_status", "} 200\n") &&
             counts(&s, "witness_cosigned_total", "} 1\n") &&
             counts(&s, "witness_age_seconds", "} 0."));
    vt_test_kill(&witness);
    VT_CHECK(strcmp(post(&s, "two").text, "1") == 0);
    (void)usleep(700000);
    VT_CHECK(strncmp(get(&s, "/checkpoint").text, ORIGIN "\n1\n", 21) == 0);
    VT_CHECK(counts(&s, "witness_end", ",end=\"unreachable\"} 1\n") &&
             counts(&s, "witness_entries", "} 1\n") && /* it said nothing since */
             counts(&s, "witness_status", "} 0\n") &&
             counts(&s, "witness_cosigned_total", "} 1\n"));
    VT_CHECK(strstr(get(&s, "/health").text, "too few witnesses") != NULL);
    VT_CHECK(strstr(get(&s, "/health").text, "witness w") == NULL); /* not which */
    VT_CHECK(get(&s, "/health").status == 200);                     /* not for long yet */
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "status", "--url", s.running.url));
    (void)usleep(2200000);
    VT_CHECK(get(&s, "/health").status == 503);
    VT_CHECK(strstr(get(&s, "/metrics").text, "\nvitrine_ledger_well{ledger=\"/\"} 0\n") !=
             NULL);
    VT_CHECK(strstr(vt_test_run(
                        1, VT_ARGV("vitrine", "ledger", "status", "--url", s.running.url)),
                    "NOT WELL") != NULL);
    finish(&s);
    vt_test_write(path("two"), VT_LIT("two"));
    VT_CHECK(
        strstr(vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("log"))),
               "published  1 entry") != NULL);
}

/* ---- sudden deaths ----------------------------------------------------------------------
 */

/* Every checkpoint that was ever seen: the last one must contain it. */
struct memory {
    uint64_t indexes[4096]; /* of entry "entry N" */
    uint64_t count;         /* acknowledged */
    const char *notes[64];
    size_t note_count;
};

static void must_hold(struct memory *m)
{
    struct vt_env env = vt_env_real();
    struct vt_ledger_options options = { .env = &env };
    VT_AUTO_LEDGER ledger = NULL;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_ledger_open(path("log"), &options, &ledger, &err));
    for (uint64_t i = 0; i < m->count; i++) {
        VT_AUTO_BUF entry = vt_buf_init(VT_KIB(1));

        VT_CHECK_OK(vt_ledger_read(ledger, m->indexes[i], &entry, &err));
        VT_CHECK_SAYING(
            vt_slice_is(vt_buf_slice(&entry), vt_test_print("entry %ju", (uintmax_t)i)),
            "entry %ju is not at %ju", (uintmax_t)i, (uintmax_t)m->indexes[i]);
    }
    for (size_t i = 0; i < m->note_count; i++) { /* each root is one of ours */
        const char *size_text = strchr(m->notes[i], '\n') + 1;
        uint64_t size = strtoul(size_text, NULL, 10);
        struct vt_proof proof;

        VT_CHECK(size <= vt_ledger_size(ledger));
        VT_CHECK_OK(
            vt_ledger_prove_growth(ledger, size, vt_ledger_size(ledger), &proof, &err));
    }
    write_policy();
    for (size_t i = 0; i < m->note_count; i++) {
        vt_test_write(path("seen"), vt_slice_from_cstr(m->notes[i]));
        (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "fsck", path("log"), "--policy",
                                     path("policy"), "--checkpoint", path("seen")));
    }
}

/* Twelve times: entries, then kill -9 of all or of one role in the middle of them. */
static void nothing_acknowledged_is_lost(void)
{
    static const char *const roles[] = { "ledger-sequencer", "ledger-signer",
                                         "ledger-front" };
    struct served s;
    struct memory *m = vt_alloc(sizeof *m);
    uint64_t number = 0;

    begin(&s);
    for (unsigned round = 0; round < 12; round++) {
        unsigned good = 20 + round * 7;
        struct answer answer = { 0 };

        for (unsigned i = 0; i < good; i++) {
            if (i == good - 5) {
                answer = get(&s, "/checkpoint");
                if (answer.status == 200 && m->note_count < 64)
                    m->notes[m->note_count++] = answer.text;
                if (round % 4 != 3)
                    (void)kill(vt_test_role_of(&s.running, roles[round % 3]), SIGKILL);
            }
            answer = post(&s, vt_test_print("entry %ju", (uintmax_t)number));
            if (answer.status == 200) {
                m->indexes[m->count++] = strtoul(answer.text, NULL, 10);
                VT_CHECK(m->count == number + 1);
                number++;
            } else {
                (void)usleep(50000); /* it starts again; the same entry once more */
            }
        }
        if (round % 4 == 3) {
            vt_test_kill(&s.running);
            (void)usleep(100000);
            start(&s);
        }
    }
    VT_CHECK(number > 200);
    finish(&s);
    must_hold(m);
    free(m);
}

static void roles_are_confined(void)
{
    struct served s;

    begin(&s);
    for (const char *const *role =
             (const char *const[]){ "ledger-front", "ledger-sequencer", "ledger-signer",
                                    NULL };
         *role != NULL; role++)
        VT_CHECK_SAYING(
            strcmp(vt_test_process_status(vt_test_role_of(&s.running, *role), "Seccomp:"),
                   "2") == 0,
            "%s has no filter", *role);
    finish(&s);
}

/* Tried from inside.  Courier and feeder read what TLS and names need, connect, and have
 * the thread of libcurl; writing, programs and others' processes are not theirs. */
static void what_its_roles_cannot_do(void)
{
    vt_test_confinement("ledger-front", "", (const char *const[]){ NULL });
    vt_test_confinement("ledger-sequencer", vt_test_dir(),
                        (const char *const[]){ "write-folder", NULL });
    vt_test_confinement("ledger-courier", "",
                        (const char *const[]){ "read-etc", "socket", "connect", NULL });
    vt_test_confinement("ledger-feeder", "",
                        (const char *const[]){ "read-etc", "socket", "connect", NULL });
}

static void make_certificate(void)
{
    (void)vt_test_run(0, VT_ARGV("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                 "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                                 "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                                 "-days", "2", "-keyout", path("tls.key"), "-out",
                                 path("tls.pem")));
}

/* Does the server show the certificate that lies there? */
static bool is_believed(void *context)
{
    const char *said = vt_test_run(
        0,
        VT_ARGV("sh", "-c", "SSL_CERT_FILE=\"$1\" \"$0\" ledger status --url \"$2\" || :",
                vt_test_vitrine(), path("tls.pem"), context));

    return strstr(said, "well") != NULL;
}

/* A certificate of its own, believed by nobody but us. */
static void tls_is_spoken(void)
{
    struct served s = { .http = NULL };
    const char *said;

    make_ledger("log", NULL);
    make_certificate();
    s.running = vt_test_start(
        "serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir", path("log"),
                             "--tls-cert", path("tls.pem"), "--tls-key", path("tls.key")));
    said = vt_test_run(0, VT_ARGV("curl", "-s", "--cacert", path("tls.pem"), "-d", "one",
                                  vt_test_print("%s/add", s.running.url)));
    VT_CHECK_SAYING(strcmp(said, "0") == 0, "%s", said);
    (void)vt_test_run(60,
                      VT_ARGV("curl", "-s", "-d", "two",
                              vt_test_print("%s/add", s.running.url))); /* unknown issuer */
    (void)vt_test_run(3, VT_ARGV("vitrine", "ledger", "status", "--url", s.running.url));
    (void)vt_test_run(0, VT_ARGV("sh", "-c",
                                 "mkdir \"$1\" && cp \"$2\" \"$1\" && openssl rehash "
                                 "\"$1\" && SSL_CERT_DIR=\"$1\" exec \"$0\" ledger status "
                                 "--url \"$3\"",
                                 vt_test_vitrine(), path("authorities"), path("tls.pem"),
                                 s.running.url));
    VT_CHECK(is_believed((void *)(uintptr_t)s.running.url));
    make_certificate();
    VT_CHECK(!is_believed((void *)(uintptr_t)s.running.url));
    VT_CHECK(kill(s.running.pid, SIGHUP) == 0);
    VT_CHECK(vt_test_wait_until(is_believed, (void *)(uintptr_t)s.running.url));
    vt_test_stop(&s.running, 0);
}

static const struct vt_case cases[] = {
    { "writers are read again", writers_are_read_again },
    { "entries get indexes and proofs", entries_get_indexes_and_proofs },
    { "a batch is answered line by line", a_batch_is_answered_line_by_line },
    { "what is no statement is refused", what_is_no_statement_is_refused },
    { "strangers are bounded", strangers_are_bounded },
    { "idle and half requests leave nothing", idle_and_half_requests_leave_nothing },
    { "too much is told to come back", too_much_is_told_to_come_back },
    { "a signer that hangs", a_signer_that_hangs },
    { "a sequencer that hangs", a_sequencer_that_hangs },
    { "only writers write", only_writers_write },
    { "several ledgers have paths of their own", several_ledgers_have_paths_of_their_own },
    { "without a quorum entries are kept", without_a_quorum_entries_are_kept },
    { "nothing acknowledged is lost", nothing_acknowledged_is_lost },
    { "roles are confined", roles_are_confined },
    { "what its roles cannot do", what_its_roles_cannot_do },
    { "TLS is spoken", tls_is_spoken },
};

VT_TEST_MAIN("cli.ledger_serve", cases)
