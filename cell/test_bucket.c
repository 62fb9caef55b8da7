/* Verdict tables, buckets, the tree over them and answers: every true answer beside its
 * forged twin. */
#include "cell/answer.h"
#include "ledger/prove.h"
#include "tests/harness.h"

/* ---- a table ----------------------------------------------------------------------------
 */

static int compare_rows(const void *a, const void *b)
{
    return memcmp(a, b, VT_SHA256_BYTES);
}

/* Row i is about the text i; of ten, six are clean, three malicious, one suspicious. */
static struct vt_cell_verdict verdict_of(unsigned i)
{
    static const enum vt_cell_state states[] = { VT_STATE_CLEAN, VT_STATE_MALICIOUS,
                                                 VT_STATE_SUSPICIOUS };
    struct vt_cell_verdict v = { .hash = vt_sha256_of(VT_BYTES(i)) };

    v.state = states[i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2];
    v.found = v.state == VT_STATE_CLEAN ? 0 : vt_found_id(VT_BYTES(i));
    return v;
}

static void put_row(uint8_t *at, const struct vt_cell_verdict *v)
{
    memcpy(at, v->hash.bytes, VT_SHA256_BYTES);
    at[32] = (uint8_t)v->state;
    for (unsigned b = 0; b < 4; b++)
        at[33 + b] = (uint8_t)(v->found >> (24 - 8 * b));
}

static struct vt_verdicts make_table(unsigned count)
{
    uint8_t *rows = vt_arena_alloc(vt_test_arena(), (size_t)count * VT_VERDICT_BYTES + 1);

    for (unsigned i = 0; i < count; i++) {
        struct vt_cell_verdict v = verdict_of(i);

        put_row(rows + (size_t)i * VT_VERDICT_BYTES, &v);
    }
    qsort(rows, count, VT_VERDICT_BYTES, compare_rows);
    return (struct vt_verdicts){ .rows = rows, .count = count };
}

/* ---- the tree and its proofs, from the definition ---------------------------------------
 */

static vt_hash *flat_leaves(const struct vt_verdicts *table, unsigned bits)
{
    vt_hash *leaves = vt_arena_alloc(vt_test_arena(), sizeof(vt_hash) << bits);

    for (uint64_t i = 0; i >> bits == 0; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_BUF bytes = vt_buf_init(VT_BUCKET_BYTES_MAX);
        uint64_t begin = vt_cell_bucket_begin(table, bits, i);
        uint64_t end = vt_cell_bucket_begin(table, bits, i + 1);

        VT_CHECK_OK(vt_bucket_write(table->rows + begin * VT_VERDICT_BYTES, end - begin,
                                    bits, (uint32_t)i, &bytes, &err));
        leaves[i] = vt_sha256_leaf(vt_buf_slice(&bytes));
    }
    return leaves;
}

/* Fold the leaves level by level; the siblings on the way are the proof. */
static vt_hash fold(const vt_hash *leaves, unsigned bits, uint64_t index, vt_hash *proof)
{
    vt_hash *row = vt_arena_alloc(vt_test_arena(), sizeof(vt_hash) << bits);

    memcpy(row, leaves, sizeof(vt_hash) << bits);
    for (unsigned h = 0; h < bits; h++, index >>= 1) {
        proof[h] = row[index ^ 1];
        for (uint64_t i = 0; i < UINT64_C(1) << (bits - h - 1); i++)
            row[i] = vt_sha256_node(&row[2 * i], &row[2 * i + 1]);
    }
    return row[0];
}

