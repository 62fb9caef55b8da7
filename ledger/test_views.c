/* What witnesses have seen, as the monitor holds it against what the log shows. */
#include "crypto/verify_note.h"
#include "ledger/monitor.h"
#include "tests/own_log.h"
#include "tests/running.h"
#include "tests/small_log.h"
#include "wire/hex.h"

#define ORIGIN "ledger.example/views"

enum { SEED = 43, W1 = 61, W2 = 62, THEN = 2000000, BOUND = 600 };

/* In the case's folder. */
static const char *sh(int exit_code_wanted, const char *command)
{
    return vt_test_run(
        exit_code_wanted,
        VT_ARGV("sh", "-c", "cd \"$0\" && eval \"$1\"", vt_test_dir(),
                vt_test_print("vitrine() { %s \"$@\"; }; %s", vt_test_vitrine(), command)));
}

/* ---- a log with a state for each checkpoint that somebody may be shown ------------------
 */

/* Grow, publish, and keep the whole folder as it is then. */
static void grow(struct vt_own_log *log, uint64_t size, const char *keep_as)
{
    vt_own_log_grow(log, size);
    vt_own_log_publish(log);
    (void)vt_test_run(0, VT_ARGV("cp", "-r", log->dir, vt_test_path(keep_as)));
}

static void add(struct vt_own_log *log, const char *text)
{
    struct vt_error err = { 0 };
    vt_ticket ticket;

    VT_CHECK_OK(vt_ledger_submit(log->ledger, vt_slice_from_cstr(text), &ticket, &err));
    VT_CHECK_OK(vt_ledger_wait(log->ledger, ticket, NULL, &err));
}

/* true-30, true-50, true-80: one history; other-50, other-90: another after 20 entries. */
static const char *make_histories(void)
{
    struct vt_own_log one, other;

    vt_own_log_make(&one, "one", ORIGIN, SEED);
    grow(&one, 30, "true-30");
    grow(&one, 50, "true-50");
    grow(&one, 80, "true-80");
    vt_own_log_close(&one);
    vt_own_log_make(&other, "other", ORIGIN, SEED);
    vt_own_log_grow(&other, 20);
    add(&other, "another story");
    grow(&other, 50, "other-50");
    grow(&other, 90, "other-90");
    vt_own_log_close(&other);
    return one.vkey;
}

/* The log shows this state from now on. */
static void log_shows(const char *state)
{
    (void)sh(0, vt_test_print("rm -rf log && cp -r %s log%s", state, ""));
}

static const char *origin_hex(void)
{
    vt_hash id = vt_sha256_of(VT_LIT(ORIGIN));
    char hex[VT_HEX256_BYTES];

    vt_hash_text(&id, hex);
    return vt_test_print("%s", hex);
}

/* The witness shows the checkpoint of this state, cosigned then; its key may be another's.
 */
static void witness_shows(const char *name, uint8_t seed, const char *state, int64_t time_s)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };
    struct vt_key *key = vt_test_key(seed);
    vt_slice note = vt_test_read(vt_test_path(vt_test_print("%s/checkpoint%s", state, "")));
    struct vt_note parsed;

    vt_buf_put(&text, note);
    VT_CHECK_OK(vt_note_parse(note, &parsed, &err));
    VT_CHECK_OK(vt_note_cosign(key, VT_LIT("w.example"), time_s, parsed.text, &text, &err));
    (void)sh(0, vt_test_print("mkdir -p %s/%s", name, origin_hex()));
    vt_test_write(vt_test_path(vt_test_print("%s/%s/checkpoint", name, origin_hex())),
                  vt_buf_slice(&text));
    vt_key_close(key);
}

/* ---- a monitor of it --------------------------------------------------------------------
 */

struct scene {
    struct vt_policy policy;
    const char *prefixes[VT_POLICY_WITNESSES_MAX];
    char said[2000];
    char why[300]; /* the log is not well, though nothing new was said */
    const vt_monitor_look *looks;
    size_t looked; /* well */
    struct vt_monitor_report report;
};

static int64_t clock_s;

static int64_t stopped_clock(void *context)
{
    (void)context;
    return clock_s * 1000;
}

static void note_finding(void *context, const struct vt_monitor_finding *finding)
{
    struct scene *s = context;
    size_t len = strlen(s->said);

    (void)snprintf(s->said + len, sizeof s->said - len, "%s: %s\n", finding->kind,
                   finding->what);
}

