/* A copy that grows by packages. */
#include "ledger/copy.h"
#include "ledger/checkpoint.h"
#include "ledger/edge.h"
#include "ledger/shelf.h"
#include "wire/note.h"

#define CHECKPOINT_NAME "checkpoint"
#define PROGRESS_NAME   "progress"

enum { PACKAGES_A_FLUSH = 40, PROGRESS_BYTES_MAX = 4096 };

struct vt_copy {
    struct vt_disk *disk;
    vt_slice origin;     /* borrowed */
    struct vt_tree tree; /* of all that was taken */
    uint64_t settled, shown;
    unsigned unflushed; /* packages since the last flush */
    bool is_damaged;
};

/* ---- opening ----------------------------------------------------------------------------
 */

/* What was settled last; nothing if there is no such file. */
static bool read_progress(struct vt_copy *copy, struct vt_head *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(PROGRESS_BYTES_MAX);
    struct vt_checkpoint progress;

    *out = (struct vt_head){ 0, vt_tree_empty_root };
    if (!vt_disk_read(copy->disk, PROGRESS_NAME, &text, err))
        return err->code == VT_ABSENT;
    if (!vt_checkpoint_parse(vt_buf_slice(&text), &progress, err))
        return false;
    if (!vt_slice_equal(progress.origin, copy->origin))
        return vt_fail(err, VT_REJECTED, "it is another log's");
    *out = (struct vt_head){ progress.size, progress.root };
    return true;
}

static bool read_tree(struct vt_copy *copy, const struct vt_head *shown,
                      struct vt_error *err)
{
    struct vt_tile_source source = vt_shelf_source(copy->disk);
    struct vt_head progress;

    if (!read_progress(copy, &progress, err))
        return vt_within(err, "%s/" PROGRESS_NAME, vt_disk_path(copy->disk));
    if (progress.size < shown->size)
        return vt_fail(err, VT_REJECTED,
                       "%s: %ju entries are here, %ju were cosigned; restore the newest "
                       "copy, or retire the mirror's key",
                       vt_disk_path(copy->disk), (uintmax_t)progress.size,
                       (uintmax_t)shown->size);
    if (!vt_edge_read(&source, &progress, &copy->tree, err))
        return vt_within(err, "%s", vt_disk_path(copy->disk));
    copy->settled = progress.size;
    return true;
}

bool vt_copy_open(const char *folder, vt_slice origin, const struct vt_head *shown,
                  struct vt_copy **copy_out, struct vt_error *err)
{
    struct vt_copy *copy = vt_alloc(sizeof *copy);

    copy->origin = origin;
    copy->shown = shown->size;
    if (!vt_disk_open(folder, true, &copy->disk, err) || !vt_disk_lock(copy->disk, err) ||
        !vt_disk_sweep(copy->disk, "", err) || !read_tree(copy, shown, err)) {
        vt_copy_close(copy);
        return false;
    }
    *copy_out = copy;
    return true;
}

void vt_copy_close(struct vt_copy *copy)
{
    if (copy == NULL)
        return;
    vt_disk_close(copy->disk);
    free(copy);
}

bool vt_copy_is_damaged(const struct vt_copy *copy)
{
    return copy->is_damaged;
}

uint64_t vt_copy_next(const struct vt_copy *copy)
{
    return copy->tree.size;
}

/* ---- reading what is here ---------------------------------------------------------------
 */

/* The open tiles are in memory. */
static bool read_tile(void *context, const struct vt_tile_name *tile, vt_hash *hashes_out,
                      struct vt_error *err)
{
    struct vt_copy *copy = context;
    uint64_t open = vt_tile_level_size(tile->level, copy->tree.size) / VT_TILE_WIDTH;

    if (tile->index != open || tile->width > vt_tree_width(&copy->tree, tile->level))
        return vt_shelf_read_tile(copy->disk, tile, hashes_out, err);
    memcpy(hashes_out, copy->tree.levels[tile->level], tile->width * sizeof *hashes_out);
    return true;
}

static bool fail_damaged(struct vt_copy *copy, uint64_t base, struct vt_error *err)
{
    copy->is_damaged = true;
    return vt_fail(err, VT_REJECTED,
                   "%s: the entries from %ju on are damaged; put whole ones there from "
                   "another copy of the log",
                   vt_disk_path(copy->disk), (uintmax_t)base);
}

/* ---- taking -----------------------------------------------------------------------------
 */

