/* Opening a ledger to write in: its signer's process first, then the folder. */
#ifndef VT_CLI_LEDGER_OPEN_H
#define VT_CLI_LEDGER_OPEN_H

#include "cli/cli.h"
#include "ledger/ledger.h"

/* Start the signer with the passphrase of the named option, or, on a terminal, asked for.
 * Returned, end with vt_signer_stop. */
VT_CHECKED bool vt_cli_signer_start(struct vt_args *args, const char *passphrase_option,
                                    const char *dir, vt_slice origin, const char *key,
                                    struct vt_signer **signer_out, struct vt_error *err);

/* A key's place as it is kept: absolute, or a URI. */
VT_CHECKED bool vt_cli_place_of_key(const char *key, char out[4096], struct vt_error *err);

/* Make a ledger in `dir`, as `vitrine ledger init` does, from --key, --policy, --entries
 * and --passphrase-file, and what else config says; config's vkey is in vkey_out. */
VT_CHECKED bool vt_cli_ledger_make(struct vt_args *args, const char *dir,
                                   struct vt_ledger_config *config, struct vt_buf *vkey_out,
                                   struct vt_error *err);

struct vt_cli_ledger_place {
    const char *dir;
    const char *key; /* NULL: the one that the ledger's folder names */
    const char *passphrase_option;
};

/* Both are returned; close the ledger, then stop the signer. */
VT_CHECKED bool vt_cli_ledger_open(struct vt_args *args,
                                   const struct vt_cli_ledger_place *place,
                                   struct vt_signer **signer_out,
                                   struct vt_ledger **ledger_out, struct vt_error *err);

#endif
