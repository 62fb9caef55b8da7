/* A cell's folder: an epoch writes what is new, top down.  Where a node has the name that
 * it had before, nothing below it has changed, and nothing below is looked at. */
#include "cell/recipient.h"
#include "cell/site_inside.h"
#include "ledger/tile.h"

enum { TILE_BITS = 8, UNFLUSHED_MAX = 100 };

void vt_cell_node_path(const vt_hash *root, char out[VT_CELL_PATH_BYTES])
{
    char text[65];

    vt_hash_text(root, text);
    (void)snprintf(out, VT_CELL_PATH_BYTES, "node/%.2s/%s", text, text);
}

void vt_cell_bucket_path(uint64_t bucket_bytes, const vt_hash *leaf,
                         char out[VT_CELL_PATH_BYTES])
{
    char text[65];

    vt_hash_text(leaf, text);
    (void)snprintf(out, VT_CELL_PATH_BYTES, "bucket/%ju/%.2s/%s", (uintmax_t)bucket_bytes,
                   text, text);
}

void vt_cell_filter_path(const vt_hash *hash, char out[VT_CELL_PATH_BYTES])
{
    char text[65];

    vt_hash_text(hash, text);
    (void)snprintf(out, VT_CELL_PATH_BYTES, "filter/%s", text);
}

void vt_cell_ohttp_path(const vt_hash *hash, char out[VT_CELL_PATH_BYTES])
{
    char text[65];

    vt_hash_text(hash, text);
    (void)snprintf(out, VT_CELL_PATH_BYTES, "ohttp/%s", text);
}

/* What is ours below the cell's folder; others write beside it, under locks of their own,
 * and their drafts are not ours to remove. */
static bool sweep(struct vt_disk *disk, struct vt_error *err)
{
    static const char *const ours[] = { "public", "private" };

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (vt_disk_has(disk, ours[i]) && !vt_disk_sweep(disk, ours[i], err))
            return false;
    return true;
}

bool vt_cell_site_open(const char *dir, struct vt_cell_site **out, struct vt_error *err)
{
    struct vt_cell_site *site = vt_alloc(sizeof *site);
    VT_AUTO_BUF head = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);

    site->replaced = vt_buf_init(VT_MIB(512));
    if (vt_disk_open(dir, true, &site->disk, err) && vt_disk_lock(site->disk, err) &&
        sweep(site->disk, err) &&
        (!vt_disk_has(site->disk, "public/" VT_CELL_HEAD_PATH) ||
         (vt_disk_read(site->disk, "public/" VT_CELL_HEAD_PATH, &head, err) &&
          vt_head_file_parse(vt_buf_slice(&head), &site->head, err)))) {
        *out = site;
        return true;
    }
    vt_cell_site_close(site);
    return vt_within(err, "%s", dir);
}

void vt_cell_site_close(struct vt_cell_site *site)
{
    if (site == NULL)
        return;
    vt_cell_nodes_clear(&site->nodes);
    vt_head_file_free(site->head);
    vt_buf_clear(&site->replaced);
    vt_disk_close(site->disk);
    free(site);
}

const struct vt_head_file *vt_cell_site_head(const struct vt_cell_site *site)
{
    return site->head;
}

bool vt_cell_site_put_recipient(struct vt_cell_site *site, vt_slice document,
                                struct vt_error *err)
{
    vt_hash hash = vt_sha256_of(document);
    char path[VT_RECIPIENT_PATH_BYTES], name[VT_RECIPIENT_PATH_BYTES + 8];

    vt_cell_recipient_path(&hash, path);
    (void)snprintf(name, sizeof name, "public/%s", path);
    return vt_disk_write(site->disk, name, document, 0644, err);
}

bool vt_cell_site_put_ohttp(struct vt_cell_site *site, vt_slice config,
                            struct vt_error *err)
{
    vt_hash hash = vt_sha256_of(config);
    char path[VT_CELL_PATH_BYTES], name[VT_CELL_PATH_BYTES + 8];

    vt_cell_ohttp_path(&hash, path);
    (void)snprintf(name, sizeof name, "public/%s", path);
    return vt_disk_write(site->disk, name, config, 0644, err);
}

/* ---- writing a tree ---------------------------------------------------------------------
 */

/* Lazily.  A file that is there already is written again: after a failed sync it may show
 * other bytes than those of its name. */
static bool put_file(struct vt_cell_site *site, const char *path, vt_slice bytes,
                     uint64_t *count, struct vt_error *err)
{
    char name[VT_CELL_PATH_BYTES + 8];

    (void)snprintf(name, sizeof name, "public/%s", path);
    ++*count;
    return vt_disk_write_lazily(site->disk, name, bytes, 0644, err) &&
           (++site->unflushed % UNFLUSHED_MAX != 0 || vt_disk_flush(site->disk, err));
}

