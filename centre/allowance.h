/* How much a reviewer may take out of the Centre in a day (UTC), in bytes and in lines of
 * source that are quoted.  What was taken is counted durably before it is given; by the
 * reviewer's name, so that a second invitation gives no second allowance.
 *
 *   FOLDER/porter/taken/SHA256-OF-NAME.json    {"bytes","day","lines","v":1} */
#ifndef VT_CENTRE_ALLOWANCE_H
#define VT_CENTRE_ALLOWANCE_H

#include "base/base.h"
#include "store/disk.h"

#define VT_CENTRE_TAKEN "taken"

struct vt_allowance {
    uint64_t bytes, lines;
};

/* disk: FOLDER/porter, under its lock.  *left_out: what is left afterwards.
 * Errors: VT_REJECTED it is more than is left today, and nothing was counted; VT_IO;
 *         VT_MALFORMED what was counted cannot be read */
VT_CHECKED bool vt_allowance_take(struct vt_disk *disk, vt_slice reviewer,
                                  int64_t now_unix_s, const struct vt_allowance *a_day,
                                  const struct vt_allowance *wanted,
                                  struct vt_allowance *left_out, struct vt_error *err);

#endif
