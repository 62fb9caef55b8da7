/* Which system calls a sandbox may make.  A list of those that reach the machine, other
 * processes or large new parts of the kernel is refused, and so is every call newer than
 * those we looked at: it does not exist inside.  (A list of the allowed ones would say the
 * same, but libseccomp takes 10 ms to compile it, 0.2 ms for this.)  On amd64 the 32-bit
 * calls are filtered alike, for builds that make and test 32-bit programs.
 *
 * Sockets are of the families that namespaces hold: Unix, the two internets and, for lists
 * of interfaces, routing netlink.  Others reach the machine past every namespace (AF_VSOCK
 * its hypervisor, AF_ALG and the rare ones kernel code that is loaded for them).
 *
 * While an environment is made, root is played: calls that would change an owner or a user
 * succeed and do nothing.  So packages install the same way for root and for an ordinary
 * user, and files have one owner in both. */
#include "line/sandbox_inside.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* set_mempolicy_home_node of Linux 5.17.  From 424 on all architectures share the numbers,
 * and the x32 calls of amd64 lie far above. */
enum { LAST_CALL = 450 };

/* Refused as "not permitted", which programs expect from a container. */
static const int refused[] = {
    SCMP_SYS(acct),
    SCMP_SYS(adjtimex),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(clock_settime),
    SCMP_SYS(delete_module),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(finit_module),
    SCMP_SYS(init_module),
    SCMP_SYS(ioperm),
    SCMP_SYS(iopl),
    SCMP_SYS(kcmp),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(kexec_load),
    SCMP_SYS(mount),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pivot_root),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(ptrace),
    SCMP_SYS(quotactl),
    SCMP_SYS(quotactl_fd),
    SCMP_SYS(reboot),
    SCMP_SYS(setdomainname),
    SCMP_SYS(sethostname),
    SCMP_SYS(setns),
    SCMP_SYS(settimeofday),
    SCMP_SYS(swapoff),
    SCMP_SYS(swapon),
    SCMP_SYS(syslog),
    SCMP_SYS(umount),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    SCMP_SYS(vhangup),
};

/* As if the kernel were built without them: programs then take the older way. */
static const int unknown[] = {
    SCMP_SYS(add_key),
    SCMP_SYS(bpf),
    SCMP_SYS(clone3),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fspick),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(keyctl),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(request_key),
    SCMP_SYS(userfaultfd),
};

/* Played while an environment is made: they answer 0. */
static const int played[] = {
    SCMP_SYS(capset),    SCMP_SYS(chown),       SCMP_SYS(chown32),   SCMP_SYS(fchown),
    SCMP_SYS(fchown32),  SCMP_SYS(fchownat),    SCMP_SYS(lchown),    SCMP_SYS(lchown32),
    SCMP_SYS(setfsgid),  SCMP_SYS(setfsgid32),  SCMP_SYS(setfsuid),  SCMP_SYS(setfsuid32),
    SCMP_SYS(setgid),    SCMP_SYS(setgid32),    SCMP_SYS(setgroups), SCMP_SYS(setgroups32),
    SCMP_SYS(setregid),  SCMP_SYS(setregid32),  SCMP_SYS(setresgid), SCMP_SYS(setresgid32),
    SCMP_SYS(setresuid), SCMP_SYS(setresuid32), SCMP_SYS(setreuid),  SCMP_SYS(setreuid32),
    SCMP_SYS(setuid),    SCMP_SYS(setuid32),
};

/* Bits of clone's first argument that make namespaces. */
static const unsigned namespaces[] = {
    CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,    CLONE_NEWNET,
    CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP,
};

/* ioctls that type into a terminal. */
static const unsigned typing[] = { TIOCSTI, TIOCLINUX };

static bool add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int got = seccomp_rule_add(filter, action, calls[i], 0);

        /* A call that this architecture does not have needs no rule. */
        if (got != 0 && got != -EDOM && got != -EEXIST)
            return false;
    }
    return true;
}

static bool add_masked(scmp_filter_ctx filter, int call, unsigned at, uint64_t mask,
                       uint64_t value)
{
    struct scmp_arg_cmp compare = { at, SCMP_CMP_MASKED_EQ, mask, value };

    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), call, 1, &compare) == 0;
}

