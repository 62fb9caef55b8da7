/* Heads of a Centre's sealed record on the ledger: how many records of reviewers' questions
 * it held, and the chain over them.  They tell nothing of what was asked, and nobody can
 * take a record out, or change one, that a head counts. */
#ifndef VT_CUSTODY_SEAL_HEAD_H
#define VT_CUSTODY_SEAL_HEAD_H

#include "custody/story.h"

struct vt_seal_head {
    const struct vt_said *said;
    uint64_t records; /* from 1 */
    vt_hash chain;
};

struct vt_seal_heads {
    struct vt_seal_head *rows; /* owned; by records, then as on the ledger */
    size_t count;
};

/* A head counts a record at least.
 * Errors: VT_MALFORMED */
VT_CHECKED bool vt_seal_head_is_sound(const json_t *predicate, struct vt_error *err);
/* Those of one Centre, called by its domain; said is the story's.  Whether they contradict
 * each other is not asked: all must be in the record, and then they do not.  Pure. */
void vt_seal_heads_reckon(const struct vt_story *story, vt_slice centre,
                          struct vt_seal_heads *out);
void vt_seal_heads_clear(struct vt_seal_heads *heads);
#define VT_AUTO_SEAL_HEADS                                                                 \
    __attribute__((cleanup(vt_seal_heads_clear))) struct vt_seal_heads

#endif
