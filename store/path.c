/* Names and the road to them: what a caller may call a file, and how its folder is opened
 * without ever leaving the disk, whatever others have put there. */
#include "store/inside.h"
#include <linux/openat2.h>
#include <sys/syscall.h>

/* ---- sets of folders ---------------------------------------------------------------- */

bool vt_folders_has(const struct vt_folders *set, const char *name)
{
    for (size_t i = set->count; i > 0; i--) /* newest first: it is mostly the last one */
        if (strcmp(set->names[i - 1], name) == 0)
            return true;
    return false;
}

bool vt_folders_is_full(const struct vt_folders *set)
{
    return set->count == VT_DISK_FOLDERS_MAX;
}

void vt_folders_clear(struct vt_folders *set)
{
    for (size_t i = 0; i < set->count; i++)
        free(set->names[i]);
    set->count = 0;
}

void vt_folders_add(struct vt_folders *set, const char *name)
{
    if (vt_folders_has(set, name))
        return;
    if (vt_folders_is_full(set))
        vt_folders_clear(set);
    set->names[set->count++] = vt_strdup_slice(vt_slice_from_cstr(name));
}

/* ---- names -------------------------------------------------------------------------- */

static bool is_own_part(vt_slice part)
{
    return vt_slice_starts_with(part, VT_LIT(VT_DISK_OWN_PREFIX));
}

static bool part_verify(const struct vt_disk *disk, const char *name, vt_slice part,
                        struct vt_error *err)
{
    if (part.len == 0 || vt_slice_is(part, ".") || vt_slice_is(part, ".."))
        return vt_fail(err, VT_REJECTED, "%s: '%s' is not a plain name below the folder",
                       disk->path, name);
    if (is_own_part(part))
        return vt_fail(err, VT_REJECTED,
                       "%s: '%s': names that begin with " VT_DISK_OWN_PREFIX
                       " are kept for drafts and the lock",
                       disk->path, name);
    if (part.len > VT_DISK_LEAF_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: a part of a name has %zu bytes, at most %d",
                       disk->path, part.len, VT_DISK_LEAF_BYTES_MAX);
    return true;
}

bool vt_name_verify(const struct vt_disk *disk, const char *name, struct vt_error *err)
{
    vt_reader r = { vt_slice_from_cstr(name) };
    vt_slice part;

    if (r.rest.len >= VT_DISK_NAME_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: a name has %zu bytes, at most %d", disk->path,
                       r.rest.len, VT_DISK_NAME_BYTES_MAX - 1);
    while (vt_read_until(&r, '/', &part))
        if (!part_verify(disk, name, part, err))
            return false;
    return part_verify(disk, name, r.rest, err);
}

const char *vt_name_leaf(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash != NULL ? slash + 1 : name;
}

char *vt_name_folder(const char *name)
{
    const char *leaf = vt_name_leaf(name);

    return vt_strdup_slice(vt_slice_of(name, leaf == name ? 0 : (size_t)(leaf - name) - 1));
}

/* ---- opening below a folder ------------------------------------------------------------
 */

int vt_path_open_stepwise(int root, const char *name, int flags)
{
    vt_reader r = { vt_slice_from_cstr(name) };
    VT_AUTO_FD at = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char leaf[VT_DISK_LEAF_BYTES_MAX + 1];
    vt_slice part;
    int next;

    while (at >= 0 && vt_read_until(&r, '/', &part)) {
        (void)snprintf(leaf, sizeof leaf, "%.*s", VT_SLICE_ARGS(part));
        next = openat(at, leaf, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        vt_fd_close(&at);
        at = next;
    }
    if (at < 0)
        return -1;
    (void)snprintf(leaf, sizeof leaf, "%.*s", VT_SLICE_ARGS(r.rest));
    return openat(at, leaf[0] != '\0' ? leaf : ".", flags | O_NOFOLLOW | O_CLOEXEC);
}

int vt_path_open(int root, const char *name, int flags)
{
    struct open_how how = { .flags = (uint64_t)(uint32_t)(flags | O_NOFOLLOW | O_CLOEXEC),
                            .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
                                       RESOLVE_NO_MAGICLINKS };
    long fd = syscall(SYS_openat2, root, name[0] != '\0' ? name : ".", &how, sizeof how);

    /* ENOSYS: an old kernel.  EPERM: a container's filter that does not know the call; a
     * true EPERM comes again from the other road. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return vt_path_open_stepwise(root, name, flags);
    return (int)fd; /* a descriptor fits */
}

void vt_spot_close(struct vt_spot *spot)
{
    union {
        const char *lent;
        char *owned;
    } folder = { spot->folder };

    vt_fd_close(&spot->fd);
    free(folder.owned);
    spot->folder = NULL;
}

bool vt_spot_open(const struct vt_disk *disk, const char *name, struct vt_spot *spot_out,
                  struct vt_error *err)
{
    VT_AUTO_FREE char *folder = NULL;
    int fd;

    if (!vt_name_verify(disk, name, err))
        return false;
    folder = vt_name_folder(name);
    fd = vt_path_open(disk->fd, folder, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return vt_disk_fail(disk, name, "open its folder", err);
    *spot_out = (struct vt_spot){ fd, folder, vt_name_leaf(name) };
    folder = NULL;
    return true;
}
