/* vitrine ledger continue: the old log ends for good, the new one begins with its end, and
 * a call that was interrupted anywhere is finished by the next. */
#include "ledger/config.h"
#include "ledger/frozen.h"
#include "http/http.h"
#include "tests/own_log.h"
#include "tests/running.h"
#include "tests/small_log.h"

#define OLD "log.example.org/2026"
#define NEW "log.example.org/2027"

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static bool says(const char *output, const char *words)
{
    return strstr(output, words) != NULL;
}

static const char *new_vkey(void)
{
    return vt_test_vkey(NEW, VT_NOTE_ED25519, vt_test_key(62));
}

static void write_key(const char *name, uint8_t seed)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(vt_key_write_pem(vt_test_key(seed), VT_LIT(""), &pem, &err));
    vt_test_write(path(name), vt_buf_slice(&pem));
    VT_CHECK(chmod(path(name), 0600) == 0);
}

static const char *add(int exit_code, const char *dir, const char *name)
{
    vt_test_write(path(name), vt_slice_from_cstr(name));
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "ledger", "add", "--dir", path(dir), path(name)));
}

static void make_old(void)
{
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(4));

    write_key("old.key", 61);
    write_key("new.key", 62);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("old"),
                                 "--origin", OLD, "--key", path("old.key")));
    (void)add(0, "old", "one");
    (void)add(0, "old", "two");
    vt_buf_printf(&policy, "log %s\nquorum none\n", new_vkey());
    vt_test_write(path("new.policy"), vt_buf_slice(&policy));
}

static const char *go_on(int exit_code, const char *origin, const char *entries)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "ledger", "continue", "--dir", path("old"),
                               "--new-dir", path("new"), "--origin", origin, "--key",
                               path("new.key"), "--entries", entries));
}

/* The new log's first entry is the old one's last word, and anybody can check it. */
static void check_joint(void)
{
    vt_slice last = vt_test_read(path("old/checkpoint"));
    const char *first = vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("new"), "--index", "0"));

    VT_CHECK(vt_slice_equal(vt_slice_from_cstr(first), last));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "check", path("old/checkpoint"),
                                 "--proof", path("old/successor.tlog-proof"), "--policy",
                                 path("new.policy"), "--origin", NEW));
    (void)vt_test_run(1, VT_ARGV("vitrine", "ledger", "check", path("one"), "--proof",
                                 path("old/successor.tlog-proof"), "--policy",
                                 path("new.policy"), "--origin", NEW));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "fsck", path("old"), "--vkey",
                                 vt_test_vkey(OLD, VT_NOTE_ED25519, vt_test_key(61))));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "fsck", path("new"), "--vkey", new_vkey()));
}

/* A key that would never sign is not begun with. */
static void keys_stay(void)
{
    vt_slice config = vt_test_read(path("old/config.json"));
    const char *output = vt_test_run(1, VT_ARGV("vitrine", "ledger", "rotate-key", "--dir",
                                                path("old"), "--new-key", path("new.key")));

    VT_CHECK_SAYING(says(output, "goes on as " NEW), "%s", output);
    VT_CHECK(vt_slice_equal(config, vt_test_read(path("old/config.json"))));
    VT_CHECK(!vt_path_exists(path("old/signer/next")));
}

static void the_way_it_goes(void)
{
    const char *output;

    make_old();
    output = go_on(0, NEW, "any");
    VT_CHECK_SAYING(says(output, new_vkey()), "%s", output);
    check_joint();
    VT_CHECK(strncmp(add(0, "new", "three"), "1 ", 2) == 0);
    output = add(1, "old", "four");
    VT_CHECK_SAYING(says(output, "goes on as " NEW), "%s", output);
    output = vt_test_run(0, VT_ARGV("vitrine", "ledger", "show", "--dir", path("old")));
    VT_CHECK_SAYING(says(output, "ended      goes on as " NEW), "%s", output);
    keys_stay();
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "prove", "--dir", path("old"),
                                 "--index", "1", "--out", path("proof")));
    /* The signer remembers by itself. */
    VT_CHECK(unlink(path("old/frozen.json")) == 0);
    output = add(1, "old", "four");
    VT_CHECK_SAYING(says(output, "goes on as " NEW), "%s", output);
    keys_stay();
}

