/* Law: what a mirror says of where it is, taken and written again, is the same bytes; what
 * is refused has a reason. */
#include "ledger/upload.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_mirror_info info;
    VT_AUTO_BUF again = vt_buf_init(VT_MIRROR_INFO_BYTES_MAX);

    if (!vt_mirror_info_parse(input, &info, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    vt_mirror_info_write(&again, &info);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
