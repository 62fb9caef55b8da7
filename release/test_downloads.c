/* What is offered for download: each way to offer it wrongly is told, from a folder and
 * from a web server. */
#include "http/http.h"
#include "release/downloads.h"
#include "tests/own_log.h"
#include "tests/small_log.h"
#include "tests/world.h"
#include <signal.h>
#include <sys/wait.h>
#include <utime.h>

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* ---- the index --------------------------------------------------------------------------
 */

#define OUTPUT(name) "{\"name\":\"" name "\",\"sha256\":\"" HEX "\",\"size\":3}"
#define RELEASE(product, version, outputs)                                                 \
    "{\"channel\":\"stable\",\"outputs\":[" outputs "],\"product\":\"" product             \
    "\",\"sequence\":1,\"version\":\"" version "\"}"
#define INDEX(releases) "{\"releases\":[" releases "],\"v\":1}"

static void the_index_is_strict(void)
{
    static const struct {
        const char *name, *text;
        enum vt_code want;
    } rows[] = {
        { "one file", INDEX(RELEASE("p", "1", OUTPUT("f"))), VT_OK },
        { "no release", INDEX(""), VT_OK },
        { "no outputs", INDEX(RELEASE("p", "1", "")), VT_OK },
        { "a blank and an accent", INDEX(RELEASE("p", "1", OUTPUT("\u00e9 f"))), VT_OK },
        { "up", INDEX(RELEASE("p", "..", OUTPUT("f"))), VT_MALFORMED },
        { "here", INDEX(RELEASE(".", "1", OUTPUT("f"))), VT_MALFORMED },
        { "a folder", INDEX(RELEASE("p", "1", OUTPUT("a/f"))), VT_MALFORMED },
        { "nothing", INDEX(RELEASE("p", "1", OUTPUT(""))), VT_MALFORMED },
        { "a line break", INDEX(RELEASE("p\\n", "1", OUTPUT("f"))), VT_MALFORMED },
        { "version 2", "{\"releases\":[],\"v\":2}", VT_MALFORMED },
        { "another member", "{\"releases\":[],\"v\":1,\"w\":1}", VT_MALFORMED },
        { "a gap", "{\"releases\":[], \"v\":1}", VT_MALFORMED },
        { "behind the end", INDEX("") "\n", VT_MALFORMED },
        { "an output less", INDEX("{\"channel\":\"c\"}"), VT_MALFORMED },
        { "empty", "", VT_MALFORMED },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_INDEX index = { 0 };
        struct vt_error err = { 0 };
        bool is_ok = vt_index_parse(vt_slice_from_cstr(rows[i].text), &index, &err);

        VT_CHECK_SAYING(err.code == rows[i].want && is_ok == (rows[i].want == VT_OK),
                        "%s: %s", rows[i].name, err.message);
    }
}

/* ---- a place that offers a release ------------------------------------------------------
 */

struct scene {
    struct vt_world world;
    struct vt_world_made made;
    struct vt_trust *trust;
    struct vt_disk *disk;
    const char *where; /* NULL: the folder */
    enum vt_downloads_entry entry;
    int64_t now;
    char said[2000];
    size_t looked, well;
};

static bool look_up(void *context, uint64_t index, const vt_hash *leaf,
                    enum vt_downloads_entry *out, struct vt_error *err)
{
    struct scene *s = context;
    vt_hash wanted = vt_sha256_leaf(s->made.release);

    (void)err;
    VT_CHECK(index == 4 && vt_hash_equal(leaf, &wanted));
    *out = s->entry;
    return true;
}

static bool find(void *context, const char *kind, const char *what, json_t *more,
                 struct vt_error *err)
{
    struct scene *s = context;
    size_t len = strlen(s->said);
    const char *last = strstr(what, ": ");

    (void)err;
    json_decref(more);
    while (last > what && last[-1] != '/') /* the name alone of the path before it */
        last--;
    (void)snprintf(s->said + len, sizeof s->said - len, "%s %s\n", kind, last);
    return true;
}

static void count(void *context, bool is_well)
{
    struct scene *s = context;

    s->looked++;
    s->well += is_well;
}

static const char *in_place(const char *name)
{
    return vt_test_path(vt_test_print("public/%s", name));
}

static const char *file_of(const struct scene *s, const char *suffix)
{
    return in_place(
        vt_test_print("%s/%s/lamp.bin%s", s->world.product, s->world.version, suffix));
}

static void touch(const struct scene *s, int64_t when)
{
    struct utimbuf times = { when, when };

    VT_CHECK(utime(file_of(s, ""), &times) == 0);
}

