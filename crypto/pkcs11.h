/* A private key behind a PKCS#11 module: it signs, and its bytes stay where they are. */
#ifndef VT_CRYPTO_PKCS11_H
#define VT_CRYPTO_PKCS11_H

#include "crypto/key.h"
#include "crypto/pkcs11_uri.h"

struct vt_pkcs11; /* one session, logged in */

/* Load the module, find the one token and the one Ed25519 key that the URI names, log in
 * with the PIN, and see that what it signs fits the public key that lies beside it.
 * The module is code of others in this process: its file may be written by its owner only.
 *
 * session_out     returned, end with vt_pkcs11_close
 * public_key_out  the public half
 *
 * Errors: VT_IO        the module or the token fails; the sentence has Cryptoki's number
 *         VT_REJECTED  PIN missing, wrong or locked; module that others may write; more
 *                      than one token or key has that name; halves that do not fit
 *         VT_ABSENT    no such token or key */
VT_CHECKED bool vt_pkcs11_open(const struct vt_pkcs11_uri *uri, vt_slice pin,
                               struct vt_pkcs11 **session_out,
                               struct vt_public_key *public_key_out, struct vt_error *err);
/* Ends the session; NULL allowed.  The module itself stays until the process ends: others
 * may have sessions there, and few modules can be loaded twice. */
void vt_pkcs11_close(struct vt_pkcs11 *session);

/* Sign, and check the signature under `key` before anybody sees it.
 * Errors: VT_IO       the token fails
 *         VT_REJECTED it signed with something else */
VT_CHECKED bool vt_pkcs11_sign(const struct vt_pkcs11 *session,
                               const struct vt_public_key *key, vt_slice message,
                               uint8_t out[64], struct vt_error *err);

#endif
