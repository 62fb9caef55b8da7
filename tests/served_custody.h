/* An access ledger and a key agent as they are served: three real witnesses, `ledger
 * serve`, `keyagent serve`, over the papers of tests/custody_world.h. */
#ifndef VT_TESTS_SERVED_CUSTODY_H
#define VT_TESTS_SERVED_CUSTODY_H

#include "tests/custody_world.h"
#include "tests/running.h"

enum { VT_SERVED_WITNESSES = 3 };

struct vt_served_custody {
    struct vt_custody_world world; /* its papers, as of now */
    struct vt_running witnesses[VT_SERVED_WITNESSES], ledger, agent;
};

/* All of it in the folder of that name in the case's folder.  The struct must stay in its
 * place.
 *
 * policy     predicate of custody/v1; NULL: that of the world
 * recipient  key file of CH/file/2026, VT_CUSTODY_SHARED_SECRET; NULL: the world's own */
void vt_served_custody_begin(struct vt_served_custody *served, const char *folder,
                             const char *policy, const char *recipient);
/* One of its files: keys and papers. */
const char *vt_served_custody_path(const struct vt_served_custody *served,
                                   const char *name);
/* Where it was before. */
void vt_served_custody_start_agent(struct vt_served_custody *served);
/* Sign another policy: FOLDER/policy.json. */
void vt_served_custody_sign(struct vt_served_custody *served, const char *policy);
/* Those that still run. */
void vt_served_custody_stop(struct vt_served_custody *served);

#endif
