/* The minimum index of a pruned log, as strict JSON. */
#include "ledger/retention.h"
#include "wire/json.h"

bool vt_retention_parse(vt_slice bytes, struct vt_arena *arena, struct vt_retention *out,
                        struct vt_error *err)
{
    static const char *const names[] = { "below", "policy", "v", NULL };
    static const char *const what = VT_RETENTION_NAME;
    VT_AUTO_JSON json = NULL;
    struct vt_retention retention;
    uint64_t version;

    if (!vt_json_parse_canonical(bytes, what, &json, err) ||
        !vt_json_only(json, what, names, err) ||
        !vt_json_get_number(json, what, "v", &version, err) ||
        !vt_json_get_number(json, what, "below", &retention.minimum, err) ||
        !vt_json_get_text(json, what, "policy", &retention.policy, err))
        return false;
    if (version != 1)
        return vt_fail(err, VT_MALFORMED, "%s: version %ju, this program knows 1", what,
                       (uintmax_t)version);
    if (retention.policy.len == 0)
        return vt_fail(err, VT_MALFORMED, "%s: a minimum index needs a written policy",
                       what);
    retention.policy = vt_arena_copy(arena, retention.policy);
    *out = retention;
    return true;
}

bool vt_retention_read(struct vt_disk *disk, struct vt_arena *arena,
                       struct vt_retention *out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RETENTION_BYTES_MAX);

    if (!vt_disk_read(disk, VT_RETENTION_NAME, &bytes, err)) {
        if (err->code != VT_ABSENT)
            return false;
        *out = (struct vt_retention){ 0 };
        return true;
    }
    return vt_retention_parse(vt_buf_slice(&bytes), arena, out, err) ||
           vt_within(err, "%s", vt_disk_path(disk));
}

bool vt_retention_text(const struct vt_retention *retention, struct vt_buf *out,
                       struct vt_error *err)
{
    VT_AUTO_JSON json = json_pack(
        "{s:I,s:o,s:i}", "below", (json_int_t)retention->minimum, "policy",
        json_stringn((const char *)retention->policy.data, retention->policy.len), "v", 1);

    if (json == NULL)
        return vt_fail(err, VT_MALFORMED, "the retention policy is not UTF-8");
    return vt_json_write_canonical(json, out, err);
}

bool vt_retention_write(struct vt_disk *disk, const struct vt_retention *retention,
                        struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RETENTION_BYTES_MAX);

    return vt_retention_text(retention, &bytes, err) &&
           vt_disk_write(disk, VT_RETENTION_NAME, vt_buf_slice(&bytes), 0644, err);
}

bool vt_retention_denies(const struct vt_retention *retention,
                         const struct vt_tile_name *name)
{
    /* Full tiles of this level in a tree of `minimum` entries. */
    return name->index <
           vt_tile_level_size(name->level, retention->minimum) / VT_TILE_WIDTH;
}

void vt_pruned_path(const struct vt_tile_name *name, char out[VT_TILE_PATH_BYTES])
{
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(name, path); /* at most 48 bytes: the index of a tile is below 2^56 */
    (void)snprintf(out, VT_TILE_PATH_BYTES, VT_PRUNED_FOLDER "/%.*s",
                   VT_TILE_PATH_BYTES - 1 - (int)sizeof VT_PRUNED_FOLDER, path);
}

uint64_t vt_retention_first(const struct vt_retention *retention)
{
    return retention->minimum - retention->minimum % VT_TILE_WIDTH;
}

void vt_retention_explain(struct vt_disk *disk, uint64_t index, bool *is_pruned_out,
                          struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_retention retention;
    struct vt_error ignored = { 0 };

    *is_pruned_out = err->code == VT_ABSENT &&
                     vt_retention_read(disk, arena, &retention, &ignored) &&
                     index < vt_retention_first(&retention);
    if (*is_pruned_out)
        (void)vt_fail(err, VT_ABSENT,
                      "entry %ju is pruned: by %s/" VT_RETENTION_NAME
                      " entries from %ju on are kept",
                      (uintmax_t)index, vt_disk_path(disk),
                      (uintmax_t)vt_retention_first(&retention));
}
