/* The bytes of one sealed record (centre/sealed.h says what they are for).  All have one
 * length, so what was read does not show by it.
 *
 *   frame   "VTSD" || deed || 3 zeros || u64 number || u64 settled || u64 time (ms)
 *           || session (16) || invitation (32) || age file (840) || zeros || chain (32)
 *   plain   u64 number || session (16) || is refused || u16 length || question || zeros
 *   chain   SHA-256("vitrine/sealed-chain/v1\n" || chain before || frame before the chain)
 *
 * The plain bytes repeat number and session: a body that was moved to another frame shows
 * when it is opened. */
#ifndef VT_CENTRE_SEALED_FRAME_H
#define VT_CENTRE_SEALED_FRAME_H

#include "crypto/age_key.h"

enum {
    VT_SEALED_FRAME_BYTES = 1024,
    VT_SEALED_PLAIN_BYTES = 640,
    VT_SEALED_AGE_BYTES = 840,
    VT_SEALED_SESSION_BYTES = 16,
    VT_SEALED_QUESTION_BYTES_MAX = VT_SEALED_PLAIN_BYTES - 27,
};

enum vt_sealed_deed {
    VT_SEALED_OPENED = 1, /* a session began */
    VT_SEALED_ASKED,      /* something was asked in it */
    VT_SEALED_CLOSED,     /* it is over */
    VT_SEALED_TAKEN,      /* something left through the gate, or was refused there */
    VT_SEALED_DEEDS,
};

const char *vt_sealed_deed_name(enum vt_sealed_deed deed); /* "opened" ... */

/* What everybody may see who has the file. */
struct vt_sealed_frame {
    enum vt_sealed_deed deed;
    uint64_t number;  /* from 1, no gap */
    uint64_t settled; /* so many were durable when this one was made */
    int64_t time_unix_ms;
    uint8_t session[VT_SEALED_SESSION_BYTES];
    vt_hash invitation; /* digest of its payload */
    vt_slice age;       /* when read; borrowed */
    vt_hash chain;      /* when read: as it says */
};

/* What the foundation sees. */
struct vt_sealed_words {
    bool is_refused; /* it was asked, and not answered */
    /* centre/source_question.h, or of notes centre/remark_record.h; may be empty */
    vt_slice question;
};

/* Append the frame, with `words` sealed to the recipient; *chain: of the frame before, then
 * of this one.  words->question: at most VT_SEALED_QUESTION_BYTES_MAX.
 * Errors: VT_REJECTED nobody can hold the key of such a recipient; VT_IO; VT_LIMIT */
VT_CHECKED bool vt_sealed_frame_write(struct vt_buf *out, const struct vt_env *env,
                                      const struct vt_age_recipient *recipient,
                                      const struct vt_sealed_frame *frame,
                                      const struct vt_sealed_words *words, vt_hash *chain,
                                      struct vt_error *err);
/* Is this a frame?  Whether its chain is right is not looked at. */
VT_CHECKED bool vt_sealed_frame_read(vt_slice bytes, struct vt_sealed_frame *out);
/* The chain that a frame of these bytes must bear. */
vt_hash vt_sealed_chain(const vt_hash *before, vt_slice bytes);

/* Open it.  plain: where the question lies afterwards.
 * Errors: VT_ABSENT sealed to somebody else; VT_REJECTED, VT_MALFORMED changed, or another
 *         frame's; VT_IO */
VT_CHECKED bool vt_sealed_frame_open(const struct vt_age_identity *identity,
                                     const struct vt_sealed_frame *frame,
                                     struct vt_buf *plain, struct vt_sealed_words *out,
                                     struct vt_error *err);

#endif
