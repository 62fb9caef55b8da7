/* Fork, build, tell. */
#include "line/vary_beside.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { TICK_MS = 200 };

/* What the process tells.  Both sides are this program. */
struct word {
    bool ok;
    struct vt_error err;
    struct vt_seen seen;
};

VT_NORETURN static void build_and_tell(const struct vt_build_request *request, int to,
                                       pid_t parent)
{
    struct vt_build_request quiet = *request;
    VT_AUTO_BUILD_REPORT report = NULL;
    struct word word = { .ok = false };

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent)
        _exit(VT_EXIT_TROUBLE);
    quiet.watch = (struct vt_build_watch){ 0 };
    word.ok = vt_line_build(&quiet, &report, &word.err);
    if (word.ok)
        word.seen = report->seen;
    _exit(write(to, &word, sizeof word) == (ssize_t)sizeof word ? VT_EXIT_OK
                                                                : VT_EXIT_TROUBLE);
}

bool vt_beside_begin(const struct vt_build_request *request, struct vt_beside *out,
                     struct vt_error *err)
{
    pid_t parent = getpid(), pid;
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return vt_fail(err, VT_IO, "pipe: %s", strerror(errno));
    (void)fflush(NULL); /* what stands in our buffers is ours to write */
    pid = fork();
    if (pid == 0)
        build_and_tell(request, ends[1], parent);
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return vt_fail(err, VT_IO, "fork: %s", strerror(errno));
    }
    *out = (struct vt_beside){ pid, ends[0], request->out, request->watch };
    return true;
}

static bool hear(const struct vt_beside *beside, struct word *out, struct vt_error *err)
{
    struct pollfd wait = { beside->from, POLLIN, 0 };
    ssize_t len;

    while (poll(&wait, 1, TICK_MS) <= 0)
        if (beside->watch.log != NULL)
            beside->watch.log(beside->watch.context, (vt_slice){ 0 });
    /* Shorter than PIPE_BUF, it comes whole. */
    _Static_assert(sizeof(struct word) <= 4096, "PIPE_BUF");
    len = read(beside->from, out, sizeof *out);
    if (len != (ssize_t)sizeof *out)
        return vt_fail(err, VT_IO, "the process of the build died");
    if (!out->ok)
        *err = out->err;
    return out->ok;
}

bool vt_beside_end(struct vt_beside *beside, struct vt_build_report **report_out,
                   struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(16));
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s/build.json", beside->out);
    struct word word;
    bool ok;

    /* Our own build is done; whoever watches hears what is waited for. */
    if (beside->watch.step != NULL)
        beside->watch.step(beside->watch.context, 1, 1,
                           vt_arena_printf(arena, "the varied build (%s)", beside->out));
    ok = hear(beside, &word, err);
    (void)close(beside->from);
    while (waitpid(beside->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (!ok || !vt_file_read(path, &text, err) ||
        !vt_build_report_parse(vt_buf_slice(&text), path, report_out, err))
        return false;
    (*report_out)->seen = word.seen;
    return true;
}
