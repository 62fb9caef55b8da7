/* Bundle after bundle; the right edge of the tree grows along, and has the last word. */
#include "ledger/walk.h"
#include "ledger/tree.h"
#include "ledger/tree_verify.h"

struct walk {
    struct vt_remote *remote;
    const struct vt_head *head;
    bool (*each)(void *context, uint64_t index, vt_slice entry, struct vt_error *err);
    void *context;
    struct vt_tree tree;
    struct vt_buf bundle;
    uint64_t asked; /* the next bundle to be asked for ahead */
};

static bool fail_cut(const struct vt_tile_name *name, struct vt_error *err)
{
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(name, path);
    return vt_fail(err, VT_REJECTED, "%s: is not a bundle of %u entries", path,
                   name->width);
}

/* The log may have grown since its checkpoint: a wider version is as good. */
static bool read_bundle(struct vt_remote *remote, const struct vt_tile_name *name,
                        struct vt_buf *out, struct vt_error *err)
{
    unsigned width;

    return vt_remote_read(remote, name, out, &width, err) &&
           (width >= name->width || fail_cut(name, err));
}

static void look_ahead(struct walk *w, uint64_t index)
{
    uint64_t next = w->asked > index ? w->asked : index + 1;

    for (; next < index + VT_REMOTE_AHEAD; next++) {
        struct vt_tile_name name = { VT_TILE_ENTRIES, next,
                                     vt_tile_width(0, next, w->head->size) };

        if (name.width != 0)
            vt_remote_expect(w->remote, &name);
    }
    w->asked = next;
}

static bool take_bundle(struct walk *w, uint64_t index, struct vt_error *err)
{
    struct vt_tile_name name = { VT_TILE_ENTRIES, index,
                                 vt_tile_width(0, index, w->head->size) };
    vt_reader r;

    look_ahead(w, index);
    if (!read_bundle(w->remote, &name, &w->bundle, err))
        return false;
    r = (vt_reader){ vt_buf_slice(&w->bundle) };
    for (unsigned i = 0; i < name.width; i++) {
        vt_slice entry;
        vt_hash leaf;

        if (!vt_bundle_read(&r, &entry))
            return fail_cut(&name, err);
        leaf = vt_sha256_leaf(entry);
        if (!w->each(w->context, w->tree.size, entry, err) ||
            !vt_tree_append(&w->tree, &leaf, NULL, err))
            return false;
    }
    return true;
}

static bool walk(struct walk *w, struct vt_error *err)
{
    vt_hash root;

    for (uint64_t i = 0; w->tree.size < w->head->size; i++)
        if (!take_bundle(w, i, err))
            return false;
    root = vt_tree_root(&w->tree);
    return vt_hash_equal(&root, &w->head->root) ||
           vt_fail(err, VT_REJECTED,
                   "its %ju entries do not have the root that was signed: an entry was "
                   "changed, or left out",
                   (uintmax_t)w->head->size);
}

bool vt_walk_entries(struct vt_remote *remote, const struct vt_head *head,
                     bool (*each)(void *context, uint64_t index, vt_slice entry,
                                  struct vt_error *err),
                     void *context, struct vt_error *err)
{
    struct walk *w =
        vt_alloc(sizeof *w); /* the edge of the tree is too large for a stack */
    bool is_ok;

    w->remote = remote;
    w->head = head;
    w->each = each;
    w->context = context;
    w->bundle = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    is_ok = walk(w, err);
    vt_buf_clear(&w->bundle);
    free(w);
    return is_ok;
}

bool vt_walk_entry(struct vt_remote *remote, const struct vt_head *head, uint64_t index,
                   struct vt_buf *out, struct vt_error *err)
{
    struct vt_tile_name name = { VT_TILE_ENTRIES, index / VT_TILE_WIDTH,
                                 vt_tile_width(0, index / VT_TILE_WIDTH, head->size) };
    struct vt_tile_source source = vt_remote_source(remote);
    VT_AUTO_BUF bundle = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    vt_slice entry = { 0 };
    struct vt_proof proof;
    vt_hash leaf;
    vt_reader r;

    if (index >= head->size)
        return vt_fail(err, VT_ABSENT, "there is no entry %ju among %ju", (uintmax_t)index,
                       (uintmax_t)head->size);
    if (!read_bundle(remote, &name, &bundle, err) ||
        !vt_prove_inclusion(&source, index, head->size, &proof, err))
        return false;
    r = (vt_reader){ vt_buf_slice(&bundle) };
    for (uint64_t i = 0; i <= index % VT_TILE_WIDTH; i++)
        if (!vt_bundle_read(&r, &entry))
            return fail_cut(&name, err);
    leaf = vt_sha256_leaf(entry);
    if (!vt_tree_verify_inclusion(&leaf, index, head->size, proof.hashes, proof.count,
                                  &head->root))
        return vt_fail(err, VT_REJECTED, "entry %ju is not what was signed",
                       (uintmax_t)index);
    vt_buf_put(out, entry);
    return vt_buf_check(out, "the entry", err);
}
