/* Running one program in a sandbox: check the spec, prepare all that can be prepared, let
 * a runner start it, then carry its output and wait for its end.
 *
 *   vt_sandbox_run ── plan ── sandbox_own.c | sandbox_bwrap.c ── supervise
 *
 * The trick for "nothing is left running": the program lives in a process namespace of its
 * own, whose first process is our child; when that one dies the kernel kills all others. */
#include "line/sandbox_inside.h"
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define FIXED_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum { TICK_MS = 500, PIECE_BYTES = 1 << 16, OPEN_FILES_MAX = 4096, STACK_MIB = 8 };

struct vt_factors vt_factors_fixed(void)
{
    return (struct vt_factors){
        .build_path = "/build/src",
        .uid = 1000,
        .gid = 1000,
        .user_name = "builder",
        .host_name = "vitrine",
        .time_zone = "UTC",
        .locale = "C.UTF-8",
        .home = "/nonexistent",
        .umask = 022,
        .cpu_count = 1,
    };
}

/* Does our own user namespace know the id?  Root of a container may not be given it. */
static bool has_id(const char *map_path)
{
    struct vt_error err;
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(64));
    VT_AUTO_FD fd = open(map_path, O_RDONLY | O_CLOEXEC);
    const char *at, *end;

    if (fd < 0 || !vt_fd_read_all(fd, map_path, &text, &err))
        return false;
    for (at = vt_buf_cstr(&text); at != NULL && *at != '\0'; at = end) {
        unsigned first, outside, count;

        if (sscanf(at, "%u %u %u", &first, &outside, &count) != 3)
            return false;
        if (VT_SANDBOX_UID >= first && VT_SANDBOX_UID - first < count)
            return true;
        end = strchr(at, '\n');
        if (end == NULL)
            return false;
        end++;
    }
    return false;
}

bool vt_sandbox_is_root(void)
{
    return geteuid() == 0 && has_id("/proc/self/uid_map") && has_id("/proc/self/gid_map");
}

uid_t vt_sandbox_owner_uid(void)
{
    return vt_sandbox_is_root() ? VT_SANDBOX_UID : geteuid();
}

gid_t vt_sandbox_owner_gid(void)
{
    return vt_sandbox_is_root() ? VT_SANDBOX_UID : getegid();
}

unsigned vt_sandbox_cpus(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

/* ---- the plan ------------------------------------------------------------------------ */

/* "/top" itself or a clean path below it: no empty part, no dot parts. */
static bool is_clean_below(const char *path, const char *top)
{
    vt_slice rest = vt_slice_from_cstr(path);
    vt_reader r;
    vt_slice part;

    if (!vt_slice_starts_with(rest, vt_slice_from_cstr(top)) || rest.len >= PATH_MAX)
        return false;
    r.rest = vt_slice_sub(rest, strlen(top), rest.len - strlen(top));
    if (r.rest.len == 0)
        return true;
    if (!vt_read_literal(&r, VT_LIT("/")))
        return false;
    while (vt_read_until(&r, '/', &part))
        if (part.len == 0 || vt_slice_is(part, ".") || vt_slice_is(part, ".."))
            return false;
    return r.rest.len != 0 && !vt_slice_is(r.rest, ".") && !vt_slice_is(r.rest, "..");
}

static bool check_texts(const struct vt_factors *f, struct vt_error *err)
{
    const char *texts[] = { f->build_path, f->user_name, f->host_name,
                            f->time_zone,  f->locale,    f->home };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i] == NULL || strlen(texts[i]) > PATH_MAX ||
            strpbrk(texts[i], i == 0 || i > 2 ? "\n" : ":\n/ ") != NULL)
            return vt_fail(err, VT_REJECTED, "sandbox: term %zu is missing or ill-formed",
                           i);
    if (strlen(f->host_name) > 64)
        return vt_fail(err, VT_REJECTED, "sandbox: host name over 64 bytes");
    return true;
}

static bool check_spec(const struct vt_sandbox_spec *spec, struct vt_error *err)
{
    const struct vt_factors *seen = &spec->factors;

    if (!check_texts(seen, err))
        return false;
    if (!is_clean_below(spec->area_inside, "/build"))
        return vt_fail(err, VT_REJECTED, "sandbox: area %s does not lie in /build",
                       spec->area_inside);
    if (spec->input_count > VT_SANDBOX_INPUTS_MAX)
        return vt_fail(err, VT_LIMIT, "sandbox: %zu inputs", spec->input_count);
    for (size_t i = 0; i < spec->input_count; i++) {
        const char *inside = spec->inputs[i].inside;

        if (!is_clean_below(inside, "/mnt") || strchr(inside + 1, '/') == NULL ||
            strchr(strchr(inside + 1, '/') + 1, '/') != NULL)
            return vt_fail(err, VT_REJECTED, "sandbox: input %s is not /mnt/NAME", inside);
    }
    if (seen->cpu_count == 0 || seen->cpu_count > VT_SANDBOX_CPUS_MAX)
        return vt_fail(err, VT_REJECTED, "sandbox: %u CPUs", seen->cpu_count);
    return true;
}

