/* Showing an epoch, and removing what nobody needs any more.
 *
 * The list of what an epoch replaced is durable before its head is shown.  A file may have
 * come back since (a verdict that was changed and changed again), so each is looked up in
 * the present tree before it goes. */
#include "cell/site_inside.h"
#include "ledger/tile.h"

enum { EPOCHS_LISTED_MAX = 100000 };

static bool write_head(struct vt_cell_site *site, vt_slice bytes, uint64_t epoch,
                       struct vt_error *err)
{
    char name[64];

    (void)snprintf(name, sizeof name, "public/epoch/%ju.json", (uintmax_t)epoch);
    return vt_disk_write(site->disk, name, bytes, 0644, err) &&
           vt_disk_write(site->disk, "public/" VT_CELL_HEAD_PATH, bytes, 0644, err);
}

static bool write_replaced(struct vt_cell_site *site, uint64_t epoch, struct vt_error *err)
{
    char name[64];

    if (!vt_buf_check(&site->replaced, "list of replaced files", err))
        return false;
    (void)snprintf(name, sizeof name, "private/replaced/%ju", (uintmax_t)epoch);
    return site->replaced.len == 0 ||
           vt_disk_write(site->disk, name, vt_buf_slice(&site->replaced), 0600, err);
}

/* ---- removing ---------------------------------------------------------------------------
 */

/* "LEVEL INDEX PATH", as vt_cell_site_write wrote it. */
static bool read_line(vt_slice line, int *level, uint64_t *index, vt_slice *path)
{
    vt_reader r = { line };
    vt_slice level_text, index_text;
    uint64_t number;

    if (!vt_read_until(&r, ' ', &level_text) || !vt_read_until(&r, ' ', &index_text) ||
        !vt_decimal_parse(index_text, index))
        return false;
    *path = r.rest;
    for (*level = VT_SITE_FILTER; *level <= VT_SITE_BUCKET; ++*level)
        if (vt_slice_is(level_text, *level == VT_SITE_BUCKET ? "-1" : "-2"))
            return true;
    if (!vt_decimal_parse(level_text, &number) || number >= VT_CELL_LEVELS_MAX)
        return false;
    *level = (int)number; /* below 3 */
    return true;
}

static bool is_named(const struct vt_cell_site *site, vt_slice path)
{
    char filter[VT_CELL_PATH_BYTES], delta[VT_CELL_PATH_BYTES];

    vt_cell_filter_path(&site->head->head.filter.hash, filter);
    vt_cell_filter_path(&site->head->head.delta.hash, delta);
    return vt_slice_is(path, filter) || vt_slice_is(path, delta);
}

/* Is this the name of what stands in that place now? */
static bool is_present(const struct vt_cell_site *site, int level, uint64_t index,
                       vt_slice path)
{
    const struct vt_cell_nodes *nodes = &site->nodes;
    unsigned bits = site->tree.bits, at = (unsigned)(level + 1); /* where its name stands */
    char name[VT_CELL_PATH_BYTES];

    if (level == VT_SITE_FILTER)
        return is_named(site, path);
    if (at > nodes->level_count ||
        (at < nodes->level_count && index >> (bits - 8 * at) != 0))
        return false;
    if (level < 0)
        vt_cell_bucket_path(site->tree.bucket_bytes, &nodes->levels[0][index], name);
    else if (at == nodes->level_count)
        vt_cell_node_path(&site->tree.root, name);
    else
        vt_cell_node_path(&nodes->levels[at][index], name);
    return vt_slice_is(path, name);
}

/* The keys of a filter that is gone; of a delta there are none. */
static bool remove_keys(struct vt_cell_site *site, vt_slice path, struct vt_error *err)
{
    struct vt_error missing = { 0 };
    char name[VT_CELL_PATH_BYTES];
    vt_reader r = { path };
    vt_hash hash;

    if (!vt_read_literal(&r, VT_LIT("filter/")) || !vt_hash_parse_hex(r.rest, &hash))
        return vt_fail(err, VT_MALFORMED, "list of replaced files: no filter");
    vt_cell_keys_path(&hash, name);
    if (vt_disk_remove_lazily(site->disk, name, &missing) || missing.code == VT_ABSENT)
        return true;
    *err = missing;
    return false;
}

