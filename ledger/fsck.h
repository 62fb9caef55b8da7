/* fsck: is what lies in a log's folder what was signed?
 *
 * The tree is built anew from the entries alone, and every file is compared with it: every
 * tile of every level in every width, every bundle in every width, every checkpoint.  When
 * a tile and a bundle disagree, the signed root or the tile above decides which of them
 * was changed.  The bytes of long predicates beside the log
 * (ledger/beside.h) are held against their names.  Any log in the layout of tlog-tiles can
 * be checked, not only ours.  A folder may be written meanwhile: entries that come while it
 * is read are checked or not, but are no finding.
 *
 * Of a ledger of ours the private files are looked at too: config.json, the signer's head,
 * and, unless a writer has it, the journal (under its lock, which is all that is written).
 *
 * Of a pruned log (retention.json) the entries below its minimum index may be missing; they
 * are looked for where they were moved, and their leaf hashes must still be there. */
#ifndef VT_LEDGER_FSCK_H
#define VT_LEDGER_FSCK_H

#include "base/base.h"
#include "ledger/policy.h"

struct vt_fsck_options {
    const struct vt_policy *policy; /* the log's keys, and the quorum */
    vt_slice origin;                /* of the log that should lie there */
    /* A checkpoint to check against, besides those in the folder (`checkpoint` and
     * `checkpoint.*`); empty: none.  It, or else `checkpoint`, must have the quorum. */
    vt_slice checkpoint;
    const char *checkpoint_name; /* how it is called in findings; NULL if empty */
    /* Called for each finding: which file (relative to the folder), and what about it. */
    void (*found)(void *context, const char *file, const char *what);
    /* Called now and then; may be NULL.  total: entries of the largest checkpoint. */
    void (*progress)(void *context, uint64_t entries, uint64_t total);
    void *context;
};

/* The private files of a ledger of ours. */
enum vt_fsck_private {
    VT_FSCK_NO_PRIVATE, /* it is none of ours, or a copy of what is served */
    VT_FSCK_PRIVATE_CHECKED,
    VT_FSCK_PRIVATE_LEFT_OUT, /* of the journal nothing is known: see why */
};

struct vt_fsck_report {
    uint64_t size;        /* of the largest good checkpoint */
    uint64_t entries;     /* that were hashed and lie in the tree */
    uint64_t files;       /* tiles and bundles that were compared */
    uint64_t checkpoints; /* that are good */
    uint64_t predicates;  /* that lie beside the log, and were hashed */
    uint64_t findings;
    uint64_t minimum; /* entries below it are pruned, by the log's written policy */
    enum vt_fsck_private private_files;
    char why[sizeof((struct vt_error *)NULL)->message]; /* they were left out; else "" */
};

/* True also when there are findings: look at the report.
 * Errors: VT_ABSENT there is no checkpoint, so there is nothing to compare with
 *         VT_IO     the folder cannot be read */
VT_CHECKED bool vt_ledger_fsck(const char *dir, const struct vt_fsck_options *options,
                               struct vt_fsck_report *out, struct vt_error *err);

#endif
