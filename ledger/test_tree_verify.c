/* Proofs against a second, naive tree that is written straight from RFC 6962 §2.1: every
 * small tree, every proof, every forged twin; then the largest sizes. */
#include "ledger/tree_verify.h"
#include "tests/harness.h"

enum { SIZE_MAX_TRIED = 34, BIG = 63 };

static vt_hash leaf_of(uint64_t index)
{
    uint8_t text[32];
    int len = snprintf((char *)text, sizeof text, "entry %ju", (uintmax_t)index);

    return vt_sha256_leaf(vt_slice_of(text, (size_t)len));
}

static uint64_t split(uint64_t count)
{
    uint64_t k = 1;

    while (k * 2 < count)
        k *= 2;
    return k;
}

/* MTH(D[start:end]) */
static vt_hash root_of(uint64_t start, uint64_t end)
{
    vt_hash left, right;

    if (start == end)
        return vt_sha256_of((vt_slice){ 0 });
    if (end - start == 1)
        return leaf_of(start);
    left = root_of(start, start + split(end - start));
    right = root_of(start + split(end - start), end);
    return vt_sha256_node(&left, &right);
}

struct proof {
    vt_hash hashes[64];
    size_t count;
};

/* PATH(m, D[start:end]) */
static void path(struct proof *out, uint64_t m, uint64_t start, uint64_t end)
{
    uint64_t middle = start + split(end - start);

    if (end - start == 1)
        return;
    if (m < middle) {
        path(out, m, start, middle);
        out->hashes[out->count++] = root_of(middle, end);
    } else {
        path(out, m, middle, end);
        out->hashes[out->count++] = root_of(start, middle);
    }
}

/* SUBTREE_SUBPROOF of the draft; with from = 0 it is SUBPROOF of RFC 6962. */
static void growth(struct proof *out, uint64_t from, uint64_t to, uint64_t start,
                   uint64_t end, bool is_known)
{
    uint64_t middle = start + split(end - start);

    if (from == start && to == end) {
        if (!is_known)
            out->hashes[out->count++] = root_of(start, end);
    } else if (to <= middle) {
        growth(out, from, to, start, middle, is_known);
        out->hashes[out->count++] = root_of(middle, end);
    } else if (from >= middle) {
        growth(out, from, to, middle, end, is_known);
        out->hashes[out->count++] = root_of(start, middle);
    } else {
        growth(out, middle, to, middle, end, false);
        out->hashes[out->count++] = root_of(start, middle);
    }
}

static void empty_root_is_the_hash_of_nothing(void)
{
    vt_hash empty = vt_sha256_of((vt_slice){ 0 });

    VT_CHECK(vt_hash_equal(&empty, &vt_tree_empty_root));
}

/* A question that was answered yes, and what to ask again with one thing changed. */
struct asked {
    bool (*ask)(const struct asked *a);
    struct proof proof;
    uint64_t numbers[3];
    vt_hash first, root; /* leaf or old root, and root */
};

static void check_proof_twins(struct asked *a)
{
    struct asked twin;

    for (size_t i = 0; i < a->proof.count; i++) {
        twin = *a;
        twin.proof.hashes[i].bytes[i % 32] ^= 1;
        VT_CHECK(!a->ask(&twin));
        twin = *a; /* hash i is missing */
        memmove(&twin.proof.hashes[i], &twin.proof.hashes[i + 1],
                (63 - i) * sizeof(vt_hash));
        twin.proof.count--;
        VT_CHECK(!a->ask(&twin));
    }
    twin = *a; /* one hash too many, behind or in front */
    twin.proof.hashes[twin.proof.count++] = a->root;
    VT_CHECK(!a->ask(&twin));
    twin = *a;
    memmove(&twin.proof.hashes[1], &twin.proof.hashes[0], 62 * sizeof(vt_hash));
    twin.proof.count++;
    VT_CHECK(!a->ask(&twin));
}

