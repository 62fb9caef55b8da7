/* Reading on the record as it runs: three real witnesses, a served access ledger, a served
 * key agent, and the verbs of readers and reviewers.  Each attack fails closed. */
#include "cell/bond.h"
#include "cell/samples.h"
#include "cell/sent.h"
#include "crypto/age_stream.h"
#include "crypto/verify_note.h"
#include "tests/confinement.h"
#include "cell/recipient.h"
#include "tests/custody_world.h"
#include "tests/moving.h"
#include "tests/running.h"
#include "tests/sharing.h"
#include "tests/small_log.h"
#include "tests/token.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { WITNESSES = 3 };

struct stand {
    struct vt_custody_world world;
    struct vt_running witnesses[WITNESSES], ledger, agent;
    const char *recipient, *sealed_for, *role_id;
    const char *agent_key, *swiss_key; /* files, or in a token */
};

static struct stand s;

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static void says(const char *said, const char *words)
{
    VT_CHECK_SAYING(strstr(said, words) != NULL, "no '%s' in: %s", words, said);
}

/* ---- the stand --------------------------------------------------------------------------
 */

static const char *vkey_text(const char *name, enum vt_note_type type,
                             const struct vt_key *key)
{
    return vt_test_vkey(name, type, key);
}

static void start_witness(size_t i, const char *log_vkey, struct vt_buf *policy)
{
    const struct vt_key *key = vt_world_key((enum vt_party)(VT_P_WITNESS + i));
    const char *name = vt_test_print("witness-%zu.example", i),
               *dir = path(vt_test_print("w%zu", i));
    const char *file = vt_custody_write_key(&s.world, vt_test_print("w%zu.key", i), key);

    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", dir, "--name", name,
                                 "--key", file));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "witness", "add-log", "--dir", dir, "--vkey", log_vkey));
    s.witnesses[i] =
        vt_test_start("witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir", dir));
    vt_buf_printf(policy, "witness w%zu %s %s\n", i,
                  vkey_text(name, VT_NOTE_COSIGNATURE, key), s.witnesses[i].url);
}

static void start_ledger(void)
{
    s.ledger = vt_test_start("ledger.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                                   path("log"), "--wait-max", "2s"));
}

static void make_ledger(void)
{
    const char *vkey = vkey_text(VT_CUSTODY_ORIGIN, VT_NOTE_ED25519, vt_custody_log_key());
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(8));

    vt_buf_printf(&policy, "log %s\n", vkey);
    for (size_t i = 0; i < WITNESSES; i++)
        start_witness(i, vkey, &policy);
    vt_buf_put_text(&policy, "group all 3 w0 w1 w2\nquorum all\n");
    (void)vt_custody_write_file(&s.world, "ledger-policy", vt_buf_slice(&policy));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                 "--origin", VT_CUSTODY_ORIGIN, "--use", "access", "--key",
                                 path("log.key"), "--policy", path("ledger-policy")));
    start_ledger();
}

/* The passphrase is a token's PIN; keys in files have none and pass it over. */
static void start_agent(void)
{
    s.agent = vt_test_start("agent.err",
                            VT_ARGV("vitrine", "keyagent", "serve", "--dir", path("agent"),
                                    "--passphrase-file", path("pin")));
}

/* The policy is signed by the command from its text. */
static void make_agent(const char *from, const char *to)
{
    const char *text = vt_custody_policy_text(3), *at = strstr(text, from);

    VT_CHECK(at != NULL);
    text = vt_test_print("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    (void)vt_custody_write_file(&s.world, "predicate.json", vt_slice_from_cstr(text));
    (void)vt_custody_write_key(&s.world, "supervisor.key", vt_world_key(VT_P_SUPERVISOR));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "policy", path("predicate.json"),
                                 "--key", path("supervisor.key"), "--out",
                                 path("policy.json")));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "keyagent", "init", "--dir", path("agent"), "--trust",
                   path("trust.json"), "--policy", path("policy.json"), "--enrolment",
                   path("enrolled-0.json"), "--enrolment", path("enrolled-1.json"),
                   "--enrolment", path("enrolled-3.json"), "--enrolment",
                   path("enrolled-5.json"), "--certified", path("swiss.recipient"),
                   "--certified", path("german.recipient"), "--certified",
                   path("vienna.recipient"), "--certified", path("shared.recipient"),
                   "--key", s.agent_key, "--passphrase-file", path("pin"), "--recipient",
                   vt_test_print("CH/file/2026=%s", s.swiss_key), "--recipient",
                   vt_test_print("DE/file/2026=%s", path("german.key"))));
    start_agent();
}

static const char *recipient_text(const struct vt_age_recipient *recipient)
{
    char *text = vt_arena_alloc(vt_test_arena(), VT_AGE_RECIPIENT_CHARS + 1);

    vt_age_recipient_text(recipient, text);
    return text;
}

static void prepare(void)
{
    vt_hash role = vt_custody_key_id(VT_C_ANALYST);
    char *hex = vt_arena_alloc(vt_test_arena(), 65);

    s.recipient = recipient_text(&s.world.reader.recipient);
    s.sealed_for = recipient_text(&s.world.identities[VT_C_SWISS].recipient);
    vt_hash_text(&role, hex);
    s.role_id = hex;
}

static void begin_served(const char *from, const char *to)
{
    prepare();
    make_ledger();
    make_agent(from, to);
}

static void write_world(void)
{
    vt_custody_world_write(&s.world, vt_test_dir(), time(NULL) - VT_WORLD_NOW);
    (void)vt_custody_write_file(&s.world, "pin", VT_LIT("unused\n"));
    s.agent_key = path("agent.key");
    s.swiss_key = path("swiss.key");
}

static void begin(const char *from, const char *to)
{
    write_world();
    begin_served(from, to);
}

static void finish(void)
{
    vt_test_stop(&s.agent, 0);
    vt_test_stop(&s.ledger, 0);
    for (size_t i = 0; i < WITNESSES; i++)
        vt_test_stop(&s.witnesses[i], 0);
}

/* An object as a client would seal it. */
static const char *seal_for(enum vt_custody_place place, const char *name, vt_slice plain)
{
    struct vt_custody_sealed sealed = vt_custody_seal(&s.world, place, 7);
    VT_AUTO_BUF file = vt_buf_init(VT_MIB(1));
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_error err = { 0 };

    vt_buf_put(&file, sealed.header);
    VT_CHECK_OK(vt_age_seal_new(&s.world.env, sealed.file_key, vt_age_sink_buf(&file),
                                &stream, &err));
    VT_CHECK_OK(vt_age_stream_put(stream, plain, &err));
    VT_CHECK_OK(vt_age_stream_end(stream, &err));
    return vt_custody_write_file(&s.world, name, vt_buf_slice(&file));
}

static const char *seal(const char *name, const char *plain)
{
    return seal_for(VT_C_SWISS, name, vt_slice_from_cstr(plain));
}

static void request_with(const char *file, const char *reason, const char *object,
                         const char *copy)
{
    const char *backup = strcmp(reason, "erasure") == 0 ? "--backup" : NULL;

    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "request", "--out", path(file),
                                 "--cell", VT_CUSTODY_CELL, "--ledger", VT_CUSTODY_ORIGIN,
                                 "--policy", "3", "--role", "analyst", "--role-id",
                                 s.role_id, "--place", "Zurich", "--jurisdiction", "CH",
                                 "--reason", reason, "--ticket", "SECRET-TICKET",
                                 "--recipient", s.recipient, "--key", path("reader.key"),
                                 object, backup, copy));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "approve", path(file), "--key",
                                 path("analyst.key")));
}

static void request(const char *file, const char *reason, const char *object)
{
    request_with(file, reason, object, "nightly=2037-01-31T00:00:00Z");
}

static const char *read_from(int exit_code, const char *agent, const char *sealed_for,
                             const char *file, const char *object, const char *out)
{
    return vt_test_run(
        exit_code, VT_ARGV("vitrine", "custody", "read", "--request", path(file), "--trust",
                           path("trust.json"), "--enrolment", path("enrolled-5.json"),
                           "--enrolment", path("enrolled-6.json"), "--ledger", s.ledger.url,
                           "--agent", agent, "--key", path("answer.key"), "--sealed-for",
                           sealed_for, "--out", path(out), object));
}

static const char *read_as(int exit_code, const char *file, const char *object,
                           const char *out)
{
    return read_from(exit_code, s.agent.url, s.sealed_for, file, object, out);
}

/* A reviewer's verb, over the ledger's own folder. */
static const char *review(int exit_code, const char *verb, const char *operand)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "custody", verb, "--openings",
                               path("agent/holder/openings"), "--copy", path("log"),
                               "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                               "--enrolment", path("enrolled-5.json"), operand));
}

/* Where the plaintext of that object lies: under its id. */
static const char *plain_path(const char *out, const char *object)
{
    vt_slice file = vt_test_read(object);
    const uint8_t *mac = memmem(file.data, file.len, "\n--- ", 5);
    size_t len = (size_t)(mac - file.data) + 5 + 43 + 1;
    vt_hash id = vt_sha256_of(vt_slice_sub(file, 0, len));
    char hex[65];

    VT_CHECK(mac != NULL);
    vt_hash_text(&id, hex);
    return path(vt_test_print("%s/%s", out, hex));
}

