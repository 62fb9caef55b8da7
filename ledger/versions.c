/* Versions of tiles in a folder. */
#include "ledger/versions.h"

static bool note_version(void *context, const char *name, bool is_folder,
                         struct vt_error *err)
{
    struct vt_tile_versions *versions = context;
    uint64_t width;

    (void)err;
    if (!is_folder && vt_decimal_parse(vt_slice_from_cstr(name), &width) && width >= 1 &&
        width < VT_TILE_WIDTH) {
        versions->has[width] = true;
        if (width > versions->widest)
            versions->widest = (unsigned)width;
    }
    return true;
}

bool vt_versions_list_partial(struct vt_disk *disk, int level, uint64_t index,
                              struct vt_tile_versions *out, struct vt_error *err)
{
    struct vt_tile_name part = { level, index, 1 };
    char path[VT_TILE_PATH_BYTES];

    memset(out, 0, sizeof *out);
    vt_tile_path(&part, path);
    *strrchr(path, '/') = '\0'; /* the folder that holds the widths */
    return vt_disk_list(disk, path, note_version, out, err) || err->code == VT_ABSENT;
}

void vt_versions_path(struct vt_disk *disk, const struct vt_retention *retention,
                      const struct vt_tile_name *name, char out[VT_TILE_PATH_BYTES])
{
    vt_tile_path(name, out);
    if (name->width == VT_TILE_WIDTH && vt_retention_denies(retention, name) &&
        !vt_disk_has(disk, out))
        vt_pruned_path(name, out);
}

bool vt_versions_list(struct vt_disk *disk, const struct vt_retention *retention, int level,
                      uint64_t index, struct vt_tile_versions *out, struct vt_error *err)
{
    struct vt_tile_name full = { level, index, VT_TILE_WIDTH };
    char path[VT_TILE_PATH_BYTES];
    bool is_ok = vt_versions_list_partial(disk, level, index, out, err);

    vt_versions_path(disk, retention, &full, path);
    if (vt_disk_has(disk, path)) {
        out->has[VT_TILE_WIDTH] = true;
        out->widest = VT_TILE_WIDTH;
    }
    return is_ok;
}