/* What stood in this place before; removed when no client needs it any more. */
static void note_replaced(struct vt_cell_site *site, int level, uint64_t index,
                          const char *path)
{
    vt_buf_printf(&site->replaced, "%d %ju %s\n", level, (uintmax_t)index, path);
}

struct writing {
    struct vt_cell_site *site;
    const struct vt_verdicts *table;
    const struct vt_cell_tree *tree, *before; /* before NULL: another shape, or none */
    struct vt_cell_written *written;
};

static bool write_bucket(struct writing *w, uint64_t index, const vt_hash *before,
                         struct vt_error *err)
{
    const vt_hash *leaf = &w->site->nodes.levels[0][index];
    struct vt_cell_tree flat = *w->tree;
    VT_AUTO_BUF bucket = vt_buf_init(VT_BUCKET_BYTES_MAX);
    VT_AUTO_BUF padded = vt_buf_init(2 * VT_BUCKET_BYTES_MAX);
    uint64_t begin, end;
    char path[VT_CELL_PATH_BYTES];

    if (before != NULL && vt_hash_equal(before, leaf))
        return true;
    begin = vt_cell_bucket_begin(w->table, flat.bits, index);
    end = vt_cell_bucket_begin(w->table, flat.bits, index + 1);
    if (!vt_bucket_write(w->table->rows + begin * VT_VERDICT_BYTES, end - begin, flat.bits,
                         (uint32_t)index, &bucket, err)) /* 24 bits */
        return false;
    flat.bits = 0; /* padded, without hashes */
    if (!vt_answer_write(&flat, vt_buf_slice(&bucket), NULL, &padded, err))
        return false;
    if (before != NULL) {
        vt_cell_bucket_path(w->before->bucket_bytes, before, path);
        note_replaced(w->site, VT_SITE_BUCKET, index, path);
    }
    vt_cell_bucket_path(w->tree->bucket_bytes, leaf, path);
    return put_file(w->site, path, vt_buf_slice(&padded), &w->written->buckets, err);
}

/* The hashes of an old node; false if its file is gone or damaged: then all is new. */
static bool read_old(struct writing *w, const vt_hash *name, unsigned width, vt_hash *out)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_TILE_BYTES);
    char path[VT_CELL_PATH_BYTES], full[VT_CELL_PATH_BYTES + 8];
    struct vt_error ignored;
    vt_hash root;

    vt_cell_node_path(name, path);
    (void)snprintf(full, sizeof full, "public/%s", path);
    if (!vt_disk_read(w->site->disk, full, &bytes, &ignored) ||
        bytes.len != width * sizeof *out)
        return false;
    memcpy(out, bytes.data, bytes.len);
    root = vt_tile_root(out, width);
    return vt_hash_equal(&root, name);
}

static bool write_node(struct writing *w, unsigned level, uint64_t index,
                       const vt_hash *name, const vt_hash *before, struct vt_error *err);

static bool write_children(struct writing *w, unsigned level, uint64_t index,
                           const vt_hash *hashes, const vt_hash *before,
                           struct vt_error *err)
{
    unsigned width = vt_cell_tile_width(w->tree->bits, level);

    for (unsigned i = 0; i < width; i++) {
        uint64_t child = index * VT_TILE_WIDTH + i;
        const vt_hash *old = before != NULL ? &before[i] : NULL;

        if (level == 0 ? !write_bucket(w, child, old, err)
                       : !write_node(w, level - 1, child, &hashes[i], old, err))
            return false;
    }
    return true;
}

static bool write_node(struct writing *w, unsigned level, uint64_t index,
                       const vt_hash *name, const vt_hash *before, struct vt_error *err)
{
    const vt_hash *hashes = w->site->nodes.levels[level] + index * VT_TILE_WIDTH;
    unsigned width = vt_cell_tile_width(w->tree->bits, level);
    vt_hash old[VT_TILE_WIDTH];
    char path[VT_CELL_PATH_BYTES];
    bool has_old;

    if (before != NULL && vt_hash_equal(before, name))
        return true;
    has_old = before != NULL && read_old(w, before, width, old);
    if (has_old) {
        vt_cell_node_path(before, path);
        note_replaced(w->site, (int)level, index, path); /* 0 to 2 */
    }
    vt_cell_node_path(name, path);
    return write_children(w, level, index, hashes, has_old ? old : NULL, err) &&
           put_file(w->site, path, vt_slice_of(hashes, width * sizeof *hashes),
                    &w->written->nodes, err);
}

/* ---- filters ----------------------------------------------------------------------------
 */

void vt_cell_keys_path(const vt_hash *filter, char out[VT_CELL_PATH_BYTES])
{
    char text[65];

    vt_hash_text(filter, text);
    (void)snprintf(out, VT_CELL_PATH_BYTES, "private/keys/%s", text);
}

