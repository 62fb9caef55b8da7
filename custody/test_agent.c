/* The key agent in one process: what it answers, and that each thing that is wrong is
 * refused; that what it said is remembered; that it is never led back. */
#include "crypto/age_grant.h"
#include "custody/rewrap.h"
#include "tests/custody_world.h"

enum { MINUTE = 60 };

static struct vt_custody_world world;
static struct vt_agent *agent;
static struct vt_custody_sealed swiss, german;

static void begin(void)
{
    vt_custody_world_make(&world, vt_test_dir());
    vt_custody_open(&world, &agent);
    swiss = vt_custody_seal(&world, VT_C_SWISS, 7);
    german = vt_custody_seal(&world, VT_C_GERMAN, 8);
}

/* The grant opens for the reader and holds exactly these keys. */
static void check_grant(const struct vt_agent_reply *reply,
                        const struct vt_custody_sealed *objects, size_t count)
{
    VT_AUTO_AGE_GRANT grant = { .count = 0 };
    struct vt_error err = { 0 };

    VT_CHECK_SAYING(reply->status == 200, "%u: %s", reply->status, reply->message);
    VT_CHECK_OK(
        vt_age_grant_open(&world.reader, vt_buf_slice(&reply->grant), &grant, &err));
    VT_CHECK(grant.count == count);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *key = vt_age_grant_find(&grant, &objects[i].id);

        VT_CHECK(key != NULL &&
                 memcmp(key, objects[i].file_key, VT_AGE_FILE_KEY_BYTES) == 0);
    }
}

/* ---- one answer, and what is wrong one field away ---------------------------------------
 */

static void nothing(struct vt_custody_ask *ask)
{
    (void)ask;
}

static void german_object(struct vt_custody_ask *ask)
{
    ask->objects = &german;
    ask->access.objects[0] = german.id;
}

static void support(struct vt_custody_ask *ask)
{
    ask->access.reason = VT_ACCESS_SUPPORT;
    ask->access.role = VT_LIT("support");
    ask->access.role_key = vt_custody_key_id(VT_C_SUPPORT);
    ask->signers = 1u << VT_C_READER | 1u << VT_C_SUPPORT;
}

static void support_approved(struct vt_custody_ask *ask)
{
    support(ask);
    ask->signers |= 1u << VT_C_APPROVER;
}

static void support_approved_by_colleague(struct vt_custody_ask *ask)
{
    support(ask);
    ask->signers |= 1u << VT_C_COLLEAGUE; /* of the reader's own holder */
}

static void support_approved_by_supervisor(struct vt_custody_ask *ask)
{
    support(ask);
    ask->signers |= 1u << VT_C_SUPERVISOR;
}

static void support_of_german(struct vt_custody_ask *ask)
{
    support_approved(ask);
    german_object(ask);
}

static void government(struct vt_custody_ask *ask)
{
    ask->access.reason = VT_ACCESS_GOVERNMENT;
    ask->access.request = 2;
}

static void government_not_issued(struct vt_custody_ask *ask)
{
    government(ask);
    ask->access.request = 3;
}

static void scan(struct vt_custody_ask *ask)
{
    ask->access.reason = VT_ACCESS_SCAN;
    ask->access.rules = vt_sha256_of(VT_LIT("rules"));
    ask->access.role = VT_LIT("machine");
    ask->access.role_key = vt_custody_key_id(VT_C_MACHINE);
    ask->access.person = vt_custody_key_id(VT_C_SCANNER);
    ask->signers = 1u << VT_C_SCANNER | 1u << VT_C_MACHINE;
}

static void scan_by_person(struct vt_custody_ask *ask)
{
    scan(ask);
    ask->access.person = vt_custody_key_id(VT_C_READER);
    ask->signers = 1u << VT_C_READER | 1u << VT_C_MACHINE;
}

static void read_by_machine(struct vt_custody_ask *ask)
{
    ask->access.person = vt_custody_key_id(VT_C_SCANNER);
    ask->signers = 1u << VT_C_SCANNER | 1u << VT_C_ANALYST;
}

