/* Is this head the one that everybody gets?  What a client asks before it believes a single
 * answer, and a monitor of every head.  Pure: bytes in, an answer out; no file, no socket,
 * no clock of its own. */
#ifndef VT_CELL_HEAD_CHECK_H
#define VT_CELL_HEAD_CHECK_H

#include "base/base.h"
#include "cell/head.h"
#include "cell/seen.h"
#include "evidence/trust.h"

/* Why not.  One reason is given: the first in this order. */
enum vt_head_reason {
    VT_HEAD_YES,
    VT_HEAD_MALFORMED,
    VT_HEAD_WRONG_CELL,   /* another cell's */
    VT_HEAD_JURISDICTION, /* not where this client's data belongs */
    VT_HEAD_CELL_MISSING, /* not signed by a key of the cell that counts */
    VT_HEAD_NOT_LOGGED,
    VT_HEAD_NO_QUORUM,
    VT_HEAD_INDEX,       /* its number is not its place, or something is behind it */
    VT_HEAD_FORK,        /* two trees of one size */
    VT_HEAD_REPEATED,    /* another head of an epoch that was seen */
    VT_HEAD_OLDER,       /* than what was seen */
    VT_HEAD_EXPIRED,     /* or not yet valid, or valid for too long */
    VT_HEAD_COLLECTION,  /* asks for files without the supervisor's leave */
    VT_HEAD_UNCERTIFIED, /* selects what the trust root does not certify */
    VT_HEAD_REASONS,
};

const char *vt_head_reason_name(enum vt_head_reason reason);      /* "no-quorum"; "yes" */
const char *vt_head_reason_next_step(enum vt_head_reason reason); /* for a person */

/* What is asked.  Everything is borrowed. */
struct vt_head_question {
    vt_slice file; /* bytes of the head file */
    const struct vt_trust *trust;
    vt_slice cell;         /* that was asked */
    vt_slice jurisdiction; /* where this client's data belongs; empty: anywhere */
    struct vt_cell_seen seen;
    int64_t now_unix_s;
    int64_t max_age_s;          /* since the witnesses saw it, and of its validity */
    int64_t collection_delay_s; /* how long an authorisation must have been public */
};

/* Usual values: a day for the age, a day for the delay. */
#define VT_HEAD_AGE_S   INT64_C(86400)
#define VT_HEAD_DELAY_S INT64_C(86400)

struct vt_head_verdict {
    enum vt_head_reason reason;
    char sentence[240];        /* what exactly; empty for yes */
    struct vt_head_file *file; /* owned; NULL unless yes: what was not proven is not told */
    struct vt_cell_seen seen;  /* for the memory; yes only */
    int64_t time_unix_s;       /* when a quorum had seen it; yes only */
};

void vt_head_verdict_clear(struct vt_head_verdict *verdict);
#define VT_AUTO_HEAD_VERDICT                                                               \
    __attribute__((cleanup(vt_head_verdict_clear))) struct vt_head_verdict

/* Answer.  A "no" is an answer and returns true.  Errors: VT_IO memory */
VT_CHECKED bool vt_head_check(const struct vt_head_question *question,
                              struct vt_head_verdict *out, struct vt_error *err);

/* ---- a head as it stands in its ledger --------------------------------------------------
 *
 * For those who follow that ledger: what can be said without the proof that a client has.
 */
struct vt_head_entry_question {
    vt_slice entry;
    uint64_t index;
    const struct vt_trust *trust;
    vt_slice cell; /* whose ledger of heads it is */
    /* The entry of the release ledger that is the envelope with that digest; false: it has
     * none.  Called for each authorisation that the head names. */
    bool (*leave)(void *context, const vt_hash *digest, vt_slice *envelope_out);
    void *context;
};

/* Is it the cell's head, in its place, valid for no longer than a day, does it select what
 * is certified, and does the supervisor's leave stand in the release ledger for all that it
 * asks for?  Keys and certificates are asked about as of the head's own time, and how long
 * an authorisation was public is not asked: a client has the witnesses' times for that.
 * out->file is NULL.  Errors: VT_IO memory */
VT_CHECKED bool vt_head_check_entry(const struct vt_head_entry_question *question,
                                    struct vt_head_verdict *out, struct vt_error *err);

#endif
