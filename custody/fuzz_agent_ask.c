/* Laws: an ask that is read is written as the same bytes; its numbers are within bounds. */
#include "custody/agent_ask.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF again = vt_buf_init(VT_AGENT_ASK_BYTES_MAX);
    struct vt_agent_ask *ask = vt_arena_alloc(arena, sizeof *ask);

    if (input.len > VT_AGENT_ASK_BYTES_MAX || !vt_agent_ask_read(input, arena, ask))
        return;
    VT_CHECK(ask->object_count <= VT_ACCESS_BATCH_MAX);
    VT_CHECK(ask->signature_count >= 1);
    VT_CHECK(ask->signature_count <= VT_ACCESS_SIGNATURES_MAX);
    VT_CHECK(ask->access.count >= 1 && ask->access.reason < VT_ACCESS_REASONS);
    vt_agent_ask_write(&again, ask);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
