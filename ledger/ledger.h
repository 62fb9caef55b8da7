/* ledger: an append-only log in a folder, in the layout of C2SP tlog-tiles, with one
 * writer.
 *
 * The folder holds `checkpoint`, `tile/…` and `predicate/…`, which any web server may serve
 * as they are, and, private, `config.json`, `policy.txt`, `journal/`, `index/` and
 * `signer/`.
 *
 * An entry's life: vt_ledger_submit gives it a place in the batch; vt_ledger_wait makes
 * the batch durable (one fdatasync for all that is in flight); vt_ledger_publish makes the
 * tiles durable, has the signer sign the tree, asks the witnesses of the policy, and only
 * then shows the new checkpoint.  Equal bytes always get the index that they got first.
 *
 * After VT_IO from submit, wait or publish the ledger answers nothing but VT_IO: close it;
 * opening it again is the recovery. */
#ifndef VT_LEDGER_H
#define VT_LEDGER_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "ledger/checkpoint.h"
#include "ledger/policy.h"
#include "ledger/prove.h"
#include "ledger/signer.h"
#include "ledger/tlog_proof.h"
#include "ledger/tree_verify.h"
#include "ledger/use.h"
#include "wire/dsse.h"

struct vt_ledger;

/* What a ledger takes. */
enum vt_ledger_entries {
    VT_LEDGER_ANY,    /* any bytes, 1 to VT_ENTRY_BYTES_MAX */
    VT_LEDGER_PUBLIC, /* DSSE envelopes in canonical form (vt_dsse_parse_canonical) */
};

/* What config.json says.  Texts are owned by whoever gave or returned the struct. */
struct vt_ledger_config {
    vt_slice origin; /* first line of every checkpoint, and the name of the log's key */
    vt_slice vkey;   /* the log's verifier key as text; its name is `origin` */
    vt_slice next;   /* while keys are changed: the next vkey, which signs too; or empty */
    /* The vkey of the log that this one continues: entry 0 must be a checkpoint by it.
     * Empty: it begins on its own. */
    vt_slice predecessor;
    vt_slice key;    /* where the signer finds its key: a file or a "pkcs11:" URI */
    vt_slice policy; /* tlog-policy text; empty: no witnesses are asked */
    enum vt_ledger_entries entries;
    enum vt_ledger_use use; /* decides what `entries` is (vt_ledger_entries_of) */
};

/* What a ledger of this use takes, as a kind. */
enum vt_ledger_entries vt_ledger_entries_of(enum vt_ledger_use use);

/* How this process uses the ledger. */
struct vt_ledger_options {
    const struct vt_env *env; /* must live as long as the ledger */
    struct vt_signer *signer; /* borrowed as long; NULL: nothing can be published */
    /* Sizes for tests, 0 for the usual ones: bytes of a fresh journal slot, and entries
     * that the index keeps in memory (a multiple of 256). */
    uint64_t slot_bytes;
    uint64_t front_entries;
    /* Witnesses are asked by somebody else, between vt_ledger_publish_begin and _end: this
     * process makes no connection.  vt_ledger_publish then refuses where witnesses are
     * needed. */
    bool asks_no_witness;
};

/* A place in the log that may not be durable yet. */
typedef struct {
    uint64_t index;
    bool is_known; /* equal bytes were submitted before */
} vt_ticket;

/* Make a new, empty ledger in `dir` (made if missing, refused if it holds one).  Nothing
 * is signed yet.  Of the options env and slot_bytes are used.
 * Errors: VT_MALFORMED the vkey, its name, or the policy
 *         VT_REJECTED  there is a ledger already
 *         VT_IO */
VT_CHECKED bool vt_ledger_init(const char *dir, const struct vt_ledger_config *config,
                               const struct vt_ledger_options *options,
                               struct vt_error *err);

/* Open for writing, which one process at a time can; recovery after a crash is the same.
 * Reads at most the journal's tail and the right edge of the tree, never the whole log.
 * ledger_out: returned; end with vt_ledger_close.
 * Errors: VT_ABSENT    there is no ledger in `dir`
 *         VT_REJECTED  stored bytes contradict each other
 *         VT_MALFORMED config or policy
 *         VT_IO */
VT_CHECKED bool vt_ledger_open(const char *dir, const struct vt_ledger_options *options,
                               struct vt_ledger **ledger_out, struct vt_error *err);
void vt_ledger_close(struct vt_ledger *ledger); /* what was not waited for may be lost */
void vt_ledger_close_pointer(struct vt_ledger **ledger);
#define VT_AUTO_LEDGER __attribute__((cleanup(vt_ledger_close_pointer))) struct vt_ledger *

const struct vt_ledger_config *vt_ledger_config(const struct vt_ledger *ledger);

/* Give an entry its place.  It is copied; any number may be in flight (a batch that grows
 * too large is made durable here).
 * Errors: VT_LIMIT     empty, or longer than VT_ENTRY_BYTES_MAX
 *         VT_MALFORMED not what this ledger takes
 *         VT_REJECTED  its number is not the next index (ledger/use.h)
 *         VT_IO */
