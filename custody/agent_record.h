/* The bytes of one record of a key agent (custody/agent_store.h draws the frame).  Private
 * to custody/. */
#ifndef VT_CUSTODY_AGENT_RECORD_H
#define VT_CUSTODY_AGENT_RECORD_H

#include "custody/agent_store.h"

enum {
    VT_AGENT_FRAME_ALIGN = 64,
    VT_AGENT_FRAME_HEAD = 12,
    VT_AGENT_CHECK_BYTES = 16,
};

/* Append the frame of the record at place `at`, behind a record with chain *chain, which
 * becomes the new one.  VT_LIMIT. */
VT_CHECKED bool vt_agent_frame_write(struct vt_buf *out, uint64_t at,
                                     const struct vt_agent_record *record, vt_hash *chain,
                                     struct vt_error *err);
/* Is there a whole frame at the beginning of bytes, made for place `at`?  *len_out: with
 * its zeros.  The chain is what it says, and is not checked here. */
bool vt_agent_frame_read(vt_slice bytes, uint64_t at, struct vt_arena *arena,
                         struct vt_agent_record *out, vt_slice *body_out, size_t *len_out);
/* The chain behind a record with this body. */
vt_hash vt_agent_chain(const vt_hash *before, vt_slice body);
/* The length that the frame at the beginning of bytes claims; 0: it does not begin as one.
 */
size_t vt_agent_frame_len(vt_slice head);

#endif
