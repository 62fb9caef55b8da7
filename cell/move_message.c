/* The messages of a move. */
#include "cell/move_message.h"

static bool read_fixed(vt_reader *r, void *out, size_t len)
{
    vt_slice bytes;

    if (!vt_read_bytes(r, len, &bytes))
        return false;
    memcpy(out, bytes.data, len);
    return true;
}

static bool read_text(vt_reader *r, size_t len_max, vt_slice *out)
{
    return vt_read_part(r, out) && out->len <= len_max;
}

/* Seconds since 1970, never negative in a row of ours. */
static bool read_time(vt_reader *r, int64_t *out)
{
    uint64_t number;

    if (!vt_read_u64(r, &number) || number > INT64_MAX)
        return false;
    *out = (int64_t)number;
    return true;
}

/* ---- rows -------------------------------------------------------------------------------
 */

void vt_move_row_write(struct vt_buf *out, const struct vt_move_row *row, vt_slice header)
{
    vt_buf_put(out, vt_hash_slice(&row->object));
    vt_buf_put(out, VT_BYTES(row->owner));
    vt_buf_put(out, vt_slice_of(row->country, 2));
    vt_buf_put(out, vt_hash_slice(&row->recipient));
    vt_buf_put(out, vt_hash_slice(&row->body));
    vt_buf_put_u64(out, row->body_bytes);
    vt_buf_put_part(out, row->rule);
    vt_buf_put_u64(out, (uint64_t)row->asked_unix_s);
    vt_buf_put(out, VT_BYTES(row->signature));
    vt_buf_put_u8(out, row->is_scanned);
    vt_buf_put_u64(out, (uint64_t)row->touched_unix_s);
    vt_buf_put_u64(out, (uint64_t)row->kept_until_unix_s);
    vt_buf_put_part(out, row->receipt);
    vt_buf_put_u8(out, row->verdict);
    vt_buf_put_part(out, row->rules);
    vt_buf_put_part(out, row->outcome);
    vt_buf_put_part(out, header);
}

static bool read_scan(vt_reader *r, struct vt_move_row *row)
{
    return vt_read_u8(r, &row->verdict) && read_text(r, VT_SHA256_BYTES, &row->rules) &&
           row->rules.len == (row->is_scanned ? VT_SHA256_BYTES : 0) &&
           read_text(r, VT_SAMPLE_OUTCOME_BYTES_MAX, &row->outcome);
}

bool vt_move_row_read(vt_slice body, struct vt_move_row *out, vt_slice *header_out)
{
    vt_reader r = { body };
    struct vt_move_row row = { .country = "" };
    uint8_t is_scanned;
    vt_slice header;

    if (!vt_hash_read(&r, &row.object) || !read_fixed(&r, &row.owner, sizeof row.owner) ||
        !read_fixed(&r, row.country, 2) || !vt_hash_read(&r, &row.recipient) ||
        !vt_hash_read(&r, &row.body) || !vt_read_u64(&r, &row.body_bytes) ||
        row.body_bytes == 0 || row.body_bytes > VT_SHARE_BODY_BYTES_MAX ||
        !read_text(&r, VT_SHARE_RULE_BYTES_MAX, &row.rule) ||
        !read_time(&r, &row.asked_unix_s) ||
        !read_fixed(&r, row.signature, sizeof row.signature) ||
        !vt_read_u8(&r, &is_scanned) || is_scanned > 1)
        return false;
    row.is_scanned = is_scanned == 1;
    if (!read_time(&r, &row.touched_unix_s) || !read_time(&r, &row.kept_until_unix_s) ||
        !read_text(&r, VT_SHARE_RECEIPT_BYTES_MAX, &row.receipt) || !read_scan(&r, &row) ||
        !read_text(&r, VT_SHARE_HEADER_BYTES_MAX, &header) || !vt_read_end(&r))
        return false;
    *out = row;
    *header_out = header;
    return true;
}

/* ---- places, ids, roots -----------------------------------------------------------------
 */

void vt_move_place_write(struct vt_buf *out, const struct vt_move_place *place)
{
    vt_buf_put(out, vt_slice_of(place->country, 2));
    if (place->has_after)
        vt_buf_put(out, vt_hash_slice(&place->after));
}

bool vt_move_place_read(vt_slice body, struct vt_move_place *out)
{
    vt_reader r = { body };
    struct vt_move_place place = { .has_after = body.len > 2 };

    if (!read_fixed(&r, place.country, 2) ||
        (place.has_after && !vt_hash_read(&r, &place.after)) || !vt_read_end(&r))
        return false;
    *out = place;
    return true;
}

bool vt_move_ids_read(vt_slice body, vt_hash ids[VT_MOVE_IDS_MAX], size_t *count_out)
{
    size_t count = body.len / sizeof ids[0];

    if (count == 0 || count > VT_MOVE_IDS_MAX || body.len % sizeof ids[0] != 0)
        return false;
    memcpy(ids, body.data, body.len);
    *count_out = count;
    return true;
}

enum { WISH_BYTES = 72, ARRIVED_BYTES = 104 + 32 + 40 };

void vt_move_wish_write(struct vt_buf *out, const struct vt_moved_wish *wish)
{
    vt_buf_put(out, vt_hash_slice(&wish->object));
    vt_buf_put(out, VT_BYTES(wish->owner));
    vt_buf_put_u64(out, (uint64_t)wish->asked_unix_s); /* never negative */
}

bool vt_move_wishes_read(vt_slice body, struct vt_moved_wish wishes[VT_MOVE_IDS_MAX],
                         size_t *count_out)
{
    size_t count = body.len / WISH_BYTES;
    vt_reader r = { body };

    if (count == 0 || count > VT_MOVE_IDS_MAX || body.len % WISH_BYTES != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!vt_hash_read(&r, &wishes[i].object) ||
            !read_fixed(&r, &wishes[i].owner, sizeof wishes[i].owner) ||
            !read_time(&r, &wishes[i].asked_unix_s))
            return false;
    *count_out = count;
    return true;
}