/* A request to what is served. */
static int ask(const struct vt_running *at, const char *target, const char *method,
               vt_slice body, vt_slice *answer_out)
{
    struct vt_error err = { 0 };
    struct vt_http_call call = { .method = method,
                                 .body = body,
                                 .answer_bytes_max = VT_MIB(1) };
    struct vt_http_client *http;
    int status;

    call.url = vt_test_print("%s%s", at->url, target);
    VT_CHECK_OK(vt_http_client_new(&http, &err));
    VT_CHECK_OK(vt_http_client_run(http, &call, &err));
    *answer_out = vt_arena_copy(vt_test_arena(), vt_buf_slice(&call.answer));
    status = call.status;
    vt_http_call_clear(&call);
    vt_http_client_free(http);
    return status;
}

static void must_read(const struct vt_running *at, const char *target, const char *file)
{
    vt_slice answer;
    int status = ask(at, target, NULL, (vt_slice){ 0 }, &answer);

    VT_CHECK_SAYING(status == 200 && vt_slice_equal(answer, vt_test_read(path(file))),
                    "%s: %d %.*s", target, status, VT_SLICE_ARGS(answer));
}

static void must_be_gone(const struct vt_running *at, const char *target,
                         const char *method)
{
    vt_slice answer;
    int status = ask(at, target, method, VT_LIT("\0\4four"), &answer);
    const char *text = vt_arena_cstr(vt_test_arena(), answer);

    VT_CHECK_SAYING(status == 410 && says(text, "ended with 2 entries and goes on as " NEW),
                    "%s: %d %s", target, status, text);
}

/* The old log beside the new one: read by everybody, written by nobody. */
static void served_for_ever(void)
{
    struct vt_running both, alone;
    const char *output;
    vt_slice answer;

    make_old();
    (void)go_on(0, NEW, "any");
    both = vt_test_start("both.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                             vt_test_print("a=%s", path("old")), "--dir",
                                             vt_test_print("b=%s", path("new"))));
    must_read(&both, "/a/checkpoint", "old/checkpoint");
    must_read(&both, "/a/tile/0/000.p/2", "old/tile/0/000.p/2");
    must_read(&both, "/a/frozen.json", "old/frozen.json");
    must_read(&both, "/a/successor.tlog-proof", "old/successor.tlog-proof");
    VT_CHECK(ask(&both, "/b/frozen.json", NULL, (vt_slice){ 0 }, &answer) == 404);
    must_be_gone(&both, "/a/add", "POST");
    must_be_gone(&both, "/a/add-batch", "POST");
    must_be_gone(&both, "/a/predicate/sha256/ab/ab", "PUT");
    VT_CHECK(ask(&both, "/b/add", "POST", VT_LIT("four"), &answer) == 200);
    output = vt_test_run(0, VT_ARGV("vitrine", "ledger", "status", "--url", both.url));
    VT_CHECK_SAYING(says(output, "ended      goes on as " NEW), "%s", output);
    vt_test_stop(&both, 0);
    alone = vt_test_start("alone.err",
                          VT_ARGV("vitrine", "ledger", "serve", "--dir", path("old")));
    must_read(&alone, "/checkpoint", "old/checkpoint");
    must_be_gone(&alone, "/add", "POST");
    vt_test_stop(&alone, 0);
}

/* A ledger of envelopes takes the checkpoint first, and then envelopes only. */
static void public_entries(void)
{
    make_old();
    (void)go_on(0, NEW, "public");
    check_joint();
    VT_CHECK(says(add(1, "new", "three"), "signed envelopes"));
}

static void interrupted(void)
{
    struct vt_env env = vt_env_real();
    struct vt_ledger_options options = { .env = &env };
    struct vt_error err = { 0 };
    struct vt_ledger_config config = { .origin = VT_LIT(NEW) };
    vt_slice last;

    make_old();
    /* After the new folder was made, before the old one was frozen. */
    config.vkey = vt_slice_from_cstr(new_vkey());
    config.key = vt_slice_from_cstr(path("new.key"));
    config.predecessor =
        vt_slice_from_cstr(vt_test_vkey(OLD, VT_NOTE_ED25519, vt_test_key(61)));
    VT_CHECK_OK(vt_ledger_init(path("new"), &config, &options, &err));
    VT_CHECK(strncmp(add(0, "old", "three"), "2 ", 2) == 0); /* the old one is alive */
    VT_CHECK(says(add(1, "new", "four"), "must be the last checkpoint of " OLD));
    (void)go_on(0, NEW, "any");
    check_joint();
    /* Before the signer was told. */
    last = vt_test_read(path("old/checkpoint"));
    VT_CHECK(unlink(path("old/signer/frozen.json")) == 0);
    (void)go_on(0, NEW, "any");
    VT_CHECK(vt_path_exists(path("old/signer/frozen.json")));
    VT_CHECK(vt_slice_equal(last, vt_test_read(path("old/checkpoint"))));
    /* Once more does no harm. */
    (void)go_on(0, NEW, "any");
    check_joint();
    VT_CHECK(strncmp(add(0, "new", "five"), "1 ", 2) == 0);
}

