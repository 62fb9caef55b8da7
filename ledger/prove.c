/* All proofs climb: from a node to the root, and at each step the sibling is the next
 * hash. An inclusion proof climbs from the leaf; a consistency proof from the largest
 * complete subtree at the right edge of the old tree, or of the subtree in question. */
#include "ledger/prove.h"

enum { TILE_HEIGHT = 8, KEPT_LEAVES = 2, KEPT = 256 };

/* A tile's hashes, and behind them the roots of all complete subtrees inside it: those over
 * 2^h hashes begin at row_at(h). */
struct kept {
    struct vt_tile_name name;
    vt_hash nodes[2 * VT_TILE_WIDTH];
};

/* Of leaves the last two tiles are kept: a climb stays in one tile for eight steps, and
 * neighbours of the last entry are in one of two.  Above them 4 MiB a level, which is all
 * of level 1 for 2^24 entries: whoever proves entries in any order computes the nodes of
 * one tile for each. */
struct vt_prover {
    struct vt_tile_source source;
    uint64_t size;                           /* of the tree */
    struct kept *kept[VT_TILE_LEVELS][KEPT]; /* NULL: nothing yet */
};

static unsigned row_at(unsigned h)
{
    const unsigned all = 2 * VT_TILE_WIDTH;

    return all - (all >> h);
}

static void compute_nodes(struct kept *kept)
{
    for (unsigned h = 1; h < TILE_HEIGHT; h++) {
        const vt_hash *below = &kept->nodes[row_at(h - 1)];

        for (unsigned i = 0; i < kept->name.width >> h; i++)
            kept->nodes[row_at(h) + i] = vt_sha256_node(&below[2 * i], &below[2 * i + 1]);
    }
}

static bool load(struct vt_prover *p, const struct vt_tile_name *name, struct kept **slot,
                 struct vt_error *err)
{
    if (*slot == NULL)
        *slot = vt_alloc(sizeof **slot);
    (*slot)->name.width = 0;
    if (!p->source.read(p->source.context, name, (*slot)->nodes, err))
        return false;
    (*slot)->name = *name;
    compute_nodes(*slot);
    return true;
}

/* The root of the complete subtree `index` among those of 2^height entries. */
static bool read_node(struct vt_prover *p, unsigned height, uint64_t index, vt_hash *out,
                      struct vt_error *err)
{
    int level = (int)(height / TILE_HEIGHT);
    unsigned h = height % TILE_HEIGHT;
    uint64_t tile = index >> (TILE_HEIGHT - h);
    struct vt_tile_name name = { level, tile, vt_tile_width(level, tile, p->size) };
    struct kept **slot = &p->kept[level][tile % (level == 0 ? KEPT_LEAVES : KEPT)];

    VT_ASSERT(name.width != 0);
    if ((*slot == NULL || (*slot)->name.width != name.width ||
         (*slot)->name.index != tile) &&
        !load(p, &name, slot, err))
        return false;
    *out = (*slot)->nodes[row_at(h) + index % (VT_TILE_WIDTH >> h)];
    return true;
}

/* The root over [start, end), where start is a multiple of a power of two not below
 * end - start: complete subtrees, from the right to the left. */
static bool read_range(struct vt_prover *p, uint64_t start, uint64_t end, vt_hash *out,
                       struct vt_error *err)
{
    vt_hash root = vt_tree_empty_root, left;
    uint64_t at = end;

    while (at != start) {
        unsigned height = (unsigned)__builtin_ctzll(at - start);
        uint64_t part = UINT64_C(1) << height;

        at -= part;
        if (!read_node(p, height, at / part, &left, err))
            return false;
        root = at + part == end ? left : vt_sha256_node(&left, &root);
    }
    *out = root;
    return true;
}

/* Append the siblings on the way from node `index` of `height` up to the root. */
static bool climb(struct vt_prover *p, unsigned height, uint64_t index,
                  struct vt_proof *out, struct vt_error *err)
{
    for (; height < 63 && UINT64_C(1) << height < p->size; height++, index >>= 1) {
        uint64_t start = (index ^ 1) << height;
        uint64_t end = start + (UINT64_C(1) << height);

        if (start >= p->size) /* at the right edge there may be no sibling */
            continue;
        if (!read_range(p, start, end < p->size ? end : p->size, &out->hashes[out->count],
                        err))
            return false;
        out->count++;
    }
    return true;
}

static bool check_size(uint64_t size, struct vt_error *err)
{
    if (size > UINT64_C(1) << 63)
        return vt_fail(err, VT_LIMIT, "a tree of more than 2^63 entries");
    return true;
}

