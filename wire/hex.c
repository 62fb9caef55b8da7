/* Lower-case hexadecimal. */
#include "wire/hex.h"

static const char DIGITS[] = "0123456789abcdef";

static bool digit_value(uint8_t digit, uint8_t *out)
{
    if (digit >= '0' && digit <= '9')
        *out = (uint8_t)(digit - '0');
    else if (digit >= 'a' && digit <= 'f')
        *out = (uint8_t)(digit - 'a' + 10);
    else
        return false;
    return true;
}

bool vt_hex_parse(vt_slice text, uint8_t *out, size_t len)
{
    uint8_t high = 0, low = 0;

    if (text.len % 2 != 0 || text.len / 2 != len)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!digit_value(text.data[i], &low))
            return false;
    for (size_t i = 0; i < len; i++) {
        (void)digit_value(text.data[2 * i], &high);
        (void)digit_value(text.data[2 * i + 1], &low);
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

void vt_hex_write(struct vt_buf *out, vt_slice bytes)
{
    uint8_t *at;

    if (bytes.len > SIZE_MAX / 2) {
        out->is_full = true;
        return;
    }
    at = vt_buf_extend(out, 2 * bytes.len);
    for (size_t i = 0; at != NULL && i < bytes.len; i++) {
        at[2 * i] = (uint8_t)DIGITS[bytes.data[i] >> 4];
        at[2 * i + 1] = (uint8_t)DIGITS[bytes.data[i] & 15];
    }
}

void vt_hex_text(vt_slice bytes, char *out)
{
    for (size_t i = 0; i < bytes.len; i++) {
        out[2 * i] = DIGITS[bytes.data[i] >> 4];
        out[2 * i + 1] = DIGITS[bytes.data[i] & 15];
    }
    out[2 * bytes.len] = '\0';
}
