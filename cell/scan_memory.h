/* Memory that a worker and its parent share, by a file without a name.  Its length is
 * sealed, so that neither can make the other stumble over its end. */
#ifndef VT_CELL_SCAN_MEMORY_H
#define VT_CELL_SCAN_MEMORY_H

#include "base/base.h"

struct vt_scan_memory {
    int fd;
    uint8_t *bytes; /* mapped */
    size_t len;
};

/* len zero bytes, to write here and to read there.  VT_IO. */
VT_CHECKED bool vt_scan_memory_init(struct vt_scan_memory *memory, size_t len,
                                    struct vt_error *err);
/* A copy of these, which nobody can change any more.  VT_IO. */
VT_CHECKED bool vt_scan_memory_init_copy(struct vt_scan_memory *memory, vt_slice bytes,
                                         struct vt_error *err);
/* In the worker: map what was given as descriptor fd, which is taken.  VT_IO. */
VT_CHECKED bool vt_scan_memory_attach(struct vt_scan_memory *memory, int fd,
                                      bool is_writable, struct vt_error *err);
void vt_scan_memory_clear(struct vt_scan_memory *memory); /* safe to call twice */
/* The first `used` bytes are not needed any more: give back what is large. */
void vt_scan_memory_forget(struct vt_scan_memory *memory, size_t used);

#endif
