/* The look-up index: which entries of a log concern this digest, key or name?
 *
 * It is built from the tiles of a log in a folder, ours or a copy, and lies in lookup/
 * below it.  For each term of each entry (ledger/terms.h) it has ten bytes in a run: 40
 * bits of the term's hash, 40 of the entry's index, in the sorted files that the
 * deduplication uses (ledger/dedup_runs.h).
 *
 *   lookup/state.json           {"entries":N,"first":F,"last":HEX,"postings":P,"v":1}
 *   lookup/index/FIRST-END      runs; FIRST and END count postings
 *
 * Nothing that it says is believed: each candidate's bytes are read, held against the leaf
 * hash, that against the signed root, and the term is looked for in them.  So a rotten or
 * forged index can hide an entry, never invent one.  It may be deleted at any time and is
 * made again.
 *
 * An absence counts for the entries from vt_lookup_first on (F; left out if it is 0: what
 * was pruned before could not be indexed) and below vt_lookup_covered, as far as the index
 * is what was built; vt_lookup_verify walks all tiles to see that. */
#ifndef VT_LEDGER_LOOKUP_H
#define VT_LEDGER_LOOKUP_H

#include "base/base.h"
#include "ledger/signer.h"
#include "store/disk.h"

#define VT_LOOKUP_FOLDER "lookup"

/* ---- building ---------------------------------------------------------------------------
 */

struct vt_lookup_building {
    uint64_t run_postings; /* in memory before they become a run, at most 2^23; 0: usual */
    /* Called now and then; may be NULL. */
    void (*progress)(void *context, uint64_t entries, uint64_t total);
    void *context;
};

struct vt_lookup_report {
    uint64_t first; /* those before are pruned, and were never indexed (or: are not seen) */
    uint64_t entries, postings; /* that the index has now */
    uint64_t added;             /* entries of them that are new */
    size_t runs;
};

/* Bring the index of the log in `dir` up to its first `size` entries, which were signed.
 * An index of another tree is made anew.  Each bundle is held against its leaf hashes.
 * Errors: VT_REJECTED another process builds, or stored bytes were changed; VT_ABSENT
 *         entries are missing, not by policy; VT_IO */
VT_CHECKED bool vt_lookup_build(const char *dir, uint64_t size,
                                const struct vt_lookup_building *how,
                                struct vt_lookup_report *out, struct vt_error *err);
/* Is every term of every entry that it covers in the index?  missing_out: how many are not.
 * Errors: VT_ABSENT no index; VT_REJECTED, VT_IO */
VT_CHECKED bool vt_lookup_verify(const char *dir, const struct vt_lookup_building *how,
                                 uint64_t *missing_out, struct vt_lookup_report *out,
                                 struct vt_error *err);

/* ---- asking -----------------------------------------------------------------------------
 */

struct vt_lookup; /* an open index; it sees what was built until it was opened */

/* disk: the log's folder, borrowed as long.  Nothing is written.  Returned, end with
 * vt_lookup_close.
 * Errors: VT_ABSENT no index was built; VT_MALFORMED it is damaged: remove it; VT_IO */
VT_CHECKED bool vt_lookup_open(struct vt_disk *disk, struct vt_lookup **out,
                               struct vt_error *err);
void vt_lookup_close(struct vt_lookup *lookup); /* NULL allowed */
uint64_t vt_lookup_first(const struct vt_lookup *lookup);
uint64_t vt_lookup_covered(const struct vt_lookup *lookup);
/* Was it built further since it was opened, or removed? */
bool vt_lookup_is_outdated(const struct vt_lookup *lookup);

struct vt_lookup_question {
    vt_slice term;
    uint64_t from;       /* entries from this index on */
    size_t max;          /* so many at most */
    struct vt_head head; /* the signed tree */
    /* An entry that has the term, in ascending order.  False (with err) ends it. */
    bool (*each)(void *context, uint64_t index, vt_slice entry, struct vt_error *err);
    /* An entry that the index names, and that is pruned: nobody can see any more whether it
     * has the term.  May be NULL. */
    void (*pruned)(void *context, uint64_t index);
    void *context;
};

/* next_out: ask again from here; UINT64_MAX: that was all.  There may be a next with fewer
 * than max answers, or none: pruned entries, and those with another term of the same hash,
 * were passed over, and the work for one question is bounded.  An entry whose bytes were
 * changed ends it with VT_REJECTED: nothing is passed over in silence.
 * Errors: VT_REJECTED, VT_ABSENT (missing, not by policy), VT_IO; those of each */
VT_CHECKED bool vt_lookup_ask(struct vt_lookup *lookup,
                              const struct vt_lookup_question *question, uint64_t *next_out,
                              struct vt_error *err);

#endif
