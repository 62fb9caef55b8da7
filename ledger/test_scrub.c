/* The scrubber: any changed byte is found, named and repaired; nothing is taken from a copy
 * that is itself wrong; it goes on where it was. */
#include "ledger/scrub.h"
#include "tests/own_log.h"
#include "tests/running.h"
#include <arpa/inet.h>
#include <ftw.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define ORIGIN "ledger.example/scrub"

enum { FILES_MAX = 200, WALKED_MAX = 2000 };

struct seen {
    unsigned count, repaired_here, repaired_mirror;
    char last[600];
    char file[200];
    uint64_t stop_at; /* after so many calls; 0: never */
    uint64_t steps;
};

static void note_finding(void *context, const struct vt_scrub_finding *finding)
{
    struct seen *seen = context;

    seen->count++;
    seen->repaired_here += finding->repair == VT_SCRUB_REPAIRED_HERE;
    seen->repaired_mirror += finding->repair == VT_SCRUB_REPAIRED_MIRROR;
    (void)snprintf(seen->file, sizeof seen->file, "%s", finding->file);
    (void)snprintf(seen->last, sizeof seen->last, "%s: %s (%s)", finding->file,
                   finding->what, finding->why_not != NULL ? finding->why_not : "repaired");
}

static bool count_step(void *context, uint64_t files, uint64_t bytes)
{
    struct seen *seen = context;

    (void)files;
    (void)bytes;
    seen->steps++;
    return seen->stop_at != 0 && seen->steps >= seen->stop_at;
}

static struct vt_env real_env;

static struct vt_scrub_options options_of(const struct vt_own_log *log, struct seen *seen)
{
    real_env = vt_env_real();
    memset(seen, 0, sizeof *seen);
    return (struct vt_scrub_options){ .env = &real_env,
                                      .policy = &log->policy,
                                      .origin = vt_slice_from_cstr(log->origin),
                                      .found = note_finding,
                                      .should_stop = count_step,
                                      .context = seen };
}

/* A log at several published sizes, closed, and a copy of it. */
static void make(struct vt_own_log *log, uint64_t size)
{
    vt_own_log_make(log, "log", ORIGIN, 9);
    vt_own_log_grow(log, 100);
    vt_own_log_publish(log);
    vt_own_log_grow(log, size - 7);
    vt_own_log_publish(log);
    vt_own_log_grow(log, size);
    vt_own_log_publish(log);
    vt_own_log_close(log);
    vt_own_log_copy("log", "copy");
}

static struct {
    const char *paths[WALKED_MAX];
    size_t count;
} files;

/* What the scrubber answers for: the checkpoint, and all below tile/. */
static int note_file(const char *path, const struct stat *about, int type, struct FTW *ftw)
{
    const char *name = path + strlen(vt_test_path("log/"));

    (void)about;
    (void)ftw;
    if (type != FTW_F ||
        (strncmp(name, "tile/", 5) != 0 && strcmp(name, "checkpoint") != 0))
        return 0;
    VT_CHECK(files.count < WALKED_MAX);
    files.paths[files.count++] = vt_test_print("%s", name);
    return 0;
}

static void list_files(void)
{
    files.count = 0;
    VT_CHECK(nftw(vt_test_path("log"), note_file, 16, FTW_PHYS) == 0);
}

static const char *in_log(const char *name)
{
    return vt_test_path(vt_test_print("log/%s", name));
}

static void flip(const char *path, size_t at)
{
    vt_slice good = vt_test_read(path);
    VT_AUTO_FREE uint8_t *bytes = vt_alloc(good.len);

    VT_CHECK(at < good.len);
    memcpy(bytes, good.data, good.len);
    bytes[at] = (uint8_t)(bytes[at] ^ (1u << (at % 8)));
    vt_test_write(path, vt_slice_of(bytes, good.len));
}

static void scrub(const struct vt_scrub_options *options, struct vt_scrub_report *report)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_ledger_scrub(vt_test_path("log"), options, report, &err));
}

/* ---- flipped bits ---------------------------------------------------------------------
 */

