/* What a witness tells its operator: /health and /metrics. */
#ifndef VT_LEDGER_WITNESS_PAGES_H
#define VT_LEDGER_WITNESS_PAGES_H

#include "http/server.h"
#include "ledger/witness_log.h"
#include "ledger/witness_memory.h"

struct vt_witness_numbers {
    uint64_t cosigned, refused, too_many; /* answers to POST /add-checkpoint */
    int64_t up_ms, now_unix_s;
    size_t waiting; /* requests that wait for the disk */
    struct vt_http_counts http;
};

/* What is known of one log. */
struct vt_witness_known {
    bool is_seen;
    struct vt_witness_seen seen;
};

/* known: as config->logs.  Both write what fits: out of 1 MiB is enough for 1000 logs. */
void vt_witness_write_health(const struct vt_witness_numbers *numbers,
                             const struct vt_witness_config *config,
                             const struct vt_witness_known *known, struct vt_buf *out);
/* Spec: Prometheus text exposition format 0.0.4 */
void vt_witness_write_metrics(const struct vt_witness_numbers *numbers,
                              const struct vt_witness_config *config,
                              const struct vt_witness_known *known, struct vt_buf *out);

#endif
