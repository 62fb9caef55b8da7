/* HMAC and HKDF: the answers of RFC 4231 and RFC 5869, and that parts are one text. */
#include "crypto/hkdf.h"
#include "tests/harness.h"
#include "wire/hex.h"

static vt_slice hex(const char *text)
{
    vt_slice digits = vt_slice_from_cstr(text);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), digits.len / 2 + 1);

    VT_CHECK(vt_hex_parse(digits, bytes, digits.len / 2));
    return vt_slice_of(bytes, digits.len / 2);
}

static vt_slice repeated(uint8_t byte, size_t len)
{
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), len);

    memset(bytes, byte, len);
    return vt_slice_of(bytes, len);
}

/* RFC 4231 §4.2, 4.3 and 4.7 (a key longer than a block). */
static void hmac_answers(void)
{
    const struct {
        vt_slice key, text;
        const char *want;
    } rows[] = {
        { repeated(0x0b, 20), VT_LIT("Hi There"),
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
        { VT_LIT("Jefe"), VT_LIT("what do ya want for nothing?"),
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
        { repeated(0xaa, 131),
          VT_LIT("Test Using Larger Than Block-Size Key - Hash Key First"),
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_hash whole, parts, other;

        vt_hmac_sha256(rows[i].key, VT_PARTS(rows[i].text), &whole);
        vt_hmac_sha256(rows[i].key,
                       VT_PARTS(vt_slice_sub(rows[i].text, 0, 3),
                                vt_slice_sub(rows[i].text, 3, rows[i].text.len - 3)),
                       &parts);
        vt_hmac_sha256(rows[i].key, VT_PARTS(VT_LIT("another")), &other);
        VT_CHECK_SAYING(vt_slice_equal(VT_BYTES(whole), hex(rows[i].want)), "row %zu", i);
        VT_CHECK(vt_hmac_equal(&whole, &parts) && !vt_hmac_equal(&whole, &other));
    }
}

/* RFC 5869 appendix A.1 to A.3. */
static void hkdf_answers(void)
{
    static const struct {
        const char *ikm, *salt, *info, *prk, *okm;
    } rows[] = {
        { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
          "f0f1f2f3f4f5f6f7f8f9",
          "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
          "34007208d5b887185865" },
        { "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
          "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
          "404142434445464748494a4b4c4d4e4f",
          "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
          "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
          "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
          "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
          "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
          "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
          "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
          "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
          "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
          "cc30c58179ec3e87c14c01d5c1f3434f1d87" },
        { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
          "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
          "9d201395faa4b61a96c8" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_slice info = hex(rows[i].info), okm = hex(rows[i].okm);
        uint8_t out[128];
        vt_hash prk, both;

        vt_hkdf_extract(hex(rows[i].salt), VT_PARTS(hex(rows[i].ikm)), &prk);
        VT_CHECK_SAYING(vt_slice_equal(VT_BYTES(prk), hex(rows[i].prk)), "row %zu", i);
        vt_hkdf_expand(&prk, &info, 1, out, okm.len);
        VT_CHECK_SAYING(vt_slice_equal(vt_slice_of(out, okm.len), okm), "row %zu", i);
        vt_hkdf(hex(rows[i].salt), hex(rows[i].ikm), info, &both);
        VT_CHECK(memcmp(both.bytes, out, sizeof both.bytes) == 0);
    }
}

static const struct vt_case cases[] = {
    { "HMAC answers", hmac_answers },
    { "HKDF answers", hkdf_answers },
};

VT_TEST_MAIN("crypto.test_hkdf", cases)
