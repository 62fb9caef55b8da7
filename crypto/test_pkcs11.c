/* Keys behind a PKCS#11 module, with the real SoftHSM: a token signs what a file signs, and
 * everything that is named wrongly is refused. */
#include "crypto/crypto.h"
#include "crypto/pkcs11.h"
#include "tests/harness.h"
#include "tests/known.h"
#include "tests/token.h"
#include "wire/base64.h"

#define MODULE VT_TOKEN_MODULE
#define PIN    VT_TOKEN_PIN

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
        { "a folder", "pkcs11:object=a?module-path=/m&module-reads=/t", VT_OK },
        { "a relative folder", "pkcs11:object=a?module-path=/m&module-reads=t",
          VT_MALFORMED },
        { "two folders", "pkcs11:object=a?module-path=/m&module-reads=/t&module-reads=/u",
          VT_MALFORMED },
        { "a folder alone", "pkcs11:object=a?module-reads=/t", VT_MALFORMED },
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
               "?module-reads=/var/t&module-path=/usr/lib/m.so"),
        &uri, &err));
    VT_CHECK(strcmp(uri.token, "a;b") == 0 && strcmp(uri.object, "log key") == 0);
    VT_CHECK(uri.serial[0] == '\0' && strcmp(uri.module_path, "/usr/lib/m.so") == 0);
    VT_CHECK(strcmp(uri.module_reads, "/var/t") == 0);
    VT_CHECK(uri.id_len == 3 && memcmp(uri.id, "\x01\x00-", 3) == 0);
    vt_pkcs11_uri_write(&again, &uri);
    VT_CHECK(vt_slice_is(vt_buf_slice(&again),
                         "pkcs11:token=a%3Bb;object=log%20key;id=%01%00-"
                         "?module-path=/usr/lib/m.so&module-reads=/var/t"));
}

/* ---- a token of SoftHSM -----------------------------------------------------------------
 */

static void begin(void)
{
    vt_test_token_begin("signing");
}

/* Put the key with that seed into the token; returns the same key in memory. */
static struct vt_key *import(uint8_t seed_byte, const char *label, const char *id)
{
    uint8_t seed[32] = { seed_byte };
    struct vt_error err = { 0 };
    struct vt_key *key;

    VT_CHECK_OK(vt_key_from_seed(seed, &key, &err));
    vt_test_keep(key);
    vt_test_token_put_key("signing", label, id, key);
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
    vt_test_token_make("other");
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

/* ---- opening ----------------------------------------------------------------------------
 */

/* What both make of a header with one stanza: the same, an error too. */
static void check_same(const struct vt_age_identity *file,
                       const struct vt_age_identity *token, vt_slice text)
{
    uint8_t keys[2][VT_AGE_FILE_KEY_BYTES] = { { 0 } };
    uint8_t bonds[2][VT_AGE_BOND_BYTES] = { { 0 } };
    struct vt_error errors[2] = { { 0 }, { 0 } }, err = { 0 };
    struct vt_age_header header;
    bool ok[2];

    VT_CHECK_OK(vt_age_header_parse(text, &header, &err));
    ok[0] = vt_age_unwrap(file, &header, keys[0], &errors[0]) &&
            vt_age_bond(file, &header, bonds[0], &errors[0]);
    ok[1] = vt_age_unwrap(token, &header, keys[1], &errors[1]) &&
            vt_age_bond(token, &header, bonds[1], &errors[1]);
    VT_CHECK_SAYING(ok[0] == ok[1] && errors[0].code == errors[1].code &&
                        strcmp(errors[0].message, errors[1].message) == 0,
                    "file: %s; token: %s", errors[0].message, errors[1].message);
    VT_CHECK(memcmp(keys, keys[1], sizeof keys[0]) == 0);
    VT_CHECK(memcmp(bonds, bonds[1], sizeof bonds[0]) == 0);
}

static const uint8_t FILE_KEY[VT_AGE_FILE_KEY_BYTES] = "sixteen bytes..";

static void check_opens(const struct vt_age_identity *token, vt_slice text)
{
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    struct vt_error err = { 0 };
    struct vt_age_header header;

    VT_CHECK_OK(vt_age_header_parse(text, &header, &err));
    VT_CHECK_OK(vt_age_unwrap(token, &header, file_key, &err));
    VT_CHECK(memcmp(file_key, FILE_KEY, sizeof file_key) == 0);
}

static vt_slice sealed_for(const struct vt_age_recipient *recipient, struct vt_buf *out)
{
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_header_write(&env, recipient, FILE_KEY, out, &err));
    return vt_buf_slice(out);
}

