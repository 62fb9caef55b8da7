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
    { "order counts", order_counts },
};

VT_TEST_MAIN("custody.manifest", cases)
