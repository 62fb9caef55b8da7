/* Servers that run while a case runs. */
#include "tests/running.h"
#include "http/server.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { READY_MS_MAX = 30000, END_MS_MAX = 30000, WAIT_MS_MAX = 10000 };

VT_NORETURN static void become(const char *said, const char *const argv[], int out)
{
    VT_AUTO_FD err = -1;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (said != NULL) {
        err = open(vt_test_path(said), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        (void)dup2(err, 2);
    }
    (void)dup2(out, 1);
    (void)execv(strcmp(argv[0], "vitrine") == 0 ? vt_test_vitrine() : argv[0],
                (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* One line of its output. */
static const char *read_line(struct vt_running *running)
{
    VT_AUTO_BUF line = vt_buf_init(VT_KIB(4));
    int64_t end_ms = vt_monotonic_ms() + READY_MS_MAX;

    for (;;) {
        struct pollfd fd = { running->out, POLLIN, 0 };
        int64_t left_ms = end_ms - vt_monotonic_ms();
        char c;

        VT_CHECK_SAYING(left_ms > 0 && poll(&fd, 1, (int)left_ms) > 0,
                        "the server did not get ready in time");
        VT_CHECK_SAYING(read(running->out, &c, 1) == 1,
                        "the server ended before it was ready");
        if (c == '\n')
            return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&line));
        vt_buf_put_u8(&line, (uint8_t)c);
    }
}

/* Below those that the kernel gives to whoever connects (from 32768 on): nobody else gets
 * it while its server is down. */
const char *vt_test_free_port(void)
{
    enum { FROM = 10000, COUNT = 22000, STEP = 7919 };
    unsigned start = (unsigned)getpid() % COUNT;
    struct vt_error err = { 0 };
    uint16_t port;
    int fd;

    for (unsigned i = 0; i < COUNT; i++)
        if (vt_http_listen("127.0.0.1", (uint16_t)(FROM + (start + i * STEP) % COUNT), &fd,
                           &port, &err)) {
            vt_fd_close(&fd);
            return vt_test_print("%u", port);
        }
    vt_test_fail(__FILE__, __LINE__, "no port is free: %s", err.message);
}

struct vt_running vt_test_start(const char *said, const char *const argv[])
{
    struct vt_running running = { 0 };
    const char *line;
    int ends[2];

    VT_CHECK(pipe2(ends, O_CLOEXEC) == 0);
    (void)fflush(NULL);
    running.pid = fork();
    VT_CHECK(running.pid >= 0);
    if (running.pid == 0)
        become(said, argv, ends[1]);
    (void)close(ends[1]);
    running.out = ends[0];
    line = read_line(&running);
    VT_CHECK_SAYING(strncmp(line, "ready: ", 7) == 0, "it said: %s", line);
    running.url = line + 7;
    return running;
}

static int wait_for_end(struct vt_running *running)
{
    int64_t end_ms = vt_monotonic_ms() + END_MS_MAX;
    int status = 0;

    while (waitpid(running->pid, &status, WNOHANG) == 0) {
        VT_CHECK_SAYING(vt_monotonic_ms() < end_ms, "the server does not end");
        (void)poll(NULL, 0, 5);
    }
    (void)close(running->out);
    running->pid = 0;
    return status;
}

void vt_test_stop(struct vt_running *running, int exit_code_wanted)
{
    int status;

    VT_CHECK(kill(running->pid, SIGTERM) == 0);
    status = wait_for_end(running);
    VT_CHECK_SAYING(WIFEXITED(status) && WEXITSTATUS(status) == exit_code_wanted,
                    "the server ended with wait status %d", status);
}

void vt_test_kill(struct vt_running *running)
{
    VT_CHECK(kill(running->pid, SIGKILL) == 0);
    (void)wait_for_end(running);
}

bool vt_test_wait_until(bool (*holds)(void *context), void *context)
{
    int64_t end_ms = vt_monotonic_ms() + WAIT_MS_MAX;

    while (!holds(context)) {
        if (vt_monotonic_ms() > end_ms)
            return false;
        (void)poll(NULL, 0, 5);
    }
    return true;
}

/* ---- its roles --------------------------------------------------------------------------
 */

/* Does /proc/PID say that it is a child of `parent`, started as `vitrine role NAME`? */
static bool is_role(const char *pid, pid_t parent, const char *name)
{
    char path[300], text[1000];
    char wanted[100];
    int len = snprintf(wanted, sizeof wanted, "vitrine%crole%c%s", 0, 0, name) + 1;
    FILE *file;
    long ppid = 0;
    size_t got;

    (void)snprintf(path, sizeof path, "/proc/%s/stat", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    if (fscanf(file, "%*d (%*[^)]) %*c %ld", &ppid) != 1)
        ppid = 0;
    (void)fclose(file);
    (void)snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    got = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    return ppid == parent && got == (size_t)len && memcmp(text, wanted, got) == 0;
}

pid_t vt_test_role_of(const struct vt_running *running, const char *name)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    pid_t found = 0;

    VT_CHECK(proc != NULL);
    while (found == 0 && (entry = readdir(proc)) != NULL)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            is_role(entry->d_name, running->pid, name))
            found = (pid_t)strtol(entry->d_name, NULL, 10);
    (void)closedir(proc);
    return found;
}
