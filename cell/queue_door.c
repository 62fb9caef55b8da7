/* The socket of the queue.  Its name goes by way of the folder's descriptor, since a
 * socket's name has 107 bytes at most and a folder's path may have more. */
#include "cell/queue_door.h"
#include "store/disk.h"
#include <sys/socket.h>
#include <sys/un.h>

/* A dispatcher that does not read for so long may not hold up those who share files. */
enum { SEND_S_MAX = 5, WAITING_MAX = 4 };

static bool name_of(const char *folder, int *folder_fd, struct sockaddr_un *out,
                    struct vt_error *err)
{
    *folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*folder_fd < 0)
        return vt_fail(err, VT_IO, "%s: cannot open: %s", folder, strerror(errno));
    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    (void)snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d/" VT_QUEUE_DOOR,
                   *folder_fd);
    return true;
}

static bool clear_away(const char *folder, struct vt_error *err)
{
    struct vt_error why = { 0 };
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(folder, false, &disk, err))
        return false;
    is_ok = vt_disk_remove(disk, VT_QUEUE_DOOR, &why) || why.code == VT_ABSENT;
    vt_disk_close(disk);
    if (!is_ok)
        *err = why;
    return is_ok;
}

bool vt_queue_door_new(int *fd_out, struct vt_error *err)
{
    *fd_out = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd_out < 0)
        return vt_fail(err, VT_IO, "cannot make a socket: %s", strerror(errno));
    (void)fchmod(*fd_out, 0600); /* what its entry in the folder will have */
    return true;
}

bool vt_queue_door_open(int fd, const char *folder, struct vt_error *err)
{
    struct sockaddr_un name;
    VT_AUTO_FD folder_fd = -1;

    if (!clear_away(folder, err) || !name_of(folder, &folder_fd, &name, err))
        return false;
    if (bind(fd, (const struct sockaddr *)&name, sizeof name) != 0 ||
        listen(fd, WAITING_MAX) != 0)
        return vt_fail(err, VT_IO, "%s/" VT_QUEUE_DOOR ": cannot listen: %s", folder,
                       strerror(errno));
    return true;
}

bool vt_queue_door_accept(int fd, struct vt_channel *out, struct vt_error *err)
{
    const struct timeval patience = { .tv_sec = SEND_S_MAX };
    int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

    if (got < 0)
        return vt_fail(err,
                       errno == EAGAIN || errno == ECONNABORTED || errno == EINTR ||
                               errno == EINVAL /* the door is not open yet */
                           ? VT_ABSENT
                           : VT_IO,
                       "nobody is at the door: %s", strerror(errno));
    (void)setsockopt(got, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    *out = vt_channel_init(got);
    return true;
}

bool vt_queue_door_knock(const char *folder, struct vt_channel *out, struct vt_error *err)
{
    const struct timeval patience = { .tv_sec = SEND_S_MAX };
    struct sockaddr_un name;
    VT_AUTO_FD folder_fd = -1;
    VT_AUTO_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return vt_fail(err, VT_IO, "cannot make a socket: %s", strerror(errno));
    if (!name_of(folder, &folder_fd, &name, err))
        return false;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (const struct sockaddr *)&name, sizeof name) != 0)
        return vt_fail(
            err,
            errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN ? VT_ABSENT : VT_IO,
            "%s/" VT_QUEUE_DOOR ": no keeper answers: %s", folder, strerror(errno));
    *out = vt_channel_init(vt_take_fd(&fd));
    return true;
}
