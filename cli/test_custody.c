/* Reading on the record as it runs: three real witnesses, a served access ledger, a served
 * key agent, and the verbs of readers and reviewers.  Each attack fails closed. */
#include "cell/bond.h"
#include "cell/sent.h"
#include "crypto/age_stream.h"
#include "tests/confinement.h"
#include "tests/custody_stand.h"
#include "tests/token.h"
#include <signal.h>
#include <sys/stat.h>

static const char *path(const char *name)
{
    return vt_test_path(name);
}

/* ---- the whole road ---------------------------------------------------------------------
 */

/* What an authority is told of it, by one page that holds the proofs. */
static void export_it(void)
{
    const char *said;

    VT_CHECK(mkdir(path("centre"), 0755) == 0 && mkdir(path("centre/ledgers"), 0755) == 0);
    vt_test_write(path("centre/trust.json"), vt_test_read(path("trust.json")));
    (void)vt_test_run(0, VT_ARGV("cp", "-r", path("log"), path("centre/ledgers/access")));
    said = vt_test_run(0, VT_ARGV("vitrine", "centre", "export", "--dir", path("centre"),
                                  "--country", "CH", "--openings",
                                  path("agent/holder/openings"), "--accesses", "access",
                                  "--enrolment", path("enrolled-5.json"), "--key",
                                  path("supervisor.key"), "--out", path("ch.html")));
    VT_CHECK_SAYING(strstr(said, "1 proofs") != NULL, "%s", said);
    said = vt_test_run(0, VT_ARGV("vitrine", "centre", "check-export", path("ch.html"),
                                  "--trust", path("trust.json")));
    VT_CHECK_SAYING(strstr(said, "good: signed by Watch") != NULL, "%s", said);
    said = vt_arena_cstr(vt_test_arena(), vt_test_read(path("ch.html")));
    VT_CHECK_SAYING(strstr(said, "<td>malware-analysis</td><td>Zurich, CH</td>") != NULL,
                    "%s", said);
}

static void a_reading_is_on_record(void)
{
    const char *object, *said;

    vt_stand_begin("zurich", "zurich");
    object = vt_stand_seal("one.age", "the plaintext of one");
    vt_stand_request("req-1", "malware-analysis", object);
    said = vt_stand_read_as(0, "req-1", object, "plain-1");
    VT_CHECK_SAYING(strstr(said, "on record") != NULL, "%s", said);
    vt_stand_check_plain("plain-1", object, "the plaintext of one");

    /* The ledger stopped: what a reviewer needs is in folders. */
    vt_stand_finish();
    said = vt_stand_review(0, "accesses", NULL);
    VT_CHECK_SAYING(strstr(said, "released entry") != NULL, "%s", said);
    VT_CHECK_SAYING(strstr(said, "malware-analysis, 1 object, analyst in CH") != NULL, "%s",
                    said);
    VT_CHECK_SAYING(strstr(said, "complete   every opening") != NULL, "%s", said);
    said = vt_stand_review(0, "reconcile", NULL);
    VT_CHECK_SAYING(strstr(said, "released 1, 1 file keys; refused 0") != NULL, "%s", said);
    VT_CHECK_SAYING(strstr(said, "2 counts of the agent") != NULL ||
                        strstr(said, "1 counts of the agent") != NULL,
                    "%s", said);
    said = vt_stand_review(0, "open", "1");
    VT_CHECK_SAYING(strstr(said, "ticket SECRET-TICKET") != NULL, "%s", said);
    VT_CHECK_SAYING(strstr(said, "c2sp.org/tlog-proof@v1") != NULL, "%s", said);
    (void)vt_stand_review(1, "open", "2");
    said = vt_test_run(0, VT_ARGV("vitrine", "keyagent", "status", "--dir", path("agent")));
    VT_CHECK_SAYING(strstr(said, "released 1, 1 file keys") != NULL, "%s", said);
    export_it();
}

