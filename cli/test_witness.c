/* `vitrine witness` as it runs: processes, sockets, sudden deaths; and the witness client
 * against four of them. */
#include "http/http.h"
#include "ledger/witness.h"
#include "ledger/witness_client.h"
#include "ledger/witness_request.h"
#include "tests/confinement.h"
#include "tests/running.h"
#include "tests/small_log.h"
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

#define ORIGIN "log.example/test"

/* ---- a witness --------------------------------------------------------------------------
 */

struct stand {
    const char *dir, *key_file, *name;
    struct vt_key *key; /* the witness's */
    struct vt_small_log log;
    struct vt_running running;
    struct vt_http_client *http;
};

static void write_key(const char *path, const struct vt_key *key)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(vt_key_write_pem(key, (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    VT_CHECK(chmod(path, 0600) == 0);
}

/* A witness with that key seed that watches the small log, not yet running. */
static void make(struct stand *s, const char *name, uint8_t seed)
{
    struct vt_error err = { 0 };

    s->name = name;
    s->dir = vt_test_path(name);
    s->key_file = vt_test_print("%s.key", s->dir);
    s->key = vt_test_key(seed);
    s->log = vt_small_log_of(ORIGIN, 1);
    write_key(s->key_file, s->key);
    VT_CHECK_OK(vt_http_client_new(&s->http, &err));
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", s->dir, "--name",
                                 name, "--key", s->key_file));
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "add-log", "--dir", s->dir, "--vkey",
                                 vt_small_log_vkey(&s->log)));
}

static void start(struct stand *s)
{
    s->running = vt_test_start("witness.err",
                               VT_ARGV("vitrine", "witness", "serve", "--dir", s->dir));
}

static void finish(struct stand *s)
{
    if (s->running.pid != 0)
        vt_test_stop(&s->running, 0);
    vt_http_client_free(s->http);
    vt_key_close(s->key);
    vt_key_close(s->log.key);
}

/* ---- asking it --------------------------------------------------------------------------
 */

struct answer {
    int status;
    const char *type, *text;
};

static struct answer fetch(struct stand *s, const char *path, vt_slice body)
{
    struct vt_error err = { 0 };
    struct vt_http_call call = { .url = vt_test_print("%s%s", s->running.url, path),
                                 .body = body,
                                 .answer_bytes_max = VT_KIB(64) };
    struct answer out;

    VT_CHECK_OK(vt_http_client_run(s->http, &call, &err));
    out = (struct answer){ call.status, vt_test_print("%s", call.answer_type),
                           vt_arena_cstr(vt_test_arena(), vt_buf_slice(&call.answer)) };
    vt_http_call_clear(&call);
    return out;
}

/* A body that is too long: the server answers and hangs up, and a client that still writes
 * may see the broken connection before the answer.  So it asks until it sees one. */
static int fetch_too_long(struct stand *s, const char *path, vt_slice body)
{
    for (int i = 0; i < 20; i++) {
        struct vt_error err = { 0 };
        struct vt_http_call call = { .url = vt_test_print("%s%s", s->running.url, path),
                                     .body = body,
                                     .answer_bytes_max = VT_KIB(64) };
        bool ok = vt_http_client_run(s->http, &call, &err);
        int status = call.status;

        vt_http_call_clear(&call);
        if (ok)
            return status;
        VT_CHECK(err.code == VT_IO);
    }
    return 0;
}

static vt_slice request_of(const struct vt_small_log *log, uint64_t old_size, uint64_t size)
{
    struct vt_error err = { 0 };
    struct vt_proof proof = { .count = 0 };
    VT_AUTO_BUF body = vt_buf_init(VT_WITNESS_REQUEST_BYTES_MAX);

    if (old_size <= size)
        VT_CHECK_OK(
            vt_small_log_prove((void *)(uintptr_t)log, old_size, size, &proof, &err));
    vt_witness_request_write(&body, old_size, proof.hashes, proof.count,
                             vt_small_log_note(log, size));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&body));
}

