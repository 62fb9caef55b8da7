/* Giving up rights.  The allow-lists are tables: one for everybody, one for files, one for
 * sockets, one more for what the sanitizers' runtimes need. */
#include "role/confine.h"
#include "base/dynlib.h"
#include "role/landlock.h"
#include "role/private_root.h"
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

VT_NORETURN static void refuse(const char *lock)
{
    (void)fprintf(stderr, "vitrine: this process will not run without its lock: %s (%s)\n",
                  lock, strerror(errno));
    _exit(VT_EXIT_TROUBLE);
}

static const int EVERYBODY[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(close),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrandom),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrusage),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(dup),
};

static const int READING[] = {
    SCMP_SYS(pread64),    SCMP_SYS(getdents64), SCMP_SYS(newfstatat), SCMP_SYS(statx),
    SCMP_SYS(stat),       SCMP_SYS(lstat),      SCMP_SYS(access),     SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(statfs),     SCMP_SYS(fstatfs),    SCMP_SYS(fadvise64),
};

static const int LINKS[] = { SCMP_SYS(readlink), SCMP_SYS(readlinkat) };

static const int WRITING[] = {
    SCMP_SYS(openat),    SCMP_SYS(openat2),  SCMP_SYS(mkdirat),         SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(unlinkat), SCMP_SYS(linkat),          SCMP_SYS(fsync),
    SCMP_SYS(fdatasync), SCMP_SYS(syncfs),   SCMP_SYS(ftruncate),       SCMP_SYS(fallocate),
    SCMP_SYS(pwrite64),  SCMP_SYS(flock),    SCMP_SYS(fchmod),          SCMP_SYS(open),
    SCMP_SYS(mkdir),     SCMP_SYS(rename),   SCMP_SYS(unlink),          SCMP_SYS(rmdir),
    SCMP_SYS(link),      SCMP_SYS(umask),    SCMP_SYS(sync_file_range),
};

static const int LISTENERS[] = {
    SCMP_SYS(accept),      SCMP_SYS(accept4),     SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),   SCMP_SYS(epoll_wait),  SCMP_SYS(epoll_pwait),
    SCMP_SYS(shutdown),    SCMP_SYS(setsockopt),  SCMP_SYS(getsockopt),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(select),
    SCMP_SYS(pselect6),    SCMP_SYS(eventfd2),    SCMP_SYS(pipe2),
};

/* Sockets of our own, and what resolving names needs. */
static const int CONNECTORS[] = {
    SCMP_SYS(socket),      SCMP_SYS(connect),
    SCMP_SYS(bind),        SCMP_SYS(socketpair),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername),
    SCMP_SYS(setsockopt),  SCMP_SYS(getsockopt),
    SCMP_SYS(shutdown),    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvmmsg),    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),       SCMP_SYS(ioctl),
    SCMP_SYS(uname),       SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),   SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait), SCMP_SYS(prlimit64),
    SCMP_SYS(sysinfo),     SCMP_SYS(sched_getaffinity),
    SCMP_SYS(readlink),
};

#ifdef VT_SANITIZED
static const int SANITIZERS[] = {
    SCMP_SYS(openat),
    SCMP_SYS(open),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(stat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getdents),
    SCMP_SYS(clone),
    SCMP_SYS(ptrace),
    SCMP_SYS(wait4),
    SCMP_SYS(prctl),
    SCMP_SYS(pipe2),
    SCMP_SYS(sysinfo),
    SCMP_SYS(prlimit64),
    SCMP_SYS(getrlimit),
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(kill),
    SCMP_SYS(pipe),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(tgkill),
    SCMP_SYS(setrlimit),
};
#endif

/* F_SETOWN and F_SETSIG are left out: with them a descriptor can send signals to others.
 * F_SETLKW is SoftHSM's, at each use of a key. */
static const int FCNTL_COMMANDS[] = {
    F_GETFD,     F_SETFD,     F_GETFL, F_SETFL, F_DUPFD,  F_DUPFD_CLOEXEC,
    F_OFD_GETLK, F_OFD_SETLK, F_GETLK, F_SETLK, F_SETLKW,
};

static void allow_all(scmp_filter_ctx filter, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0)
            refuse("seccomp rule");
}

#ifndef VT_SANITIZED
/* Memory, but never executable; a signal to ourselves, but to nobody else (abort). */
static void allow_narrowly(scmp_filter_ctx filter)
{
    pid_t self = getpid();

    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                         SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                         SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                         SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)self, 0)) != 0)
        refuse("seccomp rule");
}
#endif

static void allow_fcntl(scmp_filter_ctx filter)
{
    for (size_t i = 0; i < sizeof FCNTL_COMMANDS / sizeof FCNTL_COMMANDS[0]; i++)
        if (seccomp_rule_add(
                filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)(unsigned)FCNTL_COMMANDS[i], 0)) != 0)
            refuse("seccomp rule");
}

/* Opening for reading, and nothing that could make or change a file.  Landlock says the
 * same, where the kernel has it.  The flags of openat2 lie where no filter can look, so it
 * seems not to exist. */
