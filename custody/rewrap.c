/* An agent's answer to a relocation; see rewrap.h. */
#include "custody/rewrap.h"

#define HEAD "vitrine/headers/v1\n"

void vt_rewrap_begin(struct vt_buf *out)
{
    vt_buf_put_text(out, HEAD);
}

void vt_rewrap_put(struct vt_buf *out, const vt_hash *id, vt_slice header)
{
    vt_buf_put(out, vt_hash_slice(id));
    vt_buf_put_u16(out, (uint16_t)header.len); /* VT_REWRAP_HEADER_BYTES_MAX at most */
    vt_buf_put(out, header);
}

bool vt_rewrap_write(const struct vt_env *env, const struct vt_age_recipient *recipient,
                     const struct vt_age_grant_row *rows, size_t count, struct vt_buf *out,
                     struct vt_error *err)
{
    VT_AUTO_BUF header = vt_buf_init(VT_REWRAP_HEADER_BYTES_MAX);

    vt_rewrap_begin(out);
    for (size_t i = 0; i < count; i++) {
        vt_buf_truncate(&header, 0);
        if (!vt_age_header_write(env, recipient, rows[i].file_key, &header, err))
            return false;
        vt_rewrap_put(out, &rows[i].id, vt_buf_slice(&header));
    }
    return vt_buf_check(out, "the headers of a relocation", err);
}

static bool is_for_one(vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_age_header *header = vt_alloc(sizeof *header);

    if (!vt_age_header_parse(bytes, header, err))
        return false;
    return (header->bytes.len == bytes.len && header->stanza_count == 1 &&
            vt_slice_is(header->stanzas[0].type, "X25519")) ||
           vt_fail(err, VT_MALFORMED,
                   "the headers of a relocation: one is not for exactly one X25519 key");
}

bool vt_rewrap_read(vt_slice bytes,
                    bool (*each)(void *context, const vt_hash *id, vt_slice header,
                                 struct vt_error *err),
                    void *context, struct vt_error *err)
{
    vt_reader r = { bytes };
    vt_slice id_bytes, header;
    vt_hash id, last = { { 0 } };
    uint16_t len;

    if (!vt_read_literal(&r, VT_LIT(HEAD)))
        return vt_fail(err, VT_MALFORMED, "the headers of a relocation: do not begin so");
    for (bool is_first = true; r.rest.len != 0; is_first = false) {
        if (!vt_read_bytes(&r, sizeof id, &id_bytes) || !vt_read_u16(&r, &len) ||
            !vt_read_bytes(&r, len, &header))
            return vt_fail(err, VT_MALFORMED, "the headers of a relocation: cut short");
        memcpy(&id, id_bytes.data, sizeof id);
        if (!is_first && memcmp(last.bytes, id.bytes, sizeof id.bytes) >= 0)
            return vt_fail(err, VT_MALFORMED,
                           "the headers of a relocation: not in the order of their ids");
        if (!is_for_one(header, err) || !each(context, &id, header, err))
            return false;
        last = id;
    }
    return true;
}
