/* The tree, built anew from the entries, and everything compared with it on the way. */
#include "ledger/fsck.h"
#include "ledger/config.h"
#include "ledger/fsck_inside.h"
#include <time.h>

enum { LOOKS = 50, LOOK_AGAIN_MS = 10 };

void vt_fsck_found(struct vt_fsck *f, const char *file, const char *format, ...)
{
    char what[sizeof((struct vt_error *)NULL)->message];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    f->report.findings++;
    f->options->found(f->options->context, file, what);
}

/* ---- which of two is right --------------------------------------------------------------
 */

/* Does the tile above, in any version, hold the root of these 256 leaves? */
static bool parent_agrees(struct vt_fsck *f, uint64_t index, const vt_hash *leaves,
                          bool *agrees_out, struct vt_error *err)
{
    vt_hash root = vt_tile_root(leaves, VT_TILE_WIDTH), hashes[VT_TILE_WIDTH];
    unsigned place = (unsigned)(index % VT_TILE_WIDTH);
    struct vt_tile_versions versions;

    *agrees_out = false;
    if (!vt_fsck_list_versions(f, 1, index / VT_TILE_WIDTH, &versions, err))
        return false;
    for (unsigned w = place + 1; w <= VT_TILE_WIDTH && !*agrees_out; w++) {
        struct vt_tile_name name = { 1, index / VT_TILE_WIDTH, w };
        bool is_good;

        if (!versions.has[w])
            continue;
        if (!vt_fsck_read_hashes(f, &name, hashes, &is_good, err))
            return false;
        *agrees_out = is_good && vt_hash_equal(&hashes[place], &root);
    }
    return true;
}

/* Is there a checkpoint that covers leaf `at` of these, and whose root they give? */
static bool is_signed(struct vt_fsck *f, const vt_hash *leaves, unsigned width, unsigned at)
{
    struct vt_tree *tree = vt_alloc(sizeof *tree);
    struct vt_error ignored = { 0 };
    bool is_found = false;

    *tree = f->tree;
    for (unsigned i = 0; i < width && !is_found; i++) {
        vt_hash root;

        if (!vt_tree_append(tree, &leaves[i], NULL, &ignored))
            break;
        for (size_t c = 0; c < f->checkpoint_count && i >= at; c++) {
            if (f->checkpoints[c].size != tree->size)
                continue;
            root = vt_tree_root(tree);
            is_found = is_found || vt_hash_equal(&root, &f->checkpoints[c].root);
        }
    }
    free(tree);
    return is_found;
}

/* Are the leaves of tile `index`, of which leaf `at` is in doubt, vouched for? */
static bool is_anchored(struct vt_fsck *f, uint64_t index, const vt_hash *leaves,
                        unsigned width, unsigned at, bool *is_anchored_out,
                        struct vt_error *err)
{
    *is_anchored_out = is_signed(f, leaves, width, at);
    if (*is_anchored_out || width < VT_TILE_WIDTH)
        return true;
    return parent_agrees(f, index, leaves, is_anchored_out, err);
}

/* ---- leaves
 * ------------------------------------------------------------------------------ */

/* The leaves of one tile as two files tell them: the tile and the bundle. */
struct leaves {
    vt_hash hashes[VT_TILE_WIDTH];
    unsigned width; /* 0: not there, or without form */
    struct vt_tile_versions versions;
};

static bool load_leaves(struct vt_fsck *f, int level, uint64_t index, struct leaves *out,
                        struct vt_error *err)
{
    struct vt_tile_name name = { level, index, 0 };
    bool is_good = false;

    if (!vt_fsck_list_versions(f, level, index, &out->versions, err))
        return false;
    /* The widest that has the form; the others are compared with it later. */
    for (unsigned w = VT_TILE_WIDTH; w > 0 && !is_good; w--) {
        name.width = w;
        if (out->versions.has[w] &&
            !vt_fsck_read_hashes(f, &name, out->hashes, &is_good, err))
            return false;
        if (out->versions.has[w] && !is_good)
            out->versions.has[w] = false; /* reported already */
    }
    out->width = is_good ? name.width : 0;
    return true;
}

/* The first leaf on which they differ; the smaller width if they do not. */
static unsigned first_difference(const struct leaves *a, const struct leaves *b)
{
    unsigned i = 0;

    while (i < a->width && i < b->width && vt_hash_equal(&a->hashes[i], &b->hashes[i]))
        i++;
    return i;
}

