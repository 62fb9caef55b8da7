/* A cell that scans, all of it real: `cell serve` with its keeper, an access ledger with
 * witnesses, `keyagent serve`, `cell scanner` with its workers, and the client's command.
 */
#ifndef VT_TESTS_SCANNING_WORLD_H
#define VT_TESTS_SCANNING_WORLD_H

#include "cell/scan.h"
#include "tests/served_custody.h"
#include "tests/sharing_world.h"

#define VT_SCANNING_EICAR "44d88612fea8a8f36de82e1278abb02f:68:Test.Eicar\n"

struct vt_scanning_world {
    struct vt_sharing_world sharing;
    struct vt_served_custody custody;
    struct vt_running cell, scanner;
    const char *signatures[2]; /* databases, one at a time; the policy publishes both */
    vt_hash rules[2];          /* their digests */
};

/* signatures: texts for a .hdb; the first is there, the second may be NULL.  Cell, ledger
 * and agent run; the scanner is not started.  The client's machine has said yes.  The
 * struct must stay in its place. */
void vt_scanning_world_make(struct vt_scanning_world *world, const char *first,
                            const char *second);
void vt_scanning_start_cell(struct vt_scanning_world *world);
void vt_scanning_start_scanner(struct vt_scanning_world *world);
/* Put those databases in the place of the others. */
void vt_scanning_use(struct vt_scanning_world *world, size_t which);
/* predicate of custody/v1 of that version; the policy publishes the first `published` */
const char *vt_scanning_policy(const struct vt_scanning_world *world, unsigned version,
                               size_t published);
void vt_scanning_world_stop(struct vt_scanning_world *world);

/* `client share --rule` of that file, which must end with that exit code; what it said. */
const char *vt_scanning_share(const struct vt_scanning_world *world, int exit_code_wanted,
                              const char *path);
/* Write that file, share it, and give its object id. */
vt_hash vt_scanning_share_bytes(const struct vt_scanning_world *world, const char *name,
                                vt_slice bytes);

/* A number of STATE/metrics.prom by its whole name; 0 while there is none. */
uint64_t vt_scanning_number(const char *name);
/* Wait until so many verdicts are durable. */
bool vt_scanning_wait(uint64_t verdicts);

/* With the cell stopped: its store, opened; end with vt_samples_close. */
struct vt_samples *vt_scanning_open_store(const struct vt_scanning_world *world);
/* With the cell stopped: the verdict in the store, its text in *outcome; false: none. */
bool vt_scanning_verdict(const struct vt_scanning_world *world, const vt_hash *object,
                         struct vt_sample_verdict *verdict, const char **outcome);
/* Each file key that the agent released: object, rules. */
void vt_scanning_each_release(const struct vt_scanning_world *world,
                              void (*each)(void *context, const vt_hash *object,
                                           const vt_hash *rules),
                              void *context);
/* How often the agent released that object's key for those rules. */
size_t vt_scanning_releases(const struct vt_scanning_world *world, const vt_hash *object,
                            const vt_hash *rules);

#endif
