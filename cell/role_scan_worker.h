/* Role scan-worker: one file at a time, past libyara and libclamav, unpacked in memory.
 * Seen by the pool (scan_pool.c), which distrusts it.
 *
 * A conversation: BEGIN, READY; then JOB, ANSWER, as often as wanted.  The file lies in
 * the intake, memory that the pool writes. */
#ifndef VT_CELL_ROLE_SCAN_WORKER_H
#define VT_CELL_ROLE_SCAN_WORKER_H

#include "cell/scan.h"
#include "role/role.h"

#define VT_ROLE_SCAN_WORKER "scan-worker"
/* The same, but it misbehaves as a sample tells it to; see role_scan_probe.c. */
#define VT_ROLE_SCAN_PROBE "scan-probe"

/* Given descriptors, all of scan_memory.h. */
enum {
    VT_SCAN_INTAKE, /* the file */
    VT_SCAN_STAGE,  /* one byte: the engine that is at work, as the worker says */
    VT_SCAN_RULES,  /* compiled rules; absent if there are none */
    VT_SCAN_FDS,
};

enum {
    VT_SCAN_BEGIN = 1,
    VT_SCAN_READY,
    VT_SCAN_JOB,
    VT_SCAN_ANSWER,
    VT_SCAN_LAST_ANSWER, /* an answer too; the worker ends, and another must follow */
};

#define VT_SCAN_FOLDER_BYTES 4096
#define VT_SCAN_KEY_BYTES    16

/* What it is told first. */
struct vt_scan_begin {
    struct vt_scan_limits limits;
    bool has_rules;
    char clamav[VT_SCAN_FOLDER_BYTES]; /* folder of databases; "": none */
};
VT_CHECKED bool vt_scan_begin_parse(vt_slice bytes, struct vt_scan_begin *out,
                                    struct vt_error *err);
void vt_scan_begin_write(const struct vt_scan_begin *begin, struct vt_buf *out);

/* What it says when it can work: versions, and what it loaded. */
struct vt_scan_ready {
    vt_hash clamav; /* zeros: none */
    char engines[VT_SCAN_ENGINES_BYTES];
};
VT_CHECKED bool vt_scan_ready_parse(vt_slice bytes, struct vt_scan_ready *out,
                                    struct vt_error *err);
void vt_scan_ready_write(const struct vt_scan_ready *ready, struct vt_buf *out);

struct vt_scan_task {
    uint64_t len;   /* bytes in the intake */
    bool is_cut;    /* the file is longer */
    bool is_sealed; /* they are the payload of an age file with that key */
    uint8_t file_key[VT_SCAN_KEY_BYTES];
};
VT_CHECKED bool vt_scan_task_parse(vt_slice bytes, struct vt_scan_task *out,
                                   struct vt_error *err);
void vt_scan_task_write(const struct vt_scan_task *task, struct vt_buf *out);

extern const struct vt_rights vt_scan_worker_rights;
int vt_role_scan_worker(struct vt_channel *channel);
int vt_role_scan_probe(struct vt_channel *channel);

/* The whole of the role.  before: called with the bytes of a file before any engine sees
 * them; NULL in the product. */
int vt_scan_worker_run(struct vt_channel *channel,
                       void (*before)(vt_slice bytes, struct vt_scan_outcome *outcome));

#endif
