/* Verbs of `vitrine ledger` that have a file of their own. */
#ifndef VT_CLI_LEDGER_VERBS_H
#define VT_CLI_LEDGER_VERBS_H

#include "cli/cli.h"

bool vt_cli_ledger_check(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_fsck(struct vt_args *args, struct vt_error *err);

#endif
