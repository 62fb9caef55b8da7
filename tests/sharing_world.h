/* All that a keeper of shared files goes by, on the disk, as of now: trust root, table of
 * residency with its proof, a cell's key, a schema of statistics, and what the cell
 * publishes: a head with its quorum, and the recipient that it selects. */
#ifndef VT_TESTS_SHARING_WORLD_H
#define VT_TESTS_SHARING_WORLD_H

#include "cell/role_cell_keeper.h"
#include "tests/sharing.h"
#include "tests/world.h"

/* On the collection list: a file with this content, and this rule. */
#define VT_SHARING_WANTED "a file that the collection list asks for"
#define VT_SHARING_RULE   "collect_lamp"

struct vt_sharing_world {
    int64_t now; /* when it was made */
    const char *trust, *policy, *policy_proof, *key, *schema, *published, *samples;
    vt_slice trust_bytes;
};

/* In the case's folder.  The cell zurich takes files and reports of CH; those of DE are
 * moving to it and fenced; all else belongs to cell frankfurt. */
struct vt_sharing_world vt_sharing_world_make(void);
/* Show the next head; wanted: its one hash asks for this content (NULL: nothing is asked
 * for). */
void vt_sharing_world_show(const struct vt_sharing_world *world, uint64_t epoch,
                           const char *wanted);
struct vt_keeper_begin vt_sharing_world_begin(const struct vt_sharing_world *world);

#endif
