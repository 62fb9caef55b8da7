/* The digest of a folder tree: every path with its type, mode, time and content, sorted. */
#include "line/environment.h"
#include <dirent.h>

struct name {
    char *text;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static bool read_names(int fd, const char *path, struct name **names, size_t *count,
                       struct vt_error *err)
{
    DIR *folder = fdopendir(dup(fd));
    struct dirent *entry;

    if (folder == NULL)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    rewinddir(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        *names = vt_grow_array(*names, *count + 1, sizeof **names);
        (*names)[(*count)++].text = vt_strdup_slice(vt_slice_from_cstr(entry->d_name));
    }
    (void)closedir(folder);
    if (*count != 0)
        qsort(*names, *count, sizeof **names, compare_names);
    return true;
}

static bool digest_folder(int fd, const char *path, struct vt_sha256 *state,
                          struct vt_error *err);

static bool digest_content(int parent, const char *name, const char *path,
                           const struct stat *about, vt_hash *hash, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    char target[4096];
    uint64_t size;
    ssize_t len;

    *hash = (vt_hash){ { 0 } };
    if (S_ISLNK(about->st_mode)) {
        len = readlinkat(parent, name, target, sizeof target);
        if (len < 0)
            return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
        *hash = vt_sha256_of(vt_slice_of(target, (size_t)len));
        return true;
    }
    if (!S_ISREG(about->st_mode))
        return true;
    fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    return vt_sha256_fd(fd, path, hash, &size, err);
}

/* TYPE-AND-MODE ' ' TIME ' ' hex(content) ' ' PATH '\0'; folders have no time, since
 * unpacking next to them changes it. */
static bool digest_one(int parent, const char *name, const char *path,
                       struct vt_sha256 *state, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct stat about;
    VT_AUTO_FD fd = -1;
    vt_hash hash;
    char hex[65];
    const char *line;

    if (fstatat(parent, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    if (!digest_content(parent, name, path, &about, &hash, err))
        return false;
    vt_hash_text(&hash, hex);
    line = vt_arena_printf(arena, "%o %jd %s %s", about.st_mode,
                           S_ISDIR(about.st_mode) ? 0 : (intmax_t)about.st_mtim.tv_sec, hex,
                           path);
    vt_sha256_add(state, vt_slice_of(line, strlen(line) + 1));
    if (!S_ISDIR(about.st_mode))
        return true;
    fd = openat(parent, name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    return digest_folder(fd, path, state, err);
}

static bool digest_folder(int fd, const char *path, struct vt_sha256 *state,
                          struct vt_error *err)
{
    struct name *names = NULL;
    size_t count = 0;
    bool ok = read_names(fd, path, &names, &count, err);

    for (size_t i = 0; i < count; i++) {
        VT_AUTO_ARENA arena = vt_arena_new();

        ok = ok &&
             digest_one(fd, names[i].text,
                        vt_arena_printf(arena, "%s/%s", path, names[i].text), state, err);
        free(names[i].text);
    }
    free(names);
    return ok;
}

bool vt_tree_digest(const char *folder, vt_hash *out, struct vt_error *err)
{
    VT_AUTO_FD fd = open(folder, O_DIRECTORY | O_CLOEXEC);
    struct vt_sha256 state;

    if (fd < 0)
        return vt_fail(err, VT_IO, "%s: %s", folder, strerror(errno));
    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/tree/v1\n"));
    if (!digest_folder(fd, "", &state, err))
        return false;
    vt_sha256_end(&state, out);
    return true;
}
