/* What a cell publishes, epoch after epoch, and what a client reads of it. */
#include "cell/site.h"
#include "cell/source.h"
#include "tests/small_cell.h"
#include "tests/world.h"

enum { ROWS = 1300 };

/* ---- a cell of a few files --------------------------------------------------------------
 */

static struct vt_cell_written publish(const char *dir, unsigned count, unsigned bits,
                                      uint64_t epoch, uint64_t keep)
{
    const struct vt_small_epoch made = { dir,  count,          bits,        epoch,
                                         keep, VT_WORLD_BEGAN, VT_WORLD_NOW };

    return vt_small_cell_publish(&made);
}

static struct vt_head_file *read_head(struct vt_cell_source *source)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF bytes = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);
    struct vt_head_file *file;

    VT_CHECK_OK(vt_cell_source_head(source, &bytes, &err));
    VT_CHECK_OK(vt_head_file_parse(vt_buf_slice(&bytes), &file, &err));
    vt_test_keep(file);
    return file;
}

static bool ask(struct vt_cell_source *source, const struct vt_cell_tree *tree, unsigned i,
                struct vt_cell_verdict *out, struct vt_error *err)
{
    VT_AUTO_BUF answer = vt_buf_init(VT_MIB(1));
    vt_hash hash = vt_small_cell_hash(i);

    return vt_cell_source_answer(source, tree, &hash, &answer, err) &&
           vt_answer_check(tree, vt_buf_slice(&answer), &hash, out, err);
}

static const char *public_of(const char *dir)
{
    return vt_test_print("%s/public", dir);
}

/* Files 0 to count - 1 are known, those behind are not, and the filter agrees. */
static void must_answer(const char *dir, unsigned count)
{
    struct vt_error err = { 0 };
    VT_AUTO_CELL_SOURCE source = vt_cell_source_new(public_of(dir));
    const struct vt_cell_head *head = &read_head(source)->head;
    VT_AUTO_BUF filter_bytes = vt_buf_init(VT_MIB(1)), delta_bytes = vt_buf_init(VT_MIB(1));
    struct vt_filter filter;
    struct vt_delta delta;
    bool has_delta = head->delta.size_bytes != 0;

    VT_CHECK_OK(vt_cell_source_blob(source, &head->filter, &filter_bytes, &err));
    VT_CHECK_OK(vt_filter_parse(vt_buf_slice(&filter_bytes), &filter, &err));
    if (has_delta) {
        VT_CHECK_OK(vt_cell_source_blob(source, &head->delta, &delta_bytes, &err));
        VT_CHECK_OK(vt_delta_parse(vt_buf_slice(&delta_bytes), &delta, &err));
        VT_CHECK(vt_hash_equal(&delta.filter, &head->filter.hash));
    }
    VT_CHECK(head->tree.count == count);
    for (unsigned i = 0; i < count + 40; i += 1 + i % 11) {
        enum vt_cell_state want = i < count ? vt_small_cell_state(i) : VT_STATE_UNKNOWN;
        struct vt_cell_verdict got;
        vt_hash hash = vt_small_cell_hash(i);

        VT_CHECK_OK(ask(source, &head->tree, i, &got, &err));
        VT_CHECK(got.state == want);
        VT_CHECK(want != VT_STATE_MALICIOUS ||
                 vt_filter_may_have(&filter, has_delta ? &delta : NULL, &hash));
    }
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void an_epoch_writes_only_what_is_new(void)
{
    const char *dir = vt_test_path("cell");
    struct vt_cell_written first = publish(dir, ROWS - 1, 10, 0, 2), second, third;

    VT_CHECK(first.buckets == 1024 && first.nodes == 5 && first.has_new_filter);
    must_answer(dir, ROWS - 1);
    second = publish(dir, ROWS, 10, 1, 2); /* one file more: one bucket, its way up */
    VT_CHECK_SAYING(second.buckets == 1 && second.nodes == 2, "%ju buckets, %ju nodes",
                    (uintmax_t)second.buckets, (uintmax_t)second.nodes);
    VT_CHECK(!second.has_new_filter && second.removed == 0);
    must_answer(dir, ROWS);
    third = publish(dir, ROWS, 10, 2, 2); /* nothing new */
    VT_CHECK(third.buckets == 0 && third.nodes == 0 && third.removed == 0);
    must_answer(dir, ROWS);
}

static void what_was_replaced_goes_later_and_never_what_is_used(void)
{
    const char *dir = vt_test_path("cell");
    struct vt_cell_written written;

    (void)publish(dir, ROWS - 1, 9, 0, 3);
    (void)publish(dir, ROWS, 9, 1, 3);
    written = publish(dir, ROWS - 1, 9, 2, 3); /* as in epoch 0 again */
    VT_CHECK(written.removed == 0);
    must_answer(dir, ROWS - 1);
    (void)publish(dir, ROWS - 1, 9, 3, 3);
    written = publish(dir, ROWS - 1, 9, 4, 3); /* of epoch 1: all came back but the delta */
    VT_CHECK_SAYING(written.removed == 0, "%ju removed", (uintmax_t)written.removed);
    must_answer(dir, ROWS - 1);
    written = publish(dir, ROWS - 1, 9, 5, 3); /* of epoch 2: bucket, way up, delta */
    VT_CHECK_SAYING(written.removed == 4, "%ju removed", (uintmax_t)written.removed);
    must_answer(dir, ROWS - 1);
}

static void another_shape_is_written_whole(void)
{
    const char *dir = vt_test_path("cell");

    (void)publish(dir, ROWS, 5, 0, 5);
    VT_CHECK(publish(dir, ROWS, VT_CELL_BITS_AUTO, 1, 5).buckets == 16);
    must_answer(dir, ROWS);
    VT_CHECK(publish(dir, 10, 0, 2, 5).buckets == 1);
    must_answer(dir, 10);
    VT_CHECK(publish(dir, 0, VT_CELL_BITS_AUTO, 3, 5).buckets == 1);
    must_answer(dir, 0);
}

static bool spoil(const char *root, const char *path)
{
    const char *full = vt_test_print("%s/%s", root, path);
    vt_slice bytes = vt_test_read(full);
    uint8_t *copy = vt_arena_alloc(vt_test_arena(), bytes.len);

    memcpy(copy, bytes.data, bytes.len);
    copy[bytes.len / 3] ^= 4;
    vt_test_write(full, vt_slice_of(copy, bytes.len));
    return true;
}

static void a_spoiled_file_is_found_out(void)
{
    struct vt_error err = { 0 };
    const char *dir = vt_test_path("cell"), *folder = public_of(dir);
    char path[VT_CELL_PATH_BYTES];
    struct vt_cell_verdict got;
    VT_AUTO_CELL_NODES nodes = { 0 };
    struct vt_cell_tree tree;
    struct vt_verdicts table;
    vt_hash hash = vt_small_cell_hash(3);

    for (unsigned what = 0; what < 4; what++) {
        VT_AUTO_CELL_SOURCE source = vt_cell_source_new(folder);
        VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));
        const struct vt_cell_head *head;

        (void)publish(dir, ROWS, 9, what, 100);
        head = &read_head(source)->head;
        table = vt_small_cell_table(ROWS);
        VT_CHECK_OK(vt_cell_tree_build(&table, 9, &tree, &nodes, &err));
        if (what == 0)
            vt_cell_node_path(&tree.root, path);
        else if (what == 1)
            vt_cell_node_path(&nodes.levels[1][vt_bucket_of(&hash, 9) >> 8], path);
        else if (what == 2)
            vt_cell_bucket_path(tree.bucket_bytes, &nodes.levels[0][vt_bucket_of(&hash, 9)],
                                path);
        else
            vt_cell_filter_path(&head->filter.hash, path);
        VT_CHECK(what == 3 || ask(source, &head->tree, 3, &got, &err));
        VT_CHECK(spoil(folder, path));
        if (what == 3) {
            VT_CHECK_FAILS(VT_REJECTED,
                           vt_cell_source_blob(source, &head->filter, &out, &err));
        } else {
            VT_AUTO_CELL_SOURCE fresh = vt_cell_source_new(folder);

            VT_CHECK(!ask(fresh, &head->tree, 3, &got, &err));
            VT_CHECK(err.code == VT_REJECTED || err.code == VT_MALFORMED);
        }
        VT_CHECK(spoil(folder, path)); /* the same bit again: as it was */
        vt_cell_nodes_clear(&nodes);
    }
}

