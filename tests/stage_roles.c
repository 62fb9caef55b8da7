/* The roles that crash tests start, thousands of times, with the gate of these tests.  Here
 * and not in the whole program, because loading its fifty libraries takes four times as
 * long as all that the role does. */
#include "ledger/role_signer.h"
#include "ledger/role_witness_signer.h"
#include "role/role.h"
#include <signal.h>

static const struct vt_role_row roles[] = {
    { VT_ROLE_SIGNER, vt_role_signer, &vt_signer_rights },
    { VT_ROLE_WITNESS_SIGNER, vt_role_witness_signer, &vt_witness_signer_rights },
    { NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc == 3 && strcmp(argv[1], "role") == 0)
        return vt_role_main(roles, argv[2]);
    (void)fprintf(stderr,
                  "vitrine-roles: a part of the crash tests, not to be run alone\n");
    return VT_EXIT_USAGE;
}
