/* A client's cache: one flat folder of files, bounded in number and bytes. */
#include "cell/cache.h"
#include "cell/site.h"

enum { UNFLUSHED_MAX = 100 };

struct vt_cell_cache {
    struct vt_disk *disk;
    bool may_write; /* nobody else does, and the disk has not failed us */
    uint64_t files, bytes;
    unsigned unflushed;
    bool is_odd; /* of the names that are gone through */
};

/* "bucket/SIZE/ab/HASH" lies under "bucket-SIZE-ab-HASH". */
static void write_name(const char *path, char out[VT_CELL_PATH_BYTES])
{
    size_t i = 0;

    for (; path[i] != '\0' && i < VT_CELL_PATH_BYTES - 1; i++)
        out[i] = path[i] == '/' ? '-' : path[i];
    out[i] = '\0';
}

static bool count_file(void *context, const char *name, bool is_folder,
                       struct vt_error *err)
{
    struct vt_cell_cache *cache = context;
    struct vt_error ignored;
    uint64_t size;
    int fd;

    (void)err;
    if (is_folder || !vt_disk_open_fd(cache->disk, name, &fd, &size, &ignored))
        return true;
    (void)close(fd);
    cache->files++;
    cache->bytes += size;
    return true;
}

static void count_all(struct vt_cell_cache *cache)
{
    struct vt_error ignored;

    cache->files = cache->bytes = 0;
    cache->may_write = vt_disk_list(cache->disk, "", count_file, cache, &ignored);
}

bool vt_cell_cache_open(const char *dir, struct vt_cell_cache **out, struct vt_error *err)
{
    struct vt_cell_cache *cache = vt_alloc(sizeof *cache);
    struct vt_error ignored;

    if (!vt_disk_open(dir, true, &cache->disk, err)) {
        free(cache);
        return false;
    }
    if (vt_disk_lock(cache->disk, &ignored) && vt_disk_sweep(cache->disk, "", &ignored))
        count_all(cache);
    *out = cache;
    return true;
}

void vt_cell_cache_close(struct vt_cell_cache *cache)
{
    if (cache == NULL)
        return;
    vt_disk_close(cache->disk);
    free(cache);
}

bool vt_cell_cache_get(struct vt_cell_cache *cache, const char *path, struct vt_buf *out)
{
    char name[VT_CELL_PATH_BYTES];
    struct vt_error ignored;
    size_t before = out->len;

    write_name(path, name);
    if (vt_disk_has(cache->disk, name) && vt_disk_read(cache->disk, name, out, &ignored))
        return true;
    vt_buf_truncate(out, before);
    return false;
}

static bool drop_each_second(void *context, const char *name, bool is_folder,
                             struct vt_error *err)
{
    struct vt_cell_cache *cache = context;

    cache->is_odd = !cache->is_odd;
    return is_folder || !cache->is_odd || vt_disk_remove_lazily(cache->disk, name, err);
}

static void make_room(struct vt_cell_cache *cache)
{
    struct vt_error ignored;

    if (cache->files < VT_CELL_CACHE_FILES_MAX && cache->bytes < VT_CELL_CACHE_BYTES_MAX)
        return;
    cache->may_write = vt_disk_list(cache->disk, "", drop_each_second, cache, &ignored);
    if (cache->may_write)
        count_all(cache);
}

void vt_cell_cache_put(struct vt_cell_cache *cache, const char *path, vt_slice bytes)
{
    char name[VT_CELL_PATH_BYTES];
    struct vt_error ignored;

    if (!cache->may_write)
        return;
    make_room(cache);
    write_name(path, name);
    cache->may_write =
        cache->may_write &&
        vt_disk_write_lazily(cache->disk, name, bytes, 0600, &ignored) &&
        (++cache->unflushed % UNFLUSHED_MAX != 0 || vt_disk_flush(cache->disk, &ignored));
    cache->files++;
    cache->bytes += bytes.len;
}

void vt_cell_cache_drop(struct vt_cell_cache *cache, const char *path)
{
    char name[VT_CELL_PATH_BYTES];
    struct vt_error ignored;

    write_name(path, name);
    if (cache->may_write)
        (void)!vt_disk_remove_lazily(cache->disk, name, &ignored);
}
