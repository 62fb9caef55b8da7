/* Private keys as PEM, inside crypto/: what key files of every kind have in common. */
#ifndef VT_CRYPTO_PEM_H
#define VT_CRYPTO_PEM_H

#include "base/base.h"
#include "crypto/secret.h"
#include <openssl/evp.h>

/* The whole file straight into locked memory (of which len_out bytes are the file's).
 * Errors: VT_IO; VT_REJECTED others may read it; VT_LIMIT */
VT_CHECKED bool vt_pem_read(const char *path, struct vt_secret *pem, size_t *len_out,
                            struct vt_error *err);
/* Returned, end with EVP_PKEY_free.
 * Errors: VT_MALFORMED no private key; VT_REJECTED the passphrase is missing or wrong */
VT_CHECKED bool vt_pem_parse(vt_slice pem, vt_slice passphrase, EVP_PKEY **out,
                             struct vt_error *err);
/* Encrypted when the passphrase is not empty.  pkey may be NULL.
 * Errors: VT_REJECTED cannot be written; VT_IO; VT_LIMIT out is full */
VT_CHECKED bool vt_pem_write(EVP_PKEY *pkey, vt_slice passphrase, struct vt_buf *out,
                             struct vt_error *err);
/* What stands in a memory BIO (NULL: VT_IO), appended. */
VT_CHECKED bool vt_pem_put(BIO *bio, struct vt_buf *out, const char *what,
                           struct vt_error *err);

#endif