static void scan_with_other_rules(struct vt_custody_ask *ask)
{
    scan(ask);
    ask->access.rules = vt_sha256_of(VT_LIT("secret rules"));
}

static void maintenance(struct vt_custody_ask *ask)
{
    ask->access.reason = VT_ACCESS_MAINTENANCE; /* the policy has no rule for it */
}

static void no_person(struct vt_custody_ask *ask)
{
    ask->signers = 1u << VT_C_ANALYST;
}

static void no_role(struct vt_custody_ask *ask)
{
    ask->signers = 1u << VT_C_READER;
}

static void stranger_beside(struct vt_custody_ask *ask)
{
    ask->signers |= 1u << VT_C_STRANGER;
}

static void stranger(struct vt_custody_ask *ask)
{
    ask->access.person = vt_custody_key_id(VT_C_STRANGER);
    ask->signers = 1u << VT_C_STRANGER | 1u << VT_C_ANALYST;
}

static void role_of_another_name(struct vt_custody_ask *ask)
{
    ask->access.role = VT_LIT("support"); /* with the analyst's key */
}

static void abroad(struct vt_custody_ask *ask)
{
    ask->access.person = vt_custody_key_id(VT_C_ABROAD);
    ask->access.place = VT_LIT("Boston");
    ask->access.jurisdiction = VT_LIT("US");
    ask->signers = 1u << VT_C_ABROAD | 1u << VT_C_ANALYST;
}

static void abroad_says_zurich(struct vt_custody_ask *ask)
{
    abroad(ask);
    ask->access.place = VT_LIT("Zurich");
    ask->access.jurisdiction = VT_LIT("CH");
}

static void other_cell(struct vt_custody_ask *ask)
{
    ask->access.cell = VT_LIT("tokyo");
}

static void other_ledger(struct vt_custody_ask *ask)
{
    ask->access.ledger = VT_LIT("cell.example/other");
}

static void old_policy(struct vt_custody_ask *ask)
{
    ask->access.policy = 2;
}

static void other_object(struct vt_custody_ask *ask)
{
    ask->access.objects[0] = vt_sha256_of(VT_LIT("another object"));
}

static void not_logged(struct vt_custody_ask *ask)
{
    ask->is_unlogged = true;
}

static void two_witnesses(struct vt_custody_ask *ask)
{
    ask->witnesses = 3;
}

static void other_three_witnesses(struct vt_custody_ask *ask)
{
    ask->witnesses = 14;
}

static void seen_long_ago(struct vt_custody_ask *ask)
{
    ask->seen = -301;
}

static void seen_in_future(struct vt_custody_ask *ask)
{
    ask->seen = 301;
}

static void expired(struct vt_custody_ask *ask)
{
    ask->access.created_unix_s -= 100;
    ask->access.expires_unix_s = VT_WORLD_NOW;
}

static void good_for_ever(struct vt_custody_ask *ask)
{
    ask->access.expires_unix_s = VT_WORLD_NOW + 3601;
}

static void other_history(struct vt_custody_ask *ask)
{
    ask->is_other_history = true;
}

static void a_batch_it_is_not(struct vt_custody_ask *ask)
{
    ask->access.is_batch = true;
    ask->access.batch_root = vt_sha256_of(VT_LIT("root"));
    ask->ids = &swiss.id;
    ask->id_count = 1;
}

static void a_batch_of_one(struct vt_custody_ask *ask)
{
    struct vt_error err = { 0 };

    a_batch_it_is_not(ask);
    VT_CHECK_OK(vt_access_batch_root(&swiss.id, 1, &ask->access.batch_root, &err));
}

static void a_batch_larger_than_said(struct vt_custody_ask *ask)
{
    a_batch_of_one(ask);
    ask->access.count = 2;
}

static void not_ours(struct vt_custody_ask *ask)
{
    static struct vt_custody_sealed elsewhere;

    elsewhere = vt_custody_seal(&world, VT_C_ELSEWHERE, 9);
    ask->objects = &elsewhere;
    ask->access.objects[0] = elsewhere.id;
}

