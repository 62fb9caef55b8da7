/* See rows_door.h. */
#include "cell/rows_door.h"
#include "cell/move_inside.h"
#include "role/hatch.h"

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

static bool no_keeper(const char *path, struct vt_error *err)
{
    if (err->code == VT_ABSENT)
        err->code = VT_IO; /* it is trouble, not a no */
    return vt_within(err, "%s: the cell's keeper", path);
}

bool vt_rows_door_knock(const char *path, struct vt_channel *out, struct vt_error *err)
{
    return vt_hatch_knock(path, VT_MOVE_PATIENCE_S, out, err) || no_keeper(path, err);
}

bool vt_rows_at_door(struct vt_channel *keeper, const char country[3],
                     bool (*each)(void *context, const struct vt_move_row *row,
                                  struct vt_error *err),
                     void *context, struct vt_error *err)
{
    struct vt_mover mover = { .from = keeper };
    struct walking walking = { .each = each, .context = context };
    bool is_more = true;

    memcpy(mover.country, country, sizeof mover.country);
    while (is_more) {
        vt_hash after = walking.last;

        if (!vt_move_page(&mover, walking.has_last ? &after : NULL, take_row, &walking,
                          &is_more, err))
            return no_keeper(country, err);
    }
    return true;
}
