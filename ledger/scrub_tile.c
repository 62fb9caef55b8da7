/* Single tiles and bundles: what must be in them, what is in them, and putting it right.
 *
 * What must be in a full tile is known once its hashes have the root that stands in the
 * tile above.  Where the file itself has not, what lies below it and the other copy are
 * tried; so the one tile that is bad does not hide what hangs from it. */
#include "ledger/config.h"
#include "ledger/scrub_inside.h"
#include "ledger/shelf.h"

enum { WHAT_BYTES = 200 };

/* ---- what must be there ---------------------------------------------------------------
 */

bool vt_scrub_derive(struct vt_scrub *s, const struct vt_tile_name *name,
                     vt_hash *hashes_out)
{
    VT_AUTO_BUF bundle = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    struct vt_tile_name below = { VT_TILE_ENTRIES, name->index, name->width };
    vt_hash row[VT_TILE_WIDTH];
    struct vt_error ignored = { 0 };

    if (name->level == 0)
        return vt_shelf_read_bundle(s->disk, &below, &bundle, &ignored) &&
               vt_bundle_leaves(vt_buf_slice(&bundle), name->width, hashes_out);
    below = (struct vt_tile_name){ name->level - 1, 0, VT_TILE_WIDTH };
    for (unsigned i = 0; i < name->width; i++) {
        below.index = name->index * VT_TILE_WIDTH + i;
        if (!vt_shelf_read_tile(s->disk, &below, row, &ignored))
            return false;
        hashes_out[i] = vt_tile_root(row, VT_TILE_WIDTH);
    }
    return true;
}

static bool has_root(const vt_hash *hashes, const vt_hash *root)
{
    vt_hash own = vt_tile_root(hashes, VT_TILE_WIDTH);

    return vt_hash_equal(&own, root);
}

static bool fetch_tile(struct vt_scrub *s, const struct vt_tile_name *name, vt_hash *out)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_TILE_BYTES);
    struct vt_error ignored = { 0 };
    unsigned width;

    if (s->copy == NULL || !vt_remote_read(s->copy, name, &bytes, &width, &ignored) ||
        bytes.len != VT_TILE_BYTES)
        return false;
    memcpy(out, bytes.data, VT_TILE_BYTES);
    return true;
}

/* Look for the hashes with this root: in the file, below it, in the other copy. */
static bool find_tile(struct vt_scrub *s, const struct vt_tile_name *name,
                      const vt_hash *root, struct vt_scrub_tile *out)
{
    struct vt_error ignored = { 0 };

    out->source = VT_SCRUB_NOT_REPAIRED;
    if (vt_shelf_read_tile(s->disk, name, out->hashes, &ignored) &&
        has_root(out->hashes, root))
        return true;
    out->source = VT_SCRUB_REPAIRED_HERE;
    if (vt_scrub_derive(s, name, out->hashes) && has_root(out->hashes, root))
        return true;
    out->source = VT_SCRUB_REPAIRED_MIRROR;
    return fetch_tile(s, name, out->hashes) && has_root(out->hashes, root);
}

const vt_hash *vt_scrub_trust(struct vt_scrub *s, int level, uint64_t index)
{
    struct vt_tile_name name = { level, index, vt_tile_width(level, index, s->head.size) };
    struct vt_scrub_tile *tile = &s->tiles[level];
    const vt_hash *above;

    if (name.width < VT_TILE_WIDTH)
        return name.width != 0 ? s->edge.levels[level] : NULL;
    if (tile->index == index && (tile->is_known || tile->is_lost))
        return tile->is_known ? tile->hashes : NULL;
    above = vt_scrub_trust(s, level + 1, index / VT_TILE_WIDTH);
    tile->index = index;
    tile->is_known =
        above != NULL && find_tile(s, &name, &above[index % VT_TILE_WIDTH], tile);
    tile->is_lost = !tile->is_known;
    return tile->is_known ? tile->hashes : NULL;
}

/* ---- what is there --------------------------------------------------------------------
 */

