/* Keys for scanners as they are had: three real witnesses, a served access ledger, a served
 * key agent.  What a dispatcher notes is enough to ask again after a crash; nothing else
 * opens an object a second time; ledger or quorum down, nobody reads. */
#include "cell/scan_ask.h"
#include "tests/custody_world.h"
#include "tests/running.h"
#include "tests/small_log.h"

enum { WITNESSES = 3, OBJECTS = 3 };

struct stand {
    struct vt_custody_world world;
    struct vt_running witnesses[WITNESSES], ledger, agent;
    struct vt_trust *trust;
    struct vt_http_client *client;
    struct vt_env env;
    vt_hash document; /* of the recipient */
    struct vt_scan_asker asker;
    struct vt_scan_keys keys;
    struct vt_custody_sealed sealed[OBJECTS];
    struct vt_scan_batch batch;
    struct vt_buf statement;
};

static struct stand s;

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static void start_witness(size_t i, const char *log_vkey, struct vt_buf *policy)
{
    const struct vt_key *key = vt_world_key((enum vt_party)(VT_P_WITNESS + i));
    struct vt_arena *arena = vt_test_arena();
    const char *name = vt_arena_printf(arena, "witness-%zu.example", i),
               *dir = path(vt_arena_printf(arena, "w%zu", i)),
               *file = vt_custody_write_key(&s.world, vt_arena_printf(arena, "w%zu.key", i),
                                            key);

    (void)vt_test_run(0, VT_ARGV("vitrine", "witness", "init", "--dir", dir, "--name", name,
                                 "--key", file));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "witness", "add-log", "--dir", dir, "--vkey", log_vkey));
    s.witnesses[i] =
        vt_test_start("witness.err", VT_ARGV("vitrine", "witness", "serve", "--dir", dir));
    vt_buf_printf(policy, "witness w%zu %s %s\n", i,
                  vt_test_vkey(name, VT_NOTE_COSIGNATURE, key), s.witnesses[i].url);
}

static void start_ledger(void)
{
    const char *vkey =
        vt_test_vkey(VT_CUSTODY_ORIGIN, VT_NOTE_ED25519, vt_custody_log_key());
    VT_AUTO_BUF policy = vt_buf_init(VT_KIB(8));

    vt_buf_printf(&policy, "log %s\n", vkey);
    for (size_t i = 0; i < WITNESSES; i++)
        start_witness(i, vkey, &policy);
    vt_buf_put_text(&policy, "group all 3 w0 w1 w2\nquorum all\n");
    (void)vt_custody_write_file(&s.world, "ledger-policy", vt_buf_slice(&policy));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "init", "--dir", path("log"),
                                 "--origin", VT_CUSTODY_ORIGIN, "--use", "access", "--key",
                                 path("log.key"), "--policy", path("ledger-policy")));
    s.ledger = vt_test_start("ledger.err",
                             VT_ARGV("vitrine", "ledger", "serve", "--dir", path("log")));
}

static void start_agent(void)
{
    s.agent = vt_test_start(
        "agent.err", VT_ARGV("vitrine", "keyagent", "serve", "--dir", path("agent")));
}

static void make_agent(void)
{
    (void)vt_custody_write_file(&s.world, "predicate.json",
                                vt_slice_from_cstr(vt_custody_policy_text(3)));
    (void)vt_custody_write_key(&s.world, "supervisor.key", vt_world_key(VT_P_SUPERVISOR));
    (void)vt_test_run(0, VT_ARGV("vitrine", "custody", "policy", path("predicate.json"),
                                 "--key", path("supervisor.key"), "--out",
                                 path("policy.json")));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "keyagent", "init", "--dir", path("agent"), "--trust",
                   path("trust.json"), "--policy", path("policy.json"), "--enrolment",
                   path("enrolled-4.json"), "--enrolment", path("enrolled-5.json"), "--key",
                   path("agent.key"), "--recipient",
                   vt_arena_printf(vt_test_arena(), "CH/file/2026=%s", path("swiss.key"))));
    start_agent();
}

static bool find_recipient(void *context, const vt_hash *document,
                           struct vt_age_recipient *out)
{
    (void)context;
    *out = s.world.identities[VT_C_SWISS].recipient;
    return vt_hash_equal(document, &s.document);
}

static void make_asker(void)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_http_client_new(&s.client, &err));
    s.env = vt_env_real();
    s.document = vt_sha256_of(VT_LIT("the document"));
    s.asker = (struct vt_scan_asker){ .asker = { .ledger = s.ledger.url,
                                                 .agent = s.agent.url,
                                                 .keyring = &s.world.keyring,
                                                 .env = &s.env,
                                                 .client = s.client },
                                      .scanner = vt_custody_key(VT_C_SCANNER),
                                      .role_key = vt_custody_key(VT_C_MACHINE),
                                      .cell = VT_LIT(VT_CUSTODY_CELL),
                                      .ledger = VT_LIT(VT_CUSTODY_ORIGIN),
                                      .role = VT_LIT("machine"),
                                      .place = VT_LIT("Zurich"),
                                      .jurisdiction = VT_LIT("CH"),
                                      .policy = 3,
                                      .valid_s = 1800,
                                      .identity = &s.world.reader,
                                      .recipient = find_recipient };
    s.keys = vt_scan_keys_of(&s.asker);
}

