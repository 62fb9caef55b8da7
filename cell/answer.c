/* Answers, and the tree that they lead to.  The tree has 2^bits leaves, so every node above
 * is over complete subtrees, and tiles of 256 are the ledger's. */
#include "cell/answer.h"
#include "ledger/tile.h"
#include "ledger/tree_verify.h"

enum { TILE_BITS = 8 };

void vt_cell_nodes_clear(struct vt_cell_nodes *nodes)
{
    for (unsigned i = 0; i < VT_CELL_LEVELS_MAX; i++)
        free(nodes->levels[i]);
    *nodes = (struct vt_cell_nodes){ 0 };
}

unsigned vt_cell_level_count(unsigned bits)
{
    return bits == 0 ? 1 : (bits + TILE_BITS - 1) / TILE_BITS;
}

unsigned vt_cell_tile_width(unsigned bits, unsigned level)
{
    unsigned left = bits - level * TILE_BITS;

    return left < TILE_BITS ? 1u << left : VT_TILE_WIDTH;
}

/* ---- building ---------------------------------------------------------------------------
 */

static uint64_t bucket_of_row(const struct vt_verdicts *table, uint64_t row, unsigned bits)
{
    vt_hash hash = { { 0 } };

    memcpy(hash.bytes, table->rows + row * VT_VERDICT_BYTES, 4);
    return vt_bucket_of(&hash, bits);
}

