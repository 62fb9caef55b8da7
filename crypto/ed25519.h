/* Ed25519 with one rule set everywhere: small-order A and R and non-canonical encodings of
 * A, R and S are refused (RFC 8032 §5.1.7, strict, cofactorless). */
#ifndef VT_CRYPTO_ED25519_H
#define VT_CRYPTO_ED25519_H

#include "base/base.h"

#define VT_ED25519_PUBLIC_BYTES    32
#define VT_ED25519_SEED_BYTES      32
#define VT_ED25519_SIGNATURE_BYTES 64

VT_CHECKED bool vt_ed25519_verify(const uint8_t public_key[VT_ED25519_PUBLIC_BYTES],
                                  vt_slice message, vt_slice signature);

#endif
