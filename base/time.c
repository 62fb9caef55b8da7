/* Times and durations as text.  A file of its own: it reads no clock. */
#include "base/base.h"

void vt_time_write(int64_t unix_s, char out[VT_TIME_TEXT_BYTES])
{
    time_t at = (time_t)unix_s;
    struct tm utc = { 0 };

    (void)gmtime_r(&at, &utc);
    if (strftime(out, VT_TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        memcpy(out, "9999-12-31T23:59:59Z", VT_TIME_TEXT_BYTES);
}

static bool read_digits(vt_reader *r, size_t count, int *out)
{
    vt_slice digits;
    int value = 0;

    if (!vt_read_bytes(r, count, &digits))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        value = value * 10 + (digits.data[i] - '0');
    }
    *out = value;
    return true;
}

bool vt_time_parse(vt_slice text, int64_t *unix_s_out)
{
    vt_reader r = { text };
    struct tm utc = { 0 };
    char again[VT_TIME_TEXT_BYTES];
    int64_t unix_s;

    if (!read_digits(&r, 4, &utc.tm_year) || !vt_read_literal(&r, VT_LIT("-")) ||
        !read_digits(&r, 2, &utc.tm_mon) || !vt_read_literal(&r, VT_LIT("-")) ||
        !read_digits(&r, 2, &utc.tm_mday) || !vt_read_literal(&r, VT_LIT("T")) ||
        !read_digits(&r, 2, &utc.tm_hour) || !vt_read_literal(&r, VT_LIT(":")) ||
        !read_digits(&r, 2, &utc.tm_min) || !vt_read_literal(&r, VT_LIT(":")) ||
        !read_digits(&r, 2, &utc.tm_sec) || !vt_read_literal(&r, VT_LIT("Z")) ||
        !vt_read_end(&r) || utc.tm_year < 1970)
        return false;
    utc.tm_year -= 1900;
    utc.tm_mon -= 1;
    unix_s = timegm(&utc);
    vt_time_write(unix_s, again); /* timegm mends 31 February; we refuse it */
    if (!vt_slice_is(text, again))
        return false;
    *unix_s_out = unix_s;
    return true;
}

bool vt_duration_parse(vt_slice text, int64_t *seconds_out)
{
    static const struct {
        char suffix;
        uint64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    const uint64_t seconds_max = UINT64_C(100) * 366 * 86400;
    uint64_t unit = 1, count;

    for (size_t i = 0; i < sizeof units / sizeof units[0] && text.len > 1; i++)
        if (text.data[text.len - 1] == (uint8_t)units[i].suffix) {
            unit = units[i].seconds;
            text = vt_slice_sub(text, 0, text.len - 1);
            break;
        }
    if (!vt_decimal_parse(text, &count) || count > seconds_max / unit)
        return false;
    *seconds_out = (int64_t)(count * unit); /* at most seconds_max */
    return true;
}
