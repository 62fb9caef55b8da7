/* `vitrine mirror` as it runs: the protocol's statuses over HTTP, uploads that break off,
 * sudden deaths, and what its processes cannot do. */
#include "http/gzip.h"
#include "http/http.h"
#include "ledger/mirror_host.h"
#include "ledger/witness_request.h"
#include "tests/confinement.h"
#include "tests/running.h"
#include "tests/small_log.h"
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#define ORIGIN "log.example/test"
#define NAME   "m1.example"
#define ALL    SIZE_MAX /* packages */

struct stand {
    const char *dir, *key_file;
    struct vt_key *key; /* the mirror's */
    struct vt_small_log log;
    struct vt_running running;
    struct vt_http_client *http;
};

static void make(struct stand *s)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    s->dir = vt_test_path("m1");
    s->key_file = vt_test_path("m1.key");
    s->key = vt_test_key(60);
    s->log = vt_small_log_of(ORIGIN, 1);
    VT_CHECK_OK(vt_key_write_pem(s->key, (vt_slice){ 0 }, &pem, &err));
    vt_test_write(s->key_file, vt_buf_slice(&pem));
    VT_CHECK(chmod(s->key_file, 0600) == 0);
    VT_CHECK_OK(vt_http_client_new(&s->http, &err));
    (void)vt_test_run(0, VT_ARGV("vitrine", "mirror", "init", "--dir", s->dir, "--name",
                                 NAME, "--key", s->key_file));
    (void)vt_test_run(0, VT_ARGV("vitrine", "mirror", "add-log", "--dir", s->dir, "--vkey",
                                 vt_small_log_vkey(&s->log)));
}

static void start(struct stand *s)
{
    s->running =
        vt_test_start("mirror.err", VT_ARGV("vitrine", "mirror", "serve", "--dir", s->dir));
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

static struct answer post(struct stand *s, const char *path, vt_slice body,
                          const char *type, bool is_gzipped)
{
    struct vt_error err = { 0 };
    struct vt_http_call call = { .url = vt_test_print("%s%s", s->running.url, path),
                                 .body = body,
                                 .content_type = type,
                                 .is_gzipped = is_gzipped,
                                 .answer_bytes_max = VT_MIB(1) };
    struct answer out;

    VT_CHECK_OK(vt_http_client_run(s->http, &call, &err));
    out = (struct answer){ call.status, vt_test_print("%s", call.answer_type),
                           vt_arena_cstr(vt_test_arena(), vt_buf_slice(&call.answer)) };
    vt_http_call_clear(&call);
    return out;
}

static int add_checkpoint(struct stand *s, uint64_t old_size, uint64_t size)
{
    struct vt_error err = { 0 };
    struct vt_proof proof = { .count = 0 };
    VT_AUTO_BUF body = vt_buf_init(VT_WITNESS_REQUEST_BYTES_MAX);
    struct answer got;

    VT_CHECK_OK(vt_small_log_prove(&s->log, old_size, size, &proof, &err));
    vt_witness_request_write(&body, old_size, proof.hashes, proof.count,
                             vt_small_log_note(&s->log, size));
    got = post(s, "/add-checkpoint", vt_buf_slice(&body), NULL, false);
    VT_CHECK(got.status != 200 || got.text[0] == '\0'); /* the mirror's key does not sign */
    return got.status;
}

static struct answer upload(struct stand *s, vt_slice body)
{
    return post(s, "/add-entries", body, "application/octet-stream", false);
}

static struct answer add(struct stand *s, uint64_t start, uint64_t end, size_t packages)
{
    return upload(s, vt_small_log_upload(&s->log, start, end, (vt_slice){ 0 }, packages));
}

/* The answer is the mirror's cosignature, and nothing else, over that tree. */
static bool is_cosignature(struct stand *s, struct answer answer, uint64_t size)
{
    static struct vt_note note;
    struct vt_error err = { 0 };
    struct vt_vkey key =
        vt_vkey_of(VT_LIT(NAME), VT_NOTE_COSIGNATURE, vt_key_public(s->key));
    struct vt_note_finding finding;
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(64));

    vt_buf_put(&bytes, vt_small_log_note(&s->log, size));
    vt_buf_put_text(&bytes, answer.text);
    return answer.status == 200 && vt_note_parse(vt_buf_slice(&bytes), &note, &err) &&
           note.signature_count == 2 && vt_note_verify(&note, &key, 1, &finding, &err);
}

