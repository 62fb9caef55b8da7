/* A cell's counts on the ledger (count/v1) held against what its store knows by day.
 *
 * A statement says totals as of a moment; the store says what each day brought.  So a total
 * is at least what the days that were over then had brought, and at most that and what the
 * day under way has: at the end of a day they meet.  What was taken and what owners took
 * back must lie there.  Of refusals the store knows those that came as far as itself, so on
 * the ledger there are as many or more; which reason each had is the front's word. */
#ifndef VT_CELL_COUNT_DAYS_H
#define VT_CELL_COUNT_DAYS_H

#include "cell/samples.h"

/* One comparison. */
struct vt_count_fit {
    enum vt_data_class data;
    const char *what; /* "accepted", "erased", "refused" */
    uint64_t said;    /* on the ledger */
    uint64_t least, most;
    bool is_good;
};

enum { VT_COUNT_FITS = 5 };

/* days: ascending, all of them up to counts->until. */
void vt_count_fit_days(const struct vt_counts *counts, const struct vt_samples_day *days,
                       size_t day_count, struct vt_count_fit out[VT_COUNT_FITS]);

/* All reasons but taken and erased. */
uint64_t vt_count_refused(const uint64_t totals[VT_COUNTED_REASONS]);

#endif