/* Of a log that signs the largest size there is, at once. */
static vt_slice request_of_all(const struct vt_small_log *log)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1)), note = vt_buf_init(VT_KIB(1));
    VT_AUTO_BUF body = vt_buf_init(VT_WITNESS_REQUEST_BYTES_MAX);

    vt_buf_printf(&text, "%s\n%ju\n%s\n", log->origin, (uintmax_t)UINT64_MAX,
                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    vt_buf_printf(&note, "%.*s\n", VT_SLICE_ARGS(vt_buf_slice(&text)));
    VT_CHECK_OK(vt_note_sign(log->key, vt_slice_from_cstr(log->origin), vt_buf_slice(&text),
                             &note, &err));
    vt_witness_request_write(&body, 0, NULL, 0, vt_buf_slice(&note));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&body));
}

static struct answer add(struct stand *s, uint64_t old_size, uint64_t size)
{
    return fetch(s, "/add-checkpoint", request_of(&s->log, old_size, size));
}

static struct vt_vkey vkey_of(const struct stand *s)
{
    return vt_vkey_of(vt_slice_from_cstr(s->name), VT_NOTE_COSIGNATURE,
                      vt_key_public(s->key));
}

/* Is the note the log's, of that size, with a good line of the witness? */
static bool is_cosigned(const struct stand *s, vt_slice bytes, uint64_t size)
{
    static struct vt_note note;
    struct vt_error err = { 0 };
    struct vt_vkey keys[2] = {
        vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(s->log.key)), vkey_of(s)
    };
    struct vt_note_finding findings[2];
    vt_slice plain = vt_small_log_note(&s->log, size);

    return vt_slice_starts_with(bytes, plain) && vt_note_parse(bytes, &note, &err) &&
           vt_note_verify(&note, keys, 2, findings, &err) && findings[0].is_signed &&
           findings[1].is_signed && note.signature_count == 2;
}

static bool is_good_answer(const struct stand *s, struct answer answer, uint64_t size)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(64));

    vt_buf_put(&bytes, vt_small_log_note(&s->log, size));
    vt_buf_put_text(&bytes, answer.text);
    return answer.status == 200 && is_cosigned(s, vt_buf_slice(&bytes), size);
}

static const char *checkpoint_path(void)
{
    vt_hash id = vt_sha256_of(VT_LIT(ORIGIN));
    char hex[65];

    vt_hash_text(&id, hex);
    return vt_test_print("/%s/checkpoint", hex);
}

/* ---- the protocol over HTTP -------------------------------------------------------------
 */

static void statuses_and_types(void)
{
    struct stand s = { 0 };
    struct answer got;
    struct vt_small_log stranger = vt_small_log_of("log.example/other", 2);
    vt_slice too_long = { 0 };
    VT_AUTO_BUF zeros = vt_buf_init(VT_MIB(1));

    make(&s, "w1", 50);
    start(&s);
    got = fetch(&s, checkpoint_path(), (vt_slice){ 0 });
    VT_CHECK(got.status == 404);
    VT_CHECK(is_good_answer(&s, add(&s, 0, 3), 3));
    VT_CHECK(is_good_answer(&s, add(&s, 3, 5), 5));
    got = add(&s, 3, 5);
    VT_CHECK(got.status == 409 && strcmp(got.text, "5\n") == 0 &&
             strcmp(got.type, "text/x.tlog.size") == 0);
    VT_CHECK(add(&s, 6, 5).status == 400);
    VT_CHECK(fetch(&s, "/add-checkpoint", request_of(&stranger, 0, 2)).status == 404);
    stranger.origin = ORIGIN;
    VT_CHECK(fetch(&s, "/add-checkpoint", request_of(&stranger, 0, 2)).status == 403);
    s.log.fork_at = 2;
    s.log.branch = "other ";
    VT_CHECK(add(&s, 5, 5).status == 422 && add(&s, 5, 8).status == 422);
    s.log.fork_at = UINT64_MAX;
    VT_CHECK(fetch(&s, "/add-checkpoint", (vt_slice){ 0 }).status == 404); /* a GET */
    VT_CHECK(fetch(&s, "/add-checkpoint", VT_LIT("old")).status == 400);
    VT_CHECK(fetch(&s, "/sign-subtree", VT_LIT("x")).status == 405);
    VT_CHECK(vt_buf_extend(&zeros, VT_WITNESS_REQUEST_BYTES_MAX + 1) != NULL);
    too_long = vt_buf_slice(&zeros);
    VT_CHECK(fetch_too_long(&s, "/add-checkpoint", too_long) == 413);
    got = fetch(&s, checkpoint_path(), (vt_slice){ 0 });
    VT_CHECK(got.status == 200 && strcmp(got.type, "text/plain") == 0 &&
             is_cosigned(&s, vt_slice_from_cstr(got.text), 5));
    vt_key_close(stranger.key);
    finish(&s);
}

