/* The body of a checkpoint: what a log signs about its tree.  Pure.
 * Spec: C2SP tlog-checkpoint v1.0.0 */
#ifndef VT_LEDGER_CHECKPOINT_H
#define VT_LEDGER_CHECKPOINT_H

#include "base/base.h"
#include "crypto/sha256.h"

struct vt_checkpoint {
    vt_slice origin;     /* not empty; identifies the log */
    uint64_t size;       /* entries in the tree */
    vt_hash root;        /* of that tree; not compared with the empty root when size is 0 */
    vt_slice extensions; /* further lines, each with its '\n'; normally empty */
};

/* The body is a note's text: origin, size and root, a line each, then extension lines that
 * are not empty.  Strict: UTF-8 without control bytes, one spelling of each number, a root
 * of 32 bytes, a last newline.  Slices in *out point into `body`.
 * Errors: VT_MALFORMED
 * Spec:   tlog-checkpoint, "Note text" */
VT_CHECKED bool vt_checkpoint_parse(vt_slice body, struct vt_checkpoint *out,
                                    struct vt_error *err);

/* The exact inverse: appends the body. */
void vt_checkpoint_write(struct vt_buf *out, const struct vt_checkpoint *checkpoint);

#endif
