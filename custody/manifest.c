/* A manifest's rows and their root; see manifest.h. */
#include "custody/manifest.h"
#include "evidence/field.h"

static_assert(3 * VT_SHA256_BYTES + 8 == VT_MANIFEST_ROW_BYTES, "a row");

static uint8_t *put_hash(uint8_t *at, const vt_hash *hash)
{
    memcpy(at, hash->bytes, sizeof hash->bytes);
    return at + sizeof hash->bytes;
}

static void write_row(const struct vt_manifest_row *row, uint8_t out[VT_MANIFEST_ROW_BYTES])
{
    uint8_t *at = put_hash(put_hash(out, &row->object), &row->body);

    for (unsigned i = 0; i < 8; i++)
        *at++ = (uint8_t)(row->body_bytes >> (56 - 8 * i));
    (void)put_hash(at, &row->belongings);
}

void vt_manifest_row_write(const struct vt_manifest_row *row, struct vt_buf *out)
{
    uint8_t bytes[VT_MANIFEST_ROW_BYTES];

    write_row(row, bytes);
    vt_buf_put(out, VT_BYTES(bytes));
}

bool vt_manifest_row_read(vt_reader *r, struct vt_manifest_row *out)
{
    struct vt_manifest_row row;
    vt_reader at = *r;

    if (!vt_hash_read(&at, &row.object) || !vt_hash_read(&at, &row.body) ||
        !vt_read_u64(&at, &row.body_bytes) || !vt_hash_read(&at, &row.belongings))
        return false;
    *out = row;
    *r = at;
    return true;
}

bool vt_manifest_root_equal(const struct vt_manifest_root *a,
                            const struct vt_manifest_root *b)
{
    return a->count == b->count && a->bytes == b->bytes &&
           vt_hash_equal(&a->root, &b->root);
}

json_t *vt_manifest_root_json(const struct vt_manifest_root *root)
{
    return json_pack("{s:I,s:I,s:o}", "count", (json_int_t)root->count, "bytes",
                     (json_int_t)root->bytes, "root", vt_field_of_hash(&root->root));
}

struct vt_manifest_root vt_manifest_root_of(const json_t *said)
{
    return (struct vt_manifest_root){ vt_field_number(said, "count"),
                                      vt_field_number(said, "bytes"),
                                      vt_field_hash(said, "root") };
}

bool vt_manifest_sum_add(struct vt_manifest_sum *sum, const struct vt_manifest_row *row,
                         struct vt_error *err)
{
    uint8_t bytes[VT_MANIFEST_ROW_BYTES];
    uint64_t total;
    vt_hash leaf;

    if (sum->tree.size != 0 &&
        memcmp(sum->last.bytes, row->object.bytes, sizeof row->object.bytes) >= 0)
        return vt_fail(err, VT_REJECTED,
                       "manifest: row %ju is not behind the one before it",
                       (uintmax_t)sum->tree.size + 1);
    if (__builtin_add_overflow(sum->bytes, row->body_bytes, &total) || total > INT64_MAX)
        return vt_fail(err, VT_LIMIT, "manifest: more than 2^63 bytes");
    write_row(row, bytes);
    leaf = vt_sha256_leaf(VT_BYTES(bytes));
    if (!vt_tree_append(&sum->tree, &leaf, NULL, err))
        return false;
    sum->last = row->object;
    sum->bytes = total;
    return true;
}

struct vt_manifest_root vt_manifest_sum_root(const struct vt_manifest_sum *sum)
{
    return (struct vt_manifest_root){ sum->tree.size, sum->bytes,
                                      vt_tree_root(&sum->tree) };
}

/* ---- reading ----------------------------------------------------------------------------
 */

enum { PIECE_BYTES = 512 * VT_MANIFEST_ROW_BYTES };

struct reading {
    struct vt_manifest_sum *sum;
    bool (*each)(void *context, const struct vt_manifest_row *row, struct vt_error *err);
    void *context;
};

static bool take_rows(const struct reading *reading, vt_reader *r, struct vt_error *err)
{
    struct vt_manifest_row row;

    while (vt_manifest_row_read(r, &row))
        if (!vt_manifest_sum_add(reading->sum, &row, err) ||
            (reading->each != NULL && !reading->each(reading->context, &row, err)))
            return false;
    return vt_read_end(r) || vt_fail(err, VT_MALFORMED, "manifest: cut short in row %ju",
                                     (uintmax_t)reading->sum->tree.size + 1);
}

bool vt_manifest_parse(vt_slice file,
                       bool (*each)(void *context, const struct vt_manifest_row *row,
                                    struct vt_error *err),
                       void *context, struct vt_manifest_root *out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_manifest_sum *sum = vt_alloc(sizeof *sum);
    const struct reading reading = { sum, each, context };
    vt_reader r = { file };

    if (!vt_read_literal(&r, VT_LIT(VT_MANIFEST_HEAD)))
        return vt_fail(err, VT_MALFORMED, "manifest: does not begin as one");
    if (!take_rows(&reading, &r, err))
        return false;
    *out = vt_manifest_sum_root(sum);
    return true;
}

static bool read_rows(int fd, const char *name, const struct reading *reading,
                      struct vt_error *err)
{
    VT_AUTO_FREE uint8_t *piece = vt_alloc(PIECE_BYTES);
    uint64_t at = strlen(VT_MANIFEST_HEAD);
    size_t got;

    if (!vt_fd_read_at(fd, name, 0, piece, (size_t)at, &got, err))
        return false;
    if (!vt_slice_equal(vt_slice_of(piece, got), VT_LIT(VT_MANIFEST_HEAD)))
        return vt_fail(err, VT_MALFORMED, "manifest: does not begin as one");
    do {
        vt_reader r;

        if (!vt_fd_read_at(fd, name, at, piece, PIECE_BYTES, &got, err))
            return false;
        at += got;
        r = (vt_reader){ vt_slice_of(piece, got) };
        if (!take_rows(reading, &r, err))
            return false;
    } while (got == PIECE_BYTES);
    return true;
}

bool vt_manifest_read(int fd, const char *name,
                      bool (*each)(void *context, const struct vt_manifest_row *row,
                                   struct vt_error *err),
                      void *context, struct vt_manifest_root *out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_manifest_sum *sum = vt_alloc(sizeof *sum);
    const struct reading reading = { sum, each, context };

    if (!read_rows(fd, name, &reading, err))
        return vt_within(err, "%s", name);
    *out = vt_manifest_sum_root(sum);
    return true;
}