/* 202 or 409 with that size and that next entry; its ticket, in the arena. */
static vt_slice ticket_of(struct answer answer, int status, uint64_t size, uint64_t next)
{
    struct vt_mirror_info *info = vt_arena_alloc(vt_test_arena(), sizeof *info);
    struct vt_error err = { 0 };

    VT_CHECK_SAYING(answer.status == status, "%d: %s", answer.status, answer.text);
    VT_CHECK(strcmp(answer.type, VT_MIRROR_INFO_TYPE) == 0);
    VT_CHECK_OK(vt_mirror_info_parse(vt_slice_from_cstr(answer.text), info, &err));
    VT_CHECK_SAYING(info->size == size && info->next == next, "%s", answer.text);
    return vt_slice_of(info->ticket, info->ticket_len);
}

static struct answer get(struct stand *s, const char *name)
{
    vt_hash id = vt_sha256_of(VT_LIT(ORIGIN));
    char hex[65];

    vt_hash_text(&id, hex);
    return post(s, vt_test_print("/%s/%s", hex, name), (vt_slice){ 0 }, NULL, false);
}

/* What is served is the log: its checkpoint with both signatures, and all tiles, as our own
 * mirror by pull checks them. */
static void is_served(struct stand *s, uint64_t size)
{
    static int times;
    vt_hash id = vt_sha256_of(VT_LIT(ORIGIN));
    char hex[65];
    const char *said, *to = vt_test_path(vt_test_print("pulled-%d", times++));

    vt_hash_text(&id, hex);
    said = vt_test_run(0, VT_ARGV("vitrine", "ledger", "mirror", "--from",
                                  vt_test_print("%s/%s", s->running.url, hex), "--dir", to,
                                  "--vkey", vt_small_log_vkey(&s->log), "--json"));
    VT_CHECK_SAYING(strstr(said, vt_test_print("\"size\":%ju", (uintmax_t)size)) != NULL,
                    "%s", said);
    VT_CHECK(strstr(get(s, "checkpoint").text, "\xe2\x80\x94 " NAME " ") != NULL);
}

/* ---- the protocol -----------------------------------------------------------------------
 */

static void from_nothing_to_a_cosignature(void)
{
    struct stand s = { 0 };
    vt_slice ticket;

    make(&s);
    start(&s);
    VT_CHECK(get(&s, "checkpoint").status == 404);
    VT_CHECK(add_checkpoint(&s, 0, 600) == 200);
    VT_CHECK(get(&s, "checkpoint").status == 404); /* pending is not mirrored */
    ticket = ticket_of(add(&s, 0, 600, 1), 202, 600, 256);
    VT_CHECK(get(&s, "checkpoint").status == 404);
    (void)ticket_of(upload(&s, vt_small_log_upload(&s.log, 256, 600, ticket, 1)), 202, 600,
                    512);
    VT_CHECK(is_cosignature(&s, add(&s, 512, 600, ALL), 600));
    is_served(&s, 600);
    VT_CHECK(is_cosignature(&s, add(&s, 600, 600, ALL), 600)); /* again, with a new time */
    VT_CHECK(add_checkpoint(&s, 600, 1100) == 200);
    VT_CHECK(is_cosignature(&s, add(&s, 600, 1100, ALL), 1100)); /* from within a bundle */
    is_served(&s, 1100);
    VT_CHECK(is_cosignature(&s, add(&s, 300, 1100, ALL), 1100)); /* what is there already */
    finish(&s);
}

/* A stranger begins an upload, sends nothing more, and keeps the only slot from nobody. */
static void a_silent_upload_gives_way(void)
{
    static const char begun[] = "POST /add-entries HTTP/1.1\r\nHost: m\r\n"
                                "Content-Type: application/octet-stream\r\n"
                                "Content-Length: 1000000\r\n\r\n\1";
    struct stand s = { 0 };
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    VT_AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timespec rest = { .tv_nsec = 100000000 };
    struct answer answer = { .status = 0 };
    unsigned long port;

    make(&s);
    s.running = vt_test_start("mirror.err", VT_ARGV("vitrine", "mirror", "serve", "--dir",
                                                    s.dir, "--uploads-max", "1"));
    VT_CHECK(add_checkpoint(&s, 0, 300) == 200);
    port = strtoul(strrchr(s.running.url, ':') + 1, NULL, 10);
    address.sin_port = htons((uint16_t)port);
    VT_CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
             write(fd, begun, sizeof begun - 1) == sizeof begun - 1);
    (void)nanosleep(&rest, NULL);
    VT_CHECK(add(&s, 0, 300, ALL).status == 429); /* it has just begun */
    for (int i = 0; i < 40 && answer.status != 200; i++) {
        (void)nanosleep(&rest, NULL);
        answer = add(&s, 0, 300, ALL);
    }
    VT_CHECK_SAYING(is_cosignature(&s, answer, 300), "%d: %s", answer.status, answer.text);
    finish(&s);
}

