/* Age files that fit in memory, sealed and opened at once. */
#ifndef VT_CRYPTO_AGE_WHOLE_H
#define VT_CRYPTO_AGE_WHOLE_H

#include "crypto/age_key.h"

/* Write the file that each of the recipients opens; out: empty before.
 * Errors: VT_REJECTED a key that nobody can hold; VT_LIMIT it does not fit; VT_IO */
VT_CHECKED bool vt_age_seal_whole(const struct vt_env *env,
                                  const struct vt_age_recipient *const recipients[],
                                  size_t count, vt_slice plain, struct vt_buf *out,
                                  struct vt_error *err);
/* Append what is plain in it; after an error it may be half of it.
 * Errors: those of vt_age_header_parse, vt_age_unwrap and vt_age_stream_end */
VT_CHECKED bool vt_age_open_whole(const struct vt_age_identity *identity, vt_slice age,
                                  struct vt_buf *plain, struct vt_error *err);

#endif
