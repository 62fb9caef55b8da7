/* JOB/erased: what was at the destination when `done` was written, and was erased there
 * since because it was taken back at the source.  Kept before it is erased, so that what is
 * still there can be compared with `done` for ever. */
#ifndef VT_CLI_RELOCATE_ERASED_H
#define VT_CLI_RELOCATE_ERASED_H

#include "cli/relocate_job.h"

#define VT_JOB_ERASED_BYTES_MAX VT_MIB(256)

/* Append its rows, ascending; nothing if there is no such file.
 * Errors: VT_MALFORMED, VT_REJECTED damaged; VT_LIMIT; VT_IO */
VT_CHECKED bool vt_job_erased_read(const struct vt_job *job, struct vt_buf *rows,
                                   struct vt_error *err);
/* Ask the source what was taken back there, keep it, and erase it at the destination.
 * *count_out: how many its file has now.  Errors: as above, and those of the mover */
VT_CHECKED bool vt_job_carry_erasures(struct vt_job *job, uint64_t *count_out,
                                      struct vt_error *err);

#endif
