/* Messages between the cell's front and the holder of its gateway's key. */
#include "cell/gateway_message.h"

bool vt_gateway_send(const struct vt_channel *channel, uint16_t type, uint32_t place,
                     vt_slice bytes, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_buf_put_u32(&body, place);
    vt_buf_put(&body, bytes);
    return vt_buf_check(&body, "a message to or from the gateway", err) &&
           vt_channel_send(channel, type, vt_buf_slice(&body), err);
}

bool vt_gateway_read(vt_slice body, uint32_t *place_out, vt_slice *bytes_out)
{
    vt_reader r = { body };
    uint32_t place;

    if (!vt_read_u32(&r, &place) || place >= VT_GATEWAY_PLACES_MAX ||
        r.rest.len > VT_GATEWAY_BYTES_MAX)
        return false;
    *place_out = place;
    *bytes_out = r.rest;
    return true;
}