static vt_slice answer_for(const struct vt_verdicts *table, const struct vt_cell_tree *tree,
                           const vt_hash *hash)
{
    struct vt_error err = { 0 };
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    VT_AUTO_BUF bucket = vt_buf_init(VT_BUCKET_BYTES_MAX);
    uint32_t index = vt_bucket_of(hash, tree->bits);
    uint64_t begin = vt_cell_bucket_begin(table, tree->bits, index);
    uint64_t end = vt_cell_bucket_begin(table, tree->bits, (uint64_t)index + 1);
    vt_hash proof[VT_BUCKET_BITS_MAX], root;

    *out = vt_buf_init(VT_MIB(1));
    root = fold(flat_leaves(table, tree->bits), tree->bits, index, proof);
    VT_CHECK(vt_hash_equal(&root, &tree->root));
    VT_CHECK_OK(vt_bucket_write(table->rows + begin * VT_VERDICT_BYTES, end - begin,
                                tree->bits, index, &bucket, &err));
    VT_CHECK_OK(vt_answer_write(tree, vt_buf_slice(&bucket), proof, out, &err));
    VT_CHECK(out->len == vt_answer_bytes(tree));
    return vt_buf_slice(out);
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void a_table_is_taken_only_in_order(void)
{
    struct vt_error err = { 0 };
    struct vt_verdicts table = make_table(50), again;
    uint8_t *rows = vt_arena_alloc(vt_test_arena(), 51 * VT_VERDICT_BYTES);
    struct vt_cell_tree tree;
    static const struct {
        const char *name;
        size_t from, to, at; /* copy a row, or set a byte if from == to */
        uint8_t value;
    } wrong[] = {
        { "a row twice", 3, 4, 0, 0 },
        { "rows exchanged", 9, 2, 0, 0 },
        { "no such state", 7, 7, 32, 4 },
        { "a clean file with a cause", 0, 0, 32, 1 },
    };

    VT_CHECK_OK(vt_verdicts_verify(&table, &err));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t *to = rows + wrong[i].to * VT_VERDICT_BYTES;

        memcpy(rows, table.rows, 50 * VT_VERDICT_BYTES);
        if (wrong[i].from != wrong[i].to) {
            memcpy(to, rows + wrong[i].from * VT_VERDICT_BYTES, VT_VERDICT_BYTES);
        } else {
            to[wrong[i].at] = wrong[i].value;
            to[36] = 1;
        }
        again = (struct vt_verdicts){ .rows = rows, .count = 50 };
        VT_CHECK_SAYING(!vt_verdicts_verify(&again, &err) && err.code == VT_MALFORMED, "%s",
                        wrong[i].name);
        VT_CHECK_SAYING(!vt_cell_tree_build(&again, 2, &tree, NULL, &err), "%s",
                        wrong[i].name);
    }
    VT_CHECK_FAILS(VT_MALFORMED, vt_verdicts_parse(VT_LIT("other"), &again, &err));
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_verdicts_parse(VT_LIT(VT_VERDICTS_MAGIC "x"), &again, &err));
    VT_CHECK_OK(vt_verdicts_parse(VT_LIT(VT_VERDICTS_MAGIC), &again, &err));
}

