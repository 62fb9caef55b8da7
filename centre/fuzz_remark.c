/* Law: a note as it is kept that is taken is written again as the same bytes. */
#include "centre/remark.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(VT_REMARK_PLAIN_BYTES), body = vt_buf_init(VT_KIB(8));
    struct vt_kept_remark kept;
    struct vt_remark remark;

    if (vt_remark_read(input, &remark)) {
        vt_remark_write(&remark, &body);
        VT_CHECK(vt_slice_equal(input, vt_buf_slice(&body)));
        kept = (struct vt_kept_remark){ .number = 1, .remark = remark };
    } else if (!vt_remark_plain_read(input, &kept)) {
        return;
    }
    vt_remark_plain_write(&kept, &again);
    VT_CHECK(vt_remark_plain_read(vt_buf_slice(&again), &kept));
    VT_CHECK(body.len != 0 || vt_slice_equal(input, vt_buf_slice(&again)));
}
