/* Movers at a keeper; see keeper_door.h. */
#include "cell/keeper_door.h"
#include "cell/decide.h"
#include "role/hatch.h"

/* ---- what the table says ----------------------------------------------------------------
 */

static const struct vt_residency_step *step_of(const struct vt_residency *policy,
                                               const char country[3], int64_t now_unix_s,
                                               struct vt_error *err)
{
    const struct vt_residency_step *step;
    size_t index;

    if (!vt_country_of(vt_slice_from_cstr(country), &index)) {
        (void)vt_fail(err, VT_REJECTED, "'%s' is no country of ISO 3166", country);
        return NULL;
    }
    step = vt_residency_at(policy, index, VT_DATA_FILE, now_unix_s);
    if (step == NULL)
        (void)vt_fail(err, VT_REJECTED, "the table of residency says nothing of this time");
    return step;
}

bool vt_residency_may_arrive(const struct vt_residency *policy, const char country[3],
                             vt_slice here, int64_t now_unix_s, struct vt_error *err)
{
    const struct vt_residency_step *step = step_of(policy, country, now_unix_s, err);

    if (step == NULL)
        return false;
    return vt_slice_equal(policy->cells[step->to].name, here) ||
           vt_fail(err, VT_REJECTED,
                   "files of %s belong to cell %.*s, and do not move to %.*s", country,
                   VT_SLICE_ARGS(policy->cells[step->to].name), VT_SLICE_ARGS(here));
}

bool vt_residency_may_leave(const struct vt_residency *policy, const char country[3],
                            vt_slice here, int64_t now_unix_s, struct vt_error *err)
{
    const struct vt_residency_step *step = step_of(policy, country, now_unix_s, err);

    if (step == NULL)
        return false;
    return !vt_slice_equal(policy->cells[step->cell].name, here) ||
           vt_fail(err, VT_REJECTED,
                   "files of %s %s: the cell %.*s keeps them until the table of residency "
                   "gives them to another",
                   country,
                   step->state == VT_RESIDENCY_MOVING ? "are on the move" : "belong here",
                   VT_SLICE_ARGS(here));
}

/* The fence of a move, or the next step, whichever comes first. */
static int64_t next_change(const struct vt_residency *policy, const char country[3],
                           const struct vt_residency_step *step, int64_t now_unix_s)
{
    const struct vt_residency_step *after;
    size_t index;

    if (step->state == VT_RESIDENCY_MOVING && step->fence_unix_s > now_unix_s)
        return step->fence_unix_s; /* a step that follows is not before its fence */
    if (!vt_country_of(vt_slice_from_cstr(country), &index))
        return 0;
    after = vt_residency_after(policy, index, VT_DATA_FILE, now_unix_s);
    return after != NULL ? after->from_unix_s : 0;
}

bool vt_residency_takes(const struct vt_residency *policy, const char country[3],
                        vt_slice here, int64_t now_unix_s, struct vt_move_taking *out,
                        struct vt_error *err)
{
    const struct vt_residency_step *step = step_of(policy, country, now_unix_s, err);
    struct vt_placing placing;

    if (step == NULL || !vt_residency_decide(policy, vt_slice_from_cstr(country),
                                             VT_DATA_FILE, here, now_unix_s, &placing, err))
        return false;
    *out = (struct vt_move_taking){
        .takes = placing.decision == VT_DECISION_ACCEPT,
        .next_unix_s = next_change(policy, country, step, now_unix_s),
    };
    return true;
}

static bool may_arrive(void *context, const char country[3], struct vt_error *err)
{
    const struct vt_keeper_door *door = context;

    return vt_residency_may_arrive(&door->rules->policy->table, country,
                                   vt_slice_from_cstr(door->rules->cell),
                                   vt_env_now_unix_s(&door->env), err);
}

static bool may_leave(void *context, const char country[3], struct vt_error *err)
{
    const struct vt_keeper_door *door = context;

    return vt_residency_may_leave(&door->rules->policy->table, country,
                                  vt_slice_from_cstr(door->rules->cell),
                                  vt_env_now_unix_s(&door->env), err);
}

static bool is_ours(void *context, const vt_hash *recipient, const char country[3],
                    struct vt_error *err)
{
    const struct vt_keeper_door *door = context;

    return vt_keeper_rules_seal_for(door->rules, recipient, country,
                                    vt_env_now_unix_s(&door->env), err);
}

static bool takes(void *context, const char country[3], struct vt_move_taking *out,
                  struct vt_error *err)
{
    const struct vt_keeper_door *door = context;

