/* Reading files whole, with sentences that say what was wrong. */
#include "base/base.h"
#include <sys/mman.h>

void vt_fd_close(int *fd)
{
    int kept = errno;

    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    errno = kept;
}

int vt_take_fd(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}

bool vt_fd_read_all(int fd, const char *name, struct vt_buf *out, struct vt_error *err)
{
    uint8_t piece[16384];
    ssize_t got;

    for (;;) {
        got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vt_fail(err, VT_IO, "%s: cannot read: %s", name, strerror(errno));
        if (got == 0)
            return true;
        vt_buf_put(out, vt_slice_of(piece, (size_t)got));
        if (!vt_buf_check(out, name, err))
            return false;
    }
}

bool vt_fd_read_sized(int fd, const char *name, uint64_t size, struct vt_buf *out,
                      struct vt_error *err)
{
    size_t before = out->len;
    uint8_t *at;
    ssize_t got;

    if (size > out->bytes_max - out->len)
        return vt_fail(err, VT_LIMIT, "%s: %ju bytes, at most %zu are taken", name,
                       (uintmax_t)size, out->bytes_max - out->len);
    at = vt_buf_extend(out, (size_t)size);
    got = at != NULL ? read(fd, at, (size_t)size) : 0;
    vt_buf_truncate(out, before + (got > 0 ? (size_t)got : 0));
    /* What is left, and what came since. */
    return vt_fd_read_all(fd, name, out, err);
}

bool vt_fd_read_at(int fd, const char *name, uint64_t at, uint8_t *out, size_t len,
                   size_t *got_out, struct vt_error *err)
{
    size_t done = 0;
    ssize_t got;

    if (at > INT64_MAX - len)
        return vt_fail(err, VT_LIMIT, "%s: no file can have a byte at %ju", name,
                       (uintmax_t)at);
    do {
        got = pread(fd, out + done, len - done, (off_t)(at + done)); /* it fits: above */
        if (got < 0 && errno != EINTR)
            return vt_fail(err, VT_IO, "%s: cannot read: %s", name, strerror(errno));
        done += got > 0 ? (size_t)got : 0;
    } while (got != 0 && done < len);
    *got_out = done;
    return true;
}

bool vt_fd_write_all(int fd, const char *name, vt_slice bytes, struct vt_error *err)
{
    while (bytes.len != 0) {
        ssize_t put = write(fd, bytes.data, bytes.len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return vt_fail(err, VT_IO, "%s: cannot write: %s", name, strerror(errno));
        bytes = vt_slice_sub(bytes, (size_t)put, bytes.len - (size_t)put);
    }
    return true;
}

bool vt_file_open(const char *path, int *fd_out, uint64_t *size_bytes_out,
                  struct vt_error *err)
{
    /* O_NONBLOCK: opening a FIFO must not hang before we see what it is. */
    VT_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;

    if (fd < 0)
        return vt_fail(err, VT_IO, "%s: cannot open: %s", path, strerror(errno));
    if (fstat(fd, &about) != 0)
        return vt_fail(err, VT_IO, "%s: cannot look at it: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return vt_fail(err, VT_IO, "%s: is a folder, name a file", path);
    if (!S_ISREG(about.st_mode))
        return vt_fail(err, VT_IO, "%s: is not a regular file", path);
    *size_bytes_out = (uint64_t)about.st_size; /* never negative for a regular file */
    *fd_out = vt_take_fd(&fd);
    return true;
}

bool vt_file_read(const char *path, struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    uint64_t size;

    if (!vt_file_open(path, &fd, &size, err))
        return false;
    if (size > out->bytes_max)
        return vt_fail(err, VT_LIMIT, "%s: %ju bytes, at most %zu are taken", path,
                       (uintmax_t)size, out->bytes_max);
    vt_buf_truncate(out, 0);
    return vt_fd_read_all(fd, path, out, err);
}

bool vt_mapping_init(struct vt_mapping *mapping, int fd, const char *name,
                     struct vt_error *err)
{
    struct stat about;
    void *at;

    if (fstat(fd, &about) != 0)
        return vt_fail(err, VT_IO, "%s: %s", name, strerror(errno));
    mapping->bytes = vt_slice_of(NULL, 0);
    if (about.st_size == 0)
        return true;
    at = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return vt_fail(err, VT_IO, "%s: cannot map it: %s", name, strerror(errno));
    mapping->bytes = vt_slice_of(at, (size_t)about.st_size);
    return true;
}

void vt_mapping_clear(struct vt_mapping *mapping)
{
    if (mapping->bytes.data != NULL)
        (void)munmap((void *)(uintptr_t)mapping->bytes.data, mapping->bytes.len);
    mapping->bytes = vt_slice_of(NULL, 0);
}

struct vt_mapping vt_mapping_take(struct vt_mapping *mapping)
{
    struct vt_mapping taken = *mapping;

    mapping->bytes = vt_slice_of(NULL, 0);
    return taken;
}

bool vt_path_exists(const char *path)
{
    struct stat about;

    return lstat(path, &about) == 0;
}
