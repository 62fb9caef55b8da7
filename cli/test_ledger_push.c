/* Feeding mirrors: by hand, by `ledger add`, and by a served ledger whose quorum is one. */
#include "http/http.h"
#include "ledger/tile.h"
#include "tests/own_log.h"
#include "tests/running.h"
#include "tests/small_log.h"
#include <poll.h>
#include <sys/wait.h>

#define ORIGIN "log.example/push"
#define NAME   "m1.example"

struct stand {
    const char *mirror_vkey;
    struct vt_running mirror;
    struct vt_own_log log;
};

static void write_key(const char *path, const struct vt_key *key)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(vt_key_write_pem(key, (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    VT_CHECK(chmod(path, 0600) == 0);
}

/* A mirror of the log with that verifier key, running. */
static void start_mirror(struct stand *s, const char *log_vkey)
{
    struct vt_key *key = vt_test_key(60);

    write_key(vt_test_path("m1.key"), key);
    s->mirror_vkey = vt_test_vkey(NAME, VT_NOTE_COSIGNATURE, key);
    vt_key_close(key);
    (void)vt_test_run(0, VT_ARGV("vitrine", "mirror", "init", "--dir", vt_test_path("m1"),
                                 "--name", NAME, "--key", vt_test_path("m1.key")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "mirror", "add-log", "--dir",
                                 vt_test_path("m1"), "--vkey", log_vkey));
    s->mirror = vt_test_start("mirror.err",
                              VT_ARGV("vitrine", "mirror", "serve", "--dir",
                                      vt_test_path("m1"), "--port", vt_test_free_port()));
}

static const char *push(const struct stand *s, int exit_code, const char *vkey)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "ledger", "push", "--dir", s->log.dir, "--to",
                               s->mirror.url, vkey != NULL ? "--vkey" : NULL, vkey));
}

static bool mirrors(const struct stand *s, uint64_t size)
{
    const char *said = vt_test_run(
        0, VT_ARGV("vitrine", "mirror", "status", "--url", s->mirror.url, "--json"));

    return strstr(said, vt_test_print("\"mirrored\":%ju", (uintmax_t)size)) != NULL;
}

/* ---- by hand ----------------------------------------------------------------------------
 */

static void a_person_pushes_a_log(void)
{
    struct stand s = { 0 };
    struct vt_key *other = vt_test_key(61);
    const char *said;

    vt_own_log_make(&s.log, "log", ORIGIN, 1);
    start_mirror(&s, s.log.vkey);
    said = push(&s, 1, s.mirror_vkey);
    VT_CHECK(strstr(said, "nothing was published yet") != NULL);
    vt_own_log_grow(&s.log, 8500); /* more than one request may hold */
    vt_own_log_publish(&s.log);
    said = push(&s, 0, s.mirror_vkey);
    VT_CHECK_SAYING(strncmp(said, "\xe2\x80\x94 " NAME " ", 15) == 0, "%s", said);
    VT_CHECK(mirrors(&s, 8500));
    vt_own_log_grow(&s.log, 8600);
    vt_own_log_publish(&s.log);
    said = push(&s, 0, NULL);
    VT_CHECK(strstr(said, NAME) != NULL && strstr(said, "not checked") != NULL);
    VT_CHECK(mirrors(&s, 8600));
    /* The twin: somebody else's signature is not the mirror's. */
    said = push(&s, 1, vt_test_vkey(NAME, VT_NOTE_COSIGNATURE, other));
    VT_CHECK_SAYING(strstr(said, "its answer") != NULL, "%s", said);
    vt_test_stop(&s.mirror, 0);
    (void)push(&s, 3, s.mirror_vkey);
    vt_key_close(other);
    vt_own_log_close(&s.log);
    vt_key_close(s.log.key);
}

/* Another history of the log, with its own key, is not taken. */
static void a_second_history_is_refused(void)
{
    struct stand s = { 0 }, fork = { 0 };
    const char *said;
    struct vt_error err = { 0 };
    vt_ticket ticket;

    vt_own_log_make(&s.log, "log", ORIGIN, 1);
    start_mirror(&s, s.log.vkey);
    vt_own_log_grow(&s.log, 300);
    vt_own_log_publish(&s.log);
    (void)push(&s, 0, s.mirror_vkey);
    fork.mirror = s.mirror;
    vt_own_log_make(&fork.log, "fork", ORIGIN, 1);
    VT_CHECK_OK(vt_ledger_submit(fork.log.ledger, VT_LIT("other"), &ticket, &err));
    vt_own_log_grow(&fork.log, 400);
    vt_own_log_publish(&fork.log);
    said = push(&fork, 1, s.mirror_vkey);
    VT_CHECK_SAYING(strstr(said, "422") != NULL, "%s", said);
    VT_CHECK(mirrors(&s, 300));
    vt_own_log_grow(&s.log, 400);
    vt_own_log_publish(&s.log);
    (void)push(&s, 0, s.mirror_vkey);
    VT_CHECK(mirrors(&s, 400));
    vt_test_stop(&s.mirror, 0);
    vt_own_log_close(&s.log);
    vt_own_log_close(&fork.log);
    vt_key_close(s.log.key);
    vt_key_close(fork.log.key);
}

