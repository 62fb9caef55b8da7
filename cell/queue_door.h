/* Where a dispatcher of scanners finds the keeper: FOLDER/queue, a hatch (role/hatch.h) in
 * the samples' folder.  Whoever keeps the roles running has the socket; a keeper inherits
 * it and takes who comes, so a keeper that dies costs a dispatcher one connection and never
 * the door. */
#ifndef VT_CELL_QUEUE_DOOR_H
#define VT_CELL_QUEUE_DOOR_H

#include "role/hatch.h"

/* Put the socket (vt_hatch_new) into the folder.  Only when the keeper is ready, and so has
 * the folder's lock.  VT_LIMIT, VT_REJECTED, VT_IO. */
VT_CHECKED bool vt_queue_door_open(int fd, const char *folder, struct vt_error *err);
/* The dispatcher's side.  out: ended with vt_channel_clear.
 * Errors: VT_ABSENT nobody is there now; VT_LIMIT; VT_IO */
VT_CHECKED bool vt_queue_door_knock(const char *folder, struct vt_channel *out,
                                    struct vt_error *err);

#endif
