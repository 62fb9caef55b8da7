/* The verbs of `vitrine centre` that have a file of their own. */
#ifndef VT_CLI_CENTRE_VERBS_H
#define VT_CLI_CENTRE_VERBS_H

#include "cli/cli.h"

bool vt_cli_centre_import(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_invite(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_countersign(struct vt_args *args, struct vt_error *err);
bool vt_cli_centre_uninvite(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_centre_import_options[];
extern const struct vt_option vt_cli_centre_invite_options[];
extern const struct vt_option vt_cli_centre_countersign_options[];
extern const struct vt_option vt_cli_centre_uninvite_options[];

#endif
