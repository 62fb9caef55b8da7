/* Laws: an answer that is taken has one spelling, and its state is what its flags say; a
 * refusal says why. */
#include "cell/scan.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_scan_outcome outcome;
    struct vt_scan_verdict verdict = { 0 };
    VT_AUTO_BUF again = vt_buf_init(VT_SCAN_ANSWER_BYTES);
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    VT_AUTO_JSON json = NULL;

    if (!vt_scan_answer_parse(input, &outcome, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return;
    }
    vt_scan_answer_write(&outcome, &again);
    VT_CHECK(vt_slice_equal(input, vt_buf_slice(&again)));
    verdict.outcome = outcome;
    verdict.state = vt_scan_outcome_state(&outcome);
    VT_CHECK((verdict.state == VT_SCAN_MALICIOUS) == outcome.is_malicious);
    VT_CHECK(verdict.state != VT_SCAN_CLEAN ||
             (outcome.limits == 0 && outcome.failed == 0 && outcome.name_count == 0 &&
              outcome.looked != 0));
    json = vt_scan_verdict_json(&verdict);
    VT_CHECK(vt_json_write_canonical(json, &text, &err));
    vt_scan_verdict_text(&verdict, &text);
}