static bool add_arguments(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++)
        if (!add_masked(filter, SCMP_SYS(clone), 0, namespaces[i], namespaces[i]))
            return false;
    for (size_t i = 0; i < sizeof typing / sizeof typing[0]; i++)
        if (!add_masked(filter, SCMP_SYS(ioctl), 1, 0xffffffff, typing[i]))
            return false;
    return true;
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool fill(scmp_filter_ctx filter, bool is_root_played)
{
#if defined(__x86_64__)
    if (seccomp_arch_add(filter, SCMP_ARCH_X86) != 0)
        return false;
#elif defined(__aarch64__)
    if (seccomp_arch_add(filter, SCMP_ARCH_ARM) != 0)
        return false;
#endif
    return seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) == 0 &&
           add_all(filter, SCMP_ACT_ERRNO(EPERM), refused, COUNT(refused)) &&
           add_all(filter, SCMP_ACT_ERRNO(ENOSYS), unknown, COUNT(unknown)) &&
           (!is_root_played || add_all(filter, SCMP_ACT_ERRNO(0), played, COUNT(played))) &&
           add_arguments(filter);
}

/* Laid before libseccomp's program: newer calls do not exist. */
static void put_newer(struct vt_buf *out)
{
    static const struct sock_filter prelude[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_CALL, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };

    vt_buf_put(out, VT_BYTES(prelude));
}

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

/* Low half of an argument, on the little-endian machines that we run on. */
#define LOAD_ARGUMENT(n)                                                                   \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                                     \
             (uint32_t)(offsetof(struct seccomp_data, args) + (n) * sizeof(uint64_t)))
#define SKIP_IF(value, count)     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, count, 0)
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count)
#define RETURN(number)            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (number))
#define REFUSE                    RETURN(EPERM)

/* Giving a file to a user that our namespace does not know is EINVAL to the kernel, while
 * every other system says EPERM to an ordinary user, and fakeroot relies on that.  Only the
 * builder itself and "leave it" pass.  (libseccomp cannot say "neither A nor B".) */
static void put_owner_rule(struct vt_buf *out, int call, unsigned at, uint32_t uid,
                           uint32_t gid)
{
    const struct sock_filter rule[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        SKIP_UNLESS(NATIVE_ARCH, 10),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        SKIP_UNLESS((uint32_t)call, 8),
        LOAD_ARGUMENT(at),
        SKIP_IF(uid, 2),
        SKIP_IF(UINT32_MAX, 1),
        REFUSE,
        LOAD_ARGUMENT(at + 1),
        SKIP_IF(gid, 2),
        SKIP_IF(UINT32_MAX, 1),
        REFUSE,
    };

    vt_buf_put(out, VT_BYTES(rule));
}

/* The calls that make a socket, by architecture; glibc of 32-bit x86 makes them through
 * socketcall, whose arguments lie in memory that no filter reads: those are refused. */
static const struct {
    uint32_t arch, socket, socketpair;
} socket_calls[] = {
#if defined(__x86_64__)
    { AUDIT_ARCH_X86_64, 41, 53 },
    { AUDIT_ARCH_I386, 359, 360 },
#elif defined(__aarch64__)
    { AUDIT_ARCH_AARCH64, 198, 199 },
    { AUDIT_ARCH_ARM, 281, 288 },
#endif
};

enum { I386_SOCKETCALL = 102, OF_SOCKET = 1, OF_SOCKETPAIR = 8 };

static void put_family_rule(struct vt_buf *out, uint32_t arch, uint32_t socket,
                            uint32_t socketpair)
{
    const struct sock_filter rule[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        SKIP_UNLESS(arch, 12),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        SKIP_IF(socket, 1),
        SKIP_UNLESS(socketpair, 9),
        LOAD_ARGUMENT(0),
        SKIP_IF(AF_UNIX, 7),
        SKIP_IF(AF_INET, 6),
        SKIP_IF(AF_INET6, 5),
        SKIP_IF(AF_NETLINK, 1),
        RETURN(EAFNOSUPPORT),
        LOAD_ARGUMENT(2),
        SKIP_IF(NETLINK_ROUTE, 1),
        RETURN(EPROTONOSUPPORT),
    };

    vt_buf_put(out, VT_BYTES(rule));
}

