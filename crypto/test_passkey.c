/* Passkeys: what an authenticator once answered is taken, and every change of it refused.
 */
#include "crypto/passkey.h"
#include "tests/harness.h"
#include "tests/passkey_vector.h"
#include "wire/hex.h"

static const struct vt_passkey_place here = { VT_PASSKEY_ORIGIN, "localhost" };

static vt_slice bytes(const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *out = vt_arena_alloc(vt_test_arena(), len);

    VT_CHECK(vt_hex_parse(vt_slice_from_cstr(hex), out, len));
    return vt_slice_of(out, len);
}

static const uint8_t *challenge(uint8_t byte)
{
    uint8_t *out = vt_arena_alloc(vt_test_arena(), VT_PASSKEY_CHALLENGE_BYTES);

    memset(out, byte, VT_PASSKEY_CHALLENGE_BYTES);
    return out;
}

static struct vt_passkey registered(void)
{
    struct vt_error err = { 0 };
    struct vt_passkey passkey;

    VT_CHECK_OK(vt_passkey_register(&here, challenge(1), bytes(VT_PASSKEY_CLIENT_CREATE),
                                    bytes(VT_PASSKEY_DATA_CREATE), &passkey, &err));
    return passkey;
}

static bool use(const struct vt_passkey *passkey, const struct vt_passkey_place *place,
                vt_slice client, vt_slice data, vt_slice signature, struct vt_error *err)
{
    uint32_t counter = 0;
    bool is_ok = vt_passkey_verify(place, passkey, challenge(2), client, data, signature,
                                   &counter, err);

    VT_CHECK(!is_ok || counter == 2);
    return is_ok;
}

static void it_is_registered_and_used(void)
{
    struct vt_passkey passkey = registered();
    struct vt_error err = { 0 };
    uint8_t got[VT_PASSKEY_CHALLENGE_BYTES];

    VT_CHECK(passkey.id_len == 16 && passkey.id[0] == 0x5a);
    VT_CHECK_OK(use(&passkey, &here, bytes(VT_PASSKEY_CLIENT_GET_2),
                    bytes(VT_PASSKEY_DATA_GET_2), bytes(VT_PASSKEY_SIGNATURE_2), &err));
    VT_CHECK_OK(vt_passkey_challenge_of(bytes(VT_PASSKEY_CLIENT_GET_2), got, &err));
    VT_CHECK(memcmp(got, challenge(2), sizeof got) == 0);
    passkey.counter = 1;
    VT_CHECK_OK(use(&passkey, &here, bytes(VT_PASSKEY_CLIENT_GET_2),
                    bytes(VT_PASSKEY_DATA_GET_2), bytes(VT_PASSKEY_SIGNATURE_2), &err));
    passkey.counter = 2;
    VT_CHECK_FAILS(VT_REJECTED,
                   use(&passkey, &here, bytes(VT_PASSKEY_CLIENT_GET_2),
                       bytes(VT_PASSKEY_DATA_GET_2), bytes(VT_PASSKEY_SIGNATURE_2), &err));
}

static void other_places_are_refused(void)
{
    static const struct vt_passkey_place places[] = {
        { "http://localhost:8444", "localhost" },
        { "https://localhost:8443", "localhost" },
        { VT_PASSKEY_ORIGIN, "elsewhere" },
    };
    struct vt_passkey passkey = registered();

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_passkey other;

        VT_CHECK_FAILS(VT_REJECTED,
                       use(&passkey, &places[i], bytes(VT_PASSKEY_CLIENT_GET_2),
                           bytes(VT_PASSKEY_DATA_GET_2), bytes(VT_PASSKEY_SIGNATURE_2),
                           &err));
        VT_CHECK_FAILS(VT_REJECTED,
                       vt_passkey_register(&places[i], challenge(1),
                                           bytes(VT_PASSKEY_CLIENT_CREATE),
                                           bytes(VT_PASSKEY_DATA_CREATE), &other, &err));
    }
}

/* Every byte of a use is signed: each bit flipped and each cut is refused. */
static void a_mangled_use_is_refused(void)
{
    static const char *const parts[] = { VT_PASSKEY_CLIENT_GET_2, VT_PASSKEY_DATA_GET_2,
                                         VT_PASSKEY_SIGNATURE_2 };
    struct vt_passkey passkey = registered();

    for (size_t part = 0; part < 3; part++) {
        vt_slice all[3];

        for (size_t i = 0; i < 3; i++)
            all[i] = bytes(parts[i]);
        for (size_t at = 0; at < all[part].len; at++) {
            uint8_t *changed = (uint8_t *)(uintptr_t)all[part].data;
            struct vt_error err = { 0 };
            vt_slice whole = all[part];

            changed[at] ^= (uint8_t)(1u << at % 8);
            VT_CHECK(!use(&passkey, &here, all[0], all[1], all[2], &err));
            changed[at] ^= (uint8_t)(1u << at % 8);
            all[part].len = at;
            VT_CHECK(!use(&passkey, &here, all[0], all[1], all[2], &err));
            all[part] = whole;
        }
        {
            struct vt_error err = { 0 };

            VT_CHECK_OK(use(&passkey, &here, all[0], all[1], all[2], &err));
        }
    }
}

/* A registration has no signature: what is cut is refused, never a crash. */
static void a_cut_registration_is_refused(void)
{
    vt_slice data = bytes(VT_PASSKEY_DATA_CREATE);

    for (size_t len = 0; len < data.len; len++) {
        struct vt_error err = { 0 };
        struct vt_passkey passkey;
        uint8_t *copy = malloc(len + 1); /* exactly so long, for the sanitizers */

        VT_CHECK(copy != NULL);
        memcpy(copy, data.data, len);
        VT_CHECK(!vt_passkey_register(&here, challenge(1), bytes(VT_PASSKEY_CLIENT_CREATE),
                                      vt_slice_of(copy, len), &passkey, &err));
        free(copy);
    }
}

static void origins(void)
{
    static const struct {
        const char *origin, *party;
    } rows[] = {
        { "https://centre.example", "centre.example" },
        { "https://centre.example:8443", "centre.example" },
        { "http://localhost", "localhost" },
        { "http://localhost:80", "localhost" },
        { "http://centre.example", NULL },
        { "https://centre.example/", NULL },
        { "https://Centre.example", NULL },
        { "https://", NULL },
        { "https://centre.example:", NULL },
        { "https://centre.example:0", NULL },
        { "https://centre.example:65536", NULL },
        { "https://a b", NULL },
        { "centre.example", NULL },
        { "", NULL },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        char party[256] = "";
        bool is_ok = vt_passkey_party(rows[i].origin, party, &err);

        VT_CHECK_SAYING(is_ok == (rows[i].party != NULL), "%s", rows[i].origin);
        VT_CHECK(!is_ok || strcmp(party, rows[i].party) == 0);
    }
}

static const struct vt_case cases[] = {
    { "it is registered and used", it_is_registered_and_used },
    { "other places are refused", other_places_are_refused },
    { "a mangled use is refused", a_mangled_use_is_refused },
    { "a cut registration is refused", a_cut_registration_is_refused },
    { "origins", origins },
};

VT_TEST_MAIN("crypto.passkey", cases)
