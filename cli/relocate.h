/* The verbs of `vitrine relocate` that move something. */
#ifndef VT_CLI_RELOCATE_H
#define VT_CLI_RELOCATE_H

#include "cli/cli.h"

#define VT_OPTION_JOB                                                                      \
    {                                                                                      \
        "job", "DIR", "the move's folder, with job.json in it", true, false                \
    }
#define VT_OPTION_RELOCATE_END                                                             \
    {                                                                                      \
        NULL, NULL, NULL, false, false                                                     \
    }
#define VT_OPTION_TOKEN                                                                    \
    {                                                                                      \
        "token-file", "FILE", "first line: the token of one of the ledger's writers",      \
            false, false                                                                   \
    }
#define VT_OPTIONS_RELOCATE_AGENT                                                          \
    VT_OPTION_JOB, VT_OPTION_TRUST, VT_OPTION_ENROLMENT, VT_OPTION_PASSPHRASE,             \
        VT_OPTION_TOKEN

extern const struct vt_option vt_cli_relocate_move_options[]; /* start, resume */
extern const struct vt_option vt_cli_relocate_job_options[];  /* pause, progress */
extern const struct vt_option vt_cli_relocate_verify_options[];
extern const struct vt_option vt_cli_relocate_finish_options[];
extern const struct vt_option vt_cli_relocate_refused_options[];
extern const struct vt_option vt_cli_relocate_countersign_options[];
extern const struct vt_option vt_cli_relocate_confirm_options[];
bool vt_cli_relocate_start(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_pause(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_resume(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_progress(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_verify(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_finish(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_refused(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_countersign(struct vt_args *args, struct vt_error *err);
bool vt_cli_relocate_confirm(struct vt_args *args, struct vt_error *err);

/* Destroy the keys of the job's periods at the agent in --agent, and log the claims. */
struct vt_job;
VT_CHECKED bool vt_cli_relocate_destroy(struct vt_args *args, struct vt_job *job,
                                        struct vt_error *err);

#endif