/* One flipped bit: found and named without the right to repair, then repaired. */
static void flip_and_repair(const struct vt_own_log *log, const char *name, size_t at)
{
    const char *path = in_log(name);
    vt_slice good = vt_test_read(path), now;
    struct vt_scrub_report report;
    struct seen seen;
    struct vt_scrub_options options = options_of(log, &seen);

    flip(path, at);
    scrub(&options, &report);
    VT_CHECK_SAYING(seen.count == 1 && strcmp(seen.file, name) == 0 && report.repaired == 0,
                    "%s, byte %zu: %u findings, last %s", name, at, seen.count, seen.last);
    now = vt_test_read(path);
    VT_CHECK(!vt_slice_equal(now, good)); /* it was not allowed to repair */
    options = options_of(log, &seen);
    options.may_repair = true;
    options.repair_from = vt_test_path("copy");
    scrub(&options, &report);
    VT_CHECK_SAYING(seen.count == 1 && report.repaired == 1 && report.is_complete, "%s",
                    seen.last);
    now = vt_test_read(path);
    VT_CHECK_SAYING(vt_slice_equal(now, good), "%s: repaired to other bytes", name);
    options = options_of(log, &seen);
    scrub(&options, &report);
    VT_CHECK_SAYING(seen.count == 0, "%s", seen.last);
}

static void each_flipped_bit_is_found_and_repaired(void)
{
    struct vt_own_log log;

    struct seen seen;
    struct vt_scrub_options options;
    struct vt_scrub_report report;

    make(&log, 600);
    options = options_of(&log, &seen);
    scrub(&options, &report); /* it has seen the log whole once, and remembers its head */
    VT_CHECK(seen.count == 0);
    list_files();
    VT_CHECK(files.count >= 10);
    for (size_t i = 0; i < files.count; i++) {
        size_t len = vt_test_read(in_log(files.paths[i])).len;

        for (size_t at = 0; at<len; at += len> 1000 ? 1009 : 37)
            flip_and_repair(&log, files.paths[i], at);
        flip_and_repair(&log, files.paths[i], len - 1);
    }
}

/* Three levels: a bad tile in the middle hides nothing that hangs from it. */
static void bad_tiles_of_all_levels(void)
{
    static const struct {
        const char *name;
        size_t at;
    } bad[] = {
        { "tile/2/000.p/1", 5 },    { "tile/1/000", 4000 },     { "tile/1/001.p/17", 3 },
        { "tile/0/007", 77 },       { "tile/0/273.p/112", 50 }, { "tile/entries/008", 999 },
        { "tile/entries/268", 12 },
    };
    enum { BAD = sizeof bad / sizeof bad[0] };
    struct vt_own_log log;
    struct vt_scrub_report report;
    struct seen seen;
    struct vt_scrub_options options;

    make(&log, 70000);
    for (size_t i = 0; i < BAD; i++)
        flip_and_repair(&log, bad[i].name, bad[i].at);
    for (size_t i = 0; i < BAD; i++)
        flip(in_log(bad[i].name), bad[i].at);
    /* The end of the tree is damaged twice over: alone the folder cannot tell. */
    options = options_of(&log, &seen);
    scrub(&options, &report);
    VT_CHECK_SAYING(seen.count == 1 && strstr(seen.last, "--repair-from") != NULL,
                    "%u findings, last %s", seen.count, seen.last);
    options = options_of(&log, &seen);
    options.may_repair = true;
    options.repair_from = vt_test_path("copy");
    scrub(&options, &report);
    VT_CHECK(report.findings == BAD && report.repaired == BAD);
    VT_CHECK(seen.repaired_here >= 3 && seen.repaired_mirror >= 2);
    (void)vt_test_run(
        0, VT_ARGV("diff", "-r", vt_test_path("log/tile"), vt_test_path("copy/tile")));
}

