/* What the steps of one verdict share.  Private to evidence/. */
#ifndef VT_EVIDENCE_INQUIRY_H
#define VT_EVIDENCE_INQUIRY_H

#include "evidence/field.h"
#include "evidence/verdict.h"
#include "ledger/tlog_proof.h"

struct vt_inquiry {
    const struct vt_question *question;
    struct vt_verdict *verdict;
    struct vt_evidence *evidence; /* owned by vt_verdict_reach */
    struct vt_keyring keyring;
    struct vt_release release;
    struct vt_withdrawals withdrawals;
    struct vt_tlog_verdict release_log, withdrawals_log;
    struct vt_signers vendors, supervisors; /* of the release */
    struct vt_error trouble;                /* code not VT_OK: no memory, no answer */
};

/* Each step: true to go on; false when it put a reason into the verdict. */
bool vt_inquire_bundle(struct vt_inquiry *q);       /* malformed, mixed, altered */
bool vt_inquire_signatures(struct vt_inquiry *q);   /* vendor-, supervisor-missing */
bool vt_inquire_ledger(struct vt_inquiry *q);       /* not-logged, no-quorum, fork */
bool vt_inquire_standing(struct vt_inquiry *q);     /* mandate-expired, the two above */
bool vt_inquire_freshness(struct vt_inquiry *q);    /* withdrawn, superseded, stale */
bool vt_inquire_attestations(struct vt_inquiry *q); /* mixed, site, differs, unreviewed */
bool vt_inquire_places(struct vt_inquiry *q);       /* site, jurisdiction */

/* Put the reason and the sentence into the verdict; returns false. */
VT_PRINTF(3, 4)
bool vt_refuse(struct vt_inquiry *q, enum vt_reason reason, const char *format, ...);
/* The same for a failed call: no memory is trouble, anything else the reason. */
bool vt_refuse_error(struct vt_inquiry *q, enum vt_reason reason,
                     const struct vt_error *failure);

/* Set a fact; running out of memory becomes q->trouble. */
void vt_fact_text(struct vt_inquiry *q, const char *name, vt_slice text);
void vt_fact_number(struct vt_inquiry *q, const char *name, uint64_t number);
void vt_fact_time(struct vt_inquiry *q, const char *name, int64_t unix_s);
void vt_fact_hash(struct vt_inquiry *q, const char *name, const vt_hash *hash);
void vt_fact_json(struct vt_inquiry *q, const char *name, const json_t *value); /* copied */
/* Append {"holder", "jurisdiction", "keyid", "site"} of each signer in good standing to
 * the list; a key that is there already is not repeated. */
void vt_fact_signers(struct vt_inquiry *q, const char *name,
                     const struct vt_signers *signers);

#endif
