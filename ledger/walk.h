/* Every entry of a log, in order and none left out: for those who ask what is true by all
 * that was said, where one entry that is kept back would change the answer.  The look-up
 * index (ledger/lookup.h) is quicker, and can hide. */
#ifndef VT_LEDGER_WALK_H
#define VT_LEDGER_WALK_H

#include "base/base.h"
#include "ledger/remote.h"

/* Hand each of the first head->size entries to `each`.  True: those were all of them, and
 * the tree over them has the root head->root.  Before that nothing that `each` saw is to be
 * believed.  False from `each` (with err) ends it.
 * Errors: VT_REJECTED they have another root, or a bundle is cut short; VT_ABSENT one is
 *         missing (or pruned); VT_LIMIT, VT_IO */
VT_CHECKED bool vt_walk_entries(struct vt_remote *remote, const struct vt_head *head,
                                bool (*each)(void *context, uint64_t index, vt_slice entry,
                                             struct vt_error *err),
                                void *context, struct vt_error *err);

/* One entry alone, held against the root.  Appended.
 * Errors: VT_ABSENT no such index; the others as above */
VT_CHECKED bool vt_walk_entry(struct vt_remote *remote, const struct vt_head *head,
                              uint64_t index, struct vt_buf *out, struct vt_error *err);

#endif
