/* Hybrid public key encryption in base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, and
 * one of two AEADs.  OpenSSL 3.0 has no HPKE (3.2 has); this is the part that we need.
 * Spec: RFC 9180 §4 to §5.3, modes other than base left out */
#ifndef VT_CRYPTO_HPKE_H
#define VT_CRYPTO_HPKE_H

#include "crypto/aead.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"

/* The numbers of RFC 9180 §7. */
enum { VT_HPKE_KEM_X25519 = 0x0020, VT_HPKE_KDF_SHA256 = 0x0001 };

#define VT_HPKE_EXPORT_BYTES_MAX (255 * 32)

/* What sender and receiver share: for the texts from the one to the other, in order, and
 * for exported secrets. */
struct vt_hpke {
    enum vt_aead_name name;
    struct vt_aead aead;
    struct vt_secret keys; /* base nonce, exporter secret */
    uint64_t sequence;     /* of the next text */
};

#define VT_AUTO_HPKE __attribute__((cleanup(vt_hpke_clear))) struct vt_hpke

/* The sender's side.  enc_out: to be sent to the receiver before the first text.
 * Errors: VT_REJECTED a public key of small order; VT_IO */
VT_CHECKED bool vt_hpke_init_sender(struct vt_hpke *out, const struct vt_env *env,
                                    enum vt_aead_name name,
                                    const uint8_t public_key[VT_X25519_BYTES],
                                    vt_slice info, uint8_t enc_out[VT_X25519_BYTES],
                                    struct vt_error *err);
/* The receiver's side.  public_key belongs to secret_key.
 * Errors: VT_REJECTED enc is of small order; VT_IO */
VT_CHECKED bool vt_hpke_init_receiver(struct vt_hpke *out, enum vt_aead_name name,
                                      const uint8_t secret_key[VT_X25519_BYTES],
                                      const uint8_t public_key[VT_X25519_BYTES],
                                      const uint8_t enc[VT_X25519_BYTES], vt_slice info,
                                      struct vt_error *err);
void vt_hpke_clear(struct vt_hpke *hpke); /* wipes; safe to call twice */

/* Append the next text, sealed.  Errors: VT_LIMIT too long, out has no room; VT_IO */
VT_CHECKED bool vt_hpke_seal(struct vt_hpke *hpke, vt_slice associated, vt_slice plain,
                             struct vt_buf *out, struct vt_error *err);
/* Append the next text, opened.  A failure leaves the context and out as they were.
 * Errors: VT_REJECTED does not open; VT_LIMIT too long, out has no room */
VT_CHECKED bool vt_hpke_open(struct vt_hpke *hpke, vt_slice associated, vt_slice sealed,
                             struct vt_buf *out, struct vt_error *err);
/* A secret that both sides can make; len at most VT_HPKE_EXPORT_BYTES_MAX. */
void vt_hpke_export(const struct vt_hpke *hpke, vt_slice context, uint8_t *out, size_t len);

#endif
