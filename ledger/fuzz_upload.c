/* Law: what is read of a body of add-entries, written again, is its beginning; and a
 * package that comes byte by byte is the package that comes at once. */
#include "ledger/upload.h"
#include "tools/fuzz.h"

static bool is_same_bit_by_bit(const struct vt_package_range *range, vt_slice bytes,
                               enum vt_package_state wanted, size_t wanted_bytes)
{
    struct vt_package_scan scan = { 0 };
    enum vt_package_state state = VT_PACKAGE_PART;

    for (size_t len = 0; len <= bytes.len && state == VT_PACKAGE_PART; len++)
        state = vt_package_scan(&scan, range, vt_slice_sub(bytes, 0, len));
    return state == wanted && (state != VT_PACKAGE_WHOLE || scan.bytes == wanted_bytes);
}

void vt_fuzz_one(vt_slice input)
{
    VT_AUTO_BUF again = vt_buf_init(input.len + 16);
    struct vt_upload_head head;
    vt_reader r = { input };

    if (!vt_upload_head_read(&r, &head))
        return;
    vt_upload_head_write(&again, &head);
    for (uint64_t start = head.start; vt_upload_head_is_good(&head) && start < head.end;) {
        struct vt_package_range range = vt_package_range(start, head.end);
        struct vt_package_scan scan = { 0 };
        enum vt_package_state state = vt_package_scan(&scan, &range, r.rest);
        struct vt_package package;

        VT_CHECK(range.base <= range.start && range.start < range.end &&
                 range.end <= head.end && range.end - range.base <= VT_TILE_WIDTH);
        VT_CHECK(is_same_bit_by_bit(&range, r.rest, state, scan.bytes));
        if (state != VT_PACKAGE_WHOLE)
            break;
        VT_CHECK(vt_package_parse(vt_slice_sub(r.rest, 0, scan.bytes), &range, &package));
        vt_package_write(&again, package.entries, &package.proof);
        r.rest = vt_slice_sub(r.rest, scan.bytes, r.rest.len - scan.bytes);
        start = range.end;
    }
    VT_CHECK(!again.is_full &&
             vt_slice_equal(vt_buf_slice(&again),
                            vt_slice_sub(input, 0, input.len - r.rest.len)));
}
