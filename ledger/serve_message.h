/* What the processes of a served ledger say to each other; writer and reader of each
 * message stand in one file.
 *
 *   serve -> any      BEGIN (the operator's own words, JSON)    any -> serve    READY
 *   front -> seq.     ADD (entries)                             seq. -> front   ADDED
 *                                                               seq. -> front   PUBLISHED
 *                                                               seq. -> front   FAILED
 *   front -> seq.     KEEP (a digest), PIECE, END (the rest)    seq. -> front   KEPT
 *   front -> seq.     DROP; nothing is answered
 *   seq. -> courier   ASK (a signed checkpoint)                 courier -> seq. PROVE
 *   seq. -> courier   PROOF, or an error                        courier -> seq. COSIGNED,
 *                                                                               or an error
 *   courier -> seq.   WITNESSES, before either                  seq. -> front   the same
 *   seq. -> feeder    PUBLISHED; nothing is answered
 *
 * Each ADD is answered by one ADDED, in order; each KEEP, PIECE and END by one KEPT, before
 * the next of that slot is sent.  A KEPT that says no ends what is in the slot. */
#ifndef VT_LEDGER_SERVE_MESSAGE_H
#define VT_LEDGER_SERVE_MESSAGE_H

#include "ledger/prove.h"
#include "ledger/witness_client.h"
#include "role/channel.h"
#include "role/role.h"
#include "wire/json.h"

enum {
    VT_SERVE_BEGIN = 1,
    VT_SERVE_READY,
    VT_SERVE_ADD,
    VT_SERVE_ADDED,
    VT_SERVE_PUBLISHED,
    VT_SERVE_FAILED,
    VT_SERVE_ASK,
    VT_SERVE_PROVE,
    VT_SERVE_PROOF,
    VT_SERVE_COSIGNED,
    VT_SERVE_KEEP,
    VT_SERVE_PIECE,
    VT_SERVE_END,
    VT_SERVE_DROP,
    VT_SERVE_KEPT,
    VT_SERVE_WITNESSES,
};

/* Predicates of a ledger that come at once, each in a slot of its own, and the bytes of one
 * piece (a little more may come).  So much is under way together with two ADDs, and neither
 * side waits for the other to read. */
enum { VT_SERVE_SLOTS = 2, VT_SERVE_PIECE_BYTES = 32 << 10 };

/* Entries in one ADD: 2 bytes of number, 1 byte whether somebody waits for a checkpoint
 * that holds them, then a 16-bit length and the bytes of each. */
#define VT_SERVE_ADD_MAX 4096
/* Room of one entry in an ADD. */
#define VT_SERVE_ENTRY_ROOM(bytes) ((size_t)(bytes) + 2)

/* An ADD is begun, filled, and ended with what is known only then. */
void vt_serve_add_begin(struct vt_buf *out);
void vt_serve_add_put(struct vt_buf *out, vt_slice entry); /* at most 65,535 bytes */
void vt_serve_add_end(struct vt_buf *out, uint16_t count, bool is_awaited);
VT_CHECKED bool vt_serve_add_read(vt_reader *r, uint16_t *count_out, bool *is_awaited_out);
VT_CHECKED bool vt_serve_entry_read(vt_reader *r, vt_slice *out);

/* What came of one entry. */
struct vt_serve_result {
    enum vt_code code; /* VT_OK: it is durable; VT_IO: no space, nothing was tried */
    uint64_t index;
    vt_slice message; /* why not; at most 255 bytes */
};

/* The most that a result takes without words. */
#define VT_SERVE_RESULT_ROOM 9

/* An ADDED: how many entries are durable, then a result for each entry of its ADD. */
void vt_serve_added_begin(struct vt_buf *out, uint64_t size, uint16_t count);
void vt_serve_added_put(struct vt_buf *out, const struct vt_serve_result *result);
VT_CHECKED bool vt_serve_added_read(vt_reader *r, uint64_t *size_out, uint16_t *count_out);
VT_CHECKED bool vt_serve_result_read(vt_reader *r, struct vt_serve_result *out);

/* KEEP, PIECE, END, DROP: a slot, then bytes. */
void vt_serve_keep_write(struct vt_buf *out, unsigned slot, vt_slice bytes);
VT_CHECKED bool vt_serve_keep_read(vt_slice body, unsigned *slot_out, vt_slice *bytes_out);
/* KEPT: a slot, and what came of it. */
void vt_serve_kept_write(struct vt_buf *out, unsigned slot, const struct vt_error *why);
VT_CHECKED bool vt_serve_kept_read(vt_slice body, unsigned *slot_out,
                                   struct vt_error *why_out);

/* PROOF: a number of hashes, and they. */
void vt_serve_proof_write(struct vt_buf *out, const struct vt_proof *proof);
VT_CHECKED bool vt_serve_proof_read(vt_slice body, struct vt_proof *out);

/* WITNESSES: what came of asking each one of the policy, in its order. */
struct vt_serve_witness {
    vt_slice name; /* in the policy; at most 255 bytes of it */
    enum vt_witness_end end;
    uint16_t status; /* of its last answer; 0: none */
    uint64_t size;   /* that it has cosigned last; 0: it did not say */
    uint64_t took_ms;
};
void vt_serve_witness_put(struct vt_buf *out, const struct vt_serve_witness *witness);
VT_CHECKED bool vt_serve_witness_read(vt_reader *r, struct vt_serve_witness *out);

/* BEGIN and READY as whoever starts a role speaks them; words: borrowed.
 * Errors: what the role refuses, VT_IO it died, VT_LIMIT the words are too long */
VT_CHECKED bool vt_serve_tell(struct vt_channel *channel, const json_t *words,
                              struct vt_error *err);
/* The other side: the words (returned); READY is sent by vt_serve_ready. */
VT_CHECKED bool vt_serve_listen(struct vt_channel *channel, json_t **words_out,
                                struct vt_error *err);
/* A text among the words, copied into the arena; NULL: there is none of that name. */
char *vt_serve_copy_text(struct vt_arena *arena, const json_t *words, const char *name);
VT_CHECKED bool vt_serve_ready(struct vt_channel *channel, struct vt_error *err);

/* Start a role and tell it its words (NULL: one of them is not UTF-8; taken).  what: "the
 * cell's front", for messages.  *role_out is set as soon as there is a process, also after
 * a failure: it ends with vt_role_stop. Errors: those of vt_role_start and vt_serve_tell,
 * but one that ended or was slow is VT_IO */
VT_CHECKED bool vt_serve_start(const char *role, const int *fds, size_t fd_count,
                               json_t *words, const char *what, struct vt_role **role_out,
                               struct vt_error *err);
/* TLS among the words of a front, as PEM; key NULL: nothing. */
void vt_serve_put_tls(json_t *words, const char *certificate, const char *key);

/* FAILED: a checkpoint was not published; VT_REJECTED: for want of witnesses. */
void vt_serve_failed_write(struct vt_buf *body, const struct vt_error *why);
VT_CHECKED bool vt_serve_failed_read(vt_slice body, bool *is_unwitnessed_out,
                                     vt_slice *why_out);

#endif
