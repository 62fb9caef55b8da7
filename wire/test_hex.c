/* Hexadecimal: lower case, whole bytes, the asked length. */
#include "tests/harness.h"
#include "wire/hex.h"

static void digits_have_one_spelling(void)
{
    static const struct {
        const char *name;
        vt_slice text;
        bool is_good;
    } rows[] = {
        { "good", VT_LIT("00ff10"), true },
        { "upper case", VT_LIT("00FF10"), false },
        { "mixed case", VT_LIT("00fF10"), false },
        { "odd", VT_LIT("00ff1"), false },
        { "too short", VT_LIT("00ff"), false },
        { "too long", VT_LIT("00ff1000"), false },
        { "empty", VT_LIT(""), false },
        { "prefix", VT_LIT("0x00ff"), false },
        { "behind f", VT_LIT("00fg10"), false },
        { "before a", VT_LIT("00f`10"), false },
        { "before 0", VT_LIT("00f/10"), false },
        { "behind 9", VT_LIT("00f:10"), false },
        { "space", VT_LIT("00ff 1"), false },
        { "a NUL", VT_LIT("00ff1\0"), false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t out[3] = { 1, 2, 3 };
        bool is_good = vt_hex_parse(rows[i].text, out, 3);

        VT_CHECK_SAYING(is_good == rows[i].is_good, "%s", rows[i].name);
        VT_CHECK(memcmp(out, is_good ? "\x00\xff\x10" : "\1\2\3", 3) == 0);
    }
}

static void every_byte_comes_back(void)
{
    uint8_t all[256], again[256];
    char text[513];
    VT_AUTO_BUF written = vt_buf_init(1000);

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (uint8_t)i;
    vt_hex_write(&written, vt_slice_of(all, sizeof all));
    vt_hex_text(vt_slice_of(all, sizeof all), text);
    VT_CHECK(vt_slice_is(vt_buf_slice(&written), text));
    VT_CHECK(
        vt_slice_starts_with(vt_buf_slice(&written), VT_LIT("000102030405060708090a0b")));
    VT_CHECK(vt_hex_parse(vt_buf_slice(&written), again, sizeof again));
    VT_CHECK(memcmp(all, again, sizeof all) == 0);
}

static void a_full_buffer_takes_nothing(void)
{
    VT_AUTO_BUF out = vt_buf_init(5);

    vt_hex_write(&out, VT_LIT("abc"));
    VT_CHECK(out.is_full && out.len == 0);
}

static const struct vt_case cases[] = {
    { "digits have one spelling", digits_have_one_spelling },
    { "every byte comes back", every_byte_comes_back },
    { "a full buffer takes nothing", a_full_buffer_takes_nothing },
};

VT_TEST_MAIN("wire.hex", cases)
