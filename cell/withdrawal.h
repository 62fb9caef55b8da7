/* Taking it back: a request that only the client can make, and the cell's receipt.
 *
 * A client has a secret, and for each cell a pseudonym that follows from it: a key that
 * two cells cannot connect.  What it shares with a cell is signed with that key, and so is
 * the wish to have it erased. */
#ifndef VT_CELL_WITHDRAWAL_H
#define VT_CELL_WITHDRAWAL_H

#include "cell/sent.h"
#include "crypto/key.h"
#include "evidence/trust.h"
#include "store/disk.h"

#define VT_WITHDRAWAL_TYPE "application/vnd.vitrine.withdrawal+json"
#define VT_RECEIPT_TYPE    "application/vnd.vitrine.erasure-receipt+json"

enum { VT_WITHDRAWAL_BYTES_MAX = 65535 };

/* The client's key towards that cell; its secret is made at the first call, under the
 * folder's lock.  Returned.  Errors: VT_REJECTED the secret's file was changed; VT_IO */
VT_CHECKED bool vt_pseudonym_open(struct vt_disk *home, vt_slice cell,
                                  const struct vt_env *env, struct vt_key **out,
                                  struct vt_error *err);

/* ---- the request -------------------------------------------------------------------- */

/* Append the signed request: erase all that came under this pseudonym, and name those
 * samples that the record knows of.
 * Errors: VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_withdrawal_write(const struct vt_sent *sent, vt_slice cell,
                                    const struct vt_key *pseudonym, int64_t now_unix_s,
                                    struct vt_buf *out, struct vt_error *err);

struct vt_withdrawal {
    json_t *json; /* owned */
    vt_slice cell;
    struct vt_public_key pseudonym;
    int64_t at_unix_s;
    const json_t *objects; /* SHA-256 of samples, as texts */
    vt_hash digest;        /* of the request's bytes: what the receipt names */
    uint8_t signature[64]; /* by the pseudonym */
};

void vt_withdrawal_clear(struct vt_withdrawal *withdrawal);
#define VT_AUTO_WITHDRAWAL                                                                 \
    __attribute__((cleanup(vt_withdrawal_clear))) struct vt_withdrawal

/* What a cell does with it: is it whole, and signed by the pseudonym that it names?
 * Errors: VT_MALFORMED, VT_LIMIT; VT_REJECTED the signature; VT_IO memory */
VT_CHECKED bool vt_withdrawal_parse(vt_slice bytes, struct vt_withdrawal *out,
                                    struct vt_error *err);

/* The same from its fields, for whoever does not parse what strangers send: the bytes are
 * written anew, so a request that was spelled otherwise is not one that was signed.
 * objects: 32 bytes each.  Errors: as parse */
VT_CHECKED bool vt_withdrawal_of_fields(vt_slice cell,
                                        const struct vt_public_key *pseudonym,
                                        int64_t at_unix_s, vt_slice objects,
                                        const uint8_t signature[64],
                                        struct vt_withdrawal *out, struct vt_error *err);

/* ---- the receipt -------------------------------------------------------------------- */

/* Append a receipt signed with the cell's key.  kept: borrowed, an array of {"what",
 * "why"}: what could not be taken back. */
VT_CHECKED bool vt_receipt_write(const struct vt_withdrawal *withdrawal, uint64_t erased,
                                 const json_t *kept, int64_t now_unix_s,
                                 const struct vt_key *cell_key, struct vt_buf *out,
                                 struct vt_error *err);

struct vt_receipt {
    json_t *json; /* owned */
    vt_slice cell;
    vt_hash request;
    uint64_t erased;
    int64_t at_unix_s;
    const json_t *kept;
};

void vt_receipt_clear(struct vt_receipt *receipt);
#define VT_AUTO_RECEIPT __attribute__((cleanup(vt_receipt_clear))) struct vt_receipt

/* Is it whole, and signed by a key that the trust root names for that cell, in its time?
 * Errors: VT_MALFORMED, VT_LIMIT; VT_REJECTED who signed it; VT_IO memory */
VT_CHECKED bool vt_receipt_parse(vt_slice bytes, const struct vt_trust *trust,
                                 struct vt_receipt *out, struct vt_error *err);

#endif