/* A Swiss object shown as German: the key that opens it decides, not what is said. */
static void swiss_as_german(struct vt_custody_ask *ask)
{
    static struct vt_custody_sealed lie;

    lie = swiss;
    lie.place = VT_C_GERMAN;
    ask->objects = &lie;
}

/* A header whose MAC was changed, named by its own id. */
static void changed_header(struct vt_custody_ask *ask)
{
    static struct vt_custody_sealed changed;
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), swiss.header.len);

    memcpy(bytes, swiss.header.data, swiss.header.len);
    bytes[swiss.header.len - 10] = bytes[swiss.header.len - 10] == 'A' ? 'B' : 'A';
    changed = swiss;
    changed.header = vt_slice_of(bytes, swiss.header.len);
    changed.id = vt_sha256_of(changed.header);
    ask->objects = &changed;
    ask->access.objects[0] = changed.id;
}

/* Sealed for the agent, and for somebody else too. */
static void two_stanzas(struct vt_custody_ask *ask)
{
    static struct vt_custody_sealed two;
    struct vt_buf *header = vt_arena_alloc(vt_test_arena(), sizeof *header);
    struct vt_error err = { 0 };

    *header = vt_buf_init(VT_KIB(1));
    two = swiss;
    vt_age_header_begin(header);
    VT_CHECK_OK(vt_age_wrap(&world.env, &world.identities[VT_C_SWISS].recipient,
                            two.file_key, header, &err));
    VT_CHECK_OK(
        vt_age_wrap(&world.env, &world.reader.recipient, two.file_key, header, &err));
    VT_CHECK_OK(vt_age_header_end(header, two.file_key, &err));
    two.header = vt_buf_slice(header);
    two.id = vt_sha256_of(two.header);
    ask->objects = &two;
    ask->access.objects[0] = two.id;
}

static const struct row {
    const char *name;
    void (*change)(struct vt_custody_ask *ask);
    uint16_t status;
    const char *says; /* part of the sentence */
} rows[] = {
    { "as it is", nothing, 200, "" },
    { "data of another country", german_object, 200, "" },
    { "approved by another holder", support_approved, 200, "" },
    { "approved by the supervisor", support_approved_by_supervisor, 200, "" },
    { "approved by nobody", support, 403, "0 others approved it" },
    { "approved by a colleague", support_approved_by_colleague, 403,
      "0 others approved it" },
    { "a country that the rule lacks", support_of_german, 403, "no rule by which" },
    { "a request that was issued", government, 200, "" },
    { "a request that was not", government_not_issued, 403, "has issued no request 3" },
    { "an automatic scan", scan, 200, "" },
    { "a person in a machine's place", scan_by_person, 403, "machines scan" },
    { "a machine in a person's place", read_by_machine, 403, "machines scan" },
    { "rules that nobody published", scan_with_other_rules, 403, "no published rules" },
    { "a reason without a rule", maintenance, 403, "no rule by which" },
    { "the person did not sign", no_person, 403, "person who asks did not sign" },
    { "the role did not sign", no_role, 403, "role in which he asks did not sign" },
    { "a stranger signed too", stranger_beside, 403, "nobody who may" },
    { "a stranger asks", stranger, 403, "nobody who may" },
    { "a role's key under another name", role_of_another_name, 403, "nobody who may" },
    { "from a place that is not allowed", abroad, 403, "nobody in US" },
    { "from a place that is a lie", abroad_says_zurich, 403, "enrolled in Boston, US" },
    { "another cell", other_cell, 403, "of the cell zurich" },
    { "another ledger", other_ledger, 403, "of the cell zurich" },
    { "an old policy", old_policy, 403, "version 2" },
    { "an object that is not named", other_object, 403, "none of those" },
    { "not on the ledger", not_logged, 403, "no record, no read" },
    { "two witnesses of three", two_witnesses, 403, "no record, no read" },
    { "three other witnesses", other_three_witnesses, 200, "" },
    { "seen long ago", seen_long_ago, 409, "too long ago" },
    { "seen in the future", seen_in_future, 409, "ahead of ours" },
    { "expired", expired, 403, "has expired" },
    { "good for ever", good_for_ever, 403, "it would be good for" },
    { "a batch of one", a_batch_of_one, 200, "" },
    { "a batch that it is not", a_batch_it_is_not, 403, "not the objects of the batch" },
    { "a batch larger than said", a_batch_larger_than_said, 403,
      "not the objects of the batch" },
    { "sealed for another key", not_ours, 403, "does not hold" },
    { "another country than its key's", swiss_as_german, 403, "object 1" },
    { "a changed header", changed_header, 403, "MAC is wrong" },
    { "sealed for somebody else too", two_stanzas, 403, "exactly one X25519 key" },
};

