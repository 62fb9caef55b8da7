/* Our launcher.  The child (process 1 inside) builds its view of the world and becomes the
 * reaper; its own child (process 2) is the program.
 *
 *   ordinary user                          root
 *   clone with all namespaces              clone with all but the user namespace
 *   user map 1000 -> us                    mounts, made by real root: any path is reached
 *   mounts                                 user namespace, map 1000 -> VT_SANDBOX_UID
 *   become 1000, no capability, no new privileges, Landlock, seccomp, run
 *
 * For root the mounts belong to a namespace above the program's: whatever capability it
 * might win in its own, it could not undo them.  Nobody but 1000 is mapped, so the files of
 * root folder and area, which have one owner, all seem to be the builder's. */
#include "line/sandbox_inside.h"
#include <linux/capability.h>
#include <linux/if.h>
#include <linux/seccomp.h>
#include <linux/filter.h>
#include <signal.h>
#include <grp.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum {
    NAMESPACES = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
                 CLONE_NEWCGROUP,
};

/* ---- inside ----------------------------------------------------------------------------
 */

struct inside {
    const struct vt_sandbox_plan *plan;
    int talk; /* our end of the conversation with the parent */
    int output;
    bool is_memory_shared;
};

VT_NORETURN static void say_and_end(const struct inside *in, enum vt_word word, int value,
                                    const char *what)
{
    struct vt_sandbox_word message = { .word = word, .value = value };

    (void)snprintf(message.what, sizeof message.what, "%s", what);
    (void)!write(in->talk, &message, sizeof message);
    _exit(1);
}

/* Every step of the setup goes through here: false ends it with errno and a name. */
static void must(const struct inside *in, bool did, const char *what)
{
    if (!did)
        say_and_end(in, VT_WORD_FAILED, errno, what);
}

static void wait_for_go(const struct inside *in)
{
    uint8_t go;

    /* End of file: the parent is gone, and so shall we be. */
    if (read(in->talk, &go, 1) != 1)
        _exit(1);
}

static void ask_for_map(const struct inside *in)
{
    struct vt_sandbox_word message = { .word = VT_WORD_NEED_MAP };

    must(in, write(in->talk, &message, sizeof message) == sizeof message, "talk");
    wait_for_go(in);
}

static bool restrict_mount(const char *path, uint64_t attributes, bool is_deep)
{
    struct mount_attr attr = { .attr_set = attributes };

    return syscall(SYS_mount_setattr, AT_FDCWD, path, is_deep ? AT_RECURSIVE : 0, &attr,
                   sizeof attr) == 0;
}

static bool set_readonly(const char *path, bool is_deep)
{
    return restrict_mount(path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV,
                          is_deep);
}

/* What real root made shall seem to be the builder's too. */
static bool give_away(const struct inside *in, const char *path)
{
    return !in->plan->is_root ||
           lchown(path, in->plan->owner_uid, in->plan->owner_gid) == 0;
}

static bool mount_tmpfs(const struct inside *in, const char *path, unsigned mode,
                        uint64_t bytes, uint64_t files)
{
    char options[160];

    (void)snprintf(options, sizeof options, "mode=%o,size=%ju,nr_inodes=%ju,uid=%u,gid=%u",
                   mode, (uintmax_t)bytes, (uintmax_t)files,
                   in->plan->is_root ? VT_SANDBOX_UID : in->plan->uid,
                   in->plan->is_root ? VT_SANDBOX_UID : in->plan->gid);
    return mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0;
}

static bool make_folder(const struct inside *in, const char *path)
{
    return mkdir(path, 0755) == 0 ? give_away(in, path) : errno == EEXIST;
}

/* mkdir -p of a clean path relative to the new root. */
static bool make_folders(const struct inside *in, char *path)
{
    for (char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        bool ok;

        *slash = '\0';
        ok = make_folder(in, path);
        *slash = '/';
        if (!ok)
            return false;
    }
    return make_folder(in, path);
}

