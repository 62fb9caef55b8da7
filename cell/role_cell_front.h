/* Role cell-front: speaks HTTP for a data cell. */
#ifndef VT_CELL_ROLE_CELL_FRONT_H
#define VT_CELL_ROLE_CELL_FRONT_H

#include "role/role.h"

#define VT_ROLE_CELL_FRONT "cell-front"

/* The socket; behind it the channels that BEGIN names by their number. */
enum { VT_CELL_FRONT_LISTEN, VT_CELL_FRONT_OTHERS };

#define VT_CELL_CONNECTIONS_MAX 16000

/* Told by whoever started it: say farewell for so many milliseconds (32 bits), then end. */
enum { VT_CELL_FRONT_DRAIN = 48 };

extern const struct vt_rights vt_cell_front_rights;
int vt_role_cell_front(struct vt_channel *channel);

#endif