static void each_thing_that_is_wrong_is_refused(void)
{
    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_custody_ask ask = vt_custody_ask_good(&world, &swiss);
        VT_AUTO_AGENT_REPLY reply = { .status = 0 };

        rows[i].change(&ask);
        vt_custody_answer(&world, agent, &ask, &reply);
        VT_CHECK_SAYING(reply.status == rows[i].status &&
                            strstr(reply.message, rows[i].says) != NULL,
                        "%s: %u: %s", rows[i].name, reply.status, reply.message);
        VT_CHECK_SAYING((reply.grant.len != 0) == (rows[i].status == 200),
                        "%s: a grant of %zu bytes", rows[i].name, reply.grant.len);
        if (rows[i].status == 200)
            check_grant(&reply, ask.objects, 1);
    }
}

/* A split view rings: the agent holds on to the history that it saw. */
static void another_history_rings(void)
{
    struct vt_custody_ask ask;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    begin();
    ask = vt_custody_ask_good(&world, &swiss);
    vt_custody_answer(&world, agent, &ask, &reply);
    VT_CHECK(reply.status == 200 && reply.alarm[0] == '\0');
    other_history(&ask);
    vt_custody_answer(&world, agent, &ask, &reply);
    VT_CHECK_SAYING(reply.status == 403 && reply.grant.len == 0, "%u", reply.status);
    VT_CHECK(strstr(reply.alarm, "does not continue") != NULL);
    ask.is_other_history = false;
    vt_custody_answer(&world, agent, &ask, &reply);
    VT_CHECK(reply.status == 200);
}

/* ---- batches ----------------------------------------------------------------------------
 */

static int by_hash(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(vt_hash));
}

static void a_batch_is_released_once(void)
{
    enum { COUNT = 200 };
    struct vt_custody_sealed *objects;
    struct vt_custody_ask ask;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    vt_hash ids[COUNT];
    struct vt_error err = { 0 };

    begin();
    objects = vt_arena_alloc(vt_test_arena(), COUNT * sizeof *objects);
    for (unsigned i = 0; i < COUNT; i++) {
        objects[i] = vt_custody_seal(&world, i % 2 == 0 ? VT_C_SWISS : VT_C_GERMAN, i);
        ids[i] = objects[i].id;
    }
    qsort(ids, COUNT, sizeof ids[0], by_hash);
    ask = vt_custody_ask_good(&world, &swiss);
    scan(&ask);
    ask.access.is_batch = true;
    ask.access.count = COUNT;
    VT_CHECK_OK(vt_access_batch_root(ids, COUNT, &ask.access.batch_root, &err));
    ask.ids = ids;
    ask.id_count = COUNT;
    ask.objects = objects;
    ask.object_count = COUNT - 1; /* one is gone meanwhile */
    vt_custody_answer(&world, agent, &ask, &reply);
    check_grant(&reply, objects, COUNT - 1);
    VT_CHECK(reply.totals.keys == COUNT - 1);

    /* One of them again, under the same rules: no.  The one that was left out: yes. */
    ask = vt_custody_ask_good(&world, &objects[5]);
    scan(&ask);
    vt_custody_answer(&world, agent, &ask, &reply);
    VT_CHECK_SAYING(reply.status == 403 && strstr(reply.message, "already") != NULL, "%s",
                    reply.message);
    ask = vt_custody_ask_good(&world, &objects[COUNT - 1]);
    scan(&ask);
    vt_custody_answer(&world, agent, &ask, &reply);
    check_grant(&reply, &objects[COUNT - 1], 1);
}

