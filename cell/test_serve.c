/* `vitrine cell serve` as it runs: what was published comes out as it is, with words for
 * caches; nothing else does; who asked what is not kept; and the end is announced. */
#include "cell/source.h"
#include "crypto/crypto.h"
#include "http/http.h"
#include "tests/confinement.h"
#include "tests/running.h"
#include "tests/small_cell.h"
#include "tests/world.h"
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>

enum { ROWS = 1300, BITS = 9 };

struct stand {
    const char *dir;
    struct vt_running running;
    struct vt_http_client *http;
};

static void publish(const char *dir, unsigned count, uint64_t epoch, int64_t valid_s)
{
    const struct vt_small_epoch made = {
        dir, count, BITS, epoch, 100, time(NULL) - 10, time(NULL) + valid_s
    };

    (void)vt_small_cell_publish(&made);
}

static void start(struct stand *s, const char *option, const char *value)
{
    bool is_drain = option != NULL && strcmp(option, "--drain") == 0;
    struct vt_error err = { 0 };

    s->running = vt_test_start("serve.err", VT_ARGV("vitrine", "cell", "serve", "--dir",
                                                    s->dir, "--cell", "zurich", "--drain",
                                                    is_drain ? value : "0s",
                                                    is_drain ? NULL : option, value));
    if (s->http == NULL)
        VT_CHECK_OK(vt_http_client_new(&s->http, &err));
}

static void begin(struct stand *s)
{
    *s = (struct stand){ .dir = vt_test_path("cell") };
    publish(s->dir, ROWS, 0, 600);
    start(s, NULL, NULL);
}

static void finish(struct stand *s)
{
    vt_test_stop(&s->running, 0);
    vt_http_client_free(s->http);
}

static bool says(const char *text, const char *words)
{
    return strcasestr(text, words) != NULL;
}

/* One request, byte for byte, on a connection of its own; all that came back. */
static const char *talk(const struct stand *s, const char *request)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    VT_AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    VT_AUTO_BUF in = vt_buf_init(VT_MIB(1));
    struct vt_error err = { 0 };

    to.sin_port = htons((uint16_t)strtoul(strrchr(s->running.url, ':') + 1, NULL, 10));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    VT_CHECK(connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    VT_CHECK_OK(vt_fd_write_all(fd, "front", vt_slice_from_cstr(request), &err));
    VT_CHECK_OK(vt_fd_read_all(fd, "front", &in, &err));
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&in));
}

static const char *get(const struct stand *s, const char *path, const char *header)
{
    return talk(s,
                vt_test_print("GET %s HTTP/1.1\r\nHost: h\r\n%sConnection: close\r\n\r\n",
                              path, header));
}

/* ---- what was published -----------------------------------------------------------------
 */

static struct vt_head_file *head_of(struct vt_cell_source *source)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);
    struct vt_head_file *file;

    VT_CHECK_OK(vt_cell_source_head(source, &bytes, &err));
    VT_CHECK_OK(vt_head_file_parse(vt_buf_slice(&bytes), &file, &err));
    vt_test_keep(file);
    return file;
}

static void must_answer(const struct stand *s, unsigned count)
{
    VT_AUTO_CELL_SOURCE source = vt_cell_source_new(s->running.url);
    const struct vt_cell_head *head = &head_of(source)->head;
    VT_AUTO_BUF filter = vt_buf_init(VT_MIB(1));
    struct vt_error err = { 0 };

    VT_CHECK(head->tree.count == count);
    VT_CHECK_OK(vt_cell_source_blob(source, &head->filter, &filter, &err));
    for (unsigned i = 0; i < count + 40; i += 31) {
        VT_AUTO_BUF answer = vt_buf_init(VT_MIB(1));
        vt_hash hash = vt_small_cell_hash(i);
        struct vt_cell_verdict got;

        VT_CHECK_OK(vt_cell_source_answer(source, &head->tree, &hash, &answer, &err));
        VT_CHECK_OK(vt_answer_check(&head->tree, vt_buf_slice(&answer), &hash, &got, &err));
        VT_CHECK(got.state == (i < count ? vt_small_cell_state(i) : VT_STATE_UNKNOWN));
    }
}

