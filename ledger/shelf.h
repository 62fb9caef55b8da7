/* Tiles in a folder: read for proofs, written lazily behind the journal.
 *
 * A partial tile may be asked for when only the full one is left: then its beginning is
 * given, as tlog-tiles wants it of clients. */
#ifndef VT_LEDGER_SHELF_H
#define VT_LEDGER_SHELF_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "ledger/prove.h"
#include "ledger/tile.h"
#include "store/disk.h"

/* Errors of all: VT_ABSENT   no such tile
 *                VT_REJECTED the file has the wrong length or form
 *                VT_IO */

/* The first name->width hashes of a tile (not of entries). */
VT_CHECKED bool vt_shelf_read_tile(struct vt_disk *disk, const struct vt_tile_name *name,
                                   vt_hash *hashes_out, struct vt_error *err);
/* A bundle: exactly name->width entries.  out is emptied first. */
VT_CHECKED bool vt_shelf_read_bundle(struct vt_disk *disk, const struct vt_tile_name *name,
                                     struct vt_buf *out, struct vt_error *err);
/* One leaf hash, out of a full tile of level 0. */
VT_CHECKED bool vt_shelf_read_leaf(struct vt_disk *disk, uint64_t index, vt_hash *out,
                                   struct vt_error *err);
/* Entry `index` of a tree of `size` entries, checked against its leaf hash; appended. */
VT_CHECKED bool vt_shelf_read_entry(struct vt_disk *disk, uint64_t index, uint64_t size,
                                    struct vt_buf *out, struct vt_error *err);

/* The first entry from `from` on of which the bytes are there: some in front may have been
 * deleted, or never copied, by the written policy (ledger/retention.h). */
VT_CHECKED bool vt_shelf_skip_pruned(struct vt_disk *disk, uint64_t from,
                                     uint64_t *first_out, struct vt_error *err);

/* The disk as a source of tiles for proofs; the disk must live as long. */
struct vt_tile_source vt_shelf_source(struct vt_disk *disk);

/* Visible now, durable with vt_disk_flush. */
VT_CHECKED bool vt_shelf_write_tile(struct vt_disk *disk, const struct vt_tile_name *name,
                                    const vt_hash *hashes, struct vt_error *err);
VT_CHECKED bool vt_shelf_write_bundle(struct vt_disk *disk, const struct vt_tile_name *name,
                                      vt_slice bundle, struct vt_error *err);

/* Remove partial versions of a tile (or bundle) of which the full one is durable: at most
 * `max` of them.  *is_done_out: none is left.  They come back if power is lost before the
 * next flush, which does no harm. */
VT_CHECKED bool vt_shelf_collect(struct vt_disk *disk, int level, uint64_t index,
                                 size_t max, bool *is_done_out, struct vt_error *err);

#endif
