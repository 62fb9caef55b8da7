/* Law: what is taken is written again byte by byte; what is refused says why. */
#include "ledger/checkpoint.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_checkpoint checkpoint;
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(32));

    if (!vt_checkpoint_parse(input, &checkpoint, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return;
    }
    vt_checkpoint_write(&again, &checkpoint);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
