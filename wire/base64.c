/* Base64 with one spelling.  The decoder's one trick: the unused bits of the last digit
 * must be zero, so that no two texts mean the same bytes. */
#include "wire/base64.h"

static const char STANDARD[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 0..63, or 64 for a byte that is no digit. */
static unsigned digit_value(uint8_t digit, char plus, char slash)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - (unsigned)'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - (unsigned)'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - (unsigned)'0' + 52;
    if (digit == (uint8_t)plus)
        return 62;
    return digit == (uint8_t)slash ? 63 : 64;
}

size_t vt_base64_len(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* Number of '=' at the end: 0, 1 or 2. */
static size_t padding_len(vt_slice text)
{
    size_t count = 0;

    while (count < 2 && count < text.len && text.data[text.len - 1 - count] == '=')
        count++;
    return count;
}

/* Decode one group of four digits, of which `used` (2 to 4) are real. */
static bool decode_group(const uint8_t *digits, size_t used, char plus, char slash,
                         uint8_t out[3])
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 4; i++) {
        unsigned value = i < used ? digit_value(digits[i], plus, slash) : 0;

        if (value == 64)
            return false;
        bits = bits << 6 | value;
    }
    if ((used == 2 && (bits & 0xffff) != 0) || (used == 3 && (bits & 0xff) != 0))
        return false;
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
    return true;
}

static bool decode(vt_slice text, char plus, char slash, struct vt_buf *out,
                   struct vt_error *err)
{
    size_t padding = padding_len(text), start = out->len;

    if (text.len % 4 != 0)
        return vt_fail(err, VT_MALFORMED, "base64: %zu characters, not a multiple of four",
                       text.len);
    for (size_t at = 0; at < text.len; at += 4) {
        size_t used = at + 4 == text.len ? 4 - padding : 4;
        uint8_t group[3];

        if (!decode_group(text.data + at, used, plus, slash, group)) {
            vt_buf_truncate(out, start);
            return vt_fail(err, VT_MALFORMED, "base64: bad digit or unused bits at %zu",
                           at);
        }
        vt_buf_put(out, vt_slice_of(group, used - 1));
    }
    return vt_buf_check(out, "base64", err);
}

bool vt_base64_parse(vt_slice text, struct vt_buf *out, struct vt_error *err)
{
    return decode(text, '+', '/', out, err);
}

bool vt_base64_parse_any(vt_slice text, struct vt_buf *out, struct vt_error *err)
{
    if (vt_slice_has_byte(text, '-') || vt_slice_has_byte(text, '_'))
        return decode(text, '-', '_', out, err);
    return decode(text, '+', '/', out, err);
}

bool vt_base64_parse_exact(vt_slice text, uint8_t *out, size_t len, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(len);

    if (text.len != vt_base64_len(len))
        return vt_fail(err, VT_MALFORMED, "base64: not %zu bytes", len);
    if (!vt_base64_parse(text, &bytes, err))
        return false;
    if (bytes.len != len)
        return vt_fail(err, VT_MALFORMED, "base64: %zu bytes, not %zu", bytes.len, len);
    if (len != 0)
        memcpy(out, bytes.data, len);
    return true;
}

void vt_base64_write(struct vt_buf *out, vt_slice bytes)
{
    for (size_t at = 0; at < bytes.len; at += 3) {
        size_t left = bytes.len - at < 3 ? bytes.len - at : 3;
        uint32_t bits = (uint32_t)bytes.data[at] << 16 |
                        (left > 1 ? (uint32_t)bytes.data[at + 1] << 8 : 0) |
                        (left > 2 ? bytes.data[at + 2] : 0);
        char group[4];

        for (size_t i = 0; i < 4; i++)
            group[i] = i <= left ? STANDARD[bits >> (18 - 6 * i) & 63] : '=';
        vt_buf_put(out, vt_slice_of(group, 4));
    }
}
