/* Grants of file keys.  Rows lie in memory as they lie in the message. */
#include "crypto/age_grant.h"

#define TITLE "vitrine/file-keys/v1\n"

enum {
    TITLE_BYTES = sizeof TITLE - 1,
    ROW_BYTES = VT_SHA256_BYTES + VT_AGE_FILE_KEY_BYTES
};

static_assert(sizeof(struct vt_age_grant_row) == ROW_BYTES, "rows have no holes");

static bool is_ascending(const struct vt_age_grant_row *rows, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (memcmp(&rows[i - 1].id, &rows[i].id, sizeof rows[i].id) >= 0)
            return false;
    return true;
}

static bool write_payload(const struct vt_env *env, const uint8_t *file_key,
                          const struct vt_age_grant_row *rows, size_t count,
                          struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_AGE_STREAM stream = NULL;

    return vt_age_seal_new(env, file_key, vt_age_sink_buf(out), &stream, err) &&
           vt_age_stream_put(stream, VT_LIT(TITLE), err) &&
           vt_age_stream_put(stream, vt_slice_of(rows, count * sizeof *rows), err) &&
           vt_age_stream_end(stream, err);
}

bool vt_age_grant_write(const struct vt_env *env, const struct vt_age_recipient *recipient,
                        const struct vt_age_grant_row *rows, size_t count,
                        struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF header = vt_buf_init(VT_AGE_HEADER_BYTES_MAX);
    VT_AUTO_SECRET file_key = { 0 };

    if (count == 0 || count > VT_AGE_GRANT_ROWS_MAX)
        return vt_fail(err, VT_LIMIT, "a grant of %zu file keys, 1 to %d are possible",
                       count, VT_AGE_GRANT_ROWS_MAX);
    if (!is_ascending(rows, count))
        return vt_fail(err, VT_REJECTED, "a grant names its objects in order, each once");
    if (!vt_secret_init(&file_key, VT_AGE_FILE_KEY_BYTES, err))
        return false;
    vt_env_random(env, file_key.data, file_key.len);
    if (!vt_age_header_write(env, recipient, file_key.data, &header, err))
        return false;
    vt_buf_put(out, vt_buf_slice(&header));
    return vt_buf_check(out, "grant", err) &&
           write_payload(env, file_key.data, rows, count, out, err);
}

/* ---- opening ----------------------------------------------------------------------------
 */

struct filling {
    struct vt_secret *memory;
    size_t len;
};

static bool fill(void *context, vt_slice bytes, struct vt_error *err)
{
    struct filling *f = context;

    if (bytes.len > f->memory->len - f->len)
        return vt_fail(err, VT_LIMIT, "grant: too long");
    memcpy(f->memory->data + f->len, bytes.data, bytes.len);
    f->len += bytes.len;
    return true;
}

/* The payload is longer than what is plain in it, so its length is room enough. */
static bool make_room(size_t payload_bytes, struct vt_secret *out, struct vt_error *err)
{
    if (payload_bytes > TITLE_BYTES + VT_AGE_GRANT_ROWS_MAX * ROW_BYTES + VT_KIB(1))
        return vt_fail(err, VT_LIMIT, "grant: more than %d file keys",
                       VT_AGE_GRANT_ROWS_MAX);
    return vt_secret_init(out, payload_bytes + 1, err); /* never 0 */
}

static bool open_payload(const struct vt_age_identity *identity,
                         const struct vt_age_header *header, vt_slice payload,
                         struct filling *f, struct vt_error *err)
{
    VT_AUTO_AGE_STREAM stream = NULL;
    VT_AUTO_SECRET file_key = { 0 };
    vt_age_sink sink = { fill, f };

    return vt_secret_init(&file_key, VT_AGE_FILE_KEY_BYTES, err) &&
           vt_age_unwrap(identity, header, file_key.data, err) &&
           vt_age_open_new(file_key.data, sink, &stream, err) &&
           vt_age_stream_put(stream, payload, err) && vt_age_stream_end(stream, err);
}

static bool take_rows(struct filling *f, struct vt_age_grant *out, struct vt_error *err)
{
    size_t bytes = f->len - (f->len < TITLE_BYTES ? f->len : TITLE_BYTES);

    if (!vt_slice_starts_with(vt_slice_of(f->memory->data, f->len), VT_LIT(TITLE)) ||
        bytes == 0 || bytes % ROW_BYTES != 0)
        return vt_fail(err, VT_MALFORMED, "grant: not a list of file keys");
    if (bytes / ROW_BYTES > VT_AGE_GRANT_ROWS_MAX)
        return vt_fail(err, VT_LIMIT, "grant: more than %d file keys",
                       VT_AGE_GRANT_ROWS_MAX);
    out->rows = (const void *)(f->memory->data + TITLE_BYTES); /* bytes, no alignment */
    out->count = bytes / ROW_BYTES;
    return is_ascending(out->rows, out->count) ||
           vt_fail(err, VT_MALFORMED, "grant: its objects are out of order");
}

bool vt_age_grant_open(const struct vt_age_identity *identity, vt_slice message,
                       struct vt_age_grant *out, struct vt_error *err)
{
    VT_AUTO_AGE_GRANT grant = { 0 };
    struct filling f = { .memory = &grant.memory };
    struct vt_age_header header;
    vt_slice payload;

    if (!vt_age_header_parse(message, &header, err))
        return vt_within(err, "grant");
    if (header.stanza_count != 1)
        return vt_fail(err, VT_MALFORMED, "grant: for more than one recipient");
    payload = vt_slice_sub(message, header.bytes.len, message.len - header.bytes.len);
    if (!make_room(payload.len, &grant.memory, err) ||
        !open_payload(identity, &header, payload, &f, err) || !take_rows(&f, &grant, err))
        return false;
    *out = grant;
    grant = (struct vt_age_grant){ 0 };
    return true;
}

void vt_age_grant_clear(struct vt_age_grant *grant)
{
    vt_secret_clear(&grant->memory);
    grant->rows = NULL;
    grant->count = 0;
}

static int compare_row(const void *id, const void *row)
{
    return memcmp(id, &((const struct vt_age_grant_row *)row)->id, VT_SHA256_BYTES);
}

const uint8_t *vt_age_grant_find(const struct vt_age_grant *grant, const vt_hash *id)
{
    const struct vt_age_grant_row *row =
        bsearch(id, grant->rows, grant->count, sizeof *grant->rows, compare_row);

    return row != NULL ? row->file_key : NULL;
}
