/* The name of the program beside a test or a tool that starts roles.  A file of its own, so
 * that test programs can be linked with another. */
#include "role/role.h"

const char *vt_role_program_name(void)
{
    return "vitrine";
}
