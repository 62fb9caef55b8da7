/* ECDSA on P-256 with SHA-256, for other people's envelopes only. */
#ifndef VT_CRYPTO_ECDSA_H
#define VT_CRYPTO_ECDSA_H

#include "base/base.h"

/* key_pem: SPKI PEM of a P-256 key.  signature: DER, or raw r‖s of 64 bytes.  False for
 * anything that does not verify, a key of another kind included. */
VT_CHECKED bool vt_ecdsa_p256_verify(vt_slice key_pem, vt_slice message,
                                     vt_slice signature);

#endif