static void note_why(void *context, const char *origin, const char *why)
{
    struct scene *s = context;

    (void)origin;
    (void)snprintf(s->why, sizeof s->why, "%s", why);
}

static struct scene *begin(void)
{
    struct scene *s = vt_arena_alloc(vt_test_arena(), sizeof *s);
    struct vt_error err = { 0 };
    const char *vkey = make_histories();

    VT_CHECK_OK(vt_policy_parse(
        vt_slice_from_cstr(
            vt_test_print("log %s %s\nwitness one %s %s\nwitness two %s %s\nquorum none\n",
                          vkey, vt_test_path("log"),
                          vt_test_vkey("w.example", VT_NOTE_COSIGNATURE, vt_test_key(W1)),
                          vt_test_path("w1"),
                          vt_test_vkey("w.example", VT_NOTE_COSIGNATURE, vt_test_key(W2)),
                          vt_test_path("w2"))),
        &s->policy, &err));
    for (size_t i = 0; i < 2; i++)
        s->prefixes[i] = vt_arena_cstr(vt_test_arena(), s->policy.witnesses[i].url);
    clock_s = THEN;
    (void)sh(0, vt_test_print("mkdir -p w1/%s w2/%s", origin_hex(), origin_hex()));
    vt_test_write(vt_test_path("vkey"), vt_slice_from_cstr(vkey));
    return s;
}

static bool make_round(struct scene *s, struct vt_error *err)
{
    static const struct vt_watch nothing = { .key_count = 0 };
    struct vt_env env = { .now_unix_ms = stopped_clock };
    struct vt_monitor_options options = { .dir = vt_test_path("m"),
                                          .env = &env,
                                          .policy = &s->policy,
                                          .watch = &nothing,
                                          .prefixes = s->prefixes,
                                          .withheld_s = BOUND,
                                          .look_further = s->looks,
                                          .unwell = note_why,
                                          .found = note_finding,
                                          .context = s };

    s->said[0] = s->why[0] = '\0';
    return vt_monitor_round(&options, &s->report, err);
}

/* What a round says. */
static const char *look(struct scene *s)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(make_round(s, &err));
    return s->said;
}

static void must_say(struct scene *s, const char *wanted)
{
    const char *said = look(s);

    VT_CHECK_SAYING(strcmp(said, wanted) == 0, "wanted [%s], said [%s]", wanted, said);
}

