/* The release ledger of the world of tests/world.h, for real: four witnesses that are
 * served, a ledger in a folder that asks them, the trust root, everybody's keys.  For tests
 * of what is said on it. */
#ifndef VT_TESTS_SUPERVISED_H
#define VT_TESTS_SUPERVISED_H

#include "tests/running.h"

#define VT_SUPERVISED_WITNESSES 4

struct vt_supervised {
    struct vt_running witnesses[VT_SUPERVISED_WITNESSES];
};

/* In the case's folder: `log` (with one entry about something else), `policy`,
 * `trust.json`, and the keys `vendor`, `supervisor`, `foundation`, `reviewer`, `stranger`,
 * `log.key`. */
void vt_supervised_start(struct vt_supervised *stand);
void vt_supervised_stop(struct vt_supervised *stand);

#endif
