/* What the stage and the gate of every process on it share: a small mapped file (which
 * operation to break, how, what was acknowledged) and a trace of all that happened.
 * Between tests/stage.c and tests/gate.c only.
 *
 * A process finds them by the variable VITRINE_STAGE, the path of the control file; the
 * trace lies beside it, ".trace" added. */
#ifndef VT_TESTS_STAGE_CONTROL_H
#define VT_TESTS_STAGE_CONTROL_H

#include "store/gate.h"
#include <pthread.h>

#define VT_STAGE_VARIABLE "VITRINE_STAGE"
/* How a control file begins.  It stands in every program that can be broken. */
#define VT_STAGE_MARK "vitrine stage: this program breaks its disk when told"

enum { VT_STAGE_PLACE_BYTES = 160, VT_STAGE_SAID_BYTES = 1 << 16 };

struct vt_stage_control {
    char mark[64];
    pthread_mutex_t lock; /* held from before an operation until it is in the trace */
    unsigned break_at;    /* which operation, from 1; 0: none */
    unsigned mode;        /* enum vt_break */
    unsigned passed;      /* operations so far; with VT_BREAK_FORGET, syncs */
    unsigned skipped;     /* syncs left out so far */
    bool was_broken;      /* operation break_at was reached */
    bool is_down;         /* the power is off: whoever comes to the gate dies */
    char place[VT_STAGE_PLACE_BYTES];     /* of the broken operation */
    char skip_sync[VT_STAGE_PLACE_BYTES]; /* this sync is left out; "": none */
    char root[4096];                      /* only what lies below is on the stage */
    size_t said_len;
    char said[VT_STAGE_SAID_BYTES]; /* what was acknowledged, a line each */
};

/* One record of the trace: this, then the three texts without NUL, then the bytes. */
struct vt_stage_record {
    uint32_t kind; /* enum vt_gate_kind */
    uint32_t mode;
    uint64_t inode, at, len;
    uint16_t place_len, name_len, to_len; /* names are relative to the control's root */
    bool has_bytes;                       /* else a write is of zeros */
    bool is_skipped;                      /* a sync that was left out */
    bool is_forgotten;                    /* a sync that failed for good */
};

struct vt_stage_event {
    struct vt_stage_record record;
    vt_slice place, name, to, bytes; /* borrowed from the trace */
};

/* The next event of a trace; false if it is cut short. */
VT_CHECKED bool vt_stage_event_read(vt_reader *r, struct vt_stage_event *out);

/* Map the control file of this process's stage; NULL if it is on none.  Never unmapped. */
struct vt_stage_control *vt_stage_control_open(void);
void vt_stage_control_lock(struct vt_stage_control *control);

#endif
