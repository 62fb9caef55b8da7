/* What the cell's front and the holder of its gateway's key say to each other; writer and
 * reader of a message stand in one file.  BEGIN and READY are those of
 * ledger/serve_message.h.
 *
 *   front -> holder  OPEN (a sealed request)   holder -> front  OPENED (plain), or REFUSED
 *   front -> holder  SEAL (a plain answer)     holder -> front  SEALED
 *
 * Each message of the front is answered by one; at most VT_GATEWAY_UNANSWERED_MAX of them
 * wait for that, so neither ever waits to send.  `place` is the front's: the holder keeps
 * what it needs to seal an answer under it, until SEAL or the next OPEN there. */
#ifndef VT_CELL_GATEWAY_MESSAGE_H
#define VT_CELL_GATEWAY_MESSAGE_H

#include "role/channel.h"

enum {
    VT_GATEWAY_OPEN = 48,
    VT_GATEWAY_SEAL,
    VT_GATEWAY_OPENED,
    VT_GATEWAY_REFUSED,
    VT_GATEWAY_SEALED,
};

enum {
    VT_GATEWAY_PLACES_MAX = 128, /* requests under way at once */
    VT_GATEWAY_UNANSWERED_MAX = 2,
};

#define VT_GATEWAY_BYTES_MAX                                                               \
    (VT_KIB(64) + 256) /* a plain answer, sealed, and its place                            \
                        */

/* All messages: a place and bytes (REFUSED: none).  The slice points into body. */
VT_CHECKED bool vt_gateway_send(const struct vt_channel *channel, uint16_t type,
                                uint32_t place, vt_slice bytes, struct vt_error *err);
VT_CHECKED bool vt_gateway_read(vt_slice body, uint32_t *place_out, vt_slice *bytes_out);

#endif
