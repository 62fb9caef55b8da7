/* A private key behind a PKCS#11 module: it signs (Ed25519) or opens what was sealed for it
 * (X25519), and its bytes stay where they are. */
#ifndef VT_CRYPTO_PKCS11_H
#define VT_CRYPTO_PKCS11_H

#include "crypto/key.h"
#include "crypto/pkcs11_uri.h"

struct vt_pkcs11; /* one session, logged in */

enum vt_pkcs11_use {
    VT_PKCS11_SIGNS,   /* a key of Ed25519 */
    VT_PKCS11_DERIVES, /* a key of X25519 */
};

/* Load the module, find the one token and the one key of that use that the URI names, log
 * in with the PIN, and see that what it does fits the public key that lies beside it.
 * The module is code of others in this process: its file may be written by its owner only.
 *
 * session_out  returned, end with vt_pkcs11_close
 * public_out   the public half
 *
 * Errors: VT_IO        the module or the token fails; the sentence has Cryptoki's number;
 *                      module-reads is no folder
 *         VT_REJECTED  PIN missing, wrong or locked; module that others may write; more
 *                      than one token or key has that name; halves that do not fit
 *         VT_ABSENT    no such token or key */
VT_CHECKED bool vt_pkcs11_open(const struct vt_pkcs11_uri *uri, vt_slice pin,
                               enum vt_pkcs11_use use, struct vt_pkcs11 **session_out,
                               uint8_t public_out[32], struct vt_error *err);
/* Make a new key in the token that the URI names, under its object and id: its private half
 * was never anywhere else, and cannot be taken out.
 * Errors: those of vt_pkcs11_open but VT_ABSENT for the key;
 *         VT_REJECTED a key of that use has the name: none is ever replaced; VT_MALFORMED
 *                     the URI lacks object or id */
VT_CHECKED bool vt_pkcs11_generate(const struct vt_pkcs11_uri *uri, vt_slice pin,
                                   enum vt_pkcs11_use use, uint8_t public_out[32],
                                   struct vt_error *err);
/* Ends the session; NULL allowed.  The module itself stays until the process ends: others
 * may have sessions there, and few modules can be loaded twice. */
void vt_pkcs11_close(struct vt_pkcs11 *session);

/* The folder that the module must be able to read for as long as the session lasts, for
 * vt_rights_read; NULL: none, and session may be NULL.  Lives as long as the session. */
const char *vt_pkcs11_reads(const struct vt_pkcs11 *session);

/* Sign, and check the signature under `key` before anybody sees it.
 * Errors: VT_IO       the token fails
 *         VT_REJECTED it signed with something else */
VT_CHECKED bool vt_pkcs11_sign(const struct vt_pkcs11 *session,
                               const struct vt_public_key *key, vt_slice message,
                               uint8_t out[64], struct vt_error *err);

/* X25519 of the private key and a point, which is not of small order (crypto/x25519.h): not
 * all tokens refuse those.  The result is the caller's to wipe.
 * Errors: VT_IO       the token fails: it does not even answer what it answered before
 *         VT_REJECTED it works, and takes no such point */
VT_CHECKED bool vt_pkcs11_derive(const struct vt_pkcs11 *session, const uint8_t point[32],
                                 uint8_t out[32], struct vt_error *err);

/* Remove both halves from the token, for ever.  The session can only be closed then.
 * Errors: VT_IO the token refuses, or fails */
VT_CHECKED bool vt_pkcs11_destroy(struct vt_pkcs11 *session, struct vt_error *err);

#endif
