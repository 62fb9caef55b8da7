/* See movers_door.h. */
#include "cell/movers_door.h"
#include "cell/move_inside.h"
#include "role/hatch.h"

/* That nobody is there is trouble, not a no.  Returns false. */
static bool fail(struct vt_error *err)
{
    if (err->code == VT_ABSENT)
        err->code = VT_IO;
    return false;
}

bool vt_movers_door_knock(const char *path, struct vt_channel *out, struct vt_error *err)
{
    return vt_hatch_knock(path, VT_MOVE_PATIENCE_S, out, err) || fail(err);
}

/* ---- rows -------------------------------------------------------------------------------
 */

struct walking {
    bool (*each)(void *context, const struct vt_move_row *row, struct vt_error *err);
    void *context;
    vt_hash last;
    bool has_last;
};

static bool take_row(void *context, const struct vt_move_row *row, struct vt_error *err)
{
    struct walking *w = context;

    w->last = row->object;
    w->has_last = true;
    return w->each(w->context, row, err);
}

bool vt_rows_at_door(struct vt_channel *keeper, const char country[3],
                     bool (*each)(void *context, const struct vt_move_row *row,
                                  struct vt_error *err),
                     void *context, const bool *is_enough, struct vt_error *err)
{
    struct vt_mover mover = { .from = keeper };
    struct walking walking = { .each = each, .context = context };
    bool is_more = true;

    memcpy(mover.country, country, sizeof mover.country);
    while (is_more && (is_enough == NULL || !*is_enough)) {
        vt_hash after = walking.last;

        if (!vt_move_page(&mover, walking.has_last ? &after : NULL, take_row, &walking,
                          &is_more, err))
            return fail(err) || vt_within(err, "the cell's keeper, files of %s", country);
    }
    return true;
}

/* ---- erasing ----------------------------------------------------------------------------
 */

static bool erase_some(struct vt_channel *keeper, const vt_hash *objects, size_t count,
                       uint64_t *erased, struct vt_error *err)
{
    struct vt_samples_left left;
    vt_slice answer;

    if (!vt_move_call(keeper, VT_MOVE_ERASE, vt_slice_of(objects, count * sizeof *objects),
                      VT_MOVE_ERASED, &answer, err))
        return false;
    if (!vt_move_left_read(answer, &left))
        return vt_fail(err, VT_MALFORMED, "the answer has no form");
    *erased += left.removed;
    return true;
}

static bool erase_all(struct vt_channel *keeper, const vt_hash *objects, size_t count,
                      uint64_t *erased_out, struct vt_error *err)
{
    uint64_t erased = 0;

    for (size_t at = 0; at < count; at += VT_MOVE_IDS_MAX) {
        size_t some = count - at < VT_MOVE_IDS_MAX ? count - at : VT_MOVE_IDS_MAX;

        if (!erase_some(keeper, objects + at, some, &erased, err))
            return fail(err) || vt_within(err, "the cell's keeper");
    }
    *erased_out = erased;
    return true;
}

bool vt_erase_at_door(const char *path, const vt_hash *objects, size_t count,
                      uint64_t *erased_out, struct vt_error *err)
{
    struct vt_channel keeper = { .fd = -1 };
    bool is_ok = vt_movers_door_knock(path, &keeper, err) &&
                 erase_all(&keeper, objects, count, erased_out, err);

    vt_channel_clear(&keeper);
    return is_ok;
}
