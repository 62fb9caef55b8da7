/* The request to a key agent, and its answer, as bytes. */
#include "custody/request.h"

#define MAGIC "vitrine/release/v1\n"

static bool read_hashes(vt_reader *r, size_t count, vt_hash *out)
{
    vt_slice bytes;

    if (!vt_read_bytes(r, count * VT_SHA256_BYTES, &bytes))
        return false;
    if (count != 0)
        memcpy(out, bytes.data, bytes.len);
    return true;
}

static bool read_long(vt_reader *r, size_t max, vt_slice *out)
{
    uint32_t len;

    return vt_read_u32(r, &len) && len != 0 && len <= max && vt_read_bytes(r, len, out);
}

/* ---- parts ------------------------------------------------------------------------------
 */

static bool read_statement(vt_reader *r, struct vt_custody_request *out)
{
    vt_slice salt;
    uint8_t count;

    if (!vt_read_literal(r, VT_LIT(MAGIC)) ||
        !vt_read_bytes(r, VT_ACCESS_SALT_BYTES, &salt) ||
        !read_long(r, VT_ENTRY_BYTES_MAX, &out->envelope) ||
        !read_long(r, VT_KIB(128), &out->proof) || !vt_read_u64(r, &out->seen_size) ||
        !vt_read_u8(r, &count) || count > VT_PROOF_HASHES_MAX ||
        !read_hashes(r, count, out->growth.hashes))
        return false;
    out->growth.count = count;
    memcpy(out->salt, salt.data, salt.len);
    return true;
}

static bool read_ids(vt_reader *r, struct vt_arena *arena, struct vt_custody_request *out)
{
    vt_hash *ids;
    uint16_t count;

    if (!vt_read_u16(r, &count) || count > VT_ACCESS_BATCH_MAX)
        return false;
    ids = vt_arena_alloc(arena, ((size_t)count + 1) * sizeof *ids);
    if (!read_hashes(r, count, ids))
        return false;
    out->ids = ids;
    out->id_count = count;
    return true;
}

static bool read_recipients(vt_reader *r, struct vt_custody_request *out)
{
    uint8_t count;

    if (!vt_read_u8(r, &count) || count > VT_CUSTODY_RECIPIENTS_MAX)
        return false;
    for (uint8_t i = 0; i < count; i++) {
        vt_slice bytes;

        if (!vt_read_bytes(r, sizeof out->recipients[i].bytes, &bytes))
            return false;
        memcpy(out->recipients[i].bytes, bytes.data, bytes.len);
    }
    out->recipient_count = count;
    return true;
}

static bool read_object(vt_reader *r, size_t recipients, struct vt_custody_object *out)
{
    uint16_t len;

    return vt_read_u8(r, &out->recipient) && out->recipient < recipients &&
           vt_read_u16(r, &len) && len != 0 && len <= VT_CUSTODY_HEADER_BYTES_MAX &&
           vt_read_bytes(r, len, &out->header);
}

static bool read_objects(vt_reader *r, struct vt_arena *arena,
                         struct vt_custody_request *out)
{
    struct vt_custody_object *objects;
    uint16_t count;

    if (!vt_read_u16(r, &count) || count > VT_ACCESS_BATCH_MAX)
        return false;
    objects = vt_arena_alloc(arena, ((size_t)count + 1) * sizeof *objects);
    for (uint16_t i = 0; i < count; i++)
        if (!read_object(r, out->recipient_count, &objects[i]))
            return false;
    out->objects = objects;
    out->object_count = count;
    return true;
}

/* ---- the whole --------------------------------------------------------------------------
 */

bool vt_custody_request_parse(vt_slice bytes, struct vt_arena *arena,
                              struct vt_custody_request *out, struct vt_error *err)
{
    struct vt_custody_request request = { .id_count = 0 };
    vt_reader r = { bytes };
    const char *where = NULL;

