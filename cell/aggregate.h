/* What a cell publishes of its statistics: aggregate/v1.
 *
 * It holds all that the numbers were computed from, so that a reader computes them again
 * and refuses what does not come out equal. */
#ifndef VT_CELL_AGGREGATE_H
#define VT_CELL_AGGREGATE_H

#include "cell/statistic.h"
#include "evidence/statement.h"

/* refused: reports that were not counted.  out: returned.
 * Errors: VT_IO memory */
VT_CHECKED bool vt_aggregate_write(const struct vt_statistic_schema *schema,
                                   const struct vt_statistic_tally *tally, vt_slice cell,
                                   uint64_t refused, json_t **out, struct vt_error *err);

/* Is every number what the estimator gives, and every small cell without one?
 * Errors: VT_MALFORMED its form; VT_REJECTED a number that does not come out */
VT_CHECKED bool vt_aggregate_verify(const json_t *predicate, struct vt_error *err);

/* Append a plot as SVG 1.1: bars with their intervals, readable in light and dark and
 * without seeing.  predicate: verified. */
VT_CHECKED bool vt_aggregate_plot(const json_t *predicate, struct vt_buf *out,
                                  struct vt_error *err);

#endif
