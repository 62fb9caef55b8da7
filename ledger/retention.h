/* retention.json: which entries a log no longer serves, and by what written policy.
 *
 *   {"below":65536,"policy":"entries are kept for ten years","v":1}
 *
 * A log without this file serves everything.  The number only grows.  What is pruned moves
 * from tile/ to pruned/tile/, so that no web server has it to give out, ours or another;
 * the bytes stay, as tlog-tiles advises, for exact deduplication and for whoever may still
 * ask the operator.
 * Spec: tlog-tiles, "Pruning" */
#ifndef VT_LEDGER_RETENTION_H
#define VT_LEDGER_RETENTION_H

#include "base/base.h"
#include "ledger/tile.h"
#include "store/disk.h"

#define VT_RETENTION_NAME "retention.json"

struct vt_retention {
    uint64_t minimum; /* the minimum index: entries from here on are served */
    vt_slice policy;  /* why, for people; empty if minimum is 0 */
};

/* No file: minimum 0.  The text lives in the arena.
 * Errors: VT_MALFORMED; VT_IO */
VT_CHECKED bool vt_retention_read(struct vt_disk *disk, struct vt_arena *arena,
                                  struct vt_retention *out, struct vt_error *err);
/* The bytes of such a file, also of somebody else's; and its exact inverse, appended.
 * Errors: VT_MALFORMED; of writing also VT_LIMIT */
VT_CHECKED bool vt_retention_parse(vt_slice bytes, struct vt_arena *arena,
                                   struct vt_retention *out, struct vt_error *err);
VT_CHECKED bool vt_retention_text(const struct vt_retention *retention, struct vt_buf *out,
                                  struct vt_error *err);
#define VT_RETENTION_BYTES_MAX (64 * 1024)
/* Durably. */
VT_CHECKED bool vt_retention_write(struct vt_disk *disk,
                                   const struct vt_retention *retention,
                                   struct vt_error *err);

/* Whole bundles go: entries from here on are in bundles that stay. */
uint64_t vt_retention_first(const struct vt_retention *retention);
/* The bytes of entry `index` were not found in the folder (err, VT_ABSENT): if they may be
 * missing, err says that they are pruned.  *is_pruned_out: that is so. */
void vt_retention_explain(struct vt_disk *disk, uint64_t index, bool *is_pruned_out,
                          struct vt_error *err);

#define VT_PRUNED_FOLDER "pruned"

/* Where a full tile or bundle lies once it is pruned. */
void vt_pruned_path(const struct vt_tile_name *name, char out[VT_TILE_PATH_BYTES]);

/* May this tile or bundle be missing, and must it be answered with "not found"?  Only if
 * all that it covers when it is full lies below the minimum.  Partial versions of such a
 * tile go with it: a client takes the full one's absence for theirs. */
bool vt_retention_denies(const struct vt_retention *retention,
                         const struct vt_tile_name *name);

#endif
