/* Tiles, the growing tree, and proofs out of tiles: against a naive tree, at every size. */
#include "ledger/prove.h"
#include "ledger/tree.h"
#include "tests/harness.h"

enum { ENTRIES = 700, TILES = 8 };

static vt_hash leaf_of(uint64_t index)
{
    uint8_t text[32];
    int len = snprintf((char *)text, sizeof text, "entry %ju", (uintmax_t)index);

    return vt_sha256_leaf(vt_slice_of(text, (size_t)len));
}

/* MTH(D[start:end]), straight from RFC 6962. */
static vt_hash root_of(const vt_hash *leaves, uint64_t start, uint64_t end)
{
    uint64_t k = 1;
    vt_hash left, right;

    if (end == start)
        return vt_tree_empty_root;
    if (end - start == 1)
        return leaves[start];
    while (k * 2 < end - start)
        k *= 2;
    left = root_of(leaves, start, start + k);
    right = root_of(leaves, start + k, end);
    return vt_sha256_node(&left, &right);
}

/* ---- names ----------------------------------------------------------------------------
 */

static void names(void)
{
    static const struct {
        const char *path;
        struct vt_tile_name name;
    } rows[] = {
        { "tile/0/000", { 0, 0, 256 } },
        { "tile/0/000.p/1", { 0, 0, 1 } },
        { "tile/63/999.p/255", { 63, 999, 255 } },
        { "tile/1/x001/000", { 1, 1000, 256 } },
        { "tile/2/x001/x234/067", { 2, 1234067, 256 } },
        { "tile/entries/x001/x234/067.p/8", { VT_TILE_ENTRIES, 1234067, 8 } },
        { "tile/0/x018/x446/x744/x073/x709/x551/615", { 0, UINT64_MAX, 256 } },
    };
    static const char *const bad[] = {
        "",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001/x002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/entry/000",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/00a",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/000.p/1/",
        "tile//000",
    };
    char path[VT_TILE_PATH_BYTES];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_tile_name name = { 0 };

        vt_tile_path(&rows[i].name, path);
        VT_CHECK_SAYING(strcmp(path, rows[i].path) == 0, "%s", path);
        VT_CHECK(vt_tile_path_parse(vt_slice_from_cstr(path), &name));
        VT_CHECK(name.level == rows[i].name.level && name.index == rows[i].name.index &&
                 name.width == rows[i].name.width);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct vt_tile_name name;

        VT_CHECK_SAYING(!vt_tile_path_parse(vt_slice_from_cstr(bad[i]), &name), "%s",
                        bad[i]);
    }
}

/* The example of the specification, and sizes around full tiles. */
static void widths(void)
{
    VT_CHECK(vt_tile_width(0, 272, 70000) == 256 && vt_tile_width(0, 273, 70000) == 112);
    VT_CHECK(vt_tile_width(0, 274, 70000) == 0 && vt_tile_width(1, 0, 70000) == 256);
    VT_CHECK(vt_tile_width(1, 1, 70000) == 17 && vt_tile_width(2, 0, 70000) == 1);
    VT_CHECK(vt_tile_width(3, 0, 70000) == 0);
    VT_CHECK(vt_tile_width(0, 0, 256) == 256 && vt_tile_width(0, 1, 256) == 0);
    VT_CHECK(vt_tile_width(1, 0, 256) == 1 && vt_tile_width(1, 0, 255) == 0);
    VT_CHECK(vt_tile_width(VT_TILE_ENTRIES, 1, 300) == 44);
    VT_CHECK(vt_tile_width(7, 0, UINT64_MAX) == 255);
}

/* ---- bundles --------------------------------------------------------------------------
 */

static void bundles(void)
{
    VT_AUTO_BUF bundle = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    vt_hash leaves[3], one = vt_sha256_leaf(VT_LIT("one")),
                       none = vt_sha256_leaf(VT_LIT(""));
    vt_slice all;

    vt_bundle_put(&bundle, VT_LIT("one"));
    vt_bundle_put(&bundle, VT_LIT(""));
    all = vt_buf_slice(&bundle);
    VT_CHECK(vt_bundle_leaves(all, 2, leaves));
    VT_CHECK(vt_hash_equal(&leaves[0], &one) && vt_hash_equal(&leaves[1], &none));
    VT_CHECK(!vt_bundle_leaves(all, 1, leaves) && !vt_bundle_leaves(all, 3, leaves));
    for (size_t len = 0; len < all.len; len++)
        VT_CHECK(!vt_bundle_leaves(vt_slice_sub(all, 0, len), 2, leaves));
}

