/* Walks over scratch trees.  They never follow a link, and go down by descriptors, so that
 * a tree that changes under our feet cannot lead us out of it. */
#include "line/build_area.h"
#include "line/sandbox.h"
#include <dirent.h>
#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

enum { DEPTH_MAX = 512 };

/* ---- walking
 * ----------------------------------------------------------------------------- */

struct walk {
    bool (*visit)(struct walk *walk, int parent, const char *name,
                  const struct stat *about);
    bool forces; /* open folders that their modes close, since they go anyway */
    int64_t unix_s;
    uid_t uid;
    gid_t gid;
    struct vt_error *err;
};

static bool walk_fails(struct walk *walk, const char *name)
{
    return vt_fail(walk->err, VT_IO, "%s: %s", name, strerror(errno));
}

static bool walk_folder(struct walk *walk, int fd, unsigned depth);

/* Children first, then the entry itself. */
static bool walk_entry(struct walk *walk, int parent, const char *name, unsigned depth)
{
    struct stat about;
    int fd;

    if (fstatat(parent, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return walk_fails(walk, name);
    if (S_ISDIR(about.st_mode)) {
        if (depth == DEPTH_MAX)
            return vt_fail(walk->err, VT_LIMIT, "%s: over %d folders deep", name,
                           DEPTH_MAX);
        if (walk->forces && (about.st_mode & 0700) != 0700 &&
            fchmodat(parent, name, 0700, 0) != 0)
            return walk_fails(walk, name);
        fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return walk_fails(walk, name);
        if (!walk_folder(walk, fd, depth + 1))
            return false;
    }
    return walk->visit(walk, parent, name, &about);
}

/* All names first: entries are removed while we go.  Takes fd. */
static bool walk_folder(struct walk *walk, int fd, unsigned depth)
{
    DIR *folder = fdopendir(fd);
    char **names = NULL;
    size_t count = 0, room = 0;
    struct dirent *entry;
    bool ok = true;

    if (folder == NULL) {
        vt_fd_close(&fd);
        return walk_fails(walk, "folder");
    }
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (count == room)
            names = vt_grow_array(names, room = room * 2 + 32, sizeof *names);
        names[count++] = vt_strdup_slice(vt_slice_from_cstr(entry->d_name));
    }
    for (size_t i = 0; i < count; i++) {
        ok = ok && walk_entry(walk, fd, names[i], depth);
        free(names[i]);
    }
    free(names);
    (void)closedir(folder);
    return ok;
}

static bool walk_tree(struct walk *walk, const char *path)
{
    return walk_entry(walk, AT_FDCWD, path, 0);
}

static bool remove_one(struct walk *walk, int parent, const char *name,
                       const struct stat *about)
{
    return unlinkat(parent, name, S_ISDIR(about->st_mode) ? AT_REMOVEDIR : 0) == 0 ||
           walk_fails(walk, name);
}

bool vt_tree_remove(const char *path, struct vt_error *err)
{
    struct walk walk = { .visit = remove_one, .forces = true, .err = err };

    return walk_tree(&walk, path);
}

static bool give_one(struct walk *walk, int parent, const char *name,
                     const struct stat *about)
{
    /* Changing the owner takes set-id bits away; nothing of ours has them. */
    if (about->st_uid == walk->uid && about->st_gid == walk->gid)
        return true;
    return fchownat(parent, name, walk->uid, walk->gid, AT_SYMLINK_NOFOLLOW) == 0 ||
           walk_fails(walk, name);
}

bool vt_tree_give_away(const char *path, struct vt_error *err)
{
    struct walk walk = { .visit = give_one, .err = err };

    if (!vt_sandbox_is_root())
        return true;
    walk.uid = vt_sandbox_owner_uid();
    walk.gid = vt_sandbox_owner_gid();
    return walk_tree(&walk, path);
}

static bool clamp_one(struct walk *walk, int parent, const char *name,
                      const struct stat *about)
{
    struct timespec times[2] = { { .tv_sec = walk->unix_s }, { .tv_sec = walk->unix_s } };

    if (about->st_mtim.tv_sec < walk->unix_s ||
        (about->st_mtim.tv_sec == walk->unix_s && about->st_mtim.tv_nsec == 0))
        return true;
    return utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) == 0 ||
           walk_fails(walk, name);
}

bool vt_tree_clamp_times(const char *path, int64_t unix_s, struct vt_error *err)
{
    struct walk walk = { .visit = clamp_one, .unix_s = unix_s, .err = err };

    return walk_tree(&walk, path);
}

/* ---- the area
 * ---------------------------------------------------------------------------- */

static bool is_good_shm(void)
{
    struct statvfs about;
    struct statfs kind;

    return statfs("/dev/shm", &kind) == 0 && kind.f_type == TMPFS_MAGIC &&
           statvfs("/dev/shm", &about) == 0 && (about.f_flag & ST_NOEXEC) == 0 &&
           (uint64_t)about.f_bavail * about.f_frsize >= VT_AREA_SHM_BYTES_MIN &&
           access("/dev/shm", W_OK) == 0;
}

bool vt_area_init(struct vt_area *area, struct vt_line_store *store, const char *where,
                  struct vt_error *err)
{
    if (where == NULL)
        where = is_good_shm() ? "/dev/shm" : vt_line_store_path(store);
    (void)snprintf(area->path, sizeof area->path, "%s/.vt-build-XXXXXX", where);
    if (mkdtemp(area->path) == NULL) {
        area->path[0] = '\0';
        return vt_fail(err, VT_IO, "%s: cannot make a folder there: %s", where,
                       strerror(errno));
    }
    return vt_tree_give_away(area->path, err);
}

void vt_area_clear(struct vt_area *area)
{
    struct vt_error ignored;

    if (area->path[0] != '\0')
        (void)!vt_tree_remove(area->path, &ignored);
    area->path[0] = '\0';
}

bool vt_area_make_folder(const char *area, const char *name, struct vt_error *err)
{
    char path[4400];

    (void)snprintf(path, sizeof path, "%s/%s", area, name);
    if (mkdir(path, 0755) != 0 || chmod(path, 0755) != 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    return vt_tree_give_away(path, err);
}
