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
/* Its papers alone, in memory: trust root, signed table of residency, a head (whose tree
 * the caller fills in) and its file. */
vt_slice vt_sharing_world_trust(int64_t now);
/* The same, but what it certifies for the cell was certified until then. */
vt_slice vt_sharing_world_trust_until(int64_t now, int64_t certified_until);
vt_slice vt_sharing_world_policy(int64_t made);
struct vt_cell_head vt_sharing_world_head(int64_t now, uint64_t epoch);
vt_slice vt_sharing_world_head_file(int64_t now, struct vt_cell_head head,
                                    const char *wanted);
/* The same of any cell: its recipient's document, the origin of its heads, the key of that
 * ledger, and its own. */
struct vt_sharing_cell {
    const char *recipient, *origin;
    enum vt_party heads;
    const struct vt_key *key;
};
vt_slice vt_sharing_world_head_of(const struct vt_sharing_cell *cell, int64_t now,
                                  struct vt_cell_head head, const char *wanted);
struct vt_keeper_begin vt_sharing_world_begin(const struct vt_sharing_world *world);
/* Start a keeper, and come to its door as a dispatcher does; queue: the dispatcher's end.
 */
struct vt_role *vt_sharing_world_keeper(const struct vt_keeper_begin *begin,
                                        struct vt_channel *queue);

#endif
