/* The body of add-checkpoint: what a log's operator sends to a witness.  Pure.
 * Spec: C2SP tlog-witness, "add-checkpoint" */
#ifndef VT_LEDGER_WITNESS_REQUEST_H
#define VT_LEDGER_WITNESS_REQUEST_H

#include "base/base.h"
#include "ledger/tree_verify.h"

#define VT_WITNESS_REQUEST_BYTES_MAX VT_KIB(128)

struct vt_witness_request {
    uint64_t old_size; /* of the tree that the log believes the witness has seen */
    vt_hash proof[VT_PROOF_HASHES_MAX];
    size_t proof_count;
    vt_slice note; /* what stands behind the blank line, not looked at */
};

/* Strict: "old N", hashes in base64, a line each, a blank line.  out->note points into
 * `body`.
 * Errors: VT_MALFORMED, VT_LIMIT */
VT_CHECKED bool vt_witness_request_parse(vt_slice body, struct vt_witness_request *out,
                                         struct vt_error *err);

/* The exact inverse: appends the body. */
void vt_witness_request_write(struct vt_buf *out, uint64_t old_size, const vt_hash *proof,
                              size_t proof_count, vt_slice note);

#endif