static void a_table_is_written_found_and_merged(void)
{
    struct vt_error err = { 0 };
    struct vt_verdicts_writer *writer;
    struct vt_verdicts table = make_table(300), change;
    VT_AUTO_VERDICTS merged = { 0 };
    struct vt_disk *disk;
    uint8_t rows[3 * VT_VERDICT_BYTES];
    struct vt_cell_verdict taken = verdict_of(0), turned = verdict_of(1),
                           added = verdict_of(1000);

    taken.state = VT_STATE_UNKNOWN;
    taken.found = 0;
    turned.state = VT_STATE_MALICIOUS;
    turned.found = 7;
    put_row(rows, &taken);
    put_row(rows + VT_VERDICT_BYTES, &turned);
    put_row(rows + 2 * VT_VERDICT_BYTES, &added);
    qsort(rows, 3, VT_VERDICT_BYTES, compare_rows);
    change = (struct vt_verdicts){ .rows = rows, .count = 3 };
    VT_CHECK_OK(vt_disk_open(vt_test_dir(), false, &disk, &err));
    VT_CHECK_OK(vt_verdicts_writer_begin(disk, &writer, &err));
    VT_CHECK_OK(vt_verdicts_merge(&table, &change, writer, &err));
    VT_CHECK_OK(vt_verdicts_writer_finish(writer, "merged", &err));
    VT_CHECK_OK(vt_verdicts_open(vt_test_path("merged"), &merged, &err));
    VT_CHECK_OK(vt_verdicts_verify(&merged, &err));
    VT_CHECK(merged.count == 300); /* one taken back, one added */
    VT_CHECK(vt_verdicts_find(&merged, &taken.hash).state == VT_STATE_UNKNOWN);
    VT_CHECK(vt_verdicts_find(&merged, &turned.hash).found == 7);
    VT_CHECK(vt_verdicts_find(&merged, &added.hash).state == added.state);
    for (unsigned i = 2; i < 300; i++) {
        struct vt_cell_verdict want = verdict_of(i),
                               got = vt_verdicts_find(&merged, &want.hash);

        VT_CHECK(got.state == want.state && got.found == want.found);
    }
    VT_CHECK_OK(vt_verdicts_writer_begin(disk, &writer, &err));
    VT_CHECK_OK(vt_verdicts_writer_add(writer, &turned, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_verdicts_writer_add(writer, &turned, &err));
    vt_verdicts_writer_discard(writer);
    vt_disk_close(disk);
}

/* Every known file is answered with its verdict, every other as unknown, at each depth. */
static void answers_hold_for_presence_and_absence(void)
{
    struct vt_error err = { 0 };
    struct vt_verdicts table = make_table(2000);
    static const unsigned depths[] = { 0, 1, 5, 8, 9, 16 };

    for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++) {
        struct vt_cell_tree tree;

        VT_CHECK_OK(vt_cell_tree_build(&table, depths[d], &tree, NULL, &err));
        VT_CHECK(tree.count == 2000 && tree.bits == depths[d]);
        for (unsigned i = 0; i<2010; i += depths[d]> 9 ? 401 : 67) {
            struct vt_cell_verdict want = verdict_of(i), got;

            if (i >= 2000)
                want.state = VT_STATE_UNKNOWN, want.found = 0;
            VT_CHECK_OK(vt_answer_check(&tree, answer_for(&table, &tree, &want.hash),
                                        &want.hash, &got, &err));
            VT_CHECK(got.state == want.state && got.found == want.found);
        }
    }
    VT_CHECK(vt_bucket_bits_for(0) == 0 && vt_bucket_bits_for(127) == 0);
    VT_CHECK(vt_bucket_bits_for(128) == 1 && vt_bucket_bits_for(100000000) == 20);
    VT_CHECK(vt_bucket_padded_bytes(1) == 256 && vt_bucket_padded_bytes(257) == 320 &&
             vt_bucket_padded_bytes(449) == 512);
}

/* The nodes that publishing writes are those that the ledger's prover reads. */
struct nodes_of {
    const struct vt_cell_nodes *nodes;
};

static bool read_nodes(void *context, const struct vt_tile_name *tile, vt_hash *out,
                       struct vt_error *err)
{
    const struct vt_cell_nodes *nodes = ((struct nodes_of *)context)->nodes;

    (void)err;
    VT_CHECK(tile->level >= 0 && (unsigned)tile->level < nodes->level_count);
    memcpy(out, nodes->levels[tile->level] + tile->index * 256, tile->width * sizeof *out);
    return true;
}

static void the_ledgers_prover_gives_the_same_hashes(void)
{
    struct vt_error err = { 0 };
    struct vt_verdicts table = make_table(2000);
    static const unsigned depths[] = { 0, 3, 8, 11, 16, 17 };

    for (size_t d = 0; d < sizeof depths / sizeof depths[0]; d++) {
        unsigned bits = depths[d];
        VT_AUTO_CELL_NODES nodes = { 0 };
        struct nodes_of context = { &nodes };
        struct vt_tile_source source = { read_nodes, &context };
        struct vt_cell_tree tree;
        vt_hash proof[VT_BUCKET_BITS_MAX], root;

        VT_CHECK_OK(vt_cell_tree_build(&table, bits, &tree, &nodes, &err));
        for (uint64_t i = 0; i >> bits == 0; i = i * 3 + 1) {
            struct vt_proof proven = { 0 };

            VT_CHECK_OK(vt_prove_inclusion(&source, i, UINT64_C(1) << bits, &proven, &err));
            root = fold(nodes.levels[0], bits, i, proof);
            VT_CHECK(vt_hash_equal(&root, &tree.root) && proven.count == bits);
            VT_CHECK(memcmp(proof, proven.hashes, bits * sizeof *proof) == 0);
        }
    }
}

