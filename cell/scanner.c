/* A scanner's life: a round, a pause, a round; and what it does when something is not
 * there.
 *
 * Failures are told once, when they begin, and when they are over. */
#include "cell/scanner.h"
#include "cell/queue_door.h"
#include "cell/scanner_numbers.h"
#include "cell/scanner_watch.h"
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

enum {
    PAUSE_MS = 500, /* after the first failure; twice as long after each, ... */
    PAUSE_MS_MAX = 30000,
    REFUSED_MS = 30000, /* a no of the agent's is not over in a second */
    NUMBERS_MS = 1000,  /* written at most so often */
    LOOK_MS = 1000,
    PAPERS_MAX = 16,
};

struct run {
    const struct vt_scanner *told;
    struct vt_scan_dispatch dispatch;
    struct vt_channel keeper; /* its fd is -1: not connected */
    struct vt_scanner_numbers numbers;
    vt_hash databases, papers; /* as they looked when they were read last */
    uint64_t starts_before;    /* of workers of pools that are closed */
    int64_t looked_ms, written_ms, retry_ms, pause_ms;
    int signal_fd;
    vt_hash written; /* the numbers, last */
    bool is_ending, must_look;
    char trouble[240]; /* told last; empty: all is well */
};

/* ---- telling ----------------------------------------------------------------------------
 */

static void tell_trouble(struct run *r, const char *what, const struct vt_error *why)
{
    char text[sizeof r->trouble];

    (void)snprintf(text, sizeof text, "%.40s: %.180s", what, why->message);
    if (strcmp(text, r->trouble) != 0)
        (void)fprintf(stderr, "vitrine scanner: %s\n", text);
    memcpy(r->trouble, text, sizeof text);
}

static void tell_round(struct run *r, const struct vt_scan_round *round)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));

    vt_buf_printf(&text, "%zu of %zu scanned", round->settled, round->samples);
    for (unsigned i = 0; i < VT_SCAN_STATES; i++)
        if (round->states[i] != 0)
            vt_buf_printf(&text, ", %zu %s", round->states[i],
                          vt_scan_state_name((enum vt_scan_state)i));
    if (round->gone != 0)
        vt_buf_printf(&text, ", %zu erased meanwhile", round->gone);
    if (round->keyless != 0)
        vt_buf_printf(&text, ", %zu without a key", round->keyless);
    if (round->is_cut)
        vt_buf_put_text(&text, "; the rest when it starts again");
    (void)fprintf(stderr, "vitrine scanner: %s; %ju wait\n", vt_buf_cstr(&text),
                  (uintmax_t)r->numbers.waiting);
}

/* A disk that is full now costs numbers, not scans; one that is broken ends us. */
static bool write_numbers(struct run *r, bool is_last, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));
    struct vt_error why = { 0 };
    vt_hash seen;

    if (!is_last && vt_monotonic_ms() - r->written_ms < NUMBERS_MS)
        return true;
    r->written_ms = vt_monotonic_ms();
    r->numbers.starts = r->starts_before;
    if (r->dispatch.pool != NULL)
        r->numbers.starts += vt_scan_pool_starts(r->dispatch.pool);
    vt_scanner_numbers_write(&r->numbers, &text);
    seen = vt_sha256_of(vt_buf_slice(&text));
    if (vt_hash_equal(&seen, &r->written))
        return true; /* a scanner that idles wears out no disk */
    r->written = seen;
    if (!vt_disk_write(r->dispatch.state, VT_SCANNER_METRICS, vt_buf_slice(&text), 0644,
                       &why) &&
        vt_disk_is_spoiled(r->dispatch.state)) {
        *err = why;
        return false;
    }
    return true;
}

/* ---- signals ----------------------------------------------------------------------------
 */

static bool take_signals(struct run *r, sigset_t *before, struct vt_error *err)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    VT_ASSERT(sigprocmask(SIG_BLOCK, &set, before) == 0);
    r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return r->signal_fd >= 0 || vt_fail(err, VT_IO, "signalfd: %s", strerror(errno));
}

static void give_signals_back(struct run *r, const sigset_t *before)
{
    vt_fd_close(&r->signal_fd);
    (void)sigprocmask(SIG_SETMASK, before, NULL);
}

