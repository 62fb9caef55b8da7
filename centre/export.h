/* An export for an authority: one HTML file that says where a country's data lie, what of
 * it was read, by whom, why and from where, what was ordered to be erased, and what the
 * supervisor was refused; with the proof of each, signed.
 *
 * The page is written from its own evidence and nothing else, so whoever checks it writes
 * it again and compares: nothing in it can be changed, nor the evidence taken out.
 *
 *   ... the page ...
 *   <script type="application/vnd.vitrine.export" data-key="KEYID" data-signature="BASE64">
 *   BASE64 of the evidence (canonical JSON)</script>
 *
 * Signature: Ed25519 over the DSSE PAE of VT_EXPORT_TYPE and the evidence. */
#ifndef VT_CENTRE_EXPORT_H
#define VT_CENTRE_EXPORT_H

#include "centre/holding.h"
#include "crypto/key.h"

#define VT_EXPORT_TYPE         "application/vnd.vitrine.export+json"
#define VT_EXPORT_BYTES_MAX    VT_MIB(64)
#define VT_EXPORT_ACCESSES_MAX 2000

/* What goes in; borrowed. */
struct vt_export_order {
    const char *country; /* ISO 3166-1 */
    struct vt_holding *holding;
    int64_t now_unix_s;
    /* Of an access ledger: NULL: no accesses are told, and it says so. */
    const char *openings;           /* the key agent's file, or a copy */
    const struct vt_held *accesses; /* a verified copy of that ledger */
    const struct vt_keyring *keyring;
};

/* The evidence.  out: returned.
 * Errors: VT_REJECTED openings and ledger do not agree; VT_LIMIT; VT_MALFORMED no such
 *         country; VT_ABSENT, VT_IO */
VT_CHECKED bool vt_export_gather(const struct vt_export_order *order, json_t **out,
                                 struct vt_error *err);

/* Append the whole file.  Errors: VT_LIMIT, VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_export_write(const json_t *evidence, const struct vt_trust *trust,
                                const struct vt_key *key, struct vt_buf *out,
                                struct vt_error *err);

struct vt_export {
    json_t *evidence;                  /* owned */
    const struct vt_trust_key *signer; /* of the trust root */
    size_t proofs;                     /* that hold */
};

void vt_export_clear(struct vt_export *export);
#define VT_AUTO_EXPORT __attribute__((cleanup(vt_export_clear))) struct vt_export

/* Signature, each proof, and whether the page says what its evidence does.
 * Errors: VT_MALFORMED it is no such file; VT_REJECTED */
VT_CHECKED bool vt_export_verify(vt_slice file, const struct vt_trust *trust,
                                 int64_t now_unix_s, struct vt_export *out,
                                 struct vt_error *err);

/* ---- for the parts ----------------------------------------------------------------------
 */

/* Take the evidence out of a file, unverified.  payload: appended; keyid: of the signer.
 * Errors: VT_MALFORMED */
VT_CHECKED bool vt_export_open(vt_slice file, struct vt_buf *payload, char keyid[65],
                               uint8_t signature[64], struct vt_error *err);
/* Check each proof and append the page for people.  proofs_out: how many held. */
VT_CHECKED bool vt_export_page(const json_t *evidence, const struct vt_trust *trust,
                               struct vt_buf *out, size_t *proofs_out,
                               struct vt_error *err);
VT_CHECKED bool vt_export_schema(const json_t *evidence, struct vt_error *err);

#endif
