/* Ed25519: RFC 8032's own answers, other people's cases, every bit turned, and the points
 * and numbers that lenient verifiers take. */
#include "crypto/ed25519.h"
#include "crypto/key.h"
#include "tests/known.h"

/* RFC 8032 §7.1, TEST 1 to 3 and "TEST SHA(abc)". */
static const struct {
    const char *seed, *public_key, *message, *signature;
} RFC8032[] = {
    { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
      "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
    { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
    { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
      "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
    { "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
      "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
      "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
      "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704" },
};

static vt_slice bytes_of(const char *hex)
{
    vt_slice text = vt_slice_from_cstr(hex);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), text.len / 2 + 1);

    VT_CHECK(vt_hex_parse(text, bytes, text.len / 2));
    return vt_slice_of(bytes, text.len / 2);
}

static void the_answers_of_rfc_8032(void)
{
    for (size_t i = 0; i < sizeof RFC8032 / sizeof RFC8032[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_KEY key = NULL;
        uint8_t signature[64];
        vt_slice message = bytes_of(RFC8032[i].message);

        VT_CHECK_OK(vt_key_from_seed(bytes_of(RFC8032[i].seed).data, &key, &err));
        VT_CHECK(
            vt_slice_equal(VT_BYTES(*vt_key_public(key)), bytes_of(RFC8032[i].public_key)));
        VT_CHECK_OK(vt_key_sign(key, message, signature, &err));
        VT_CHECK_SAYING(vt_slice_equal(VT_BYTES(signature), bytes_of(RFC8032[i].signature)),
                        "row %zu", i);
        VT_CHECK(
            vt_ed25519_verify(vt_key_public(key)->bytes, message, VT_BYTES(signature)));
    }
}

static bool accepts(const json_t *one)
{
    vt_slice public_key = vt_known_hex(one, "public_hex");

    return public_key.len == VT_ED25519_PUBLIC_BYTES &&
           vt_ed25519_verify(public_key.data, vt_known_hex(one, "msg_hex"),
                             vt_known_hex(one, "sig_hex"));
}

static void other_peoples_cases(void)
{
    vt_test_known("ed25519.jsonl", "ed25519", 151, accepts);
}

static void every_bit_counts(void)
{
    uint8_t public_key[32], message[2], signature[65] = { 0 };

    memcpy(public_key, bytes_of(RFC8032[2].public_key).data, sizeof public_key);
    memcpy(message, bytes_of(RFC8032[2].message).data, sizeof message);
    memcpy(signature, bytes_of(RFC8032[2].signature).data, 64);
    VT_CHECK(vt_ed25519_verify(public_key, VT_BYTES(message), vt_slice_of(signature, 64)));
    for (size_t bit = 0; bit < 8 * (32 + 2 + 64); bit++) {
        size_t i = bit / 8;
        uint8_t *at = i < 32   ? &public_key[i]
                      : i < 34 ? &message[i - 32]
                               : &signature[i - 34];

        *at ^= (uint8_t)(1U << bit % 8);
        VT_CHECK_SAYING(
            !vt_ed25519_verify(public_key, VT_BYTES(message), vt_slice_of(signature, 64)),
            "bit %zu", bit);
        *at ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t len = 0; len <= sizeof signature; len++)
        VT_CHECK(vt_ed25519_verify(public_key, VT_BYTES(message),
                                   vt_slice_of(signature, len)) == (len == 64));
}

/* All fourteen spellings of the eight points of small order (the sign bit apart): the last
 * six are not canonical, or have a sign where x is 0. */
static const char *const SMALL[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

/* With A and R of small order and S = 0 the equation holds for one message in at most
 * eight: a lenient verifier takes many of these 14 * 14 * 32. */
static void points_of_small_order_are_refused(void)
{
    size_t count = sizeof SMALL / sizeof SMALL[0];

    for (size_t a = 0; a < count; a++)
        for (size_t r = 0; r < count; r++)
            for (uint8_t message = 0; message < 32; message++) {
                uint8_t signature[64] = { 0 };

                memcpy(signature, bytes_of(SMALL[r]).data, 32);
                VT_CHECK_SAYING(!vt_ed25519_verify(bytes_of(SMALL[a]).data,
                                                   VT_BYTES(message), VT_BYTES(signature)),
                                "A %zu, R %zu, message %u", a, r, message);
            }
}

/* S and S + L are the same number modulo L: only the smaller is a signature (RFC 8032
 * §5.1.7 step 1). */
static void s_has_one_spelling(void)
{
    static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
                                       0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
                                       0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };

    for (size_t i = 0; i < sizeof RFC8032 / sizeof RFC8032[0]; i++) {
        uint8_t signature[64];
        unsigned carry = 0;

        memcpy(signature, bytes_of(RFC8032[i].signature).data, 64);
        for (size_t k = 0; k < 32; k++) {
            carry += (unsigned)signature[32 + k] + order[k];
            signature[32 + k] = (uint8_t)carry;
            carry >>= 8;
        }
        VT_CHECK(!vt_ed25519_verify(bytes_of(RFC8032[i].public_key).data,
                                    bytes_of(RFC8032[i].message), VT_BYTES(signature)));
    }
}

static const struct vt_case cases[] = {
    { "the answers of RFC 8032", the_answers_of_rfc_8032 },
    { "other people's cases", other_peoples_cases },
    { "every bit counts", every_bit_counts },
    { "points of small order are refused", points_of_small_order_are_refused },
    { "S has one spelling", s_has_one_spelling },
};

VT_TEST_MAIN("crypto.ed25519", cases)
