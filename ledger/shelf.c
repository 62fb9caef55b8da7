/* Tiles in a folder.  What is read is checked for its form here; whether it is true is
 * shown by the root, by whoever reads. */
#include "ledger/shelf.h"
#include "ledger/bundle_file.h"
#include "ledger/versions.h"
#include "ledger/retention.h"

/* A full tile or bundle, from where it is served or from where it was pruned to. */
static bool open_full(struct vt_disk *disk, const struct vt_tile_name *name, int *fd_out,
                      uint64_t *size_out, struct vt_error *err)
{
    struct vt_error first;
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(name, path);
    if (vt_disk_open_fd(disk, path, fd_out, size_out, err))
        return true;
    if (err->code != VT_ABSENT)
        return false;
    first = *err;
    vt_pruned_path(name, path);
    if (vt_disk_open_fd(disk, path, fd_out, size_out, err))
        return true;
    if (err->code == VT_ABSENT)
        *err = first; /* the name that everybody knows */
    return false;
}

/* Open `name`, or the full tile in its place.  *full_out: it was the full one. */
static bool open_either(struct vt_disk *disk, const struct vt_tile_name *name, int *fd_out,
                        uint64_t *size_out, bool *full_out, struct vt_error *err)
{
    struct vt_tile_name full = { name->level, name->index, VT_TILE_WIDTH };
    char path[VT_TILE_PATH_BYTES];

    *full_out = name->width == VT_TILE_WIDTH;
    if (!*full_out) {
        vt_tile_path(name, path);
        if (vt_disk_open_fd(disk, path, fd_out, size_out, err))
            return true;
        if (err->code != VT_ABSENT)
            return false;
        *full_out = true;
    }
    return open_full(disk, &full, fd_out, size_out, err);
}

static bool fail_form(struct vt_disk *disk, const struct vt_tile_name *name,
                      const char *what, struct vt_error *err)
{
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(name, path);
    return vt_fail(err, VT_REJECTED, "%s/%s: %s", vt_disk_path(disk), path, what);
}

/* `count` hashes from `first` on. */
static bool read_hashes(struct vt_disk *disk, const struct vt_tile_name *name,
                        unsigned first, unsigned count, vt_hash *out, struct vt_error *err)
{
    char path[VT_TILE_PATH_BYTES];
    VT_AUTO_FD fd = -1;
    size_t got, wanted = count * sizeof *out;
    uint64_t size;
    bool is_full;

    vt_tile_path(name, path);
    if (!open_either(disk, name, &fd, &size, &is_full, err))
        return false;
    if (size != (is_full ? VT_TILE_BYTES : name->width * sizeof *out))
        return fail_form(disk, name, "has the wrong length", err);
    if (!vt_fd_read_at(fd, path, first * sizeof *out, out->bytes, wanted, &got, err))
        return false;
    return got == wanted || fail_form(disk, name, "has the wrong length", err);
}

bool vt_shelf_read_tile(struct vt_disk *disk, const struct vt_tile_name *name,
                        vt_hash *hashes_out, struct vt_error *err)
{
    vt_hash hashes[VT_TILE_WIDTH];

    if (!read_hashes(disk, name, 0, name->width, hashes, err))
        return false;
    memcpy(hashes_out, hashes, name->width * sizeof *hashes);
    return true;
}

/* Cut `bundle` behind its first `width` entries; false if there are fewer. */
static bool cut_bundle(struct vt_buf *bundle, unsigned width)
{
    vt_reader r = { vt_buf_slice(bundle) };
    vt_slice entry;

    for (unsigned i = 0; i < width; i++)
        if (!vt_bundle_read(&r, &entry))
            return false;
    vt_buf_truncate(bundle, bundle->len - r.rest.len);
    return true;
}

bool vt_shelf_read_bundle(struct vt_disk *disk, const struct vt_tile_name *name,
                          struct vt_buf *out, struct vt_error *err)
{
    char path[VT_TILE_PATH_BYTES];
    VT_AUTO_FD fd = -1;
    uint64_t size;
    bool is_full;

    vt_tile_path(name, path);
    vt_buf_truncate(out, 0);
    if (!open_either(disk, name, &fd, &size, &is_full, err))
        return false;
    if (!vt_fd_read_sized(fd, path, size, out, err))
        return vt_within(err, "%s", vt_disk_path(disk));
    size = out->len;
    if (!cut_bundle(out, name->width) || (out->len != size && !is_full))
        return fail_form(disk, name, "is no bundle of so many entries", err);
    return true;
}

bool vt_shelf_read_leaf(struct vt_disk *disk, uint64_t index, vt_hash *out,
                        struct vt_error *err)
{
    struct vt_tile_name name = { 0, index / VT_TILE_WIDTH, VT_TILE_WIDTH };

