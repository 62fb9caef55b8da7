/* Laws: a question that is read is written as the same bytes; nobody has signed it who did
 * not. */
#include "custody/handover.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    static const struct vt_public_key nobody = { { 7 } };
    VT_AUTO_BUF again = vt_buf_init(VT_HANDOVER_REQUEST_BYTES);
    struct vt_handover_request request;
    struct vt_error err = { 0 };

    if (!vt_handover_request_parse(input, &request, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return;
    }
    vt_handover_request_write(&request, &again);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    VT_CHECK(!vt_handover_request_is_by(&request, VT_LIT("zurich"), VT_LIT("x"), &nobody));
}
