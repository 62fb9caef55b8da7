/* Promises: each names its evidence and a date, and turns late by the clock alone.
 *
 *   open --- evidence seen in time ---> kept
 *     |                                              a change of the date is a new
 *     the date passes                                statement; the first date stays
 *     v                                              visible, and a date that has passed
 *   late --- evidence seen after it --> late and kept  cannot be changed away
 *
 * Evidence is an entry of the ledger that fits what the promise names: then its time is the
 * witnesses', by the proof that the keeping carries, and anybody of the three roles may
 * point at it.  Or it is a document: then a supervisor or the foundation must have seen it,
 * another holder than the one who promised. */
#ifndef VT_CUSTODY_PROMISE_H
#define VT_CUSTODY_PROMISE_H

#include "custody/story.h"

enum vt_promise_state {
    VT_PROMISE_LATE, /* late ones first */
    VT_PROMISE_OPEN,
    VT_PROMISE_LATE_KEPT,
    VT_PROMISE_KEPT,
};

struct vt_promise {
    vt_slice id;                        /* all slices point into the story */
    const struct vt_said *first, *last; /* how it began, and its newest statement */
    size_t moves;                       /* how often its date was changed */
    int64_t first_due_unix_s, due_unix_s;
    int64_t late_unix_s;        /* since when it is or was late; 0: never */
    const struct vt_said *kept; /* NULL: not yet */
    int64_t kept_unix_s;
    enum vt_promise_state state;
};

struct vt_promises {
    struct vt_promise *rows; /* owned; late ones first, then by date */
    size_t count;
    struct vt_strays strays; /* statements that do not fit what was said before them */
};

void vt_promises_clear(struct vt_promises *promises);
#define VT_AUTO_PROMISES __attribute__((cleanup(vt_promises_clear))) struct vt_promises

/* What is true at that time, by all that was said until then.  Pure.  story: borrowed as
 * long as the answer. */
void vt_promises_reckon(const struct vt_story *story, int64_t at_unix_s,
                        struct vt_promises *out);
const struct vt_promise *vt_promises_find(const struct vt_promises *promises, vt_slice id);

const char *vt_promise_state_name(enum vt_promise_state state); /* "late and kept" */
/* Is it what a promise may say, beyond its schema?  Errors: VT_MALFORMED */
VT_CHECKED bool vt_promise_is_sound(const json_t *predicate, struct vt_error *err);
/* One promise with its history; returned. */
json_t *vt_promise_json(const struct vt_story *story, const struct vt_promise *promise);

#endif