static void check_plain(const char *out, const char *object, const char *plain)
{
    VT_CHECK(vt_slice_is(vt_test_read(plain_path(out, object)), plain));
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

    begin("zurich", "zurich");
    object = seal("one.age", "the plaintext of one");
    request("req-1", "malware-analysis", object);
    said = read_as(0, "req-1", object, "plain-1");
    VT_CHECK_SAYING(strstr(said, "on record") != NULL, "%s", said);
    check_plain("plain-1", object, "the plaintext of one");

    /* The ledger stopped: what a reviewer needs is in folders. */
    finish();
    said = review(0, "accesses", NULL);
    VT_CHECK_SAYING(strstr(said, "released entry") != NULL, "%s", said);
    VT_CHECK_SAYING(strstr(said, "malware-analysis, 1 object, analyst in CH") != NULL, "%s",
                    said);
    VT_CHECK_SAYING(strstr(said, "complete   every opening") != NULL, "%s", said);
    said = review(0, "reconcile", NULL);
    VT_CHECK_SAYING(strstr(said, "released 1, 1 file keys; refused 0") != NULL, "%s", said);
    VT_CHECK_SAYING(strstr(said, "2 counts of the agent") != NULL ||
                        strstr(said, "1 counts of the agent") != NULL,
                    "%s", said);
    said = review(0, "open", "1");
    VT_CHECK_SAYING(strstr(said, "ticket SECRET-TICKET") != NULL, "%s", said);
    VT_CHECK_SAYING(strstr(said, "c2sp.org/tlog-proof@v1") != NULL, "%s", said);
    (void)review(1, "open", "2");
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

    begin("zurich", "zurich");
    object = seal("one.age", "the plaintext of one");
    request("req-1", "malware-analysis", object);
    (void)read_as(0, "req-1", object, "plain-1");
    finish();
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

    begin("zurich", "zurich");
    object = seal("one.age", "the plaintext of one");
    request("req-1", "malware-analysis", object);
    vt_test_stop(&s.witnesses[2], 0); /* two are no quorum */
    (void)read_as(3, "req-1", object, "plain-1");
    VT_CHECK(!vt_path_exists(path("plain-1")));
    vt_test_stop(&s.ledger, 0);
    (void)read_as(3, "req-1", object, "plain-1");
    VT_CHECK(!vt_path_exists(path("plain-1")));
    VT_CHECK(vt_test_read(path("agent/holder/openings")).len == 0);
    vt_test_stop(&s.agent, 0);
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
                       VT_ARGV("vitrine", "custody", "openings", "--agent", s.agent.url,
                               "--cell", VT_CUSTODY_CELL, "--origin", VT_CUSTODY_ORIGIN,
                               "--trust", path("trust.json"), "--enrolment",
                               path("enrolled-5.json"), "--key", path(key), "--out",
                               path("reviewer/openings")));
}

/* Nothing is asked of an agent that counts for another cell. */
static void the_count_of_another_cell_is_refused(void)
{
    const char *said = vt_test_run(
        1, VT_ARGV("vitrine", "custody", "openings", "--agent", s.agent.url, "--cell",
                   "geneva", "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                   "--enrolment", path("enrolled-5.json"), "--key", path("supervisor.key"),
                   "--out", path("reviewer/of-geneva")));

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

    begin("\"delay_s\":600", "\"delay_s\":3");
    object = seal("one.age", "the plaintext of one");
    request("req-1", "emergency", object);
    said = read_as(1, "req-1", object, "plain-1");
    due = time(NULL) + 4;
    VT_CHECK_SAYING(strstr(said, "announced") != NULL, "%s", said);
    VT_CHECK(!vt_path_exists(path("plain-1")));
    VT_CHECK(memmem(vt_test_read(path("agent.err")).data,
                    vt_test_read(path("agent.err")).len, "ALARM: emergency", 16) != NULL);
    for (size_t i = 2; i <= 4; i++) {
        request(vt_test_print("req-%zu", i), "malware-analysis", object);
        (void)read_as(0, vt_test_print("req-%zu", i), object,
                      vt_test_print("plain-%zu", i));
    }
    VT_CHECK(strstr(fetch_openings(0, "supervisor.key"), "4 openings") != NULL);
    VT_CHECK(vt_test_wait_until(is_due, &due));
    said = read_as(0, "req-1", object, "plain-1");
    check_plain("plain-1", object, "the plaintext of one");
    the_count_of_another_cell_is_refused();
    said = fetch_openings(1, "reader.key"); /* not a reviewer */
    VT_CHECK_SAYING(strstr(said, "signed by none of them") != NULL, "%s", said);
    VT_CHECK(strstr(fetch_openings(0, "supervisor.key"), "5 openings") != NULL);
    finish();
    said = review(0, "accesses", NULL);
    VT_CHECK_SAYING(strstr(said, "warned") != NULL && strstr(said, "EMERGENCY") != NULL,
                    "%s", said);
    said = review(0, "reconcile", NULL);
    VT_CHECK_SAYING(strstr(said, "emergencies 1") != NULL, "%s", said);
    a_reviewers_quarter_hour(began);
}

/* ---- a dishonest agent ------------------------------------------------------------------
 */

struct copying {
    struct vt_agent_store *to;
    uint64_t left_out, number;
    uint64_t lied; /* the number of the record whose claim is another */
    vt_slice lie;
};

static bool copy_record(void *context, const struct vt_agent_record *record, uint64_t at,
                        struct vt_error *err)
{
    struct copying *c = context;
    struct vt_agent_record row = *record;
    uint64_t ignored;

    (void)at;
    if (record->number == c->left_out)
        return true;
    row.number = ++c->number;
    if (record->number == c->lied)
        row.grant = c->lie;
    return vt_agent_store_append(c->to, &row, &ignored, err);
}

static bool take_nothing(void *context, const struct vt_agent_record *record, uint64_t at,
                         struct vt_error *err)
{
    (void)context;
    (void)record;
    (void)at;
    (void)err;
    return true;
}

/* The agent's openings anew, as a good chain. */
static void copy_openings(struct copying *copying)
{
    const char *honest = path("agent/holder/openings");
    struct vt_agent_totals totals;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_agent_store_init(path("forged"), &err));
    VT_CHECK_OK(vt_agent_store_open(path("forged"), (vt_agent_reader){ take_nothing, NULL },
                                    &copying->to, &err));
    VT_CHECK_OK(vt_agent_openings_read(honest, (vt_agent_reader){ copy_record, copying },
                                       &totals, &err));
    vt_agent_store_close(copying->to);
    VT_CHECK(rename(path("forged/openings"), honest) == 0);
}

/* The agent leaves one of them out. */
static void an_agent_that_hides_a_reading_is_found(void)
{
    const char *object, *said;
    struct copying copying = { .left_out = 1 };

    begin("zurich", "zurich");
    object = seal("one.age", "the plaintext of one");
    request("req-1", "malware-analysis", object);
    (void)read_as(0, "req-1", object, "plain-1");
    request("req-2", "malware-analysis", object);
    (void)read_as(0, "req-2", object, "plain-2");
    finish();
    (void)review(0, "reconcile", NULL);

    copy_openings(&copying);
    said = review(1, "reconcile", NULL);
    VT_CHECK_SAYING(strstr(said, "NOT WELL") != NULL && strstr(said, "withheld 1") != NULL,
                    "%s", said);
    VT_CHECK_SAYING(strstr(said, "unopened   ") != NULL, "%s", said);
}

/* ---- two histories ----------------------------------------------------------------------
 * The ledger is led back to a copy of its beginning, and its witnesses too. */

static void a_history_told_anew_is_refused(void)
{
    const char *object, *said;

    begin("zurich", "zurich");
    object = seal("one.age", "the plaintext of one");
    request("req-0", "malware-analysis", object);
    (void)read_as(0, "req-0", object, "plain-0");
    vt_test_stop(&s.ledger, 0);
    for (size_t i = 0; i < WITNESSES; i++)
        vt_test_stop(&s.witnesses[i], 0);
    (void)vt_test_run(0,
                      VT_ARGV("rm", "-r", path("log"), path("w0"), path("w1"), path("w2")));
    make_ledger(); /* the same keys, another history */
    request("req-1", "malware-analysis", object);
    said = read_as(1, "req-1", object, "plain-1");
    VT_CHECK_SAYING(strstr(said, "another history") != NULL, "%s", said);
    VT_CHECK(memmem(vt_test_read(path("agent.err")).data,
                    vt_test_read(path("agent.err")).len, "ALARM: the ledger", 17) != NULL);
    VT_CHECK(!vt_path_exists(path("plain-1")));
    finish();
}

/* ---- processes --------------------------------------------------------------------------
 */

static bool has_new_holder(void *context)
{
    const pid_t *old = context;
    pid_t now = vt_test_role_of(&s.agent, "agent-holder");

    return now != 0 && now != *old;
}

