/* A crowd of writers that outlives the server it speaks to: many connections in this
 * process, each of which sends numbered entries to POST /add, and sends an entry again,
 * over a new connection, when its answer did not come. */
#ifndef VT_TESTS_CROWD_H
#define VT_TESTS_CROWD_H

#include "tests/harness.h"

enum { VT_CROWD_ENTRY_BYTES = 200 };

struct vt_crowd {
    uint16_t port; /* on 127.0.0.1 */
    unsigned size; /* connections, at most 256 */
    double rate;   /* new entries a second, all together */

    uint64_t sent;         /* entries 0 .. sent were sent at least once */
    uint64_t acknowledged; /* of them */
    uint64_t again;        /* requests that were sent again */
    uint64_t refused;      /* answers other than 200 */
    uint64_t *indexes;     /* of each entry; UINT64_MAX: not acknowledged */
    uint64_t max;          /* room in it */
    struct vt_crowd_inside *inside;
};

/* max: how many entries may be sent in all. */
void vt_crowd_begin(struct vt_crowd *crowd, uint64_t max);
/* Work for so long. */
void vt_crowd_run(struct vt_crowd *crowd, int64_t ms);
/* Send nothing new until all that was sent is acknowledged; fails the case if it is not
 * within half a minute.  Then nothing more can be done with the crowd but read it. */
void vt_crowd_settle(struct vt_crowd *crowd);

/* Entry `number`, as everybody can make it again: VT_CROWD_ENTRY_BYTES. */
void vt_crowd_entry(uint64_t number, uint8_t *out);
/* The number in an entry; false: it is no entry of a crowd, to the last byte. */
bool vt_crowd_number(vt_slice entry, uint64_t *number_out);

#endif
