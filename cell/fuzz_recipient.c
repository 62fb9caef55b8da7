/* Law: a recipient that is taken has one spelling. */
#include "cell/recipient.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_recipient recipient;
    VT_AUTO_BUF again = vt_buf_init(VT_RECIPIENT_BYTES_MAX);

    if (!vt_cell_recipient_parse(input, &recipient, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_recipient_write(&recipient, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
