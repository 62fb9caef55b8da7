/* Look-ups by a directory, in groups that wait for memory together. */
#include "cell/lookup.h"
#include <endian.h>

enum { GROUP = 32, BITS_MAX = 30, LINE_BYTES = 64 };

struct vt_lookup {
    const struct vt_verdicts *table;
    unsigned bits;
    uint32_t *begins; /* 2^bits + 1: where the rows with these first bits begin */
};

static uint32_t slot_of(const struct vt_lookup *lookup, const uint8_t *hash)
{
    uint32_t head;

    memcpy(&head, hash, sizeof head);
    return lookup->bits == 0 ? 0 : be32toh(head) >> (32 - lookup->bits);
}

struct vt_lookup *vt_lookup_new(const struct vt_verdicts *table)
{
    struct vt_lookup *lookup = vt_alloc(sizeof *lookup);
    uint64_t slots;
    uint32_t slot = 0;

    lookup->table = table;
    while (lookup->bits < BITS_MAX && table->count >> lookup->bits > 1)
        lookup->bits++;
    slots = UINT64_C(1) << lookup->bits;
    lookup->begins = vt_alloc_array(slots + 1, sizeof *lookup->begins);
    for (uint64_t i = 0; i < table->count; i++) /* at most 2^31 rows */
        for (uint32_t of = slot_of(lookup, table->rows + i * VT_VERDICT_BYTES); slot < of;)
            lookup->begins[++slot] = (uint32_t)i;
    while (slot < slots)
        lookup->begins[++slot] = (uint32_t)table->count;
    return lookup;
}

void vt_lookup_free(struct vt_lookup *lookup)
{
    if (lookup == NULL)
        return;
    free(lookup->begins);
    free(lookup);
}

static struct vt_looked_up find(const struct vt_lookup *lookup, uint32_t slot,
                                const vt_hash *hash)
{
    const uint8_t *row =
        lookup->table->rows + (uint64_t)lookup->begins[slot] * VT_VERDICT_BYTES;
    const uint8_t *end =
        lookup->table->rows + (uint64_t)lookup->begins[slot + 1] * VT_VERDICT_BYTES;

    for (; row != end; row += VT_VERDICT_BYTES)
        if (memcmp(row, hash->bytes, VT_SHA256_BYTES) == 0) {
            struct vt_looked_up out = { .state = row[VT_SHA256_BYTES] };

            memcpy(&out.found, row + VT_SHA256_BYTES + 1, sizeof out.found);
            out.found = be32toh(out.found);
            return out;
        }
    return (struct vt_looked_up){ .state = VT_STATE_UNKNOWN };
}

static void fetch_rows(const struct vt_lookup *lookup, uint32_t slot)
{
    const uint8_t *row =
        lookup->table->rows + (uint64_t)lookup->begins[slot] * VT_VERDICT_BYTES;

    __builtin_prefetch(row);
    __builtin_prefetch(row + LINE_BYTES);
}

void vt_lookup_many(const struct vt_lookup *lookup, const vt_hash *hashes, size_t count,
                    struct vt_looked_up *out)
{
    uint32_t slots[GROUP];

    for (size_t at = 0; at < count; at += GROUP) {
        size_t group = count - at < GROUP ? count - at : GROUP;

        for (size_t i = 0; i < group; i++) {
            slots[i] = slot_of(lookup, hashes[at + i].bytes);
            __builtin_prefetch(&lookup->begins[slots[i]]);
        }
        for (size_t i = 0; i < group; i++)
            fetch_rows(lookup, slots[i]);
        for (size_t i = 0; i < group; i++)
            out[at + i] = find(lookup, slots[i], &hashes[at + i]);
    }
}
