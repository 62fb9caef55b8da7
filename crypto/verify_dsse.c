/* Which of these keys signed this envelope?  Every signature is tried with every key: the
 * keyid is only a hint. */
#include "crypto/verify_dsse.h"
#include "crypto/ecdsa.h"
#include "crypto/ed25519.h"

static bool verify_one(const struct vt_verifier *key, vt_slice pae, vt_slice signature)
{
    if (key->type == VT_KEY_ECDSA_P256)
        return vt_ecdsa_p256_verify(key->ecdsa_pem, pae, signature);
    return vt_ed25519_verify(key->ed25519.bytes, pae, signature);
}

bool vt_dsse_verify(const struct vt_dsse *envelope, const struct vt_verifier *keys,
                    size_t count, bool *is_signed_out, struct vt_error *err)
{
    VT_AUTO_BUF pae = vt_buf_init(envelope->payload.len + envelope->payload_type.len + 64);
    bool any = false;

    vt_dsse_write_pae(&pae, vt_buf_slice(&envelope->payload_type),
                      vt_buf_slice(&envelope->payload));
    if (!vt_buf_check(&pae, "envelope", err))
        return false;
    for (size_t k = 0; k < count; k++) {
        is_signed_out[k] = false;
        for (size_t i = 0; i < envelope->signature_count && !is_signed_out[k]; i++)
            is_signed_out[k] =
                verify_one(&keys[k], vt_buf_slice(&pae), envelope->signatures[i].bytes);
        any = any || is_signed_out[k];
    }
    if (!any)
        return vt_fail(err, VT_REJECTED, "envelope: no good signature by a known key");
    return true;
}
