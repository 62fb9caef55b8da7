/* Passkeys: what a browser hands over when a person registers or uses one, verified with
 * libfido2, which shows in no header.  ES256 alone, no attestation: who may register is
 * decided elsewhere; a registration proves nothing before the passkey was used.
 * Spec: Web Authentication Level 3, §7.1, §7.2; client data by §5.8.1.2 (limited
 * verification: the bytes that must come are compared, no JSON is parsed) */
#ifndef VT_CRYPTO_PASSKEY_H
#define VT_CRYPTO_PASSKEY_H

#include "base/base.h"
#include "crypto/sha256.h"

#define VT_PASSKEY_CHALLENGE_BYTES     32
#define VT_PASSKEY_ID_BYTES_MAX        1023
#define VT_PASSKEY_PUBLIC_BYTES        64 /* x ‖ y on P-256 */
#define VT_PASSKEY_DATA_BYTES_MAX      1024
#define VT_PASSKEY_CLIENT_BYTES_MAX    2048
#define VT_PASSKEY_SIGNATURE_BYTES_MAX 128

struct vt_passkey {
    uint8_t id[VT_PASSKEY_ID_BYTES_MAX];
    size_t id_len;
    uint8_t public[VT_PASSKEY_PUBLIC_BYTES];
    uint32_t counter; /* of signatures; 0 for ever: it counts none */
};

/* Where it is used: the origin of the pages, and the name that passkeys are bound to. */
struct vt_passkey_place {
    const char *origin; /* "https://centre.example" */
    const char *party;  /* "centre.example" */
};

/* The name that passkeys of this origin are bound to: its host.  Errors: VT_MALFORMED no
 * origin in the form above ("http://localhost[:port]" is one too) */
VT_CHECKED bool vt_passkey_party(const char *origin, char out[256], struct vt_error *err);

/* What came of navigator.credentials.create(): the client data answers this challenge, the
 * person was verified by the authenticator, and the key is one of ours.
 * Errors: VT_REJECTED, VT_MALFORMED */
VT_CHECKED bool vt_passkey_register(const struct vt_passkey_place *place,
                                    const uint8_t challenge[VT_PASSKEY_CHALLENGE_BYTES],
                                    vt_slice client_data, vt_slice authenticator_data,
                                    struct vt_passkey *out, struct vt_error *err);

/* What came of navigator.credentials.get().  counter_out: to be remembered.
 * Errors: VT_REJECTED also a counter that went back: the passkey was copied */
VT_CHECKED bool vt_passkey_verify(const struct vt_passkey_place *place,
                                  const struct vt_passkey *passkey,
                                  const uint8_t challenge[VT_PASSKEY_CHALLENGE_BYTES],
                                  vt_slice client_data, vt_slice authenticator_data,
                                  vt_slice signature, uint32_t *counter_out,
                                  struct vt_error *err);

/* The challenge that client data answer, as they say; which one it was is decided by
 * whoever gave it.  VT_MALFORMED. */
VT_CHECKED bool vt_passkey_challenge_of(vt_slice client_data,
                                        uint8_t out[VT_PASSKEY_CHALLENGE_BYTES],
                                        struct vt_error *err);

#endif
