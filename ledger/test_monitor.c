/* The monitor: tells once what is wrong with a log or of interest in it, and tells again
 * only who did not take it. */
#include "crypto/verify_note.h"
#include "ledger/monitor.h"
#include "tests/own_log.h"
#include "tests/small_log.h"
#include <netinet/in.h>
#include <sys/socket.h>

#define ORIGIN "ledger.example/monitor"
#define OTHER  "ledger.example/other"

enum { SEED = 41, OTHER_SEED = 42 };

/* In the case's folder. */
static const char *sh(int exit_code_wanted, const char *command)
{
    return vt_test_run(
        exit_code_wanted,
        VT_ARGV("sh", "-c", "cd \"$0\" && eval \"$1\"", vt_test_dir(),
                vt_test_print("vitrine() { %s \"$@\"; }; %s", vt_test_vitrine(), command)));
}

static void make(struct vt_own_log *log, const char *name, const char *origin, uint8_t seed,
                 uint64_t size)
{
    vt_own_log_make(log, name, origin, seed);
    vt_own_log_grow(log, size);
    vt_own_log_publish(log);
}

static void add(struct vt_own_log *log, const char *text)
{
    struct vt_error err = { 0 };
    vt_ticket ticket;

    VT_CHECK_OK(vt_ledger_submit(log->ledger, vt_slice_from_cstr(text), &ticket, &err));
    VT_CHECK_OK(vt_ledger_wait(log->ledger, ticket, NULL, &err));
    vt_own_log_publish(log);
}

static void write_policy(const struct vt_own_log *log, const struct vt_own_log *other)
{
    const char *text = vt_test_print("log %s %s\nlog %s %s\nquorum none\n", log->vkey,
                                     vt_test_path("a"), other->vkey, vt_test_path("b"));

    vt_test_write(vt_test_path("policy"), vt_slice_from_cstr(text));
}

static unsigned count(const char *said, const char *part)
{
    unsigned n = 0;

    for (; (said = strstr(said, part)) != NULL; said++)
        n++;
    return n;
}