static void what_was_published_comes_out(void)
{
    struct stand s;

    begin(&s);
    must_answer(&s, ROWS);
    publish(s.dir, ROWS + 50, 1, 600);
    (void)usleep(300000); /* the front looks at most a few times a second */
    must_answer(&s, ROWS + 50);
    finish(&s);
}

/* ---- whole answers ----------------------------------------------------------------------
 */

static vt_slice expected_answer(const struct stand *s, const struct vt_cell_tree *tree,
                                uint32_t index)
{
    VT_AUTO_CELL_SOURCE source = vt_cell_source_new(vt_test_print("%s/public", s->dir));
    VT_AUTO_BUF answer = vt_buf_init(VT_MIB(1));
    vt_hash hash = { { (uint8_t)(index >> 1), (uint8_t)(index << 7) } };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_cell_source_answer(source, tree, &hash, &answer, &err));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&answer));
}

static struct vt_cell_tree tree_of(const struct stand *s)
{
    VT_AUTO_CELL_SOURCE source = vt_cell_source_new(vt_test_print("%s/public", s->dir));

    return head_of(source)->head.tree;
}

static const char *answer_path(const struct vt_cell_tree *tree, uint64_t index)
{
    char root[65];

    vt_hash_text(&tree->root, root);
    return vt_test_print("/answer/%s/%ju", root, (uintmax_t)index);
}

/* The answer to one request, head cut off; its status in *status. */
static vt_slice call(const struct stand *s, const char *path, vt_slice body, int *status)
{
    struct vt_http_call call = { .url = vt_test_print("%s%s", s->running.url, path),
                                 .body = body,
                                 .answer_bytes_max = VT_MIB(8) };
    struct vt_error err = { 0 };
    vt_slice bytes;

    VT_CHECK_OK(vt_http_client_run(s->http, &call, &err));
    bytes = vt_arena_copy(vt_test_arena(), vt_buf_slice(&call.answer));
    *status = call.status;
    vt_http_call_clear(&call);
    return bytes;
}

/* The server's bytes are those that a client puts together from files. */
static void whole_answers_are_the_same_bytes(void)
{
    struct stand s;
    struct vt_cell_tree tree, next;
    const char *path;
    int status;

    begin(&s);
    tree = tree_of(&s);
    for (uint32_t turn = 0; turn < 2; turn++) /* made, and kept */
        for (uint32_t i = 0; i < 512; i += 73)
            VT_CHECK(
                vt_slice_equal(call(&s, answer_path(&tree, i), (vt_slice){ 0 }, &status),
                               expected_answer(&s, &tree, i)));
    path = answer_path(&tree, 3);
    VT_CHECK(says(get(&s, path, ""), "immutable"));
    VT_CHECK(says(get(&s, answer_path(&tree, 512), ""), " 404 "));
    VT_CHECK(says(get(&s, vt_test_print("%s/", path), ""), " 404 "));
    VT_CHECK(says(get(&s, vt_test_print("/answer/%064d/3", 0), ""), " 404 "));
    VT_CHECK(says(get(&s, vt_test_print("/answer/%s/03", strchr(path + 1, '/') + 1), ""),
                  " 404 "));
    /* One who has still the head before is answered; two epochs later no more. */
    publish(s.dir, ROWS + 1, 1, 600);
    (void)usleep(300000);
    next = tree_of(&s);
    VT_CHECK(!vt_hash_equal(&next.root, &tree.root));
    VT_CHECK(says(get(&s, answer_path(&next, 3), ""), " 200 "));
    VT_CHECK(says(get(&s, answer_path(&tree, 4), ""), " 200 "));
    publish(s.dir, ROWS + 2, 2, 600);
    (void)usleep(300000);
    (void)get(&s, "/head.json", "");
    VT_CHECK(says(get(&s, answer_path(&next, 5), ""), " 200 "));
    VT_CHECK(says(get(&s, path, ""), " 404 "));
    finish(&s);
}

