/* The signer's process, and the ledger that it signs for. */
#include "cli/ledger_open.h"
#include "cli/files.h"
#include "ledger/reader.h"

/* The signer's process, with the passphrase from the file or the terminal. */
bool vt_cli_signer_start(struct vt_args *args, const char *passphrase_option,
                         const char *dir, vt_slice origin, const char *key,
                         struct vt_signer **signer, struct vt_error *err)
{
    VT_AUTO_BUF passphrase = vt_buf_init(1024);
    bool is_ok;

    if (!vt_cli_passphrase_of(args, passphrase_option, &passphrase, err))
        return false;
    is_ok = vt_signer_start(dir, origin, key, vt_buf_slice(&passphrase), signer, err);
    if (!is_ok && err->code == VT_REJECTED && passphrase.len == 0 && isatty(STDIN_FILENO)) {
        vt_cli_passphrase_ask(&passphrase, key);
        is_ok = passphrase.len != 0 &&
                vt_signer_start(dir, origin, key, vt_buf_slice(&passphrase), signer, err);
    }
    if (passphrase.data != NULL)
        explicit_bzero(passphrase.data, passphrase.capacity);
    return is_ok;
}

bool vt_cli_ledger_open(struct vt_args *args, const struct vt_cli_ledger_place *place,
                        struct vt_signer **signer_out, struct vt_ledger **ledger_out,
                        struct vt_error *err)
{
    struct vt_ledger_options options = { .env = vt_args_env(args) };
    VT_AUTO_LEDGER_READER reader = NULL;
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *key = place->key;

    if (!vt_ledger_reader_open(place->dir, &reader, err))
        return false;
    if (key == NULL)
        key = vt_arena_cstr(arena, vt_ledger_reader_config(reader)->key);
    if (!vt_cli_signer_start(args, place->passphrase_option, place->dir,
                             vt_ledger_reader_config(reader)->origin, key, signer_out, err))
        return false;
    options.signer = *signer_out;
    return vt_ledger_open(place->dir, &options, ledger_out, err);
}
