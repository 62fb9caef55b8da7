/* Where a dispatcher of scanners finds the keeper: FOLDER/queue, a socket in the samples'
 * folder, for our own user alone.  Whoever keeps the roles running has the socket; a keeper
 * inherits it and takes who comes, so a keeper that dies costs a dispatcher one connection
 * and never the door. */
#ifndef VT_CELL_QUEUE_DOOR_H
#define VT_CELL_QUEUE_DOOR_H

#include "role/channel.h"

#define VT_QUEUE_DOOR "queue"

/* A socket that nobody can reach yet; to be given to the keeper.  VT_IO. */
VT_CHECKED bool vt_queue_door_new(int *fd_out, struct vt_error *err);
/* Put it into the folder, in the place of one that a dead predecessor left.  Only when the
 * keeper is ready, and so has the folder's lock.  VT_IO. */
VT_CHECKED bool vt_queue_door_open(int fd, const char *folder, struct vt_error *err);
/* Whoever knocked; the caller has seen that somebody did.
 * Errors: VT_ABSENT he is gone again; VT_IO */
VT_CHECKED bool vt_queue_door_accept(int fd, struct vt_channel *out, struct vt_error *err);
/* The dispatcher's side.  out: ended with vt_channel_clear.
 * Errors: VT_ABSENT nobody is there now; VT_IO */
VT_CHECKED bool vt_queue_door_knock(const char *folder, struct vt_channel *out,
                                    struct vt_error *err);

#endif
