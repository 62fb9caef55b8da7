/* What lists of withdrawals say to each other. */
#ifndef VT_CLI_MONITOR_LISTS_H
#define VT_CLI_MONITOR_LISTS_H

#include "evidence/trust.h"
#include "ledger/monitor.h"

/* Hold the lists in the copy of the trust root's release ledger against each other, if it
 * is one of those that are followed: "list" where two have one number, one comes behind a
 * higher one, or one gives back what was withdrawn.  Errors: VT_REJECTED, VT_IO */
VT_CHECKED bool vt_cli_lists_look(const struct vt_trust *trust,
                                  const struct vt_policy *policy,
                                  struct vt_monitor *monitor, struct vt_error *err);

#endif