static void check_hash_twins(struct asked *a)
{
    struct asked twin = *a;

    twin.first.bytes[31] ^= 0x80;
    VT_CHECK(!a->ask(&twin));
    twin = *a;
    twin.root.bytes[0] ^= 1;
    VT_CHECK(!a->ask(&twin));
}

static bool ask_inclusion(const struct asked *a)
{
    return vt_tree_verify_inclusion(&a->first, a->numbers[0], a->numbers[1],
                                    a->proof.hashes, a->proof.count, &a->root);
}

static void every_small_inclusion(void)
{
    for (uint64_t size = 1; size <= SIZE_MAX_TRIED; size++)
        for (uint64_t index = 0; index < size; index++) {
            struct asked a = { .ask = ask_inclusion, .numbers = { index, size } };

            path(&a.proof, index, 0, size);
            a.first = leaf_of(index);
            a.root = root_of(0, size);
            VT_CHECK_SAYING(ask_inclusion(&a), "%ju of %ju", (uintmax_t)index,
                            (uintmax_t)size);
            check_proof_twins(&a);
            check_hash_twins(&a);
            for (uint64_t other = 0; other < size + 3; other++) {
                struct asked twin = a;

                twin.numbers[0] = other;
                VT_CHECK(ask_inclusion(&twin) == (other == index));
            }
        }
}

static bool ask_consistency(const struct asked *a)
{
    return vt_tree_verify_consistency(a->numbers[0], &a->first, a->numbers[1], &a->root,
                                      a->proof.hashes, a->proof.count);
}

static void every_small_consistency(void)
{
    for (uint64_t size2 = 1; size2 <= SIZE_MAX_TRIED; size2++)
        for (uint64_t size1 = 1; size1 <= size2; size1++) {
            struct asked a = { .ask = ask_consistency, .numbers = { size1, size2 } };

            growth(&a.proof, 0, size1, 0, size2, true);
            a.first = root_of(0, size1);
            a.root = root_of(0, size2);
            VT_CHECK_SAYING(ask_consistency(&a), "%ju to %ju", (uintmax_t)size1,
                            (uintmax_t)size2);
            check_proof_twins(&a);
            check_hash_twins(&a);
        }
}

static void nothing_grows_from_an_empty_tree(void)
{
    vt_hash root = root_of(0, 5);

    VT_CHECK(!vt_tree_verify_consistency(0, &vt_tree_empty_root, 0, &vt_tree_empty_root,
                                         NULL, 0));
    VT_CHECK(!vt_tree_verify_consistency(0, &vt_tree_empty_root, 5, &root, NULL, 0));
    VT_CHECK(!vt_tree_verify_consistency(0, &vt_tree_empty_root, 5, &root, &root, 1));
    VT_CHECK(!vt_tree_verify_consistency(6, &root, 5, &root, NULL, 0));
    VT_CHECK(!vt_tree_verify_inclusion(&root, 0, 0, NULL, 0, &root));
}

static bool ask_subtree(const struct asked *a)
{
    return vt_tree_verify_subtree_consistency(a->numbers[0], a->numbers[1], &a->first,
                                              a->numbers[2], &a->root, a->proof.hashes,
                                              a->proof.count);
}

static void every_small_subtree(void)
{
    for (uint64_t size = 1; size <= SIZE_MAX_TRIED; size++)
        for (uint64_t end = 1; end <= size; end++)
            for (uint64_t start = 0; start < end; start++) {
                struct asked a = { .ask = ask_subtree, .numbers = { start, end, size } };
                uint64_t whole = 1;

                while (whole < end - start)
                    whole *= 2;
                VT_CHECK(vt_tree_is_subtree(start, end) == (start % whole == 0));
                a.first = root_of(start, end);
                a.root = root_of(0, size);
                if (start % whole != 0) {
                    VT_CHECK(!ask_subtree(&a));
                    continue;
                }
                growth(&a.proof, start, end, 0, size, true);
                VT_CHECK_SAYING(ask_subtree(&a), "[%ju, %ju) of %ju", (uintmax_t)start,
                                (uintmax_t)end, (uintmax_t)size);
                check_proof_twins(&a);
                check_hash_twins(&a);
            }
}

