/* The one command.  A new group: its file here, its line in this table. */
#include "cli/cli.h"
#include <signal.h>

static const struct vt_group *const groups[] = {
    NULL,
};

int main(int argc, char **argv)
{
    struct vt_env env = vt_env_real();

    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error that we report */
    return vt_cli_run(groups, argc, argv, &env);
}
