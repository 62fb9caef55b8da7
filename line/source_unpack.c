/* Unpacking a source for a build: its pack is read whole and checked first, so nothing that
 * could climb out of the folder is ever made. */
#include "line/pack.h"
#include "line/sandbox.h"
#include "line/source.h"
#include "line/spool.h"

struct unpacking {
    int top; /* the folder */
    uid_t uid;
    gid_t gid;
    bool gives_away;
    struct timespec times[2];
};

static bool fail_at(const char *path, struct vt_error *err)
{
    return vt_fail(err, VT_IO, "unpack %s: %s", path, strerror(errno));
}

static bool settle(const struct unpacking *u, const char *path, struct vt_error *err)
{
    if ((u->gives_away &&
         fchownat(u->top, path, u->uid, u->gid, AT_SYMLINK_NOFOLLOW) != 0) ||
        utimensat(u->top, path, u->times, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_at(path, err);
    return true;
}

static bool make_parents(const struct unpacking *u, const char *path, struct vt_error *err)
{
    char folder[VT_PACK_PATH_BYTES_MAX + 1];

    for (const char *slash = strchr(path, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdirat(u->top, folder, 0755) == 0) {
            if (fchmodat(u->top, folder, 0755, 0) != 0)
                return fail_at(folder, err);
        } else if (errno != EEXIST) {
            return fail_at(folder, err);
        }
    }
    return true;
}

static bool unpack_one(const struct unpacking *u, const struct vt_pack_entry *entry,
                       struct vt_error *err)
{
    VT_AUTO_FREE char *target = NULL;
    VT_AUTO_FD fd = -1;

    if (!make_parents(u, entry->path, err))
        return false;
    if (entry->mode == VT_MODE_LINK) {
        target = vt_strdup_slice(entry->content);
        if (symlinkat(target, u->top, entry->path) != 0)
            return fail_at(entry->path, err);
        return settle(u, entry->path, err);
    }
    fd = openat(u->top, entry->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                0600);
    if (fd < 0 || fchmod(fd, entry->mode & 0777) != 0)
        return fail_at(entry->path, err);
    return vt_fd_write_all(fd, entry->path, entry->content, err) &&
           settle(u, entry->path, err);
}

/* Folders get their time last: making files in them changed it.  Children come before
 * parents, since entries are sorted; a folder settled twice is no harm. */
static bool settle_folders(const struct unpacking *u, const struct vt_pack_entry *entries,
                           size_t count, struct vt_error *err)
{
    char folder[VT_PACK_PATH_BYTES_MAX + 1];
    const char *before = "";

    for (size_t i = 0; i < count; i++) {
        const char *path = entries[i].path;

        for (const char *slash = strchr(path, '/'); slash != NULL;
             slash = strchr(slash + 1, '/')) {
            size_t len = (size_t)(slash - path);

            /* Done with the entry before, if it lies in the same folder. */
            if (strncmp(before, path, len + 1) == 0)
                continue;
            (void)snprintf(folder, sizeof folder, "%.*s", (int)len, path);
            if (!settle(u, folder, err))
                return false;
        }
        before = path;
    }
    return settle(u, ".", err);
}

static bool unpack_all(const char *folder, const struct vt_pack_entry *entries,
                       size_t count, int64_t epoch_unix_s, bool is_reversed,
                       struct vt_error *err)
{
    VT_AUTO_FD top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct unpacking u = {
        .top = top,
        .uid = vt_sandbox_owner_uid(),
        .gid = vt_sandbox_owner_gid(),
        .gives_away = vt_sandbox_is_root(),
        .times = { { .tv_sec = epoch_unix_s }, { .tv_sec = epoch_unix_s } },
    };

    if (top < 0)
        return vt_fail(err, VT_IO, "%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < count; i++)
        if (!unpack_one(&u, &entries[is_reversed ? count - 1 - i : i], err))
            return false;
    return settle_folders(&u, entries, count, err);
}

bool vt_source_unpack(struct vt_line_store *store, const struct vt_source *source,
                      const char *folder, int64_t epoch_unix_s, bool is_reversed,
                      struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_MAPPING mapping = { 0 };
    const char *path = vt_blobs_path(vt_line_store_blobs(store), &source->pack, arena);
    VT_AUTO_FD fd = -1;
    struct vt_pack_entry *entries;
    uint64_t size;
    vt_hash digest;
    size_t count;

    if (!vt_file_open(path, &fd, &size, err) || !vt_mapping_init(&mapping, fd, path, err) ||
        !vt_pack_parse(mapping.bytes, arena, &entries, &count, &digest, err))
        return vt_within(err, "source pack");
    if (!vt_hash_equal(&digest, &source->digest))
        return vt_fail(err, VT_REJECTED,
                       "%s: the pack holds another source than was asked for", path);
    return unpack_all(folder, entries, count, epoch_unix_s, is_reversed, err);
}
