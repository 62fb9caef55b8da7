/* The Centre's clerk; see role_centre_clerk.c. */
#ifndef VT_CENTRE_ROLE_CENTRE_CLERK_H
#define VT_CENTRE_ROLE_CENTRE_CLERK_H

#include "role/role.h"

#define VT_ROLE_CENTRE_CLERK "centre-clerk"

extern const struct vt_rights vt_centre_clerk_rights;
int vt_role_centre_clerk(struct vt_channel *channel);

#endif
