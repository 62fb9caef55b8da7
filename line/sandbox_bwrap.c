/* The second runner: bubblewrap, other people's code, given the same spec.  What it shows
 * the program must be the same as ours: the tests compare.
 *
 * It knows no Landlock, and as an ordinary user no limit on the number of processes (it
 * would count those of the user outside).  As root it is started under VT_SANDBOX_UID, so
 * that user must be able to reach the root folder. */
#include "line/sandbox_inside.h"
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { WORDS_MAX = 8192, DEATH_MS_MAX = 20000 };

/* bubblewrap's command line, and the descriptors that it reads. */
struct command {
    struct vt_arena *arena;
    const char *words[WORDS_MAX];
    size_t count;
    int fds[VT_MASKS_MAX + 4]; /* one place is left for the status descriptor */
    size_t fd_count;
};

static void put(struct command *c, const char *word)
{
    VT_ASSERT(c->count < WORDS_MAX - 1); /* inputs are bounded, the rest is a few dozen */
    c->words[c->count++] = word;
}

static void put2(struct command *c, const char *option, const char *value)
{
    put(c, option);
    put(c, value);
}

static void put3(struct command *c, const char *option, const char *a, const char *b)
{
    put2(c, option, a);
    put(c, b);
}

static void put_number(struct command *c, const char *option, uint64_t number)
{
    put2(c, option, vt_arena_printf(c->arena, "%ju", (uintmax_t)number));
}

static bool put_data(struct command *c, const char *option, vt_slice bytes,
                     const char *target, struct vt_error *err)
{
    int fd = memfd_create("bwrap", MFD_CLOEXEC);

    if (fd < 0)
        return vt_fail(err, VT_IO, "sandbox: %s", strerror(errno));
    c->fds[c->fd_count++] = fd;
    put_number(c, option, (uint64_t)fd);
    if (target != NULL)
        put(c, target);
    if (!vt_fd_write_all(fd, "bwrap", bytes, err))
        return false;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return vt_fail(err, VT_IO, "sandbox: %s", strerror(errno));
    return true;
}

static void put_tmpfs(struct command *c, const char *mode, uint64_t bytes, const char *path)
{
    put2(c, "--perms", mode);
    put_number(c, "--size", bytes);
    put2(c, "--tmpfs", path);
}

static void put_area_and_inputs(struct command *c, const struct vt_sandbox_plan *plan)
{
    const struct vt_sandbox_spec *spec = plan->spec;

    if (strcmp(spec->area_inside, "/build") != 0)
        put_tmpfs(c, "0755", VT_MIB(1), "/build");
    put3(c, "--bind", plan->area, spec->area_inside);
    if (strcmp(spec->area_inside, "/build") != 0)
        put2(c, "--remount-ro", "/build");
    put_tmpfs(c, "0755", VT_MIB(1), "/mnt");
    for (size_t i = 0; i < spec->input_count; i++)
        put3(c, "--ro-bind", plan->inputs[i], spec->inputs[i].inside);
    put2(c, "--remount-ro", "/mnt");
}

static void put_devices(struct command *c, const struct vt_sandbox_plan *plan)
{
    static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/full",
                                           "/dev/random", "/dev/urandom" };

    put_tmpfs(c, "0755", VT_MIB(1), "/dev");
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        put3(c, "--dev-bind", devices[i], devices[i]);
    put3(c, "--symlink", "/proc/self/fd", "/dev/fd");
    put3(c, "--symlink", "/proc/self/fd/0", "/dev/stdin");
    put3(c, "--symlink", "/proc/self/fd/1", "/dev/stdout");
    put3(c, "--symlink", "/proc/self/fd/2", "/dev/stderr");
    put2(c, "--dir", "/dev/shm");
    put2(c, "--remount-ro", "/dev");
    put_tmpfs(c, "1777", plan->tmpfs_bytes, "/dev/shm");
}

static bool put_masks(struct command *c, const struct vt_sandbox_plan *plan,
                      struct vt_error *err)
{
    put_tmpfs(c, "0755", VT_MIB(1), "/sys");
    for (unsigned i = 0; i < plan->spec->factors.cpu_count; i++)
        put2(c, "--dir", vt_arena_printf(c->arena, "/sys/devices/system/cpu/cpu%u", i));
    for (size_t i = 0; i < plan->mask_count; i++) {
        const struct vt_mask *mask = &plan->masks[i];
        const char *in_root = vt_arena_printf(c->arena, "%s%s", plan->root, mask->inside);
        bool is_proc = strncmp(mask->inside, "/proc/", 6) == 0;

        if (mask->is_in_sys || vt_path_exists(is_proc ? mask->inside : in_root)) {
            put2(c, "--perms", "0444");
            if (!put_data(c, mask->is_in_sys ? "--file" : "--ro-bind-data", mask->text,
                          mask->inside, err))
                return false;
        }
    }
    put2(c, "--remount-ro", "/sys");
    return true;
}

