/* Lazy writes: many files visible now and durable together, at vt_disk_flush.
 *
 * The trick is to start the writeback of all of them before waiting for the first: then one
 * commit of the file system's own journal carries them all, and the later fsyncs find
 * nothing to do. */
#include "store/inside.h"

#include "store/draft.h"

static struct vt_step step_of(const struct vt_disk *disk, const char *site,
                              const char *subject)
{
    return (struct vt_step){ disk->gate, site, subject };
}

/* Sync and close all files that wait; their names are durable only with their folders. */
static bool flush_files(struct vt_disk *disk, struct vt_error *err)
{
    bool is_ok = true;

    for (size_t i = 0; i < disk->lazy_count && disk->lazy_count > 1; i++)
        (void)sync_file_range(disk->lazy[i].fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    for (size_t i = 0; i < disk->lazy_count; i++) {
        struct vt_lazy_file *file = &disk->lazy[i];
        struct vt_step step = step_of(disk, "flush: sync file", file->name);

        if (is_ok && vt_change_sync(step, file->fd) != 0)
            is_ok = vt_disk_spoil(disk, file->name, "sync it", err);
        vt_fd_close(&file->fd);
        free(file->name);
    }
    disk->lazy_count = 0;
    return is_ok;
}

static bool flush_folders(struct vt_disk *disk, struct vt_error *err)
{
    bool is_ok = true;

    for (size_t i = 0; i < disk->dirty.count && is_ok; i++) {
        const char *folder = disk->dirty.names[i];
        struct vt_step step = step_of(disk, "flush: sync folder", folder);
        VT_AUTO_FD fd = vt_path_open(disk->fd, folder, O_RDONLY | O_DIRECTORY);

        if (fd < 0 || vt_change_sync_folder(step, fd, folder) != 0)
            is_ok = vt_disk_spoil(disk, folder, "sync the folder", err);
    }
    vt_folders_clear(&disk->dirty);
    return is_ok;
}

bool vt_disk_flush(struct vt_disk *disk, struct vt_error *err)
{
    return vt_disk_is_usable(disk, err) && flush_files(disk, err) &&
           flush_folders(disk, err);
}

/* Room for one more file and for all folders on its way. */
static bool make_room(struct vt_disk *disk, struct vt_error *err)
{
    if (disk->lazy_count == VT_DISK_LAZY_MAX && !flush_files(disk, err))
        return false;
    if (disk->dirty.count > VT_DISK_FOLDERS_MAX / 2 && !flush_folders(disk, err))
        return false;
    return true;
}

bool vt_disk_write_lazily(struct vt_disk *disk, const char *name, vt_slice bytes,
                          mode_t mode, struct vt_error *err)
{
    struct vt_disk_draft *draft;
    VT_AUTO_FREE char *folder = NULL;
    int fd;

    if (!vt_disk_is_usable(disk, err) || !make_room(disk, err) ||
        !vt_draft_begin(disk, name, mode, false, &draft, err))
        return false;
    if (!vt_draft_write(draft, bytes, err)) {
        vt_disk_draft_discard(draft);
        return false;
    }
    if (!vt_draft_finish_lazily(draft, name, &fd, err))
        return false;
    folder = vt_name_folder(name);
    vt_folders_add(&disk->dirty, folder);
    disk->lazy[disk->lazy_count++] =
        (struct vt_lazy_file){ fd, vt_strdup_slice(vt_slice_from_cstr(name)) };
    return true;
}

bool vt_disk_remove_lazily(struct vt_disk *disk, const char *name, struct vt_error *err)
{
    VT_AUTO_SPOT spot = { .fd = -1 };

    if (!vt_disk_is_usable(disk, err) || !make_room(disk, err) ||
        !vt_spot_open(disk, name, &spot, err))
        return false;
    if (vt_change_unlink(step_of(disk, "remove: lazily", name), &spot) == 0) {
        vt_folders_add(&disk->dirty, spot.folder);
        return true;
    }
    if (errno != ENOENT)
        return vt_disk_fail_change(disk, name, "remove it", err);
    return vt_fail(err, VT_ABSENT, "%s/%s: there is no such file", disk->path, name);
}

bool vt_disk_keep(struct vt_disk *disk, const char *name, struct vt_error *err)
{
    VT_AUTO_SPOT spot = { .fd = -1 };
    VT_AUTO_FD fd = -1;

    if (!vt_disk_has(disk, name)) /* else its folders would be made */
        return vt_fail(err, VT_ABSENT, "%s/%s: there is no such file", disk->path, name);
    if (!vt_spot_make(disk, name, true, &spot, err))
        return false;
    fd = vt_path_open(spot.fd, spot.leaf, O_RDONLY | O_NONBLOCK);
    if (fd < 0)
        return vt_disk_fail(disk, name, "open it", err);
    if (vt_change_sync(step_of(disk, "keep: sync", name), fd) != 0)
        return vt_disk_spoil(disk, name, "sync it", err);
    if (vt_change_sync_folder(step_of(disk, "keep: sync folder", name), spot.fd,
                              spot.folder) != 0)
        return vt_disk_spoil(disk, name, "sync its folder", err);
    return true;
}