static void missing_files_come_back(void)
{
    struct vt_own_log log;
    struct vt_scrub_report report;
    struct seen seen;
    struct vt_scrub_options options;

    make(&log, 600);
    (void)vt_test_run(0, VT_ARGV("rm", "-r", vt_test_path("log/tile")));
    options = options_of(&log, &seen);
    options.may_repair = true;
    options.repair_from = vt_test_path("copy");
    scrub(&options, &report);
    VT_CHECK_SAYING(report.findings >= 7 && report.repaired == report.findings, "%s",
                    seen.last);
    options = options_of(&log, &seen);
    scrub(&options, &report);
    VT_CHECK(report.findings == 0 && report.files == 8);
    VT_CHECK(strlen(seen.last) == 0);
}

/* ---- who is believed ------------------------------------------------------------------
 */

static void a_bad_copy_repairs_nothing(void)
{
    struct vt_own_log log, other;
    struct vt_scrub_report report;
    struct seen seen;
    struct vt_scrub_options options;
    vt_slice bad;

    make(&log, 600);
    flip(vt_test_path("copy/tile/entries/001"), 100);
    flip(vt_test_path("log/tile/entries/001"), 200);
    bad = vt_test_read(vt_test_path("log/tile/entries/001"));
    options = options_of(&log, &seen);
    options.may_repair = true;
    options.repair_from = vt_test_path("copy");
    scrub(&options, &report);
    VT_CHECK_SAYING(report.findings == 1 && report.repaired == 0, "%s", seen.last);
    VT_CHECK(vt_slice_equal(bad, vt_test_read(vt_test_path("log/tile/entries/001"))));
    /* Another log altogether, of the same shape. */
    vt_own_log_make(&other, "other", "ledger.example/other", 10);
    vt_own_log_grow(&other, 300);
    vt_own_log_grow(&other, 601);
    vt_own_log_publish(&other);
    vt_own_log_close(&other);
    flip(vt_test_path("log/checkpoint"), 30);
    vt_test_write(vt_test_path("log/scrub/progress.json"), VT_LIT("rotten"));
    options.repair_from = vt_test_path("other");
    {
        struct vt_error err = { 0 };

        VT_CHECK_FAILS(VT_ABSENT,
                       vt_ledger_scrub(vt_test_path("log"), &options, &report, &err));
    }
    /* No folder, and an empty one, where a copy was named. */
    flip(vt_test_path("log/checkpoint"), 30);
    options = options_of(&log, &seen);
    options.may_repair = true;
    options.repair_from = vt_test_path("nowhere");
    {
        struct vt_error err = { 0 };

        VT_CHECK_FAILS(VT_IO,
                       vt_ledger_scrub(vt_test_path("log"), &options, &report, &err));
    }
    VT_CHECK(mkdir(vt_test_path("nowhere"), 0755) == 0);
    scrub(&options, &report);
    VT_CHECK(report.findings == 1 && report.repaired == 0);
    VT_CHECK(vt_slice_equal(bad, vt_test_read(vt_test_path("log/tile/entries/001"))));
    flip(vt_test_path("copy/tile/entries/001"), 100); /* good again */
    options.repair_from = vt_test_path("copy");
    scrub(&options, &report);
    VT_CHECK(report.findings == 1 && report.repaired == 1);
}

/* The newest checkpoint that was seen is remembered, so that going back is noticed. */
static void an_older_state_is_noticed(void)
{
    struct vt_own_log log;
    struct vt_scrub_report report;
    struct seen seen;
    struct vt_scrub_options options;

    make(&log, 600);
    vt_own_log_open(&log);
    vt_own_log_grow(&log, 700);
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
    options = options_of(&log, &seen);
    scrub(&options, &report);
    VT_CHECK(report.findings == 0 && report.size == 700);
    vt_test_write(vt_test_path("log/checkpoint"),
                  vt_test_read(vt_test_path("copy/checkpoint")));
    options = options_of(&log, &seen);
    scrub(&options, &report);
    VT_CHECK_SAYING(seen.count == 1 && strstr(seen.last, "older state") != NULL, "%s",
                    seen.last);
}