/* kill -9 of the mirror while it is fed, again and again; in the end it has all. */
static void a_mirror_that_dies_is_fed_to_the_end(void)
{
    struct stand s = { 0 };

    vt_own_log_make(&s.log, "log", ORIGIN, 1);
    start_mirror(&s, s.log.vkey);
    vt_own_log_grow(&s.log, 30000);
    vt_own_log_publish(&s.log);
    for (int i = 0; i < 4; i++) {
        pid_t pid = fork();
        const char *port = strrchr(s.mirror.url, ':') + 1;
        int status;

        if (pid == 0) { /* broken, or whole if it was quick */
            (void)!freopen("/dev/null", "w", stderr);
            (void)!freopen("/dev/null", "w", stdout);
            (void)execl(vt_test_vitrine(), "vitrine", "ledger", "push", "--dir", s.log.dir,
                        "--to", s.mirror.url, "--vkey", s.mirror_vkey, (char *)NULL);
            _exit(0);
        }
        (void)poll(NULL, 0, 30 + 40 * i);
        vt_test_kill(&s.mirror);
        VT_CHECK(waitpid(pid, &status, 0) == pid);
        port = vt_test_print("%.*s", (int)strspn(port, "0123456789"), port);
        s.mirror =
            vt_test_start("mirror.err", VT_ARGV("vitrine", "mirror", "serve", "--dir",
                                                vt_test_path("m1"), "--port", port));
    }
    (void)push(&s, 0, s.mirror_vkey);
    VT_CHECK(mirrors(&s, 30000));
    vt_test_stop(&s.mirror, 0);
    vt_own_log_close(&s.log);
    vt_key_close(s.log.key);
}

/* ---- in the policy ----------------------------------------------------------------------
 */

/* A ledger whose quorum is the mirror, made but not served. */
static void make_with_policy(struct stand *s, const char *more)
{
    struct vt_key *key = vt_test_key(1);
    const char *vkey = vt_test_vkey(ORIGIN, VT_NOTE_ED25519, key);

    write_key(vt_test_path("log.key"), key);
    vt_key_close(key);
    start_mirror(s, vkey);
    vt_test_write(vt_test_path("policy"),
                  vt_slice_from_cstr(vt_test_print("log %s\nwitness m1 %s %s\n%s", vkey,
                                                   s->mirror_vkey, s->mirror.url, more)));
    s->log.dir = vt_test_path("log");
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", s->log.dir,
                                 "--origin", ORIGIN, "--key", vt_test_path("log.key"),
                                 "--policy", vt_test_path("policy")));
}

static bool is_cosigned(const char *note)
{
    return strstr(note, "\n\xe2\x80\x94 " NAME " ") != NULL;
}

static void add_counts_a_mirror(void)
{
    struct stand s = { 0 };

    make_with_policy(&s, "quorum m1\n");
    vt_test_write(vt_test_path("a.txt"), VT_LIT("one"));
    vt_test_write(vt_test_path("b.txt"), VT_LIT("two"));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "add", "--dir", s.log.dir, vt_test_path("a.txt")));
    VT_CHECK(is_cosigned(vt_arena_cstr(
        vt_test_arena(), vt_test_read(vt_test_print("%s/%s", s.log.dir, "checkpoint")))));
    VT_CHECK(mirrors(&s, 1));
    vt_test_stop(&s.mirror, 0);
    (void)vt_test_run(3, VT_ARGV("vitrine", "ledger", "add", "--dir", s.log.dir,
                                 vt_test_path("b.txt"))); /* no quorum without it */
}