/* A pending size that is no number in JSON does not silence the mirror. */
static void a_size_beyond_all_numbers(void)
{
    struct stand s = { 0 };
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1)), note = vt_buf_init(VT_KIB(4));
    VT_AUTO_BUF body = vt_buf_init(VT_WITNESS_REQUEST_BYTES_MAX);
    struct vt_error err = { 0 };
    const char *said;

    make(&s);
    start(&s);
    vt_buf_printf(&text, ORIGIN "\n18446744073709551615\n%s\n",
                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    vt_buf_printf(&note, "%.*s\n", VT_SLICE_ARGS(vt_buf_slice(&text)));
    VT_CHECK_OK(vt_note_sign(s.log.key, VT_LIT(ORIGIN), vt_buf_slice(&text), &note, &err));
    vt_witness_request_write(&body, 0, NULL, 0, vt_buf_slice(&note));
    VT_CHECK(post(&s, "/add-checkpoint", vt_buf_slice(&body), NULL, false).status == 200);
    said = vt_test_run(0, VT_ARGV("vitrine", "mirror", "status", "--url", s.running.url));
    VT_CHECK_SAYING(strstr(said, "pending 18446744073709551615\n") != NULL, "%s", said);
    said = vt_test_run(
        0, VT_ARGV("vitrine", "mirror", "status", "--url", s.running.url, "--json"));
    VT_CHECK_SAYING(strstr(said, "\"pending\":\"18446744073709551615\"") != NULL, "%s",
                    said);
    finish(&s);
}

static void each_status_has_its_case(void)
{
    struct stand s = { 0 };
    struct vt_small_log fork;
    vt_slice body, good;

    make(&s);
    start(&s);
    VT_CHECK(add(&s, 0, 10, ALL).status == 422); /* nothing was ever pending */
    VT_CHECK(add_checkpoint(&s, 0, 700) == 200);
    VT_CHECK(add_checkpoint(&s, 0, 700) == 409);
    VT_CHECK(add_checkpoint(&s, 700, 700) == 200);
    fork = s.log;
    fork.branch = "other ";
    fork.fork_at = 3;
    s.log.origin = "log.example/other";
    VT_CHECK(add(&s, 0, 700, ALL).status == 404); /* unknown */
    s.log.origin = ORIGIN;
    (void)ticket_of(add(&s, 0, 650, ALL), 409, 700, 0); /* no such checkpoint */
    (void)ticket_of(add(&s, 1, 700, ALL), 409, 700, 0); /* a gap */
    VT_CHECK(upload(&s, vt_small_log_upload(&fork, 0, 700, (vt_slice){ 0 }, ALL)).status ==
             422); /* other entries, proved for their own tree */
    good = vt_small_log_upload(&s.log, 0, 700, (vt_slice){ 0 }, ALL);
    VT_CHECK(upload(&s, vt_slice_sub(good, 0, 1000)).status == 400); /* half a package */
    VT_CHECK(upload(&s, vt_slice_sub(good, 0, 10)).status == 400);   /* half a head */
    VT_CHECK(upload(&s, VT_LIT("x")).status == 400);
    body = vt_small_log_upload(&s.log, 0, 700, (vt_slice){ 0 }, 0); /* no package */
    VT_CHECK(upload(&s, body).status == 400);
    ((uint8_t *)(uintptr_t)body.data)[18 + 15] = 1; /* its start, behind its end */
    ((uint8_t *)(uintptr_t)body.data)[18] = 9;
    VT_CHECK(upload(&s, body).status == 400);
    VT_CHECK(post(&s, "/add-entries", good, "text/plain", false).status == 415);
    VT_CHECK(post(&s, "/add-entries", (vt_slice){ 0 }, NULL, false).status == 404);
    /* A package and a half: what is whole is kept. */
    (void)ticket_of(upload(&s, vt_slice_sub(good, 0, 5000)), 202, 700, 256);
    /* A good package and a bad one: the good one is kept. */
    body = vt_arena_copy(vt_test_arena(), good);
    ((uint8_t *)(uintptr_t)body.data)[4000] ^= 1;
    VT_CHECK(upload(&s, body).status == 422);
    (void)ticket_of(add(&s, 700, 700, ALL), 409, 700, 256);
    VT_CHECK(is_cosignature(&s, upload(&s, good), 700));
    (void)add_checkpoint(&s, 700, 800);
    (void)ticket_of(add(&s, 0, 600, ALL), 409, 800,
                    700); /* smaller than what is mirrored */
    is_served(&s, 700);
    finish(&s);
}