static void two_histories_are_noticed(void)
{
    struct vt_own_log log, fork;
    struct vt_scrub_report report;
    struct vt_error err = { 0 };
    vt_ticket ticket;
    struct seen seen;
    struct vt_scrub_options options;

    make(&log, 600);
    options = options_of(&log, &seen);
    scrub(&options, &report);
    VT_CHECK(report.findings == 0);
    /* The same key signs another tree. */
    vt_own_log_make(&fork, "fork", ORIGIN, 9);
    VT_CHECK_OK(vt_ledger_submit(fork.ledger, VT_LIT("another first"), &ticket, &err));
    VT_CHECK_OK(vt_ledger_wait(fork.ledger, ticket, NULL, &err));
    vt_own_log_grow(&fork, 650);
    vt_own_log_publish(&fork);
    vt_own_log_close(&fork);
    vt_own_log_copy("log/scrub", "fork/scrub");
    options = options_of(&log, &seen);
    VT_CHECK_OK(vt_ledger_scrub(vt_test_path("fork"), &options, &report, &err));
    VT_CHECK_SAYING(seen.count == 1 && strstr(seen.last, "two histories") != NULL, "%s",
                    seen.last);
}

/* Answer one request after the other with the files of copy/; ends with the case. */
static void serve_copy(int listener)
{
    for (;;) {
        char request[2000], *end;
        int fd = accept(listener, NULL, NULL);
        ssize_t got = read(fd, request, sizeof request - 1);
        VT_AUTO_BUF file = vt_buf_init(VT_MIB(20));
        VT_AUTO_BUF answer = vt_buf_init(VT_MIB(20));
        struct vt_error err = { 0 };

        VT_CHECK(got > 5);
        request[got] = '\0';
        end = strchr(request + 5, ' ');
        VT_CHECK(strncmp(request, "GET /", 5) == 0 && end != NULL);
        *end = '\0';
        if (vt_file_read(vt_test_path(vt_test_print("copy/%s", request + 5)), &file, &err))
            vt_buf_printf(&answer, "HTTP/1.1 200 OK\r\n");
        else
            vt_buf_printf(&answer, "HTTP/1.1 404 Not Found\r\n");
        vt_buf_printf(&answer, "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                      file.len);
        vt_buf_put(&answer, vt_buf_slice(&file));
        VT_CHECK(write(fd, answer.data, answer.len) == (ssize_t)answer.len);
        (void)close(fd);
    }
}

static void a_copy_behind_a_web_server(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct vt_own_log log;
    struct vt_scrub_report report;
    struct seen seen;
    struct vt_scrub_options options;
    pid_t server;

    make(&log, 600);
    VT_CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
             listen(listener, 8) == 0 &&
             getsockname(listener, (struct sockaddr *)&address, &length) == 0);
    server = fork();
    VT_CHECK(server >= 0);
    if (server == 0)
        serve_copy(listener);
    flip(vt_test_path("log/tile/entries/000"), 5);
    flip(vt_test_path("log/tile/entries/002.p/88"), 6);
    flip(vt_test_path("log/checkpoint"), 6);
    options = options_of(&log, &seen);
    options.may_repair = true;
    options.repair_from =
        vt_test_print("http://127.0.0.1:%u/", (unsigned)ntohs(address.sin_port));
    scrub(&options, &report);
    (void)kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    VT_CHECK_SAYING(report.findings == 3 && report.repaired == 3, "%s", seen.last);
    VT_CHECK(seen.repaired_mirror == 3);
    (void)vt_test_run(
        0, VT_ARGV("diff", "-r", vt_test_path("log/tile"), vt_test_path("copy/tile")));
}

/* ---- how it runs ----------------------------------------------------------------------
 */