/* Where in the tile the first wrong hash is; false: it is as it must be. */
static bool find_bad_hash(const struct vt_tile_name *name, vt_slice bytes,
                          const vt_hash *hashes, char what[WHAT_BYTES])
{
    if (bytes.len != name->width * sizeof *hashes) {
        (void)snprintf(what, WHAT_BYTES, "has %zu bytes, %u hashes have %zu", bytes.len,
                       name->width, name->width * sizeof *hashes);
        return true;
    }
    for (size_t i = 0; i < name->width; i++)
        if (memcmp(bytes.data + i * sizeof *hashes, &hashes[i], sizeof *hashes) != 0) {
            (void)snprintf(what, WHAT_BYTES,
                           "hash %zu of it (bytes %zu to %zu) is not the one that was "
                           "signed",
                           i, i * sizeof *hashes, (i + 1) * sizeof *hashes - 1);
            return true;
        }
    return false;
}

/* The same for a bundle and its entries. */
static bool find_bad_entry(const struct vt_tile_name *name, vt_slice bytes,
                           const vt_hash *leaves, char what[WHAT_BYTES])
{
    vt_reader r = { bytes };
    vt_slice entry;

    for (unsigned i = 0; i < name->width; i++) {
        size_t at = bytes.len - r.rest.len;
        uintmax_t index = (uintmax_t)(name->index * VT_TILE_WIDTH + i);
        vt_hash leaf;

        if (!vt_bundle_read(&r, &entry)) {
            (void)snprintf(what, WHAT_BYTES, "is cut short at byte %zu, where entry %ju is",
                           at, index);
            return true;
        }
        leaf = vt_sha256_leaf(entry);
        if (!vt_hash_equal(&leaf, &leaves[i])) {
            (void)snprintf(what, WHAT_BYTES,
                           "entry %ju (bytes %zu to %zu) is not the one that was logged",
                           index, at, bytes.len - r.rest.len - 1);
            return true;
        }
    }
    if (r.rest.len == 0)
        return false;
    (void)snprintf(what, WHAT_BYTES, "has %zu bytes behind its last entry", r.rest.len);
    return true;
}

/* ---- putting it right -----------------------------------------------------------------
 */

/* The first `width` entries, if they are the logged ones. */
static bool cut_good(struct vt_buf *bundle, const struct vt_tile_name *name,
                     const vt_hash *leaves)
{
    vt_reader r = { vt_buf_slice(bundle) };
    vt_slice entry;

    for (unsigned i = 0; i < name->width; i++) {
        vt_hash leaf;

        if (!vt_bundle_read(&r, &entry))
            return false;
        leaf = vt_sha256_leaf(entry);
        if (!vt_hash_equal(&leaf, &leaves[i]))
            return false;
    }
    vt_buf_truncate(bundle, bundle->len - r.rest.len);
    return true;
}

/* Entries cannot be computed: they must be found, in another version of the bundle here or
 * in the other copy. */
static bool find_bundle(struct vt_scrub *s, const struct vt_tile_name *name,
                        const struct vt_tile_versions *versions, const vt_hash *leaves,
                        struct vt_buf *out, enum vt_scrub_repair *source_out,
                        struct vt_error *err)
{
    char path[VT_TILE_PATH_BYTES];
    unsigned width;

    *source_out = VT_SCRUB_REPAIRED_HERE;
    for (unsigned w = VT_TILE_WIDTH; w > name->width; w--) {
        struct vt_tile_name wider = { VT_TILE_ENTRIES, name->index, w };

        vt_versions_path(s->disk, &s->retention, &wider, path);
        vt_buf_truncate(out, 0);
        if (versions->has[w] && vt_disk_read(s->disk, path, out, err) &&
            cut_good(out, name, leaves))
            return true;
    }
    *source_out = VT_SCRUB_REPAIRED_MIRROR;
    if (s->copy == NULL)
        return vt_fail(err, VT_ABSENT, "another copy of the log is needed (--repair-from)");
    if (!vt_remote_read(s->copy, name, out, &width, err))
        return false;
    return cut_good(out, name, leaves) ||
           vt_fail(err, VT_REJECTED, "what the other copy has is not what was logged");
}

static void mend_bundle(struct vt_scrub *s, const struct vt_tile_name *name,
                        const struct vt_tile_versions *versions, const vt_hash *leaves,
                        const char *path, const char *what)
{
    VT_AUTO_BUF right = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    enum vt_scrub_repair source;
    struct vt_error err = { 0 };

    if (find_bundle(s, name, versions, leaves, &right, &source, &err))
        vt_scrub_mend(s, path, what, vt_buf_slice(&right), source);
    else
        vt_scrub_found(s, path, what, VT_SCRUB_NOT_REPAIRED, err.message);
}

