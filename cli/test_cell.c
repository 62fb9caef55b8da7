/* A cell and its clients, as people use them: verdicts from a list, epochs in a ledger with
 * four real witnesses, a web server, and what a client says to it. */
#include "crypto/crypto.h"
#include "http/http.h"
#include "tests/cell_world.h"
#include "tests/running.h"
#include "wire/wire.h"
#include <signal.h>
#include <sys/prctl.h>

enum { WITNESSES = 4, KNOWN = 400 };

static const char *path(const char *name)
{
    return vt_test_path(name);
}

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "wanted '%s': %s", words, output)

static void write_key(const char *name, enum vt_party party)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_key_write_pem(vt_world_key(party), (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path(name), vt_buf_slice(&pem));
    VT_CHECK(chmod(path(name), 0600) == 0);
}

static const char *vkey_of(const char *name, uint8_t type, enum vt_party party)
{
    struct vt_vkey vkey =
        vt_vkey_of(vt_slice_from_cstr(name), type, vt_key_public(vt_world_key(party)));
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

    vt_vkey_write(&text, &vkey);
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

/* Witness i under the name and key that the world's policy has for it. */
static const char *start_witness(unsigned i, const char *log_vkey)
{
    const char *dir = path(vt_arena_printf(vt_test_arena(), "w%u", i));
    const char *key = vt_arena_printf(vt_test_arena(), "w%u.key", i);
    const char *name = vt_arena_printf(vt_test_arena(), "witness-%u.example", i);

    write_key(key, (enum vt_party)(VT_P_WITNESS + i));
    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", dir, "--name", name,
                                 "--key", path(key)));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "witness", "add-log", "--dir", dir, "--vkey", log_vkey));
    return vt_test_start("witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir", dir,
                                                "--port", "0"))
        .url;
}

static void start_ledger(void)
{
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(8));
    const char *log_vkey = vkey_of(VT_CELL_WORLD_ORIGIN, VT_NOTE_ED25519, VT_P_HEADS);

    vt_buf_printf(&policy, "log %s\n", log_vkey);
    for (unsigned i = 0; i < WITNESSES; i++)
        vt_buf_printf(&policy, "witness w%u %s %s\n", i,
                      vkey_of(vt_arena_printf(vt_test_arena(), "witness-%u.example", i),
                              VT_NOTE_COSIGNATURE, (enum vt_party)(VT_P_WITNESS + i)),
                      start_witness(i, log_vkey));
    vt_buf_put_text(&policy, "group three 3 w0 w1 w2 w3\nquorum three\n");
    vt_test_write(path("policy"), vt_buf_slice(&policy));
    write_key("heads.key", VT_P_HEADS);
    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "ledger", "init", "--dir", path("heads"),
                              "--origin", VT_CELL_WORLD_ORIGIN, "--key", path("heads.key"),
                              "--policy", path("policy"), "--use", "head"));
}

static const char *hash_text(unsigned i)
{
    vt_hash hash = vt_sha256_of(VT_BYTES(i));
    char *text = vt_arena_alloc(vt_test_arena(), 65);

    vt_hash_text(&hash, text);
    return text;
}

/* Files 0 to KNOWN - 1; each third is bad. */
static void write_list(const char *name, unsigned from, unsigned to)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    vt_buf_put_text(&text, "# of a test\n");
    for (unsigned i = from; i < to; i++)
        vt_buf_printf(&text, "%s %s\n", hash_text(i),
                      i % 3 == 0 ? "malicious Worm.Test" : "clean");
    vt_test_write(path(name), vt_buf_slice(&text));
}

static const char *publish_in(int exit_code, const char *table, const char *jurisdiction,
                              const char *extra, const char *value)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "cell", "publish", "--dir", path("cell"),
                               "--verdicts", path(table), "--rules", path("rules"),
                               "--cell", "zurich", "--jurisdiction", jurisdiction,
                               "--ledger", path("heads"), "--trust", path("trust.json"),
                               "--key", path("cell.key"), "--recipient",
                               vt_world_digest("recipient"), extra, value));
}

static const char *publish(int exit_code, const char *table, const char *extra,
                           const char *value)
{
    return publish_in(exit_code, table, "CH", extra, value);
}

static void lay_out(void)
{
    struct vt_world world = vt_world_good();
    struct vt_cell_world cell = vt_cell_world_good();
    int64_t moved = time(NULL) - VT_WORLD_NOW;

    vt_world_move(&world, moved);
    cell.key_from += moved;
    cell.key_until += moved;
    cell.certified_from += moved;
    cell.certified_until += moved;
    vt_test_write(path("trust.json"), vt_cell_world_trust(&world, &cell));
    write_key("cell.key", VT_P_CELL);
    write_key("stranger.key", VT_P_STRANGER);
    vt_test_write(path("rules"), VT_LIT("rule worm { condition: false }\n"));
    write_list("list", 0, KNOWN);
    start_ledger();
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "cell", "verdicts", "--list", path("list"),
                                    "--out", path("table"))),
             "400 verdicts: 266 clean, 0 suspicious, 134 malicious");
}