uint64_t vt_cell_bucket_begin(const struct vt_verdicts *table, unsigned bits,
                              uint64_t index)
{
    uint64_t low = 0, high = table->count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (bucket_of_row(table, middle, bits) < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A row that can be published, behind the one before. */
static bool is_publishable(const struct vt_verdicts *table, uint64_t row)
{
    const uint8_t *at = table->rows + row * VT_VERDICT_BYTES;
    struct vt_cell_verdict verdict;

    return vt_verdict_read(at, &verdict) && verdict.state != VT_STATE_UNKNOWN &&
           (row == 0 || memcmp(at - VT_VERDICT_BYTES, at, VT_SHA256_BYTES) < 0);
}

/* The end of the bucket that begins at this row. */
static bool find_end(const struct vt_verdicts *table, unsigned bits, uint64_t index,
                     uint64_t *row, struct vt_error *err)
{
    while (*row < table->count && bucket_of_row(table, *row, bits) == index) {
        if (!is_publishable(table, *row))
            return vt_fail(err, VT_MALFORMED,
                           "verdict table: row %ju is out of order, or says nothing",
                           (uintmax_t)*row);
        (*row)++;
    }
    return true;
}

static bool hash_buckets(const struct vt_verdicts *table, struct vt_cell_tree *tree,
                         vt_hash *leaves, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_BUCKET_BYTES_MAX);
    uint64_t row = 0, longest = 0;

    for (uint64_t index = 0; index >> tree->bits == 0; index++) {
        uint64_t begin = row;
        struct vt_bucket bucket;

        vt_buf_truncate(&bytes, 0);
        if (!find_end(table, tree->bits, index, &row, err) ||
            !vt_bucket_write(table->rows + begin * VT_VERDICT_BYTES, row - begin,
                             tree->bits, (uint32_t)index, &bytes, err) || /* 24 bits */
            !vt_bucket_parse_header(vt_buf_slice(&bytes), &bucket, err))
            return false;
        leaves[index] = vt_sha256_leaf(vt_buf_slice(&bytes));
        longest = bytes.len > longest ? bytes.len : longest;
        tree->count += vt_bucket_row_count(&bucket);
        if (index == 0 || vt_bucket_row_count(&bucket) < tree->smallest)
            tree->smallest = vt_bucket_row_count(&bucket);
    }
    tree->bucket_bytes = vt_bucket_padded_bytes(longest);
    if (row != table->count)
        return vt_fail(err, VT_MALFORMED, "verdict table: row %ju is out of order",
                       (uintmax_t)row);
    return true;
}

static vt_hash raise_levels(struct vt_cell_nodes *nodes, unsigned bits)
{
    unsigned top = nodes->level_count - 1;

    for (unsigned level = 1; level <= top; level++) {
        uint64_t width = UINT64_C(1) << (bits - level * TILE_BITS);

        nodes->levels[level] = vt_alloc_array(width, sizeof(vt_hash));
        for (uint64_t i = 0; i < width; i++)
            nodes->levels[level][i] =
                vt_tile_root(nodes->levels[level - 1] + i * VT_TILE_WIDTH, VT_TILE_WIDTH);
    }
    return vt_tile_root(nodes->levels[top], vt_cell_tile_width(bits, top));
}

bool vt_cell_tree_build(const struct vt_verdicts *table, unsigned bits,
                        struct vt_cell_tree *out, struct vt_cell_nodes *nodes_out,
                        struct vt_error *err)
{
    VT_AUTO_CELL_NODES nodes = { .level_count = vt_cell_level_count(bits) };
    struct vt_cell_tree tree = { .bits = bits };

    if (bits > VT_BUCKET_BITS_MAX)
        return vt_fail(err, VT_LIMIT, "2^%u buckets, at most 2^%d", bits,
                       VT_BUCKET_BITS_MAX);
    nodes.levels[0] = vt_alloc_array(UINT64_C(1) << bits, sizeof(vt_hash));
    if (!hash_buckets(table, &tree, nodes.levels[0], err))
        return false;
    tree.root = raise_levels(&nodes, bits);
    *out = tree;
    if (nodes_out != NULL) {
        *nodes_out = nodes;
        nodes = (struct vt_cell_nodes){ 0 };
    }
    return true;
}

/* ---- answers ----------------------------------------------------------------------------
 */

size_t vt_answer_bytes(const struct vt_cell_tree *tree)
{
    return tree->bucket_bytes + tree->bits * sizeof(vt_hash);
}

bool vt_answer_write(const struct vt_cell_tree *tree, vt_slice bucket, const vt_hash *proof,
                     struct vt_buf *out, struct vt_error *err)
{
    uint8_t *padding;

    if (bucket.len > tree->bucket_bytes)
        return vt_fail(err, VT_LIMIT, "a bucket of %zu bytes, where all have %ju",
                       bucket.len, (uintmax_t)tree->bucket_bytes);
    vt_buf_put(out, bucket);
    padding = vt_buf_extend(out, tree->bucket_bytes - bucket.len);
    if (padding != NULL)
        memset(padding, 0, tree->bucket_bytes - bucket.len);
    vt_buf_put(out, vt_slice_of(proof, tree->bits * sizeof *proof));
    return vt_buf_check(out, "answer", err);
}

static bool is_committed(const struct vt_cell_tree *tree, const struct vt_bucket *bucket,
                         vt_slice hashes)
{
    vt_hash proof[VT_BUCKET_BITS_MAX];
    vt_hash leaf = vt_sha256_leaf(bucket->bytes);

    memcpy(proof, hashes.data, hashes.len); /* tree->bits of them */
    return vt_tree_verify_inclusion(&leaf, bucket->index, UINT64_C(1) << tree->bits, proof,
                                    tree->bits, &tree->root);
}

bool vt_answer_check(const struct vt_cell_tree *tree, vt_slice answer, const vt_hash *hash,
                     struct vt_cell_verdict *out, struct vt_error *err)
{
    struct vt_bucket bucket;

    VT_ASSERT(tree->bits <= VT_BUCKET_BITS_MAX);
    if (answer.len != vt_answer_bytes(tree))
        return vt_fail(err, VT_MALFORMED, "answer: %zu bytes, where all have %zu",
                       answer.len, vt_answer_bytes(tree));
    if (!vt_bucket_parse(vt_slice_sub(answer, 0, tree->bucket_bytes), &bucket, err))
        return vt_within(err, "answer");
    if (bucket.bits != tree->bits || bucket.index != vt_bucket_of(hash, tree->bits))
        return vt_fail(err, VT_REJECTED, "answer: it is another bucket than asked for");
    if (vt_bucket_row_count(&bucket) < tree->smallest)
        return vt_fail(err, VT_REJECTED,
                       "answer: bucket %" PRIu32 " has %ju verdicts; the head says that "
                       "each has %ju",
                       bucket.index, (uintmax_t)vt_bucket_row_count(&bucket),
                       (uintmax_t)tree->smallest);
    if (!is_committed(
            tree, &bucket,
            vt_slice_sub(answer, tree->bucket_bytes, answer.len - tree->bucket_bytes)))
        return vt_fail(err, VT_REJECTED,
                       "answer: bucket %" PRIu32 " is not the one that the head commits "
                       "to: rows were left out, added or changed",
                       bucket.index);
    *out = vt_bucket_find(&bucket, hash);
    return true;
}