/* Where the right hashes of this tile came from, as far as it was not the file itself. */
static enum vt_scrub_repair source_of(const struct vt_scrub *s,
                                      const struct vt_tile_name *name)
{
    bool is_full = vt_tile_width(name->level, name->index, s->head.size) == VT_TILE_WIDTH;
    enum vt_scrub_repair source =
        is_full ? s->tiles[name->level].source : s->edge_sources[name->level];

    return source == VT_SCRUB_REPAIRED_MIRROR ? source : VT_SCRUB_REPAIRED_HERE;
}

static void mend(struct vt_scrub *s, const struct vt_tile_name *name,
                 const struct vt_tile_versions *versions, const vt_hash *hashes,
                 const char *path, const char *what)
{
    if (name->level == VT_TILE_ENTRIES)
        mend_bundle(s, name, versions, hashes, path, what);
    else
        vt_scrub_mend(s, path, what, vt_slice_of(hashes, name->width * sizeof *hashes),
                      source_of(s, name));
}

/* ---- one file, and all versions -------------------------------------------------------
 */

static void check_version(struct vt_scrub *s, const struct vt_tile_name *name,
                          const struct vt_tile_versions *versions, const vt_hash *hashes)
{
    struct vt_tile_name full = { name->level, name->index, VT_TILE_WIDTH };
    char path[VT_TILE_PATH_BYTES], whole[VT_TILE_PATH_BYTES], what[WHAT_BYTES];
    struct vt_error why = { 0 };
    bool is_bad;

    vt_versions_path(s->disk, &s->retention, name, path);
    vt_versions_path(s->disk, &s->retention, &full, whole);
    if (!vt_scrub_read(s, path, &why)) {
        /* The writer collects partial tiles once the full one is there. */
        if (why.code == VT_ABSENT && name->width < VT_TILE_WIDTH &&
            vt_disk_has(s->disk, whole))
            return;
        mend(s, name, versions, hashes, path,
             why.code == VT_ABSENT ? "is missing" : why.message);
        return;
    }
    s->report.files++;
    is_bad = name->level == VT_TILE_ENTRIES
                 ? find_bad_entry(name, vt_buf_slice(&s->bytes), hashes, what)
                 : find_bad_hash(name, vt_buf_slice(&s->bytes), hashes, what);
    if (is_bad)
        mend(s, name, versions, hashes, path, what);
}

/* Nobody knows what must be in it. */
static void report_unknown(struct vt_scrub *s, const struct vt_tile_name *name)
{
    char path[VT_TILE_PATH_BYTES];
    bool is_above_good =
        name->level != VT_TILE_ENTRIES &&
        vt_scrub_trust(s, name->level + 1, name->index / VT_TILE_WIDTH) != NULL;

    vt_tile_path(name, path);
    vt_scrub_found(s, path,
                   is_above_good ? "does not have the root that was signed"
                                 : "cannot be judged: the tile above it is damaged",
                   VT_SCRUB_NOT_REPAIRED,
                   "neither the files below it nor another copy has the right hashes");
}

void vt_scrub_check(struct vt_scrub *s, int level, uint64_t index)
{
    struct vt_tile_name name = { level, index, vt_tile_width(level, index, s->head.size) };
    unsigned needed = name.width;
    struct vt_tile_versions versions;
    struct vt_error ignored = { 0 };
    const vt_hash *hashes;

    (void)!vt_versions_list(s->disk, &s->retention, level, index, &versions, &ignored);
    if (!versions.has[VT_TILE_WIDTH] && vt_retention_denies(&s->retention, &name) &&
        (level == VT_TILE_ENTRIES || !vt_disk_has(s->disk, VT_LEDGER_CONFIG_NAME)))
        return; /* deleted, as the written policy says, or never copied; hashes of a ledger
                 * of ours are never deleted */
    hashes = vt_scrub_trust(s, level == VT_TILE_ENTRIES ? 0 : level, index);
    if (hashes == NULL) {
        report_unknown(s, &name);
        return;
    }
    /* Wider ones than the signed tree's are of entries that were not signed for yet. */
    for (unsigned w = needed; w > 0; w--) {
        name.width = w;
        if (versions.has[w] || (w == needed && !versions.has[VT_TILE_WIDTH]))
            check_version(s, &name, &versions, hashes);
    }
}