/* The first cpu_count CPUs that we may use, from a place that differs between processes, so
 * that two builds of one CPU each do not share one. */
static bool choose_cpus(struct vt_sandbox_plan *plan, struct vt_error *err)
{
    unsigned wanted = plan->spec->factors.cpu_count, have = vt_sandbox_cpus();
    unsigned skip = have > wanted ? (unsigned)getpid() % (have - wanted + 1) : 0;
    cpu_set_t ours;

    if (have < wanted)
        return vt_fail(err, VT_LIMIT,
                       "sandbox: %u CPUs are asked for, this machine lets us use %u",
                       wanted, have);
    CPU_ZERO(&plan->cpus);
    if (sched_getaffinity(0, sizeof ours, &ours) != 0)
        return vt_fail(err, VT_IO, "sandbox: CPUs: %s", strerror(errno));
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && wanted > 0; cpu++) {
        if (!CPU_ISSET(cpu, &ours) || (skip > 0 && skip-- > 0))
            continue;
        CPU_SET(cpu, &plan->cpus);
        wanted--;
    }
    return true;
}

static bool real_path(struct vt_sandbox_plan *plan, const char *path, const char **out,
                      bool *is_folder_out, struct vt_error *err)
{
    VT_AUTO_FREE char *real = realpath(path, NULL);
    struct stat about;

    if (real == NULL || stat(real, &about) != 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    *is_folder_out = S_ISDIR(about.st_mode);
    *out = vt_arena_cstr(plan->arena, vt_slice_from_cstr(real));
    return true;
}

static bool find_folders(struct vt_sandbox_plan *plan, struct vt_error *err)
{
    static const char *const needed[] = { "build", "dev", "mnt", "proc", "sys", "tmp" };
    const struct vt_sandbox_spec *spec = plan->spec;
    bool is_folder[2];

    if (!real_path(plan, spec->root, &plan->root, &is_folder[0], err) ||
        !real_path(plan, spec->area, &plan->area, &is_folder[1], err))
        return false;
    if (!is_folder[0] || !is_folder[1])
        return vt_fail(err, VT_IO, "%s: is no folder",
                       is_folder[0] ? spec->area : spec->root);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        const char *path = vt_arena_printf(plan->arena, "%s/%s", plan->root, needed[i]);
        struct stat about;

        if (lstat(path, &about) != 0 || !S_ISDIR(about.st_mode))
            return vt_fail(err, VT_REJECTED, "%s: no folder %s in this root", spec->root,
                           needed[i]);
    }
    for (size_t i = 0; i < spec->input_count; i++)
        if (!real_path(plan, spec->inputs[i].host_path, &plan->inputs[i],
                       &plan->is_input_folder[i], err))
            return false;
    return true;
}

/* A program named without '/' must be in the root; others may come to be in the area. */
static bool find_program(struct vt_sandbox_plan *plan, struct vt_error *err)
{
    const char *name = plan->spec->argv[0];
    struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
    VT_AUTO_FD root = open(plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    vt_reader r = { VT_LIT(FIXED_PATH ":") };
    vt_slice folder;

    if (name == NULL || *name == '\0')
        return vt_fail(err, VT_REJECTED, "sandbox: no program is named");
    if (strchr(name, '/') != NULL)
        return true;
    while (vt_read_until(&r, ':', &folder)) {
        const char *path =
            vt_arena_printf(plan->arena, "%.*s/%s", VT_SLICE_ARGS(folder), name);
        VT_AUTO_FD fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);

        if (fd >= 0)
            return true;
    }
    return vt_fail(err, VT_ABSENT, "%s: there is no such program in the environment", name);
}

