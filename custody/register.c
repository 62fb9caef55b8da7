/* Plans one after the other, and the promises behind them. */
#include "custody/register.h"
#include "evidence/field.h"

static const char *const STATES[VT_SERVICE_STATES] = {
    [VT_SERVICE_HERE] = "here",
    [VT_SERVICE_MOVING] = "moving",
    [VT_SERVICE_STAYS] = "stays",
    [VT_SERVICE_NOT_MOVED] = "not moved yet",
};

const char *vt_service_state_name(enum vt_service_state state)
{
    return STATES[state];
}

void vt_register_clear(struct vt_register *register_)
{
    vt_promises_clear(&register_->promises);
    free(register_->rows);
    vt_strays_clear(&register_->strays);
    *register_ = (struct vt_register){ .count = 0 };
}

/* The schema has checked that it is one of the words. */
static enum vt_service_state state_of(const json_t *row)
{
    unsigned state = VT_SERVICE_HERE;

    while (state + 1 < VT_SERVICE_STATES &&
           !vt_slice_is(vt_field_text(row, "state"), STATES[state]))
        state++;
    return (enum vt_service_state)state;
}

/* ---- what a plan may say ----------------------------------------------------------------
 */

/* What moves has a date and an aim; what stays has a reason, and no date. */
static bool row_is_sound(const json_t *row, struct vt_error *err)
{
    vt_slice name = vt_field_text(row, "name");
    enum vt_service_state state = state_of(row);
    bool has_promise = vt_json_has(row, "promise"), has_aim = vt_json_has(row, "to");

    if (!vt_story_id_verify(name, err) ||
        (has_promise && !vt_story_id_verify(vt_field_text(row, "promise"), err)))
        return vt_within(err, "plan");
    if (state == VT_SERVICE_STAYS) {
        if (has_promise || has_aim || vt_field_text(row, "reason").len == 0)
            return vt_fail(err, VT_MALFORMED,
                           "plan: '%.*s' stays: say the reason, and neither an aim nor a "
                           "promise",
                           VT_SLICE_ARGS(name));
        return true;
    }
    return state == VT_SERVICE_HERE || (has_promise && has_aim) ||
           vt_fail(err, VT_MALFORMED,
                   "plan: '%.*s' is to move: say where to, and which promise has the date",
                   VT_SLICE_ARGS(name));
}

static const json_t *find_row(const json_t *services, vt_slice name)
{
    for (size_t i = 0; i < json_array_size(services); i++)
        if (vt_slice_equal(vt_field_text(json_array_get(services, i), "name"), name))
            return json_array_get(services, i);
    return NULL;
}

bool vt_relocation_plan_is_sound(const json_t *predicate, struct vt_error *err)
{
    const json_t *services = json_object_get(predicate, "services");

    for (size_t i = 0; i < json_array_size(services); i++) {
        const json_t *row = json_array_get(services, i);

        if (!row_is_sound(row, err))
            return false;
        if (find_row(services, vt_field_text(row, "name")) != row)
            return vt_fail(err, VT_MALFORMED, "plan: '%.*s' stands there twice",
                           VT_SLICE_ARGS(vt_field_text(row, "name")));
    }
    return json_array_size(services) != 0 ||
           vt_fail(err, VT_MALFORMED, "plan: it names no service");
}

/* ---- one plan after the other -----------------------------------------------------------
 */

/* Nothing drops off the list, and no service gets a later date by another promise. */
static bool continues(const struct vt_said *before, const struct vt_said *said,
                      struct vt_error *err)
{
    const json_t *old = json_object_get(vt_said_predicate(before), "services");
    const json_t *new = json_object_get(vt_said_predicate(said), "services");

    for (size_t i = 0; i < json_array_size(old); i++) {
        const json_t *row = json_array_get(old, i);
        vt_slice name = vt_field_text(row, "name");
        const json_t *next = find_row(new, name);

        if (next == NULL)
            return vt_fail(err, VT_REJECTED, "it leaves out the service '%.*s'",
                           VT_SLICE_ARGS(name));
        if (vt_json_has(row, "promise") &&
            !vt_slice_equal(vt_field_text(row, "promise"), vt_field_text(next, "promise")))
            return vt_fail(err, VT_REJECTED,
                           "it gives the service '%.*s' another promise, or none; a date "
                           "is changed by `vitrine promise move`",
                           VT_SLICE_ARGS(name));
    }
    return true;
}

