/* X25519 identities at rest, as Ed25519 keys are kept: PKCS#8 in PEM, encrypted with a
 * passphrase; FILE.pub beside it is one line with the recipient ("age1..."). */
#ifndef VT_CRYPTO_AGE_FILE_H
#define VT_CRYPTO_AGE_FILE_H

#include "crypto/age_key.h"

/* passphrase: empty if there is none.  Where FILE.pub lies beside FILE, the two must belong
 * together, as for vt_key_open.
 * Errors: VT_IO        missing or unreadable; no locked memory
 *         VT_REJECTED  wrong passphrase, mode or FILE.pub
 *         VT_MALFORMED no X25519 private key in PEM; VT_LIMIT more than 16 KiB */
VT_CHECKED bool vt_age_identity_open(const char *path, vt_slice passphrase,
                                     struct vt_age_identity *out, struct vt_error *err);
VT_CHECKED bool vt_age_identity_parse_pem(vt_slice pem, vt_slice passphrase,
                                          struct vt_age_identity *out,
                                          struct vt_error *err);
/* Append the PEM; the caller writes it through store/ and wipes it. */
VT_CHECKED bool vt_age_identity_write_pem(const struct vt_age_identity *identity,
                                          vt_slice passphrase, struct vt_buf *out,
                                          struct vt_error *err);

#endif