/* Tile and bundle disagree about leaf `at`: whom do the signatures back? */
static bool choose_side(struct vt_fsck *f, uint64_t index, const struct leaves *tile,
                        const struct leaves *bundle, unsigned at,
                        const struct leaves **right_out, struct vt_error *err)
{
    struct vt_tile_name tile_name = { 0, index, tile->width };
    struct vt_tile_name bundle_name = { VT_TILE_ENTRIES, index, bundle->width };
    char tile_path[VT_TILE_PATH_BYTES], bundle_path[VT_TILE_PATH_BYTES];
    bool tile_is_right, bundle_is_right = false;

    vt_tile_path(&tile_name, tile_path);
    vt_tile_path(&bundle_name, bundle_path);
    *right_out = tile;
    if (!is_anchored(f, index, tile->hashes, tile->width, at, &tile_is_right, err))
        return false;
    if (!tile_is_right &&
        !is_anchored(f, index, bundle->hashes, bundle->width, at, &bundle_is_right, err))
        return false;
    if (bundle_is_right)
        *right_out = bundle;
    else if (!tile_is_right) {
        vt_fsck_found(f, tile_path, "hash %u of it is not that of the entry", at);
        vt_fsck_found(f, bundle_path, "entry %u of it does not have the hash in the tile",
                      at);
    }
    return true;
}

/* Whose leaves are taken for the tree. */
static bool choose_leaves(struct vt_fsck *f, uint64_t index, const struct leaves *tile,
                          const struct leaves *bundle, const struct leaves **right_out,
                          struct vt_error *err)
{
    unsigned at = first_difference(tile, bundle);
    struct vt_tile_name name = { 0, index, bundle->width };
    char path[VT_TILE_PATH_BYTES];

    if (at < tile->width && at < bundle->width)
        return choose_side(f, index, tile, bundle, at, right_out, err);
    *right_out = tile->width >= bundle->width ? tile : bundle;
    if (tile->versions.widest == bundle->versions.widest)
        return true; /* if the widths differ, that was reported with the file's form */
    if (bundle->versions.widest == 0 &&
        vt_retention_denies(&f->retention, &(struct vt_tile_name){ 0, index, 1 }))
        return true; /* deleted, as the written policy says */
    name.level = tile->width < bundle->width ? VT_TILE_ENTRIES : 0;
    name.width = (*right_out)->width;
    vt_tile_path(&name, path);
    vt_fsck_found(f, path,
                  name.level == 0 ? "has hashes of which no bundle has the entries"
                                  : "has entries of which no tile has the hashes");
    return true;
}

/* ---- the tree
 * ---------------------------------------------------------------------------- */

static bool compare_tile(void *context, int level, uint64_t index, const vt_hash *hashes,
                         struct vt_error *err)
{
    struct vt_fsck *f = context;
    struct vt_tile_versions versions;

    if (level == 0) /* done, with the bundles */
        return true;
    return vt_fsck_list_versions(f, level, index, &versions, err) &&
           vt_fsck_compare_versions(f, level, index, &versions, hashes, VT_TILE_WIDTH, err);
}

static bool grow(struct vt_fsck *f, const struct leaves *leaves, struct vt_error *err)
{
    struct vt_tile_sink sink = { compare_tile, f };

    for (unsigned i = 0; i < leaves->width; i++) {
        if (!vt_tree_append(&f->tree, &leaves->hashes[i], &sink, err))
            return false;
        vt_fsck_compare_roots(f);
    }
    return true;
}

/* Nothing of what was listed was gone or without form when it was read? */
static bool is_whole(const struct leaves *leaves)
{
    return leaves->width == leaves->versions.widest;
}

/* Tile and bundle are written one after the other, so beside a log that grows they may
 * differ for a moment: look again, unless that would repeat a finding. */
static bool load_both(struct vt_fsck *f, uint64_t index, struct leaves *tile,
                      struct leaves *bundle, struct vt_error *err)
{
    struct timespec rest = { .tv_nsec = LOOK_AGAIN_MS * 1000000L };
    uint64_t findings = f->report.findings;

    for (int look = 0; look < LOOKS; look++) {
        if (!load_leaves(f, 0, index, tile, err) ||
            !load_leaves(f, VT_TILE_ENTRIES, index, bundle, err))
            return false;
        if ((is_whole(tile) && is_whole(bundle) && tile->width == bundle->width) ||
            f->report.findings != findings ||
            (bundle->versions.widest == 0 &&
             vt_retention_denies(&f->retention, &(struct vt_tile_name){ 0, index, 1 })))
            break;
        (void)nanosleep(&rest, NULL);
    }
    return true;
}

/* One tile of leaves with its bundle; *is_last_out when nothing can follow. */
static bool check_leaves(struct vt_fsck *f, uint64_t index, bool *is_last_out,
                         struct vt_error *err)
{
    VT_AUTO_FREE struct leaves *tile = vt_alloc(sizeof *tile);
    VT_AUTO_FREE struct leaves *bundle = vt_alloc(sizeof *bundle);
    const struct leaves *right;

