/* What a client has read of a cell before, in its folder: nodes and buckets by name.
 *
 * Whatever is taken from it is checked as if it had come over the wire, so it needs no sync
 * and may be deleted at any time.  One process writes to it at a time; others only read. */
#ifndef VT_CELL_CACHE_H
#define VT_CELL_CACHE_H

#include "base/base.h"
#include "store/disk.h"

#define VT_CELL_CACHE_FILES_MAX 16384
#define VT_CELL_CACHE_BYTES_MAX VT_MIB(64)

struct vt_cell_cache;

/* The folder is made if missing.  Returned, end with vt_cell_cache_close.  VT_IO. */
VT_CHECKED bool vt_cell_cache_open(const char *dir, struct vt_cell_cache **out,
                                   struct vt_error *err);
void vt_cell_cache_close(struct vt_cell_cache *cache); /* NULL allowed */

/* Append what is kept under that path (cell/site.h); false: nothing, or unreadable. */
bool vt_cell_cache_get(struct vt_cell_cache *cache, const char *path, struct vt_buf *out);
/* Keep it, if that can be done: a full disk is no failure.  When it is full, half of it
 * goes: names are hashes, so chance says which. */
void vt_cell_cache_put(struct vt_cell_cache *cache, const char *path, vt_slice bytes);
/* What was kept under that path is not what its name says. */
void vt_cell_cache_drop(struct vt_cell_cache *cache, const char *path);

#endif
