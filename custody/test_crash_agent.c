/* A key agent whose disk is broken at each operation: nobody is answered before the opening
 * is durable, and no statement is answered twice.
 *
 * "released N HASH" is said when the answer to request N has left.  The clock stands still,
 * so that only what is on the disk keeps a statement from being used again after a restart.
 */
#include "custody/agent_inside.h"
#include "tests/custody_world.h"
#include "tests/stage.h"

enum { ASKS = 3 };

static const char *below(const char *dir, const char *name)
{
    return vt_test_print("%s/%s", dir, name);
}

static const char *ask_file(const char *dir, unsigned n)
{
    return below(dir, vt_test_print("ask-%u", n));
}

/* An agent, and requests in files: number 0 shows it a checkpoint, the others are logged
 * behind that one, and all proven in the last tree. */
static void prepare(const char *dir)
{
    struct vt_custody_world *world = vt_arena_alloc(vt_test_arena(), sizeof *world);
    struct vt_custody_sealed objects[ASKS + 1];
    struct vt_custody_ask asks[ASKS + 1];
    uint8_t salts[ASKS + 1][VT_ACCESS_SALT_BYTES];

    vt_custody_world_make(world, dir);
    for (unsigned i = 0; i <= ASKS; i++) {
        objects[i] = vt_custody_seal(world, VT_C_SWISS, i);
        asks[i] = vt_custody_ask_good(world, &objects[i]);
        memset(salts[i], (int)i, sizeof salts[i]);
        asks[i].salt = salts[i];
        if (i == 2)
            asks[i].access.policy = 2; /* this one is refused, and recorded */
        vt_test_write(ask_file(dir, i), vt_custody_request_of(world, &asks[i], 0));
    }
    for (unsigned i = 1; i <= ASKS; i++)
        vt_test_write(ask_file(dir, i), vt_custody_request_of(world, &asks[i], 0));
}

static bool open_agent(const char *dir, struct vt_agent **agent, struct vt_error *err)
{
    struct vt_custody_world *world = vt_arena_alloc(vt_test_arena(), sizeof *world);

    vt_custody_world_find(world, dir);
    return vt_agent_open(below(dir, "agent"), (vt_slice){ 0 }, &world->env, agent, err);
}

/* False: the agent could not answer, as when its process would exit. */
static bool ask_once(struct vt_agent *agent, const char *dir, unsigned n,
                     struct vt_error *err)
{
    struct vt_custody_request *request = vt_arena_alloc(vt_test_arena(), sizeof *request);
    struct vt_agent_ask *ask = vt_arena_alloc(vt_test_arena(), sizeof *ask);
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    if (!vt_custody_request_parse(vt_test_read(ask_file(dir, n)), vt_test_arena(), request,
                                  err) ||
        !vt_agent_ask_take(request, vt_agent_policy(agent), vt_test_arena(), ask, err))
        return false;
    if (!vt_agent_answer(agent, ask, &reply, err))
        return false;
    if (reply.status == 200) {
        vt_hash grant = vt_sha256_of(vt_buf_slice(&reply.grant));
        char text[65];

        vt_hash_text(&grant, text);
        vt_stage_say("released %u %s", n, text);
    }
    return true;
}

static bool act(const char *dir, struct vt_error *err)
{
    VT_AUTO_AGENT agent = NULL;

    if (!open_agent(dir, &agent, err))
        return false;
    for (unsigned i = 0; i <= ASKS; i++)
        if (!ask_once(agent, dir, i, err))
            return false;
    return true;
}

/* It is started again, and asked for the same again. */
static bool restart(const char *dir, struct vt_error *err)
{
    VT_AUTO_AGENT agent = NULL;

    if (!open_agent(dir, &agent, err))
        return false;
    for (unsigned i = 0; i <= ASKS; i++)
        if (!ask_once(agent, dir, i, err))
            return false;
    return true;
}

struct found {
    vt_hash commitments[2 * ASKS + 4];
    size_t count;
};

static bool take(void *context, const struct vt_agent_record *record, uint64_t at,
                 struct vt_error *err)
{
    struct found *found = context;
    vt_hash commitment = vt_access_commitment(record->salt, record->envelope);

    (void)at;
    (void)err;
    if (record->deed != VT_AGENT_RELEASED)
        return true;
    for (size_t i = 0; i < found->count; i++)
        VT_CHECK_SAYING(!vt_hash_equal(&found->commitments[i], &commitment),
                        "a statement was used twice");
    VT_CHECK(found->count < sizeof found->commitments / sizeof found->commitments[0]);
    found->commitments[found->count++] = commitment;
    return true;
}

/* The answers to request n that left, if any: always the same bytes. */
static bool was_released(unsigned n)
{
    const char *prefix = vt_test_print("released %u ", n);
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    vt_slice line, first = { 0 };

    while (vt_read_line(&r, &line)) {
        if (!vt_slice_starts_with(line, vt_slice_from_cstr(prefix)))
            continue;
        VT_CHECK_SAYING(first.len == 0 || vt_slice_equal(first, line),
                        "request %u was answered twice", n);
        first = line;
    }
    return first.len != 0;
}

static bool has_opening(const struct found *found, const char *dir, unsigned n)
{
    struct vt_custody_request *request = vt_arena_alloc(vt_test_arena(), sizeof *request);
    struct vt_error err = { 0 };
    vt_hash commitment;

    VT_CHECK_OK(vt_custody_request_parse(vt_test_read(ask_file(dir, n)), vt_test_arena(),
                                         request, &err));
    commitment = vt_access_commitment(request->salt, request->envelope);
    for (size_t i = 0; i < found->count; i++)
        if (vt_hash_equal(&found->commitments[i], &commitment))
            return true;
    return false;
}

/* Every answer that left has its opening. */
static void check(const char *dir)
{
    struct found found = { .count = 0 };
    struct vt_agent_totals totals;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_agent_openings_read(below(dir, "agent/holder/openings"),
                                       (vt_agent_reader){ take, &found }, &totals, &err));
    for (unsigned n = 0; n <= ASKS; n++) {
        if (!was_released(n))
            continue;
        VT_CHECK(n != 0 && n != 2); /* those are never answered */
        VT_CHECK_SAYING(has_opening(&found, dir, n),
                        "request %u was answered, and there is no opening", n);
    }
}

static const struct vt_stage_play play = { .name = "a key agent",
                                           .prepare = prepare,
                                           .act = act,
                                           .restart = restart,
                                           .check = check };

static void no_answer_without_an_opening(void)
{
    vt_stage_must_hold(&play);
    vt_stage_must_need(&play, "journal: sync of openings");
}

static const struct vt_case cases[] = {
    { "no answer without an opening", no_answer_without_an_opening },
};

VT_TEST_MAIN("crash_agent", cases)
