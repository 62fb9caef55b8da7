/* A mirror: it copies other people's logs and ours, keeps nothing that was not signed, goes
 * on where it was interrupted, and convicts a log that signed two histories. */
#include "ledger/mirror.h"
#include "ledger/fork.h"
#include "ledger/fsck.h"
#include "tests/own_log.h"
#include "tests/running.h"
#include "tests/small_log.h"
#include <ftw.h>

#define LOG15  "ledger/vectors/tessera-log15"
#define ORIGIN "ledger.example/mirror"

enum { SEED = 31 };

struct stop {
    uint64_t after, steps; /* after 0: never */
};

static bool should_stop(void *context, uint64_t entries, uint64_t total)
{
    struct stop *stop = context;

    VT_CHECK(entries <= total);
    stop->steps++;
    return stop->after != 0 && stop->steps >= stop->after;
}

static struct stop stop;

/* In the case's folder. */
static void sh(const char *command)
{
    (void)vt_test_run(
        0, VT_ARGV("sh", "-c", "cd \"$0\" && eval \"$1\"", vt_test_dir(), command));
}

static struct vt_mirror_options options_of(const struct vt_own_log *log, const char *from)
{
    stop = (struct stop){ 0 };
    return (struct vt_mirror_options){ .policy = &log->policy,
                                       .origin = vt_slice_from_cstr(log->origin),
                                       .from = vt_test_path(from),
                                       .should_stop = should_stop,
                                       .context = &stop };
}

static struct vt_mirror_report update(const struct vt_mirror_options *options)
{
    struct vt_mirror_report report;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_mirror_update(vt_test_path("copy"), options, &report, &err));
    return report;
}

static void say_finding(void *context, const char *file, const char *what)
{
    (void)context;
    (void)printf("fsck: %s: %s\n", file, what);
}

/* The copy is a log without a fault, of so many entries. */
static void check_copy(const struct vt_mirror_options *options, uint64_t size)
{
    struct vt_fsck_options fsck = { .policy = options->policy,
                                    .origin = options->origin,
                                    .found = say_finding };
    struct vt_fsck_report report;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_ledger_fsck(vt_test_path("copy"), &fsck, &report, &err));
    VT_CHECK(report.findings == 0 && report.size == size && report.entries == size);
}

static void grow(struct vt_own_log *log, uint64_t size)
{
    vt_own_log_grow(log, size);
    vt_own_log_publish(log);
}

static void another_programs_log(void)
{
    struct vt_policy *policy = vt_arena_alloc(vt_test_arena(), sizeof *policy);
    vt_slice vkey = vt_test_read(LOG15 "/VKEY.txt");
    struct vt_mirror_options options = { .policy = policy,
                                         .origin = VT_LIT("example.com/log/testdata"),
                                         .from = LOG15 };
    struct vt_error err = { 0 };
    char text[300];

    (void)snprintf(text, sizeof text, "log %.*s\nquorum none\n", (int)vkey.len - 1,
                   (const char *)vkey.data);
    VT_CHECK_OK(vt_policy_parse(vt_slice_from_cstr(text), policy, &err));
    VT_CHECK(update(&options).end == VT_MIRROR_UPDATED);
    check_copy(&options, 15);
    VT_CHECK(update(&options).end == VT_MIRROR_SAME);
}

static void it_follows_a_log_that_grows(void)
{
    static const uint64_t sizes[] = { 1,   2,   100,  255,   256,   257,   511,
                                      512, 600, 5000, 65536, 65600, 70000, 70001 };
    struct vt_own_log log;
    struct vt_mirror_options options;
    struct vt_mirror_report report;
    uint64_t then = 0;

    vt_own_log_make(&log, "log", ORIGIN, SEED);
    vt_own_log_publish(&log);
    options = options_of(&log, "log");
    VT_CHECK(update(&options).end == VT_MIRROR_UPDATED); /* the empty tree */
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        grow(&log, sizes[i]);
        report = update(&options);
        VT_CHECK(report.end == VT_MIRROR_UPDATED && report.entries == sizes[i] - then);
        check_copy(&options, sizes[i]);
        then = sizes[i];
    }
    VT_CHECK(update(&options).end == VT_MIRROR_SAME);
    vt_own_log_close(&log);
}