    if (!load_both(f, index, tile, bundle, err) ||
        !choose_leaves(f, index, tile, bundle, &right, err) ||
        !vt_fsck_compare_versions(f, 0, index, &tile->versions, right->hashes, right->width,
                                  err) ||
        !vt_fsck_compare_versions(f, VT_TILE_ENTRIES, index, &bundle->versions,
                                  right->hashes, right->width, err))
        return false;
    *is_last_out = right->width < VT_TILE_WIDTH;
    return grow(f, right, err);
}

/* The open tiles of the upper levels. */
static bool check_edge(struct vt_fsck *f, struct vt_error *err)
{
    for (int level = 1; level < VT_TILE_LEVELS; level++) {
        uint64_t index = vt_tile_level_size(level, f->tree.size) / VT_TILE_WIDTH;
        struct vt_tile_versions versions;

        if (!vt_fsck_list_versions(f, level, index, &versions, err) ||
            !vt_fsck_compare_versions(f, level, index, &versions, f->tree.levels[level],
                                      vt_tree_width(&f->tree, level), err))
            return false;
    }
    return true;
}

/* The open tile of an upper level of the first `size` entries, from whichever version is
 * there; its hashes are judged by the root in the end. */
static bool load_upper(struct vt_fsck *f, int level, uint64_t size, bool *is_there_out,
                       struct vt_error *err)
{
    uint64_t index = vt_tile_level_size(level, size) / VT_TILE_WIDTH;
    unsigned width = vt_tile_width(level, index, size);
    struct vt_tile_name name = { level, index, 0 };
    struct vt_tile_versions versions;
    vt_hash hashes[VT_TILE_WIDTH];

    *is_there_out = width == 0;
    if (width == 0)
        return true;
    if (!vt_versions_list(f->disk, &f->retention, level, index, &versions, err))
        return false;
    name.width = versions.widest;
    if (name.width < width)
        return true;
    if (!vt_fsck_read_hashes(f, &name, hashes, is_there_out, err))
        return false;
    memcpy(f->tree.levels[level], hashes, width * sizeof *hashes);
    return true;
}

/* A copy of a log that was pruned begins where that did: there are no leaves before. */
static bool skip_uncopied(struct vt_fsck *f, struct vt_error *err)
{
    uint64_t first = vt_retention_first(&f->retention);
    struct vt_tile_versions versions;
    bool is_there = true;

    if (first == 0 || vt_disk_has(f->disk, VT_LEDGER_CONFIG_NAME)) /* ours has them all */
        return true;
    if (!vt_versions_list(f->disk, &f->retention, 0, 0, &versions, err))
        return false;
    if (versions.widest != 0)
        return true;
    for (int level = 1; level < VT_TILE_LEVELS && is_there; level++)
        if (!load_upper(f, level, first, &is_there, err))
            return false;
    if (is_there)
        f->tree.size = first;
    return true;
}

static bool check_all(struct vt_fsck *f, struct vt_error *err)
{
    bool is_last = false;

    if (!vt_fsck_read_checkpoints(f, err) || !vt_fsck_list_strays(f, err))
        return false;
    vt_fsck_compare_roots(f); /* of size 0 */
    if (!skip_uncopied(f, err))
        return false;
    for (uint64_t index = f->tree.size / VT_TILE_WIDTH; !is_last; index++) {
        if (!check_leaves(f, index, &is_last, err))
            return false;
        if (f->options->progress != NULL)
            f->options->progress(f->options->context, f->tree.size, f->report.size);
    }
    f->report.entries = f->tree.size;
    if (f->tree.size < f->report.size)
        vt_fsck_found(f, f->checkpoints[f->checkpoint_count - 1].name,
                      "is of %ju entries, but only %ju are there",
                      (uintmax_t)f->report.size, (uintmax_t)f->tree.size);
    vt_fsck_report_strays(f);
    return check_edge(f, err);
}

bool vt_ledger_fsck(const char *dir, const struct vt_fsck_options *options,
                    struct vt_fsck_report *out, struct vt_error *err)
{
    struct vt_fsck *f = vt_alloc(sizeof *f);
    bool is_ok;

    f->options = options;
    f->arena = vt_arena_new();
    is_ok = vt_disk_open(dir, false, &f->disk, err) &&
            vt_retention_read(f->disk, f->arena, &f->retention, err) && check_all(f, err);
    f->report.minimum = f->retention.minimum;
    is_ok = is_ok && vt_fsck_check_beside(f, err);
    if (is_ok)
        vt_fsck_check_private(f);
    if (is_ok)
        *out = f->report;
    vt_disk_close(f->disk);
    vt_arena_free(f->arena);
    free(f->checkpoints);
    free(f->ahead);
    free(f);
    return is_ok;
}
