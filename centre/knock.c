/* See knock.h. */
#include "centre/knock.h"

static size_t field_count(enum vt_knock_verb verb)
{
    static const uint8_t counts[VT_KNOCK_VERBS] = {
        [VT_KNOCK_CHALLENGE] = 1, [VT_KNOCK_ENROL] = 3, [VT_KNOCK_ENTER] = 5,
        [VT_KNOCK_LOOK] = 1,      [VT_KNOCK_LEAVE] = 2, [VT_KNOCK_ASK] = 3,
        [VT_KNOCK_SEAL] = 0,      [VT_KNOCK_NOTES] = 4,
    };

    return counts[verb];
}

bool vt_knock_has_session(enum vt_knock_verb verb)
{
    return verb != VT_KNOCK_CHALLENGE && verb != VT_KNOCK_ENROL && verb != VT_KNOCK_SEAL;
}

void vt_knock_write(const struct vt_knock *knock, struct vt_buf *out)
{
    vt_buf_put_u32(out, knock->place);
    vt_buf_put_u8(out, (uint8_t)knock->verb);
    for (size_t i = 0; i < field_count(knock->verb); i++)
        vt_buf_put_part(out, knock->fields[i]);
}

void vt_knock_set_place(struct vt_buf *written, uint32_t place)
{
    for (size_t i = 0; i < sizeof place; i++)
        written->data[i] = (uint8_t)(place >> (8 * (sizeof place - 1 - i)));
}

bool vt_knock_read(vt_slice body, struct vt_knock *out)
{
    vt_reader r = { body };
    struct vt_knock knock = { .place = 0 };
    uint8_t verb;

    if (!vt_read_u32(&r, &knock.place) || knock.place >= VT_CENTRE_ASKED_MAX ||
        !vt_read_u8(&r, &verb) || verb >= VT_KNOCK_VERBS)
        return false;
    knock.verb = (enum vt_knock_verb)verb;
    for (size_t i = 0; i < field_count(knock.verb); i++)
        if (!vt_read_part(&r, &knock.fields[i]) ||
            knock.fields[i].len > VT_KNOCK_FIELD_BYTES_MAX)
            return false;
    if (!vt_read_end(&r))
        return false;
    *out = knock;
    return true;
}

void vt_source_ask_write(uint32_t place, vt_slice question, struct vt_buf *out)
{
    vt_buf_put_u32(out, place);
    vt_buf_put(out, question);
}

bool vt_source_ask_read(vt_slice body, uint32_t *place_out, vt_slice *question_out)
{
    vt_reader r = { body };

    if (!vt_read_u32(&r, place_out) || *place_out >= VT_CENTRE_ASKED_MAX)
        return false;
    *question_out = r.rest;
    return true;
}
