/* What a customer demands beyond the trust root: the POLICY file.  Strict JSON, closed:
 *
 *   {"v": 1,
 *    "reviews": 1,                          accepting reviewers, distinct holders
 *    "rebuild": "equal" | "equal-robust",
 *    "builder_sites": ["Zurich"],           it was built in one of these
 *    "builder_jurisdictions": ["CH"],       its builder stands in one of these
 *    "signer_sites": ["Zurich"],            each of these is among its signers' sites
 *    "signer_jurisdictions": ["CH", "DE"],  each of these is among its signers'
 *    "channel": "stable",                   it is of this channel; see below
 *    "max_age_s": 604800,                   age of the list of withdrawals, in seconds
 *    "collection_delay_s": 86400}           see below
 *
 * Only "v" must be there.  What is absent: one review, equal, any place, any age; of the
 * channels, those in which the memory knows the product, and "stable" if it knows none. */
#ifndef VT_EVIDENCE_DEMANDS_H
#define VT_EVIDENCE_DEMANDS_H

#include "base/base.h"
#include "wire/json.h"

#define VT_DEMANDS_BYTES_MAX VT_KIB(64)

struct vt_demands {
    json_t *json; /* owned; NULL for the usual demands */
    uint64_t reviews;
    bool is_robust_needed;
    /* Arrays in json; NULL: any place. */
    const json_t *builder_sites, *builder_jurisdictions;
    const json_t *signer_sites, *signer_jurisdictions;
    vt_slice channel;  /* in json; empty: see above.  Asked by the verdict alone */
    int64_t max_age_s; /* -1: any age */
    /* How long an authorisation to collect must be public before it counts.  Asked when a
     * release is approved, not by the verdict: the authorisation's own proof is not in the
     * evidence.  Usually a day. */
    int64_t collection_delay_s;
};

void vt_demands_clear(struct vt_demands *demands);
#define VT_AUTO_DEMANDS __attribute__((cleanup(vt_demands_clear))) struct vt_demands

struct vt_demands vt_demands_usual(void);
/* Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_demands_parse(vt_slice text, struct vt_demands *out,
                                 struct vt_error *err);

#endif