static void a_dead_role_comes_back(void)
{
    const char *object;
    pid_t old;

    begin("zurich", "zurich");
    object = seal("one.age", "the plaintext of one");
    request("req-1", "malware-analysis", object);
    (void)read_as(0, "req-1", object, "plain-1");
    old = vt_test_role_of(&s.agent, "agent-holder");
    VT_CHECK(old != 0 && kill(old, SIGKILL) == 0);
    VT_CHECK(vt_test_wait_until(has_new_holder, &old));
    /* Its answer may be fetched again; a new reading needs a new entry. */
    (void)read_as(0, "req-1", object, "plain-2");
    check_plain("plain-2", object, "the plaintext of one");
    request("req-2", "malware-analysis", object);
    (void)read_as(0, "req-2", object, "plain-3");
    finish();
    (void)review(0, "reconcile", NULL);
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

    write_world();
    vt_test_token_begin("agent");
    vt_test_token_put_identity("agent", "swiss", "01", &s.world.identities[VT_C_SWISS]);
    vt_test_token_put_pem("agent", "count", "02", path("agent.key"));
    VT_CHECK(unlink(path("agent.key")) == 0 && unlink(path("swiss.key")) == 0);
    s.swiss_key = token_uri("swiss");
    s.agent_key = token_uri("count");
    (void)vt_custody_write_file(&s.world, "pin", VT_LIT(VT_TOKEN_PIN "\n"));
    begin_served("zurich", "zurich");
    object = seal("one.age", "the plaintext of one");
    second = seal("two.age", "the plaintext of two");
    request("req-1", "malware-analysis", object);
    (void)read_as(0, "req-1", object, "plain-1");
    check_plain("plain-1", object, "the plaintext of one");

    request("req-2", "malware-analysis", second);
    VT_CHECK(rename(path("tokens"), path("drawer")) == 0);
    (void)read_as(3, "req-2", second, "plain-2");
    VT_CHECK(!vt_path_exists(path("plain-2")));
    vt_test_stop(&s.agent, 0); /* it was about to start its holder again */
    says((const char *)vt_test_read(path("agent.err")).data, "is the token gone?");

    VT_CHECK(rename(path("drawer"), path("tokens")) == 0);
    (void)vt_custody_write_file(&s.world, "pin", VT_LIT("654321\n"));
    said = vt_test_run(1, VT_ARGV("vitrine", "keyagent", "serve", "--dir", path("agent"),
                                  "--passphrase-file", path("pin")));
    says(said, "PIN");
    (void)vt_custody_write_file(&s.world, "pin", VT_LIT(VT_TOKEN_PIN "\n"));
    start_agent();
    request("req-3", "malware-analysis", second);
    (void)read_as(0, "req-3", second, "plain-2");
    check_plain("plain-2", second, "the plaintext of two");
    vt_test_stop(&s.agent, 0);

    /* Its key is destroyed where it lies, and once for all. */
    for (unsigned i = 0; i < 2; i++)
        (void)vt_test_run(0, VT_ARGV("vitrine", "keyagent", "destroy", "--dir",
                                     path("agent"), "--recipient", "CH/file/2026", "--out",
                                     path(vt_test_print("claim-%u", i)),
                                     "--passphrase-file", path("pin")));
    (void)vt_test_run(1, VT_ARGV("vitrine", "key", "show", "--type", "x25519", "--key",
                                 s.swiss_key, "--passphrase-file", path("pin")));
    start_agent();
    finish();
}

/* A program that was killed between asking and taking the answer knows the salt that it
 * drew, not the one that counted in the end. */
static void the_first_salt_finds_the_answer_again(void)
{
    static const char salt[] =
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    const char *object, *said;

    begin("zurich", "zurich");
    object = seal("one.age", "the plaintext of one");
    request("req-1", "malware-analysis", object);
    (void)vt_custody_write_file(&s.world, "req-1.opening", vt_slice_from_cstr(salt));
    (void)read_as(0, "req-1", object, "plain-1");
    VT_CHECK(!vt_slice_is(vt_test_read(path("req-1.opening")), salt)); /* logged anew */
    (void)vt_custody_write_file(&s.world, "req-1.opening", vt_slice_from_cstr(salt));
    (void)read_as(0, "req-1", object, "plain-2");
    check_plain("plain-2", object, "the plaintext of one");
    finish();
    said = review(0, "reconcile", NULL);
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

    begin("zurich", "zurich");
    second = start_second();
    outer_recipient = recipient_text(&s.world.identities[VT_C_ELSEWHERE].recipient);
    inner = seal("inner.age", "the plaintext of both");
    outer = seal_for(VT_C_ELSEWHERE, "outer.age", vt_test_read(inner));

    /* The first agent alone: it does not hold the outer key. */
    request("req-0", "malware-analysis", outer);
    said = read_from(1, s.agent.url, outer_recipient, "req-0", outer, "plain-0");
    VT_CHECK_SAYING(strstr(said, "does not hold") != NULL, "%s", said);
    /* The second alone gives what only the first opens. */
    request("req-1", "malware-analysis", outer);
    (void)read_from(0, second.url, outer_recipient, "req-1", outer, "plain-1");
    layer = plain_path("plain-1", outer);
    VT_CHECK(vt_slice_equal(vt_test_read(layer), vt_test_read(inner)));
    request("req-2", "malware-analysis", layer);
    said = read_from(1, second.url, s.sealed_for, "req-2", layer, "plain-2");
    VT_CHECK_SAYING(strstr(said, "does not hold") != NULL, "%s", said);
    /* Both. */
    request("req-3", "malware-analysis", layer);
    (void)read_as(0, "req-3", layer, "plain-3");
    check_plain("plain-3", layer, "the plaintext of both");
    vt_test_stop(&second, 0);
    finish();
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

/* ---- erasing ----------------------------------------------------------------------------
 */

enum { PLAIN_BYTES = 5000 };

/* Two files in the cell's store, as clients share them: one is read, one never. */
static const char *share(vt_slice plain, unsigned number)
{
    struct vt_shared shared = vt_sharing_seal(plain, number, time(NULL));
    VT_AUTO_SAMPLE_ANSWER wish = { .status = 0 }, end = { .status = 0 };
    static const struct vt_samples_bounds bounds = { .free_bytes_min = 1 };
    struct vt_env env = vt_env_real();
    struct vt_samples *samples;
    struct vt_error err = { 0 };
    char name[VT_SAMPLE_PATH_BYTES];
    uint16_t status;

    VT_CHECK_OK(vt_samples_open(path("samples"), VT_CUSTODY_CELL, &bounds,
                                vt_world_key(VT_P_CELL), &env, &samples, &err));
    VT_CHECK_OK(vt_samples_share(samples, &shared.request, &wish, &err));
    VT_CHECK_OK(
        vt_samples_put(samples, &shared.request.object, 0, shared.body, &status, &err));
    VT_CHECK_OK(vt_samples_end(samples, &shared.request.object, &end, &err));
    VT_CHECK_SAYING(end.status == 200, "%u: %s", end.status, end.sentence);
    vt_samples_close(samples);
    vt_sample_header_path(&shared.request.object, name);
    return path(vt_test_print("samples/%s", name));
}

/* A backup: header and body, the file as the client sealed it. */
static const char *back_up(const char *header, const char *name)
{
    const char *body =
        vt_test_print("%s/body%s", path("samples"), strstr(header, "header") + 6);
    VT_AUTO_BUF file = vt_buf_init(VT_MIB(1));

    vt_buf_put(&file, vt_test_read(header));
    vt_buf_put(&file, vt_test_read(body));
    return vt_custody_write_file(&s.world, name, vt_buf_slice(&file));
}

static const char *erase_in(int exit_code, const char *samples, const char *order,
                            const char *out)
{
    return vt_test_run(
        exit_code,
        VT_ARGV("vitrine", "custody", "erase", "--request", path(order), "--trust",
                path("trust.json"), "--enrolment", path("enrolled-5.json"), "--ledger",
                s.ledger.url, "--agent", s.agent.url, "--sealed-for", s.sealed_for,
                "--samples", path(samples), "--key", path("cell.key"), "--out", path(out)));
}

static const char *erase(int exit_code, const char *order, const char *out)
{
    return erase_in(exit_code, "samples", order, out);
}

static const char *erased(int exit_code, const char *claim, const char *objects)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "custody", "erased", "--trust",
                               path("trust.json"), "--enrolment", path("enrolled-5.json"),
                               "--objects", path(objects), path(claim)));
}

/* Nothing of the plaintext in any file below the folder. */
static void check_nowhere(const char *folder, const char *word)
{
    (void)vt_test_run(1, VT_ARGV("grep", "-r", "-q", "-F", "-a", "-e", word, folder));
}

static void begin_with_files(void)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    write_world();
    VT_CHECK_OK(
        vt_age_identity_write_pem(vt_sharing_identity(), (vt_slice){ 0 }, &pem, &err));
    (void)vt_custody_write_file(&s.world, "swiss.key", vt_buf_slice(&pem));
    (void)vt_custody_write_key(&s.world, "cell.key", vt_world_key(VT_P_CELL));
    begin_served("zurich", "zurich");
    s.sealed_for = recipient_text(&vt_sharing_identity()->recipient);
}

static void what_is_erased_is_never_read(void)
{
    char plain[PLAIN_BYTES];
    const char *never, *once, *never_kept, *once_kept;

    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = "KNOWN-PLAINTEXT-"[i % 16];
    begin_with_files();
    never = share(VT_BYTES(plain), 1);
    plain[0]++;
    once = share(VT_BYTES(plain), 2);
    never_kept = back_up(never, "never.age");
    once_kept = back_up(once, "once.age");
    /* Root on the cell, with its disk, its database and a backup, finds no plaintext. */
    check_nowhere(path("samples"), "KNOWN-PLAINTEXT");
    check_nowhere(never_kept, "KNOWN-PLAINTEXT");
    request("r1", "malware-analysis", once);
    (void)read_as(0, "r1", once_kept, "plain-1");
    (void)vt_test_run(0, VT_ARGV("grep", "-r", "-q", "-F", "-a", "-e", "KNOWN-PLAINTEXT",
                                 path("plain-1"))); /* its twin: an alarm that rings */

    request("e1", "erasure", never);
    VT_CHECK(strstr(erase(0, "e1", "claim-1"), "1 erased, 0 closed") != NULL);
    VT_CHECK(!vt_path_exists(never) && vt_path_exists(once));
    VT_CHECK(strstr(erase(0, "e1", "claim-1"), "1 erased, 0 closed") != NULL); /* again */
    request("e2", "erasure", once);
    VT_CHECK(strstr(erase(0, "e2", "claim-2"), "0 erased, 1 closed") != NULL);
    VT_CHECK(!vt_path_exists(once));

    /* The backups still hold them: nobody opens them, not even who could before. */
    request("r2", "malware-analysis", never_kept);
    VT_CHECK(strstr(read_as(1, "r2", never_kept, "plain-2"), "was erased") != NULL);
    request("r3", "malware-analysis", once_kept);
    VT_CHECK(strstr(read_as(1, "r3", once_kept, "plain-3"), "was erased") != NULL);
    VT_CHECK(!vt_path_exists(path("plain-2")) && !vt_path_exists(path("plain-3")));

    VT_CHECK(strstr(erased(0, "claim-1", "claim-1.objects"), "nightly: still there") !=
             NULL);
    VT_CHECK(strstr(erased(0, "claim-2", "claim-2.objects"), "malware-analysis") != NULL);
    (void)erased(1, "claim-1", "claim-2.objects"); /* of other objects */
    (void)review(0, "reconcile", NULL);
    finish();
}

