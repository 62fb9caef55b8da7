/* What ledgers show to a key agent: numbers of government requests, rules that heads name;
 * and that the agent refuses what none of them shows. */
#include "custody/agent_inside.h"
#include "evidence/field.h"
#include "tests/cell_world.h"
#include "tests/custody_world.h"

/* Papers of a trust root that knows a ledger of the cell's heads. */
static struct vt_agent_rules *rules_with_heads(void)
{
    struct vt_agent_rules *rules = vt_arena_alloc(vt_test_arena(), sizeof *rules);
    struct vt_cell_world cell = vt_cell_world_good();
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_trust_parse(vt_cell_world_trust(&world, &cell), &rules->trust, &err));
    vt_test_keep(rules->trust);
    VT_CHECK_OK(vt_envelope_parse(vt_custody_policy_edited("zurich", "zurich", 3),
                                  &rules->policy, &err));
    VT_CHECK_OK(vt_custody_read(&rules->policy.statement, &rules->custody, &err));
    return rules;
}

static vt_slice head_of(const char *cell, const vt_hash *digest, unsigned signers)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    vt_hash zero = { { 0 } };
    struct vt_error err = { 0 };
    VT_AUTO_JSON head = json_pack(
        "{s:s,s:s,s:i,s:s,s:s,s:{s:o,s:i,s:i,s:i,s:i},s:{s:o,s:i},s:o,s:[],s:[]}", "cell",
        cell, "jurisdiction", "CH", "epoch", 4, "from", vt_world_time(VT_WORLD_NOW),
        "until", vt_world_time(VT_WORLD_NOW + 60), "buckets", "root",
        vt_field_of_hash(&zero), "bits", 1, "count", 0, "smallest", 0, "bucket_bytes", 0,
        "filter", "sha256", vt_field_of_hash(&zero), "size", 0, "rules",
        vt_field_of_hash(digest), "collections", "recipients");

    VT_CHECK(head != NULL);
    VT_CHECK_OK(vt_statement_write_about_itself(VT_HEAD, head, &payload, &err));
    return vt_world_sign(vt_buf_slice(&payload), signers);
}

static vt_slice prove_head(const char *origin, unsigned witnesses, vt_slice statement)
{
    const struct vt_world_place place = { .origin = origin,
                                          .log = VT_P_HEADS,
                                          .index = 4,
                                          .size = 5,
                                          .witnesses = witnesses,
                                          .time = VT_WORLD_NOW };

    return vt_world_prove_at(&place, statement);
}

static void heads_name_rules(void)
{
    static const struct {
        const char *name, *cell, *origin;
        enum vt_party by;
        unsigned witnesses;
        bool is_good;
    } rows[] = {
        { "the cell's", "zurich", VT_CELL_WORLD_ORIGIN, VT_P_CELL, 7, true },
        { "by another", "zurich", VT_CELL_WORLD_ORIGIN, VT_P_VENDOR, 7, false },
        { "of another cell", "vienna", VT_CELL_WORLD_ORIGIN, VT_P_CELL, 7, false },
        { "without a quorum", "zurich", VT_CELL_WORLD_ORIGIN, VT_P_CELL, 3, false },
        { "in another ledger", "zurich", VT_CUSTODY_ORIGIN, VT_P_CELL, 7, false },
    };
    vt_hash digest = vt_sha256_of(VT_LIT("rules")), other = vt_sha256_of(VT_LIT("others"));

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_agent_rules *rules = rules_with_heads();
        vt_slice head = head_of(rows[i].cell, &digest, VT_BIT(rows[i].by));
        struct vt_agent_shown shown = { head, prove_head(rows[i].origin, rows[i].witnesses,
                                                         head) };
        struct vt_error err = { 0 };
        bool is_taken = vt_agent_rules_take_shown(rules, &shown, &err);

        VT_CHECK_SAYING(is_taken == rows[i].is_good, "%s: %s", rows[i].name, err.message);
        VT_CHECK(vt_agent_rules_has_shown(rules, &digest) == rows[i].is_good);
        VT_CHECK(!vt_agent_rules_has_shown(rules, &other));
        vt_envelope_clear(&rules->policy);
        vt_trust_free(rules->trust);
    }
}

static void requests_are_issued(void)
{
    struct vt_agent_rules *rules = rules_with_heads();
    struct vt_agent_shown shown = vt_custody_request_shown(2);
    struct vt_agent_shown third = vt_custody_request_shown(3), mixed;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_agent_rules_take_shown(rules, &shown, &err));
    VT_CHECK_OK(vt_agent_rules_take_shown(rules, &shown, &err)); /* again: no harm */
    VT_CHECK(rules->issued_count == 1 && vt_agent_rules_has_issued(rules, 2));
    VT_CHECK(!vt_agent_rules_has_issued(rules, 3));
    mixed = (struct vt_agent_shown){ third.statement, shown.proof };
    VT_CHECK_FAILS(VT_REJECTED, vt_agent_rules_take_shown(rules, &mixed, &err));
    mixed.statement = vt_custody_policy_edited("zurich", "zurich", 3);
    VT_CHECK_FAILS(VT_MALFORMED, vt_agent_rules_take_shown(rules, &mixed, &err));
    VT_CHECK(!vt_agent_rules_has_issued(rules, 3));
}

