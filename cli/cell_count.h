/* A count/v1 statement in a file. */
#ifndef VT_CLI_CELL_COUNT_H
#define VT_CLI_CELL_COUNT_H

#include "cell/count.h"
#include "cli/cli.h"
#include "evidence/trust.h"

struct vt_cli_count {
    struct vt_buf bytes;
    struct vt_envelope envelope;
    struct vt_counts counts;
    vt_hash digest; /* of its payload: what the next one names */
};
void vt_cli_count_clear(struct vt_cli_count *count);
#define VT_AUTO_CLI_COUNT __attribute__((cleanup(vt_cli_count_clear))) struct vt_cli_count

/* What is in count->bytes.  Errors: VT_MALFORMED */
VT_CHECKED bool vt_cli_count_parse(struct vt_cli_count *count, struct vt_error *err);
/* The file; trust: who may have signed it; NULL: whoever.
 * Errors: VT_MALFORMED; VT_REJECTED who signed it; those of reading */
VT_CHECKED bool vt_cli_count_read(struct vt_args *args, const char *path,
                                  const struct vt_trust *trust, struct vt_cli_count *out,
                                  struct vt_error *err);

#endif
