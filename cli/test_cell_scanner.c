/* From a client's file to a verdict, every part of it real: cell, ledger with witnesses,
 * key agent, scanner, workers.  Each object is released once for each set of rules; what
 * was not agreed to is never scanned; whatever goes away is waited for. */
#include "tests/archives.h"
#include "tests/scanning_world.h"

#include <dirent.h>
#include <signal.h>

static struct vt_scanning_world w;

static const char *read_err(const char *name)
{
    return vt_arena_cstr(vt_test_arena(), vt_test_read(vt_test_path(name)));
}

#define MUST_SAY(said, words)                                                              \
    VT_CHECK_SAYING(strstr(said, words) != NULL, "wanted '%s' in: %s", words, said)

/* Of that object, by the rules `which`; it was released for them once. */
static void check_verdict(const vt_hash *object, size_t which, enum vt_scan_state state)
{
    struct vt_sample_verdict verdict;
    const char *outcome;
    char rules[65];

    VT_CHECK_SAYING(vt_scanning_verdict(&w, object, &verdict, &outcome), "no verdict");
    VT_CHECK_SAYING(verdict.state == state, "%s, wanted %s: %s",
                    vt_scan_state_name((enum vt_scan_state)verdict.state),
                    vt_scan_state_name(state), outcome);
    vt_hash_text(&w.rules[which], rules);
    VT_CHECK(vt_hash_equal(&verdict.rules, &w.rules[which]));
    MUST_SAY(outcome, rules); /* bound to rules, engine's version and limits */
    MUST_SAY(outcome, "\"engines\":[\"clamav ");
    MUST_SAY(outcome, "\"limits\":{");
    VT_CHECK(vt_scanning_releases(&w, object, &w.rules[which]) == 1);
}

/* What the agent opened is what the access ledger says, and all of it was counted. */
static void check_ledger(void)
{
    const char *copy = vt_test_path("copy");

    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "mirror", "--dir", copy, "--from",
                                 vt_served_custody_path(&w.custody, "log"), "--policy",
                                 vt_served_custody_path(&w.custody, "ledger-policy")));
    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "custody", "reconcile", "--openings",
                              vt_served_custody_path(&w.custody, "agent/holder/openings"),
                              "--copy", copy, "--origin", VT_CUSTODY_ORIGIN, "--trust",
                              vt_served_custody_path(&w.custody, "trust.json"),
                              "--enrolment", vt_test_path("enrolments/scanner.json"),
                              "--enrolment", vt_test_path("enrolments/agent.json")));
}

/* ---- the whole path ---------------------------------------------------------------------
 */

static vt_slice five_deep(void)
{
    vt_slice bytes = vt_test_eicar();

    for (unsigned i = 0; i < 5; i++)
        bytes = vt_test_archive("zip", "none", "inside", bytes);
    return bytes;
}

static void from_a_file_to_a_verdict(void)
{
    struct {
        const char *name;
        vt_slice bytes;
        enum vt_scan_state wanted;
        vt_hash object;
    } files[] = {
        { "eicar.com", vt_test_eicar(), VT_SCAN_MALICIOUS, { { 0 } } },
        { "five.zip", five_deep(), VT_SCAN_MALICIOUS, { { 0 } } },
        { "one.7z",
          vt_test_archive("7zip", "none", "e", vt_test_eicar()),
          VT_SCAN_MALICIOUS,
          { { 0 } } },
        { "one.cab", vt_test_cabinet(vt_test_eicar()), VT_SCAN_MALICIOUS, { { 0 } } },
        { "one.tar.zst",
          vt_test_archive("gnutar", "zstd", "e", vt_test_eicar()),
          VT_SCAN_MALICIOUS,
          { { 0 } } },
        { "letter.txt", VT_LIT("dear reader"), VT_SCAN_CLEAN, { { 0 } } },
        { "locked.zip",
          vt_test_archive_encrypted(VT_LIT("secret")),
          VT_SCAN_NOT_FULLY,
          { { 0 } } },
    };
    enum { FILES = sizeof files / sizeof files[0] };

    vt_scanning_world_make(&w, VT_SCANNING_EICAR, NULL);
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "cell", "scanner", "--config",
                                    vt_test_path("scanner.ini"), "--check")),
             "it would work");
    for (size_t i = 0; i < FILES; i++)
        files[i].object = vt_scanning_share_bytes(&w, files[i].name, files[i].bytes);
    vt_scanning_start_scanner(&w);
    VT_CHECK_SAYING(vt_scanning_wait(FILES), "%s", read_err("scanner.err"));
    VT_CHECK(vt_scanning_number("verdicts_total{state=\"malicious\"}") == 5 &&
             vt_scanning_number("waiting") == 0 &&
             vt_scanning_number("workers_started_total") >= 2);
    vt_scanning_world_stop(&w);
    MUST_SAY(read_err("scanner.err"), "5 malicious");
    for (size_t i = 0; i < FILES; i++)
        check_verdict(&files[i].object, 0, files[i].wanted);
    check_ledger();
}

