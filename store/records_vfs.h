/* SQLite's way to the disk: through ours.  Private to store/. */
#ifndef VT_STORE_RECORDS_VFS_H
#define VT_STORE_RECORDS_VFS_H

#include "store/disk.h"
#include <sqlite3.h>

struct vt_records_vfs {
    sqlite3_vfs vfs; /* registered under `name` */
    char name[40];
    struct vt_disk *disk;    /* borrowed */
    struct vt_error trouble; /* the first that the disk had; VT_OK: none */
};

/* Must not move until it is closed.  VT_IO */
VT_CHECKED bool vt_records_vfs_open(struct vt_records_vfs *vfs, struct vt_disk *disk,
                                    struct vt_error *err);
void vt_records_vfs_close(struct vt_records_vfs *vfs);

#endif
