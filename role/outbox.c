/* Messages that wait; see outbox.h. */
#include "role/outbox.h"

struct vt_outbox vt_outbox_init(size_t bytes_max)
{
    return (struct vt_outbox){ .waiting = vt_buf_init(bytes_max) };
}

void vt_outbox_clear(struct vt_outbox *outbox)
{
    vt_buf_clear(&outbox->waiting);
    outbox->at = 0;
}

bool vt_outbox_is_empty(const struct vt_outbox *outbox)
{
    return outbox->waiting.len == 0;
}

int64_t vt_outbox_waits_ms(const struct vt_outbox *outbox)
{
    return vt_outbox_is_empty(outbox) ? 0 : vt_monotonic_ms() - outbox->moved_ms;
}

static bool keep(struct vt_outbox *outbox, uint16_t type, vt_slice body,
                 struct vt_error *err)
{
    if (vt_outbox_is_empty(outbox))
        outbox->moved_ms = vt_monotonic_ms();
    vt_buf_put_u16(&outbox->waiting, type);
    vt_buf_put_u32(&outbox->waiting, (uint32_t)body.len); /* a message is shorter */
    vt_buf_put(&outbox->waiting, body);
    return vt_buf_check(&outbox->waiting, "what waits to be read", err);
}

bool vt_outbox_send(struct vt_outbox *outbox, const struct vt_channel *channel,
                    uint16_t type, vt_slice body, struct vt_error *err)
{
    bool is_sent = false;

    if (body.len > VT_MESSAGE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "message of %zu bytes, at most %zu", body.len,
                       VT_MESSAGE_BYTES_MAX);
    if (vt_outbox_is_empty(outbox) &&
        !vt_channel_try_send(channel, type, body, &is_sent, err))
        return false;
    return is_sent || keep(outbox, type, body, err);
}

bool vt_outbox_send_error(struct vt_outbox *outbox, const struct vt_channel *channel,
                          const struct vt_error *failure, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(sizeof failure->message + 1);

    vt_channel_write_error(failure, &body);
    return vt_outbox_send(outbox, channel, VT_MESSAGE_ERROR, vt_buf_slice(&body), err);
}

bool vt_outbox_flush(struct vt_outbox *outbox, const struct vt_channel *channel,
                     struct vt_error *err)
{
    while (outbox->at < outbox->waiting.len) {
        vt_slice all = vt_buf_slice(&outbox->waiting);
        vt_reader r = { vt_slice_sub(all, outbox->at, all.len - outbox->at) };
        uint16_t type;
        uint32_t len;
        vt_slice body;
        bool is_sent;

        VT_ASSERT(vt_read_u16(&r, &type) && vt_read_u32(&r, &len) &&
                  vt_read_bytes(&r, len, &body));
        if (!vt_channel_try_send(channel, type, body, &is_sent, err))
            return false;
        if (!is_sent)
            return true;
        outbox->at = all.len - r.rest.len;
        outbox->moved_ms = vt_monotonic_ms();
    }
    vt_buf_truncate(&outbox->waiting, 0);
    outbox->at = 0;
    return true;
}