static void it_goes_on_where_it_was(void)
{
    struct vt_own_log log;
    struct vt_scrub_report report;
    struct seen seen;
    struct vt_scrub_options options;
    uint64_t files_in_all, files_seen = 0;
    unsigned calls = 0;

    make(&log, 2000);
    options = options_of(&log, &seen);
    scrub(&options, &report);
    files_in_all = report.files;
    VT_CHECK(report.pass == 1 && report.is_complete && !report.is_resumed);
    do {
        options = options_of(&log, &seen);
        seen.stop_at = 3;
        scrub(&options, &report);
        VT_CHECK(report.pass == 2 && report.is_resumed == (calls > 0));
        files_seen += report.files - 1; /* the checkpoint, each time */
        calls++;
    } while (!report.is_complete && calls < 100);
    VT_CHECK_SAYING(calls > 3 && files_seen + 1 == files_in_all, "%u calls, %ju of %ju",
                    calls, (uintmax_t)files_seen, (uintmax_t)files_in_all);
    /* A damaged memory costs the pass, and no more. */
    flip(vt_test_path("log/scrub/progress.json"), 3);
    options = options_of(&log, &seen);
    scrub(&options, &report);
    VT_CHECK(report.pass == 1 && report.is_complete && report.files == files_in_all);
}

static void it_keeps_its_pace(void)
{
    struct vt_own_log log;
    struct vt_scrub_report report;
    struct seen seen;
    struct vt_scrub_options options;
    int64_t began_ms;

    make(&log, 2000);
    options = options_of(&log, &seen);
    options.rate_bytes_s = 1000 * 1000;
    began_ms = vt_monotonic_ms();
    scrub(&options, &report);
    VT_CHECK(report.bytes > 100 * 1000);
    VT_CHECK_SAYING(vt_monotonic_ms() - began_ms >= (int64_t)(report.bytes / 1000) - 1,
                    "%ju bytes in %jd ms", (uintmax_t)report.bytes,
                    (intmax_t)(vt_monotonic_ms() - began_ms));
}

/* Beside a writer: no finding at any moment, and a repair does not disturb it. */
static void it_runs_beside_a_writer(void)
{
    struct vt_own_log log;
    struct vt_scrub_report report;
    struct seen seen;
    struct vt_scrub_options options;

    make(&log, 600);
    vt_own_log_open(&log);
    for (uint64_t size = 610; size < 3000; size += 190) {
        options = options_of(&log, &seen);
        options.may_repair = true;
        options.repair_from = vt_test_path("copy");
        seen.stop_at = size % 4 + 1;
        vt_own_log_grow(&log, size);
        flip(vt_test_path("log/tile/entries/000"), size % 1000);
        scrub(&options, &report);
        vt_own_log_publish(&log);
        seen.stop_at = 0;
        scrub(&options, &report);
        VT_CHECK_SAYING(report.is_complete && report.findings == report.repaired, "%s",
                        seen.last);
        scrub(&options, &report);
        VT_CHECK_SAYING(report.findings == 0, "%s", seen.last);
    }
    vt_own_log_close(&log);
    vt_own_log_open(&log); /* and it opens as ever */
    VT_CHECK(vt_ledger_size(log.ledger) > 2500);
    vt_own_log_close(&log);
}

/* The command: exit codes, and the sentences a person reads. */
/* What nobody signed for: a name that is no tile's, and a tile far beyond the tree. */
static void strays_are_told(void)
{
    struct vt_own_log log;
    struct vt_scrub_report report;
    struct seen seen = { 0 };
    struct vt_scrub_options options;

    make(&log, 300);
    options = options_of(&log, &seen);
    scrub(&options, &report);
    VT_CHECK(report.findings == 0 && report.beyond == 0);
    (void)vt_test_run(
        0, VT_ARGV("cp", in_log("tile/entries/000"), in_log("tile/entries/900")));
    scrub(&options, &report);
    VT_CHECK(report.findings == 0 && report.beyond == 1);
    (void)vt_test_run(0, VT_ARGV("cp", in_log("tile/entries/000"), in_log("tile/0/old")));
    scrub(&options, &report);
    VT_CHECK(report.findings == 1 && report.repaired == 0 && report.is_complete);
    VT_CHECK(strcmp(seen.file, "tile/0/old") == 0);
}