static void take_id(const char *header, struct vt_buf *out)
{
    vt_hash id = vt_sha256_of(vt_test_read(header));
    char hex[65];

    vt_hash_text(&id, hex);
    vt_buf_printf(out, "%s\n", hex);
}

static const char *erase_many(int exit_code, const char *ids, const char *out)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "custody", "erase", "--request", path("many"),
                               "--trust", path("trust.json"), "--enrolment",
                               path("enrolled-5.json"), "--ledger", s.ledger.url, "--agent",
                               s.agent.url, "--sealed-for", s.sealed_for, "--samples",
                               path("samples"), "--key", path("cell.key"), "--out",
                               path(out), ids != NULL ? "--ids" : NULL, ids));
}

/* More than a statement can name one by one. */
static void many_are_erased_by_one_order(void)
{
    enum { MANY = 70 };
    VT_AUTO_BUF ids = vt_buf_init(VT_KIB(16));
    const char *headers[MANY], *list, *more;
    char plain[] = "file 00";

    begin_with_files();
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(plain, sizeof plain, "file %02u", i);
        headers[i] = share(VT_BYTES(plain), 1 + i);
        take_id(headers[i], &ids);
    }
    list = vt_custody_write_file(&s.world, "ids", vt_buf_slice(&ids));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "request", "--out", path("many"),
                                 "--cell", VT_CUSTODY_CELL, "--ledger", VT_CUSTODY_ORIGIN,
                                 "--policy", "3", "--role", "analyst", "--role-id",
                                 s.role_id, "--place", "Zurich", "--jurisdiction", "CH",
                                 "--reason", "erasure", "--ticket", "T", "--recipient",
                                 s.recipient, "--key", path("reader.key"), "--ids", list));
    take_id(list, &ids); /* one more than was ordered */
    more = vt_custody_write_file(&s.world, "more", vt_buf_slice(&ids));
    (void)vt_test_run(1, VT_ARGV("vitrine", "custody", "approve", path("many"), "--key",
                                 path("analyst.key"), "--ids", more));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "approve", path("many"), "--key",
                                 path("analyst.key"), "--ids", list));
    (void)erase_many(2, NULL, "claim");
    (void)erase_many(1, more, "claim");
    VT_CHECK(vt_path_exists(headers[0]));
    VT_CHECK(strstr(erase_many(0, list, "claim"), "70 erased, 0 closed") != NULL);
    for (unsigned i = 0; i < MANY; i++)
        VT_CHECK(!vt_path_exists(headers[i]));
    VT_CHECK(strstr(erased(0, "claim", "claim.objects"), "70 erased") != NULL);
    (void)review(0, "reconcile", NULL);
    finish();
}

/* A request that is no order erases nothing, and no order does without the agent. */
static void no_order_no_erasure(void)
{
    const char *header;
    char plain[] = "a file";

    begin_with_files();
    header = share(VT_BYTES(plain), 1);
    request("r1", "malware-analysis", header);
    (void)erase(1, "r1", "claim-1");
    request("e1", "erasure", header);
    vt_test_stop(&s.agent, 0);
    (void)erase(3, "e1", "claim-1");
    VT_CHECK(vt_path_exists(header) && !vt_path_exists(path("claim-1")));
    start_agent();
    (void)erase(0, "e1", "claim-1");
    VT_CHECK(!vt_path_exists(header));
    finish();
}

/* A folder that is no store: nobody is asked, and none is made. */
static void no_store_no_erasure(void)
{
    const char *header, *said;
    char plain[] = "a file";

    begin_with_files();
    header = share(VT_BYTES(plain), 1);
    request("e1", "erasure", header);
    said = erase_in(3, "smaples", "e1", "claim-1");
    VT_CHECK_SAYING(strstr(said, path("smaples")) != NULL, "%s", said);
    VT_CHECK(!vt_path_exists(path("smaples")) && !vt_path_exists(path("claim-1.agent")) &&
             !vt_path_exists(path("claim-1.opening")));
    VT_CHECK(vt_path_exists(header));
    (void)erase(0, "e1", "claim-1"); /* its twin */
    VT_CHECK(!vt_path_exists(header));
    finish();
}

/* What the agent signed for one order is no answer to another. */
static void a_claim_is_of_its_order(void)
{
    const char *header, *kept, *said;
    char plain[] = "a file";

    begin_with_files();
    header = share(VT_BYTES(plain), 1);
    kept = back_up(header, "kept.age");
    request("e1", "erasure", header);
    (void)erase(0, "e1", "claim-1");
    request_with("e2", "erasure", kept, "nightly=2037-02-01T00:00:00Z");
    vt_test_write(path("claim-2.agent"), vt_test_read(path("claim-1.agent")));
    said = erase(1, "e2", "claim-2");
    VT_CHECK_SAYING(strstr(said, "not of the backups") != NULL, "%s", said);
    VT_CHECK(!vt_path_exists(path("claim-2")));
    request("e3", "erasure", kept); /* its twin: the same backups */
    vt_test_write(path("claim-3.agent"), vt_test_read(path("claim-1.agent")));
    (void)erase(0, "e3", "claim-3");
    finish();
}

/* Killed between the agent's answer and the disk: the same question again. */
static void a_lost_answer_is_asked_for_again(void)
{
    const char *header, *kept, *said;
    char plain[] = "a file";
    vt_slice claim;

    begin_with_files();
    header = share(VT_BYTES(plain), 1);
    kept = back_up(header, "kept.age");
    request("e1", "erasure", header);
    (void)erase(0, "e1", "claim-1");
    claim = vt_test_read(path("claim-1.agent"));
    VT_CHECK(unlink(path("claim-1.agent")) == 0);
    request_with("e2", "erasure", kept, "nightly=2037-02-01T00:00:00Z");
    said = erase(1, "e2", "claim-1"); /* another order, and the opening of this one */
    VT_CHECK_SAYING(strstr(said, "another order") != NULL, "%s", said);
    (void)erase(0, "e1", "claim-1");
    VT_CHECK(vt_slice_equal(vt_test_read(path("claim-1.agent")), claim));
    finish();
}

/* An agent that claims one thing to the world, and another to its supervisor. */
static void a_claim_is_what_the_opening_says(void)
{
    const char *header, *said;
    char plain[] = "a file";
    struct copying as_it_is = { .lied = 0 }, copying = { .lied = 2 };

    begin_with_files();
    header = share(VT_BYTES(plain), 1);
    request("e1", "erasure", header);
    (void)erase(0, "e1", "claim-1");
    plain[0]++;
    header = share(VT_BYTES(plain), 2);
    request("e2", "erasure", header);
    (void)erase(0, "e2", "claim-2");
    finish();
    copy_openings(&as_it_is);
    (void)review(0, "reconcile", NULL); /* its twin: copied as they are */
    copying.lie = vt_test_read(path("claim-1.agent"));
    copy_openings(&copying);
    said = review(1, "reconcile", NULL);
    VT_CHECK_SAYING(strstr(said, "do not say what was erased by record 2") != NULL, "%s",
                    said);
}

/* ---- whose object it is -----------------------------------------------------------------
 * A client's folder as `vitrine client share` leaves it: the line by which the file left,
 * and the bond. */

static const char *share_from_home(const char *name, vt_slice plain)
{
    VT_AUTO_BUF file = vt_buf_init(VT_MIB(1));
    struct vt_bond bond = { .recipient = s.world.identities[VT_C_SWISS].recipient };
    struct vt_sent_record line = { .at_unix_s = time(NULL),
                                   .kind = VT_SENT_SAMPLE,
                                   .cell = VT_LIT(VT_CUSTODY_CELL),
                                   .what = VT_LIT("the file wanted.exe") };
    static const uint8_t file_key[VT_AGE_FILE_KEY_BYTES] = "a key of 16 byte";
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_error err = { 0 };
    VT_AUTO_SENT sent = NULL;
    struct vt_disk *home;

    VT_CHECK_OK(vt_age_header_write_bound(&s.world.env, &bond.recipient, file_key, &file,
                                          bond.secret, &err));
    bond.header = vt_arena_copy(vt_test_arena(), vt_buf_slice(&file));
    line.sha256 = vt_sha256_of(bond.header);
    line.bytes = file.len + plain.len;
    VT_CHECK_OK(vt_disk_open(path("home"), true, &home, &err));
    VT_CHECK_OK(vt_bond_keep(home, &bond, &err));
    VT_CHECK_OK(vt_sent_open(home, &sent, &err));
    VT_CHECK_OK(vt_sent_append(sent, &line, &err));
    vt_disk_close(home);
    VT_CHECK_OK(
        vt_age_seal_new(&s.world.env, file_key, vt_age_sink_buf(&file), &stream, &err));
    VT_CHECK_OK(vt_age_stream_put(stream, plain, &err));
    VT_CHECK_OK(vt_age_stream_end(stream, &err));
    return vt_custody_write_file(&s.world, name, vt_buf_slice(&file));
}

/* object: one more operand; NULL: all. */
static const char *accesses_of(int exit_code, const char *ledger, const char *object)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "client", "accesses", "--home", path("home"),
                               "--agent", s.agent.url, "--trust", path("trust.json"),
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
                               "--cell", VT_CUSTODY_CELL, "--agent", s.agent.url, "--trust",
                               path("trust.json"), "--enrolment", path("enrolled-5.json"),
                               "--out", path(out)));
}