/* The log as a leak: every byte that the ledger shows, and none of it is about anybody. */
static void the_ledger_tells_nothing(void)
{
    static const char *const secrets[] = { "SECRET-TICKET", "Zurich",
                                           "analyst",       "malware",
                                           "age1",          "in-toto.io/x",
                                           "one.age",       "urn:vitrine:access" };
    const char *object, *dump;

    vt_stand_begin("zurich", "zurich");
    object = vt_stand_seal("one.age", "the plaintext of one");
    vt_stand_request("req-1", "malware-analysis", object);
    (void)vt_stand_read_as(0, "req-1", object, "plain-1");
    vt_stand_finish();
    dump = vt_test_run(
        0, VT_ARGV("sh", "-c",
                   vt_test_print("find %s/tile -type f -exec cat {} + | tr -d '\\0'; "
                                 "find %s/tile -type f -exec cat {} + | tr -d '\\0' "
                                 "| grep -ao '\"payload\":\"[^\"]*' | cut -d'\"' -f4 "
                                 "| while read -r p; do printf %%s \"$p\" | base64 "
                                 "-d; done",
                                 path("log"), path("log"))));
    VT_CHECK(strstr(dump, "{\"class\":\"access\",\"commitment\":\"") != NULL);
    VT_CHECK(strstr(dump, "urn:vitrine:tally:v1") != NULL);
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        VT_CHECK_SAYING(strstr(dump, secrets[i]) == NULL, "the ledger shows '%s'",
                        secrets[i]);
}

/* ---- what is down ----------------------------------------------------------------------
 */

static void ledger_or_quorum_down_nobody_reads(void)
{
    const char *object;

    vt_stand_begin("zurich", "zurich");
    object = vt_stand_seal("one.age", "the plaintext of one");
    vt_stand_request("req-1", "malware-analysis", object);
    vt_test_stop(&vt_stand.witnesses[2], 0); /* two are no quorum */
    (void)vt_stand_read_as(3, "req-1", object, "plain-1");
    VT_CHECK(!vt_path_exists(path("plain-1")));
    vt_test_stop(&vt_stand.ledger, 0);
    (void)vt_stand_read_as(3, "req-1", object, "plain-1");
    VT_CHECK(!vt_path_exists(path("plain-1")));
    VT_CHECK(vt_test_read(path("agent/holder/openings")).len == 0);
    vt_test_stop(&vt_stand.agent, 0);
}

/* ---- break-glass ------------------------------------------------------------------------
 */

static bool is_due(void *context)
{
    return time(NULL) >= *(const time_t *)context;
}

static const char *fetch_openings(int exit_code, const char *key)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "custody", "openings", "--agent",
                               vt_stand.agent.url, "--cell", VT_CUSTODY_CELL, "--origin",
                               VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                               "--enrolment", path("enrolled-5.json"), "--key", path(key),
                               "--out", path("reviewer/openings")));
}

/* Nothing is asked of an agent that counts for another cell. */
static void the_count_of_another_cell_is_refused(void)
{
    const char *said = vt_test_run(
        1, VT_ARGV("vitrine", "custody", "openings", "--agent", vt_stand.agent.url,
                   "--cell", "geneva", "--origin", VT_CUSTODY_ORIGIN, "--trust",
                   path("trust.json"), "--enrolment", path("enrolled-5.json"), "--key",
                   path("supervisor.key"), "--out", path("reviewer/of-geneva")));

    VT_CHECK_SAYING(strstr(said, "the agent's count is of cell " VT_CUSTODY_CELL) != NULL,
                    "%s", said);
    VT_CHECK(vt_test_read(path("reviewer/of-geneva")).len == 0);
}

static const char *of_week(int exit_code, const char *week)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "custody", "accesses", "--openings",
                               path("reviewer/openings"), "--copy", path("reviewer/log"),
                               "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                               "--enrolment", path("enrolled-5.json"), "--week", week));
}