/* ---- starting again ---------------------------------------------------------------------
 */

static void what_was_answered_is_remembered(void)
{
    struct stand s = { 0 };
    struct answer got;

    make(&s, "w1", 50);
    start(&s);
    VT_CHECK(is_good_answer(&s, add(&s, 0, 3), 3));
    vt_test_kill(&s.running);
    start(&s);
    got = fetch(&s, checkpoint_path(), (vt_slice){ 0 });
    VT_CHECK(got.status == 200 && is_cosigned(&s, vt_slice_from_cstr(got.text), 3));
    VT_CHECK(is_good_answer(&s, add(&s, 3, 7), 7));
    vt_test_stop(&s.running, 0);
    VT_CHECK(strstr(vt_test_run(0, VT_ARGV("vitrine", "witness", "show", "--dir", s.dir)),
                    "size 7, cosigned ") != NULL);
    start(&s);
    got = add(&s, 3, 7);
    VT_CHECK(got.status == 409 && strcmp(got.text, "7\n") == 0);
    finish(&s);
}

struct newcomer {
    struct stand *stand;
    vt_slice request;
};

static bool is_watched(void *context)
{
    struct newcomer *n = context;

    return fetch(n->stand, "/add-checkpoint", n->request).status == 200;
}

/* SIGHUP: what it remembers stays, and a log that was added since is watched. */
static void logs_are_read_again(void)
{
    struct stand s = { 0 };
    struct vt_small_log other = vt_small_log_of("log.example/newcomer", 2);
    struct newcomer newcomer = { &s, request_of_all(&other) };
    struct answer got;

    make(&s, "w1", 48);
    start(&s);
    VT_CHECK(is_good_answer(&s, add(&s, 0, 3), 3));
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "add-log", "--dir", s.dir, "--vkey",
                                 vt_small_log_vkey(&other)));
    VT_CHECK(fetch(&s, "/add-checkpoint", newcomer.request).status == 404);
    VT_CHECK(kill(s.running.pid, SIGHUP) == 0);
    VT_CHECK(vt_test_wait_until(is_watched, &newcomer));
    got = add(&s, 0, 7);
    VT_CHECK_SAYING(got.status == 409 && strcmp(got.text, "3\n") == 0, "%d", got.status);
    got = fetch(&s, "/health", (vt_slice){ 0 });
    VT_CHECK_SAYING(got.status == 200 && strstr(got.text, "\"size\":3") != NULL &&
                        strstr(got.text, "\"size\":\"18446744073709551615\"") != NULL &&
                        strstr(got.text, "\"cosigned_ago_s\":") != NULL,
                    "%s", got.text);
    got = fetch(&s, "/metrics", (vt_slice){ 0 });
    VT_CHECK_SAYING(strstr(got.text, "\nvitrine_witness_cosigned_total 1\n") != NULL &&
                        strstr(got.text, "\nvitrine_witness_refused_total 1\n") != NULL &&
                        strstr(got.text, "\nvitrine_witness_log_entries{log=\"") != NULL,
                    "%s", got.text);
    finish(&s);
}

struct successor {
    const struct vt_running *running;
    const char *name;
    pid_t before;
};

static bool has_successor(void *context)
{
    const struct successor *s = context;
    pid_t now = vt_test_role_of(s->running, s->name);

    return now != 0 && now != s->before;
}

/* Its sudden death costs at most what was under way. */
static void kill_role(struct stand *s, const char *name)
{
    struct successor successor = { &s->running, name, vt_test_role_of(&s->running, name) };

    VT_CHECK(successor.before != 0 && kill(successor.before, SIGKILL) == 0);
    VT_CHECK_SAYING(vt_test_wait_until(has_successor, &successor),
                    "nobody started the %s again", name);
}

static void a_dead_signer_or_front_is_replaced(void)
{
    struct stand s = { 0 };

    make(&s, "w1", 50);
    start(&s);
    VT_CHECK(is_good_answer(&s, add(&s, 0, 3), 3));
    kill_role(&s, "witness-signer");
    VT_CHECK(add(&s, 0, 3).status == 409);
    VT_CHECK(is_good_answer(&s, add(&s, 3, 4), 4));
    kill_role(&s, "witness-front");
    VT_CHECK(is_good_answer(&s, add(&s, 4, 6), 6));
    finish(&s);
}