/* A header whose share is that point; what is sealed in it is nobody's. */
static vt_slice with_share(const uint8_t share[32], struct vt_buf *out)
{
    static const uint8_t file_key[VT_AGE_FILE_KEY_BYTES], body[32];
    VT_AUTO_BUF argument = vt_buf_init(100);
    struct vt_error err = { 0 };

    vt_base64_write_bare(&argument, vt_slice_of(share, 32));
    vt_age_header_begin(out);
    vt_age_stanza_write(out, VT_LIT("X25519"), vt_buf_slice(&argument), VT_BYTES(body));
    VT_CHECK_OK(vt_age_header_end(out, file_key, &err));
    return vt_buf_slice(out);
}

static void a_token_opens_what_a_file_opens(void)
{
    struct vt_age_identity known = vt_known_identity("known");
    struct vt_age_identity other = vt_known_identity("other");
    VT_AUTO_BUF ours = vt_buf_init(1000), theirs = vt_buf_init(1000);
    VT_AUTO_BUF small = vt_buf_init(1000), strange = vt_buf_init(1000);
    VT_AUTO_BUF high = vt_buf_init(1000), text = vt_buf_init(1000);
    VT_AUTO_AGE_IDENTITY token = { .secret = { 0 } };
    VT_AUTO_SECRET secret = { 0 };
    uint8_t points[3][32] = { { 1 },
                              { 4, 30 } }; /* small order; DER of 30 bytes, it seems */
    struct vt_error err = { 0 };

    memset(points[2], 0xff, sizeof points[2]); /* beyond the field */
    begin();
    vt_test_token_put_identity("signing", "opens", "0a", &known);
    (void)import(9, "opens", "0b"); /* a key that signs has the same label */
    VT_CHECK_OK(
        vt_age_identity_open(vt_test_token_uri("object=opens"), VT_LIT(PIN), &token, &err));
    VT_CHECK(memcmp(&token.recipient, &known.recipient, sizeof known.recipient) == 0);
    check_same(&known, &token, sealed_for(&known.recipient, &ours));
    check_same(&known, &token, sealed_for(&other.recipient, &theirs));
    check_same(&known, &token, with_share(points[0], &small));
    check_same(&known, &token, with_share(points[1], &strange));
    check_same(&known, &token, with_share(points[2], &high));
    VT_CHECK_FAILS(VT_REJECTED, vt_age_identity_text(&token, &secret, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_age_identity_write_pem(&token, (vt_slice){ 0 }, &text, &err));
    VT_CHECK(text.len == 0 && secret.data == NULL);
    vt_age_identity_clear(&known);
    vt_age_identity_clear(&other);
}

static void what_opens_nothing_is_refused(void)
{
    static const struct {
        const char *name, *path, *pin;
        enum vt_code want;
    } rows[] = {
        { "right", "object=opens", PIN, VT_OK },
        { "wrong PIN", "object=opens", "654321", VT_REJECTED },
        { "no PIN", "object=opens", "", VT_REJECTED },
        { "a key that signs", "object=signs", PIN, VT_ABSENT },
        { "no such key", "object=none", PIN, VT_ABSENT },
        { "two of them", "object=two", PIN, VT_REJECTED },
    };
    struct vt_age_identity known = vt_known_identity("known");
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;

    begin();
    vt_test_token_put_identity("signing", "opens", "0a", &known);
    vt_test_token_put_identity("signing", "two", "0c", &known);
    vt_test_token_put_identity("signing", "two", "0d", &known);
    (void)import(9, "signs", "0b");
    VT_CHECK_FAILS(VT_ABSENT,
                   vt_key_open(vt_test_token_uri("object=opens"), VT_LIT(PIN), &key, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_AGE_IDENTITY token = { .secret = { 0 } };
        bool ok;

        err = (struct vt_error){ 0 };
        ok = vt_age_identity_open(vt_test_token_uri(rows[i].path),
                                  vt_slice_from_cstr(rows[i].pin), &token, &err);

        VT_CHECK_SAYING(ok == (rows[i].want == VT_OK) && err.code == rows[i].want,
                        "%s: %s (%s)", rows[i].name, vt_code_name(err.code), err.message);
    }
    vt_age_identity_clear(&known);
}

/* True: it goes as a whole; false: the key alone is destroyed. */
static void go(bool is_token)
{
    struct vt_age_identity known = vt_known_identity("known");
    VT_AUTO_AGE_IDENTITY token = { .secret = { 0 } }, again = { .secret = { 0 } };
    uint8_t file_key[VT_AGE_FILE_KEY_BYTES];
    VT_AUTO_BUF text = vt_buf_init(1000);
    const char *uri;
    struct vt_error err = { 0 };
    struct vt_age_header header;

    begin();
    uri = vt_test_token_uri("object=opens");
    vt_test_token_put_identity("signing", "opens", "0a", &known);
    VT_CHECK_OK(vt_age_identity_open(uri, VT_LIT(PIN), &token, &err));
    check_opens(&token, sealed_for(&known.recipient, &text));
    if (is_token)
        VT_CHECK(rename(vt_test_path("tokens"), vt_test_path("drawer")) == 0);
    else
        VT_CHECK_OK(vt_pkcs11_destroy(token.token, &err));
    VT_CHECK_OK(vt_age_header_parse(vt_buf_slice(&text), &header, &err));
    VT_CHECK_FAILS(VT_IO, vt_age_unwrap(&token, &header, file_key, &err));
    VT_CHECK_FAILS(is_token ? VT_IO : VT_ABSENT,
                   vt_age_identity_open(uri, VT_LIT(PIN), &again, &err));
    vt_age_identity_clear(&known);
}

static void a_token_that_goes_opens_nothing(void)
{
    go(true);
}

static void a_key_that_is_destroyed_opens_nothing(void)
{
    go(false);
}

/* Made there, it opens what was sealed for it, and a signing key signs; neither is
 * replaced. */
static void a_key_is_made_in_a_token(void)
{
    const char *pin = vt_test_path("pin"), *uri, *said;
    char text[VT_AGE_RECIPIENT_CHARS + 1];
    VT_AUTO_AGE_IDENTITY token = { .secret = { 0 } };
    VT_AUTO_BUF header = vt_buf_init(1000);
    struct vt_error err = { 0 };
    VT_AUTO_KEY key = NULL;

#ifdef VT_SANITIZED
    vt_test_skip("SoftHSM loses the name of the curve of each key that it made");
#endif
    begin();
    uri = vt_test_token_uri("object=ours;id=%01");
    vt_test_write(pin, VT_LIT(PIN "\n"));
    said = vt_test_run(0, VT_ARGV("vitrine", "key", "new", "--type", "x25519", "--out", uri,
                                  "--passphrase-file", pin));
    VT_CHECK_OK(vt_age_identity_open(uri, VT_LIT(PIN), &token, &err));
    vt_age_recipient_text(&token.recipient, text);
    VT_CHECK(strstr(said, text) != NULL);
    check_opens(&token, sealed_for(&token.recipient, &header));
    said = vt_test_run(0, VT_ARGV("vitrine", "key", "show", "--type", "x25519", "--key",
                                  uri, "--passphrase-file", pin));
    VT_CHECK(strstr(said, text) != NULL);
    (void)vt_test_run(1, VT_ARGV("vitrine", "key", "new", "--type", "x25519", "--out", uri,
                                 "--passphrase-file", pin));
    (void)vt_test_run(1, VT_ARGV("vitrine", "key", "new", "--type", "x25519", "--out",
                                 vt_test_token_uri("object=nameless"), "--passphrase-file",
                                 pin));
    uri = vt_test_token_uri("object=pen;id=%02");
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "key", "new", "--out", uri, "--passphrase-file", pin));
    VT_CHECK_OK(vt_key_open(uri, VT_LIT(PIN), &key, &err));
}