static void a_forged_answer_is_refused(void)
{
    struct vt_error err = { 0 };
    struct vt_verdicts table = make_table(700), less = table, turned;
    struct vt_cell_tree tree, other;
    struct vt_cell_verdict victim = verdict_of(7), got; /* malicious */
    uint8_t *rows = vt_arena_alloc(vt_test_arena(), 700 * VT_VERDICT_BYTES);
    uint64_t at = 0;
    vt_slice forged;

    VT_CHECK_OK(vt_cell_tree_build(&table, 3, &tree, NULL, &err));
    VT_CHECK_OK(vt_answer_check(&tree, answer_for(&table, &tree, &victim.hash),
                                &victim.hash, &got, &err));
    VT_CHECK(got.state == VT_STATE_MALICIOUS && got.found == victim.found);

    while (memcmp(table.rows + at * VT_VERDICT_BYTES, victim.hash.bytes, 32) != 0)
        at++;
    /* Its row left out, behind an answer that is whole in another tree. */
    memcpy(rows, table.rows, 700 * VT_VERDICT_BYTES);
    memmove(rows + at * VT_VERDICT_BYTES, rows + (at + 1) * VT_VERDICT_BYTES,
            (699 - at) * VT_VERDICT_BYTES);
    less = (struct vt_verdicts){ .rows = rows, .count = 699 };
    VT_CHECK_OK(vt_cell_tree_build(&less, 3, &other, NULL, &err));
    other.bucket_bytes = tree.bucket_bytes;
    forged = answer_for(&less, &other, &victim.hash);
    VT_CHECK_FAILS(VT_REJECTED, vt_answer_check(&tree, forged, &victim.hash, &got, &err));
    VT_CHECK_OK(vt_answer_check(&other, forged, &victim.hash, &got, &err));
    VT_CHECK(got.state == VT_STATE_UNKNOWN);
    /* Turned into a clean file. */
    memcpy(rows, table.rows, 700 * VT_VERDICT_BYTES);
    memset(rows + at * VT_VERDICT_BYTES + 32, 0, 5);
    rows[at * VT_VERDICT_BYTES + 32] = VT_STATE_CLEAN;
    turned = (struct vt_verdicts){ .rows = rows, .count = 700 };
    VT_CHECK_OK(vt_cell_tree_build(&turned, 3, &other, NULL, &err));
    forged = answer_for(&turned, &other, &victim.hash);
    VT_CHECK(!vt_answer_check(&tree, forged, &victim.hash, &got, &err));
    /* Another bucket's true answer; and a head that promises more than there is. */
    for (unsigned i = 0;; i++)
        if (vt_bucket_of(&(vt_hash[]){ verdict_of(i).hash }[0], 3) !=
            vt_bucket_of(&victim.hash, 3)) {
            struct vt_cell_verdict elsewhere = verdict_of(i);

            forged = answer_for(&table, &tree, &elsewhere.hash);
            break;
        }
    VT_CHECK_FAILS(VT_REJECTED, vt_answer_check(&tree, forged, &victim.hash, &got, &err));
    forged = answer_for(&table, &tree, &victim.hash);
    tree.smallest = 10000;
    VT_CHECK_FAILS(VT_REJECTED, vt_answer_check(&tree, forged, &victim.hash, &got, &err));
}