static const char *lookup(int exit_code, const char *from, const char *file,
                          const char *extra, const char *value)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "client", "lookup", file, "--from", from,
                               "--cell", "zurich", "--trust", path("trust.json"), "--state",
                               path("state"), extra, value));
}

/* ---- a web server -----------------------------------------------------------------------
 */

struct server {
    const char *folder;
};

static void serve_file(void *context, struct vt_http_exchange *exchange)
{
    struct server *server = context;
    vt_slice name = vt_http_path(exchange);
    const char *full =
        vt_arena_printf(vt_test_arena(), "%s%.*s", server->folder, VT_SLICE_ARGS(name));
    int fd = open(full, O_RDONLY | O_CLOEXEC);
    struct stat about;

    if (fd < 0 || fstat(fd, &about) != 0) {
        vt_http_answer_text(exchange, VT_HTTP_NOT_FOUND, "no");
        return;
    }
    vt_http_answer_fd(exchange, VT_HTTP_OK, "application/octet-stream", fd,
                      (uint64_t)about.st_size); /* not negative: a regular file */
}

static const char *start_server(const char *folder)
{
    static const struct vt_http_route routes[] = { { "GET", "/*", 0, serve_file, NULL },
                                                   { NULL, NULL, 0, NULL, NULL } };
    struct server server = { .folder = folder };
    struct vt_http_options options = { .routes = routes, .context = &server };
    struct vt_http_server *made;
    struct vt_error err = { 0 };
    uint16_t port;
    pid_t parent = getpid(), child;
    int fd;

    VT_CHECK_OK(vt_http_listen("127.0.0.1", 0, &fd, &port, &err));
    child = fork();
    VT_CHECK(child >= 0);
    if (child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
            vt_http_server_new(fd, &options, &made, &err))
            (void)!vt_http_server_run(made, &err);
        _exit(0);
    }
    (void)close(fd);
    return vt_arena_printf(vt_test_arena(), "http://127.0.0.1:%u", port);
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void epochs_are_published_and_asked(void)
{
    const char *public, *url, *output;

    lay_out();
    output = publish(0, "table", "--bits", "2");
    MUST_SAY(output, "epoch 0: 400 verdicts in 2^2 buckets");
    MUST_SAY(output, "written: 4 buckets, 1 nodes");
    public = path("cell/public");
    url = start_server(public);
    /* The filter suffices for what was never found; it is told what left. */
    output = lookup(0, url, hash_text(1), "--jurisdiction", "CH");
    MUST_SAY(output, "not-found\nnothing about these files left this machine");
    output = lookup(1, url, hash_text(3), "--jurisdiction", "CH");
    MUST_SAY(output, ": malicious (");
    MUST_SAY(output, "sent: the first 2 bits of 1 hashes; with each of them at least 9");
    output = lookup(0, url, hash_text(1), "--ask-all", NULL);
    MUST_SAY(output, ": clean\nsent: the first 2 bits");
    output = lookup(0, url, hash_text(KNOWN + 1), "--ask-all", NULL);
    MUST_SAY(output, ": unknown\nsent:");
    output = lookup(1, public, hash_text(0), "--json", NULL);
    MUST_SAY(output, "\"state\":\"malicious\"");
    MUST_SAY(output, "\"remote\":false");
    /* A file is hashed first. */
    vt_test_write(path("a-file"), VT_BYTES((unsigned){ 6 }));
    MUST_SAY(lookup(1, url, path("a-file"), "--json", NULL), "\"state\":\"malicious\"");

    write_list("more", KNOWN, KNOWN + 1);
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "cell", "verdicts", path("table"), "--list",
                                    path("more"), "--out", path("table2"))),
             "401 verdicts");
    output = publish(0, "table2", "--bits", "2");
    MUST_SAY(output, "epoch 1: 401 verdicts");
    MUST_SAY(output, "written: 1 buckets, 1 nodes");
    MUST_SAY(lookup(0, url, hash_text(KNOWN), "--ask-all", NULL), ": clean");
}

