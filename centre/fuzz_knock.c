/* Law: what the front says that is taken is written again as the same bytes. */
#include "centre/knock.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_knock knock;

    if (!vt_knock_read(input, &knock))
        return;
    vt_knock_write(&knock, &again);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}
