/* Keys for scanners as they are had: three real witnesses, a served access ledger, a served
 * key agent.  What a dispatcher notes is enough to ask again after a crash; nothing else
 * opens an object a second time; ledger or quorum down, nobody reads. */
#include "cell/scan_ask.h"
#include "tests/served_custody.h"

enum { OBJECTS = 3 };

struct stand {
    struct vt_served_custody served;
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

static bool find_recipient(void *context, const vt_hash *document,
                           struct vt_age_recipient *out)
{
    (void)context;
    *out = s.served.world.identities[VT_C_SWISS].recipient;
    return vt_hash_equal(document, &s.document);
}

static void make_asker(void)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_http_client_new(&s.client, &err));
    s.env = vt_env_real();
    s.document = vt_sha256_of(VT_LIT("the document"));
    s.asker = (struct vt_scan_asker){ .asker = { .ledger = s.served.ledger.url,
                                                 .agent = s.served.agent.url,
                                                 .keyring = &s.served.world.keyring,
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
                                      .identity = &s.served.world.reader,
                                      .recipient = find_recipient };
    s.keys = vt_scan_keys_of(&s.asker);
}

static void begin(void)
{
    vt_served_custody_begin(&s.served, "custody", NULL, NULL);
    make_asker();
    s.batch.rules = vt_sha256_of(VT_LIT("rules")); /* that the policy publishes */
    s.batch.count = OBJECTS;
    for (size_t i = 0; i < OBJECTS; i++) {
        s.sealed[i] = vt_custody_seal(&s.served.world, VT_C_SWISS, (unsigned)i + 40);
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
    vt_served_custody_stop(&s.served);
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
    vt_test_stop(&s.served.agent, 0);
    vt_served_custody_start_agent(&s.served);
    s.asker.asker.agent = s.served.agent.url;
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
    vt_test_stop(&s.served.witnesses[2], 0); /* two are no quorum */
    ask(VT_IO);
    vt_test_stop(&s.served.ledger, 0);
    ask(VT_IO);
    VT_CHECK(vt_test_read(vt_test_path("custody/agent/holder/openings")).len == 0);
    vt_served_custody_stop(&s.served);
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
