/* What the front is told that is too long for a message: one JSON object in a file without
 * a name, made by the operator's process, read before the front gives up its rights. */
#include "cell/front_papers.h"
#include "cell/cell_front.h"
#include <sys/mman.h>

bool vt_front_papers_write(const json_t *papers, int *fd_out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_FRONT_PAPERS_BYTES_MAX);
    VT_AUTO_FD fd = memfd_create("papers", MFD_CLOEXEC);

    if (fd < 0)
        return vt_fail(err, VT_IO, "memfd: %s", strerror(errno));
    if (!vt_json_write_canonical(papers, &text, err) ||
        !vt_fd_write_all(fd, "papers", vt_buf_slice(&text), err))
        return false;
    *fd_out = vt_take_fd(&fd);
    return true;
}

/* The descriptor is shared by all fronts that are started one after the other, and so is
 * its position: read from the beginning. */
bool vt_front_papers_read(int fd, json_t **out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_FRONT_PAPERS_BYTES_MAX);

    if (lseek(fd, 0, SEEK_SET) != 0)
        return vt_fail(err, VT_IO, "papers: %s", strerror(errno));
    return vt_fd_read_all(fd, "papers", &text, err) &&
           vt_json_parse(vt_buf_slice(&text), "papers", out, err);
}
