/* Moving what is pruned out of the served folder.  The written policy comes first: there is
 * no moment at which something is missing and nobody says why. */
#include "ledger/prune.h"
#include "ledger/reader.h"
#include "ledger/retention.h"
#include "ledger/shelf.h"

enum { MOVED_AT_ONCE_MAX = 100 }; /* files between two flushes; see vt_disk_write_lazily */

struct pruning {
    struct vt_disk *disk;
    struct vt_retention retention;
    bool deletes_entries;
    struct vt_prune_report report;
    struct vt_tile_name copied[MOVED_AT_ONCE_MAX]; /* not durable yet */
    size_t copied_count;
    struct vt_buf bytes;
};

/* ---- the policy -----------------------------------------------------------------------
 */

static bool set_minimum(struct pruning *p, const struct vt_prune_options *options,
                        uint64_t size, struct vt_error *err)
{
    struct vt_retention *now = &p->retention;

    if (options->below < now->minimum)
        return vt_fail(err, VT_REJECTED,
                       "the minimum index is %ju already; what was pruned does not come "
                       "back",
                       (uintmax_t)now->minimum);
    if (options->below > size)
        return vt_fail(
            err, VT_REJECTED,
            "the published tree has fewer entries (%ju) than those that are to go "
            "(%ju)",
            (uintmax_t)size, (uintmax_t)options->below);
    if (options->policy.len == 0 && now->policy.len == 0)
        return vt_fail(err, VT_REJECTED,
                       "a log is pruned only by a written policy; give its text with "
                       "--retention");
    now->minimum = options->below;
    if (options->policy.len != 0)
        now->policy = options->policy;
    return vt_retention_write(p->disk, now, err);
}

/* ---- moving ---------------------------------------------------------------------------
 */

/* The copies are durable: the originals may go. */
static bool finish_moves(struct pruning *p, struct vt_error *err)
{
    char path[VT_TILE_PATH_BYTES];

    if (!vt_disk_flush(p->disk, err))
        return false;
    for (size_t i = 0; i < p->copied_count; i++) {
        vt_tile_path(&p->copied[i], path);
        if (!vt_disk_remove(p->disk, path, err) && err->code != VT_ABSENT)
            return false;
        p->report.moved++;
    }
    p->copied_count = 0;
    return true;
}

static bool move(struct pruning *p, const struct vt_tile_name *name, struct vt_error *err)
{
    char from[VT_TILE_PATH_BYTES], to[VT_TILE_PATH_BYTES];

    vt_tile_path(name, from);
    vt_pruned_path(name, to);
    vt_buf_truncate(&p->bytes, 0);
    if (!vt_disk_read(p->disk, from, &p->bytes, err))
        return err->code == VT_ABSENT; /* an earlier run moved it */
    if (!vt_disk_write_lazily(p->disk, to, vt_buf_slice(&p->bytes), 0644, err))
        return false;
    p->copied[p->copied_count++] = *name;
    return p->copied_count < MOVED_AT_ONCE_MAX || finish_moves(p, err);
}

static bool delete_bundle(struct pruning *p, const struct vt_tile_name *name,
                          struct vt_error *err)
{
    char served[VT_TILE_PATH_BYTES], pruned[VT_TILE_PATH_BYTES];

    vt_tile_path(name, served);
    vt_pruned_path(name, pruned);
    if (!vt_disk_has(p->disk, served) && !vt_disk_has(p->disk, pruned))
        return true;
    p->report.deleted++;
    return (vt_disk_remove(p->disk, served, err) || err->code == VT_ABSENT) &&
           (vt_disk_remove(p->disk, pruned, err) || err->code == VT_ABSENT);
}

static bool prune_level(struct pruning *p, int level, struct vt_error *err)
{
    struct vt_tile_name name = { level, 0, VT_TILE_WIDTH };
    bool is_deleted = level == VT_TILE_ENTRIES && p->deletes_entries;
    bool is_done;

    for (; vt_retention_denies(&p->retention, &name); name.index++)
        if (!vt_shelf_collect(p->disk, level, name.index, VT_TILE_WIDTH, &is_done, err) ||
            !(is_deleted ? delete_bundle(p, &name, err) : move(p, &name, err)))
            return false;
    return finish_moves(p, err);
}

static bool prune(struct pruning *p, const char *dir,
                  const struct vt_prune_options *options, struct vt_arena *arena,
                  struct vt_error *err)
{
    VT_AUTO_LEDGER_READER reader = NULL;

    if (!vt_ledger_reader_open(dir, &reader, err) ||
        !vt_disk_open(dir, false, &p->disk, err) ||
        !vt_retention_read(p->disk, arena, &p->retention, err) ||
        !set_minimum(p, options, vt_ledger_reader_head(reader).size, err))
        return false;
    for (int level = VT_TILE_ENTRIES; level < VT_TILE_LEVELS; level++)
        if (!prune_level(p, level, err))
            return false;
    p->report.minimum = p->retention.minimum;
    p->report.served = vt_retention_first(&p->retention);
    return true;
}

bool vt_ledger_prune(const char *dir, const struct vt_prune_options *options,
                     struct vt_prune_report *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct pruning p = { .deletes_entries = options->deletes_entries,
                         .bytes = vt_buf_init(VT_BUNDLE_BYTES_MAX) };
    bool is_ok = prune(&p, dir, options, arena, err);

    if (is_ok)
        *out = p.report;
    vt_disk_close(p.disk);
    vt_buf_clear(&p.bytes);
    return is_ok;
}
