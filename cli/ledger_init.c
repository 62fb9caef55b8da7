/* vitrine ledger init: make a new, empty ledger. */
#include "cli/files.h"
#include "cli/ledger_open.h"
#include "cli/ledger_verbs.h"
#include "crypto/verify_note.h"
#include "ledger/ledger.h"
#include "store/disk.h"

const struct vt_option vt_cli_ledger_init_options[] = {
    VT_OPTION_LEDGER_DIR,
    { .name = "origin",
      .value_name = "NAME",
      .help = "the log's name, by custom a URL without scheme",
      .is_required = true },
    { .name = "key",
      .value_name = "KEY",
      .help = "its signing key: a PEM file",
      .is_required = true },
    { .name = "policy",
      .value_name = "FILE",
      .help = "tlog-policy: which witnesses to ask" },
    { .name = "entries",
      .value_name = "KIND",
      .help = "any (the default) or public: signed envelopes only" },
    { .name = "use",
      .value_name = "USE",
      .help = "release, channel, head or access: takes only what belongs there" },
    VT_OPTION_PASSPHRASE,
    { .name = NULL },
};

bool vt_cli_place_of_key(const char *key, char out[4096], struct vt_error *err)
{
    VT_AUTO_FREE char *real = NULL;

    if (strncmp(key, "pkcs11:", 7) == 0) {
        (void)snprintf(out, 4096, "%s", key);
        return true;
    }
    real = realpath(key, NULL);
    if (real == NULL || strlen(real) >= 4096)
        return vt_fail(err, VT_IO, "%s: cannot open: %s", key, strerror(errno));
    (void)snprintf(out, 4096, "%s", real);
    return true;
}

/* The policy with our own log in it: nobody can know its vkey before it is made. */
static bool read_policy(const char *path, vt_slice vkey, struct vt_buf *out,
                        struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct vt_vkey own;

    if (path == NULL)
        return true;
    if (!vt_file_read(path, &text, err) || !vt_vkey_parse(vkey, &own, err))
        return false;
    if (!vt_policy_parse(vt_buf_slice(&text), policy, err)) {
        err->code = VT_IO; /* his own: nothing was judged */
        return vt_within(err, "%s", path);
    }
    for (size_t i = 0; i < policy->log_count; i++)
        if (memcmp(policy->logs[i].vkey.key, own.key, sizeof own.key) == 0) {
            vt_buf_put(out, vt_buf_slice(&text));
            return true;
        }
    vt_buf_printf(out, "log %.*s\n", VT_SLICE_ARGS(vkey));
    vt_buf_put(out, vt_buf_slice(&text));
    return vt_buf_check(out, path, err);
}

static bool check_is_free(const char *dir, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    if (vt_path_exists(vt_arena_printf(arena, "%s/config.json", dir)))
        return vt_fail(err, VT_REJECTED, "%s: holds a ledger already", dir);
    return true;
}

/* The signer tells the public key: the private one never comes into this process. */
static bool learn_vkey(const struct vt_signer *signer, vt_slice origin, struct vt_buf *out,
                       struct vt_error *err)
{
    struct vt_vkey vkey = vt_vkey_of(origin, VT_NOTE_ED25519, vt_signer_public(signer));

    vt_vkey_write(out, &vkey);
    return vt_buf_check(out, "the vkey", err);
}

static bool read_entries(struct vt_args *args, struct vt_ledger_config *config,
                         struct vt_error *err)
{
    const char *name = vt_args_get(args, "entries");

    if (config->use != VT_USE_NONE) {
        config->entries = vt_ledger_entries_of(config->use);
        return name == NULL || vt_args_misuse(args, err,
                                              "--entries: a ledger for use '%s' "
                                              "decides itself what it takes",
                                              vt_use_name(config->use));
    }
    if (name == NULL || strcmp(name, "any") == 0)
        config->entries = VT_LEDGER_ANY;
    else if (strcmp(name, "public") == 0)
        config->entries = VT_LEDGER_PUBLIC;
    else
        return vt_args_misuse(args, err, "--entries: '%s' is neither any nor public", name);
    return true;
}

