/* The relay's courier; see role_relay_courier.c. */
#ifndef VT_CELL_ROLE_RELAY_COURIER_H
#define VT_CELL_ROLE_RELAY_COURIER_H

#include "role/role.h"

#define VT_ROLE_RELAY_COURIER "relay-courier"

extern const struct vt_rights vt_relay_courier_rights;
int vt_role_relay_courier(struct vt_channel *channel);

#endif
