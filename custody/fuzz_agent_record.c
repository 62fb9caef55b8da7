/* Laws: a frame that is read is written as the same bytes at its place, and is no frame at
 * another one. */
#include "custody/agent_record.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(8));
    struct vt_agent_record record, other;
    vt_hash chain = { { 0 } };
    vt_slice body, other_body;
    size_t len, other_len;

    if (!vt_agent_frame_read(input, 0, arena, &record, &body, &len))
        return;
    VT_CHECK(len <= input.len && len % VT_AGENT_FRAME_ALIGN == 0);
    VT_CHECK(vt_agent_frame_len(input) == len);
    VT_CHECK(record.deed > 0 && record.deed < VT_AGENT_DEEDS);
    VT_CHECK(!vt_agent_frame_read(input, VT_AGENT_FRAME_ALIGN, arena, &other, &other_body,
                                  &other_len));
    VT_CHECK(vt_agent_frame_write(&again, 0, &record, &chain, &err));
    /* Only the first frame of a file has this chain; its check and zeros follow from it. */
    if (vt_hash_equal(&chain, &record.chain) && again.len == len)
        VT_CHECK(memcmp(again.data, input.data, len - VT_AGENT_FRAME_ALIGN) == 0);
}
