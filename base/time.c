/* Times and durations as text.  A file of its own: it reads no clock. */
#include "base/base.h"

/* The calendar is computed here: the C library's functions read the machine's time zone
 * from a file, even for UTC.  Years begin in March, so that a leap day is a year's last;
 * 400 of them always have the same number of days. */
#define DAY_S             INT64_C(86400)
#define DAYS_400_YEARS    INT64_C(146097)
#define DAYS_BEFORE_EPOCH INT64_C(719468) /* from 1 March of the year 0 */

struct moment {
    int year, month, day, hour, minute, second;
};

/* Days before the month that is `month` months after March. */
static int64_t days_before(int64_t month)
{
    return (153 * month + 2) / 5;
}

static struct moment moment_of(int64_t unix_s)
{
    int64_t days = unix_s / DAY_S + DAYS_BEFORE_EPOCH, left = unix_s % DAY_S;
    int64_t day = days % DAYS_400_YEARS;
    /* Each 4th year has a day more, each 100th not, the 400th again. */
    int64_t year = (day - day / 1460 + day / 36524 - day / (DAYS_400_YEARS - 1)) / 365;
    int64_t month;

    day -= 365 * year + year / 4 - year / 100;
    month = (5 * day + 2) / 153;
    year += 400 * (days / DAYS_400_YEARS) + (month >= 10);
    /* All are small: the caller has bounded unix_s. */
    return (struct moment){ .year = (int)year,
                            .month = (int)(month < 10 ? month + 3 : month - 9),
                            .day = (int)(day - days_before(month) + 1),
                            .hour = (int)(left / 3600),
                            .minute = (int)(left / 60 % 60),
                            .second = (int)(left % 60) };
}

/* Of fields up to 9999 each; a day that the month has not becomes another. */
static int64_t unix_s_of(const struct moment *at)
{
    int64_t month = (at->month + 9) % 12, year = at->year - (at->month < 3);
    int64_t days = 365 * year + year / 4 - year / 100 + year / 400 + days_before(month) +
                   at->day - 1 - DAYS_BEFORE_EPOCH;

    return days * DAY_S + at->hour * INT64_C(3600) + at->minute * INT64_C(60) + at->second;
}

void vt_time_write(int64_t unix_s, char out[VT_TIME_TEXT_BYTES])
{
    char text[80]; /* as long as the compiler believes that six numbers may be */
    struct moment at;

    if (unix_s < 0)
        unix_s = 0;
    if (unix_s > VT_TIME_UNIX_S_MAX)
        unix_s = VT_TIME_UNIX_S_MAX;
    at = moment_of(unix_s);
    (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", at.year, at.month,
                   at.day, at.hour, at.minute, at.second);
    memcpy(out, text, VT_TIME_TEXT_BYTES);
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
    struct moment at = { 0 };
    char again[VT_TIME_TEXT_BYTES];
    int64_t unix_s;

    if (!read_digits(&r, 4, &at.year) || !vt_read_literal(&r, VT_LIT("-")) ||
        !read_digits(&r, 2, &at.month) || !vt_read_literal(&r, VT_LIT("-")) ||
        !read_digits(&r, 2, &at.day) || !vt_read_literal(&r, VT_LIT("T")) ||
        !read_digits(&r, 2, &at.hour) || !vt_read_literal(&r, VT_LIT(":")) ||
        !read_digits(&r, 2, &at.minute) || !vt_read_literal(&r, VT_LIT(":")) ||
        !read_digits(&r, 2, &at.second) || !vt_read_literal(&r, VT_LIT("Z")) ||
        !vt_read_end(&r) || at.year < 1970)
        return false;
    unix_s = unix_s_of(&at);
    vt_time_write(unix_s, again); /* 31 February became a day in March; we refuse it */
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