static void put_indexes(struct vt_buf *out, const struct vt_cell_tree *tree, uint32_t count,
                        uint32_t step)
{
    vt_buf_put(out, VT_BYTES(tree->root));
    for (uint32_t i = 0; i < count; i++)
        vt_buf_put_u32(out, i * step % 512);
}

static void many_answers_in_one(void)
{
    enum { COUNT = 100 };
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(64)), long_body = vt_buf_init(VT_KIB(64));
    struct stand s;
    struct vt_cell_tree tree;
    vt_slice answers;
    size_t each;
    int status;

    begin(&s);
    tree = tree_of(&s);
    each = vt_answer_bytes(&tree);
    put_indexes(&body, &tree, COUNT, 37);
    answers = call(&s, "/lookup", vt_buf_slice(&body), &status);
    VT_CHECK(status == 200 && answers.len == COUNT * each);
    for (uint32_t i = 0; i < COUNT; i++)
        VT_CHECK(vt_slice_equal(vt_slice_sub(answers, i * each, each),
                                expected_answer(&s, &tree, i * 37 % 512)));
    /* Cut short, too many, a bucket that is not, a root that is not. */
    (void)call(&s, "/lookup", vt_slice_of(body.data, body.len - 1), &status);
    VT_CHECK(status == 400);
    (void)call(&s, "/lookup", vt_slice_of(body.data, 32), &status);
    VT_CHECK(status == 400);
    put_indexes(&long_body, &tree, (uint32_t)(VT_MIB(4) / each) + 1, 1);
    (void)call(&s, "/lookup", vt_buf_slice(&long_body), &status);
    VT_CHECK(status == 400);
    body.data[34] = 2; /* bucket 512 */
    (void)call(&s, "/lookup", vt_buf_slice(&body), &status);
    VT_CHECK(status == 400);
    body.data[0] ^= 1;
    (void)call(&s, "/lookup", vt_buf_slice(&body), &status);
    VT_CHECK(status == 404);
    VT_CHECK(says(get(&s, "/metrics", ""), "vitrine_cell_batches_total 1\n"));
    finish(&s);
}

/* So little memory that hardly an answer is kept: the same answers. */
static void little_memory_is_enough(void)
{
    struct stand s = { .dir = vt_test_path("cell") };
    struct vt_cell_tree tree;
    int status;

    publish(s.dir, ROWS, 0, 600);
    start(&s, "--cache", "0");
    tree = tree_of(&s);
    for (uint32_t i = 0; i < 512; i += 41)
        VT_CHECK(vt_slice_equal(call(&s, answer_path(&tree, i), (vt_slice){ 0 }, &status),
                                expected_answer(&s, &tree, i)));
    finish(&s);
}

/* The path of the root's node, which every epoch has. */
static const char *root_path(const struct stand *s)
{
    VT_AUTO_CELL_SOURCE source = vt_cell_source_new(vt_test_print("%s/public", s->dir));
    char path[VT_CELL_PATH_BYTES];

    vt_cell_node_path(&head_of(source)->head.tree.root, path);
    return vt_test_print("/%s", path);
}

