/* What others than a mover ask the keeper at its door for movers (cell/move_message.h),
 * while it runs: the rows of its files, and that some are erased by order. */
#ifndef VT_CELL_MOVERS_DOOR_H
#define VT_CELL_MOVERS_DOOR_H

#include "cell/samples_move.h"
#include "role/channel.h"

/* A mover knocks so too.  out: end with vt_channel_clear.
 * Errors: VT_IO no keeper answers there: is it served with --movers? */
VT_CHECKED bool vt_movers_door_knock(const char *path, struct vt_channel *out,
                                     struct vt_error *err);
/* Each whole file of the country, in the order of ids; what comes or goes meanwhile is
 * among them or not.
 *
 * is_enough   looked at after every page: no more are wanted; NULL: all are
 *
 * Errors: those of each; VT_MALFORMED; VT_IO the keeper is gone */
VT_CHECKED bool vt_rows_at_door(struct vt_channel *keeper, const char country[3],
                                bool (*each)(void *context, const struct vt_move_row *row,
                                             struct vt_error *err),
                                void *context, const bool *is_enough, struct vt_error *err);
/* Knock, and order; what the keeper was not told when it, or we, are killed is told by the
 * same call again.
 *
 * erased_out   how many were there
 *
 * Errors: VT_IO       no keeper answers
 *         VT_REJECTED the keeper says no */
VT_CHECKED bool vt_erase_at_door(const char *path, const vt_hash *objects, size_t count,
                                 uint64_t *erased_out, struct vt_error *err);

#endif
