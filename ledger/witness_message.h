/* What the witness's processes say to each other; writer and reader of each message stand
 * in one file.
 *
 *   serve  -> signer   a LOG for each log, then BEGIN             signer -> serve  READY
 *   serve  -> front    a LOG for each log, then BEGIN             front  -> serve  READY
 *   front  -> signer   QUESTIONS (a batch)                        signer -> front  VERDICTS
 *   front  -> signer   SEEN (from number n on)                    signer -> front  SEEN
 *
 * BEGIN and LOG come from the operator's own config; between front and signer every field
 * has a fixed length, but for the number of hashes, which is bounded. */
#ifndef VT_LEDGER_WITNESS_MESSAGE_H
#define VT_LEDGER_WITNESS_MESSAGE_H

#include "base/base.h"
#include "ledger/witness_judge.h"
#include "role/channel.h"

enum {
    VT_WITNESS_MSG_LOG = 1,
    VT_WITNESS_MSG_BEGIN,
    VT_WITNESS_MSG_READY,
    VT_WITNESS_MSG_QUESTIONS,
    VT_WITNESS_MSG_VERDICTS,
    VT_WITNESS_MSG_SEEN,
};

/* ---- from the operator ------------------------------------------------------------------
 */

/* To both; the front is not told the last three. */
struct vt_witness_begin {
    struct vt_vkey vkey; /* its name is the witness's; a signer checks its key against it */
    uint32_t pending_max;     /* questions that may wait in the front */
    uint32_t connections_max; /* of the front */
    vt_slice folder;          /* of the memory */
    vt_slice key;             /* where the key is */
    vt_slice passphrase;
};

void vt_witness_begin_write(struct vt_buf *out, const struct vt_witness_begin *begin);
VT_CHECKED bool vt_witness_begin_parse(vt_slice body, struct vt_witness_begin *out);

void vt_witness_log_write(struct vt_buf *out, const struct vt_witness_log *log);
/* Texts are copied into the arena, and the log becomes part of the config. */
VT_CHECKED bool vt_witness_log_parse(vt_slice body, struct vt_arena *arena,
                                     struct vt_witness_config *config,
                                     struct vt_error *err);

/* Send all of it, and wait for READY. */
VT_CHECKED bool vt_witness_tell(struct vt_channel *channel,
                                const struct vt_witness_begin *begin,
                                const struct vt_witness_config *config,
                                struct vt_error *err);
/* The other side, up to BEGIN, which `take` gets.  begin's texts are copied into the arena,
 * but for the passphrase, which is wiped from the channel when `take` returns. */
VT_CHECKED bool vt_witness_listen(
    struct vt_channel *channel, struct vt_arena *arena,
    bool (*take)(void *context, const struct vt_witness_begin *begin, struct vt_error *err),
    void *context, struct vt_witness_config *config, struct vt_error *err);

/* ---- between front and signer -----------------------------------------------------------
 */

/* At most so long; a batch is as many as fit into a message. */
#define VT_WITNESS_QUESTION_BYTES_MAX                                                      \
    (32 + 8 + 8 + 32 + 4 + 64 + 1 + VT_PROOF_HASHES_MAX * VT_SHA256_BYTES)
#define VT_WITNESS_BATCH_MAX 512

void vt_witness_question_write(struct vt_buf *out, const struct vt_witness_question *q);
VT_CHECKED bool vt_witness_question_read(vt_reader *r, struct vt_witness_question *out);
void vt_witness_verdict_write(struct vt_buf *out, const struct vt_witness_verdict *v);
VT_CHECKED bool vt_witness_verdict_read(vt_reader *r, struct vt_witness_verdict *out);
/* Seen records in one message. */
#define VT_WITNESS_SEEN_PER_MESSAGE 256

#endif