/* ---- the tree and its tiles -----------------------------------------------------------
 */

struct shelf {
    vt_hash tiles[2][TILES][VT_TILE_WIDTH];
    uint64_t size; /* not 0: only tiles of that tree are there */
    size_t reads;
};

static bool put_tile(void *context, int level, uint64_t index, const vt_hash *hashes,
                     struct vt_error *err)
{
    struct shelf *shelf = context;

    (void)err;
    VT_CHECK(level < 2 && index < TILES);
    memcpy(shelf->tiles[level][index], hashes, VT_TILE_BYTES);
    return true;
}

static bool get_tile(void *context, const struct vt_tile_name *tile, vt_hash *hashes_out,
                     struct vt_error *err)
{
    struct shelf *shelf = context;

    (void)err;
    VT_CHECK(tile->level < 2 && tile->index < TILES && tile->width != 0);
    VT_CHECK(shelf->size == 0 ||
             tile->width == vt_tile_width(tile->level, tile->index, shelf->size));
    memcpy(hashes_out, shelf->tiles[tile->level][tile->index],
           tile->width * sizeof *hashes_out);
    shelf->reads++;
    return true;
}

/* Append ENTRIES leaves; the open tiles are put on the shelf as well. */
static void grow(struct vt_tree *tree, vt_hash *leaves, struct shelf *shelf)
{
    struct vt_error err = { 0 };
    struct vt_tile_sink sink = { put_tile, shelf };

    for (uint64_t i = 0; i < ENTRIES; i++) {
        vt_hash root, want;

        leaves[i] = leaf_of(i);
        VT_CHECK_OK(vt_tree_append(tree, &leaves[i], &sink, &err));
        root = vt_tree_root(tree);
        want = root_of(leaves, 0, i + 1);
        VT_CHECK_SAYING(vt_hash_equal(&root, &want), "size %ju", (uintmax_t)i + 1);
    }
    for (int level = 0; level < 2; level++)
        memcpy(shelf->tiles[level][vt_tile_level_size(level, ENTRIES) / 256],
               tree->levels[level], vt_tree_width(tree, level) * sizeof(vt_hash));
}

static void roots_at_every_size(void)
{
    struct vt_tree *tree = vt_arena_alloc(vt_test_arena(), sizeof *tree);
    struct shelf *shelf = vt_arena_alloc(vt_test_arena(), sizeof *shelf);
    vt_hash *leaves = vt_arena_alloc(vt_test_arena(), ENTRIES * sizeof *leaves);
    vt_hash root = vt_tree_root(tree);

    VT_CHECK(vt_hash_equal(&root, &vt_tree_empty_root));
    grow(tree, leaves, shelf);
    VT_CHECK(tree->size == ENTRIES && vt_tree_width(tree, 0) == ENTRIES % 256);
    VT_CHECK(memcmp(shelf->tiles[0][1], &leaves[256], VT_TILE_BYTES) == 0);
    root = root_of(leaves, 256, 512);
    VT_CHECK(vt_hash_equal(&shelf->tiles[1][0][1], &root));
}

/* All that was handed out, in order, as one hash. */
static bool note_tile(void *context, int level, uint64_t index, const vt_hash *hashes,
                      struct vt_error *err)
{
    vt_hash *so_far = context, tile = vt_tile_root(hashes, VT_TILE_WIDTH);
    vt_hash place = leaf_of(index * VT_TILE_LEVELS + (uint64_t)level);

    (void)err;
    tile = vt_sha256_node(&place, &tile);
    *so_far = vt_sha256_node(so_far, &tile);
    return true;
}

