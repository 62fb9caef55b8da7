/* HMAC and HKDF with SHA-256.  Parts are taken one behind the other, so that no caller has
 * to copy a secret in order to put a label before it.  What is derived on the way is wiped
 * from the stack.  Spec: RFC 2104, RFC 5869. */
#ifndef VT_CRYPTO_HKDF_H
#define VT_CRYPTO_HKDF_H

#include "crypto/sha256.h"

#define VT_HKDF_PARTS_MAX 8
#define VT_HKDF_BYTES_MAX (255 * VT_SHA256_BYTES)

/* The parts of one text: VT_PARTS(a, b, c) for the two arguments of the calls below. */
#define VT_PARTS(...)                                                                      \
    (const vt_slice[]){ __VA_ARGS__ },                                                     \
        sizeof((const vt_slice[]){ __VA_ARGS__ }) / sizeof(vt_slice)

void vt_hmac_sha256(vt_slice key, const vt_slice *parts, size_t count, vt_hash *out);
/* Constant time. */
bool vt_hmac_equal(const vt_hash *a, const vt_hash *b);

/* HKDF-Extract: `parts` are the input keying material. */
void vt_hkdf_extract(vt_slice salt, const vt_slice *parts, size_t count, vt_hash *out);
/* HKDF-Expand: `parts`, at most VT_HKDF_PARTS_MAX, are the info; len is at most
 * VT_HKDF_BYTES_MAX. */
void vt_hkdf_expand(const vt_hash *key, const vt_slice *parts, size_t count, uint8_t *out,
                    size_t len);
/* Both: 32 bytes from a secret, a salt and one info. */
void vt_hkdf(vt_slice salt, vt_slice secret, vt_slice info, vt_hash *out);

#endif