    return read_hashes(disk, &name, index % VT_TILE_WIDTH, 1, out, err);
}

static bool read_entry(struct vt_disk *disk, const struct vt_tile_name *bundle,
                       unsigned number, struct vt_buf *out, struct vt_error *err)
{
    char path[VT_TILE_PATH_BYTES];
    VT_AUTO_FD fd = -1;
    uint64_t size;
    bool is_full, is_there;

    vt_tile_path(bundle, path);
    if (!open_either(disk, bundle, &fd, &size, &is_full, err))
        return false;
    if (!vt_bundle_file_read(fd, path, number, out, &is_there, err))
        return vt_within(err, "%s", vt_disk_path(disk));
    return is_there || fail_form(disk, bundle, "is cut short", err);
}

bool vt_shelf_read_entry(struct vt_disk *disk, uint64_t index, uint64_t size,
                         struct vt_buf *out, struct vt_error *err)
{
    uint64_t at = index / VT_TILE_WIDTH;
    struct vt_tile_name bundle = { VT_TILE_ENTRIES, at, vt_tile_width(0, at, size) };
    struct vt_tile_name tile = { 0, at, bundle.width };
    unsigned number = index % VT_TILE_WIDTH;
    size_t before = out->len;
    vt_hash stored, leaf;
    bool is_pruned;

    if (index >= size)
        return vt_fail(err, VT_ABSENT, "there is no entry %ju, the log has %ju",
                       (uintmax_t)index, (uintmax_t)size);
    if (!read_hashes(disk, &tile, number, 1, &stored, err) ||
        !read_entry(disk, &bundle, number, out, err)) {
        vt_buf_truncate(out, before);
        vt_retention_explain(disk, index, &is_pruned, err);
        return false;
    }
    leaf = vt_sha256_leaf(vt_slice_sub(vt_buf_slice(out), before, out->len - before));
    if (vt_hash_equal(&leaf, &stored))
        return true;
    vt_buf_truncate(out, before);
    return fail_form(disk, &bundle, "an entry does not have the hash that was logged", err);
}

bool vt_shelf_skip_pruned(struct vt_disk *disk, uint64_t from, uint64_t *first_out,
                          struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_retention retention;
    uint64_t end;

    if (!vt_retention_read(disk, arena, &retention, err))
        return false;
    end = vt_retention_first(&retention);
    while (from < end) {
        struct vt_tile_name name = { VT_TILE_ENTRIES, from / VT_TILE_WIDTH, VT_TILE_WIDTH };
        char served[VT_TILE_PATH_BYTES], pruned[VT_TILE_PATH_BYTES];

        vt_tile_path(&name, served);
        vt_pruned_path(&name, pruned);
        if (vt_disk_has(disk, served) || vt_disk_has(disk, pruned))
            break; /* moved only, not deleted */
        from = (name.index + 1) * VT_TILE_WIDTH;
    }
    *first_out = from;
    return true;
}

static bool read_for_proof(void *context, const struct vt_tile_name *tile,
                           vt_hash *hashes_out, struct vt_error *err)
{
    return vt_shelf_read_tile(context, tile, hashes_out, err);
}

struct vt_tile_source vt_shelf_source(struct vt_disk *disk)
{
    return (struct vt_tile_source){ read_for_proof, disk };
}

bool vt_shelf_write_tile(struct vt_disk *disk, const struct vt_tile_name *name,
                         const vt_hash *hashes, struct vt_error *err)
{
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(name, path);
    return vt_disk_write_lazily(
        disk, path, vt_slice_of(hashes, name->width * sizeof *hashes), 0644, err);
}

bool vt_shelf_write_bundle(struct vt_disk *disk, const struct vt_tile_name *name,
                           vt_slice bundle, struct vt_error *err)
{
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(name, path);
    return vt_disk_write_lazily(disk, path, bundle, 0644, err);
}

bool vt_shelf_collect(struct vt_disk *disk, int level, uint64_t index, size_t max,
                      bool *is_done_out, struct vt_error *err)
{
    struct vt_tile_versions versions;
    char path[VT_TILE_PATH_BYTES];
    size_t removed = 0;

    *is_done_out = false;
    if (!vt_versions_list_partial(disk, level, index, &versions, err))
        return false;
    for (unsigned width = 1; width <= versions.widest; width++) {
        struct vt_tile_name name = { level, index, width };

        if (!versions.has[width])
            continue;
        if (removed++ == max)
            return true;
        vt_tile_path(&name, path);
        if (!vt_disk_remove_lazily(disk, path, err) && err->code != VT_ABSENT)
            return false;
    }
    *is_done_out = true;
    return true;
}
