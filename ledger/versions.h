/* The versions of one tile (or bundle) that lie in a folder, and where each lies: those who
 * look after a log (fsck, the scrubber, the collector of partial tiles) ask here. */
#ifndef VT_LEDGER_VERSIONS_H
#define VT_LEDGER_VERSIONS_H

#include "ledger/retention.h"
#include "ledger/tile.h"
#include "store/disk.h"

/* By width; [256] is the full one. */
struct vt_tile_versions {
    bool has[VT_TILE_WIDTH + 1];
    unsigned widest; /* 0: there is none */
};

/* The partial versions; none if their folder is not there.  Files of other names are passed
 * over.  Errors: VT_REJECTED a link on the way; VT_IO */
VT_CHECKED bool vt_versions_list_partial(struct vt_disk *disk, int level, uint64_t index,
                                         struct vt_tile_versions *out,
                                         struct vt_error *err);
/* And the full one, where it is served or where it was pruned to; that is looked for also
 * when the others cannot be listed. */
VT_CHECKED bool vt_versions_list(struct vt_disk *disk, const struct vt_retention *retention,
                                 int level, uint64_t index, struct vt_tile_versions *out,
                                 struct vt_error *err);

/* Where this version lies: below tile/, or where it was pruned to. */
void vt_versions_path(struct vt_disk *disk, const struct vt_retention *retention,
                      const struct vt_tile_name *name, char out[VT_TILE_PATH_BYTES]);

#endif