static void entries_of_subtrees(void)
{
    vt_hash leaf = leaf_of(6), sibling, root = root_of(4, 7);

    sibling = root_of(4, 6);
    VT_CHECK(vt_tree_verify_subtree_inclusion(&leaf, 6, 4, 7, &sibling, 1, &root));
    VT_CHECK(!vt_tree_verify_subtree_inclusion(&leaf, 5, 4, 7, &sibling, 1, &root));
    VT_CHECK(!vt_tree_verify_subtree_inclusion(&leaf, 7, 4, 7, &sibling, 1, &root));
    VT_CHECK(!vt_tree_verify_subtree_inclusion(&leaf, 2, 4, 7, &sibling, 1, &root));
    VT_CHECK(!vt_tree_verify_subtree_inclusion(&leaf, 6, 3, 7, &sibling, 1, &root));
    VT_CHECK(!vt_tree_verify_subtree_inclusion(&leaf, 6, 4, 8, &sibling, 1, &root));
}

static void empty_subtrees(void)
{
    vt_hash root = root_of(0, 5);

    VT_CHECK(
        vt_tree_verify_subtree_consistency(2, 2, &vt_tree_empty_root, 5, &root, NULL, 0));
    VT_CHECK(!vt_tree_verify_subtree_consistency(2, 2, &root, 5, &root, NULL, 0));
    VT_CHECK(
        !vt_tree_verify_subtree_consistency(6, 6, &vt_tree_empty_root, 5, &root, NULL, 0));
    VT_CHECK(
        !vt_tree_verify_subtree_consistency(2, 2, &vt_tree_empty_root, 5, &root, &root, 1));
    VT_CHECK(!vt_tree_is_subtree(3, 2));
}

/* Trees that nobody can build, down one path: all other nodes are invented. */
static void largest_trees(void)
{
    static const uint64_t sizes[] = { UINT64_C(1) << 63, (UINT64_C(1) << 63) - 1,
                                      (UINT64_C(1) << 62) + 1 };
    struct proof proof = { .count = 0 };

    for (size_t i = 0; i < BIG; i++)
        proof.hashes[i] = leaf_of(1000 + i);
    for (size_t s = 0; s < 3; s++) {
        vt_hash leaf = leaf_of(1), root = leaf;
        size_t height = BIG; /* of the path to entry 0 */

        for (size_t i = 0; i < height; i++)
            root = vt_sha256_node(&root, &proof.hashes[i]);
        VT_CHECK(vt_tree_verify_inclusion(&leaf, 0, sizes[s], proof.hashes, height, &root));
        VT_CHECK(
            !vt_tree_verify_inclusion(&leaf, 1, sizes[s], proof.hashes, height, &root));
        VT_CHECK(
            !vt_tree_verify_inclusion(&leaf, 0, sizes[s] / 2, proof.hashes, height, &root));
        VT_CHECK(!vt_tree_verify_inclusion(&leaf, sizes[s], sizes[s], proof.hashes, height,
                                           &root));
    }
    VT_CHECK(!vt_tree_is_subtree(1, UINT64_MAX));
    VT_CHECK(vt_tree_is_subtree(0, UINT64_MAX));
    VT_CHECK(vt_tree_is_subtree(UINT64_C(1) << 63, UINT64_MAX));
    VT_CHECK(!vt_tree_is_subtree(UINT64_C(1) << 62, UINT64_MAX));
}

static const struct vt_case cases[] = {
    { "the empty root is the hash of nothing", empty_root_is_the_hash_of_nothing },
    { "every small inclusion", every_small_inclusion },
    { "every small consistency", every_small_consistency },
    { "nothing grows from an empty tree", nothing_grows_from_an_empty_tree },
    { "every small subtree", every_small_subtree },
    { "entries of subtrees", entries_of_subtrees },
    { "empty subtrees", empty_subtrees },
    { "largest trees", largest_trees },
};

VT_TEST_MAIN("ledger.tree_verify", cases)