/* The bundle of [base, end): what is here before the package, and its own entries. */
static bool assemble(struct vt_copy *copy, const struct vt_package_range *range,
                     vt_slice entries, struct vt_buf *bundle, vt_hash *leaves,
                     struct vt_error *err)
{
    unsigned held = (unsigned)(range->start - range->base); /* below 256 */
    struct vt_tile_name name = { VT_TILE_ENTRIES, range->base / VT_TILE_WIDTH, held };
    struct vt_tile_name tile = { 0, name.index, held };
    vt_hash known[VT_TILE_WIDTH];

    if (held != 0) {
        if (!vt_shelf_read_bundle(copy->disk, &name, bundle, err) ||
            !read_tile(copy, &tile, known, err))
            return err->code != VT_IO && fail_damaged(copy, range->base, err);
        if (!vt_bundle_leaves(vt_buf_slice(bundle), held, leaves) ||
            memcmp(leaves, known, held * sizeof *leaves) != 0)
            return fail_damaged(copy, range->base, err);
    }
    vt_buf_put(bundle, entries);
    if (!vt_buf_check(bundle, "the bundle", err))
        return false;
    if (!vt_bundle_leaves(vt_buf_slice(bundle), (unsigned)(range->end - range->base),
                          leaves))
        return vt_fail(err, VT_MALFORMED, "the package has not the entries that it should");
    return true;
}

static bool keep_tile(void *context, int level, uint64_t index, const vt_hash *hashes,
                      struct vt_error *err)
{
    struct vt_copy *copy = context;
    struct vt_tile_name name = { level, index, VT_TILE_WIDTH };

    return vt_shelf_write_tile(copy->disk, &name, hashes, err);
}

/* The leaves from the next entry on. */
static bool grow(struct vt_copy *copy, const struct vt_package_range *range,
                 vt_slice bundle, const vt_hash *leaves, struct vt_error *err)
{
    struct vt_tile_name name = { VT_TILE_ENTRIES, range->base / VT_TILE_WIDTH,
                                 (unsigned)(range->end - range->base) };
    struct vt_tile_sink sink = { keep_tile, copy };
    unsigned held = (unsigned)(copy->tree.size - range->base); /* it is the open bundle */

    if (memcmp(leaves, copy->tree.levels[0], held * sizeof *leaves) != 0)
        return fail_damaged(copy, range->base, err); /* not reached: both were proved */
    if (!vt_shelf_write_bundle(copy->disk, &name, bundle, err))
        return false;
    for (unsigned i = held; i < name.width; i++)
        if (!vt_tree_append(&copy->tree, &leaves[i], &sink, err))
            return false;
    if (++copy->unflushed < PACKAGES_A_FLUSH)
        return true;
    copy->unflushed = 0;
    return vt_disk_flush(copy->disk, err);
}

bool vt_copy_take(struct vt_copy *copy, const struct vt_package_range *range,
                  const struct vt_package *package, const struct vt_head *pending,
                  struct vt_error *err)
{
    VT_AUTO_BUF bundle = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    vt_hash leaves[VT_TILE_WIDTH], root;

    if (range->start > copy->tree.size)
        return vt_fail(err, VT_ABSENT, "entry %ju comes first", (uintmax_t)copy->tree.size);
    if (range->base % VT_TILE_WIDTH != 0 || range->start < range->base ||
        range->end <= range->start || range->end > pending->size ||
        range->end - range->base > VT_TILE_WIDTH ||
        (range->end < pending->size && range->end - range->base != VT_TILE_WIDTH))
        return vt_fail(err, VT_MALFORMED, "no package of that tree");
    if (!assemble(copy, range, package->entries, &bundle, leaves, err))
        return false;
    root = vt_tile_root(leaves, (unsigned)(range->end - range->base));
    if (!vt_tree_verify_subtree_consistency(range->base, range->end, &root, pending->size,
                                            &pending->root, package->proof.hashes,
                                            package->proof.count))
        return vt_fail(err, VT_REJECTED,
                       "the entries from %ju on are not part of the tree of %ju entries",
                       (uintmax_t)range->start, (uintmax_t)pending->size);
    return range->end <= copy->tree.size ||
           grow(copy, range, vt_buf_slice(&bundle), leaves, err);
}

/* ---- durable ----------------------------------------------------------------------------
 */

static bool write_progress(struct vt_copy *copy, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(PROGRESS_BYTES_MAX);
    struct vt_checkpoint progress = { .origin = copy->origin,
                                      .size = copy->tree.size,
                                      .root = vt_tree_root(&copy->tree) };

    vt_checkpoint_write(&text, &progress);
    return vt_buf_check(&text, PROGRESS_NAME, err) &&
           vt_disk_write(copy->disk, PROGRESS_NAME, vt_buf_slice(&text), 0644, err);
}

