/* The Centre's librarian; see role_centre_librarian.c. */
#ifndef VT_CENTRE_ROLE_CENTRE_LIBRARIAN_H
#define VT_CENTRE_ROLE_CENTRE_LIBRARIAN_H

#include "role/role.h"

#define VT_ROLE_CENTRE_LIBRARIAN "centre-librarian"

extern const struct vt_rights vt_centre_librarian_rights;
int vt_role_centre_librarian(struct vt_channel *channel);

#endif
