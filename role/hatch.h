/* A hatch: a Unix socket that keeps message boundaries, at which processes of the same user
 * that we did not start come to one of ours.
 *
 * Its name goes by way of its folder's descriptor, since a socket's name has 107 bytes at
 * most and a path may have more. */
#ifndef VT_ROLE_HATCH_H
#define VT_ROLE_HATCH_H

#include "role/channel.h"

/* A socket that nobody can reach yet.  The caller closes.  VT_IO. */
VT_CHECKED bool vt_hatch_new(int *fd_out, struct vt_error *err);
/* Let them come to it at `path`; one that a dead process left there is replaced.
 * Errors: VT_LIMIT the name is too long; VT_REJECTED something else is there, or somebody
 *         listens there; VT_IO */
VT_CHECKED bool vt_hatch_open(int fd, const char *path, struct vt_error *err);
/* Whoever knocked; clear the channel.  If he does not read for some seconds, sending to him
 * fails.  One of another user is sent away (VT_REJECTED).
 * Errors: VT_ABSENT he is gone again, or the door is not open yet; VT_IO */
VT_CHECKED bool vt_hatch_accept(int fd, struct vt_channel *out, struct vt_error *err);
/* The other side; sending waits for patience_s at most.
 * Errors: VT_ABSENT nobody listens there now; VT_LIMIT the name is too long; VT_IO */
VT_CHECKED bool vt_hatch_knock(const char *path, unsigned patience_s,
                               struct vt_channel *out, struct vt_error *err);

#endif
