/* Laws: what is taken is written again byte by byte and bears the id that its name, type
 * and key give; with another id it is refused.  What is refused says why. */
#include "crypto/verify_note.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_public_key key;
    struct vt_vkey vkey, made;
    VT_AUTO_BUF again = vt_buf_init(VT_KIB(1));
    VT_AUTO_BUF forged = vt_buf_init(VT_KIB(1));

    if (!vt_vkey_parse(input, &vkey, &err)) {
        VT_CHECK(err.code == VT_MALFORMED && err.message[0] != '\0');
        return;
    }
    memcpy(key.bytes, vkey.key, sizeof key.bytes);
    made = vt_vkey_of(vkey.name, vkey.type, &key);
    vt_vkey_write(&again, &made);
    VT_CHECK(vt_slice_equal(vt_buf_slice(&again), input));
    made.id ^= 1;
    vt_vkey_write(&forged, &made);
    VT_CHECK(!vt_vkey_parse(vt_buf_slice(&forged), &vkey, &err));
}
