/* The verdict table: mapped for reading, written in order through a draft of store/. */
#include "cell/verdicts.h"
#include <endian.h>

enum { MAGIC_BYTES = sizeof VT_VERDICTS_MAGIC - 1, PIECE_BYTES = 1 << 18 };

static const char *const NAMES[VT_STATES] = {
    [VT_STATE_UNKNOWN] = "unknown",
    [VT_STATE_CLEAN] = "clean",
    [VT_STATE_SUSPICIOUS] = "suspicious",
    [VT_STATE_MALICIOUS] = "malicious",
};

const char *vt_cell_state_name(enum vt_cell_state state)
{
    return NAMES[state];
}

bool vt_cell_state_of(vt_slice name, enum vt_cell_state *out)
{
    for (unsigned i = 0; i < VT_STATES; i++)
        if (vt_slice_is(name, NAMES[i])) {
            *out = (enum vt_cell_state)i; /* below VT_STATES */
            return true;
        }
    return false;
}

uint32_t vt_found_id(vt_slice name)
{
    vt_hash hash = vt_sha256_of(name);
    uint32_t id;

    memcpy(&id, hash.bytes, sizeof id);
    return be32toh(id);
}

/* ---- reading ----------------------------------------------------------------------------
 */

bool vt_verdicts_parse(vt_slice bytes, struct vt_verdicts *out, struct vt_error *err)
{
    vt_reader r = { bytes };

    if (!vt_read_literal(&r, VT_LIT(VT_VERDICTS_MAGIC)))
        return vt_fail(err, VT_MALFORMED, "no verdict table: it begins otherwise");
    if (r.rest.len % VT_VERDICT_BYTES != 0)
        return vt_fail(err, VT_MALFORMED, "verdict table: its last row is cut short");
    if (r.rest.len / VT_VERDICT_BYTES > VT_VERDICTS_ROWS_MAX)
        return vt_fail(err, VT_LIMIT, "verdict table: more than 2^31 rows");
    *out =
        (struct vt_verdicts){ .rows = r.rest.data, .count = r.rest.len / VT_VERDICT_BYTES };
    return true;
}

bool vt_verdicts_open(const char *path, struct vt_verdicts *out, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    VT_AUTO_MAPPING map = { 0 };
    uint64_t size;

    if (!vt_file_open(path, &fd, &size, err))
        return false;
    if (size < MAGIC_BYTES)
        return vt_fail(err, VT_MALFORMED, "%s: no verdict table: too short", path);
    if (!vt_mapping_init(&map, fd, path, err))
        return false;
    if (!vt_verdicts_parse(map.bytes, out, err))
        return vt_within(err, "%s", path);
    out->map = vt_mapping_take(&map);
    return true;
}

void vt_verdicts_close(struct vt_verdicts *table)
{
    vt_mapping_clear(&table->map);
    *table = (struct vt_verdicts){ 0 };
}

bool vt_verdict_read(const uint8_t *row, struct vt_cell_verdict *out)
{
    uint8_t state = row[VT_SHA256_BYTES];
    uint32_t found;

    memcpy(&found, row + VT_SHA256_BYTES + 1, sizeof found);
    if (state >= VT_STATES || (state < VT_STATE_SUSPICIOUS && found != 0))
        return false;
    memcpy(out->hash.bytes, row, VT_SHA256_BYTES);
    out->state = (enum vt_cell_state)state; /* below VT_STATES */
    out->found = be32toh(found);
    return true;
}

struct vt_cell_verdict vt_verdicts_at(const struct vt_verdicts *table, uint64_t i)
{
    struct vt_cell_verdict verdict = { 0 };

    VT_ASSERT(i < table->count);
    if (!vt_verdict_read(table->rows + i * VT_VERDICT_BYTES, &verdict))
        verdict.state = VT_STATE_UNKNOWN;
    return verdict;
}

bool vt_verdicts_verify(const struct vt_verdicts *table, struct vt_error *err)
{
    const uint8_t *row = table->rows;

    for (uint64_t i = 0; i < table->count; i++, row += VT_VERDICT_BYTES) {
        struct vt_cell_verdict verdict;

        if (!vt_verdict_read(row, &verdict))
            return vt_fail(err, VT_MALFORMED, "verdict table: row %ju has no such state",
                           (uintmax_t)i);
        if (i != 0 && memcmp(row - VT_VERDICT_BYTES, row, VT_SHA256_BYTES) >= 0)
            return vt_fail(err, VT_MALFORMED,
                           "verdict table: row %ju is not behind the one before",
                           (uintmax_t)i);
    }
    return true;
}

