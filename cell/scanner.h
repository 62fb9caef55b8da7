/* The scanner of a cell as it runs: the dispatcher that joins the keeper's queue, the key
 * agent and the confined workers (cell/scan_dispatch.h), round after round, until it is
 * told to end.  Whatever goes away - keeper, ledger, agent, a worker - is waited for; what
 * changes - rules, papers - is read again.
 *
 *   STATE/batch         the batch that file keys are asked for
 *   STATE/metrics.prom  numbers, in Prometheus' text format, for a collector of files: a
 *                       process that has keys listens to nobody */
#ifndef VT_CELL_SCANNER_H
#define VT_CELL_SCANNER_H

#include "cell/scan_dispatch.h"

#define VT_SCANNER_METRICS "metrics.prom"

/* All is borrowed. */
struct vt_scanner {
    const char *samples; /* the keeper's folder */
    const char *state;   /* our own; made if missing */
    struct vt_scan_setup scan;
    struct vt_scan_keys keys;
    uint32_t lease_s;
    size_t batch_max;
    int64_t idle_ms; /* between two looks at an empty queue */
    /* When one of these changes, `renew` is called: it reads them again, or leaves all as
     * it was and says why.  The databases are looked at beside. */
    const char *const *papers; /* ended by NULL */
    bool (*renew)(void *context, struct vt_error *err);
    void (*ready)(void *context); /* once, when workers are there */
    void *context;
};

/* Scan until SIGTERM or SIGINT (true): what is being scanned then is finished and settled,
 * the rest of its batch stays noted.  SIGHUP: look at papers and databases now.  What it
 * does is told on standard error, a line a batch.
 *
 * Errors: those of the first vt_scan_pool_open; VT_MALFORMED the noted batch was changed;
 *         VT_IO the state folder: taken by another scanner, unusable */
VT_CHECKED bool vt_scanner_run(const struct vt_scanner *scanner, struct vt_error *err);

#endif