static void caches_are_told_what_they_may_keep(void)
{
    struct stand s;
    const char *path, *heard, *tag;

    begin(&s);
    path = root_path(&s);
    heard = get(&s, path, "");
    VT_CHECK(says(heard, " 200 ") && says(heard, "immutable") && says(heard, "max-age=31"));
    tag = vt_test_print("If-None-Match: \"other\", \"%s\"\r\n", strrchr(path, '/') + 1);
    heard = get(&s, path, tag);
    VT_CHECK_SAYING(says(heard, " 304 ") && says(heard, "ETag:"), "%s", heard);
    VT_CHECK(says(get(&s, path, "If-None-Match: \"other\"\r\n"), " 200 "));
    /* The head is one of a moment. */
    heard = get(&s, "/head.json", "");
    VT_CHECK(says(heard, " 200 ") && says(heard, "max-age=1\r\n") &&
             !says(heard, "immutable"));
    tag = strcasestr(heard, "ETag: ") + 6;
    tag = vt_test_print("If-None-Match: %.*s\r\n", (int)strcspn(tag, "\r"), tag);
    VT_CHECK(says(get(&s, "/head.json", tag), " 304 "));
    publish(s.dir, ROWS, 1, 600);
    (void)usleep(300000);
    VT_CHECK(says(get(&s, "/head.json", tag), " 200 "));
    VT_CHECK(says(get(&s, "/epoch/0.json", ""), "immutable"));
    /* What is not there must be asked for again. */
    heard = get(&s, vt_test_print("/filter/%064d", 0), "");
    VT_CHECK(says(heard, " 404 ") && says(heard, "no-cache"));
    heard = get(&s, vt_test_print("/filter/%064d", 0), "If-None-Match: *\r\n");
    VT_CHECK(says(heard, " 404 "));
    finish(&s);
}

static void nothing_else_comes_out(void)
{
    static const char *const paths[] = {
        "/",
        "/../private/replaced/0",
        "/node/../../private/replaced/0",
        "/node/..%2f..%2fprivate%2freplaced%2f0",
        "/bucket/../head.json",
        "/epoch/00.json",
        "/epoch/0.json/",
        "/epoch/0",
        "/epoch/-1.json",
        "/private/replaced/0",
        "/public/head.json",
        "/head.json/",
        "//head.json",
        "/HEAD.json",
    };
    struct stand s;
    const char *path;

    begin(&s);
    vt_test_write(vt_test_print("%s/public/secret", s.dir), VT_LIT("not published"));
    vt_test_write(vt_test_print("%s/public/node/secret", s.dir), VT_LIT("not published"));
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        VT_CHECK_SAYING(says(get(&s, paths[i], ""), " 404 "), "%s", paths[i]);
    VT_CHECK(says(get(&s, "/secret", ""), " 404 "));
    VT_CHECK(says(get(&s, "/node/secret", ""), " 404 "));
    VT_CHECK(mkdir(vt_test_print("%s/public/ohttp", s.dir), 0755) == 0);
    vt_test_write(vt_test_print("%s/public/ohttp/%064d", s.dir, 7), VT_LIT("a key"));
    vt_test_write(vt_test_print("%s/public/ohttp/keys", s.dir), VT_LIT("not published"));
    VT_CHECK(says(get(&s, vt_test_print("/ohttp/%064d", 7), ""), " 200 "));
    VT_CHECK(says(get(&s, "/ohttp/keys", ""), " 404 "));
    path = root_path(&s);
    VT_CHECK(says(get(&s, path, ""), " 200 "));
    VT_CHECK(says(get(&s, vt_test_print("%s/", path), ""), " 404 "));
    VT_CHECK(says(get(&s, vt_test_print("/node/zz%s", strrchr(path, '/')), ""), " 404 "));
    VT_CHECK(says(get(&s, vt_test_print("/filter%s", strrchr(path, '/')), ""), " 404 "));
    VT_CHECK(says(talk(&s, "POST /head.json HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
                           "Connection: close\r\n\r\nx"),
                  " 405 "));
    finish(&s);
}

/* ---- what the operator sees, and what nobody keeps --------------------------------------
 */

