/* From the keeper's queue to a verdict: samples are taken in batches, their file keys are
 * asked for, workers scan, verdicts are settled.
 *
 *   take -> sign a statement -> note both durably -> ask -> scan, settle ... -> forget
 *
 * Whoever is killed anywhere on this way goes on with the batch that is noted.  A sample
 * leaves the queue by a verdict that is durable, and in no other way. */
#ifndef VT_CELL_SCAN_DISPATCH_H
#define VT_CELL_SCAN_DISPATCH_H

#include "cell/queue_message.h"
#include "cell/scan_batch.h"
#include "cell/scan_pool.h"
#include "crypto/age_grant.h"

/* Where file keys come from: a key agent, behind a statement on the access ledger. */
struct vt_scan_keys {
    /* Write what must be known again after a crash: it is kept before `ask` is called.
     * Appended to statement. */
    bool (*prepare)(void *context, const struct vt_scan_batch *batch,
                    struct vt_buf *statement, struct vt_error *err);
    /* The keys of a noted batch.  grant_out: returned, ends with vt_age_grant_clear.
     * Errors: VT_REJECTED they will never be given for this statement; anything else: ask
     *         again later, with the same */
    bool (*ask)(void *context, const struct vt_scan_batch *batch,
                struct vt_age_grant *grant_out, struct vt_error *err);
    void *context;
};

struct vt_scan_dispatch {
    struct vt_channel *keeper; /* its queue (cell/queue_message.h) */
    struct vt_disk *samples;   /* the keeper's folder, to read bodies below it */
    struct vt_disk *state;     /* our own, under our lock */
    struct vt_scan_pool *pool;
    struct vt_scan_keys keys;
    uint32_t lease_s; /* how long a batch may take, all in all */
    size_t batch_max; /* 1 to VT_SCAN_BATCH_MAX */
    /* Asked before each sample: true ends the round behind those that are being scanned.
     * NULL: never. */
    bool (*should_end)(void *context);
    void *context;
};

struct vt_scan_round {
    size_t samples;                /* in the batch; 0: nothing waits */
    size_t settled;                /* of them have a verdict now ... */
    size_t states[VT_SCAN_STATES]; /* ... of these states */
    size_t gone;                   /* were erased meanwhile */
    size_t keyless;                /* got no key: they stay in the queue */
    bool is_cut;                   /* it was ended; the batch stays noted */
    bool has_waiting;              /* the keeper was asked for a batch, and said ... */
    uint64_t waiting;              /* ... how many were never scanned, these included */
};

/* One batch, the noted one first.
 *
 * Errors: VT_REJECTED the keys are refused for good; the batch is given up, its samples
 *                     stay in the queue and the operator must know
 *         VT_ABSENT   the keeper is gone
 *         VT_IO       ledger, agent or pool do not work now; the batch is kept: call again
 *         VT_LIMIT, VT_MALFORMED as those whom it calls */
VT_CHECKED bool vt_scan_dispatch_round(const struct vt_scan_dispatch *dispatch,
                                       struct vt_scan_round *out, struct vt_error *err);

#endif