static bool write_filter(struct vt_cell_site *site, const uint64_t *keys, uint64_t count,
                         unsigned width, struct vt_cell_head *head,
                         struct vt_cell_written *written, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_FILTER_BYTES_MAX);
    char path[VT_CELL_PATH_BYTES];
    uint64_t ignored = 0;

    if (!vt_filter_write(keys, count, width, &bytes, err))
        return false;
    head->filter = (struct vt_head_blob){ vt_sha256_of(vt_buf_slice(&bytes)), bytes.len };
    head->delta = (struct vt_head_blob){ .size_bytes = 0 };
    written->has_new_filter = true;
    vt_cell_keys_path(&head->filter.hash, path);
    if (!vt_disk_write(site->disk, path, vt_slice_of(keys, count * sizeof *keys), 0600,
                       err))
        return false;
    vt_cell_filter_path(&head->filter.hash, path);
    return put_file(site, path, vt_buf_slice(&bytes), &ignored, err);
}

/* True with has_delta false: the last filter is too far away, or there is none. */
static bool write_delta(struct vt_cell_site *site, const uint64_t *keys, uint64_t count,
                        struct vt_cell_head *head, bool *has_delta, struct vt_error *err)
{
    VT_AUTO_BUF before = vt_buf_init(VT_FILTER_KEYS_MAX * sizeof *keys);
    VT_AUTO_BUF bytes = vt_buf_init(VT_MIB(128));
    const struct vt_head_blob *filter;
    char path[VT_CELL_PATH_BYTES];
    struct vt_error missing = { 0 };
    uint64_t ignored = 0;

    *has_delta = false;
    if (site->head == NULL)
        return true;
    filter = &site->head->head.filter;
    vt_cell_keys_path(&filter->hash, path);
    if (!vt_disk_read(site->disk, path, &before, &missing) ||
        !vt_delta_write(&filter->hash, (const uint64_t *)(const void *)before.data,
                        before.len / sizeof *keys, keys, count, &bytes, &missing))
        return true;
    if (bytes.len > VT_KIB(16) && bytes.len > filter->size_bytes / 8)
        return true;
    head->filter = *filter;
    head->delta = (struct vt_head_blob){ vt_sha256_of(vt_buf_slice(&bytes)), bytes.len };
    *has_delta = true;
    vt_cell_filter_path(&head->delta.hash, path);
    return put_file(site, path, vt_buf_slice(&bytes), &ignored, err);
}

/* What the last head named, and this one does not. */
static void note_filter(struct vt_cell_site *site, const struct vt_cell_head *head,
                        const struct vt_head_blob *now)
{
    const struct vt_head_blob *before;
    char path[VT_CELL_PATH_BYTES];

    if (site->head == NULL)
        return;
    before = now == &head->filter ? &site->head->head.filter : &site->head->head.delta;
    if (before->size_bytes == 0 || vt_hash_equal(&before->hash, &now->hash))
        return;
    vt_cell_filter_path(&before->hash, path);
    note_replaced(site, VT_SITE_FILTER, 0, path);
}

static bool write_filters(struct vt_cell_site *site, const struct vt_verdicts *table,
                          unsigned width, struct vt_cell_head *head,
                          struct vt_cell_written *written, struct vt_error *err)
{
    uint64_t count;
    VT_AUTO_FREE uint64_t *keys = vt_filter_keys_of(table, &count);
    bool has_delta;

    if (!write_delta(site, keys, count, head, &has_delta, err) ||
        (!has_delta && !write_filter(site, keys, count, width, head, written, err)))
        return false;
    note_filter(site, head, &head->filter);
    note_filter(site, head, &head->delta);
    return true;
}

static bool has_shape_of(const struct vt_cell_tree *a, const struct vt_cell_tree *b)
{
    return a->bits == b->bits && a->bucket_bytes == b->bucket_bytes;
}

bool vt_cell_site_write(struct vt_cell_site *site, const struct vt_verdicts *table,
                        unsigned bits, unsigned width, struct vt_cell_head *head,
                        struct vt_cell_written *written, struct vt_error *err)
{
    struct writing w = { site, table, &head->tree, NULL, written };

    *written = (struct vt_cell_written){ 0 };
    vt_cell_nodes_clear(&site->nodes);
    vt_buf_truncate(&site->replaced, 0);
    if (bits == VT_CELL_BITS_AUTO)
        bits = vt_bucket_bits_for(table->count);
    if (!vt_cell_tree_build(table, bits, &head->tree, &site->nodes, err))
        return false;
    if (site->head != NULL && has_shape_of(&site->head->head.tree, &head->tree))
        w.before = &site->head->head.tree;
    site->tree = head->tree;
    return write_node(&w, site->nodes.level_count - 1, 0, &head->tree.root,
                      w.before != NULL ? &w.before->root : NULL, err) &&
           write_filters(site, table, width, head, written, err) &&
           vt_disk_flush(site->disk, err);
}