static bool hear_signals(void *context)
{
    struct run *r = context;
    struct signalfd_siginfo info;

    while (read(r->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            r->must_look = true;
        else
            r->is_ending = true;
    }
    return r->is_ending;
}

/* Until a signal comes, the keeper goes, or the time is over.  One that goes is looked for
 * again soon, for it is started again. */
static void rest(struct run *r, int64_t ms)
{
    struct pollfd fds[] = { { r->signal_fd, POLLIN, 0 }, { r->keeper.fd, 0, 0 } };

    (void)poll(fds, 2, (int)ms); /* at most LOOK_MS */
    if (fds[1].revents != 0)
        vt_channel_clear(&r->keeper);
}

/* ---- databases and papers ---------------------------------------------------------------
 */

static vt_hash look_at_databases(const struct run *r)
{
    const char *const paths[] = { r->told->scan.pack, r->told->scan.clamav };

    return vt_scanner_look(paths, 2);
}

static vt_hash look_at_papers(const struct run *r)
{
    size_t count = 0;

    while (r->told->papers[count] != NULL)
        count++;
    return vt_scanner_look(r->told->papers, count);
}

static void close_pool(struct run *r)
{
    if (r->dispatch.pool != NULL)
        r->starts_before += vt_scan_pool_starts(r->dispatch.pool);
    vt_scan_pool_close(r->dispatch.pool);
    r->dispatch.pool = NULL;
}

/* The new workers first: what the old ones scan by is the last that was good. */
static bool open_pool(struct run *r, struct vt_error *err)
{
    vt_hash seen = look_at_databases(r);
    struct vt_scan_pool *pool;
    char rules[65];

    if (!vt_scan_pool_open(&r->told->scan, &pool, err))
        return false;
    close_pool(r);
    r->dispatch.pool = pool;
    r->databases = seen;
    r->numbers.rules = vt_scan_pool_binding(pool)->rules;
    vt_hash_text(&r->numbers.rules, rules);
    (void)fprintf(stderr, "vitrine scanner: the rules are %s\n", rules);
    return true;
}

static void renew_databases(struct run *r)
{
    vt_hash seen = look_at_databases(r);
    struct vt_error why = { 0 };

    if (vt_hash_equal(&seen, &r->databases))
        return;
    r->databases = seen; /* tried once; loading them again would find the same */
    if (!open_pool(r, &why)) {
        tell_trouble(r, "the old rules stay, the new ones are no good", &why);
        return;
    }
    r->numbers.reloads++;
    r->retry_ms = 0; /* what was refused may be allowed by these */
}

static void renew_papers(struct run *r)
{
    vt_hash seen = look_at_papers(r);
    struct vt_error why = { 0 };

    if (vt_hash_equal(&seen, &r->papers))
        return;
    r->papers = seen;
    if (!r->told->renew(r->told->context, &why)) {
        tell_trouble(r, "the old papers stay, the new ones are no good", &why);
        return;
    }
    r->numbers.reloads++;
    r->retry_ms = 0; /* what was refused may be allowed now */
    (void)fprintf(stderr, "vitrine scanner: papers were read again\n");
}

static void renew(struct run *r)
{
    if (!r->must_look && vt_monotonic_ms() - r->looked_ms < LOOK_MS)
        return;
    if (r->must_look)
        r->databases = r->papers = (vt_hash){ { 0 } }; /* whoever asks gets another try */
    r->must_look = false;
    r->looked_ms = vt_monotonic_ms();
    renew_databases(r);
    renew_papers(r);
}

/* ---- a round ----------------------------------------------------------------------------
 */

static void wait_after_failure(struct run *r, int64_t least_ms)
{
    r->pause_ms = r->pause_ms == 0 ? PAUSE_MS : 2 * r->pause_ms;
    if (r->pause_ms > PAUSE_MS_MAX)
        r->pause_ms = PAUSE_MS_MAX;
    r->retry_ms = vt_monotonic_ms() + (r->pause_ms > least_ms ? r->pause_ms : least_ms);
}

static void lose_keeper(struct run *r, const struct vt_error *why)
{
    vt_channel_clear(&r->keeper);
    r->numbers.lost_keeper++;
    tell_trouble(r, "the keeper", why);
    r->pause_ms = 0; /* it is back soon, and waiting for it costs nobody anything */
    wait_after_failure(r, 0);
}

static void take_failure(struct run *r, const struct vt_error *why)
{
    if (vt_scan_pool_is_spoiled(r->dispatch.pool)) {
        close_pool(r);
        r->numbers.lost_workers++;
        tell_trouble(r, "workers", why);
        wait_after_failure(r, 0);
    } else if (why->code == VT_REJECTED) {
        r->numbers.refused++;
        tell_trouble(r, "samples wait", why);
        wait_after_failure(r, REFUSED_MS);
    } else if (why->code == VT_IO) {
        r->numbers.lost_keys++;
        tell_trouble(r, "samples wait", why);
        wait_after_failure(r, 0);
    } else {
        lose_keeper(r, why);
    }
}

static void take_round(struct run *r, const struct vt_scan_round *round)
{
    if (r->trouble[0] != '\0')
        (void)fprintf(stderr, "vitrine scanner: all is well again\n");
    r->trouble[0] = '\0';
    r->pause_ms = 0;
    if (round->samples == 0) {
        r->retry_ms = vt_monotonic_ms() + r->told->idle_ms;
        return;
    }
    r->numbers.batches += !round->is_cut;
    tell_round(r, round);
}

static void do_round(struct run *r)
{
    struct vt_env env = vt_env_real();
    struct vt_scan_round round;
    struct vt_error why = { 0 };
    bool is_ok;

    if (r->dispatch.pool == NULL && !open_pool(r, &why)) {
        tell_trouble(r, "workers", &why);
        wait_after_failure(r, 0);
        return;
    }
    if (r->keeper.fd < 0 && !vt_queue_door_knock(r->told->samples, &r->keeper, &why)) {
        lose_keeper(r, &why);
        return;
    }
    is_ok = vt_scan_dispatch_round(&r->dispatch, &round, &why);
    /* What was settled before it failed is durable and counts. */
    vt_scanner_numbers_add(&r->numbers, &round, vt_env_now_unix_s(&env));
    if (is_ok)
        take_round(r, &round);
    else
        take_failure(r, &why);
}

static bool go_on(struct run *r, struct vt_error *err)
{
    int64_t left_ms;

    while (!hear_signals(r)) {
        renew(r);
        if (vt_monotonic_ms() >= r->retry_ms)
            do_round(r);
        if (!write_numbers(r, false, err))
            return false;
        left_ms = r->retry_ms - vt_monotonic_ms();
        if (left_ms > 0 && !hear_signals(r))
            rest(r, left_ms < LOOK_MS ? left_ms : LOOK_MS);
    }
    return write_numbers(r, true, err);
}

/* ---- all of it --------------------------------------------------------------------------
 */

/* A note that nobody can read is found now, not at each round. */
static bool check_note(struct vt_disk *state, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_SCAN_BATCH_BYTES_MAX);
    VT_AUTO_FREE struct vt_scan_batch *batch = vt_alloc(sizeof *batch);
    bool has_one;

    return vt_scan_batch_recall(state, &bytes, batch, &has_one, err);
}