static void health_says_whether_the_head_is_good(void)
{
    struct stand s = { .dir = vt_test_path("cell") };
    const char *heard;

    VT_CHECK(mkdir(s.dir, 0700) == 0);
    start(&s, NULL, NULL); /* before the first epoch */
    heard = get(&s, "/health", "");
    VT_CHECK(says(heard, " 503 ") && says(heard, "no head is shown"));
    VT_CHECK(says(get(&s, "/head.json", ""), " 404 "));
    publish(s.dir, 10, 0, 600);
    (void)usleep(300000);
    heard = get(&s, "/health", "");
    VT_CHECK_SAYING(says(heard, " 200 ") && says(heard, "\"ok\":true") &&
                        says(heard, "\"epoch\":0") && says(heard, "\"cell\":\"zurich\""),
                    "%s", heard);
    publish(s.dir, 10, 1, 0);
    (void)usleep(300000);
    heard = get(&s, "/health", "");
    VT_CHECK(says(heard, " 503 ") && says(heard, "is over"));
    vt_test_stop(&s.running, 0);
    start(&s, "--lag-max", "5s"); /* it began ten seconds ago */
    publish(s.dir, 10, 2, 600);
    (void)usleep(300000);
    heard = get(&s, "/health", "");
    VT_CHECK(says(heard, " 503 ") && says(heard, "is late"));
    finish(&s);
}

/* Neither the hash that was asked for nor who asked is in what the cell writes or shows. */
static void who_asked_what_is_not_kept(void)
{
    struct stand s;
    const char *path, *heard, *said;

    begin(&s);
    path = root_path(&s);
    (void)get(&s, path, "X-Forwarded-For: 203.0.113.77\r\nUser-Agent: mark\r\n");
    (void)get(&s, vt_test_print("/node/00/%064d", 0), "");
    heard = get(&s, "/metrics", "");
    VT_CHECK_SAYING(says(heard, "vitrine_cell_nodes_total 1\n") &&
                        says(heard, "vitrine_cell_not_found_total 1\n") &&
                        says(heard, "vitrine_cell_epoch 0\n"),
                    "%s", heard);
    VT_CHECK(!says(heard, strrchr(path, '/') + 1) && !says(heard, "203.0.113.77"));
    finish(&s);
    said = vt_arena_cstr(vt_test_arena(), vt_test_read(vt_test_path("serve.err")));
    VT_CHECK_SAYING(says(said, "nodes 1"), "%s", said);
    VT_CHECK(!says(said, strrchr(path, '/') + 1) && !says(said, "203.0.113.77") &&
             !says(said, "127.0.0.1") && !says(said, "mark"));
}

/* ---- the end ----------------------------------------------------------------------------
 */

static void the_end_is_announced(void)
{
    struct stand s = { .dir = vt_test_path("cell") };
    int64_t began_ms;
    const char *heard;

    publish(s.dir, 10, 0, 600);
    start(&s, "--drain", "2s");
    VT_CHECK(says(get(&s, "/health", ""), "\"draining\":false"));
    VT_CHECK(kill(s.running.pid, SIGTERM) == 0);
    began_ms = vt_monotonic_ms();
    do
        heard = get(&s, "/health", "");
    while (says(heard, " 200 ") && vt_monotonic_ms() - began_ms < 1000);
    VT_CHECK_SAYING(says(heard, " 503 ") && says(heard, "\"draining\":true"), "%s", heard);
    VT_CHECK(says(get(&s, "/head.json", ""), " 200 ")); /* still served */
    vt_test_stop(&s.running, 0);
    VT_CHECK(vt_monotonic_ms() - began_ms < 9000);
    VT_CHECK(!says(vt_arena_cstr(vt_test_arena(), vt_test_read(vt_test_path("serve.err"))),
                   "died"));
    vt_http_client_free(s.http);
}

