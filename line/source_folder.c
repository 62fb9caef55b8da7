/* Sources from a plain folder: regular files and links below it, sorted by path. */
#include "line/source_inside.h"
#include <dirent.h>

enum { DEPTH_MAX = 64 };

struct listing {
    struct vt_arena *arena;
    const char **paths;
    size_t count, room;
    uint64_t bytes;
};

static bool add_path(struct listing *list, const char *path, uint64_t bytes,
                     struct vt_error *err)
{
    if (list->count == VT_SOURCE_FILES_MAX)
        return vt_fail(err, VT_LIMIT, "over %d files", VT_SOURCE_FILES_MAX);
    list->bytes += bytes; /* each below VT_SOURCE_FILE_BYTES_MAX: the sum cannot wrap */
    if (bytes > VT_SOURCE_FILE_BYTES_MAX || list->bytes > VT_SOURCE_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "too large at %s", path);
    if (list->count == list->room)
        list->paths = vt_grow_array(list->paths, list->room = list->room * 2 + 64,
                                    sizeof *list->paths);
    list->paths[list->count++] = path;
    return true;
}

static bool list_folder(struct listing *list, int top, const char *path, unsigned depth,
                        struct vt_error *err);

static bool list_entry(struct listing *list, int top, const char *path, unsigned depth,
                       struct vt_error *err)
{
    struct stat about;

    if (fstatat(top, path, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode) && strcmp(path, ".git") == 0)
        return vt_fail(err, VT_REJECTED,
                       "it is a git repository: say so in the recipe's source type");
    if (S_ISDIR(about.st_mode))
        return list_folder(list, top, path, depth + 1, err);
    if (!S_ISREG(about.st_mode) && !S_ISLNK(about.st_mode))
        return vt_fail(err, VT_REJECTED, "%s is neither file, folder nor link", path);
    return add_path(list, path, (uint64_t)about.st_size, err);
}

static bool list_folder(struct listing *list, int top, const char *path, unsigned depth,
                        struct vt_error *err)
{
    int fd = openat(top, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    bool ok = true;

    if (folder == NULL) {
        vt_fd_close(&fd);
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    }
    if (depth > DEPTH_MAX)
        ok = vt_fail(err, VT_LIMIT, "%s: over %d folders deep", path, DEPTH_MAX);
    while (ok && (errno = 0, entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        ok = list_entry(list, top,
                        strcmp(path, ".") == 0
                            ? vt_arena_cstr(list->arena, vt_slice_from_cstr(entry->d_name))
                            : vt_arena_printf(list->arena, "%s/%s", path, entry->d_name),
                        depth, err);
    }
    if (ok && errno != 0)
        ok = vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    (void)closedir(folder);
    return ok;
}

static bool put_link(struct vt_pack_writer *w, int top, const char *path,
                     struct vt_error *err)
{
    char target[VT_PACK_PATH_BYTES_MAX + 1];
    ssize_t len = readlinkat(top, path, target, sizeof target);

    if (len < 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    return vt_pack_begin_file(w, vt_slice_from_cstr(path), VT_MODE_LINK, (uint64_t)len,
                              err) &&
           vt_pack_add(w, vt_slice_of(target, (size_t)len), err) &&
           vt_pack_end_file(w, err);
}

static bool put_path(struct vt_pack_writer *w, int top, const char *path,
                     struct vt_error *err)
{
    VT_AUTO_FD fd = openat(top, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat about;

    if (fd < 0 && errno == ELOOP)
        return put_link(w, top, path, err);
    if (fd < 0 || fstat(fd, &about) != 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode))
        return vt_fail(err, VT_REJECTED, "%s changed while it was read", path);
    return vt_source_put_fd(w, vt_slice_from_cstr(path),
                            about.st_mode & S_IXUSR ? VT_MODE_PROGRAM : VT_MODE_FILE, fd,
                            (uint64_t)about.st_size, err);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool vt_source_read_folder(const char *where, struct vt_pack_writer *w,
                           struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_FD top = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct listing list = { .arena = arena };
    bool ok;

    if (top < 0)
        return vt_fail(err, VT_IO, "%s", strerror(errno));
    ok = list_folder(&list, top, ".", 0, err);
    if (ok && list.count != 0)
        qsort(list.paths, list.count, sizeof *list.paths, compare_paths);
    for (size_t i = 0; ok && i < list.count; i++)
        ok = put_path(w, top, list.paths[i], err);
    free(list.paths);
    return ok;
}
