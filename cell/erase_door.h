/* Erasing by order while the keeper runs: at its door for movers (cell/move_message.h). */
#ifndef VT_CELL_ERASE_DOOR_H
#define VT_CELL_ERASE_DOOR_H

#include "base/base.h"
#include "crypto/sha256.h"

/* Ask the keeper whose door is the socket at `path`; what it was not told when it, or we,
 * are killed is told by the same call again.
 *
 * erased_out   how many were there
 *
 * Errors: VT_IO       no keeper answers there: is it served with --movers?
 *         VT_REJECTED the keeper says no */
VT_CHECKED bool vt_erase_at_door(const char *path, const vt_hash *objects, size_t count,
                                 uint64_t *erased_out, struct vt_error *err);

#endif