static void allow_opening_to_read(scmp_filter_ctx filter)
{
    const scmp_datum_t changes = O_ACCMODE | O_CREAT | O_TRUNC;

    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                         SCMP_A2(SCMP_CMP_MASKED_EQ, changes, O_RDONLY)) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
                         SCMP_A1(SCMP_CMP_MASKED_EQ, changes, O_RDONLY)) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0) != 0)
        refuse("seccomp rule");
}

/* Threads, but no processes.  The flags of clone3 lie where no filter can look, so it seems
 * not to exist, and the C library takes clone. */
static void allow_threads(scmp_filter_ctx filter)
{
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                         SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) != 0)
        refuse("seccomp rule");
}

#define ALLOW(filter, table) allow_all(filter, table, sizeof(table) / sizeof((table)[0]))

static void lock_calls(const struct vt_rights *rights)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

    if (filter == NULL)
        refuse("seccomp");
    ALLOW(filter, EVERYBODY);
    allow_fcntl(filter);
#ifdef VT_SANITIZED
    ALLOW(filter, SANITIZERS);
#else
    allow_narrowly(filter);
#endif
    if (rights->folder != NULL || rights->read_folders[0] != NULL ||
        rights->scratch_bytes_max != 0)
        ALLOW(filter, READING);
    if (rights->folder != NULL || rights->scratch_bytes_max != 0)
        ALLOW(filter, WRITING);
    else if (rights->read_folders[0] != NULL)
        allow_opening_to_read(filter);
    if (rights->may_read_links)
        ALLOW(filter, LINKS);
    if (rights->may_listen)
        ALLOW(filter, LISTENERS);
    if (rights->may_connect) {
        ALLOW(filter, CONNECTORS);
        allow_threads(filter);
    }
    if (seccomp_load(filter) != 0)
        refuse("seccomp filter");
    seccomp_release(filter);
}

static void limit(int what, const char *name, uint64_t value)
{
    struct rlimit both = { (rlim_t)value, (rlim_t)value };

    if (setrlimit((__rlimit_resource_t)what, &both) != 0)
        refuse(name);
}

bool vt_confine_has_files(unsigned files, struct vt_error *err)
{
    struct rlimit now, more;

    if (getrlimit(RLIMIT_NOFILE, &now) != 0)
        return vt_fail(err, VT_IO, "how many files may be open: %s", strerror(errno));
    if (now.rlim_max == RLIM_INFINITY || now.rlim_max >= files)
        return true;
    more = (struct rlimit){ now.rlim_cur, files };
    return setrlimit(RLIMIT_NOFILE, &more) == 0 || /* may be granted to root */
           vt_fail(err, VT_IO,
                   "a process of it needs %u open files and may have %ju: raise "
                   "LimitNOFILE of the unit (ulimit -Hn of a shell)",
                   files, (uintmax_t)now.rlim_max);
}

static void lock_resources(const struct vt_rights *rights)
{
    limit(RLIMIT_CORE, "no core file", 0);
    limit(RLIMIT_NOFILE, "few open files", rights->files_max != 0 ? rights->files_max : 64);
    if (rights->cpu_ms_max != 0)
        limit(RLIMIT_CPU, "limit of CPU time", (rights->cpu_ms_max + 999) / 1000);
#ifndef VT_SANITIZED
    if (rights->memory_bytes_max != 0)
        limit(RLIMIT_AS, "limit of memory", rights->memory_bytes_max);
#endif
}

bool vt_rights_read(struct vt_rights *rights, const char *folder, struct vt_error *err)
{
    const size_t max = sizeof rights->read_folders / sizeof rights->read_folders[0] - 1;
    size_t count = 0;

    if (folder == NULL)
        return true;
    for (; count < max && rights->read_folders[count] != NULL; count++)
        if (strcmp(rights->read_folders[count], folder) == 0)
            return true;
    if (count == max)
        return vt_fail(err, VT_LIMIT, "%s: a process may read %zu folders besides its own",
                       folder, max);
    rights->read_folders[count] = folder;
    return true;
}

void vt_confine(const struct vt_rights *rights)
{
    VT_ASSERT(rights->folder == NULL || rights->folder[0] != '\0');
    VT_ASSERT(rights->scratch_bytes_max == 0 ||
              (rights->folder == NULL && rights->read_folders[0] == NULL));
    for (size_t i = 0; i < sizeof rights->libraries / sizeof rights->libraries[0]; i++)
        if (rights->libraries[i] != NULL)
            vt_dynlib_need(rights->libraries[i]);
    if (rights->scratch_bytes_max != 0 && !vt_private_root(rights->scratch_bytes_max))
        refuse("a root folder of its own");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        refuse("no new privileges");
#ifndef VT_SANITIZED /* whose leak finder looks at us from a process of its own */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        refuse("not dumpable");
#endif
    if (!vt_landlock(rights))
        refuse("Landlock");
    lock_resources(rights);
    lock_calls(rights);
}