/* ---- who never agreed -------------------------------------------------------------------
 */

static const char *custody_of(const char *name)
{
    return vt_served_custody_path(&w.custody, name);
}

static void order_to_erase(const char *header)
{
    vt_hash role = vt_custody_key_id(VT_C_ANALYST);
    char role_text[65], answer_to[VT_AGE_RECIPIENT_CHARS + 1];

    vt_hash_text(&role, role_text);
    vt_age_recipient_text(&w.custody.world.reader.recipient, answer_to);
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "custody", "request", "--out", vt_test_path("order"),
                   "--cell", VT_CUSTODY_CELL, "--ledger", VT_CUSTODY_ORIGIN, "--policy",
                   "3", "--role", "analyst", "--role-id", role_text, "--place", "Zurich",
                   "--jurisdiction", "CH", "--reason", "erasure", "--ticket", "T-1",
                   "--recipient", answer_to, "--key", custody_of("reader.key"), header));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "approve", vt_test_path("order"),
                                 "--key", custody_of("analyst.key")));
}

static const char *erase_at(int exit_code, const char *option, const char *door)
{
    char sealed_for[VT_AGE_RECIPIENT_CHARS + 1];

    vt_age_recipient_text(&vt_sharing_identity()->recipient, sealed_for);
    return vt_test_run(
        exit_code,
        VT_ARGV("vitrine", "custody", "erase", "--request", vt_test_path("order"),
                "--trust", custody_of("trust.json"), "--enrolment",
                custody_of("enrolled-5.json"), "--ledger", w.custody.ledger.url, "--agent",
                w.custody.agent.url, "--sealed-for", sealed_for, "--samples",
                w.sharing.samples, "--key", w.sharing.key, "--passphrase-file",
                vt_test_path("phrase"), "--out", vt_test_path("claim"), option, door));
}

/* By order, while the cell serves and its keeper has the store. */
static void erase_while_it_serves(const vt_hash *object)
{
    char name[VT_SAMPLE_PATH_BYTES];
    const char *header;

    vt_sample_header_path(object, name);
    header = vt_test_print("%s/%s", w.sharing.samples, name);
    order_to_erase(header);
    MUST_SAY(erase_at(3, "--keeper", vt_test_path("no-door")), "keeper");
    VT_CHECK(vt_path_exists(header) && !vt_path_exists(vt_test_path("claim")));
    MUST_SAY(erase_at(3, NULL, NULL), "--keeper is needed");
    VT_CHECK(vt_path_exists(header));
    MUST_SAY(erase_at(0, "--keeper", vt_test_path("door")),
             "1 taken out of the store; the claim is on the ledger");
    VT_CHECK(!vt_path_exists(header));
    MUST_SAY(erase_at(0, "--keeper", vt_test_path("door")), "0 taken out of the store");
}

