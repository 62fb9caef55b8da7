/* What a release still lacks, who must act, and since when.  The one place that knows the
 * order of a release; status, queue, inspect, approve and publish all ask here. */
#ifndef VT_RELEASE_GAPS_H
#define VT_RELEASE_GAPS_H

#include "release/desk.h"

enum vt_release_state {
    VT_STATE_EMPTY, /* nothing valid on the desk */
    VT_STATE_DRAFTED,
    VT_STATE_BUILT,
    VT_STATE_REBUILT,  /* equal */
    VT_STATE_DIFFERS,  /* the supervisor's rebuild came out different */
    VT_STATE_REVIEWED, /* nothing but the approval is missing */
    VT_STATE_REJECTED,
    VT_STATE_APPROVED, /* signed by the supervisor */
    VT_STATE_PUBLISHED,
    VT_STATE_SUPERSEDED, /* a later one is out; it was published itself, or came too late */
    VT_STATE_WITHDRAWN,
    VT_STATES,
};

const char *vt_release_state_name(enum vt_release_state state);

#define VT_GAPS_MAX 64

struct vt_gap {
    const char *who;     /* role that must act: "vendor", "supervisor", "reviewer" */
    const char *missing; /* what, as a sentence without stop; in the docket's arena */
    const char *how;     /* the command that closes it; in the arena */
    const char *verb;    /* its beginning, for where there is no room; static or as how */
    int64_t since_unix_s;
};

struct vt_standing {
    enum vt_release_state state;
    struct vt_gap gaps[VT_GAPS_MAX]; /* before approval: all of them; then the next step */
    size_t gap_count;
    size_t reviews;  /* accepting, distinct holders */
    size_t refusals; /* of the same source, standing, distinct holders */
};

/* Errors: VT_MALFORMED, VT_IO what lies on the desk cannot be read */
VT_CHECKED bool vt_release_stand(struct vt_docket *docket, const struct vt_demands *demands,
                                 int64_t now_unix_s, struct vt_standing *out,
                                 struct vt_error *err);

#endif
