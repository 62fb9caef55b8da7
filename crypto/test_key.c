/* Private keys: made, written, read back, used; and what is refused. */
#include "crypto/crypto.h"
#include "crypto/key_private.h"
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
    vt_test_write(path, VT_LIT("-----BEGIN PUBLIC KEY-----\nAAAA\n"));
    VT_CHECK_FAILS(VT_MALFORMED, vt_key_open(path, VT_LIT("right"), &again, &err));
    VT_CHECK_SAYING(strstr(err.message, "is a public key") != NULL, "%s", err.message);
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

/* What a public key is written as, and what almost is. */
static void a_public_key_has_no_fourth_spelling(void)
{
    static const char hex[] =
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    static const char body[] =
        "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    static const struct {
        const char *name, *before, *text, *after;
        bool is_good;
    } rows[] = {
        { "hex", "", hex, "", true },
        { "hex and a line break", "", hex, "\n", true },
        { "hex and a space", "", hex, " ", false },
        { "hex too long", "", hex, "00", false },
        { "PEM", "-----BEGIN PUBLIC KEY-----\n", body, "\n-----END PUBLIC KEY-----\n",
          true },
        { "PEM and more", "-----BEGIN PUBLIC KEY-----\n", body,
          "\n-----END PUBLIC KEY-----\nmore", false },
        { "PEM after words", "words\n-----BEGIN PUBLIC KEY-----\n", body,
          "\n-----END PUBLIC KEY-----\n", false },
        { "PEM in wide lines", "-----BEGIN PUBLIC KEY-----\n ", body,
          "\n-----END PUBLIC KEY-----\n", false },
        { "PEM of Windows", "-----BEGIN PUBLIC KEY-----\r\n", body,
          "\r\n-----END PUBLIC KEY-----\r\n", false },
        { "PEM without an end", "-----BEGIN PUBLIC KEY-----\n", body, "", false },
        { "PEM of another kind", "-----BEGIN CERTIFICATE-----\n", body,
          "\n-----END CERTIFICATE-----\n", false },
        { "nothing", "", "", "", false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_public_key key = { { 0 } };
        const char *text =
            vt_test_print("%s%s%s", rows[i].before, rows[i].text, rows[i].after);
        bool ok = vt_public_key_parse(vt_slice_from_cstr(text), &key, &err);

        VT_CHECK_SAYING(ok == rows[i].is_good, "%s", rows[i].name);
        VT_CHECK(ok ? key.bytes[0] == 0xd7 : err.code == VT_MALFORMED && key.bytes[0] == 0);
    }
}

/* OpenSSL's own tool reads what we write, and we what it writes. */
static void openssl_and_we_read_each_other(void)
{
    const char *ours = vt_test_path("ours"), *theirs = vt_test_path("theirs");
    uint8_t seed[32] = { 9 };
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;
    VT_AUTO_KEY again = NULL;
    VT_AUTO_BUF pem = vt_buf_init(1000);
    const char *said;

    VT_CHECK_OK(vt_key_from_seed(seed, &key, &err));
    write_key(ours, key, VT_LIT("word"));
    VT_CHECK_OK(vt_public_key_write_pem(vt_key_public(key), &pem, &err));
    said = vt_test_run(
        0, VT_ARGV("openssl", "pkey", "-in", ours, "-passin", "pass:word", "-pubout"));
    VT_CHECK(vt_slice_equal(vt_slice_from_cstr(said), vt_buf_slice(&pem)));
    said = vt_test_run(0, VT_ARGV("openssl", "asn1parse", "-in", ours));
    VT_CHECK(strstr(said, ":scrypt") != NULL && strstr(said, ":aes-256-cbc") != NULL);
    VT_CHECK(strstr(said, ":PBES2") != NULL);
    (void)vt_test_run(0, VT_ARGV("openssl", "pkey", "-in", ours, "-passin", "pass:word",
                                 "-aes256", "-passout", "pass:other", "-out", theirs));
    VT_CHECK(chmod(theirs, 0600) == 0);
    VT_CHECK_FAILS(VT_REJECTED, vt_key_open(theirs, VT_LIT("word"), &again, &err));
    VT_CHECK_OK(vt_key_open(theirs, VT_LIT("other"), &again, &err));
    VT_CHECK(memcmp(vt_key_public(again), vt_key_public(key), 32) == 0);
}

static void keys_of_another_kind_are_refused(void)
{
    static const char *const kinds[] = { "RSA", "X25519", "ED448" };
    const char *path = vt_test_path("other");

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_KEY key = NULL;

        (void)vt_test_run(
            0, VT_ARGV("openssl", "genpkey", "-algorithm", kinds[i], "-out", path));
        VT_CHECK(chmod(path, 0600) == 0);
        VT_CHECK_FAILS(VT_MALFORMED, vt_key_open(path, (vt_slice){ 0 }, &key, &err));
    }
}

