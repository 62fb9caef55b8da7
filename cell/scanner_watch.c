/* Looking whether files have changed, without reading them. */
#include "cell/scanner_watch.h"
#include <dirent.h>

enum { ENTRIES_MAX = 4096 };

static void add(struct vt_sha256 *hash, const char *name, const struct stat *about)
{
    const int64_t numbers[] = { (int64_t)about->st_dev, (int64_t)about->st_ino,
                                (int64_t)about->st_size, (int64_t)about->st_mtim.tv_sec,
                                (int64_t)about->st_mtim.tv_nsec };

    vt_sha256_add(hash, vt_slice_of(name, strlen(name) + 1));
    vt_sha256_add(hash, vt_slice_of(numbers, sizeof numbers));
}

static void look_inside(struct vt_sha256 *hash, const char *path)
{
    struct dirent **entries = NULL;
    VT_AUTO_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int count = fd < 0 ? -1 : scandirat(fd, ".", &entries, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        struct stat about;

        if (i < ENTRIES_MAX && entries[i]->d_name[0] != '.' &&
            fstatat(fd, entries[i]->d_name, &about, 0) == 0)
            add(hash, entries[i]->d_name, &about);
        free(entries[i]);
    }
    free(entries);
}

vt_hash vt_scanner_look(const char *const *paths, size_t count)
{
    struct vt_sha256 hash;
    vt_hash out;

    vt_sha256_init(&hash);
    for (size_t i = 0; i < count; i++) {
        struct stat about;

        if (paths[i] == NULL || stat(paths[i], &about) != 0)
            continue;
        add(&hash, paths[i], &about);
        if (S_ISDIR(about.st_mode))
            look_inside(&hash, paths[i]);
    }
    vt_sha256_end(&hash, &out);
    return out;
}
