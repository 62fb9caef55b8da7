/* Movers' door; see move_socket.h. */
#include "cell/move_socket.h"
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { PATIENCE_S = 120, WAITING_MAX = 4 };

static bool address_of(const char *path, struct sockaddr_un *out, struct vt_error *err)
{
    size_t len = strlen(path);

    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (len >= sizeof out->sun_path)
        return vt_fail(
            err, VT_LIMIT,
            "%s: too long for a socket (%zu bytes, at most %zu); choose a shorter "
            "path",
            path, len, sizeof out->sun_path - 1);
    memcpy(out->sun_path, path, len);
    return true;
}

static bool make_way(const char *path, struct vt_error *err)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return errno == ENOENT || vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return vt_fail(err, VT_REJECTED, "%s: is there already, and is no socket", path);
    return unlink(path) == 0 || vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
}

static bool make_socket(int *fd_out, struct vt_error *err)
{
    const struct timeval patience = { .tv_sec = PATIENCE_S };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return vt_fail(err, VT_IO, "cannot make a socket: %s", strerror(errno));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    *fd_out = fd;
    return true;
}

bool vt_move_listen(const char *path, int *fd_out, struct vt_error *err)
{
    struct sockaddr_un address;
    VT_AUTO_FD fd = -1;

    if (!address_of(path, &address, err) || !make_way(path, err) || !make_socket(&fd, err))
        return false;
    if (fchmod(fd, 0600) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(path, 0600) != 0 || listen(fd, WAITING_MAX) != 0)
        return vt_fail(err, VT_IO, "%s: cannot listen there: %s", path, strerror(errno));
    *fd_out = vt_take_fd(&fd);
    return true;
}

bool vt_move_accept(int listen_fd, struct vt_channel *out, struct vt_error *err)
{
    const struct timeval patience = { .tv_sec = PATIENCE_S };
    struct ucred other;
    socklen_t len = sizeof other;
    VT_AUTO_FD fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0)
        return vt_fail(err, errno == EAGAIN || errno == ECONNABORTED ? VT_ABSENT : VT_IO,
                       "cannot accept a mover: %s", strerror(errno));
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &other, &len) != 0)
        return vt_fail(err, VT_IO, "cannot tell who a mover is: %s", strerror(errno));
    if (other.uid != geteuid())
        return vt_fail(err, VT_REJECTED, "a mover of user %u was sent away", other.uid);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    *out = vt_channel_init(vt_take_fd(&fd));
    return true;
}

bool vt_move_connect(const char *path, struct vt_channel *out, struct vt_error *err)
{
    struct sockaddr_un address;
    VT_AUTO_FD fd = -1;

    if (!address_of(path, &address, err) || !make_socket(&fd, err))
        return false;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return vt_fail(err, errno == ENOENT || errno == ECONNREFUSED ? VT_ABSENT : VT_IO,
                       "%s: no keeper listens there: %s", path, strerror(errno));
    *out = vt_channel_init(vt_take_fd(&fd));
    return true;
}
