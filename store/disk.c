/* An open folder: opening and making it, reading and removing what is in it, and what
 * happens when the machine fails.  Writing is in draft.c, lazy.c and journal.c. */
#include "store/inside.h"
#include <sys/vfs.h>

/* ---- failing ------------------------------------------------------------------------- */

static enum vt_code code_of(int number)
{
    switch (number) {
    case ENOENT:
        return VT_ABSENT;
    case ELOOP:
    case ENOTDIR:
    case EXDEV:
        return VT_REJECTED;
    case ENAMETOOLONG:
        return VT_LIMIT;
    default:
        return VT_IO;
    }
}

static const char *reason_of(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return "the disk is full; free some space, then run it again";
    case EROFS:
        return "the file system is read-only";
    case EACCES:
    case EPERM:
        return "not permitted for this user";
    case ELOOP:
    case ENOTDIR:
    case EXDEV:
        return "a part of its name is a symbolic link or not a folder";
    default:
        return strerror(number);
    }
}

bool vt_disk_fail(const struct vt_disk *disk, const char *name, const char *doing,
                  struct vt_error *err)
{
    int number = errno;

    return vt_fail(err, code_of(number), "%s%s%s: cannot %s: %s", disk->path,
                   name[0] != '\0' ? "/" : "", name, doing, reason_of(number));
}

/* Failures that say for certain that nothing was changed. */
static bool is_clean_failure(int number)
{
    return code_of(number) != VT_IO || number == ENOSPC || number == EDQUOT ||
           number == EROFS || number == EACCES || number == EPERM || number == EISDIR ||
           number == EMFILE || number == ENFILE;
}

bool vt_disk_fail_change(struct vt_disk *disk, const char *name, const char *doing,
                         struct vt_error *err)
{
    return is_clean_failure(errno) ? vt_disk_fail(disk, name, doing, err)
                                   : vt_disk_spoil(disk, name, doing, err);
}

bool vt_disk_spoil(struct vt_disk *disk, const char *name, const char *doing,
                   struct vt_error *err)
{
    disk->is_spoiled = true;
    (void)vt_disk_fail(disk, name, doing, err);
    err->code = VT_IO;
    return false;
}

bool vt_disk_is_usable(const struct vt_disk *disk, struct vt_error *err)
{
    if (disk->is_spoiled)
        return vt_fail(err, VT_IO,
                       "%s: an earlier write failed, so its state is unknown; start again",
                       disk->path);
    return true;
}

bool vt_disk_is_spoiled(const struct vt_disk *disk)
{
    return disk->is_spoiled;
}

bool vt_disk_free_bytes(const struct vt_disk *disk, uint64_t *out, struct vt_error *err)
{
    struct statfs about;

    if (fstatfs(disk->fd, &about) != 0)
        return vt_disk_fail(disk, "", "see how much room is left", err);
    /* Blocks of a size that is never negative; more than 2^64 bytes is enough too. */
    if (__builtin_mul_overflow((uint64_t)about.f_bavail, (uint64_t)about.f_bsize, out))
        *out = UINT64_MAX;
    return true;
}

/* ---- opening ------------------------------------------------------------------------- */

/* fd: taken.  Returned; end with vt_disk_close. */
static struct vt_disk *disk_of(int fd, const char *path)
{
    struct vt_disk *disk = vt_alloc(sizeof *disk);

    disk->path = vt_strdup_slice(vt_slice_from_cstr(path));
    disk->gate = vt_gate_open(fd);
    disk->fd = fd;
    disk->lock_fd = -1;
    return disk;
}

static bool disk_open_existing(const char *path, struct vt_disk **disk_out,
                               struct vt_error *err)
{
    VT_AUTO_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        int kept = errno;

        (void)vt_fail(err, VT_IO, "%s: cannot open the folder: %s", path, strerror(kept));
        errno = kept; /* for keep_folder */
        return false;
    }
    *disk_out = disk_of(vt_take_fd(&fd), path);
    return true;
}

static size_t without_slashes(const char *path, size_t len)
{
    while (len > 1 && path[len - 1] == '/')
        len--;
    return len;
}

/* The longest part of path that is there, as a length: 4 of "/srv/a/b" if only /srv is. */
static size_t existing_part(const char *path)
{
    size_t len = without_slashes(path, strlen(path));
    struct stat about;

    while (len > 0) {
        VT_AUTO_FREE char *part = vt_strdup_slice(vt_slice_of(path, len));

        if (stat(part, &about) == 0)
            break;
        while (len > 0 && path[len - 1] != '/')
            len--;
        len = without_slashes(path, len);
    }
    return len;
}

/* What follows the first `from` bytes of path, slashes at its ends and double ones taken
 * out.  Returned, end with free(). */
static char *rest_of(const char *path, size_t from)
{
    char *rest = vt_strdup_slice(vt_slice_from_cstr(path + from));
    size_t used = 0;

    for (size_t i = 0; rest[i] != '\0'; i++)
        if (rest[i] != '/' || (used > 0 && rest[used - 1] != '/'))
            rest[used++] = rest[i];
    rest[without_slashes(rest, used)] = '\0';
    return rest;
}

