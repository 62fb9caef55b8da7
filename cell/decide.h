/* Whose is this?  What a cell does with a record before it writes a byte of it, and what a
 * client does before it sends one.  Pure: everything comes in as arguments. */
#ifndef VT_CELL_DECIDE_H
#define VT_CELL_DECIDE_H

#include "cell/residency.h"

enum vt_decision {
    VT_DECISION_ACCEPT,
    VT_DECISION_REFUSE, /* belongs to `right`: HTTP 421 with its URL */
    VT_DECISION_FENCED, /* on the move to `right`: nobody takes it now, come again */
};

struct vt_placing {
    enum vt_decision decision;
    const struct vt_residency_step *step;  /* in force */
    const struct vt_residency_cell *right; /* the cell that takes it, or will */
    /* When something else is in force: the fence, or the next step; INT64_MAX: nothing is
     * planned. */
    int64_t until_unix_s;
};

/* May the cell `here` take a record of that country and class now?  The answer points into
 * the policy.
 * Errors: VT_MALFORMED no country of ISO 3166
 *         VT_REJECTED  before the policy's time */
VT_CHECKED bool vt_residency_decide(const struct vt_residency *policy, vt_slice country,
                                    enum vt_data_class data, vt_slice here,
                                    int64_t now_unix_s, struct vt_placing *out,
                                    struct vt_error *err);

/* May a client in that country hand a record of the class to a cell of that name, which
 * stands (as its key in the trust root says) in that jurisdiction?
 * Errors: VT_REJECTED another cell, another jurisdiction, or fenced; as decide */
VT_CHECKED bool vt_residency_allows_client(const struct vt_residency *policy,
                                           vt_slice country, enum vt_data_class data,
                                           vt_slice cell, vt_slice jurisdiction,
                                           int64_t now_unix_s, struct vt_error *err);

const char *vt_decision_name(enum vt_decision decision);

#endif
