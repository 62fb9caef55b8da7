/* The store of the assembly line: a folder with blobs, sources and environments. */
#ifndef VT_LINE_STORE_H
#define VT_LINE_STORE_H

#include "base/base.h"
#include "store/blobs.h"
#include "store/disk.h"

struct vt_line_store;

/* Open STORE; with is_new it is made if it does not exist.  Returned.  Several processes
 * may share a store: blobs are immutable, environments are made under a lock.
 * Errors: VT_IO */
VT_CHECKED bool vt_line_store_open(const char *path, bool is_new,
                                   struct vt_line_store **store_out, struct vt_error *err);
void vt_line_store_close(struct vt_line_store *store); /* NULL allowed */
void vt_line_store_close_pointer(struct vt_line_store **store);
#define VT_AUTO_LINE_STORE                                                                 \
    __attribute__((cleanup(vt_line_store_close_pointer))) struct vt_line_store *

struct vt_blobs *vt_line_store_blobs(struct vt_line_store *store);
struct vt_disk *vt_line_store_disk(struct vt_line_store *store);
const char *vt_line_store_path(const struct vt_line_store *store); /* absolute */

#endif