static void a_key_and_its_public_key_belong_together(void)
{
    const char *path = vt_test_path("key"), *beside = vt_test_path("key.pub");
    struct vt_error err = { 0 };
    uint8_t seeds[2][32] = { { 3 }, { 4 } };
    struct vt_key *keys[2] = { NULL, NULL };

    for (size_t i = 0; i < 2; i++) {
        VT_AUTO_BUF pem = vt_buf_init(1000);
        VT_AUTO_KEY again = NULL;

        VT_CHECK_OK(vt_key_from_seed(seeds[i], &keys[i], &err));
        vt_test_keep(keys[i]);
        if (i == 0)
            write_key(path, keys[i], (vt_slice){ 0 });
        VT_CHECK_OK(vt_public_key_write_pem(vt_key_public(keys[i]), &pem, &err));
        vt_test_write(beside, vt_buf_slice(&pem));
        if (i == 0)
            VT_CHECK_OK(vt_key_open(path, (vt_slice){ 0 }, &again, &err));
        else
            VT_CHECK_FAILS(VT_REJECTED, vt_key_open(path, (vt_slice){ 0 }, &again, &err));
    }
    {
        VT_AUTO_KEY again = NULL;

        vt_test_write(beside, VT_LIT("nonsense"));
        VT_CHECK_FAILS(VT_MALFORMED, vt_key_open(path, (vt_slice){ 0 }, &again, &err));
        VT_CHECK(unlink(beside) == 0);
        VT_CHECK_OK(vt_key_open(path, (vt_slice){ 0 }, &again, &err));
    }
}

/* A hurt file with FILE.pub beside it is refused, or opens as the same key (a bit outside
 * of what is read, such as the case of a base64 digit's unused bits). */
static void mangle(const char *path, const struct vt_key *key, vt_slice passphrase)
{
    vt_slice good = vt_test_read(path);
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), good.len + 1);
    size_t refused = 0;

    memcpy(bytes, good.data, good.len);
    for (size_t i = 0; i < 2 * good.len; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_KEY again = NULL;
        size_t at = i % good.len;

        if (i < good.len)
            bytes[at] ^= (uint8_t)(1U << i % 3);
        vt_test_write(path, vt_slice_of(bytes, i < good.len ? good.len : at));
        if (i < good.len)
            bytes[at] ^= (uint8_t)(1U << i % 3);
        if (!vt_key_open(path, passphrase, &again, &err)) {
            VT_CHECK(err.code == VT_MALFORMED || err.code == VT_REJECTED);
            refused++;
        } else {
            VT_CHECK_SAYING(memcmp(vt_key_public(again), vt_key_public(key), 32) == 0,
                            "byte %zu gave another key", at);
        }
    }
    VT_CHECK_SAYING(refused >= 2 * good.len - 4, "only %zu of %zu were refused", refused,
                    2 * good.len);
}

static void hurt_key_files_are_refused(void)
{
    static const vt_slice passphrases[] = { { 0 }, VT_LIT("word") };
    uint8_t seed[32] = { 5 };
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF pem = vt_buf_init(1000);

    VT_CHECK_OK(vt_key_from_seed(seed, &key, &err));
    VT_CHECK_OK(vt_public_key_write_pem(vt_key_public(key), &pem, &err));
    vt_test_write(vt_test_path("key.pub"), vt_buf_slice(&pem));
    for (size_t i = 0; i < 2; i++) {
        write_key(vt_test_path("key"), key, passphrases[i]);
        mangle(vt_test_path("key"), key, passphrases[i]);
    }
}

static void a_key_file_is_bounded(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;
    uint8_t *bytes = vt_arena_alloc(vt_test_arena(), VT_KEY_PEM_BYTES_MAX + 1);
    const char *path = vt_test_path("key");

    for (size_t more = 0; more < 2; more++) {
        vt_test_write(path, vt_slice_of(bytes, VT_KEY_PEM_BYTES_MAX + more));
        VT_CHECK(chmod(path, 0600) == 0);
        VT_CHECK_FAILS(more == 0 ? VT_MALFORMED : VT_LIMIT,
                       vt_key_open(path, (vt_slice){ 0 }, &key, &err));
    }
    vt_test_write(path, (vt_slice){ 0 });
    VT_CHECK_FAILS(VT_MALFORMED, vt_key_open(path, (vt_slice){ 0 }, &key, &err));
}

static void a_key_id_hashes_type_and_key(void)
{
    struct vt_public_key key;
    struct vt_key_id id;
    uint8_t typed[33] = { 1 };
    vt_hash hash;
    char text[65];

    memset(key.bytes, 0x42, sizeof key.bytes);
    memset(typed + 1, 0x42, 32);
    id = vt_public_key_id(&key);
    hash = vt_sha256_of(VT_BYTES(typed));
    vt_hash_text(&hash, text);
    VT_CHECK(strcmp(id.text, text) == 0);
    typed[0] = 4;
    hash = vt_sha256_of(VT_BYTES(typed));
    vt_hash_text(&hash, text);
    VT_CHECK(strcmp(id.text, text) != 0);
}

static const struct vt_case cases[] = {
    { "a key comes back from its file", a_key_comes_back_from_its_file },
    { "wrong passphrase and open mode are refused",
      wrong_passphrase_and_open_mode_are_refused },
    { "a public key has three spellings", a_public_key_has_three_spellings },
    { "a public key has no fourth spelling", a_public_key_has_no_fourth_spelling },
    { "openssl and we read each other", openssl_and_we_read_each_other },
    { "keys of another kind are refused", keys_of_another_kind_are_refused },
    { "a key and its public key belong together",
      a_key_and_its_public_key_belong_together },
    { "hurt key files are refused", hurt_key_files_are_refused },
    { "a key file is bounded", a_key_file_is_bounded },
    { "a key id hashes type and key", a_key_id_hashes_type_and_key },
};

VT_TEST_MAIN("crypto.key", cases)
