/* Whether a log has ended, as its folder and its signer's say. */
#include "ledger/frozen.h"
#include "wire/json.h"

static bool parse(vt_slice bytes, struct vt_arena *arena, struct vt_frozen *out,
                  struct vt_error *err)
{
    static const char *const names[] = { "origin", "size", "v", "vkey", NULL };
    static const char *const what = VT_FROZEN_NAME;
    VT_AUTO_JSON json = NULL;
    struct vt_frozen frozen;
    uint64_t version;

    if (!vt_json_parse_canonical(bytes, what, &json, err) ||
        !vt_json_only(json, what, names, err) ||
        !vt_json_get_number(json, what, "v", &version, err) ||
        !vt_json_get_number(json, what, "size", &frozen.size, err) ||
        !vt_json_get_text(json, what, "origin", &frozen.origin, err) ||
        !vt_json_get_text(json, what, "vkey", &frozen.vkey, err))
        return false;
    if (version != 1 || frozen.origin.len == 0)
        return vt_fail(err, VT_MALFORMED, "%s: has no form that this program knows", what);
    frozen.origin = vt_arena_copy(arena, frozen.origin);
    frozen.vkey = vt_arena_copy(arena, frozen.vkey);
    *out = frozen;
    return true;
}

bool vt_frozen_read(struct vt_disk *disk, struct vt_arena *arena, struct vt_frozen *out,
                    struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(64));

    if (!vt_disk_read(disk, VT_FROZEN_NAME, &bytes, err)) {
        if (err->code != VT_ABSENT)
            return false;
        *out = (struct vt_frozen){ 0 };
        return true;
    }
    return parse(vt_buf_slice(&bytes), arena, out, err) ||
           vt_within(err, "%s", vt_disk_path(disk));
}

bool vt_frozen_of(const char *dir, struct vt_arena *arena, struct vt_frozen *out,
                  struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(dir, false, &disk, err))
        return false;
    is_ok = vt_frozen_read(disk, arena, out, err);
    vt_disk_close(disk);
    return is_ok;
}

bool vt_frozen_refuse(struct vt_disk *disk, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_frozen frozen;

    if (!vt_frozen_read(disk, arena, &frozen, err))
        return false;
    return frozen.origin.len == 0 ||
           vt_fail(err, VT_REJECTED,
                   "%s: this log ended with %ju entries and goes on as %.*s; nothing is "
                   "added or signed any more",
                   vt_disk_path(disk), (uintmax_t)frozen.size,
                   VT_SLICE_ARGS(frozen.origin));
}
