/* What a cell's front is told at its start, beside the words of BEGIN:
 *
 *   {"evidence": TEXT, "may_differ": BOOL,   of the release that runs; both may be missing
 *    "residency": PREDICATE,                 which cell is whose; may be missing
 *    "schema": TEXT}                         of statistics; may be missing               */
#ifndef VT_CELL_FRONT_PAPERS_H
#define VT_CELL_FRONT_PAPERS_H

#include "base/base.h"
#include "wire/json.h"

#define VT_FRONT_PAPERS_BYTES_MAX VT_MIB(4)

/* Errors: VT_LIMIT too long; VT_IO */
VT_CHECKED bool vt_front_papers_write(const json_t *papers, int *fd_out,
                                      struct vt_error *err);
/* out: returned.  Errors: VT_MALFORMED, VT_LIMIT, VT_IO */
VT_CHECKED bool vt_front_papers_read(int fd, json_t **out, struct vt_error *err);

#endif