static const char *open_one(const char *number)
{
    return vt_test_run(0,
                       VT_ARGV("vitrine", "custody", "open", number, "--openings",
                               path("reviewer/openings"), "--copy", path("reviewer/log"),
                               "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                               "--enrolment", path("enrolled-5.json")));
}

static const char *week_of(time_t at)
{
    char text[32];
    struct tm date;

    VT_CHECK(gmtime_r(&at, &date) != NULL &&
             strftime(text, sizeof text, "%G-W%V", &date) == 8);
    return vt_test_print("%s", text);
}

/* Ledger, trust root and openings are all that is left: everything else is switched off,
 * and its folders are gone.  Numbers: 1 announced, 2 to 4 read, 5 the emergency's release.
 */
static void a_reviewers_quarter_hour(time_t began)
{
    const char *said;
    size_t count = 0;

    (void)vt_test_run(0, VT_ARGV("mv", path("log"), path("reviewer/log")));
    (void)vt_test_run(
        0, VT_ARGV("rm", "-r", path("agent"), path("w0"), path("w1"), path("w2")));
    said = of_week(0, week_of(began));
    for (const char *at = said; (at = strstr(at, " released entry")) != NULL; at++)
        count++;
    VT_CHECK_SAYING(count == 4 || strcmp(week_of(began), week_of(time(NULL))) != 0, "%s",
                    said);
    VT_CHECK_SAYING(strstr(said, "complete   every opening is on the ledger") != NULL, "%s",
                    said);
    VT_CHECK_SAYING(strstr(said, "     1  ") != NULL &&
                        strstr(said, "warned   entry") != NULL,
                    "%s", said);
    said = of_week(0, "2026-W01"); /* another week: nothing, and still complete */
    VT_CHECK_SAYING(strstr(said, " released entry") == NULL &&
                        strstr(said, "complete") != NULL,
                    "%s", said);
    (void)of_week(2, "2026-W54");
    for (size_t i = 2; i <= 4; i++) {
        said = open_one(vt_test_print("%zu", i));
        VT_CHECK_SAYING(strstr(said, "malware-analysis") != NULL &&
                            strstr(said, "c2sp.org/tlog-proof@v1") != NULL,
                        "%s", said);
    }
    said = open_one("5");
    VT_CHECK_SAYING(strstr(said, "EMERGENCY") != NULL, "%s", said);
}

static void an_emergency_rings(void)
{
    const char *object, *said;
    time_t due, began = time(NULL);

    vt_stand_begin("\"delay_s\":600", "\"delay_s\":3");
    object = vt_stand_seal("one.age", "the plaintext of one");
    vt_stand_request("req-1", "emergency", object);
    said = vt_stand_read_as(1, "req-1", object, "plain-1");
    due = time(NULL) + 4;
    VT_CHECK_SAYING(strstr(said, "announced") != NULL, "%s", said);
    VT_CHECK(!vt_path_exists(path("plain-1")));
    VT_CHECK(memmem(vt_test_read(path("agent.err")).data,
                    vt_test_read(path("agent.err")).len, "ALARM: emergency", 16) != NULL);
    for (size_t i = 2; i <= 4; i++) {
        vt_stand_request(vt_test_print("req-%zu", i), "malware-analysis", object);
        (void)vt_stand_read_as(0, vt_test_print("req-%zu", i), object,
                               vt_test_print("plain-%zu", i));
    }
    VT_CHECK(strstr(fetch_openings(0, "supervisor.key"), "4 openings") != NULL);
    VT_CHECK(vt_test_wait_until(is_due, &due));
    said = vt_stand_read_as(0, "req-1", object, "plain-1");
    vt_stand_check_plain("plain-1", object, "the plaintext of one");
    the_count_of_another_cell_is_refused();
    said = fetch_openings(1, "reader.key"); /* not a reviewer */
    VT_CHECK_SAYING(strstr(said, "signed by none of them") != NULL, "%s", said);
    VT_CHECK(strstr(fetch_openings(0, "supervisor.key"), "5 openings") != NULL);
    vt_stand_finish();
    said = vt_stand_review(0, "accesses", NULL);
    VT_CHECK_SAYING(strstr(said, "warned") != NULL && strstr(said, "EMERGENCY") != NULL,
                    "%s", said);
    said = vt_stand_review(0, "reconcile", NULL);
    VT_CHECK_SAYING(strstr(said, "emergencies 1") != NULL, "%s", said);
    a_reviewers_quarter_hour(began);
}

/* ---- a dishonest agent ------------------------------------------------------------------
 */

/* The agent leaves one of them out. */
static void an_agent_that_hides_a_reading_is_found(void)
{
    const char *object, *said;
    struct vt_stand_copying copying = { .left_out = 1 };

    vt_stand_begin("zurich", "zurich");
    object = vt_stand_seal("one.age", "the plaintext of one");
    vt_stand_request("req-1", "malware-analysis", object);
    (void)vt_stand_read_as(0, "req-1", object, "plain-1");
    vt_stand_request("req-2", "malware-analysis", object);
    (void)vt_stand_read_as(0, "req-2", object, "plain-2");
    vt_stand_finish();
    (void)vt_stand_review(0, "reconcile", NULL);

    vt_stand_copy_openings(&copying);
    said = vt_stand_review(1, "reconcile", NULL);
    VT_CHECK_SAYING(strstr(said, "NOT WELL") != NULL && strstr(said, "withheld 1") != NULL,
                    "%s", said);
    VT_CHECK_SAYING(strstr(said, "unopened   ") != NULL, "%s", said);
}

/* ---- two histories ----------------------------------------------------------------------
 * The ledger is led back to a copy of its beginning, and its witnesses too. */

static void a_history_told_anew_is_refused(void)
{
    const char *object, *said;

    vt_stand_begin("zurich", "zurich");
    object = vt_stand_seal("one.age", "the plaintext of one");
    vt_stand_request("req-0", "malware-analysis", object);
    (void)vt_stand_read_as(0, "req-0", object, "plain-0");
    vt_test_stop(&vt_stand.ledger, 0);
    for (size_t i = 0; i < VT_STAND_WITNESSES; i++)
        vt_test_stop(&vt_stand.witnesses[i], 0);
    (void)vt_test_run(0,
                      VT_ARGV("rm", "-r", path("log"), path("w0"), path("w1"), path("w2")));
    vt_stand_lay_ledger(); /* the same keys, another history */
    vt_stand_request("req-1", "malware-analysis", object);
    said = vt_stand_read_as(1, "req-1", object, "plain-1");
    VT_CHECK_SAYING(strstr(said, "another history") != NULL, "%s", said);
    VT_CHECK(memmem(vt_test_read(path("agent.err")).data,
                    vt_test_read(path("agent.err")).len, "ALARM: the ledger", 17) != NULL);
    VT_CHECK(!vt_path_exists(path("plain-1")));
    vt_stand_finish();
}

/* ---- processes --------------------------------------------------------------------------
 */

static bool has_new_holder(void *context)
{
    const pid_t *old = context;
    pid_t now = vt_test_role_of(&vt_stand.agent, "agent-holder");

    return now != 0 && now != *old;
}

static void a_dead_role_comes_back(void)
{
    const char *object;
    pid_t old;

    vt_stand_begin("zurich", "zurich");
    object = vt_stand_seal("one.age", "the plaintext of one");
    vt_stand_request("req-1", "malware-analysis", object);
    (void)vt_stand_read_as(0, "req-1", object, "plain-1");
    old = vt_test_role_of(&vt_stand.agent, "agent-holder");
    VT_CHECK(old != 0 && kill(old, SIGKILL) == 0);
    VT_CHECK(vt_test_wait_until(has_new_holder, &old));
    /* Its answer may be fetched again; a new reading needs a new entry. */
    (void)vt_stand_read_as(0, "req-1", object, "plain-2");
    vt_stand_check_plain("plain-2", object, "the plaintext of one");
    vt_stand_request("req-2", "malware-analysis", object);
    (void)vt_stand_read_as(0, "req-2", object, "plain-3");
    vt_stand_finish();
    (void)vt_stand_review(0, "reconcile", NULL);
}

static const char *token_uri(const char *object)
{
    return vt_test_token_uri(vt_test_print("token=agent;object=%s", object));
}

/* Both keys of the agent lie in a token: its processes are as locked in as ever, and where
 * the token is not there, or its PIN is wrong, nobody reads. */
static void a_token_holds_the_keys(void)
{
    const char *object, *second, *said;

    vt_stand_write_world();
    vt_test_token_begin("agent");
    vt_test_token_put_identity("agent", "swiss", "01",
                               &vt_stand.world.identities[VT_C_SWISS]);
    vt_test_token_put_pem("agent", "count", "02", path("agent.key"));
    VT_CHECK(unlink(path("agent.key")) == 0 && unlink(path("swiss.key")) == 0);
    vt_stand.swiss_key = token_uri("swiss");
    vt_stand.agent_key = token_uri("count");
    (void)vt_custody_write_file(&vt_stand.world, "pin", VT_LIT(VT_TOKEN_PIN "\n"));
    vt_stand_begin_served("zurich", "zurich");
    object = vt_stand_seal("one.age", "the plaintext of one");
    second = vt_stand_seal("two.age", "the plaintext of two");
    vt_stand_request("req-1", "malware-analysis", object);
    (void)vt_stand_read_as(0, "req-1", object, "plain-1");
    vt_stand_check_plain("plain-1", object, "the plaintext of one");

    vt_stand_request("req-2", "malware-analysis", second);
    VT_CHECK(rename(path("tokens"), path("drawer")) == 0);
    (void)vt_stand_read_as(3, "req-2", second, "plain-2");
    VT_CHECK(!vt_path_exists(path("plain-2")));
    vt_test_stop(&vt_stand.agent, 0); /* it was about to start its holder again */
    vt_stand_says((const char *)vt_test_read(path("agent.err")).data, "is the token gone?");

    VT_CHECK(rename(path("drawer"), path("tokens")) == 0);
    (void)vt_custody_write_file(&vt_stand.world, "pin", VT_LIT("654321\n"));
    said = vt_test_run(1, VT_ARGV("vitrine", "keyagent", "serve", "--dir", path("agent"),
                                  "--passphrase-file", path("pin")));
    vt_stand_says(said, "PIN");
    (void)vt_custody_write_file(&vt_stand.world, "pin", VT_LIT(VT_TOKEN_PIN "\n"));
    vt_stand_start_agent();
    vt_stand_request("req-3", "malware-analysis", second);
    (void)vt_stand_read_as(0, "req-3", second, "plain-2");
    vt_stand_check_plain("plain-2", second, "the plaintext of two");
    vt_test_stop(&vt_stand.agent, 0);

    /* Its key is destroyed where it lies, and once for all. */
    for (unsigned i = 0; i < 2; i++)
        (void)vt_test_run(0, VT_ARGV("vitrine", "keyagent", "destroy", "--dir",
                                     path("agent"), "--recipient", "CH/file/2026", "--out",
                                     path(vt_test_print("claim-%u", i)),
                                     "--passphrase-file", path("pin")));
    (void)vt_test_run(1, VT_ARGV("vitrine", "key", "show", "--type", "x25519", "--key",
                                 vt_stand.swiss_key, "--passphrase-file", path("pin")));
    vt_stand_start_agent();
    vt_stand_finish();
}

/* A program that was killed between asking and taking the answer knows the salt that it
 * drew, not the one that counted in the end. */
static void the_first_salt_finds_the_answer_again(void)
{
    static const char salt[] =
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    const char *object, *said;

    vt_stand_begin("zurich", "zurich");
    object = vt_stand_seal("one.age", "the plaintext of one");
    vt_stand_request("req-1", "malware-analysis", object);
    (void)vt_custody_write_file(&vt_stand.world, "req-1.opening", vt_slice_from_cstr(salt));
    (void)vt_stand_read_as(0, "req-1", object, "plain-1");
    VT_CHECK(!vt_slice_is(vt_test_read(path("req-1.opening")), salt)); /* logged anew */
    (void)vt_custody_write_file(&vt_stand.world, "req-1.opening", vt_slice_from_cstr(salt));
    (void)vt_stand_read_as(0, "req-1", object, "plain-2");
    vt_stand_check_plain("plain-2", object, "the plaintext of one");
    vt_stand_finish();
    said = vt_stand_review(0, "reconcile", NULL);
    VT_CHECK_SAYING(strstr(said, "released 1, 1 file keys") != NULL, "%s", said);
}

/* ---- two agents -------------------------------------------------------------------------
 * Of different holders in different jurisdictions: an object is sealed for the one, and
 * that for the other, so each alone can open nothing. */

static struct vt_running start_second(void)
{
    (void)vt_test_run(
        0,
        VT_ARGV("vitrine", "keyagent", "init", "--dir", path("agent-2"), "--trust",
                path("trust.json"), "--policy", path("policy.json"), "--enrolment",
                path("enrolled-0.json"), "--enrolment", path("enrolled-6.json"),
                "--certified", path("second.recipient"), "--key", path("second.key"),
                "--recipient", vt_test_print("CH/file/2026=%s", path("second-swiss.key"))));
    return vt_test_start("agent-2.err",
                         VT_ARGV("vitrine", "keyagent", "serve", "--dir", path("agent-2")));
}

/* Each agent's count is held against its own openings; against the other's it is wrong. */
static void check_both(void)
{
    static const struct {
        const char *openings, *key;
        int exit_code;
    } rows[] = {
        { "agent/holder/openings", "agent.key", 0 },
        { "agent-2/holder/openings", "second.key", 0 },
        { "agent/holder/openings", "second.key", 1 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *shown =
            vt_test_run(0, VT_ARGV("vitrine", "key", "show", "--key", path(rows[i].key)));
        const char *id = strstr(shown, "keyid") + 5;

        id += strspn(id, " ");
        (void)vt_test_run(rows[i].exit_code,
                          VT_ARGV("vitrine", "custody", "reconcile", "--openings",
                                  path(rows[i].openings), "--copy", path("log"), "--origin",
                                  VT_CUSTODY_ORIGIN, "--agent", vt_test_print("%.64s", id),
                                  "--trust", path("trust.json"), "--enrolment",
                                  path("enrolled-5.json"), "--enrolment",
                                  path("enrolled-6.json")));
    }
}

static void two_agents_are_both_needed(void)
{
    const char *inner, *outer, *layer, *said, *outer_recipient;
    struct vt_running second;

    vt_stand_begin("zurich", "zurich");
    second = start_second();
    outer_recipient =
        vt_stand_recipient(&vt_stand.world.identities[VT_C_ELSEWHERE].recipient);
    inner = vt_stand_seal("inner.age", "the plaintext of both");
    outer = vt_stand_seal_for(VT_C_ELSEWHERE, "outer.age", vt_test_read(inner));

    /* The first agent alone: it does not hold the outer key. */
    vt_stand_request("req-0", "malware-analysis", outer);
    said = vt_stand_read_from(1, vt_stand.agent.url, outer_recipient, "req-0", outer,
                              "plain-0");
    VT_CHECK_SAYING(strstr(said, "does not hold") != NULL, "%s", said);
    /* The second alone gives what only the first opens. */
    vt_stand_request("req-1", "malware-analysis", outer);
    (void)vt_stand_read_from(0, second.url, outer_recipient, "req-1", outer, "plain-1");
    layer = vt_stand_plain_path("plain-1", outer);
    VT_CHECK(vt_slice_equal(vt_test_read(layer), vt_test_read(inner)));
    vt_stand_request("req-2", "malware-analysis", layer);
    said =
        vt_stand_read_from(1, second.url, vt_stand.sealed_for, "req-2", layer, "plain-2");
    VT_CHECK_SAYING(strstr(said, "does not hold") != NULL, "%s", said);
    /* Both. */
    vt_stand_request("req-3", "malware-analysis", layer);
    (void)vt_stand_read_as(0, "req-3", layer, "plain-3");
    vt_stand_check_plain("plain-3", layer, "the plaintext of both");
    vt_test_stop(&second, 0);
    vt_stand_finish();
    check_both();
    said =
        vt_test_run(0, VT_ARGV("vitrine", "keyagent", "status", "--dir", path("agent-2")));
    VT_CHECK_SAYING(strstr(said, "released 1, 1 file keys") != NULL, "%s", said);
}

static void roles_are_confined(void)
{
    vt_test_confinement("agent-front", "", (const char *const[]){ NULL });
    vt_test_confinement("agent-holder", vt_test_dir(),
                        (const char *const[]){ "write-folder", NULL });
}

/* ---- whose object it is -----------------------------------------------------------------
 * A client's folder as `vitrine client share` leaves it: the line by which the file left,
 * and the bond. */

static const char *share_from_home(const char *name, vt_slice plain)
{
    VT_AUTO_BUF file = vt_buf_init(VT_MIB(1));
    struct vt_bond bond = { .recipient = vt_stand.world.identities[VT_C_SWISS].recipient };
    struct vt_sent_record line = { .at_unix_s = time(NULL),
                                   .kind = VT_SENT_SAMPLE,
                                   .cell = VT_LIT(VT_CUSTODY_CELL),
                                   .what = VT_LIT("the file wanted.exe") };
    static const uint8_t file_key[VT_AGE_FILE_KEY_BYTES] = "a key of 16 byte";
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_error err = { 0 };
    VT_AUTO_SENT sent = NULL;
    struct vt_disk *home;

    VT_CHECK_OK(vt_age_header_write_bound(&vt_stand.world.env, &bond.recipient, file_key,
                                          &file, bond.secret, &err));
    bond.header = vt_arena_copy(vt_test_arena(), vt_buf_slice(&file));
    line.sha256 = vt_sha256_of(bond.header);
    line.bytes = file.len + plain.len;
    VT_CHECK_OK(vt_disk_open(path("home"), true, &home, &err));
    VT_CHECK_OK(vt_bond_keep(home, &bond, &err));
    VT_CHECK_OK(vt_sent_open(home, &sent, &err));
    VT_CHECK_OK(vt_sent_append(sent, &line, &err));
    vt_disk_close(home);
    VT_CHECK_OK(vt_age_seal_new(&vt_stand.world.env, file_key, vt_age_sink_buf(&file),
                                &stream, &err));
    VT_CHECK_OK(vt_age_stream_put(stream, plain, &err));
    VT_CHECK_OK(vt_age_stream_end(stream, &err));
    return vt_custody_write_file(&vt_stand.world, name, vt_buf_slice(&file));
}

/* object: one more operand; NULL: all. */
static const char *accesses_of(int exit_code, const char *ledger, const char *object)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "client", "accesses", "--home", path("home"),
                               "--agent", vt_stand.agent.url, "--trust", path("trust.json"),
                               "--enrolment", path("enrolled-5.json"), "--out",
                               path("lists"), "--ledger", ledger, object));
}

