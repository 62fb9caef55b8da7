/* A key agent whose disk is broken at each operation while it destroys a key, erases an
 * object, or is told by its sealer to: once that was said, no start forgets it; and no
 * break makes an agent that cannot start. */
#include "custody/agent_inside.h"
#include "custody/erasure.h"
#include "tests/custody_world.h"
#include "tests/stage.h"

static const char *below(const char *dir, const char *name)
{
    return vt_test_print("%s/%s", dir, name);
}

static bool open_agent(const char *dir, struct vt_agent **agent, struct vt_error *err)
{
    struct vt_custody_world *world = vt_arena_alloc(vt_test_arena(), sizeof *world);

    vt_custody_world_find(world, dir);
    return vt_agent_open(below(dir, "agent"), (vt_slice){ 0 }, &world->env, agent, err);
}

static struct vt_agent_identity *swiss_of(struct vt_agent *agent)
{
    return vt_agent_identity_of(agent, VT_LIT("CH"), VT_LIT("file"), VT_LIT("2026"));
}

/* ---- a key ------------------------------------------------------------------------------
 */

static void prepare(const char *dir)
{
    struct vt_custody_world *world = vt_arena_alloc(vt_test_arena(), sizeof *world);

    vt_custody_world_make(world, dir);
}

static bool destroy(const char *dir, struct vt_error *err)
{
    static const struct vt_agent_place place = { "CH", "file", "2026", NULL };
    VT_AUTO_BUF claim = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_AGENT agent = NULL;

    if (!open_agent(dir, &agent, err))
        return false;
    if (!vt_agent_destroy(agent, &place, &claim, err))
        return false;
    vt_stage_say("destroyed");
    return true;
}

/* Started again it knows the truth, whichever it is. */
static bool restart(const char *dir, struct vt_error *err)
{
    VT_AUTO_AGENT agent = NULL;

    if (!open_agent(dir, &agent, err))
        return false;
    VT_CHECK(swiss_of(agent) != NULL);
    if (swiss_of(agent)->is_destroyed)
        vt_stage_say("gone");
    return true;
}

struct found {
    bool is_destroyed;
};

static bool take(void *context, const struct vt_agent_record *record, uint64_t at,
                 struct vt_error *err)
{
    struct found *found = context;

    (void)at;
    (void)err;
    VT_CHECK(!found->is_destroyed || record->deed != VT_AGENT_DESTROYED);
    found->is_destroyed = found->is_destroyed || record->deed == VT_AGENT_DESTROYED;
    return true;
}

/* The file is there exactly as long as no record says that it is not. */
static void check(const char *dir)
{
    struct found found = { false };
    struct vt_agent_totals totals;
    struct vt_error err = { 0 };
    bool is_said = strstr(vt_stage_said(), "destroyed") != NULL;

    VT_CHECK_OK(vt_agent_openings_read(below(dir, "agent/holder/openings"),
                                       (vt_agent_reader){ take, &found }, &totals, &err));
    VT_CHECK_SAYING(!is_said || found.is_destroyed, "said, and not on record");
    VT_CHECK_SAYING(vt_path_exists(below(dir, "swiss.key")) != found.is_destroyed,
                    "record: %d", found.is_destroyed);
    VT_CHECK(vt_path_exists(below(dir, "german.key")));
}

static const struct vt_stage_play destroying = { .name = "a key is destroyed",
                                                 .prepare = prepare,
                                                 .act = destroy,
                                                 .restart = restart,
                                                 .check = check };

static void a_destroyed_key_stays_so(void)
{
    vt_stage_must_hold(&destroying);
    vt_stage_must_need(&destroying, "journal: sync of openings");
}

/* ---- an object --------------------------------------------------------------------------
 */

enum { SHOW, ERASE, READ, ASKS };

static const char *ask_file(const char *dir, unsigned n)
{
    return below(dir, vt_test_print("ask-%u", n));
}

/* A request that shows a checkpoint; behind it one that erases an object, and one that
 * reads the same. */
static void prepare_asks(const char *dir)
{
    struct vt_custody_world *world = vt_arena_alloc(vt_test_arena(), sizeof *world);
    uint8_t salts[ASKS][VT_ACCESS_SALT_BYTES];
    struct vt_custody_sealed object;
    struct vt_custody_ask asks[ASKS];

    vt_custody_world_make(world, dir);
    object = vt_custody_seal(world, VT_C_SWISS, 3);
    vt_test_write(below(dir, "object"), vt_hash_slice(&object.id));
    for (unsigned twice = 0; twice < 2; twice++)
        for (unsigned i = 0; i < ASKS; i++) {
            if (twice != 0 && i == SHOW)
                continue; /* that one is proven in the first tree */
            asks[i] = vt_custody_ask_good(world, &object);
            memset(salts[i], (int)i, sizeof salts[i]);
            asks[i].salt = salts[i];
            if (i == ERASE)
                asks[i].access.reason = VT_ACCESS_ERASURE;
            vt_test_write(ask_file(dir, i), vt_custody_request_of(world, &asks[i], 0));
        }
}

