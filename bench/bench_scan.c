/* What scanning in confined workers costs: against libyara in this process over the same
 * files, and against clamd with the same database.  Files are read anew each time, from
 * the page cache.  Each comparison has two rows: wall time (in turns, the best of each),
 * and processor time, of all processes that take part, which says the same on a busy
 * machine. */
#include "bench/bench.h"
#include "bench/serving.h"
#include "cell/scan_engine.h"
#include "cell/scan_pool.h"
#include "line/rules.h"
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { FILES_MAX = 3000, FILE_BYTES_MAX = 1 << 20, ROUNDS = 3, CLAMD_WAIT_S = 60 };

struct files {
    char **paths;
    size_t count;
    uint64_t bytes;
};

struct place {
    struct vt_arena *arena;
    const char *folder, *pack, *databases;
    struct files files;
};

static void must(bool ok, const char *what, const struct vt_error *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "bench_scan: %s: %s\n", what, err->message);
    exit(VT_EXIT_TROUBLE);
}

static double seconds_of(const struct rusage *u)
{
    return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
           (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

/* Of this process, and of those that it has started and that have ended. */
static double busy_seconds(void)
{
    struct rusage own, children;

    VT_ASSERT(getrusage(RUSAGE_SELF, &own) == 0 &&
              getrusage(RUSAGE_CHILDREN, &children) == 0);
    return seconds_of(&own) + seconds_of(&children);
}

static double less(double a, double b)
{
    return a == 0 || b < a ? b : a;
}

/* ---- what is scanned -------------------------------------------------------------------
 */

/* Packed files are left out: the engines alone would not unpack them. */
static bool is_wanted(const char *name, const struct stat *about)
{
    vt_slice s = vt_slice_from_cstr(name);

    return S_ISREG(about->st_mode) && about->st_size > 0 &&
           about->st_size <= FILE_BYTES_MAX && !vt_slice_ends_with(s, VT_LIT(".gz")) &&
           !vt_slice_ends_with(s, VT_LIT(".xz")) &&
           !vt_slice_ends_with(s, VT_LIT(".zip")) && !vt_slice_ends_with(s, VT_LIT(".a"));
}

static void gather(struct place *p, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        char *path = vt_arena_printf(p->arena, "%s/%s", folder, entries[i]->d_name);
        struct stat about;

        if (entries[i]->d_name[0] != '.' && p->files.count < FILES_MAX &&
            lstat(path, &about) == 0) {
            if (S_ISDIR(about.st_mode)) {
                gather(p, path);
            } else if (is_wanted(path, &about)) {
                p->files.paths[p->files.count++] = path;
                p->files.bytes += (uint64_t)about.st_size;
            }
        }
        free(entries[i]);
    }
    free(entries);
}

static void write_file(const char *path, vt_slice bytes)
{
    struct vt_error err = { 0 };
    VT_AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    must(fd >= 0 && vt_fd_write_all(fd, path, bytes, &err), path, &err);
}

static struct place make_place(struct vt_arena *arena)
{
    struct place p = { .arena = arena,
                       .folder = realpath(vt_bench_folder(arena, "scan"), NULL) };
    VT_AUTO_BUF pack = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    struct vt_error err = { 0 };

    p.files.paths = vt_arena_alloc(arena, FILES_MAX * sizeof *p.files.paths);
    gather(&p, "/usr/bin");
    gather(&p, "/usr/include");
    p.databases = vt_arena_printf(arena, "%s/db", p.folder);
    must(mkdir(p.databases, 0755) == 0, p.databases, &err);
    write_file(vt_arena_printf(arena, "%s/two.hdb", p.databases),
               VT_LIT("44d88612fea8a8f36de82e1278abb02f:68:Test.Eicar\n"
                      "aa15bcf478d165efd2065190eb473bcb:544:Test.ClamFile\n"));
    must(vt_rules_make_from_folder("examples/rules", &pack, NULL, NULL, &err), "rules",
         &err);
    p.pack = vt_arena_printf(arena, "%s/pack", p.folder);
    write_file(p.pack, vt_buf_slice(&pack));
    return p;
}

/* ---- ours ------------------------------------------------------------------------------
 */

static void take(struct vt_scan_pool *pool)
{
    struct vt_error err = { 0 };
    struct vt_scan_verdict verdict;
    uint64_t tag;

    must(vt_scan_pool_next(pool, -1, &tag, &verdict, &err), "verdict", &err);
    if (verdict.state != VT_SCAN_CLEAN) {
        (void)fprintf(stderr, "bench_scan: a file is %s\n",
                      vt_scan_state_name(verdict.state));
        exit(VT_EXIT_TROUBLE);
    }
}

static double scan_with_pool(const struct place *p, struct vt_scan_pool *pool)
{
    struct vt_error err = { 0 };
    double start = vt_bench_seconds();

    for (size_t i = 0; i < p->files.count; i++) {
        VT_AUTO_FD fd = open(p->files.paths[i], O_RDONLY | O_CLOEXEC);
        const struct vt_scan_job job = { .fd = fd };

        while (!vt_scan_pool_has_room(pool))
            take(pool);
        must(vt_scan_pool_put(pool, &job, &err), p->files.paths[i], &err);
    }
    while (vt_scan_pool_busy(pool) != 0)
        take(pool);
    return vt_bench_seconds() - start;
}

static struct vt_scan_pool *open_pool(const char *pack, const char *databases,
                                      unsigned workers)
{
    const struct vt_scan_setup setup = { .pack = pack,
                                         .clamav = databases,
                                         .limits = vt_scan_limits_default(),
                                         .workers = workers,
                                         .files_per_worker = 1000000 };
    struct vt_scan_pool *pool = NULL;
    struct vt_error err = { 0 };

    must(vt_scan_pool_open(&setup, &pool, &err), "pool", &err);
    return pool;
}

/* ---- libyara in this process ------------------------------------------------------------
 */

static double scan_raw(const struct place *p, struct vt_scan_yara *yara)
{
    VT_AUTO_BUF bytes = vt_buf_init(FILE_BYTES_MAX);
    struct vt_error err = { 0 };
    double start = vt_bench_seconds();

    for (size_t i = 0; i < p->files.count; i++) {
        struct vt_scan_outcome outcome = { 0 };

        must(vt_file_read(p->files.paths[i], &bytes, &err), "read", &err);
        vt_scan_yara_look(yara, vt_buf_slice(&bytes), 120000, &outcome);
        VT_ASSERT(outcome.name_count == 0 && outcome.looked == VT_SCAN_BY_YARA);
    }
    return vt_bench_seconds() - start;
}

static struct vt_scan_yara *open_raw(const struct place *p, struct vt_buf *bytes,
                                     struct vt_rules_pack *pack)
{
    struct vt_scan_yara *yara = NULL;
    struct vt_error err = { 0 };

    must(vt_file_read(p->pack, bytes, &err) &&
             vt_rules_pack_parse(vt_buf_slice(bytes), pack, &err),
         "pack", &err);
    vt_scan_yara_begin();
    must(vt_scan_yara_open(pack->compiled, &yara, &err), "libyara", &err);
    return yara;
}

static void print(const struct place *p, const char *name, const char *unit, double value,
                  const char *peer, double peer_value, double goal, const char *how)
{
    vt_bench_print(&(struct vt_figure){
        .name = name,
        .unit = unit,
        .value = value,
        .peer = peer,
        .peer_value = peer_value,
        .goal = goal,
        .is_more_better = true,
        .conditions = vt_arena_printf(
            p->arena,
            "%s; %zu files of /usr/bin and /usr/include, %.0f MB, none packed; %s", how,
            p->files.count, (double)p->files.bytes / 1e6, vt_bench_machine(p->arena, ".")),
    });
}

/* Processor time for the files alone: what opening and closing a pool takes is measured by
 * itself and taken off. */
static double busy_with_pool(const struct place *p, const char *pack, const char *databases,
                             unsigned workers, double *wall)
{
    double start = busy_seconds(), idle, all;

    vt_scan_pool_close(open_pool(pack, databases, workers));
    idle = busy_seconds() - start;
    start = busy_seconds();
    {
        VT_AUTO_SCAN_POOL pool = open_pool(pack, databases, workers);

        *wall = less(*wall, scan_with_pool(p, pool));
    }
    all = busy_seconds() - start;
    return all - idle;
}

static const char WITH_RULES[] = "1,104 rules, one worker, unpacking on";

static void compare_with_raw(const struct place *p)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_RULES_PACK_BYTES_MAX);
    VT_AUTO_RULES_PACK pack = { 0 };
    struct vt_scan_yara *yara = open_raw(p, &bytes, &pack);
    double ours = 0, raw = 0, ours_busy = 0, raw_busy = 0, count = (double)p->files.count;

    for (int i = 0; i < ROUNDS; i++) {
        double start = busy_seconds();

        raw = less(raw, scan_raw(p, yara));
        raw_busy = less(raw_busy, busy_seconds() - start);
        ours_busy = less(ours_busy, busy_with_pool(p, p->pack, NULL, 1, &ours));
    }
    print(p, "cell.scan.sandboxed", "files/s", count / ours, "libyara in process",
          count / raw, 0.9, WITH_RULES);
    print(p, "cell.scan.sandboxed.busy", "files/s of processor time", count / ours_busy,
          "libyara in process", count / raw_busy, 0.9, WITH_RULES);
    vt_scan_yara_close(yara);
}