static void what_was_not_agreed_to_is_never_scanned(void)
{
    struct vt_sample_verdict verdict;
    const char *outcome, *said;
    vt_hash taken_back, good, ordered;

    vt_scanning_world_make(&w, VT_SCANNING_EICAR, NULL);
    vt_test_write(vt_test_path("a.bin"), VT_LIT("not asked about"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "client", "consent", "submit", "off", "--home",
                                 vt_test_path("home")));
    MUST_SAY(vt_scanning_share(&w, 1, vt_test_path("a.bin")),
             "nobody has allowed this machine to submit");
    (void)vt_test_run(0, VT_ARGV("vitrine", "client", "consent", "submit", "on", "--home",
                                 vt_test_path("home")));
    said = vt_test_run(1, VT_ARGV("vitrine", "client", "share", vt_test_path("a.bin"),
                                  "--home", vt_test_path("home"), "--country", "FR",
                                  "--from", w.cell.url, "--to", w.cell.url, "--rule",
                                  VT_SHARING_RULE, "--yes"));
    MUST_SAY(said, "frankfurt");
    taken_back = vt_scanning_share_bytes(&w, "b.bin", VT_LIT("shared, and taken back"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "client", "withdraw", "--home",
                                 vt_test_path("home"), "--cell", "zurich", "--out",
                                 vt_test_path("withdrawal")));
    (void)vt_test_run(
        0, VT_ARGV("curl", "-s", "-f", "-X", "POST", "-H",
                   "Content-Type: application/vnd.vitrine.withdrawal+json", "--data-binary",
                   vt_test_print("@%s", vt_test_path("withdrawal")), "-o",
                   vt_test_path("answer"), vt_test_print("%s/withdrawal", w.cell.url)));
    (void)usleep(1100000); /* a wish must be newer than the withdrawal */
    (void)vt_test_run(0, VT_ARGV("vitrine", "client", "consent", "submit", "on", "--home",
                                 vt_test_path("home")));
    good = vt_scanning_share_bytes(&w, "c.bin", VT_LIT("shared again"));
    vt_scanning_start_scanner(&w);
    VT_CHECK_SAYING(vt_scanning_wait(1), "%s", read_err("scanner.err"));
    ordered = vt_scanning_share_bytes(&w, "d.bin", VT_LIT("shared, and ordered away"));
    VT_CHECK_SAYING(vt_scanning_wait(2), "%s", read_err("scanner.err"));
    erase_while_it_serves(&ordered);
    (void)vt_scanning_share_bytes(&w, "e.bin", VT_LIT("the cell serves on"));
    VT_CHECK_SAYING(vt_scanning_wait(3), "%s", read_err("scanner.err"));
    vt_scanning_world_stop(&w);
    VT_CHECK(!vt_scanning_verdict(&w, &ordered, &verdict, &outcome));
    VT_CHECK(!vt_scanning_verdict(&w, &taken_back, &verdict, &outcome));
    VT_CHECK(vt_scanning_releases(&w, &taken_back, &w.rules[0]) == 0);
    check_verdict(&good, 0, VT_SCAN_CLEAN);
    VT_CHECK(vt_scanning_number("verdicts_total{state=\"clean\"}") == 3);
}

/* ---- what changes, and what goes away ---------------------------------------------------
 */

static bool has_reloaded(void *context)
{
    (void)context;
    return vt_scanning_number("reloads_total") >= 1;
}

static bool was_refused(void *context)
{
    (void)context;
    return vt_scanning_number("refused_total") >= 1;
}

