/* Pruning: the oldest entries of a log are no longer served, by a written policy.
 *
 * Full tiles and bundles that lie wholly below the minimum index move from tile/ to
 * pruned/tile/.  What an inclusion proof for an entry from the minimum on needs, or a
 * consistency proof between trees that hold it, is in a tile that reaches over it, and
 * stays.  May run beside the log's writer; a run that was killed is finished by the next.
 * Spec: tlog-tiles, "Pruning" */
#ifndef VT_LEDGER_PRUNE_H
#define VT_LEDGER_PRUNE_H

#include "base/base.h"

struct vt_prune_options {
    uint64_t below;  /* the new minimum index */
    vt_slice policy; /* the written policy; empty: the one that stands there */
    /* Remove the pruned bundles' bytes too.  Leaf hashes stay: deduplication is exact for
     * ever, and fsck needs them. */
    bool deletes_entries;
};

struct vt_prune_report {
    uint64_t minimum; /* that holds now */
    uint64_t served;  /* the first entry that is: the first of the minimum's bundle */
    uint64_t moved;   /* tiles and bundles */
    uint64_t deleted; /* bundles */
};

/* Errors: VT_ABSENT    nothing was published
 *         VT_REJECTED  below an earlier minimum, or beyond the published tree; no policy
 *         VT_MALFORMED retention.json, config or checkpoint
 *         VT_IO        also where there is no ledger */
VT_CHECKED bool vt_ledger_prune(const char *dir, const struct vt_prune_options *options,
                                struct vt_prune_report *out, struct vt_error *err);

#endif
