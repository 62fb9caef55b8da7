/* role scan-probe: the worker, with its rights, its locks and its engines, conquered at the
 * word of the sample.  What a bad file could do is tried here from inside, and the pool has
 * to survive it; a sample without a word is scanned as ever.  The product never starts it.
 *
 * Rights: those of the worker. */
#include "cell/role_scan_worker.h"
#include "cell/scan_engine.h"
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* What came through is told as found: the test looks for it. */
static void escaped(struct vt_scan_outcome *outcome, const char *how)
{
    vt_scan_outcome_found(outcome, VT_SCAN_BY_YARA, vt_slice_from_cstr(how), false);
}

/* Nothing came through: end, so that the verdict is another. */
static void end_unless_escaped(const struct vt_scan_outcome *outcome)
{
    if (!outcome->is_malicious)
        _exit(11);
}

static void crash(struct vt_scan_outcome *outcome)
{
    volatile uintptr_t nowhere = 16;

    (void)outcome;
    *(volatile int *)nowhere = 1;
}

static void spin(struct vt_scan_outcome *outcome)
{
    for (volatile uint64_t i = 0;; i++)
        if (outcome == NULL)
            return;
}

/* Until there is no more, and then give up, as an engine that is out of memory does. */
static void eat(struct vt_scan_outcome *outcome)
{
    static uint8_t
        *volatile eaten; /* seen to be used: a compiler may leave out what is not */

    (void)outcome;
    for (;;) {
        eaten = malloc(VT_MIB(8));
        if (eaten == NULL)
            abort();
        memset(eaten, 1, VT_MIB(8));
    }
}

static void try_socket(struct vt_scan_outcome *outcome)
{
    static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (socket(families[i], SOCK_STREAM, 0) >= 0 ||
            socket(families[i], SOCK_DGRAM, 0) >= 0)
            escaped(outcome, "socket");
    end_unless_escaped(outcome);
}

static void try_file(struct vt_scan_outcome *outcome)
{
    static const char *const paths[] = { "/etc/passwd",   "/proc/self/maps",
                                         "/tmp",          "/bin/sh",
                                         "../etc/passwd", "/proc/1/environ",
                                         "/dev/null",     "/sys" };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (open(paths[i], O_RDONLY) >= 0 || access(paths[i], F_OK) == 0)
            escaped(outcome, paths[i]);
    end_unless_escaped(outcome);
}

static void try_process(struct vt_scan_outcome *outcome)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid > 0 || kill(getppid(), 0) == 0 || syscall(SYS_unshare, 0) == 0)
        escaped(outcome, "process");
    end_unless_escaped(outcome);
}

/* More files than its folder has room for: it must end at its size. */
static void try_scratch(struct vt_scan_outcome *outcome)
{
    static uint8_t page[65536];
    int fd = open("/big", O_RDWR | O_CREAT, 0600);
    uint64_t written = 0;

    while (fd >= 0 && written < vt_scan_worker_rights.scratch_bytes_max + sizeof page &&
           write(fd, page, sizeof page) == sizeof page)
        written += sizeof page;
    if (fd < 0 || written > vt_scan_worker_rights.scratch_bytes_max)
        escaped(outcome, "scratch");
    end_unless_escaped(outcome);
}

static void leave(struct vt_scan_outcome *outcome)
{
    (void)outcome;
    if (open("/left", O_RDWR | O_CREAT, 0600) < 0)
        _exit(15);
}

static void see_left(struct vt_scan_outcome *outcome)
{
    if (access("/left", F_OK) == 0)
        escaped(outcome, "left");
}

/* An outcome that does not hold together. */
static void lie(struct vt_scan_outcome *outcome)
{
    outcome->name_count = 3;
    outcome->names_total = 1;
}

static void lie_about_stage(struct vt_scan_outcome *outcome)
{
    (void)outcome;
    (void)!write(VT_ROLE_CHANNEL_FD, "\0\2nothing that was asked", 24);
}

static const struct {
    const char *word;
    void (*misbehave)(struct vt_scan_outcome *outcome);
} words[] = {
    { "crash", crash },
    { "spin", spin },
    { "eat", eat },
    { "socket", try_socket },
    { "file", try_file },
    { "process", try_process },
    { "scratch", try_scratch },
    { "leave", leave },
    { "see-left", see_left },
    { "lie", lie },
    { "out-of-turn", lie_about_stage },
};

static void before(vt_slice bytes, struct vt_scan_outcome *outcome)
{
    vt_reader r = { bytes };

    if (!vt_read_literal(&r, VT_LIT("vitrine scan probe: ")))
        return;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (vt_slice_is(r.rest, words[i].word))
            words[i].misbehave(outcome);
}

int vt_role_scan_probe(struct vt_channel *channel)
{
    return vt_scan_worker_run(channel, before);
}
