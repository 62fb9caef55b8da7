/* What a mirror's front and signer say to each other besides what a witness's do (LOG,
 * BEGIN, READY, QUESTIONS, VERDICTS; ledger/witness_message.h); writer and reader of each
 * stand in one file.
 *
 *   front -> signer   STATE (of log number n)               signer -> front   STATE
 *   front -> signer   OPEN (an upload)                      signer -> front   ANSWER
 *   front -> signer   TAKE (of an upload), PIECE ...        signer -> front   ANSWER
 *   front -> signer   END (of an upload)                    signer -> front   ANSWER
 *
 * All fields have a fixed length, but for a package's hashes, which are bounded, and its
 * entries, which come in PIECEs, an empty one at the end. */
#ifndef VT_LEDGER_MIRROR_MESSAGE_H
#define VT_LEDGER_MIRROR_MESSAGE_H

#include "ledger/mirror_host.h"
#include "ledger/witness_message.h"

enum {
    VT_MIRROR_MSG_STATE = 32,
    VT_MIRROR_MSG_OPEN,
    VT_MIRROR_MSG_TAKE,
    VT_MIRROR_MSG_PIECE,
    VT_MIRROR_MSG_END,
    VT_MIRROR_MSG_ANSWER,
};

void vt_mirror_upload_write(struct vt_buf *out, const struct vt_mirror_upload *upload);
VT_CHECKED bool vt_mirror_upload_read(vt_reader *r, struct vt_mirror_upload *out);
/* A TAKE, behind its upload. */
void vt_mirror_take_write(struct vt_buf *out, const struct vt_package_range *range,
                          const struct vt_proof *proof);
VT_CHECKED bool vt_mirror_take_read(vt_reader *r, struct vt_package_range *range,
                                    struct vt_proof *proof);
void vt_mirror_answer_write(struct vt_buf *out, const struct vt_mirror_answer *answer);
VT_CHECKED bool vt_mirror_answer_read(vt_reader *r, struct vt_mirror_answer *out);
void vt_mirror_state_write(struct vt_buf *out, const struct vt_mirror_state *state);
VT_CHECKED bool vt_mirror_state_read(vt_reader *r, struct vt_mirror_state *out);

#endif