/* Other rules: another release, once the policy publishes them; bad ones are not used. */
static void other_rules_scan_again(void)
{
    vt_hash object;

    vt_scanning_world_make(&w, VT_SCANNING_EICAR,
                           VT_SCANNING_EICAR
                           "b1946ac92492d2347c6235b4d2611184:6:Test.Hello\n");
    object = vt_scanning_share_bytes(&w, "hello", VT_LIT("hello\n"));
    vt_scanning_start_scanner(&w);
    VT_CHECK_SAYING(vt_scanning_wait(1), "%s", read_err("scanner.err"));
    vt_test_write(vt_test_path("clamav/bad.hdb"), VT_LIT("nonsense:\n"));
    VT_CHECK(kill(w.scanner.pid, SIGHUP) == 0);
    (void)usleep(300000);
    VT_CHECK(unlink(vt_test_path("clamav/bad.hdb")) == 0);
    vt_scanning_use(&w, 1);
    VT_CHECK_SAYING(vt_test_wait_until(has_reloaded, NULL) && vt_scanning_wait(2), "%s",
                    read_err("scanner.err"));
    vt_scanning_world_stop(&w);
    VT_CHECK(vt_scanning_releases(&w, &object, &w.rules[0]) == 1);
    check_verdict(&object, 1, VT_SCAN_MALICIOUS);
    check_ledger();
}

/* Rules that the supervisor did not publish open nothing; when he does, it goes on. */
static void rules_that_are_not_published(void)
{
    vt_hash object;

    vt_scanning_world_make(&w, VT_SCANNING_EICAR,
                           VT_SCANNING_EICAR
                           "b1946ac92492d2347c6235b4d2611184:6:Test.Hello\n");
    vt_served_custody_sign(&w.custody, vt_scanning_policy(&w, 4, 1));
    vt_test_stop(&w.custody.agent, 0);
    (void)vt_test_run(0, VT_ARGV("vitrine", "keyagent", "update", "--dir",
                                 vt_served_custody_path(&w.custody, "agent"), "--policy",
                                 vt_served_custody_path(&w.custody, "policy.json")));
    vt_served_custody_start_agent(&w.custody);
    vt_scanning_use(&w, 1);
    object = vt_scanning_share_bytes(&w, "hello", VT_LIT("hello\n"));
    vt_scanning_start_scanner(&w);
    VT_CHECK(vt_test_wait_until(was_refused, NULL));
    vt_scanning_use(&w, 0);
    VT_CHECK_SAYING(vt_scanning_wait(1), "%s", read_err("scanner.err"));
    vt_scanning_world_stop(&w);
    MUST_SAY(read_err("scanner.err"), "the key agent refuses");
    VT_CHECK(vt_scanning_releases(&w, &object, &w.rules[1]) == 0);
    check_verdict(&object, 0, VT_SCAN_CLEAN);
}

static bool has_lost_keys(void *context)
{
    (void)context;
    return vt_scanning_number("failures_total{of=\"keys\"}") >= 1;
}

/* Ledger gone, agent gone, keeper killed: nothing is scanned, nothing is lost. */
static void what_goes_away_is_waited_for(void)
{
    vt_hash one, two;
    pid_t keeper;

    vt_scanning_world_make(&w, VT_SCANNING_EICAR, NULL);
    vt_scanning_start_scanner(&w);
    vt_test_stop(&w.custody.agent, 0);
    one = vt_scanning_share_bytes(&w, "one", VT_LIT("while the agent is away"));
    VT_CHECK_SAYING(vt_test_wait_until(has_lost_keys, NULL), "%s", read_err("scanner.err"));
    keeper = vt_test_role_of(&w.cell, "cell-keeper");
    VT_CHECK(keeper > 0 && kill(keeper, SIGKILL) == 0);
    vt_served_custody_start_agent(&w.custody);
    VT_CHECK_SAYING(vt_scanning_wait(1), "%s", read_err("scanner.err"));
    vt_test_kill(&w.scanner);
    two = vt_scanning_share_bytes(&w, "two", VT_LIT("while the scanner is dead"));
    vt_scanning_start_scanner(&w);
    VT_CHECK_SAYING(vt_scanning_wait(1), "%s", read_err("scanner.err"));
    vt_scanning_world_stop(&w);
    check_verdict(&one, 0, VT_SCAN_CLEAN);
    check_verdict(&two, 0, VT_SCAN_CLEAN);
    check_ledger();
}

