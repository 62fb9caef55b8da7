/* Laws: a policy that is taken is met when all witnesses sign, is met by nobody only if it
 * asks for nobody, and one more signature never takes a quorum away. */
#include "ledger/policy.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_policy policy;
    bool has_signed[VT_POLICY_WITNESSES_MAX] = { false }, was_met;

    if (!vt_policy_parse(input, &policy, &err)) {
        VT_CHECK(err.code != VT_OK && err.message[0] != '\0');
        return;
    }
    was_met = vt_policy_has_quorum(&policy, has_signed);
    VT_CHECK(was_met == (policy.quorum == VT_POLICY_QUORUM_NONE));
    for (size_t i = 0; i < policy.witness_count; i++) {
        bool is_met;

        has_signed[i] = true;
        is_met = vt_policy_has_quorum(&policy, has_signed);
        VT_CHECK(is_met || !was_met);
        was_met = is_met;
    }
    VT_CHECK(was_met);
}
