/* Single tiles and bundles: which versions are there, what is in them, and do they agree
 * with the hashes that must be in them? */
#include "ledger/fsck_inside.h"
#include "ledger/tile.h"

/* ---- which are there --------------------------------------------------------------------
 */

/* Every checkpoint needs its version, or the full one. */
static void report_missing(struct vt_fsck *f, int level, uint64_t index,
                           const struct vt_tile_versions *versions)
{
    bool is_reported[VT_TILE_WIDTH + 1] = { false };
    char path[VT_TILE_PATH_BYTES];

    for (size_t i = 0; i < f->checkpoint_count; i++) {
        uint64_t size = f->checkpoints[i].size;
        struct vt_tile_name need = { level, index, vt_tile_width(level, index, size) };

        if (need.width == 0 || versions->has[need.width] || versions->has[VT_TILE_WIDTH] ||
            is_reported[need.width])
            continue;
        if (level == VT_TILE_ENTRIES && vt_retention_denies(&f->retention, &need))
            continue;
        is_reported[need.width] = true;
        vt_tile_path(&need, path);
        vt_fsck_found(f, path, "is missing; the tree of %ju entries needs it",
                      (uintmax_t)size);
    }
}

bool vt_fsck_list_versions(struct vt_fsck *f, int level, uint64_t index,
                           struct vt_tile_versions *out, struct vt_error *err)
{
    if (!vt_versions_list(f->disk, &f->retention, level, index, out, err) &&
        err->code != VT_REJECTED) /* a link in the way: what lies behind it is missing */
        return false;
    report_missing(f, level, index, out);
    return true;
}

/* ---- what is in them --------------------------------------------------------------------
 */

static bool parse_hashes(struct vt_fsck *f, const struct vt_tile_name *name, vt_slice bytes,
                         const char *path, vt_hash *hashes_out)
{
    if (name->level == VT_TILE_ENTRIES) {
        if (vt_bundle_leaves(bytes, name->width, hashes_out))
            return true;
        vt_fsck_found(f, path, "is no bundle of exactly %u entries", name->width);
        return false;
    }
    if (bytes.len != name->width * sizeof *hashes_out) {
        vt_fsck_found(f, path, "has %zu bytes, %u hashes have %zu", bytes.len, name->width,
                      name->width * sizeof *hashes_out);
        return false;
    }
    memcpy(hashes_out, bytes.data, bytes.len);
    return true;
}

/* Partial versions go when the tile is full: also while we look. */
static bool is_superseded(struct vt_fsck *f, const struct vt_tile_name *name)
{
    struct vt_tile_name full = { name->level, name->index, VT_TILE_WIDTH };
    char path[VT_TILE_PATH_BYTES];

    vt_versions_path(f->disk, &f->retention, &full, path);
    return name->width < VT_TILE_WIDTH && vt_disk_has(f->disk, path);
}

bool vt_fsck_read_hashes(struct vt_fsck *f, const struct vt_tile_name *name,
                         vt_hash *hashes_out, bool *is_good_out, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    char path[VT_TILE_PATH_BYTES];

    *is_good_out = false;
    vt_versions_path(f->disk, &f->retention, name, path);
    if (!vt_disk_read(f->disk, path, &bytes, err)) {
        if (err->code == VT_IO)
            return false;
        if (err->code != VT_ABSENT || !is_superseded(f, name))
            vt_fsck_found(f, path, "%s", err->message);
        return true;
    }
    *is_good_out = parse_hashes(f, name, vt_buf_slice(&bytes), path, hashes_out);
    return true;
}

/* ---- do they agree ----------------------------------------------------------------------
 */

static bool compare_version(struct vt_fsck *f, const struct vt_tile_name *name,
                            const vt_hash *hashes, struct vt_error *err)
{
    vt_hash own[VT_TILE_WIDTH];
    char path[VT_TILE_PATH_BYTES];
    bool is_good;

    if (!vt_fsck_read_hashes(f, name, own, &is_good, err))
        return false;
    f->report.files++;
    vt_versions_path(f->disk, &f->retention, name, path);
    for (unsigned i = 0; is_good && i < name->width; i++)
        if (!vt_hash_equal(&own[i], &hashes[i])) {
            vt_fsck_found(f, path,
                          name->level == VT_TILE_ENTRIES
                              ? "entry %u of it is not the one that was logged"
                              : "hash %u of it is not that of what lies below it",
                          i);
            break;
        }
    return true;
}

bool vt_fsck_compare_versions(struct vt_fsck *f, int level, uint64_t index,
                              const struct vt_tile_versions *versions,
                              const vt_hash *hashes, unsigned width, struct vt_error *err)
{
    for (unsigned w = 1; w <= VT_TILE_WIDTH; w++) {
        struct vt_tile_name name = { level, index, w };

        /* Wider ones than the tree are found as strays. */
        if (versions->has[w] && w <= width && !compare_version(f, &name, hashes, err))
            return false;
    }
    return true;
}

/* ---- what should not be there -----------------------------------------------------------
 */

struct walk {
    struct vt_fsck *f;
    const char *folder;
};

static void note_ahead(struct vt_fsck *f, const struct vt_tile_name *name)
{
    if (f->ahead_count == f->ahead_room) {
        f->ahead_room = f->ahead_room != 0 ? f->ahead_room * 2 : 64;
        f->ahead = vt_grow_array(f->ahead, f->ahead_room, sizeof *f->ahead);
    }
    f->ahead[f->ahead_count++] = *name;
}

static bool is_ahead(const struct vt_tile_name *name, uint64_t size)
{
    return name->width > vt_tile_width(name->level, name->index, size);
}

static void check_name(struct vt_fsck *f, const char *path)
{
    struct vt_tile_name name;

    if (!vt_tile_path_parse(vt_slice_from_cstr(path), &name))
        vt_fsck_found(f, path, "is not the name of a tile");
    else if (is_ahead(&name, f->report.size))
        note_ahead(f, &name);
}

static bool walk_entry(void *context, const char *name, bool is_folder,
                       struct vt_error *err)
{
    const struct walk *walk = context;
    VT_AUTO_ARENA arena = vt_arena_new();
    struct walk below = { walk->f, vt_arena_printf(arena, "%s/%s", walk->folder, name) };

    if (is_folder) /* one of partial versions goes with them */
        return vt_disk_list(walk->f->disk, below.folder, walk_entry, &below, err) ||
               err->code == VT_ABSENT;
    check_name(walk->f, below.folder);
    return true;
}

bool vt_fsck_list_strays(struct vt_fsck *f, struct vt_error *err)
{
    struct walk top = { f, "tile" };

    return vt_disk_list(f->disk, top.folder, walk_entry, &top, err) ||
           err->code == VT_ABSENT;
}

void vt_fsck_report_strays(struct vt_fsck *f)
{
    char path[VT_TILE_PATH_BYTES];

    for (size_t i = 0; i < f->ahead_count; i++)
        if (is_ahead(&f->ahead[i], f->tree.size)) {
            vt_tile_path(&f->ahead[i], path);
            vt_fsck_found(f, path, "is of entries that are not there");
        }
}