static bool make_command(struct command *c, const struct vt_sandbox_plan *plan, int status,
                         struct vt_error *err)
{
    static const char *const fixed[] = {
        "bwrap",
        "--unshare-user",
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--new-session",
        "--unshare-cgroup-try",
        "--die-with-parent",
        "--cap-drop",
        "ALL",
    };
    const struct vt_sandbox_spec *spec = plan->spec;

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        put(c, fixed[i]);
    put_number(c, "--uid", plan->uid);
    put_number(c, "--gid", plan->gid);
    put2(c, "--hostname", spec->factors.host_name);
    put3(c, spec->is_root_writable ? "--bind" : "--ro-bind", plan->root, "/");
    put2(c, "--proc", "/proc");
    put_area_and_inputs(c, plan);
    put_devices(c, plan);
    if (!put_masks(c, plan, err))
        return false;
    put_tmpfs(c, "1777", plan->tmpfs_bytes, "/tmp");
    put2(c, "--chdir", plan->directory);
    put_number(c, "--json-status-fd", (uint64_t)status);
    if (!put_data(c, "--seccomp", vt_buf_slice(&plan->filter), NULL, err))
        return false;
    put(c, "--");
    for (size_t i = 0; spec->argv[i] != NULL; i++) {
        if (c->count >= WORDS_MAX - 1)
            return vt_fail(err, VT_LIMIT, "sandbox: too many arguments for bubblewrap");
        put(c, spec->argv[i]);
    }
    return true;
}

VT_NORETURN static void become_bwrap(const struct vt_sandbox_plan *plan, struct command *c,
                                     int status, int output, bool is_memory_shared,
                                     pid_t parent)
{
    extern char **environ;
    bool ok;

    VT_ASSERT(c->fd_count < sizeof c->fds / sizeof c->fds[0]);
    c->fds[c->fd_count++] = status;
    ok = vt_sandbox_keep_only(output, c->fds, c->fd_count);
    for (size_t i = 0; i < c->fd_count; i++)
        ok = ok && fcntl(c->fds[i], F_SETFD, 0) == 0;
    ok =
        ok && vt_sandbox_take_terms(plan) && vt_sandbox_take_limits(plan, is_memory_shared);
    if (ok && plan->is_root)
        ok = setgroups(0, NULL) == 0 &&
             setresgid(plan->owner_gid, plan->owner_gid, plan->owner_gid) == 0 &&
             setresuid(plan->owner_uid, plan->owner_uid, plan->owner_uid) == 0;
    /* After the user was changed, which would take it back; if the parent died before, we
     * have another one now. */
    ok = ok && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent;
    if (ok) {
        c->words[c->count] = NULL;
        environ = (char **)(uintptr_t)plan->environment;
        (void)execv("/usr/bin/bwrap", (char *const *)(uintptr_t)c->words);
    }
    _exit(127);
}

static bool fork_bwrap(const struct vt_sandbox_plan *plan, struct command *c, int status,
                       struct vt_sandbox_process *process, struct vt_error *err)
{
    pid_t parent = getpid();
    int output[2];

    if (pipe2(output, O_CLOEXEC) != 0)
        return vt_fail(err, VT_IO, "sandbox: %s", strerror(errno));
    process->pid = fork();
    if (process->pid == 0) {
        if (!vt_cgroup_add(&process->cgroup, getpid()))
            _exit(127);
        become_bwrap(plan, c, status, output[1], vt_cgroup_has_memory(&process->cgroup),
                     parent);
    }
    vt_fd_close(&output[1]);
    process->output = output[0];
    if (process->pid > 0)
        return true;
    vt_fd_close(&process->output);
    return vt_fail(err, VT_IO, "sandbox: cannot start bubblewrap: %s", strerror(errno));
}

bool vt_sandbox_start_bwrap(const struct vt_sandbox_plan *plan,
                            struct vt_sandbox_process *out, struct vt_error *err)
{
    const struct vt_sandbox_limits *l = &plan->spec->limits;
    struct command *c = vt_arena_alloc(plan->arena, sizeof *c);
    struct vt_sandbox_process process = { .output = -1, .status = -1 };
    int status[2];
    bool ok;

    if (access("/usr/bin/bwrap", X_OK) != 0)
        return vt_fail(err, VT_ABSENT,
                       "sandbox: bubblewrap is not installed (Debian package bubblewrap)");
    if (pipe2(status, O_CLOEXEC) != 0)
        return vt_fail(err, VT_IO, "sandbox: %s", strerror(errno));
    c->arena = plan->arena;
    process.status = status[0];
    vt_cgroup_init(&process.cgroup, l->memory_bytes, l->processes);
    ok = make_command(c, plan, status[1], err) &&
         fork_bwrap(plan, c, status[1], &process, err);
    for (size_t i = 0; i < c->fd_count; i++)
        vt_fd_close(&c->fds[i]);
    vt_fd_close(&status[1]);
    if (!ok) {
        vt_fd_close(&process.status);
        vt_cgroup_clear(&process.cgroup);
        return false;
    }
    *out = process;
    return true;
}

/* bubblewrap may end before the first process inside is dead; its number was told. */
static void wait_for_first_process(const char *said)
{
    const char *at = strstr(said, "\"child-pid\":");
    long pid = at != NULL ? strtol(at + strlen("\"child-pid\":"), NULL, 10) : 0;
    struct pollfd fd = { -1, POLLIN, 0 };

    if (pid <= 1 || pid > INT32_MAX)
        return;
    fd.fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (fd.fd < 0)
        return; /* dead and gone already */
    (void)poll(&fd, 1, DEATH_MS_MAX);
    vt_fd_close(&fd.fd);
}

/* bubblewrap writes {"exit-code": N} on its status descriptor only if the program ran. */
bool vt_sandbox_end_bwrap(const struct vt_sandbox_plan *plan,
                          const struct vt_sandbox_process *process, int *status,
                          struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(64));
    const char *said;

    (void)plan;
    (void)status;
    if (!vt_fd_read_all(process->status, "bubblewrap", &text, err))
        return false;
    said = vt_buf_cstr(&text);
    if (said != NULL)
        wait_for_first_process(said);
    if (said == NULL || strstr(said, "\"exit-code\"") == NULL)
        return vt_fail(
            err, VT_IO,
            "sandbox: bubblewrap could not make it; its reason is in the output");
    return true;
}