/* ---- once -------------------------------------------------------------------------------
 */

static void a_statement_is_used_once(void)
{
    struct vt_custody_ask ask;
    VT_AUTO_AGENT_REPLY first = { .status = 0 }, again = { .status = 0 };
    struct vt_custody_sealed both[2];

    begin();
    both[0] = swiss;
    both[1] = german;
    ask = vt_custody_ask_good(&world, both);
    ask.access.count = 2;
    ask.access.objects[0] = by_hash(&swiss.id, &german.id) < 0 ? swiss.id : german.id;
    ask.access.objects[1] = by_hash(&swiss.id, &german.id) < 0 ? german.id : swiss.id;
    vt_custody_answer(&world, agent, &ask, &first);
    check_grant(&first, both, 1);

    /* The same again: the same bytes, and nothing is counted. */
    ask.is_as_before = true;
    vt_custody_answer(&world, agent, &ask, &again);
    VT_CHECK(again.status == 200 && again.totals.number == first.totals.number);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&first.grant), vt_buf_slice(&again.grant)));
    /* Its other object: no. */
    ask.objects = &both[1];
    vt_custody_answer(&world, agent, &ask, &again);
    VT_CHECK_SAYING(again.status == 403 && strstr(again.message, "was used") != NULL, "%s",
                    again.message);
    /* When it has expired, nothing. */
    ask.objects = both;
    world.now_unix_s += 1800;
    vt_custody_answer(&world, agent, &ask, &again);
    VT_CHECK_SAYING(again.status == 403 && strstr(again.message, "expired") != NULL, "%s",
                    again.message);
    VT_CHECK(again.totals.number == first.totals.number);
}

/* ---- emergencies ------------------------------------------------------------------------
 */

static void an_emergency_is_slower_and_rings(void)
{
    struct vt_custody_ask ask;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    begin();
    ask = vt_custody_ask_good(&world, &german);
    abroad(&ask);
    ask.access.reason = VT_ACCESS_EMERGENCY;
    ask.access.expires_unix_s = world.now_unix_s + 1500;
    vt_custody_answer(&world, agent, &ask, &reply);
    VT_CHECK_SAYING(reply.status == 202 && reply.grant.len == 0, "%u: %s", reply.status,
                    reply.message);
    VT_CHECK(strstr(reply.alarm, "emergency: Acme in US asks for 1 objects") != NULL);
    VT_CHECK(reply.totals.deeds[VT_AGENT_WARNED] == 1);
    VT_CHECK(reply.ready_unix_s == world.now_unix_s + 600);

    ask.is_as_before = true;
    world.now_unix_s += 599;
    vt_custody_answer(&world, agent, &ask, &reply);
    VT_CHECK(reply.status == 202 && reply.alarm[0] == '\0');
    world.now_unix_s += 1;
    vt_custody_answer(&world, agent, &ask, &reply);
    check_grant(&reply, &german, 1);
    VT_CHECK(reply.totals.deeds[VT_AGENT_RELEASED] == 1);
}

/* ---- over a restart ---------------------------------------------------------------------
 */

static void reopen(void)
{
    vt_agent_close(agent);
    vt_custody_open(&world, &agent);
}

static void what_was_done_is_remembered(void)
{
    struct vt_custody_ask ask, next;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    begin();
    ask = vt_custody_ask_good(&world, &swiss);
    scan(&ask);
    vt_custody_answer(&world, agent, &ask, &reply);
    check_grant(&reply, &swiss, 1);
    next = vt_custody_ask_good(&world, &german);
    vt_custody_answer(&world, agent, &next, &reply);
    check_grant(&reply, &german, 1);
    world.now_unix_s += MINUTE;
    reopen();
    vt_custody_answer(&world, agent, &ask, &reply);
    VT_CHECK_SAYING(reply.status == 403 && strstr(reply.message, "already") != NULL,
                    "%u: %s", reply.status, reply.message);
    VT_CHECK(reply.totals.keys == 2 && reply.totals.deeds[VT_AGENT_REFUSED] == 1);
}

