/* The table of roles: every process that is not the command itself, with the rights that it
 * keeps (they stand at the top of each role_*.c).  ARCHITECTURE.md has the whole picture.
 */
#include "cli/role.h"
#include "cell/role_cell_keeper.h"
#include "cell/role_cell_counter.h"
#include "cell/role_cell_front.h"
#include "cell/role_cell_gateway.h"
#include "cell/role_relay_courier.h"
#include "cell/role_relay_front.h"
#include "cell/role_scan_worker.h"
#include "centre/role_centre_clerk.h"
#include "centre/role_centre_front.h"
#include "centre/role_centre_librarian.h"
#include "centre/role_centre_porter.h"
#include "centre/role_centre_prover.h"
#include "centre/role_centre_reader.h"
#include "custody/role_agent_front.h"
#include "custody/role_agent_holder.h"
#include "ledger/role_courier.h"
#include "ledger/role_feeder.h"
#include "ledger/role_ledger_front.h"
#include "ledger/role_mirror_front.h"
#include "ledger/role_mirror_signer.h"
#include "ledger/role_sequencer.h"
#include "ledger/role_signer.h"
#include "ledger/role_witness_front.h"
#include "ledger/role_witness_signer.h"
#include "line/role_rules.h"
#include "role/role.h"

static const struct vt_role_row roles[] = {
    { VT_ROLE_SIGNER, vt_role_signer, &vt_signer_rights },
    { VT_ROLE_LEDGER_FRONT, vt_role_ledger_front, &vt_ledger_front_rights },
    { VT_ROLE_SEQUENCER, vt_role_sequencer, &vt_sequencer_rights },
    { VT_ROLE_COURIER, vt_role_courier, &vt_courier_rights },
    { VT_ROLE_FEEDER, vt_role_feeder, &vt_feeder_rights },
    { VT_ROLE_WITNESS_FRONT, vt_role_witness_front, &vt_witness_front_rights },
    { VT_ROLE_WITNESS_SIGNER, vt_role_witness_signer, &vt_witness_signer_rights },
    { VT_ROLE_MIRROR_FRONT, vt_role_mirror_front, &vt_mirror_front_rights },
    { VT_ROLE_MIRROR_SIGNER, vt_role_mirror_signer, &vt_mirror_signer_rights },
    { VT_ROLE_RULES, vt_role_rules, &vt_rules_rights },
    { VT_ROLE_RELAY_FRONT, vt_role_relay_front, &vt_relay_front_rights },
    { VT_ROLE_RELAY_COURIER, vt_role_relay_courier, &vt_relay_courier_rights },
    { VT_ROLE_CELL_KEEPER, vt_role_cell_keeper, &vt_cell_keeper_rights },
    { VT_ROLE_CELL_FRONT, vt_role_cell_front, &vt_cell_front_rights },
    { VT_ROLE_CELL_GATEWAY, vt_role_cell_gateway, &vt_cell_gateway_rights },
    { VT_ROLE_SCAN_WORKER, vt_role_scan_worker, &vt_scan_worker_rights },
    { VT_ROLE_SCAN_PROBE, vt_role_scan_probe, &vt_scan_worker_rights },
    { VT_ROLE_CENTRE_FRONT, vt_role_centre_front, &vt_centre_front_rights },
    { VT_ROLE_CENTRE_CLERK, vt_role_centre_clerk, &vt_centre_clerk_rights },
    { VT_ROLE_CENTRE_READER, vt_role_centre_reader, &vt_centre_reader_rights },
    { VT_ROLE_CENTRE_PORTER, vt_role_centre_porter, &vt_centre_porter_rights },
    { VT_ROLE_CENTRE_LIBRARIAN, vt_role_centre_librarian, &vt_centre_librarian_rights },
    { VT_ROLE_CENTRE_PROVER, vt_role_centre_prover, &vt_centre_prover_rights },
    { VT_ROLE_AGENT_FRONT, vt_role_agent_front, &vt_agent_front_rights },
    { VT_ROLE_AGENT_HOLDER, vt_role_agent_holder, &vt_agent_holder_rights },
    { VT_ROLE_CELL_COUNTER, vt_role_cell_counter, &vt_cell_counter_rights },
    { NULL, NULL, NULL },
};

int vt_cli_role(const char *name)
{
    return vt_role_main(roles, name);
}
