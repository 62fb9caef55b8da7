/* The growing tree, of which only the right edge is kept: at each level the hashes of the
 * tile that is not full yet (64 KiB in all, whatever the size of the log).
 *
 *   level 1   [ r0 r1 r2 . . . ]             roots of full tiles of level 0
 *   level 0   [ leaf leaf leaf leaf . . . ]  leaves since the last full tile
 *
 * When a level has 256 hashes its tile is complete: it is handed out, its root goes up one
 * level, and the level begins again.  The widths need not be stored: level l has
 * (size >> 8l) mod 256 hashes. */
#ifndef VT_LEDGER_TREE_H
#define VT_LEDGER_TREE_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "ledger/tile.h"

struct vt_tree {
    uint64_t size;
    vt_hash levels[VT_TILE_LEVELS][VT_TILE_WIDTH];
};

/* Where complete tiles go: 256 hashes of tile `index` of `level`. */
struct vt_tile_sink {
    bool (*take)(void *context, int level, uint64_t index, const vt_hash *hashes,
                 struct vt_error *err);
    void *context;
};

/* A fresh tree is all zero bytes. */

/* Append a leaf hash.  sink may be NULL.  When it fails, its error is passed on, and the
 * tree must not be used any more. */
VT_CHECKED bool vt_tree_append(struct vt_tree *tree, const vt_hash *leaf,
                               const struct vt_tile_sink *sink, struct vt_error *err);

/* Append 256 leaves at once where the open tile is empty; `root` is theirs (vt_tile_root),
 * which whoever has checked them knows already. */
VT_CHECKED bool vt_tree_append_tile(struct vt_tree *tree, const vt_hash *leaves,
                                    const vt_hash *root, const struct vt_tile_sink *sink,
                                    struct vt_error *err);

/* How many hashes the level's open tile has: 0 to 255. */
unsigned vt_tree_width(const struct vt_tree *tree, int level);

/* RFC 6962 root of all entries; SHA-256("") when there is none. */
vt_hash vt_tree_root(const struct vt_tree *tree);

#endif
