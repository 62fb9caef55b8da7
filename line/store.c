/* The store of the assembly line: a disk and its blobs. */
#include "line/store.h"

struct vt_line_store {
    struct vt_disk *disk;
    struct vt_blobs *blobs;
    char *path;
};

void vt_line_store_close(struct vt_line_store *store)
{
    if (store == NULL)
        return;
    if (store->blobs != NULL)
        vt_blobs_close(store->blobs);
    if (store->disk != NULL)
        vt_disk_close(store->disk);
    free(store->path);
    free(store);
}

void vt_line_store_close_pointer(struct vt_line_store **store)
{
    vt_line_store_close(*store);
}

bool vt_line_store_open(const char *path, bool is_new, struct vt_line_store **store_out,
                        struct vt_error *err)
{
    VT_AUTO_LINE_STORE store = vt_alloc(sizeof *store);
    VT_AUTO_ARENA arena = vt_arena_new();

    if (!vt_disk_open(path, is_new, &store->disk, err))
        return vt_within(err, "store");
    store->path = realpath(path, NULL);
    if (store->path == NULL)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    if (!vt_blobs_open(vt_arena_printf(arena, "%s/blobs", store->path), true, &store->blobs,
                       err))
        return false;
    *store_out = store;
    store = NULL;
    return true;
}

struct vt_blobs *vt_line_store_blobs(struct vt_line_store *store)
{
    return store->blobs;
}

struct vt_disk *vt_line_store_disk(struct vt_line_store *store)
{
    return store->disk;
}

const char *vt_line_store_path(const struct vt_line_store *store)
{
    return store->path;
}