/* ---- Debian's test files ----------------------------------------------------------------
 */

/* All 44 at once, from the client's command to the store, by a database of two hashes. */
static void every_test_file_of_clamav(void)
{
    static const char FOLDER[] = "/usr/share/clamav-testfiles";
    const char *argv[80] = { "vitrine", "client", "share" };
    struct dirent **entries = NULL;
    int found = scandir(FOLDER, &entries, NULL, alphasort);
    size_t count = 3;

    if (found < 0)
        vt_test_skip("clamav-testfiles is not installed");
    VT_CHECK_SAYING(found == 46, "%s: %d files, not 44", FOLDER, found - 2);
    vt_scanning_world_make(
        &w, VT_SCANNING_EICAR "aa15bcf478d165efd2065190eb473bcb:544:Test.ClamFile\n", NULL);
    for (int i = 0; i < found; i++) {
        if (entries[i]->d_name[0] != '.')
            argv[count++] = vt_test_print("%s/%s", FOLDER, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    memcpy(argv + count,
           VT_ARGV("--home", vt_test_path("home"), "--from", w.cell.url, "--to", w.cell.url,
                   "--rule", VT_SHARING_RULE, "--yes"),
           9 * sizeof argv[0]);
    (void)vt_test_run(0, argv);
    vt_scanning_start_scanner(&w);
    VT_CHECK_SAYING(vt_scanning_wait(44), "%s", read_err("scanner.err"));
    VT_CHECK_SAYING(vt_scanning_number("verdicts_total{state=\"malicious\"}") == 44, "%s",
                    read_err("scanner.err"));
    vt_scanning_world_stop(&w);
    check_ledger();
}

/* ---- settings ---------------------------------------------------------------------------
 */

static void change(const char *from, const char *to)
{
    const char *text = read_err("scanner.ini"), *at = strstr(text, from);

    VT_CHECK(at != NULL);
    vt_test_write(vt_test_path("changed.ini"),
                  vt_slice_from_cstr(vt_test_print("%.*s%s%s", (int)(at - text), text, to,
                                                   at + strlen(from))));
}

static void settings_are_checked(void)
{
    static const struct {
        const char *from, *to, *said;
        int wanted;
    } rows[] = {
        { "workers = 2", "workers = 0", "workers: '0' is no number from 1 to 64", 1 },
        { "workers = 2", "worker = 2", "there is no setting 'worker'", 1 },
        { "clamav = ", "# ", "set 'rules', 'clamav' or both", 1 },
        { "agent = http", "agent = gopher", "agent", 1 },
        { "enrolments = ", "enrolments = /nowhere", "/nowhere", 3 },
        { "role-key = ", "role-key = /nowhere", "/nowhere", 3 },
    };

    vt_scanning_world_make(&w, VT_SCANNING_EICAR, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        change(rows[i].from, rows[i].to);
        MUST_SAY(
            vt_test_run(rows[i].wanted, VT_ARGV("vitrine", "cell", "scanner", "--config",
                                                vt_test_path("changed.ini"), "--check")),
            rows[i].said);
    }
    VT_CHECK(unlink(vt_test_path("enrolments/scanner.json")) == 0);
    MUST_SAY(vt_test_run(1, VT_ARGV("vitrine", "cell", "scanner", "--config",
                                    vt_test_path("scanner.ini"), "--check")),
             "nobody enrolled this key as a scanner's");
    vt_scanning_world_stop(&w);
}

static const struct vt_case cases[] = {
    { "from a file to a verdict", from_a_file_to_a_verdict },
    { "what was not agreed to is never scanned", what_was_not_agreed_to_is_never_scanned },
    { "other rules scan again", other_rules_scan_again },
    { "rules that are not published", rules_that_are_not_published },
    { "what goes away is waited for", what_goes_away_is_waited_for },
    { "every test file of ClamAV", every_test_file_of_clamav },
    { "settings are checked", settings_are_checked },
};

VT_TEST_MAIN("cell_scanner", cases)
