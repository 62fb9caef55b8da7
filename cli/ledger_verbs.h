/* Verbs of `vitrine ledger` that have a file of their own. */
#ifndef VT_CLI_LEDGER_VERBS_H
#define VT_CLI_LEDGER_VERBS_H

#include "cli/cli.h"
#include "ledger/policy.h"

bool vt_cli_ledger_init(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_add(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_prove(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_check(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_show(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_fsck(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_scrub(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_mirror(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_push(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_fork(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_prune(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_rotate(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_index(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_find(struct vt_args *args, struct vt_error *err);
bool vt_cli_ledger_continue(struct vt_args *args, struct vt_error *err);
extern const struct vt_option vt_cli_ledger_init_options[];
extern const struct vt_option vt_cli_ledger_add_options[];
extern const struct vt_option vt_cli_ledger_prove_options[];
extern const struct vt_option vt_cli_ledger_check_options[];
extern const struct vt_option vt_cli_ledger_show_options[];
extern const struct vt_option vt_cli_ledger_fsck_options[];
extern const struct vt_option vt_cli_ledger_scrub_options[];
extern const struct vt_option vt_cli_ledger_mirror_options[];
extern const struct vt_option vt_cli_ledger_push_options[];
extern const struct vt_option vt_cli_ledger_fork_options[];
extern const struct vt_option vt_cli_ledger_prune_options[];
extern const struct vt_option vt_cli_ledger_rotate_options[];
extern const struct vt_option vt_cli_ledger_index_options[];
extern const struct vt_option vt_cli_ledger_find_options[];
extern const struct vt_option vt_cli_ledger_continue_options[];

#define VT_OPTION_LEDGER_DIR                                                               \
    {                                                                                      \
        .name = "dir", .value_name = "DIR", .help = "the ledger's folder",                 \
        .is_required = true                                                                \
    }

/* Files in one call of `ledger add`. */
enum { VT_LEDGER_FILES_MAX = 500 };

/* Whose log it should be: the policy that --policy names, or one of --vkey alone; and the
 * origin, of --origin or the only one.  text: holds what the policy points into. */
VT_CHECKED bool vt_cli_ledger_expectation(struct vt_args *args, struct vt_buf *text,
                                          struct vt_policy *policy, vt_slice *origin_out,
                                          struct vt_error *err);

#endif
