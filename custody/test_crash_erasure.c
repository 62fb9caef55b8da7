/* A key agent whose disk is broken at each operation while it destroys a key: once that was
 * said, no start brings the key back; and no break makes an agent that cannot start. */
#include "custody/agent_inside.h"
#include "custody/erasure.h"
#include "tests/custody_world.h"
#include "tests/stage.h"

static const char *below(const char *dir, const char *name)
{
    return vt_arena_printf(vt_test_arena(), "%s/%s", dir, name);
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

static const struct vt_case cases[] = {
    { "a destroyed key stays so", a_destroyed_key_stays_so },
};

VT_TEST_MAIN("crash_erasure", cases)