static bool may_follow(const struct vt_said *before, const struct vt_said *said,
                       struct vt_error *err)
{
    const json_t *predicate = vt_said_predicate(said);
    uint64_t version = vt_field_number(predicate, "version");
    uint64_t wanted =
        before == NULL ? 1 : vt_field_number(vt_said_predicate(before), "version") + 1;

    if (!vt_relocation_plan_is_sound(predicate, err))
        return false;
    if (version != wanted)
        return vt_fail(err, VT_REJECTED, "it is version %ju, and version %ju is due",
                       (uintmax_t)version, (uintmax_t)wanted);
    if (before == NULL)
        return !vt_json_has(predicate, "supersedes") ||
               vt_fail(err, VT_REJECTED, "it takes the place of a plan that is not here");
    if (!vt_said_is_superseded_by(before, said))
        return vt_fail(err, VT_REJECTED,
                       "it takes the place of a plan that is not the newest one");
    if (!vt_slice_equal(before->signer->holder, said->signer->holder))
        return vt_fail(err, VT_REJECTED, "it is by another holder than the plan before");
    return continues(before, said, err);
}

/* ---- the register -----------------------------------------------------------------------
 */

static struct vt_service service_of(const struct vt_promises *promises, const json_t *row)
{
    struct vt_service service = {
        .row = row,
        .name = vt_field_text(row, "name"),
        .state = state_of(row),
        .is_outside = vt_slice_is(vt_field_text(row, "where"), "outside"),
    };
    bool has_promise = vt_json_has(row, "promise");

    if (has_promise)
        service.promise = vt_promises_find(promises, vt_field_text(row, "promise"));
    service.is_late = service.promise != NULL && service.promise->state == VT_PROMISE_LATE;
    service.is_only_said = service.state == VT_SERVICE_HERE && !has_promise;
    service.is_unproven =
        has_promise && (service.promise == NULL || (service.state == VT_SERVICE_HERE &&
                                                    service.promise->kept == NULL));
    return service;
}

void vt_register_reckon(const struct vt_story *story, int64_t at_unix_s,
                        struct vt_register *out)
{
    const json_t *services;

    *out = (struct vt_register){ .count = 0 };
    vt_promises_reckon(story, at_unix_s, &out->promises);
    for (size_t i = 0; i < story->count; i++) {
        const struct vt_said *said = story->rows[i];
        struct vt_error why = { 0 };

        if (said->envelope.statement.type != VT_RELOCATION_PLAN ||
            said->time_unix_s > at_unix_s)
            continue;
        if (may_follow(out->plan, said, &why))
            out->plan = said;
        else
            vt_strays_add(&out->strays, said->index, "%s", why.message);
    }
    if (out->plan == NULL)
        return;
    services = json_object_get(vt_said_predicate(out->plan), "services");
    out->count = json_array_size(services);
    out->rows = vt_alloc_array(out->count, sizeof *out->rows);
    for (size_t i = 0; i < out->count; i++) {
        out->rows[i] = service_of(&out->promises, json_array_get(services, i));
        out->counts[out->rows[i].state]++;
        out->late += out->rows[i].is_late;
        out->unproven += out->rows[i].is_unproven;
        out->only_said += out->rows[i].is_only_said;
        out->outside += out->rows[i].is_outside;
    }
}

json_t *vt_service_json(const struct vt_service *service)
{
    json_t *row = json_deep_copy(service->row);
    const struct vt_promise *promise = service->promise;

    (void)json_object_update_new(row, json_pack("{s:b,s:b,s:b}", "late", service->is_late,
                                                "only_said", service->is_only_said,
                                                "unproven", service->is_unproven));
    if (promise == NULL)
        return row;
    (void)json_object_update_new(
        row, json_pack("{s:o,s:o,s:I,s:s}", "due", vt_field_of_time(promise->due_unix_s),
                       "first_due", vt_field_of_time(promise->first_due_unix_s), "moves",
                       (json_int_t)promise->moves, "promise_state",
                       vt_promise_state_name(promise->state)));
    if (promise->late_unix_s != 0)
        (void)json_object_set_new(row, "late_since",
                                  vt_field_of_time(promise->late_unix_s));
    return row;
}
