/* The evidence file, FILE.evidence: all that an offline check needs beside the trust root.
 *
 *   {"v": 1, "envelopes": [ENVELOPE...], "proof": "<tlog-proof of the release>",
 *    "withdrawals": {"envelope": ENVELOPE, "proof": "<tlog-proof>"}}
 *
 * Exactly one envelope is the release statement.  Each ENVELOPE is the DSSE object itself;
 * its canonical bytes are what was signed, logged and hashed. */
#ifndef VT_EVIDENCE_BUNDLE_H
#define VT_EVIDENCE_BUNDLE_H

#include "base/base.h"
#include "evidence/statement.h"

#define VT_EVIDENCE_BYTES_MAX     VT_KIB(512)
#define VT_EVIDENCE_ENVELOPES_MAX 64

struct vt_evidence {
    json_t *json; /* owned */
    struct vt_envelope envelopes[VT_EVIDENCE_ENVELOPES_MAX];
    size_t envelope_count;
    const struct vt_envelope *release; /* one of them */
    vt_slice proof;                    /* tlog-proof text */
    struct vt_envelope withdrawals;
    vt_slice withdrawals_proof;
    /* Leaf hashes of the two logged envelopes. */
    vt_hash release_leaf, withdrawals_leaf;
};

void vt_evidence_free(struct vt_evidence *evidence); /* NULL allowed */
void vt_evidence_free_pointer(struct vt_evidence **evidence);
#define VT_AUTO_EVIDENCE                                                                   \
    __attribute__((cleanup(vt_evidence_free_pointer))) struct vt_evidence *

/* Errors: VT_MALFORMED, VT_LIMIT; VT_IO out of memory */
VT_CHECKED bool vt_evidence_parse(vt_slice bytes, struct vt_evidence **evidence_out,
                                  struct vt_error *err);

/* Write an evidence file from canonical envelopes.  `envelopes`: the release among them. */
VT_CHECKED bool vt_evidence_write(const vt_slice *envelopes, size_t count, vt_slice proof,
                                  vt_slice withdrawals, vt_slice withdrawals_proof,
                                  struct vt_buf *out, struct vt_error *err);

#endif
