/* HPKE: the answers of RFC 9180 appendix A.1 and A.2 (base mode), both sides, and that
 * nothing that was changed opens. */
#include "crypto/hpke.h"
#include "tests/harness.h"
#include "wire/hex.h"

enum { TEXTS = 6, EXPORTS = 3 };

static const struct answers {
    enum vt_aead_name name;
    const char *secret_e, *public_e, *secret_r, *public_r;
    struct {
        unsigned sequence;
        const char *sealed;
    } texts[TEXTS];
    struct {
        const char *context, *value;
    } exports[EXPORTS];
} RFC9180[] = {
    {
        .name = VT_AEAD_AES_128_GCM,
        .secret_e = "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
        .public_e = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
        .secret_r = "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
        .public_r = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
        .texts = {
            { 0,
              "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a9"
              "6d8770ac83d07bea87e13c512a" },
            { 1,
              "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab25"
              "1c03d0c22a56b8ca42c2063b84" },
            { 2,
              "498dfcabd92e8acedc281e85af1cb4e3e31c7dc394a1ca20e173cb7251649158"
              "8d96a19ad4a683518973dcc180" },
            { 4,
              "583bd32bc67a5994bb8ceaca813d369bca7b2a42408cddef5e22f880b631215a"
              "09fc0012bc69fccaa251c0246d" },
            { 255,
              "7175db9717964058640a3a11fb9007941a5d1757fda1a6935c805c21af32505b"
              "f106deefec4a49ac38d71c9e0a" },
            { 256,
              "957f9800542b0b8891badb026d79cc54597cb2d225b54c00c5238c25d05c30e3"
              "fbeda97d2e0e1aba483a2df9f2" },
        },
        .exports = {
            { "",
              "3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee" },
            { "00",
              "2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c21a5" },
            { "54657374436f6e74657874",
              "e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931" },
        },
    },
    {
        .name = VT_AEAD_CHACHA20_POLY1305,
        .secret_e = "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600",
        .public_e = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a",
        .secret_r = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb",
        .public_r = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a",
        .texts = {
            { 0,
              "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db"
              "21993c62ce81883d2dd1b51a28" },
            { 1,
              "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e"
              "85285337cc95ba5f59992dc98c" },
            { 2,
              "71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02"
              "b4f10ecac6f48c32f878fae86b" },
            { 4,
              "63357a2aa291f5a4e5f27db6baa2af8cf77427c7c1a909e0b37214dd47db122b"
              "b153495ff0b02e9e54a50dbe16" },
            { 255,
              "18ab939d63ddec9f6ac2b60d61d36a7375d2070c9b683861110757062c52b888"
              "0a5f6b3936da9cd6c23ef2a95c" },
            { 256,
              "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076"
              "214c0c40d4c728d6ed9e727a5b" },
        },
        .exports = {
            { "",
              "4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e" },
            { "00",
              "8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69" },
            { "54657374436f6e74657874",
              "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53" },
        },
    },
};

#define INFO  VT_LIT("Ode on a Grecian Urn")
#define PLAIN VT_LIT("Beauty is truth, truth beauty")

static vt_slice hex(const char *text)
{
    vt_slice digits = vt_slice_from_cstr(text);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), digits.len / 2 + 1);

    VT_CHECK(vt_hex_parse(digits, bytes, digits.len / 2));
    return vt_slice_of(bytes, digits.len / 2);
}

/* Dice that fall as the RFC's did. */
static void replay(void *context, uint8_t *out, size_t len)
{
    memcpy(out, context, len);
}

struct pair {
    struct vt_hpke sender, receiver;
};

static void begin(const struct answers *a, struct pair *out)
{
    uint8_t dice[VT_X25519_BYTES], enc[VT_X25519_BYTES];
    struct vt_env env = { .random = replay, .context = dice };
    struct vt_error err = { 0 };

    memcpy(dice, hex(a->secret_e).data, sizeof dice);
    VT_CHECK_OK(vt_hpke_init_sender(&out->sender, &env, a->name, hex(a->public_r).data,
                                    INFO, enc, &err));
    VT_CHECK(vt_slice_equal(VT_BYTES(enc), hex(a->public_e)));
    VT_CHECK_OK(vt_hpke_init_receiver(&out->receiver, a->name, hex(a->secret_r).data,
                                      hex(a->public_r).data, enc, INFO, &err));
}

static void end(struct pair *pair)
{
    vt_hpke_clear(&pair->sender);
    vt_hpke_clear(&pair->receiver);
}

/* Text number `i` of both sides; the sealed bytes live as long as the case. */
static vt_slice exchange(struct pair *pair, unsigned i)
{
    VT_AUTO_BUF sealed = vt_buf_init(VT_KIB(1)), opened = vt_buf_init(VT_KIB(1));
    vt_slice associated = vt_slice_from_cstr(vt_test_print("Count-%u", i));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_hpke_seal(&pair->sender, associated, PLAIN, &sealed, &err));
    VT_CHECK_OK(
        vt_hpke_open(&pair->receiver, associated, vt_buf_slice(&sealed), &opened, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&opened), PLAIN));
    return vt_arena_copy(vt_test_arena(), vt_buf_slice(&sealed));
}

