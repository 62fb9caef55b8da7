/* The rows of a cell's files while its keeper runs: read at its door for movers
 * (cell/move_message.h). */
#ifndef VT_CELL_ROWS_DOOR_H
#define VT_CELL_ROWS_DOOR_H

#include "cell/samples_move.h"
#include "role/channel.h"

/* Errors: VT_IO no keeper answers there: is it served with --movers? */
VT_CHECKED bool vt_rows_door_knock(const char *path, struct vt_channel *out,
                                   struct vt_error *err);
/* Each whole file of the country, in the order of ids; what comes or goes meanwhile is
 * among them or not.  Errors: those of each; VT_MALFORMED; VT_IO */
VT_CHECKED bool vt_rows_at_door(struct vt_channel *keeper, const char country[3],
                                bool (*each)(void *context, const struct vt_move_row *row,
                                             struct vt_error *err),
                                void *context, struct vt_error *err);

#endif
