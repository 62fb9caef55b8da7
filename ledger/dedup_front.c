/* A hash table with open addressing, at most half full.  Leaf hashes are random, so bits
 * of them serve as hash values, but strangers choose entries and so could make some bits
 * alike: only those who can do 2^40 hashes, and then a look-up grows a little slower. */
#include "ledger/dedup_front.h"
#include "ledger/dedup_run.h"

enum { PLACE_BITS = 24, DIGIT_BITS = 8 };

static uint64_t bits_of(const vt_hash *leaf)
{
    uint64_t bits;

    memcpy(&bits, leaf->bytes + 16, sizeof bits); /* not those that runs are sorted by */
    return bits;
}

static void insert(struct vt_front *front, size_t place)
{
    uint64_t bits = bits_of(&front->leaves[place]);
    size_t at = bits & front->slot_mask;

    while (front->slots[at].place != 0)
        at = (at + 1) & front->slot_mask;
    front->slots[at] =
        (struct vt_front_slot){ (uint32_t)(bits >> 32), (uint32_t)(place + 1) };
}

static void insert_all(struct vt_front *front)
{
    memset(front->slots, 0, (front->slot_mask + 1) * sizeof *front->slots);
    for (size_t i = 0; i < front->count; i++)
        insert(front, i);
}

static void make_room(struct vt_front *front, size_t room)
{
    size_t slots = 64;

    while (slots < room * 2)
        slots *= 2;
    front->room = room;
    front->leaves = vt_grow_array(front->leaves, room, sizeof *front->leaves);
    free(front->slots);
    front->slots = vt_alloc_array(slots, sizeof *front->slots);
    front->slot_mask = slots - 1;
    insert_all(front);
}

void vt_front_init(struct vt_front *front, uint64_t base, size_t room)
{
    *front = (struct vt_front){ .base = base };
    make_room(front, room);
}

void vt_front_clear(struct vt_front *front)
{
    free(front->leaves);
    free(front->slots);
    *front = (struct vt_front){ .base = 0 };
}

void vt_front_add(struct vt_front *front, const vt_hash *leaf)
{
    if (front->count == front->room)
        make_room(front, front->room * 2);
    front->leaves[front->count] = *leaf;
    insert(front, front->count++);
}

bool vt_front_find(const struct vt_front *front, const vt_hash *leaf, uint64_t *index_out)
{
    uint64_t bits = bits_of(leaf);
    size_t at = bits & front->slot_mask;

    for (; front->slots[at].place != 0; at = (at + 1) & front->slot_mask) {
        size_t place = front->slots[at].place - 1;

        if (front->slots[at].tag == (uint32_t)(bits >> 32) &&
            vt_hash_equal(&front->leaves[place], leaf)) {
            *index_out = front->base + place;
            return true;
        }
    }
    return false;
}

void vt_front_drop(struct vt_front *front, size_t count)
{
    memmove(front->leaves, front->leaves + count,
            (front->count - count) * sizeof *front->leaves);
    front->count -= count;
    front->base += count;
    insert_all(front);
}

/* One pass of a radix sort: by the digit at `shift`. */
static void sort_by_digit(const uint64_t *from, uint64_t *to, size_t count, unsigned shift)
{
    size_t starts[1 << DIGIT_BITS] = { 0 }, at = 0;

    for (size_t i = 0; i < count; i++)
        starts[from[i] >> shift & 0xff]++;
    for (size_t digit = 0; digit < 1 << DIGIT_BITS; digit++) {
        size_t here = starts[digit];

        starts[digit] = at;
        at += here;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i] >> shift & 0xff]++] = from[i];
}

uint64_t *vt_front_sorted(const struct vt_front *front, size_t count)
{
    uint64_t *sorted = vt_alloc_array(count, sizeof *sorted);
    uint64_t *spare = vt_alloc_array(count, sizeof *spare), *swap;

    VT_ASSERT(count <= front->count && count <= (size_t)1 << PLACE_BITS);
    for (size_t i = 0; i < count; i++)
        sorted[i] = vt_run_key(&front->leaves[i]) << PLACE_BITS | i;
    for (unsigned shift = PLACE_BITS; shift < 64; shift += DIGIT_BITS) {
        sort_by_digit(sorted, spare, count, shift);
        swap = sorted;
        sorted = spare;
        spare = swap;
    }
    free(spare);
    return sorted;
}