static void it_goes_on_where_it_was(void)
{
    struct vt_own_log log;
    struct vt_mirror_options options;
    struct vt_mirror_report report;

    vt_own_log_make(&log, "log", ORIGIN, SEED);
    grow(&log, 2000);
    options = options_of(&log, "log");
    stop.after = 5;
    report = update(&options);
    VT_CHECK(report.end == VT_MIRROR_INTERRUPTED && report.held.size == 0);
    VT_CHECK(!vt_path_exists(vt_test_path("copy/checkpoint")));
    sh("rm log/tile/entries/00[0-4]");
    options = options_of(&log, "log");
    VT_CHECK(update(&options).end == VT_MIRROR_UPDATED); /* these were kept already */
    check_copy(&options, 2000);
    vt_own_log_close(&log);
}

/* ---- nothing that was not signed --------------------------------------------------------
 */

static struct {
    const char *paths[100];
    size_t count;
} files;

static int note_file(const char *path, const struct stat *about, int type, struct FTW *ftw)
{
    (void)about;
    (void)ftw;
    if (type == FTW_F && files.count < 100)
        files.paths[files.count++] = vt_test_print("%s", path);
    return 0;
}

static void flip(const char *path, size_t at)
{
    vt_slice bytes = vt_test_read(path);
    uint8_t *changed = vt_arena_alloc(vt_test_arena(), bytes.len);

    memcpy(changed, bytes.data, bytes.len);
    changed[at] ^= 1;
    vt_test_write(path, vt_slice_of(changed, bytes.len));
}

/* Each file of the log, changed at three places: refused, and after it is put right the
 * same mirror takes it.  Tiles of level 0 follow from the bundles and are not asked for,
 * except the open one. */
static void every_changed_file_is_refused(void)
{
    struct vt_own_log log;
    struct vt_mirror_options options;
    struct vt_mirror_report report;
    unsigned refused = 0;

    vt_own_log_make(&log, "log", ORIGIN, SEED);
    grow(&log, 700);
    vt_own_log_close(&log);
    options = options_of(&log, "log");
    VT_CHECK(nftw(vt_test_path("log/tile"), note_file, 8, FTW_PHYS) == 0);
    for (size_t i = 0; i < files.count; i++)
        for (unsigned part = 0; part < 3; part++) {
            struct vt_error err = { 0 };
            size_t at = (vt_test_read(files.paths[i]).len - 1) * part / 2;

            if (strstr(files.paths[i], "tile/0/") != NULL &&
                strstr(files.paths[i], ".p/") == NULL)
                continue;
            (void)vt_test_run(0, VT_ARGV("rm", "-rf", vt_test_path("copy")));
            flip(files.paths[i], at);
            VT_CHECK_SAYING(
                !vt_mirror_update(vt_test_path("copy"), &options, &report, &err) &&
                    (err.code == VT_REJECTED || err.code == VT_MALFORMED),
                "%s at %zu: %s", files.paths[i], at, err.message);
            VT_CHECK(!vt_path_exists(vt_test_path("copy/checkpoint")));
            flip(files.paths[i], at);
            VT_CHECK(update(&options).end == VT_MIRROR_UPDATED);
            refused++;
        }
    VT_CHECK(refused >= 12);
    check_copy(&options, 700);
}

static void an_older_state_is_named(void)
{
    struct vt_own_log log;
    struct vt_mirror_options options;
    struct vt_mirror_report report;

    vt_own_log_make(&log, "log", ORIGIN, SEED);
    grow(&log, 300);
    vt_own_log_copy("log", "older");
    grow(&log, 700);
    vt_own_log_close(&log);
    options = options_of(&log, "log");
    VT_CHECK(update(&options).end == VT_MIRROR_UPDATED);
    options = options_of(&log, "older");
    report = update(&options);
    VT_CHECK(report.end == VT_MIRROR_BEHIND && report.held.size == 700 &&
             report.shown.size == 300);
    check_copy(&options, 700);
}

/* ---- two histories ----------------------------------------------------------------------
 */

static vt_slice fork_text(const struct vt_mirror_report *report)
{
    return vt_test_read(vt_test_path(vt_test_print("copy/%s", report->fork_file)));
}

