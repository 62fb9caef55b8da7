/* Sealing with associated data: ChaCha20-Poly1305 (RFC 8439) and AES-128-GCM.  Both have
 * nonces of 12 bytes and tags of 16 behind the ciphertext. */
#ifndef VT_CRYPTO_AEAD_H
#define VT_CRYPTO_AEAD_H

#include "base/base.h"

/* The numbers are those of HPKE (RFC 9180 §7.3). */
enum vt_aead_name { VT_AEAD_AES_128_GCM = 1, VT_AEAD_CHACHA20_POLY1305 = 3 };

#define VT_AEAD_NONCE_BYTES   12
#define VT_AEAD_TAG_BYTES     16
#define VT_AEAD_KEY_BYTES_MAX 32
#define VT_AEAD_BYTES_MAX     VT_MIB(64) /* of one text */

size_t vt_aead_key_bytes(enum vt_aead_name name); /* 0: no such name */

/* One key, ready for many texts.  The library keeps the expanded key in its own memory,
 * which it wipes at the end. */
struct vt_aead {
    void *inside;
};

#define VT_AUTO_AEAD __attribute__((cleanup(vt_aead_clear))) struct vt_aead

/* key: vt_aead_key_bytes(name).  Errors: VT_IO the library fails */
VT_CHECKED bool vt_aead_init(struct vt_aead *aead, enum vt_aead_name name,
                             const uint8_t *key, struct vt_error *err);
void vt_aead_clear(struct vt_aead *aead); /* safe to call twice */

/* plain.len + VT_AEAD_TAG_BYTES bytes to out, which may be where plain is.
 * Errors: VT_LIMIT too long; VT_IO the library fails */
VT_CHECKED bool vt_aead_seal(struct vt_aead *aead, const uint8_t nonce[VT_AEAD_NONCE_BYTES],
                             vt_slice associated, vt_slice plain, uint8_t *out,
                             struct vt_error *err);
/* sealed.len - VT_AEAD_TAG_BYTES bytes to out, which may be where sealed is.  After a
 * failure out holds zeros: nothing that is not proven can be read.
 * Errors: VT_REJECTED another key, nonce or associated data, or it was changed or cut
 *         VT_LIMIT    too long */
VT_CHECKED bool vt_aead_open(struct vt_aead *aead, const uint8_t nonce[VT_AEAD_NONCE_BYTES],
                             vt_slice associated, vt_slice sealed, uint8_t *out,
                             struct vt_error *err);

#endif