#ifndef VT_SANITIZED /* its roles are not locked in */
static void check_blind(const char *pin)
{
    const char *blind = "pkcs11:object=log?module-path=" MODULE;
    const char *said = vt_test_run(
        3, VT_ARGV("vitrine", "ledger", "init", "--dir", vt_test_path("blind"), "--origin",
                   "log.example", "--key", blind, "--passphrase-file", pin));

    VT_CHECK_SAYING(strstr(said, "module-reads") != NULL, "%s", said);
}
#endif

/* A role is locked in when it signs; the same module, without its folder, cannot. */
static void a_ledgers_signer_uses_a_token(void)
{
    const char *pin = vt_test_path("pin"), *entry = vt_test_path("entry");

    begin();
    (void)import(1, "log", "01");
    vt_test_write(pin, VT_LIT(PIN "\n"));
    vt_test_write(entry, VT_LIT("an entry"));
    (void)vt_test_run(0,
                      VT_ARGV("vitrine", "ledger", "init", "--dir", vt_test_path("log"),
                              "--origin", "log.example", "--key",
                              vt_test_token_uri("object=log"), "--passphrase-file", pin));
    (void)vt_test_run(0, VT_ARGV("vitrine", "ledger", "add", "--dir", vt_test_path("log"),
                                 "--passphrase-file", pin, entry));
#ifndef VT_SANITIZED
    check_blind(pin);
#endif
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
    { "a token opens what a file opens", a_token_opens_what_a_file_opens },
    { "a key is made in a token", a_key_is_made_in_a_token },
    { "what opens nothing is refused", what_opens_nothing_is_refused },
    { "a token that goes opens nothing", a_token_that_goes_opens_nothing },
    { "a key that is destroyed opens nothing", a_key_that_is_destroyed_opens_nothing },
    { "a ledger's signer uses a token", a_ledgers_signer_uses_a_token },
};

VT_TEST_MAIN("crypto.pkcs11", cases)
