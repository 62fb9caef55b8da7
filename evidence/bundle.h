/* The evidence file, FILE.evidence: all that an offline check needs beside the trust root.
 *
 *   {"v": 1, "envelopes": [ENVELOPE...], "proof": "<tlog-proof of the release>",
 *    "withdrawals": {"envelope": ENVELOPE, "proof": "<tlog-proof>"}}
 *
 * Canonical (RFC 8785) and ended by one line break: one evidence has one spelling.  Each
 * ENVELOPE is the DSSE object itself; its canonical bytes are what was signed, logged and
 * hashed.  Exactly one of `envelopes` is the release statement. */
#ifndef VT_EVIDENCE_BUNDLE_H
#define VT_EVIDENCE_BUNDLE_H

#include "base/base.h"
#include "evidence/release.h"
#include "evidence/statement.h"

#define VT_EVIDENCE_BYTES_MAX VT_MIB(1)
/* The release and all that it can name. */
#define VT_EVIDENCE_ENVELOPES_MAX (VT_RELEASE_ENVELOPES_MAX + 1)

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

/* evidence_out: returned.
 * Errors: VT_MALFORMED; VT_LIMIT; VT_REJECTED two release statements; VT_IO memory */
VT_CHECKED bool vt_evidence_parse(vt_slice bytes, struct vt_evidence **evidence_out,
                                  struct vt_error *err);

/* Append an evidence file made of canonical envelopes, the release among `envelopes`.  The
 * other envelopes are put in the order of their digests.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_REJECTED, VT_IO memory */
VT_CHECKED bool vt_evidence_write(const vt_slice *envelopes, size_t count, vt_slice proof,
                                  vt_slice withdrawals, vt_slice withdrawals_proof,
                                  struct vt_buf *out, struct vt_error *err);

#endif
