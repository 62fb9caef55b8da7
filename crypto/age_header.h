/* The header of an age file: text that carries the file key, wrapped for one or more
 * recipients, with a MAC under that key.  It is read and kept apart from the payload; its
 * complete bytes, from the version line to the line feed behind the MAC, are what an
 * object's id is the hash of.
 *
 * Reading needs no key and judges nothing: whose stanza it is and whether the MAC is right
 * are questions of age_key.h.  Spec: age-encryption.org/v1 (C2SP age), "Header" */
#ifndef VT_CRYPTO_AGE_HEADER_H
#define VT_CRYPTO_AGE_HEADER_H

#include "crypto/sha256.h"

#define VT_AGE_FILE_KEY_BYTES   16
#define VT_AGE_HEADER_BYTES_MAX VT_KIB(16)
#define VT_AGE_STANZAS_MAX      32

/* All slices are borrowed from the text that was parsed. */
struct vt_age_stanza {
    vt_slice type;       /* "X25519" */
    vt_slice arguments;  /* behind the type, with single spaces between; may be empty */
    vt_slice body_lines; /* base64 in lines, without the last line feed */
    size_t body_len;     /* the bytes that they stand for */
};

struct vt_age_header {
    vt_slice bytes;    /* complete, see above */
    vt_slice mac_text; /* what the MAC is over: up to and with "---" */
    uint8_t mac[VT_SHA256_BYTES];
    size_t stanza_count; /* at least 1 */
    struct vt_age_stanza stanzas[VT_AGE_STANZAS_MAX];
};

/* Parse the header at the beginning of `file`; what follows it is not looked at.  The
 * payload begins at out->bytes.len.
 * Errors: VT_MALFORMED cut short too; a stanza for a passphrase beside another one
 *         VT_LIMIT     longer than VT_AGE_HEADER_BYTES_MAX, or too many stanzas */
VT_CHECKED bool vt_age_header_parse(vt_slice file, struct vt_age_header *out,
                                    struct vt_error *err);
/* SHA-256 of the complete header bytes. */
vt_hash vt_age_header_id(const struct vt_age_header *header);

/* A stanza's body: exactly len bytes, else VT_MALFORMED. */
VT_CHECKED bool vt_age_stanza_body(const struct vt_age_stanza *stanza, uint8_t *out,
                                   size_t len, struct vt_error *err);

/* A header is written as: begin, one or more stanzas, end; `out` holds nothing else.
 * type and arguments: as parsed, printable ASCII. */
void vt_age_header_begin(struct vt_buf *out);
void vt_age_stanza_write(struct vt_buf *out, vt_slice type, vt_slice arguments,
                         vt_slice body);
/* Its MAC and the last line feed.  VT_LIMIT if `out` was too small. */
VT_CHECKED bool vt_age_header_end(struct vt_buf *out,
                                  const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                                  struct vt_error *err);

/* Is this the header that was written with this file key?  Constant time.
 * Errors: VT_REJECTED it was changed, or the key is another file's */
VT_CHECKED bool vt_age_header_verify(const struct vt_age_header *header,
                                     const uint8_t file_key[VT_AGE_FILE_KEY_BYTES],
                                     struct vt_error *err);

#endif
