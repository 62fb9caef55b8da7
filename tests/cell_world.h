/* A data cell in the world of tests/world.h: its key in the trust root, its ledger of
 * heads, and what is certified for it. */
#ifndef VT_TESTS_CELL_WORLD_H
#define VT_TESTS_CELL_WORLD_H

#include "tests/world.h"

#define VT_CELL_WORLD_ORIGIN "cell.example/heads"

struct vt_cell_world {
    const char *key_cell, *key_jurisdiction; /* that the cell's key speaks for, and is in */
    int64_t key_from, key_until;
    const char *certified_cell, *certified_use; /* of the recipient */
    int64_t certified_from, certified_until;
    const char *recipient, *statistics; /* texts whose SHA-256 is certified */
    const char *ohttp;     /* SHA-256 of the gateway's key; NULL: of the word "ohttp" */
    const char *relay_url; /* NULL: the root names no relay */
    const char *relay_holder;
    bool has_ledger;
};

/* The cell "zurich" in CH; recipient, statistics and ohttp are certified: the SHA-256 of
 * these words. */
struct vt_cell_world vt_cell_world_good(void);
/* trust.json of that world with the cell in it; both ledgers are in its policy. */
vt_slice vt_cell_world_trust(struct vt_world *world, const struct vt_cell_world *cell);

#endif