    return vt_residency_takes(&door->rules->policy->table, country,
                              vt_slice_from_cstr(door->rules->cell),
                              vt_env_now_unix_s(&door->env), out, err);
}

/* ---- the door ---------------------------------------------------------------------------
 */

bool vt_keeper_door_open(struct vt_keeper_door *door, const char *path,
                         const struct vt_keeper_rules *rules, struct vt_samples *samples,
                         const struct vt_key *key, const struct vt_env *env,
                         struct vt_error *err)
{
    *door = (struct vt_keeper_door){
        .rules = rules, .env = *env, .samples = samples, .key = key, .listen_fd = -1
    };
    for (size_t i = 0; i < VT_KEEPER_MOVERS_MAX; i++)
        door->movers[i].fd = -1;
    return path == NULL ||
           (vt_hatch_new(&door->listen_fd, err) &&
            vt_hatch_open(door->listen_fd, path, err)) ||
           vt_within(err, "the door for movers");
}

static void send_away(struct vt_keeper_door *door, size_t i)
{
    vt_move_desk_clear(&door->desks[i]);
    vt_channel_clear(&door->movers[i]);
}

void vt_keeper_door_close(struct vt_keeper_door *door)
{
    if (door->samples == NULL)
        return; /* it was never opened */
    for (size_t i = 0; i < VT_KEEPER_MOVERS_MAX; i++)
        if (door->movers[i].fd >= 0)
            send_away(door, i);
    vt_fd_close(&door->listen_fd);
}

bool vt_keeper_door_is_at_work(const struct vt_keeper_door *door)
{
    for (size_t i = 0; i < VT_KEEPER_MOVERS_MAX; i++)
        if (door->movers[i].fd >= 0 && vt_move_desk_is_at_work(&door->desks[i]))
            return true;
    return false;
}

/* Nobody is let in while all places are taken. */
void vt_keeper_door_poll(const struct vt_keeper_door *door,
                         struct pollfd fds[VT_KEEPER_DOOR_FDS])
{
    bool has_place = false;

    for (size_t i = 0; i < VT_KEEPER_MOVERS_MAX; i++) {
        fds[i] =
            (struct pollfd){ door->movers[i].fd, vt_move_desk_events(&door->desks[i]), 0 };
        has_place |= door->movers[i].fd < 0;
    }
    fds[VT_KEEPER_MOVERS_MAX] =
        (struct pollfd){ has_place ? door->listen_fd : -1, POLLIN, 0 };
}

static void let_in(struct vt_keeper_door *door)
{
    struct vt_error err = { 0 };

    for (size_t i = 0; i < VT_KEEPER_MOVERS_MAX; i++) {
        if (door->movers[i].fd >= 0)
            continue;
        if (vt_hatch_accept(door->listen_fd, &door->movers[i], &err)) {
            vt_move_desk_init(&door->desks[i], door->samples);
            door->desks[i].may_arrive = may_arrive;
            door->desks[i].may_leave = may_leave;
            door->desks[i].is_ours = is_ours;
            door->desks[i].takes = takes;
            door->desks[i].context = door;
            door->desks[i].cell = door->rules->cell;
            door->desks[i].key = door->key;
        } else if (err.code != VT_ABSENT) {
            (void)fprintf(stderr, "vitrine cell-keeper: %s\n", err.message);
        }
        return;
    }
}

static bool answer(struct vt_keeper_door *door, size_t i, short revents,
                   struct vt_error *err)
{
    struct vt_move_desk *desk = &door->desks[i];

    if (vt_outbox_waits_ms(&desk->out) > VT_MOVE_PATIENCE_S * 1000)
        return vt_fail(err, VT_LIMIT, "did not read for %d s, and is sent away",
                       VT_MOVE_PATIENCE_S);
    return (revents == 0 && !vt_move_desk_is_at_work(desk)) ||
           vt_move_answer(desk, &door->movers[i], err);
}

bool vt_keeper_door_answer(struct vt_keeper_door *door,
                           const struct pollfd fds[VT_KEEPER_DOOR_FDS],
                           struct vt_error *err)
{
    for (size_t i = 0; i < VT_KEEPER_MOVERS_MAX; i++) {
        if (door->movers[i].fd < 0 || answer(door, i, fds[i].revents, err))
            continue;
        if (err->code == VT_IO)
            return false;
        if (err->code != VT_ABSENT)
            (void)fprintf(stderr, "vitrine cell-keeper: a mover: %s\n", err->message);
        *err = (struct vt_error){ 0 };
        send_away(door, i);
    }
    if (fds[VT_KEEPER_MOVERS_MAX].revents != 0)
        let_in(door);
    return true;
}
