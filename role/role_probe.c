/* Role "probe": takes the rights of another role (those that its row in the table names, so
 * those that it really uses) and tries what they forbid.
 *
 * Rights: none of its own.  When it is told no role: its channel, and the folder if one is
 * named. */
#include "role/probe.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

static const struct vt_rights channel_only = { .memory_bytes_max = VT_MIB(256),
                                               .cpu_ms_max = 1000 };

struct probe {
    const char *folder; /* "" for none */
    pid_t parent;
};

static bool opens(const char *path, int flags)
{
    VT_AUTO_FD fd = open(path, flags | O_CLOEXEC, 0600);

    return fd >= 0;
}

static bool try_read_etc(const struct probe *probe)
{
    (void)probe;
    return opens("/etc/passwd", O_RDONLY);
}

static bool try_write_tmp(const struct probe *probe)
{
    (void)probe;
    return opens("/tmp/vitrine-probe", O_WRONLY | O_CREAT);
}

static bool try_write_folder(const struct probe *probe)
{
    char inside[4200];

    (void)snprintf(inside, sizeof inside, "%s/probe", probe->folder);
    return opens(inside, O_WRONLY | O_CREAT);
}

static bool makes_socket(int family, int type)
{
    VT_AUTO_FD fd = socket(family, type | SOCK_CLOEXEC, 0);

    return fd >= 0;
}

static bool try_socket(const struct probe *probe)
{
    (void)probe;
    return makes_socket(AF_INET, SOCK_STREAM) || makes_socket(AF_INET6, SOCK_DGRAM) ||
           makes_socket(AF_UNIX, SOCK_STREAM) || makes_socket(AF_NETLINK, SOCK_RAW);
}

/* On a descriptor that exists; what matters is that the call is not admitted. */
static bool try_connect(const struct probe *probe)
{
    const struct sockaddr_un nobody = { .sun_family = AF_UNIX, .sun_path = "/nowhere" };

    (void)probe;
    return connect(VT_ROLE_CHANNEL_FD, (const struct sockaddr *)&nobody, sizeof nobody) ==
               0 ||
           errno != EPERM;
}

static bool try_exec_memory(const struct probe *probe)
{
    void *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *other =
        mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)probe;
    return other != MAP_FAILED || page == MAP_FAILED ||
           mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool try_fork(const struct probe *probe)
{
    pid_t pid = fork();

    (void)probe;
    if (pid == 0)
        _exit(0);
    return pid > 0;
}

static bool try_exec(const struct probe *probe)
{
    char *argv[] = { (char *)(uintptr_t) "true", NULL };

    (void)probe;
    (void)execv("/bin/true", argv);
    return errno != EPERM; /* had it worked, nobody would answer: the channel closes */
}

static bool try_kill(const struct probe *probe)
{
    return kill(probe->parent, 0) == 0 ||
           syscall(SYS_tgkill, probe->parent, probe->parent, 0) == 0 ||
           syscall(SYS_pidfd_open, probe->parent, 0) >= 0;
}

/* The long way to a signal: make the parent owner of a descriptor's events. */
static bool try_own(const struct probe *probe)
{
    return fcntl(VT_ROLE_CHANNEL_FD, F_SETOWN, probe->parent) == 0;
}

static bool try_ptrace(const struct probe *probe)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ||
           ptrace(PTRACE_SEIZE, probe->parent, NULL, NULL) == 0;
}

static bool try_undo(const struct probe *probe)
{
    const struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };

    (void)probe;
    return setrlimit(RLIMIT_AS, &more) == 0 || setuid(0) == 0 ||
           syscall(SYS_unshare, 0) == 0;
}

static bool try_memory(const struct probe *probe)
{
    void *room = mmap(NULL, VT_MIB(16384), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    (void)probe;
    return room != MAP_FAILED;
}

/* Another descriptor than the standard ones and the channel? */
static bool try_descriptors(const struct probe *probe)
{
    (void)probe;
    for (int fd = VT_ROLE_FD(0); fd < 4096; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            return true;
    return false;
}

static bool try_environment(const struct probe *probe)
{
    (void)probe;
    return getenv("VITRINE_PROBE_SECRET") != NULL;
}

/* Until the limit of CPU time ends us. */
static bool try_burn(const struct probe *probe)
{
    for (volatile uint64_t i = 0;; i++)
        if (probe->parent == 0)
            return true;
}

static const struct {
    const char *word;
    bool (*works)(const struct probe *probe);
} things[] = {
    { "read-etc", try_read_etc },
    { "write-tmp", try_write_tmp },
    { "write-folder", try_write_folder },
    { "socket", try_socket },
    { "connect", try_connect },
    { "exec-memory", try_exec_memory },
    { "fork", try_fork },
    { "exec", try_exec },
    { "kill", try_kill },
    { "own", try_own },
    { "ptrace", try_ptrace },
    { "undo", try_undo },
    { "memory", try_memory },
    { "descriptors", try_descriptors },
    { "environment", try_environment },
    { "burn", try_burn },
};

/* An unknown word counts as worked, so that a misspelt test fails. */
static bool try_one(vt_slice word, const struct probe *probe)
{
    for (size_t i = 0; i < sizeof things / sizeof things[0]; i++)
        if (vt_slice_is(word, things[i].word))
            return things[i].works(probe);
    return true;
}

static bool receive_text(struct vt_channel *channel, uint16_t type, char *out, size_t len)
{
    struct vt_error err = { 0 };
    struct vt_message message;

    if (!vt_channel_receive(channel, -1, &message, &err) || message.type != type ||
        message.body.len >= len)
        return false;
    (void)snprintf(out, len, "%.*s", VT_SLICE_ARGS(message.body));
    return true;
}

/* The rights of that role, its folder put in; false if there is no such role. */
static bool find_rights(const struct vt_role_row *rows, const char *name,
                        const char *folder, struct vt_rights *out)
{
    while (rows->name != NULL && strcmp(rows->name, name) != 0)
        rows++;
    *out = rows->rights != NULL ? *rows->rights : channel_only;
    if (rows->rights == NULL && folder[0] != '\0')
        out->folder = folder;
    if (out->folder != NULL && out->folder[0] == '\0')
        out->folder = folder;
    return name[0] == '\0' || rows->rights != NULL;
}

int vt_role_probe(const struct vt_role_row *rows, struct vt_channel *channel)
{
    struct vt_error err = { 0 };
    struct vt_message message;
    struct vt_rights rights;
    char name[64], folder[4096];
    struct probe probe = { folder, getppid() };

    if (!receive_text(channel, VT_PROBE_NAME, name, sizeof name) ||
        !receive_text(channel, VT_PROBE_FOLDER, folder, sizeof folder) ||
        !find_rights(rows, name, folder, &rights))
        return VT_EXIT_TROUBLE;
    vt_confine(&rights);
    while (vt_channel_receive(channel, -1, &message, &err)) {
        uint8_t worked = try_one(message.body, &probe);

        if (!vt_channel_send(channel, VT_PROBE_ANSWER, vt_slice_of(&worked, 1), &err))
            return VT_EXIT_TROUBLE;
    }
    return VT_EXIT_OK;
}