/* Every truncation and one bit in every byte: refused. */
static void a_mangled_answer_is_refused(void)
{
    struct vt_error err = { 0 };
    struct vt_verdicts table = make_table(300);
    struct vt_cell_verdict one = verdict_of(8), got;
    struct vt_cell_tree tree;
    vt_slice good;
    uint8_t *bytes;

    VT_CHECK_OK(vt_cell_tree_build(&table, 4, &tree, NULL, &err));
    good = answer_for(&table, &tree, &one.hash);
    bytes = vt_arena_alloc(vt_test_arena(), good.len + 1);
    memcpy(bytes, good.data, good.len);
    for (size_t len = 0; len < good.len; len++)
        VT_CHECK_FAILS(VT_MALFORMED, vt_answer_check(&tree, vt_slice_of(bytes, len),
                                                     &one.hash, &got, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_answer_check(&tree, vt_slice_of(bytes, good.len + 1),
                                                 &one.hash, &got, &err));
    for (size_t i = 0; i < good.len; i++) {
        bytes[i] ^= (uint8_t)(1u << i % 8);
        VT_CHECK_SAYING(
            !vt_answer_check(&tree, vt_slice_of(bytes, good.len), &one.hash, &got, &err),
            "a bit of byte %zu", i);
        bytes[i] ^= (uint8_t)(1u << i % 8);
    }
    VT_CHECK_OK(
        vt_answer_check(&tree, vt_slice_of(bytes, good.len), &one.hash, &got, &err));
}

/* Somebody made two malicious files with equal first twelve bytes, and a clean one too. */
static void made_up_collisions_break_nothing(void)
{
    struct vt_error err = { 0 };
    uint8_t *rows = vt_arena_alloc(vt_test_arena(), 3 * VT_VERDICT_BYTES);
    struct vt_verdicts table = { .rows = rows, .count = 3 };
    struct vt_cell_verdict a = verdict_of(8), b = a, c = a, got;
    struct vt_cell_tree tree;
    vt_slice answer;

    a.hash.bytes[31] = 0;
    b.hash.bytes[31] = 1;
    b.found = 5;
    c.hash.bytes[31] = 2;
    c.state = VT_STATE_CLEAN;
    c.found = 0;
    put_row(rows, &a);
    put_row(rows + VT_VERDICT_BYTES, &b);
    put_row(rows + 2 * VT_VERDICT_BYTES, &c);
    VT_CHECK_OK(vt_cell_tree_build(&table, 0, &tree, NULL, &err));
    VT_CHECK(tree.count == 2); /* one tag stands for a and b */
    answer = answer_for(&table, &tree, &a.hash);
    VT_CHECK_OK(vt_answer_check(&tree, answer, &b.hash, &got, &err));
    VT_CHECK(got.state == VT_STATE_MALICIOUS && got.found == a.found);
    VT_CHECK_OK(vt_answer_check(&tree, answer, &c.hash, &got, &err));
    VT_CHECK(got.state == VT_STATE_MALICIOUS); /* accused by its own twin */
    /* A clean row alone never speaks for a twin. */
    table.rows += 2 * VT_VERDICT_BYTES;
    table.count = 1;
    VT_CHECK_OK(vt_cell_tree_build(&table, 0, &tree, NULL, &err));
    answer = answer_for(&table, &tree, &c.hash);
    VT_CHECK_OK(vt_answer_check(&tree, answer, &c.hash, &got, &err));
    VT_CHECK(got.state == VT_STATE_CLEAN);
    VT_CHECK_OK(vt_answer_check(&tree, answer, &a.hash, &got, &err));
    VT_CHECK(got.state == VT_STATE_UNKNOWN);
}

static const struct vt_case cases[] = {
    { "a table is taken only in order", a_table_is_taken_only_in_order },
    { "a table is written, found and merged", a_table_is_written_found_and_merged },
    { "answers hold for presence and absence", answers_hold_for_presence_and_absence },
    { "the ledger's prover gives the same hashes",
      the_ledgers_prover_gives_the_same_hashes },
    { "a forged answer is refused", a_forged_answer_is_refused },
    { "a mangled answer is refused", a_mangled_answer_is_refused },
    { "made-up collisions break nothing", made_up_collisions_break_nothing },
};

VT_TEST_MAIN("cell.bucket", cases)
