/* One witness's view of one log: asked for, and the largest one remembered.  Private to
 * ledger/ (ledger/views.h is what others use). */
#ifndef VT_LEDGER_VIEW_H
#define VT_LEDGER_VIEW_H

#include "base/base.h"
#include "ledger/policy.h"
#include "ledger/remote.h"
#include "ledger/signer.h"
#include "ledger/tlog_proof.h"
#include "store/disk.h"

struct vt_view {
    const char *file;        /* where it is remembered */
    struct vt_policy *alone; /* the policy with this witness as its quorum */
    vt_slice origin;
    struct vt_remote *remote; /* owned */
    /* The largest that was seen; note empty: none. */
    struct vt_buf note; /* owned */
    struct vt_head head;
    int64_t time_unix_s; /* of its cosignature */
    uint64_t pending;    /* the log was to show this size; 0: nothing is waited for */
    int64_t since_unix_s;
};

/* prefix and policy: borrowed; what is made lives in the arena, but for what
 * vt_view_clear frees. */
void vt_view_init(struct vt_view *view, struct vt_arena *arena,
                  const struct vt_policy *policy, size_t witness, vt_slice origin,
                  const char *prefix);
void vt_view_clear(struct vt_view *view);

/* What was remembered, if it is still signed by keys of the policy.
 * Errors: VT_MALFORMED the file is damaged; VT_IO */
VT_CHECKED bool vt_view_recall(struct vt_view *view, struct vt_disk *disk,
                               struct vt_error *err);
/* What the witness shows now; appended.  Errors: those of vt_remote_checkpoint */
VT_CHECKED bool vt_view_ask(struct vt_view *view, struct vt_buf *note_out,
                            struct vt_head *head_out, struct vt_error *err);
/* Take what it shows (empty: it did not answer) if that is larger, and see whether the log,
 * of which we hold held_size entries, has shown what we waited for.  Durable.
 * Errors: VT_IO */
VT_CHECKED bool vt_view_remember(struct vt_view *view, vt_slice shown, uint64_t held_size,
                                 int64_t now_unix_s, struct vt_disk *disk,
                                 struct vt_error *err);

#endif
