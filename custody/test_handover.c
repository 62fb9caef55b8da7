/* Openings to reviewers: to whom they are given, in which pieces, and how many a minute. */
#include "custody/agent_inside.h"
#include "custody/handover.h"
#include "tests/custody_world.h"

static struct vt_custody_world world;
static struct vt_agent *agent;

static void begin(void)
{
    struct vt_custody_sealed object;
    struct vt_custody_ask ask;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    vt_custody_world_make(&world, vt_test_dir());
    vt_custody_open(&world, &agent);
    object = vt_custody_seal(&world, VT_C_SWISS, 7);
    ask = vt_custody_ask_good(&world, &object);
    vt_custody_answer(&world, agent, &ask, &reply);
    VT_CHECK(reply.status == 200);
}

static struct vt_handover_request question(enum vt_custody_signer who, const char *cell,
                                           const char *ledger, uint64_t offset)
{
    struct vt_handover_request request = { .at_unix_s = world.now_unix_s,
                                           .offset = offset };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_handover_request_sign(&request, vt_slice_from_cstr(cell),
                                         vt_slice_from_cstr(ledger), vt_custody_key(who),
                                         &err));
    return request;
}

static void ask(const struct vt_handover_request *request, struct vt_agent_reply *reply)
{
    struct vt_error err = { 0 };

    vt_agent_reply_clear(reply);
    memset(reply, 0, sizeof *reply);
    VT_CHECK_OK(vt_agent_hand(agent, request, reply, &err));
    VT_CHECK(reply->status == 200 || reply->grant.len == 0);
}

static void who_gets_them(void)
{
    static const struct {
        const char *name, *cell, *ledger;
        enum vt_custody_signer who;
        int64_t late_s;
        unsigned status;
    } rows[] = {
        { "the supervisor", VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, VT_C_SUPERVISOR, 0, 200 },
        { "late, but fresh", VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, VT_C_SUPERVISOR, 300,
          200 },
        { "a reader", VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, VT_C_READER, 0, 403 },
        { "a role", VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, VT_C_ANALYST, 0, 403 },
        { "a stranger", VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, VT_C_STRANGER, 0, 403 },
        { "for another cell", "vienna", VT_CUSTODY_ORIGIN, VT_C_SUPERVISOR, 0, 403 },
        { "for another ledger", VT_CUSTODY_CELL, "x.example/a", VT_C_SUPERVISOR, 0, 403 },
        { "too late", VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, VT_C_SUPERVISOR, 301, 403 },
        { "too early", VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, VT_C_SUPERVISOR, -301, 403 },
    };

    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_handover_request request =
            question(rows[i].who, rows[i].cell, rows[i].ledger, 0);
        VT_AUTO_AGENT_REPLY reply = { .status = 0 };

        world.now_unix_s += rows[i].late_s;
        ask(&request, &reply);
        world.now_unix_s -= rows[i].late_s;
        VT_CHECK_SAYING(reply.status == rows[i].status, "%s: %u %s", rows[i].name,
                        reply.status, reply.message);
    }
}

static void no_field_can_change(void)
{
    struct vt_handover_request good, bad;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    begin();
    good = bad = question(VT_C_SUPERVISOR, VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, 0);
    bad.offset = 64;
    ask(&bad, &reply);
    VT_CHECK(reply.status == 403);
    bad = good;
    bad.at_unix_s++;
    ask(&bad, &reply);
    VT_CHECK(reply.status == 403);
    bad = good;
    bad.signature[5] ^= 1;
    ask(&bad, &reply);
    VT_CHECK(reply.status == 403);
    ask(&good, &reply);
    VT_CHECK(reply.status == 200);
}

/* The pieces are the file. */
static void pieces_are_the_file(void)
{
    vt_slice file;
    uint64_t end;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };
    struct vt_handover_request request;

    begin();
    end = vt_agent_store_bytes(agent->store);
    file = vt_test_read(vt_test_path("agent/holder/openings"));
    for (uint64_t at = 0; at <= end; at += end / 2) {
        request = question(VT_C_SUPERVISOR, VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, at);
        ask(&request, &reply);
        VT_CHECK(reply.status == 200);
        VT_CHECK(vt_slice_equal(vt_buf_slice(&reply.grant),
                                vt_slice_sub(file, (size_t)at, (size_t)(end - at))));
    }
    request = question(VT_C_SUPERVISOR, VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, end + 1);
    ask(&request, &reply);
    VT_CHECK_SAYING(reply.status == 400 && strstr(reply.message, "restored") != NULL, "%s",
                    reply.message);
}

/* Those who may not do not use up what the others may. */
static void so_many_a_minute(void)
{
    enum { PIECES = 600 };
    struct vt_handover_request good, bad;
    VT_AUTO_AGENT_REPLY reply = { .status = 0 };

    begin();
    good = question(VT_C_SUPERVISOR, VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, 0);
    bad = question(VT_C_STRANGER, VT_CUSTODY_CELL, VT_CUSTODY_ORIGIN, 0);
    for (int i = 0; i < PIECES; i++) {
        ask(&good, &reply);
        VT_CHECK(reply.status == 200);
        if (i % 100 == 0)
            ask(&bad, &reply);
    }
    ask(&good, &reply);
    VT_CHECK(reply.status == 429);
    world.now_unix_s += 60;
    ask(&good, &reply);
    VT_CHECK(reply.status == 200);
}

static const struct vt_case cases[] = {
    { "who gets them", who_gets_them },
    { "no field can change", no_field_can_change },
    { "pieces are the file", pieces_are_the_file },
    { "so many a minute", so_many_a_minute },
};

VT_TEST_MAIN("custody.handover", cases)
