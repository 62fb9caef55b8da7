/* The right edge of a copied log's tree in its folder: the open tile of each level. */
#ifndef VT_LEDGER_EDGE_H
#define VT_LEDGER_EDGE_H

#include "base/base.h"
#include "ledger/prove.h"
#include "ledger/signer.h"
#include "ledger/tree.h"
#include "store/disk.h"

/* That of a tree of head->size entries; its root must be head->root.
 * Errors: VT_REJECTED it is not; those of the source */
VT_CHECKED bool vt_edge_read(const struct vt_tile_source *source,
                             const struct vt_head *head, struct vt_tree *out,
                             struct vt_error *err);
/* The open tiles of the tree (not of its entries); durable with vt_disk_flush.  Those that
 * are as they were at `then` entries are durable, and are left alone: a write that fails
 * would take them away. */
VT_CHECKED bool vt_edge_write(struct vt_disk *disk, const struct vt_tree *tree,
                              uint64_t then, struct vt_error *err);
/* Remove versions of tiles and bundles that were open at `then` entries and are full, and
 * durable, at `now`; but not those of tiles that are open in the tree that is shown. */
VT_CHECKED bool vt_edge_collect(struct vt_disk *disk, uint64_t then, uint64_t now,
                                uint64_t shown, struct vt_error *err);

#endif
