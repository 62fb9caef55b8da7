/* Two whole cells as they run, zurich and vienna, and a move of files of CH between them:
 * `cell serve` with keepers and doors for movers, what each publishes, a table of residency
 * that moves the country, an access ledger with witnesses, and zurich's key agent. */
#ifndef VT_TESTS_MOVING_CELLS_H
#define VT_TESTS_MOVING_CELLS_H

#include "cell/site.h"
#include "tests/moving.h"
#include "tests/served_custody.h"
#include "tests/sharing_world.h"

struct vt_moving_cell {
    const char *name, *jurisdiction, *origin; /* origin: of its heads */
    enum vt_party heads;                      /* whose key that ledger has */
    const char *dir, *samples, *movers;       /* movers: the socket */
    const char *key;                          /* its file */
    const char *document;                     /* its recipient, as text */
    const char *document_file;
    struct vt_recipient recipient;
    const struct vt_key *signer;
    char filter[VT_CELL_PATH_BYTES]; /* a path that is looked up */
    struct vt_running serving;
};

struct vt_moving_cells {
    struct vt_served_custody custody;
    struct vt_moving_cell cells[2];
    const char *trust, *policy, *policy_proof;
    int64_t made;
    vt_hash table; /* payload of the table that was made first */
};

/* In the case's folder.  Ledger and agent run; the cells do not, and their stores are
 * empty.  The struct must stay in its place. */
void vt_moving_cells_make(struct vt_moving_cells *w);
void vt_moving_cells_start(struct vt_moving_cells *w);
/* From that second on the files belong to vienna: a new table, which both cells read. */
void vt_moving_cells_cut_over(struct vt_moving_cells *w, int64_t at_unix_s);
/* job.json in the folder of that name. */
const char *vt_moving_cells_job(struct vt_moving_cells *w, const char *folder);
void vt_moving_cells_stop(struct vt_moving_cells *w);

#endif
