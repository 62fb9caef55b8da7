/* Hatches; see hatch.h. */
#include "role/hatch.h"
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* Whoever knocks may not hold up the others for longer. */
enum { SEND_S_MAX = 5, WAITING_MAX = 4, NAME_BYTES_MAX = 80 };

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool open_folder(const char *path, int *fd_out, struct vt_error *err)
{
    size_t len = (size_t)(name_in(path) - path); /* a name lies in its path */
    VT_AUTO_FREE char *folder = vt_alloc(len + 3);

    (void)snprintf(folder, len + 3, "%.*s.", (int)len, path); /* "./" of no folder */
    *fd_out = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *fd_out >= 0 || vt_fail(err, errno == ENOENT ? VT_ABSENT : VT_IO,
                                   "%s: cannot open its folder: %s", path, strerror(errno));
}

/* The folder stays open as long as the address is used. */
static bool address_of(const char *path, int *folder_fd, struct sockaddr_un *out,
                       struct vt_error *err)
{
    const char *name = name_in(path);
    size_t len = strlen(name);

    if (len == 0 || len > NAME_BYTES_MAX)
        return vt_fail(err, VT_LIMIT,
                       "%s: the name of a socket has 1 to %d bytes, this one has %zu; "
                       "choose another",
                       path, NAME_BYTES_MAX, len);
    *out = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (!open_folder(path, folder_fd, err))
        return false;
    (void)snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d/%s", *folder_fd,
                   name);
    return true;
}

static bool make_socket(int flags, int *fd_out, struct vt_error *err)
{
    *fd_out = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
    return *fd_out >= 0 || vt_fail(err, VT_IO, "cannot make a socket: %s", strerror(errno));
}

static void set_patience(int fd, unsigned patience_s)
{
    const struct timeval patience = { .tv_sec = (time_t)patience_s };

    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static bool make_way(const char *path, const struct sockaddr_un *address,
                     struct vt_error *err)
{
    VT_AUTO_FD probe = -1;
    struct stat st;

    if (lstat(address->sun_path, &st) != 0)
        return errno == ENOENT || vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return vt_fail(err, VT_REJECTED, "%s: is there already, and is no socket", path);
    if (!make_socket(SOCK_NONBLOCK, &probe, err))
        return false;
    if (connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 ||
        errno == EAGAIN)
        return vt_fail(err, VT_REJECTED, "%s: another process listens there already", path);
    return unlink(address->sun_path) == 0 ||
           vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
}

bool vt_hatch_new(int *fd_out, struct vt_error *err)
{
    if (!make_socket(SOCK_NONBLOCK, fd_out, err))
        return false;
    (void)fchmod(*fd_out, 0600); /* what its entry in the folder will have */
    return true;
}

bool vt_hatch_open(int fd, const char *path, struct vt_error *err)
{
    struct sockaddr_un address;
    VT_AUTO_FD folder_fd = -1;

    if (!address_of(path, &folder_fd, &address, err)) {
        if (err->code == VT_ABSENT)
            err->code = VT_IO;
        return false;
    }
    if (!make_way(path, &address, err))
        return false;
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, WAITING_MAX) != 0)
        return vt_fail(err, VT_IO, "%s: cannot listen there: %s", path, strerror(errno));
    return true;
}

bool vt_hatch_accept(int fd, struct vt_channel *out, struct vt_error *err)
{
    struct ucred other;
    socklen_t len = sizeof other;
    VT_AUTO_FD got = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

    if (got < 0)
        return vt_fail(err,
                       errno == EAGAIN || errno == ECONNABORTED || errno == EINTR ||
                               errno == EINVAL /* the door is not open yet */
                           ? VT_ABSENT
                           : VT_IO,
                       "nobody is at the door: %s", strerror(errno));
    if (getsockopt(got, SOL_SOCKET, SO_PEERCRED, &other, &len) != 0)
        return vt_fail(err, VT_IO, "cannot tell who is at the door: %s", strerror(errno));
    if (other.uid != geteuid())
        return vt_fail(err, VT_REJECTED, "user %u came to the door, and was sent away",
                       other.uid);
    set_patience(got, SEND_S_MAX);
    *out = vt_channel_init(vt_take_fd(&got));
    return true;
}

bool vt_hatch_knock(const char *path, unsigned patience_s, struct vt_channel *out,
                    struct vt_error *err)
{
    struct sockaddr_un address;
    VT_AUTO_FD folder_fd = -1;
    VT_AUTO_FD fd = -1;

    if (!address_of(path, &folder_fd, &address, err) || !make_socket(0, &fd, err))
        return false;
    set_patience(fd, patience_s);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return vt_fail(
            err,
            errno == ENOENT || errno == ECONNREFUSED || errno == EAGAIN ? VT_ABSENT : VT_IO,
            "%s: no keeper listens there: %s", path, strerror(errno));
    *out = vt_channel_init(vt_take_fd(&fd));
    return true;
}
