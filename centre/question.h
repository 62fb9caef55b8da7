/* What can be asked of a ledger, as a path of the API.  One question has one spelling.
 * Pure.
 *
 *   /api/v1/ledgers/NAME/checkpoint        the signed checkpoint, verbatim
 *   /api/v1/ledgers/NAME/entries/FROM      what the entries FROM to FROM + 31 are
 *   /api/v1/ledgers/NAME/entry/INDEX       the entry's bytes
 *   /api/v1/ledgers/NAME/proof/INDEX       a tlog-proof of it
 *   /api/v1/ledgers/NAME/consistency/SIZE  that the tree of SIZE entries is its beginning
 */
#ifndef VT_CENTRE_QUESTION_H
#define VT_CENTRE_QUESTION_H

#include "base/base.h"

#define VT_QUESTION_PREFIX         "/api/v1/ledgers/"
#define VT_QUESTION_NAME_BYTES_MAX 64
#define VT_QUESTION_ENTRIES        32 /* in one answer about entries */
#define VT_QUESTION_PATH_BYTES_MAX 160

enum vt_question_kind {
    VT_ASK_CHECKPOINT,
    VT_ASK_ENTRIES,
    VT_ASK_ENTRY,
    VT_ASK_PROOF,
    VT_ASK_CONSISTENCY,
    VT_ASK_KINDS,
};

struct vt_ledger_question {
    enum vt_question_kind kind;
    vt_slice ledger; /* name of its folder; see vt_ledger_name_is_good */
    uint64_t number; /* index, or size; 0 for a checkpoint; at most 2^53 - 1 */
};

/* 1 to 64 of a-z, 0-9, '-', '_' and '.', not beginning with '.'. */
bool vt_ledger_name_is_good(vt_slice name);

/* The slice points into path.  Errors: VT_MALFORMED */
VT_CHECKED bool vt_ledger_question_parse(vt_slice path, struct vt_ledger_question *out,
                                         struct vt_error *err);
/* The exact inverse: append the path. */
void vt_ledger_question_write(const struct vt_ledger_question *question,
                              struct vt_buf *out);

#endif