static void begin(void)
{
    vt_custody_world_write(&s.world, vt_test_dir(), time(NULL) - VT_WORLD_NOW);
    start_ledger();
    make_agent();
    make_asker();
    s.batch.rules = vt_sha256_of(VT_LIT("rules")); /* that the policy publishes */
    s.batch.count = OBJECTS;
    for (size_t i = 0; i < OBJECTS; i++) {
        s.sealed[i] = vt_custody_seal(&s.world, VT_C_SWISS, (unsigned)i + 40);
        s.batch.tasks[i] = (struct vt_sample_task){ .object = s.sealed[i].id,
                                                    .recipient = s.document,
                                                    .country = "CH",
                                                    .header = s.sealed[i].header };
    }
    s.statement = vt_buf_init(VT_SCAN_STATEMENT_BYTES_MAX);
}

static void finish(void)
{
    vt_buf_clear(&s.statement);
    vt_http_client_free(s.client);
    vt_test_stop(&s.agent, 0);
    vt_test_stop(&s.ledger, 0);
    for (size_t i = 0; i < WITNESSES; i++)
        vt_test_stop(&s.witnesses[i], 0);
}

static void prepare(void)
{
    struct vt_error err = { 0 };

    vt_buf_truncate(&s.statement, 0);
    VT_CHECK_OK(s.keys.prepare(s.keys.context, &s.batch, &s.statement, &err));
    s.batch.statement = vt_buf_slice(&s.statement);
}

/* wanted: VT_OK and the right keys, or that refusal. */
static void ask(enum vt_code wanted)
{
    VT_AUTO_AGE_GRANT grant = { .count = 0 };
    struct vt_error err = { 0 };

    if (wanted != VT_OK) {
        VT_CHECK_FAILS(wanted, s.keys.ask(s.keys.context, &s.batch, &grant, &err));
        return;
    }
    VT_CHECK_OK(s.keys.ask(s.keys.context, &s.batch, &grant, &err));
    VT_CHECK(grant.count == OBJECTS);
    for (size_t i = 0; i < OBJECTS; i++) {
        const uint8_t *key = vt_age_grant_find(&grant, &s.sealed[i].id);

        VT_CHECK(key != NULL &&
                 memcmp(key, s.sealed[i].file_key, VT_AGE_FILE_KEY_BYTES) == 0);
    }
}

/* ---- cases -----------------------------------------------------------------------------
 */

static void keys_are_given_once_for_a_batch_and_its_rules(void)
{
    begin();
    prepare();
    ask(VT_OK);
    ask(VT_OK); /* as after a crash: the same statement */
    vt_test_stop(&s.agent, 0);
    start_agent();
    s.asker.asker.agent = s.agent.url;
    ask(VT_OK); /* the agent remembers too */
    prepare();
    ask(VT_REJECTED); /* another statement for the same objects and rules */
    finish();
}

static void rules_must_be_published(void)
{
    begin();
    s.batch.rules.bytes[0] ^= 1;
    prepare();
    ask(VT_REJECTED);
    s.batch.rules.bytes[0] ^= 1;
    prepare();
    ask(VT_OK);
    finish();
}

static void a_scanner_that_is_not_enrolled_gets_nothing(void)
{
    begin();
    s.asker.scanner = vt_custody_key(VT_C_STRANGER);
    prepare();
    ask(VT_REJECTED);
    s.asker.scanner = vt_custody_key(VT_C_SCANNER);
    prepare();
    ask(VT_OK);
    finish();
}

static void without_a_quorum_nobody_scans(void)
{
    begin();
    prepare();
    vt_test_stop(&s.witnesses[2], 0); /* two are no quorum */
    ask(VT_IO);
    vt_test_stop(&s.ledger, 0);
    ask(VT_IO);
    VT_CHECK(vt_test_read(path("agent/holder/openings")).len == 0);
    vt_test_stop(&s.agent, 0);
}

static void a_recipient_that_is_not_known_is_named(void)
{
    begin();
    prepare();
    s.batch.tasks[1].recipient.bytes[0] ^= 1;
    ask(VT_IO);
    s.batch.tasks[1].recipient.bytes[0] ^= 1;
    ask(VT_OK);
    finish();
}

static const struct vt_case cases[] = {
    { "keys are given once for a batch and its rules",
      keys_are_given_once_for_a_batch_and_its_rules },
    { "rules must be published", rules_must_be_published },
    { "a scanner that is not enrolled gets nothing",
      a_scanner_that_is_not_enrolled_gets_nothing },
    { "without a quorum nobody scans", without_a_quorum_nobody_scans },
    { "a recipient that is not known is named", a_recipient_that_is_not_known_is_named },
};

VT_TEST_MAIN("scan_keys", cases)
