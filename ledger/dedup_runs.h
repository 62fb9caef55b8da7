/* The runs of an index: adjacent files from 0 on, the oldest first, and the merging of
 * neighbours that keeps them few.  A merged run has its name before those that it stands
 * for are removed, so a kill at any instant leaves a set that opens. */
#ifndef VT_LEDGER_DEDUP_RUNS_H
#define VT_LEDGER_DEDUP_RUNS_H

#include "ledger/dedup_run.h"

#define VT_RUNS_MAX 1024

struct vt_runs {
    struct vt_disk *disk; /* borrowed; runs are in its folder index/ */
    struct vt_run *runs[VT_RUNS_MAX];
    size_t count;
};

/* Open what is there, from 0 to at most end_max.  Files that are no whole runs, or that a
 * larger run covers, or that lead beyond end_max, are removed when may_clean (which needs
 * the disk's lock) and passed over else.  Ends with vt_runs_close, also after failure.
 * Errors: VT_LIMIT too many; VT_IO */
VT_CHECKED bool vt_runs_open(struct vt_runs *runs, struct vt_disk *disk, uint64_t end_max,
                             bool may_clean, struct vt_error *err);
void vt_runs_close(struct vt_runs *runs);
uint64_t vt_runs_end(const struct vt_runs *runs);
/* A run from vt_runs_end to `end` was written: it is the newest now. */
VT_CHECKED bool vt_runs_add(struct vt_runs *runs, uint64_t end, struct vt_error *err);
bool vt_runs_has_room(const struct vt_runs *runs);

/* ---- merging ----------------------------------------------------------------------------
 */

#define VT_MERGE_RUNS_MAX 64

/* Neighbours that become one.  Which of them has the lowest entry is what a heap says: the
 * key of the first that was not taken yet, and below it the place among the runs, so equal
 * keys come in the order of their entries. */
struct vt_merge {
    struct vt_run *runs[VT_MERGE_RUNS_MAX]; /* borrowed, the oldest first */
    uint64_t at[VT_MERGE_RUNS_MAX];         /* what was taken from each */
    uint64_t heap[VT_MERGE_RUNS_MAX];       /* key << 16 | place; [0] is the lowest */
    size_t count, heap_count;
    struct vt_run_writer *writer;
};

/* Is the run at this place, counted from 0, not smaller than an eighth of the one before
 * it? */
bool vt_runs_should_merge(const struct vt_runs *runs, size_t newer);
/* The first of the runs that should become one with all behind them: it is at most eight
 * times as large as they are together.  The last run's place: none. */
size_t vt_runs_merge_from(const struct vt_runs *runs);
/* Begin to merge `count` runs from place `first` on, 2 to VT_MERGE_RUNS_MAX; ends with
 * vt_merge_end or vt_merge_discard. */
VT_CHECKED bool vt_merge_begin(struct vt_runs *runs, size_t first, size_t count,
                               struct vt_merge *out, struct vt_error *err);
/* Go on by so many entries; *is_done_out when nothing is left to take. */
VT_CHECKED bool vt_merge_step(struct vt_merge *merge, uint64_t entries, bool *is_done_out,
                              struct vt_error *err);
/* The merged run takes the place of the others. */
VT_CHECKED bool vt_merge_end(struct vt_runs *runs, struct vt_merge *merge,
                             struct vt_error *err);
void vt_merge_discard(struct vt_merge *merge);

#endif