VT_CHECKED bool vt_ledger_submit(struct vt_ledger *ledger, vt_slice entry, vt_ticket *out,
                                 struct vt_error *err);

/* Keep bytes beside the log that this entry, which is to be submitted next, names
 * (ledger/beside.h): they are durable before the entry is.
 * Errors: VT_REJECTED  the entry names none, or others
 *         VT_MALFORMED it is not what this ledger takes; VT_LIMIT; nothing was kept
 *         VT_IO */
VT_CHECKED bool vt_ledger_keep_beside(struct vt_ledger *ledger, vt_slice entry,
                                      vt_slice bytes, struct vt_error *err);

/* Begin to keep bytes beside the log, before the entry that names them is submitted; they
 * are named by their digest alone.  The ledger must live longer.  VT_IO. */
struct vt_beside_draft;
VT_CHECKED bool vt_ledger_beside_begin(struct vt_ledger *ledger, const vt_hash *digest,
                                       struct vt_beside_draft **draft_out,
                                       struct vt_error *err);

/* Is there room on the disk for `bytes` more of entries, with all that they entail?  Asked
 * before they are submitted, a full disk breaks nothing; others may fill it meanwhile. */
bool vt_ledger_has_room(const struct vt_ledger *ledger, uint64_t bytes);

/* Wait until the entry survives power loss.  Everything submitted so far becomes durable
 * with it, in one step.  index_out may be NULL.
 * Errors: VT_IO state of the disk unknown; close the ledger */
VT_CHECKED bool vt_ledger_wait(struct vt_ledger *ledger, vt_ticket ticket,
                               uint64_t *index_out, struct vt_error *err);

/* Sign the tree of all durable entries (what is in flight becomes durable first), ask the
 * witnesses that the policy names, and show the checkpoint.  checkpoint_out (may be NULL)
 * gets the whole note.  When nothing was added since the last time, that checkpoint is
 * given again.
 * Errors: VT_REJECTED the signer or the quorum refused: the old checkpoint still stands,
 *                     the entries stay, and calling again tries again
 *         VT_IO       the disk; or so many witnesses are out of reach that no quorum was
 *                     there: then as VT_REJECTED, and the ledger goes on */
VT_CHECKED bool vt_ledger_publish(struct vt_ledger *ledger, struct vt_buf *checkpoint_out,
                                  struct vt_error *err);

/* The same in three steps, so that entries can be taken while signer and witnesses think.
 *
 * begin: makes the tiles of all durable entries durable and asks the signer for the tree;
 * *is_begun_out false: nothing was added since.
 * sign: what the signer answered (vt_signer_fd says when): note_out gets the note, signed
 * by the log alone.  After each begin that began, before the next.
 * end: shows a note that was begun last, with cosignatures behind it, if it satisfies the
 * policy.  A publication that is not ended is nothing: the next one begins anew.
 * Errors: as vt_ledger_publish; end: VT_REJECTED no quorum, or not the note that was begun
 */
VT_CHECKED bool vt_ledger_publish_begin(struct vt_ledger *ledger, bool *is_begun_out,
                                        struct vt_error *err);
VT_CHECKED bool vt_ledger_publish_sign(struct vt_ledger *ledger, struct vt_buf *note_out,
                                       struct vt_error *err);
VT_CHECKED bool vt_ledger_publish_end(struct vt_ledger *ledger, vt_slice note,
                                      struct vt_error *err);
/* The consistency of the tree of `size` entries with its first old_size ones, for whoever
 * asks the witnesses.  Errors: VT_ABSENT; VT_IO */
VT_CHECKED bool vt_ledger_prove_growth(struct vt_ledger *ledger, uint64_t old_size,
                                       uint64_t size, struct vt_proof *out,
                                       struct vt_error *err);

uint64_t vt_ledger_size(const struct vt_ledger *ledger); /* durable entries */
uint64_t vt_ledger_published_size(const struct vt_ledger *ledger);

/* The index of an entry with these bytes.
 * Errors: VT_ABSENT there is none; VT_IO */
VT_CHECKED bool vt_ledger_find(struct vt_ledger *ledger, vt_slice entry,
                               uint64_t *index_out, struct vt_error *err);

/* Append the entry's bytes, checked against its leaf hash.
 * Errors: VT_ABSENT   behind the last durable entry
 *         VT_REJECTED the stored bytes were changed
 *         VT_IO */
VT_CHECKED bool vt_ledger_read(struct vt_ledger *ledger, uint64_t index,
                               struct vt_buf *entry_out, struct vt_error *err);

/* Append a tlog-proof for the entry in the published checkpoint.
 * Errors: VT_ABSENT not in the published tree
 *         VT_REJECTED the tiles do not have the root that was signed
 *         VT_IO */
VT_CHECKED bool vt_ledger_prove(struct vt_ledger *ledger, uint64_t index,
                                struct vt_buf *proof_out, struct vt_error *err);

/* Append the published checkpoint.
 * Errors: VT_ABSENT nothing was published yet; VT_IO */
VT_CHECKED bool vt_ledger_checkpoint(struct vt_ledger *ledger, struct vt_buf *note_out,
                                     struct vt_error *err);

#endif
