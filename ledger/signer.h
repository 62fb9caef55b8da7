/* Who signs a log's checkpoints: a process of its own that holds the key and the last head
 * it signed, and nothing else.
 *
 * It does not believe the sequencer.  It takes a size, a root and a proof, checks that its
 * last head is a prefix of the new one, keeps the new head durably, and only then signs
 * the text that it composes itself.  So a conquered sequencer cannot make it sign two
 * histories, nor a text that is no checkpoint. */
#ifndef VT_LEDGER_SIGNER_H
#define VT_LEDGER_SIGNER_H

#include "base/base.h"
#include "crypto/key.h"
#include "crypto/sha256.h"
#include "ledger/tree_verify.h"

struct vt_signer; /* a running signer, seen from the sequencer */

/* It has one small file to make durable.  One that needs longer hangs: its ledger ends and
 * starts again. */
enum { VT_SIGNER_MS_MAX = 15000 };

/* A tree that was, or is to be, signed. */
struct vt_head {
    uint64_t size;
    vt_hash root;
};

/* Make the signer's folder in a new ledger, with a head of size 0; a folder that has such
 * a head already is left as it is.  A signer without head does not start: it would not
 * know what it signed.
 * Errors: VT_REJECTED it has signed before, or is another log's
 *         VT_IO */
VT_CHECKED bool vt_signer_init(const char *dir, vt_slice origin, struct vt_error *err);

/* After a failure: take away the folder of a signer that has signed nothing yet. */
void vt_signer_forget(const char *dir, vt_slice origin);

/* Is the signer's head whole, this log's, and of a tree not smaller than `size`?
 * *signed_out: how large that tree is.  Errors: VT_REJECTED; VT_IO */
VT_CHECKED bool vt_signer_head_verify(const char *dir, vt_slice origin, uint64_t size,
                                      uint64_t *signed_out, struct vt_error *err);

/* From the next start on a second key signs every checkpoint too (vitrine ledger
 * rotate-key); NULL: no longer.  `where` as vt_signer_start takes it; it must open with the
 * same passphrase.  Errors: VT_LIMIT; VT_IO */
VT_CHECKED bool vt_signer_next_set(const char *dir, const char *where,
                                   struct vt_error *err);

/* Start the signer role in a process of its own.
 *
 * dir        the ledger's folder; the signer keeps its head in `signer/` below it
 * origin     the log's origin, also its key's name
 * key        where the key is: a PEM file or a "pkcs11:" URI
 * passphrase of the key; empty: none
 * Returned; end with vt_signer_stop.
 * Errors: VT_REJECTED wrong passphrase, or the head is missing or damaged
 *         VT_IO       no process, no key file */
VT_CHECKED bool vt_signer_start(const char *dir, vt_slice origin, const char *key,
                                vt_slice passphrase, struct vt_signer **signer_out,
                                struct vt_error *err);

/* The same signer in this process, with the same checks and the same head file: for tests.
 * key: borrowed as long as the signer lives. */
VT_CHECKED bool vt_signer_start_here(const char *dir, vt_slice origin,
                                     const struct vt_key *key,
                                     struct vt_signer **signer_out, struct vt_error *err);
/* A signer that another process started, over the descriptor of its channel, which is
 * taken; what that process knows of it is told.  Returned; vt_signer_stop ends the talk,
 * not the signer. fd: of the role's channel (vt_signer_channel_fd there) */
struct vt_signer *vt_signer_attach(int fd, vt_slice origin,
                                   const struct vt_public_key *public_key,
                                   const struct vt_head *head);
/* The descriptor of the role's channel, to be handed to a process that signs through it;
 * borrowed.  Only for one from vt_signer_start. */
int vt_signer_channel_fd(const struct vt_signer *signer);
void vt_signer_stop(struct vt_signer *signer); /* NULL allowed */
void vt_signer_stop_pointer(struct vt_signer **signer);
#define VT_AUTO_SIGNER __attribute__((cleanup(vt_signer_stop_pointer))) struct vt_signer *

const struct vt_public_key *vt_signer_public(const struct vt_signer *signer);

/* The last head that it signed; size 0 and the empty root before the first. */
struct vt_head vt_signer_head(const struct vt_signer *signer);

/* Sign `head`.  proof: `count` hashes, the consistency proof from the signer's last head
 * (none when that has size 0, or the same size).  Appends the whole signed note to out.
 * Errors: VT_REJECTED not a growth of the last head
 *         VT_IO       the signer died, or could not keep the head: nothing was signed */
VT_CHECKED bool vt_signer_sign(struct vt_signer *signer, const struct vt_head *head,
                               const vt_hash *proof, size_t count, struct vt_buf *out,
                               struct vt_error *err);

/* The same in two steps, so that entries can be taken while the signer signs: one question
 * at a time, and take after each.  take waits, if it must, until VT_SIGNER_MS_MAX after the
 * question.  Errors: as vt_signer_sign */
VT_CHECKED bool vt_signer_ask(struct vt_signer *signer, const struct vt_head *head,
                              const vt_hash *proof, size_t count, struct vt_error *err);
VT_CHECKED bool vt_signer_take(struct vt_signer *signer, struct vt_buf *out,
                               struct vt_error *err);
/* What becomes readable when there is something to take; -1: there always is. */
int vt_signer_fd(const struct vt_signer *signer);
/* How long until take would not wait any more; -1: nothing was asked. */
int vt_signer_patience_ms(const struct vt_signer *signer);

#endif
