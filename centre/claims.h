/* What the release ledger says of environments, of who was enrolled, of releases and of
 * statistics: the statements that count, as rows for people, in the ledger's order.
 *
 * A row is {"index", "time", "sha256", "signers", "says"}; of a release `says` holds the
 * few fields that are shown in a list.  Times are bounded as in custody/story.h: not before
 * what was dated on the ledger already, and not after the checkpoint. */
#ifndef VT_CENTRE_CLAIMS_H
#define VT_CENTRE_CLAIMS_H

#include "centre/held.h"
#include "custody/story.h"

#define VT_CLAIMS_MAX 4096 /* of one kind; older ones are left out, and counted */

enum vt_claim_kind {
    VT_CLAIM_ENVIRONMENT, /* the supervisor allows to build in it */
    VT_CLAIM_ENROLMENT,
    VT_CLAIM_RELEASE,
    VT_CLAIM_AGGREGATE, /* each number is what the estimator gives */
    VT_CLAIM_KINDS,
};

struct vt_claims {
    bool is_read;
    struct vt_head head;
    int64_t seen_unix_s, newest_unix_s;
    json_t *rows[VT_CLAIM_KINDS];   /* owned; arrays */
    uint64_t older[VT_CLAIM_KINDS]; /* left out */
    struct vt_strays strays; /* statements of these kinds that do not count, and why */
};

/* Read all entries of the verified tree.  out: all zero, or cleared.
 * Errors: VT_REJECTED, VT_ABSENT, VT_IO the copy is not what was signed, or cannot be read
 */
VT_CHECKED bool vt_claims_read(struct vt_held *held, struct vt_claims *out,
                               struct vt_error *err);
void vt_claims_clear(struct vt_claims *claims);

#endif
