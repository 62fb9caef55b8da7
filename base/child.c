/* Run a program to its end: fork, exec, one poll loop over its three pipes. */
#include "base/base.h"
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

extern char **environ;

struct pipes {
    int in, out, err; /* our ends; -1 when not ours to serve */
    int in_child, out_child, err_child;
    int exec_status, exec_status_child; /* carries errno of a failed exec */
};

static void pipes_close(struct pipes *p)
{
    int *all[] = { &p->in,        &p->out,       &p->err,         &p->in_child,
                   &p->out_child, &p->err_child, &p->exec_status, &p->exec_status_child };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        vt_fd_close(all[i]);
}

static bool make_pipe(int *read_end, int *write_end)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *read_end = ends[0];
    *write_end = ends[1];
    return true;
}

static bool pipes_open(struct pipes *p, const struct vt_child_options *options)
{
    *p = (struct pipes){ -1, -1, -1, -1, -1, -1, -1, -1 };
    if (!make_pipe(&p->exec_status, &p->exec_status_child))
        return false;
    if (options->input.len != 0) {
        if (!make_pipe(&p->in_child, &p->in))
            return false;
    } else {
        p->in_child = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (p->in_child < 0)
            return false;
    }
    if (options->output != NULL && !make_pipe(&p->out, &p->out_child))
        return false;
    if (options->errors != NULL && options->errors != options->output &&
        !make_pipe(&p->err, &p->err_child))
        return false;
    /* A child that does not read must not hold us while we could be draining it. */
    return p->in < 0 || fcntl(p->in, F_SETFL, O_NONBLOCK) == 0;
}

VT_NORETURN static void child_main(const char *const argv[],
                                   const struct vt_child_options *options,
                                   const struct pipes *p)
{
    int failure;
    sigset_t none;

    (void)setpgid(0, 0);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    if (dup2(p->in_child, 0) < 0 || (p->out_child >= 0 && dup2(p->out_child, 1) < 0) ||
        (p->err_child >= 0 && dup2(p->err_child, 2) < 0) ||
        (options->errors != NULL && options->errors == options->output && dup2(1, 2) < 0) ||
        (options->directory != NULL && chdir(options->directory) != 0))
        goto failed;
    if (options->environment != NULL)
        environ = (char **)(uintptr_t)options->environment;
    (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
failed:
    failure = errno;
    (void)!write(p->exec_status_child, &failure, sizeof failure);
    _exit(127);
}

/* Read what is there; false at the end of the stream. */
static bool drain(int *fd, struct vt_buf *into)
{
    uint8_t piece[16384];
    ssize_t got = read(*fd, piece, sizeof piece);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (got <= 0) {
        vt_fd_close(fd);
        return false;
    }
    vt_buf_put(into, vt_slice_of(piece, (size_t)got));
    return true;
}

static void feed(int *fd, vt_slice *input)
{
    ssize_t put = write(*fd, input->data, input->len);

    if (put < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (put > 0)
        *input = vt_slice_sub(*input, (size_t)put, input->len - (size_t)put);
    if (put < 0 || input->len == 0)
        vt_fd_close(fd);
}

static void serve_pipes(struct pipes *p, const struct vt_child_options *options, pid_t pid,
                        bool *is_late_out)
{
    int64_t end_ms = options->timeout_ms > 0 ? vt_monotonic_ms() + options->timeout_ms : 0;
    vt_slice input = options->input;

    while (p->in >= 0 || p->out >= 0 || p->err >= 0) {
        struct pollfd fds[3] = { { p->in, POLLOUT, 0 },
                                 { p->out, POLLIN, 0 },
                                 { p->err, POLLIN, 0 } };
        int64_t left = end_ms != 0 ? end_ms - vt_monotonic_ms() : -1;

        if (end_ms != 0 && left <= 0) {
            (void)kill(-pid, SIGKILL);
            *is_late_out = true;
            return;
        }
        if (poll(fds, 3, (int)(left > 1000000 ? 1000000 : left)) < 0 && errno != EINTR)
            return;
        if (fds[0].revents != 0)
            feed(&p->in, &input);
        if (fds[1].revents != 0)
            (void)drain(&p->out, options->output);
        if (fds[2].revents != 0)
            (void)drain(&p->err, options->errors);
    }
}

/* Wait, past EINTR, and kill the group when its time is over. */
static int wait_for_end(pid_t pid, int64_t end_ms, bool *is_late)
{
    int status = 0;

    for (;;) {
        pid_t got = waitpid(pid, &status, end_ms != 0 && !*is_late ? WNOHANG : 0);

        if (got == pid)
            return status;
        if (got < 0 && errno != EINTR)
            return status;
        if (got == 0 && vt_monotonic_ms() >= end_ms) {
            (void)kill(-pid, SIGKILL);
            *is_late = true;
        } else if (got == 0) {
            (void)poll(NULL, 0, 5);
        }
    }
}

bool vt_child_run(const char *const argv[], const struct vt_child_options *options,
                  struct vt_child_end *end_out, struct vt_error *err)
{
    int64_t end_ms = options->timeout_ms > 0 ? vt_monotonic_ms() + options->timeout_ms : 0;
    struct pipes p;
    bool is_late = false;
    int failure = 0, status;
    pid_t pid;

    if (!pipes_open(&p, options) || (pid = fork()) < 0) {
        pipes_close(&p);
        return vt_fail(err, VT_IO, "%s: cannot start: %s", argv[0], strerror(errno));
    }
    if (pid == 0)
        child_main(argv, options, &p);
    vt_fd_close(&p.in_child);
    vt_fd_close(&p.out_child);
    vt_fd_close(&p.err_child);
    vt_fd_close(&p.exec_status_child);
    if (read(p.exec_status, &failure, sizeof failure) != sizeof failure)
        failure = 0; /* closed by a successful exec */
    if (failure == 0)
        serve_pipes(&p, options, pid, &is_late);
    pipes_close(&p);
    status = wait_for_end(pid, end_ms, &is_late);
    if (failure != 0)
        return vt_fail(err, failure == ENOENT ? VT_ABSENT : VT_IO, "%s: cannot start: %s",
                       argv[0], strerror(failure));
    *end_out = (struct vt_child_end){
        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + (status & 0x7f),
        .is_late = is_late,
    };
    return true;
}