static void mount_area(const struct inside *in)
{
    const struct vt_sandbox_plan *plan = in->plan;
    char path[4096];

    (void)snprintf(path, sizeof path, "%s", plan->spec->area_inside + 1);
    if (strcmp(path, "build") != 0) {
        must(in, mount_tmpfs(in, "build", 0755, VT_MIB(1), 256), "mount /build");
        must(in, make_folders(in, path), "make the area's mount point");
    }
    must(in,
         mount(plan->area, path, NULL, MS_BIND | MS_REC, NULL) == 0 &&
             restrict_mount(path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, true),
         "mount the area");
    if (strcmp(path, "build") != 0)
        must(in, set_readonly("build", false), "close /build");
}

static bool touch(const struct inside *in, const char *path)
{
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    return fd >= 0 && give_away(in, path);
}

static void mount_inputs(const struct inside *in)
{
    const struct vt_sandbox_plan *plan = in->plan;

    must(in, mount_tmpfs(in, "mnt", 0755, VT_MIB(1), 2048), "mount /mnt");
    for (size_t i = 0; i < plan->spec->input_count; i++) {
        const char *path = plan->spec->inputs[i].inside + 1;

        must(in, plan->is_input_folder[i] ? make_folder(in, path) : touch(in, path),
             "make an input's mount point");
        must(in, mount(plan->inputs[i], path, NULL, MS_BIND | MS_REC, NULL) == 0,
             "mount an input");
    }
    must(in, set_readonly("mnt", true), "close /mnt");
}

static void mount_devices(const struct inside *in)
{
    static const char *const devices[] = { "null", "zero", "full", "random", "urandom" };
    static const char *const links[][2] = {
        { "/proc/self/fd", "dev/fd" },
        { "/proc/self/fd/0", "dev/stdin" },
        { "/proc/self/fd/1", "dev/stdout" },
        { "/proc/self/fd/2", "dev/stderr" },
    };
    char from[32], to[32];

    must(in, mount_tmpfs(in, "dev", 0755, VT_MIB(1), 256), "mount /dev");
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        (void)snprintf(from, sizeof from, "/dev/%s", devices[i]);
        (void)snprintf(to, sizeof to, "dev/%s", devices[i]);
        must(in,
             touch(in, to) && mount(from, to, NULL, MS_BIND, NULL) == 0 &&
                 restrict_mount(to, MOUNT_ATTR_NOSUID, false),
             from);
    }
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        must(in, symlink(links[i][0], links[i][1]) == 0 && give_away(in, links[i][1]),
             links[i][1]);
    must(in, make_folder(in, "dev/shm") && set_readonly("dev", false), "close /dev");
    must(in, mount_tmpfs(in, "dev/shm", 01777, in->plan->tmpfs_bytes, 1048576),
         "mount /dev/shm");
}

static bool write_small(const struct inside *in, const char *path, vt_slice text)
{
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

    return fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len &&
           give_away(in, path);
}

static void make_sys(const struct inside *in)
{
    char path[64];

    must(in, mount_tmpfs(in, "sys", 0755, VT_MIB(1), 1024), "mount /sys");
    for (unsigned i = 0; i < in->plan->spec->factors.cpu_count; i++) {
        (void)snprintf(path, sizeof path, "sys/devices/system/cpu/cpu%u", i);
        must(in, make_folders(in, path), "fill /sys");
    }
    for (size_t i = 0; i < in->plan->mask_count; i++)
        if (in->plan->masks[i].is_in_sys)
            must(in,
                 write_small(in, in->plan->masks[i].inside + 1, in->plan->masks[i].text),
                 "fill /sys");
    must(in, set_readonly("sys", false), "close /sys");
}

/* Lay the fixed texts over files that exist.  They are written in a tmpfs that is taken
 * away again: the mounts keep it alive, out of sight. */
