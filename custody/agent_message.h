/* What the processes of a key agent say to each other; writer and reader of each message
 * stand in one file.  BEGIN and READY are those of ledger/serve_message.h.
 *
 *   front -> holder   ASK, then an ask in pieces        holder -> front   a reply in pieces
 *   front -> holder   QUESTION, then it in pieces       holder -> front   a reply in pieces
 *   front -> holder   HAND, then it in pieces           holder -> front   a reply in pieces
 *   front -> holder   COUNT                             holder -> front   a reply in pieces
 *
 * One is under way at a time. */
#ifndef VT_CUSTODY_AGENT_MESSAGE_H
#define VT_CUSTODY_AGENT_MESSAGE_H

#include "custody/agent.h"
#include "role/channel.h"

enum {
    VT_AGENT_ASK = 32,
    VT_AGENT_COUNT,
    VT_AGENT_PIECE,
    VT_AGENT_QUESTION,
    VT_AGENT_HAND
};

#define VT_AGENT_REPLY_BYTES_MAX VT_MIB(2)

/* Ask or question, as bytes.  Errors: those of vt_channel_send */
VT_CHECKED bool vt_agent_send(const struct vt_channel *channel, uint16_t type,
                              vt_slice bytes, struct vt_error *err);
VT_CHECKED bool vt_agent_send_reply(const struct vt_channel *channel,
                                    const struct vt_agent_reply *reply,
                                    struct vt_error *err);
/* Wait for a reply; ends with vt_agent_reply_clear.  Errors: those of vt_channel_receive */
VT_CHECKED bool vt_agent_receive_reply(struct vt_channel *channel, int64_t timeout_ms,
                                       struct vt_agent_reply *out, struct vt_error *err);

/* The reply as bytes; exact inverses.  The alarm is not sent: the holder says it. */
void vt_agent_reply_write(struct vt_buf *out, const struct vt_agent_reply *reply);
VT_CHECKED bool vt_agent_reply_read(vt_slice bytes, struct vt_agent_reply *out);

#endif
