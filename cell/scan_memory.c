/* Sealed, nameless files in memory. */
#include "cell/scan_memory.h"
#include <sys/mman.h>

enum { KEPT_BYTES = 4 << 20 };

static bool fail(struct vt_scan_memory *memory, struct vt_error *err)
{
    int cause = errno;

    vt_scan_memory_clear(memory);
    return vt_fail(err, VT_IO, "cannot make shared memory: %s", strerror(cause));
}

static bool map(struct vt_scan_memory *memory, int protection)
{
    void *at = mmap(NULL, memory->len, protection, MAP_SHARED, memory->fd, 0);

    if (at == MAP_FAILED)
        return false;
    memory->bytes = at;
    return true;
}

bool vt_scan_memory_init(struct vt_scan_memory *memory, size_t len, struct vt_error *err)
{
    *memory = (struct vt_scan_memory){
        .fd = memfd_create("vitrine-scan", MFD_CLOEXEC | MFD_ALLOW_SEALING), .len = len
    };
    if (memory->fd < 0 || ftruncate(memory->fd, (off_t)len) != 0 ||
        fcntl(memory->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0 ||
        !map(memory, PROT_READ | PROT_WRITE))
        return fail(memory, err);
    return true;
}

bool vt_scan_memory_init_copy(struct vt_scan_memory *memory, vt_slice bytes,
                              struct vt_error *err)
{
    *memory = (struct vt_scan_memory){ .fd = memfd_create("vitrine-scan",
                                                          MFD_CLOEXEC | MFD_ALLOW_SEALING),
                                       .len = bytes.len };
    if (memory->fd < 0)
        return fail(memory, err);
    if (!vt_fd_write_all(memory->fd, "shared memory", bytes, err)) {
        vt_scan_memory_clear(memory);
        return false;
    }
    if (fcntl(memory->fd, F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return fail(memory, err);
    return true;
}

bool vt_scan_memory_attach(struct vt_scan_memory *memory, int fd, bool is_writable,
                           struct vt_error *err)
{
    struct stat about;

    *memory = (struct vt_scan_memory){ .fd = fd };
    if (fstat(fd, &about) != 0)
        return fail(memory, err);
    memory->len = (size_t)about.st_size;
    return map(memory, is_writable ? PROT_READ | PROT_WRITE : PROT_READ) ||
           fail(memory, err);
}

void vt_scan_memory_clear(struct vt_scan_memory *memory)
{
    if (memory->bytes != NULL)
        (void)munmap(memory->bytes, memory->len);
    memory->bytes = NULL;
    if (memory->len != 0)
        vt_fd_close(&memory->fd);
    memory->len = 0;
}

void vt_scan_memory_forget(struct vt_scan_memory *memory, size_t used)
{
    if (used > KEPT_BYTES)
        (void)fallocate(memory->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, KEPT_BYTES,
                        (off_t)(memory->len - KEPT_BYTES));
}
