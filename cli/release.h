/* Verbs of the release flow that have a file of their own. */
#ifndef VT_CLI_RELEASE_H
#define VT_CLI_RELEASE_H

#include "cli/desk.h"

extern const struct vt_option vt_cli_release_build_options[];
bool vt_cli_release_build(struct vt_args *args, struct vt_error *err);
bool vt_cli_supervise_rebuild(struct vt_args *args, struct vt_error *err);
bool vt_cli_supervise_inspect(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_supervise_rebuild_options[];
extern const struct vt_option vt_cli_supervise_inspect_options[];

/* The table of all releases, or the details of one, for `release status`, and, with
 * for_role, only what waits for that role. */
VT_CHECKED bool vt_cli_status_print(struct vt_args *args, struct vt_desk_call *call,
                                    const char *for_role, struct vt_error *err);

#endif