struct vt_prover *vt_prover_new(const struct vt_tile_source *source, uint64_t size)
{
    struct vt_prover *p = vt_alloc(sizeof *p);

    p->source = *source;
    p->size = size;
    return p;
}

void vt_prover_free(struct vt_prover *p)
{
    if (p == NULL)
        return;
    for (size_t level = 0; level < VT_TILE_LEVELS; level++)
        for (size_t i = 0; i < KEPT; i++)
            free(p->kept[level][i]);
    free(p);
}

static void prover_free_pointer(struct vt_prover **p)
{
    vt_prover_free(*p);
}
#define AUTO_PROVER __attribute__((cleanup(prover_free_pointer))) struct vt_prover *

/* A tile that was open then has another width now, and is read again. */
void vt_prover_grow(struct vt_prover *p, uint64_t size)
{
    p->size = size;
}

void vt_prover_forget(struct vt_prover *p)
{
    for (size_t level = 0; level < VT_TILE_LEVELS; level++)
        for (size_t i = 0; i < KEPT; i++)
            if (p->kept[level][i] != NULL)
                p->kept[level][i]->name.width = 0;
}

bool vt_prover_inclusion(struct vt_prover *p, uint64_t index, struct vt_proof *out,
                         struct vt_error *err)
{
    struct vt_proof proof = { .count = 0 };

    if (index >= p->size)
        return vt_fail(err, VT_ABSENT, "entry %ju is not in the tree of %ju entries",
                       (uintmax_t)index, (uintmax_t)p->size);
    if (!check_size(p->size, err) || !climb(p, 0, index, &proof, err))
        return false;
    *out = proof;
    return true;
}

bool vt_prover_subtree(struct vt_prover *p, uint64_t start, uint64_t end,
                       struct vt_proof *out, struct vt_error *err)
{
    struct vt_proof proof = { .count = 0 };
    uint64_t first = start, last = end - 1; /* not used when it is empty */
    unsigned height = 0;

    VT_ASSERT(vt_tree_is_subtree(start, end));
    if (end > p->size)
        return vt_fail(err, VT_ABSENT, "the tree of %ju entries does not reach to %ju",
                       (uintmax_t)p->size, (uintmax_t)end);
    if (start != end) {
        /* At the tree's own edge all of the subtree is one node; else its last part. */
        while (first != last && (end == p->size || (last & 1) != 0)) {
            first >>= 1;
            last >>= 1;
            height++;
        }
        if (!check_size(p->size, err) ||
            (first != last &&
             !read_node(p, height, last, &proof.hashes[proof.count++], err)) ||
            !climb(p, height, last, &proof, err))
            return false;
    }
    *out = proof;
    return true;
}

bool vt_prove_inclusion(const struct vt_tile_source *source, uint64_t index, uint64_t size,
                        struct vt_proof *out, struct vt_error *err)
{
    AUTO_PROVER p = vt_prover_new(source, size);

    return vt_prover_inclusion(p, index, out, err);
}

bool vt_prove_consistency(const struct vt_tile_source *source, uint64_t size1,
                          uint64_t size2, struct vt_proof *out, struct vt_error *err)
{
    AUTO_PROVER p = vt_prover_new(source, size2);
    struct vt_proof proof = { .count = 0 };

    if (size1 > size2)
        return vt_fail(err, VT_ABSENT, "the tree of %ju entries has no past of %ju",
                       (uintmax_t)size2, (uintmax_t)size1);
    if (!check_size(size2, err))
        return false;
    if (size1 != 0 && size1 != size2) {
        unsigned height = (unsigned)__builtin_ctzll(size1);
        uint64_t index = (size1 - 1) >> height;

        /* The seed is left out when it is the old root, which the verifier has. */
        if (index != 0 && !read_node(p, height, index, &proof.hashes[proof.count++], err))
            return false;
        if (!climb(p, height, index, &proof, err))
            return false;
    }
    *out = proof;
    return true;
}

bool vt_prove_past_root(const struct vt_tile_source *source, uint64_t past, uint64_t size,
                        vt_hash *root_out, struct vt_error *err)
{
    AUTO_PROVER p = vt_prover_new(source, size);

    VT_ASSERT(past <= size);
    return check_size(size, err) && read_range(p, 0, past, root_out, err);
}

bool vt_prove_root(const struct vt_tile_source *source, uint64_t size, vt_hash *root_out,
                   struct vt_error *err)
{
    return vt_prove_past_root(source, size, size, root_out, err);
}
