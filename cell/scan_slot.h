/* One worker's place in a pool: its process, the memory shared with it, its job. */
#ifndef VT_CELL_SCAN_SLOT_H
#define VT_CELL_SCAN_SLOT_H

#include "cell/role_scan_worker.h"
#include "cell/scan_memory.h"
#include "cell/scan_pool.h"

/* The same for all places of a pool. */
struct vt_scan_terms {
    const char *role;
    struct vt_scan_begin begin;
    struct vt_scan_memory rules; /* begin.has_rules says whether */
    struct vt_scan_binding binding;
    vt_hash clamav; /* digest of the databases; zeros: none */
    unsigned files_per_worker;
};

struct vt_scan_slot {
    struct vt_role *role; /* NULL: none runs */
    struct vt_scan_memory intake, stage;
    bool is_ready; /* it has said that it can work */
    bool is_busy;  /* it has a job */
    struct vt_scan_task task;
    uint64_t tag;
    uint64_t files;    /* scanned by this process */
    unsigned failures; /* starts in a row that came to nothing */
    uint64_t starts;   /* in all */
    int64_t born_ms;
    int64_t deadline_ms; /* when it is no longer waited for; monotonic */
};

VT_CHECKED bool vt_scan_slot_init(struct vt_scan_slot *slot,
                                  const struct vt_scan_terms *terms, struct vt_error *err);
void vt_scan_slot_clear(struct vt_scan_slot *slot);
/* Start a process; it says later that it is ready.  VT_IO. */
VT_CHECKED bool vt_scan_slot_start(struct vt_scan_slot *slot,
                                   const struct vt_scan_terms *terms, struct vt_error *err);
/* Read the file into the intake, and tell the worker if it is ready.  VT_IO. */
VT_CHECKED bool vt_scan_slot_put(struct vt_scan_slot *slot,
                                 const struct vt_scan_terms *terms,
                                 const struct vt_scan_job *job, struct vt_error *err);

/* What came of waiting for it. */
enum vt_scan_news {
    VT_SCAN_NEWS_NONE,
    VT_SCAN_NEWS_READY,
    VT_SCAN_NEWS_VERDICT,
    VT_SCAN_NEWS_TROUBLE, /* err says which */
};
/* Its channel is readable. */
enum vt_scan_news vt_scan_slot_hear(struct vt_scan_slot *slot, struct vt_scan_terms *terms,
                                    struct vt_scan_verdict *out, struct vt_error *err);
/* Its time is over. */
enum vt_scan_news vt_scan_slot_expire(struct vt_scan_slot *slot,
                                      struct vt_scan_terms *terms,
                                      struct vt_scan_verdict *out, struct vt_error *err);

#endif
