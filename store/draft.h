/* The pieces of a draft that lazy writes put together in another way.  Private to store/.
 */
#ifndef VT_STORE_DRAFT_H
#define VT_STORE_DRAFT_H

#include "store/disk.h"

/* Begin the draft of `name` in its folder; is_durable as in vt_spot_make.  Returned, end
 * with vt_disk_draft_finish, vt_draft_finish_lazily or vt_disk_draft_discard. */
VT_CHECKED bool vt_draft_begin(struct vt_disk *disk, const char *name, mode_t mode,
                               bool is_durable, struct vt_disk_draft **draft_out,
                               struct vt_error *err);
VT_CHECKED bool vt_draft_write(struct vt_disk_draft *draft, vt_slice bytes,
                               struct vt_error *err);
/* Put it in place (the same folder) and hand out the descriptor that is yet to be synced.
 * The draft is gone afterwards. */
VT_CHECKED bool vt_draft_finish_lazily(struct vt_disk_draft *draft, const char *name,
                                       int *fd_out, struct vt_error *err);

#endif
