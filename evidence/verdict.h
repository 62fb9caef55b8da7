/* The verdict: is this file what was reviewed, rebuilt, approved and shown to everybody?
 * Pure: bytes in, an answer out; no file, no socket, no clock of its own. */
#ifndef VT_EVIDENCE_VERDICT_H
#define VT_EVIDENCE_VERDICT_H

#include "base/base.h"
#include "evidence/bundle.h"
#include "evidence/trust.h"
#include "ledger/checkpoint.h"
#include "ledger/tlog_proof.h"

/* Why not.  One reason is given: the first in the order of evidence/DESIGN.md. */
enum vt_reason {
    VT_REASON_NONE, /* yes */
    VT_REASON_ALTERED,
    VT_REASON_VENDOR_MISSING,
    VT_REASON_SUPERVISOR_MISSING,
    VT_REASON_NOT_LOGGED,
    VT_REASON_NO_QUORUM,
    VT_REASON_FORK,
    VT_REASON_SUPERSEDED,
    VT_REASON_STALE,
    VT_REASON_WITHDRAWN,
    VT_REASON_SITE,
    VT_REASON_JURISDICTION,
    VT_REASON_MANDATE_EXPIRED,
    VT_REASON_UNREVIEWED,
    VT_REASON_DIFFERS,
    VT_REASON_MIXED,
    VT_REASON_MALFORMED,
    VT_REASONS,
};

const char *vt_reason_name(enum vt_reason reason);      /* "not-logged" */
const char *vt_reason_next_step(enum vt_reason reason); /* what a person does now */

/* What the customer demands beyond the trust root; strict JSON:
 *   {"v": 1, "reviews": 1, "rebuild": "equal" | "equal-robust",
 *    "sites": ["Zurich"]?, "builder_jurisdictions": ["CH"]?,
 *    "signer_jurisdictions": ["CH", "DE"]?, "max_age_s": 604800?,
 *    "collection_delay_s": 86400?}
 * `sites`: where it may have been built.  `signer_jurisdictions`: among those whose keys
 * signed the release, each of these must be there. */
struct vt_demands {
    json_t *json; /* owned; NULL for the usual demands */
    uint64_t reviews;
    bool is_robust_needed;
    const json_t *sites, *builder_jurisdictions, *signer_jurisdictions; /* NULL: any */
    int64_t max_age_s;                                                  /* -1: any age */
    /* How long an authorisation to collect must be public before it counts; asked when a
     * release is approved; usually a day. */
    int64_t collection_delay_s;
};

void vt_demands_clear(struct vt_demands *demands);
struct vt_demands vt_demands_usual(void); /* one review, rebuilt equal, any place and age */
VT_CHECKED bool vt_demands_parse(vt_slice text, struct vt_demands *out,
                                 struct vt_error *err);

/* What this customer saw before; strict JSON, written by vt_verdict_state:
 *   {"v": 1, "ledgers": [{"origin", "size", "root"}],
 *    "products": [{"product", "channel", "sequence"}], "withdrawals": n, "trust": n} */
struct vt_question {
    vt_hash file_hash;
    uint64_t file_bytes;
    vt_slice product;  /* the product it should be; empty: any */
    vt_slice evidence; /* bytes of the evidence file */
    const struct vt_trust *trust;
    const struct vt_demands *demands;
    const json_t *state; /* NULL: nothing was seen before */
    int64_t now_unix_s;
};

struct vt_verdict {
    enum vt_reason reason;
    char sentence[240]; /* what exactly; empty for yes */
    /* What is known, as far as it was established; owned JSON:
     * product, version, sequence, channel, output, source, recipe, environment, site,
     * builders, reviewers, rebuilders, vendors, supervisors, rebuild, entry, tree_size,
     * logged_at, as_of, withdrawals, trust */
    json_t *facts;
};

void vt_verdict_clear(struct vt_verdict *verdict);
#define VT_AUTO_VERDICT __attribute__((cleanup(vt_verdict_clear))) struct vt_verdict

/* Answer.  False only when there was no memory (VT_IO); a "no" is a verdict. */
VT_CHECKED bool vt_verdict_reach(const struct vt_question *question, struct vt_verdict *out,
                                 struct vt_error *err);

/* {"ok", "reason", "sentence", "next", facts...}, canonical, appended. */
VT_CHECKED bool vt_verdict_write(const struct vt_verdict *verdict, struct vt_buf *out,
                                 struct vt_error *err);

/* The state after a yes: the old one (NULL: none) and what this verdict established. */
VT_CHECKED bool vt_verdict_state(const json_t *old, const struct vt_verdict *verdict,
                                 struct vt_buf *out, struct vt_error *err);
VT_CHECKED bool vt_state_parse(vt_slice text, json_t **state_out, struct vt_error *err);

#endif