/* Others write beside what is published, under locks of their own: their drafts stay, and
 * what a killed publisher left goes. */
static void drafts_of_others_stay(void)
{
    const char *dir = vt_test_path("cell");
    const char *theirs = vt_test_print("%s/totals/.vt-draft-1", dir);
    const char *ours = vt_test_print("%s/public/.vt-draft-1", dir);

    (void)publish(dir, 10, 0, 0, 2);
    VT_CHECK(mkdir(vt_test_print("%s/totals", dir), 0700) == 0);
    vt_test_write(theirs, VT_LIT("half"));
    vt_test_write(ours, VT_LIT("half"));
    (void)publish(dir, 10, 0, 1, 2);
    VT_CHECK(vt_path_exists(theirs) && !vt_path_exists(ours));
}

static void two_do_not_publish_at_once(void)
{
    struct vt_error err = { 0 };
    const char *dir = vt_test_path("cell");
    struct vt_cell_site *site, *second;

    VT_CHECK_OK(vt_cell_site_open(dir, &site, &err));
    VT_CHECK_FAILS(VT_IO, vt_cell_site_open(dir, &second, &err));
    vt_cell_site_close(site);
}

static const struct vt_case cases[] = {
    { "an epoch writes only what is new", an_epoch_writes_only_what_is_new },
    { "what was replaced goes later, and never what is used",
      what_was_replaced_goes_later_and_never_what_is_used },
    { "another shape is written whole", another_shape_is_written_whole },
    { "a spoiled file is found out", a_spoiled_file_is_found_out },
    { "drafts of others stay", drafts_of_others_stay },
    { "two do not publish at once", two_do_not_publish_at_once },
};

VT_TEST_MAIN("cell.site", cases)
