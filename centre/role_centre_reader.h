/* The Centre's reader; see role_centre_reader.c. */
#ifndef VT_CENTRE_ROLE_CENTRE_READER_H
#define VT_CENTRE_ROLE_CENTRE_READER_H

#include "role/role.h"

#define VT_ROLE_CENTRE_READER "centre-reader"

extern const struct vt_rights vt_centre_reader_rights;
int vt_role_centre_reader(struct vt_channel *channel);

#endif
