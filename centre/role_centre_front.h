/* The Centre's front; see role_centre_front.c. */
#ifndef VT_CENTRE_ROLE_CENTRE_FRONT_H
#define VT_CENTRE_ROLE_CENTRE_FRONT_H

#include "role/role.h"

#define VT_ROLE_CENTRE_FRONT "centre-front"

/* Its given descriptors. */
enum {
    VT_CENTRE_FRONT_READER,
    VT_CENTRE_FRONT_PROVER,
    VT_CENTRE_FRONT_LISTEN,
    VT_CENTRE_FRONT_PORTER, /* where reviewers come in; else not given */
    VT_CENTRE_FRONT_CLERK,  /* where statements are handed in; one less without porter */
    VT_CENTRE_FRONT_FDS
};

extern const struct vt_rights vt_centre_front_rights;
int vt_role_centre_front(struct vt_channel *channel);

#endif