static void put_family_rules(struct vt_buf *out)
{
    for (size_t i = 0; i < COUNT(socket_calls); i++)
        put_family_rule(out, socket_calls[i].arch, socket_calls[i].socket,
                        socket_calls[i].socketpair);
#if defined(__x86_64__)
    {
        const struct sock_filter rule[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
            SKIP_UNLESS(AUDIT_ARCH_I386, 6),
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            SKIP_UNLESS(I386_SOCKETCALL, 4),
            LOAD_ARGUMENT(0),
            SKIP_IF(OF_SOCKET, 1),
            SKIP_UNLESS(OF_SOCKETPAIR, 1),
            RETURN(EAFNOSUPPORT),
        };

        vt_buf_put(out, VT_BYTES(rule));
    }
#endif
}

static void put_owner_rules(struct vt_buf *out, uint32_t uid, uint32_t gid)
{
#ifdef SYS_chown
    put_owner_rule(out, SYS_chown, 1, uid, gid);
    put_owner_rule(out, SYS_lchown, 1, uid, gid);
#endif
    put_owner_rule(out, SYS_fchown, 1, uid, gid);
    put_owner_rule(out, SYS_fchownat, 2, uid, gid);
}

bool vt_sandbox_filter(const struct vt_sandbox_plan *plan, struct vt_buf *out,
                       struct vt_error *err)
{
    bool is_root_played = plan->spec->is_root_writable;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    VT_AUTO_FD fd = memfd_create("filter", MFD_CLOEXEC);
    bool ok = filter != NULL && fd >= 0 && fill(filter, is_root_played) &&
              seccomp_export_bpf(filter, fd) == 0 && lseek(fd, 0, SEEK_SET) == 0;

    seccomp_release(filter);
    if (!ok)
        return vt_fail(err, VT_IO, "sandbox: libseccomp cannot make the filter");
    put_newer(out);
    put_family_rules(out);
    if (!is_root_played)
        put_owner_rules(out, plan->uid, plan->gid);
    return vt_fd_read_all(fd, "filter", out, err);
}

/* ---- Landlock ------------------------------------------------------------------------ */

/* Rights by ABI: newer kernels know more of them, and asking for an unknown one fails. */
enum {
    READ_RIGHTS = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                  LANDLOCK_ACCESS_FS_READ_DIR,
    WRITE_RIGHTS = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                   LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                   LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                   LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                   LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
    REFER_RIGHT = 1 << 13,    /* ABI 2 */
    TRUNCATE_RIGHT = 1 << 14, /* ABI 3 */
};

static int allow_below(int rules, const char *path, uint64_t rights)
{
    VT_AUTO_FD fd = open(path, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = fd };

    if (fd < 0)
        return -errno;
    return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
               ? 0
               : -errno;
}

int vt_sandbox_landlock(const char *const writable[])
{
    long abi =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    uint64_t file_write = LANDLOCK_ACCESS_FS_WRITE_FILE | (abi >= 3 ? TRUNCATE_RIGHT : 0);
    uint64_t all = READ_RIGHTS | WRITE_RIGHTS | (abi >= 2 ? REFER_RIGHT : 0) |
                   (abi >= 3 ? TRUNCATE_RIGHT : 0);
    struct landlock_ruleset_attr attr = { .handled_access_fs = all };
    VT_AUTO_FD rules = -1;
    int got;

    if (abi < 1)
        return 0;
    rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (rules < 0)
        return -errno;
    got = allow_below(rules, "/", READ_RIGHTS);
    if (got == 0)
        got = allow_below(rules, "/dev", file_write | READ_RIGHTS);
    if (got == 0)
        got = allow_below(rules, "/proc", file_write | READ_RIGHTS);
    for (; got == 0 && *writable != NULL; writable++)
        got = allow_below(rules, *writable, all);
    if (got == 0 && syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        got = -errno;
    return got;
}
