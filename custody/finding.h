/* Findings: what somebody who looks has found, who must act, and until when.  (What two
 * builds differ in is another thing: line/diagnose.h.)
 *
 * A finding may be under embargo: then the ledger has a commitment to its text, and the
 * text follows when it may.  Its id, owner, date and lateness are public at once: an
 * embargo hides how to do harm, not that nobody mends it.
 *
 *   commitment = SHA-256("vitrine/finding/v1\n" || 32 bytes of salt || text)
 *
 * The one who opened it, a supervisor and the foundation may change severity, owner, date
 * and state; the owner may change the state alone.  A date that has passed cannot be
 * changed away. */
#ifndef VT_CUSTODY_FINDING_H
#define VT_CUSTODY_FINDING_H

#include "custody/story.h"

enum vt_flaw_state {
    VT_FLAW_OPEN,
    VT_FLAW_ACCEPTED, /* the owner agrees, and it is not mended yet */
    VT_FLAW_FIXED,
    VT_FLAW_DECLINED, /* the owner will not mend it, and says why */
};

struct vt_flaw {
    vt_slice id;                        /* all slices point into the story */
    const struct vt_said *first, *last; /* how it began, and its newest statement */
    enum vt_flaw_state state;
    int64_t first_due_unix_s, due_unix_s;
    int64_t embargo_unix_s;       /* 0: none */
    int64_t late_unix_s;          /* since when it is or was late; 0: never */
    bool is_late;                 /* still: nobody closed it */
    const struct vt_said *opened; /* the statement that has its text; NULL: none yet */
    bool is_withheld;             /* no embargo any more, and still no text */
};

struct vt_flaws {
    struct vt_flaw *rows; /* owned; late ones first, then by date */
    size_t count;
    struct vt_strays strays; /* statements that do not fit what was said before them */
};

void vt_flaws_clear(struct vt_flaws *flaws);
#define VT_AUTO_FLAWS __attribute__((cleanup(vt_flaws_clear))) struct vt_flaws

/* What is true at that time, by all that was said until then.  Pure.  story: borrowed as
 * long as the answer. */
void vt_flaws_reckon(const struct vt_story *story, int64_t at_unix_s, struct vt_flaws *out);
const struct vt_flaw *vt_flaws_find(const struct vt_flaws *flaws, vt_slice id);

const char *vt_flaw_state_name(enum vt_flaw_state state);
/* Is it what a finding may say, beyond its schema?  Errors: VT_MALFORMED */
VT_CHECKED bool vt_finding_is_sound(const json_t *predicate, struct vt_error *err);
vt_hash vt_finding_commitment(const vt_hash *salt, vt_slice text);
/* One finding with its history; returned. */
json_t *vt_flaw_json(const struct vt_story *story, const struct vt_flaw *flaw);

#endif
