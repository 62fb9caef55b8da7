/* Requests of governments: the foundation gives each a number, without a gap, before
 * anything is done; what was given is said under the same number, in counts.  Whoever knows
 * the numbers knows that none was kept back. */
#ifndef VT_CUSTODY_GOVERNMENT_REQUEST_H
#define VT_CUSTODY_GOVERNMENT_REQUEST_H

#include "custody/story.h"

struct vt_government_request {
    uint64_t number;
    const struct vt_said *first, *last; /* point into the story */
    bool is_out_of_turn;                /* issued after a higher number */
};

/* Numbers that are missing: from first to last, both included. */
struct vt_request_gap {
    uint64_t first, last;
};

struct vt_government_requests {
    struct vt_government_request *rows; /* owned; by number */
    size_t count;
    struct vt_request_gap *gaps; /* owned; below the highest number that was issued */
    size_t gap_count;
    struct vt_strays strays; /* numbers that were given twice, and what fits nothing */
};

void vt_government_requests_clear(struct vt_government_requests *requests);
#define VT_AUTO_REQUESTS                                                                   \
    __attribute__((cleanup(vt_government_requests_clear))) struct vt_government_requests

/* What is true at that time.  Pure.  story: borrowed as long as the answer. */
void vt_government_requests_reckon(const struct vt_story *story, int64_t at_unix_s,
                                   struct vt_government_requests *out);
const struct vt_government_request *vt_government_requests_find(
    const struct vt_government_requests *requests, uint64_t number);

/* Errors: VT_MALFORMED */
VT_CHECKED bool vt_government_request_is_sound(const json_t *predicate,
                                               struct vt_error *err);
json_t *vt_government_request_json(const struct vt_government_request *request);

/* ---- for the key agent ------------------------------------------------------------------
 */

struct vt_request_told {
    char country[3]; /* whose request it is; two letters and a NUL */
    bool is_ended;   /* refused or withdrawn: nothing may be given under it any more */
};

/* Does the foundation tell of this number, by a statement (a canonical envelope) and its
 * tlog-proof on the trust root's release ledger, with a quorum?  Errors: as below */
VT_CHECKED bool vt_request_is_told(const struct vt_trust *trust, uint64_t number,
                                   vt_slice statement, vt_slice proof,
                                   struct vt_request_told *out, struct vt_error *err);
/* Is this number issued, by all that the agent was handed: the statement of the foundation
 * (a canonical envelope) and its tlog-proof on the trust root's release ledger, with a
 * quorum?  A number under which nothing may be given any more (refused, withdrawn) is none.
 * That it was not withdrawn since cannot be known from one proof: `vitrine request check`
 * reads the whole ledger for that.
 * country_out: whose request it is; two letters and a NUL.
 * Errors: VT_MALFORMED; VT_REJECTED saying why it is not; VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_request_is_issued(const struct vt_trust *trust, uint64_t number,
                                     vt_slice statement, vt_slice proof,
                                     char country_out[3], struct vt_error *err);

#endif
