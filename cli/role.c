/* The table of roles: every process that is not the command itself.  Their rights stand at
 * the top of each role_*.c; ARCHITECTURE.md has the whole picture. */
#include "cli/role.h"
#include "role/probe.h"
#include "role/role.h"

static const struct vt_role_row roles[] = {
    { "probe", vt_role_probe },
    { NULL, NULL },
};

int vt_cli_role(const char *name)
{
    return vt_role_main(roles, name);
}