static void the_command(void)
{
    struct vt_own_log log;
    const char *text;

    make(&log, 600);
    text = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "scrub", vt_test_path("log"), "--rate", "0"));
    VT_CHECK_SAYING(strstr(text, "all is as it was signed: pass 1, 600 entries") != NULL,
                    "%s", text);
    flip(vt_test_path("log/tile/entries/001"), 100);
    text = vt_test_run(
        1, VT_ARGV("vitrine", "ledger", "scrub", vt_test_path("log"), "--vkey", log.vkey));
    VT_CHECK_SAYING(strstr(text, "tile/entries/001: entry ") != NULL &&
                        strstr(text, "--repair-from") != NULL,
                    "%s", text);
    text = vt_test_run(0, VT_ARGV("vitrine", "ledger", "scrub", vt_test_path("log"),
                                  "--repair-from", vt_test_path("copy"), "--json"));
    VT_CHECK_SAYING(strstr(text, "\"ok\":true") != NULL &&
                        strstr(text, "\"repaired\":\"copy\"") != NULL,
                    "%s", text);
    (void)vt_test_run(
        2, VT_ARGV("vitrine", "ledger", "scrub", vt_test_path("log"), "--rate", "fast"));
    (void)vt_test_run(2, VT_ARGV("vitrine", "ledger", "scrub", vt_test_path("log"),
                                 "--interval", "soon"));
    (void)vt_test_run(3, VT_ARGV("vitrine", "ledger", "scrub", vt_test_path("nothing")));
}

/* The third pass is under way or done. */
static bool is_in_third_pass(void *context)
{
    const char *progress = vt_test_path("log/scrub/progress.json");

    (void)context;
    if (!vt_path_exists(progress))
        return false;
    for (unsigned pass = 3; pass < 10; pass++) {
        const char *text = vt_arena_cstr(vt_test_arena(), vt_test_read(progress));

        if (strstr(text, vt_test_print("\"pass\":%u,", pass)) != NULL)
            return true;
    }
    return false;
}

/* For ever: pass after pass, and what rots meanwhile is repaired; ending it does no harm.
 */
static void it_runs_for_ever(void)
{
    struct vt_own_log log;
    struct vt_scrub_report report;
    struct seen seen;
    struct vt_scrub_options options;
    const char *name = "log/tile/entries/001";
    pid_t scrubber;
    int status;

    make(&log, 600);
    flip(vt_test_path(name), 100);
    scrubber = fork();
    VT_CHECK(scrubber >= 0);
    if (scrubber == 0) {
        (void)execl(vt_test_vitrine(), "vitrine", "ledger", "scrub", log.dir, "--rate", "0",
                    "--interval", "1", "--repair-from", vt_test_path("copy"), NULL);
        _exit(127);
    }
    VT_CHECK(vt_test_wait_until(is_in_third_pass, NULL));
    VT_CHECK(kill(scrubber, SIGTERM) == 0 && waitpid(scrubber, &status, 0) == scrubber);
    VT_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == VT_EXIT_OK);
    VT_CHECK(vt_slice_equal(vt_test_read(vt_test_path(name)),
                            vt_test_read(vt_test_path("copy/tile/entries/001"))));
    options = options_of(&log, &seen);
    scrub(&options, &report);
    VT_CHECK(report.findings == 0 && report.pass >= 3);
}

static const struct vt_case cases[] = {
    { "each flipped bit is found and repaired", each_flipped_bit_is_found_and_repaired },
    { "bad tiles of all levels", bad_tiles_of_all_levels },
    { "missing files come back", missing_files_come_back },
    { "a bad copy repairs nothing", a_bad_copy_repairs_nothing },
    { "a copy behind a web server", a_copy_behind_a_web_server },
    { "an older state is noticed", an_older_state_is_noticed },
    { "two histories are noticed", two_histories_are_noticed },
    { "it goes on where it was", it_goes_on_where_it_was },
    { "it keeps its pace", it_keeps_its_pace },
    { "it runs beside a writer", it_runs_beside_a_writer },
    { "it runs for ever", it_runs_for_ever },
    { "strays are told", strays_are_told },
    { "the command", the_command },
};

VT_TEST_MAIN("ledger.scrub", cases)
