/* Keys behind a PKCS#11 module, with the real SoftHSM: a token signs what a file signs, and
 * everything that is named wrongly is refused. */
#include "crypto/crypto.h"
#include "crypto/pkcs11_uri.h"
#include "tests/harness.h"

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define PIN    "123456"

static void uris_are_read_strictly(void)
{
    static const struct {
        const char *name, *text;
        enum vt_code want;
    } rows[] = {
        { "label", "pkcs11:object=a?module-path=/m", VT_OK },
        { "all",
          "pkcs11:token=t;serial=1;object=a%20b;id=%01%00;type=private?module-path=/m",
          VT_OK },
        { "query with more", "pkcs11:object=a?module-path=/m&pin-value=1", VT_MALFORMED },
        { "PIN in the path", "pkcs11:object=a;pin-value=1?module-path=/m", VT_MALFORMED },
        { "no module", "pkcs11:object=a", VT_MALFORMED },
        { "module in the path", "pkcs11:object=a;module-path=/m", VT_MALFORMED },
        { "relative module", "pkcs11:object=a?module-path=m", VT_MALFORMED },
        { "no key", "pkcs11:token=t?module-path=/m", VT_MALFORMED },
        { "twice", "pkcs11:object=a;object=a?module-path=/m", VT_MALFORMED },
        { "type twice", "pkcs11:type=private;object=a;type=private?module-path=/m",
          VT_MALFORMED },
        { "public", "pkcs11:object=a;type=public?module-path=/m", VT_MALFORMED },
        { "unknown", "pkcs11:object=a;model=x?module-path=/m", VT_MALFORMED },
        { "empty value", "pkcs11:object=?module-path=/m", VT_MALFORMED },
        { "empty attribute", "pkcs11:object=a;?module-path=/m", VT_MALFORMED },
        { "NUL", "pkcs11:object=a%00?module-path=/m", VT_MALFORMED },
        { "cut", "pkcs11:object=a%0?module-path=/m", VT_MALFORMED },
        { "space", "pkcs11:object=a b?module-path=/m", VT_MALFORMED },
        { "other scheme", "PKCS11:object=a?module-path=/m", VT_MALFORMED },
        { "serial too long", "pkcs11:serial=12345678901234567;id=1?module-path=/m",
          VT_MALFORMED },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vt_error err = { 0 };
        struct vt_pkcs11_uri uri;
        bool ok = vt_pkcs11_uri_parse(vt_slice_from_cstr(rows[i].text), &uri, &err);

        VT_CHECK_SAYING(ok == (rows[i].want == VT_OK) && err.code == rows[i].want, "%s: %s",
                        rows[i].name, err.message);
    }
}

static void a_uri_is_taken_apart(void)
{
    struct vt_error err = { 0 };
    struct vt_pkcs11_uri uri;
    VT_AUTO_BUF again = vt_buf_init(1000);

    VT_CHECK_OK(vt_pkcs11_uri_parse(
        VT_LIT("pkcs11:id=%01%00%2d;type=private;token=a%3Bb;object=log%20key"
               "?module-path=/usr/lib/m.so"),
        &uri, &err));
    VT_CHECK(strcmp(uri.token, "a;b") == 0 && strcmp(uri.object, "log key") == 0);
    VT_CHECK(uri.serial[0] == '\0' && strcmp(uri.module_path, "/usr/lib/m.so") == 0);
    VT_CHECK(uri.id_len == 3 && memcmp(uri.id, "\x01\x00-", 3) == 0);
    vt_pkcs11_uri_write(&again, &uri);
    VT_CHECK(vt_slice_is(vt_buf_slice(&again),
                         "pkcs11:token=a%3Bb;object=log%20key;id=%01%00-"
                         "?module-path=/usr/lib/m.so"));
}

/* ---- a token of SoftHSM -----------------------------------------------------------------
 */

static void make_token(const char *label)
{
    (void)vt_test_run(0, VT_ARGV("softhsm2-util", "--init-token", "--free", "--label",
                                 label, "--pin", PIN, "--so-pin", "87654321"));
}

/* SoftHSM with its tokens in the case's own folder. */
static void begin(void)
{
    const char *config = vt_test_path("softhsm.conf");
    VT_AUTO_BUF text = vt_buf_init(1000);

    VT_CHECK(mkdir(vt_test_path("tokens"), 0700) == 0);
    vt_buf_printf(&text, "directories.tokendir = %s\nobjectstore.backend = file\n",
                  vt_test_path("tokens"));
    vt_test_write(config, vt_buf_slice(&text));
    VT_CHECK(setenv("SOFTHSM2_CONF", config, 1) == 0);
    make_token("signing");
}