/* Who began with a checkpoint may end with it, though a newer one is pending now; but only
 * with our own word for it. */
static void tickets_are_the_mirrors_own_words(void)
{
    struct stand s = { 0 };
    vt_slice ticket, forged, upload_body;

    make(&s);
    start(&s);
    VT_CHECK(add_checkpoint(&s, 0, 600) == 200);
    ticket = ticket_of(add(&s, 0, 600, 1), 202, 600, 256);
    VT_CHECK(ticket.len == VT_MIRROR_TICKET_BYTES);
    VT_CHECK(add_checkpoint(&s, 600, 900) == 200);
    (void)ticket_of(add(&s, 256, 600, ALL), 409, 900, 256);
    for (size_t i = 0; i < ticket.len; i += 7) {
        forged = vt_arena_copy(vt_test_arena(), ticket);
        ((uint8_t *)(uintptr_t)forged.data)[i] ^= 1;
        (void)ticket_of(upload(&s, vt_small_log_upload(&s.log, 256, 600, forged, 0)), 409,
                        900, 256);
    }
    forged = vt_slice_sub(ticket, 0, ticket.len - 1);
    (void)ticket_of(upload(&s, vt_small_log_upload(&s.log, 256, 600, forged, 0)), 409, 900,
                    256);
    upload_body = vt_small_log_upload(&s.log, 256, 600, ticket, ALL);
    VT_CHECK(is_cosignature(&s, upload(&s, upload_body), 600));
    is_served(&s, 600);
    VT_CHECK(is_cosignature(&s, add(&s, 600, 900, ALL), 900));
    /* It never goes back. */
    (void)ticket_of(upload(&s, vt_small_log_upload(&s.log, 600, 600, ticket, ALL)), 409,
                    900, 900);
    is_served(&s, 900);
    finish(&s);
}

/* Two clients, the one with the larger tree is first: the smaller tree is whole too. */
static void a_smaller_checkpoint_behind_a_larger_upload(void)
{
    struct stand s = { 0 };
    vt_slice ticket;

    make(&s);
    start(&s);
    VT_CHECK(add_checkpoint(&s, 0, 600) == 200);
    ticket = ticket_of(add(&s, 1, 600, 0), 409, 600, 0);
    VT_CHECK(add_checkpoint(&s, 600, 1000) == 200);
    (void)ticket_of(add(&s, 0, 1000, 3), 202, 1000, 768);
    VT_CHECK(is_cosignature(
        &s, upload(&s, vt_small_log_upload(&s.log, 600, 600, ticket, ALL)), 600));
    VT_CHECK(get(&s, "tile/entries/002.p/88").status == 200 &&
             get(&s, "tile/entries/002").status == 200);
    is_served(&s, 600);
    VT_CHECK(is_cosignature(&s, add(&s, 768, 1000, ALL), 1000));
    is_served(&s, 1000);
    finish(&s);
}

