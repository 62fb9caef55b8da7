/* The stage: a folder on which a piece of work is played again and again, with its n-th
 * disk operation broken, for n = 1, 2, 3 ... until none breaks; then the work is started
 * again, as an operator would, and what was promised is checked.
 *
 * A play's functions run each in a process of its own, which may start others (roles): all
 * that were given our environment are on the stage, if they are linked with tests/gate.c as
 * test programs and build/vitrine-stage are.  What they write past the gate is found out.
 */
#ifndef VT_TESTS_STAGE_H
#define VT_TESTS_STAGE_H

#include "tests/harness.h"

enum vt_break {
    VT_BREAK_NONE,
    VT_BREAK_FAIL,       /* the operation is not done and fails                     */
    VT_BREAK_FAIL_AFTER, /* it is done and fails nevertheless                       */
    VT_BREAK_FORGET,     /* a sync fails, and the kernel forgets what it was to
                          * write, as Linux may: the bytes before are seen again    */
    VT_BREAK_KILL,       /* the process that came to it is killed, before it        */
    VT_BREAK_POWER,      /* all are killed, and what is not synced is lost, whole   */
    VT_BREAK_TORN,       /* the same, but a random part of what is not synced stays */
};

struct vt_stage_play {
    const char *name;
    /* Builds what is there before, in `dir`; not broken; durable; NULL: nothing. */
    void (*prepare)(const char *dir);
    /* The work that is broken.  What it promises it says with vt_stage_say at once.  Gives
     * up (false) when something fails; must not crash or hang. */
    bool (*act)(const char *dir, struct vt_error *err);
    /* Starts again after the break and finishes what is to be finished, as an operator
     * would; not broken; true or it is a violation.  It too may say things. */
    bool (*restart)(const char *dir, struct vt_error *err);
    /* Looks at what is in `dir` and at vt_stage_said(), and fails as a test case does. */
    void (*check)(const char *dir);
    unsigned torn_seeds; /* how many different dice for VT_BREAK_TORN; 0 counts as 2 */
    unsigned
        twice_every; /* misfortune twice: at every n-th operation of act; 0 counts as 1 */
};

struct vt_stage_report {
    unsigned operations; /* that `act` does when nothing breaks              */
    unsigned runs;       /* times that it was played                         */
    unsigned violations; /* runs that ended in one (we stop at the first)    */
    unsigned skipped;    /* times that the sync in question was left out     */
    char story[2048];    /* what happened in the first violation, for people */
};

/* Called in act and restart: a promise was made or seen (a line of text without '\n'). */
VT_PRINTF(1, 2) void vt_stage_say(const char *format, ...);
/* Called in check: all that was said in this run, a line each. */
const char *vt_stage_said(void);
/* Was that line said? */
bool vt_stage_was_said(const char *line);

/* Play it in all ways at each operation.  After each break comes a restart, a check, a
 * power loss, another restart and another check: what a restarted process believed and
 * built upon must not vanish under it.  Then twice: killed at each operation, and a power
 * loss at some operations of the restart.  Stops at the first violation. */
void vt_stage_play_all(const struct vt_stage_play *play, struct vt_stage_report *out);
/* The same with the sync at that place left out (e.g. "journal: sync of journal/#"). */
void vt_stage_play_without(const struct vt_stage_play *play, const char *sync_place,
                           struct vt_stage_report *out);

/* No violation, or the case fails with the story.  Prints how much was played. */
void vt_stage_must_hold(const struct vt_stage_play *play);
/* Leaving out that sync is noticed, or the case fails. */
void vt_stage_must_need(const struct vt_stage_play *play, const char *sync_place);
/* The same for each sync that act or restart pass, but for those in `spare` (ends with
 * NULL), which must exist.  Sanitized builds, ten times as slow, take samples: every
 * third operation is broken, three syncs are left out. */
void vt_stage_must_need_every_sync(const struct vt_stage_play *play,
                                   const char *const spare[]);

#endif
