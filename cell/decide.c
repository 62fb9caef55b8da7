/* Accept, refuse, or wait for the end of a move.
 *
 * A move has two halves.  Until its fence the old cell goes on as before, so that nothing
 * is lost; from the fence until the next step nobody takes anything, so that nothing is in
 * both.  The answer names the old cell before the fence and the new one behind it. */
#include "cell/decide.h"

const char *vt_decision_name(enum vt_decision decision)
{
    static const char *const names[] = {
        [VT_DECISION_ACCEPT] = "accept",
        [VT_DECISION_REFUSE] = "refuse",
        [VT_DECISION_FENCED] = "fenced",
    };

    return names[decision];
}

static bool is_fenced(const struct vt_residency_step *step, int64_t now_unix_s)
{
    return step->state == VT_RESIDENCY_MOVING && now_unix_s >= step->fence_unix_s;
}

/* Until when the answer holds. */
static int64_t end_of(const struct vt_residency_step *step,
                      const struct vt_residency_step *next, int64_t now_unix_s)
{
    if (step->state == VT_RESIDENCY_MOVING && now_unix_s < step->fence_unix_s)
        return step->fence_unix_s;
    return next != NULL ? next->from_unix_s : INT64_MAX;
}

bool vt_residency_decide(const struct vt_residency *policy, vt_slice country,
                         enum vt_data_class data, vt_slice here, int64_t now_unix_s,
                         struct vt_placing *out, struct vt_error *err)
{
    const struct vt_residency_step *step;
    struct vt_placing placing;
    size_t index;

    if (!vt_country_of(country, &index))
        return vt_fail(err, VT_MALFORMED, "'%.*s' is no country of ISO 3166",
                       VT_SLICE_ARGS(country));
    step = vt_residency_at(policy, index, data, now_unix_s);
    if (step == NULL)
        return vt_fail(
            err, VT_REJECTED,
            "residency version %ju says nothing of that time; an earlier one may",
            (uintmax_t)policy->version);
    placing.step = step;
    placing.until_unix_s =
        end_of(step, vt_residency_after(policy, index, data, now_unix_s), now_unix_s);
    placing.right = &policy->cells[is_fenced(step, now_unix_s) ? step->to : step->cell];
    if (is_fenced(step, now_unix_s) &&
        (vt_slice_equal(here, policy->cells[step->cell].name) ||
         vt_slice_equal(here, policy->cells[step->to].name)))
        placing.decision = VT_DECISION_FENCED;
    else
        placing.decision = vt_slice_equal(here, placing.right->name) ? VT_DECISION_ACCEPT
                                                                     : VT_DECISION_REFUSE;
    *out = placing;
    return true;
}

bool vt_residency_allows_client(const struct vt_residency *policy, vt_slice country,
                                enum vt_data_class data, vt_slice cell,
                                vt_slice jurisdiction, int64_t now_unix_s,
                                struct vt_error *err)
{
    struct vt_placing placing;

    if (!vt_residency_decide(policy, country, data, cell, now_unix_s, &placing, err))
        return false;
    if (placing.decision == VT_DECISION_FENCED)
        return vt_fail(err, VT_REJECTED,
                       "%.*s, %s: on the move to cell %.*s; nothing is taken meanwhile",
                       VT_SLICE_ARGS(country), vt_data_class_name(data),
                       VT_SLICE_ARGS(placing.right->name));
    if (placing.decision == VT_DECISION_REFUSE)
        return vt_fail(err, VT_REJECTED,
                       "%.*s, %s: belongs to cell %.*s in %.*s, not to %.*s",
                       VT_SLICE_ARGS(country), vt_data_class_name(data),
                       VT_SLICE_ARGS(placing.right->name),
                       VT_SLICE_ARGS(placing.right->jurisdiction), VT_SLICE_ARGS(cell));
    if (!vt_slice_equal(jurisdiction, placing.right->jurisdiction))
        return vt_fail(err, VT_REJECTED,
                       "cell %.*s stands in %.*s, but the policy places %s of %.*s in %.*s",
                       VT_SLICE_ARGS(cell), VT_SLICE_ARGS(jurisdiction),
                       vt_data_class_name(data), VT_SLICE_ARGS(country),
                       VT_SLICE_ARGS(placing.right->jurisdiction));
    return true;
}