/* It is proved to others: `vitrine ledger fork` takes each proof that lies here. */
static void check_proofs(size_t count)
{
    const char *said = sh(0, "for f in m/logs/*/forks/*.json; do "
                             "vitrine ledger fork $f --vkey \"$(cat vkey)\" || exit 9; "
                             "done; ls m/logs/*/forks | wc -l");

    VT_CHECK_SAYING(strstr(said, vt_test_print("\n%zu\n", count)) != NULL, "%s", said);
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void views_that_agree(void)
{
    struct scene *s = begin();

    log_shows("true-50");
    must_say(s, ""); /* no witness knows the log: nothing to hold against it */
    witness_shows("w1", W1, "true-50", THEN);
    must_say(s, "");
    witness_shows("w2", W2, "true-30", THEN - 5000); /* an older state is no fault */
    must_say(s, "");
    VT_CHECK(s->report.logs_well == 1);
}

static void what_is_withheld(void)
{
    struct scene *s = begin();

    log_shows("true-30");
    witness_shows("w1", W1, "true-50", THEN);
    must_say(s, "");
    VT_CHECK(s->report.logs_well == 1); /* the log may be about to show it */
    clock_s = THEN + BOUND;
    must_say(s, "");
    witness_shows("w1", W1, "true-80", THEN + BOUND); /* waiting goes on for the first */
    must_say(s, "");
    clock_s = THEN + BOUND + 1;
    must_say(s, "withheld: witness one cosigned 50 entries, and more than 600 s later it "
                "still shows us no more than 30\n");
    must_say(s, ""); /* told once */
    VT_CHECK(s->report.logs_well == 0);
    (void)sh(0,
             "rm w1/*/checkpoint"); /* nor does the silence of the witness make it well */
    must_say(s, "");
    VT_CHECK(s->report.logs_well == 0);
    log_shows("true-50"); /* at last; now the next one is waited for */
    must_say(s, "");
    VT_CHECK(s->report.logs_well == 1);
    clock_s = THEN + 2 * BOUND + 1;
    must_say(s, "withheld: witness one cosigned 80 entries, and more than 600 s later it "
                "still shows us no more than 50\n");
    log_shows("true-80");
    must_say(s, "");
    VT_CHECK(s->report.logs_well == 1);
}

/* A witness has an older tree than we hold, of another history. */
static void a_smaller_fork(void)
{
    struct scene *s = begin();

    log_shows("true-80");
    witness_shows("w2", W2, "other-50", THEN);
    must_say(s, "forked: it signed two histories, of 50 entries (witness two) and of 80 "
                "(this copy)\n");
    check_proofs(1);
    must_say(s, "");
    VT_CHECK(s->report.logs_well == 0);
}

/* It has a larger one, and only whoever serves the tiles of that one can prove it: here
 * the witness is a mirror too. */
static void a_larger_fork(void)
{
    struct scene *s = begin();

    log_shows("true-50");
    witness_shows("w2", W2, "other-90", THEN);
    must_say(s, "");
    (void)sh(0, vt_test_print("cp -r other-90/tile w2/%s/%s", origin_hex(), ""));
    must_say(s, "forked: it signed two histories, of 50 entries (this copy) and of 90 "
                "(witness two)\n");
    check_proofs(1);
}

/* Tiles that are not of the tree that was cosigned prove nothing. */
static void wrong_tiles_prove_nothing(void)
{
    struct scene *s = begin();

    log_shows("true-50");
    witness_shows("w2", W2, "other-90", THEN);
    (void)sh(0, vt_test_print("cp -r true-80/tile w2/%s/%s", origin_hex(), ""));
    (void)sh(0, vt_test_print("cp w2/%s/tile/000.p/80 w2/%s/tile/000.p/90 2>/dev/null || "
                              "(cd w2/*/tile/0/000.p && cat 80 80 | head -c 2880 >90)",
                              origin_hex(), origin_hex()));
    must_say(s, "");
    clock_s = THEN + BOUND + 1;
    must_say(s, "withheld: witness two cosigned 90 entries, and more than 600 s later it "
                "still shows us no more than 50\n");
}

/* The log is gone; its witnesses were told two stories. */
static void two_witnesses_two_histories(void)
{
    struct scene *s = begin();

    witness_shows("w1", W1, "true-50", THEN);
    witness_shows("w2", W2, "other-50", THEN);
    VT_CHECK(strstr(look(s), "forked: it signed two histories, of 50 entries (witness "
                             "one) and of 50 (witness two)\n") != NULL);
    VT_CHECK(strstr(s->said, "unreachable: ") != NULL);
    check_proofs(1);
}

/* One witness, and a story today and another tomorrow. */
static void one_witness_two_histories(void)
{
    struct scene *s = begin();

    log_shows("true-30");
    witness_shows("w1", W1, "true-50", THEN);
    must_say(s, "");
    witness_shows("w1", W1, "other-50", THEN + 1);
    must_say(s, "forked: it signed two histories, of 50 entries (witness one) and of 50 "
                "(witness one)\n");
    check_proofs(1);
}

static void a_witness_goes_back(void)
{
    struct scene *s = begin();

    log_shows("true-80");
    witness_shows("w1", W1, "true-80", THEN);
    must_say(s, "");
    witness_shows("w1", W1, "true-30", THEN);
    must_say(s, "behind: witness one shows 30 entries, but cosigned 80 before\n");
}

static void flip(const char *path)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(8));

    vt_buf_put(&bytes, vt_test_read(path));
    bytes.data[bytes.len - 20] ^= 1;
    vt_test_write(path, vt_buf_slice(&bytes));
}

