/* vitrine monitor run --trust: the heads of cells whose ledgers are followed. */
#ifndef VT_CLI_MONITOR_HEADS_H
#define VT_CLI_MONITOR_HEADS_H

#include "cli/cli.h"
#include "evidence/trust.h"
#include "ledger/monitor.h"

/* Judge each head that came since the last look, in every ledger of heads that the trust
 * root names and the policy has with a URL; what no client should take is found as "head".
 * How far it came stands in DIR/heads/SHA256-OF-ORIGIN.
 * Errors: VT_REJECTED the release ledger is not followed, so that nobody can say what was
 *                     authorised; those of the monitor */
VT_CHECKED bool vt_cli_heads_look(const struct vt_trust *trust,
                                  const struct vt_policy *policy,
                                  struct vt_monitor *monitor, struct vt_error *err);
/* Has the policy a URL for that log? */
bool vt_cli_is_followed(const struct vt_policy *policy, vt_slice origin);

#endif