static void check_answers(const struct answers *a)
{
    struct pair pair = { .sender = { 0 } };
    unsigned next = 0;

    begin(a, &pair);
    for (unsigned i = 0; next < TEXTS; i++) {
        vt_slice sealed = exchange(&pair, i);

        if (a->texts[next].sequence != i)
            continue;
        VT_CHECK_SAYING(vt_slice_equal(sealed, hex(a->texts[next].sealed)), "text %u", i);
        next++;
    }
    for (size_t i = 0; i < EXPORTS; i++) {
        uint8_t ours[32], theirs[32];

        vt_hpke_export(&pair.sender, hex(a->exports[i].context), ours, sizeof ours);
        vt_hpke_export(&pair.receiver, hex(a->exports[i].context), theirs, sizeof theirs);
        VT_CHECK(vt_slice_equal(VT_BYTES(ours), hex(a->exports[i].value)));
        VT_CHECK(memcmp(ours, theirs, sizeof ours) == 0);
    }
    end(&pair);
}

static void the_answers_of_rfc_9180(void)
{
    for (size_t i = 0; i < sizeof RFC9180 / sizeof RFC9180[0]; i++)
        check_answers(&RFC9180[i]);
}

/* Every truncation and every turned bit, and a context that a refusal does not move. */
static void what_was_changed_does_not_open(void)
{
    for (size_t i = 0; i < sizeof RFC9180 / sizeof RFC9180[0]; i++) {
        VT_AUTO_BUF out = vt_buf_init(VT_KIB(1));
        struct pair pair = { .sender = { 0 } };
        struct vt_error err = { 0 };
        vt_slice sealed = hex(RFC9180[i].texts[0].sealed);
        uint8_t bytes[64];

        begin(&RFC9180[i], &pair);
        memcpy(bytes, sealed.data, sealed.len);
        for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            VT_CHECK_FAILS(VT_REJECTED,
                           vt_hpke_open(&pair.receiver, VT_LIT("Count-0"),
                                        vt_slice_of(bytes, sealed.len), &out, &err));
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
        for (size_t len = 0; len < sealed.len; len++)
            VT_CHECK_FAILS(VT_REJECTED, vt_hpke_open(&pair.receiver, VT_LIT("Count-0"),
                                                     vt_slice_of(bytes, len), &out, &err));
        VT_CHECK_FAILS(VT_REJECTED,
                       vt_hpke_open(&pair.receiver, VT_LIT("Count-1"), sealed, &out, &err));
        VT_CHECK(out.len == 0);
        VT_CHECK_OK(vt_hpke_open(&pair.receiver, VT_LIT("Count-0"), sealed, &out, &err));
        VT_CHECK_FAILS(VT_REJECTED, vt_hpke_open(&pair.receiver, VT_LIT("Count-0"), sealed,
                                                 &out, &err)); /* a second time */
        end(&pair);
    }
}

/* Another key, another info, another encapsulated key, points of small order. */
static void what_belongs_to_others_does_not_open(void)
{
    const struct answers *a = &RFC9180[0];
    VT_AUTO_BUF out = vt_buf_init(VT_KIB(1));
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    VT_AUTO_HPKE receiver = { 0 }, other = { 0 };
    const uint8_t zeros[VT_X25519_BYTES] = { 0 };
    uint8_t enc[VT_X25519_BYTES];
    vt_slice secret = hex(a->secret_r), public_key = hex(a->public_r);

    VT_CHECK_OK(vt_hpke_init_receiver(&receiver, a->name, secret.data, public_key.data,
                                      hex(a->public_e).data, VT_LIT("another info"), &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_hpke_open(&receiver, VT_LIT("Count-0"),
                                             hex(a->texts[0].sealed), &out, &err));
    VT_CHECK_OK(vt_hpke_init_receiver(&other, a->name, hex(RFC9180[1].secret_r).data,
                                      hex(RFC9180[1].public_r).data, hex(a->public_e).data,
                                      INFO, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_hpke_open(&other, VT_LIT("Count-0"),
                                             hex(a->texts[0].sealed), &out, &err));
    vt_hpke_clear(&other);
    VT_CHECK_FAILS(VT_REJECTED, vt_hpke_init_receiver(&other, a->name, secret.data,
                                                      public_key.data, zeros, INFO, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_hpke_init_sender(&other, &env, a->name, zeros, INFO, enc, &err));
}

static const struct vt_case cases[] = {
    { "the answers of RFC 9180", the_answers_of_rfc_9180 },
    { "what was changed does not open", what_was_changed_does_not_open },
    { "what belongs to others does not open", what_belongs_to_others_does_not_open },
};

VT_TEST_MAIN("crypto.test_hpke", cases)
