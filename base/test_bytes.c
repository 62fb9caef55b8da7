/* Slices, buffers, readers, numbers, times: each true case with its forged twin. */
#include "tests/harness.h"

static void decimal_has_one_spelling(void)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t value;
    } rows[] = {
        { "0", true, 0 },
        { "7", true, 7 },
        { "18446744073709551615", true, UINT64_MAX },
        { "18446744073709551616", false, 0 },
        { "", false, 0 },
        { "00", false, 0 },
        { "01", false, 0 },
        { "+1", false, 0 },
        { " 1", false, 0 },
        { "1 ", false, 0 },
        { "-1", false, 0 },
        { "1e3", false, 0 },
        { "99999999999999999999", false, 0 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 42;
        bool good = vt_decimal_parse(vt_slice_from_cstr(rows[i].text), &value);

        VT_CHECK_SAYING(good == rows[i].good, "'%s'", rows[i].text);
        VT_CHECK(value == (good ? rows[i].value : 42));
    }
}

static void zeros_are_told(void)
{
    uint8_t bytes[67] = { 0 };

    VT_CHECK(vt_slice_is_zero((vt_slice){ 0 }));
    VT_CHECK(vt_slice_is_zero(VT_BYTES(bytes)) && vt_slice_is_zero(vt_slice_of(bytes, 1)));
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = 1;
        VT_CHECK_SAYING(!vt_slice_is_zero(VT_BYTES(bytes)), "byte %zu", i);
        VT_CHECK(vt_slice_is_zero(vt_slice_of(bytes, i)));
        bytes[i] = 0;
    }
}

