/* Manifests: one root for one list, and every other list refused or told apart. */
#include "custody/manifest.h"
#include "ledger/tree_verify.h"
#include "tests/harness.h"

static struct vt_manifest_row row_of(uint8_t number)
{
    struct vt_manifest_row row = { .body = vt_sha256_of(VT_BYTES(number)),
                                   .body_bytes = 1000u + number,
                                   .belongings = vt_sha256_of(VT_LIT("somebody's")) };

    row.object.bytes[0] = number;
    return row;
}

static vt_slice manifest_of(unsigned count)
{
    struct vt_buf out = vt_buf_init(VT_KIB(64));
    vt_slice copy;

    vt_buf_put_text(&out, VT_MANIFEST_HEAD);
    for (unsigned i = 0; i < count; i++) {
        struct vt_manifest_row row = row_of((uint8_t)i);

        vt_manifest_row_write(&row, &out);
    }
    copy = vt_arena_copy(vt_test_arena(), vt_buf_slice(&out));
    vt_buf_clear(&out);
    return copy;
}

static void the_root_is_that_of_rfc_6962(void)
{
    struct vt_manifest_root root;
    struct vt_error err = { 0 };
    vt_slice three = manifest_of(3), rows = { three.data + 20, three.len - 20 };
    vt_hash leaves[3], left;

    VT_CHECK_OK(vt_manifest_parse(manifest_of(0), NULL, NULL, &root, &err));
    VT_CHECK(root.count == 0 && vt_hash_equal(&root.root, &vt_tree_empty_root));
    for (size_t i = 0; i < 3; i++)
        leaves[i] = vt_sha256_leaf(
            vt_slice_sub(rows, i * VT_MANIFEST_ROW_BYTES, VT_MANIFEST_ROW_BYTES));
    VT_CHECK_OK(vt_manifest_parse(three, NULL, NULL, &root, &err));
    left = vt_sha256_node(&leaves[0], &leaves[1]);
    left = vt_sha256_node(&left, &leaves[2]);
    VT_CHECK(root.count == 3 && root.bytes == 3003 && vt_hash_equal(&root.root, &left));
}

static void whatever_is_changed_shows(void)
{
    vt_slice good = manifest_of(5);
    VT_AUTO_FREE uint8_t *bytes = vt_alloc(good.len);
    struct vt_manifest_root root, other;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_manifest_parse(good, NULL, NULL, &root, &err));
    for (size_t i = 0; i < good.len; i++) {
        memcpy(bytes, good.data, good.len);
        bytes[i] ^= 1;
        VT_CHECK(
            !vt_manifest_parse(vt_slice_of(bytes, good.len), NULL, NULL, &other, &err) ||
            !vt_manifest_root_equal(&root, &other));
        VT_CHECK(!vt_manifest_parse(vt_slice_sub(good, 0, i), NULL, NULL, &other, &err) ||
                 !vt_manifest_root_equal(&root, &other));
    }
}

/* Longer than a piece, and cut at every place of the last row. */
static void a_file_is_read_in_pieces(void)
{
    enum { ROWS = 2000 };
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    struct vt_manifest_root whole, root;
    struct vt_error err = { 0 };
    const char *path = vt_test_path("manifest");

    vt_buf_put_text(&text, VT_MANIFEST_HEAD);
    for (unsigned i = 0; i < ROWS; i++) {
        struct vt_manifest_row row = row_of(1);

        row.object.bytes[0] = (uint8_t)(i >> 8);
        row.object.bytes[1] = (uint8_t)i;
        vt_manifest_row_write(&row, &text);
    }
    VT_CHECK_OK(vt_manifest_parse(vt_buf_slice(&text), NULL, NULL, &whole, &err));
    for (size_t cut = 0; cut <= VT_MANIFEST_ROW_BYTES; cut++) {
        VT_AUTO_FD fd = -1;

        vt_test_write(path, vt_slice_sub(vt_buf_slice(&text), 0, text.len - cut));
        fd = open(path, O_RDONLY | O_CLOEXEC);
        VT_CHECK(fd >= 0);
        if (cut % VT_MANIFEST_ROW_BYTES == 0) {
            VT_CHECK_OK(vt_manifest_read(fd, "manifest", NULL, NULL, &root, &err));
            VT_CHECK(vt_manifest_root_equal(&root, &whole) == (cut == 0));
        } else {
            VT_CHECK_FAILS(VT_MALFORMED,
                           vt_manifest_read(fd, "manifest", NULL, NULL, &root, &err));
            err = (struct vt_error){ 0 };
        }
    }
}

/* Two GiB of nothing, in a file with a hole: refused at its first piece, not taken in. */
static void size_is_no_matter(void)
{
    VT_AUTO_FD fd = open(vt_test_path("manifest"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct vt_manifest_root root;
    struct vt_error err = { 0 };

    VT_CHECK(fd >= 0 && write(fd, VT_MANIFEST_HEAD, strlen(VT_MANIFEST_HEAD)) == 20);
    VT_CHECK(ftruncate(fd, INT64_C(2) << 30) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    VT_CHECK_FAILS(VT_REJECTED, vt_manifest_read(fd, "manifest", NULL, NULL, &root, &err));
    VT_CHECK(strstr(err.message, "row 2 is not behind") != NULL);
}

static void order_counts(void)
{
    VT_AUTO_FREE struct vt_manifest_sum *sum = vt_alloc(sizeof *sum);
    struct vt_manifest_row one = row_of(1), two = row_of(2), huge = row_of(3);
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_manifest_sum_add(sum, &two, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_manifest_sum_add(sum, &two, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_manifest_sum_add(sum, &one, &err));
    huge.body_bytes = INT64_MAX;
    VT_CHECK_FAILS(VT_LIMIT, vt_manifest_sum_add(sum, &huge, &err));
    huge.body_bytes = 1;
    VT_CHECK_OK(vt_manifest_sum_add(sum, &huge, &err));
}

static const struct vt_case cases[] = {
    { "the root is that of RFC 6962", the_root_is_that_of_rfc_6962 },
    { "whatever is changed shows", whatever_is_changed_shows },
    { "a file is read in pieces", a_file_is_read_in_pieces },
    { "size is no matter", size_is_no_matter },
    { "order counts", order_counts },
};

VT_TEST_MAIN("custody.manifest", cases)
