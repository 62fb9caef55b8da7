/* The front of the index: the newest leaf hashes in memory, with a hash table over them. */
#ifndef VT_LEDGER_DEDUP_FRONT_H
#define VT_LEDGER_DEDUP_FRONT_H

#include "base/base.h"
#include "crypto/sha256.h"

struct vt_front_slot {
    uint32_t tag;   /* more bits of the hash, to spare a look at the leaf */
    uint32_t place; /* in leaves, plus 1; 0: free */
};

struct vt_front {
    uint64_t base; /* index of leaves[0] */
    size_t count, room;
    vt_hash *leaves;             /* owned */
    struct vt_front_slot *slots; /* owned; slot_mask + 1 of them */
    size_t slot_mask;
};

void vt_front_init(struct vt_front *front, uint64_t base, size_t room);
void vt_front_clear(struct vt_front *front);
void vt_front_add(struct vt_front *front, const vt_hash *leaf);
/* The index of this leaf; false if it is not here. */
bool vt_front_find(const struct vt_front *front, const vt_hash *leaf, uint64_t *index_out);
/* Forget the oldest `count` leaves. */
void vt_front_drop(struct vt_front *front, size_t count);

/* The oldest `count` leaves as (key << 24 | place), ascending; count is below 2^24.  The
 * caller frees it. */
uint64_t *vt_front_sorted(const struct vt_front *front, size_t count);

#endif