/* Another bond than the one that was kept: somebody who has not sealed it. */
static void turn_a_bit_of_the_bond(const char *object)
{
    const char *name = path(vt_test_print("home/bonds/%s", object));
    VT_AUTO_BUF bytes = vt_buf_init(VT_BOND_BYTES_MAX);

    vt_buf_put(&bytes, vt_test_read(name));
    bytes.data[60] ^= 1;
    vt_test_write(name, vt_buf_slice(&bytes));
}

static const char *withdraw(int exit_code, const char *out)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "client", "withdraw", "--home", path("home"),
                               "--cell", VT_CUSTODY_CELL, "--agent", vt_stand.agent.url,
                               "--trust", path("trust.json"), "--enrolment",
                               path("enrolled-5.json"), "--out", path(out)));
}

/* What a client takes back is never released again, whatever copy of it turns up. */
static void check_taken_back(const char *object, const char *id)
{
    const char *said;

    vt_stand_says(withdraw(0, "request-1"),
                  "never releases the key of 1 file again; 1 of them had");
    vt_stand_says(withdraw(0, "request-2"),
                  "The proof is in withdrawn/"); /* again: the same */
    VT_CHECK(vt_path_exists(path(vt_test_print("home/withdrawn/%s.json", id))));
    vt_stand_says(accesses_of(0, vt_stand.ledger.url, id), "you took it back at");
    vt_stand_request("req-back", "malware-analysis", object);
    said = vt_stand_read_as(1, "req-back", object, "plain-back");
    VT_CHECK_SAYING(strstr(said, vt_test_print("sealed the object %s took it back", id)) !=
                        NULL,
                    "%s", said);
    vt_stand_says(
        vt_test_run(0, VT_ARGV("vitrine", "keyagent", "status", "--dir", path("agent"))),
        "taken back 1, by clients");
}

