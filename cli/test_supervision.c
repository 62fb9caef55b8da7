/* Promises, findings, requests and denials on a real ledger with real witnesses, judged by
 * a trust root: what is late, what is missing and what was refused is shown by one command
 * each, to whoever has the folder, a copy of it, or the URL. */
#include "ledger/tile.h"
#include "ledger/tlog_proof.h"
#include "tests/running.h"
#include "tests/supervised.h"
#include "tests/world.h"

enum { DAY_S = 86400 };

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static const char *at_day(int day)
{
    return vt_world_time(time(NULL) + (int64_t)day * DAY_S);
}

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "no '%s' in: %s", words, output)
#define MUST_NOT_SAY(output, words)                                                        \
    VT_CHECK_SAYING(strstr(output, words) == NULL, "'%s' in: %s", words, output)

static struct vt_supervised stand;

static void lay_out(void)
{
    vt_supervised_start(&stand);
}

static void take_down(void)
{
    vt_supervised_stop(&stand);
}

/* A verb that says something: its own words, then where and by whom. */
#define SAY(key, ...)                                                                      \
    VT_ARGV("vitrine", __VA_ARGS__, "--ledger", path("log"), "--trust",                    \
            path("trust.json"), "--key", path(key))
#define ASK(place, ...)                                                                    \
    VT_ARGV("vitrine", __VA_ARGS__, "--ledger", place, "--trust", path("trust.json"))

/* ---- promises ---------------------------------------------------------------------------
 */

static void promise(const char *id, const char *key, int day)
{
    MUST_SAY(vt_test_run(0, SAY(key, "promise", "make", id, "--what",
                                "files of Germany lie in Zurich", "--due", at_day(day),
                                "--words", "the auditor's report", "--country", "DE",
                                "--class", "file")),
             "promised: entry");
}

static void a_clock_moved(void)
{
    const char *shown;

    lay_out();
    promise("swiss-files", "vendor", 30);
    promise("open-source", "foundation", 60);
    shown = vt_test_run(0, ASK(path("log"), "promise", "list"));
    MUST_SAY(shown, "2 promises, 0 late");
    MUST_SAY(vt_test_run(0, ASK(path("log"), "promise", "check")), "0 late");
    /* Nobody does anything. */
    shown = vt_test_run(1, ASK(path("log"), "promise", "check", "--at", at_day(31)));
    MUST_SAY(shown, "late          24 h");
    MUST_SAY(shown, "swiss-files");
    MUST_SAY(shown, "2 promises, 1 late");
    MUST_NOT_SAY(shown, "open-source");
    shown = vt_test_run(0, ASK(path("log"), "promise", "list", "--at", at_day(61)));
    VT_CHECK(strstr(shown, "swiss-files") < strstr(shown, "open-source")); /* late longer */
    shown =
        vt_test_run(1, ASK(path("log"), "promise", "check", "--at", at_day(31), "--json"));
    MUST_SAY(shown, "\"ok\":false");
    MUST_SAY(shown, "\"state\":\"late\"");
    /* Before it was promised nothing is. */
    MUST_SAY(vt_test_run(0, ASK(path("log"), "promise", "list", "--at", at_day(-2))),
             "0 promises");
    take_down();
}