/* A second signal means now. */
static void a_second_signal_ends_it_at_once(void)
{
    struct stand s = { .dir = vt_test_path("cell") };
    int64_t began_ms;

    VT_CHECK(mkdir(s.dir, 0700) == 0);
    start(&s, "--drain", "60s");
    VT_CHECK(kill(s.running.pid, SIGTERM) == 0);
    while (says(get(&s, "/health", ""), "\"draining\":false"))
        ;
    began_ms = vt_monotonic_ms();
    vt_test_stop(&s.running, 0); /* sends it */
    VT_CHECK(vt_monotonic_ms() - began_ms < 8000);
    vt_http_client_free(s.http);
}

static bool answers(void *context)
{
    const struct stand *s = context;
    struct vt_http_call call = { .url = vt_test_print("%s/head.json", s->running.url),
                                 .answer_bytes_max = VT_MIB(1) };
    struct vt_error err = { 0 };
    bool ok = vt_http_client_run(s->http, &call, &err) && call.status == 200;

    vt_http_call_clear(&call);
    return ok;
}

static void the_front_dies(void)
{
    struct stand s;
    pid_t pid;

    begin(&s);
    pid = vt_test_role_of(&s.running, "cell-front");
    VT_CHECK(pid > 0 && kill(pid, SIGKILL) == 0);
    VT_CHECK(vt_test_wait_until(answers, &s));
    VT_CHECK(vt_test_role_of(&s.running, "cell-front") != pid);
    must_answer(&s, ROWS);
    finish(&s);
}

static void what_its_roles_cannot_do(void)
{
    vt_test_confinement("cell-front", "", (const char *const[]){ NULL });
}

/* ---- which release runs here ------------------------------------------------------------
 */

/* Evidence about these bytes, and a trust root by which it is good; the program's name. */
static void make_evidence(vt_slice program)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;

    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    world.program = program;
    vt_world_make(&world, &made);
    vt_test_write(vt_test_path("evidence"), made.evidence);
    vt_test_write(vt_test_path("trust.json"), made.trust);
}

static vt_slice running_program(void)
{
    char name[4096];
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_role_program(name, sizeof name, &err));
    return vt_test_read(name);
}

static vt_slice fetch(const struct stand *s, const char *path)
{
    struct vt_http_call call = { .url = vt_test_print("%s%s", s->running.url, path),
                                 .answer_bytes_max = VT_MIB(64) };
    struct vt_error err = { 0 };
    vt_slice bytes;

    VT_CHECK_OK(vt_http_client_run(s->http, &call, &err));
    VT_CHECK_SAYING(call.status == 200, "%s: %d", path, call.status);
    bytes = vt_arena_copy(vt_test_arena(), vt_buf_slice(&call.answer));
    vt_http_call_clear(&call);
    return bytes;
}

static const char *about_of(const struct stand *s)
{
    return vt_arena_cstr(vt_test_arena(), fetch(s, "/about"));
}

/* What a reviewer does: fetch all three, and ask `vitrine verify`. */
static void the_release_that_runs_is_shown_with_evidence(void)
{
    struct stand s = { .dir = vt_test_path("cell") };
    char hash[65];
    vt_hash digest = vt_sha256_of(running_program());
    const char *about;

    vt_hash_text(&digest, hash);
    VT_CHECK(mkdir(s.dir, 0700) == 0);
    make_evidence(running_program());
    start(&s, "--evidence", vt_test_path("evidence"));
    about = about_of(&s);
    VT_CHECK_SAYING(says(about, "\"is_released\":true") && says(about, hash) &&
                        says(about, "\"product\":\"lamp\"") &&
                        says(about, "\"output\":\"lamp.bin\""),
                    "%s", about);
    vt_test_write(vt_test_path("fetched"), fetch(&s, "/about/program"));
    vt_test_write(vt_test_path("fetched.evidence"), fetch(&s, "/about/evidence"));
    vt_test_stop(&s.running, 0);
    (void)vt_test_run(0, VT_ARGV("vitrine", "verify", vt_test_path("fetched"), "--evidence",
                                 vt_test_path("fetched.evidence"), "--trust",
                                 vt_test_path("trust.json")));
    vt_test_write(vt_test_path("fetched"), VT_LIT("another file"));
    (void)vt_test_run(1, VT_ARGV("vitrine", "verify", vt_test_path("fetched"), "--evidence",
                                 vt_test_path("fetched.evidence"), "--trust",
                                 vt_test_path("trust.json")));
    vt_http_client_free(s.http);
}

