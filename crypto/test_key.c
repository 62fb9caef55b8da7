/* Private keys: made, written, read back, used; and what is refused. */
#include "crypto/crypto.h"
#include "tests/harness.h"

static void write_key(const char *path, const struct vt_key *key, vt_slice passphrase)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(vt_key_write_pem(key, passphrase, &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    VT_CHECK(chmod(path, 0600) == 0);
}

static void a_key_comes_back_from_its_file(void)
{
    static const vt_slice passphrases[] = { { 0 }, VT_LIT("correct horse") };
    struct vt_env env = vt_env_real();

    for (size_t i = 0; i < 2; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_KEY key = NULL;
        VT_AUTO_KEY again = NULL;
        uint8_t signature[64];

        VT_CHECK_OK(vt_key_generate(&env, &key, &err));
        write_key(vt_test_path("key"), key, passphrases[i]);
        VT_CHECK_OK(vt_key_open(vt_test_path("key"), passphrases[i], &again, &err));
        VT_CHECK_OK(vt_key_sign(again, VT_LIT("message"), signature, &err));
        VT_CHECK(vt_ed25519_verify(vt_key_public(key)->bytes, VT_LIT("message"),
                                   vt_slice_of(signature, 64)));
        VT_CHECK(!vt_ed25519_verify(vt_key_public(key)->bytes, VT_LIT("messagf"),
                                    vt_slice_of(signature, 64)));
    }
}

static void wrong_passphrase_and_open_mode_are_refused(void)
{
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;
    VT_AUTO_KEY again = NULL;
    const char *path = vt_test_path("key");

    VT_CHECK_OK(vt_key_generate(&env, &key, &err));
    write_key(path, key, VT_LIT("right"));
    VT_CHECK_FAILS(VT_REJECTED, vt_key_open(path, VT_LIT("wrong"), &again, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_key_open(path, (vt_slice){ 0 }, &again, &err));
    VT_CHECK(chmod(path, 0640) == 0);
    VT_CHECK_FAILS(VT_REJECTED, vt_key_open(path, VT_LIT("right"), &again, &err));
    VT_CHECK_FAILS(VT_IO, vt_key_open(vt_test_path("none"), VT_LIT("right"), &again, &err));
    vt_test_write(path, VT_LIT("-----BEGIN PRIVATE KEY-----\nAAAA\n"));
    VT_CHECK(chmod(path, 0600) == 0);
    VT_CHECK_FAILS(VT_MALFORMED, vt_key_open(path, VT_LIT("right"), &again, &err));
}

static void a_public_key_has_three_spellings(void)
{
    struct vt_error err = { 0 };
    uint8_t seed[32] = { 7 };
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF pem = vt_buf_init(1000);
    VT_AUTO_BUF vkey_text = vt_buf_init(1000);
    struct vt_public_key again;
    struct vt_vkey vkey;

    VT_CHECK_OK(vt_key_from_seed(seed, &key, &err));
    VT_CHECK_OK(vt_public_key_write_pem(vt_key_public(key), &pem, &err));
    VT_CHECK_OK(vt_public_key_parse(vt_buf_slice(&pem), &again, &err));
    VT_CHECK(memcmp(&again, vt_key_public(key), 32) == 0);
    vkey = vt_vkey_of(VT_LIT("example.com/log"), VT_NOTE_ED25519, vt_key_public(key));
    vt_vkey_write(&vkey_text, &vkey);
    VT_CHECK_OK(vt_public_key_parse(vt_buf_slice(&vkey_text), &again, &err));
    VT_CHECK(memcmp(&again, vt_key_public(key), 32) == 0);
    vkey_text.data[16] ^= 1;
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_public_key_parse(vt_buf_slice(&vkey_text), &again, &err));
}

static void a_note_is_signed_and_cosigned(void)
{
    struct vt_error err = { 0 };
    uint8_t seeds[2][32] = { { 1 }, { 2 } };
    VT_AUTO_KEY log = NULL;
    VT_AUTO_KEY witness = NULL;
    VT_AUTO_BUF bytes = vt_buf_init(2000);
    vt_slice text =
        VT_LIT("example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    struct vt_note_finding findings[2];
    struct vt_vkey keys[2];
    static struct vt_note note;

    VT_CHECK_OK(vt_key_from_seed(seeds[0], &log, &err));
    VT_CHECK_OK(vt_key_from_seed(seeds[1], &witness, &err));
    keys[0] = vt_vkey_of(VT_LIT("example.com/log"), VT_NOTE_ED25519, vt_key_public(log));
    keys[1] = vt_vkey_of(VT_LIT("w.example"), VT_NOTE_COSIGNATURE, vt_key_public(witness));
    vt_buf_put(&bytes, text);
    vt_buf_put_text(&bytes, "\n");
    VT_CHECK_OK(vt_note_sign(log, keys[0].name, text, &bytes, &err));
    VT_CHECK_OK(vt_note_cosign(witness, keys[1].name, 1795455445, text, &bytes, &err));
    VT_CHECK_OK(vt_note_parse(vt_buf_slice(&bytes), &note, &err));
    VT_CHECK_OK(vt_note_verify(&note, keys, 2, findings, &err));
    VT_CHECK(findings[0].is_signed && findings[1].is_signed);
    VT_CHECK(findings[1].time_unix_s == 1795455445);
    for (size_t i = 0; i < text.len; i++) { /* every byte of the text counts */
        bytes.data[i] ^= 1;
        if (vt_note_parse(vt_buf_slice(&bytes), &note, &err))
            VT_CHECK_FAILS(VT_REJECTED, vt_note_verify(&note, keys, 2, findings, &err));
        bytes.data[i] ^= 1;
    }
}

static const struct vt_case cases[] = {
    { "a key comes back from its file", a_key_comes_back_from_its_file },
    { "wrong passphrase and open mode are refused",
      wrong_passphrase_and_open_mode_are_refused },
    { "a public key has three spellings", a_public_key_has_three_spellings },
    { "a note is signed and cosigned", a_note_is_signed_and_cosigned },
};

VT_TEST_MAIN("crypto.key", cases)
