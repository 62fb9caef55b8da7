/* What is in a folder: listed for callers, swept of what killed processes left. */
#include "store/inside.h"
#include <dirent.h>

struct names {
    char **all; /* owned, each owned; the first byte is 'f' or 'd', the name follows */
    size_t count, room;
};

static void names_clear(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->all[i]);
    free(names->all);
}

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left + 1, *right + 1);
}

static void names_add(struct names *names, const char *name, bool is_folder)
{
    size_t bytes = strlen(name) + 2;
    char *copy = vt_alloc(bytes);

    (void)snprintf(copy, bytes, "%c%s", is_folder ? 'd' : 'f', name);
    if (names->count == names->room) {
        names->room = names->room != 0 ? names->room * 2 : 64;
        names->all = vt_grow_array(names->all, names->room, sizeof *names->all);
    }
    names->all[names->count++] = copy;
}

static bool is_folder_entry(int folder_fd, const struct dirent *entry)
{
    struct stat about;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return fstatat(folder_fd, entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(about.st_mode);
}

static bool names_read(const struct vt_disk *disk, const char *folder, bool want_own,
                       struct names *names, struct vt_error *err)
{
    int fd = vt_path_open(disk->fd, folder, O_RDONLY | O_DIRECTORY);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;

    if (dir == NULL) {
        vt_fd_close(&fd);
        return vt_disk_fail(disk, folder, "list the folder", err);
    }
    for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
        bool is_own = vt_slice_starts_with(vt_slice_from_cstr(entry->d_name),
                                           VT_LIT(VT_DISK_OWN_PREFIX));

        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            (!is_own || want_own))
            names_add(names, entry->d_name, is_folder_entry(fd, entry));
    }
    if (errno != 0) {
        (void)vt_disk_fail(disk, folder, "list the folder", err);
        (void)closedir(dir);
        return false;
    }
    (void)closedir(dir);
    if (names->count != 0)
        qsort(names->all, names->count, sizeof *names->all, compare_names);
    return true;
}

static bool folder_verify(const struct vt_disk *disk, const char *folder,
                          struct vt_error *err)
{
    return folder[0] == '\0' || vt_name_verify(disk, folder, err);
}

bool vt_disk_list(struct vt_disk *disk, const char *folder,
                  bool (*each)(void *context, const char *name, bool is_folder,
                               struct vt_error *err),
                  void *context, struct vt_error *err)
{
    __attribute__((cleanup(names_clear))) struct names names = { 0 };

    if (!folder_verify(disk, folder, err) || !names_read(disk, folder, false, &names, err))
        return false;
    for (size_t i = 0; i < names.count; i++)
        if (!each(context, names.all[i] + 1, names.all[i][0] == 'd', err))
            return false;
    return true;
}

/* One entry of a sweep: a folder to go into, a draft to remove, or neither. */
static bool sweep_entry(struct vt_disk *disk, const char *folder, const char *name,
                        bool is_folder, struct vt_error *err)
{
    char whole[VT_DISK_NAME_BYTES_MAX];
    struct vt_step step = { disk->gate, "sweep: remove", "draft" };
    VT_AUTO_FD fd = -1;
    bool is_own =
        vt_slice_starts_with(vt_slice_from_cstr(name), VT_LIT(VT_DISK_OWN_PREFIX));

    if (is_folder) {
        int len = snprintf(whole, sizeof whole, "%s%s%s", folder,
                           folder[0] != '\0' ? "/" : "", name);

        return len >= (int)sizeof whole || vt_disk_sweep(disk, whole, err);
    }
    if (!is_own || strcmp(name, VT_DISK_LOCK_NAME) == 0)
        return true;
    fd = vt_path_open(disk->fd, folder, O_RDONLY | O_DIRECTORY);
    if (fd < 0 || vt_change_unlink(step, &(struct vt_spot){ fd, folder, name }) != 0)
        return vt_disk_fail_change(disk, folder, "remove a left draft", err);
    return true;
}

bool vt_disk_sweep(struct vt_disk *disk, const char *folder, struct vt_error *err)
{
    __attribute__((cleanup(names_clear))) struct names names = { 0 };

    VT_ASSERT(disk->lock_fd >= 0);
    if (!folder_verify(disk, folder, err) || !names_read(disk, folder, true, &names, err))
        return false;
    for (size_t i = 0; i < names.count; i++)
        if (!sweep_entry(disk, folder, names.all[i] + 1, names.all[i][0] == 'd', err))
            return false;
    return true;
}
