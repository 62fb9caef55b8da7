/* A Centre's sealed record, held against its heads on the ledger. */
#ifndef VT_CLI_CENTRE_SEAL_H
#define VT_CLI_CENTRE_SEAL_H

#include "centre/sealed.h"
#include "cli/supervision.h"
#include "custody/seal_head.h"

struct vt_cli_seal_check {
    struct vt_seal_heads heads;
    size_t next;      /* the first that was not found yet */
    uint64_t records; /* that were seen */
};

/* The next record, from the first one on. */
void vt_cli_seal_check_see(struct vt_cli_seal_check *check,
                           const struct vt_sealed_frame *frame);
/* After the last record: are all heads in it?
 * Errors: VT_REJECTED: which one is not */
VT_CHECKED bool vt_cli_seal_check_holds(const struct vt_cli_seal_check *check,
                                        struct vt_error *err);

#endif