/* Without its witnesses the new log shows nothing yet, but its key is told: they need it.
 */
static void witnesses_that_are_missing(void)
{
    const char *argv[] = {
        "vitrine",       "ledger",    "continue",        "--dir", path("old"),
        "--new-dir",     path("new"), "--origin",        NEW,     "--key",
        path("new.key"), "--policy",  path("witnessed"), NULL
    };
    const char *output;

    make_old();
    vt_test_write(path("witnessed"), VT_LIT("witness w witness.example.de+a1a0d65a+"
                                            "BEOnLnFEAXYt9mtowm373yaCquyfJHTspGE+QkoPuv08 "
                                            "http://127.0.0.1:9/\nquorum w\n"));
    output = vt_test_run(3, argv);
    VT_CHECK_SAYING(says(output, new_vkey()) && says(output, "does not show it yet"), "%s",
                    output);
    VT_CHECK(vt_path_exists(path("old/frozen.json")));
}

static void wrong_ways(void)
{
    const char *output;

    make_old();
    (void)go_on(2, OLD, "any");
    (void)go_on(2, "two words", "any");
    VT_CHECK(!vt_path_exists(path("old/frozen.json")));
    write_key("old2.key", 63);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "rotate-key", "--dir", path("old"),
                                 "--new-key", path("old2.key")));
    output = go_on(1, NEW, "any");
    VT_CHECK_SAYING(says(output, "keys are being changed"), "%s", output);
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "ledger", "rotate-key", "--dir", path("old"), "--finish"));
    (void)go_on(0, NEW, "any");
    output = go_on(1, NEW "/b", "any");
    VT_CHECK_SAYING(says(output, "goes on as " NEW " already"), "%s", output);
    /* The same name, but a folder that holds something else, or another key. */
    (void)vt_test_run(0, VT_ARGV("mv", path("new"), path("kept")));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("new"),
                                 "--origin", NEW, "--key", path("new.key")));
    output = go_on(1, NEW, "any");
    VT_CHECK_SAYING(says(output, "does not continue " OLD), "%s", output);
    (void)vt_test_run(0, VT_ARGV("rm", "-r", path("new")));
    write_key("new.key", 64);
    output = go_on(1, NEW, "any");
    VT_CHECK_SAYING(says(output, "with another key already"), "%s", output);
}

/* What a log that continues another one takes first. */
static void first_entries(void)
{
    struct vt_small_log old = vt_small_log_of(OLD, 61), stranger = vt_small_log_of(OLD, 63);
    struct vt_small_log elsewhere = vt_small_log_of("log.example.org/other", 61);
    struct vt_env env = vt_env_real();
    struct vt_ledger_options options = { .env = &env };
    struct vt_ledger_config config = { .origin = VT_LIT(NEW), .key = VT_LIT("key") };
    struct vt_error err = { 0 };
    VT_AUTO_LEDGER ledger = NULL;
    vt_ticket ticket;

    config.vkey = vt_slice_from_cstr(new_vkey());
    config.predecessor = vt_slice_from_cstr(vt_small_log_vkey(&old));
    VT_CHECK_OK(vt_ledger_init(path("new"), &config, &options, &err));
    VT_CHECK_OK(vt_ledger_open(path("new"), &options, &ledger, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_ledger_submit(ledger, VT_LIT("something"), &ticket, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_ledger_submit(ledger, vt_small_log_note(&stranger, 9),
                                                  &ticket, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_ledger_submit(ledger, vt_small_log_note(&elsewhere, 9),
                                                  &ticket, &err));
    VT_CHECK_OK(vt_ledger_submit(ledger, vt_small_log_note(&old, 9), &ticket, &err));
    VT_CHECK(ticket.index == 0);
    VT_CHECK_OK(vt_ledger_submit(ledger, VT_LIT("something"), &ticket, &err));
    VT_CHECK_OK(vt_ledger_wait(ledger, ticket, NULL, &err));
    VT_CHECK(ticket.index == 1);
}

static const struct vt_case cases[] = {
    { "the way it goes", the_way_it_goes },
    { "served for ever", served_for_ever },
    { "public entries", public_entries },
    { "interrupted", interrupted },
    { "wrong ways", wrong_ways },
    { "first entries", first_entries },
    { "witnesses that are missing", witnesses_that_are_missing },
};

VT_TEST_MAIN("cli.ledger_continue", cases)
