/* Journals: one file, open for long, whose blocks are there before they are needed, so that
 * an append costs one fdatasync and no change to the file system's own books. */
#include "store/inside.h"

struct vt_disk_file {
    struct vt_disk *disk; /* borrowed, outlives us */
    char *name;           /* owned */
    int fd;
    uint64_t size;
    bool is_new;   /* made by this opening */
    bool is_dirty; /* written and not synced */
};

static struct vt_step step_of(const struct vt_disk_file *file, const char *site)
{
    return (struct vt_step){ file->disk->gate, site, file->name };
}

/* A size and offset that fit off_t, so that casts below are exact. */
static bool range_verify(const struct vt_disk_file *file, uint64_t at, uint64_t len,
                         struct vt_error *err)
{
    uint64_t end;

    if (__builtin_add_overflow(at, len, &end) || end > INT64_MAX)
        return vt_fail(err, VT_LIMIT, "%s/%s: no file can have a byte at %ju",
                       file->disk->path, file->name, (uintmax_t)at);
    return true;
}

static bool open_or_create(struct vt_disk_file *file, const struct vt_spot *spot,
                           struct vt_error *err)
{
    struct stat about;

    file->fd = vt_path_open(spot->fd, spot->leaf, O_RDWR | O_NONBLOCK);
    if (file->fd < 0 && errno == ENOENT) {
        file->fd = vt_change_create(step_of(file, "journal: make"), spot, 0644);
        file->is_new = true;
    }
    if (file->fd < 0 || fstat(file->fd, &about) != 0)
        return vt_disk_fail_change(file->disk, file->name, "open it", err);
    if (!S_ISREG(about.st_mode))
        return vt_fail(err, VT_IO, "%s/%s: is not a regular file", file->disk->path,
                       file->name);
    file->size = (uint64_t)about.st_size; /* never negative for a regular file */
    return true;
}

/* The name of a new file is not durable yet.  What we are about to read of an old one may
 * be in the page cache only, left by a killed process, unless the lock has settled that. */
static bool settle(struct vt_disk_file *file, const struct vt_spot *spot,
                   struct vt_error *err)
{
    bool is_settled = file->disk->is_settled && !file->is_new;

    if (!is_settled && !file->is_new &&
        vt_change_sync(step_of(file, "journal: settle"), file->fd) != 0)
        return vt_disk_spoil(file->disk, file->name, "sync it", err);
    if (!is_settled && vt_change_sync_folder(step_of(file, "journal: settle folder"),
                                             spot->fd, spot->folder) != 0)
        return vt_disk_spoil(file->disk, file->name, "sync its folder", err);
    /* After a sync that failed, the kernel goes on showing bytes that are not on the disk,
     * and counts them as written.  Let it forget them, so that we read what is there. */
    (void)posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED);
    return true;
}

bool vt_disk_file_open(struct vt_disk *disk, const char *name,
                       struct vt_disk_file **file_out, struct vt_error *err)
{
    VT_AUTO_SPOT spot = { .fd = -1 };
    struct vt_disk_file *file;

    if (!vt_spot_make(disk, name, true, &spot, err))
        return false;
    file = vt_alloc(sizeof *file);
    file->disk = disk;
    file->name = vt_strdup_slice(vt_slice_from_cstr(name));
    file->fd = -1;
    if (!open_or_create(file, &spot, err) || !settle(file, &spot, err)) {
        vt_disk_file_close(file);
        return false;
    }
    *file_out = file;
    return true;
}

void vt_disk_file_close(struct vt_disk_file *file)
{
    if (file == NULL)
        return;
    if (file->is_dirty) /* it may be opened again */
        file->disk->is_settled = false;
    vt_fd_close(&file->fd);
    free(file->name);
    free(file);
}

uint64_t vt_disk_file_size(const struct vt_disk_file *file)
{
    return file->size;
}

bool vt_disk_file_preallocate(struct vt_disk_file *file, uint64_t size,
                              struct vt_error *err)
{
    struct vt_disk *disk = file->disk;

