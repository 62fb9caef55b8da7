/* Crash tests start roles of a smaller program than vitrine, see tests/stage_roles.c. */
#include "role/role.h"

const char *vt_role_program_name(void)
{
    return "vitrine-roles";
}