static void utf8_is_strict(void)
{
    static const struct {
        vt_slice bytes;
        bool good;
    } rows[] = {
        { { 0 }, true },
        { VT_LIT("plain"), true },
        { VT_LIT("Z\xc3\xbcrich"), true },
        { VT_LIT("\xe2\x80\x94"), true },
        { VT_LIT("\xf0\x9f\x94\x8d"), true },
        { VT_LIT("\xf4\x8f\xbf\xbf"), true },
        { VT_LIT("\xc0\xaf"), false },         /* overlong '/' */
        { VT_LIT("\xe0\x9f\xbf"), false },     /* overlong */
        { VT_LIT("\xed\xa0\x80"), false },     /* surrogate */
        { VT_LIT("\xf4\x90\x80\x80"), false }, /* above U+10FFFF */
        { VT_LIT("\x80"), false },
        { VT_LIT("\xc3"), false },
        { VT_LIT("\xff\xfe"), false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        VT_CHECK_SAYING(vt_slice_is_utf8(rows[i].bytes) == rows[i].good, "row %zu", i);
}

static void buffer_keeps_its_bound(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF buf = vt_buf_init(10);

    vt_buf_printf(&buf, "%s", "12345");
    vt_buf_put(&buf, VT_LIT("67890"));
    VT_CHECK_OK(vt_buf_check(&buf, "ten", &err));
    VT_CHECK(strcmp(vt_buf_cstr(&buf), "1234567890") == 0);
    vt_buf_put_u8(&buf, 'x');
    VT_CHECK_FAILS(VT_LIMIT, vt_buf_check(&buf, "ten", &err));
    VT_CHECK(vt_slice_is(vt_buf_slice(&buf), "1234567890"));
    VT_CHECK(vt_buf_cstr(&buf) == NULL);
}

static void reader_reads_what_was_written(void)
{
    VT_AUTO_BUF buf = vt_buf_init(100);
    vt_reader r;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    uint8_t one;
    vt_slice line, rest;

    vt_buf_put_u16(&buf, 0x0102);
    vt_buf_put_u32(&buf, 0xfffefdfc);
    vt_buf_put_u64(&buf, UINT64_C(0x0102030405060708));
    vt_buf_put_text(&buf, "a line\nrest");
    r = (vt_reader){ vt_buf_slice(&buf) };
    VT_CHECK(vt_read_u16(&r, &two) && two == 0x0102);
    VT_CHECK(vt_read_u32(&r, &four) && four == 0xfffefdfc);
    VT_CHECK(vt_read_u64(&r, &eight) && eight == UINT64_C(0x0102030405060708));
    VT_CHECK(vt_read_line(&r, &line) && vt_slice_is(line, "a line"));
    VT_CHECK(!vt_read_line(&r, &line) && !vt_read_end(&r));
    VT_CHECK(vt_read_bytes(&r, 4, &rest) && vt_slice_is(rest, "rest"));
    VT_CHECK(vt_read_end(&r) && !vt_read_u8(&r, &one));
}

static void time_has_one_spelling(void)
{
    static const struct {
        const char *text;
        bool good;
        int64_t unix_s;
    } rows[] = {
        { "1970-01-01T00:00:00Z", true, 0 },
        { "2026-11-23T17:37:25Z", true, 1795455445 },
        { "2024-02-29T00:00:00Z", true, 1709164800 },
        { "2023-02-29T00:00:00Z", false, 0 },
        { "2026-11-23T24:00:00Z", false, 0 },
        { "2026-11-23T17:37:60Z", false, 0 },
        { "2026-11-23T17:37:25.5Z", false, 0 },
        { "2026-11-23T17:37:25+00:00", false, 0 },
        { "2026-11-23 17:37:25Z", false, 0 },
        { "2026-11-23T17:37:25z", false, 0 },
        { "1969-12-31T23:59:59Z", false, 0 },
        { "2026-00-23T17:37:25Z", false, 0 },
        { "2026-13-23T17:37:25Z", false, 0 },
        { "2026-11-00T17:37:25Z", false, 0 },
        { "2100-02-29T00:00:00Z", false, 0 },
        { "2000-02-29T00:00:00Z", true, 951782400 },
        { "9999-12-31T23:59:59Z", true, VT_TIME_UNIX_S_MAX },
    };
    char again[VT_TIME_TEXT_BYTES];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t unix_s = -1;
        bool good = vt_time_parse(vt_slice_from_cstr(rows[i].text), &unix_s);

        VT_CHECK_SAYING(good == rows[i].good, "%s", rows[i].text);
        if (!good)
            continue;
        VT_CHECK_SAYING(unix_s == rows[i].unix_s, "%s: %jd", rows[i].text,
                        (intmax_t)unix_s);
        vt_time_write(unix_s, again);
        VT_CHECK(strcmp(again, rows[i].text) == 0);
    }
}

/* Noon of every third day, and bounds: as the C library says. */
static void time_agrees_with_the_c_library(void)
{
    char text[VT_TIME_TEXT_BYTES], theirs[64];
    int64_t again;

    for (int64_t at = 43200; at <= VT_TIME_UNIX_S_MAX; at += INT64_C(3) * 86400 + 1) {
        time_t seconds = (time_t)at;
        struct tm utc;

        VT_CHECK(gmtime_r(&seconds, &utc) != NULL);
        (void)strftime(theirs, sizeof theirs, "%Y-%m-%dT%H:%M:%SZ", &utc);
        vt_time_write(at, text);
        VT_CHECK_SAYING(strcmp(text, theirs) == 0, "%s, not %s", text, theirs);
        VT_CHECK_SAYING(vt_time_parse(vt_slice_from_cstr(text), &again) && again == at,
                        "%s", text);
    }
    vt_time_write(INT64_MIN, text);
    VT_CHECK(strcmp(text, "1970-01-01T00:00:00Z") == 0);
    vt_time_write(INT64_MAX, text);
    VT_CHECK(strcmp(text, "9999-12-31T23:59:59Z") == 0);
}

static void durations_have_units(void)
{
    int64_t seconds;

    VT_CHECK(vt_duration_parse(VT_LIT("90s"), &seconds) && seconds == 90);
    VT_CHECK(vt_duration_parse(VT_LIT("15m"), &seconds) && seconds == 900);
    VT_CHECK(vt_duration_parse(VT_LIT("24h"), &seconds) && seconds == 86400);
    VT_CHECK(vt_duration_parse(VT_LIT("7d"), &seconds) && seconds == 7 * 86400);
    VT_CHECK(vt_duration_parse(VT_LIT("5"), &seconds) && seconds == 5);
    VT_CHECK(!vt_duration_parse(VT_LIT("s"), &seconds));
    VT_CHECK(!vt_duration_parse(VT_LIT("5w"), &seconds));
    VT_CHECK(!vt_duration_parse(VT_LIT("-5"), &seconds));
    VT_CHECK(!vt_duration_parse(VT_LIT("99999999d"), &seconds));
}

static void errors_cannot_steer_a_terminal(void)
{
    struct vt_error err = { 0 };

    VT_CHECK(!vt_fail(&err, VT_REJECTED, "name %s", "\x1b[2Jred\n"));
    VT_CHECK(strcmp(err.message, "name ?[2Jred?") == 0);
    VT_CHECK(!vt_within(&err, "entry %d", 7));
    VT_CHECK(strcmp(err.message, "entry 7: name ?[2Jred?") == 0);
    VT_CHECK(err.code == VT_REJECTED);
}

static void errors_hold_whole_printable_characters(void)
{
    static const struct {
        const char *given, *shown;
    } rows[] = {
        { "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x94\x91",
          "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x94\x91" },
        { "\xc2\xa0", "\xc2\xa0" }, /* the first after the C1 controls */
        { "a\xc2\x9b"
          "2Jb",
          "a?2Jb" }, /* CSI as a C1 control */
        { "a\x9b"
          "2Jb",
          "a?2Jb" }, /* the same as a bare byte */
        { "a\xe2\x80\xae"
          "b",
          "a?b" }, /* right-to-left override */
        { "a\xe2\x80\x8f"
          "b",
          "a?b" }, /* right-to-left mark */
        { "a\xe2\x81\xa6"
          "b\xe2\x81\xa9",
          "a?b?" }, /* isolates */
        { "a\xd8\x9c"
          "b",
          "a?b" }, /* Arabic letter mark */
        { "a\xe2\x80\xa8"
          "b",
          "a?b" },                          /* line separator */
        { "\xe2\x80\xaf", "\xe2\x80\xaf" }, /* its harmless neighbour */
        { "\xc0\xaf", "??" },               /* overlong */
        { "\xed\xa0\x80", "???" },          /* surrogate */
        { "a\xe2\x82", "a??" },             /* cut by who gave it */
        { "\x7f", "?" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };

        VT_CHECK(!vt_fail(&err, VT_REJECTED, "%s", rows[i].given));
        VT_CHECK_SAYING(strcmp(err.message, rows[i].shown) == 0, "row %zu: %s", i,
                        err.message);
    }
}

/* Whatever the length before it, a character is kept whole or left out. */
static void errors_are_cut_between_characters(void)
{
    char given[400];

    for (size_t before = 0; before < 4; before++) {
        struct vt_error err = { 0 };
        size_t len = before;

        memset(given, 'a', before);
        for (; len + 4 < sizeof given; len += 4)
            memcpy(given + len, "\xf0\x9f\x94\x91", 4);
        given[len] = '\0';
        VT_CHECK(!vt_fail(&err, VT_REJECTED, "%s", given));
        VT_CHECK(strlen(err.message) > 230 && (strlen(err.message) - before) % 4 == 0);
        VT_CHECK(strncmp(err.message, given, strlen(err.message)) == 0);
        VT_CHECK(!vt_within(&err, "%s", given));
        VT_CHECK(vt_slice_is_utf8(vt_slice_from_cstr(err.message)));
        VT_CHECK(strchr(err.message, '?') == NULL);
        VT_CHECK(strlen(err.message) > 220);
    }
}

/* Contexts of any length and number leave the cause readable. */
static void contexts_do_not_push_out_the_cause(void)
{
    static const char cause[] = "step 1: not done after 15 seconds, and that is the cause";
    char long_name[300];
    struct vt_error err = { 0 };

    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    VT_CHECK(!vt_fail(&err, VT_REJECTED, "%s", cause));
    for (unsigned i = 0; i < 3; i++) {
        VT_CHECK(!vt_within(&err, "%s", long_name));
        VT_CHECK_SAYING(strstr(err.message, "x...: ") != NULL, "%s", err.message);
        VT_CHECK(strlen(err.message) == sizeof err.message - 1);
        VT_CHECK_SAYING(strstr(err.message, cause) != NULL, "%s", err.message);
    }
    VT_CHECK(!vt_fail(&err, VT_REJECTED, "%.130s, %s", long_name, cause));
    VT_CHECK(!vt_within(&err, "desk")); /* a short context takes no room from it */
    VT_CHECK_SAYING(strstr(err.message, cause) != NULL, "%s", err.message);
}

static const struct vt_case cases[] = {
    { "contexts do not push out the cause", contexts_do_not_push_out_the_cause },
    { "decimal has one spelling", decimal_has_one_spelling },
    { "zeros are told", zeros_are_told },
    { "utf-8 is strict", utf8_is_strict },
    { "a buffer keeps its bound", buffer_keeps_its_bound },
    { "a reader reads what was written", reader_reads_what_was_written },
    { "time has one spelling", time_has_one_spelling },
    { "time agrees with the C library", time_agrees_with_the_c_library },
    { "durations have units", durations_have_units },
    { "errors cannot steer a terminal", errors_cannot_steer_a_terminal },
    { "errors hold whole printable characters", errors_hold_whole_printable_characters },
    { "errors are cut between characters", errors_are_cut_between_characters },
};

VT_TEST_MAIN("base.bytes", cases)
