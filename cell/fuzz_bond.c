/* Laws: a bond that is read is written as the same bytes; a refusal says why. */
#include "cell/bond.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF again = vt_buf_init(VT_BOND_BYTES_MAX);
    struct vt_bond bond;

    if (!vt_bond_parse(input, &bond, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_bond_write(&bond, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