static bool is_gone(void *context)
{
    return kill(*(pid_t *)context, 0) != 0;
}

static void no_role_outlives_its_parent(void)
{
    struct stand s = { 0 };
    pid_t signer, front;

    make(&s, "w1", 50);
    start(&s);
    signer = vt_test_role_of(&s.running, "witness-signer");
    front = vt_test_role_of(&s.running, "witness-front");
    VT_CHECK(signer != 0 && front != 0);
    vt_test_kill(&s.running);
    VT_CHECK(vt_test_wait_until(is_gone, &signer) && vt_test_wait_until(is_gone, &front));
    finish(&s);
}

/* Whoever dies again and again is not started for ever. */
static void deaths_in_a_row_end_it(void)
{
    struct stand s = { 0 };
    int status;

    make(&s, "w1", 50);
    start(&s);
    for (int i = 0; i < 5; i++)
        kill_role(&s, "witness-signer");
    VT_CHECK(kill(vt_test_role_of(&s.running, "witness-signer"), SIGKILL) == 0);
    VT_CHECK(waitpid(s.running.pid, &status, 0) == s.running.pid);
    VT_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == VT_EXIT_TROUBLE);
    s.running.pid = 0;
    VT_CHECK(
        strstr(vt_arena_cstr(vt_test_arena(), vt_test_read(vt_test_path("witness.err"))),
               "died 6 times") != NULL);
    finish(&s);
}

/* ---- load -------------------------------------------------------------------------------
 */

static void too_many_at_once_are_told_so(void)
{
    struct vt_error err = { 0 };
    struct stand s = { 0 };
    struct vt_http_call first = { .answer_bytes_max = VT_KIB(8) }, *done = NULL;
    pid_t signer;
    struct answer got;

    make(&s, "w1", 50);
    s.running = vt_test_start(
        NULL, VT_ARGV("vitrine", "witness", "serve", "--dir", s.dir, "--pending-max", "1"));
    signer = vt_test_role_of(&s.running, "witness-signer");
    VT_CHECK(kill(signer, SIGSTOP) == 0);
    first.url = vt_test_print("%s/add-checkpoint", s.running.url);
    first.body = request_of(&s.log, 0, 3);
    VT_CHECK_OK(vt_http_client_start(s.http, &first, &err));
    VT_CHECK_OK(vt_http_client_wait(s.http, 300, &done, &err));
    VT_CHECK(done == NULL);
    {
        struct stand other = s;

        VT_CHECK_OK(vt_http_client_new(&other.http, &err));
        got = add(&other, 0, 3);
        VT_CHECK_SAYING(got.status == 429, "%d %s", got.status, got.text);
        /* What needs no signer is answered. */
        VT_CHECK(fetch(&other, checkpoint_path(), (vt_slice){ 0 }).status == 404);
        vt_http_client_free(other.http);
    }
    VT_CHECK(kill(signer, SIGCONT) == 0);
    VT_CHECK_OK(vt_http_client_wait(s.http, 20000, &done, &err));
    VT_CHECK(done == &first && first.status == 200);
    VT_CHECK(is_good_answer(&s, add(&s, 3, 4), 4));
    vt_http_call_clear(&first);
    finish(&s);
}

/* Many logs' worth of requests at once: each of equal ones gets the same decision, and only
 * one of several rivals for the next tree wins. */
static void rivals_are_decided_one_after_the_other(void)
{
    enum { RIVALS = 40 };
    struct vt_error err = { 0 };
    struct stand s = { 0 };
    struct vt_http_call calls[RIVALS] = { { 0 } }, *done = NULL;
    unsigned won = 0, lost = 0;

    make(&s, "w1", 50);
    start(&s);
    for (size_t i = 0; i < RIVALS; i++) {
        calls[i].url = vt_test_print("%s/add-checkpoint", s.running.url);
        calls[i].body = request_of(&s.log, 0, 3 + i);
        calls[i].answer_bytes_max = VT_KIB(8);
        VT_CHECK_OK(vt_http_client_start(s.http, &calls[i], &err));
    }
    for (size_t i = 0; i < RIVALS; i++) {
        VT_CHECK_OK(vt_http_client_wait(s.http, 20000, &done, &err));
        VT_CHECK(done != NULL);
        won += done->status == 200;
        lost += done->status == 409;
        vt_http_call_clear(done);
    }
    VT_CHECK_SAYING(won == 1 && lost == RIVALS - 1, "%u won, %u lost", won, lost);
    finish(&s);
}