static void moved_and_kept(void)
{
    const char *shown;

    lay_out();
    promise("swiss-files", "vendor", 30);
    MUST_SAY(vt_test_run(1, SAY("foundation", "promise", "move", "swiss-files", "--due",
                                at_day(90))),
             "somebody else signed it");
    MUST_SAY(vt_test_run(
                 0, SAY("vendor", "promise", "move", "swiss-files", "--due", at_day(60))),
             "moved: entry 2");
    shown = vt_test_run(0, ASK(path("log"), "promise", "list", "--at", at_day(31)));
    MUST_SAY(shown, "(first promised for ");
    MUST_SAY(shown, "moved 1 time)");
    vt_test_write(path("report"), VT_LIT("the auditor saw it\n"));
    MUST_SAY(vt_test_run(1, SAY("vendor", "promise", "keep", "swiss-files", "--document",
                                path("report"))),
             "said by a supervisor or the foundation");
    MUST_SAY(vt_test_run(0, SAY("supervisor", "promise", "keep", "swiss-files",
                                "--document", path("report"))),
             "kept: entry 3");
    MUST_SAY(vt_test_run(1, SAY("supervisor", "promise", "keep", "swiss-files",
                                "--document", path("report"))),
             "kept before");
    shown = vt_test_run(
        0, ASK(path("log"), "promise", "show", "swiss-files", "--at", at_day(90)));
    MUST_SAY(shown, "swiss-files: kept\n");
    MUST_SAY(shown, "by Watch");
    (void)vt_test_run(0, ASK(path("log"), "promise", "check", "--at", at_day(90)));
    take_down();
}

/* The evidence is a statement on the ledger: anybody may point at it, with its proof. */
static void kept_by_a_statement(void)
{
    const char *shown;

    lay_out();
    (void)vt_test_run(0, SAY("vendor", "promise", "make", "answer", "--what",
                             "every request of 2026 gets an answer", "--due", at_day(30),
                             "--words", "the foundation's statement", "--type",
                             "government-request", "--role", "foundation"));
    (void)vt_test_run(0, SAY("foundation", "request", "issue", "--country", "DE", "--kind",
                             "data", "--out", path("issued")));
    (void)vt_test_run(0,
                      SAY("supervisor", "denial", "record", "--of", "Acme", "--asked",
                          "the log", "--asked-at", at_day(-3), "--out", path("refused")));
    MUST_SAY(vt_test_run(1, SAY("vendor", "promise", "keep", "answer", "--entry",
                                path("refused"), "--proof", path("refused.tlog-proof"))),
             "another type");
    MUST_SAY(vt_test_run(1, SAY("vendor", "promise", "keep", "answer", "--entry",
                                path("refused"), "--proof", path("issued.tlog-proof"))),
             "its proof");
    MUST_SAY(vt_test_run(0, SAY("vendor", "promise", "keep", "answer", "--entry",
                                path("issued"), "--proof", path("issued.tlog-proof"))),
             "kept: entry 4");
    shown = vt_test_run(0, ASK(path("log"), "promise", "list", "--at", at_day(400)));
    MUST_SAY(shown, "kept          -");
    MUST_SAY(shown, "1 promise, 0 late");
    take_down();
}

/* ---- findings ---------------------------------------------------------------------------
 */

static void open_finding(const char *embargo_day)
{
    vt_test_write(path("text"), VT_LIT("any rule can be made to collect\nas follows\n"));
    vt_test_write(path("lamp.bin"), VT_LIT("bytes\n"));
    MUST_SAY(vt_test_run(0, SAY("reviewer", "finding", "open", "f-1", "--text",
                                path("text"), "--severity", "high", "--owner", "Acme",
                                "--due", at_day(30), "--file", path("lamp.bin"),
                                "--embargo", embargo_day, "--opening", path("opening"))),
             "opened: entry 1");
}

static void late_under_embargo(void)
{
    const char *shown;

    lay_out();
    open_finding(at_day(60));
    MUST_SAY(vt_test_run(0, ASK(path("log"), "finding", "check")), "0 late, 0 withheld");
    shown = vt_test_run(1, ASK(path("log"), "finding", "check", "--at", at_day(32)));
    MUST_SAY(shown, "f-1");
    MUST_SAY(shown, "Acme");
    MUST_SAY(shown, "2 d");
    MUST_SAY(shown, "(under embargo until ");
    MUST_NOT_SAY(shown, "collect");
    /* Not a byte of the text, nor the file's name, is on the ledger. */
    shown = vt_test_run(0, ASK(path("log"), "finding", "show", "f-1", "--json"));
    MUST_NOT_SAY(shown, "collect");
    MUST_NOT_SAY(shown, "lamp");
    MUST_SAY(vt_test_run(1, ASK(path("log"), "finding", "check", "--at", at_day(61))),
             "1 withheld");
    take_down();
}

