/* Look-ups by a directory, in groups that wait for memory together. */
#include "cell/verdict_index.h"
#include <endian.h>
#include <sys/mman.h>

enum { GROUP = 32, BITS_MAX = 30, LINE_BYTES = 64, PAGE_BYTES = 2 << 20 };

struct vt_verdict_index {
    const struct vt_verdicts *table;
    unsigned bits;
    uint32_t *begins; /* 2^bits + 1: where the rows with these first bits begin */
};

static uint32_t slot_of(const struct vt_verdict_index *index, const uint8_t *hash)
{
    uint32_t head;

    memcpy(&head, hash, sizeof head);
    return index->bits == 0 ? 0 : be32toh(head) >> (32 - index->bits);
}

/* Every look-up goes to another page, and finding a small one costs as much as the line in
 * it.  Advice: what is not the kernel's to put together (a mapped file, as a rule) or has
 * been put together already stays as it is. */
static void want_large_pages(const void *memory, uint64_t bytes)
{
    enum { COLLAPSE = 25 }; /* MADV_COLLAPSE of Linux 6.1; not in every libc's header */
    uintptr_t from = ((uintptr_t)memory + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    uintptr_t to = ((uintptr_t)memory + bytes) / PAGE_BYTES * PAGE_BYTES;

    if (from >= to)
        return;
    (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
    (void)madvise((void *)from, to - from, COLLAPSE);
}

static uint32_t *new_directory(uint64_t count)
{
    size_t bytes = (count * sizeof(uint32_t) / PAGE_BYTES + 1) * PAGE_BYTES; /* 2^30 */
    uint32_t *begins = aligned_alloc(PAGE_BYTES, bytes);

    VT_ASSERT(begins != NULL);
    (void)madvise(begins, bytes, MADV_HUGEPAGE); /* before they are touched */
    memset(begins, 0, bytes);
    return begins;
}

struct vt_verdict_index *vt_verdict_index_new(const struct vt_verdicts *table)
{
    struct vt_verdict_index *index = vt_alloc(sizeof *index);
    uint64_t slots;
    uint32_t slot = 0;

    index->table = table;
    while (index->bits < BITS_MAX && table->count >> index->bits != 0)
        index->bits++;
    slots = UINT64_C(1) << index->bits;
    index->begins = new_directory(slots + 1);
    for (uint64_t i = 0; i < table->count; i++) /* at most 2^31 rows */
        for (uint32_t of = slot_of(index, table->rows + i * VT_VERDICT_BYTES); slot < of;)
            index->begins[++slot] = (uint32_t)i;
    while (slot < slots)
        index->begins[++slot] = (uint32_t)table->count;
    want_large_pages(table->rows, table->count * VT_VERDICT_BYTES);
    return index;
}

void vt_verdict_index_free(struct vt_verdict_index *index)
{
    if (index == NULL)
        return;
    free(index->begins);
    free(index);
}

struct rows {
    const uint8_t *at, *end;
};

static struct rows rows_of(const struct vt_verdict_index *index, uint32_t slot)
{
    const uint8_t *rows = index->table->rows;

    return (struct rows){ rows + (uint64_t)index->begins[slot] * VT_VERDICT_BYTES,
                          rows + (uint64_t)index->begins[slot + 1] * VT_VERDICT_BYTES };
}

static struct vt_looked_up find(struct rows rows, const vt_hash *hash)
{
    for (; rows.at != rows.end; rows.at += VT_VERDICT_BYTES)
        if (memcmp(rows.at, hash->bytes, VT_SHA256_BYTES) == 0) {
            struct vt_looked_up out = { .state = rows.at[VT_SHA256_BYTES] };

            memcpy(&out.found, rows.at + VT_SHA256_BYTES + 1, sizeof out.found);
            out.found = be32toh(out.found);
            return out;
        }
    return (struct vt_looked_up){ .state = VT_STATE_UNKNOWN };
}

/* The lines that they lie in: none for a third of all slots, seldom more than two. */
static void fetch_rows(struct rows rows)
{
    for (const uint8_t *at = rows.at; at < rows.end; at += LINE_BYTES)
        __builtin_prefetch(at);
    if (rows.at != rows.end)
        __builtin_prefetch(rows.end - 1);
}

static void fetch_slots(const struct vt_verdict_index *index, const vt_hash *hashes,
                        size_t count, uint32_t *slots)
{
    for (size_t i = 0; i < count; i++) {
        slots[i] = slot_of(index, hashes[i].bytes);
        __builtin_prefetch(&index->begins[slots[i]]);
    }
}

static size_t group_at(size_t at, size_t count)
{
    return at >= count ? 0 : count - at < GROUP ? count - at : GROUP;
}

/* While the rows of one group are on their way, the slots of the next are asked for. */
void vt_verdict_index_ask(const struct vt_verdict_index *index, const vt_hash *hashes,
                          size_t count, struct vt_looked_up *out)
{
    uint32_t slots[2][GROUP];
    struct rows rows[GROUP];

    fetch_slots(index, hashes, group_at(0, count), slots[0]);
    for (size_t at = 0; at < count; at += GROUP) {
        const uint32_t *mine = slots[at / GROUP % 2];
        size_t group = group_at(at, count), next = at + group;

        for (size_t i = 0; i < group; i++) {
            rows[i] = rows_of(index, mine[i]);
            fetch_rows(rows[i]);
        }
        fetch_slots(index, hashes + next, group_at(next, count),
                    slots[(at / GROUP + 1) % 2]);
        for (size_t i = 0; i < group; i++)
            out[at + i] = find(rows[i], &hashes[at + i]);
    }
}
