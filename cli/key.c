/* vitrine key: make keys and show what they are called. */
#include "cli/files.h"
#include "cli/groups.h"
#include "crypto/crypto.h"
#include <jansson.h>

static const struct vt_option new_options[] = {
    { "out", "FILE", "where the private key goes; FILE.pub gets the public one", true,
      false },
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

static bool write_pair(const struct vt_key *key, vt_slice passphrase, const char *path,
                       struct vt_error *err)
{
    VT_AUTO_BUF private_pem = vt_buf_init(VT_KIB(8));
    VT_AUTO_BUF public_pem = vt_buf_init(VT_KIB(8));
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *beside = vt_arena_printf(arena, "%s.pub", path);
    bool ok = vt_key_write_pem(key, passphrase, &private_pem, err) &&
              vt_public_key_write_pem(vt_key_public(key), &public_pem, err) &&
              vt_cli_create(path, vt_buf_slice(&private_pem), 0600, err) &&
              vt_cli_create(beside, vt_buf_slice(&public_pem), 0644, err);

    if (private_pem.data != NULL)
        explicit_bzero(private_pem.data, private_pem.capacity);
    return ok;
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

static bool run_new(struct vt_args *args, struct vt_error *err)
{
    const char *path = vt_args_get(args, "out");
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    VT_AUTO_KEY key = NULL;
    struct vt_key_id id;

    if (!is_free(path, err) || !vt_cli_passphrase(args, &passphrase, err) ||
        !vt_key_generate(vt_args_env(args), &key, err) ||
        !write_pair(key, vt_buf_slice(&passphrase), path, err))
        return false;
    id = vt_public_key_id(vt_key_public(key));
    if (vt_args_is_json(args))
        vt_cli_print_json(
            json_pack("{s:b,s:s,s:s}", "ok", 1, "keyid", id.text, "file", path));
    else
        (void)printf("%s: private key%s, %s.pub: public key\nkeyid %s\n", path,
                     passphrase.len != 0 ? " (encrypted)" : " (NOT encrypted)", path,
                     id.text);
    return true;
}

static const struct vt_option show_options[] = {
    { "key", "KEY", "instead of FILE: a private key, a PEM file or a pkcs11: URI", false,
      false },
    VT_OPTION_PASSPHRASE,
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

static bool run_show(struct vt_args *args, struct vt_error *err)
{
    const char *name = vt_args_get(args, "name");
    struct vt_public_key key;

    if ((vt_args_operand(args, 0) == NULL) == (vt_args_get(args, "key") == NULL))
        return vt_args_misuse(args, err, "name a FILE or a --key, one of the two");
    if (name != NULL && !vt_note_name_is_good(vt_slice_from_cstr(name)))
        return vt_args_misuse(args, err, "--name: '%s' holds a space or '+', or is empty",
                              name);
    if (!find_public(args, &key, err))
        return false;
    print_names(args, &key);
    return true;
}

static const struct vt_verb verbs[] = {
    { "new", NULL, 0, 0, "make an Ed25519 key",
      "The private key is PKCS#8 in PEM, mode 600, encrypted when a passphrase is given. "
      "An\n"
      "existing file is never replaced.",
      new_options, run_new },
    { "show", "[FILE]", 0, 1, "show what a key is called",
      "FILE is a public key: PEM, 64 hex digits, or a verifier key.  With --key, the "
      "public\n"
      "half of a private key is shown; the private half never is.",
      show_options, run_show },
    { NULL, NULL, 0, 0, NULL, NULL, NULL, NULL },
};

const struct vt_group vt_cli_key = { "key", "make and show keys", verbs };
