/* What the relay's processes say to each other; writer and reader of each message stand in
 * one file.  BEGIN and READY are those of ledger/serve_message.h.
 *
 *   front   -> courier  FORWARD (a sealed request)        courier -> front  TAKEN
 *                                                         courier -> front  ANSWER
 *
 * Each FORWARD is answered by one TAKEN, as soon as it was read, and one ANSWER.  The front
 * lets VT_RELAY_UNTAKEN_MAX of them wait in the channel and no more, so it never waits to
 * send while the courier does. */
#ifndef VT_CELL_RELAY_MESSAGE_H
#define VT_CELL_RELAY_MESSAGE_H

#include "role/channel.h"

enum { VT_RELAY_FORWARD = 32, VT_RELAY_TAKEN, VT_RELAY_ANSWER };

#define VT_RELAY_BYTES_MAX   VT_KIB(64) /* of a sealed request or response */
#define VT_RELAY_UNTAKEN_MAX 2
#define VT_RELAY_PENDING_MAX 256 /* requests under way at once */

/* FORWARD: the place in the front's table, the bytes.
 * Errors: those of vt_channel_send */
VT_CHECKED bool vt_relay_send_forward(const struct vt_channel *channel, uint32_t place,
                                      vt_slice bytes, struct vt_error *err);
VT_CHECKED bool vt_relay_forward_read(vt_slice body, uint32_t *place_out,
                                      vt_slice *bytes_out);
VT_CHECKED bool vt_relay_send_taken(const struct vt_channel *channel, uint32_t place,
                                    struct vt_error *err);
VT_CHECKED bool vt_relay_taken_read(vt_slice body, uint32_t *place_out);

struct vt_relay_answer {
    uint32_t place;
    uint16_t status; /* of HTTP; 200 with bytes, all others without */
    vt_slice bytes;
};

VT_CHECKED bool vt_relay_send_answer(const struct vt_channel *channel,
                                     const struct vt_relay_answer *answer,
                                     struct vt_error *err);
VT_CHECKED bool vt_relay_answer_read(vt_slice body, struct vt_relay_answer *out);

#endif
