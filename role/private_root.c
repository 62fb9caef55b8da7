/* Namespaces and a tmpfs, as an ordinary user by way of a user namespace.  Where even root
 * may make none of these, root's own right to mount does. */
#include "role/private_root.h"
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

enum { APART = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC, FILES_MAX = 65536 };

/* We stay who we are, for what the namespace calls our files. */
static bool write_map(const char *path, const char *text)
{
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);
    size_t len = strlen(text);

    return fd >= 0 && write(fd, text, len) == (ssize_t)len;
}

static bool part(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    char users[64], groups[64];

    (void)snprintf(users, sizeof users, "%u %u 1", uid, uid);
    (void)snprintf(groups, sizeof groups, "%u %u 1", gid, gid);
    if (unshare(CLONE_NEWUSER | APART) == 0)
        return write_map("/proc/self/setgroups", "deny") &&
               write_map("/proc/self/uid_map", users) &&
               write_map("/proc/self/gid_map", groups);
    return unshare(APART) == 0;
}

/* /tmp is where the new root is hung up for an instant; nothing of it is touched. */
static bool change_root(uint64_t bytes_max)
{
    char options[96];

    (void)snprintf(options, sizeof options, "mode=700,size=%ju,nr_inodes=%d",
                   (uintmax_t)bytes_max, FILES_MAX);
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) ==
               0 &&
           chdir("/tmp") == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
           umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
}

static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[2] = { { 0 } };

    return syscall(SYS_capset, &header, none) == 0;
}

bool vt_private_root(uint64_t bytes_max)
{
    return part() && change_root(bytes_max) && drop_capabilities();
}
