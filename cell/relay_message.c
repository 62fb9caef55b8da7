/* The relay's messages. */
#include "cell/relay_message.h"

bool vt_relay_send_forward(const struct vt_channel *channel, uint32_t place, vt_slice bytes,
                           struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_buf_put_u32(&body, place);
    vt_buf_put(&body, bytes);
    return vt_buf_check(&body, "a request", err) &&
           vt_channel_send(channel, VT_RELAY_FORWARD, vt_buf_slice(&body), err);
}

bool vt_relay_forward_read(vt_slice body, uint32_t *place_out, vt_slice *bytes_out)
{
    vt_reader r = { body };
    uint32_t place;

    if (!vt_read_u32(&r, &place) || place >= VT_RELAY_PENDING_MAX || r.rest.len == 0 ||
        r.rest.len > VT_RELAY_BYTES_MAX)
        return false;
    *place_out = place;
    *bytes_out = r.rest;
    return true;
}

bool vt_relay_send_taken(const struct vt_channel *channel, uint32_t place,
                         struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(4);

    vt_buf_put_u32(&body, place);
    return vt_channel_send(channel, VT_RELAY_TAKEN, vt_buf_slice(&body), err);
}

bool vt_relay_taken_read(vt_slice body, uint32_t *place_out)
{
    vt_reader r = { body };
    uint32_t place;

    if (!vt_read_u32(&r, &place) || place >= VT_RELAY_PENDING_MAX || !vt_read_end(&r))
        return false;
    *place_out = place;
    return true;
}

bool vt_relay_send_answer(const struct vt_channel *channel,
                          const struct vt_relay_answer *answer, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_buf_put_u32(&body, answer->place);
    vt_buf_put_u16(&body, answer->status);
    vt_buf_put(&body, answer->bytes);
    return vt_buf_check(&body, "an answer", err) &&
           vt_channel_send(channel, VT_RELAY_ANSWER, vt_buf_slice(&body), err);
}

bool vt_relay_answer_read(vt_slice body, struct vt_relay_answer *out)
{
    vt_reader r = { body };
    struct vt_relay_answer answer;

    if (!vt_read_u32(&r, &answer.place) || !vt_read_u16(&r, &answer.status) ||
        answer.place >= VT_RELAY_PENDING_MAX || r.rest.len > VT_RELAY_BYTES_MAX ||
        (answer.status == 200) != (r.rest.len != 0) ||
        (answer.status != 200 && (answer.status < 400 || answer.status > 599)))
        return false;
    answer.bytes = r.rest;
    *out = answer;
    return true;
}