static void evidence_of_another_file_is_no_evidence(void)
{
    struct stand s = { .dir = vt_test_path("cell") };
    struct vt_error err = { 0 };
    const char *about, *said;

    VT_CHECK(mkdir(s.dir, 0700) == 0);
    make_evidence(VT_LIT("an older program"));
    said = vt_test_run(1, VT_ARGV("vitrine", "cell", "serve", "--dir", s.dir, "--cell",
                                  "zurich", "--evidence", vt_test_path("evidence")));
    VT_CHECK_SAYING(says(said, "is not the one that the evidence is about"), "%s", said);
    s.running = vt_test_start("serve.err",
                              VT_ARGV("vitrine", "cell", "serve", "--dir", s.dir, "--cell",
                                      "zurich", "--drain", "0s", "--evidence",
                                      vt_test_path("evidence"), "--unproven"));
    VT_CHECK_OK(vt_http_client_new(&s.http, &err));
    about = about_of(&s);
    VT_CHECK_SAYING(says(about, "\"is_released\":false") && says(about, "IS NOT THE ONE"),
                    "%s", about);
    vt_test_stop(&s.running, 0);
    start(&s, NULL, NULL);
    about = about_of(&s);
    VT_CHECK_SAYING(says(about, "\"is_released\":false") && says(about, "no evidence"),
                    "%s", about);
    VT_CHECK(says(get(&s, "/about/evidence", ""), " 404 "));
    finish(&s);
    vt_test_write(vt_test_path("evidence"), VT_LIT("{}"));
    (void)vt_test_run(1, VT_ARGV("vitrine", "cell", "serve", "--dir", s.dir, "--cell",
                                 "zurich", "--evidence", vt_test_path("evidence")));
}

/* ---- whose is this ----------------------------------------------------------------------
 */

static void write_key(const char *name, enum vt_party party)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_key_write_pem(vt_world_key(party), (vt_slice){ 0 }, &pem, &err));
    vt_test_write(vt_test_path(name), vt_buf_slice(&pem));
    VT_CHECK(chmod(vt_test_path(name), 0600) == 0);
}

/* Look-ups of Germany belong to zurich, all others to the old cell. */
static void make_policy(void)
{
    struct vt_world world = vt_world_good();
    const char *policy = vt_test_path("p1"), *trust = vt_test_path("trust.json");

    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    vt_test_write(trust, vt_world_trust(&world));
    write_key("a", VT_P_RESIDENCY_A);
    write_key("b", VT_P_RESIDENCY_B);
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "init", "--out", policy,
                                 "--cell", "old=RU,https://old.example.org", "--cell",
                                 "zurich=CH,https://zh.example.org"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "set", "--policy", policy,
                                 "--country", "DE", "--class", "lookup", "--cell", "zurich",
                                 "--state", "here"));
    for (unsigned i = 0; i < 2; i++)
        (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "policy", "sign", "--policy",
                                     policy, "--trust", trust, "--key",
                                     vt_test_path(i == 0 ? "a" : "b")));
    vt_test_write(vt_test_path("p1.tlog-proof"),
                  vt_world_prove(&world, vt_test_read(policy)));
}