static void packed_uploads_are_taken(void)
{
    static uint8_t zeros[8 << 20];
    struct stand s = { 0 };
    VT_AUTO_BUF packed = vt_buf_init(VT_MIB(4));
    vt_slice body;

    make(&s);
    start(&s);
    VT_CHECK(add_checkpoint(&s, 0, 1500) == 200);
    body = vt_small_log_upload(&s.log, 0, 1500, (vt_slice){ 0 }, ALL);
    vt_gzip(body, &packed);
    VT_CHECK(!packed.is_full && packed.len < body.len);
    VT_CHECK(post(&s, "/add-entries", body, "application/octet-stream", true).status ==
             400); /* it says gzip and is none */
    (void)ticket_of(post(&s, "/add-entries",
                         vt_slice_sub(vt_buf_slice(&packed), 0, packed.len / 2),
                         "application/octet-stream", true),
                    202, 1500, 512); /* breaks off in the third package */
    VT_CHECK(is_cosignature(
        &s,
        post(&s, "/add-entries", vt_buf_slice(&packed), "application/octet-stream", true),
        1500));
    is_served(&s, 1500);
    /* A small body that becomes a large one: it is unpacked as far as a package goes. */
    VT_CHECK(add_checkpoint(&s, 1500, 1501) == 200);
    vt_buf_truncate(&packed, 0);
    body = vt_small_log_upload(&s.log, 1500, 1501, (vt_slice){ 0 }, 0);
    vt_gzip(body, &packed);
    vt_gzip(VT_BYTES(zeros), &packed);
    VT_CHECK(packed.len < 100000);
    VT_CHECK(
        post(&s, "/add-entries", vt_buf_slice(&packed), "application/octet-stream", true)
            .status == 422);
    finish(&s);
}

/* ---- breaking off, and sudden deaths ----------------------------------------------------
 */