struct vt_cell_verdict vt_verdicts_find(const struct vt_verdicts *table,
                                        const vt_hash *hash)
{
    uint64_t low = 0, high = table->count;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int order =
            memcmp(table->rows + middle * VT_VERDICT_BYTES, hash->bytes, VT_SHA256_BYTES);

        if (order == 0)
            return vt_verdicts_at(table, middle);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return (struct vt_cell_verdict){ .hash = *hash };
}

/* ---- writing ----------------------------------------------------------------------------
 */

struct vt_verdicts_writer {
    struct vt_disk_draft *draft;
    struct vt_buf piece;
    vt_hash last;
    uint64_t count;
};

bool vt_verdicts_writer_begin(struct vt_disk *disk, struct vt_verdicts_writer **out,
                              struct vt_error *err)
{
    struct vt_disk_draft *draft;

    if (!vt_disk_draft_begin(disk, "", 0644, &draft, err))
        return false;
    *out = vt_alloc(sizeof **out);
    (*out)->draft = draft;
    (*out)->piece = vt_buf_init(PIECE_BYTES + VT_VERDICT_BYTES);
    vt_buf_put_text(&(*out)->piece, VT_VERDICTS_MAGIC);
    return true;
}

static bool put_piece(struct vt_verdicts_writer *writer, struct vt_error *err)
{
    bool is_ok = vt_disk_draft_add(writer->draft, vt_buf_slice(&writer->piece), err);

    vt_buf_truncate(&writer->piece, 0);
    return is_ok;
}

bool vt_verdicts_writer_add(struct vt_verdicts_writer *writer,
                            const struct vt_cell_verdict *verdict, struct vt_error *err)
{
    bool has_found = verdict->state >= VT_STATE_SUSPICIOUS;

    if (verdict->state >= VT_STATES || (!has_found && verdict->found != 0))
        return vt_fail(err, VT_MALFORMED, "verdict table: an impossible row");
    if (writer->count != 0 &&
        memcmp(writer->last.bytes, verdict->hash.bytes, VT_SHA256_BYTES) >= 0)
        return vt_fail(err, VT_MALFORMED, "verdict table: rows are not ascending");
    if (writer->count == VT_VERDICTS_ROWS_MAX)
        return vt_fail(err, VT_LIMIT, "verdict table: more than 2^31 rows");
    vt_buf_put(&writer->piece, vt_hash_slice(&verdict->hash));
    vt_buf_put_u8(&writer->piece, (uint8_t)verdict->state); /* below VT_STATES */
    vt_buf_put_u32(&writer->piece, verdict->found);
    writer->last = verdict->hash;
    writer->count++;
    return writer->piece.len < PIECE_BYTES || put_piece(writer, err);
}

void vt_verdicts_writer_discard(struct vt_verdicts_writer *writer)
{
    if (writer == NULL)
        return;
    if (writer->draft != NULL)
        vt_disk_draft_discard(writer->draft);
    vt_buf_clear(&writer->piece);
    free(writer);
}

bool vt_verdicts_writer_finish(struct vt_verdicts_writer *writer, const char *name,
                               struct vt_error *err)
{
    bool is_ok = put_piece(writer, err);

    if (is_ok) {
        struct vt_disk_draft *draft = writer->draft;

        writer->draft = NULL;
        is_ok = vt_disk_draft_finish(draft, name, true, err);
    }
    vt_verdicts_writer_discard(writer);
    return is_ok;
}

/* ---- merging ----------------------------------------------------------------------------
 */

static bool put_known(struct vt_verdicts_writer *writer, struct vt_cell_verdict verdict,
                      struct vt_error *err)
{
    return verdict.state == VT_STATE_UNKNOWN ||
           vt_verdicts_writer_add(writer, &verdict, err);
}

bool vt_verdicts_merge(const struct vt_verdicts *table, const struct vt_verdicts *change,
                       struct vt_verdicts_writer *writer, struct vt_error *err)
{
    uint64_t a = 0, b = 0;

    if (!vt_verdicts_verify(table, err) || !vt_verdicts_verify(change, err))
        return false;
    while (a < table->count || b < change->count) {
        int order = a == table->count ? 1
                    : b == change->count
                        ? -1
                        : memcmp(table->rows + a * VT_VERDICT_BYTES,
                                 change->rows + b * VT_VERDICT_BYTES, VT_SHA256_BYTES);
        struct vt_cell_verdict next =
            order < 0 ? vt_verdicts_at(table, a) : vt_verdicts_at(change, b);

        if (!put_known(writer, next, err))
            return false;
        a += order <= 0;
        b += order >= 0;
    }
    return true;
}