/* 258 tiles, so that one of level 1 is completed, and a tile that begins with one leaf. */
static void whole_tiles_at_once(void)
{
    struct vt_tree *one = vt_arena_alloc(vt_test_arena(), sizeof *one);
    struct vt_tree *other = vt_arena_alloc(vt_test_arena(), sizeof *other);
    vt_hash of_one = { { 0 } }, of_other = { { 0 } }, leaves[VT_TILE_WIDTH], root, same;
    struct vt_tile_sink sink = { note_tile, &of_one },
                        sink_other = { note_tile, &of_other };
    struct vt_error err = { 0 };

    for (uint64_t tile = 0; tile < 258; tile++) {
        for (unsigned i = 0; i < VT_TILE_WIDTH; i++) {
            leaves[i] = leaf_of(tile * VT_TILE_WIDTH + i);
            VT_CHECK_OK(vt_tree_append(one, &leaves[i], &sink, &err));
        }
        root = vt_tile_root(leaves, VT_TILE_WIDTH);
        VT_CHECK_OK(vt_tree_append_tile(other, leaves, &root, &sink_other, &err));
    }
    VT_CHECK_OK(vt_tree_append(one, &leaves[3], &sink, &err));
    VT_CHECK_OK(vt_tree_append(other, &leaves[3], &sink_other, &err));
    root = vt_tree_root(one);
    same = vt_tree_root(other);
    VT_CHECK(one->size == other->size && vt_hash_equal(&root, &same));
    VT_CHECK(vt_hash_equal(&of_one, &of_other));
}

static void proofs_at_every_size(void)
{
    struct vt_error err = { 0 };
    struct vt_tree *tree = vt_arena_alloc(vt_test_arena(), sizeof *tree);
    struct shelf *shelf = vt_arena_alloc(vt_test_arena(), sizeof *shelf);
    vt_hash *leaves = vt_arena_alloc(vt_test_arena(), ENTRIES * sizeof *leaves);
    struct vt_tile_source source = { get_tile, shelf };

    grow(tree, leaves, shelf);
    for (uint64_t size = 1; size <= ENTRIES; size += size < 20 || size > 500 ? 1 : 7) {
        vt_hash root = root_of(leaves, 0, size), again;

        shelf->size = size;
        VT_CHECK_OK(vt_prove_root(&source, size, &again, &err));
        VT_CHECK(vt_hash_equal(&root, &again));
        for (uint64_t at = 0; at < size; at += 1 + size / 40) {
            struct vt_proof proof;
            vt_hash past = root_of(leaves, 0, at + 1);

            VT_CHECK_OK(vt_prove_inclusion(&source, at, size, &proof, &err));
            VT_CHECK(vt_tree_verify_inclusion(&leaves[at], at, size, proof.hashes,
                                              proof.count, &root));
            VT_CHECK_OK(vt_prove_consistency(&source, at + 1, size, &proof, &err));
            VT_CHECK(vt_tree_verify_consistency(at + 1, &past, size, &root, proof.hashes,
                                                proof.count));
            VT_CHECK_OK(vt_prove_past_root(&source, at + 1, size, &again, &err));
            VT_CHECK(vt_hash_equal(&past, &again));
        }
    }
}

static void proofs_that_cannot_be(void)
{
    struct vt_error err = { 0 };
    struct shelf *shelf = vt_arena_alloc(vt_test_arena(), sizeof *shelf);
    struct vt_tile_source source = { get_tile, shelf };
    struct vt_proof proof = { .count = 9 };
    vt_hash root;

    VT_CHECK_FAILS(VT_ABSENT, vt_prove_inclusion(&source, 5, 5, &proof, &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_prove_inclusion(&source, 0, 0, &proof, &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_prove_consistency(&source, 6, 5, &proof, &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_prove_inclusion(&source, 0, UINT64_MAX, &proof, &err));
    VT_CHECK(proof.count == 9 && shelf->reads == 0);
    VT_CHECK_OK(vt_prove_consistency(&source, 0, 5, &proof, &err));
    VT_CHECK(proof.count == 0);
    VT_CHECK_OK(vt_prove_root(&source, 0, &root, &err));
    VT_CHECK(vt_hash_equal(&root, &vt_tree_empty_root));
}

static const struct vt_case cases[] = {
    { "names", names },
    { "widths", widths },
    { "bundles", bundles },
    { "roots at every size", roots_at_every_size },
    { "whole tiles at once", whole_tiles_at_once },
    { "proofs at every size", proofs_at_every_size },
    { "proofs that cannot be", proofs_that_cannot_be },
};

VT_TEST_MAIN("ledger.tree", cases)
