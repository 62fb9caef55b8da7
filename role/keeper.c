/* The keeper: signals, deaths, starting again. */
#include "role/keeper.h"
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

enum {
    DEATHS_MAX = 5,  /* one soon after the other */
    SOON_MS = 10000, /* so long all must live to be called healthy */
    PAUSE_MS = 200,  /* before the next start, times the number of deaths */
};

/* SIGTERM and SIGINT become readable, and SIGHUP where it means something. */
static bool take_signals(const struct vt_kept *kept, int *fd_out, sigset_t *before,
                         struct vt_error *err)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (kept->reload != NULL)
        (void)sigaddset(&set, SIGHUP);
    VT_ASSERT(sigprocmask(SIG_BLOCK, &set, before) == 0);
    *fd_out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *fd_out >= 0 || vt_fail(err, VT_IO, "signalfd: %s", strerror(errno));
}

static void give_signals_back(int *fd, const sigset_t *before)
{
    struct signalfd_siginfo info;

    while (*fd >= 0 && read(*fd, &info, sizeof info) == (ssize_t)sizeof info)
        ;
    vt_fd_close(fd);
    (void)sigprocmask(SIG_SETMASK, before, NULL);
}

/* Until a signal (true) or until one of them is gone (false). */
static bool watch(const struct vt_kept *kept, int signal_fd)
{
    struct pollfd fds[VT_KEPT_MAX + 1];
    int channels[VT_KEPT_MAX];
    size_t count = kept->channels(kept->context, channels);

    VT_ASSERT(count <= VT_KEPT_MAX);
    fds[0] = (struct pollfd){ signal_fd, POLLIN, 0 };
    /* What they say is said to each other: only their end is our affair. */
    for (size_t i = 0; i < count; i++)
        fds[1 + i] = (struct pollfd){ channels[i], 0, 0 };
    while (poll(fds, 1 + count, -1) <= 0)
        ;
    return fds[0].revents != 0;
}

/* True if a signal came meanwhile. */
static bool pause_ms(int signal_fd, int ms)
{
    struct pollfd fd = { signal_fd, POLLIN, 0 };

    return poll(&fd, 1, ms) > 0;
}

/* What came; 0: nothing. */
static uint32_t read_signal(int signal_fd)
{
    struct signalfd_siginfo info = { 0 };

    return read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info ? info.ssi_signo : 0;
}

/* Start all with what is written now.  False: they do not run. */
static bool reload(const struct vt_kept *kept, struct vt_error *err)
{
    struct vt_error why = { 0 };

    if (!kept->reload(kept->context, &why)) {
        (void)fprintf(stderr, "vitrine %s: it goes on as before: %s\n", kept->name,
                      why.message);
        return true;
    }
    kept->stop(kept->context);
    (void)fprintf(stderr, "vitrine %s: read again, starting with it\n", kept->name);
    if (kept->start(kept->context, err))
        return true;
    (void)fprintf(stderr, "vitrine %s: %s\n", kept->name, err->message);
    return false;
}

/* A signal was seen.  True: it ends us. */
static bool take_signal(const struct vt_kept *kept, int signal_fd, bool *is_running,
                        struct vt_error *err)
{
    uint32_t signal = read_signal(signal_fd);

    if (signal == 0)
        return false;
    if (signal == SIGHUP && kept->reload != NULL) {
        *is_running = reload(kept, err);
        return false;
    }
    if (kept->drain != NULL)
        kept->drain(kept->context, signal_fd);
    return true;
}

/* Until a signal (true), or until starting again makes no sense. */
static bool keep_running(const struct vt_kept *kept, int signal_fd, struct vt_error *err)
{
    bool is_running = true;
    int deaths = 0;

    for (;;) {
        int64_t since_ms = vt_monotonic_ms();

        while (is_running && watch(kept, signal_fd))
            if (take_signal(kept, signal_fd, &is_running, err))
                return true;
        kept->stop(kept->context);
        deaths = vt_monotonic_ms() - since_ms < SOON_MS ? deaths + 1 : 1;
        if (deaths > DEATHS_MAX)
            return vt_fail(err, VT_IO,
                           "the %s's processes died %d times, one soon after the other",
                           kept->name, deaths);
        if (pause_ms(signal_fd, PAUSE_MS * deaths))
            return true;
        (void)fprintf(stderr, "vitrine %s: a process of it died, starting again\n",
                      kept->name);
        is_running = kept->start(kept->context, err);
        if (!is_running)
            (void)fprintf(stderr, "vitrine %s: %s\n", kept->name, err->message);
    }
}

bool vt_keep(const struct vt_kept *kept, struct vt_error *err)
{
    sigset_t before;
    int signal_fd = -1;
    bool is_ok =
        take_signals(kept, &signal_fd, &before, err) && kept->start(kept->context, err);

    if (is_ok && kept->ready != NULL)
        kept->ready(kept->context);
    is_ok = is_ok && keep_running(kept, signal_fd, err);
    kept->stop(kept->context);
    give_signals_back(&signal_fd, &before);
    return is_ok;
}
