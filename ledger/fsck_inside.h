/* What the files of fsck share.  Private to fsck. */
#ifndef VT_LEDGER_FSCK_INSIDE_H
#define VT_LEDGER_FSCK_INSIDE_H

#include "ledger/fsck.h"
#include "ledger/versions.h"
#include "ledger/tree.h"
#include "store/disk.h"

/* A checkpoint whose signature is good. */
struct vt_fsck_checkpoint {
    const char *name;
    uint64_t size;
    vt_hash root;
};

struct vt_fsck {
    const struct vt_fsck_options *options;
    struct vt_disk *disk;
    struct vt_arena *arena;
    struct vt_fsck_report report;
    struct vt_retention retention;
    struct vt_fsck_checkpoint *checkpoints; /* sorted by size; owned */
    size_t checkpoint_count, checkpoint_room;
    struct vt_tile_name *ahead; /* seen before the tree was read, of more than was signed */
    size_t ahead_count, ahead_room;
    struct vt_tree tree; /* of all entries so far */
};

VT_PRINTF(3, 4)
void vt_fsck_found(struct vt_fsck *f, const char *file, const char *format, ...);

/* Read and judge all checkpoints.  fsck_checkpoint.c */
VT_CHECKED bool vt_fsck_read_checkpoints(struct vt_fsck *f, struct vt_error *err);
/* The tree has reached the size of some checkpoints: compare. */
void vt_fsck_compare_roots(struct vt_fsck *f);

/* Which versions are there; those that a checkpoint needs and that are missing are
 * findings.  fsck_tile.c */
VT_CHECKED bool vt_fsck_list_versions(struct vt_fsck *f, int level, uint64_t index,
                                      struct vt_tile_versions *out, struct vt_error *err);
/* Read a tile's hashes, or the leaf hashes of a bundle; *is_good_out false (and a finding)
 * if the file has not the form; without a finding if a full tile took its place. */
VT_CHECKED bool vt_fsck_read_hashes(struct vt_fsck *f, const struct vt_tile_name *name,
                                    vt_hash *hashes_out, bool *is_good_out,
                                    struct vt_error *err);
/* All versions of a tile must be the beginning of these hashes. */
VT_CHECKED bool vt_fsck_compare_versions(struct vt_fsck *f, int level, uint64_t index,
                                         const struct vt_tile_versions *versions,
                                         const vt_hash *hashes, unsigned width,
                                         struct vt_error *err);
/* Files below tile/ that are no tiles are findings; those of more entries than any
 * checkpoint has are kept.  Before the tree is read: what comes later may be of entries
 * that came later. */
VT_CHECKED bool vt_fsck_list_strays(struct vt_fsck *f, struct vt_error *err);
/* Those of more entries than are there are findings. */
void vt_fsck_report_strays(struct vt_fsck *f);

/* The private files of a ledger of ours; other people's logs have none.  fsck_private.c */
void vt_fsck_check_private(struct vt_fsck *f);

/* The bytes of predicates that lie beside the log.  fsck_beside.c */
VT_CHECKED bool vt_fsck_check_beside(struct vt_fsck *f, struct vt_error *err);

#endif