static void a_served_ledger_counts_a_mirror(void)
{
    struct stand s = { 0 };
    struct vt_running served;
    struct vt_error err = { 0 };
    VT_AUTO_HTTP_CLIENT http = NULL;
    struct vt_http_call call = { .answer_bytes_max = VT_MIB(1),
                                 .accept = "application/vnd.vitrine.tlog-proof" };

    make_with_policy(&s, "quorum m1\n");
    served = vt_test_start("serve.err",
                           VT_ARGV("vitrine", "ledger", "serve", "--dir", s.log.dir));
    VT_CHECK_OK(vt_http_client_new(&http, &err));
    call.url = vt_test_print("%s/%s", served.url, "add");
    for (int i = 0; i < 5; i++) {
        call.body = vt_slice_from_cstr(vt_own_log_entry((uint64_t)i));
        VT_CHECK_OK(vt_http_client_run(http, &call, &err));
        VT_CHECK_SAYING(call.status == 200, "%d", call.status);
        VT_CHECK(is_cosigned(vt_arena_cstr(vt_test_arena(), vt_buf_slice(&call.answer))));
        VT_CHECK(mirrors(&s, (uint64_t)i + 1));
    }
    vt_http_call_clear(&call);
    vt_test_stop(&served, 0);
    vt_test_stop(&s.mirror, 0);
}

struct hoped {
    struct stand *stand;
    uint64_t size;
};

static bool is_mirrored(void *context)
{
    struct hoped *hoped = context;

    return mirrors(hoped->stand, hoped->size);
}

/* A mirror that no quorum needs is fed behind everybody's back: also what was there before
 * it came, in several requests, and what comes while it is away. */
static void a_mirror_that_nobody_waits_for_follows(void)
{
    struct stand s = { 0 };
    struct hoped hoped = { &s, 9002 };
    struct vt_running served, witness;
    struct vt_error err = { 0 };
    VT_AUTO_HTTP_CLIENT http = NULL;
    struct vt_http_call call = { .answer_bytes_max = VT_MIB(1) };
    VT_AUTO_BUF batch = vt_buf_init(VT_MIB(8));
    struct vt_key *key = vt_test_key(62), *log_key = vt_test_key(1);

    write_key(vt_test_path("w1.key"), key);
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", vt_test_path("w1"),
                                 "--name", "w1.example", "--key", vt_test_path("w1.key")));
    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "witness", "add-log", "--dir", vt_test_path("w1"),
                              "--vkey", vt_test_vkey(ORIGIN, VT_NOTE_ED25519, log_key)));
    witness = vt_test_start(
        "witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir", vt_test_path("w1")));
    make_with_policy(&s, vt_test_print("witness w1 %s %s\nquorum w1\n",
                                       vt_test_vkey("w1.example", VT_NOTE_COSIGNATURE, key),
                                       witness.url));
    vt_test_kill(&s.mirror); /* away at first */
    served = vt_test_start("serve.err",
                           VT_ARGV("vitrine", "ledger", "serve", "--dir", s.log.dir));
    VT_CHECK_OK(vt_http_client_new(&http, &err));
    for (uint64_t i = 0; i < 9000; i++)
        vt_bundle_put(&batch, vt_slice_from_cstr(vt_own_log_entry(i)));
    call.url = vt_test_print("%s/%s", served.url, "add-batch");
    call.body = vt_buf_slice(&batch);
    VT_CHECK_OK(vt_http_client_run(http, &call, &err));
    VT_CHECK(call.status == 200);
    s.mirror = vt_test_start(
        "mirror.err",
        VT_ARGV("vitrine", "mirror", "serve", "--dir", vt_test_path("m1"), "--port",
                vt_test_print("%.*s",
                              (int)strspn(strrchr(s.mirror.url, ':') + 1, "0123456789"),
                              strrchr(s.mirror.url, ':') + 1)));
    call.url = vt_test_print("%s/%s", served.url, "add");
    for (uint64_t i = 9000; i < 9002; i++) {
        call.body = vt_slice_from_cstr(vt_own_log_entry(i));
        VT_CHECK_OK(vt_http_client_run(http, &call, &err));
        VT_CHECK(call.status == 200);
    }
    VT_CHECK(vt_test_wait_until(is_mirrored, &hoped));
    vt_http_call_clear(&call);
    vt_test_stop(&served, 0);
    vt_test_stop(&s.mirror, 0);
    vt_test_stop(&witness, 0);
    vt_key_close(key);
    vt_key_close(log_key);
}

static const struct vt_case cases[] = {
    { "a person pushes a log", a_person_pushes_a_log },
    { "a second history is refused", a_second_history_is_refused },
    { "a mirror that dies is fed to the end", a_mirror_that_dies_is_fed_to_the_end },
    { "add counts a mirror", add_counts_a_mirror },
    { "a served ledger counts a mirror", a_served_ledger_counts_a_mirror },
    { "a mirror that nobody waits for follows", a_mirror_that_nobody_waits_for_follows },
};

VT_TEST_MAIN("cli.ledger_push", cases)