static void owner_and_finder(void)
{
    const char *shown;

    lay_out();
    open_finding(at_day(60));
    MUST_SAY(vt_test_run(1, SAY("vendor", "finding", "update", "f-1", "--due", at_day(90))),
             "the owner changes the state, and nothing else");
    MUST_SAY(vt_test_run(1, SAY("vendor", "finding", "update", "f-1", "--state", "fixed")),
             "name the evidence");
    (void)vt_test_run(0, SAY("vendor", "finding", "update", "f-1", "--state", "accepted",
                             "--note", "we are at it"));
    (void)vt_test_run(0,
                      SAY("supervisor", "finding", "update", "f-1", "--due", at_day(40)));
    (void)vt_test_run(0, SAY("vendor", "finding", "update", "f-1", "--state", "fixed",
                             "--evidence", vt_world_digest("the fix")));
    MUST_SAY(vt_test_run(0, ASK(path("log"), "finding", "check", "--at", at_day(50))),
             "1 finding, 0 late");
    MUST_SAY(vt_test_run(0, SAY("reviewer", "finding", "reveal", "f-1", "--opening",
                                path("opening"))),
             "revealed");
    shown = vt_test_run(0, ASK(path("log"), "finding", "show", "f-1"));
    MUST_SAY(shown, "f-1: fixed\n");
    MUST_SAY(shown, "\"we are at it\"");
    MUST_SAY(shown, "any rule can be made to collect");
    MUST_SAY(shown, vt_world_digest("the fix"));
    MUST_SAY(vt_test_run(1, SAY("vendor", "finding", "open", "f-2", "--text", path("text"),
                                "--severity", "low", "--owner", "Acme", "--due", at_day(30),
                                "--file", path("lamp.bin"))),
             "a vendor opens no finding");
    take_down();
}

/* ---- requests ---------------------------------------------------------------------------
 */

/* A number that somebody left out, past the verb that would not. */
static void issue_past_the_verb(uint64_t number)
{
    json_t *predicate =
        json_pack("{s:I,s:s,s:s,s:s,s:s,s:[],s:s}", "number", (json_int_t)number, "country",
                  "FR", "kind", "data", "received", at_day(0), "state", "received", "given",
                  "created", at_day(0));

    vt_test_write(path("forged"),
                  vt_world_about_itself(VT_REQUEST, predicate, VT_BIT(VT_P_FOUNDATION)));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"),
                                 "--trust", path("trust.json"), path("forged")));
}

static void a_missing_number(void)
{
    const char *shown;

    lay_out();
    MUST_SAY(vt_test_run(0, SAY("foundation", "request", "issue", "--country", "DE",
                                "--kind", "data")),
             "request 1 issued: entry 1");
    MUST_SAY(vt_test_run(0, SAY("foundation", "request", "answer", "1", "--state",
                                "answered", "--given", "file=3", "--given", "account=1")),
             "answered");
    MUST_SAY(vt_test_run(0, ASK(path("log"), "request", "check")), "1 request, 0 gaps");
    issue_past_the_verb(4);
    shown = vt_test_run(1, ASK(path("log"), "request", "check"));
    MUST_SAY(shown, "     2  MISSING, to 3");
    MUST_SAY(shown, "2 requests, 1 gap");
    shown = vt_test_run(0, ASK(path("log"), "request", "list"));
    MUST_SAY(shown, "3 file, 1 account");
    MUST_SAY(shown, "MISSING");
    MUST_SAY(vt_test_run(1, ASK(path("log"), "request", "check", "--json")),
             "\"gaps\":[{\"first\":2,\"last\":3}]");
    MUST_SAY(vt_test_run(
                 1, SAY("vendor", "request", "issue", "--country", "DE", "--kind", "data")),
             "no role in the trust root that may sign");
    MUST_SAY(
        vt_test_run(1, SAY("foundation", "request", "answer", "9", "--state", "refused")),
        "was not issued");
    take_down();
}