static void a_client_is_told_who_read(void)
{
    const char *object, *said, *id;

    vt_stand_begin("zurich", "zurich");
    object = share_from_home("one.age", VT_LIT("the plaintext of one"));
    id = vt_test_print("%.64s", strrchr(vt_stand_plain_path("x", object), '/') + 1);
    said = accesses_of(0, vt_stand.ledger.url, NULL);
    VT_CHECK_SAYING(strstr(said, "nobody has read it") != NULL, "%s", said);
    vt_stand_request("req-1", "malware-analysis", object);
    (void)vt_stand_read_as(0, "req-1", object, "plain-1");
    said = accesses_of(0, vt_stand.ledger.url, id);
    VT_CHECK_SAYING(strstr(said, "malware-analysis, by analyst in CH") != NULL, "%s", said);
    VT_CHECK_SAYING(strstr(said, "each of them stands on the ledger") != NULL, "%s", said);
    VT_CHECK_SAYING(strstr(said, "nobody has read it") == NULL, "%s", said);
    VT_CHECK(vt_path_exists(path(vt_test_print("lists/%s.json", id))));
    (void)accesses_of(1, vt_stand.ledger.url,
                      vt_test_print("%064d", 1)); /* not shared by us */
    (void)accesses_of(3, path("no-ledger"), id);
    /* The ledger's folder alone will do; one that was led back is found. */
    (void)accesses_of(0, path("log"), id);
    turn_a_bit_of_the_bond(id);
    said = accesses_of(1, vt_stand.ledger.url, id);
    VT_CHECK_SAYING(strstr(said, "not by whoever sealed the object") != NULL, "%s", said);
    (void)withdraw(1, "request-0"); /* somebody else's bond */
    turn_a_bit_of_the_bond(id);
    check_taken_back(object, id);
    vt_test_stop(&vt_stand.agent, 0);
    (void)accesses_of(3, vt_stand.ledger.url, id);
    (void)withdraw(3, "request-0"); /* and nothing is asked of the cell */
    VT_CHECK(!vt_path_exists(path("request-0")));
    vt_stand_start_agent();
    vt_stand_request("req-again", "malware-analysis", object);
    vt_stand_says(vt_stand_read_as(1, "req-again", object, "plain-again"), "took it back");
    vt_test_stop(&vt_stand.ledger, 0);
    for (size_t i = 0; i < VT_STAND_WITNESSES; i++)
        vt_test_stop(&vt_stand.witnesses[i], 0);
    (void)vt_test_run(0,
                      VT_ARGV("rm", "-r", path("log"), path("w0"), path("w1"), path("w2")));
    vt_stand_lay_ledger(); /* the same keys, another history */
    vt_stand_request("req-2", "malware-analysis", object);
    (void)vt_stand_read_as(1, "req-2", object, "plain-2");
    said = accesses_of(1, vt_stand.ledger.url, id);
    VT_CHECK_SAYING(strstr(said, "the agent saw") != NULL, "%s", said);
    vt_stand_finish();
}

