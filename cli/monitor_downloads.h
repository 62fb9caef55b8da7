/* vitrine monitor run --downloads. */
#ifndef VT_CLI_MONITOR_DOWNLOADS_H
#define VT_CLI_MONITOR_DOWNLOADS_H

#include "cli/cli.h"
#include "evidence/trust.h"
#include "ledger/monitor.h"

struct vt_cli_downloads {
    struct vt_args *args;   /* --downloads */
    struct vt_trust *trust; /* owned; NULL: there is none */
    int64_t withheld_s;
    struct vt_monitor *monitor; /* of the round */
};

/* Reads --trust, if there is one; the trust root's release ledger must be among those that
 * are followed.  Errors: misuse, and those of the trust root */
VT_CHECKED bool vt_cli_downloads_read(struct vt_args *args, const struct vt_policy *policy,
                                      struct vt_cli_downloads *out, struct vt_error *err);
void vt_cli_downloads_clear(struct vt_cli_downloads *downloads);

/* One look at all of them. */
VT_CHECKED bool vt_cli_downloads_look(struct vt_cli_downloads *downloads,
                                      struct vt_monitor *monitor, int64_t now_unix_s,
                                      struct vt_error *err);

#endif
