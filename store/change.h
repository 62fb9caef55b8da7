/* The operations that change a disk: the only places in the product where one of these
 * system calls stands (`make tidy` checks).  Each passes the gate.  Private to store/.
 *
 * All return as the system call does: -1 with errno, or not negative.  `site` names the
 * step for the crash tests; `subject` is the file that the caller is working for. */
#ifndef VT_STORE_CHANGE_H
#define VT_STORE_CHANGE_H

#include "store/gate.h"

/* One entry of one open folder. */
struct vt_spot {
    int fd;             /* the folder, owned; -1 when closed                     */
    const char *folder; /* its name relative to the disk, "" for the top; owned   */
    const char *leaf;   /* last part of the name; borrowed                       */
};

struct vt_step {
    struct vt_gate *gate;
    const char *site, *subject;
};

int vt_change_create(struct vt_step step, const struct vt_spot *spot, mode_t mode);
int vt_change_write(struct vt_step step, int fd, uint64_t at, vt_slice bytes);
int vt_change_zero(struct vt_step step, int fd, uint64_t at, uint64_t len);
int vt_change_reserve(struct vt_step step, int fd, uint64_t size);
int vt_change_truncate(struct vt_step step, int fd, uint64_t size);
int vt_change_sync(struct vt_step step, int fd);
int vt_change_sync_data(struct vt_step step, int fd);
int vt_change_sync_folder(struct vt_step step, int fd, const char *folder);
int vt_change_sync_all(struct vt_step step, int fd);
/* Fails with EEXIST if `to` exists and may_replace is false. */
int vt_change_rename(struct vt_step step, const struct vt_spot *from,
                     const struct vt_spot *to, bool may_replace);
int vt_change_unlink(struct vt_step step, const struct vt_spot *spot);
int vt_change_rmdir(struct vt_step step, int fd, const char *leaf);
int vt_change_mkdir(struct vt_step step, int fd, const char *folder, const char *leaf);

#endif
