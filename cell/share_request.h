/* The wish to share one file with one cell, signed by the client's pseudonym: what is asked
 * before a byte of the file leaves, and the consent that the cell keeps.  As text:
 *
 *   vitrine/share/v1
 *   cell zurich
 *   country CH
 *   at 2026-11-26T17:00:00Z
 *   pseudonym HEX                       an Ed25519 key, as for withdrawals
 *   recipient HEX                       digest of the certified recipient it is sealed to
 *   object HEX                          SHA-256 of the complete age header
 *   bytes 1234                          of the body: what follows the age header
 *   body HEX                            its SHA-256
 *   digest HEX                          of the plain bytes, salted: vt_share_digest
 *   asked hash | asked rule NAME        what on the head's collection list asks for it
 *   signature HEX                       over all lines above, by the pseudonym
 *   age-encryption.org/v1 ...           the complete header, to the end
 *
 * One spelling each.  A share is always of the class `file`.  Pure. */
#ifndef VT_CELL_SHARE_REQUEST_H
#define VT_CELL_SHARE_REQUEST_H

#include "crypto/key.h"
#include "crypto/sha256.h"

#define VT_SHARE_TYPE "application/vnd.vitrine.share"

enum {
    VT_SHARE_CELL_BYTES_MAX = 64,
    VT_SHARE_RULE_BYTES_MAX = 256,
    /* A header with one X25519 stanza has 168 bytes; what is longer has another form. */
    VT_SHARE_HEADER_BYTES_MAX = 1024,
    VT_SHARE_REQUEST_BYTES_MAX = 3072,
};
/* Of a body; the cell's operator may set less. */
#define VT_SHARE_BODY_BYTES_MAX (UINT64_C(1) << 40)

struct vt_share_request {
    vt_slice cell;   /* 1 to 64 of a-z, 0-9 and '-' */
    char country[3]; /* two capital letters; whether it is a country is asked elsewhere */
    int64_t at_unix_s;
    struct vt_public_key pseudonym;
    vt_hash recipient, object, body, digest;
    uint64_t body_bytes; /* 1 to VT_SHARE_BODY_BYTES_MAX */
    vt_slice rule;       /* that asks; empty: the file's own hash is on the list */
    uint8_t signature[64];
    vt_slice header; /* 1 to VT_SHARE_HEADER_BYTES_MAX bytes */
};

/* Slices point into the text.  Neither signature nor header are judged here.
 * Errors: VT_MALFORMED naming the line; VT_LIMIT */
VT_CHECKED bool vt_share_request_parse(vt_slice text, struct vt_share_request *out,
                                       struct vt_error *err);
/* The exact inverse: append the text.  Errors: VT_MALFORMED, VT_LIMIT */
VT_CHECKED bool vt_share_request_write(const struct vt_share_request *request,
                                       struct vt_buf *out, struct vt_error *err);
/* Fill in pseudonym and signature.  Errors: VT_MALFORMED, VT_LIMIT; those of the key */
VT_CHECKED bool vt_share_request_sign(struct vt_share_request *request,
                                      const struct vt_key *pseudonym, struct vt_error *err);
/* Is it signed by its pseudonym, and is `object` the hash of a header with exactly one
 * stanza, X25519?  (Whose stanza only the holder of the key can tell.)
 * Errors: VT_MALFORMED the header, or a field that text cannot hold; VT_REJECTED */
VT_CHECKED bool vt_share_request_verify(const struct vt_share_request *request,
                                        struct vt_error *err);

/* SHA-256("vitrine/share-digest/v1\n", recipient, plain): what equal files of one cell,
 * country and period have in common, and those of another have not. */
vt_hash vt_share_digest(const vt_hash *recipient, const vt_hash *plain);

#endif
