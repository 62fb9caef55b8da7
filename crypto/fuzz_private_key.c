/* Laws: what is taken signs, and its PEM opens as the same key; what is refused says why.
 * No passphrase is given, so that no input can ask for an hour of key derivation. */
#include "crypto/ed25519.h"
#include "crypto/key_private.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;
    VT_AUTO_KEY again = NULL;
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    uint8_t signature[64];

    if (!vt_key_parse_pem(input, (vt_slice){ 0 }, &key, &err)) {
        VT_CHECK(key == NULL && err.message[0] != '\0');
        VT_CHECK(err.code == VT_MALFORMED || err.code == VT_REJECTED);
        return;
    }
    VT_CHECK(vt_key_sign(key, input, signature, &err));
    VT_CHECK(vt_ed25519_verify(vt_key_public(key)->bytes, input, VT_BYTES(signature)));
    VT_CHECK(vt_key_write_pem(key, (vt_slice){ 0 }, &pem, &err));
    VT_CHECK(vt_key_parse_pem(vt_buf_slice(&pem), (vt_slice){ 0 }, &again, &err));
    VT_CHECK(memcmp(vt_key_public(again), vt_key_public(key), 32) == 0);
}
