/* Nameless files. */
#include "line/spool.h"

bool vt_spool_open(struct vt_line_store *store, int *fd_out, struct vt_error *err)
{
    const char *path = vt_line_store_path(store);
    char name[4096];
    int fd = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    /* Not every file system can do that; a name that lives for an instant then does. */
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
        (void)snprintf(name, sizeof name, "%s/.vt-spool-XXXXXX", path);
        fd = mkostemp(name, O_CLOEXEC);
        if (fd >= 0)
            (void)unlink(name);
    }
    if (fd < 0)
        return vt_fail(err, VT_IO, "%s: cannot make a file there: %s", path,
                       strerror(errno));
    *fd_out = fd;
    return true;
}
