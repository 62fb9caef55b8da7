/* What a key agent will never release again: a destroyed key, erased objects; and the claim
 * that says so. */
#include "custody/erasure.h"
#include "crypto/age_grant.h"
#include "custody/agent_inside.h"
#include "tests/custody_world.h"

enum { MINUTE = 60 };

static struct vt_custody_world world;
static struct vt_agent *agent;
static struct vt_custody_sealed swiss, german;

static const struct vt_agent_place swiss_place = { "CH", "file", "2026", NULL };

static void begin(void)
{
    vt_custody_world_make(&world, vt_test_dir());
    vt_custody_open(&world, &agent);
    swiss = vt_custody_seal(&world, VT_C_SWISS, 7);
    german = vt_custody_seal(&world, VT_C_GERMAN, 8);
}

static void reopen(void)
{
    vt_agent_close(agent);
    vt_custody_open(&world, &agent);
}

/* ---- a destroyed key --------------------------------------------------------------------
 */

static const char *key_file(void)
{
    return vt_test_path("swiss.key");
}

static vt_slice destroy(const struct vt_agent_place *place)
{
    struct vt_buf *claim = vt_arena_alloc(vt_test_arena(), sizeof *claim);
    struct vt_error err = { 0 };

    *claim = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_CHECK_OK(vt_agent_destroy(agent, place, claim, &err));
    return vt_buf_slice(claim);
}

static void ask(struct vt_custody_ask *question, struct vt_agent_reply *reply)
{
    vt_custody_answer(&world, agent, question, reply);
}

static void a_destroyed_key_opens_nothing(void)
{
    struct vt_custody_ask of_swiss, of_german;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_agent_totals before;

    begin();
    of_swiss = vt_custody_ask_good(&world, &swiss);
    ask(&of_swiss, &reply);
    VT_CHECK_SAYING(reply.status == 200, "%u: %s", reply.status, reply.message);
    before = reply.totals;
    VT_CHECK(vt_path_exists(key_file()));
    (void)destroy(&swiss_place);
    VT_CHECK(!vt_path_exists(key_file()));
    for (unsigned i = 0; i < 2; i++) { /* in this life, and in the next */
        /* The stored answer is not given again ... */
        of_swiss.is_as_before = i == 0;
        ask(&of_swiss, &reply);
        VT_CHECK_SAYING(reply.status == 410 && reply.end == VT_AGENT_END_DESTROYED &&
                            reply.grant.len == 0,
                        "%u: %s", reply.status, reply.message);
        /* ... a new one is refused, ... */
        of_swiss.is_as_before = false;
        ask(&of_swiss, &reply);
        VT_CHECK_SAYING(reply.status == 410 && reply.end == VT_AGENT_END_DESTROYED &&
                            strstr(reply.message, "was destroyed") != NULL,
                        "%u: %s", reply.status, reply.message);
        /* ... and another key's objects are read as ever. */
        of_german = vt_custody_ask_good(&world, &german);
        ask(&of_german, &reply);
        VT_CHECK_SAYING(reply.status == 200 && reply.end == VT_AGENT_END_NONE, "%u: %s",
                        reply.status, reply.message);
        world.now_unix_s += MINUTE;
        reopen();
    }
    /* What was done before is still there. */
    VT_CHECK(reply.totals.keys == before.keys + 2);
    VT_CHECK(reply.totals.deeds[VT_AGENT_DESTROYED] == 1);
}

static void its_claim_says_which(void)
{
    struct vt_erasure *erasure = vt_arena_alloc(vt_test_arena(), sizeof *erasure);
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_error err = { 0 };
    struct vt_count count;
    vt_slice claim, again;

    begin();
    claim = destroy(&swiss_place);
    VT_CHECK_OK(vt_envelope_parse(claim, &envelope, &err));
    VT_CHECK_OK(vt_erasure_read(&envelope.statement, erasure, &err));
    VT_CHECK(erasure->is_period && vt_slice_is(erasure->country, "CH") &&
             vt_slice_is(erasure->period, "2026"));
    VT_CHECK(memcmp(&erasure->recipient, &world.identities[VT_C_SWISS].recipient,
                    sizeof erasure->recipient) == 0);
    count = vt_keyring_count(&world.keyring, VT_ROLE_AGENT, &envelope, world.now_unix_s,
                             (vt_slice){ 0 });
    VT_CHECK(count.signer_count == 1);
    again = destroy(&swiss_place); /* the same, and no second record */
    VT_CHECK(vt_slice_equal(claim, again));
    reopen();
    VT_CHECK(vt_slice_equal(claim, destroy(&swiss_place)));
}

static void what_it_has_not_is_not_destroyed(void)
{
    static const struct vt_agent_place places[] = { { "FR", "file", "2026", NULL },
                                                    { "CH", "account", "2026", NULL },
                                                    { "CH", "file", "2025", NULL } };
    VT_AUTO_BUF claim = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };

    begin();
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        VT_CHECK_FAILS(VT_ABSENT, vt_agent_destroy(agent, &places[i], &claim, &err));
    VT_CHECK(vt_path_exists(key_file()));
    VT_CHECK_OK(vt_agent_destroy(agent, &swiss_place, &claim, &err));
}

static const struct vt_case cases[] = {
    { "a destroyed key opens nothing", a_destroyed_key_opens_nothing },
    { "its claim says which", its_claim_says_which },
    { "what it has not is not destroyed", what_it_has_not_is_not_destroyed },
};

VT_TEST_MAIN("erasure", cases)
