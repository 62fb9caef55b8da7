/* Law: what is read, sent again, is the same bytes. */
#include "cell/gateway_message.h"
#include "tools/fuzz.h"

void vt_fuzz_one(vt_slice input)
{
    struct vt_channel a, b;
    struct vt_message message;
    struct vt_error err = { 0 };
    uint32_t place;
    vt_slice bytes;

    if (!vt_gateway_read(input, &place, &bytes))
        return;
    VT_CHECK(place < VT_GATEWAY_PLACES_MAX && bytes.len + 4 == input.len);
    VT_CHECK(vt_channel_pair(&a, &b, &err));
    VT_CHECK(vt_gateway_send(&a, VT_GATEWAY_OPEN, place, bytes, &err));
    VT_CHECK(vt_channel_receive(&b, 0, &message, &err));
    VT_CHECK(message.type == VT_GATEWAY_OPEN && vt_slice_equal(message.body, input));
    vt_channel_clear(&a);
    vt_channel_clear(&b);
}
