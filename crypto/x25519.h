/* X25519 (RFC 7748).  A shared secret of nothing but zeros, which a point of small order
 * gives whoever sends it, is refused. */
#ifndef VT_CRYPTO_X25519_H
#define VT_CRYPTO_X25519_H

#include "base/base.h"

#define VT_X25519_BYTES 32 /* of a secret, a public key, a shared secret */

void vt_x25519_public(const uint8_t secret[VT_X25519_BYTES], uint8_t out[VT_X25519_BYTES]);
/* False: `point` is of small order. */
VT_CHECKED bool vt_x25519_shared(const uint8_t secret[VT_X25519_BYTES],
                                 const uint8_t point[VT_X25519_BYTES],
                                 uint8_t out[VT_X25519_BYTES]);

#endif