void vt_move_arrived_write(struct vt_buf *out, const struct vt_arrived *arrived)
{
    vt_manifest_row_write(&arrived->row, out);
    vt_buf_put(out, vt_hash_slice(&arrived->here));
    vt_buf_put(out, VT_BYTES(arrived->owner));
    vt_buf_put_u64(out, (uint64_t)arrived->asked_unix_s); /* never negative */
}

bool vt_move_arrived_read(vt_slice body, struct vt_arrived arrived[VT_MOVE_ROWS_MAX],
                          size_t *count_out)
{
    size_t count = body.len / ARRIVED_BYTES;
    vt_reader r = { body };

    if (count > VT_MOVE_ROWS_MAX || body.len % ARRIVED_BYTES != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!vt_manifest_row_read(&r, &arrived[i].row) ||
            !vt_hash_read(&r, &arrived[i].here) ||
            !read_fixed(&r, &arrived[i].owner, sizeof arrived[i].owner) ||
            !read_time(&r, &arrived[i].asked_unix_s))
            return false;
    *count_out = count;
    return true;
}

void vt_move_left_write(struct vt_buf *out, const struct vt_samples_left *left)
{
    vt_buf_put_u64(out, left->removed);
    vt_buf_put_u64(out, left->left);
}

bool vt_move_left_read(vt_slice body, struct vt_samples_left *out)
{
    vt_reader r = { body };
    struct vt_samples_left left;

    if (!vt_read_u64(&r, &left.removed) || !vt_read_u64(&r, &left.left) || !vt_read_end(&r))
        return false;
    *out = left;
    return true;
}

void vt_move_root_write(struct vt_buf *out, const struct vt_manifest_root *root)
{
    vt_buf_put_u64(out, root->count);
    vt_buf_put_u64(out, root->bytes);
    vt_buf_put(out, vt_hash_slice(&root->root));
}

bool vt_move_root_read(vt_slice body, struct vt_manifest_root *out)
{
    vt_reader r = { body };
    struct vt_manifest_root root;

    if (!vt_read_u64(&r, &root.count) || !vt_read_u64(&r, &root.bytes) ||
        !vt_hash_read(&r, &root.root) || !vt_read_end(&r))
        return false;
    *out = root;
    return true;
}

/* ---- who takes uploads ------------------------------------------------------------------
 */

void vt_move_taking_write(struct vt_buf *out, const struct vt_move_taking *taking)
{
    vt_buf_put_u8(out, taking->takes);
    vt_buf_put_u64(out, (uint64_t)taking->next_unix_s);
}

bool vt_move_taking_read(vt_slice body, struct vt_move_taking *out)
{
    vt_reader r = { body };
    struct vt_move_taking taking;
    uint8_t takes;

    if (!vt_read_u8(&r, &takes) || takes > 1 || !read_time(&r, &taking.next_unix_s) ||
        !vt_read_end(&r))
        return false;
    taking.takes = takes == 1;
    *out = taking;
    return true;
}

/* ---- the end ----------------------------------------------------------------------------
 */

void vt_move_end_write(struct vt_buf *out, const struct vt_relocation_words *words)
{
    vt_buf_put_part(out, vt_slice_from_cstr(words->from));
    vt_buf_put(out, vt_slice_of(words->country, 2));
    vt_buf_put(out, VT_BYTES(words->recipient.bytes));
    vt_buf_put_u64(out, (uint64_t)words->at_unix_s);
    vt_move_root_write(out, &words->manifest);
    vt_buf_put(out, vt_hash_slice(&words->begun));
    vt_move_root_write(out, &words->settled);
    for (size_t i = 0; i < words->canary_count; i++)
        vt_buf_put(out, vt_hash_slice(&words->canaries[i].object));
}

static bool read_root(vt_reader *r, struct vt_manifest_root *out)
{
    return vt_read_u64(r, &out->count) && out->count <= INT64_MAX &&
           vt_read_u64(r, &out->bytes) && out->bytes <= INT64_MAX &&
           vt_hash_read(r, &out->root);
}

/* As cells are called in a table of residency. */
static bool read_cell(vt_reader *r, char out[VT_RELOCATION_CELL_CHARS_MAX + 1])
{
    vt_slice name;

    if (!read_text(r, VT_RELOCATION_CELL_CHARS_MAX, &name) || name.len == 0)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789-", name.data[i]) == NULL ||
            name.data[i] == '\0')
            return false;
    memcpy(out, name.data, name.len);
    return true;
}

static bool read_country(vt_reader *r, char out[3])
{
    return read_fixed(r, out, 2) && out[0] >= 'A' && out[0] <= 'Z' && out[1] >= 'A' &&
           out[1] <= 'Z';
}

bool vt_move_end_read(vt_slice body, struct vt_relocation_words *out)
{
    vt_reader r = { body };
    struct vt_relocation_words words = { .is_done = true };

    if (!read_cell(&r, words.from) || !read_country(&r, words.country) ||
        !read_fixed(&r, words.recipient.bytes, sizeof words.recipient.bytes) ||
        !read_time(&r, &words.at_unix_s) || !read_root(&r, &words.manifest) ||
        !vt_hash_read(&r, &words.begun) || !read_root(&r, &words.settled))
        return false;
    while (words.canary_count < VT_RELOCATION_CANARIES_MAX &&
           vt_hash_read(&r, &words.canaries[words.canary_count].object))
        words.canary_count++;
    if (!vt_read_end(&r))
        return false;
    *out = words;
    return true;
}
