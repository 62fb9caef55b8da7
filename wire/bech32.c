/* Bech32.  The checksum is the remainder of a division of polynomials over 32 elements; it
 * is computed over lower-case letters, whatever the text has. */
#include "wire/bech32.h"

enum { CHECKSUM_DIGITS = 6 };

static const char DIGITS[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint8_t lower(uint8_t letter)
{
    return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter - 'A' + 'a') : letter;
}

static bool is_upper_name(const char *name)
{
    return name[0] >= 'A' && name[0] <= 'Z';
}

static uint32_t step(uint32_t sum, uint8_t value)
{
    static const uint32_t generator[5] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                           0x2a1462b3 };
    uint32_t top = sum >> 25;

    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; i++)
        if ((top >> i & 1) != 0)
            sum ^= generator[i];
    return sum;
}

/* The name is part of what is summed: its upper bits, a zero, its lower bits. */
static uint32_t begin_sum(const char *name)
{
    uint32_t sum = 1;

    for (const char *at = name; *at != '\0'; at++)
        sum = step(sum, lower((uint8_t)*at) >> 5);
    sum = step(sum, 0);
    for (const char *at = name; *at != '\0'; at++)
        sum = step(sum, lower((uint8_t)*at) & 31);
    return sum;
}

static size_t digits_of(size_t len)
{
    return (8 * len + 4) / 5;
}

size_t vt_bech32_len(const char *name, size_t len)
{
    return strlen(name) + 1 + digits_of(len) + CHECKSUM_DIGITS;
}

static bool digit_value(uint8_t letter, bool is_upper, uint8_t *out)
{
    const char *at;

    if (letter == '\0' || (is_upper && letter >= 'a' && letter <= 'z') ||
        (!is_upper && letter >= 'A' && letter <= 'Z'))
        return false;
    at = strchr(DIGITS, lower(letter));
    if (at == NULL)
        return false;
    *out = (uint8_t)(at - DIGITS);
    return true;
}

/* Are all digits digits, and is their sum right? */
static bool check(vt_slice digits, const char *name)
{
    uint32_t sum = begin_sum(name);

    for (size_t i = 0; i < digits.len; i++) {
        uint8_t value;

        if (!digit_value(digits.data[i], is_upper_name(name), &value))
            return false;
        sum = step(sum, value);
    }
    return sum == 1;
}

/* The bits behind the last whole byte; the digits were checked. */
static uint8_t unused_bits(vt_slice digits, const char *name, size_t len)
{
    size_t count = digits_of(len);
    uint8_t last = 0;

    if (count != 0)
        (void)digit_value(digits.data[count - 1], is_upper_name(name), &last);
    return last & (uint8_t)((1U << (5 * count - 8 * len)) - 1);
}

static void decode(vt_slice digits, const char *name, uint8_t *out, size_t len)
{
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t at = 0, done = 0; done < len; at++) {
        uint8_t value = 0;

        (void)digit_value(digits.data[at], is_upper_name(name), &value);
        bits = bits << 5 | value;
        held += 5;
        if (held >= 8) {
            held -= 8;
            out[done++] = (uint8_t)(bits >> held);
        }
    }
}

bool vt_bech32_parse(vt_slice text, const char *name, uint8_t *out, size_t len,
                     struct vt_error *err)
{
    vt_slice prefix = vt_slice_from_cstr(name);
    vt_slice digits;

    if (!vt_slice_starts_with(text, prefix) || text.len <= prefix.len ||
        text.data[prefix.len] != '1')
        return vt_fail(err, VT_MALFORMED, "does not begin with '%s1'", name);
    if (text.len != vt_bech32_len(name, len))
        return vt_fail(err, VT_MALFORMED, "has %zu characters, %zu are wanted", text.len,
                       vt_bech32_len(name, len));
    digits = vt_slice_sub(text, prefix.len + 1, text.len - prefix.len - 1);
    if (!check(digits, name) || unused_bits(digits, name, len) != 0)
        return vt_fail(err, VT_MALFORMED,
                       "its check digits do not fit: it was copied wrongly");
    decode(digits, name, out, len);
    return true;
}

static uint8_t digit_letter(const char *name, uint32_t value)
{
    uint8_t letter = (uint8_t)DIGITS[value & 31];

    return is_upper_name(name) && letter >= 'a' && letter <= 'z'
               ? (uint8_t)(letter - 'a' + 'A')
               : letter;
}

void vt_bech32_write(const char *name, vt_slice bytes, uint8_t *out)
{
    size_t count = digits_of(bytes.len), name_len = strlen(name);
    uint32_t sum = begin_sum(name), bits = 0;
    unsigned held = 0;
    size_t taken = 0;

    memcpy(out, name, name_len);
    out += name_len;
    *out++ = '1';
    for (size_t i = 0; i < count; i++) {
        while (held < 5) {
            bits = bits << 8 | (taken < bytes.len ? bytes.data[taken++] : 0);
            held += 8;
        }
        held -= 5;
        sum = step(sum, (uint8_t)(bits >> held & 31));
        *out++ = digit_letter(name, bits >> held);
    }
    for (unsigned i = 0; i < CHECKSUM_DIGITS; i++)
        sum = step(sum, 0);
    sum ^= 1;
    for (unsigned i = 0; i < CHECKSUM_DIGITS; i++)
        *out++ = digit_letter(name, sum >> (5 * (CHECKSUM_DIGITS - 1 - i)));
}