/* The proof convinces somebody who has nothing but the key; changed anywhere, nobody. */
static void check_proof(const struct vt_own_log *log, vt_slice text)
{
    struct vt_arena *arena = vt_test_arena();
    struct vt_error err = { 0 };
    struct vt_head heads[2];
    struct vt_fork fork;
    vt_slice origin = vt_slice_from_cstr(log->origin);

    VT_CHECK_OK(vt_fork_parse(text, arena, &fork, &err));
    VT_CHECK_OK(vt_fork_verify(&fork, &log->policy, origin, heads, &err));
    for (size_t i = 0; i < fork.path_count; i++) {
        fork.path[i].bytes[i % VT_SHA256_BYTES] ^= 4;
        VT_CHECK_FAILS(VT_REJECTED,
                       vt_fork_verify(&fork, &log->policy, origin, heads, &err));
        fork.path[i].bytes[i % VT_SHA256_BYTES] ^= 4;
    }
    if (fork.path_count > 0) {
        fork.path_count--;
        VT_CHECK_FAILS(VT_REJECTED,
                       vt_fork_verify(&fork, &log->policy, origin, heads, &err));
        fork.path_count++;
    }
    fork.second = fork.first;
    VT_CHECK_FAILS(VT_REJECTED, vt_fork_verify(&fork, &log->policy, origin, heads, &err));
    VT_CHECK_OK(vt_fork_parse(text, arena, &fork, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_fork_verify(&fork, &log->policy, VT_LIT("other.example"),
                                               heads, &err));
}

/* Our copy has `ours` entries; the other history differs from entry `from` on and has
 * `theirs`. */
static void check_split(uint64_t ours, uint64_t from, uint64_t theirs)
{
    struct vt_own_log log, other;
    struct vt_mirror_options options;
    struct vt_mirror_report report, again;
    struct vt_error err = { 0 };
    vt_ticket ticket;

    (void)vt_test_run(0, VT_ARGV("rm", "-rf", vt_test_path("log"), vt_test_path("other"),
                                 vt_test_path("copy")));
    vt_own_log_make(&log, "log", ORIGIN, SEED);
    grow(&log, ours);
    vt_own_log_close(&log);
    options = options_of(&log, "log");
    VT_CHECK(update(&options).end == VT_MIRROR_UPDATED);
    vt_own_log_make(&other, "other", ORIGIN, SEED);
    if (from > 0)
        vt_own_log_grow(&other, from);
    VT_CHECK_OK(vt_ledger_submit(other.ledger, VT_LIT("another story"), &ticket, &err));
    VT_CHECK_OK(vt_ledger_wait(other.ledger, ticket, NULL, &err));
    grow(&other, theirs);
    vt_own_log_close(&other);
    options = options_of(&log, "other");
    report = update(&options);
    VT_CHECK_SAYING(report.end == VT_MIRROR_FORKED, "%ju %ju %ju", (uintmax_t)ours,
                    (uintmax_t)from, (uintmax_t)theirs);
    check_proof(&log, fork_text(&report));
    check_copy(&options, ours);
    options = options_of(&log, "log"); /* as if nothing had been */
    again = update(&options);
    VT_CHECK(again.end == VT_MIRROR_SAME && strcmp(again.fork_file, report.fork_file) == 0);
    sh("rm -r copy/forks");
    again = update(&options);
    VT_CHECK(again.end == VT_MIRROR_SAME && again.fork_file[0] == '\0');
}

static void two_histories_are_proved(void)
{
    static const uint64_t cases[][3] = {
        { 10, 4, 10 },     { 8, 4, 20 },      { 256, 4, 300 },  { 256, 255, 257 },
        { 300, 299, 301 }, { 300, 10, 700 },  { 700, 10, 300 }, { 700, 255, 257 },
        { 1, 0, 2 },       { 513, 512, 600 }, { 5, 0, 4 },      { 100, 10, 64 },
        { 600, 10, 256 },  { 512, 4, 256 },   { 5, 0, 1 },      { 64, 4, 100 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_split(cases[i][0], cases[i][1], cases[i][2]);
}

/* What lacks its quorum is not copied; of two histories it is a proof all the same. */
static void a_split_without_a_quorum_is_proved(void)
{
    struct vt_own_log log, other;
    struct vt_policy *strict = vt_arena_alloc(vt_test_arena(), sizeof *strict);
    struct vt_mirror_options options;
    struct vt_mirror_report report;
    struct vt_error err = { 0 };
    vt_ticket ticket;

    vt_own_log_make(&log, "log", ORIGIN, SEED);
    grow(&log, 300);
    options = options_of(&log, "log");
    VT_CHECK(update(&options).end == VT_MIRROR_UPDATED);
    VT_CHECK_OK(vt_policy_parse(
        vt_slice_from_cstr(
            vt_test_print("log %s\nwitness w %s\nquorum w\n", log.vkey,
                          vt_test_vkey("w.example", VT_NOTE_COSIGNATURE, vt_test_key(32)))),
        strict, &err));
    grow(&log, 400);
    vt_own_log_close(&log);
    options.policy = strict;
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_mirror_update(vt_test_path("copy"), &options, &report, &err));
    VT_CHECK(report.fork_file[0] == '\0' && !vt_path_exists(vt_test_path("copy/forks")));
    vt_own_log_make(&other, "other", ORIGIN, SEED);
    vt_own_log_grow(&other, 10);
    VT_CHECK_OK(vt_ledger_submit(other.ledger, VT_LIT("another story"), &ticket, &err));
    VT_CHECK_OK(vt_ledger_wait(other.ledger, ticket, NULL, &err));
    grow(&other, 200); /* less than the copy holds */
    options.from = vt_test_path("other");
    report = update(&options);
    VT_CHECK(report.end == VT_MIRROR_FORKED && report.shown.size == 200);
    check_proof(&log, fork_text(&report));
    sh("rm -r copy/forks");
    grow(&other, 600); /* and more */
    vt_own_log_close(&other);
    report = update(&options);
    VT_CHECK(report.end == VT_MIRROR_FORKED && report.shown.size == 600);
    check_proof(&log, fork_text(&report));
    options = options_of(&log, "log");
    options.policy = strict;
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_mirror_update(vt_test_path("copy"), &options, &report, &err));
    VT_CHECK(report.held.size == 300 && report.fork_file[0] != '\0');
}

static void one_history_is_no_fork(void)
{
    struct vt_own_log log;
    struct vt_fork fork = { .path_count = 0 };
    struct vt_error err = { 0 };
    struct vt_head heads[2];

    vt_own_log_make(&log, "log", ORIGIN, SEED);
    grow(&log, 5);
    fork.first = vt_test_read(vt_test_path("log/checkpoint"));
    grow(&log, 9);
    fork.second = vt_test_read(vt_test_path("log/checkpoint"));
    vt_own_log_close(&log);
    for (fork.path_count = 0; fork.path_count < 6; fork.path_count++)
        VT_CHECK_FAILS(VT_REJECTED,
                       vt_fork_verify(&fork, &log.policy, VT_LIT(ORIGIN), heads, &err));
}

/* ---- as a command, over HTTP ------------------------------------------------------------
 */

static void a_convicted_log_shows_the_first_history(const struct vt_own_log *log,
                                                    const char *proof)
{
    const char *said;

    sh("cp -r short first");
    said =
        vt_test_run(1, VT_ARGV("vitrine", "ledger", "mirror", "--dir", vt_test_path("copy"),
                               "--from", vt_test_path("first"), "--vkey", log->vkey));
    VT_CHECK_SAYING(strstr(said, "FORKED before") != NULL && strstr(said, proof) != NULL,
                    "%s", said);
    said = vt_test_run(1, VT_ARGV("vitrine", "ledger", "mirror", "--dir",
                                  vt_test_path("copy"), "--from", vt_test_path("first"),
                                  "--vkey", log->vkey, "--json"));
    VT_CHECK_SAYING(strstr(said, "\"ok\":false") != NULL &&
                        strstr(said, "\"fork\":\"forks/") != NULL,
                    "%s", said);
}

static void over_http(void)
{
    const char *said, *vkey, *proof;
    struct vt_running served;
    struct vt_own_log log;

    vt_own_log_make(&log, "log", ORIGIN, SEED);
    grow(&log, 70000); /* with a full tile of level 1 */
    vt_own_log_close(&log);
    vkey = log.vkey;
    served = vt_test_start(
        "web.err", VT_ARGV("/usr/bin/python3", "-c",
                           "import sys,functools,http.server as h\n"
                           "s=h.ThreadingHTTPServer(('127.0.0.1',0),functools.partial("
                           "h.SimpleHTTPRequestHandler,directory=sys.argv[1]))\n"
                           "print('ready: http://127.0.0.1:%d'%s.server_port,flush=True)\n"
                           "s.serve_forever()",
                           vt_test_path("log")));
    said =
        vt_test_run(0, VT_ARGV("vitrine", "ledger", "mirror", "--dir", vt_test_path("copy"),
                               "--from", served.url, "--vkey", vkey, "--json"));
    VT_CHECK_SAYING(strstr(said, "\"end\":\"updated\"") != NULL &&
                        strstr(said, "\"ok\":true") != NULL &&
                        strstr(said, "\"size\":70000") != NULL,
                    "%s", said);
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "fsck", vt_test_path("copy"), "--vkey", vkey));
    sh("rm -rf log/* ");
    vt_own_log_make(&log, "second", ORIGIN, SEED);
    vt_own_log_grow(&log, 3);
    grow(&log, 70100);
    vt_own_log_close(&log);
    sh("cp -r second/checkpoint second/tile log/");
    said =
        vt_test_run(0, VT_ARGV("vitrine", "ledger", "mirror", "--dir", vt_test_path("copy"),
                               "--from", served.url, "--vkey", vkey));
    VT_CHECK_SAYING(strstr(said, "100 of them new") != NULL, "%s", said);
    sh("cp -r copy short; rm -rf second log/*");
    vt_own_log_make(&log, "second", ORIGIN, SEED);
    vt_own_log_grow(&log, 2);
    {
        struct vt_error err = { 0 };
        vt_ticket ticket;

        VT_CHECK_OK(vt_ledger_submit(log.ledger, VT_LIT("another"), &ticket, &err));
        VT_CHECK_OK(vt_ledger_wait(log.ledger, ticket, NULL, &err));
    }
    grow(&log, 70200);
    vt_own_log_close(&log);
    sh("cp -r second/checkpoint second/tile log/");
    said =
        vt_test_run(1, VT_ARGV("vitrine", "ledger", "mirror", "--dir", vt_test_path("copy"),
                               "--from", served.url, "--vkey", vkey));
    proof = strstr(said, "proof: ");
    VT_CHECK_SAYING(strstr(said, "two histories") != NULL && proof != NULL, "%s", said);
    proof = vt_test_print("%.*s", (int)strcspn(proof + 7, "\n"), proof + 7);
    said = vt_test_run(0, VT_ARGV("vitrine", "ledger", "fork", proof, "--vkey", vkey));
    VT_CHECK_SAYING(strstr(said, "of 70100 and of 70200") != NULL, "%s", said);
    said = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "fork", proof, "--vkey", vkey, "--json"));
    VT_CHECK_SAYING(strstr(said, "\"ok\":true") != NULL, "%s", said);
    a_convicted_log_shows_the_first_history(&log, proof);
    (void)vt_test_run(1, VT_ARGV("vitrine", "ledger", "fork",
                                 vt_test_path("copy/checkpoint"), "--vkey", vkey));
    (void)vt_test_run(3, VT_ARGV("vitrine", "ledger", "fork", "nothing", "--vkey", vkey));
    vt_test_kill(&served);
    said =
        vt_test_run(3, VT_ARGV("vitrine", "ledger", "mirror", "--dir", vt_test_path("copy"),
                               "--from", served.url, "--vkey", vkey));
    VT_CHECK(strstr(said, served.url) != NULL);
    sh("mkdir empty");
    said =
        vt_test_run(3, VT_ARGV("vitrine", "ledger", "mirror", "--dir", vt_test_path("new"),
                               "--from", vt_test_path("empty"), "--vkey", vkey));
    VT_CHECK_SAYING(strstr(said, "/empty: shows no checkpoint") != NULL &&
                        strstr(said, "pruned") == NULL,
                    "%s", said);
}

static const struct vt_case cases[] = {
    { "another program's log", another_programs_log },
    { "it follows a log that grows", it_follows_a_log_that_grows },
    { "it goes on where it was", it_goes_on_where_it_was },
    { "every changed file is refused", every_changed_file_is_refused },
    { "an older state is named", an_older_state_is_named },
    { "two histories are proved", two_histories_are_proved },
    { "a split without a quorum is proved", a_split_without_a_quorum_is_proved },
    { "one history is no fork", one_history_is_no_fork },
    { "over HTTP", over_http },
};

VT_TEST_MAIN("ledger.mirror", cases)
