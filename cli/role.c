/* The table of roles: every process that is not the command itself, with the rights that it
 * keeps (they stand at the top of each role_*.c).  ARCHITECTURE.md has the whole picture.
 */
#include "cli/role.h"
#include "ledger/role_signer.h"
#include "ledger/role_witness_front.h"
#include "ledger/role_witness_signer.h"
#include "line/role_rules.h"
#include "role/role.h"

static const struct vt_role_row roles[] = {
    { VT_ROLE_SIGNER, vt_role_signer, &vt_signer_rights },
    { VT_ROLE_WITNESS_FRONT, vt_role_witness_front, &vt_witness_front_rights },
    { VT_ROLE_WITNESS_SIGNER, vt_role_witness_signer, &vt_witness_signer_rights },
    { VT_ROLE_RULES, vt_role_rules, &vt_rules_rights },
    { NULL, NULL, NULL },
};

int vt_cli_role(const char *name)
{
    return vt_role_main(roles, name);
}
