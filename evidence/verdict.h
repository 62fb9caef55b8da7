/* The verdict: is this file what was reviewed, rebuilt, approved and shown to everybody?
 * Pure: bytes in, an answer out; no file, no socket, no clock of its own. */
#ifndef VT_EVIDENCE_VERDICT_H
#define VT_EVIDENCE_VERDICT_H

#include "base/base.h"
#include "evidence/bundle.h"
#include "evidence/demands.h"
#include "evidence/memory.h"
#include "evidence/trust.h"

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

const char *vt_reason_name(enum vt_reason reason);      /* "not-logged"; "yes" */
const char *vt_reason_next_step(enum vt_reason reason); /* what a person does now */

/* What is asked.  Everything is borrowed. */
struct vt_question {
    vt_hash file_hash;
    uint64_t file_bytes;
    vt_slice product;  /* the product it should be; empty: any */
    vt_slice channel;  /* the channel it should be of; empty: as the demands say */
    vt_slice evidence; /* bytes of the evidence file */
    const struct vt_trust *trust;
    const struct vt_demands *demands;
    const json_t *state; /* of vt_memory_parse; NULL: nothing was seen before */
    int64_t now_unix_s;
};

struct vt_verdict {
    enum vt_reason reason;
    char sentence[240];    /* what exactly; empty for yes */
    const char *next_step; /* static text; for yes too */
    vt_hash file_hash;
    uint64_t file_bytes;
    /* What was proven, owned; an empty object unless the answer is yes.  Fields:
     * evidence/DESIGN.md, "The verdict as JSON". */
    json_t *facts;
    struct vt_sighting sighting; /* for the memory; slices point into facts; yes only */
};

void vt_verdict_clear(struct vt_verdict *verdict);
#define VT_AUTO_VERDICT __attribute__((cleanup(vt_verdict_clear))) struct vt_verdict

/* Answer.  A "no" is an answer and returns true.
 * Errors: VT_IO out of memory: there is no answer */
VT_CHECKED bool vt_verdict_reach(const struct vt_question *question, struct vt_verdict *out,
                                 struct vt_error *err);
/* "No" before anything could be asked: the trust root, policy or state was not taken. */
VT_CHECKED bool vt_verdict_refuse(const vt_hash *file_hash, uint64_t file_bytes,
                                  const struct vt_error *why, struct vt_verdict *out,
                                  struct vt_error *err);

/* Append the verdict as canonical JSON, without a line break. */
VT_CHECKED bool vt_verdict_write(const struct vt_verdict *verdict, struct vt_buf *out,
                                 struct vt_error *err);
/* The same as text for people: yes or no first, then what a person wants to know. */
void vt_verdict_write_text(const struct vt_verdict *verdict, const char *file,
                           struct vt_buf *out);

/* Append the memory after a yes (vt_memory_write).  Never called for a no. */
VT_CHECKED bool vt_verdict_remember(const struct vt_verdict *verdict, const json_t *state,
                                    struct vt_buf *out, struct vt_error *err);

#endif