/* Begun, and without an entry: other than one that lost what it showed. */
static void a_log_that_shows_nothing_yet(void)
{
    struct vt_own_log a;
    const char *said;

    make(&a, "full", ORIGIN, SEED, 3);
    write_policy(&a, &a);
    (void)sh(0, "sed -i 3d policy; sed -i 2d policy; echo quorum none >>policy; mkdir a");
    said = sh(1, "vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said, "unpublished: " ORIGIN) != NULL, "%s", said);
    (void)sh(0, "rmdir a; cp -r full a; vitrine monitor run --dir m --policy policy");
    said = sh(1, "rm a/checkpoint; vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said, "unreachable: " ORIGIN) != NULL, "%s", said);
    vt_own_log_close(&a);
}

static void two_logs_are_followed(void)
{
    struct vt_own_log a, b;
    const char *said;

    make(&a, "a", ORIGIN, SEED, 300);
    make(&b, "b", OTHER, OTHER_SEED, 20);
    write_policy(&a, &b);
    said = sh(0, "vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said, "2 of 2 logs are well, 320 new entries checked, 0 fin") !=
                        NULL,
                    "%s", said);
    add(&a, "my product 7.1");
    add(&b, "their product");
    said = sh(1, "vitrine monitor run --dir m --policy policy --watch 'my product'");
    VT_CHECK_SAYING(
        strstr(said, "seen: " ORIGIN ": entry 300: contains my product") != NULL &&
            strstr(said, "2 of 2 logs are well") != NULL && count(said, "seen:") == 1,
        "%s", said);
    said = sh(0, "vitrine monitor run --dir m --policy policy --watch 'my product' --json");
    VT_CHECK_SAYING(strstr(said, "\"entries\":0") != NULL && count(said, "seen") == 0, "%s",
                    said);
    said = sh(0, "vitrine monitor list --dir m");
    VT_CHECK_SAYING(count(said, "\n") == 1 && count(said, "my product") == 1, "%s", said);
    vt_own_log_close(&a);
    vt_own_log_close(&b);
}

/* A wish that comes later is held against what was copied before; one that was left out
 * while the log grew is not taken for heard. */
static void a_later_watch_sees_old_entries(void)
{
    struct vt_own_log a, b;
    const char *said;

    make(&a, "a", ORIGIN, SEED, 300);
    add(&a, "my product 7.1");
    make(&b, "b", OTHER, OTHER_SEED, 3);
    write_policy(&a, &b);
#define WATCHING "vitrine monitor run --dir m --policy policy "
    (void)sh(0, WATCHING);
    said = sh(1, WATCHING "--watch 'my product'");
    VT_CHECK_SAYING(strstr(said, "seen: " ORIGIN ": entry 300: contains my product") !=
                            NULL &&
                        strstr(said, "2 of 2 logs are well") != NULL &&
                        strstr(said, "304 old ones read again") != NULL,
                    "%s", said);
    said = sh(0, WATCHING "--watch 'my product'");
    VT_CHECK_SAYING(strstr(said, "again") == NULL, "%s", said);
    said = sh(1, WATCHING "--watch 'my product' --use " ORIGIN "=release");
    VT_CHECK_SAYING(count(said, "unfit: ") == 301, "%s", said);
    (void)sh(0, "rm -r m/findings; " WATCHING "--watch another");
    add(&a, "my product 7.2");
    (void)sh(0, WATCHING "--watch another");
    said = sh(1, WATCHING "--watch another --watch 'my product'");
    VT_CHECK_SAYING(strstr(said, "entry 301: contains my product") != NULL, "%s", said);
    said = sh(1, "sed -i 's/7 7 7/7 7 8/' m/logs/*/tile/entries/000; " WATCHING
                 "--watch more");
    VT_CHECK_SAYING(strstr(said, "tile/entries/000: ") != NULL, "%s", said);
    vt_own_log_close(&a);
    vt_own_log_close(&b);
}

/* An envelope that `signer` signed, and that names the key `named`. */
static const char *envelope(const struct vt_key *signer, const struct vt_key *named)
{
    static const char payload[] = "{\"a\":1}";
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));
    struct vt_key_id id = vt_public_key_id(vt_key_public(named));
    uint8_t bytes[64];
    struct vt_dsse_signature signature = { vt_slice_from_cstr(id.text),
                                           vt_slice_of(bytes, sizeof bytes) };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_dsse_sign(signer, VT_LIT("text/plain"), vt_slice_from_cstr(payload),
                             bytes, &err));
    VT_CHECK_OK(vt_dsse_write(VT_LIT("text/plain"), vt_slice_from_cstr(payload), &signature,
                              1, &text, &err));
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

/* A key of interest: a statement that it signed, one that only names it, one of neither. */
static void keys_are_watched(void)
{
    const struct vt_key *mine = vt_test_key(51), *other = vt_test_key(52);
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(4));
    struct vt_error err = { 0 };
    struct vt_own_log a, b;
    const char *said;

    VT_CHECK_OK(vt_public_key_write_pem(vt_key_public(mine), &pem, &err));
    vt_test_write(vt_test_path("mine.pub"), vt_buf_slice(&pem));
    make(&a, "a", ORIGIN, SEED, 3);
    make(&b, "b", OTHER, OTHER_SEED, 3);
    write_policy(&a, &b);
    (void)sh(0, "vitrine monitor run --dir m --policy policy --watch-key mine.pub");
    add(&a, envelope(mine, mine));
    add(&a, envelope(other, other));
    add(&b, envelope(other, mine));
    said = sh(1, "vitrine monitor run --dir m --policy policy --watch-key mine.pub");
    VT_CHECK_SAYING(count(said, "seen:") == 2 &&
                        strstr(said, "seen: " ORIGIN ": entry 3: signed by ") != NULL &&
                        strstr(said, "seen: " OTHER ": entry 3: names a key: ") != NULL,
                    "%s", said);
    vt_own_log_close(&a);
    vt_own_log_close(&b);
}

