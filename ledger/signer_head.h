/* What the signer knows and checks, whichever process it runs in: the last head it signed,
 * kept durably, and the rule by which a new one may follow.  Private to the signer. */
#ifndef VT_LEDGER_SIGNER_HEAD_H
#define VT_LEDGER_SIGNER_HEAD_H

#include "base/base.h"
#include "ledger/signer.h"
#include "store/disk.h"

#define VT_SIGNER_FOLDER "signer" /* below the ledger's folder */

struct vt_signer_state {
    struct vt_disk *disk; /* the signer's own folder; owned */
    vt_slice origin;      /* borrowed from whoever opened the state */
    struct vt_head head;
};

/* The path of the signer's folder; in the arena. */
const char *vt_signer_folder(struct vt_arena *arena, const char *dir);

/* Open the folder and read the head.
 * Errors: VT_REJECTED the head is missing, damaged, or another log's
 *         VT_IO */
VT_CHECKED bool vt_signer_state_open(const char *folder, vt_slice origin,
                                     struct vt_signer_state *out, struct vt_error *err);
void vt_signer_state_close(struct vt_signer_state *state);

/* The place of the key that signs beside the log's own while keys are changed; *where_out
 * NULL: none.  In the arena.
 * Errors: VT_MALFORMED; VT_IO */
VT_CHECKED bool vt_signer_next_read(struct vt_disk *disk, struct vt_arena *arena,
                                    const char **where_out, struct vt_error *err);

/* Does `head` grow out of the last head?  If so it is the last head now, durably, and
 * body_out gets the checkpoint's text, which may be signed.
 * Errors: VT_REJECTED it does not; VT_IO */
VT_CHECKED bool vt_signer_state_advance(struct vt_signer_state *state,
                                        const struct vt_head *head, const vt_hash *proof,
                                        size_t count, struct vt_buf *body_out,
                                        struct vt_error *err);

#endif