/* What a client takes back is never released again, whatever copy of it turns up. */
static void check_taken_back(const char *object, const char *id)
{
    const char *said;

    says(withdraw(0, "request-1"), "never releases the key of 1 file again; 1 of them had");
    says(withdraw(0, "request-2"), "The proof is in withdrawn/"); /* again: the same */
    VT_CHECK(vt_path_exists(path(vt_test_print("home/withdrawn/%s.json", id))));
    says(accesses_of(0, s.ledger.url, id), "you took it back at");
    request("req-back", "malware-analysis", object);
    said = read_as(1, "req-back", object, "plain-back");
    VT_CHECK_SAYING(strstr(said, vt_test_print("sealed the object %s took it back", id)) !=
                        NULL,
                    "%s", said);
    says(vt_test_run(0, VT_ARGV("vitrine", "keyagent", "status", "--dir", path("agent"))),
         "taken back 1, by clients");
}

static void a_client_is_told_who_read(void)
{
    const char *object, *said, *id;

    begin("zurich", "zurich");
    object = share_from_home("one.age", VT_LIT("the plaintext of one"));
    id = vt_test_print("%.64s", strrchr(plain_path("x", object), '/') + 1);
    said = accesses_of(0, s.ledger.url, NULL);
    VT_CHECK_SAYING(strstr(said, "nobody has read it") != NULL, "%s", said);
    request("req-1", "malware-analysis", object);
    (void)read_as(0, "req-1", object, "plain-1");
    said = accesses_of(0, s.ledger.url, id);
    VT_CHECK_SAYING(strstr(said, "malware-analysis, by analyst in CH") != NULL, "%s", said);
    VT_CHECK_SAYING(strstr(said, "each of them stands on the ledger") != NULL, "%s", said);
    VT_CHECK_SAYING(strstr(said, "nobody has read it") == NULL, "%s", said);
    VT_CHECK(vt_path_exists(path(vt_test_print("lists/%s.json", id))));
    (void)accesses_of(1, s.ledger.url, vt_test_print("%064d", 1)); /* not shared by us */
    (void)accesses_of(3, path("no-ledger"), id);
    /* The ledger's folder alone will do; one that was led back is found. */
    (void)accesses_of(0, path("log"), id);
    turn_a_bit_of_the_bond(id);
    said = accesses_of(1, s.ledger.url, id);
    VT_CHECK_SAYING(strstr(said, "not by whoever sealed the object") != NULL, "%s", said);
    (void)withdraw(1, "request-0"); /* somebody else's bond */
    turn_a_bit_of_the_bond(id);
    check_taken_back(object, id);
    vt_test_stop(&s.agent, 0);
    (void)accesses_of(3, s.ledger.url, id);
    (void)withdraw(3, "request-0"); /* and nothing is asked of the cell */
    VT_CHECK(!vt_path_exists(path("request-0")));
    start_agent();
    request("req-again", "malware-analysis", object);
    says(read_as(1, "req-again", object, "plain-again"), "took it back");
    vt_test_stop(&s.ledger, 0);
    for (size_t i = 0; i < WITNESSES; i++)
        vt_test_stop(&s.witnesses[i], 0);
    (void)vt_test_run(0,
                      VT_ARGV("rm", "-r", path("log"), path("w0"), path("w1"), path("w2")));
    make_ledger(); /* the same keys, another history */
    request("req-2", "malware-analysis", object);
    (void)read_as(1, "req-2", object, "plain-2");
    said = accesses_of(1, s.ledger.url, id);
    VT_CHECK_SAYING(strstr(said, "the agent saw") != NULL, "%s", said);
    finish();
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
                "--role-id", s.role_id, "--place", "Zurich", "--jurisdiction", "CH",
                "--reason", reason, "--ticket", "T", "--recipient", s.recipient, "--key",
                path("reader.key"), path("one.age"), backup != NULL ? "--backup" : NULL,
                backup, "--backup", again));
}

static void what_is_misspelled_is_told(void)
{
    static const char good[] = "nightly=2037-01-31T00:00:00Z";

    write_world();
    prepare();
    (void)seal("one.age", "the plaintext of one");
    says(request_as(2, "junk", NULL, NULL), "none of customer-support, malware-analysis");
    says(request_as(2, "", NULL, NULL), "its value is empty");
    says(request_as(2, "erasure", "nightly=2020-01-31T00:00:00Z", good), "over already");
    says(request_as(2, "erasure", good, "nightly=2038-01-31T00:00:00Z"), "twice");
    says(request_as(0, "erasure", good, "weekly=2038-01-31T00:00:00Z"), "orders to erase");
    says(request_as(0, "malware-analysis", NULL, NULL), "asks to read");
}

/* A year ends: its key is destroyed, the next one's added; never the same period again. */
static void a_new_period_has_a_new_key(void)
{
    const char *next = vt_test_print("CH/file/2027=%s", path("next.key"));
    const char *object, *said;

    begin("zurich", "zurich");
    object = seal_for(VT_C_NEXT, "next.age", VT_LIT("of the next year"));
    s.sealed_for = recipient_text(&s.world.identities[VT_C_NEXT].recipient);
    request("req-1", "malware-analysis", object);
    says(read_as(1, "req-1", object, "plain-1"), "does not hold");
    vt_test_stop(&s.agent, 0);
    says(vt_test_run(1, VT_ARGV("vitrine", "keyagent", "update", "--dir", path("agent"),
                                "--recipient", next)),
         "the trust root certifies this key for nothing");
    says(
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
    says(said, path("swiss.key"));
    (void)vt_custody_write_file(&s.world, "again.key", vt_test_read(path("next.key")));
    says(vt_test_run(1, VT_ARGV("vitrine", "keyagent", "update", "--dir", path("agent"),
                                "--recipient",
                                vt_test_print("CH/file/2026=%s", path("again.key")))),
         "was destroyed");
    VT_CHECK(vt_path_exists(path("again.key")));
    start_agent();
    request("req-2", "malware-analysis", object);
    (void)read_as(0, "req-2", object, "plain-2");
    check_plain("plain-2", object, "of the next year");
    finish();
}

/* ---- a move -----------------------------------------------------------------------------
 */

enum { MOVED = 150, MORE = 7, CANARY = 9999 };

#define PLANTED "a file that the supervisor planted"

static size_t bytes_of(unsigned i)
{
    return 100 + 7 * (i % 500);
}

static vt_hash write_document(const char *name, const char *cell,
                              enum vt_custody_place place)
{
    struct vt_recipient document = { .country = "CH",
                                     .holder = "Watch",
                                     .data_class = "file",
                                     .from_unix_s = 1700000000,
                                     .until_unix_s = 4000000000,
                                     .key = s.world.identities[place].recipient };
    VT_AUTO_BUF text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);
    struct vt_error err = { 0 };

    (void)snprintf(document.cell, sizeof document.cell, "%s", cell);
    VT_CHECK_OK(vt_recipient_write(&document, &text, &err));
    vt_test_write(path(name), vt_buf_slice(&text));
    return vt_sha256_of(vt_buf_slice(&text));
}

static void share_many(unsigned first, unsigned count)
{
    vt_hash document = write_document("zurich.json", "zurich", VT_C_SWISS);
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_moving_open(path("zurich"), "zurich", &samples, &err));
    VT_CHECK_OK(vt_moving_fill(samples, first, count, bytes_of,
                               &s.world.identities[VT_C_SWISS].recipient, &document, &err));
    vt_samples_close(samples);
}

/* Its id at the source, as hex. */
static const char *plant(void)
{
    vt_hash document = write_document("zurich.json", "zurich", VT_C_SWISS), object;
    char *hex = vt_arena_alloc(vt_test_arena(), 65);
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_moving_open(path("zurich"), "zurich", &samples, &err));
    VT_CHECK_OK(vt_moving_plant(samples, CANARY, VT_LIT(PLANTED),
                                &s.world.identities[VT_C_SWISS].recipient, &document,
                                &object, &err));
    vt_samples_close(samples);
    vt_hash_text(&object, hex);
    return hex;
}

/* approvers: of job.json, or empty. */
static void write_job(const char *approvers)
{
    (void)write_document("vienna.json", "vienna", VT_C_ELSEWHERE);
    (void)vt_custody_write_key(&s.world, "cell.key", vt_world_key(VT_P_CELL));
    (void)mkdir(path("job"), 0700);
    vt_test_write(path("job/job.json"),
                  vt_slice_from_cstr(vt_test_print(
                      "{\"v\":1,\"country\":\"CH\",\"from\":\"zurich\",\"to\":\"vienna\","
                      "\"source\":\"%s\",\"samples\":\"%s\",\"destination\":\"%s\","
                      "\"recipient\":\"%s\",\"periods\":[\"%s\"],\"ledger\":\"%s\","
                      "\"origin\":\"" VT_CUSTODY_ORIGIN "\",\"agent\":\"%s\",\"policy\":3,"
                      "\"person_key\":\"%s\",\"role_key\":\"%s\",\"cell_key\":\"%s\",%s"
                      "\"role\":\"analyst\",\"place\":\"Zurich\",\"jurisdiction\":\"CH\","
                      "\"ticket\":\"MOVE-1\"}\n",
                      path("from"), path("zurich"), path("to"), path("vienna.json"),
                      path("zurich.json"), s.ledger.url, s.agent.url, path("reader.key"),
                      path("analyst.key"), path("cell.key"), approvers)));
}

static const char *relocate_with(int exit_code, const char *verb, const char *token,
                                 const char *option, const char *value)
{
    if (strcmp(verb, "pause") == 0 || strcmp(verb, "progress") == 0 ||
        strcmp(verb, "verify") == 0)
        return vt_test_run(exit_code, VT_ARGV("vitrine", "relocate", verb, "--job",
                                              path("job"), option, value));
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "relocate", verb, "--job", path("job"), "--trust",
                               path("trust.json"), "--enrolment", path("enrolled-5.json"),
                               "--enrolment", path("enrolled-6.json"), "--token-file",
                               path(token), option, value));
}

