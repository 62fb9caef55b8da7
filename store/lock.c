/* One writer at a time, and what it inherits.
 *
 * The lock file holds the pid of the holder and is emptied when the holder closes it in
 * good order.  If it is not empty, the holder died: what it wrote and did not sync is in
 * the page cache, looks real, and would be gone after a power loss.  So the next holder
 * syncs the file system before it believes what it reads.  The mark itself needs no sync:
 * after a power loss there is no page cache left to be wary of. */
#include "store/inside.h"
#include <poll.h>
#include <sys/file.h>

enum { AGAIN_MS = 20 };

static bool lock_file_open(struct vt_disk *disk, int *fd_out, struct vt_error *err)
{
    struct vt_step step = { disk->gate, "lock: make", "lock" };
    struct vt_spot spot = { disk->fd, "", VT_DISK_LOCK_NAME };
    int fd = vt_path_open(disk->fd, VT_DISK_LOCK_NAME, O_RDWR);

    if (fd < 0 && errno == ENOENT) {
        fd = vt_change_create(step, &spot, 0644);
        if (fd < 0 && errno == EEXIST) /* somebody was faster */
            fd = vt_path_open(disk->fd, VT_DISK_LOCK_NAME, O_RDWR);
    }
    if (fd < 0)
        return vt_disk_fail(disk, VT_DISK_LOCK_NAME, "open the lock", err);
    *fd_out = fd;
    return true;
}

/* What the lock file says: the pid of its holder, or nothing. */
static vt_slice holder_of(int fd, char text[24])
{
    ssize_t got = pread(fd, text, 24, 0);
    vt_slice holder = vt_slice_of(text, got > 0 ? (size_t)got : 0);
    uint64_t pid;

    return vt_decimal_parse(holder, &pid) ? holder : VT_LIT("?");
}

static bool is_left_behind(int fd)
{
    struct stat about;

    return fstat(fd, &about) != 0 || about.st_size != 0;
}

/* 0, or -1 with errno: EWOULDBLOCK when the time is over. */
static int lock_file(int fd, int64_t wait_ms_max)
{
    int64_t end_ms = vt_monotonic_ms() + wait_ms_max;
    int result;

    while ((result = flock(fd, LOCK_EX | LOCK_NB)) != 0 && errno == EWOULDBLOCK &&
           vt_monotonic_ms() < end_ms)
        (void)poll(NULL, 0, AGAIN_MS);
    return result;
}

bool vt_disk_lock(struct vt_disk *disk, struct vt_error *err)
{
    return vt_disk_lock_within(disk, 0, err);
}

bool vt_disk_lock_within(struct vt_disk *disk, int64_t wait_ms_max, struct vt_error *err)
{
    struct vt_step settling = { disk->gate, "lock: settle", "disk" };
    struct vt_step marking = { disk->gate, "lock: mark", "lock" };
    VT_AUTO_FD fd = -1;
    char text[24];
    int len;

    if (disk->lock_fd >= 0)
        return true;
    if (!vt_disk_is_usable(disk, err) || !lock_file_open(disk, &fd, err))
        return false;
    if (lock_file(fd, wait_ms_max) != 0) {
        if (errno != EWOULDBLOCK)
            return vt_disk_fail(disk, "", "lock it", err);
        return vt_fail(err, VT_IO,
                       "%s: process %.*s is writing here; wait for it or end it",
                       disk->path, VT_SLICE_ARGS(holder_of(fd, text)));
    }
    if (is_left_behind(fd) && vt_change_sync_all(settling, disk->fd) != 0)
        return vt_disk_spoil(disk, "", "sync the file system", err);
    len = snprintf(text, sizeof text, "%jd", (intmax_t)getpid());
    if (vt_change_truncate(marking, fd, 0) != 0 ||
        vt_change_write(marking, fd, 0, vt_slice_of(text, (size_t)len)) != 0)
        return vt_disk_spoil(disk, "", "mark the lock", err);
    disk->lock_fd = vt_take_fd(&fd);
    disk->is_settled = true;
    return true;
}

void vt_lock_release(struct vt_disk *disk)
{
    struct vt_step step = { disk->gate, "lock: unmark", "lock" };
    bool is_clean = disk->is_settled && !disk->is_spoiled && disk->lazy_count == 0 &&
                    disk->dirty.count == 0;

    /* If the mark stays, the next holder syncs once more than needed. */
    if (disk->lock_fd >= 0 && is_clean)
        (void)vt_change_truncate(step, disk->lock_fd, 0);
    vt_fd_close(&disk->lock_fd);
}
