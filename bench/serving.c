/* Processes of a benchmark. */
#include "bench/serving.h"
#include "base/child.h"
#include "bench/bench.h"
#include <dirent.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { READY_S = 30 };

VT_NORETURN static void give_up(const char *what)
{
    (void)fprintf(stderr, "bench: %s\n", what);
    exit(VT_EXIT_TROUBLE);
}

static pid_t start(const char *log, int out, const char *const argv[])
{
    pid_t pid = fork();
    int err;

    if (pid != 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setsid(); /* so that a signal reaches all that it starts, and nobody else */
    err = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    (void)dup2(err, 2);
    (void)dup2(out >= 0 ? out : err, 1);
    (void)execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* Give up if it ends with more than status_max. */
static const char *output_of(struct vt_arena *arena, const char *const argv[],
                             int status_max)
{
    int ends[2], status = 0;
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    char piece[4096];
    ssize_t got;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        give_up("pipe");
    pid = start("/dev/null", ends[1], argv);
    (void)close(ends[1]);
    while ((got = read(ends[0], piece, sizeof piece)) > 0)
        vt_buf_put(&text, vt_slice_of(piece, (size_t)got));
    (void)close(ends[0]);
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
        WEXITSTATUS(status) > status_max)
        give_up(argv[1] != NULL ? argv[1] : argv[0]);
    return vt_arena_cstr(arena, vt_buf_slice(&text));
}

const char *vt_bench_output(struct vt_arena *arena, const char *const argv[])
{
    return output_of(arena, argv, 0);
}

const char *vt_bench_output_if_any(struct vt_arena *arena, const char *const argv[])
{
    return output_of(arena, argv, 1);
}

void vt_bench_run(const char *const argv[])
{
    VT_AUTO_ARENA arena = vt_arena_new();

    (void)vt_bench_output(arena, argv);
}

double vt_bench_run_busy(const char *const argv[])
{
    pid_t pid = start("/dev/stderr", -1, argv);
    struct rusage used;
    int status = 0;

    if (wait4(pid, &status, 0, &used) != pid || status != 0)
        give_up(argv[1]);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static bool answers(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    VT_AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
}

/* The port in "ready: http://127.0.0.1:PORT". */
static uint16_t read_port(int fd)
{
    char line[256] = "";
    size_t len = 0;
    struct pollfd poll_fd = { fd, POLLIN, 0 };

    while (len < sizeof line - 1 && strchr(line, '\n') == NULL &&
           poll(&poll_fd, 1, READY_S * 1000) > 0) {
        ssize_t got = read(fd, line + len, sizeof line - 1 - len);

        if (got <= 0)
            break;
        len += (size_t)got;
        line[len] = '\0';
    }
    return strrchr(line, ':') != NULL ? (uint16_t)strtoul(strrchr(line, ':') + 1, NULL, 10)
                                      : 0;
}

struct vt_serving vt_bench_start(const char *log, uint16_t port, const char *const argv[])
{
    struct vt_serving serving = { .port = port };
    double until = vt_bench_seconds() + READY_S;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        give_up("pipe");
    serving.pid = start(log, port == 0 ? ends[1] : -1, argv);
    (void)close(ends[1]);
    if (port == 0)
        serving.port = read_port(ends[0]);
    (void)close(ends[0]);
    while (serving.port != 0 && !answers(serving.port) && vt_bench_seconds() < until)
        (void)usleep(2000);
    if (serving.port == 0 || !answers(serving.port))
        give_up("a server did not get ready; see its log");
    return serving;
}

void vt_bench_stop(struct vt_serving *serving, int signal)
{
    if (serving->pid <= 0)
        return;
    (void)kill(-serving->pid, signal);
    (void)waitpid(serving->pid, NULL, 0);
    serving->pid = 0;
}

/* A number behind a name in /proc/PID/status. */
static uint64_t status_of(const char *pid, const char *name)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    FILE *file = fopen(vt_arena_printf(arena, "/proc/%s/status", pid), "re");
    char line[256];
    uint64_t value = 0;

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtoul(line + strlen(name), NULL, 10);
    if (file != NULL)
        (void)fclose(file);
    return value;
}

uint64_t vt_bench_resident(const struct vt_serving *serving)
{
    DIR *proc = opendir("/proc");
    uint64_t bytes = 0;
    struct dirent *entry;

    while (proc != NULL && (entry = readdir(proc)) != NULL) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        if (strtol(entry->d_name, NULL, 10) == serving->pid ||
            status_of(entry->d_name, "PPid:") == (uint64_t)serving->pid)
            bytes += status_of(entry->d_name, "VmRSS:") * 1024;
    }
    if (proc != NULL)
        (void)closedir(proc);
    return bytes;
}
