/* Files below tile/ that nobody signed for.  Those with another name than a tile's are
 * findings.  Those of entries beyond the newest checkpoint are counted only: beside a
 * writer there always may be some, and without its lock nobody can tell which stay for ever
 * (vitrine ledger fsck can, where no writer is at work). */
#include "ledger/scrub_inside.h"

struct walk {
    struct vt_scrub *s;
    const char *folder;
    uint64_t size; /* of the newest checkpoint */
};

static void check_name(const struct walk *walk, const char *path)
{
    struct vt_tile_name name;

    if (!vt_tile_path_parse(vt_slice_from_cstr(path), &name))
        vt_scrub_found(walk->s, path, "is not the name of a tile", VT_SCRUB_NOT_REPAIRED,
                       "nobody signed for it; look where it comes from, and remove it");
    else
        walk->s->report.beyond +=
            name.width > vt_tile_width(name.level, name.index, walk->size);
}

static bool walk_entry(void *context, const char *name, bool is_folder,
                       struct vt_error *err)
{
    const struct walk *walk = context;
    VT_AUTO_ARENA arena = vt_arena_new();
    struct walk below = *walk;

    below.folder = vt_arena_printf(arena, "%s/%s", walk->folder, name);
    if (is_folder) /* one of partial versions goes with them */
        return vt_disk_list(walk->s->disk, below.folder, walk_entry, &below, err) ||
               err->code == VT_ABSENT;
    check_name(walk, below.folder);
    return true;
}

bool vt_scrub_strays(struct vt_scrub *s, struct vt_error *err)
{
    struct walk top = { s, "tile", vt_scrub_newest_size(s) };

    return vt_disk_list(s->disk, top.folder, walk_entry, &top, err) ||
           err->code == VT_ABSENT;
}
