/* One function for each system call that changes a disk: enter the gate, do it, leave. */
#include "store/change.h"

enum { ZERO_PIECE = 65536 };

static struct vt_gate_op op_of(struct vt_step step, enum vt_gate_kind kind, int fd)
{
    return (struct vt_gate_op){
        .kind = kind, .site = step.site, .subject = step.subject, .folder = "", .fd = fd
    };
}

static struct vt_gate_op op_at(struct vt_step step, enum vt_gate_kind kind,
                               const struct vt_spot *spot)
{
    struct vt_gate_op op = op_of(step, kind, -1);

    op.folder = spot->folder;
    op.leaf = spot->leaf;
    return op;
}

int vt_change_create(struct vt_step step, const struct vt_spot *spot, mode_t mode)
{
    struct vt_gate_op op = op_at(step, VT_GATE_CREATE, spot);

    op.mode = mode;
    if (vt_gate_enter(step.gate, &op))
        op.result = openat(spot->fd, spot->leaf,
                           O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    return vt_gate_leave(step.gate, &op);
}

static int write_all(int fd, uint64_t at, vt_slice bytes)
{
    while (bytes.len != 0) {
        ssize_t put = pwrite(fd, bytes.data, bytes.len, (off_t)at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        at += (size_t)put;
        bytes = vt_slice_sub(bytes, (size_t)put, bytes.len - (size_t)put);
    }
    return 0;
}

int vt_change_write(struct vt_step step, int fd, uint64_t at, vt_slice bytes)
{
    struct vt_gate_op op = op_of(step, VT_GATE_WRITE, fd);

    op.at = at;
    op.len = bytes.len;
    op.bytes = bytes.data;
    if (vt_gate_enter(step.gate, &op))
        op.result = write_all(fd, at, bytes);
    return vt_gate_leave(step.gate, &op);
}

static int zero_all(int fd, uint64_t at, uint64_t len)
{
    static const uint8_t zeros[ZERO_PIECE];

    while (len != 0) {
        size_t piece = len < sizeof zeros ? (size_t)len : sizeof zeros;

        if (write_all(fd, at, vt_slice_of(zeros, piece)) != 0)
            return -1;
        at += piece;
        len -= piece;
    }
    return 0;
}

int vt_change_zero(struct vt_step step, int fd, uint64_t at, uint64_t len)
{
    struct vt_gate_op op = op_of(step, VT_GATE_WRITE, fd);

    op.at = at;
    op.len = len;
    if (vt_gate_enter(step.gate, &op))
        op.result = zero_all(fd, at, len);
    return vt_gate_leave(step.gate, &op);
}

int vt_change_reserve(struct vt_step step, int fd, uint64_t size)
{
    struct vt_gate_op op = op_of(step, VT_GATE_RESERVE, fd);

    op.len = size;
    if (vt_gate_enter(step.gate, &op))
        op.result = fallocate(fd, 0, 0, (off_t)size);
    return vt_gate_leave(step.gate, &op);
}

int vt_change_truncate(struct vt_step step, int fd, uint64_t size)
{
    struct vt_gate_op op = op_of(step, VT_GATE_TRUNCATE, fd);

    op.len = size;
    if (vt_gate_enter(step.gate, &op))
        op.result = ftruncate(fd, (off_t)size);
    return vt_gate_leave(step.gate, &op);
}

int vt_change_sync(struct vt_step step, int fd)
{
    struct vt_gate_op op = op_of(step, VT_GATE_SYNC, fd);

    if (vt_gate_enter(step.gate, &op))
        op.result = fsync(fd);
    return vt_gate_leave(step.gate, &op);
}

int vt_change_sync_data(struct vt_step step, int fd)
{
    struct vt_gate_op op = op_of(step, VT_GATE_SYNC_DATA, fd);

    if (vt_gate_enter(step.gate, &op))
        op.result = fdatasync(fd);
    return vt_gate_leave(step.gate, &op);
}

int vt_change_sync_folder(struct vt_step step, int fd, const char *folder)
{
    struct vt_gate_op op = op_of(step, VT_GATE_SYNC_FOLDER, fd);

    op.folder = folder;
    if (vt_gate_enter(step.gate, &op))
        op.result = fsync(fd);
    return vt_gate_leave(step.gate, &op);
}

int vt_change_sync_all(struct vt_step step, int fd)
{
    struct vt_gate_op op = op_of(step, VT_GATE_SYNC_ALL, fd);

    if (vt_gate_enter(step.gate, &op))
        op.result = syncfs(fd);
    return vt_gate_leave(step.gate, &op);
}

static int link_at(struct vt_step step, const struct vt_spot *from,
                   const struct vt_spot *to)
{
    struct vt_gate_op op = op_at(step, VT_GATE_LINK, from);

    op.to_folder = to->folder;
    op.to_leaf = to->leaf;
    if (vt_gate_enter(step.gate, &op))
        op.result = linkat(from->fd, from->leaf, to->fd, to->leaf, 0);
    return vt_gate_leave(step.gate, &op);
}

int vt_change_rename(struct vt_step step, const struct vt_spot *from,
                     const struct vt_spot *to, bool may_replace)
{
    struct vt_gate_op op = op_at(step, VT_GATE_RENAME, from);
    int result;

    op.to_folder = to->folder;
    op.to_leaf = to->leaf;
    if (vt_gate_enter(step.gate, &op))
        op.result = renameat2(from->fd, from->leaf, to->fd, to->leaf,
                              may_replace ? 0 : RENAME_NOREPLACE);
    result = vt_gate_leave(step.gate, &op);
    if (result == 0 || may_replace || errno != EINVAL)
        return result;
    /* A file system (NFS, some FUSE) that cannot refuse to replace can still refuse a
     * second name. */
    return link_at(step, from, to) != 0 ? -1 : vt_change_unlink(step, from);
}

int vt_change_unlink(struct vt_step step, const struct vt_spot *spot)
{
    struct vt_gate_op op = op_at(step, VT_GATE_UNLINK, spot);

    if (vt_gate_enter(step.gate, &op))
        op.result = unlinkat(spot->fd, spot->leaf, 0);
    return vt_gate_leave(step.gate, &op);
}

int vt_change_rmdir(struct vt_step step, int fd, const char *leaf)
{
    struct vt_gate_op op = op_of(step, VT_GATE_UNLINK, -1);

    op.leaf = leaf;
    if (vt_gate_enter(step.gate, &op))
        op.result = unlinkat(fd, leaf, AT_REMOVEDIR);
    return vt_gate_leave(step.gate, &op);
}

int vt_change_mkdir(struct vt_step step, int fd, const char *folder, const char *leaf)
{
    struct vt_gate_op op = op_of(step, VT_GATE_MKDIR, -1);

    op.folder = folder;
    op.leaf = leaf;
    op.mode = 0755;
    if (vt_gate_enter(step.gate, &op))
        op.result = mkdirat(fd, leaf, 0755);
    return vt_gate_leave(step.gate, &op);
}