static void mount_masks(const struct inside *in)
{
    char path[64];

    must(in, mount_tmpfs(in, "tmp", 0755, VT_MIB(4), 1024), "mount /tmp");
    for (size_t i = 0; i < in->plan->mask_count; i++) {
        const struct vt_mask *mask = &in->plan->masks[i];

        if (mask->is_in_sys || access(mask->inside + 1, F_OK) != 0)
            continue;
        (void)snprintf(path, sizeof path, "tmp/%zu", i);
        must(in, write_small(in, path, mask->text), mask->inside);
        must(in,
             mount(path, mask->inside + 1, NULL, MS_BIND, NULL) == 0 &&
                 set_readonly(mask->inside + 1, false),
             mask->inside);
    }
    must(in, umount2("tmp", MNT_DETACH) == 0, "hide the masks");
    must(in, mount_tmpfs(in, "tmp", 01777, in->plan->tmpfs_bytes, 1048576), "mount /tmp");
}

/* All mounts, relative to the root folder, which becomes "/" at the end. */
static void make_world(const struct inside *in)
{
    const struct vt_sandbox_plan *plan = in->plan;

    (void)umask(0);
    must(in, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private mounts");
    must(in,
         mount(plan->root, plan->root, NULL, MS_BIND | MS_REC, NULL) == 0 &&
             chdir(plan->root) == 0,
         "mount the root folder");
    if (!plan->spec->is_root_writable)
        must(in, set_readonly(".", true), "close the root folder");
    must(in, mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0,
         "mount /proc");
    mount_area(in);
    mount_inputs(in);
    mount_devices(in);
    make_sys(in);
    mount_masks(in);
    must(in,
         syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 &&
             chdir("/") == 0,
         "change the root");
}

static void name_host(const struct inside *in)
{
    const char *name = in->plan->spec->factors.host_name;
    struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
    VT_AUTO_FD fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    must(in, sethostname(name, strlen(name)) == 0 && setdomainname("(none)", 6) == 0,
         "name the host");
    /* Tests of what is built may talk to themselves; there is no other interface. */
    must(in, fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0, "start loopback");
}

static void drop_capabilities(const struct inside *in)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[2] = { { 0 } };

    for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        must(in, prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0, "drop a capability");
    must(in,
         prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
             syscall(SYS_capset, &header, none) == 0,
         "drop the capabilities");
}

static void become_builder(const struct inside *in)
{
    const struct vt_sandbox_plan *plan = in->plan;

    if (plan->is_root)
        must(in, setgroups(0, NULL) == 0, "leave the groups");
    must(in,
         setresgid(plan->gid, plan->gid, plan->gid) == 0 &&
             setresuid(plan->uid, plan->uid, plan->uid) == 0,
         "become the builder");
    drop_capabilities(in);
    /* The memory of the launcher is not for the build to read, and it must not outlive us:
     * changing the user took that promise back. */
    must(in,
         prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
             prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
             prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0,
         "promise no new privileges");
}

static void put_locks_on(const struct inside *in)
{
    const struct vt_sandbox_plan *plan = in->plan;
    const char *writable[] = { plan->spec->area_inside, "/tmp", "/dev/shm", NULL };
    struct sock_fprog program = {
        .len = (unsigned short)(plan->filter.len / sizeof(struct sock_filter)),
        .filter = (struct sock_filter *)(void *)plan->filter.data,
    };

    if (!plan->spec->is_root_writable) {
        int got = vt_sandbox_landlock(writable);

        errno = -got;
        must(in, got == 0, "Landlock");
    }
    must(in, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0, "seccomp");
}

