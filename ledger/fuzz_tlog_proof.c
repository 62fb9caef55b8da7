/* Law: what is taken is written again byte by byte; what is refused says why. */
#include "ledger/tlog_proof.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_tlog_proof proof;
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(32));

    if (!vt_tlog_proof_parse(input, &proof, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    VT_CHECK(proof.hash_count <= VT_PROOF_HASHES_MAX);
    vt_tlog_proof_write(&again, &proof);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
