/* Laws: a list that is taken, written and read again holds the same keys, and is the same
 * bytes unless keys of another kind were passed over; what is refused says why. */
#include "crypto/ohttp.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_ohttp_config configs[VT_OHTTP_KEYS_MAX], again[VT_OHTTP_KEYS_MAX];
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4)), twice = vt_buf_init(VT_KIB(4));
    struct vt_error err = { 0 };
    size_t count = 0, again_count = 0;

    if (!vt_ohttp_keys_parse(input, configs, &count, &err)) {
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT ||
                 err.code == VT_REJECTED);
        VT_CHECK(err.message[0] != '\0' && count == 0);
        return;
    }
    VT_CHECK(err.code == VT_OK && count >= 1 && count <= VT_OHTTP_KEYS_MAX);
    vt_ohttp_keys_write(&text, configs, count);
    VT_CHECK(text.len <= input.len);
    if (text.len == input.len)
        VT_CHECK(vt_slice_equal(vt_buf_slice(&text), input));
    VT_CHECK(vt_ohttp_keys_parse(vt_buf_slice(&text), again, &again_count, &err));
    vt_ohttp_keys_write(&twice, again, again_count);
    VT_CHECK(again_count == count &&
             vt_slice_equal(vt_buf_slice(&text), vt_buf_slice(&twice)));
}