/* ---- confinement ------------------------------------------------------------------------
 */

static void what_its_roles_cannot_do(void)
{
    vt_test_confinement("witness-front", "", (const char *const[]){ NULL });
    vt_test_confinement("witness-signer", vt_test_dir(),
                        (const char *const[]){ "write-folder", NULL });
}

/* How many of the process's descriptors look so ("socket:", "/")? */
static unsigned count_descriptors(pid_t pid, const char *kind)
{
    const char *folder = vt_test_print("/proc/%d/fd", (int)pid);
    DIR *all = opendir(folder);
    struct dirent *entry;
    unsigned count = 0;

    VT_CHECK(all != NULL);
    while ((entry = readdir(all)) != NULL) {
        const char *link = vt_test_print("%s/%s", folder, entry->d_name);
        char target[4096];
        ssize_t len = readlink(link, target, sizeof target - 1);

        if (len <= 0 || entry->d_name[1] == '\0')
            if (len <= 0 || entry->d_name[0] < '3') /* standard ones are not counted */
                continue;
        target[len] = '\0';
        count += strncmp(target, kind, strlen(kind)) == 0;
    }
    (void)closedir(all);
    return count;
}

static void what_its_processes_hold(void)
{
    struct stand s = { 0 };
    pid_t signer, front;

    make(&s, "w1", 50);
    start(&s);
    VT_CHECK(is_good_answer(&s, add(&s, 0, 3), 3));
    signer = vt_test_role_of(&s.running, "witness-signer");
    front = vt_test_role_of(&s.running, "witness-front");
    for (int i = 0; i < 2; i++) {
        pid_t pid = i == 0 ? signer : front;

        VT_CHECK(strcmp(vt_test_process_status(pid, "Seccomp:"), "2") == 0);
        VT_CHECK(strcmp(vt_test_process_status(pid, "NoNewPrivs:"), "1") == 0);
        VT_CHECK(strcmp(vt_test_process_status(pid, "Threads:"), "1") == 0);
    }
    VT_CHECK(count_descriptors(front, "/") == 0);  /* no file, no folder */
    VT_CHECK(count_descriptors(signer, "/") >= 2); /* its folder, its memory */
    VT_CHECK(count_descriptors(signer, "socket:") == 1);
    finish(&s);
}

/* ---- what goes wrong at the start -------------------------------------------------------
 */

static void one_sentence_and_the_right_exit_code(void)
{
    struct stand s = { 0 };
    const char *other_key = vt_test_path("other.key");
    const char *port;
    struct vt_key *other = vt_test_key(77);

    make(&s, "w1", 50);
    write_key(other_key, other);
    (void)vt_test_run(1, VT_ARGV("vitrine", "witness", "init", "--dir", s.dir, "--name",
                                 "w2", "--key", s.key_file));
    (void)vt_test_run(3,
                      VT_ARGV("vitrine", "witness", "init", "--dir", vt_test_path("fresh"),
                              "--name", "w2", "--key", vt_test_path("missing.key")));
    (void)vt_test_run(2,
                      VT_ARGV("vitrine", "witness", "init", "--dir", vt_test_path("fresh"),
                              "--name", "a b", "--key", s.key_file));
    (void)vt_test_run(2, VT_ARGV("vitrine", "witness", "serve"));
    (void)vt_test_run(
        2, VT_ARGV("vitrine", "witness", "serve", "--dir", s.dir, "--pending-max", "0"));
    (void)vt_test_run(
        2, VT_ARGV("vitrine", "witness", "add-log", "--dir", s.dir, "--vkey", "no+key"));
    (void)vt_test_run(3, VT_ARGV("vitrine", "witness", "init", "--dir", "/proc/x", "--name",
                                 "w2", "--key", s.key_file));
    (void)vt_test_run(
        3, VT_ARGV("vitrine", "witness", "show", "--dir", vt_test_path("missing")));
    (void)vt_test_run(1, VT_ARGV("vitrine", "witness", "show", "--dir", vt_test_dir()));
    VT_CHECK(strstr(vt_test_run(1, VT_ARGV("vitrine", "witness", "serve", "--dir", s.dir,
                                           "--key", other_key)),
                    "not the key of this witness") != NULL);
    VT_CHECK(strstr(vt_test_run(2, VT_ARGV("vitrine", "witness", "serve", "--dir", s.dir,
                                           "--listen", "localhost")),
                    "no IP address") != NULL);
    start(&s);
    VT_CHECK(is_good_answer(&s, add(&s, 0, 3), 3));
    VT_CHECK(strstr(vt_test_run(3, VT_ARGV("vitrine", "witness", "serve", "--dir", s.dir)),
                    "is writing here") != NULL);
    port = strrchr(s.running.url, ':') + 1;
    VT_CHECK(strstr(vt_test_run(3, VT_ARGV("vitrine", "witness", "serve", "--dir", s.dir,
                                           "--port", port)),
                    "cannot listen") != NULL);
    vt_test_stop(&s.running, 0);
    VT_CHECK(remove(vt_test_print("%s/memory/cosigned", s.dir)) == 0);
    VT_CHECK(strstr(vt_test_run(1, VT_ARGV("vitrine", "witness", "serve", "--dir", s.dir)),
                    "does not know what it cosigned") != NULL);
    vt_key_close(other);
    finish(&s);
}