static bool remove_line(struct vt_cell_site *site, vt_slice line,
                        struct vt_cell_written *written, struct vt_error *err)
{
    struct vt_error missing = { 0 };
    char name[VT_CELL_PATH_BYTES + 8];
    uint64_t index;
    vt_slice path;
    int level;

    if (!read_line(line, &level, &index, &path) || path.len >= VT_CELL_PATH_BYTES)
        return vt_fail(err, VT_MALFORMED, "list of replaced files: a line is no line");
    if (is_present(site, level, index, path))
        return true;
    if (level == VT_SITE_FILTER && !remove_keys(site, path, err))
        return false;
    (void)snprintf(name, sizeof name, "public/%.*s", VT_SLICE_ARGS(path));
    if (vt_disk_remove_lazily(site->disk, name, &missing)) {
        written->removed++;
        return true;
    }
    if (missing.code == VT_ABSENT)
        return true; /* an earlier list had it too, or we were killed half-way */
    *err = missing;
    return false;
}

static bool remove_listed(struct vt_cell_site *site, const char *name,
                          struct vt_cell_written *written, struct vt_error *err)
{
    VT_AUTO_BUF lines = vt_buf_init(VT_MIB(512));
    vt_reader r;
    vt_slice line;

    if (!vt_disk_read(site->disk, name, &lines, err))
        return false;
    r = (vt_reader){ vt_buf_slice(&lines) };
    while (vt_read_line(&r, &line))
        if (!remove_line(site, line, written, err))
            return false;
    return vt_disk_flush(site->disk, err) && vt_disk_remove(site->disk, name, err);
}

struct old_lists {
    uint64_t until; /* epochs up to this one */
    uint64_t *epochs;
    size_t count;
};

static bool note_list(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct old_lists *old = context;
    uint64_t epoch;

    (void)err;
    if (is_folder || !vt_decimal_parse(vt_slice_from_cstr(name), &epoch) ||
        epoch > old->until || old->count == EPOCHS_LISTED_MAX)
        return true;
    old->epochs = vt_grow_array(old->epochs, old->count + 1, sizeof *old->epochs);
    old->epochs[old->count++] = epoch;
    return true;
}

static bool remove_old(struct vt_cell_site *site, uint64_t epoch, uint64_t keep,
                       struct vt_cell_written *written, struct vt_error *err)
{
    struct old_lists old = { .until = epoch - keep };
    struct vt_error missing = { 0 };
    bool is_ok = true;

    if (epoch < keep)
        return true;
    if (!vt_disk_list(site->disk, "private/replaced", note_list, &old, &missing) &&
        missing.code != VT_ABSENT) {
        free(old.epochs);
        *err = missing;
        return false;
    }
    for (size_t i = 0; i < old.count && is_ok; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "private/replaced/%ju", (uintmax_t)old.epochs[i]);
        is_ok = remove_listed(site, name, written, err);
    }
    free(old.epochs);
    return is_ok;
}

bool vt_cell_site_show(struct vt_cell_site *site, vt_slice head_file, uint64_t keep,
                       struct vt_cell_written *written, struct vt_error *err)
{
    VT_AUTO_HEAD_FILE file = NULL;
    uint64_t epoch;

    if (!vt_head_file_parse(head_file, &file, err))
        return false;
    if (site->nodes.level_count == 0 ||
        !vt_hash_equal(&file->head.tree.root, &site->tree.root))
        return vt_fail(err, VT_MALFORMED, "the head is not about what was written");
    epoch = file->head.epoch;
    if (!write_replaced(site, epoch, err) || !write_head(site, head_file, epoch, err))
        return false;
    vt_head_file_free(site->head);
    site->head = file;
    file = NULL;
    return remove_old(site, epoch, keep, written, err);
}
