/* Bytes on their way into the store: a file without a name, gone when closed. */
#ifndef VT_LINE_SPOOL_H
#define VT_LINE_SPOOL_H

#include "line/store.h"

/* An open, empty, nameless file on the store's file system; the caller closes.  VT_IO. */
VT_CHECKED bool vt_spool_open(struct vt_line_store *store, int *fd_out,
                              struct vt_error *err);

/* A whole file as a slice, mapped; NULL data when it is empty. */
struct vt_mapping {
    vt_slice bytes;
};

#define VT_AUTO_MAPPING __attribute__((cleanup(vt_mapping_clear))) struct vt_mapping
VT_CHECKED bool vt_mapping_init(struct vt_mapping *mapping, int fd, const char *name,
                                struct vt_error *err);
void vt_mapping_clear(struct vt_mapping *mapping);

#endif