static void a_number_given_twice(void)
{
    lay_out();
    (void)vt_test_run(
        0, SAY("foundation", "request", "issue", "--country", "DE", "--kind", "data"));
    issue_past_the_verb(1);
    MUST_SAY(vt_test_run(1, ASK(path("log"), "request", "check")),
             "number 1 is given twice");
    take_down();
}

/* ---- denials, and other places ----------------------------------------------------------
 */

static void a_denial(void)
{
    const char *shown;

    lay_out();
    MUST_SAY(vt_test_run(0, SAY("supervisor", "denial", "record", "--of", "Acme", "--asked",
                                "the build host's log of May", "--asked-at", at_day(-9),
                                "--refused-at", at_day(-2), "--reason", "a trade secret")),
             "recorded: entry 1");
    shown = vt_test_run(0, ASK(path("log"), "denial", "list"));
    MUST_SAY(shown, "Acme refused Watch: the build host's log of May (reason: a trade "
                    "secret; asked on ");
    MUST_SAY(vt_test_run(0, ASK(path("log"), "denial", "list", "--json")),
             "\"of\":\"Acme\"");
    MUST_SAY(vt_test_run(1, SAY("vendor", "denial", "record", "--of", "Watch", "--asked",
                                "x", "--asked-at", at_day(-9))),
             "no role in the trust root");
    take_down();
}

/* A statement made past the verb, whose reason would like to be a row of its own. */
static void words_that_pose_as_rows(void)
{
    json_t *predicate =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "of", "Acme", "asked", "the log", "asked_at",
                  at_day(-2), "refused_at", at_day(-1), "reason",
                  "a secret\n2020-01-01  Acme refused nobody", "created", at_day(0));
    const char *shown;

    lay_out();
    vt_test_write(path("denial"),
                  vt_world_about_itself(VT_DENIAL, predicate, VT_BIT(VT_P_SUPERVISOR)));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"),
                                 "--trust", path("trust.json"), path("denial")));
    shown = vt_test_run(0, ASK(path("log"), "denial", "list"));
    MUST_SAY(shown, "a secret 2020-01-01  Acme refused nobody");
    MUST_NOT_SAY(shown, "\n2020");
    take_down();
}

/* The same answer from a checked copy and from a URL; and none from a log of somebody else,
 * from one whose witnesses are too few, from one that leaves an entry out. */
static void other_places(void)
{
    struct vt_running served;

    lay_out();
    promise("swiss-files", "vendor", 30);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "mirror", "--dir", path("copy"),
                                 "--from", path("log"), "--policy", path("policy")));
    MUST_SAY(vt_test_run(1, ASK(path("copy"), "promise", "check", "--at", at_day(31))),
             "1 late");
    served = vt_test_start("serve.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                                path("log"), "--port", "0"));
    MUST_SAY(vt_test_run(1, ASK(served.url, "promise", "check", "--at", at_day(31))),
             "1 late");
    MUST_SAY(vt_test_run(2, VT_ARGV("vitrine", "promise", "move", "swiss-files", "--due",
                                    at_day(60), "--ledger", served.url, "--trust",
                                    path("trust.json"), "--key", path("vendor"))),
             "--sign-only");
    /* Signed here, logged by whoever has the ledger. */
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "promise", "move", "swiss-files", "--due",
                                    at_day(60), "--ledger", served.url, "--trust",
                                    path("trust.json"), "--key", path("vendor"),
                                    "--sign-only", "--out", path("moved"))),
             "not logged");
    vt_test_stop(&served, 0);
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", "--dir", path("log"),
                                 "--trust", path("trust.json"), path("moved")));
    MUST_SAY(vt_test_run(0, ASK(path("log"), "promise", "check", "--at", at_day(31))),
             "0 late");
    /* The copy is what it was: nobody told it. */
    (void)vt_test_run(0, ASK(path("copy"), "promise", "list", "--max-age", "1h"));
    MUST_SAY(vt_test_run(1, ASK(path("copy"), "promise", "check", "--at", at_day(31))),
             "by the ledger's 2 entries, seen by the witnesses at ");
    take_down();
}

