/* Has an entry with these bytes been logged, and where?  Exact, and derived: whatever is
 * lost of it is made again from the leaf hashes in the tiles.
 *
 *   front   the newest entries, in memory: a hash table over their leaf hashes
 *   runs    all older ones, on disk: a few sorted files over adjacent stretches
 *
 * When the front is full it becomes a run.  A run that is not smaller than an eighth of
 * its older neighbour is merged with it, so a log of n entries has about log8(n / front)
 * runs, and each entry is rewritten about eight times as often.  Merging is done in small
 * steps, a few entries for each entry that is added, so nobody waits for a large one. */
#ifndef VT_LEDGER_DEDUP_H
#define VT_LEDGER_DEDUP_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "store/disk.h"

#define VT_DEDUP_FRONT_ENTRIES (UINT64_C(1) << 18)

struct vt_dedup;

/* The leaf hash of an entry that is in a run: runs keep only 40 bits of it. */
struct vt_leaf_source {
    bool (*read)(void *context, uint64_t index, vt_hash *out, struct vt_error *err);
    void *context;
};

/* Open the runs below `index/`; files that are no whole runs, or that a larger run covers,
 * are removed when may_clean (which needs the disk's lock) and passed over else.
 * front_entries: 0 for the usual number.  disk and leaves must live longer.  Returned.
 * Errors: VT_IO */
VT_CHECKED bool vt_dedup_open(struct vt_disk *disk, uint64_t front_entries, bool may_clean,
                              const struct vt_leaf_source *leaves,
                              struct vt_dedup **dedup_out, struct vt_error *err);
void vt_dedup_close(struct vt_dedup *dedup); /* NULL allowed */

/* All entries below are in runs; those from here to vt_dedup_end are in the front. */
uint64_t vt_dedup_covered(const struct vt_dedup *dedup);
uint64_t vt_dedup_end(const struct vt_dedup *dedup);

/* Put entry vt_dedup_end into the front; it must not be known yet. */
void vt_dedup_add(struct vt_dedup *dedup, const vt_hash *leaf);

/* The index of the entry with this leaf hash.
 * Errors: VT_IO, VT_REJECTED the index or the leaf was changed; those of the leaf source */
VT_CHECKED bool vt_dedup_find(struct vt_dedup *dedup, const vt_hash *leaf, bool *found_out,
                              uint64_t *index_out, struct vt_error *err);

/* Keep house after `added` entries: turn a full front into a run, and go on with merges.
 * stored: entries below this have their leaf hashes in tiles.
 * Errors: VT_IO */
VT_CHECKED bool vt_dedup_work(struct vt_dedup *dedup, uint64_t stored, uint64_t added,
                              struct vt_error *err);

/* How many runs there are, and how many merges are under way (for tests and figures). */
size_t vt_dedup_run_count(const struct vt_dedup *dedup);
size_t vt_dedup_merge_count(const struct vt_dedup *dedup);

#endif
