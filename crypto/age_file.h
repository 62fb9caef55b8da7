/* X25519 identities at rest, as Ed25519 keys are kept: PKCS#8 in PEM, encrypted with a
 * passphrase; FILE.pub beside it is one line with the recipient ("age1..."). */
#ifndef VT_CRYPTO_AGE_FILE_H
#define VT_CRYPTO_AGE_FILE_H

#include "crypto/age_key.h"

/* where: a PEM file or a "pkcs11:" URI, whose PIN the passphrase is; then the secret stays
 * in the token (crypto/pkcs11.h). passphrase: empty if there is none.  Where FILE.pub lies
 * beside FILE, the two must belong together, as for vt_key_open. Errors: VT_IO missing or
 * unreadable; no locked memory; the module fails VT_REJECTED  wrong passphrase, mode or
 * FILE.pub; what vt_pkcs11_open refuses VT_ABSENT    no such token, or no such key in it
 *         VT_MALFORMED no X25519 private key in PEM; VT_LIMIT more than 16 KiB */
VT_CHECKED bool vt_age_identity_open(const char *where, vt_slice passphrase,
                                     struct vt_age_identity *out, struct vt_error *err);
VT_CHECKED bool vt_age_identity_parse_pem(vt_slice pem, vt_slice passphrase,
                                          struct vt_age_identity *out,
                                          struct vt_error *err);
/* Append the PEM; the caller writes it through store/ and wipes it.  Not of a token. */
VT_CHECKED bool vt_age_identity_write_pem(const struct vt_age_identity *identity,
                                          vt_slice passphrase, struct vt_buf *out,
                                          struct vt_error *err);

/* The folder that must stay readable while it is used, for vt_rights_read; NULL: none. */
const char *vt_age_identity_reads(const struct vt_age_identity *identity);

#endif
