/* Oblivious HTTP: a request sealed to a gateway's key, so that the relay which carries it
 * knows who asks and not what, and the gateway what and not who.
 *
 * This is the sealing alone; the messages inside are binary HTTP (wire/binary_http.h).
 * The one key encapsulation is X25519 with HKDF-SHA256; AES-128-GCM or ChaCha20-Poly1305.
 * Spec: RFC 9458 §3 (keys), §4 (messages) */
#ifndef VT_CRYPTO_OHTTP_H
#define VT_CRYPTO_OHTTP_H

#include "crypto/hpke.h"

#define VT_OHTTP_KEYS_MAX       16
#define VT_OHTTP_ALGORITHMS_MAX 16
#define VT_OHTTP_BYTES_MAX      VT_MIB(1) /* of a sealed message */
/* What a request is longer than its text; a response, at most. */
#define VT_OHTTP_REQUEST_EXTRA  (7 + VT_X25519_BYTES + VT_AEAD_TAG_BYTES)
#define VT_OHTTP_RESPONSE_EXTRA (VT_AEAD_KEY_BYTES_MAX + VT_AEAD_TAG_BYTES)

#define VT_OHTTP_KEYS_TYPE     "application/ohttp-keys"
#define VT_OHTTP_REQUEST_TYPE  "message/ohttp-req"
#define VT_OHTTP_RESPONSE_TYPE "message/ohttp-res"

/* ---- key configurations -----------------------------------------------------------------
 */

struct vt_ohttp_algorithm {
    uint16_t kdf, aead;
};

struct vt_ohttp_config {
    uint8_t id;
    uint8_t public_key[VT_X25519_BYTES];
    struct vt_ohttp_algorithm algorithms[VT_OHTTP_ALGORITHMS_MAX]; /* best first */
    size_t algorithm_count;                                        /* at least 1 */
};

/* One configuration.
 * Errors: VT_MALFORMED; VT_REJECTED another key encapsulation than ours
 *         VT_LIMIT     more algorithms than above */
VT_CHECKED bool vt_ohttp_config_parse(vt_slice bytes, struct vt_ohttp_config *out,
                                      struct vt_error *err);
void vt_ohttp_config_write(struct vt_buf *out, const struct vt_ohttp_config *config);
/* A list, as application/ohttp-keys has it.  Those with another key encapsulation are
 * passed over; one that is malformed spoils the list, so that no two clients read it
 * differently.
 * Errors: VT_MALFORMED; VT_REJECTED none is left; VT_LIMIT more than VT_OHTTP_KEYS_MAX */
VT_CHECKED bool vt_ohttp_keys_parse(vt_slice bytes, struct vt_ohttp_config *out,
                                    size_t *count_out, struct vt_error *err);
void vt_ohttp_keys_write(struct vt_buf *out, const struct vt_ohttp_config *configs,
                         size_t count);

/* The gateway's half of a configuration. */
struct vt_ohttp_key {
    struct vt_ohttp_config config;
    struct vt_secret secret; /* 32 bytes */
};

#define VT_AUTO_OHTTP_KEY __attribute__((cleanup(vt_ohttp_key_clear))) struct vt_ohttp_key

/* A key with both of our algorithms.  VT_IO. */
VT_CHECKED bool vt_ohttp_key_from_bytes(uint8_t id, const uint8_t secret[VT_X25519_BYTES],
                                        struct vt_ohttp_key *out, struct vt_error *err);
VT_CHECKED bool vt_ohttp_key_generate(uint8_t id, const struct vt_env *env,
                                      struct vt_ohttp_key *out, struct vt_error *err);
void vt_ohttp_key_clear(struct vt_ohttp_key *key); /* safe to call twice */

/* ---- messages ---------------------------------------------------------------------------
 */

/* What both sides keep between request and response. */
struct vt_ohttp_exchange {
    struct vt_hpke hpke;
    uint8_t enc[VT_X25519_BYTES];
};

#define VT_AUTO_OHTTP_EXCHANGE                                                             \
    __attribute__((cleanup(vt_ohttp_exchange_clear))) struct vt_ohttp_exchange

void vt_ohttp_exchange_clear(struct vt_ohttp_exchange *exchange); /* safe to call twice */

/* Client: append the sealed request, with the first algorithm of the configuration that we
 * speak.
 * Errors: VT_REJECTED none, or a key of small order; VT_LIMIT too long; VT_IO */
VT_CHECKED bool vt_ohttp_request_seal(const struct vt_env *env,
                                      const struct vt_ohttp_config *config, vt_slice plain,
                                      struct vt_buf *out,
                                      struct vt_ohttp_exchange *exchange_out,
                                      struct vt_error *err);
/* Gateway: append the plain request.
 * Errors: VT_MALFORMED cut short; VT_ABSENT no key has that id
 *         VT_REJECTED  algorithms that its key does not offer; does not open
 *         VT_LIMIT     too long; VT_IO */
VT_CHECKED bool vt_ohttp_request_open(const struct vt_ohttp_key *keys, size_t key_count,
                                      vt_slice message, struct vt_buf *out,
                                      struct vt_ohttp_exchange *exchange_out,
                                      struct vt_error *err);
/* Gateway: append the sealed response.  Errors: VT_LIMIT too long; VT_IO */
VT_CHECKED bool vt_ohttp_response_seal(const struct vt_env *env,
                                       const struct vt_ohttp_exchange *exchange,
                                       vt_slice plain, struct vt_buf *out,
                                       struct vt_error *err);
/* Client: append the plain response.
 * Errors: VT_REJECTED not the answer to this request, or changed; VT_LIMIT too long */
VT_CHECKED bool vt_ohttp_response_open(const struct vt_ohttp_exchange *exchange,
                                       vt_slice message, struct vt_buf *out,
                                       struct vt_error *err);

#endif
