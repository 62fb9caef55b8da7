/* Law: what is taken is written again byte by byte; what is refused says why. */
#include "tools/fuzz.h"
#include "wire/note.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_vkey vkey;
    VT_AUTO_BUF again = vt_buf_init(VT_KIB(1));

    if (!vt_vkey_take_apart(input, &vkey, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return;
    }
    vt_vkey_write(&again, &vkey);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