static const char **make_environment(struct vt_sandbox_plan *plan)
{
    const struct vt_factors *seen = &plan->spec->factors;
    const char *const *more = plan->spec->variables;
    size_t count = 0, at = 0;
    const char **out;

    while (more != NULL && more[count] != NULL)
        count++;
    out = vt_arena_alloc(plan->arena, (count + 12) * sizeof *out);
    out[at++] = "PATH=" FIXED_PATH;
    out[at++] = vt_arena_printf(plan->arena, "HOME=%s", seen->home);
    out[at++] = vt_arena_printf(plan->arena, "USER=%s", seen->user_name);
    out[at++] = vt_arena_printf(plan->arena, "LOGNAME=%s", seen->user_name);
    out[at++] = vt_arena_printf(plan->arena, "LC_ALL=%s", seen->locale);
    out[at++] = vt_arena_printf(plan->arena, "TZ=%s", seen->time_zone);
    out[at++] = vt_arena_printf(plan->arena, "PWD=%s", plan->directory);
    if (seen->variable != NULL)
        out[at++] = seen->variable;
    for (size_t i = 0; i < count; i++)
        out[at++] = more[i];
    return out;
}

static bool plan_make(const struct vt_sandbox_spec *spec, struct vt_sandbox_plan *plan,
                      struct vt_error *err)
{
    uint64_t tmp = spec->limits.tmp_bytes != 0 ? spec->limits.tmp_bytes : VT_MIB(1024);

    plan->spec = spec;
    plan->is_root = vt_sandbox_is_root();
    plan->owner_uid = plan->is_root ? VT_SANDBOX_UID : geteuid();
    plan->owner_gid = plan->is_root ? VT_SANDBOX_UID : getegid();
    plan->uid = spec->is_root_writable ? 0 : spec->factors.uid;
    plan->gid = spec->is_root_writable ? 0 : spec->factors.gid;
    plan->directory = spec->directory != NULL ? spec->directory : spec->area_inside;
    plan->tmpfs_bytes = tmp;
    if (!check_spec(spec, err) || !choose_cpus(plan, err) || !find_folders(plan, err) ||
        !find_program(plan, err) || !vt_sandbox_filter(plan, &plan->filter, err))
        return false;
    plan->environment = make_environment(plan);
    vt_sandbox_masks(plan);
    return true;
}

/* ---- in the process that becomes the program ------------------------------------------
 */

static int compare_fds(const void *a, const void *b)
{
    int left = *(const int *)a, right = *(const int *)b;

    return (left > right) - (left < right);
}

/* Close all from `first` up to the one before `end`; ~0u: to the last. */
static bool close_up_to(unsigned first, unsigned end)
{
    return first >= end || close_range(first, end == ~0u ? ~0u : end - 1, 0) == 0;
}

bool vt_sandbox_keep_only(int output, int *kept, size_t count)
{
    int null = open("/dev/null", O_RDWR); /* it may be 0 already */
    unsigned first = 3;

    if (null < 0 || dup2(null, 0) != 0 || dup2(output, 1) != 1 || dup2(output, 2) != 2)
        return false;
    qsort(kept, count, sizeof kept[0], compare_fds);
    for (size_t i = 0; i < count; i++) {
        unsigned here = (unsigned)kept[i]; /* an open descriptor: not negative */

        if (!close_up_to(first, here))
            return false;
        if (here >= first)
            first = here + 1;
    }
    return close_up_to(first, ~0u);
}

static bool limit(__rlimit_resource_t what, uint64_t value)
{
    struct rlimit l = { value, value };

    return setrlimit(what, &l) == 0;
}

bool vt_sandbox_take_terms(const struct vt_sandbox_plan *plan)
{
    const struct vt_factors *seen = &plan->spec->factors;
    unsigned long persona = seen->is_layout_random ? 0 : ADDR_NO_RANDOMIZE;
    sigset_t none;

    (void)umask(seen->umask);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    return sched_setaffinity(0, sizeof plan->cpus, &plan->cpus) == 0 &&
           personality(PER_LINUX | persona) != -1 && limit(RLIMIT_CORE, 0);
}

bool vt_sandbox_take_limits(const struct vt_sandbox_plan *plan, bool is_memory_shared)
{
    const struct vt_sandbox_limits *l = &plan->spec->limits;
    struct rlimit files = { OPEN_FILES_MAX, OPEN_FILES_MAX }, had;

    /* A fixed number where we may have it, since programs can see it. */
    if (getrlimit(RLIMIT_NOFILE, &had) != 0)
        return false;
    if (had.rlim_max < files.rlim_max)
        files.rlim_cur = files.rlim_max = had.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &files) == 0 &&
           limit(RLIMIT_STACK, (uint64_t)VT_MIB(STACK_MIB)) &&
           (l->memory_bytes == 0 || is_memory_shared ||
            limit(RLIMIT_DATA, l->memory_bytes)) &&
           (l->file_bytes == 0 || limit(RLIMIT_FSIZE, l->file_bytes));
}