static const char *relocate(int exit_code, const char *verb)
{
    return relocate_with(exit_code, verb, "token", NULL, NULL);
}

static const char *confirm(int exit_code, const char *begun, const char *done,
                           const char *both)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "relocate", "confirm", "--begun", path(begun),
                               "--done", path(done), "--countersigned", path(both),
                               "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                               "--manifest", path("job/manifest")));
}

static const char *countersign(int exit_code, const char *done, const char *key,
                               const char *out)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "relocate", "countersign", "--begun",
                               path("job/begun"), "--done", path(done), "--origin",
                               VT_CUSTODY_ORIGIN, "--trust", path("trust.json"), "--key",
                               path(key), "--out", path(out)));
}

static void sign_too(const char *file, const struct vt_key *key, const char *out)
{
    VT_AUTO_BUF both = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_envelope_add_signature(vt_test_read(path(file)), key, &both, &err));
    vt_test_write(path(out), vt_buf_slice(&both));
}

/* The file that was planted opens where the papers say that it is now, and is nowhere else.
 */
static void follow(const char *canary, const char *said)
{
    const char *at = strstr(said, ", now "), *here;
    VT_AUTO_BUF plain = vt_buf_init(VT_KIB(4));
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_age_header header;
    struct vt_error err = { 0 };

    VT_CHECK_SAYING(at != NULL && strstr(said, vt_test_print("canary %s", canary)) != NULL,
                    "%s", said);
    here = vt_test_print("%.64s", at + 6);
    VT_CHECK_OK(vt_age_header_parse(
        vt_test_read(path(vt_test_print("vienna/header/%.2s/%s", here, here))), &header,
        &err));
    VT_CHECK_OK(
        vt_age_unwrap(&s.world.identities[VT_C_ELSEWHERE], &header, file_key, &err));
    VT_CHECK_OK(vt_age_open_new(file_key, vt_age_sink_buf(&plain), &stream, &err));
    VT_CHECK_OK(vt_age_stream_put(
        stream, vt_test_read(path(vt_test_print("vienna/body/%.2s/%s", here, here))),
        &err));
    VT_CHECK_OK(vt_age_stream_end(stream, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&plain), VT_LIT(PLANTED)));
    VT_CHECK(
        !vt_path_exists(path(vt_test_print("zurich/header/%.2s/%s", canary, canary))) &&
        !vt_path_exists(path(vt_test_print("zurich/body/%.2s/%s", canary, canary))));
}

/* The agent's claim that its key is gone, held against the end of the move. */
static void the_claim_belongs_to_it(void)
{
    vt_hash document = vt_sha256_of(vt_test_read(path("zurich.json")));
    char hex[65];

    vt_hash_text(&document, hex);
    says(vt_test_run(0,
                     VT_ARGV("vitrine", "relocate", "confirm", "--begun", path("job/begun"),
                             "--done", path("job/done"), "--countersigned", path("both"),
                             "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                             "--enrolment", path("enrolled-5.json"), "--destroyed",
                             path(vt_test_print("job/destroyed/%s", hex)))),
         "key destroyed since: CH/file/2026");
    says(vt_test_run(0,
                     VT_ARGV("vitrine", "relocate", "confirm", "--begun", path("job/begun"),
                             "--done", path("job/done"), "--countersigned", path("both"),
                             "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                             "--enrolment", path("enrolled-5.json"), "--destroyed",
                             path(vt_test_print("job/destroyed/%s", hex)), "--json")),
         "\"destroyed\":[\"2026\"]");
    says(vt_test_run(1,
                     VT_ARGV("vitrine", "relocate", "confirm", "--begun", path("job/begun"),
                             "--done", path("job/done"), "--countersigned", path("both"),
                             "--origin", VT_CUSTODY_ORIGIN, "--trust", path("trust.json"),
                             "--destroyed", path(vt_test_print("job/destroyed/%s", hex)))),
         "not signed by a key agent"); /* nobody enrolled it */
}

/* Everything is switched off by now. */
static void the_papers_speak_for_themselves(const char *canary)
{
    vt_slice begun = vt_test_read(path("job/begun")),
             manifest = vt_test_read(path("job/manifest"));
    uint8_t *changed = vt_arena_alloc(vt_test_arena(), manifest.len);

    says(countersign(1, "job/done", "analyst.key", "not-his"), "no supervisor's");
    says(countersign(1, "job/begun", "supervisor.key", "not-his"), "of that phase");
    VT_CHECK(!vt_path_exists(path("not-his")));
    (void)countersign(0, "job/done", "supervisor.key", "both");
    sign_too("job/done", vt_custody_key(VT_C_ANALYST), "not-his");
    follow(canary, confirm(0, "job/begun", "job/done", "both"));
    the_claim_belongs_to_it();
    says(confirm(1, "job/begun", "job/done", "job/done"), "did not countersign");
    says(confirm(1, "job/begun", "job/done", "not-his"), "did not countersign");
    says(confirm(1, "job/begun", "job/done", "job/begun"), "another end");
    says(confirm(1, "job/done", "job/done", "both"), "of that phase");
    says(confirm(1, "job/begun", "job/begun", "both"), "of that phase");
    memcpy(changed, manifest.data, manifest.len);
    changed[manifest.len - 1] ^= 1;
    vt_test_write(path("job/manifest"), vt_slice_of(changed, manifest.len));
    says(confirm(1, "job/begun", "job/done", "both"), "is not the manifest");
    vt_test_write(path("job/manifest"), manifest);
    memcpy(changed, begun.data, begun.len);
    for (size_t i = 0; i < begun.len; i += 97) { /* a sample of all bytes */
        changed[i] ^= 1;
        vt_test_write(path("job/begun"), vt_slice_of(changed, begun.len));
        (void)confirm(1, "job/begun", "job/done", "both");
        changed[i] ^= 1;
    }
}

/* From now on the ledger has one named writer, and `token` is his. */
static void name_a_writer(void)
{
    const char *json =
        vt_test_run(0, VT_ARGV("vitrine", "ledger", "token", "--name", "mover", "--json"));
    const char *token = strstr(json, "\"token\":\"");
    const char *digest = strstr(json, "\"sha256\":\"");

    VT_CHECK_SAYING(token != NULL && digest != NULL, "%s", json);
    vt_test_write(path("token"), vt_slice_from_cstr(vt_test_print("%.64s\n", token + 9)));
    vt_test_write(path("other-token"), vt_slice_from_cstr(vt_test_print("%064d\n", 1)));
    vt_test_write(path("writers"),
                  vt_slice_from_cstr(vt_test_print("mover %.64s\n", digest + 10)));
    vt_test_stop(&s.ledger, 0);
    s.ledger =
        vt_test_start("ledger.err", VT_ARGV("vitrine", "ledger", "serve", "--dir",
                                            path("log"), "--writers", path("writers")));
}

/* The paper, as if one file more had been read back, signed by the source. */
static void write_other_done(vt_slice done)
{
    const struct vt_key *keys[1] = { vt_world_key(VT_P_CELL) };
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error err = { 0 };
    json_t *root;

    VT_CHECK_OK(vt_envelope_parse(done, &envelope, &err));
    root = json_object_get(envelope.statement.predicate, "read_back");
    (void)json_object_set_new(root, "count", json_integer(MOVED + MORE + 2));
    VT_CHECK_OK(vt_statement_write_about_itself(VT_RELOCATION, envelope.statement.predicate,
                                                &payload, &err));
    VT_CHECK_OK(vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &out, &err));
    vt_test_write(path("job/done"), vt_buf_slice(&out));
}

/* Nothing is left at the source on the word of a paper alone: it is on the ledger, both
 * cells signed it, and what it says is still so. */
static void what_arrived_is_still_there(void)
{
    vt_slice done = vt_test_read(path("job/done"));

    write_other_done(done);
    (void)relocate(1, "finish");
    (void)relocate_with(1, "verify", "", "--trust", path("trust.json"));
    vt_test_write(path("job/done"), done);
    says(relocate(2, "verify"), "believed by its signatures alone");
    says(relocate_with(0, "verify", "", "--trust", path("trust.json")), "equal");
    says(relocate(0, "finish"),
         vt_test_print("%d objects", MOVED + MORE + 1)); /* its twin: again */
}

/* Uploads end at the source and begin at the destination in so many seconds. */
static void plan_cut_over(int in_s)
{
    int64_t at = time(NULL) + in_s;

    vt_test_write(path("zurich.takes"),
                  vt_slice_from_cstr(vt_test_print("0 %jd\n", (intmax_t)at)));
    vt_test_write(path("vienna.takes"),
                  vt_slice_from_cstr(vt_test_print("%jd 4000000000\n", (intmax_t)at)));
}

static void the_pause_is_told(void)
{
    const char *said = relocate(0, "progress"), *at = strstr(said, "took uploads for ");
    uint64_t pause_ms;

    VT_CHECK_SAYING(at != NULL, "%s", said);
    VT_CHECK_SAYING(vt_decimal_parse(vt_slice_of((const uint8_t *)at + 17,
                                                 strspn(at + 17, "0123456789")),
                                     &pause_ms) &&
                        pause_ms <= 1000,
                    "%s", said);
}

/* As the agent's own machine does it, with the agent stopped meanwhile. */
static void the_key_goes(void)
{
    const char *port;

    says(relocate(1, "refused"), "gave the file key to the destination");
    says(relocate_with(3, "finish", "token", "--agent", path("agent")), "agent");
    port = strrchr(s.agent.url, ':') + 1;
    vt_test_stop(&s.agent, 0);
    says(relocate_with(0, "finish", "token", "--agent", path("agent")),
         "its key is destroyed");
    VT_CHECK(!vt_path_exists(path("swiss.key")));
    s.agent = vt_test_start("agent.err", VT_ARGV("vitrine", "keyagent", "serve", "--dir",
                                                 path("agent"), "--port", port));
    says(relocate(0, "refused"), "was destroyed");
}

