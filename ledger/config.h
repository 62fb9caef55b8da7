/* config.json and policy.txt: what a ledger is, written once when it is made.
 *
 *   {"entries":"any","key":"log.key","origin":"log.example","v":1,"vkey":"log.example+..."}
 *
 * With a "use" (ledger/use.h) that decides what "entries" must say.
 * While keys are changed there is also "next", the vkey of the next key; in a log that
 * continues another one, "predecessor", that one's vkey. */
#ifndef VT_LEDGER_CONFIG_H
#define VT_LEDGER_CONFIG_H

#include "base/base.h"
#include "ledger/ledger.h"
#include "store/disk.h"

#define VT_LEDGER_CONFIG_NAME "config.json"
#define VT_LEDGER_POLICY_NAME "policy.txt"

/* Is it whole and does it fit together: origin, vkey of that name and type 1, policy that
 * lists that vkey among its logs?
 * Errors: VT_MALFORMED */
VT_CHECKED bool vt_ledger_config_verify(const struct vt_ledger_config *config,
                                        struct vt_error *err);

/* Write both files durably, config.json last: from then on the folder is a ledger. */
VT_CHECKED bool vt_ledger_config_write(struct vt_disk *disk,
                                       const struct vt_ledger_config *config,
                                       struct vt_error *err);
/* The same, in place of what is there. */
VT_CHECKED bool vt_ledger_config_replace(struct vt_disk *disk,
                                         const struct vt_ledger_config *config,
                                         struct vt_error *err);
/* The texts live in the arena.
 * Errors: VT_MALFORMED; VT_IO, also where there is no ledger */
VT_CHECKED bool vt_ledger_config_read(struct vt_disk *disk, struct vt_arena *arena,
                                      struct vt_ledger_config *out, struct vt_error *err);

#endif
