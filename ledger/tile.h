/* Tiles: the tree as files, 256 hashes each, and entry bundles, 256 entries each.
 * Spec: C2SP tlog-tiles v0.1.0
 *
 *   tile/0/000 … tile/0/003.p/12     leaf hashes; the last tile is partial
 *   tile/1/000.p/3                   the roots of the three full tiles below
 *   tile/entries/000 …               the entries, each behind a 16-bit length
 *
 * For a tree of s entries the tiles of level l hold floor(s / 256^l) hashes. */
#ifndef VT_LEDGER_TILE_H
#define VT_LEDGER_TILE_H

#include "base/base.h"
#include "crypto/sha256.h"

#define VT_TILE_WIDTH       256 /* hashes in a full tile */
#define VT_TILE_BYTES       (VT_TILE_WIDTH * VT_SHA256_BYTES)
#define VT_TILE_LEVELS      8    /* enough for 2^63 entries */
#define VT_TILE_LEVELS_MAX  64   /* a name may say 0 to 63 */
#define VT_TILE_ENTRIES     (-1) /* the "level" of entry bundles */
#define VT_TILE_PATH_BYTES  64
#define VT_BUNDLE_BYTES_MAX (VT_TILE_WIDTH * (2 + 65535))

/* Which tile. */
struct vt_tile_name {
    int level;      /* 0 to 63, or VT_TILE_ENTRIES */
    uint64_t index; /* among the tiles of its level, counted from 0 */
    unsigned width; /* 1 to 256; less is a partial tile */
};

/* "tile/1/x001/x234/067.p/8", NUL-ended; as C text of VT_TILE_PATH_BYTES at most. */
void vt_tile_path(const struct vt_tile_name *name, char out[VT_TILE_PATH_BYTES]);
/* The exact inverse; false for anything that vt_tile_path would not write. */
VT_CHECKED bool vt_tile_path_parse(vt_slice path, struct vt_tile_name *out);

/* Hashes (or entries) at this level of a tree of `size` entries. */
uint64_t vt_tile_level_size(int level, uint64_t size);
/* How wide is tile `index` of that level in a tree of `size` entries: 0 to 256. */
unsigned vt_tile_width(int level, uint64_t index, uint64_t size);

/* The root over 1 to 256 hashes of one level, as RFC 6962 builds it. */
vt_hash vt_tile_root(const vt_hash *hashes, unsigned width);

/* ---- bundles ------------------------------------------------------------------------- */

/* Read one entry off a bundle; false at its end or when it is cut short. */
VT_CHECKED bool vt_bundle_read(vt_reader *bundle, vt_slice *entry_out);
/* Append one entry to a bundle; it must not be longer than 65,535 bytes. */
void vt_bundle_put(struct vt_buf *bundle, vt_slice entry);
/* Exactly `width` entries and nothing behind; leaves_out gets their leaf hashes. */
VT_CHECKED bool vt_bundle_leaves(vt_slice bundle, unsigned width, vt_hash *leaves_out);

#endif
