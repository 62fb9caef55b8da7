/* Names, widths and roots of tiles; entries in bundles. */
#include "ledger/tile.h"

enum { INDEX_BYTES = 6 * 5 + 3 + 1 }; /* 2^64 has seven groups of three digits */

/* "x001/x234/067": groups of three digits, all but the last with an x. */
static void write_index(uint64_t index, char out[INDEX_BYTES])
{
    char groups[7][5];
    size_t count = 0, at = 0;

    do {
        (void)snprintf(groups[count++], sizeof groups[0], "%03u", (unsigned)(index % 1000));
        index /= 1000;
    } while (index != 0);
    while (count-- > 0) {
        int len = snprintf(out + at, INDEX_BYTES - at, "%s%s%s", count != 0 ? "x" : "",
                           groups[count], count != 0 ? "/" : "");

        at += (size_t)len; /* it fits: INDEX_BYTES */
    }
}

void vt_tile_path(const struct vt_tile_name *name, char out[VT_TILE_PATH_BYTES])
{
    char level[12] = "entries", index[INDEX_BYTES], part[8] = "";

    if (name->level != VT_TILE_ENTRIES)
        (void)snprintf(level, sizeof level, "%d", name->level);
    if (name->width != VT_TILE_WIDTH)
        (void)snprintf(part, sizeof part, ".p/%u", name->width % VT_TILE_WIDTH);
    write_index(name->index, index);
    (void)snprintf(out, VT_TILE_PATH_BYTES, "tile/%s/%s%s", level, index, part);
}

static bool read_level(vt_reader *r, int *out)
{
    vt_slice text;
    uint64_t level;

    if (!vt_read_until(r, '/', &text))
        return false;
    if (vt_slice_is(text, "entries")) {
        *out = VT_TILE_ENTRIES;
        return true;
    }
    if (!vt_decimal_parse(text, &level) || level >= VT_TILE_LEVELS_MAX)
        return false;
    *out = (int)level;
    return true;
}

static bool read_three_digits(vt_reader *r, uint64_t *index)
{
    vt_slice digits;

    if (!vt_read_bytes(r, 3, &digits))
        return false;
    for (size_t i = 0; i < 3; i++) {
        uint8_t digit = (uint8_t)(digits.data[i] - '0');

        if (digit > 9 || __builtin_mul_overflow(*index, 10, index) ||
            __builtin_add_overflow(*index, digit, index))
            return false;
    }
    return true;
}

static bool read_width(vt_reader *r, unsigned *out)
{
    uint64_t width;

    *out = VT_TILE_WIDTH;
    if (vt_read_end(r))
        return true;
    if (!vt_read_literal(r, VT_LIT(".p/")) || !vt_decimal_parse(r->rest, &width) ||
        width < 1 || width >= VT_TILE_WIDTH)
        return false;
    *out = (unsigned)width;
    return true;
}

bool vt_tile_path_parse(vt_slice path, struct vt_tile_name *out)
{
    vt_reader r = { path };
    struct vt_tile_name name = { 0 };
    char again[VT_TILE_PATH_BYTES];

    if (!vt_read_literal(&r, VT_LIT("tile/")) || !read_level(&r, &name.level))
        return false;
    while (vt_read_literal(&r, VT_LIT("x")))
        if (!read_three_digits(&r, &name.index) || !vt_read_literal(&r, VT_LIT("/")))
            return false;
    if (!read_three_digits(&r, &name.index) || !read_width(&r, &name.width))
        return false;
    vt_tile_path(&name, again); /* refuses "x000/001" */
    if (!vt_slice_is(path, again))
        return false;
    *out = name;
    return true;
}

uint64_t vt_tile_level_size(int level, uint64_t size)
{
    if (level == VT_TILE_ENTRIES)
        return size;
    return level < VT_TILE_LEVELS ? size >> (8 * level) : 0;
}

unsigned vt_tile_width(int level, uint64_t index, uint64_t size)
{
    uint64_t hashes = vt_tile_level_size(level, size);

    if (index > hashes / VT_TILE_WIDTH)
        return 0;
    if (index < hashes / VT_TILE_WIDTH)
        return VT_TILE_WIDTH;
    return (unsigned)(hashes % VT_TILE_WIDTH);
}

vt_hash vt_tile_root(const vt_hash *hashes, unsigned width)
{
    vt_hash row[VT_TILE_WIDTH];
    unsigned count = width;

    /* Row by row; a last hash without partner moves up as it is, which is RFC 6962's
     * split at the largest power of two, seen from below. */
    memcpy(row, hashes, width * sizeof *row);
    while (count > 1) {
        unsigned pairs = count / 2;

        for (unsigned i = 0; i < pairs; i++)
            row[i] = vt_sha256_node(&row[2 * i], &row[2 * i + 1]);
        if (count % 2 != 0)
            row[pairs] = row[count - 1];
        count = pairs + count % 2;
    }
    return row[0];
}

bool vt_bundle_read(vt_reader *bundle, vt_slice *entry_out)
{
    vt_reader r = *bundle;
    uint16_t len;

    if (!vt_read_u16(&r, &len) || !vt_read_bytes(&r, len, entry_out))
        return false;
    *bundle = r;
    return true;
}

void vt_bundle_put(struct vt_buf *bundle, vt_slice entry)
{
    vt_buf_put_u16(bundle, (uint16_t)entry.len);
    vt_buf_put(bundle, entry);
}

bool vt_bundle_leaves(vt_slice bundle, unsigned width, vt_hash *leaves_out)
{
    vt_reader r = { bundle };
    vt_slice entry;

    for (unsigned i = 0; i < width; i++) {
        if (!vt_bundle_read(&r, &entry))
            return false;
        leaves_out[i] = vt_sha256_leaf(entry);
    }
    return vt_read_end(&r);
}