static void a_fork_is_told_with_its_proof(void)
{
    struct vt_own_log a, b, second;
    const char *said;

    make(&a, "a", ORIGIN, SEED, 30);
    make(&b, "b", OTHER, OTHER_SEED, 3);
    write_policy(&a, &b);
    vt_own_log_close(&a);
    (void)sh(0, "vitrine monitor run --dir m --policy policy");
    make(&second, "second", ORIGIN, SEED, 20);
    add(&second, "another story");
    vt_own_log_grow(&second, 50);
    vt_own_log_publish(&second);
    vt_own_log_close(&second);
    (void)sh(0, "mv a first && mv second a");
    said = sh(1, "vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said,
                           "forked: " ORIGIN ": it signed two histories, of 30 and of "
                           "50") != NULL &&
                        strstr(said, "1 of 2 logs") != NULL,
                    "%s", said);
    (void)sh(
        0, vt_test_print("vitrine ledger fork m/logs/*/forks/*.json --vkey '%s'", a.vkey));
    said = sh(1, "vitrine monitor run --dir m --policy policy"); /* told once, still bad */
    VT_CHECK_SAYING(count(said, "forked:") == 0 && strstr(said, "1 of 2 logs") != NULL,
                    "%s", said);
    (void)sh(0, "rm -r a && mv first a"); /* the first history again */
    said = sh(1, "vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(count(said, "convicted: " ORIGIN) == 1 &&
                        strstr(said, "proof: m/logs/") != NULL &&
                        strstr(said, "1 of 2 logs") != NULL,
                    "%s", said);
    said = sh(1, "vitrine monitor run --dir m --policy policy --json");
    VT_CHECK_SAYING(count(said, "\"convicted\"") == 1 &&
                        strstr(said, "\"ok\":false") != NULL,
                    "%s", said);
    said = sh(0, "rm m/logs/*/forks/*.json; vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(count(said, "convicted") == 0, "%s", said);
    vt_own_log_close(&b);
}

static void other_troubles(void)
{
    struct vt_own_log a, b;
    const char *said;

    make(&a, "a", ORIGIN, SEED, 300);
    make(&b, "b", OTHER, OTHER_SEED, 3);
    write_policy(&a, &b);
    (void)sh(0, "cp -r a older");
    vt_own_log_grow(&a, 600);
    vt_own_log_publish(&a);
    vt_own_log_close(&a);
    vt_own_log_close(&b);
    (void)sh(0, "vitrine monitor run --dir m --policy policy");
    said = sh(1, "mv a newer; mv older a; vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said, "behind: " ORIGIN ": it shows 300") != NULL &&
                        strstr(said, ", 1 finding\n") != NULL,
                    "%s", said);
    said = sh(1, "mv a older; vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said, "unreachable: " ORIGIN) != NULL, "%s", said);
    said = sh(1, "cp -r newer a; sed -i s/600/601/ a/checkpoint; "
                 "vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said, "refused: " ORIGIN) != NULL, "%s", said);
    (void)sh(0, "rm -r a; mv newer a; vitrine monitor run --dir m --policy policy");
    said = sh(0, "vitrine monitor list --dir m --json");
    VT_CHECK_SAYING(count(said, "\n") == 4 &&
                        strstr(said, "{\"findings\":3,\"ok\":true}\n") != NULL,
                    "%s", said);
    said = sh(0, "touch -d 2026-01-03T00:00:00Z $(grep -l behind m/findings/*); "
                 "touch -d 2026-01-02T00:00:00Z $(grep -l unreach m/findings/*); "
                 "touch -d 2026-01-01T00:00:00Z $(grep -l refused m/findings/*); "
                 "vitrine monitor list --dir m");
    VT_CHECK_SAYING(strncmp(said, "2026-01-01T00:00:00Z  refused: ", 31) == 0 &&
                        strstr(said, "\n2026-01-02T00:00:00Z  unreachable: ") != NULL &&
                        strstr(said, "\n2026-01-03T00:00:00Z  behind: ") != NULL,
                    "%s", said);
}

/* A listening socket to which the kernel connects clients, and nobody answers them. */
static int listen_in_silence(uint16_t *port_out)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    VT_CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
             listen(fd, 8) == 0 &&
             getsockname(fd, (struct sockaddr *)&address, &length) == 0);
    *port_out = ntohs(address.sin_port);
    return fd;
}

