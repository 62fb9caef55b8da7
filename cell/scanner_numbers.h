/* What a scanner counts, and how it is shown. */
#ifndef VT_CELL_SCANNER_NUMBERS_H
#define VT_CELL_SCANNER_NUMBERS_H

#include "cell/scan_dispatch.h"

struct vt_scanner_numbers {
    uint64_t waiting; /* in the queue, as the keeper said last */
    uint64_t batches, gone, keyless, refused;
    uint64_t verdicts[VT_SCAN_STATES];
    uint64_t lost_keeper, lost_keys, lost_workers; /* failures, by what failed */
    uint64_t starts;                               /* of workers */
    uint64_t reloads;                              /* of databases and papers */
    int64_t scanned_unix_s;                        /* the last verdict; 0: none yet */
    vt_hash rules;
};

/* Add what a round came to. */
void vt_scanner_numbers_add(struct vt_scanner_numbers *numbers,
                            const struct vt_scan_round *round, int64_t now_unix_s);
/* Append them.  Spec: Prometheus text exposition format 0.0.4 */
void vt_scanner_numbers_write(const struct vt_scanner_numbers *numbers, struct vt_buf *out);

#endif
