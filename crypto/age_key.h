/* X25519 recipients and identities of age files, and the wrapping of file keys for them.
 *
 * A file key is 16 bytes in the caller's locked memory: a batch of thousands shares one
 * struct vt_secret, since a guarded allocation costs more than an unwrapping's arithmetic.
 * What is derived on the way stands on the stack for one call and is wiped.
 * Spec: age-encryption.org/v1 (C2SP age), "The X25519 recipient type" */
#ifndef VT_CRYPTO_AGE_KEY_H
#define VT_CRYPTO_AGE_KEY_H

#include "crypto/age_header.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"

#define VT_AGE_RECIPIENT_CHARS 62 /* "age1..." */
#define VT_AGE_IDENTITY_CHARS  74 /* "AGE-SECRET-KEY-1..." */

struct vt_age_recipient {
    uint8_t bytes[VT_X25519_BYTES];
};

struct vt_age_identity {
    struct vt_secret secret;           /* 32 bytes; empty where a token has it */
    struct vt_pkcs11 *token;           /* crypto/pkcs11.h; owned; NULL: none */
    struct vt_age_recipient recipient; /* its public half */
};

#define VT_AUTO_AGE_IDENTITY                                                               \
    __attribute__((cleanup(vt_age_identity_clear))) struct vt_age_identity

/* VT_IO: no locked memory. */
VT_CHECKED bool vt_age_identity_generate(const struct vt_env *env,
                                         struct vt_age_identity *out, struct vt_error *err);
VT_CHECKED bool vt_age_identity_from_bytes(const uint8_t secret[VT_X25519_BYTES],
                                           struct vt_age_identity *out,
                                           struct vt_error *err);
void vt_age_identity_clear(struct vt_age_identity *identity); /* safe to call twice */

/* The forms that the age tool writes, without a line feed; one spelling each.
 * Errors: VT_MALFORMED; VT_IO no locked memory */
VT_CHECKED bool vt_age_identity_parse(vt_slice text, struct vt_age_identity *out,
                                      struct vt_error *err);
VT_CHECKED bool vt_age_recipient_parse(vt_slice text, struct vt_age_recipient *out,
                                       struct vt_error *err);
/* The same with its line feed and nothing else: the bytes of FILE.pub.
 * name: of the file, for sentences.  VT_MALFORMED */
VT_CHECKED bool vt_age_recipient_parse_file(vt_slice text, const char *name,
                                            struct vt_age_recipient *out,
                                            struct vt_error *err);
void vt_age_recipient_text(const struct vt_age_recipient *recipient,
                           char out[VT_AGE_RECIPIENT_CHARS + 1]); /* NUL-ended */
/* Into locked memory, VT_AGE_IDENTITY_CHARS bytes, no NUL; returned, ends with
 * vt_secret_clear.  Errors: VT_IO; VT_REJECTED a token has it, and gives it to nobody */
VT_CHECKED bool vt_age_identity_text(const struct vt_age_identity *identity,
                                     struct vt_secret *text_out, struct vt_error *err);

/* Append the stanza that gives `file_key` to the recipient.
 * Errors: VT_REJECTED nobody can hold the key of such a recipient; VT_IO; a buffer that is
 *         too small shows at vt_age_header_end */
VT_CHECKED bool vt_age_wrap(const struct vt_env *env,
                            const struct vt_age_recipient *recipient,
                            const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                            struct vt_buf *header_out, struct vt_error *err);
/* What whoever sealed a header and whoever can open it have in common, and nobody who was
 * given its file key: it proves to the one that the other is who sealed it. */
#define VT_AGE_BOND_BYTES 32

/* A whole header with one stanza: for a new file, or instead of the header of an old one,
 * whose payload the recipient can then read (and whose object id is then another). */
VT_CHECKED bool vt_age_header_write(const struct vt_env *env,
                                    const struct vt_age_recipient *recipient,
                                    const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                                    struct vt_buf *header_out, struct vt_error *err);
/* The same; the bond of its stanza goes into the caller's memory, to be kept secret. */
VT_CHECKED bool vt_age_header_write_bound(const struct vt_env *env,
                                          const struct vt_age_recipient *recipient,
                                          const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                                          struct vt_buf *header_out,
                                          uint8_t bond_out[VT_AGE_BOND_BYTES],
                                          struct vt_error *err);
/* The bond of the one stanza of a header that vt_age_unwrap has opened.
 * Errors: VT_ABSENT the header has another stanza than one of X25519, or several;
 *         VT_MALFORMED; VT_REJECTED its share is of small order; VT_IO the token fails */
VT_CHECKED bool vt_age_bond(const struct vt_age_identity *identity,
                            const struct vt_age_header *header,
                            uint8_t bond_out[VT_AGE_BOND_BYTES], struct vt_error *err);

/* Unwrap one stanza.
 * Errors: VT_ABSENT    not for this identity (or for no X25519 key at all)
 *         VT_MALFORMED an X25519 stanza of another form
 *         VT_REJECTED  its share is of small order
 *         VT_IO        the identity's token fails */
VT_CHECKED bool vt_age_stanza_unwrap(const struct vt_age_identity *identity,
                                     const struct vt_age_stanza *stanza,
                                     uint8_t file_key_out[VT_AGE_FILE_KEY_BYTES],
                                     struct vt_error *err);
/* The first stanza that is for this identity; a bad one among all spoils the header.  The
 * MAC is checked too, so a key that comes back belongs to these header bytes.
 * Errors: as above; VT_REJECTED the MAC is wrong */
VT_CHECKED bool vt_age_unwrap(const struct vt_age_identity *identity,
                              const struct vt_age_header *header,
                              uint8_t file_key_out[VT_AGE_FILE_KEY_BYTES],
                              struct vt_error *err);

#endif