/* Our copy of one log was changed, and its server is one that never answers: the fork of
 * the log behind it is told all the same. */
static void one_log_does_not_hide_another(void)
{
    struct vt_own_log a, b, other;
    VT_AUTO_FD silent = -1;
    uint16_t port;
    const char *said;

    make(&a, "a", ORIGIN, SEED, 300);
    make(&b, "b", OTHER, OTHER_SEED, 3);
    write_policy(&a, &b);
    vt_own_log_close(&a);
    vt_own_log_close(&b);
    (void)sh(0, "vitrine monitor run --dir m --policy policy");
    make(&other, "other", OTHER, OTHER_SEED, 2);
    add(&other, "another story");
    vt_own_log_close(&other);
    (void)sh(0, "cp -r m n; cp -r b bb; rm -r b; mv other b; "
                "f=$(grep -l '^" ORIGIN "$' m/logs/*/checkpoint); "
                "sed -i '3s/^./!/' $f");
    said = sh(1, "vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said, "unfollowed: " ORIGIN ": ") != NULL &&
                        strstr(said, "forked: " OTHER ": ") != NULL &&
                        strstr(said, "0 of 2 logs") != NULL,
                    "%s", said);
    silent = listen_in_silence(&port);
    said = sh(1, vt_test_print("sed -i 's,%s,http://127.0.0.1:%u,' policy; vitrine "
                               "monitor run --dir n --policy policy --share 1s",
                               vt_test_path("a"), port));
    VT_CHECK_SAYING(strstr(said, "unreachable: " ORIGIN ": ") != NULL &&
                        strstr(said, "did not give all that was asked for in 1 s") !=
                            NULL &&
                        strstr(said, "forked: " OTHER ": ") != NULL,
                    "%s", said);
}

/* ---- a frozen log -----------------------------------------------------------------------
 */

enum { COSIGNED_AT = 2000000, HOUR = 3600 };

static int64_t clock_s;

static int64_t stopped_clock(void *context)
{
    (void)context;
    return clock_s * 1000;
}

static void note_kind(void *context, const struct vt_monitor_finding *finding)
{
    (void)snprintf(context, 20, "%s", finding->kind);
}

/* The log's checkpoint with the cosignature of a witness that saw it at COSIGNED_AT. */
static void cosign(const struct vt_key *witness)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };
    struct vt_note note;

    vt_buf_put(&text, vt_test_read(vt_test_path("a/checkpoint")));
    VT_CHECK_OK(vt_note_parse(vt_test_read(vt_test_path("a/checkpoint")), &note, &err));
    VT_CHECK_OK(
        vt_note_cosign(witness, VT_LIT("w.example"), COSIGNED_AT, note.text, &text, &err));
    vt_test_write(vt_test_path("a/checkpoint"), vt_buf_slice(&text));
}

static void a_frozen_log_is_told(void)
{
    const struct vt_key *witness = vt_test_key(61);
    struct vt_policy *policy = vt_arena_alloc(vt_test_arena(), sizeof *policy);
    struct vt_watch watch = { .key_count = 0 };
    struct vt_env env = { .now_unix_ms = stopped_clock };
    char kind[20] = "";
    struct vt_monitor_options options = { .dir = vt_test_path("m"),
                                          .env = &env,
                                          .policy = policy,
                                          .watch = &watch,
                                          .stale_s = HOUR,
                                          .found = note_kind,
                                          .context = kind };
    struct vt_monitor_report report;
    struct vt_own_log a;
    struct vt_error err = { 0 };

    make(&a, "a", ORIGIN, SEED, 30);
    vt_own_log_close(&a);
    cosign(witness);
    VT_CHECK_OK(vt_policy_parse(
        vt_slice_from_cstr(
            vt_test_print("log %s %s\nwitness w %s\nquorum w\n", a.vkey, vt_test_path("a"),
                          vt_test_vkey("w.example", VT_NOTE_COSIGNATURE, witness))),
        policy, &err));
    clock_s = COSIGNED_AT + HOUR;
    VT_CHECK_OK(vt_monitor_round(&options, &report, &err));
    VT_CHECK_SAYING(report.findings == 0 && report.logs_well == 1, "%s", kind);
    clock_s++;
    VT_CHECK_OK(vt_monitor_round(&options, &report, &err));
    VT_CHECK(report.findings == 1 && report.logs_well == 0 && strcmp(kind, "frozen") == 0);
    VT_CHECK_OK(vt_monitor_round(&options, &report, &err));
    VT_CHECK(report.findings == 0);
    /* Another history under the same key, which no witness has signed. */
    (void)sh(0, "rm -r a");
    make(&a, "a", ORIGIN, SEED, 5);
    add(&a, "another story");
    vt_own_log_close(&a);
    VT_CHECK_OK(vt_monitor_round(&options, &report, &err));
    VT_CHECK_SAYING(report.findings == 1 && strcmp(kind, "forked") == 0, "%s", kind);
}

