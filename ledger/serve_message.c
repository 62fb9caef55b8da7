/* Messages between the processes of a served ledger. */
#include "ledger/serve_message.h"

enum { BEGIN_MS_MAX = 60000, HEARD_MS_MAX = 10000 };

void vt_serve_add_begin(struct vt_buf *out)
{
    vt_buf_put_u16(out, 0);
    vt_buf_put_u8(out, 0);
}

void vt_serve_add_put(struct vt_buf *out, vt_slice entry)
{
    VT_ASSERT(entry.len <= UINT16_MAX);
    vt_buf_put_u16(out, (uint16_t)entry.len);
    vt_buf_put(out, entry);
}

void vt_serve_add_end(struct vt_buf *out, uint16_t count, bool is_awaited)
{
    VT_ASSERT(!out->is_full && out->len >= 3);
    out->data[0] = (uint8_t)(count >> 8);
    out->data[1] = (uint8_t)count;
    out->data[2] = is_awaited;
}

bool vt_serve_add_read(vt_reader *r, uint16_t *count_out, bool *is_awaited_out)
{
    uint8_t awaited;

    if (!vt_read_u16(r, count_out) || *count_out == 0 || *count_out > VT_SERVE_ADD_MAX ||
        !vt_read_u8(r, &awaited) || awaited > 1)
        return false;
    *is_awaited_out = awaited;
    return true;
}

bool vt_serve_entry_read(vt_reader *r, vt_slice *out)
{
    uint16_t len;

    return vt_read_u16(r, &len) && vt_read_bytes(r, len, out);
}

void vt_serve_added_begin(struct vt_buf *out, uint64_t size, uint16_t count)
{
    vt_buf_put_u64(out, size);
    vt_buf_put_u16(out, count);
}

void vt_serve_added_put(struct vt_buf *out, const struct vt_serve_result *result)
{
    size_t len = result->message.len < 255 ? result->message.len : 255;

    vt_buf_put_u8(out, (uint8_t)result->code);
    if (result->code == VT_OK) {
        vt_buf_put_u64(out, result->index);
        return;
    }
    vt_buf_put_u8(out, (uint8_t)len);
    vt_buf_put(out, vt_slice_of(result->message.data, len));
}

bool vt_serve_added_read(vt_reader *r, uint64_t *size_out, uint16_t *count_out)
{
    return vt_read_u64(r, size_out) && vt_read_u16(r, count_out);
}

bool vt_serve_result_read(vt_reader *r, struct vt_serve_result *out)
{
    uint8_t code, len;

    *out = (struct vt_serve_result){ 0 };
    if (!vt_read_u8(r, &code) || code > VT_IO)
        return false;
    out->code = (enum vt_code)code;
    if (out->code == VT_OK)
        return vt_read_u64(r, &out->index);
    return vt_read_u8(r, &len) && vt_read_bytes(r, len, &out->message);
}

void vt_serve_keep_write(struct vt_buf *out, unsigned slot, vt_slice bytes)
{
    VT_ASSERT(slot < VT_SERVE_SLOTS);
    vt_buf_put_u8(out, (uint8_t)slot);
    vt_buf_put(out, bytes);
}

static bool read_slot(vt_reader *r, unsigned *out)
{
    uint8_t slot;

    if (!vt_read_u8(r, &slot) || slot >= VT_SERVE_SLOTS)
        return false;
    *out = slot;
    return true;
}

bool vt_serve_keep_read(vt_slice body, unsigned *slot_out, vt_slice *bytes_out)
{
    vt_reader r = { body };

    if (!read_slot(&r, slot_out))
        return false;
    *bytes_out = r.rest;
    return true;
}

void vt_serve_kept_write(struct vt_buf *out, unsigned slot, const struct vt_error *why)
{
    VT_ASSERT(slot < VT_SERVE_SLOTS);
    vt_buf_put_u8(out, (uint8_t)slot);
    vt_buf_put_u8(out, (uint8_t)why->code);
    vt_buf_put_text(out, why->message);
}

bool vt_serve_kept_read(vt_slice body, unsigned *slot_out, struct vt_error *why_out)
{
    vt_reader r = { body };
    uint8_t code;

    *why_out = (struct vt_error){ 0 };
    if (!read_slot(&r, slot_out) || !vt_read_u8(&r, &code) || code > VT_IO)
        return false;
    if (code != VT_OK)
        (void)vt_fail(why_out, (enum vt_code)code, "%.*s", VT_SLICE_ARGS(r.rest));
    return code != VT_OK || vt_read_end(&r);
}

void vt_serve_proof_write(struct vt_buf *out, const struct vt_proof *proof)
{
    vt_buf_put_u8(out, (uint8_t)proof->count); /* at most 63 */
    vt_buf_put(out, vt_slice_of(proof->hashes, proof->count * sizeof proof->hashes[0]));
}