/* ---- the client against four of them ----------------------------------------------------
 */

enum { FOUR = 4 };

struct four {
    struct stand stands[FOUR];
    struct vt_policy *policy;
    struct vt_env env;
    struct vt_witness_client *client;
    struct vt_witness_report reports[FOUR];
};

static void begin_four(struct four *f)
{
    static const char *const names[] = { "w0", "w1", "w2", "w3" };
    struct vt_error err = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));

    f->env = vt_env_real();
    for (int i = 0; i < FOUR; i++) {
        make(&f->stands[i], names[i], (uint8_t)(60 + i));
        start(&f->stands[i]);
        vt_buf_printf(&text, "witness %s %s %s\n", names[i],
                      vt_test_vkey(names[i], VT_NOTE_COSIGNATURE, f->stands[i].key),
                      f->stands[i].running.url);
    }
    vt_buf_put_text(&text, "group g 3 w0 w1 w2 w3\nquorum g\n");
    f->policy = vt_arena_alloc(vt_test_arena(), sizeof *f->policy);
    VT_CHECK_OK(vt_policy_parse(vt_arena_copy(vt_test_arena(), vt_buf_slice(&text)),
                                f->policy, &err));
    VT_CHECK_OK(vt_witness_client_new(f->policy, &f->env, &f->client, &err));
}

static void finish_four(struct four *f)
{
    vt_witness_client_free(f->client);
    for (int i = 0; i < FOUR; i++)
        finish(&f->stands[i]);
}

static bool ask_four(struct four *f, uint64_t size, uint64_t hint, struct vt_error *err)
{
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_witness_asking asking = { .note = vt_small_log_note(&f->stands[0].log, size),
                                        .hint_size = hint,
                                        .prove = vt_small_log_prove,
                                        .context = &f->stands[0].log,
                                        .timeout_ms = 1500,
                                        .total_ms = 10000,
                                        .linger_ms = 1500 };

    return vt_witness_client_ask(f->client, &asking, &note, f->reports, err);
}

static void check_ends(const struct four *f, enum vt_witness_end a, enum vt_witness_end b,
                       enum vt_witness_end c, enum vt_witness_end d)
{
    const enum vt_witness_end wanted[FOUR] = { a, b, c, d };

    for (int i = 0; i < FOUR; i++)
        VT_CHECK_SAYING(f->reports[i].end == wanted[i], "w%d: %s, wanted %s (%s)", i,
                        vt_witness_end_name(f->reports[i].end),
                        vt_witness_end_name(wanted[i]), f->reports[i].message);
}