/* ---- clamd -----------------------------------------------------------------------------
 */

struct session {
    int fd;
    bool is_waiting;
};

static int connect_to(const char *socket_path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* The way of clamdscan --fdpass. */
static void send_file(int session, int file)
{
    char control[CMSG_SPACE(sizeof(int))] = { 0 }, nothing = 0;
    struct iovec part = { &nothing, 1 };
    struct msghdr message = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = control,
                              .msg_controllen = sizeof control };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &file, sizeof file);
    VT_ASSERT(send(session, "zFILDES", 8, MSG_NOSIGNAL) == 8);
    VT_ASSERT(sendmsg(session, &message, MSG_NOSIGNAL) == 1);
}

static void read_answer(struct session *session)
{
    char answer[512];
    size_t len = 0;

    do {
        ssize_t got = read(session->fd, answer + len, 1);

        VT_ASSERT(got == 1 && len < sizeof answer - 1);
    } while (answer[len++] != '\0');
    VT_ASSERT(strstr(answer, ": OK") != NULL);
    session->is_waiting = false;
}

static double scan_with_clamd(const struct place *p, const char *socket_path,
                              unsigned count)
{
    struct session sessions[8] = { 0 };
    struct pollfd fds[8];
    size_t next = 0, done = 0;
    double start;

    for (unsigned i = 0; i < count; i++) {
        sessions[i].fd = connect_to(socket_path);
        VT_ASSERT(sessions[i].fd >= 0 &&
                  send(sessions[i].fd, "zIDSESSION", 11, MSG_NOSIGNAL) == 11);
        fds[i] = (struct pollfd){ sessions[i].fd, POLLIN, 0 };
    }
    start = vt_bench_seconds();
    while (done < p->files.count) {
        for (unsigned i = 0; i < count && next < p->files.count; i++) {
            VT_AUTO_FD fd = -1;

            if (sessions[i].is_waiting)
                continue;
            fd = open(p->files.paths[next++], O_RDONLY | O_CLOEXEC);
            VT_ASSERT(fd >= 0);
            send_file(sessions[i].fd, fd);
            sessions[i].is_waiting = true;
        }
        VT_ASSERT(poll(fds, count, 60000) > 0);
        for (unsigned i = 0; i < count; i++)
            if (fds[i].revents != 0) {
                read_answer(&sessions[i]);
                done++;
            }
    }
    for (unsigned i = 0; i < count; i++)
        (void)close(sessions[i].fd);
    return vt_bench_seconds() - start;
}