/* False: the agent could not answer, as when its process would exit. */
static bool ask_once(struct vt_agent *agent, const char *dir, unsigned n,
                     uint16_t *status_out, struct vt_error *err)
{
    struct vt_custody_request *request = vt_arena_alloc(vt_test_arena(), sizeof *request);
    struct vt_agent_ask *ask = vt_arena_alloc(vt_test_arena(), sizeof *ask);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    vt_slice bytes = vt_test_read(ask_file(dir, n));

    if (!vt_custody_request_parse(bytes, vt_test_arena(), request, err) ||
        !vt_agent_ask_take(request, vt_agent_policy(agent), vt_test_arena(), ask, err) ||
        !vt_agent_answer(agent, ask, &reply, err))
        return false;
    *status_out = reply.status;
    return true;
}

static bool has_tombstone(const struct vt_agent *agent, const char *dir)
{
    vt_slice id = vt_test_read(below(dir, "object"));
    vt_hash object;
    uint64_t at;

    memcpy(&object, id.data, sizeof object);
    return vt_agent_marks_find(&agent->erased, &object, NULL, &at);
}

static bool erase(const char *dir, struct vt_error *err)
{
    VT_AUTO_AGENT agent = NULL;
    uint16_t status;

    if (!open_agent(dir, &agent, err) || !ask_once(agent, dir, SHOW, &status, err) ||
        !ask_once(agent, dir, ERASE, &status, err))
        return false;
    VT_CHECK_SAYING(status == 200, "%u", status);
    vt_stage_say("erased");
    if (!ask_once(agent, dir, READ, &status, err))
        return false;
    VT_CHECK_SAYING(status == 410, "%u", status);
    return true;
}

static bool restart_erased(const char *dir, struct vt_error *err)
{
    VT_AUTO_AGENT agent = NULL;
    uint16_t status;

    if (!open_agent(dir, &agent, err))
        return false;
    if (has_tombstone(agent, dir))
        vt_stage_say("tombstone");
    for (unsigned i = 0; i < ASKS; i++) {
        if (!ask_once(agent, dir, i, &status, err))
            return false;
        if (i == READ && status == 200)
            vt_stage_say("released");
    }
    return true;
}

static void check_erased(const char *dir)
{
    const char *said = vt_stage_said();
    bool was_erased = strstr(said, "erased") != NULL;

    (void)dir;
    VT_CHECK_SAYING(!was_erased || strstr(said, "tombstone") != NULL,
                    "it was said that the object is erased, and no start knows it");
    VT_CHECK(!was_erased || strstr(said, "released") == NULL);
}

static const struct vt_stage_play erasing = { .name = "an object is erased",
                                              .prepare = prepare_asks,
                                              .act = erase,
                                              .restart = restart_erased,
                                              .check = check_erased };

static void an_erased_object_stays_so(void)
{
    vt_stage_must_hold(&erasing);
    vt_stage_must_need(&erasing, "journal: sync of openings");
}

/* ---- an object, by whoever sealed it ----------------------------------------------------
 */

static void take_object(const char *dir, vt_hash *out)
{
    vt_slice id = vt_test_read(below(dir, "object"));

    memcpy(out, id.data, sizeof *out);
}

static bool withdraw(const char *dir, struct vt_error *err)
{
    VT_AUTO_AGENT agent = NULL;
    vt_hash object;

    take_object(dir, &object);
    if (!open_agent(dir, &agent, err) || !vt_agent_withdraw(agent, &object, err))
        return false;
    vt_stage_say("withdrawn");
    return true;
}

/* The same order again: one record, whatever became of the first. */
static bool restart_withdrawn(const char *dir, struct vt_error *err)
{
    VT_AUTO_AGENT agent = NULL;
    vt_hash object;
    uint64_t at;

    take_object(dir, &object);
    if (!open_agent(dir, &agent, err))
        return false;
    if (vt_agent_marks_find(&agent->withdrawn, &object, NULL, &at))
        vt_stage_say("tombstone");
    if (!vt_agent_withdraw(agent, &object, err))
        return false;
    VT_CHECK(vt_agent_store_totals(agent->store)->deeds[VT_AGENT_WITHDRAWN] == 1);
    return true;
}

static void check_withdrawn(const char *dir)
{
    (void)dir;
    VT_CHECK_SAYING(strstr(vt_stage_said(), "withdrawn") == NULL ||
                        strstr(vt_stage_said(), "tombstone") != NULL,
                    "it was said that the object is taken back, and no start knows it");
}

static const struct vt_stage_play withdrawing = { .name = "an object is taken back",
                                                  .prepare = prepare_asks,
                                                  .act = withdraw,
                                                  .restart = restart_withdrawn,
                                                  .check = check_withdrawn };

static void what_is_taken_back_stays_so(void)
{
    vt_stage_must_hold(&withdrawing);
    vt_stage_must_need(&withdrawing, "journal: sync of openings");
}

static const struct vt_case cases[] = {
    { "a destroyed key stays so", a_destroyed_key_stays_so },
    { "an erased object stays so", an_erased_object_stays_so },
    { "what is taken back stays so", what_is_taken_back_stays_so },
};

VT_TEST_MAIN("crash_erasure", cases)