static void a_cell_that_shows_otherwise_is_refused(void)
{
    const char *public, *old, *output;
    vt_slice newer;

    lay_out();
    (void)publish(0, "table", "--bits", "2");
    public = path("cell/public");
    old = path("cell/public/head.json");
    vt_test_write(path("old-head"), vt_test_read(old));
    (void)publish(0, "table", "--bits", "2");
    newer = vt_test_read(old);
    (void)lookup(0, public, hash_text(1), "--jurisdiction", "CH");
    /* An older head; another cell's; where the data does not belong; no quorum in view. */
    MUST_SAY(lookup(3, public, hash_text(3), "--head", path("old-head")),
             "the head is refused (older): epoch 0 is older than epoch 1");
    MUST_SAY(lookup(3, public, hash_text(3), "--jurisdiction", "DE"),
             "the head is refused (jurisdiction)");
    MUST_SAY(
        vt_test_run(3, VT_ARGV("vitrine", "client", "lookup", hash_text(3), "--from",
                               public, "--cell", "geneva", "--trust", path("trust.json"))),
        "the head is refused (wrong-cell)");
    output = lookup(0, public, hash_text(1), "--head", old); /* the twin */
    MUST_SAY(output, "not-found");
    vt_test_write(old, vt_slice_sub(newer, 0, newer.len - 1));
    MUST_SAY(lookup(3, public, hash_text(3), "--jurisdiction", "CH"), "(malformed)");
    vt_test_write(old, newer);
    MUST_SAY(lookup(3, public, hash_text(3), "--max-age", "10s"), "(expired)");
}

static void a_head_that_nobody_would_take_is_not_shown(void)
{
    const char *shown;

    lay_out();
    shown = path("cell/public/head.json");
    MUST_SAY(publish(1, "table", "--recipient", vt_world_digest("somebody else")),
             "no client would take this head (uncertified)");
    VT_CHECK(!vt_path_exists(shown));
    write_key("cell.key", VT_P_STRANGER);
    MUST_SAY(publish(1, "table", "--bits", "2"), "signature by nobody");
    write_key("cell.key", VT_P_CELL);
    MUST_SAY(publish_in(1, "table", "DE", "--bits", "2"),
             "no client would take this head (jurisdiction)");
    VT_CHECK(!vt_path_exists(shown));
    MUST_SAY(publish(2, "table", "--valid", "48h"), "--valid: up to 24h");
    MUST_SAY(publish(2, "table", "--filter-width", "9"), "--filter-width: 8 or 16");
    MUST_SAY(publish(3, "no-such-table", "--bits", "2"), "no-such-table");
    MUST_SAY(publish(1, "list", "--bits", "2"), "no verdict table");
    MUST_SAY(publish(0, "table", "--bits", "2"), "epoch 2: 400 verdicts"); /* the twin */
}

static void lists_are_strict(void)
{
    static const struct {
        const char *line, *words;
    } wrong[] = {
        { "abc clean\n", "line 1: is not SHA256 STATE [WHAT]" },
        { "%s good\n", "line 1" },
        { "%s clean Because\n", "line 1" },
        { "%s  clean\n", "line 1" },
        { "%s clean", "its last line has no end" },
        { "%s clean\n%s malicious X\n", "stands in it twice" },
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));

        for (const char *at = wrong[i].line; *at != '\0'; at++)
            if (at[0] == '%' && at[1] == 's')
                vt_buf_put_text(&text, hash_text(1)), at++;
            else
                vt_buf_put_u8(&text, (uint8_t)*at);
        vt_test_write(path("list"), vt_buf_slice(&text));
        MUST_SAY(vt_test_run(1, VT_ARGV("vitrine", "cell", "verdicts", "--list",
                                        path("list"), "--out", path("table"))),
                 wrong[i].words);
        VT_CHECK(!vt_path_exists(path("table")));
    }
    write_list("list", 0, 9);
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "verdicts", "--list", path("list"),
                                 "--out", path("table")));
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "cell", "verdicts", path("table"), "--find",
                                    hash_text(3))),
             "malicious");
    (void)vt_test_run(
        1, VT_ARGV("vitrine", "cell", "verdicts", path("table"), "--find", hash_text(99)));
    (void)vt_test_run(
        2, VT_ARGV("vitrine", "cell", "verdicts", path("table"), "--find", "xyz"));
    vt_test_write(path("back"), vt_slice_from_cstr(vt_arena_printf(
                                    vt_test_arena(), "%s unknown\n", hash_text(3))));
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "cell", "verdicts", path("table"), "--list",
                                    path("back"), "--out", path("table"))),
             "8 verdicts: 6 clean, 0 suspicious, 2 malicious");
}

static const struct vt_case cases[] = {
    { "epochs are published and asked", epochs_are_published_and_asked },
    { "a cell that shows otherwise is refused", a_cell_that_shows_otherwise_is_refused },
    { "a head that nobody would take is not shown",
      a_head_that_nobody_would_take_is_not_shown },
    { "lists are strict", lists_are_strict },
};

VT_TEST_MAIN("cli.cell", cases)
