/* Open tiles of a copy. */
#include "ledger/edge.h"
#include "ledger/shelf.h"

static struct vt_tile_name open_tile(int level, const struct vt_tree *tree)
{
    return (struct vt_tile_name){ level,
                                  vt_tile_level_size(level, tree->size) / VT_TILE_WIDTH,
                                  vt_tree_width(tree, level) };
}

bool vt_edge_read(const struct vt_tile_source *source, const struct vt_head *head,
                  struct vt_tree *out, struct vt_error *err)
{
    vt_hash root;

    memset(out, 0, sizeof *out);
    out->size = head->size;
    for (int level = 0; level < VT_TILE_LEVELS; level++) {
        struct vt_tile_name name = open_tile(level, out);

        if (name.width != 0 &&
            !source->read(source->context, &name, out->levels[level], err))
            return false;
    }
    root = vt_tree_root(out);
    if (!vt_hash_equal(&root, &head->root))
        return vt_fail(err, VT_REJECTED,
                       "the tiles at its right edge do not have the root that was signed "
                       "for %ju entries",
                       (uintmax_t)head->size);
    return true;
}

bool vt_edge_write(struct vt_disk *disk, const struct vt_tree *tree, uint64_t then,
                   struct vt_error *err)
{
    for (int level = 0; level < VT_TILE_LEVELS; level++) {
        struct vt_tile_name name = open_tile(level, tree);

        if (name.width != 0 && vt_tile_width(level, name.index, then) != name.width &&
            !vt_shelf_write_tile(disk, &name, tree->levels[level], err))
            return false;
    }
    return true;
}

bool vt_edge_collect(struct vt_disk *disk, uint64_t then, uint64_t now, uint64_t shown,
                     struct vt_error *err)
{
    for (int level = VT_TILE_ENTRIES; level < VT_TILE_LEVELS; level++) {
        uint64_t index = vt_tile_level_size(level, then) / VT_TILE_WIDTH;
        unsigned needed = vt_tile_width(level, index, shown);
        bool is_done;

        if ((needed == 0 || needed == VT_TILE_WIDTH) &&
            vt_tile_width(level, index, then) != 0 &&
            vt_tile_width(level, index, now) == VT_TILE_WIDTH &&
            !vt_shelf_collect(disk, level, index, VT_TILE_WIDTH, &is_done, err))
            return false;
    }
    return vt_disk_flush(disk, err);
}
