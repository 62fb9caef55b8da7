/* See erase_door.h. */
#include "cell/erase_door.h"
#include "cell/move_inside.h"
#include "role/hatch.h"

static bool erase_some(struct vt_channel *keeper, const vt_hash *objects, size_t count,
                       uint64_t *erased, struct vt_error *err)
{
    struct vt_samples_left left;
    vt_slice answer;

    if (!vt_move_call(keeper, VT_MOVE_ERASE, vt_slice_of(objects, count * sizeof *objects),
                      VT_MOVE_ERASED, &answer, err))
        return false;
    if (!vt_move_left_read(answer, &left))
        return vt_fail(err, VT_MALFORMED, "the keeper's answer has no form");
    *erased += left.removed;
    return true;
}

static bool erase_all(struct vt_channel *keeper, const vt_hash *objects, size_t count,
                      uint64_t *erased, struct vt_error *err)
{
    for (size_t at = 0; at < count; at += VT_MOVE_IDS_MAX) {
        size_t some = count - at < VT_MOVE_IDS_MAX ? count - at : VT_MOVE_IDS_MAX;

        if (!erase_some(keeper, objects + at, some, erased, err))
            return false;
    }
    return true;
}

bool vt_erase_at_door(const char *path, const vt_hash *objects, size_t count,
                      uint64_t *erased_out, struct vt_error *err)
{
    struct vt_channel keeper = { .fd = -1 };
    uint64_t erased = 0;
    bool is_ok = vt_hatch_knock(path, VT_MOVE_PATIENCE_S, &keeper, err) &&
                 erase_all(&keeper, objects, count, &erased, err);

    vt_channel_clear(&keeper);
    if (is_ok) {
        *erased_out = erased;
        return true;
    }
    if (err->code == VT_ABSENT)
        err->code = VT_IO; /* it is trouble, not a no */
    return vt_within(err, "%s: the cell's keeper", path);
}
