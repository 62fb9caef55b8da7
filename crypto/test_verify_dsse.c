/* Who signed an envelope: other people's cases, keyids that lie, and every byte mangled,
 * under Ed25519 and under ECDSA. */
#include "crypto/crypto.h"
#include "crypto/ecdsa.h"
#include "tests/known.h"

static struct vt_verifier verifier_of(const json_t *key)
{
    struct vt_verifier verifier = { .type = VT_KEY_ECDSA_P256,
                                    .ecdsa_pem = vt_known_text(key, "public_pem") };

    if (vt_slice_is(vt_known_text(key, "keytype"), "ed25519")) {
        verifier.type = VT_KEY_ED25519;
        memcpy(verifier.ed25519.bytes, vt_known_hex(key, "public_hex").data, 32);
    }
    return verifier;
}

static bool accepts(const json_t *one)
{
    struct vt_error err = { 0 };
    VT_AUTO_DSSE envelope = { 0 };
    const json_t *array = json_object_get(one, "keys"), *key;
    struct vt_verifier keys[16];
    bool is_signed[16];
    size_t i;

    VT_CHECK(json_array_size(array) <= 16);
    json_array_foreach(array, i, key) keys[i] = verifier_of(key);
    return vt_dsse_parse(vt_known_text(one, "envelope"), &envelope, &err) &&
           vt_dsse_verify(&envelope, keys, json_array_size(array), is_signed, &err);
}

static void other_peoples_cases(void)
{
    vt_test_known("dsse.jsonl", "dsse", 30, accepts);
}

enum { KEYS = 3 };
static const char TYPE[] = "application/vnd.in-toto+json";
static const char PAYLOAD[] = "{\"a\":1}";

struct signers {
    struct vt_key *keys[KEYS];
    struct vt_verifier verifiers[KEYS];
    struct vt_key_id ids[KEYS];
};

static struct signers signers(void)
{
    struct signers s = { 0 };

    for (size_t i = 0; i < KEYS; i++) {
        struct vt_error err = { 0 };
        uint8_t seed[32] = { (uint8_t)(i + 1) };

        VT_CHECK_OK(vt_key_from_seed(seed, &s.keys[i], &err));
        vt_test_keep(s.keys[i]);
        s.verifiers[i].ed25519 = *vt_key_public(s.keys[i]);
        s.ids[i] = vt_public_key_id(vt_key_public(s.keys[i]));
    }
    return s;
}

/* An envelope signed by key `signer`, whose keyid says `named`. */
static void compose(struct vt_buf *out, const struct signers *s, size_t signer,
                    size_t named)
{
    struct vt_error err = { 0 };
    uint8_t signature[64];
    struct vt_dsse_signature line = { vt_slice_from_cstr(s->ids[named].text),
                                      VT_BYTES(signature) };

    VT_CHECK_OK(vt_dsse_sign(s->keys[signer], vt_slice_from_cstr(TYPE),
                             vt_slice_from_cstr(PAYLOAD), signature, &err));
    VT_CHECK_OK(vt_dsse_write(vt_slice_from_cstr(TYPE), vt_slice_from_cstr(PAYLOAD), &line,
                              1, out, &err));
}

/* Bits of the keys that signed; 0 if the envelope was refused. */
static unsigned who_signed(const struct signers *s, vt_slice bytes, size_t count)
{
    struct vt_error err = { 0 };
    VT_AUTO_DSSE envelope = { 0 };
    bool is_signed[KEYS] = { true, true, true }; /* must be overwritten */
    unsigned bits = 0;

    if (!vt_dsse_parse(bytes, &envelope, &err) ||
        !vt_dsse_verify(&envelope, s->verifiers, count, is_signed, &err))
        return 0;
    for (size_t i = 0; i < count; i++)
        bits |= (unsigned)is_signed[i] << i;
    return bits;
}

/* The keyid is a hint: whatever it says, the key that signed is found, and no other. */
static void the_keyid_decides_nothing(void)
{
    struct signers s = signers();

    for (size_t signer = 0; signer < KEYS; signer++)
        for (size_t named = 0; named < KEYS; named++) {
            VT_AUTO_BUF bytes = vt_buf_init(10000);

            compose(&bytes, &s, signer, named);
            VT_CHECK(who_signed(&s, vt_buf_slice(&bytes), KEYS) == 1U << signer);
            VT_CHECK(who_signed(&s, vt_buf_slice(&bytes), signer) == 0);
        }
}

