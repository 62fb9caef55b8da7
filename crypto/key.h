/* Signing keys: Ed25519, kept as an encrypted PKCS#8 PEM file or behind a PKCS#11 URI.
 * Public keys as SPKI PEM, and key ids. */
#ifndef VT_CRYPTO_KEY_H
#define VT_CRYPTO_KEY_H

#include "base/base.h"
#include "crypto/secret.h"
#include "crypto/sha256.h"

/* One key id everywhere: SHA-256(0x01 ‖ raw public key), as 64 lower-case hex digits. */
struct vt_key_id {
    char text[65];
};

struct vt_public_key {
    uint8_t bytes[32];
};

struct vt_key; /* a private key that can sign; its bytes never leave crypto/ */

struct vt_key_id vt_public_key_id(const struct vt_public_key *key);

/* A fresh key from env's randomness; returned, end with vt_key_close. */
VT_CHECKED bool vt_key_generate(const struct vt_env *env, struct vt_key **key_out,
                                struct vt_error *err);
/* From 32 bytes of seed (tests, known answers, and the Go note form). */
VT_CHECKED bool vt_key_from_seed(const uint8_t seed[32], struct vt_key **key_out,
                                 struct vt_error *err);
/* `where`: a PEM file (PKCS#8, encrypted or not; the file must not be readable by group or
 * others, else VT_REJECTED) or a "pkcs11:" URI, whose PIN the passphrase is
 * (crypto/pkcs11_uri.h tells the form).  passphrase: empty if there is none.
 * Where FILE.pub lies beside FILE, the two must belong together: PKCS#8 alone does not
 * show that it was changed.  key_out: returned, end with vt_key_close.
 * Errors: VT_IO        missing or unreadable; no locked memory; the module fails
 *         VT_REJECTED  wrong passphrase, mode or FILE.pub; what vt_pkcs11_open refuses
 *         VT_LIMIT     more than 16 KiB
 *         VT_ABSENT    no such token, or no such key in it
 *         VT_MALFORMED no Ed25519 key in PEM; a URI that has not the form */
VT_CHECKED bool vt_key_open(const char *where, vt_slice passphrase, struct vt_key **key_out,
                            struct vt_error *err);
void vt_key_close(struct vt_key *key); /* wipes; NULL allowed */
void vt_key_close_pointer(struct vt_key **key);
#define VT_AUTO_KEY __attribute__((cleanup(vt_key_close_pointer))) struct vt_key *

/* The folder that must stay readable while it signs (module-reads of a "pkcs11:" URI), for
 * vt_rights_read; NULL: none.  Lives as long as the key. */
const char *vt_key_reads(const struct vt_key *key);

const struct vt_public_key *vt_key_public(const struct vt_key *key);
VT_CHECKED bool vt_key_sign(const struct vt_key *key, vt_slice message, uint8_t out[64],
                            struct vt_error *err);

/* The key as PKCS#8 PEM, encrypted with PBES2 (scrypt, AES-256-CBC) when the passphrase is
 * not empty.  The caller writes it through store/.  Not for PKCS#11 keys (VT_REJECTED). */
VT_CHECKED bool vt_key_write_pem(const struct vt_key *key, vt_slice passphrase,
                                 struct vt_buf *out, struct vt_error *err);
VT_CHECKED bool vt_public_key_write_pem(const struct vt_public_key *key, struct vt_buf *out,
                                        struct vt_error *err);
/* SPKI PEM, or 64 hex digits, or a vkey: what a person may have at hand.  Line breaks at
 * the end are passed over, nothing else. Errors: VT_MALFORMED VT_LIMIT     more than 16 KiB
 */
VT_CHECKED bool vt_public_key_parse(vt_slice text, struct vt_public_key *out,
                                    struct vt_error *err);

#endif
