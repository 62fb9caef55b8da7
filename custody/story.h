/* What was said under a date or a number, as it stands on a ledger: every promise, keeping,
 * finding, request and denial, in the ledger's order.  What is true by it is computed by
 * custody/promise.h, finding.h, government_request.h and denial.h, from this and a clock
 * alone.
 *
 * The time of a statement.  What a signer wrote is believed only as far as others bound it:
 *
 *   not before   the newest time that a statement before it on the ledger bears
 *   not after    when the witnesses had seen the checkpoint that was read
 *
 * so who dates back what he says late has everybody against him who said something
 * meanwhile.  A keeping carries a proof of its own: there the time is the witnesses'. */
#ifndef VT_CUSTODY_STORY_H
#define VT_CUSTODY_STORY_H

#include "base/base.h"
#include "evidence/trust.h"
#include "ledger/remote.h"

/* One statement that counts: signed by whom the trust root names for it, in his time. */
struct vt_said {
    uint64_t index; /* in the ledger */
    struct vt_envelope envelope;
    vt_hash payload;     /* digest: what a later one names that takes its place */
    int64_t time_unix_s; /* see above */
    const struct vt_trust_key *signer;
    /* Of a keeping with a good proof: the entry that it names, and when the witnesses had
     * seen that.  NULL: there is none. */
    struct vt_envelope *evidence;
    uint64_t evidence_index;
    int64_t evidence_unix_s;
};

/* A statement of ours that does not count, and why. */
struct vt_stray {
    uint64_t index;
    char why[240];
};

struct vt_strays {
    struct vt_stray *rows; /* owned */
    size_t count;
};

struct vt_story {
    const struct vt_trust *trust; /* borrowed */
    struct vt_said **rows;        /* owned, in the ledger's order */
    size_t count;
    struct vt_strays strays; /* wrongly signed, or a keeping whose proof is not good */
    uint64_t entries;        /* that the ledger had */
    int64_t seen_unix_s;     /* when a quorum had cosigned it; without witnesses: now */
    int64_t newest_unix_s;   /* time of the last statement that counts */
};

void vt_story_free(struct vt_story *story); /* NULL allowed */
void vt_story_free_pointer(struct vt_story **story);
#define VT_AUTO_STORY __attribute__((cleanup(vt_story_free_pointer))) struct vt_story *

/* Read the trust root's release ledger from a folder (a ledger, a mirror's or a monitor's
 * copy) or a URL: its checkpoint with the quorum, and every entry.  trust: borrowed as
 * long.  Returned; end with vt_story_free.
 * Errors: VT_REJECTED it is not what was signed, or has no quorum; VT_MALFORMED; VT_ABSENT
 *         nothing is there, or entries are missing; VT_LIMIT; VT_IO */
VT_CHECKED bool vt_story_read(const char *where, const struct vt_trust *trust,
                              int64_t now_unix_s, struct vt_story **out,
                              struct vt_error *err);

/* ---- for those who have the entries already ---------------------------------------------
 */

struct vt_story *vt_story_new(const struct vt_trust *trust, int64_t seen_unix_s);
/* Take the next entry.  What is none of ours is passed over; what does not count becomes a
 * stray.  Pure. */
void vt_story_take(struct vt_story *story, uint64_t index, vt_slice entry);
/* Hold the entry that a keeping names against its proof.  row: a keeping in the story.
 * What is not good becomes a stray, and the row stays without evidence.  Pure. */
void vt_story_prove(struct vt_story *story, struct vt_said *row, uint64_t index,
                    vt_slice entry);

/* Would this entry count, were it the ledger's next one, now?  evidence: the entry that a
 * keeping with a proof names, with its index; else empty.  The story has it afterwards.
 * Errors: VT_REJECTED the reason why it would be a stray; VT_MALFORMED */
VT_CHECKED bool vt_story_next(struct vt_story *story, vt_slice entry, int64_t now_unix_s,
                              vt_slice evidence, uint64_t evidence_index,
                              struct vt_error *err);

VT_PRINTF(3, 4)
void vt_strays_add(struct vt_strays *strays, uint64_t index, const char *format, ...);
void vt_strays_clear(struct vt_strays *strays);
/* [{"index":N,"why":TEXT}]; returned. */
json_t *vt_strays_json(const struct vt_strays *strays);

/* ---- what the four share ----------------------------------------------------------------
 */

/* Lower-case letters, digits, dots and hyphens, a letter or digit first, 64 at most: names
 * that can be said aloud and typed.  Errors: VT_MALFORMED */
VT_CHECKED bool vt_story_id_verify(vt_slice id, struct vt_error *err);
int64_t vt_story_time(const json_t *predicate, const char *name); /* or 0 */
/* Is this the statement that `later` says it takes the place of? */
bool vt_said_is_superseded_by(const struct vt_said *said, const struct vt_said *later);
/* The statement that this one takes the place of; NULL: none. */
const struct vt_said *vt_said_before(const struct vt_story *story,
                                     const struct vt_said *said);
const json_t *vt_said_predicate(const struct vt_said *said);
/* {"index":N,"time":T,"holder":H,"role":R,"digest":HEX}; returned. */
json_t *vt_said_json(const struct vt_said *said);

#endif