/* Whatever is shown first, and again behind it. */
static void what_has_ended_stays_so(void)
{
    struct vt_agent_rules *rules = rules_with_heads();
    struct vt_agent_shown issued = vt_custody_request_shown(2);
    struct vt_agent_shown ended = vt_custody_request_told(2, "withdrawn");
    struct vt_agent_shown never = vt_custody_request_told(3, "refused");
    struct vt_agent_shown forged = { ended.statement, issued.proof };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_agent_rules_take_shown(rules, &issued, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_agent_rules_take_shown(rules, &forged, &err));
    VT_CHECK(vt_agent_rules_has_issued(rules, 2));
    VT_CHECK_OK(vt_agent_rules_take_shown(rules, &ended, &err));
    VT_CHECK(!vt_agent_rules_has_issued(rules, 2));
    VT_CHECK_OK(vt_agent_rules_take_shown(rules, &issued, &err));
    VT_CHECK(!vt_agent_rules_has_issued(rules, 2));
    VT_CHECK_OK(vt_agent_rules_take_shown(rules, &never, &err));
    VT_CHECK(!vt_agent_rules_has_issued(rules, 3));
    vt_envelope_clear(&rules->policy);
    vt_trust_free(rules->trust);
}

/* ---- what the agent does with them ------------------------------------------------------
 */

static struct vt_custody_world world;
static struct vt_agent *agent;

static void check_answer(struct vt_custody_ask *ask, unsigned status, const char *words)
{
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    vt_custody_answer(&world, agent, ask, &reply);
    VT_CHECK_SAYING(reply.status == status && strstr(reply.message, words) != NULL,
                    "wanted %u '%s', got %u: %s", status, words, reply.status,
                    reply.message);
}

static struct vt_custody_sealed begin(void)
{
    vt_custody_world_make(&world, vt_test_dir());
    vt_custody_open(&world, &agent);
    return vt_custody_seal(&world, VT_C_SWISS, 7);
}

/* The policy's highest number is 2; number 1 is on no ledger that the agent was shown. */
static void a_number_that_no_ledger_shows(void)
{
    struct vt_custody_sealed object = begin();
    struct vt_custody_ask ask = vt_custody_ask_good(&world, &object);
    struct vt_agent_shown first = vt_custody_request_shown(1);
    const struct vt_agent_papers more = { .shown = &first, .shown_count = 1 };
    struct vt_agent_shown forged = { first.statement, vt_custody_request_shown(2).proof };
    const struct vt_agent_papers bad = { .shown = &forged, .shown_count = 1 };
    struct vt_error err = { 0 };

    ask.access.reason = VT_ACCESS_GOVERNMENT;
    ask.access.request = 1;
    check_answer(&ask, 403, "no ledger shows");
    vt_agent_close(agent);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_agent_update(vt_test_path("agent"), &bad, &world.env, &err));
    VT_CHECK_OK(vt_agent_update(vt_test_path("agent"), &more, &world.env, &err));
    vt_custody_open(&world, &agent);
    check_answer(&ask, 200, "");
}

/* What would not be read again is not taken. */
static void no_more_than_are_read_again(void)
{
    enum { MORE = VT_AGENT_SHOWN_MAX };
    struct vt_agent_shown second = vt_custody_request_shown(2);
    struct vt_agent_shown *many = vt_arena_alloc(vt_test_arena(), MORE * sizeof *many);
    const struct vt_agent_papers more = { .shown = many, .shown_count = MORE };
    struct vt_error err = { 0 };

    (void)begin();
    vt_agent_close(agent);
    for (size_t i = 0; i < MORE; i++)
        many[i] = second;
    VT_CHECK_FAILS(VT_LIMIT,
                   vt_agent_update(vt_test_path("agent"), &more, &world.env, &err));
}

/* Once the trust root knows a ledger of heads, the policy's list is not enough. */
static void rules_that_no_head_names(void)
{
    struct vt_custody_sealed object = begin();
    struct vt_custody_ask ask = vt_custody_ask_good(&world, &object);
    json_t *ledgers =
        json_object_get(agent->rules->trust->envelope.statement.predicate, "ledgers");

    ask.access.reason = VT_ACCESS_SCAN;
    ask.access.rules = vt_sha256_of(VT_LIT("rules"));
    ask.access.role = VT_LIT("machine");
    ask.access.role_key = vt_custody_key_id(VT_C_MACHINE);
    ask.access.person = vt_custody_key_id(VT_C_SCANNER);
    ask.signers = 1u << VT_C_SCANNER | 1u << VT_C_MACHINE;
    VT_CHECK(json_array_append_new(ledgers, json_pack("{s:s,s:s,s:s}", "origin",
                                                      VT_CELL_WORLD_ORIGIN, "use", "head",
                                                      "cell", VT_CUSTODY_CELL)) == 0);
    check_answer(&ask, 403, "no head of the cell");
    agent->rules->shown[agent->rules->shown_count++] = ask.access.rules;
    check_answer(&ask, 200, "");
}

static const struct vt_case cases[] = {
    { "heads name rules", heads_name_rules },
    { "requests are issued", requests_are_issued },
    { "what has ended stays so", what_has_ended_stays_so },
    { "a number that no ledger shows", a_number_that_no_ledger_shows },
    { "no more than are read again", no_more_than_are_read_again },
    { "rules that no head names", rules_that_no_head_names },
};

VT_TEST_MAIN("custody.agent_shown", cases)