/* The checkpoint of no entries; with witnesses the first one comes with the first entry. */
static bool publish_empty(struct vt_args *args, const char *dir, struct vt_signer *signer,
                          struct vt_error *err)
{
    struct vt_ledger_options options = { .env = vt_args_env(args), .signer = signer };
    VT_AUTO_LEDGER ledger = NULL;

    return vt_ledger_open(dir, &options, &ledger, err) &&
           (vt_ledger_config(ledger)->policy.len != 0 ||
            vt_ledger_publish(ledger, NULL, err));
}

static bool make_ledger(struct vt_args *args, const char *dir,
                        struct vt_ledger_config *config, struct vt_buf *vkey,
                        struct vt_error *err)
{
    struct vt_ledger_options options = { .env = vt_args_env(args) };
    VT_AUTO_BUF policy = vt_buf_init(VT_POLICY_BYTES_MAX);
    VT_AUTO_SIGNER signer = NULL;
    char key[4096];

    if (!vt_cli_place_of_key(vt_args_get(args, "key"), key, err) ||
        !vt_signer_init(dir, config->origin, err) ||
        !vt_cli_signer_start(args, "passphrase-file", dir, config->origin, key, &signer,
                             err) ||
        !learn_vkey(signer, config->origin, vkey, err) ||
        !read_policy(vt_args_get(args, "policy"), vt_buf_slice(vkey), &policy, err))
        return false;
    config->vkey = vt_buf_slice(vkey);
    config->key = vt_slice_from_cstr(key);
    config->policy = vt_buf_slice(&policy);
    return vt_ledger_init(dir, config, &options, err) &&
           (config->predecessor.len != 0 || publish_empty(args, dir, signer, err));
}

/* A folder that became no ledger: a wrong key shows only when the signer has begun. */
static void take_back(const char *dir, vt_slice origin)
{
    struct vt_error ignored = { 0 };

    if (!check_is_free(dir, &ignored))
        return;
    vt_signer_forget(dir, origin);
    vt_disk_abandon(dir);
}

bool vt_cli_ledger_make(struct vt_args *args, const char *dir,
                        struct vt_ledger_config *config, struct vt_buf *vkey_out,
                        struct vt_error *err)
{
    bool was_there = vt_path_exists(dir);

    if (!read_entries(args, config, err) || !check_is_free(dir, err))
        return false;
    if (!vt_note_name_is_good(config->origin))
        return vt_args_misuse(args, err,
                              "the origin must be a name without spaces and '+', say "
                              "log.example.org/releases");
    if (make_ledger(args, dir, config, vkey_out, err))
        return true;
    if (!was_there)
        take_back(dir, config->origin);
    return false;
}

bool vt_cli_ledger_init(struct vt_args *args, struct vt_error *err)
{
    const char *dir = vt_args_get(args, "dir");
    struct vt_ledger_config config = { .origin = vt_slice_from_cstr(
                                           vt_args_get(args, "origin")) };
    VT_AUTO_BUF vkey = vt_buf_init(VT_KIB(4));
    const char *use = vt_args_get(args, "use");

    if (use != NULL && !vt_use_parse(vt_slice_from_cstr(use), &config.use))
        return vt_args_misuse(args, err,
                              "--use: '%s' is none of release, channel, head, access", use);
    if (!vt_cli_ledger_make(args, dir, &config, &vkey, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:o,s:s}", "ok", 1, "dir", dir, "origin",
                                    vt_cli_json_text(config.origin), "vkey",
                                    vt_buf_cstr(&vkey)));
    else
        (void)printf("%s is a ledger now; its verifier key, for policies:\n%s\n", dir,
                     vt_buf_cstr(&vkey));
    return true;
}