/* ---- what is misspelled -----------------------------------------------------------------
 */

static const char *request_as(int exit_code, const char *reason, const char *backup,
                              const char *again)
{
    return vt_test_run(
        exit_code,
        VT_ARGV("vitrine", "custody", "request", "--out",
                path(vt_test_print("asked-%s", reason)), "--cell", VT_CUSTODY_CELL,
                "--ledger", VT_CUSTODY_ORIGIN, "--policy", "3", "--role", "analyst",
                "--role-id", vt_stand.role_id, "--place", "Zurich", "--jurisdiction", "CH",
                "--reason", reason, "--ticket", "T", "--recipient", vt_stand.recipient,
                "--key", path("reader.key"), path("one.age"),
                backup != NULL ? "--backup" : NULL, backup, "--backup", again));
}

static void what_is_misspelled_is_told(void)
{
    static const char good[] = "nightly=2037-01-31T00:00:00Z";

    vt_stand_write_world();
    vt_stand_prepare();
    (void)vt_stand_seal("one.age", "the plaintext of one");
    vt_stand_says(request_as(2, "junk", NULL, NULL),
                  "none of customer-support, malware-analysis");
    vt_stand_says(request_as(2, "", NULL, NULL), "its value is empty");
    vt_stand_says(request_as(2, "erasure", "nightly=2020-01-31T00:00:00Z", good),
                  "over already");
    vt_stand_says(request_as(2, "erasure", good, "nightly=2038-01-31T00:00:00Z"), "twice");
    vt_stand_says(request_as(0, "erasure", good, "weekly=2038-01-31T00:00:00Z"),
                  "orders to erase");
    vt_stand_says(request_as(0, "malware-analysis", NULL, NULL), "asks to read");
}