/* Tiles and bundles first: what the progress says is there. */
bool vt_copy_settle(struct vt_copy *copy, struct vt_error *err)
{
    uint64_t then = copy->settled;

    if (then == copy->tree.size)
        return true;
    if (!vt_edge_write(copy->disk, &copy->tree, then, err) ||
        !vt_disk_flush(copy->disk, err) || !write_progress(copy, err))
        return false;
    copy->unflushed = 0;
    copy->settled = copy->tree.size;
    return vt_edge_collect(copy->disk, then, copy->tree.size, copy->shown, err);
}

/* ---- whole for a checkpoint -------------------------------------------------------------
 */

/* The tile (or bundle) of that level at the edge of a smaller tree, unless it is there:
 * also beside the full one, for those who do not look for that. */
static bool cut(struct vt_copy *copy, int level, uint64_t size, struct vt_error *err)
{
    uint64_t index = vt_tile_level_size(level, size) / VT_TILE_WIDTH;
    struct vt_tile_name name = { level, index, vt_tile_width(level, index, size) };
    struct vt_tile_name widest = { level, index,
                                   vt_tile_width(level, index, copy->tree.size) };
    VT_AUTO_BUF bundle = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    vt_hash hashes[VT_TILE_WIDTH];
    vt_reader r;
    vt_slice entry;

    if (name.width == 0 || name.width == vt_tile_width(level, index, copy->shown) ||
        name.width == vt_tile_width(level, index, copy->settled))
        return true;
    if (level != VT_TILE_ENTRIES)
        return read_tile(copy, &name, hashes, err) &&
               vt_shelf_write_tile(copy->disk, &name, hashes, err);
    if (!vt_shelf_read_bundle(copy->disk, &widest, &bundle, err))
        return false;
    r = (vt_reader){ vt_buf_slice(&bundle) };
    for (unsigned i = 0; i < name.width; i++)
        if (!vt_bundle_read(&r, &entry))
            return fail_damaged(copy, index * VT_TILE_WIDTH, err);
    vt_buf_truncate(&bundle, bundle.len - r.rest.len);
    return vt_shelf_write_bundle(copy->disk, &name, vt_buf_slice(&bundle), err);
}

bool vt_copy_complete(struct vt_copy *copy, const struct vt_head *head,
                      struct vt_error *err)
{
    struct vt_tile_source source = { read_tile, copy };
    vt_hash root;

    if (head->size > copy->tree.size)
        return vt_fail(err, VT_ABSENT, "entry %ju comes first", (uintmax_t)copy->tree.size);
    if (!vt_copy_settle(copy, err))
        return false;
    for (int level = VT_TILE_ENTRIES; level < VT_TILE_LEVELS; level++)
        if (head->size < copy->tree.size && head->size != copy->shown &&
            !cut(copy, level, head->size, err))
            return false;
    if (!vt_disk_flush(copy->disk, err) || !vt_prove_root(&source, head->size, &root, err))
        return false;
    copy->is_damaged = !vt_hash_equal(&root, &head->root);
    if (copy->is_damaged)
        return vt_fail(err, VT_REJECTED,
                       "%s: what is kept does not have the root that was signed for %ju "
                       "entries; put whole tiles there from another copy",
                       vt_disk_path(copy->disk), (uintmax_t)head->size);
    return true;
}

static bool write_checkpoint(struct vt_copy *copy, vt_slice note, struct vt_error *err)
{
    VT_AUTO_BUF there = vt_buf_init(VT_NOTE_BYTES_MAX);

    if (vt_disk_read(copy->disk, CHECKPOINT_NAME, &there, err)) {
        if (vt_slice_equal(vt_buf_slice(&there), note))
            return vt_disk_keep(copy->disk, CHECKPOINT_NAME, err);
    } else if (err->code != VT_ABSENT) {
        return false;
    }
    return vt_disk_write(copy->disk, CHECKPOINT_NAME, note, 0644, err);
}

bool vt_copy_show(struct vt_copy *copy, uint64_t size, vt_slice note, struct vt_error *err)
{
    uint64_t then = copy->shown;

    if (!write_checkpoint(copy, note, err))
        return false;
    copy->shown = size;
    return vt_edge_collect(copy->disk, then, copy->settled, size, err);
}
