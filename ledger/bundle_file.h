/* One entry out of a bundle that is a file: its place is known only after the lengths of
 * those before it, so they are read a piece at a time, and of a long entry nothing but its
 * length.  A bundle in memory is read with ledger/tile.h. */
#ifndef VT_LEDGER_BUNDLE_FILE_H
#define VT_LEDGER_BUNDLE_FILE_H

#include "base/base.h"

/* Entry `number`, counted from 0; appended.  *is_there_out false: the bundle has not so
 * many, or is cut short, and out may have a part of it.
 * Errors: VT_LIMIT out is full; VT_IO
 * Spec:   C2SP tlog-tiles, "Log Entries" */
VT_CHECKED bool vt_bundle_file_read(int fd, const char *path, unsigned number,
                                    struct vt_buf *out, bool *is_there_out,
                                    struct vt_error *err);

#endif