VT_NORETURN static void run_program(const struct inside *in)
{
    const struct vt_sandbox_spec *spec = in->plan->spec;
    extern char **environ;

    must(in, chdir(in->plan->directory) == 0, "enter the working folder");
    must(in,
         vt_sandbox_take_limits(in->plan, in->is_memory_shared) &&
             vt_sandbox_limit_processes(in->plan),
         "set the limits");
    environ = (char **)(uintptr_t)in->plan->environment;
    (void)execvp(spec->argv[0], (char *const *)(uintptr_t)spec->argv);
    say_and_end(in, VT_WORD_NO_PROGRAM, errno, spec->argv[0]);
}

/* Process 1: reap whatever dies; when the program ends, say how, and take all with us. */
VT_NORETURN static void reap(const struct inside *in, pid_t program)
{
    struct vt_sandbox_word message = { .word = VT_WORD_ENDED };
    int status;

    for (;;) {
        pid_t got = wait4(-1, &status, 0, NULL);

        if (got == program) {
            message.value = status;
            (void)!write(in->talk, &message, sizeof message);
            _exit(0);
        }
        if (got < 0 && errno != EINTR)
            _exit(1);
    }
}

VT_NORETURN static void inside_main(const struct inside *in)
{
    int kept[] = { in->talk };
    pid_t program;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        _exit(1);
    must(in, vt_sandbox_keep_only(in->output, kept, 1), "give it its output");
    if (!in->plan->is_root) {
        /* Else an ordinary parent that changed its user may not write our map. */
        must(in, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0, "dumpable");
        ask_for_map(in);
    }
    name_host(in);
    make_world(in);
    if (in->plan->is_root) {
        must(in, unshare(CLONE_NEWUSER) == 0, "user namespace");
        ask_for_map(in);
    }
    must(in, setsid() >= 0, "new session");
    must(in, vt_sandbox_take_terms(in->plan), "set the terms");
    become_builder(in);
    put_locks_on(in);
    program = fork();
    must(in, program >= 0, "fork");
    if (program == 0)
        run_program(in);
    reap(in, program);
}

/* ---- outside ---------------------------------------------------------------------------
 */

static bool write_proc(pid_t pid, const char *name, const char *text, struct vt_error *err)
{
    char path[64];
    VT_AUTO_FD fd = -1;
    size_t len = strlen(text);

    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, len) != (ssize_t)len)
        return vt_fail(err, VT_IO, "sandbox: %s: %s", path, strerror(errno));
    return true;
}

static bool write_map(const struct vt_sandbox_plan *plan, pid_t pid, struct vt_error *err)
{
    char uids[64], gids[64];

    (void)snprintf(uids, sizeof uids, "%u %u 1\n", plan->uid, plan->owner_uid);
    (void)snprintf(gids, sizeof gids, "%u %u 1\n", plan->gid, plan->owner_gid);
    return (plan->is_root || write_proc(pid, "setgroups", "deny", err)) &&
           write_proc(pid, "uid_map", uids, err) && write_proc(pid, "gid_map", gids, err);
}

static bool is_forbidden(const struct vt_sandbox_plan *plan, int error)
{
    return !plan->is_root &&
           (error == EPERM || error == EACCES || error == ENOSPC || error == EUSERS);
}

static bool say_forbidden(struct vt_error *err)
{
    return vt_fail(
        err, VT_REJECTED,
        "sandbox: this system forbids namespaces to ordinary users; run as root, "
        "or allow them (sysctl user.max_user_namespaces, "
        "kernel.unprivileged_userns_clone, "
        "kernel.apparmor_restrict_unprivileged_userns)");
}

static bool tell_failure(const struct vt_sandbox_plan *plan,
                         const struct vt_sandbox_word *word, struct vt_error *err)
{
    if (word->word == VT_WORD_NO_PROGRAM)
        return vt_fail(err, VT_ABSENT, "%.70s: cannot run it: %s", word->what,
                       strerror(word->value));
    if (is_forbidden(plan, word->value) && (strcmp(word->what, "name the host") == 0 ||
                                            strcmp(word->what, "private mounts") == 0))
        return say_forbidden(err);
    return vt_fail(err, VT_IO, "sandbox: %.70s: %s", word->what, strerror(word->value));
}