/* What is not signed by both is no view. */
static void views_that_are_none(void)
{
    struct scene *s = begin();

    log_shows("true-80");
    witness_shows("w1", W2, "other-50", THEN); /* by the other witness only */
    VT_CHECK_SAYING(strstr(look(s), "refused: witness one: ") != NULL, "%s", s->said);
    witness_shows("w1", W1, "other-50", THEN);
    flip(vt_test_path(vt_test_print("w1/%s/checkpoint%s", origin_hex(), "")));
    VT_CHECK(strstr(look(s), "refused: witness one: ") != NULL);
    (void)sh(0, vt_test_print("rm -r m; cp true-80/checkpoint w1/%s/%s", origin_hex(), ""));
    VT_CHECK(strstr(look(s), "refused: witness one: ") != NULL);
    (void)sh(0, "rm -r w1");
    s->prefixes[0] = "http://127.0.0.1:1/";
    VT_CHECK(strstr(look(s), "unreachable: witness one: ") != NULL);
    VT_CHECK_SAYING(strstr(s->said, " ms") == NULL, "%s", s->said); /* each time others */
    VT_CHECK(s->report.findings == 1 && s->report.away == 1);
    VT_CHECK(s->report.logs_well == 1); /* no quorum is asked for, so none is missing */
    log_shows("true-30");
    must_say(s, "behind: it shows 30 entries, but signed 80 that are here\n");
    must_say(s, ""); /* and the reason is the log, not its witness */
    VT_CHECK_SAYING(strncmp(s->why, "behind: ", 8) == 0, "%s", s->why);
    log_shows("true-80");
    s->prefixes[0] = NULL;
    must_say(s, "");
    VT_CHECK(s->report.logs_well == 1);
}

/* A file of ours that was changed is our trouble, not the witness's. */
static void a_damaged_memory(void)
{
    struct scene *s = begin();

    log_shows("true-30");
    witness_shows("w1", W1, "true-50", THEN);
    must_say(s, "");
    (void)sh(0, "for f in m/views/*/*; do sed -i s/pending/Pending/ $f; done");
    VT_CHECK_SAYING(strncmp(look(s), "unfollowed: ", 12) == 0 &&
                        strstr(s->said, "views/") != NULL,
                    "%s", s->said);
    VT_CHECK(s->report.logs_well == 0);
}

static bool look_in_vain(void *context, struct vt_monitor *monitor, struct vt_error *err)
{
    (void)context;
    (void)monitor;
    return vt_fail(err, VT_REJECTED, "a copy that is damaged");
}

static bool look_without_disk(void *context, struct vt_monitor *monitor,
                              struct vt_error *err)
{
    (void)context;
    (void)monitor;
    return vt_fail(err, VT_IO, "a disk that is away");
}

static bool look_well(void *context, struct vt_monitor *monitor, struct vt_error *err)
{
    struct scene *s = context;

    (void)monitor;
    (void)err;
    s->looked++;
    return true;
}

/* What cannot be judged hides nothing of what is judged behind it. */
static void looks_are_apart(void)
{
    static const vt_monitor_look in_vain[] = { look_in_vain, look_well, NULL };
    static const vt_monitor_look without_disk[] = { look_without_disk, look_well, NULL };
    struct scene *s = begin();
    struct vt_error err = { 0 };

    log_shows("true-30");
    s->looks = in_vain;
    must_say(s, "unfollowed: a copy that is damaged\n");
    VT_CHECK(s->looked == 1 && s->report.logs_well == 0);
    s->looks = without_disk;
    VT_CHECK_FAILS(VT_IO, make_round(s, &err));
    VT_CHECK(s->looked == 2 && strcmp(err.message, "a disk that is away") == 0);
}

/* The log signs a size that is no number in JSON. */
static void a_size_beyond_all_numbers(void)
{
    struct scene *s = begin();
    struct vt_small_log log = vt_small_log_of(ORIGIN, SEED);
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8)), note = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    vt_buf_printf(&text, ORIGIN "\n18446744073709551615\n%s\n",
                  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    vt_buf_printf(&note, "%.*s\n", VT_SLICE_ARGS(vt_buf_slice(&text)));
    VT_CHECK_OK(vt_note_sign(log.key, VT_LIT(ORIGIN), vt_buf_slice(&text), &note, &err));
    (void)sh(0, "mkdir huge");
    vt_test_write(vt_test_path("huge/checkpoint"), vt_buf_slice(&note));
    vt_key_close(log.key);
    log_shows("true-30");
    witness_shows("w1", W1, "huge", THEN);
    must_say(s, "");
    must_say(s, ""); /* and it is read again */
    clock_s = THEN + BOUND + 1;
    must_say(s, "withheld: witness one cosigned 18446744073709551615 entries, and more "
                "than 600 s later it still shows us no more than 30\n");
    log_shows("huge");
    VT_CHECK_SAYING(strstr(look(s), "unreachable: ") != NULL, "%s", s->said);
}

