/* Ed25519 verification through libsodium, which refuses S >= L, small-order A and R, and a
 * non-canonical A; and since it compares R as bytes, a non-canonical R too (tested against
 * vectors, crypto/test_ed25519.c). */
#include "crypto/ed25519.h"
#include <sodium.h>

bool vt_ed25519_verify(const uint8_t public_key[VT_ED25519_PUBLIC_BYTES], vt_slice message,
                       vt_slice signature)
{
    static const uint8_t nothing = 0;

    if (signature.len != VT_ED25519_SIGNATURE_BYTES)
        return false;
    return crypto_sign_verify_detached(signature.data,
                                       message.data != NULL ? message.data : &nothing,
                                       message.len, public_key) == 0;
}
