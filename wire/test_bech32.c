/* Bech32: the words of age's specification, each with a forged twin. */
#include "tests/harness.h"
#include "wire/bech32.h"

#define RECIPIENT "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
#define IDENTITY                                                                           \
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"

static const struct {
    const char *what, *name;
    vt_slice text;
    enum vt_code want;
} rows[] = {
    { "recipient", "age", VT_LIT(RECIPIENT), VT_OK },
    { "identity", "AGE-SECRET-KEY-", VT_LIT(IDENTITY), VT_OK },
    { "one letter changed", "age",
      VT_LIT("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwq"),
      VT_MALFORMED },
    { "two letters swapped", "age",
      VT_LIT("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73eqnuujwj"),
      VT_MALFORMED },
    { "a letter in the other case", "age",
      VT_LIT("age1Zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"),
      VT_MALFORMED },
    { "all in the other case", "age",
      VT_LIT("AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ"),
      VT_MALFORMED },
    { "no digit", "age",
      VT_LIT("age1bvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"),
      VT_MALFORMED },
    { "another name", "AGE-SECRET-KEY-", VT_LIT(RECIPIENT), VT_MALFORMED },
    { "no name", "age", VT_LIT("1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzr"), VT_MALFORMED },
    { "name alone", "age", VT_LIT("age"), VT_MALFORMED },
    { "name and one", "age", VT_LIT("age1"), VT_MALFORMED },
    { "empty", "age", VT_LIT(""), VT_MALFORMED },
    { "line feed behind", "age", VT_LIT(RECIPIENT "\n"), VT_MALFORMED },
    { "a NUL inside", "age",
      VT_LIT("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hz\0ye869xeexvn73equnujwj"),
      VT_MALFORMED },
};

static void words_are_read_and_written(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        uint8_t bytes[32] = { 0 }, again[128];
        bool ok = vt_bech32_parse(rows[i].text, rows[i].name, bytes, sizeof bytes, &err);

        VT_CHECK_SAYING(ok ? rows[i].want == VT_OK : err.code == rows[i].want, "%s: %s",
                        rows[i].what, err.message);
        if (!ok)
            continue;
        vt_bech32_write(rows[i].name, VT_BYTES(bytes), again);
        VT_CHECK(vt_slice_equal(
            rows[i].text, vt_slice_of(again, vt_bech32_len(rows[i].name, sizeof bytes))));
    }
}

/* Every length has its bits behind the last byte, and they are zero. */
static void unused_bits_are_zero(void)
{
    for (size_t len = 0; len <= 20; len++) {
        struct vt_error err = { 0 };
        uint8_t bytes[20], back[20] = { 0 }, text[64];
        vt_slice word = { text, vt_bech32_len("x", len) };

        memset(bytes, 0xff, sizeof bytes);
        vt_bech32_write("x", vt_slice_of(bytes, len), text);
        VT_CHECK_OK(vt_bech32_parse(word, "x", back, len, &err));
        VT_CHECK(memcmp(back, bytes, len) == 0);
    }
}

/* Written with one byte more, read with one less: the bits that are left are not zero. */
static void bits_that_are_not_zero(void)
{
    struct vt_error err = { 0 };
    const uint8_t five[5] = { 1, 2, 3, 4, 0xff };
    uint8_t text[64], out[4] = { 9, 9, 9, 9 };

    /* 4 bytes need 7 digits and 5 bytes 8: no text stands for both. */
    vt_bech32_write("x", VT_BYTES(five), text);
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_bech32_parse(vt_slice_of(text, vt_bech32_len("x", sizeof five)), "x",
                                   out, sizeof out, &err));
    VT_CHECK(out[0] == 9 && out[3] == 9); /* untouched */
    /* BIP 173's A12UEL5L, an empty word, and the same with a checksum of another. */
    VT_CHECK_OK(vt_bech32_parse(VT_LIT("A12UEL5L"), "A", out, 0, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_bech32_parse(VT_LIT("A12UEL5Q"), "A", out, 0, &err));
    /* BIP 173's 'abcdef' word: 20 bytes from all digits in order. */
    VT_CHECK_OK(vt_bech32_parse(VT_LIT("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"),
                                "abcdef", text, 20, &err));
    VT_CHECK(text[0] == 0x00 && text[1] == 0x44 && text[19] == 0xdf);
}

static const struct vt_case cases[] = {
    { "words are read and written", words_are_read_and_written },
    { "unused bits are zero", unused_bits_are_zero },
    { "bits that are not zero", bits_that_are_not_zero },
};

VT_TEST_MAIN("wire.test_bech32", cases)
