/* Who signed this envelope?  Spec: DSSE 1.0.2 protocol.md. */
#ifndef VT_CRYPTO_VERIFY_DSSE_H
#define VT_CRYPTO_VERIFY_DSSE_H

#include "base/base.h"
#include "crypto/key.h"
#include "wire/dsse.h"

enum vt_key_type { VT_KEY_ED25519, VT_KEY_ECDSA_P256 };

/* A key that an envelope may be checked against.  ECDSA (raw r‖s or DER signatures) is for
 * other people's envelopes; Vitrine's own are Ed25519. */
struct vt_verifier {
    enum vt_key_type type;
    struct vt_public_key ed25519;
    vt_slice ecdsa_pem; /* SPKI PEM, borrowed */
};

/* is_signed_out[i] says whether keys[i] made a good signature over the PAE.  The keyid is
 * a hint and decides nothing: every signature is tried with every key, within
 * VT_DSSE_SIGNATURES_MAX * count.  Fails (VT_REJECTED) if no key signed. */
VT_CHECKED bool vt_dsse_verify(const struct vt_dsse *envelope,
                               const struct vt_verifier *keys, size_t count,
                               bool *is_signed_out, struct vt_error *err);

/* Our own signature over a payload: keyid is vt_public_key_id.  Returns the 64 bytes. */
VT_CHECKED bool vt_dsse_sign(const struct vt_key *key, vt_slice payload_type,
                             vt_slice payload, uint8_t out[64], struct vt_error *err);

#endif
