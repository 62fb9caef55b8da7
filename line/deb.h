/* Debian packages, opened by us: their control file, and their files where dpkg itself is
 * what is being unpacked. */
#ifndef VT_LINE_DEB_H
#define VT_LINE_DEB_H

#include "line/lock.h"

/* The control file of the package at `path`, in the arena.
 * Errors: VT_MALFORMED, VT_LIMIT, VT_IO */
VT_CHECKED bool vt_deb_control(const char *path, struct vt_arena *arena,
                               vt_slice *control_out, struct vt_error *err);

/* The value of a field of a control file, its first line; empty if it is not there. */
vt_slice vt_control_field(vt_slice control, const char *name);

/* Is the package at `path` the one that the lock names: name, version and architecture by
 * its own control file, and its size?  Its hash is the blobs' business.
 * control_out: in the arena; NULL: not wanted
 * Errors: VT_REJECTED (another package), VT_MALFORMED, VT_LIMIT, VT_IO */
VT_CHECKED bool vt_deb_check(const char *path, const struct vt_lock_package *package,
                             struct vt_arena *arena, vt_slice *control_out,
                             struct vt_error *err);

/* Unpack the files of the package at `path` below root_fd.  Folders /bin, /sbin, /lib,
 * /lib32, /lib64 and /libx32 are taken to be links into /usr (they must be there), as on
 * every Debian 12.  Devices are refused; owners are ours; modes lose set-id bits.
 * Errors: VT_MALFORMED, VT_REJECTED (a path that leaves the root), VT_LIMIT, VT_IO */
VT_CHECKED bool vt_deb_unpack(const char *path, int root_fd, struct vt_error *err);

#endif
