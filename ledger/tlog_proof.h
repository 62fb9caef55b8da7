/* Proof, to be checked offline, that an entry is in a log that witnesses have seen: a
 * signed checkpoint, the entry's index, and the hashes between.  Pure.
 * Spec: C2SP tlog-proof@v1; tlog-cosignature for the times */
#ifndef VT_LEDGER_TLOG_PROOF_H
#define VT_LEDGER_TLOG_PROOF_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "ledger/policy.h"
#include "ledger/tree_verify.h"

/* As a content type, of ours. */
#define VT_TLOG_PROOF_TYPE "application/vnd.vitrine.tlog-proof"

/* Longer proofs are refused; ours are below 4 KiB. */
#define VT_TLOG_PROOF_BYTES_MAX (VT_NOTE_BYTES_MAX + VT_KIB(64))

struct vt_tlog_proof {
    vt_slice extra_base64; /* standard base64 of unauthenticated bytes; empty: none */
    uint64_t index;        /* of the entry, counted from 0 */
    vt_hash hashes[VT_PROOF_HASHES_MAX]; /* the leaf's sibling first */
    size_t hash_count;
    vt_slice checkpoint; /* the signed note, verbatim */
};

/* Slices in *out point into `text`.  The checkpoint must be a well-formed signed note with
 * a well-formed checkpoint body; its signatures are not checked here.
 * Errors: VT_MALFORMED, VT_LIMIT
 * Spec:   tlog-proof, "Format" */
VT_CHECKED bool vt_tlog_proof_parse(vt_slice text, struct vt_tlog_proof *out,
                                    struct vt_error *err);

/* The exact inverse: appends the text. */
void vt_tlog_proof_write(struct vt_buf *out, const struct vt_tlog_proof *proof);

/* ---- judging ------------------------------------------------------------------------- */

enum vt_tlog_outcome {
    VT_TLOG_OK,
    VT_TLOG_MALFORMED,     /* no signed checkpoint at all */
    VT_TLOG_WRONG_ORIGIN,  /* another log's checkpoint, or a log that the policy lacks */
    VT_TLOG_BAD_SIGNATURE, /* a line of a known key does not verify */
    VT_TLOG_NO_LOG,        /* the log's own signature is missing */
    VT_TLOG_NO_QUORUM,     /* too few witnesses */
    VT_TLOG_NOT_INCLUDED,  /* the entry is not in the tree (vt_tlog_proof_verify only) */
};

/* "ok", "wrong-origin", "no-quorum" ... */
const char *vt_tlog_outcome_name(enum vt_tlog_outcome outcome);

/* What was established, as far as it was; `outcome` always. */
struct vt_tlog_verdict {
    enum vt_tlog_outcome outcome;
    uint64_t index; /* of the entry; 0 for a checkpoint alone */
    uint64_t size;  /* of the tree */
    vt_hash root;
    /* The smallest time T such that the cosignatures made at or before T are a quorum;
     * 0 when the quorum is `none` or was not reached. */
    int64_t time_unix_s;
    bool is_cosigned[VT_POLICY_WITNESSES_MAX];        /* by policy->witnesses[i] */
    int64_t cosigned_unix_s[VT_POLICY_WITNESSES_MAX]; /* when; 0 if not */
    size_t cosignature_count;
};

/* Is this signed note the checkpoint of the log `origin`, signed by a key that the policy
 * lists for that origin, and cosigned by a quorum?  *out is filled in every case; the log
 * is judged before the witnesses.
 * Errors: VT_MALFORMED no well-formed note or checkpoint
 *         VT_REJECTED  out->outcome says why
 * Spec:   tlog-policy; tlog-proof, "Verifying a tlog proof" 2 and 3 */
VT_CHECKED bool vt_tlog_checkpoint_verify(vt_slice note, const struct vt_policy *policy,
                                          vt_slice origin, struct vt_tlog_verdict *out,
                                          struct vt_error *err);

/* The same for the proof's checkpoint, and: is `leaf` (a leaf hash) in its tree at the
 * proof's index?
 * Spec: tlog-proof, "Verifying a tlog proof" */
VT_CHECKED bool vt_tlog_proof_verify(const struct vt_tlog_proof *proof, const vt_hash *leaf,
                                     const struct vt_policy *policy, vt_slice origin,
                                     struct vt_tlog_verdict *out, struct vt_error *err);

#endif
