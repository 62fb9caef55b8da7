/* The door at which movers speak to a keeper: a Unix socket that keeps message boundaries,
 * which nobody but the keeper's own user may open.  Between two machines the operator
 * forwards it through what he trusts. */
#ifndef VT_CELL_MOVE_SOCKET_H
#define VT_CELL_MOVE_SOCKET_H

#include "role/channel.h"

/* Make it at `path`; one that a killed process left there is replaced.  The caller closes.
 * Errors: VT_LIMIT the path is too long for one (107 bytes); VT_REJECTED something else is
 *         there; VT_IO */
VT_CHECKED bool vt_move_listen(const char *path, int *fd_out, struct vt_error *err);
/* The next mover; clear the channel.  A mover of another user is sent away (VT_REJECTED).
 * Errors: VT_ABSENT nobody is there any more; VT_IO */
VT_CHECKED bool vt_move_accept(int listen_fd, struct vt_channel *out, struct vt_error *err);
/* Errors: VT_ABSENT nobody listens there; VT_LIMIT the path is too long; VT_IO */
VT_CHECKED bool vt_move_connect(const char *path, struct vt_channel *out,
                                struct vt_error *err);

#endif
