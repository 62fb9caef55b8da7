/* vitrine ledger rotate-key: the next key signs beside the old one, then alone. */
#include "cli/files.h"
#include "cli/ledger_open.h"
#include "cli/ledger_verbs.h"
#include "crypto/verify_note.h"
#include "ledger/reader.h"
#include "ledger/rotate.h"

const struct vt_option vt_cli_ledger_rotate_options[] = {
    VT_OPTION_LEDGER_DIR,
    { .name = "new-key",
      .value_name = "KEY",
      .help = "the next key: a PEM file or a pkcs11: URI; both sign from now on" },
    { .name = "finish", .help = "the next key alone signs from now on" },
    VT_OPTION_PASSPHRASE,
    { .name = NULL },
};

/* The next key's vkey under the log's name. */
static bool learn_next(struct vt_args *args, const char *place, vt_slice origin,
                       struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    VT_AUTO_KEY key = NULL;
    struct vt_vkey vkey;
    bool is_ok;

    if (!vt_cli_passphrase(args, &passphrase, err))
        return false;
    is_ok = vt_key_open(place, vt_buf_slice(&passphrase), &key, err);
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    if (!is_ok)
        return vt_within(err, "the new key");
    vkey = vt_vkey_of(origin, VT_NOTE_ED25519, vt_key_public(key));
    vt_vkey_write(out, &vkey);
    return vt_buf_check(out, "the vkey", err);
}

/* The published tree again, with both signatures and, if asked for, the witnesses'. */
static bool publish_both(struct vt_args *args, const char *dir, struct vt_error *err)
{
    const struct vt_cli_ledger_place place = { dir, NULL, "passphrase-file" };
    VT_AUTO_SIGNER signer = NULL;
    VT_AUTO_LEDGER ledger = NULL;

    if (!vt_cli_ledger_open(args, &place, &signer, &ledger, err))
        return false;
    /* Witnesses are asked about an empty tree only with its first entry. */
    return (vt_ledger_size(ledger) == 0 && vt_ledger_config(ledger)->policy.len != 0) ||
           vt_ledger_publish(ledger, NULL, err) ||
           vt_within(err, "both keys are set, but no checkpoint shows it yet");
}

static void print_state(struct vt_args *args, const char *state, vt_slice vkey,
                        const char *sentence)
{
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:o}", "ok", 1, "state", state, "vkey",
                                    vt_cli_json_text(vkey)));
    else
        (void)printf("%s:\n%.*s\n", sentence, VT_SLICE_ARGS(vkey));
}

static bool begin(struct vt_args *args, const char *dir, struct vt_error *err)
{
    VT_AUTO_LEDGER_READER reader = NULL;
    VT_AUTO_BUF vkey = vt_buf_init(VT_KIB(4));
    char place[4096];

    if (!vt_cli_place_of_key(vt_args_get(args, "new-key"), place, err) ||
        !vt_ledger_reader_open(dir, &reader, err) ||
        !learn_next(args, place, vt_ledger_reader_config(reader)->origin, &vkey, err) ||
        !vt_ledger_rotate_begin(dir, place, vt_buf_slice(&vkey), err) ||
        !publish_both(args, dir, err))
        return false;
    print_state(args, "both", vt_buf_slice(&vkey),
                "both keys sign from now on; give this to witnesses and to all who hold a "
                "policy, then --finish");
    return true;
}

static bool finish(struct vt_args *args, const char *dir, struct vt_error *err)
{
    VT_AUTO_LEDGER_READER reader = NULL;

    if (!vt_ledger_rotate_finish(dir, err) || !vt_ledger_reader_open(dir, &reader, err))
        return false;
    print_state(args, "finished", vt_ledger_reader_config(reader)->vkey,
                "the log's key is now this one alone");
    return true;
}

bool vt_cli_ledger_rotate(struct vt_args *args, struct vt_error *err)
{
    const char *dir = vt_args_get(args, "dir");

    if (vt_args_has(args, "new-key") == vt_args_has(args, "finish"))
        return vt_args_misuse(args, err, "name either --new-key KEY or --finish");
    return vt_args_has(args, "finish") ? finish(args, dir, err) : begin(args, dir, err);
}
