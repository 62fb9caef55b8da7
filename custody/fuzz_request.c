/* Laws: a request that is taken is written as the same bytes; what a front makes of it is
 * read by a holder as the same; a refusal says why. */
#include "custody/agent_ask.h"
#include "tools/fuzz.h"

static void check_ask(const struct vt_agent_ask *ask, struct vt_arena *arena)
{
    VT_AUTO_BUF once = vt_buf_init(VT_AGENT_ASK_BYTES_MAX);
    VT_AUTO_BUF twice = vt_buf_init(VT_AGENT_ASK_BYTES_MAX);
    struct vt_agent_ask *again = vt_arena_alloc(arena, sizeof *again);

    vt_agent_ask_write(&once, ask);
    VT_CHECK(!once.is_full);
    VT_CHECK(vt_agent_ask_read(vt_buf_slice(&once), arena, again));
    vt_agent_ask_write(&twice, again);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&once), vt_buf_slice(&twice)));
    /* A header is put together as it came. */
    VT_CHECK(again->object_count == ask->object_count);
}

static void check_headers(const struct vt_custody_request *request,
                          const struct vt_agent_ask *ask)
{
    for (size_t i = 0; i < request->object_count; i++) {
        VT_AUTO_BUF header = vt_buf_init(VT_KIB(1));

        vt_agent_object_header(&ask->objects[i], &header);
        VT_CHECK(vt_slice_equal(vt_buf_slice(&header), request->objects[i].header));
    }
}

void vt_fuzz_one(vt_slice input)
{
    static const struct vt_policy policy = { .log_count = 0 };
    struct vt_error err = { 0 };
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF again = vt_buf_init(VT_CUSTODY_REQUEST_BYTES_MAX);
    struct vt_custody_request *request = vt_arena_alloc(arena, sizeof *request);
    struct vt_agent_ask *ask = vt_arena_alloc(arena, sizeof *ask);
    struct vt_policy *listed = vt_arena_alloc(arena, sizeof *listed);

    if (!vt_custody_request_parse(input, arena, request, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_custody_request_write(request, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    VT_CHECK(!vt_agent_ask_take(request, &policy, arena, ask, &err)); /* nobody's log */
    VT_CHECK(err.message[0] != '\0');
    *listed = (struct vt_policy){ .log_count = 1 };
    listed->logs[0].vkey.name = VT_LIT("cell.example/access");
    listed->logs[0].vkey.id = 0x80a029f0; /* of the corpus */
    if (vt_agent_ask_take(request, listed, arena, ask, &err)) {
        check_headers(request, ask);
        check_ask(ask, arena);
    }
}
