/* File keys of named objects, given to somebody: an age file with one stanza whose content
 * is
 *
 *   "vitrine/file-keys/v1\n", then for each object 32 bytes of id and 16 of file key,
 *   ids ascending, each once
 *
 * so one X25519 operation gives thousands of keys, and nothing but these keys: not the key
 * that unwrapped them.  An object's id is the SHA-256 of its complete age header. */
#ifndef VT_CRYPTO_AGE_GRANT_H
#define VT_CRYPTO_AGE_GRANT_H

#include "crypto/age_stream.h"

#define VT_AGE_GRANT_ROWS_MAX 4096

struct vt_age_grant_row {
    vt_hash id;
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
};

/* Append the grant to out.
 *
 * rows  1 to VT_AGE_GRANT_ROWS_MAX, ids ascending, each once; in locked memory
 *
 * Errors: VT_REJECTED another order; a recipient of small order
 *         VT_LIMIT    too many, or out has no room; VT_IO */
VT_CHECKED bool vt_age_grant_write(const struct vt_env *env,
                                   const struct vt_age_recipient *recipient,
                                   const struct vt_age_grant_row *rows, size_t count,
                                   struct vt_buf *out, struct vt_error *err);

struct vt_age_grant {
    struct vt_secret memory;
    const struct vt_age_grant_row *rows; /* in it */
    size_t count;
};

#define VT_AUTO_AGE_GRANT __attribute__((cleanup(vt_age_grant_clear))) struct vt_age_grant

/* Errors: VT_ABSENT    for another identity
 *         VT_MALFORMED more than one stanza; another content
 *         VT_REJECTED  it was changed; VT_LIMIT too many rows; VT_IO */
VT_CHECKED bool vt_age_grant_open(const struct vt_age_identity *identity, vt_slice message,
                                  struct vt_age_grant *out, struct vt_error *err);
void vt_age_grant_clear(struct vt_age_grant *grant); /* wipes; safe to call twice */
/* The file key of that object, borrowed; NULL if it was not given. */
const uint8_t *vt_age_grant_find(const struct vt_age_grant *grant, const vt_hash *id);

#endif