static void four_real_witnesses(void)
{
    struct vt_error err = { 0 };
    struct four f = { 0 };
    struct stand liar;
    pid_t signer;

    begin_four(&f);
    /* One has seen more than the others: it answers 409 and is asked again. */
    VT_CHECK(add(&f.stands[3], 0, 4).status == 200);
    VT_CHECK_OK(ask_four(&f, 5, 0, &err));
    check_ends(&f, VT_WITNESS_COSIGNED, VT_WITNESS_COSIGNED, VT_WITNESS_COSIGNED,
               VT_WITNESS_COSIGNED);
    /* One is slow: its signer stands still. */
    signer = vt_test_role_of(&f.stands[1].running, "witness-signer");
    VT_CHECK(kill(signer, SIGSTOP) == 0);
    VT_CHECK_OK(ask_four(&f, 6, 5, &err));
    VT_CHECK(f.reports[1].end == VT_WITNESS_LATE ||
             f.reports[1].end == VT_WITNESS_NOT_NEEDED);
    VT_CHECK(kill(signer, SIGCONT) == 0);
    /* One is ahead of us: somebody showed it another future. */
    VT_CHECK(add(&f.stands[2], 6, 9).status == 200);
    VT_CHECK_OK(ask_four(&f, 8, 6, &err));
    check_ends(&f, VT_WITNESS_COSIGNED, VT_WITNESS_COSIGNED, VT_WITNESS_AHEAD,
               VT_WITNESS_COSIGNED);
    /* One lies: at its address answers a witness with another key. */
    vt_test_stop(&f.stands[0].running, 0);
    make(&liar, "liar", 90);
    VT_CHECK(remove(vt_test_print("%s/config.json", liar.dir)) == 0);
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", liar.dir, "--name",
                                 "w0", "--key", liar.key_file));
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "add-log", "--dir", liar.dir,
                                 "--vkey", vt_small_log_vkey(&liar.log)));
    liar.running = vt_test_start(
        "liar.err", VT_ARGV("vitrine", "witness", "serve", "--dir", liar.dir, "--port",
                            strrchr(f.stands[0].running.url, ':') + 1));
    VT_CHECK_OK(ask_four(&f, 10, 8, &err));
    check_ends(&f, VT_WITNESS_WRONG, VT_WITNESS_COSIGNED, VT_WITNESS_COSIGNED,
               VT_WITNESS_COSIGNED);
    /* And one more is dead: two of four are no quorum. */
    vt_test_kill(&f.stands[1].running);
    VT_CHECK_FAILS(VT_REJECTED, ask_four(&f, 11, 10, &err));
    check_ends(&f, VT_WITNESS_WRONG, VT_WITNESS_UNREACHABLE, VT_WITNESS_COSIGNED,
               VT_WITNESS_COSIGNED);
    VT_CHECK_SAYING(strstr(err.message, "w0 (wrong), w1 (unreachable)") != NULL, "%s",
                    err.message);
    finish(&liar);
    finish_four(&f);
}

/* A split view: the log's own key signs another history, and no witness cosigns it. */
static void a_split_view_finds_no_witness(void)
{
    struct vt_error err = { 0 };
    struct four f = { 0 };

    begin_four(&f);
    VT_CHECK_OK(ask_four(&f, 5, 0, &err));
    f.stands[0].log.fork_at = 3;
    f.stands[0].log.branch = "other ";
    VT_CHECK_FAILS(VT_REJECTED, ask_four(&f, 7, 5, &err));
    check_ends(&f, VT_WITNESS_REFUSED, VT_WITNESS_REFUSED, VT_WITNESS_REFUSED,
               VT_WITNESS_REFUSED);
    VT_CHECK(f.reports[0].status == 422);
    f.stands[0].log.fork_at = UINT64_MAX;
    VT_CHECK_OK(ask_four(&f, 7, 5, &err));
    finish_four(&f);
}

static const struct vt_case cases[] = {
    { "logs are read again", logs_are_read_again },
    { "statuses and types", statuses_and_types },
    { "what was answered is remembered", what_was_answered_is_remembered },
    { "a dead signer or front is replaced", a_dead_signer_or_front_is_replaced },
    { "no role outlives its parent", no_role_outlives_its_parent },
    { "deaths in a row end it", deaths_in_a_row_end_it },
    { "too many at once are told so", too_many_at_once_are_told_so },
    { "rivals are decided one after the other", rivals_are_decided_one_after_the_other },
    { "what its roles cannot do", what_its_roles_cannot_do },
    { "what its processes hold", what_its_processes_hold },
    { "one sentence and the right exit code", one_sentence_and_the_right_exit_code },
    { "four real witnesses", four_real_witnesses },
    { "a split view finds no witness", a_split_view_finds_no_witness },
};

VT_TEST_MAIN("cli.witness", cases)
