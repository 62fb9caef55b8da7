/* Where the data of each country lie: the table of residency/v1.
 *
 * For each of the 249 countries and each class of data a short line of steps through time;
 * a step says which cell, in which state, from when.  The table is complete: there is no
 * country and no class of which nothing is said, so nothing is decided by silence.
 * Spec: evidence/DESIGN.md, cell/DESIGN.md */
#ifndef VT_CELL_RESIDENCY_H
#define VT_CELL_RESIDENCY_H

#include "base/base.h"
#include "cell/country.h"
#include "evidence/statement.h"

enum vt_data_class {
    VT_DATA_FILE,      /* samples that were shared */
    VT_DATA_LOOKUP,    /* questions about reputations */
    VT_DATA_STATISTIC, /* reports that are counted */
    VT_DATA_ACCOUNT,   /* who has an account, and what belongs to it */
    VT_DATA_CLASSES,
};

enum vt_residency_state {
    VT_RESIDENCY_HERE,      /* they lie in the cell that is meant for them */
    VT_RESIDENCY_MOVING,    /* on their way from `cell` to `to` */
    VT_RESIDENCY_STAYS,     /* they stay where they have always been, on purpose */
    VT_RESIDENCY_NOT_MOVED, /* they have not been moved yet */
    VT_RESIDENCY_STATES,
};

enum { VT_RESIDENCY_CELLS_MAX = 64, VT_RESIDENCY_STEPS_MAX = 8 };

struct vt_residency_cell {
    vt_slice name;         /* 1 to 64 of a-z, 0-9 and '-' */
    vt_slice jurisdiction; /* ISO 3166-1 */
    vt_slice url;          /* https, or http on this machine; without a slash at its end */
};

/* From `from` on, until the next step. */
struct vt_residency_step {
    int64_t from_unix_s;
    int64_t fence_unix_s; /* moving: from then on the old cell takes nothing; else 0 */
    enum vt_residency_state state;
    uint8_t cell; /* where they lie; below cell_count */
    uint8_t to;   /* moving: where to; else equal to cell */
};

struct vt_residency_line {
    struct vt_residency_step steps[VT_RESIDENCY_STEPS_MAX]; /* by from, each later */
    uint8_t count;
};

struct vt_residency {
    uint64_t version;
    int64_t created_unix_s;
    bool has_previous;
    vt_hash previous; /* payload digest of the version before */
    struct vt_residency_cell cells[VT_RESIDENCY_CELLS_MAX]; /* slices: see who filled it */
    size_t cell_count;
    struct vt_residency_line lines[VT_COUNTRIES][VT_DATA_CLASSES];
};

const char *vt_data_class_name(enum vt_data_class data);
VT_CHECKED bool vt_data_class_of(vt_slice name, enum vt_data_class *out);
const char *vt_residency_state_name(enum vt_residency_state state);
VT_CHECKED bool vt_residency_state_of(vt_slice name, enum vt_residency_state *out);

/* Take the predicate apart; its schema is checked first.  Slices point into it.  out is
 * about 300 KiB: keep it on the heap.
 * Errors: VT_MALFORMED unknown country, class or cell; a step twice; not spelled as
 *                      vt_residency_write spells it (with is_draft that is allowed)
 *         VT_LIMIT     too many steps
 *         VT_IO        memory */
VT_CHECKED bool vt_residency_read(const json_t *predicate, bool is_draft,
                                  struct vt_residency *out, struct vt_error *err);
/* The one spelling: steps of equal content share a rule, rules and countries are sorted.
 * out: returned. */
VT_CHECKED bool vt_residency_write(const struct vt_residency *policy, json_t **out,
                                   struct vt_error *err);

/* Does it hold together?
 *   - versions begin at 1, and all but the first name the one before
 *   - cells have a name once, a country, and a URL
 *   - every country and class has a step in force when the policy was made
 *   - a move leads elsewhere, its fence is not before its beginning, and what follows it
 *     lies at one of its two ends
 * Errors: VT_REJECTED saying what does not fit */
VT_CHECKED bool vt_residency_is_sound(const struct vt_residency *policy,
                                      struct vt_error *err);
/* May `next` follow `current`?  Version one more, names current's payload digest, not made
 * earlier, and says of the time before it was made nothing that current did not say.
 * Errors: VT_REJECTED */
VT_CHECKED bool vt_residency_may_follow(const struct vt_residency *current,
                                        const vt_hash *current_digest,
                                        const struct vt_residency *next,
                                        struct vt_error *err);

/* The step in force at that time; NULL before the first. */
const struct vt_residency_step *vt_residency_at(const struct vt_residency *policy,
                                                size_t country, enum vt_data_class data,
                                                int64_t time_unix_s);
/* The one that comes after that time; NULL: none is planned. */
const struct vt_residency_step *vt_residency_after(const struct vt_residency *policy,
                                                   size_t country, enum vt_data_class data,
                                                   int64_t time_unix_s);
/* The cell with that name; cell_count if there is none. */
size_t vt_residency_find_cell(const struct vt_residency *policy, vt_slice name);

/* ---- drafts: changing a table ------------------------------------------------------- */

/* Put a step into a line, in the place of one with the same `from`.  VT_LIMIT. */
VT_CHECKED bool vt_residency_set(struct vt_residency_line *line,
                                 const struct vt_residency_step *step,
                                 struct vt_error *err);
/* Take the step that begins at that time out.  VT_ABSENT. */
VT_CHECKED bool vt_residency_remove(struct vt_residency_line *line, int64_t from_unix_s,
                                    struct vt_error *err);
/* Make the table the draft of the version after it: what was over before now goes. */
void vt_residency_begin_next(struct vt_residency *policy, const vt_hash *digest,
                             int64_t now_unix_s);

#endif
