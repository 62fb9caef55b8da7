/* Laws: a request that is taken names a cell and hashes; no bit of it can change, for it is
 * signed; a refusal says why. */
#include "cell/withdrawal.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_WITHDRAWAL request = { .json = NULL };
    VT_AUTO_WITHDRAWAL other = { .json = NULL };
    uint8_t *copy;

    if (!vt_withdrawal_parse(input, &request, &err)) {
        VT_CHECK(err.code != VT_OK && err.code != VT_IO && err.message[0] != '\0');
        return;
    }
    VT_CHECK(request.cell.len >= 1 && request.cell.len <= 64);
    copy = vt_alloc(input.len);
    memcpy(copy, input.data, input.len);
    copy[input.len / 2] ^= 1;
    VT_CHECK(!vt_withdrawal_parse(vt_slice_of(copy, input.len), &other, &err));
    free(copy);
}
