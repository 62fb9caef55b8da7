/* The Centre's porter; see role_centre_porter.c. */
#ifndef VT_CENTRE_ROLE_CENTRE_PORTER_H
#define VT_CENTRE_ROLE_CENTRE_PORTER_H

#include "role/role.h"

#define VT_ROLE_CENTRE_PORTER "centre-porter"

/* Its given descriptors. */
enum { VT_CENTRE_PORTER_LIBRARIAN, VT_CENTRE_PORTER_FDS };

extern const struct vt_rights vt_centre_porter_rights;
int vt_role_centre_porter(struct vt_channel *channel);

#endif
