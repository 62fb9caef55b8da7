/* Role cell-counter: keeps the totals of what a cell took and refused. */
#ifndef VT_CELL_ROLE_CELL_COUNTER_H
#define VT_CELL_ROLE_CELL_COUNTER_H

#include "role/role.h"

#define VT_ROLE_CELL_COUNTER "cell-counter"

enum { VT_CELL_COUNTER_FRONT, VT_CELL_COUNTER_FDS };

extern const struct vt_rights vt_cell_counter_rights;
int vt_role_cell_counter(struct vt_channel *channel);

#endif