bool vt_sandbox_limit_processes(const struct vt_sandbox_plan *plan)
{
    uint64_t processes = plan->spec->limits.processes;

    return processes == 0 || limit(RLIMIT_NPROC, processes);
}

/* ---- until it ends --------------------------------------------------------------------
 */

/* Hand on what is there; false at the end of the stream. */
static bool carry(int fd, const struct vt_sandbox_spec *spec)
{
    uint8_t piece[PIECE_BYTES];
    ssize_t got = read(fd, piece, sizeof piece);

    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    if (got > 0 && spec->on_output != NULL)
        spec->on_output(spec->context, vt_slice_of(piece, (size_t)got));
    return got > 0;
}

static void tell_time(const struct vt_sandbox_spec *spec, int64_t *told_ms)
{
    int64_t now = vt_monotonic_ms();

    if (spec->on_output != NULL && now - *told_ms >= TICK_MS) {
        spec->on_output(spec->context, vt_slice_of(NULL, 0));
        *told_ms = now;
    }
}

/* Until the output ends, which it does when the last process inside is dead. */
static void carry_all(const struct vt_sandbox_process *process,
                      const struct vt_sandbox_spec *spec, int64_t start_ms, bool *is_late)
{
    int64_t told_ms = start_ms;
    struct pollfd fd = { process->output, POLLIN, 0 };

    for (;;) {
        int64_t wait = TICK_MS, left;

        if (spec->limits.wall_ms != 0 && !*is_late) {
            left = start_ms + spec->limits.wall_ms - vt_monotonic_ms();
            if (left <= 0) {
                (void)kill(process->pid, SIGKILL);
                *is_late = true;
            } else if (left < wait) {
                wait = left;
            }
        }
        if (poll(&fd, 1, (int)wait) > 0 && !carry(process->output, spec))
            return;
        tell_time(spec, &told_ms);
    }
}

static void fill_end(struct vt_sandbox_end *end, int status, const struct rusage *use)
{
    end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end->exit_code = WIFEXITED(status) ? WEXITSTATUS(status)
                                       : 128 + (WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    end->cpu_ms = (int64_t)(use->ru_utime.tv_sec + use->ru_stime.tv_sec) * 1000 +
                  (int64_t)(use->ru_utime.tv_usec + use->ru_stime.tv_usec) / 1000;
    end->memory_bytes_max = (uint64_t)use->ru_maxrss << 10; /* KiB, never negative */
}

static bool supervise(const struct vt_sandbox_plan *plan,
                      struct vt_sandbox_process *process, int64_t start_ms,
                      struct vt_sandbox_end *end_out, struct vt_error *err)
{
    struct vt_sandbox_end end = { .is_memory_shared =
                                      vt_cgroup_has_memory(&process->cgroup) };
    struct rusage use = { 0 };
    int status = 0;
    bool ok;

    carry_all(process, plan->spec, start_ms, &end.is_late);
    while (wait4(process->pid, &status, 0, &use) < 0 && errno == EINTR)
        ;
    ok = plan->spec->runner == VT_RUNNER_OWN
             ? vt_sandbox_end_own(plan, process, &status, err)
             : vt_sandbox_end_bwrap(plan, process, &status, err);
    vt_fd_close(&process->output);
    vt_fd_close(&process->status);
    vt_cgroup_clear(&process->cgroup);
    /* A late end may come before the runner could say anything. */
    if (!ok && !end.is_late)
        return false;
    fill_end(&end, status, &use);
    end.wall_ms = vt_monotonic_ms() - start_ms;
    *end_out = end;
    return true;
}

bool vt_sandbox_run(const struct vt_sandbox_spec *spec, struct vt_sandbox_end *end_out,
                    struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_sandbox_plan *plan = vt_arena_alloc(arena, sizeof *plan);
    struct vt_sandbox_process process = { .output = -1, .status = -1 };
    int64_t start_ms = vt_monotonic_ms();
    bool ok;

    plan->arena = arena;
    plan->filter = vt_buf_init(VT_KIB(64));
    ok = plan_make(spec, plan, err) &&
         (spec->runner == VT_RUNNER_OWN ? vt_sandbox_start_own(plan, &process, err)
                                        : vt_sandbox_start_bwrap(plan, &process, err)) &&
         supervise(plan, &process, start_ms, end_out, err);
    vt_buf_clear(&plan->filter);
    return ok;
}
