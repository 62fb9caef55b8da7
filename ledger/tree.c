/* See tree.h: an odometer with 256 digits, each wheel a tile. */
#include "ledger/tree.h"
#include "ledger/tree_verify.h"

unsigned vt_tree_width(const struct vt_tree *tree, int level)
{
    return (unsigned)(vt_tile_level_size(level, tree->size) % VT_TILE_WIDTH);
}

/* Put a hash into the open tile of a level; where that fills it, its root goes up. */
static bool put_hash(struct vt_tree *tree, int level, const vt_hash *hash,
                     const struct vt_tile_sink *sink, struct vt_error *err)
{
    vt_hash carry = *hash;

    for (; level < VT_TILE_LEVELS; level++) {
        unsigned width = vt_tree_width(tree, level);
        uint64_t index = vt_tile_level_size(level, tree->size) / VT_TILE_WIDTH;

        tree->levels[level][width] = carry;
        if (width + 1 < VT_TILE_WIDTH)
            break;
        if (sink != NULL &&
            !sink->take(sink->context, level, index, tree->levels[level], err))
            return false;
        carry = vt_tile_root(tree->levels[level], VT_TILE_WIDTH);
    }
    return true;
}

bool vt_tree_append(struct vt_tree *tree, const vt_hash *leaf,
                    const struct vt_tile_sink *sink, struct vt_error *err)
{
    if (!put_hash(tree, 0, leaf, sink, err))
        return false;
    tree->size++;
    return true;
}

bool vt_tree_append_tile(struct vt_tree *tree, const vt_hash *leaves, const vt_hash *root,
                         const struct vt_tile_sink *sink, struct vt_error *err)
{
    VT_ASSERT(vt_tree_width(tree, 0) == 0);
    if ((sink != NULL &&
         !sink->take(sink->context, 0, tree->size / VT_TILE_WIDTH, leaves, err)) ||
        !put_hash(tree, 1, root, sink, err))
        return false;
    tree->size += VT_TILE_WIDTH;
    return true;
}

vt_hash vt_tree_root(const struct vt_tree *tree)
{
    vt_hash root = vt_tree_empty_root;
    bool is_empty = true;

    /* From the right edge to the left: what stands left of it is always the larger part,
     * a power of two, so each set bit of each width is one subtree to its left. */
    for (int level = 0; level < VT_TILE_LEVELS; level++) {
        unsigned width = vt_tree_width(tree, level);

        for (unsigned part = 1; width != 0; part *= 2) {
            vt_hash left;

            if ((width & part) == 0)
                continue;
            width -= part;
            left = vt_tile_root(&tree->levels[level][width], part);
            root = is_empty ? left : vt_sha256_node(&left, &root);
            is_empty = false;
        }
    }
    return root;
}
