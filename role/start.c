/* Starting and ending a role: fork, exec of ourselves, one channel. */
#include "role/probe.h"
#include "role/role.h"
#include "wire/json.h"
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { STOP_MS_MAX = 5000 };

struct vt_role {
    struct vt_channel channel;
    pid_t pid;
};

/* In the child: put the descriptors in their places, everything else away, and exec. */
VT_NORETURN static void become(const char *program, const char *name, char **environment,
                               int channel, const int *fds, size_t fd_count)
{
    char *argv[] = { (char *)(uintptr_t) "vitrine", (char *)(uintptr_t) "role",
                     (char *)(uintptr_t)name, NULL };
    int moved[VT_ROLE_FDS_MAX + 1];
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    /* First out of the way of the places, then into them: dup2 drops close-on-exec. */
    moved[0] = fcntl(channel, F_DUPFD_CLOEXEC, 64);
    for (size_t i = 0; i < fd_count; i++)
        moved[i + 1] = fcntl(fds[i], F_DUPFD_CLOEXEC, 64);
    if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(null_fd, 1) < 0)
        _exit(VT_EXIT_TROUBLE);
    for (size_t i = 0; i <= fd_count; i++)
        if (moved[i] < 0 || dup2(moved[i], VT_ROLE_CHANNEL_FD + (int)i) < 0)
            _exit(VT_EXIT_TROUBLE);
    if (close_range((unsigned)VT_ROLE_FD((int)fd_count), ~0u, 0) != 0)
        _exit(VT_EXIT_TROUBLE);
    (void)execve(program, argv, environment);
    _exit(VT_EXIT_TROUBLE);
}

bool vt_role_start(const char *name, const int *fds, size_t fd_count,
                   struct vt_role **role_out, struct vt_error *err)
{
    VT_AUTO_FREE char **environment = NULL;
    char program[4096];
    struct vt_channel ours, theirs;
    pid_t pid;

    VT_ASSERT(fd_count <= VT_ROLE_FDS_MAX);
    if (!vt_role_program(program, sizeof program, err) ||
        !vt_channel_pair(&ours, &theirs, err))
        return vt_within(err, "role %s", name);
    environment = vt_role_environment();
    pid = fork();
    if (pid == 0)
        become(program, name, environment, theirs.fd, fds, fd_count);
    vt_channel_clear(&theirs);
    if (pid < 0) {
        vt_channel_clear(&ours);
        return vt_fail(err, VT_IO, "role %s: no process: %s", name, strerror(errno));
    }
    *role_out = vt_alloc(sizeof **role_out);
    **role_out = (struct vt_role){ ours, pid };
    return true;
}

struct vt_channel *vt_role_channel(struct vt_role *role)
{
    return &role->channel;
}

pid_t vt_role_pid(const struct vt_role *role)
{
    return role->pid;
}

int vt_role_end(struct vt_role *role)
{
    int64_t end_ms = vt_monotonic_ms() + STOP_MS_MAX;
    int status = -1;

    vt_channel_clear(&role->channel);
    for (;;) {
        pid_t got = waitpid(role->pid, &status, WNOHANG);

        if (got == role->pid || (got < 0 && errno != EINTR))
            break;
        if (vt_monotonic_ms() > end_ms)
            (void)kill(role->pid, SIGKILL);
        (void)poll(NULL, 0, 1);
    }
    free(role);
    return status;
}

void vt_role_stop(struct vt_role *role)
{
    if (role != NULL)
        (void)vt_role_end(role);
}

void vt_role_stop_pointer(struct vt_role **role)
{
    vt_role_stop(*role);
}

static const struct vt_role_row *find_row(const struct vt_role_row *rows, vt_slice name)
{
    for (; rows->name != NULL; rows++)
        if (vt_slice_is(name, rows->name))
            return rows;
    return NULL;
}

int vt_role_main(const struct vt_role_row *rows, const char *name)
{
    const struct vt_role_row *row;
    struct vt_channel channel;
    struct stat about;
    int exit_code;

    if (fstat(VT_ROLE_CHANNEL_FD, &about) != 0 || !S_ISSOCK(about.st_mode)) {
        (void)fprintf(stderr, "vitrine role: roles are started by vitrine itself\n");
        return VT_EXIT_USAGE;
    }
    /* No orphan: a role without its parent has nothing to do. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    row = find_row(rows, vt_slice_from_cstr(name));
    if (row == NULL && strcmp(name, VT_ROLE_PROBE) != 0) {
        (void)fprintf(stderr, "vitrine role: there is no role '%s'\n", name);
        return VT_EXIT_USAGE;
    }
    vt_json_prepare(); /* a confined role can no longer ask the kernel for a seed */
    channel = vt_channel_init(VT_ROLE_CHANNEL_FD);
    exit_code = row != NULL ? row->entry(&channel) : vt_role_probe(rows, &channel);
    vt_channel_clear(&channel);
    return exit_code;
}
