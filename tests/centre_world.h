/* A Centre's folder, made of the good world: trust root, a copy of the release ledger with
 * its thirteen entries, a desk on which lamp 1.4.0 is published and lamp 1.5.0 waits, and a
 * published folder with the evidence. */
#ifndef VT_TESTS_CENTRE_WORLD_H
#define VT_TESTS_CENTRE_WORLD_H

#include "tests/world.h"

struct vt_centre_world {
    struct vt_world world; /* moved to the present */
    struct vt_world_made made;
    const char *folder; /* an absolute path */
    /* What stands behind the thirteen, if the ledger is laid so long: two promises, one of
     * them late; a finding; request number 2, and no number 1; a denial; the register of
     * four services; a table of residency; an environment and a builder that the supervisor
     * allowed; statistics of the cell zurich. */
    vt_slice said[10];
    vt_slice table_of_one; /* the same table with one signature, which is too few */
    /* The same words by those who may not say them. */
    vt_slice environment_of_vendor, statistics_of_nobody;
};

#define VT_CENTRE_WORLD_ALL   (VT_WORLD_ENTRIES + 10)
#define VT_CENTRE_WORLD_PLAN  (VT_WORLD_ENTRIES + 5)
#define VT_CENTRE_WORLD_TABLE (VT_WORLD_ENTRIES + 6)
#define VT_CENTRE_WORLD_BUILD (VT_WORLD_ENTRIES + 7) /* environment, then builder */
#define VT_CENTRE_WORLD_COUNT (VT_WORLD_ENTRIES + 9) /* statistics */

#define VT_CENTRE_WORLD_LEDGER  "releases"
#define VT_CENTRE_WORLD_RELEASE 4  /* index of the release in the ledger */
#define VT_CENTRE_WORLD_LIST    11 /* and of the list of withdrawals */

/* Make DIR, which is there. */
void vt_centre_world_make(const char *dir, struct vt_centre_world *out);
/* The same, and this text is what was released as lamp.bin. */
void vt_centre_world_make_of(const char *dir, const char *released,
                             struct vt_centre_world *out);
/* Lay the copy of the ledger anew: its first `size` entries (VT_CENTRE_WORLD_ALL at most),
 * under a checkpoint that the log and these witnesses (bits 0 to 3) signed. */
void vt_centre_world_lay_ledger(const struct vt_centre_world *world, uint64_t size,
                                const char *filler, unsigned witnesses);

#endif
