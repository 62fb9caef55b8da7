/* What a cell took and refused, in totals that survive: the file behind the statements of
 * count/v1.  A folder with one file, which holds the predicate of a first statement. */
#ifndef VT_CELL_COUNTER_H
#define VT_CELL_COUNTER_H

#include "cell/count.h"
#include "role/channel.h"
#include "store/disk.h"

/* More of each. */
struct vt_count_growth {
    uint64_t more[VT_DATA_CLASSES][VT_COUNTED_REASONS];
};

struct vt_counter;

/* Open for writing (one process at a time); zeros if it is new.  cell: borrowed as long.
 * Returned, end with vt_counter_close.
 * Errors: VT_MALFORMED, VT_REJECTED another cell's; VT_IO */
VT_CHECKED bool vt_counter_open(const char *dir, const char *cell, struct vt_counter **out,
                                struct vt_error *err);
void vt_counter_close(struct vt_counter *counter); /* NULL allowed */
/* Add, durably.  At 2^53 - 1 a total stays.
 * Errors: VT_IO: the state of the disk is unknown, the caller must exit */
VT_CHECKED bool vt_counter_add(struct vt_counter *counter,
                               const struct vt_count_growth *growth, int64_t now_unix_s,
                               struct vt_error *err);
/* The totals as they are on the disk, while somebody else may write them.  json_out:
 * returned, slices of *out point into it.
 * Errors: VT_ABSENT nothing was counted yet; VT_MALFORMED; VT_IO */
VT_CHECKED bool vt_counter_read(const char *dir, struct vt_counts *out, json_t **json_out,
                                struct vt_error *err);

/* ---- between the front and the process that counts ----------------------------------- */

enum { VT_COUNTER_ADD = 48, VT_COUNTER_ADDED };

/* ADD: a number of 8 bytes for each class and reason.  ADDED: empty; it is durable. */
void vt_count_growth_write(const struct vt_count_growth *growth, struct vt_buf *out);
VT_CHECKED bool vt_count_growth_read(vt_slice body, struct vt_count_growth *out);

#endif
