/* The keys of a cell's gateway: --gateway-key ID=FILE. */
#ifndef VT_CLI_CELL_GATEWAY_H
#define VT_CLI_CELL_GATEWAY_H

#include "cli/cli.h"
#include "wire/json.h"

#define VT_OPTION_GATEWAY_KEY                                                              \
    {                                                                                      \
        "gateway-key", "ID=FILE",                                                          \
            "an X25519 private key that look-ups may be sealed to; ID is 0 to 255", false, \
            true                                                                           \
    }
#define VT_OPTION_GATEWAY_PASSPHRASE                                                       \
    {                                                                                      \
        "gateway-passphrase-file", "FILE", "file whose first line opens them", false,      \
            false                                                                          \
    }

/* Append {"id", "secret"} of each; none given: nothing.
 * Errors: misuse; VT_REJECTED, VT_MALFORMED, VT_IO as vt_age_identity_open */
VT_CHECKED bool vt_cli_gateway_keys(struct vt_args *args, json_t *list,
                                    struct vt_error *err);
/* Overwrite the secrets. */
void vt_cli_gateway_keys_wipe(json_t *list);

#endif