/* Two persons, since the policy asks for that. */
static void two_persons_move(void)
{
    says(relocate(1, "start"), "0 others approved it, the policy demands 1");
    write_job(vt_test_print("\"approver_keys\":[\"%s\"],", path("approver.key")));
}

/* All that had arrived is lost, and comes again; the agent is not asked again. */
static pid_t begin_again(pid_t destination)
{
    const char *said;

    vt_moving_kill(destination);
    (void)vt_test_run(0, VT_ARGV("rm", "-r", path("vienna")));
    destination = vt_moving_start(path("vienna"), "vienna", path("to"));
    said = relocate(0, "resume");
    says(said, vt_test_print("%d objects of", MOVED + 1));
    says(said, "0 were given to the other agent");
    says(relocate(0, "verify"), "equal");
    return destination;
}

/* The signed end counts it as it was; without JOB/erased it is missing. */
static void what_is_erased_is_told(void)
{
    const char *said = relocate(0, "finish"); /* its twin: again */

    says(said, vt_test_print("%d objects", MOVED + MORE + 1));
    says(said, "1 object taken back at the source since then was erased");
    said = relocate_with(0, "verify", "", "--trust", path("trust.json"));
    says(said, "equal");
    says(said, "1 object taken back at the source since then was erased");
    VT_CHECK(rename(path("job/erased"), path("kept")) == 0);
    says(relocate_with(1, "verify", "", "--trust", path("trust.json")),
         vt_test_print("destination  %d objects", MOVED + MORE));
    says(relocate(1, "finish"), "is not the same; nothing was removed");
    VT_CHECK(rename(path("kept"), path("job/erased")) == 0);
}

/* Behind the move its owner asks the cell that he knows; the next call carries it, and the
 * papers go on to fit what is there. */
static void what_is_taken_back_is_carried(pid_t *source)
{
    const unsigned number = 5000; /* see share_many: it is the owner's key too */
    struct vt_withdrawal request = { .cell = VT_LIT("zurich"),
                                     .at_unix_s = time(NULL),
                                     .digest = { { 7 } } };
    VT_AUTO_SAMPLE_ANSWER answer = { .status = 0 };
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    vt_moving_kill(*source);
    memcpy(request.pseudonym.bytes, &number, sizeof number);
    VT_CHECK_OK(vt_moving_open(path("zurich"), "zurich", &samples, &err));
    VT_CHECK_OK(vt_samples_withdraw(samples, &request, &answer, &err));
    vt_samples_close(samples);
    *source = vt_moving_start(path("zurich"), "zurich", path("from"));
    says(relocate(0, "finish"), "1 object taken back at the source since then was erased");
    what_is_erased_is_told();
}

/* A policy by which files of CH are kept so many days; holds: more of its text. */
static const char *schedule(const char *days, const char *holds)
{
    const char *text = vt_custody_policy_text(3), *at = strstr(text, "],\"version\":3");
    const char *out = path(vt_test_print("kept-%s-%zu.policy", days, strlen(holds)));

    VT_CHECK(at != NULL);
    text = vt_test_print(
        "%.*s],\"retention\":[{\"classes\":[\"file\"],\"countries\":[\"*\"],\"days\":"
        "36525},{\"classes\":[\"file\"],\"countries\":[\"CH\"],\"days\":%s}]%s%s",
        (int)(at - text), text, days, holds, at + 1);
    text = vt_custody_write_file(&s.world, "kept.json", vt_slice_from_cstr(text));
    (void)vt_test_run(strcmp(days, "0") == 0 ? 1 : 0,
                      VT_ARGV("vitrine", "custody", "policy", text, "--key",
                              path("supervisor.key"), "--out", out));
    return out;
}

static const char *retention(int exit_code, const char *policy, const char *door,
                             const char *ids, const char *document)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "custody", "retention", "show", "--policy",
                               policy, "--trust", path("trust.json"), "--keeper",
                               path(door), ids != NULL ? "--ids" : NULL, ids,
                               document != NULL ? "--recipient" : NULL, document));
}

/* Files that were shared in November 2023: the clock alone says which are due. */
static void what_is_due_is_told(void)
{
    const char *late = schedule("30", ""), *early = schedule("36500", ""), *held, *said;
    vt_slice ids;

    (void)schedule("0", "");
    held = schedule("30", ",\"holds\":[{\"classes\":[\"file\"],\"countries\":[\"CH\"],"
                          "\"name\":\"case-7\",\"reason\":\"a court asked\",\"since\":"
                          "\"2026-11-01T00:00:00Z\"}]");
    said = retention(0, late, "from", NULL, NULL);
    says(said, vt_test_print("CH/file  kept 30 days; %d files, %d due, the first since "
                             "2023-12-14T22:13:20Z: LATE by",
                             MOVED + 1, MOVED + 1));
    says(retention(0, early, "from", NULL, NULL), "none due; the next at 2123-");
    (void)retention(3, late, "nowhere", NULL, NULL);
    (void)retention(1, path("trust.json"), "from", NULL, NULL);
    (void)retention(2, late, "from", path("due"), NULL);
    said = retention(0, late, "from", path("due"), path("zurich.json"));
    says(said, vt_test_print("%d of them", MOVED + 1));
    ids = vt_test_read(path("due"));
    VT_CHECK(ids.len == (MOVED + 1) * 65);
    says(retention(0, late, "from", path("due"), path("vienna.json")), "0 of them");
    said = retention(0, held, "from", path("due"), path("zurich.json"));
    says(said, vt_test_print("%d more would be due, and are held: case-7, a court asked",
                             MOVED + 1));
    says(said, "0 of them");
    says(vt_test_run(0, VT_ARGV("vitrine", "custody", "retention", "show", "--policy", held,
                                "--trust", path("trust.json"), "--keeper", path("from"),
                                "--json")),
         "\"days\":30");
}

/* ---- what is due goes -------------------------------------------------------------------
 */

enum { DUE = 70, PART = 40, KILLS = 14 };

static const char *const *run_argv(const char *agent)
{
    const char *const argv[] = { "vitrine",
                                 "custody",
                                 "retention",
                                 "run",
                                 "--policy",
                                 path("policy.json"),
                                 "--trust",
                                 path("trust.json"),
                                 "--enrolment",
                                 path("enrolled-5.json"),
                                 "--keeper",
                                 path("from"),
                                 "--recipient",
                                 path("zurich.json"),
                                 "--dir",
                                 path("due"),
                                 "--ledger",
                                 s.ledger.url,
                                 "--agent",
                                 agent,
                                 "--samples",
                                 path("zurich"),
                                 "--key",
                                 path("cell.key"),
                                 "--person-key",
                                 path("reader.key"),
                                 "--role-key",
                                 path("analyst.key"),
                                 "--role",
                                 "analyst",
                                 "--place",
                                 "Zurich",
                                 "--jurisdiction",
                                 "CH",
                                 "--ticket",
                                 "KEPT-30",
                                 "--backup",
                                 "nightly=2037-01-31T00:00:00Z",
                                 NULL };
    const char **out = vt_arena_alloc(vt_test_arena(), sizeof argv);

    memcpy(out, argv, sizeof argv);
    return out;
}

static const char *with(const char *text, const char *mark, const char *instead)
{
    const char *at = strstr(text, mark);

    VT_CHECK(at != NULL);
    return vt_arena_printf(vt_test_arena(), "%.*s%s%s", (int)(at - text), text, instead,
                           at + strlen(mark));
}

/* With that instead of what the option says. */
static const char *const *run_with(const char *option, const char *value)
{
    const char *const *usual = run_argv(s.agent.url);
    size_t count = 0, at = 0;
    const char **out;

    for (; usual[count] != NULL; count++)
        if (strcmp(usual[count], option) == 0)
            at = count + 1;
    VT_CHECK(at != 0);
    out = vt_arena_alloc(vt_test_arena(), (count + 1) * sizeof *out);
    memcpy(out, usual, (count + 1) * sizeof *out);
    out[at] = value;
    return out;
}

/* With so many who approve. */
static const char *const *run_approved(size_t times)
{
    const char *const *usual = run_argv(s.agent.url);
    size_t count = 0;
    const char **out;

    while (usual[count] != NULL)
        count++;
    out = vt_arena_alloc(vt_test_arena(), (count + 2 * times + 1) * sizeof *out);
    memcpy(out, usual, count * sizeof *out);
    for (size_t i = 0; i < times; i++) {
        out[count++] = "--approver-key";
        out[count++] = path("approver.key");
    }
    out[count] = NULL;
    return out;
}

/* A policy by which one more person approves of an order to erase. */
static const char *approved_policy(void)
{
#define RULE                                                                               \
    ",\"classes\":[\"file\"],\"countries\":[\"*\"],\"delay_s\":0,\"jurisdictions\":["      \
    "\"CH\"],"                                                                             \
    "\"objects\":4096,\"per_day\":10000,\"reason\":\"erasure\""
    vt_slice text = vt_test_read(path("predicate.json"));
    const char *next = with(vt_arena_cstr(vt_test_arena(), text), "\"approvals\":0" RULE,
                            "\"approvals\":1" RULE);
#undef RULE

    (void)vt_custody_write_file(&s.world, "approved.json", vt_slice_from_cstr(next));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "policy", path("approved.json"),
                                 "--key", path("supervisor.key"), "--out",
                                 path("approved.policy")));
    return path("approved.policy");
}

