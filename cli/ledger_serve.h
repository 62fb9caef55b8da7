/* Verbs of `vitrine ledger` for one that is served. */
#ifndef VT_CLI_LEDGER_SERVE_H
#define VT_CLI_LEDGER_SERVE_H

#include "cli/cli.h"

extern const struct vt_option vt_cli_ledger_serve_options[];
extern const struct vt_option vt_cli_ledger_status_options[];
extern const struct vt_option vt_cli_ledger_token_options[];
bool vt_cli_ledger_serve(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_status(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_token(struct vt_args *args, struct vt_error *err);

#endif
