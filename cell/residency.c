/* The table, and time in it.  Reading and writing it: residency_text.c. */
#include "cell/residency.h"

static const char *const CLASSES[VT_DATA_CLASSES] = {
    [VT_DATA_FILE] = "file",
    [VT_DATA_LOOKUP] = "lookup",
    [VT_DATA_STATISTIC] = "statistic",
    [VT_DATA_ACCOUNT] = "account",
};

static const char *const STATES[VT_RESIDENCY_STATES] = {
    [VT_RESIDENCY_HERE] = "here",
    [VT_RESIDENCY_MOVING] = "moving",
    [VT_RESIDENCY_STAYS] = "stays",
    [VT_RESIDENCY_NOT_MOVED] = "not moved yet",
};

const char *vt_data_class_name(enum vt_data_class data)
{
    return CLASSES[data];
}

bool vt_data_class_of(vt_slice name, enum vt_data_class *out)
{
    for (unsigned i = 0; i < VT_DATA_CLASSES; i++)
        if (vt_slice_is(name, CLASSES[i])) {
            *out = (enum vt_data_class)i; /* below VT_DATA_CLASSES */
            return true;
        }
    return false;
}

const char *vt_residency_state_name(enum vt_residency_state state)
{
    return STATES[state];
}

bool vt_residency_state_of(vt_slice name, enum vt_residency_state *out)
{
    for (unsigned i = 0; i < VT_RESIDENCY_STATES; i++)
        if (vt_slice_is(name, STATES[i])) {
            *out = (enum vt_residency_state)i; /* below VT_RESIDENCY_STATES */
            return true;
        }
    return false;
}

/* ---- time -------------------------------------------------------------------------------
 */

const struct vt_residency_step *vt_residency_at(const struct vt_residency *policy,
                                                size_t country, enum vt_data_class data,
                                                int64_t time_unix_s)
{
    const struct vt_residency_line *line = &policy->lines[country][data];
    const struct vt_residency_step *found = NULL;

    for (size_t i = 0; i < line->count && line->steps[i].from_unix_s <= time_unix_s; i++)
        found = &line->steps[i];
    return found;
}

const struct vt_residency_step *vt_residency_after(const struct vt_residency *policy,
                                                   size_t country, enum vt_data_class data,
                                                   int64_t time_unix_s)
{
    const struct vt_residency_line *line = &policy->lines[country][data];

    for (size_t i = 0; i < line->count; i++)
        if (line->steps[i].from_unix_s > time_unix_s)
            return &line->steps[i];
    return NULL;
}

size_t vt_residency_find_cell(const struct vt_residency *policy, vt_slice name)
{
    size_t i = 0;

    while (i < policy->cell_count && !vt_slice_equal(policy->cells[i].name, name))
        i++;
    return i;
}

/* ---- drafts -----------------------------------------------------------------------------
 */

bool vt_residency_set(struct vt_residency_line *line, const struct vt_residency_step *step,
                      struct vt_error *err)
{
    size_t at = 0;

    while (at < line->count && line->steps[at].from_unix_s < step->from_unix_s)
        at++;
    if (at == line->count || line->steps[at].from_unix_s != step->from_unix_s) {
        if (line->count == VT_RESIDENCY_STEPS_MAX)
            return vt_fail(err, VT_LIMIT, "more than %d steps for one country and class",
                           VT_RESIDENCY_STEPS_MAX);
        memmove(&line->steps[at + 1], &line->steps[at],
                (line->count - at) * sizeof line->steps[0]);
        line->count++;
    }
    line->steps[at] = *step;
    return true;
}

bool vt_residency_remove(struct vt_residency_line *line, int64_t from_unix_s,
                         struct vt_error *err)
{
    size_t at = 0;

    while (at < line->count && line->steps[at].from_unix_s != from_unix_s)
        at++;
    if (at == line->count)
        return vt_fail(err, VT_ABSENT, "no step begins then");
    line->count--;
    memmove(&line->steps[at], &line->steps[at + 1],
            (line->count - at) * sizeof line->steps[0]);
    return true;
}

/* Steps before the one in force are history, which the version before keeps. */
static void drop_history(struct vt_residency_line *line, int64_t now_unix_s)
{
    while (line->count > 1 && line->steps[1].from_unix_s <= now_unix_s) {
        line->count--;
        memmove(&line->steps[0], &line->steps[1], line->count * sizeof line->steps[0]);
    }
}

void vt_residency_begin_next(struct vt_residency *policy, const vt_hash *digest,
                             int64_t now_unix_s)
{
    policy->version++; /* at most 2^53 - 1 before */
    policy->has_previous = true;
    policy->previous = *digest;
    if (policy->created_unix_s < now_unix_s)
        policy->created_unix_s = now_unix_s;
    for (size_t country = 0; country < VT_COUNTRIES; country++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
            drop_history(&policy->lines[country][data], policy->created_unix_s);
}
