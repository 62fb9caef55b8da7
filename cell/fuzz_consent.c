/* Laws: consent that is read is written as the same bytes; nothing is on that was not
 * chosen; a refusal says why. */
#include "cell/consent.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF again = vt_buf_init(VT_KIB(8));
    struct vt_consent consent;

    if (!vt_consent_parse(input, &consent, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return;
    }
    for (unsigned i = 0; i < VT_CONSENT_SWITCHES; i++)
        VT_CHECK(consent.switches[i].is_chosen || !consent.switches[i].is_on);
    VT_CHECK(vt_consent_write(&consent, &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
}
