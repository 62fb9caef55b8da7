/* vitrine key: make keys and show what they are called. */
#include "cli/files.h"
#include "cli/groups.h"
#include "crypto/crypto.h"
#include "crypto/pkcs11.h"
#include <jansson.h>

#define OPTION_TYPE                                                                        \
    {                                                                                      \
        "type", "TYPE", "ed25519 (signs; if not given) or x25519 (unseals age files)",     \
            false, false                                                                   \
    }

/* --type: is it x25519?  False is misuse. */
static bool find_type(struct vt_args *args, bool *is_x25519_out, struct vt_error *err)
{
    const char *type = vt_args_get(args, "type");

    *is_x25519_out = type != NULL && strcmp(type, "x25519") == 0;
    return type == NULL || *is_x25519_out || strcmp(type, "ed25519") == 0 ||
           vt_args_misuse(args, err, "--type: '%s' is neither ed25519 nor x25519", type);
}

static const struct vt_option new_options[] = {
    { "out", "KEY",
      "where the private key goes: a file, and KEY.pub gets the public one; or a pkcs11: "
      "URI with object and id, to be made in that token",
      true, false },
    OPTION_TYPE,
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

/* A pair that was just made, as it will lie in its files, and what it is called. */
struct pair {
    struct vt_buf private_pem, public_text;
    const char *name_of; /* what `name` is: "keyid", "recipient" */
    char name[80];
};

static void clear_pair(struct pair *pair)
{
    if (pair->private_pem.data != NULL)
        explicit_bzero(pair->private_pem.data, pair->private_pem.capacity);
    vt_buf_clear(&pair->private_pem);
    vt_buf_clear(&pair->public_text);
}

static bool make_ed25519(const struct vt_env *env, vt_slice passphrase, struct pair *out,
                         struct vt_error *err)
{
    VT_AUTO_KEY key = NULL;

    if (!vt_key_generate(env, &key, err) ||
        !vt_key_write_pem(key, passphrase, &out->private_pem, err) ||
        !vt_public_key_write_pem(vt_key_public(key), &out->public_text, err))
        return false;
    out->name_of = "keyid";
    (void)snprintf(out->name, sizeof out->name, "%s",
                   vt_public_key_id(vt_key_public(key)).text);
    return true;
}

static bool make_x25519(const struct vt_env *env, vt_slice passphrase, struct pair *out,
                        struct vt_error *err)
{
    VT_AUTO_AGE_IDENTITY identity = { 0 };

    if (!vt_age_identity_generate(env, &identity, err) ||
        !vt_age_identity_write_pem(&identity, passphrase, &out->private_pem, err))
        return false;
    out->name_of = "recipient";
    vt_age_recipient_text(&identity.recipient, out->name);
    vt_buf_printf(&out->public_text, "%s\n", out->name);
    return vt_buf_check(&out->public_text, "recipient", err);
}

static bool write_pair(const struct pair *pair, const char *path, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *beside = vt_arena_printf(arena, "%s.pub", path);
    struct vt_error ignored = { 0 };

    if (!vt_cli_create(path, vt_buf_slice(&pair->private_pem), 0600, err))
        return false;
    if (vt_cli_create(beside, vt_buf_slice(&pair->public_text), 0644, err))
        return true;
    (void)!vt_cli_take_away(path, &ignored); /* a half of a pair is none */
    return false;
}

/* Neither file may exist, before the first is written. */
static bool is_free(const char *path, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *beside = vt_arena_printf(arena, "%s.pub", path);

    if (vt_path_exists(path) || vt_path_exists(beside))
        return vt_fail(err, VT_REJECTED,
                       "%s: exists: a key is never replaced, name another",
                       vt_path_exists(path) ? path : beside);
    return true;
}

static void print_pair(struct vt_args *args, const struct pair *pair, bool is_encrypted)
{
    const char *path = vt_args_get(args, "out");

    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s,s:s}", "ok", 1, pair->name_of, pair->name, "file", path));
    else
        (void)printf("%s: private key%s, %s.pub: public key\n%s %s\n", path,
                     is_encrypted ? " (encrypted)" : " (NOT encrypted)", path,
                     pair->name_of, pair->name);
}