/* ---- with real witnesses ----------------------------------------------------------------
 */

/* `vitrine witness serve` at the URL of the policy; a log that asks it and shows an older
 * copy of itself to the monitor. */
static void a_witness_that_serves(void)
{
    struct vt_running witness;
    const char *said;

    (void)sh(0, "vitrine key new --out log.key >/dev/null && "
                "vitrine key new --out w.key >/dev/null && "
                "vitrine witness init --dir w --name w.example/1 --key w.key >wv && "
                "vitrine ledger init --dir bare --origin " ORIGIN " --key log.key >lv && "
                "tail -1 lv >lvkey && tail -1 wv >wvkey && "
                "vitrine witness add-log --dir w --vkey \"$(cat lvkey)\"");
    witness = vt_test_start(
        "witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir", vt_test_path("w")));
    (void)sh(0, vt_test_print("echo \"witness one $(cat wvkey) %s%s\" >asked; "
                              "echo quorum one >>asked; "
                              "rm -r bare; vitrine ledger init --dir log --origin " ORIGIN
                              " --key log.key --policy asked >/dev/null && "
                              "echo a >a && echo b >b && vitrine ledger add --dir log a && "
                              "cp -r log older && vitrine ledger add --dir log b && "
                              "mv log newer && mv older log && "
                              "(echo \"log $(cat lvkey) $PWD/log\"; cat asked) >policy",
                              witness.url, ""));
    said = sh(0, "vitrine monitor run --dir m --policy policy"); /* cosigned just now */
    VT_CHECK_SAYING(strstr(said, "1 of 1 logs are well") != NULL, "%s", said);
    said = sh(1, "sleep 2; vitrine monitor run --dir m --policy policy --withheld 1s");
    VT_CHECK_SAYING(strstr(said, "withheld: " ORIGIN ": witness one cosigned 2 entries") !=
                        NULL,
                    "%s", said);
    (void)sh(0, "vitrine monitor run --dir n --policy policy --withheld 1s "
                "--monitoring one=");
    (void)sh(2, "vitrine monitor run --dir n --policy policy --monitoring one");
    (void)sh(2, "vitrine monitor run --dir n --policy policy --monitoring two=x");
    said = sh(0, "rm -r log; mv newer log; vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said, "1 of 1 logs are well, 1 new") != NULL, "%s", said);
    vt_test_stop(&witness, 0);
    /* Without it there is no quorum, and each round says so. */
    said = sh(1, "vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said, "unreachable: " ORIGIN ": witness one: ") != NULL, "%s",
                    said);
    said = sh(1, "vitrine monitor run --dir m --policy policy");
    VT_CHECK_SAYING(strstr(said, "not well: " ORIGIN ": the witnesses that answer") !=
                            NULL &&
                        strstr(said, "0 of 1 logs are well") != NULL,
                    "%s", said);
    /* With another one as good it is told, and the log is well. */
    (void)sh(0, "vitrine key new --out x.key >/dev/null && "
                "vitrine witness init --dir x --name w.example/2 --key x.key >xv && "
                "(cat policy; echo \"witness two $(tail -1 xv)\"; "
                "echo 'group any 1 one two'; echo quorum any) | "
                "sed '/^quorum one/d' >any");
    said = sh(0, "vitrine monitor run --dir k --policy any");
    VT_CHECK_SAYING(strstr(said, "unreachable: " ORIGIN ": witness one: ") != NULL &&
                        strstr(said, "1 of 1 logs are well") != NULL,
                    "%s", said);
}

static const struct vt_case cases[] = {
    { "views that agree", views_that_agree },
    { "what is withheld", what_is_withheld },
    { "a smaller fork", a_smaller_fork },
    { "a larger fork", a_larger_fork },
    { "wrong tiles prove nothing", wrong_tiles_prove_nothing },
    { "two witnesses, two histories", two_witnesses_two_histories },
    { "one witness, two histories", one_witness_two_histories },
    { "a witness goes back", a_witness_goes_back },
    { "views that are none", views_that_are_none },
    { "a damaged memory", a_damaged_memory },
    { "looks are apart", looks_are_apart },
    { "a size beyond all numbers", a_size_beyond_all_numbers },
    { "a witness that serves", a_witness_that_serves },
};

VT_TEST_MAIN("ledger.views", cases)