/* A copy of the agent's folder from before a release does not remember it: what was logged
 * before it was started again counts no more. */
static void a_restored_copy_is_not_led_back(void)
{
    const char *agent_dir = vt_test_path("agent"), *copy = vt_test_path("copy");
    struct vt_custody_ask ask;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_error err = { 0 };

    begin();
    (void)vt_test_run(0, VT_ARGV("cp", "-r", agent_dir, copy));
    ask = vt_custody_ask_good(&world, &swiss);
    vt_custody_answer(&world, agent, &ask, &reply);
    check_grant(&reply, &swiss, 1);
    vt_agent_close(agent);
    (void)vt_test_run(0, VT_ARGV("rm", "-r", agent_dir));
    (void)vt_test_run(0, VT_ARGV("mv", copy, agent_dir));

    world.now_unix_s += MINUTE;
    VT_CHECK_OK(vt_agent_open(agent_dir, (vt_slice){ 0 }, &world.env, &agent, &err));
    vt_test_keep(agent);
    ask.is_as_before = true;
    vt_custody_answer(&world, agent, &ask, &reply);
    VT_CHECK_SAYING(reply.status == 409 && reply.retry == VT_AGENT_RETRY_STATEMENT &&
                        reply.grant.len == 0,
                    "%u: %s", reply.status, reply.message);
    /* Nor with an old checkpoint. */
    ask.seen = -MINUTE;
    vt_custody_answer(&world, agent, &ask, &reply);
    VT_CHECK(reply.status == 409 && reply.retry == VT_AGENT_RETRY_PROOF);
    /* Logged anew it is answered: on the record. */
    ask.seen = 0;
    ask.is_as_before = false;
    vt_custody_answer(&world, agent, &ask, &reply);
    check_grant(&reply, &swiss, 1);
}

/* ---- newer papers -----------------------------------------------------------------------
 */

static void update(const char *from, const char *to, unsigned version)
{
    struct vt_agent_papers papers = { .policy =
                                          vt_custody_policy_edited(from, to, version) };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_agent_update(vt_test_path("agent"), &papers, &world.env, &err));
}

static void a_day_has_a_bound(void)
{
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    begin();
    vt_agent_close(agent);
    update("\"per_day\":10000", "\"per_day\":2", 4);
    vt_custody_open(&world, &agent);
    for (unsigned i = 0; i < 4; i++) {
        struct vt_custody_sealed object = vt_custody_seal(&world, VT_C_SWISS, i);
        struct vt_custody_ask ask = vt_custody_ask_good(&world, &object);

        ask.access.policy = 4;
        if (i == 3) /* the next day */
            world.now_unix_s += 86400;
        ask.seen = 0;
        ask.access.expires_unix_s = world.now_unix_s + 1800;
        vt_custody_answer(&world, agent, &ask, &reply);
        VT_CHECK_SAYING(reply.status == (i == 2 ? 403 : 200), "%u: %u: %s", i, reply.status,
                        reply.message);
        VT_CHECK(i != 2 || strstr(reply.message, "2 objects were released today") != NULL);
    }
}

/* ---- relocation -------------------------------------------------------------------------
 */

/* A policy that lets relocations give keys to the agent elsewhere. */
static void allow_relocation(void)
{
    char elsewhere[VT_AGE_RECIPIENT_CHARS + 1];

    vt_age_recipient_text(&world.identities[VT_C_ELSEWHERE].recipient, elsewhere);
    vt_agent_close(agent);
    update("],\"version\":4",
           vt_test_print(",{\"approvals\":0,\"classes\":[\"file\"],\"countries\":"
                         "[\"CH\"],\"delay_s\":0,\"jurisdictions\":[\"CH\"],\"objects\":"
                         "1024,\"per_day\":10000,\"reason\":\"relocation\",\"roles\":"
                         "[\"analyst\"],\"valid_s\":3600}],\"destinations\":[\"%s\"],"
                         "\"version\":4",
                         elsewhere),
           4);
    vt_custody_open(&world, &agent);
}