/* No order is made that the agent would refuse. */
static void what_the_policy_forbids_is_not_ordered(void)
{
    says(vt_test_run(1, run_with("--policy", approved_policy())),
         "asks for 1 approval of such an order, and --approver-key gives 0");
    says(vt_test_run(2, run_approved(7)), "--approver-key: at most 6");
    says(vt_test_run(1, run_with("--role-key", path("reader.key"))),
         "no role 'analyst' with the key of --role-key");
    says(vt_test_run(1, run_with("--jurisdiction", "DE")), "lets nobody in DE");
    VT_CHECK(!vt_path_exists(path("due/1.order")));
}

/* Killed after so long, if it is not done by then. */
static void run_and_kill(unsigned after_ms)
{
    const char *const *argv = run_argv(s.agent.url);
    pid_t pid = fork();

    VT_CHECK(pid >= 0);
    if (pid == 0) {
        int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
        (void)execv(vt_test_vitrine(), (char *const *)(const void *)argv);
        _exit(127);
    }
    (void)usleep(after_ms * 1000);
    (void)kill(pid, SIGKILL);
    VT_CHECK(waitpid(pid, NULL, 0) == pid);
}

static bool is_kept(const char *id)
{
    return vt_path_exists(path(vt_test_print("zurich/header/%.2s/%s", id, id)));
}

/* The next version of the policy: what was ordered under the one before, and never asked,
 * is ordered anew, and by no more than PART at once. */
static void next_policy(void)
{
    vt_slice text = vt_test_read(path("predicate.json"));
    const char *next = vt_arena_cstr(vt_test_arena(), text);

    next = with(next, "\"version\":3", "\"version\":4");
    next = with(
        next, "\"objects\":4096,\"per_day\":10000,\"reason\":\"erasure\"",
        vt_test_print("\"objects\":%d,\"per_day\":10000,\"reason\":\"erasure\"", PART));
    (void)vt_custody_write_file(&s.world, "predicate.json", vt_slice_from_cstr(next));
    (void)unlink(path("policy.json"));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "policy", path("predicate.json"),
                                 "--key", path("supervisor.key"), "--out",
                                 path("policy.json")));
    vt_test_stop(&s.agent, 0);
    (void)vt_test_run(0, VT_ARGV("vitrine", "keyagent", "update", "--dir", path("agent"),
                                 "--policy", path("policy.json")));
    start_agent();
}

/* Killed before this file was there: the same call makes it again, and the same claim. */
static void check_each_step(void)
{
    static const char *const made[] = { "done", "claim", "claim.agent" };
    vt_slice claim = vt_test_read(path("due/2.claim"));

    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        for (size_t j = 0; j <= i; j++)
            VT_CHECK(unlink(path(vt_test_print("due/2.%s", made[j]))) == 0);
        says(vt_test_run(0, run_argv(s.agent.url)),
             vt_test_print("%d objects by 1 order: %d erased", PART, PART));
        VT_CHECK(vt_slice_equal(vt_test_read(path("due/2.claim")), claim));
    }
}

/* Whatever is killed, all that is due goes in the end, with a claim for each order; what is
 * held stays. */
static void what_is_due_is_erased(void)
{
    const char *held, *said;
    pid_t keeper;

    write_world();
    prepare();
    make_ledger();
    (void)vt_custody_write_key(&s.world, "cell.key", vt_world_key(VT_P_CELL));
    share_many(0, DUE);
    held = plant();
    make_agent(
        "],\"version\":3",
        vt_test_print("],\"holds\":[{\"classes\":[\"file\"],\"countries\":[\"CH\"],"
                      "\"name\":\"case-7\",\"objects\":[\"%s\"],\"reason\":\"a court\","
                      "\"since\":\"2026-11-01T00:00:00Z\"}],\"retention\":[{\"classes\":"
                      "[\"file\"],\"countries\":[\"CH\"],\"days\":30}],\"version\":3",
                      held));
    keeper = vt_moving_start(path("zurich"), "zurich", path("from"));
    said = retention(0, path("policy.json"), "from", NULL, NULL);
    says(said, vt_test_print("%d due, the first since", DUE));
    says(said, "1 more would be due, and are held: case-7");
    what_the_policy_forbids_is_not_ordered();
    (void)vt_test_run(3, run_argv("http://127.0.0.1:1")); /* no agent: nothing goes */
    says(retention(0, path("policy.json"), "from", NULL, NULL),
         vt_test_print("%d due", DUE));
    VT_CHECK(vt_path_exists(path("due/1.order")));
    next_policy();
    for (unsigned i = 0; i < KILLS; i++) {
        run_and_kill(2 + 6 * i);
        if (i % 4 == 3) { /* and so is the keeper */
            vt_moving_kill(keeper);
            keeper = vt_moving_start(path("zurich"), "zurich", path("from"));
        }
    }
    (void)vt_test_run(0, run_argv(s.agent.url));
    says(vt_test_run(0, run_argv(s.agent.url)), "nothing is due");
    VT_CHECK(is_kept(held));
    said = retention(0, path("policy.json"), "from", NULL, NULL);
    says(said, "1 file, none due");
    says(erased(0, "due/2.claim", "due/2.claim.objects"), vt_test_print("%d erased", PART));
    says(erased(0, "due/3.claim", "due/3.claim.objects"),
         vt_test_print("%d erased", DUE - PART));
    VT_CHECK(!vt_path_exists(path("due/1.done")));  /* it was left behind, */
    VT_CHECK(!vt_path_exists(path("due/4.order"))); /* and the others gone on with */
    check_each_step();
    vt_moving_kill(keeper);
    finish();
    (void)review(0, "reconcile", NULL);
}

/* Both cells in service, the rest as it runs: no file key is given to anybody but the other
 * agent, and the agent's count says so. */
static void a_move_is_on_record(void)
{
    pid_t pids[2];
    const char *said, *canary;

    write_world();
    prepare();
    make_ledger();
    make_agent(
        "],\"version\":3",
        vt_test_print(
            ",{\"approvals\":1,\"classes\":[\"file\"],\"countries\":[\"CH\"],"
            "\"delay_s\":0,\"jurisdictions\":[\"CH\"],\"objects\":1024,\"per_day\":"
            "10000,\"reason\":\"relocation\",\"roles\":[\"analyst\"],\"valid_s\":3600}"
            "],\"destinations\":[\"%s\"],\"version\":3",
            recipient_text(&s.world.identities[VT_C_ELSEWHERE].recipient)));
    share_many(0, MOVED);
    canary = plant();
    name_a_writer();
    VT_CHECK(mkdir(path("job"), 0700) == 0);
    (void)relocate(3, "start");
    VT_CHECK(rmdir(path("job")) == 0); /* without job.json nothing is left there */
    write_job("");
    says(relocate_with(3, "start", "no-token", NULL, NULL), "no-token");
    says(relocate(3, "start"), "no keeper listens");
    pids[0] = vt_moving_start(path("zurich"), "zurich", path("from"));
    pids[1] = vt_moving_start(path("vienna"), "vienna", path("to"));
    what_is_due_is_told();
    says(relocate(1, "resume"), "was not started");
    says(relocate(1, "finish"), "was not started");
    says(relocate(1, "pause"), "was not started");
    says(relocate_with(1, "start", "other-token", NULL, NULL), "401");
    two_persons_move();
    said = relocate(0, "start");
    says(said, vt_test_print("%d objects of", MOVED + 1));
    says(said, vt_test_print("%d were given to the other agent", MOVED + 1));
    says(relocate(0, "verify"), "equal");
    pids[1] = begin_again(pids[1]);
    vt_moving_kill(pids[0]);
    share_many(5000, MORE); /* uploads go on */
    pids[0] = vt_moving_start(path("zurich"), "zurich", path("from"));
    says(relocate(1, "verify"), "they differ");
    says(relocate(0, "pause"), "paused");
    says(relocate(1, "start"), "is paused");
    says(relocate(0, "resume"), vt_test_print("%d objects of", MORE));
    said = relocate(0, "progress");
    says(said, "moving: zurich to vienna");
    says(said, "cut-over: not seen");
    says(relocate_with(1, "finish", "token", "--canary", vt_test_print("%064d", 7)),
         "the manifest has no object");
    plan_cut_over(2);
    says(vt_test_run(0, VT_ARGV("vitrine", "relocate", "finish", "--job", path("job"),
                                "--trust", path("trust.json"), "--enrolment",
                                path("enrolled-5.json"), "--token-file", path("token"),
                                "--canary", canary, "--wait", "30s")),
         "nothing is left at the source");
    the_pause_is_told();
    says(relocate(1, "start"), "this move is done");
    what_arrived_is_still_there();
    what_is_taken_back_is_carried(&pids[0]);
    says(relocate(0, "progress"), "done");
    said = vt_test_run(0, VT_ARGV("vitrine", "keyagent", "status", "--dir", path("agent")));
    says(said, vt_test_print("rewrapped %d", MOVED + MORE + 1));
    says(said, "released 0, 0 file keys");
    the_key_goes();
    (void)review(0, "reconcile", NULL);
    vt_moving_kill(pids[0]);
    vt_moving_kill(pids[1]);
    finish();
    the_papers_speak_for_themselves(canary);
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
    { "what is due is erased", what_is_due_is_erased },
    { "a move is on record", a_move_is_on_record },
    { "roles are confined", roles_are_confined },
    { "what is erased is never read", what_is_erased_is_never_read },
    { "many are erased by one order", many_are_erased_by_one_order },
    { "no order, no erasure", no_order_no_erasure },
    { "no store, no erasure", no_store_no_erasure },
    { "a claim is of its order", a_claim_is_of_its_order },
    { "a claim is what the opening says", a_claim_is_what_the_opening_says },
    { "what is misspelled is told", what_is_misspelled_is_told },
    { "a new period has a new key", a_new_period_has_a_new_key },
    { "a client is told who read", a_client_is_told_who_read },
    { "a lost answer is asked for again", a_lost_answer_is_asked_for_again },
};

VT_TEST_MAIN("cli.custody", cases)
