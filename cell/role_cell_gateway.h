/* Role cell-gateway: holds the key that sealed look-ups are sealed to. */
#ifndef VT_CELL_ROLE_CELL_GATEWAY_H
#define VT_CELL_ROLE_CELL_GATEWAY_H

#include "role/role.h"

#define VT_ROLE_CELL_GATEWAY "cell-gateway"

enum { VT_CELL_GATEWAY_FRONT, VT_CELL_GATEWAY_FDS };

extern const struct vt_rights vt_cell_gateway_rights;
int vt_role_cell_gateway(struct vt_channel *channel);

#endif
