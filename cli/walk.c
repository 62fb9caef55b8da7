/* Walking folders by descriptors, so that nobody who moves things meanwhile leads us
 * elsewhere. */
#include "cli/walk.h"
#include <dirent.h>
#include <linux/magic.h>
#include <sys/vfs.h>

enum { DEPTH_MAX = 128, PATH_BYTES_MAX = 65536 };

static int keep(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* What lies in a folder is passed over; what the person named must be there. */
static bool leave_out(const struct vt_walk *walk, const struct vt_buf *path, unsigned depth,
                      enum vt_code code, const char *reason, struct vt_error *err)
{
    struct vt_error why = { 0 };

    if (depth == 0)
        return vt_fail(err, VT_IO, "%s: %s", (const char *)path->data, reason);
    (void)vt_fail(&why, code, "%s", reason);
    walk->passed(walk->context, (const char *)path->data, &why);
    return true;
}

/* What lies there is no file: it has no end, or reading it waits or does something. */
static bool is_the_kernels(int folder)
{
    static const unsigned long magics[] = {
        PROC_SUPER_MAGIC, SYSFS_MAGIC,        DEBUGFS_MAGIC,
        TRACEFS_MAGIC,    CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
        SECURITYFS_MAGIC, DEVPTS_SUPER_MAGIC, BPF_FS_MAGIC,
    };
    struct statfs about;

    if (fstatfs(folder, &about) != 0)
        return false;
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if ((unsigned long)about.f_type == magics[i]) /* a number in 32 bits */
            return true;
    return false;
}

static bool walk_at(const struct vt_walk *walk, int parent, const char *name,
                    struct vt_buf *path, unsigned depth, struct vt_error *err);

static bool walk_folder(const struct vt_walk *walk, int folder, struct vt_buf *path,
                        unsigned depth, struct vt_error *err)
{
    struct dirent **entries = NULL;
    int count = scandirat(folder, ".", &entries, keep, by_bytes);
    size_t len = path->len;
    bool ok = true;

    if (count < 0)
        return leave_out(walk, path, depth, VT_IO, strerror(errno), err);
    for (int i = 0; i < count; i++) {
        vt_buf_printf(path, "%s%s", len > 0 && path->data[len - 1] == '/' ? "" : "/",
                      entries[i]->d_name);
        ok = ok && vt_buf_check(path, "path", err) && vt_buf_cstr(path) != NULL &&
             walk_at(walk, folder, entries[i]->d_name, path, depth + 1, err);
        vt_buf_truncate(path, len);
        (void)vt_buf_cstr(path);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

/* path: the whole of it, as a C string too; name: its last part, seen from parent. */
static bool walk_at(const struct vt_walk *walk, int parent, const char *name,
                    struct vt_buf *path, unsigned depth, struct vt_error *err)
{
    /* The outermost may be a link: the person named it. */
    int follow = depth == 0 ? 0 : O_NOFOLLOW;
    VT_AUTO_FD fd = -1;
    struct stat about;

    if (depth > DEPTH_MAX) /* passed over and told: nobody hides what comes behind it */
        return leave_out(walk, path, depth, VT_IO, "too many folders in each other", err);
    if (fstatat(parent, name, &about, depth == 0 ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
        return leave_out(walk, path, depth, VT_IO, strerror(errno), err);
    if (S_ISLNK(about.st_mode))
        return leave_out(walk, path, depth, VT_REJECTED, "a link, not followed", err);
    /* Opening a device or a pipe may already do something. */
    if (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode))
        fd = openat(parent, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | follow);
    else
        return leave_out(walk, path, depth, VT_REJECTED, "neither file nor folder", err);
    if (fd < 0 || fstat(fd, &about) != 0)
        return leave_out(walk, path, depth, VT_IO, strerror(errno), err);
    if (S_ISDIR(about.st_mode) && is_the_kernels(fd))
        return leave_out(walk, path, depth, VT_REJECTED,
                         "a file system of the kernel's own", err);
    if (S_ISDIR(about.st_mode))
        return walk_folder(walk, fd, path, depth, err);
    if (!S_ISREG(about.st_mode))
        return leave_out(walk, path, depth, VT_REJECTED, "neither file nor folder", err);
    return walk->file(walk->context, (const char *)path->data, fd, (uint64_t)about.st_size,
                      err);
}

bool vt_walk_path(const struct vt_walk *walk, const char *path, struct vt_error *err)
{
    VT_AUTO_BUF whole = vt_buf_init(PATH_BYTES_MAX);

    vt_buf_put_text(&whole, path);
    return vt_buf_check(&whole, "path", err) && vt_buf_cstr(&whole) != NULL &&
           walk_at(walk, AT_FDCWD, path, &whole, 0, err);
}
