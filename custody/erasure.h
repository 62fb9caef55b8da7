/* erasure/v1: what a key agent will never release again.
 *
 * Of objects: those for which no file key was ever given are `erased`; the others are
 * `closed` only, and the accesses by which their keys had left stand beside them.  Of a
 * period: the private key of one recipient is destroyed, so nothing that was sealed for it
 * opens any more.
 *
 * Objects stand as the root over their ids and their number (custody/access.h, batches):
 * the ledger tells nobody which ones, and whoever has the ids can check.  The agent signs
 * what concerns keys; of objects the cell signs the same bytes once it has destroyed
 * headers and bodies, and with that the list of its backups.
 * Spec: evidence/DESIGN.md, "Statements"; custody/DESIGN.md, "Erasure" */
#ifndef VT_CUSTODY_ERASURE_H
#define VT_CUSTODY_ERASURE_H

#include "base/base.h"
#include "custody/access.h"
#include "evidence/trust.h"

/* An entry of the ledger has room for so many. */
#define VT_ERASURE_ACCESSES_MAX 384

/* Objects of one sort; count 0: none. */
struct vt_erasure_set {
    uint64_t count;
    vt_hash root;
};

/* A statement by which keys of these objects had been released. */
struct vt_erasure_access {
    uint64_t index;   /* of its commitment on the ledger */
    uint64_t objects; /* of the erased ones, that it read */
    enum vt_access_reason reason;
};

/* Slices point into the statement. */
struct vt_erasure {
    vt_slice cell, ledger;
    uint64_t number;   /* of the agent's record, from 1 */
    vt_hash before;    /* the chain of its records before this one */
    int64_t at_unix_s; /* objects: of the witnesses' quorum; a period: the agent's clock */
    bool is_period;    /* else objects */
    uint64_t order;    /* objects: the ledger's entry that ordered it */
    struct vt_erasure_set erased, closed;
    struct vt_erasure_access accesses[VT_ERASURE_ACCESSES_MAX]; /* by index */
    size_t access_count;
    struct vt_access_backup backups[VT_ACCESS_BACKUPS_MAX];
    size_t backup_count;
    vt_slice country, data_class, period; /* a period: what its key was for */
    struct vt_age_recipient recipient;
};

/* Errors: VT_MALFORMED no erasure/v1 about itself, or one that says two things; VT_LIMIT */
VT_CHECKED bool vt_erasure_read(const struct vt_statement *statement,
                                struct vt_erasure *out, struct vt_error *err);
/* The exact inverse: append the payload.  Errors: the same */
VT_CHECKED bool vt_erasure_write(const struct vt_erasure *erasure, struct vt_buf *payload,
                                 struct vt_error *err);

/* ---- an agent's answer ------------------------------------------------------------------
 * The claim, which it alone has signed yet; a line feed; one letter for each object that
 * was named, in the order of their ids. */

#define VT_ERASURE_ERASED           'e' /* no key was ever released */
#define VT_ERASURE_CLOSED           'c'
#define VT_ERASURE_ANSWER_BYTES_MAX (VT_ENTRY_BYTES_MAX + 1 + VT_ACCESS_BATCH_MAX)

/* Take it apart: slices point into bytes.  Errors: VT_MALFORMED */
VT_CHECKED bool vt_erasure_answer_parse(vt_slice bytes, vt_slice *claim_out,
                                        vt_slice *sorts_out, struct vt_error *err);

/* ---- whom to believe --------------------------------------------------------------------
 */

/* Which halves of a claim were signed by somebody who may, at that time. */
struct vt_erasure_signers {
    bool agent; /* keys: always needed */
    bool cell;  /* headers, bodies and backups; of a period nobody needs it */
};
struct vt_erasure_signers vt_erasure_signed_by(const struct vt_keyring *keyring,
                                               const struct vt_envelope *envelope,
                                               const struct vt_erasure *erasure,
                                               int64_t time_unix_s);
/* Are these the objects that it speaks of?  ids ascending, a letter each.
 * Errors: VT_REJECTED they are not; VT_LIMIT */
VT_CHECKED bool vt_erasure_is_of(const struct vt_erasure *erasure, const vt_hash *ids,
                                 vt_slice sorts, struct vt_error *err);

#endif
