/* Which names can a file in public/ have?  Read by strangers' requests, so the answer is
 * yes only for what the writers of these names would have written themselves. */
#include "cell/recipient.h"
#include "cell/site.h"
#include "crypto/sha256.h"

static bool read_hash(vt_reader *r, vt_hash *out)
{
    vt_slice hex;

    return vt_read_bytes(r, 2 * VT_SHA256_BYTES, &hex) && vt_hash_parse_hex(hex, out) &&
           vt_read_end(r);
}

static bool is_written(vt_slice path, const char written[VT_CELL_PATH_BYTES])
{
    return vt_slice_is(path, written);
}

static bool is_node(vt_slice path)
{
    vt_reader r = { path };
    char written[VT_CELL_PATH_BYTES];
    vt_slice fan;
    vt_hash hash;

    if (!vt_read_literal(&r, VT_LIT("node/")) || !vt_read_until(&r, '/', &fan) ||
        !read_hash(&r, &hash))
        return false;
    vt_cell_node_path(&hash, written);
    return is_written(path, written);
}

static bool is_bucket(vt_slice path)
{
    vt_reader r = { path };
    char written[VT_CELL_PATH_BYTES];
    vt_slice size, fan;
    uint64_t bytes;
    vt_hash hash;

    if (!vt_read_literal(&r, VT_LIT("bucket/")) || !vt_read_until(&r, '/', &size) ||
        !vt_decimal_parse(size, &bytes) || !vt_read_until(&r, '/', &fan) ||
        !read_hash(&r, &hash))
        return false;
    vt_cell_bucket_path(bytes, &hash, written);
    return is_written(path, written);
}

static bool is_filter(vt_slice path)
{
    vt_reader r = { path };
    char written[VT_CELL_PATH_BYTES];
    vt_hash hash;

    if (!vt_read_literal(&r, VT_LIT("filter/")) || !read_hash(&r, &hash))
        return false;
    vt_cell_filter_path(&hash, written);
    return is_written(path, written);
}

static bool is_ohttp(vt_slice path)
{
    vt_reader r = { path };
    char written[VT_CELL_PATH_BYTES];
    vt_hash hash;

    if (!vt_read_literal(&r, VT_LIT("ohttp/")) || !read_hash(&r, &hash))
        return false;
    vt_cell_ohttp_path(&hash, written);
    return is_written(path, written);
}

static bool is_recipient(vt_slice path)
{
    vt_reader r = { path };
    char written[VT_CELL_PATH_BYTES];
    vt_hash hash;

    if (!vt_read_literal(&r, VT_LIT("recipient/")) || !read_hash(&r, &hash))
        return false;
    vt_cell_recipient_path(&hash, written);
    return is_written(path, written);
}

static bool is_epoch(vt_slice path)
{
    vt_reader r = { path };
    uint64_t epoch;
    vt_slice number;

    return vt_read_literal(&r, VT_LIT("epoch/")) && vt_read_until(&r, '.', &number) &&
           vt_decimal_parse(number, &epoch) && vt_slice_is(r.rest, "json");
}

enum vt_cell_path vt_cell_path_kind(vt_slice path)
{
    if (vt_slice_is(path, VT_CELL_HEAD_PATH))
        return VT_CELL_PATH_HEAD;
    if (is_node(path))
        return VT_CELL_PATH_NODE;
    if (is_bucket(path))
        return VT_CELL_PATH_BUCKET;
    if (is_filter(path))
        return VT_CELL_PATH_FILTER;
    if (is_ohttp(path))
        return VT_CELL_PATH_OHTTP;
    if (is_recipient(path))
        return VT_CELL_PATH_RECIPIENT;
    return is_epoch(path) ? VT_CELL_PATH_EPOCH : VT_CELL_PATH_NONE;
}
