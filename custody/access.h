/* access/v1: somebody asks to read what a cell keeps, or that nobody may any more.
 *
 * Who (a person's key and the key of the role in which he asks), from where, which objects
 * (each by its id, or a batch by the root over the ids and their number), why, for whom the
 * answer is sealed, until when, under which version of the policy.  The signed envelope is
 * nobody's to read but the key agent's: on the access ledger stands only
 *
 *   commitment = SHA-256("vitrine/private/v1\n" ‖ salt ‖ envelope)
 *
 * with a salt of 32 random bytes, so an entry can neither be guessed nor linked.
 * Spec: custody/DESIGN.md; evidence/DESIGN.md, "Statements" */
#ifndef VT_CUSTODY_ACCESS_H
#define VT_CUSTODY_ACCESS_H

#include "base/base.h"
#include "crypto/age_key.h"
#include "evidence/statement.h"
#include "ledger/prove.h"

#define VT_ACCESS_OBJECTS_MAX 64   /* named one by one */
#define VT_ACCESS_BATCH_MAX   4096 /* in a batch */
#define VT_ACCESS_SALT_BYTES  32
#define VT_ACCESS_BACKUPS_MAX 16
/* Signatures on one statement: the person's, the role's, and those who approve. */
#define VT_ACCESS_SIGNATURES_MAX 8

enum vt_access_reason {
    VT_ACCESS_SUPPORT,        /* customer-support */
    VT_ACCESS_ANALYSIS,       /* malware-analysis */
    VT_ACCESS_FALSE_POSITIVE, /* false-positive-complaint */
    VT_ACCESS_GOVERNMENT,     /* government-request: bears the number that was issued */
    VT_ACCESS_MAINTENANCE,    /* maintenance */
    VT_ACCESS_SCAN,           /* automatic-scan: bears the digest of the rules */
    VT_ACCESS_EMERGENCY,      /* emergency: slower, and it rings */
    VT_ACCESS_ERASURE,        /* erasure: the agent gives nothing, then and for ever */
    VT_ACCESS_RELOCATION,     /* relocation: keys are given to another agent alone */
    VT_ACCESS_REASONS,
};

const char *vt_access_reason_name(enum vt_access_reason reason);
/* False if there is no such reason. */
VT_CHECKED bool vt_access_reason_of(vt_slice name, enum vt_access_reason *out);

/* A copy of what is erased, and when the last of it is gone. */
struct vt_access_backup {
    vt_slice name;
    int64_t dies_unix_s;
};

struct vt_access {
    vt_slice cell;
    vt_slice ledger; /* origin of the cell's access ledger */
    uint64_t policy; /* version of custody/v1 */
    /* The reader. */
    vt_hash person, role_key; /* key ids */
    vt_slice role;
    vt_slice place, jurisdiction; /* where he sits; of his enrolment */
    /* What. */
    bool is_batch;
    uint64_t count; /* of objects, or of ids under batch_root; 1 or more */
    vt_hash batch_root;
    vt_hash objects[VT_ACCESS_OBJECTS_MAX]; /* ascending, each once; not of a batch */
    /* Why. */
    enum vt_access_reason reason;
    uint64_t request; /* of a government request, from 1; else 0 */
    vt_hash rules;    /* of an automatic scan; else zero */
    /* Of an erasure: copies that the cell keeps for a while. */
    struct vt_access_backup backups[VT_ACCESS_BACKUPS_MAX];
    size_t backup_count;
    vt_slice ticket;
    struct vt_age_recipient recipient; /* whom the answer is sealed for */
    int64_t created_unix_s;            /* what the reader wrote: shown, decides nothing */
    int64_t expires_unix_s;
};

/* Slices point into the statement.
 * Errors: VT_MALFORMED no access/v1 about itself, or it says two things, or too little
 *         VT_LIMIT     too many objects; VT_IO memory */
VT_CHECKED bool vt_access_read(const struct vt_statement *statement, struct vt_access *out,
                               struct vt_error *err);
/* The exact inverse: append the payload.  Errors: the same */
VT_CHECKED bool vt_access_write(const struct vt_access *access, struct vt_buf *payload,
                                struct vt_error *err);

/* Copy every text into the arena, so that the statement may go. */
void vt_access_keep_texts(struct vt_arena *arena, struct vt_access *access);

/* The copies as they stand in statements: a JSON array of {"dies", "name"}.
 * Errors: VT_MALFORMED a date that is none; VT_LIMIT too many */
VT_CHECKED bool vt_access_backups_read(const json_t *list, struct vt_access_backup *out,
                                       size_t *count_out, struct vt_error *err);
/* NULL: memory, or a name that is not UTF-8. */
json_t *vt_access_backups_json(const struct vt_access_backup *backups, size_t count);
/* Each has a name of its own.  Errors: VT_MALFORMED */
VT_CHECKED bool vt_access_backups_verify(const struct vt_access_backup *backups,
                                         size_t count, struct vt_error *err);

/* ---- on the ledger ----------------------------------------------------------------------
 */

vt_hash vt_access_commitment(const uint8_t salt[VT_ACCESS_SALT_BYTES], vt_slice envelope);
/* The leaf hash of the private entry that holds the commitment. */
vt_hash vt_access_leaf(const vt_hash *commitment);

/* ---- batches ----------------------------------------------------------------------------
 * An RFC 6962 tree whose entries are the ids, 32 bytes each, ascending, each once. */

/* Errors: VT_REJECTED another order, or an id twice; VT_LIMIT none, or too many */
VT_CHECKED bool vt_access_batch_root(const vt_hash *ids, size_t count, vt_hash *out,
                                     struct vt_error *err);
/* That ids[at] is one of them.  Errors: the same */
VT_CHECKED bool vt_access_batch_prove(const vt_hash *ids, size_t count, size_t at,
                                      struct vt_proof *out, struct vt_error *err);
/* Is the object one of those that the statement names?  Of a batch: by the proof that it is
 * number `at` of them; else proof is not looked at. */
bool vt_access_names(const struct vt_access *access, const vt_hash *object, uint64_t at,
                     const struct vt_proof *proof);

#endif
