/* Laws: a recipient or an identity that is taken is the one spelling of its bytes, and no
 * text is both; what is refused says why. */
#include "crypto/age_key.h"
#include "tools/fuzz.h"

static bool read_recipient(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_age_recipient recipient;
    char again[VT_AGE_RECIPIENT_CHARS + 1];

    if (!vt_age_recipient_parse(input, &recipient, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return false;
    }
    vt_age_recipient_text(&recipient, again);
    VT_CHECK(vt_slice_is(input, again));
    return true;
}

static bool read_identity(vt_slice input)
{
    VT_AUTO_AGE_IDENTITY identity = { 0 };
    VT_AUTO_SECRET again = { 0 };
    struct vt_error err = { 0 };

    if (!vt_age_identity_parse(input, &identity, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return false;
    }
    VT_CHECK(vt_age_identity_text(&identity, &again, &err));
    VT_CHECK(vt_slice_equal(input, vt_slice_of(again.data, again.len)));
    return true;
}

void vt_fuzz_one(vt_slice input)
{
    bool is_recipient = read_recipient(input);

    VT_CHECK(!read_identity(input) || !is_recipient);
}
