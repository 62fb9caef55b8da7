/* Counts of what a cell refused and took, on the ledger: count/v1.
 *
 * Each statement holds running totals since the cell began, by class and reason, and names
 * the digest of the statement before.  Nothing can be left out: who tells of fewer than
 * before, drops a row, or skips a number, is seen by anybody who has two of them. */
#ifndef VT_CELL_COUNT_H
#define VT_CELL_COUNT_H

#include "cell/residency.h"

enum vt_count_reason {
    VT_COUNTED_ACCEPTED,   /* taken */
    VT_COUNTED_MISPLACED,  /* belongs to another cell: 421 */
    VT_COUNTED_FENCED,     /* on the move */
    VT_COUNTED_NO_CONSENT, /* consent was missing, or withdrawn */
    VT_COUNTED_MALFORMED,  /* outside the schema or the format */
    VT_COUNTED_LIMITED,    /* over a quota, a rate or a size */
    VT_COUNTED_ERASED,     /* taken, and erased again */
    VT_COUNTED_REASONS,
};

struct vt_counts {
    vt_slice cell;        /* see who filled it */
    uint64_t number;      /* of the statement, counted from 1 */
    int64_t until_unix_s; /* totals as of then */
    bool has_previous;
    vt_hash previous; /* payload digest of the statement before */
    uint64_t totals[VT_DATA_CLASSES][VT_COUNTED_REASONS];
};

const char *vt_count_reason_name(enum vt_count_reason reason);

/* Count one; at 2^53 - 1 it stays. */
void vt_counts_add(struct vt_counts *counts, enum vt_data_class data,
                   enum vt_count_reason reason);

/* The one spelling: every class with every reason, zeros too.  out: returned. */
VT_CHECKED bool vt_counts_write(const struct vt_counts *counts, json_t **out,
                                struct vt_error *err);
/* Slices point into the predicate.
 * Errors: VT_MALFORMED a class or reason missing, unknown, twice, or out of order */
VT_CHECKED bool vt_counts_read(const json_t *predicate, struct vt_counts *out,
                               struct vt_error *err);

/* May `next` follow `current`?  The same cell, the next number, its digest, not an earlier
 * time, and no total smaller.
 * Errors: VT_REJECTED saying which total went back, and from what to what */
VT_CHECKED bool vt_counts_may_follow(const struct vt_counts *current,
                                     const vt_hash *current_digest,
                                     const struct vt_counts *next, struct vt_error *err);

#endif
