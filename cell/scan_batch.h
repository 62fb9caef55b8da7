/* What a dispatcher asks file keys for, noted before it asks: an agent gives them once for
 * a statement, and the same answer again to who shows the same statement.  So a dispatcher
 * that dies between the answer and the last verdict goes on with the batch that it had.
 *
 *   "vitrine/scan-batch/v1\n", rules 32, statement (u32 length, and it), u16 number of
 *   samples; of each: object 32, recipient 32, body 32, u64 bytes of the body, country 2,
 *   u16 length of the header, and it
 *
 * The statement is whoever asks's: it holds no key. */
#ifndef VT_CELL_SCAN_BATCH_H
#define VT_CELL_SCAN_BATCH_H

#include "cell/samples.h"

#define VT_SCAN_BATCH_MAX           VT_SAMPLES_TAKEN_MAX
#define VT_SCAN_STATEMENT_BYTES_MAX VT_KIB(128)
#define VT_SCAN_BATCH_BYTES_MAX     VT_MIB(8)

struct vt_scan_batch {
    vt_hash rules;
    vt_slice statement;
    struct vt_sample_task tasks[VT_SCAN_BATCH_MAX]; /* `attempts` is not kept */
    size_t count;                                   /* 1 to VT_SCAN_BATCH_MAX */
};

/* Exact inverses.  Slices point into bytes.  Errors: VT_MALFORMED */
VT_CHECKED bool vt_scan_batch_parse(vt_slice bytes, struct vt_scan_batch *out,
                                    struct vt_error *err);
void vt_scan_batch_write(const struct vt_scan_batch *batch, struct vt_buf *out);

/* In a folder of the dispatcher's own. */

/* Durably there, in the place of the one before.  VT_IO, VT_LIMIT. */
VT_CHECKED bool vt_scan_batch_keep(struct vt_disk *disk, const struct vt_scan_batch *batch,
                                   struct vt_error *err);
/* The one that is there, into bytes.  *has_out: is there one?
 * Errors: VT_MALFORMED it was changed; VT_IO */
VT_CHECKED bool vt_scan_batch_recall(struct vt_disk *disk, struct vt_buf *bytes,
                                     struct vt_scan_batch *out, bool *has_out,
                                     struct vt_error *err);
/* Every verdict is durable elsewhere: durably gone.  VT_IO. */
VT_CHECKED bool vt_scan_batch_forget(struct vt_disk *disk, struct vt_error *err);

#endif