/* An old copy, from before a week. */
static void an_old_copy(void)
{
    struct vt_world world = vt_world_good();
    int64_t then = time(NULL) - 7 * DAY_S;
    vt_slice entry = VT_LIT("{\"about\":\"something else\"}");
    struct vt_world_place place = { VT_WORLD_ORIGIN, VT_P_LOG, 0, 1, 7, then };
    VT_AUTO_BUF bundle = vt_buf_init(VT_KIB(1));
    struct vt_tlog_proof proof;
    struct vt_error err = { 0 };

    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    vt_test_write(path("trust.json"), vt_world_trust(&world));
    VT_CHECK_OK(vt_tlog_proof_parse(vt_world_prove_at(&place, entry), &proof, &err));
    (void)vt_test_run(0, VT_ARGV("mkdir", "-p", path("old/tile/entries/000.p")));
    vt_test_write(path("old/checkpoint"), proof.checkpoint);
    vt_bundle_put(&bundle, entry);
    vt_test_write(path("old/tile/entries/000.p/1"), vt_buf_slice(&bundle));
    (void)vt_test_run(0, ASK(path("old"), "request", "check", "--max-age", "8d"));
    MUST_SAY(vt_test_run(1, ASK(path("old"), "request", "check", "--max-age", "6d")),
             "longer ago than --max-age allows");
}

static void what_is_not_believed(void)
{
    vt_slice note, bundle;
    const uint8_t *last_line;

    lay_out();
    promise("swiss-files", "vendor", 30);
    note = vt_test_read(path("log/checkpoint"));
    /* Two lines of witnesses less: no quorum. */
    last_line = note.data + note.len - 1;
    for (int lines = 0; lines < 2; lines++)
        last_line = memrchr(note.data, '\n', (size_t)(last_line - note.data));
    vt_test_write(path("log/checkpoint"),
                  vt_slice_sub(note, 0, (size_t)(last_line - note.data) + 1));
    (void)vt_test_run(1, ASK(path("log"), "promise", "list"));
    vt_test_write(path("log/checkpoint"), note);
    (void)vt_test_run(0, ASK(path("log"), "promise", "list")); /* the twin */
    /* The first entry again in the place of the promise. */
    bundle = vt_test_read(path("log/tile/entries/000.p/2"));
    {
        size_t first = 2 + ((size_t)bundle.data[0] << 8) + bundle.data[1];
        VT_AUTO_BUF other = vt_buf_init(VT_KIB(64));

        vt_buf_put(&other, vt_slice_sub(bundle, 0, first));
        vt_buf_put(&other, vt_slice_sub(bundle, 0, first));
        vt_test_write(path("log/tile/entries/000.p/2"), vt_buf_slice(&other));
    }
    MUST_SAY(vt_test_run(1, ASK(path("log"), "promise", "list")),
             "an entry was changed, or left out");
    take_down();
}

static const struct vt_case cases[] = {
    { "a clock moved past a promise's date", a_clock_moved },
    { "moved, and kept", moved_and_kept },
    { "kept by a statement", kept_by_a_statement },
    { "a finding late under embargo", late_under_embargo },
    { "owner and finder", owner_and_finder },
    { "a missing number", a_missing_number },
    { "a number given twice", a_number_given_twice },
    { "a denial", a_denial },
    { "words that pose as rows", words_that_pose_as_rows },
    { "copies and URLs", other_places },
    { "an old copy", an_old_copy },
    { "what is not believed", what_is_not_believed },
};

VT_TEST_MAIN("cli.supervision", cases)
