/* Base64 with one spelling.  The one trick: a text is checked whole before anything is
 * decoded, down to the unused bits of its last digit, so that no two texts mean the same
 * bytes and a refused text leaves no trace. */
#include "wire/base64.h"

struct alphabet {
    char digit_62, digit_63;
};

static const struct alphabet STANDARD = { '+', '/' };
static const struct alphabet URL_SAFE = { '-', '_' };

#define NOT_A_DIGIT 64

static unsigned digit_value(uint8_t digit, struct alphabet alphabet)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - (unsigned)'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - (unsigned)'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - (unsigned)'0' + 52;
    if (digit == (uint8_t)alphabet.digit_62)
        return 62;
    return digit == (uint8_t)alphabet.digit_63 ? 63 : NOT_A_DIGIT;
}

size_t vt_base64_len(size_t n)
{
    return n / 3 * 4 + (n % 3 != 0 ? 4 : 0);
}

/* Number of '=' at the end: 0, 1 or 2. */
static size_t padding_len(vt_slice text)
{
    size_t count = 0;

    while (count < 2 && count < text.len && text.data[text.len - 1 - count] == '=')
        count++;
    return count;
}

/* Digits only, and the unused bits of the last one are zero. */
static bool check_digits(vt_slice digits, struct alphabet alphabet, unsigned unused_bits,
                         struct vt_error *err)
{
    unsigned value = 0;

    for (size_t at = 0; at < digits.len; at++) {
        value = digit_value(digits.data[at], alphabet);
        if (value == NOT_A_DIGIT)
            return vt_fail(err, VT_MALFORMED, "base64: no digit at character %zu", at + 1);
    }
    if ((value & ((1u << unused_bits) - 1)) != 0)
        return vt_fail(err, VT_MALFORMED, "base64: unused bits of the end are not zero");
    return true;
}

/* Is the text well spelled, and how many bytes does it stand for? */
static bool check(vt_slice text, struct alphabet alphabet, size_t *len_out,
                  struct vt_error *err)
{
    size_t padding = padding_len(text);

    if (text.len % 4 != 0)
        return vt_fail(err, VT_MALFORMED, "base64: %zu characters, not a multiple of four",
                       text.len);
    if (!check_digits(vt_slice_of(text.data, text.len - padding), alphabet,
                      2 * (unsigned)padding, err))
        return false;
    *len_out = text.len / 4 * 3 - padding;
    return true;
}

/* The same without padding. */
static bool check_bare(vt_slice text, size_t *len_out, struct vt_error *err)
{
    size_t missing = (4 - text.len % 4) % 4;

    if (missing == 3)
        return vt_fail(err, VT_MALFORMED, "base64: %zu characters stand for no bytes",
                       text.len);
    if (!check_digits(text, STANDARD, 2 * (unsigned)missing, err))
        return false;
    *len_out = text.len / 4 * 3 + (text.len % 4) * 3 / 4;
    return true;
}

/* The first len bytes of a text that was checked and stands for as many at least. */
static void decode(vt_slice text, struct alphabet alphabet, uint8_t *out, size_t len)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t at = 0, done = 0; done < len; at++) {
        bits = bits << 6 | digit_value(text.data[at], alphabet);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[done++] = (uint8_t)(bits >> held);
        }
    }
}

static bool parse(vt_slice text, struct alphabet alphabet, struct vt_buf *out,
                  struct vt_error *err)
{
    size_t len;
    uint8_t *at;

    if (!check(text, alphabet, &len, err))
        return false;
    at = vt_buf_extend(out, len);
    if (at == NULL)
        return vt_buf_check(out, "base64", err);
    decode(text, alphabet, at, len);
    return true;
}

bool vt_base64_parse(vt_slice text, struct vt_buf *out, struct vt_error *err)
{
    return parse(text, STANDARD, out, err);
}

bool vt_base64_parse_any(vt_slice text, struct vt_buf *out, struct vt_error *err)
{
    bool is_url_safe = vt_slice_has_byte(text, '-') || vt_slice_has_byte(text, '_');

    return parse(text, is_url_safe ? URL_SAFE : STANDARD, out, err);
}

bool vt_base64_parse_head(vt_slice text, uint8_t *out, size_t len, size_t *whole_len_out,
                          struct vt_error *err)
{
    size_t whole_len;

    if (!check(text, STANDARD, &whole_len, err))
        return false;
    if (whole_len < len)
        return vt_fail(err, VT_MALFORMED, "base64: %zu bytes, at least %zu are wanted",
                       whole_len, len);
    decode(text, STANDARD, out, len);
    *whole_len_out = whole_len;
    return true;
}

bool vt_base64_parse_exact(vt_slice text, uint8_t *out, size_t len, struct vt_error *err)
{
    size_t whole_len;

    if (!check(text, STANDARD, &whole_len, err))
        return false;
    if (whole_len != len)
        return vt_fail(err, VT_MALFORMED, "base64: %zu bytes, %zu are wanted", whole_len,
                       len);
    decode(text, STANDARD, out, len);
    return true;
}

bool vt_base64_bare_len(vt_slice text, size_t *len_out, struct vt_error *err)
{
    return check_bare(text, len_out, err);
}

bool vt_base64_parse_bare(vt_slice text, struct vt_buf *out, struct vt_error *err)
{
    size_t len;
    uint8_t *at;

    if (!check_bare(text, &len, err))
        return false;
    at = vt_buf_extend(out, len);
    if (at == NULL)
        return vt_buf_check(out, "base64", err);
    decode(text, STANDARD, at, len);
    return true;
}

bool vt_base64_parse_bare_exact(vt_slice text, uint8_t *out, size_t len,
                                struct vt_error *err)
{
    size_t whole_len;

    if (!check_bare(text, &whole_len, err))
        return false;
    if (whole_len != len)
        return vt_fail(err, VT_MALFORMED, "base64: %zu bytes, %zu are wanted", whole_len,
                       len);
    decode(text, STANDARD, out, len);
    return true;
}

/* Four characters for each three bytes; padding_digit 0: none. */
static void write_digits(struct vt_buf *out, vt_slice bytes, char padding_digit)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t at = 0; at < bytes.len; at += 3) {
        size_t left = bytes.len - at < 3 ? bytes.len - at : 3;
        uint32_t bits = (uint32_t)bytes.data[at] << 16 |
                        (left > 1 ? (uint32_t)bytes.data[at + 1] << 8 : 0) |
                        (left > 2 ? bytes.data[at + 2] : 0);
        char group[4];

        for (size_t i = 0; i < 4; i++)
            group[i] = i <= left ? digits[bits >> (18 - 6 * i) & 63] : padding_digit;
        vt_buf_put(out, vt_slice_of(group, padding_digit != 0 ? 4 : left + 1));
    }
}

void vt_base64_write(struct vt_buf *out, vt_slice bytes)
{
    write_digits(out, bytes, '=');
}

void vt_base64_write_bare(struct vt_buf *out, vt_slice bytes)
{
    write_digits(out, bytes, 0);
}
