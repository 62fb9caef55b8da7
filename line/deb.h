/* Debian packages: unpacked into a root folder without running any of their scripts. */
#ifndef VT_LINE_DEB_H
#define VT_LINE_DEB_H

#include "base/base.h"

/* What a package brings, for the package database of the root. */
struct vt_deb {
    struct vt_arena *arena; /* borrowed */
    vt_slice control;       /* text of the control file */
    struct vt_buf list;     /* paths, one a line, as dpkg keeps them: owned */
    struct vt_deb_script {  /* further files of the control archive */
        const char *name;
        vt_slice bytes;
    } extras[16];
    size_t extra_count;
};

/* Unpack the package at `path` below root_fd.  Folders /bin, /sbin, /lib, /lib32, /lib64
 * and /libx32 are taken to be links into /usr (they must be there), as on every Debian 12.
 * Devices are refused; owners are ours; modes lose set-id bits; times are the archive's,
 * but never younger than epoch_unix_s. Errors: VT_MALFORMED, VT_REJECTED (a path that
 * leaves the root), VT_LIMIT, VT_IO */
VT_CHECKED bool vt_deb_unpack(const char *path, int root_fd, int64_t epoch_unix_s,
                              struct vt_deb *out, struct vt_error *err);
void vt_deb_clear(struct vt_deb *deb);

/* The value of a field of a control file; empty if it is not there. */
vt_slice vt_control_field(vt_slice control, const char *name);

#endif
