/* A ledger's folder as everybody may read it, while its writer goes on: the published
 * checkpoint and the tiles under it, no lock, nothing written. */
#ifndef VT_LEDGER_READER_H
#define VT_LEDGER_READER_H

#include "base/base.h"
#include "ledger/ledger.h"

struct vt_ledger_reader; /* an open folder and the checkpoint that it had then */

/* Opens the folder and reads its config and checkpoint, whose signature by the log is
 * checked.  Returned, end with vt_ledger_reader_close.
 * Errors: VT_REJECTED  the checkpoint is not this log's
 *         VT_MALFORMED config, policy or checkpoint
 *         VT_IO        also where there is no ledger */
VT_CHECKED bool vt_ledger_reader_open(const char *dir, struct vt_ledger_reader **out,
                                      struct vt_error *err);
/* A copy of a log, which has no config (vitrine ledger mirror): a log of this origin in the
 * policy must have signed its checkpoint.  The policy is borrowed, and so is what the
 * config says.
 * Errors: VT_REJECTED  the checkpoint is not this log's
 *         VT_MALFORMED, VT_IO, also where there is no checkpoint */
VT_CHECKED bool vt_ledger_reader_open_copy(const char *dir, const struct vt_policy *policy,
                                           vt_slice origin, struct vt_ledger_reader **out,
                                           struct vt_error *err);
void vt_ledger_reader_close(struct vt_ledger_reader *reader);
void vt_ledger_reader_close_pointer(struct vt_ledger_reader **reader);
#define VT_AUTO_LEDGER_READER                                                              \
    __attribute__((cleanup(vt_ledger_reader_close_pointer))) struct vt_ledger_reader *

const struct vt_ledger_config *vt_ledger_reader_config(const struct vt_ledger_reader *r);
/* The policy by which checkpoints of this log are judged: that of policy.txt, or its own
 * key and no witnesses. */
const struct vt_policy *vt_ledger_reader_policy(const struct vt_ledger_reader *r);
/* The published checkpoint; empty when nothing was published yet. */
vt_slice vt_ledger_reader_checkpoint(const struct vt_ledger_reader *r);
struct vt_head vt_ledger_reader_head(const struct vt_ledger_reader *r);

/* In the published tree.  Errors: VT_ABSENT, VT_REJECTED changed bytes, VT_IO */
VT_CHECKED bool vt_ledger_reader_find(struct vt_ledger_reader *r, vt_slice entry,
                                      uint64_t *index_out, struct vt_error *err);
VT_CHECKED bool vt_ledger_reader_read(struct vt_ledger_reader *r, uint64_t index,
                                      struct vt_buf *entry_out, struct vt_error *err);
/* Append a tlog-proof; it was checked against the checkpoint's root. */
VT_CHECKED bool vt_ledger_reader_prove(struct vt_ledger_reader *r, uint64_t index,
                                       struct vt_buf *proof_out, struct vt_error *err);

#endif
