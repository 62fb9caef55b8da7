/* Laws: a message to or from the signer that is taken is written again byte by byte, but
 * for the hashes behind a request's count, which are not looked at. */
#include "ledger/role_signer.h"
#include "tools/fuzz.h"

static void check_request(vt_slice input)
{
    struct vt_signer_request request;
    VT_AUTO_BUF again = vt_buf_init(VT_KIB(4));
    size_t used;

    if (!vt_signer_request_parse(input, &request))
        return;
    VT_CHECK(request.count <= VT_PROOF_HASHES_MAX);
    vt_signer_request_write(&again, &request);
    used = VT_SIGNER_HEAD_BYTES + 1 + request.count * VT_SHA256_BYTES;
    VT_CHECK(again.len == VT_SIGNER_SIGN_BYTES && input.len == VT_SIGNER_SIGN_BYTES);
    VT_CHECK(memcmp(again.data, input.data, used) == 0);
}

static void check_begin(vt_slice input)
{
    struct vt_signer_begin begin;
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(1));

    if (!vt_signer_begin_parse(input, &begin))
        return;
    vt_signer_begin_write(&again, &begin);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}

static void check_signatures(vt_slice input)
{
    struct vt_signer_signatures signatures;
    VT_AUTO_BUF again = vt_buf_init(VT_SIGNER_SIGNED_BYTES);

    if (!vt_signer_signatures_parse(input, &signatures))
        return;
    vt_signer_signatures_write(&again, &signatures);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}

void vt_fuzz_one(vt_slice input)
{
    check_signatures(input);
    check_request(input);
    check_begin(input);
}
