/* Landlock.  Debian 12's headers know ABI 2; the later rights are numbers from the kernel's
 * documentation (userspace-api/landlock), used only when the running kernel says that it
 * knows them. */
#include "role/landlock.h"
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { FS_TRUNCATE = 1 << 14, FS_IOCTL_DEV = 1 << 15 };
enum { NET_BIND_TCP = 1 << 0, NET_CONNECT_TCP = 1 << 1 };

enum { SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0, SCOPE_SIGNAL = 1 << 1 };

/* struct landlock_ruleset_attr of ABI 6; earlier ones end sooner. */
struct ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* ABI 4 */
    uint64_t scoped;             /* ABI 6 */
};

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

int vt_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
                       LANDLOCK_CREATE_RULESET_VERSION);

    return abi > 0 ? (int)abi : 0;
}

static uint64_t all_file_rights(int abi)
{
    uint64_t all = (UINT64_C(1) << 13) - 1; /* ABI 1 */

    if (abi >= 2)
        all |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        all |= FS_TRUNCATE;
    if (abi >= 5)
        all |= FS_IOCTL_DEV;
    return all;
}

static bool allow_below(int ruleset, const char *folder, uint64_t rights)
{
    VT_AUTO_FD fd = open(folder, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = fd };

    return fd >= 0 && syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
                              &rule, 0) == 0;
}

static size_t ruleset_bytes(int abi)
{
    return abi >= 6   ? sizeof(struct ruleset)
           : abi >= 4 ? offsetof(struct ruleset, scoped)
                      : offsetof(struct ruleset, handled_access_net);
}

bool vt_landlock(const struct vt_rights *rights)
{
    int abi = vt_landlock_abi();
    uint64_t all = all_file_rights(abi);
    struct ruleset attributes = { .handled_access_fs = all,
                                  .handled_access_net = NET_CONNECT_TCP | NET_BIND_TCP,
                                  .scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL };
    VT_AUTO_FD ruleset = -1;

    if (abi == 0)
        return true;
    if (rights->may_connect)
        attributes.handled_access_net = NET_BIND_TCP;
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, ruleset_bytes(abi), 0);
    if (ruleset < 0)
        return false;
#ifdef VT_SANITIZED
    if (!allow_below(ruleset, "/", READING)) /* symbols for a report */
        return false;
#endif
    if (rights->scratch_bytes_max != 0 &&
        !allow_below(ruleset, "/", all & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE))
        return false;
    if (rights->folder != NULL &&
        !allow_below(ruleset, rights->folder, all & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE))
        return false;
    for (size_t i = 0; i < 8 && rights->read_folders[i] != NULL; i++)
        if (!allow_below(ruleset, rights->read_folders[i], READING))
            return false;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}