static struct vt_custody_ask relocation(void)
{
    struct vt_custody_ask ask = vt_custody_ask_good(&world, &swiss);

    ask.access.policy = 4;
    ask.access.reason = VT_ACCESS_RELOCATION;
    ask.access.recipient = world.identities[VT_C_ELSEWHERE].recipient;
    return ask;
}

static bool take_header(void *context, const vt_hash *id, vt_slice header,
                        struct vt_error *err)
{
    (void)err;
    VT_CHECK(vt_hash_equal(id, &swiss.id));
    *(vt_slice *)context = header;
    return true;
}

/* The answer opens for the other agent, is of no use to the reader, and counts apart. */
static void check_rewrapped(const struct vt_agent_reply *reply)
{
    VT_AUTO_AGE_GRANT grant = { .count = 0 };
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    struct vt_age_header header;
    struct vt_error err = { 0 };
    vt_slice bytes = { 0 };

    VT_CHECK_SAYING(reply->status == 200, "%u: %s", reply->status, reply->message);
    VT_CHECK_OK(vt_rewrap_read(vt_buf_slice(&reply->grant), take_header, &bytes, &err));
    VT_CHECK_OK(vt_age_header_parse(bytes, &header, &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_age_unwrap(&world.reader, &header, file_key, &err));
    VT_CHECK_FAILS(VT_ABSENT,
                   vt_age_unwrap(&world.identities[VT_C_SWISS], &header, file_key, &err));
    err = (struct vt_error){ 0 };
    VT_CHECK_OK(vt_age_unwrap(&world.identities[VT_C_ELSEWHERE], &header, file_key, &err));
    VT_CHECK(memcmp(file_key, swiss.file_key, sizeof file_key) == 0);
    VT_CHECK(!vt_age_grant_open(&world.reader, vt_buf_slice(&reply->grant), &grant, &err));
    VT_CHECK(reply->totals.keys == 0 && reply->totals.deeds[VT_AGENT_RELEASED] == 0 &&
             reply->totals.deeds[VT_AGENT_REWRAPPED] == 1 && reply->totals.rewrapped == 1);
    VT_CHECK(memmem(reply->tally.data, reply->tally.len, "payload", 7) != NULL);
}

static void a_relocation_gives_keys_to_an_agent_alone(void)
{
    VT_AUTO_AGENT_REPLY refused = { .status = 0 }, reply = { .status = 0 };
    struct vt_custody_ask ask;

    begin();
    allow_relocation();
    ask = relocation();
    ask.access.recipient = world.reader.recipient; /* the one who asks: no */
    vt_custody_answer(&world, agent, &ask, &refused);
    VT_CHECK_SAYING(refused.status == 403 &&
                        strstr(refused.message, "to another agent alone") != NULL,
                    "%u: %s", refused.status, refused.message);
    ask = relocation();
    vt_custody_answer(&world, agent, &ask, &reply);
    check_rewrapped(&reply);
    reopen();
    {
        VT_AUTO_AGENT_REPLY later = { .status = 0 };
        struct vt_error err = { 0 };

        VT_CHECK_OK(vt_agent_count(agent, &later, &err));
        VT_CHECK(later.totals.rewrapped == 1 && later.totals.keys == 0);
    }
}

/* "The source's unwrap is refused afterwards", by relocation as by reading. */
static void behind_a_relocation_the_key_goes(void)
{
    VT_AUTO_AGENT_REPLY reply = { .status = 0 }, again = { .status = 0 },
                        read = { .status = 0 };
    const struct vt_agent_place place = { .country = "CH",
                                          .data_class = "file",
                                          .period = "2026" };
    VT_AUTO_BUF claim = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_custody_ask ask;
    struct vt_error err = { 0 };

    begin();
    allow_relocation();
    ask = relocation();
    vt_custody_answer(&world, agent, &ask, &reply);
    check_rewrapped(&reply);
    VT_CHECK_OK(vt_agent_destroy(agent, &place, &claim, &err));
    ask = relocation();
    vt_custody_answer(&world, agent, &ask, &again);
    VT_CHECK_SAYING(again.status == 410, "%u: %s", again.status, again.message);
    ask = vt_custody_ask_good(&world, &swiss);
    ask.access.policy = 4;
    vt_custody_answer(&world, agent, &ask, &read);
    VT_CHECK_SAYING(read.status == 410, "%u: %s", read.status, read.message);
}

static void a_relocation_needs_a_destination(void)
{
    struct vt_agent_papers papers = { .policy = vt_custody_policy_edited("malware-analysis",
                                                                         "relocation", 4) };
    struct vt_error err = { 0 };

    begin();
    vt_agent_close(agent);
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_agent_update(vt_test_path("agent"), &papers, &world.env, &err));
    VT_CHECK(strstr(err.message, "no destination") != NULL);
}

