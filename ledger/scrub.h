/* The scrubber: every byte of a log that lies on this disk is hashed again, over and over,
 * at a rate that leaves the disk to those who need it.
 *
 * fsck builds the tree from the entries, in one go.  The scrubber works from the other end:
 * it starts at the signed root and needs no more than the tiles between it and the file in
 * its hand, so it can stop after any file and go on there tomorrow.
 *
 *     checkpoint -> right edge -> tile of level 1 -> tile of level 0 -> bundle
 *
 * A file that is not what was signed is named, with the place in it.  Where it may repair,
 * it takes the right bytes from what lies beside and below (a tile follows from its bundle)
 * or from another copy of the log, a folder or a URL; nothing is put in place before it was
 * held against the signed root, and then it is put there whole.
 *
 * It takes no lock and runs beside the log's writer: files of a log are never changed once
 * they are signed for, so whatever it writes is what the writer wrote. */
#ifndef VT_LEDGER_SCRUB_H
#define VT_LEDGER_SCRUB_H

#include "base/base.h"
#include "ledger/policy.h"

#define VT_SCRUB_FOLDER "scrub" /* below the log's: how far it came */

enum vt_scrub_repair {
    VT_SCRUB_NOT_REPAIRED,
    VT_SCRUB_REPAIRED_HERE,   /* from other bytes of this copy */
    VT_SCRUB_REPAIRED_MIRROR, /* from the other copy */
};

struct vt_scrub_finding {
    const char *file; /* relative to the folder */
    const char *what; /* what is wrong, and where in the file */
    enum vt_scrub_repair repair;
    const char *why_not; /* not repaired: the reason */
};

struct vt_scrub_options {
    const struct vt_env *env;
    const struct vt_policy *policy; /* the log's keys, and the quorum */
    vt_slice origin;
    uint64_t rate_bytes_s;   /* 0: as fast as the disk gives */
    bool may_repair;         /* else nothing but the progress is written */
    const char *repair_from; /* a folder or an http(s) URL; NULL: no other copy */
    void (*found)(void *context, const struct vt_scrub_finding *finding);
    /* Called after each tile; true: keep how far it came, and return.  May be NULL. */
    bool (*should_stop)(void *context, uint64_t files, uint64_t bytes);
    void *context;
};

struct vt_scrub_report {
    uint64_t size;     /* of the tree that was scrubbed */
    uint64_t pass;     /* the how manieth pass over this folder, from 1 */
    uint64_t files;    /* that were hashed, in this call */
    uint64_t bytes;    /* of them */
    uint64_t findings; /* in this call */
    uint64_t repaired; /* of them */
    uint64_t beyond;   /* tiles and bundles of entries that the checkpoint does not cover */
    bool is_resumed;   /* the pass was begun by an earlier call */
    bool is_complete;  /* the pass came to its end */
};

/* One pass over the log in `dir`, or the rest of one that was interrupted.  True also when
 * there are findings: look at the report.
 * Errors: VT_ABSENT there is no checkpoint, neither here nor in the other copy
 *         VT_IO     the folder cannot be read, or the progress not be kept */
VT_CHECKED bool vt_ledger_scrub(const char *dir, const struct vt_scrub_options *options,
                                struct vt_scrub_report *out, struct vt_error *err);

#endif