/* The last part that is there may have been made by a process that was killed before its
 * sync; the parts above it were synced before it was made. */
static bool keep_folder(const char *path, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *above = vt_arena_printf(arena, "%s/..", path);
    struct vt_disk *disk;
    bool is_ok;

    if (!disk_open_existing(above, &disk, err))
        return errno == EACCES; /* then its maker was another user */
    is_ok = vt_change_sync_folder(
                (struct vt_step){ disk->gate, "folder: keep", vt_name_leaf(path) },
                disk->fd, "") == 0 ||
            vt_disk_fail(disk, "", "sync the folder", err);
    vt_disk_close(disk);
    return is_ok;
}

/* Make what is missing of path, durably, below the part that is there. */
static bool make_path(const char *path, struct vt_error *err)
{
    size_t there = existing_part(path);
    VT_AUTO_FREE char *above =
        vt_strdup_slice(there == 0 ? VT_LIT(".") : vt_slice_of(path, there));
    VT_AUTO_FREE char *rest = rest_of(path, there);
    struct vt_disk *disk;
    bool is_ok;

    if (!keep_folder(above, err))
        return false;
    if (rest[0] == '\0')
        return true;
    if (!disk_open_existing(above, &disk, err))
        return false;
    is_ok = vt_folder_make(disk, rest, err);
    vt_disk_close(disk);
    return is_ok;
}

bool vt_disk_open(const char *path, bool is_new, struct vt_disk **disk_out,
                  struct vt_error *err)
{
    if (is_new && !make_path(path, err))
        return false;
    return disk_open_existing(path, disk_out, err);
}

bool vt_disk_open_below(struct vt_disk *above, const char *name, struct vt_disk **disk_out,
                        struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    int fd;

    if (!vt_name_verify(above, name, err) || !vt_folder_make(above, name, err))
        return false;
    fd = vt_path_open(above->fd, name, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return vt_disk_fail(above, name, "open the folder", err);
    *disk_out = disk_of(fd, vt_arena_printf(arena, "%s/%s", above->path, name));
    return true;
}

void vt_disk_close(struct vt_disk *disk)
{
    if (disk == NULL)
        return;
    for (size_t i = 0; i < disk->lazy_count; i++) {
        vt_fd_close(&disk->lazy[i].fd);
        free(disk->lazy[i].name);
    }
    vt_lock_release(disk);
    vt_folders_clear(&disk->durable);
    vt_folders_clear(&disk->dirty);
    vt_gate_close(disk->gate);
    vt_fd_close(&disk->fd);
    free(disk->path);
    free(disk);
}

const char *vt_disk_path(const struct vt_disk *disk)
{
    return disk->path;
}

/* ---- reading ------------------------------------------------------------------------- */

bool vt_disk_open_fd(struct vt_disk *disk, const char *name, int *fd_out,
                     uint64_t *size_bytes_out, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    struct stat about;

    if (!vt_name_verify(disk, name, err))
        return false;
    /* O_NONBLOCK: opening a FIFO must not hang before we see what it is. */
    fd = vt_path_open(disk->fd, name, O_RDONLY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &about) != 0)
        return vt_disk_fail(disk, name, "open it", err);
    if (!S_ISREG(about.st_mode))
        return vt_fail(err, VT_IO, "%s/%s: is not a regular file", disk->path, name);
    *size_bytes_out = (uint64_t)about.st_size; /* never negative for a regular file */
    *fd_out = vt_take_fd(&fd);
    return true;
}

bool vt_disk_read(struct vt_disk *disk, const char *name, struct vt_buf *out,
                  struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    uint64_t size;

    if (!vt_disk_open_fd(disk, name, &fd, &size, err))
        return false;
    if (!vt_fd_read_sized(fd, name, size, out, err))
        return vt_within(err, "%s", disk->path);
    return true;
}

bool vt_disk_has(struct vt_disk *disk, const char *name)
{
    struct vt_error ignored = { 0 };
    VT_AUTO_SPOT spot = { .fd = -1 };
    struct stat about;

    return vt_spot_open(disk, name, &spot, &ignored) &&
           fstatat(spot.fd, spot.leaf, &about, AT_SYMLINK_NOFOLLOW) == 0;
}

bool vt_disk_remove(struct vt_disk *disk, const char *name, struct vt_error *err)
{
    struct vt_step removing = { disk->gate, "remove: entry", name };
    struct vt_step syncing = { disk->gate, "remove: sync folder", name };
    VT_AUTO_SPOT spot = { .fd = -1 };
    bool is_absent;

    if (!vt_disk_is_usable(disk, err) || !vt_spot_open(disk, name, &spot, err))
        return false;
    is_absent = vt_change_unlink(removing, &spot) != 0;
    if (is_absent && errno != ENOENT)
        return vt_disk_fail_change(disk, name, "remove it", err);
    /* Also when it was gone: its remover may have been killed before this sync. */
    if (vt_change_sync_folder(syncing, spot.fd, spot.folder) != 0)
        return vt_disk_spoil(disk, name, "sync its folder", err);
    if (is_absent)
        return vt_fail(err, VT_ABSENT, "%s/%s: there is no such file", disk->path, name);
    return true;
}
