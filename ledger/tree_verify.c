/* Merkle proofs, checked by walking upwards.  The trick, as in RFC 9162: the positions of
 * the leaf and of the last entry are shifted right together, level by level; their lowest
 * bits say on which side the next hash of the proof stands.  When the last entry's
 * position has become 0, the root is reached. */
#include "ledger/tree_verify.h"

const vt_hash vt_tree_empty_root = { {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
    0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
    0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
} };

bool vt_tree_verify_inclusion(const vt_hash *leaf, uint64_t index, uint64_t size,
                              const vt_hash *proof, size_t count, const vt_hash *root)
{
    uint64_t at = index, last = size - 1; /* size 0 was refused before `last` is used */
    vt_hash hash = *leaf;

    if (index >= size || count > VT_PROOF_HASHES_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (last == 0)
            return false;
        if ((at & 1) != 0 || at == last) {
            hash = vt_sha256_node(&proof[i], &hash);
            for (; (at & 1) == 0; at >>= 1) /* a right edge skips levels; at is not 0 */
                last >>= 1;
        } else {
            hash = vt_sha256_node(&hash, &proof[i]);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && vt_hash_equal(&hash, root);
}

bool vt_tree_is_subtree(uint64_t start, uint64_t end)
{
    uint64_t below; /* smallest power of two >= end - start, minus one: all its bits */

    if (start >= end)
        return start == end;
    below = end - start - 1;
    for (unsigned shift = 1; shift < 64; shift *= 2)
        below |= below >> shift;
    return (start & below) == 0;
}

bool vt_tree_verify_subtree_inclusion(const vt_hash *leaf, uint64_t index, uint64_t start,
                                      uint64_t end, const vt_hash *proof, size_t count,
                                      const vt_hash *root)
{
    return vt_tree_is_subtree(start, end) && index >= start && index < end &&
           vt_tree_verify_inclusion(leaf, index - start, end - start, proof, count, root);
}

/* Three positions go up together: the first and the last entry of the subtree, and the
 * last entry of the tree.  Where the first two meet stands the subtree's root. */
struct climb {
    uint64_t first, last, tree_last;
};

static void climb_up(struct climb *c)
{
    c->first >>= 1;
    c->last >>= 1;
    c->tree_last >>= 1;
}

/* Go to the largest node at the subtree's right edge that is complete in both trees: with
 * it the proof begins. */
static void climb_to_seed(struct climb *c)
{
    if (c->last == c->tree_last)
        while (c->first != c->last)
            climb_up(c);
    else
        while (c->first != c->last && (c->last & 1) != 0)
            climb_up(c);
}

/* start < end <= size, and [start, end) is a subtree. */
static bool verify_growth(uint64_t start, uint64_t end, const vt_hash *root1, uint64_t size,
                          const vt_hash *root2, const vt_hash *proof, size_t count)
{
    struct climb c = { start, end - 1, size - 1 };
    size_t i = 0;
    vt_hash old_hash, new_hash;

    climb_to_seed(&c);
    if (c.first != c.last && count == 0)
        return false;
    old_hash = new_hash = c.first == c.last ? *root1 : proof[i++];
    for (; i < count; i++) {
        if (c.tree_last == 0)
            return false;
        if ((c.last & 1) != 0 || c.last == c.tree_last) {
            if (c.first < c.last)
                old_hash = vt_sha256_node(&proof[i], &old_hash);
            new_hash = vt_sha256_node(&proof[i], &new_hash);
            while ((c.last & 1) == 0) /* last = tree_last, not 0: a bit is set */
                climb_up(&c);
        } else {
            new_hash = vt_sha256_node(&new_hash, &proof[i]);
        }
        climb_up(&c);
    }
    return c.tree_last == 0 && vt_hash_equal(&old_hash, root1) &&
           vt_hash_equal(&new_hash, root2);
}

bool vt_tree_verify_subtree_consistency(uint64_t start, uint64_t end, const vt_hash *root1,
                                        uint64_t size, const vt_hash *root2,
                                        const vt_hash *proof, size_t count)
{
    if (!vt_tree_is_subtree(start, end) || end > size || count > VT_PROOF_HASHES_MAX)
        return false;
    if (start == end)
        return count == 0 && vt_hash_equal(root1, &vt_tree_empty_root);
    return verify_growth(start, end, root1, size, root2, proof, count);
}

bool vt_tree_verify_consistency(uint64_t size1, const vt_hash *root1, uint64_t size2,
                                const vt_hash *root2, const vt_hash *proof, size_t count)
{
    if (size1 == 0 || size1 > size2 || count > VT_PROOF_HASHES_MAX)
        return false;
    return verify_growth(0, size1, root1, size2, root2, proof, count);
}
