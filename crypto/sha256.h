/* SHA-256 (FIPS 180-4).  The incremental state is small enough to live on the stack, so
 * that a tree of millions of nodes needs no allocation. */
#ifndef VT_CRYPTO_SHA256_H
#define VT_CRYPTO_SHA256_H

#include "base/base.h"

#define VT_SHA256_BYTES 32

typedef struct {
    uint8_t bytes[VT_SHA256_BYTES];
} vt_hash;

struct vt_sha256 {
    alignas(16) uint8_t opaque[128]; /* holds the library's state; checked at build time */
};

void vt_sha256_init(struct vt_sha256 *state);
void vt_sha256_add(struct vt_sha256 *state, vt_slice bytes);
void vt_sha256_end(struct vt_sha256 *state, vt_hash *out);

vt_hash vt_sha256_of(vt_slice bytes);
/* 0x00 ‖ entry and 0x01 ‖ left ‖ right (RFC 6962 §2.1): the hot path of the tree. */
vt_hash vt_sha256_leaf(vt_slice entry);
vt_hash vt_sha256_node(const vt_hash *left, const vt_hash *right);
/* Read a descriptor from its present offset to the end, in bounded memory.  VT_IO. */
VT_CHECKED bool vt_sha256_fd(int fd, const char *name, vt_hash *out, uint64_t *bytes_out,
                             struct vt_error *err);

bool vt_hash_equal(const vt_hash *a, const vt_hash *b);
vt_slice vt_hash_slice(const vt_hash *hash);          /* borrowed */
bool vt_hash_read(vt_reader *r, vt_hash *out);        /* the next 32 bytes */
void vt_hash_text(const vt_hash *hash, char out[65]); /* lower-case hex, NUL-ended */
VT_CHECKED bool vt_hash_parse_hex(vt_slice text, vt_hash *out);

#endif
