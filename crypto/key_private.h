/* What a private key is inside crypto/: never seen outside. */
#ifndef VT_CRYPTO_KEY_PRIVATE_H
#define VT_CRYPTO_KEY_PRIVATE_H

#include "crypto/key.h"
#include "crypto/pkcs11.h"

struct vt_key {
    struct vt_public_key public_key;
    struct vt_secret pair;     /* libsodium's 64 bytes: seed, then public key; else empty */
    struct vt_pkcs11 *session; /* where the key lies behind a module; else NULL */
};

enum { VT_KEY_PEM_BYTES_MAX = 16384 };

/* PKCS#8 in PEM, encrypted or not.
 * Errors: VT_MALFORMED no Ed25519 private key
 *         VT_REJECTED  the passphrase is missing or wrong */
VT_CHECKED bool vt_key_parse_pem(vt_slice pem, vt_slice passphrase, struct vt_key **key_out,
                                 struct vt_error *err);
/* A PEM file, as vt_key_open describes it. */
VT_CHECKED bool vt_key_open_file(const char *path, vt_slice passphrase,
                                 struct vt_key **key_out, struct vt_error *err);

#endif
