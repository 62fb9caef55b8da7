/* A file system of a few pages, to see what happens when it is full or read-only.  It is
 * mounted in a mount namespace of the test case's own and goes away with it. */
#include "tests/harness.h"
#include <sched.h>
#include <sys/mount.h>

static bool write_text(const char *path, const char *text)
{
    struct vt_error err = { 0 };
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);

    return fd >= 0 && vt_fd_write_all(fd, path, vt_slice_from_cstr(text), &err);
}

/* Become root of a user namespace where we may mount, if we may not here. */
static bool may_mount(void)
{
    char map[64];

    if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0)
        return true;
    (void)snprintf(map, sizeof map, "0 %u 1", geteuid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
           write_text("/proc/self/setgroups", "deny") &&
           write_text("/proc/self/uid_map", map);
}

const char *vt_test_small_disk(size_t bytes)
{
    const char *path = vt_test_path("small");
    char options[64];

    (void)snprintf(options, sizeof options, "size=%zu,mode=0755", bytes);
    if (!may_mount() || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        vt_test_skip("no small tmpfs: neither root nor user namespaces");
    VT_CHECK(mkdir(path, 0755) == 0);
    if (mount("tmpfs", path, "tmpfs", 0, options) != 0)
        vt_test_skip("no small tmpfs: neither root nor user namespaces");
    return path;
}

void vt_test_small_disk_lock(const char *path)
{
    VT_CHECK_SAYING(mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0,
                    "%s: cannot make it read-only: %s", path, strerror(errno));
}