/* The token makes it, and gives its public half. */
static bool make_in_token(const char *where, bool is_x25519, vt_slice pin, struct pair *out,
                          struct vt_error *err)
{
    struct vt_pkcs11_uri uri;
    struct vt_age_recipient recipient;
    struct vt_public_key key;

    if (!vt_pkcs11_uri_parse(vt_slice_from_cstr(where), &uri, err) ||
        !vt_pkcs11_generate(&uri, pin, is_x25519 ? VT_PKCS11_DERIVES : VT_PKCS11_SIGNS,
                            key.bytes, err))
        return false;
    memcpy(recipient.bytes, key.bytes, sizeof recipient.bytes);
    out->name_of = is_x25519 ? "recipient" : "keyid";
    if (is_x25519)
        vt_age_recipient_text(&recipient, out->name);
    else
        (void)snprintf(out->name, sizeof out->name, "%s", vt_public_key_id(&key).text);
    return true;
}

static bool run_new_in_token(struct vt_args *args, bool is_x25519, struct vt_error *err)
{
    const char *where = vt_args_get(args, "out");
    VT_AUTO_BUF pin = vt_buf_init(1024);
    struct pair pair = { .name_of = NULL };
    bool is_ok = vt_cli_passphrase(args, &pin, err) &&
                 make_in_token(where, is_x25519, vt_buf_slice(&pin), &pair, err);

    if (pin.data != NULL)
        explicit_bzero(pin.data, pin.capacity);
    if (!is_ok)
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s,s:s}", "ok", 1, pair.name_of, pair.name, "key", where));
    else
        (void)printf("%s: made in the token, where it stays\n%s %s\n", where, pair.name_of,
                     pair.name);
    return true;
}

static bool run_new(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "out");
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    struct pair pair = { vt_buf_init(VT_KIB(8)), vt_buf_init(VT_KIB(8)), NULL, "" };
    bool is_x25519, ok;

    if (!find_type(args, &is_x25519, err))
        return false;
    if (strncmp(path, "pkcs11:", 7) == 0)
        return run_new_in_token(args, is_x25519, err);
    if (!is_free(path, err) || !vt_cli_passphrase(args, &passphrase, err))
        return false;
    ok = (is_x25519 ? make_x25519 : make_ed25519)(vt_args_env(args),
                                                  vt_buf_slice(&passphrase), &pair, err) &&
         write_pair(&pair, path, err);
    if (ok)
        print_pair(args, &pair, passphrase.len != 0);
    clear_pair(&pair);
    return ok;
}

static const struct vt_option show_options[] = {
    { "key", "KEY", "instead of FILE: a private key, a PEM file or a pkcs11: URI", false,
      false },
    VT_OPTION_PASSPHRASE,
    OPTION_TYPE,
    { "name", "NAME", "also show verifier keys for notes under this name", false, false },
    { NULL, NULL, NULL, false, false },
};

static char *vkey_text(const char *name, uint8_t type, const struct vt_public_key *key)
{
    VT_AUTO_BUF text = vt_buf_init(1024);
    struct vt_vkey vkey = vt_vkey_of(vt_slice_from_cstr(name), type, key);

    vt_vkey_write(&text, &vkey);
    return vt_strdup_slice(vt_buf_slice(&text));
}

