/* The relay's front; see role_relay_front.c. */
#ifndef VT_CELL_ROLE_RELAY_FRONT_H
#define VT_CELL_ROLE_RELAY_FRONT_H

#include "role/role.h"

#define VT_ROLE_RELAY_FRONT "relay-front"

/* Its given descriptors. */
enum { VT_RELAY_FRONT_COURIER, VT_RELAY_FRONT_LISTEN, VT_RELAY_FRONT_FDS };

extern const struct vt_rights vt_relay_front_rights;
int vt_role_relay_front(struct vt_channel *channel);

#endif