static void what_belongs_elsewhere_is_sent_there(void)
{
    struct stand s = { .dir = vt_test_path("cell") };
    const char *path, *heard;

    publish(s.dir, ROWS, 0, 600);
    make_policy();
    s.running = vt_test_start("serve.err", VT_ARGV("vitrine", "cell", "serve", "--dir",
                                                   s.dir, "--cell", "zurich", "--drain",
                                                   "0s", "--policy", vt_test_path("p1"),
                                                   "--trust", vt_test_path("trust.json")));
    path = root_path(&s);
    VT_CHECK(says(get(&s, path, ""), " 200 "));
    VT_CHECK(says(get(&s, vt_test_print("%s?country=DE", path), ""), " 200 "));
    heard = get(&s, vt_test_print("%s?country=FR", path), "");
    VT_CHECK_SAYING(says(heard, " 421 ") && says(heard, "Vitrine-Cell: old\r\n") &&
                        says(heard, "Vitrine-Cell-Url: https://old.example.org\r\n") &&
                        says(heard, "\"url\":\"https://old.example.org\""),
                    "%s", heard);
    VT_CHECK(says(get(&s, vt_test_print("%s?country=XX", path), ""), " 400 "));
    VT_CHECK(says(get(&s, "/metrics", ""), "vitrine_cell_misplaced_total 1\n"));
    vt_test_stop(&s.running, 0);
    /* A policy that does not count, and one that has never heard of this cell. */
    (void)vt_test_run(1, VT_ARGV("vitrine", "cell", "serve", "--dir", s.dir, "--cell",
                                 "basel", "--policy", vt_test_path("p1"), "--trust",
                                 vt_test_path("trust.json")));
    vt_test_write(vt_test_path("p1.tlog-proof"), VT_LIT("forged"));
    (void)vt_test_run(1, VT_ARGV("vitrine", "cell", "serve", "--dir", s.dir, "--cell",
                                 "zurich", "--policy", vt_test_path("p1"), "--trust",
                                 vt_test_path("trust.json")));
}

static void misuse(void)
{
    static const char *const rows[][2] = {
        { "--connections-max", "0" }, { "--connections-max", "1000000" },
        { "--from-one-max", "7000" }, { "--drain", "1h" },
        { "--unproven", NULL },       { "--policy", "p1" },
        { "--listen", "localhost" },  { "--tls-key", "key.pem" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        (void)vt_test_run(2,
                          VT_ARGV("vitrine", "cell", "serve", "--dir", vt_test_path("cell"),
                                  "--cell", "zurich", rows[i][0], rows[i][1]));
    (void)vt_test_run(3, VT_ARGV("vitrine", "cell", "serve", "--dir", vt_test_path("cell"),
                                 "--cell", "zurich"));
    VT_CHECK(mkdir(vt_test_path("cell"), 0700) == 0);
    (void)vt_test_run(3, VT_ARGV("vitrine", "cell", "serve", "--dir", vt_test_path("cell"),
                                 "--cell", "zurich", "--listen", "192.0.2.1"));
}

static const struct vt_case cases[] = {
    { "what was published comes out", what_was_published_comes_out },
    { "whole answers are the same bytes", whole_answers_are_the_same_bytes },
    { "many answers in one", many_answers_in_one },
    { "little memory is enough", little_memory_is_enough },
    { "caches are told what they may keep", caches_are_told_what_they_may_keep },
    { "nothing else comes out", nothing_else_comes_out },
    { "health says whether the head is good", health_says_whether_the_head_is_good },
    { "who asked what is not kept", who_asked_what_is_not_kept },
    { "the end is announced", the_end_is_announced },
    { "a second signal ends it at once", a_second_signal_ends_it_at_once },
    { "the front dies", the_front_dies },
    { "what its roles cannot do", what_its_roles_cannot_do },
    { "the release that runs is shown with evidence",
      the_release_that_runs_is_shown_with_evidence },
    { "evidence of another file is no evidence", evidence_of_another_file_is_no_evidence },
    { "what belongs elsewhere is sent there", what_belongs_elsewhere_is_sent_there },
    { "misuse", misuse },
};

VT_TEST_MAIN("cell.serve", cases)
