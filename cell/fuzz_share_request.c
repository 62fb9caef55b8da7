/* Laws: a request that is taken has one spelling; one that verifies names the hash of its
 * header; a refusal says why. */
#include "cell/share_request.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_share_request request;
    VT_AUTO_BUF again = vt_buf_init(VT_SHARE_REQUEST_BYTES_MAX);

    if (!vt_share_request_parse(input, &request, &err)) {
        VT_CHECK(err.code != VT_OK && err.code != VT_IO && err.message[0] != '\0');
        return;
    }
    VT_CHECK(vt_share_request_write(&request, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    if (vt_share_request_verify(&request, &err)) {
        vt_hash id = vt_sha256_of(request.header);

        VT_CHECK(vt_hash_equal(&id, &request.object));
    } else {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_REJECTED ||
                 err.code == VT_LIMIT);
    }
}