static void offer(struct scene *s)
{
    vt_hash hash = vt_sha256_of(s->made.file);
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));
    char hex[65];

    vt_hash_text(&hash, hex);
    vt_buf_printf(
        &text,
        "{\"releases\":[{\"channel\":\"stable\",\"outputs\":[{\"name\":\"lamp.bin\","
        "\"sha256\":\"%s\",\"size\":%zu}],\"product\":\"%s\",\"sequence\":1,"
        "\"version\":\"%s\"}],\"v\":1}",
        hex, s->made.file.len, s->world.product, s->world.version);
    (void)vt_test_run(
        0, VT_ARGV("mkdir", "-p",
                   in_place(vt_test_print("%s/%s", s->world.product, s->world.version))));
    vt_test_write(in_place("index.json"), vt_buf_slice(&text));
    vt_test_write(file_of(s, ""), s->made.file);
    vt_test_write(file_of(s, ".evidence"), s->made.evidence);
    touch(s, VT_WORLD_LOGGED + 100);
}

static struct scene *begin(struct vt_world world)
{
    struct scene *s = vt_arena_alloc(vt_test_arena(), sizeof *s);
    struct vt_world good = vt_world_good();
    struct vt_error err = { 0 };
    vt_slice trust;

    s->world = world;
    vt_world_make(&s->world, &s->made);
    trust = vt_world_trust(&good);
    if (trust.len > 0 && trust.data[trust.len - 1] == '\n')
        trust.len--;
    VT_CHECK_OK(vt_trust_parse(trust, &s->trust, &err));
    VT_CHECK_OK(vt_disk_open(vt_test_path("m"), true, &s->disk, &err));
    VT_CHECK_OK(vt_disk_lock(s->disk, &err));
    s->now = VT_WORLD_NOW;
    offer(s);
    return s;
}

static void end(struct scene *s)
{
    vt_disk_close(s->disk);
    vt_trust_free(s->trust);
}

static const char *look(struct scene *s)
{
    struct vt_downloads downloads = { .trust = s->trust,
                                      .disk = s->disk,
                                      .now_unix_s = s->now,
                                      .withheld_s = 600,
                                      .entry = look_up,
                                      .found = find,
                                      .looked = count,
                                      .context = s };
    struct vt_error err = { 0 };

    s->said[0] = '\0';
    s->looked = s->well = 0;
    VT_CHECK_OK(vt_downloads_look(
        &downloads, s->where != NULL ? s->where : vt_test_path("public"), &err));
    return s->said;
}

