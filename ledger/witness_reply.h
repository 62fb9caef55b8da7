/* The witness's side of HTTP, without a socket: from a request's body to the question that
 * the signer judges, and from its verdict to status and text.
 * Spec: C2SP tlog-witness, "add-checkpoint" and "Monitor Retrieval Mechanism" */
#ifndef VT_LEDGER_WITNESS_REPLY_H
#define VT_LEDGER_WITNESS_REPLY_H

#include "base/base.h"
#include "ledger/witness_judge.h"

struct vt_witness_reply {
    int status;
    const char *content_type;
    struct vt_buf body; /* owned */
};

void vt_witness_reply_clear(struct vt_witness_reply *reply);
#define VT_AUTO_WITNESS_REPLY                                                              \
    __attribute__((cleanup(vt_witness_reply_clear))) struct vt_witness_reply

/* Take a body of add-checkpoint apart.  True: `question` is to be judged.  False: `reply`
 * says why not (400, 403, 404).  The log's signature is checked here already, so that a
 * flood of rubbish does not reach the signer, which will check again. */
VT_CHECKED bool vt_witness_read_question(const struct vt_witness_config *config,
                                         vt_slice body,
                                         struct vt_witness_question *question,
                                         struct vt_witness_reply *reply);

/* What is answered to a verdict.  vkey: the witness's. */
void vt_witness_write_reply(const struct vt_vkey *vkey,
                            const struct vt_witness_verdict *verdict,
                            struct vt_witness_reply *reply);

/* Append the checkpoint that was cosigned last, with the log's signature and ours.  Nothing
 * is appended when the log's key is not configured any more. */
void vt_witness_write_checkpoint(const struct vt_vkey *vkey,
                                 const struct vt_witness_log *log,
                                 const struct vt_witness_seen *seen, struct vt_buf *out);

/* "/HASH/checkpoint" (64 lower-case hex digits). */
VT_CHECKED bool vt_witness_path_parse(vt_slice path, vt_hash *log_out);

#endif
