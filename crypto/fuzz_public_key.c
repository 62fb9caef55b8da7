/* Laws: what is taken is, line breaks at the end apart, one of the spellings that we write
 * ourselves for that key; what is refused says why and gives nothing. */
#include "crypto/key.h"
#include "crypto/verify_note.h"
#include "tools/fuzz.h"
#include "wire/hex.h"

static bool is_our_spelling(vt_slice text, const struct vt_public_key *key)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF hex = vt_buf_init(64);
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    VT_AUTO_BUF again = vt_buf_init(VT_KIB(8));
    struct vt_vkey vkey;

    vt_hex_write(&hex, VT_BYTES(*key));
    VT_CHECK(vt_public_key_write_pem(key, &pem, &err));
    vt_buf_truncate(&pem, pem.len - 1);
    if (vt_vkey_parse(text, &vkey, &err))
        vt_vkey_write(&again, &vkey);
    return vt_slice_equal(text, vt_buf_slice(&hex)) ||
           vt_slice_equal(text, vt_buf_slice(&pem)) ||
           (again.len != 0 && vt_slice_equal(text, vt_buf_slice(&again)));
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    struct vt_public_key key = { { 0 } };
    static const struct vt_public_key nothing;

    if (!vt_public_key_parse(input, &key, &err)) {
        VT_CHECK(memcmp(&key, &nothing, sizeof key) == 0 && err.message[0] != '\0');
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_LIMIT);
        return;
    }
    while (vt_slice_ends_with(input, VT_LIT("\n")))
        input.len--;
    VT_CHECK(is_our_spelling(input, &key));
}