static pid_t start_clamd(const struct place *p, const char *socket_path,
                         const char *databases)
{
    const char *config = vt_arena_printf(p->arena, "%s/clamd.conf", p->folder);
    const char *option = vt_arena_printf(p->arena, "--config-file=%s", config);
    VT_AUTO_FD log = -1;
    pid_t pid;

    write_file(config,
               vt_slice_from_cstr(vt_arena_printf(
                   p->arena,
                   "LocalSocket %s\nDatabaseDirectory %s\nForeground yes\nMaxThreads 4\n"
                   "Bytecode no\nDisableCache yes\nAlertExceedsMax yes\nLogFile "
                   "%s/clamd.log\nMaxScanSize "
                   "500M\nMaxFileSize 100M\n",
                   socket_path, databases, p->folder)));
    log = open(vt_arena_printf(p->arena, "%s/out", p->folder),
               O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    pid = fork();
    if (pid == 0) {
        (void)setpgid(0, 0); /* so that it is stopped as the others are */
        (void)dup2(log, STDOUT_FILENO);
        (void)dup2(log, STDERR_FILENO);
        (void)execlp("clamd", "clamd", option, NULL);
        _exit(127);
    }
    for (int i = 0; i < CLAMD_WAIT_S * 10; i++) {
        int fd = connect_to(socket_path);

        if (fd >= 0) {
            (void)close(fd);
            return pid;
        }
        (void)poll(NULL, 0, 100);
    }
    (void)kill(pid, SIGKILL);
    return -1;
}

/* Ours and clamd's own, which has not ended yet. */
static double busy_with_clamd(const struct place *p, const char *socket_path, pid_t clamd,
                              unsigned count, double *wall)
{
    clockid_t clock;
    struct timespec before, after;
    double start = busy_seconds();

    VT_ASSERT(clock_getcpuclockid(clamd, &clock) == 0 &&
              clock_gettime(clock, &before) == 0);
    *wall = less(*wall, scan_with_clamd(p, socket_path, count));
    VT_ASSERT(clock_gettime(clock, &after) == 0);
    return busy_seconds() - start + (double)(after.tv_sec - before.tv_sec) +
           (double)(after.tv_nsec - before.tv_nsec) / 1e9;
}

/* The same database on both sides: given to clamd, and to us as `pack` or as `databases`.
 */
struct match {
    const char *name, *how;
    const char *theirs;           /* folder */
    const char *pack, *databases; /* one of them */
    unsigned workers;
};

static void compare_with_clamd(const struct place *p, const struct match *m)
{
    static const char PEER[] = "clamd, descriptors passed in kept sessions, no cache";
    const char *socket_path = vt_arena_printf(p->arena, "%s/clamd.sock", p->folder);
    const char *how = vt_arena_printf(p->arena, "%s, %u at once, our unpacker beside it",
                                      m->how, m->workers);
    struct vt_serving clamd = { .pid = start_clamd(p, socket_path, m->theirs) };
    double ours = 0, theirs = 0, ours_busy = 0, theirs_busy = 0;
    double count = (double)p->files.count;

    if (clamd.pid < 0) {
        (void)fprintf(stderr, "bench_scan: clamd does not start (clamav-daemon)\n");
        exit(VT_EXIT_TROUBLE);
    }
    for (int i = 0; i < ROUNDS; i++) {
        theirs_busy = less(theirs_busy,
                           busy_with_clamd(p, socket_path, clamd.pid, m->workers, &theirs));
        ours_busy =
            less(ours_busy, busy_with_pool(p, m->pack, m->databases, m->workers, &ours));
    }
    vt_bench_stop(&clamd, SIGTERM);
    print(p, m->name, "files/s", count / ours, PEER, count / theirs, 2, how);
    print(p, vt_arena_printf(p->arena, "%s.busy", m->name), "files/s of processor time",
          count / ours_busy, PEER, count / theirs_busy, 2, how);
}

/* ---- rules that both can read ----------------------------------------------------------
 */

/* clamd knows no modules of YARA, nor all of its language: what clamscan takes is asked. */
static bool clamav_takes(const struct place *p, const char *rule_file)
{
    const char *const argv[] = { "clamscan", "-d", rule_file,
                                 vt_arena_printf(p->arena, "%s/two.hdb", p->databases),
                                 NULL };
    VT_AUTO_BUF said = vt_buf_init(VT_MIB(1));
    const struct vt_child_options options = { .output = &said,
                                              .errors = &said,
                                              .timeout_ms = 60000 };
    struct vt_child_end end;
    struct vt_error err = { 0 };

    must(vt_child_run(argv, &options, &end, &err), "clamscan", &err);
    return end.exit_code == 0 && strstr(vt_buf_cstr(&said), "LibClamAV Error") == NULL &&
           strstr(vt_buf_cstr(&said), "Warning: cli_loadyara") == NULL;
}

static void copy_if_common(struct place *p, const char *path, const char *to, size_t *count)
{
    VT_AUTO_BUF text = vt_buf_init(VT_RULES_FILE_BYTES_MAX);
    struct vt_error err = { 0 };
    const char *copy = vt_arena_printf(p->arena, "%s/rules/%zu.yar", to, *count);

    must(vt_file_read(path, &text, &err), path, &err);
    if (strstr(vt_buf_cstr(&text), "import \"") != NULL)
        return;
    write_file(copy, vt_buf_slice(&text));
    if (clamav_takes(p, copy))
        (*count)++;
    else
        (void)unlink(copy);
}

static void gather_rules(struct place *p, const char *folder, const char *to, size_t *count)
{
    struct dirent **entries = NULL;
    int found = scandir(folder, &entries, NULL, alphasort);

    for (int i = 0; i < found; i++) {
        const char *path = vt_arena_printf(p->arena, "%s/%s", folder, entries[i]->d_name);
        struct stat about;

        if (entries[i]->d_name[0] != '.' && stat(path, &about) == 0) {
            if (S_ISDIR(about.st_mode))
                gather_rules(p, path, to, count);
            else
                copy_if_common(p, path, to, count);
        }
        free(entries[i]);
    }
    free(entries);
}

static void compare_rules_with_clamd(struct place *p)
{
    const char *common = vt_arena_printf(p->arena, "%s/common", p->folder);
    const char *rules = vt_arena_printf(p->arena, "%s/rules", common);
    struct vt_error err = { 0 };
    size_t count = 0;

    must(mkdir(common, 0755) == 0 && mkdir(rules, 0755) == 0, rules, &err);
    gather_rules(p, "examples/rules/rules", common, &count);
    compare_with_clamd(p, &(struct match){ .name = "cell.scan.clamd.rules",
                                           .how = vt_arena_printf(
                                               p->arena,
                                               "%zu YARA files of the example that clamd "
                                               "can read, libyara on our side",
                                               count),
                                           .theirs = rules,
                                           .pack = common,
                                           .workers = 1 });
}

/* With a word: the rows of YARA rules alone. */
int main(int argc, char **argv)
{
    static const char HASHES[] = "libclamav with two hashes on both sides";
    VT_AUTO_ARENA arena = vt_arena_new();
    struct place p = make_place(arena);

    (void)argv;
    if (argc == 1)
        compare_with_raw(&p);
    for (unsigned workers = 1; argc == 1 && workers <= 2; workers++)
        compare_with_clamd(&p, &(struct match){ .name = vt_arena_printf(
                                                    arena, "cell.scan.clamd.%u", workers),
                                                .how = HASHES,
                                                .theirs = p.databases,
                                                .databases = p.databases,
                                                .workers = workers });
    compare_rules_with_clamd(&p);
    vt_bench_folder_remove(p.folder);
    return 0;
}
