/* The files below what a person names, one after the other. */
#ifndef VT_CLI_WALK_H
#define VT_CLI_WALK_H

#include "base/base.h"

struct vt_walk {
    /* fd: open for reading, at its beginning; borrowed.  False (with err) ends the walk. */
    bool (*file)(void *context, const char *path, int fd, uint64_t size_bytes,
                 struct vt_error *err);
    /* Something that is no file, or cannot be read: why says so.  Never NULL. */
    void (*passed)(void *context, const char *path, const struct vt_error *why);
    void *context;
};

/* path: a file or a folder.  In folders the order is that of their names' bytes; links are
 * not followed, devices, sockets and pipes are never opened, and /proc, /sys and their like
 * are left out (VT_REJECTED in passed).  What cannot be read, or lies in too many folders,
 * is passed over (VT_IO), unless it is `path` itself.
 * Errors: those of `file`
 *         VT_IO path is not there, unreadable, neither file nor folder */
VT_CHECKED bool vt_walk_path(const struct vt_walk *walk, const char *path,
                             struct vt_error *err);

#endif