bool vt_serve_proof_read(vt_slice body, struct vt_proof *out)
{
    vt_reader r = { body };
    vt_slice hashes;
    uint8_t count;

    if (!vt_read_u8(&r, &count) || count > VT_PROOF_HASHES_MAX ||
        !vt_read_bytes(&r, count * sizeof out->hashes[0], &hashes) || !vt_read_end(&r))
        return false;
    memcpy(out->hashes, hashes.data, hashes.len);
    out->count = count;
    return true;
}

void vt_serve_witness_put(struct vt_buf *out, const struct vt_serve_witness *witness)
{
    uint8_t len = witness->name.len < 255 ? (uint8_t)witness->name.len : 255;

    vt_buf_put_u8(out, len);
    vt_buf_put(out, vt_slice_of(witness->name.data, len));
    vt_buf_put_u8(out, (uint8_t)witness->end);
    vt_buf_put_u16(out, witness->status);
    vt_buf_put_u64(out, witness->size);
    vt_buf_put_u64(out, witness->took_ms);
}

bool vt_serve_witness_read(vt_reader *r, struct vt_serve_witness *out)
{
    uint8_t len, end;

    if (!vt_read_u8(r, &len) || !vt_read_bytes(r, len, &out->name) ||
        !vt_read_u8(r, &end) || end > VT_WITNESS_WRONG || !vt_read_u16(r, &out->status) ||
        !vt_read_u64(r, &out->size) || !vt_read_u64(r, &out->took_ms))
        return false;
    out->end = (enum vt_witness_end)end;
    return true;
}

/* ---- beginning -------------------------------------------------------------------------
 */

bool vt_serve_tell(struct vt_channel *channel, const json_t *words, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_slice answer;
    bool is_ok = vt_json_write_canonical(words, &body, err) &&
                 vt_channel_call(channel, VT_SERVE_BEGIN, vt_buf_slice(&body),
                                 VT_SERVE_READY, BEGIN_MS_MAX, &answer, err);

    if (body.len != 0)
        explicit_bzero(body.data, body.len); /* a TLS key may be among them */
    return is_ok;
}

bool vt_serve_listen(struct vt_channel *channel, json_t **words_out, struct vt_error *err)
{
    struct vt_message message;

    if (!vt_channel_receive(channel, HEARD_MS_MAX, &message, err))
        return false;
    if (message.type != VT_SERVE_BEGIN)
        return vt_fail(err, VT_MALFORMED, "a message of type %u before the beginning",
                       message.type);
    return vt_json_parse(message.body, "begin", words_out, err);
}

char *vt_serve_copy_text(struct vt_arena *arena, const json_t *words, const char *name)
{
    const json_t *text = json_object_get(words, name);

    return json_is_string(text)
               ? vt_arena_cstr(
                     arena, vt_slice_of(json_string_value(text), json_string_length(text)))
               : NULL;
}

bool vt_serve_ready(struct vt_channel *channel, struct vt_error *err)
{
    return vt_channel_send(channel, VT_SERVE_READY, (vt_slice){ 0 }, err);
}

bool vt_serve_start(const char *role, const int *fds, size_t fd_count, json_t *words,
                    const char *what, struct vt_role **role_out, struct vt_error *err)
{
    VT_AUTO_JSON taken = words;

    if (taken == NULL)
        return vt_fail(err, VT_MALFORMED, "%s: a path or name is not UTF-8", what);
    if (!vt_role_start(role, fds, fd_count, role_out, err))
        return false;
    if (vt_serve_tell(vt_role_channel(*role_out), taken, err))
        return true;
    if (err->code == VT_ABSENT)
        (void)vt_fail(err, VT_IO, "ended before it was ready");
    else if (err->code == VT_LIMIT)
        (void)vt_fail(err, VT_IO, "was not ready in time");
    return vt_within(err, "%s", what);
}

void vt_serve_put_tls(json_t *words, const char *certificate, const char *key)
{
    if (words == NULL || key == NULL)
        return;
    (void)json_object_set_new(words, "tls_certificate", json_string(certificate));
    (void)json_object_set_new(words, "tls_key", json_string(key));
}

/* ---- FAILED -----------------------------------------------------------------------------
 */

void vt_serve_failed_write(struct vt_buf *body, const struct vt_error *why)
{
    vt_buf_put_u8(body, why->code == VT_REJECTED);
    vt_buf_put_text(body, why->message);
}

bool vt_serve_failed_read(vt_slice body, bool *is_unwitnessed_out, vt_slice *why_out)
{
    vt_reader r = { body };
    uint8_t is_unwitnessed;

    if (!vt_read_u8(&r, &is_unwitnessed) || is_unwitnessed > 1)
        return false;
    *is_unwitnessed_out = is_unwitnessed == 1;
    *why_out = r.rest;
    return true;
}
