/* Messages that wait until the other side reads.  Whoever serves several may not wait for
 * one of them: what does not go at once is kept here, in order, and goes when poll says
 * that there is room. */
#ifndef VT_ROLE_OUTBOX_H
#define VT_ROLE_OUTBOX_H

#include "role/channel.h"

struct vt_outbox {
    struct vt_buf waiting; /* type, length and body of each */
    size_t at;             /* what is before it was sent */
    int64_t moved_ms;      /* when something went last */
};

struct vt_outbox vt_outbox_init(size_t bytes_max);
void vt_outbox_clear(struct vt_outbox *outbox);
bool vt_outbox_is_empty(const struct vt_outbox *outbox);
/* For how long has the other side read nothing of what waits?  0 if nothing does. */
int64_t vt_outbox_waits_ms(const struct vt_outbox *outbox);

/* Errors: VT_LIMIT a body too long, or more than bytes_max would wait; VT_ABSENT; VT_IO */
VT_CHECKED bool vt_outbox_send(struct vt_outbox *outbox, const struct vt_channel *channel,
                               uint16_t type, vt_slice body, struct vt_error *err);
VT_CHECKED bool vt_outbox_send_error(struct vt_outbox *outbox,
                                     const struct vt_channel *channel,
                                     const struct vt_error *failure, struct vt_error *err);
/* Send what goes now.  Errors: VT_ABSENT, VT_IO */
VT_CHECKED bool vt_outbox_flush(struct vt_outbox *outbox, const struct vt_channel *channel,
                                struct vt_error *err);

#endif
