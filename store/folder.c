/* Folders on the way to a file: made when missing, and made durable.
 *
 * The subtle case: a folder that is there need not be durable.  Its maker may have been
 * killed between mkdir and the sync of the folder above, and what we put into it would be
 * lost with it.  So the first durable use of a folder syncs the one above it, unless we
 * hold the lock, which settled everything; each folder once, then it is remembered. */
#include "store/inside.h"
#include <dirent.h>

/* The folder above, "" for the top. */
static char *folder_above(const char *folder)
{
    return vt_name_folder(folder);
}

static struct vt_step step_of(const struct vt_disk *disk, const char *site,
                              const char *subject)
{
    return (struct vt_step){ disk->gate, site, subject };
}

static bool sync_above(struct vt_disk *disk, int above_fd, const char *above,
                       const char *folder, struct vt_error *err)
{
    struct vt_step step = step_of(disk, "folder: sync above", folder);

    if (vt_change_sync_folder(step, above_fd, above) != 0)
        return vt_disk_spoil(disk, above, "sync the folder", err);
    return true;
}

/* Open `folder` below above_fd; make it if missing. */
static bool open_or_make(struct vt_disk *disk, int above_fd, const char *above,
                         const char *folder, int *fd_out, bool *is_new_out,
                         struct vt_error *err)
{
    const char *leaf = vt_name_leaf(folder);
    struct vt_step step = step_of(disk, "folder: make", folder);
    int fd = vt_path_open(above_fd, leaf, O_RDONLY | O_DIRECTORY);

    *is_new_out = fd < 0 && errno == ENOENT;
    if (*is_new_out) {
        if (vt_change_mkdir(step, above_fd, above, leaf) != 0 && errno != EEXIST) {
            (void)vt_disk_fail_change(disk, folder, "make the folder", err);
            if (err->code == VT_ABSENT) /* no folder may be made there: /proc */
                err->code = VT_IO;
            return false;
        }
        fd = vt_path_open(above_fd, leaf, O_RDONLY | O_DIRECTORY);
    }
    if (fd < 0)
        return vt_disk_fail(disk, folder, "open the folder", err);
    *fd_out = fd;
    return true;
}

/* One step down: *fd is the folder above before, `folder` itself after. */
static bool step_down(struct vt_disk *disk, int *fd, const char *folder, bool is_durable,
                      struct vt_error *err)
{
    VT_AUTO_FREE char *above = folder_above(folder);
    VT_AUTO_FD next = -1;
    bool is_new, is_known;

    if (!open_or_make(disk, *fd, above, folder, &next, &is_new, err))
        return false;
    is_known = vt_folders_has(&disk->durable, folder) ||
               (disk->is_settled && !vt_folders_has(&disk->dirty, above));
    if (is_new || !is_known) {
        if (!is_durable)
            vt_folders_add(&disk->dirty, above);
        else if (!sync_above(disk, *fd, above, folder, err))
            return false;
        else
            vt_folders_add(&disk->durable, folder);
    }
    vt_fd_close(fd);
    *fd = vt_take_fd(&next);
    return true;
}

/* Is there nothing to make and nothing to sync on the way to `folder`? */
static bool is_ready(const struct vt_disk *disk, const char *folder, bool is_durable)
{
    if (vt_folders_has(&disk->durable, folder))
        return true;
    return disk->is_settled && (!is_durable || disk->dirty.count == 0);
}

static bool open_folder(struct vt_disk *disk, const char *folder, bool is_durable,
                        int *fd_out, struct vt_error *err)
{
    char part[VT_DISK_NAME_BYTES_MAX];
    VT_AUTO_FD fd = -1;

    if (folder[0] == '\0' || is_ready(disk, folder, is_durable)) {
        fd = vt_path_open(disk->fd, folder, O_RDONLY | O_DIRECTORY);
        if (fd < 0 && errno != ENOENT)
            return vt_disk_fail(disk, folder, "open the folder", err);
    }
    if (fd < 0) {
        fd = vt_path_open(disk->fd, "", O_RDONLY | O_DIRECTORY);
        if (fd < 0)
            return vt_disk_fail(disk, "", "open the folder", err);
        for (size_t i = 0; i <= strlen(folder); i++) {
            if (folder[i] != '/' && folder[i] != '\0')
                continue;
            (void)snprintf(part, sizeof part, "%.*s", (int)i, folder); /* i < its size */
            if (!step_down(disk, &fd, part, is_durable, err))
                return false;
        }
    }
    *fd_out = vt_take_fd(&fd);
    return true;
}

bool vt_spot_make(struct vt_disk *disk, const char *name, bool is_durable,
                  struct vt_spot *spot_out, struct vt_error *err)
{
    VT_AUTO_FREE char *folder = NULL;
    int fd;

    if (!vt_disk_is_usable(disk, err) || !vt_name_verify(disk, name, err))
        return false;
    folder = vt_name_folder(name);
    if (!open_folder(disk, folder, is_durable, &fd, err))
        return false;
    *spot_out = (struct vt_spot){ fd, folder, vt_name_leaf(name) };
    folder = NULL;
    return true;
}

bool vt_folder_make(struct vt_disk *disk, const char *folder, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;

    return vt_name_verify(disk, folder, err) && open_folder(disk, folder, true, &fd, err);
}

/* Anything but our lock file, drafts too?  Then the lock stays as well: its mark tells the
 * next holder that not all here may be durable. */
static bool holds_more(const struct vt_disk *disk)
{
    int fd = openat(disk->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    bool is_found = false;

    if (dir == NULL) {
        vt_fd_close(&fd);
        return true;
    }
    while (!is_found && (entry = readdir(dir)) != NULL)
        is_found = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
                   strcmp(entry->d_name, VT_DISK_LOCK_NAME) != 0;
    (void)closedir(dir);
    return is_found;
}

void vt_disk_abandon(const char *path)
{
    VT_AUTO_FREE char *real = realpath(path, NULL);
    struct vt_error ignored = { 0 };
    struct vt_disk *disk;
    struct vt_spot lock;
    char *leaf;

    if (real == NULL || !vt_disk_open(real, false, &disk, &ignored))
        return;
    if (holds_more(disk)) {
        vt_disk_close(disk);
        return;
    }
    leaf = strrchr(real, '/');
    lock = (struct vt_spot){ disk->fd, "", VT_DISK_LOCK_NAME };
    (void)vt_change_unlink(step_of(disk, "abandon: lock", leaf), &lock);
    *leaf++ = '\0';
    VT_AUTO_FD above = open(real[0] != '\0' ? real : "/", O_DIRECTORY | O_CLOEXEC);
    if (above >= 0)
        (void)vt_change_rmdir(step_of(disk, "abandon: folder", leaf), above, leaf);
    vt_disk_close(disk);
}
