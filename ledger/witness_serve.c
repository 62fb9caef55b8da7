/* The operator's process of a witness: it opens the socket, starts front and signer, tells
 * them what they need, and starts them again when one dies.  It reads nothing that came
 * from outside. */
#include "http/http.h"
#include "ledger/role_witness_front.h"
#include "ledger/role_witness_signer.h"
#include "ledger/witness.h"
#include "ledger/witness_message.h"
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

enum {
    DEATHS_MAX = 5,  /* one soon after the other */
    SOON_MS = 10000, /* so long a pair must live to be called healthy */
    PAUSE_MS = 200,  /* before the next start, times the number of deaths */
};

struct pair {
    struct vt_role *signer, *front;
};

struct serving {
    const struct vt_witness_serving *told;
    struct vt_arena *arena;
    struct vt_witness_config config;
    int listen_fd;
    int signal_fd;
    struct pair pair;
};

/* ---- a front and a signer ---------------------------------------------------------------
 */

/* The front ends first: what it began needs the signer. */
static void stop_pair(struct pair *pair)
{
    vt_role_stop(pair->front);
    vt_role_stop(pair->signer);
    *pair = (struct pair){ NULL, NULL };
}

static bool begin_role(struct serving *s, struct vt_role *role, bool is_signer,
                       struct vt_error *err)
{
    struct vt_witness_begin begin = { .vkey = s->config.vkey,
                                      .pending_max = s->told->pending_max,
                                      .connections_max = s->told->connections_max };

    if (is_signer) {
        begin.folder = vt_slice_from_cstr(vt_witness_memory_folder(s->arena, s->told->dir));
        begin.key = s->told->key != NULL ? vt_slice_from_cstr(s->told->key) : s->config.key;
        begin.passphrase = s->told->passphrase;
    }
    if (vt_witness_tell(vt_role_channel(role), &begin, &s->config, err))
        return true;
    if (err->code == VT_ABSENT || err->code == VT_LIMIT)
        (void)vt_fail(err, VT_IO, "ended before it was ready");
    return vt_within(err, is_signer ? "the witness's signer" : "the witness's front");
}

static bool start_pair(struct serving *s, struct vt_error *err)
{
    int fds[VT_WITNESS_FRONT_FDS];

    if (!vt_role_start(VT_ROLE_WITNESS_SIGNER, NULL, 0, &s->pair.signer, err) ||
        !begin_role(s, s->pair.signer, true, err))
        return false;
    fds[VT_WITNESS_FRONT_SIGNER] = vt_role_channel(s->pair.signer)->fd;
    fds[VT_WITNESS_FRONT_LISTEN] = s->listen_fd;
    return vt_role_start(VT_ROLE_WITNESS_FRONT, fds, VT_WITNESS_FRONT_FDS, &s->pair.front,
                         err) &&
           begin_role(s, s->pair.front, false, err);
}

/* ---- watching them ----------------------------------------------------------------------
 */

/* Until a signal (true) or until one of them is gone (false). */
static bool watch_pair(struct serving *s)
{
    struct pollfd fds[3] = { { s->signal_fd, POLLIN, 0 },
                             { vt_role_channel(s->pair.front)->fd, POLLIN, 0 },
                             /* Its messages are the front's: only its end is our affair. */
                             { vt_role_channel(s->pair.signer)->fd, 0, 0 } };

    while (poll(fds, 3, -1) <= 0)
        ;
    return fds[0].revents != 0;
}

/* True if a signal came meanwhile. */
static bool pause_ms(struct serving *s, int ms)
{
    struct pollfd fd = { s->signal_fd, POLLIN, 0 };

    return poll(&fd, 1, ms) > 0;
}

/* Until a signal (true), or until starting again makes no sense.  A pair that dies while it
 * starts counts as one that died soon; any other failure to start will not mend itself. */
static bool run(struct serving *s, struct vt_error *err)
{
    int deaths = 0;

    for (;;) {
        int64_t started_ms = vt_monotonic_ms();

        if (s->pair.front != NULL && watch_pair(s))
            return true;
        stop_pair(&s->pair);
        deaths = vt_monotonic_ms() - started_ms < SOON_MS ? deaths + 1 : 1;
        if (deaths > DEATHS_MAX)
            return vt_fail(err, VT_IO,
                           "the witness's processes died %d times, one soon after the "
                           "other",
                           deaths);
        if (pause_ms(s, PAUSE_MS * deaths))
            return true;
        (void)fprintf(stderr, "vitrine witness: a process of it died, starting again\n");
        if (!start_pair(s, err)) {
            stop_pair(&s->pair);
            if (err->code != VT_IO)
                return false;
        }
    }
}

/* ---- all of it --------------------------------------------------------------------------
 */

/* SIGTERM and SIGINT become readable; the roles inherit that they are blocked, so that ^C
 * on a terminal reaches us alone and we end in good order. */
static bool take_signals(int *fd_out, sigset_t *before, struct vt_error *err)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    VT_ASSERT(sigprocmask(SIG_BLOCK, &set, before) == 0);
    *fd_out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *fd_out >= 0 || vt_fail(err, VT_IO, "signalfd: %s", strerror(errno));
}

static void take_pending_signals(int fd)
{
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
        ;
}

static bool read_config(struct serving *s, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(s->told->dir, false, &disk, err))
        return false;
    is_ok = vt_witness_config_read(disk, s->arena, &s->config, err);
    vt_disk_close(disk);
    return is_ok;
}

static bool serve(struct serving *s, struct vt_error *err)
{
    uint16_t port;

    if (!read_config(s, err) ||
        !vt_http_listen(s->told->address, s->told->port, &s->listen_fd, &port, err) ||
        !start_pair(s, err))
        return false;
    if (s->told->ready != NULL)
        s->told->ready(s->told->context, port);
    return run(s, err);
}

bool vt_witness_serve(const struct vt_witness_serving *serving, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct serving s = {
        .told = serving, .arena = arena, .listen_fd = -1, .signal_fd = -1
    };
    sigset_t before;
    bool is_ok;

    VT_ASSERT(serving->pending_max <= VT_WITNESS_PENDING_MAX && serving->pending_max > 0 &&
              serving->connections_max <= VT_WITNESS_CONNECTIONS_MAX);
    is_ok = take_signals(&s.signal_fd, &before, err) && serve(&s, err);
    stop_pair(&s.pair);
    vt_fd_close(&s.listen_fd);
    take_pending_signals(s.signal_fd);
    vt_fd_close(&s.signal_fd);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return is_ok;
}
