/* The one command.  A new group: its file here, its line in this table. */
#include "cli/groups.h"
#include "cli/role.h"
#include <signal.h>

static const struct vt_group *const groups[] = {
    /* clang-format off */
    &vt_cli_verify, /* the customer's verb first */
    &vt_cli_key,
    &vt_cli_trust,
    &vt_cli_ledger,
    &vt_cli_line,
    &vt_cli_mirror,
    &vt_cli_monitor,
    &vt_cli_relay,
    &vt_cli_release,
    &vt_cli_review,
    &vt_cli_rules,
    &vt_cli_supervise,
    &vt_cli_promise,
    &vt_cli_finding,
    &vt_cli_request,
    &vt_cli_denial,
    &vt_cli_relocate,
    &vt_cli_cell,
    &vt_cli_client,
    &vt_cli_centre,
    &vt_cli_custody,
    &vt_cli_keyagent,
    &vt_cli_witness,
    NULL,
    /* clang-format on */
};

int main(int argc, char **argv)
{
    struct vt_env env = vt_env_real();

    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error that we report */
    if (argc == 3 && strcmp(argv[1], "role") == 0)
        return vt_cli_role(argv[2]);
    return vt_cli_run(groups, argc, argv, &env);
}
