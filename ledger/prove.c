/* Both proofs climb: from a node to the root, and at each step the sibling is the next
 * hash. An inclusion proof climbs from the leaf; a consistency proof from the largest
 * complete subtree at the old tree's right edge. */
#include "ledger/prove.h"

/* One tile of each level is kept: a climb stays in one tile for eight steps. */
struct prover {
    const struct vt_tile_source *source;
    uint64_t size; /* of the tree */
    struct {
        struct vt_tile_name name; /* width 0: nothing is kept yet */
        vt_hash hashes[VT_TILE_WIDTH];
    } kept[VT_TILE_LEVELS];
};

static bool read_tile(struct prover *p, int level, uint64_t index,
                      const vt_hash **hashes_out, struct vt_error *err)
{
    struct vt_tile_name name = { level, index, vt_tile_width(level, index, p->size) };

    VT_ASSERT(name.width != 0);
    if (p->kept[level].name.width == 0 || p->kept[level].name.index != index) {
        p->kept[level].name.width = 0;
        if (!p->source->read(p->source->context, &name, p->kept[level].hashes, err))
            return false;
        p->kept[level].name = name;
    }
    *hashes_out = p->kept[level].hashes;
    return true;
}

/* The root of the complete subtree `index` among those of 2^height entries. */
static bool read_node(struct prover *p, unsigned height, uint64_t index, vt_hash *out,
                      struct vt_error *err)
{
    unsigned width = 1u << (height % 8);
    uint64_t first = index * width; /* hash of the level, at most size */
    const vt_hash *hashes;

    if (!read_tile(p, (int)(height / 8), first / VT_TILE_WIDTH, &hashes, err))
        return false;
    *out = vt_tile_root(&hashes[first % VT_TILE_WIDTH], width);
    return true;
}

/* The root over [start, end), where start is a multiple of a power of two not below
 * end - start: complete subtrees, from the right to the left. */
static bool read_range(struct prover *p, uint64_t start, uint64_t end, vt_hash *out,
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
static bool climb(struct prover *p, unsigned height, uint64_t index, struct vt_proof *out,
                  struct vt_error *err)
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

static struct prover *prover_new(const struct vt_tile_source *source, uint64_t size)
{
    struct prover *p = vt_alloc(sizeof *p);

    p->source = source;
    p->size = size;
    return p;
}

bool vt_prove_inclusion(const struct vt_tile_source *source, uint64_t index, uint64_t size,
                        struct vt_proof *out, struct vt_error *err)
{
    VT_AUTO_FREE struct prover *p = prover_new(source, size);
    struct vt_proof proof = { .count = 0 };

    if (index >= size)
        return vt_fail(err, VT_ABSENT, "entry %ju is not in the tree of %ju entries",
                       (uintmax_t)index, (uintmax_t)size);
    if (!check_size(size, err) || !climb(p, 0, index, &proof, err))
        return false;
    *out = proof;
    return true;
}

bool vt_prove_consistency(const struct vt_tile_source *source, uint64_t size1,
                          uint64_t size2, struct vt_proof *out, struct vt_error *err)
{
    VT_AUTO_FREE struct prover *p = prover_new(source, size2);
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

bool vt_prove_root(const struct vt_tile_source *source, uint64_t size, vt_hash *root_out,
                   struct vt_error *err)
{
    VT_AUTO_FREE struct prover *p = prover_new(source, size);

    return check_size(size, err) && read_range(p, 0, size, root_out, err);
}
