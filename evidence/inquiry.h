/* What the steps of one verdict share.  Private to evidence/. */
#ifndef VT_EVIDENCE_INQUIRY_H
#define VT_EVIDENCE_INQUIRY_H

#include "evidence/verdict.h"

struct vt_inquiry {
    const struct vt_question *question;
    struct vt_evidence *evidence;
    struct vt_verdict *verdict;
    const json_t *release;     /* predicate of the release statement */
    vt_slice product, channel; /* of the release */
    uint64_t sequence;
    struct vt_tlog_verdict release_log, withdrawals_log;
    int64_t time_unix_s; /* the release's quorum time; now when it has none */
    vt_hash source;
};

/* Each step: true to go on; false when it put a reason into the verdict. */
bool vt_inquire_bundle(struct vt_inquiry *q);       /* malformed, mixed, altered */
bool vt_inquire_signatures(struct vt_inquiry *q);   /* vendor, supervisor, mandate */
bool vt_inquire_ledger(struct vt_inquiry *q);       /* not-logged, no-quorum, fork */
bool vt_inquire_freshness(struct vt_inquiry *q);    /* withdrawn, superseded, stale */
bool vt_inquire_attestations(struct vt_inquiry *q); /* differs, unreviewed, site, ... */

/* Put the reason and the sentence into the verdict; returns false. */
VT_PRINTF(3, 4)
bool vt_refuse(struct vt_inquiry *q, enum vt_reason reason, const char *format, ...);

/* Set a fact; a missing memory is noticed at the end (the fact is then missing). */
void vt_fact_text(struct vt_inquiry *q, const char *name, vt_slice text);
void vt_fact_number(struct vt_inquiry *q, const char *name, uint64_t number);
void vt_fact_time(struct vt_inquiry *q, const char *name, int64_t unix_s);
void vt_fact_hash(struct vt_inquiry *q, const char *name, const vt_hash *hash);
/* Append {"holder", "jurisdiction", "site"} to a list of facts. */
void vt_fact_key(struct vt_inquiry *q, const char *name, const struct vt_trust_key *key);

/* A text or hash field of a predicate whose schema was checked. */
vt_slice vt_field_text(const json_t *object, const char *name);
uint64_t vt_field_number(const json_t *object, const char *name);
vt_hash vt_field_hash(const json_t *object, const char *name);
bool vt_list_has(const json_t *texts, vt_slice text); /* an array of texts */

#endif
