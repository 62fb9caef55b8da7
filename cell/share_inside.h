/* What the files of the client's sharing share.  Private to cell/. */
#ifndef VT_CELL_SHARE_INSIDE_H
#define VT_CELL_SHARE_INSIDE_H

#include "cell/share.h"

#define VT_SHARE_PATH_BYTES 96

void vt_share_path(const char *folder, const vt_hash *object, const char *kind,
                   char out[VT_SHARE_PATH_BYTES]);
/* Write the wish as it is now into the outbox, and read it from there. */
VT_CHECKED bool vt_share_keep_wish(struct vt_disk *home, struct vt_share_parcel *parcel,
                                   struct vt_error *err);

#endif
