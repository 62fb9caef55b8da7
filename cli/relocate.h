/* The verbs of `vitrine relocate` that move something. */
#ifndef VT_CLI_RELOCATE_H
#define VT_CLI_RELOCATE_H

#include "cli/cli.h"

extern const struct vt_option vt_cli_relocate_move_options[];  /* start, resume */
extern const struct vt_option vt_cli_relocate_agent_options[]; /* finish */
extern const struct vt_option vt_cli_relocate_job_options[];   /* the rest */
extern const struct vt_option vt_cli_relocate_countersign_options[];
extern const struct vt_option vt_cli_relocate_confirm_options[];
bool vt_cli_relocate_start(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_pause(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_resume(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_progress(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_verify(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_finish(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_countersign(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_confirm(struct vt_args *args, struct vt_error *err);

#endif