    if (bytes.len > VT_CUSTODY_REQUEST_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "a request of %zu bytes, at most %zu", bytes.len,
                       VT_CUSTODY_REQUEST_BYTES_MAX);
    if (!read_statement(&r, &request))
        where = "statement and proof";
    else if (!read_ids(&r, arena, &request))
        where = "ids of the batch";
    else if (!read_recipients(&r, &request))
        where = "recipients";
    else if (!read_objects(&r, arena, &request))
        where = "objects";
    else if (!vt_read_end(&r))
        where = "end";
    if (where != NULL)
        return vt_fail(err, VT_MALFORMED,
                       "a request to release without its form, at its %s", where);
    *out = request;
    return true;
}

static bool is_bounded(const struct vt_custody_request *request)
{
    bool is_ok = request->envelope.len - 1 < VT_ENTRY_BYTES_MAX &&
                 request->proof.len - 1 < VT_KIB(128) &&
                 request->growth.count <= VT_PROOF_HASHES_MAX &&
                 request->id_count <= VT_ACCESS_BATCH_MAX &&
                 request->recipient_count <= VT_CUSTODY_RECIPIENTS_MAX &&
                 request->object_count <= VT_ACCESS_BATCH_MAX;

    for (size_t i = 0; is_ok && i < request->object_count; i++)
        is_ok = request->objects[i].header.len - 1 < VT_CUSTODY_HEADER_BYTES_MAX &&
                request->objects[i].recipient < request->recipient_count;
    return is_ok;
}

bool vt_custody_request_write(const struct vt_custody_request *request, struct vt_buf *out,
                              struct vt_error *err)
{
    if (!is_bounded(request))
        return vt_fail(err, VT_LIMIT, "a request to release out of its bounds");
    vt_buf_put(out, VT_LIT(MAGIC));
    vt_buf_put(out, VT_BYTES(request->salt));
    vt_buf_put_u32(out, (uint32_t)request->envelope.len); /* all bounded above */
    vt_buf_put(out, request->envelope);
    vt_buf_put_u32(out, (uint32_t)request->proof.len);
    vt_buf_put(out, request->proof);
    vt_buf_put_u64(out, request->seen_size);
    vt_buf_put_u8(out, (uint8_t)request->growth.count);
    vt_buf_put(
        out, vt_slice_of(request->growth.hashes, request->growth.count * VT_SHA256_BYTES));
    vt_buf_put_u16(out, (uint16_t)request->id_count);
    vt_buf_put(out, vt_slice_of(request->ids, request->id_count * VT_SHA256_BYTES));
    vt_buf_put_u8(out, (uint8_t)request->recipient_count);
    for (size_t i = 0; i < request->recipient_count; i++)
        vt_buf_put(out, VT_BYTES(request->recipients[i].bytes));
    vt_buf_put_u16(out, (uint16_t)request->object_count);
    for (size_t i = 0; i < request->object_count; i++) {
        vt_buf_put_u8(out, request->objects[i].recipient);
        vt_buf_put_u16(out, (uint16_t)request->objects[i].header.len);
        vt_buf_put(out, request->objects[i].header);
    }
    return vt_buf_check(out, "a request to release", err);
}

/* ---- the answer -------------------------------------------------------------------------
 */

bool vt_custody_answer_parse(vt_slice bytes, vt_slice *grant_out, vt_slice *tally_out,
                             struct vt_error *err)
{
    vt_reader r = { bytes };
    vt_slice grant, tally;

    if (!read_long(&r, VT_CUSTODY_REQUEST_BYTES_MAX, &grant) ||
        !read_long(&r, VT_ENTRY_BYTES_MAX, &tally) || !vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "the agent's answer is no grant and tally");
    *grant_out = grant;
    *tally_out = tally;
    return true;
}

void vt_custody_answer_write(struct vt_buf *out, vt_slice grant, vt_slice tally)
{
    VT_ASSERT(grant.len <= VT_CUSTODY_REQUEST_BYTES_MAX && tally.len <= VT_ENTRY_BYTES_MAX);
    vt_buf_put_u32(out, (uint32_t)grant.len);
    vt_buf_put(out, grant);
    vt_buf_put_u32(out, (uint32_t)tally.len);
    vt_buf_put(out, tally);
}
