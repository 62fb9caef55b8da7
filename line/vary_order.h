/* Another order of directory entries for a build.
 *
 * Measured: ext4 lists a folder by the hashes of its names, tmpfs lists the youngest entry
 * first, overlayfs as what lies below it.  So writing files in another order turns the
 * order round on tmpfs and does nothing on ext4.  Where FUSE may be used, disorderfs lays a
 * folder over the area in which entries come in order of name, whatever lies
 * below; elsewhere the area stands on /dev/shm and is filled in reversed order.  Whether
 * the order is another one in the end, the probe (line/vary_probe.h) sees from inside. */
#ifndef VT_LINE_VARY_ORDER_H
#define VT_LINE_VARY_ORDER_H

#include "base/base.h"

enum vt_order_way {
    VT_ORDER_PLAIN,      /* neither can be had: the area is where it always is */
    VT_ORDER_DISORDERFS, /* a mount over the backing folder */
    VT_ORDER_TMPFS,      /* a folder on tmpfs */
};

struct vt_order {
    enum vt_order_way way;
    char area[4096]; /* the folder to hand to the sandbox and to fill */
    char made[4096]; /* the folder that we made, "" if none; removed at the end */
};

/* backing: an existing empty folder of the owner that the sandbox needs; the build's area
 * would be this one otherwise.  Beside it a folder "BACKING.order" is made for the mount.
 * End with vt_order_end, also when the build failed.
 * Errors: VT_IO */
VT_CHECKED bool vt_order_begin(const char *backing, struct vt_order *out,
                               struct vt_error *err);
/* Unmount, remove what was made (with all that is in it) outside of the backing folder.
 * NULL-safe in the sense that a zeroed structure does nothing. */
void vt_order_end(struct vt_order *order);
#define VT_AUTO_ORDER __attribute__((cleanup(vt_order_end))) struct vt_order

const char *vt_order_way_name(enum vt_order_way way); /* "plain", "disorderfs", "tmpfs" */

#endif