/* Put the key with that seed into the token; returns the same key in memory. */
static struct vt_key *import(uint8_t seed_byte, const char *label, const char *id)
{
    const char *path = vt_test_path("import.pem");
    uint8_t seed[32] = { seed_byte };
    struct vt_error err = { 0 };
    struct vt_key *key;
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(vt_key_from_seed(seed, &key, &err));
    vt_test_keep(key);
    VT_CHECK_OK(vt_key_write_pem(key, (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    (void)vt_test_run(0, VT_ARGV("softhsm2-util", "--import", path, "--token", "signing",
                                 "--label", label, "--id", id, "--pin", PIN));
    return key;
}

static struct vt_key *open_uri(const char *path_part)
{
    const char *uri = vt_test_print("pkcs11:%s?module-path=" MODULE, path_part);
    struct vt_error err = { 0 };
    struct vt_key *key = NULL;

    VT_CHECK_OK(vt_key_open(uri, VT_LIT(PIN), &key, &err));
    return key;
}

static void a_token_signs_what_a_file_signs(void)
{
    static const vt_slice messages[] = { { 0 }, VT_LIT("a"), VT_LIT("a longer message") };
    struct vt_error err = { 0 };
    struct vt_key *known;
    VT_AUTO_KEY key = NULL;
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    begin();
    known = import(7, "log key", "01");
    key = open_uri("token=signing;object=log%20key;type=private");
    VT_CHECK(memcmp(vt_key_public(key), vt_key_public(known), 32) == 0);
    for (size_t i = 1; i < sizeof messages / sizeof messages[0]; i++) {
        uint8_t ours[64], theirs[64];

        VT_CHECK_OK(vt_key_sign(known, messages[i], ours, &err));
        VT_CHECK_OK(vt_key_sign(key, messages[i], theirs, &err));
        VT_CHECK(memcmp(ours, theirs, sizeof ours) == 0);
    }
    VT_CHECK_FAILS(VT_REJECTED, vt_key_write_pem(key, (vt_slice){ 0 }, &pem, &err));
    VT_CHECK(pem.len == 0);
}

static void what_is_named_wrongly_is_refused(void)
{
    static const struct {
        const char *name, *path, *pin, *module;
        enum vt_code want;
    } rows[] = {
        { "right", "token=signing;object=one", PIN, MODULE, VT_OK },
        { "by id", "id=%01", PIN, MODULE, VT_OK },
        { "other id", "object=one;id=%02", PIN, MODULE, VT_ABSENT },
        { "no such key", "object=none", PIN, MODULE, VT_ABSENT },
        { "no such token", "token=none;object=one", PIN, MODULE, VT_ABSENT },
        { "other serial", "serial=0;object=one", PIN, MODULE, VT_ABSENT },
        { "two of that label", "object=two", PIN, MODULE, VT_REJECTED },
        { "the second by its id", "object=two;id=%03", PIN, MODULE, VT_OK },
        { "a key of another kind", "object=p256", PIN, MODULE, VT_ABSENT },
        { "wrong PIN", "object=one", "123457", MODULE, VT_REJECTED },
        { "short PIN", "object=one", "1", MODULE, VT_REJECTED },
        { "no PIN", "object=one", "", MODULE, VT_REJECTED },
        { "no module", "object=one", PIN, "/usr/lib/none.so", VT_IO },
        { "no PKCS#11", "object=one", PIN, "/lib/x86_64-linux-gnu/libm.so.6", VT_IO },
        { "a folder", "object=one", PIN, "/usr/lib", VT_IO },
        { "no form", "nonsense", PIN, MODULE, VT_MALFORMED },
    };

    begin();
    (void)import(1, "one", "01");
    (void)import(2, "two", "02");
    (void)import(3, "two", "03");
    (void)vt_test_run(0, VT_ARGV("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                                 "ec_paramgen_curve:P-256", "-out", vt_test_path("ec")));
    (void)vt_test_run(0, VT_ARGV("softhsm2-util", "--import", vt_test_path("ec"), "--token",
                                 "signing", "--label", "p256", "--id", "04", "--pin", PIN));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *uri =
            vt_test_print("pkcs11:%s?module-path=%s", rows[i].path, rows[i].module);
        struct vt_error err = { 0 };
        VT_AUTO_KEY key = NULL;
        bool ok = vt_key_open(uri, vt_slice_from_cstr(rows[i].pin), &key, &err);

        VT_CHECK_SAYING(ok == (rows[i].want == VT_OK) && err.code == rows[i].want,
                        "%s: %s (%s)", rows[i].name, vt_code_name(err.code), err.message);
        VT_CHECK(ok == (key != NULL));
    }
}

static void two_tokens_of_one_name_are_ambiguous(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;

    begin();
    (void)import(1, "one", "01");
    make_token("other");
    VT_CHECK_FAILS(VT_REJECTED, vt_key_open("pkcs11:object=one?module-path=" MODULE,
                                            VT_LIT(PIN), &key, &err));
    key = open_uri("token=signing;object=one");
}

/* The sessions are apart: the second goes on when the first has ended. */
static void keys_are_open_side_by_side(void)
{
    struct vt_key *known[2], *open[2];
    struct vt_error err = { 0 };

    begin();
    known[0] = import(1, "one", "01");
    known[1] = import(2, "two", "02");
    open[0] = open_uri("object=one");
    open[1] = open_uri("object=two");
    for (size_t i = 0; i < 2; i++) {
        uint8_t signature[64];

        VT_CHECK_OK(vt_key_sign(open[i], VT_LIT("m"), signature, &err));
        VT_CHECK(vt_ed25519_verify(vt_key_public(known[i])->bytes, VT_LIT("m"),
                                   VT_BYTES(signature)));
        VT_CHECK(!vt_ed25519_verify(vt_key_public(known[1 - i])->bytes, VT_LIT("m"),
                                    VT_BYTES(signature)));
        vt_key_close(open[i]);
    }
}

static void a_module_that_others_may_write_is_refused(void)
{
    const char *path = vt_test_path("module.so");
    const char *uri = vt_test_print("pkcs11:object=one?module-path=%s", path);
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;

    begin();
    (void)import(1, "one", "01");
    vt_test_write(path, vt_test_read(MODULE));
    VT_CHECK(chmod(path, 0775) == 0);
    VT_CHECK_FAILS(VT_REJECTED, vt_key_open(uri, VT_LIT(PIN), &key, &err));
    VT_CHECK(chmod(path, 0755) == 0);
    VT_CHECK(chmod(vt_test_dir(), 0777) == 0); /* or exchange as a whole */
    VT_CHECK_FAILS(VT_REJECTED, vt_key_open(uri, VT_LIT(PIN), &key, &err));
    VT_CHECK(chmod(vt_test_dir(), 0755) == 0);
    VT_CHECK_OK(vt_key_open(uri, VT_LIT(PIN), &key, &err));
}

/* The command itself: the token's key is called what its file's would be. */
static void a_verb_opens_a_token(void)
{
    static const char uri[] = "pkcs11:token=signing;object=one?module-path=" MODULE;
    const char *pin = vt_test_path("pin"), *said;
    struct vt_key_id id;

    begin();
    id = vt_public_key_id(vt_key_public(import(1, "one", "01")));
    vt_test_write(pin, VT_LIT(PIN "\n"));
    said = vt_test_run(
        0, VT_ARGV("vitrine", "key", "show", "--key", uri, "--passphrase-file", pin));
    VT_CHECK(strstr(said, id.text) != NULL);
    said = vt_test_run(1, VT_ARGV("vitrine", "key", "show", "--key", uri));
    VT_CHECK(strstr(said, "PIN") != NULL);
    vt_test_write(pin, VT_LIT("654321\n"));
    said = vt_test_run(
        1, VT_ARGV("vitrine", "key", "show", "--key", uri, "--passphrase-file", pin));
    VT_CHECK(strstr(said, id.text) == NULL);
}

static const struct vt_case cases[] = {
    { "URIs are read strictly", uris_are_read_strictly },
    { "a URI is taken apart", a_uri_is_taken_apart },
    { "a token signs what a file signs", a_token_signs_what_a_file_signs },
    { "what is named wrongly is refused", what_is_named_wrongly_is_refused },
    { "two tokens are ambiguous", two_tokens_of_one_name_are_ambiguous },
    { "keys are open side by side", keys_are_open_side_by_side },
    { "a module that others may write is refused",
      a_module_that_others_may_write_is_refused },
    { "a verb opens a token", a_verb_opens_a_token },
};

VT_TEST_MAIN("crypto.pkcs11", cases)