/* A year ends: its key is destroyed, the next one's added; never the same period again. */
static void a_new_period_has_a_new_key(void)
{
    const char *next = vt_test_print("CH/file/2027=%s", path("next.key"));
    const char *object, *said;

    vt_stand_begin("zurich", "zurich");
    object = vt_stand_seal_for(VT_C_NEXT, "next.age", VT_LIT("of the next year"));
    vt_stand.sealed_for =
        vt_stand_recipient(&vt_stand.world.identities[VT_C_NEXT].recipient);
    vt_stand_request("req-1", "malware-analysis", object);
    vt_stand_says(vt_stand_read_as(1, "req-1", object, "plain-1"), "does not hold");
    vt_test_stop(&vt_stand.agent, 0);
    vt_stand_says(vt_test_run(1, VT_ARGV("vitrine", "keyagent", "update", "--dir",
                                         path("agent"), "--recipient", next)),
                  "the trust root certifies this key for nothing");
    vt_stand_says(
        vt_test_run(1, VT_ARGV("vitrine", "keyagent", "update", "--dir", path("agent"),
                               "--recipient",
                               vt_test_print("CH/file/2027=%s", path("second-swiss.key")))),
        "certifies this key for CH/file of cell vienna, not for CH/file of cell zurich");
    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "keyagent", "update", "--dir", path("agent"),
                              "--certified", path("next.recipient"), "--recipient", next));
    (void)vt_test_run(1, VT_ARGV("vitrine", "keyagent", "update", "--dir", path("agent"),
                                 "--recipient", next));
    said = vt_test_run(0, VT_ARGV("vitrine", "keyagent", "destroy", "--dir", path("agent"),
                                  "--recipient", "CH/file/2026", "--out", path("gone")));
    vt_stand_says(said, path("swiss.key"));
    (void)vt_custody_write_file(&vt_stand.world, "again.key",
                                vt_test_read(path("next.key")));
    vt_stand_says(
        vt_test_run(1, VT_ARGV("vitrine", "keyagent", "update", "--dir", path("agent"),
                               "--recipient",
                               vt_test_print("CH/file/2026=%s", path("again.key")))),
        "was destroyed");
    VT_CHECK(vt_path_exists(path("again.key")));
    vt_stand_start_agent();
    vt_stand_request("req-2", "malware-analysis", object);
    (void)vt_stand_read_as(0, "req-2", object, "plain-2");
    vt_stand_check_plain("plain-2", object, "of the next year");
    vt_stand_finish();
}

static const struct vt_case cases[] = {
    { "a reading is on record", a_reading_is_on_record },
    { "the ledger tells nothing", the_ledger_tells_nothing },
    { "ledger or quorum down, nobody reads", ledger_or_quorum_down_nobody_reads },
    { "an emergency rings", an_emergency_rings },
    { "an agent that hides a reading is found", an_agent_that_hides_a_reading_is_found },
    { "a history told anew is refused", a_history_told_anew_is_refused },
    { "a dead role comes back", a_dead_role_comes_back },
    { "a token holds the keys", a_token_holds_the_keys },
    { "the first salt finds the answer again", the_first_salt_finds_the_answer_again },
    { "two agents are both needed", two_agents_are_both_needed },
    { "roles are confined", roles_are_confined },
    { "what is misspelled is told", what_is_misspelled_is_told },
    { "a new period has a new key", a_new_period_has_a_new_key },
    { "a client is told who read", a_client_is_told_who_read },
};

VT_TEST_MAIN("cli.custody", cases)
