/* Bytes on their way into the store: a file without a name, gone when closed. */
#ifndef VT_LINE_SPOOL_H
#define VT_LINE_SPOOL_H

#include "line/store.h"

/* An open, empty, nameless file on the store's file system; the caller closes.  VT_IO. */
VT_CHECKED bool vt_spool_open(struct vt_line_store *store, int *fd_out,
                              struct vt_error *err);

#endif
