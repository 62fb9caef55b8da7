/* Environments are made once and measured before every use: the root that a build sees is,
 * file by file, the one that was made. */
#include "line/environment.h"
#include "line/build_area.h"
#include "line/root.h"

void vt_environment_clear(struct vt_environment *environment)
{
    free(environment->root);
    *environment = (struct vt_environment){ 0 };
}

static bool fail_at(const char *what, struct vt_error *err)
{
    return vt_fail(err, VT_IO, "environment: %s: %s", what, strerror(errno));
}

/* Make the root under a name of its own, then rename it into place: a half-made root is
 * never taken for a whole one.  Another process that makes the same one loses the race and
 * uses ours.  What a killed process left is scratch under a name that nobody uses. */
static bool make_root(struct vt_line_store *store, const struct vt_lock *lock,
                      const char *root, void (*progress)(void *context, const char *line),
                      void *context, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    char *making = vt_arena_printf(arena, "%s.making-XXXXXX", root);
    struct vt_error ignored;
    bool ok;

    if (mkdtemp(making) == NULL || chmod(making, 0755) != 0)
        return fail_at(making, err);
    ok = vt_root_make(store, lock, making, progress, context, err);
    if (ok && rename(vt_arena_printf(arena, "%s/root", making), root) != 0 &&
        errno != EEXIST && errno != ENOTEMPTY)
        ok = fail_at(root, err);
    (void)!vt_tree_remove(making, &ignored);
    return ok;
}

/* The tree that was measured when the root was made, beside it. */
static bool recall_tree(struct vt_line_store *store, const char *name, vt_hash *out)
{
    VT_AUTO_BUF text = vt_buf_init(65);
    struct vt_error ignored = { 0 };

    return vt_disk_read(vt_line_store_disk(store), name, &text, &ignored) &&
           vt_hash_parse_hex(vt_buf_slice(&text), out);
}

static bool measure(struct vt_line_store *store, const char *root, const char *name,
                    vt_hash *tree, struct vt_error *err)
{
    vt_hash before;
    char hex[65];

    if (!vt_tree_digest(root, tree, err))
        return false;
    if (recall_tree(store, name, &before)) {
        if (!vt_hash_equal(&before, tree))
            return vt_fail(err, VT_REJECTED,
                           "%s: was changed since it was made; remove it, it "
                           "will be made again",
                           root);
        return true;
    }
    vt_hash_text(tree, hex);
    return vt_disk_write(vt_line_store_disk(store), name, vt_slice_of(hex, 64), 0644, err);
}

bool vt_environment_get(struct vt_line_store *store, const struct vt_lock *lock,
                        void (*progress)(void *context, const char *line), void *context,
                        struct vt_environment *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_environment environment = { .digest = lock->environment };
    const char *folder, *root, *name;
    char hex[65];

    vt_hash_text(&environment.digest, hex);
    folder = vt_arena_printf(arena, "%s/environments", vt_line_store_path(store));
    root = vt_arena_printf(arena, "%s/%s", folder, hex);
    name = vt_arena_printf(arena, "environments/%s.tree", hex);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return fail_at(folder, err);
    if (!vt_path_exists(root) && !make_root(store, lock, root, progress, context, err))
        return false;
    if (progress != NULL)
        progress(context, "environment: measuring");
    if (!measure(store, root, name, &environment.tree, err))
        return false;
    environment.root = vt_strdup_slice(vt_slice_from_cstr(root));
    *out = environment;
    return true;
}
