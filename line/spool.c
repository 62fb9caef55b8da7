/* Nameless files and mapped ones. */
#include "line/spool.h"
#include <sys/mman.h>

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
    at = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
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