static int dial(const struct stand *s)
{
    uint64_t port = 0;
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    const char *text = strrchr(s->running.url, ':') + 1;

    VT_CHECK(vt_decimal_parse(vt_slice_of(text, strspn(text, "0123456789")), &port));
    to.sin_port = htons((uint16_t)port);
    VT_CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

static void say(int fd, vt_slice bytes)
{
    VT_CHECK(send(fd, bytes.data, bytes.len, MSG_NOSIGNAL) == (ssize_t)bytes.len);
}

/* Send the first `len` bytes of an upload, and leave the rest open. */
static int begin_upload(struct stand *s, vt_slice body, size_t len)
{
    int fd = dial(s);

    say(fd, vt_slice_from_cstr(
                vt_test_print("POST /add-entries HTTP/1.1\r\nHost: x\r\nContent-Type: "
                              "application/octet-stream\r\nContent-Length: %zu\r\n\r\n",
                              body.len)));
    say(fd, vt_slice_sub(body, 0, len));
    return fd;
}

struct waiting {
    struct stand *stand;
    uint64_t next;
};

static bool is_kept(void *context)
{
    struct waiting *w = context;
    const char *said = vt_test_run(0, VT_ARGV("vitrine", "mirror", "status", "--url",
                                              w->stand->running.url, "--json"));

    return strstr(said, vt_test_print("\"next\":%ju", (uintmax_t)w->next)) != NULL;
}

static void a_client_that_goes_leaves_what_was_kept(void)
{
    struct stand s = { 0 };
    struct waiting waiting = { &s, 768 };
    vt_slice body;
    int fd;

    make(&s);
    start(&s);
    VT_CHECK(add_checkpoint(&s, 0, 1000) == 200);
    body = vt_small_log_upload(&s.log, 0, 1000, (vt_slice){ 0 }, ALL);
    fd = begin_upload(&s, body, 10000); /* three packages and a half */
    (void)poll(NULL, 0, 200);
    (void)close(fd);
    VT_CHECK(vt_test_wait_until(is_kept, &waiting));
    (void)ticket_of(add(&s, 1000, 1000, ALL), 409, 1000, 768);
    VT_CHECK(is_cosignature(&s, add(&s, 768, 1000, ALL), 1000));
    finish(&s);
}

/* kill -9 of all of it in the middle of an upload: what was told is there, and it goes on.
 */
static void a_killed_mirror_goes_on_where_it_was(void)
{
    struct stand s = { 0 };
    vt_slice body;
    int fd;

    make(&s);
    start(&s);
    VT_CHECK(add_checkpoint(&s, 0, 1000) == 200);
    (void)ticket_of(add(&s, 0, 1000, 2), 202, 1000, 512);
    body = vt_small_log_upload(&s.log, 512, 1000, (vt_slice){ 0 }, ALL);
    fd = begin_upload(&s, body, 5000); /* a package that nobody was told of */
    (void)poll(NULL, 0, 200);
    vt_test_kill(&s.running);
    (void)close(fd);
    start(&s);
    (void)ticket_of(add(&s, 1000, 1000, ALL), 409, 1000, 512);
    VT_CHECK(is_cosignature(&s, add(&s, 512, 1000, ALL), 1000));
    is_served(&s, 1000);
    vt_test_kill(&s.running);
    start(&s);
    is_served(&s, 1000);
    VT_CHECK(add_checkpoint(&s, 1000, 1001) == 200);
    VT_CHECK(is_cosignature(&s, add(&s, 1000, 1001, ALL), 1001));
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

    make(&s);
    start(&s);
    VT_CHECK(add_checkpoint(&s, 0, 300) == 200);
    kill_role(&s, "mirror-signer");
    VT_CHECK(is_cosignature(&s, add(&s, 0, 300, ALL), 300));
    kill_role(&s, "mirror-front");
    VT_CHECK(add_checkpoint(&s, 300, 400) == 200);
    VT_CHECK(is_cosignature(&s, add(&s, 300, 400, ALL), 400));
    finish(&s);
}

/* ---- damage -----------------------------------------------------------------------------
 */

/* What lies here is not what was kept: no signature, and the client is not blamed. */
static void a_damaged_copy_signs_nothing(void)
{
    struct stand s = { 0 };
    vt_hash id = vt_sha256_of(VT_LIT(ORIGIN));
    const char *path;
    vt_slice bytes;
    char hex[65];

    make(&s);
    start(&s);
    VT_CHECK(add_checkpoint(&s, 0, 300) == 200);
    VT_CHECK(is_cosignature(&s, add(&s, 0, 300, ALL), 300));
    VT_CHECK(add_checkpoint(&s, 300, 400) == 200);
    vt_hash_text(&id, hex);
    path = vt_test_print("%s/state/copies/%s/tile/entries/001.p/44", s.dir, hex);
    bytes = vt_arena_copy(vt_test_arena(), vt_test_read(path));
    ((uint8_t *)(uintptr_t)bytes.data)[5] ^= 1;
    vt_test_write(path, bytes);
    VT_CHECK(add(&s, 300, 400, ALL).status == 500);
    ((uint8_t *)(uintptr_t)bytes.data)[5] ^= 1;
    vt_test_write(path, bytes);
    VT_CHECK(is_cosignature(&s, add(&s, 300, 400, ALL), 400));
    finish(&s);
}

/* ---- rights -----------------------------------------------------------------------------
 */

static void what_its_roles_cannot_do(void)
{
    static const char *const signer[] = { "write-folder", "read-folder", NULL };
    static const char *const front[] = { "accept", NULL };

    vt_test_confinement("mirror-signer", vt_test_dir(), signer);
    vt_test_confinement("mirror-front", "", front);
}

static void one_sentence_and_the_right_exit_code(void)
{
    struct stand s = { 0 };
    const char *said;

    make(&s);
    said = vt_test_run(1, VT_ARGV("vitrine", "mirror", "init", "--dir", s.dir, "--name",
                                  NAME, "--key", s.key_file));
    VT_CHECK(strstr(said, "holds a mirror already") != NULL);
    said = vt_test_run(1, VT_ARGV("vitrine", "witness", "serve", "--dir", s.dir));
    VT_CHECK(strstr(said, "there is no witness here") != NULL);
    (void)vt_test_run(
        2, VT_ARGV("vitrine", "mirror", "serve", "--dir", s.dir, "--uploads-max", "0"));
    said = vt_test_run(0, VT_ARGV("vitrine", "mirror", "show", "--dir", s.dir));
    VT_CHECK(strstr(said, "nothing mirrored yet") != NULL);
    finish(&s);
}

static const struct vt_case cases[] = {
    { "from nothing to a cosignature", from_nothing_to_a_cosignature },
    { "a size beyond all numbers", a_size_beyond_all_numbers },
    { "a silent upload gives way", a_silent_upload_gives_way },
    { "each status has its case", each_status_has_its_case },
    { "tickets are the mirror's own words", tickets_are_the_mirrors_own_words },
    { "a smaller checkpoint behind a larger upload",
      a_smaller_checkpoint_behind_a_larger_upload },
    { "packed uploads are taken", packed_uploads_are_taken },
    { "a client that goes leaves what was kept", a_client_that_goes_leaves_what_was_kept },
    { "a killed mirror goes on where it was", a_killed_mirror_goes_on_where_it_was },
    { "a dead signer or front is replaced", a_dead_signer_or_front_is_replaced },
    { "a damaged copy signs nothing", a_damaged_copy_signs_nothing },
    { "what its roles cannot do", what_its_roles_cannot_do },
    { "one sentence and the right exit code", one_sentence_and_the_right_exit_code },
};

VT_TEST_MAIN("cli.mirror", cases)
