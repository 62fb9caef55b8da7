/* See library.h. */
#include "centre/library.h"
#include <ctype.h>

static uint32_t u32_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t u64_at(const uint8_t *p)
{
    return (uint64_t)u32_at(p) << 32 | u32_at(p + 4);
}

bool vt_library_find(struct vt_disk *library, vt_slice product, vt_slice version,
                     vt_hash *digest_out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    const char *path = vt_arena_printf(arena, "releases/%.*s/%.*s", VT_SLICE_ARGS(product),
                                       VT_SLICE_ARGS(version));

    if (!vt_disk_read(library, path, &text, err))
        return false;
    return (text.len == 65 && text.data[64] == '\n' &&
            vt_hash_parse_hex(vt_slice_of(text.data, 64), digest_out)) ||
           vt_fail(err, VT_MALFORMED, "%s: holds no digest", path);
}

/* ---- opening ----------------------------------------------------------------------------
 */

static bool map(struct vt_disk *library, const char *hex, const char *name, vt_slice *out,
                struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FD fd = -1;
    struct vt_mapping mapping;
    uint64_t bytes;

    if (!vt_disk_open_fd(library, vt_arena_printf(arena, "sources/%s/%s", hex, name), &fd,
                         &bytes, err))
        return false;
    if (bytes > 2 * VT_LIBRARY_PACK_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s/%s: too long", hex, name);
    if (!vt_mapping_init(&mapping, fd, name, err))
        return vt_within(err, "%s", hex);
    *out = mapping.bytes;
    return true;
}

static bool check_files(struct vt_library *l, struct vt_error *err)
{
    for (uint32_t i = 0; i < l->file_count; i++) {
        const uint8_t *row = l->file_rows + (size_t)i * VT_LIBRARY_FILE_ROW_BYTES;
        uint64_t at = u64_at(row), bytes = u64_at(row + 8);

        if (at > l->pack.len || bytes > l->pack.len - at)
            return vt_fail(err, VT_MALFORMED, "the index points beyond its pack");
        l->line_count += u32_at(row + 16);
    }
    return true;
}

static bool check_grams(const struct vt_library *l, struct vt_error *err)
{
    for (uint32_t i = 0; i < l->gram_count; i++)
        if (u64_at(l->gram_rows + (size_t)i * VT_LIBRARY_GRAM_ROW_BYTES + 8) >
            l->postings.len)
            return vt_fail(err, VT_MALFORMED, "the index points beyond its postings");
    return true;
}

static bool read_index(struct vt_library *l, struct vt_error *err)
{
    vt_reader r = { l->index };
    vt_slice files, grams;
    uint64_t postings;

    if (!vt_read_literal(&r, VT_LIT(VT_LIBRARY_INDEX_MAGIC)) ||
        !vt_read_u32(&r, &l->file_count) || !vt_read_u32(&r, &l->gram_count) ||
        !vt_read_u64(&r, &postings) ||
        !vt_read_bytes(&r, (size_t)l->file_count * VT_LIBRARY_FILE_ROW_BYTES, &files) ||
        !vt_read_bytes(&r, (size_t)l->gram_count * VT_LIBRARY_GRAM_ROW_BYTES, &grams) ||
        r.rest.len != postings)
        return vt_fail(err, VT_MALFORMED, "the index is cut short: import it again");
    l->file_rows = files.data;
    l->gram_rows = grams.data;
    l->postings = r.rest;
    return check_files(l, err) && check_grams(l, err);
}

bool vt_library_open(struct vt_disk *library, const vt_hash *digest, struct vt_library *out,
                     struct vt_error *err)
{
    struct vt_library l = { .digest = *digest };
    char hex[65];

    vt_hash_text(digest, hex);
    if (!map(library, hex, "pack", &l.pack, err) ||
        !map(library, hex, "manifest.gz", &l.manifest_gz, err) ||
        !map(library, hex, "index", &l.index, err) ||
        !map(library, hex, "tags", &l.tags, err) || !read_index(&l, err)) {
        vt_library_close(&l);
        return vt_within(err, "source %s", hex);
    }
    *out = l;
    return true;
}

void vt_library_close(struct vt_library *library)
{
    const vt_slice all[] = { library->pack, library->manifest_gz, library->index,
                             library->tags };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        vt_mapping_clear(&(struct vt_mapping){ all[i] });
    *library = (struct vt_library){ .file_count = 0 };
}

/* ---- asking -----------------------------------------------------------------------------
 */

struct vt_library_file vt_library_file(const struct vt_library *l, uint32_t i)
{
    const uint8_t *row = l->file_rows + (size_t)i * VT_LIBRARY_FILE_ROW_BYTES;

    return (struct vt_library_file){
        .content = vt_slice_sub(l->pack, (size_t)u64_at(row), (size_t)u64_at(row + 8)),
        .line_count = u32_at(row + 16),
        .is_searched = u32_at(row + 20) != 0,
    };
}

uint32_t vt_trigram_of(const uint8_t bytes[3])
{
    return (uint32_t)tolower(bytes[0]) << 16 | (uint32_t)tolower(bytes[1]) << 8 |
           (uint32_t)tolower(bytes[2]);
}

vt_slice vt_library_postings(const struct vt_library *l, uint32_t trigram)
{
    uint32_t low = 0, high = l->gram_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const uint8_t *row = l->gram_rows + (size_t)middle * VT_LIBRARY_GRAM_ROW_BYTES;
        uint32_t here = u32_at(row);

        if (here == trigram) {
            size_t at = (size_t)u64_at(row + 8);
            size_t until = middle + 1 < l->gram_count
                               ? (size_t)u64_at(row + VT_LIBRARY_GRAM_ROW_BYTES + 8)
                               : l->postings.len;

            return at <= until ? vt_slice_sub(l->postings, at, until - at)
                               : (vt_slice){ 0 };
        }
        if (here < trigram)
            low = middle + 1;
        else
            high = middle;
    }
    return (vt_slice){ 0 };
}

void vt_posting_put(struct vt_buf *out, uint32_t difference)
{
    while (difference >= 0x80) {
        vt_buf_put_u8(out, (uint8_t)(difference | 0x80)); /* its low seven bits */
        difference >>= 7;
    }
    vt_buf_put_u8(out, (uint8_t)difference);
}

bool vt_posting_next(vt_reader *r, uint32_t *file)
{
    uint32_t difference = 0;
    uint8_t byte;

    for (unsigned shift = 0; shift < 32; shift += 7) {
        if (!vt_read_u8(r, &byte))
            return false;
        difference |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *file += difference;
            return true;
        }
    }
    return false;
}