/* The payload type is signed too, and lengths keep the two apart. */
static void type_and_payload_do_not_run_together(void)
{
    static const struct {
        const char *type, *payload;
        bool is_good;
    } rows[] = {
        { "type", "body", true },   { "typebody", "", false }, { "typ", "ebody", false },
        { "type", "body ", false }, { "Type", "body", false },
    };
    struct signers s = signers();
    struct vt_error err = { 0 };
    uint8_t signature[64];
    struct vt_dsse_signature line = { vt_slice_from_cstr(s.ids[0].text),
                                      VT_BYTES(signature) };

    VT_CHECK_OK(vt_dsse_sign(s.keys[0], VT_LIT("type"), VT_LIT("body"), signature, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_BUF bytes = vt_buf_init(10000);

        VT_CHECK_OK(vt_dsse_write(vt_slice_from_cstr(rows[i].type),
                                  vt_slice_from_cstr(rows[i].payload), &line, 1, &bytes,
                                  &err));
        VT_CHECK_SAYING((who_signed(&s, vt_buf_slice(&bytes), KEYS) == 1) ==
                            rows[i].is_good,
                        "row %zu", i);
    }
}

/* Refused, or the keyid alone was hurt and the verdict is as before. */
static void mangled_envelopes_say_nothing_new(void)
{
    struct signers s = signers();
    VT_AUTO_BUF bytes = vt_buf_init(10000);
    unsigned kept = 0;

    compose(&bytes, &s, 1, 1);
    for (size_t i = 0; i < bytes.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            unsigned now;

            bytes.data[i] ^= (uint8_t)(1U << bit);
            now = who_signed(&s, vt_buf_slice(&bytes), KEYS);
            bytes.data[i] ^= (uint8_t)(1U << bit);
            VT_CHECK_SAYING(now == 0 || now == 2, "byte %zu, bit %u", i, bit);
            kept += now == 2;
        }
    VT_CHECK_SAYING(kept != 0 && kept <= 8 * (64 + strlen("keyid")),
                    "%u bits did not matter: more than the keyid has", kept);
    for (size_t len = 0; len < bytes.len; len++)
        VT_CHECK(who_signed(&s, vt_slice_of(bytes.data, len), KEYS) == 0);
}

/* The first ECDSA case that is accepted: key, message (PAE) and signature. */
struct ecdsa_case {
    vt_slice pem, message, signature;
};

static struct ecdsa_case ecdsa; /* of this case's process */

static bool remember_ecdsa(const json_t *one)
{
    struct vt_error err = { 0 };
    VT_AUTO_DSSE envelope = { 0 };
    VT_AUTO_BUF pae = vt_buf_init(VT_MIB(1));
    const json_t *key = json_array_get(json_object_get(one, "keys"), 0);

    if (!accepts(one))
        return false;
    if (ecdsa.pem.len != 0 || !vt_slice_is(vt_known_text(key, "keytype"), "ecdsa-p256"))
        return true;
    VT_CHECK_OK(vt_dsse_parse(vt_known_text(one, "envelope"), &envelope, &err));
    vt_dsse_write_pae(&pae, vt_buf_slice(&envelope.payload_type),
                      vt_buf_slice(&envelope.payload));
    ecdsa.pem = vt_arena_copy(vt_test_arena(), vt_known_text(key, "public_pem"));
    ecdsa.message = vt_arena_copy(vt_test_arena(), vt_buf_slice(&pae));
    ecdsa.signature = vt_arena_copy(vt_test_arena(), envelope.signatures[0].bytes);
    return true;
}

static void an_ecdsa_signature_is_one_of_two_forms(void)
{
    uint8_t *signature;
    size_t len;

    vt_test_known("dsse.jsonl", "dsse", 30, remember_ecdsa);
    VT_CHECK(ecdsa.pem.len != 0);
    len = ecdsa.signature.len;
    signature = vt_arena_alloc(vt_test_arena(), len + 1);
    memcpy(signature, ecdsa.signature.data, len);
    VT_CHECK(vt_ecdsa_p256_verify(ecdsa.pem, ecdsa.message, vt_slice_of(signature, len)));
    for (size_t bit = 0; bit < 8 * len; bit++) {
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
        VT_CHECK_SAYING(
            !vt_ecdsa_p256_verify(ecdsa.pem, ecdsa.message, vt_slice_of(signature, len)),
            "bit %zu", bit);
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t cut = 0; cut <= len + 1; cut++)
        VT_CHECK(vt_ecdsa_p256_verify(ecdsa.pem, ecdsa.message,
                                      vt_slice_of(signature, cut)) == (cut == len));
    VT_CHECK(!vt_ecdsa_p256_verify(ecdsa.pem,
                                   vt_slice_sub(ecdsa.message, 0, ecdsa.message.len - 1),
                                   vt_slice_of(signature, len)));
}

/* Keys of another kind never verify, whatever the signature is. */
static void keys_of_another_kind_are_refused(void)
{
    struct signers s = signers();
    struct vt_error err = { 0 };
    VT_AUTO_BUF pem = vt_buf_init(1000);
    static const uint8_t zeros[64];

    VT_CHECK_OK(vt_public_key_write_pem(vt_key_public(s.keys[0]), &pem, &err));
    VT_CHECK(!vt_ecdsa_p256_verify(vt_buf_slice(&pem), VT_LIT("m"), VT_BYTES(zeros)));
    VT_CHECK(!vt_ecdsa_p256_verify(VT_LIT("no key"), VT_LIT("m"), VT_BYTES(zeros)));
    VT_CHECK(!vt_ecdsa_p256_verify((vt_slice){ 0 }, VT_LIT("m"), VT_BYTES(zeros)));
}

static const struct vt_case cases[] = {
    { "other people's cases", other_peoples_cases },
    { "the keyid decides nothing", the_keyid_decides_nothing },
    { "type and payload do not run together", type_and_payload_do_not_run_together },
    { "mangled envelopes say nothing new", mangled_envelopes_say_nothing_new },
    { "an ECDSA signature is one of two forms", an_ecdsa_signature_is_one_of_two_forms },
    { "keys of another kind are refused", keys_of_another_kind_are_refused },
};

VT_TEST_MAIN("crypto.verify_dsse", cases)