static void must_say(struct scene *s, const char *wanted)
{
    const char *said = look(s);

    VT_CHECK_SAYING(strstr(said, wanted) == said && (wanted[0] != '\0' || said[0] == '\0'),
                    "wanted [%s], said [%s]", wanted, said);
    VT_CHECK((wanted[0] == '\0') == (s->looked == s->well));
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void a_good_offer(void)
{
    struct scene *s = begin(vt_world_good());

    must_say(s, "");
    VT_CHECK(s->looked == 1);
    must_say(s, ""); /* from memory: the file is as it was */
    end(s);
}

/* The witnesses saw it 20 s after the first of three; the clocks may differ by a minute. */
static void too_early(void)
{
    struct scene *s = begin(vt_world_good());

    touch(s, VT_WORLD_LOGGED + 20 - VT_DOWNLOADS_SLACK_S);
    must_say(s, "");
    touch(s, VT_WORLD_LOGGED + 20 - VT_DOWNLOADS_SLACK_S - 1);
    must_say(s, "early lamp.bin: is offered, says the server, since ");
    touch(s, VT_WORLD_NOW);
    must_say(s, "");
    end(s);
}

/* Whatever time the file bears afterwards: it was seen here. */
static void seen_too_early(void)
{
    struct scene *s = begin(vt_world_good());

    (void)vt_test_run(0, VT_ARGV("mv", file_of(s, ".evidence"), vt_test_path("later")));
    s->now = VT_WORLD_LOGGED - 500;
    must_say(s, "unproven lamp.bin: is offered without evidence\n");
    (void)vt_test_run(0, VT_ARGV("mv", vt_test_path("later"), file_of(s, ".evidence")));
    touch(s, VT_WORLD_NOW);
    s->now = VT_WORLD_NOW;
    must_say(s, "early lamp.bin: was offered here at ");
    end(s);
}

/* Another content was never offered before. */
static void new_content_is_new(void)
{
    struct scene *s = begin(vt_world_good());

    vt_test_write(file_of(s, ""), VT_LIT("a draft"));
    s->now = VT_WORLD_LOGGED - 500;
    must_say(s, "altered lamp.bin: is not what the index says it is\n");
    vt_test_write(file_of(s, ""), s->made.file);
    touch(s, VT_WORLD_NOW);
    s->now = VT_WORLD_NOW;
    must_say(s, "");
    end(s);
}

static void evidence_that_does_not_hold(void)
{
    struct vt_world world = vt_world_good();
    struct scene *s;

    world.release_signers = VT_BIT(VT_P_SUPERVISOR);
    s = begin(world);
    must_say(s, "unproven lamp.bin: its release is not signed by the vendor\n");
    end(s);
    world = vt_world_good();
    world.release_signers = VT_BIT(VT_P_VENDOR);
    s = begin(world);
    must_say(s, "unproven lamp.bin: its release is not signed by the supervisor\n");
    end(s);
    world = vt_world_good();
    world.release_witnesses = 3;
    s = begin(world);
    must_say(s, "unproven lamp.bin: ");
    end(s);
    world = vt_world_good();
    world.is_release_included = false;
    s = begin(world);
    must_say(s, "unproven lamp.bin: ");
    end(s);
    s = begin(vt_world_good());
    vt_test_write(file_of(s, ".evidence"), VT_LIT("{}"));
    must_say(s, "unproven lamp.bin: ");
    end(s);
}

static void what_the_ledger_does_not_have(void)
{
    struct scene *s = begin(vt_world_good());

    s->entry = VT_ENTRY_IS_OTHER;
    must_say(s, "unlogged lamp.bin: its release is not entry 4 of the ledger");
    s->entry = VT_ENTRY_UNSHOWN;
    must_say(s,
             "unlogged lamp.bin: its release is entry 4, which the ledger does not show");
    s->now = VT_WORLD_LOGGED + 20 + 600; /* it may be about to show it */
    must_say(s, "");
    s->now++;
    must_say(s, "unlogged lamp.bin: ");
    end(s);
}

static void what_is_not_listed_or_not_there(void)
{
    struct scene *s = begin(vt_world_good());

    vt_test_write(in_place("setup.exe"), VT_LIT("x"));
    must_say(s, "unproven setup.exe: is offered, but no release lists it\n");
    (void)unlink(in_place("setup.exe"));
    vt_test_write(file_of(s, ".old"), VT_LIT("x"));
    must_say(s, "unproven lamp.bin.old: is offered, but no release lists it\n");
    (void)unlink(file_of(s, ".old"));
    must_say(s, "");
    (void)unlink(file_of(s, ""));
    must_say(s, "unreachable lamp.bin: is listed, but not there\n");
    vt_test_write(in_place("index.json"), VT_LIT("{\"releases\":[],\"v\":2}"));
    must_say(s, "refused index.json: ");
    (void)unlink(in_place("index.json"));
    must_say(s, "unreachable index.json: ");
    end(s);
}

/* ---- from a web server ------------------------------------------------------------------
 */

static void give(void *context, struct vt_http_exchange *exchange)
{
    char path[300], modified[60];
    struct stat about;
    struct tm tm;
    int fd;

    (void)snprintf(path, sizeof path, "%s%.*s", (const char *)context,
                   VT_SLICE_ARGS(vt_http_path(exchange)));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) {
        vt_http_answer_text(exchange, VT_HTTP_NOT_FOUND, "none");
        return;
    }
    (void)strftime(modified, sizeof modified, "%a, %d %b %Y %H:%M:%S GMT",
                   gmtime_r(&about.st_mtime, &tm));
    vt_http_set_header(exchange, "Last-Modified", modified);
    vt_http_answer_fd(exchange, VT_HTTP_OK, "application/octet-stream", fd,
                      (uint64_t)about.st_size);
}

static pid_t serve(uint16_t *port_out)
{
    static const struct vt_http_route routes[] = { { "GET", "/*", 0, give, NULL },
                                                   { NULL, NULL, 0, NULL, NULL } };
    struct vt_http_options options = { .routes = routes };
    struct vt_http_server *server;
    struct vt_error err = { 0 };
    int listen_fd;
    pid_t pid;

    VT_CHECK_OK(vt_http_listen("127.0.0.1", 0, &listen_fd, port_out, &err));
    pid = fork();
    if (pid == 0) {
        (void)alarm(60);
        options.context = (void *)(uintptr_t)vt_test_path("public");
        VT_CHECK_OK(vt_http_server_new(listen_fd, &options, &server, &err));
        _exit(vt_http_server_run(server, &err) ? 0 : 1);
    }
    (void)close(listen_fd);
    return pid;
}

