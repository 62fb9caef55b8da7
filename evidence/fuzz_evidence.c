/* Laws: evidence that is taken has one spelling, one release and a bounded number of
 * envelopes, each found again by its digest; a refusal says why. */
#include "evidence/bundle.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_EVIDENCE evidence = NULL;
    VT_AUTO_BUF again = vt_buf_init(VT_EVIDENCE_BYTES_MAX + 1);
    size_t releases = 0;

    if (!vt_evidence_parse(input, &evidence, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT ||
                 err.code == VT_REJECTED);
        VT_CHECK(err.message[0] != '\0' && evidence == NULL);
        return;
    }
    VT_CHECK(vt_json_write_canonical(evidence->json, &again, &err));
    vt_buf_put_u8(&again, '\n');
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    VT_CHECK(evidence->envelope_count <= VT_EVIDENCE_ENVELOPES_MAX);
    for (size_t i = 0; i < evidence->envelope_count; i++)
        releases += evidence->envelopes[i].statement.type == VT_RELEASE;
    VT_CHECK(releases == 1 && evidence->release->statement.type == VT_RELEASE);
}