/* The child asks for its user map once; anything else at this time is its last word. */
static bool shake_hands(const struct vt_sandbox_plan *plan,
                        const struct vt_sandbox_process *process, struct vt_error *err)
{
    struct vt_sandbox_word word = { 0 };

    if (read(process->status, &word, sizeof word) != sizeof word)
        return vt_fail(err, VT_IO, "sandbox: the launcher died");
    if (word.word != VT_WORD_NEED_MAP)
        return tell_failure(plan, &word, err);
    word.what[sizeof word.what - 1] = '\0';
    if (!write_map(plan, process->pid, err))
        return false;
    if (write(process->status, "g", 1) != 1)
        return vt_fail(err, VT_IO, "sandbox: the launcher died");
    return true;
}

static void give_up(struct vt_sandbox_process *process)
{
    if (process->pid > 0) {
        (void)kill(process->pid, SIGKILL);
        while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    vt_fd_close(&process->output);
    vt_fd_close(&process->status);
    vt_cgroup_clear(&process->cgroup);
}

static bool clone_child(const struct vt_sandbox_plan *plan,
                        struct vt_sandbox_process *process, struct inside *in,
                        struct vt_error *err)
{
    unsigned long flags =
        NAMESPACES | SIGCHLD | (plan->is_root ? 0 : (unsigned long)CLONE_NEWUSER);
    int error;

    process->pid = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
    if (process->pid == 0) {
        vt_fd_close(&process->output);
        vt_fd_close(&process->status);
        inside_main(in);
    }
    error = errno;
    if (process->pid < 0 && is_forbidden(plan, error))
        return say_forbidden(err);
    if (process->pid < 0)
        return vt_fail(err, VT_IO, "sandbox: cannot make namespaces: %s", strerror(error));
    return true;
}

bool vt_sandbox_start_own(const struct vt_sandbox_plan *plan,
                          struct vt_sandbox_process *out, struct vt_error *err)
{
    const struct vt_sandbox_limits *l = &plan->spec->limits;
    struct vt_sandbox_process process = { .output = -1, .status = -1 };
    int talk[2] = { -1, -1 }, output[2] = { -1, -1 };
    struct inside in = { .plan = plan };
    bool ok;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk) != 0 ||
        pipe2(output, O_CLOEXEC) != 0) {
        vt_fd_close(&talk[0]);
        vt_fd_close(&talk[1]);
        return vt_fail(err, VT_IO, "sandbox: %s", strerror(errno));
    }
    vt_cgroup_init(&process.cgroup, l->memory_bytes, l->processes);
    process.status = talk[0];
    process.output = output[0];
    in.talk = talk[1];
    in.output = output[1];
    in.is_memory_shared = vt_cgroup_has_memory(&process.cgroup);
    ok = clone_child(plan, &process, &in, err);
    vt_fd_close(&talk[1]);
    vt_fd_close(&output[1]);
    if (ok && !vt_cgroup_add(&process.cgroup, process.pid))
        ok = vt_fail(err, VT_IO, "sandbox: cannot enter its control group: %s",
                     strerror(errno));
    if (!ok || !shake_hands(plan, &process, err)) {
        give_up(&process);
        return false;
    }
    *out = process;
    return true;
}

bool vt_sandbox_end_own(const struct vt_sandbox_plan *plan,
                        const struct vt_sandbox_process *process, int *status,
                        struct vt_error *err)
{
    struct vt_sandbox_word word = { 0 };
    ssize_t got = read(process->status, &word, sizeof word);

    /* No word: it was killed, and *status says by what. */
    if (got != sizeof word)
        return true;
    word.what[sizeof word.what - 1] = '\0';
    if (word.word != VT_WORD_ENDED)
        return tell_failure(plan, &word, err);
    *status = word.value;
    return true;
}
