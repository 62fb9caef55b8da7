/* Role "probe": tries what its rights forbid and answers what came of it.  It is how the
 * confinement tests look from inside, and how `vitrine` can be asked whether the locks of
 * this machine work.
 *
 * Rights: its channel; with a folder named in the request, files below it. */
#include "role/probe.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>

static bool try_open(const char *path, int flags)
{
    VT_AUTO_FD fd = open(path, flags | O_CLOEXEC, 0600);

    return fd >= 0;
}

static bool try_socket(void)
{
    VT_AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return fd >= 0;
}

static bool try_exec_memory(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return page != MAP_FAILED;
}

static bool try_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return pid > 0;
}

static bool try_exec(void)
{
    char *argv[] = { (char *)(uintptr_t) "true", NULL };

    (void)execv("/bin/true", argv);
    return false; /* had it worked, nobody would answer: the channel closes */
}

static bool try_one(const char *what, const char *folder)
{
    char inside[4200];

    (void)snprintf(inside, sizeof inside, "%s/probe", folder);
    if (strcmp(what, "read-etc") == 0)
        return try_open("/etc/passwd", O_RDONLY);
    if (strcmp(what, "write-tmp") == 0)
        return try_open("/tmp/vitrine-probe", O_WRONLY | O_CREAT);
    if (strcmp(what, "write-folder") == 0)
        return try_open(inside, O_WRONLY | O_CREAT);
    if (strcmp(what, "socket") == 0)
        return try_socket();
    if (strcmp(what, "exec-memory") == 0)
        return try_exec_memory();
    if (strcmp(what, "fork") == 0)
        return try_fork();
    if (strcmp(what, "exec") == 0)
        return try_exec();
    if (strcmp(what, "kill") == 0)
        return kill(getppid(), 0) == 0;
    if (strcmp(what, "ptrace") == 0)
        return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
    return false;
}

int vt_role_probe(struct vt_channel *channel)
{
    struct vt_error err = { 0 };
    struct vt_message message;
    char folder[4096];
    struct vt_rights rights = { .memory_bytes_max = VT_MIB(256), .cpu_ms_max = 2000 };

    /* The first message names the folder, empty for none. */
    if (!vt_channel_receive(channel, -1, &message, &err) ||
        message.body.len >= sizeof folder)
        return VT_EXIT_TROUBLE;
    (void)snprintf(folder, sizeof folder, "%.*s", VT_SLICE_ARGS(message.body));
    rights.folder = folder[0] != '\0' ? folder : NULL;
    vt_confine(&rights);
    while (vt_channel_receive(channel, -1, &message, &err)) {
        char what[64];
        uint8_t worked;

        (void)snprintf(what, sizeof what, "%.*s", VT_SLICE_ARGS(message.body));
        worked = try_one(what, folder);
        if (!vt_channel_send(channel, VT_PROBE_ANSWER, vt_slice_of(&worked, 1), &err))
            return VT_EXIT_TROUBLE;
    }
    return VT_EXIT_OK;
}