static bool begin(struct run *r, struct vt_error *err)
{
    struct vt_scan_dispatch *d = &r->dispatch;

    *d = (struct vt_scan_dispatch){ .keeper = &r->keeper,
                                    .keys = r->told->keys,
                                    .lease_s = r->told->lease_s,
                                    .batch_max = r->told->batch_max,
                                    .should_end = hear_signals,
                                    .context = r };
    r->papers = look_at_papers(r);
    return vt_disk_open(r->told->state, true, &d->state, err) &&
           vt_disk_lock(d->state, err) && check_note(d->state, err) &&
           vt_disk_open(r->told->samples, false, &d->samples, err) && open_pool(r, err);
}

bool vt_scanner_run(const struct vt_scanner *scanner, struct vt_error *err)
{
    struct run r = { .told = scanner, .keeper = vt_channel_init(-1), .signal_fd = -1 };
    sigset_t before;
    bool is_ok = take_signals(&r, &before, err) && begin(&r, err);

    is_ok = is_ok && write_numbers(&r, true, err);
    if (is_ok && scanner->ready != NULL)
        scanner->ready(scanner->context);
    is_ok = is_ok && go_on(&r, err);
    close_pool(&r);
    vt_channel_clear(&r.keeper);
    vt_disk_close(r.dispatch.samples);
    vt_disk_close(r.dispatch.state);
    give_signals_back(&r, &before);
    return is_ok;
}