    if (!vt_disk_is_usable(disk, err) || !range_verify(file, 0, size, err))
        return false;
    if (size <= file->size)
        return true;
    /* Reserving first asks for the space in one piece, and finds a full disk before a byte
     * was written.  Reserved blocks alone are not enough: the first write into each would
     * change the file system's books, and fdatasync would wait for that as well. */
    if (vt_change_reserve(step_of(file, "journal: reserve"), file->fd, size) != 0 &&
        errno != EOPNOTSUPP)
        return vt_disk_fail_change(disk, file->name, "reserve space for it", err);
    if (vt_change_zero(step_of(file, "journal: zero"), file->fd, file->size,
                       size - file->size) != 0)
        return vt_disk_spoil(disk, file->name, "write it", err);
    if (vt_change_sync(step_of(file, "journal: sync zeros"), file->fd) != 0)
        return vt_disk_spoil(disk, file->name, "sync it", err);
    file->size = size;
    return true;
}

bool vt_disk_file_reserve(struct vt_disk_file *file, uint64_t size, struct vt_error *err)
{
    struct vt_disk *disk = file->disk;

    if (!vt_disk_is_usable(disk, err) || !range_verify(file, 0, size, err))
        return false;
    if (size <= file->size)
        return true;
    file->is_dirty = true;
    if (vt_change_reserve(step_of(file, "file: reserve"), file->fd, size) == 0) {
        file->size = size;
        return true;
    }
    return errno == EOPNOTSUPP ||
           vt_disk_fail_change(disk, file->name, "reserve space for it", err);
}

bool vt_disk_file_write_at(struct vt_disk_file *file, uint64_t at, vt_slice bytes,
                           struct vt_error *err)
{
    if (!vt_disk_is_usable(file->disk, err) || !range_verify(file, at, bytes.len, err))
        return false;
    if (bytes.len == 0)
        return true;
    file->is_dirty = true;
    if (vt_change_write(step_of(file, "journal: write"), file->fd, at, bytes) != 0)
        return vt_disk_spoil(file->disk, file->name, "write it", err);
    if (at + bytes.len > file->size)
        file->size = at + bytes.len;
    return true;
}

bool vt_disk_file_sync(struct vt_disk_file *file, struct vt_error *err)
{
    if (!vt_disk_is_usable(file->disk, err))
        return false;
    if (vt_change_sync_data(step_of(file, "journal: sync"), file->fd) != 0)
        return vt_disk_spoil(file->disk, file->name, "sync it", err);
    file->is_dirty = false;
    return true;
}

bool vt_disk_file_truncate(struct vt_disk_file *file, uint64_t size, struct vt_error *err)
{
    if (!vt_disk_is_usable(file->disk, err) || !range_verify(file, 0, size, err))
        return false;
    if (vt_change_truncate(step_of(file, "journal: truncate"), file->fd, size) != 0)
        return vt_disk_spoil(file->disk, file->name, "cut it", err);
    if (vt_change_sync(step_of(file, "journal: sync size"), file->fd) != 0)
        return vt_disk_spoil(file->disk, file->name, "sync it", err);
    file->size = size;
    return true;
}

bool vt_disk_file_is_there(const struct vt_disk_file *file, struct vt_error *err)
{
    struct stat about;

    if (fstat(file->fd, &about) != 0)
        return vt_disk_fail(file->disk, file->name, "look at it", err);
    return about.st_nlink != 0 ||
           vt_fail(err, VT_IO, "%s/%s: was taken away while it was written to",
                   vt_disk_path(file->disk), file->name);
}

bool vt_disk_file_read_at(struct vt_disk_file *file, uint64_t at, uint8_t *out, size_t len,
                          size_t *got_out, struct vt_error *err)
{
    size_t got = 0;

    if (!range_verify(file, at, len, err))
        return false;
    while (got < len) {
        ssize_t piece = pread(file->fd, out + got, len - got, (off_t)(at + got));

        if (piece < 0 && errno == EINTR)
            continue;
        if (piece < 0)
            return vt_disk_fail(file->disk, file->name, "read it", err);
        if (piece == 0)
            break;
        got += (size_t)piece;
    }
    *got_out = got;
    return true;
}
