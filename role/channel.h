/* Messages between two of our processes over a SOCK_SEQPACKET pair: a type and a body of at
 * most VT_MESSAGE_BYTES_MAX.  Each side distrusts the other: lengths are checked, and what
 * a body means is checked again by whoever acts on it. */
#ifndef VT_ROLE_CHANNEL_H
#define VT_ROLE_CHANNEL_H

#include "base/base.h"

#define VT_MESSAGE_BYTES_MAX VT_KIB(96)
/* The type of an answer that carries a vt_error; requests and other answers use types
 * below it. */
#define VT_MESSAGE_ERROR 0xffff

struct vt_channel {
    int fd;
    struct vt_buf in; /* the last message received */
};

struct vt_message {
    uint16_t type;
    vt_slice body; /* borrowed from the channel until the next receive */
};

struct vt_channel vt_channel_init(int fd); /* takes fd */
void vt_channel_clear(struct vt_channel *channel);
/* Two connected ends. */
VT_CHECKED bool vt_channel_pair(struct vt_channel *a_out, struct vt_channel *b_out,
                                struct vt_error *err);

/* If the other side does not read, this waits, at most half a minute.
 * Errors: VT_LIMIT  body too long, or the other side did not read for so long
 *         VT_ABSENT the other side is gone
 *         VT_IO */
VT_CHECKED bool vt_channel_send(const struct vt_channel *channel, uint16_t type,
                                vt_slice body, struct vt_error *err);
/* Append the body of such an answer. */
void vt_channel_write_error(const struct vt_error *failure, struct vt_buf *out);
VT_CHECKED bool vt_channel_send_error(const struct vt_channel *channel,
                                      const struct vt_error *failure, struct vt_error *err);
/* As send, and never waits: *is_sent_out is false if the other side has read too little of
 * what came before.  Errors: VT_LIMIT body too long; VT_ABSENT; VT_IO */
VT_CHECKED bool vt_channel_try_send(const struct vt_channel *channel, uint16_t type,
                                    vt_slice body, bool *is_sent_out, struct vt_error *err);
/* timeout_ms: -1 waits for ever.
 * Errors: VT_ABSENT the other side is gone; VT_LIMIT the time is over; VT_MALFORMED; VT_IO
 */
VT_CHECKED bool vt_channel_receive(struct vt_channel *channel, int64_t timeout_ms,
                                   struct vt_message *out, struct vt_error *err);

/* A message that is not the one that was waited for: the error that the other side told
 * (its words are only shown, never acted on; a code that does not exist is VT_IO), or
 * VT_MALFORMED.  Always false. */
bool vt_channel_fail_with(const struct vt_message *message, struct vt_error *err);

/* Send a request and wait for its answer.  An answer of type VT_MESSAGE_ERROR becomes this
 * call's failure; an answer of another type than answer_type is VT_MALFORMED. */
VT_CHECKED bool vt_channel_call(struct vt_channel *channel, uint16_t type, vt_slice body,
                                uint16_t answer_type, int64_t timeout_ms, vt_slice *answer,
                                struct vt_error *err);

/* Bytes of any length, in pieces, an empty piece at the end. */
VT_CHECKED bool vt_channel_send_blob(const struct vt_channel *channel, uint16_t type,
                                     vt_slice bytes, struct vt_error *err);
/* Appends to out; VT_LIMIT beyond out->bytes_max.  An error message in between fails with
 * that error. */
VT_CHECKED bool vt_channel_receive_blob(struct vt_channel *channel, uint16_t type,
                                        int64_t timeout_ms, struct vt_buf *out,
                                        struct vt_error *err);

#endif