static void papers_only_go_forward(void)
{
    static const struct {
        const char *name, *from, *to;
        unsigned version;
        enum vt_code want;
    } papers[] = {
        { "an older policy", "zurich", "zurich", 2, VT_REJECTED },
        { "another one of the same version", "\"requests\":2", "\"requests\":9", 3,
          VT_REJECTED },
        { "another cell", "zurich", "tokyo", 4, VT_REJECTED },
        { "an emergency without delay", "\"delay_s\":600", "\"delay_s\":0", 4,
          VT_MALFORMED },
        { "a rule for a role without key", "\"name\":\"support\"", "\"name\":\"sales\"", 4,
          VT_MALFORMED },
        { "the same again", "zurich", "zurich", 3, VT_OK },
        { "a newer one", "\"requests\":2", "\"requests\":9", 4, VT_OK },
    };

    begin();
    vt_agent_close(agent);
    for (size_t i = 0; i < sizeof papers / sizeof papers[0]; i++) {
        struct vt_agent_papers next = { .policy = vt_custody_policy_edited(
                                            papers[i].from, papers[i].to,
                                            papers[i].version) };
        struct vt_error err = { 0 };
        bool is_ok = vt_agent_update(vt_test_path("agent"), &next, &world.env, &err);

        VT_CHECK_SAYING(err.code == papers[i].want && is_ok == (papers[i].want == VT_OK),
                        "%s: %s", papers[i].name, err.message);
    }
}

/* A policy that the supervisor did not sign. */
static void the_vendor_makes_no_policy(void)
{
    struct vt_agent_papers papers = { .enrolment_count = 0 };
    VT_AUTO_ENVELOPE good = { 0 };
    struct vt_error err = { 0 };

    begin();
    vt_agent_close(agent);
    VT_CHECK_OK(
        vt_envelope_parse(vt_custody_policy_edited("zurich", "zurich", 4), &good, &err));
    papers.policy = vt_world_sign(vt_buf_slice(&good.dsse.payload), VT_BIT(VT_P_VENDOR));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_agent_update(vt_test_path("agent"), &papers, &world.env, &err));
}

static const struct vt_case cases[] = {
    { "each thing that is wrong is refused", each_thing_that_is_wrong_is_refused },
    { "another history rings", another_history_rings },
    { "a batch is released once", a_batch_is_released_once },
    { "a statement is used once", a_statement_is_used_once },
    { "an emergency is slower and rings", an_emergency_is_slower_and_rings },
    { "what was done is remembered", what_was_done_is_remembered },
    { "a restored copy is not led back", a_restored_copy_is_not_led_back },
    { "a day has a bound", a_day_has_a_bound },
    { "a relocation gives keys to an agent alone",
      a_relocation_gives_keys_to_an_agent_alone },
    { "behind a relocation the key goes", behind_a_relocation_the_key_goes },
    { "a relocation needs a destination", a_relocation_needs_a_destination },
    { "papers only go forward", papers_only_go_forward },
    { "the vendor makes no policy", the_vendor_makes_no_policy },
};

VT_TEST_MAIN("agent", cases)
