/* Law: a body that is taken, written again, is the same bytes; one that is refused has a
 * reason. */
#include "ledger/witness_request.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_witness_request request;
    VT_AUTO_BUF again = vt_buf_init(VT_WITNESS_REQUEST_BYTES_MAX);

    if (!vt_witness_request_parse(input, &request, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    VT_CHECK(request.proof_count <= VT_PROOF_HASHES_MAX);
    vt_witness_request_write(&again, request.old_size, request.proof, request.proof_count,
                             request.note);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
