/* Law: a batch that is taken has one spelling; a refusal says why. */
#include "cell/scan_batch.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_FREE struct vt_scan_batch *batch = vt_alloc(sizeof *batch);
    VT_AUTO_BUF again = vt_buf_init(VT_SCAN_BATCH_BYTES_MAX);
    struct vt_error err = { 0 };

    if (!vt_scan_batch_parse(input, batch, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return;
    }
    VT_CHECK(batch->count >= 1 && batch->count <= VT_SCAN_BATCH_MAX);
    vt_scan_batch_write(batch, &again);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
}
