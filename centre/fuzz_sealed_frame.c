/* Law: bytes that are taken as a frame are this frame's alone: what was read of them stands
 * where the drawing says, and all else is zeros. */
#include "centre/sealed_frame.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_SEALED_FRAME_BYTES);
    struct vt_sealed_frame frame;

    if (!vt_sealed_frame_read(input, &frame))
        return;
    vt_buf_put_text(&again, "VTSD");
    vt_buf_put_u8(&again, (uint8_t)frame.deed);
    vt_buf_put_u8(&again, 0);
    vt_buf_put_u16(&again, 0);
    vt_buf_put_u64(&again, frame.number);
    vt_buf_put_u64(&again, frame.settled);
    vt_buf_put_u64(&again, (uint64_t)frame.time_unix_ms);
    vt_buf_put(&again, VT_BYTES(frame.session));
    vt_buf_put(&again, VT_BYTES(frame.invitation));
    vt_buf_put(&again, frame.age);
    while (again.len < VT_SEALED_FRAME_BYTES - VT_SHA256_BYTES)
        vt_buf_put_u8(&again, 0);
    vt_buf_put(&again, VT_BYTES(frame.chain));
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}