/* Each finding reaches the program once; one that fails gets it again. */
static void the_program_is_called(void)
{
    struct vt_own_log a, b;
    const char *said;

    make(&a, "a", ORIGIN, SEED, 3);
    make(&b, "b", OTHER, OTHER_SEED, 3);
    write_policy(&a, &b);
    vt_test_write(vt_test_path("hook"),
                  VT_LIT("#!/bin/sh\necho \"$1 $2\" >>said; cat >>said; echo >>said\n"
                         "[ ! -e refuse ]\n"));
    (void)sh(0, "chmod +x hook; touch refuse");
#define RUN "vitrine monitor run --dir m --policy policy --watch '1 1 1' --exec $PWD/hook"
    said = sh(1, RUN);
    VT_CHECK_SAYING(strstr(said, "did not take all") != NULL, "%s", said);
    (void)sh(1, RUN);
    (void)sh(0, "rm refuse; " RUN);
    (void)sh(0, RUN);
    said = sh(0, "cat said; ls m/untold | wc -l");
    VT_CHECK_SAYING(count(said, "seen " ORIGIN "\n{") == 3 &&
                        count(said, "seen " OTHER "\n{") == 3 &&
                        strstr(said, "\n0\n") != NULL,
                    "%s", said);
    vt_own_log_close(&a);
    vt_own_log_close(&b);
}

static void wrong_wishes(void)
{
    struct vt_own_log a, b;

    make(&a, "a", ORIGIN, SEED, 3);
    make(&b, "b", OTHER, OTHER_SEED, 3);
    write_policy(&a, &b);
    (void)sh(2, "vitrine monitor run --dir m");
    (void)sh(2, "vitrine monitor run --dir m --policy policy --watch ''");
    (void)sh(2, "vitrine monitor run --dir m --policy policy --interval x");
    (void)sh(3, "vitrine monitor run --dir m --policy none");
    (void)sh(3, "vitrine monitor run --dir m --policy policy --watch-key none");
    (void)sh(3, "vitrine monitor run --dir m --policy policy --watch-key policy");
    (void)sh(3, "sed 's/ [^ ]*$//; s/^quorum.*/quorum none/' policy >bare; "
                "vitrine monitor run --dir m --policy bare");
    (void)sh(3, "vitrine monitor list --dir none");
    (void)sh(3, "mkdir other; vitrine monitor list --dir other");
    (void)sh(0, "vitrine monitor run --dir m --policy policy");
    VT_CHECK(strstr(sh(0, "vitrine monitor list --dir m"), "nothing was found") != NULL);
    vt_own_log_close(&a);
    vt_own_log_close(&b);
}

static const struct vt_case cases[] = {
    { "a log that shows nothing yet", a_log_that_shows_nothing_yet },
    { "two logs are followed", two_logs_are_followed },
    { "a later watch sees old entries", a_later_watch_sees_old_entries },
    { "keys are watched", keys_are_watched },
    { "a fork is told with its proof", a_fork_is_told_with_its_proof },
    { "other troubles", other_troubles },
    { "one log does not hide another", one_log_does_not_hide_another },
    { "a frozen log is told", a_frozen_log_is_told },
    { "the program is called", the_program_is_called },
    { "wrong wishes", wrong_wishes },
};

VT_TEST_MAIN("ledger.monitor", cases)