static void print_names(struct vt_args *args, const struct vt_public_key *key)
{
    const char *name = vt_args_get(args, "name");
    struct vt_key_id id = vt_public_key_id(key);
    char hex[65];
    json_t *answer;

    vt_hash_text((const vt_hash *)(const void *)key, hex);
    answer = json_pack("{s:b,s:s,s:s}", "ok", 1, "keyid", id.text, "public", hex);
    if (!vt_args_is_json(args))
        (void)printf("keyid       %s\npublic      %s\n", id.text, hex);
    if (name != NULL) {
        VT_AUTO_FREE char *log = vkey_text(name, VT_NOTE_ED25519, key);
        VT_AUTO_FREE char *witness = vkey_text(name, VT_NOTE_COSIGNATURE, key);

        (void)json_object_set_new(answer, "log_vkey", json_string(log));
        (void)json_object_set_new(answer, "witness_vkey", json_string(witness));
        if (!vt_args_is_json(args))
            (void)printf("as a log    %s\nas witness  %s\n", log, witness);
    }
    if (vt_args_is_json(args))
        vt_cli_print_json(answer);
    else
        json_decref(answer);
}

/* The public key of the file, or of the private key that --key names. */
static bool find_public(struct vt_args *args, struct vt_public_key *out,
                        struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0);
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));
    VT_AUTO_KEY key = NULL;

    if (path == NULL) {
        if (!vt_cli_key_open(args, &key, err))
            return false;
        *out = *vt_key_public(key);
        return true;
    }
    if (!vt_file_read(path, &text, err))
        return false;
    return vt_public_key_parse(vt_buf_slice(&text), out, err) || vt_within(err, "%s", path);
}

/* The recipient of the file, or of the identity that --key names. */
static bool find_recipient(struct vt_args *args, struct vt_age_recipient *out,
                           struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0);
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));
    VT_AUTO_AGE_IDENTITY identity = { 0 };

    if (path == NULL) {
        if (!vt_cli_identity_open(args, &identity, err))
            return false;
        *out = identity.recipient;
        return true;
    }
    return vt_file_read(path, &text, err) &&
           vt_age_recipient_parse_file(vt_buf_slice(&text), path, out, err);
}

static bool show_recipient(struct vt_args *args, struct vt_error *err)
{
    struct vt_age_recipient recipient;
    char text[VT_AGE_RECIPIENT_CHARS + 1], hex[65];

    if (vt_args_get(args, "name") != NULL)
        return vt_args_misuse(args, err, "--name: an X25519 key signs no notes");
    if (!find_recipient(args, &recipient, err))
        return false;
    vt_age_recipient_text(&recipient, text);
    vt_hash_text((const vt_hash *)(const void *)&recipient, hex);
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s,s:s}", "ok", 1, "recipient", text, "public", hex));
    else
        (void)printf("recipient   %s\npublic      %s\n", text, hex);
    return true;
}

static bool show_verifier(struct vt_args *args, struct vt_error *err)
{
    const char *name = vt_args_get(args, "name");
    struct vt_public_key key;

    if (name != NULL && !vt_note_name_is_good(vt_slice_from_cstr(name)))
        return vt_args_misuse(args, err, "--name: '%s' holds a space or '+', or is empty",
                              name);
    if (!find_public(args, &key, err))
        return false;
    print_names(args, &key);
    return true;
}

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    bool is_x25519;

    if (!find_type(args, &is_x25519, err))
        return false;
    if ((vt_args_operand(args, 0) == NULL) == (vt_args_get(args, "key") == NULL))
        return vt_args_misuse(args, err, "name a FILE or a --key, one of the two");
    return is_x25519 ? show_recipient(args, err) : show_verifier(args, err);
}

static const struct vt_verb verbs[] = {
    { "new", NULL, 0, 0, "make a key",
      "The private key is PKCS#8 in PEM, mode 600, encrypted when a passphrase is given. "
      "An\n"
      "existing file is never replaced.  The public half of an X25519 key is a recipient "
      "of\n"
      "age files, one line: 'age1...'.  In a token, whose PIN the passphrase is, it is "
      "made "
      "so\n"
      "that it cannot be taken out; 'key show --key' tells its public half.",
      new_options, run_new },
    { "show", "[FILE]", 0, 1, "show what a key is called",
      "FILE is a public key: PEM, 64 hex digits, or a verifier key; with --type x25519, a\n"
      "recipient of age files.  With --key, the public half of a private key is shown; "
      "the\n"
      "private half never is.",
      show_options, run_show },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_key = { "key", "make and show keys", verbs };
