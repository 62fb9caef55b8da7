/* A key agent's messages. */
#include "custody/agent_message.h"

/* ---- sending and receiving --------------------------------------------------------------
 */

bool vt_agent_send(const struct vt_channel *channel, uint16_t type, vt_slice bytes,
                   struct vt_error *err)
{
    return vt_channel_send(channel, type, (vt_slice){ 0 }, err) &&
           vt_channel_send_blob(channel, VT_AGENT_PIECE, bytes, err);
}

bool vt_agent_send_reply(const struct vt_channel *channel,
                         const struct vt_agent_reply *reply, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_AGENT_REPLY_BYTES_MAX);

    vt_agent_reply_write(&bytes, reply);
    return vt_buf_check(&bytes, "a reply", err) &&
           vt_channel_send_blob(channel, VT_AGENT_PIECE, vt_buf_slice(&bytes), err);
}

bool vt_agent_receive_reply(struct vt_channel *channel, int64_t timeout_ms,
                            struct vt_agent_reply *out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_AGENT_REPLY_BYTES_MAX);

    return vt_channel_receive_blob(channel, VT_AGENT_PIECE, timeout_ms, &bytes, err) &&
           (vt_agent_reply_read(vt_buf_slice(&bytes), out) ||
            vt_fail(err, VT_MALFORMED, "a reply of the holder without a form"));
}

/* ---- a reply as bytes -------------------------------------------------------------------
 */

static void put_long(struct vt_buf *out, vt_slice bytes)
{
    VT_ASSERT(bytes.len <= VT_AGENT_REPLY_BYTES_MAX);
    vt_buf_put_u32(out, (uint32_t)bytes.len);
    vt_buf_put(out, bytes);
}

static bool read_long(vt_reader *r, struct vt_buf *out)
{
    vt_slice bytes;
    uint32_t len;

    if (!vt_read_u32(r, &len) || len > VT_AGENT_REPLY_BYTES_MAX ||
        !vt_read_bytes(r, len, &bytes))
        return false;
    *out = vt_buf_init(VT_AGENT_REPLY_BYTES_MAX);
    vt_buf_put(out, bytes);
    return true;
}

static bool read_time(vt_reader *r, int64_t *out)
{
    uint64_t time_unix_s;

    if (!vt_read_u64(r, &time_unix_s) || time_unix_s > INT64_MAX)
        return false;
    *out = (int64_t)time_unix_s;
    return true;
}

static bool read_text(vt_reader *r, char *out, size_t room)
{
    vt_slice text;
    uint16_t len;

    if (!vt_read_u16(r, &len) || len >= room || !vt_read_bytes(r, len, &text) ||
        vt_slice_has_byte(text, 0))
        return false;
    memcpy(out, text.data, len);
    out[len] = '\0';
    return true;
}

static void put_totals(struct vt_buf *out, const struct vt_agent_totals *totals)
{
    vt_buf_put_u64(out, totals->number);
    for (unsigned i = 0; i < VT_AGENT_DEEDS; i++)
        vt_buf_put_u64(out, totals->deeds[i]);
    vt_buf_put_u64(out, totals->keys);
    vt_buf_put_u64(out, totals->rewrapped);
    vt_buf_put_u64(out, (uint64_t)totals->until_unix_s); /* of a quorum: not negative */
    vt_buf_put_u64(out, totals->size);
    vt_buf_put(out, VT_BYTES(totals->root));
    vt_buf_put(out, VT_BYTES(totals->chain));
}

static bool read_totals(vt_reader *r, struct vt_agent_totals *out)
{
    if (!vt_read_u64(r, &out->number))
        return false;
    for (unsigned i = 0; i < VT_AGENT_DEEDS; i++)
        if (!vt_read_u64(r, &out->deeds[i]))
            return false;
    return vt_read_u64(r, &out->keys) && vt_read_u64(r, &out->rewrapped) &&
           read_time(r, &out->until_unix_s) && vt_read_u64(r, &out->size) &&
           vt_hash_read(r, &out->root) && vt_hash_read(r, &out->chain);
}

void vt_agent_reply_write(struct vt_buf *out, const struct vt_agent_reply *reply)
{
    size_t len = strnlen(reply->message, sizeof reply->message - 1);

    vt_buf_put_u16(out, reply->status);
    vt_buf_put_u8(out, (uint8_t)reply->retry);
    vt_buf_put_u8(out, (uint8_t)reply->end);
    vt_buf_put_u64(out, reply->seen_size);
    vt_buf_put_u64(out, (uint64_t)reply->ready_unix_s); /* not negative */
    vt_buf_put_u16(out, (uint16_t)len);
    vt_buf_put(out, vt_slice_of(reply->message, len));
    put_totals(out, &reply->totals);
    put_long(out, vt_buf_slice(&reply->grant));
    put_long(out, vt_buf_slice(&reply->tally));
}

bool vt_agent_reply_read(vt_slice bytes, struct vt_agent_reply *out)
{
    struct vt_agent_reply reply = { .status = 0 };
    vt_reader r = { bytes };
    uint8_t retry, end;

    if (!vt_read_u16(&r, &reply.status) || !vt_read_u8(&r, &retry) ||
        retry >= VT_AGENT_RETRIES || !vt_read_u8(&r, &end) || end >= VT_AGENT_ENDS ||
        !vt_read_u64(&r, &reply.seen_size) || !read_time(&r, &reply.ready_unix_s) ||
        !read_text(&r, reply.message, sizeof reply.message) ||
        !read_totals(&r, &reply.totals) || !read_long(&r, &reply.grant) ||
        !read_long(&r, &reply.tally) || !vt_read_end(&r)) {
        vt_agent_reply_clear(&reply);
        return false;
    }
    reply.retry = (enum vt_agent_retry)retry; /* below VT_AGENT_RETRIES */
    reply.end = (enum vt_agent_end)end;       /* below VT_AGENT_ENDS */
    *out = reply;
    return true;
}