static void over_http(void)
{
    struct scene *s;
    uint16_t port;
    pid_t pid;

    s = begin(vt_world_good());
    pid = serve(&port);
    s->where = vt_test_print("http://127.0.0.1:%u/", port);
    must_say(s, "");
    VT_CHECK(s->looked == 1);
    touch(s, VT_WORLD_LOGGED - 100);
    must_say(s, "early lamp.bin: is offered, says the server, since ");
    touch(s, VT_WORLD_NOW);
    must_say(s, "");
    vt_test_write(file_of(s, ""), VT_LIT("another"));
    must_say(s, "altered lamp.bin: ");
    vt_test_write(file_of(s, ""), s->made.file);
    (void)unlink(file_of(s, ".evidence"));
    must_say(s, "unproven lamp.bin: is offered without evidence\n");
    (void)kill(pid, SIGKILL);
    VT_CHECK(waitpid(pid, NULL, 0) == pid);
    must_say(s, "unreachable index.json: ");
    end(s);
}

/* ---- the command ------------------------------------------------------------------------
 */

static const char *monitor(int exit_code, const char *option, const char *value)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "monitor", "run", "--dir", vt_test_path("watch"),
                               "--policy", vt_test_path("policy"), "--downloads",
                               vt_test_path("public"), option, value));
}

/* A ledger whose entry 4 is the release. */
static void log_release(vt_slice entry)
{
    struct vt_own_log log;
    struct vt_error err = { 0 };
    vt_ticket ticket;

    vt_own_log_make(&log, "log", VT_WORLD_ORIGIN, 99);
    vt_own_log_grow(&log, 4);
    VT_CHECK_OK(vt_ledger_submit(log.ledger, entry, &ticket, &err));
    vt_own_log_grow(&log, 9);
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
    vt_test_write(
        vt_test_path("policy"),
        vt_slice_from_cstr(vt_test_print("log %s %s\nquorum none\n", log.vkey, log.dir)));
}

static void as_a_command(void)
{
    struct scene *s = begin(vt_world_good());
    vt_slice trust = vt_world_trust(&s->world);
    const char *said;

    vt_disk_close(s->disk);
    s->disk = NULL;
    vt_test_write(vt_test_path("trust"), trust);
    log_release(s->made.release);
    said = monitor(0, "--trust", vt_test_path("trust"));
    VT_CHECK_SAYING(strstr(said, "1 of 1 downloads are well") != NULL, "%s", said);
    touch(s, VT_WORLD_BEGAN);
    said = monitor(1, "--trust", vt_test_path("trust"));
    VT_CHECK_SAYING(strstr(said, "early: " VT_WORLD_ORIGIN ": ") != NULL, "%s", said);
    said = monitor(1, "--trust", vt_test_path("trust")); /* told once, still bad */
    VT_CHECK_SAYING(strstr(said, "early: ") == NULL &&
                        strstr(said, "0 of 1 downloads are well") != NULL,
                    "%s", said);
    (void)monitor(2, "--stale", "1h"); /* without a trust root */
    (void)monitor(3, "--trust", vt_test_path("none"));
    (void)vt_test_run(0, VT_ARGV("rm", "-r", vt_test_path("log"), vt_test_path("watch")));
    log_release(VT_LIT("something else"));
    said = monitor(1, "--trust", vt_test_path("trust"));
    VT_CHECK_SAYING(strstr(said, "unlogged: ") != NULL, "%s", said);
    vt_test_write(vt_test_path("policy"), VT_LIT("quorum none\n"));
    said = monitor(3, "--trust", vt_test_path("trust"));
    VT_CHECK_SAYING(strstr(said, "no log has a URL") != NULL, "%s", said);
    end(s);
}

static const struct vt_case cases[] = {
    { "the index is strict", the_index_is_strict },
    { "a good offer", a_good_offer },
    { "too early", too_early },
    { "seen too early", seen_too_early },
    { "new content is new", new_content_is_new },
    { "evidence that does not hold", evidence_that_does_not_hold },
    { "what the ledger does not have", what_the_ledger_does_not_have },
    { "what is not listed or not there", what_is_not_listed_or_not_there },
    { "over HTTP", over_http },
    { "as a command", as_a_command },
};

VT_TEST_MAIN("release.downloads", cases)
