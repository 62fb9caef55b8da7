/* Plays a piece of work in processes of their own and breaks it.  One run is: the scene set
 * up afresh, act broken, restart, check, power loss, restart, check. */
#include "tests/stage.h"

#include "crypto/aead.h"
#include "crypto/crypto.h"
#include "tests/disk_model.h"
#include "tests/stage_control.h"
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum {
    OPERATIONS_MAX = 5000,  /* of one play; more is a play that never ends */
    ACT_MS_MAX = 60 * 1000, /* for one act, restart or check               */
    PLACES_MAX = 200,
#ifdef VT_SANITIZED  /* where a run takes ten times as long, we take samples */
    STEP = 3,        /* every third operation is broken */
    NEEDS_SHOWN = 3, /* and so many syncs are left out */
#else
    STEP = 1,
    NEEDS_SHOWN = PLACES_MAX,
#endif
    SKIPS_MAX = 40, /* places behind which a missing sync is looked for first: */
    NEAR = 2,       /* so many operations,                                     */
    DICE = 3,       /* and so often with parts kept                            */
    GAVE_UP = 40,   /* exit code of a function that returned false */
};

struct stage {
    const struct vt_stage_play *play;
    struct vt_arena *arena;
    struct vt_stage_control *control;
    char *folder; /* holds all of: */
    const char *dir, *control_path, *trace_path, *output_path;
    struct vt_disk_model *prepared; /* the scene before act */
    struct vt_disk_model *model;    /* the disk of this run */
    size_t trace_len;               /* of the trace, how much the model has seen */
};

/* How a process on the stage ended. */
enum end { END_WELL, END_GAVE_UP, END_FAILED, END_KILLED, END_CRASHED, END_LATE };

/* ---- shared with the processes on the stage ------------------------------------------ */

bool vt_stage_event_read(vt_reader *r, struct vt_stage_event *out)
{
    vt_slice head;

    if (!vt_read_bytes(r, sizeof out->record, &head))
        return false;
    memcpy(&out->record, head.data, sizeof out->record);
    out->bytes = VT_LIT("");
    return vt_read_bytes(r, out->record.place_len, &out->place) &&
           vt_read_bytes(r, out->record.name_len, &out->name) &&
           vt_read_bytes(r, out->record.to_len, &out->to) &&
           (!out->record.has_bytes ||
            vt_read_bytes(r, (size_t)out->record.len, &out->bytes));
}

void vt_stage_say(const char *format, ...)
{
    struct vt_stage_control *control = vt_stage_control_open();
    char line[1024];
    va_list args;
    int len;

    VT_CHECK_SAYING(control != NULL, "vt_stage_say: not on a stage");
    va_start(args, format);
    len = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    VT_CHECK(len >= 0 && (size_t)len < sizeof line - 1);
    line[len++] = '\n';
    vt_stage_control_lock(control);
    if (control->is_down) /* without power nothing is promised */
        _exit(GAVE_UP);
    VT_CHECK((size_t)len < sizeof control->said - control->said_len);
    memcpy(control->said + control->said_len, line, (size_t)len);
    control->said_len += (size_t)len;
    VT_CHECK(pthread_mutex_unlock(&control->lock) == 0);
    (void)munmap(control, sizeof *control);
}

const char *vt_stage_said(void)
{
    struct vt_stage_control *control = vt_stage_control_open();

    VT_CHECK_SAYING(control != NULL, "vt_stage_said: not on a stage");
    return control->said; /* zeroed behind */
}

bool vt_stage_was_said(const char *line)
{
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    vt_slice one;

    while (vt_read_line(&r, &one))
        if (vt_slice_is(one, line))
            return true;
    return false;
}

/* ---- setting up ------------------------------------------------------------------------
 */

static struct vt_stage_control *control_make(const char *path, const char *root)
{
    VT_AUTO_FD fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    struct vt_stage_control *control;
    pthread_mutexattr_t how;

    VT_CHECK_SAYING(fd >= 0, "%s: %s", path, strerror(errno));
    VT_CHECK(ftruncate(fd, sizeof *control) == 0);
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    VT_CHECK(control != MAP_FAILED);
    (void)snprintf(control->mark, sizeof control->mark, VT_STAGE_MARK);
    VT_CHECK(pthread_mutexattr_init(&how) == 0 &&
             pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED) == 0 &&
             pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST) == 0 &&
             pthread_mutex_init(&control->lock, &how) == 0);
    (void)pthread_mutexattr_destroy(&how);
    VT_CHECK(realpath(root, control->root) != NULL);
    return control;
}

static const char *part_of(struct stage *stage, const char *name)
{
    return vt_arena_printf(stage->arena, "%s/%s", stage->folder, name);
}

/* ---- processes -------------------------------------------------------------------------
 */

enum part { PART_PREPARE, PART_ACT, PART_RESTART }; /* a restart ends in a check */

VT_NORETURN static void child_main(const struct stage *stage, enum part part)
{
    const struct vt_stage_play *play = stage->play;
    struct vt_error err = { 0 };
    int fd = open(stage->output_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_ok = true;

    (void)setpgid(0, 0);
    if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 ||
        setenv(VT_STAGE_VARIABLE, stage->control_path, 1) != 0)
        _exit(3);
    switch (part) {
    case PART_PREPARE:
        if (play->prepare != NULL)
            play->prepare(stage->dir);
        break;
    case PART_ACT:
        is_ok = play->act(stage->dir, &err);
        break;
    case PART_RESTART:
        is_ok = play->restart(stage->dir, &err);
        if (is_ok)
            play->check(stage->dir);
        break;
    }
    if (!is_ok)
        (void)printf("gave up: %s\n", err.message);
    (void)fflush(NULL);
    _exit(is_ok ? 0 : GAVE_UP); /* no leak check: thousands of us run */
}

/* Kill what the process left behind; we are the reaper of all that lose their parent. */
static void kill_descendants(void)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "/proc/self/task/%d/children", getpid());
    int status;

    for (;;) {
        FILE *list = fopen(path, "re");
        int pid;

        while (list != NULL && fscanf(list, "%d", &pid) == 1)
            (void)kill(pid, SIGKILL);
        if (list != NULL)
            (void)fclose(list);
        if (waitpid(-1, &status, 0) < 0 && errno == ECHILD)
            return;
    }
}

static enum end end_of(int status)
{
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGKILL ? END_KILLED : END_CRASHED;
    if (WEXITSTATUS(status) == GAVE_UP)
        return END_GAVE_UP;
    return WEXITSTATUS(status) == 0 ? END_WELL : END_FAILED;
}

/* Play one part in a process of its own, to its end or until the power goes. */
static enum end run_part(struct stage *stage, enum part part)
{
    int64_t late_ms = vt_monotonic_ms() + ACT_MS_MAX;
    enum end end = END_LATE;
    pid_t pid;
    int status;

    stage->control->is_down = false;
    (void)fflush(NULL);
    pid = fork();
    VT_CHECK(pid >= 0);
    if (pid == 0)
        child_main(stage, part);
    {
        VT_AUTO_FD handle = (int)syscall(SYS_pidfd_open, pid, 0); /* a descriptor fits */
        struct pollfd wait = { handle, POLLIN, 0 };

        VT_CHECK(handle >= 0);
        while (!stage->control->is_down && vt_monotonic_ms() < late_ms)
            if (poll(&wait, 1, 10) > 0)
                break;
    }
    if (vt_monotonic_ms() < late_ms) {
        if (stage->control->is_down)
            (void)kill(pid, SIGKILL);
        VT_CHECK(waitpid(pid, &status, 0) == pid);
        end = end_of(status);
    }
    kill_descendants();
    return end;
}

/* ---- the disk of a run -----------------------------------------------------------------
 */

static void disk_reload(struct stage *stage)
{
    vt_disk_model_free(stage->model);
    stage->model = vt_disk_model_load(stage->dir);
}

/* Let the model see what was done since it last looked. */
static void disk_follow(struct stage *stage)
{
    struct vt_error err = { 0 };
    VT_AUTO_FD fd = open(stage->trace_path, O_RDONLY | O_CLOEXEC);
    VT_AUTO_MAPPING trace = { 0 };

    VT_CHECK_SAYING(fd >= 0, "%s: %s", stage->trace_path, strerror(errno));
    VT_CHECK_OK(vt_mapping_init(&trace, fd, "the trace", &err));
    vt_disk_model_play(stage->model, vt_slice_sub(trace.bytes, stage->trace_len,
                                                  trace.bytes.len - stage->trace_len));
    stage->trace_len = trace.bytes.len;
    vt_disk_model_forget(stage->model, stage->dir);
}

static void disk_lose_power(struct stage *stage, uint64_t seed)
{
    vt_disk_model_lose_power(stage->model, seed);
    vt_disk_model_store(stage->model, stage->dir);
    disk_reload(stage);
}

static void scene_reset(struct stage *stage)
{
    struct vt_stage_control *control = stage->control;

    vt_disk_model_store(stage->prepared, stage->dir);
    disk_reload(stage);
    vt_test_write(stage->trace_path, VT_LIT(""));
    stage->trace_len = 0;
    memset(control->said, 0, sizeof control->said);
    control->said_len = 0;
    control->was_broken = false;
    control->place[0] = '\0';
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
    (void)about;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void stage_close(struct stage *stage)
{
    vt_disk_model_free(stage->prepared);
    vt_disk_model_free(stage->model);
    (void)munmap(stage->control, sizeof *stage->control);
    (void)nftw(stage->folder, remove_one, 32, FTW_DEPTH | FTW_PHYS);
    vt_arena_free(stage->arena);
}

/* libcrypto builds its tables when it is first used: here once, not in each of some ten
 * thousand processes that are forked from this one. */
static void libcrypto_warm(void)
{
    static const uint8_t seed[32] = "stage";
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };
    struct vt_aead aead = { 0 };
    struct vt_public_key read;
    VT_AUTO_KEY key = NULL;

    VT_CHECK_OK(vt_key_from_seed(seed, &key, &err));
    VT_CHECK_OK(vt_public_key_write_pem(vt_key_public(key), &pem, &err));
    VT_CHECK_OK(vt_public_key_parse(vt_buf_slice(&pem), &read, &err));
    VT_CHECK_OK(vt_aead_init(&aead, VT_AEAD_CHACHA20_POLY1305, seed, &err));
    vt_aead_clear(&aead);
}

static void stage_open(struct stage *stage, const struct vt_stage_play *play)
{
    *stage = (struct stage){ .play = play, .arena = vt_arena_new() };
    VT_CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    /* In memory, if there is such a place: what lasts is worked out, never measured. */
    stage->folder =
        vt_arena_printf(stage->arena, "%s/vitrine-stage-XXXXXX",
                        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : vt_test_dir());
    VT_CHECK(mkdtemp(stage->folder) != NULL);
    stage->dir = part_of(stage, "scene");
    stage->control_path = part_of(stage, "control");
    stage->trace_path = part_of(stage, "control.trace");
    stage->output_path = part_of(stage, "output");
    libcrypto_warm();
    VT_CHECK(mkdir(stage->dir, 0755) == 0);
    vt_test_write(stage->trace_path, VT_LIT(""));
    stage->control = control_make(stage->control_path, stage->dir);
    if (run_part(stage, PART_PREPARE) != END_WELL) {
        vt_slice said = vt_test_read(stage->output_path);

        stage_close(stage);
        vt_test_fail(__FILE__, __LINE__, "%s: prepare fails: %.*s", play->name,
                     VT_SLICE_ARGS(said));
    }
    stage->prepared = vt_disk_model_load(stage->dir);
}

/* ---- one run ---------------------------------------------------------------------------
 */

static const char *const break_names[] = {
    [VT_BREAK_NONE] = "nothing broken",
    [VT_BREAK_FAIL] = "failing",
    [VT_BREAK_FAIL_AFTER] = "failing after it took effect",
    [VT_BREAK_FORGET] = "a sync that fails for good",
    [VT_BREAK_KILL] = "killing the process",
    [VT_BREAK_POWER] = "a power loss",
    [VT_BREAK_TORN] = "a power loss that keeps parts",
};

struct attempt {
    enum vt_break mode;
    unsigned n;     /* the operation of act that is broken */
    unsigned again; /* the operation of the restart at which the power goes; 0: none */
    uint64_t seed;
};

/* Write the story; returns false. */
VT_PRINTF(4, 5)
static bool violated(const struct stage *stage, const struct attempt *attempt,
                     struct vt_stage_report *report, const char *format, ...)
{
    const struct vt_stage_control *control = stage->control;
    struct vt_error err = { 0 };
    VT_AUTO_BUF output = vt_buf_init(VT_KIB(64));
    char what[256];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    (void)!vt_file_read(stage->output_path, &output, &err);
    (void)snprintf(report->story, sizeof report->story,
                   "%s: operation %u (%s) broken by %s: %s; it said:\n%.1200s",
                   stage->play->name, attempt->n,
                   control->was_broken ? control->place : "none",
                   break_names[attempt->mode], what,
                   vt_buf_cstr(&output) != NULL ? vt_buf_cstr(&output) : "");
    report->violations++;
    return false;
}

static bool play_act(struct stage *stage, const struct attempt *attempt,
                     struct vt_stage_report *report)
{
    struct vt_stage_control *control = stage->control;
    bool is_kill = attempt->mode >= VT_BREAK_KILL;
    enum end end;

    control->passed = 0;
    control->break_at = attempt->n;
    control->mode = attempt->mode;
    end = run_part(stage, PART_ACT);
    control->break_at = 0;
    disk_follow(stage);
    if (!control->was_broken)
        report->operations = control->passed;
    if (end == END_LATE)
        return violated(stage, attempt, report, "act did not end");
    if (end == END_CRASHED || end == END_FAILED)
        return violated(stage, attempt, report, "act crashed");
    if (!control->was_broken && end != END_WELL)
        return violated(stage, attempt, report, "act failed though nothing was broken");
    if (control->was_broken && !is_kill && end == END_KILLED)
        return violated(stage, attempt, report, "act was killed by somebody");
    return true;
}

/* Restart and check; `when` tells people when. */
static bool play_restart(struct stage *stage, const struct attempt *attempt,
                         const char *when, struct vt_stage_report *report)
{
    struct vt_error err = { 0 };
    enum end end = run_part(stage, PART_RESTART);

    disk_follow(stage);
    if (end != END_WELL)
        return violated(stage, attempt, report, "%s, %s", when,
                        end == END_GAVE_UP  ? "restart failed"
                        : end == END_LATE   ? "restart or check did not end"
                        : end != END_FAILED ? "restart or check crashed"
                                            : "check failed");
    if (!vt_disk_model_equals(stage->model, stage->dir, &err))
        return violated(stage, attempt, report, "changed past the gate: %s", err.message);
    return true;
}

/* The power goes at operation `again` of the restart. */
static bool play_broken_restart(struct stage *stage, const struct attempt *attempt,
                                struct vt_stage_report *report)
{
    struct vt_stage_control *control = stage->control;
    enum end end;

    control->mode = VT_BREAK_POWER;
    control->break_at = attempt->again;
    control->passed = 0;
    control->was_broken = false;
    end = run_part(stage, PART_RESTART);
    control->break_at = 0;
    disk_follow(stage);
    if (!control->was_broken && end != END_WELL)
        return violated(stage, attempt, report, "afterwards, restart or check failed");
    if (control->was_broken && (end == END_CRASHED || end == END_LATE))
        return violated(stage, attempt, report, "restart crashed in a power loss");
    disk_lose_power(stage, 0);
    return true;
}

/* False if it was a violation; *was_broken_out tells whether its last break was reached. */
static bool play_once(struct stage *stage, const struct attempt *attempt,
                      struct vt_stage_report *report, bool *was_broken_out)
{
    bool is_power = attempt->mode == VT_BREAK_POWER || attempt->mode == VT_BREAK_TORN;

    scene_reset(stage);
    report->runs++;
    if (!play_act(stage, attempt, report))
        return false;
    *was_broken_out = stage->control->was_broken;
    if (is_power)
        disk_lose_power(stage, attempt->seed);
    if (attempt->again != 0) {
        if (!play_broken_restart(stage, attempt, report))
            return false;
        *was_broken_out = stage->control->was_broken;
    }
    if (!play_restart(stage, attempt, is_power ? "after the power came back" : "afterwards",
                      report))
        return false;
    disk_lose_power(stage, 0);
    return play_restart(stage, attempt, "after a restart and a power loss", report);
}

/* ---- all runs --------------------------------------------------------------------------
 */

static bool play_mode(struct stage *stage, enum vt_break mode, uint64_t seed,
                      struct vt_stage_report *report)
{
    /* A missing sync may show at one operation only. */
    unsigned step = stage->control->skip_sync[0] == '\0' ? STEP : 1;
    bool was_broken = true;

    for (unsigned n = 1; was_broken; n += step) {
        struct attempt attempt = { .mode = mode,
                                   .n = n,
                                   .seed = seed != 0 ? seed * 1000003 + n : 0 };

        VT_CHECK_SAYING(n < OPERATIONS_MAX, "%s: never ends", stage->play->name);
        if (!play_once(stage, &attempt, report, &was_broken))
            return false;
    }
    return true;
}

/* Misfortune comes twice: killed at each operation, then a power loss in the restart, at
 * its operations 1, 2, 3, 4, 6, 9, 13, ... */
#ifndef VT_SANITIZED
static bool play_twice(struct stage *stage, struct vt_stage_report *report)
{
    unsigned step = stage->play->twice_every != 0 ? stage->play->twice_every : 1;

    for (unsigned n = 1; n <= report->operations + 1; n += step) {
        bool was_broken = true;

        for (unsigned again = 1; was_broken; again += 1 + again / 4) {
            struct attempt attempt = { .mode = VT_BREAK_KILL, .n = n, .again = again };

            VT_CHECK_SAYING(again < OPERATIONS_MAX, "%s: restart never ends",
                            stage->play->name);
            if (!play_once(stage, &attempt, report, &was_broken))
                return false;
        }
    }
    return true;
}
#endif

static bool play_torn(struct stage *stage, struct vt_stage_report *report)
{
    unsigned seeds = stage->play->torn_seeds != 0 ? stage->play->torn_seeds : 2;

    for (unsigned seed = 1; seed <= seeds; seed++)
        if (!play_mode(stage, VT_BREAK_TORN, seed, report))
            return false;
    return true;
}

static bool play_failing(struct stage *stage, struct vt_stage_report *report)
{
    static const enum vt_break modes[] = { VT_BREAK_FAIL, VT_BREAK_FAIL_AFTER,
                                           VT_BREAK_FORGET };

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (!play_mode(stage, modes[i], 0, report))
            return false;
    return true;
}

/* The operations of the act that went before at which the sync was left out. */
static size_t skips_find(const struct stage *stage, unsigned operations,
                         unsigned at[SKIPS_MAX])
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF trace = vt_buf_init(VT_MIB(256));
    struct vt_stage_event event;
    size_t count = 0;
    vt_reader r;

    VT_CHECK_OK(vt_file_read(stage->trace_path, &trace, &err));
    r.rest = vt_buf_slice(&trace);
    for (unsigned n = 1; n <= operations && count < SKIPS_MAX; n++)
        if (vt_stage_event_read(&r, &event) && event.record.is_skipped)
            at[count++] = n;
    return count;
}

/* What a missing sync costs shows most often when the power goes after all was promised, or
 * soon behind the sync: those runs come before all others.  False if one was a violation.
 */
static bool play_behind_skips(struct stage *stage, struct vt_stage_report *report)
{
    struct attempt attempt = { .mode = VT_BREAK_POWER, .n = OPERATIONS_MAX };
    unsigned at[SKIPS_MAX];
    bool was_broken;

    if (!play_once(stage, &attempt, report, &was_broken))
        return false;
    for (size_t i = skips_find(stage, report->operations, at); i-- != 0;)
        for (unsigned behind = 1; behind <= NEAR; behind++)
            for (unsigned dice = 0; dice <= DICE; dice++) {
                attempt = (struct attempt){
                    .mode = dice == 0 ? VT_BREAK_POWER : VT_BREAK_TORN,
                    .n = at[i] + behind,
                    .seed = dice == 0 ? 0 : dice * 1000003 + at[i] + behind,
                };
                if (!play_once(stage, &attempt, report, &was_broken))
                    return false;
            }
    return true;
}

/* A sync that is left out shows where something dies: then those runs come first. */
static void play_modes(struct stage *stage, struct vt_stage_report *report)
{
    bool is_whole = stage->control->skip_sync[0] == '\0';

    if (!is_whole && !play_behind_skips(stage, report))
        return;
    if (!play_mode(stage, VT_BREAK_POWER, 0, report) ||
        !play_mode(stage, VT_BREAK_KILL, 0, report) ||
        (is_whole && !play_failing(stage, report)) || !play_torn(stage, report))
        return;
#ifndef VT_SANITIZED /* where a run takes ten times as long */
    if (!play_twice(stage, report))
        return;
#endif
    if (!is_whole)
        (void)play_failing(stage, report);
}

void vt_stage_play_without(const struct vt_stage_play *play, const char *sync_place,
                           struct vt_stage_report *out)
{
    struct stage stage;

    *out = (struct vt_stage_report){ 0 };
    stage_open(&stage, play);
    (void)snprintf(stage.control->skip_sync, sizeof stage.control->skip_sync, "%s",
                   sync_place);
    stage.control->skipped = 0;
    play_modes(&stage, out);
    out->skipped = stage.control->skipped;
    stage_close(&stage);
}

void vt_stage_play_all(const struct vt_stage_play *play, struct vt_stage_report *out)
{
    vt_stage_play_without(play, "", out);
}

void vt_stage_must_hold(const struct vt_stage_play *play)
{
    struct vt_stage_report report;

    vt_stage_play_all(play, &report);
    VT_CHECK_SAYING(report.violations == 0, "%s", report.story);
    VT_CHECK_SAYING(report.operations != 0, "%s: passes no operation", play->name);
    (void)printf("  %s: %u operations, %s broken in six ways, %u runs, 0 violations\n",
                 play->name, report.operations, STEP == 1 ? "each" : "every third",
                 report.runs);
}

/* Is it noticed when that sync is left out?  Says so. */
static bool is_needed(const struct vt_stage_play *play, const char *sync_place)
{
    struct vt_stage_report report;

    vt_stage_play_without(play, sync_place, &report);
    VT_CHECK_SAYING(report.skipped != 0, "%s: there is no sync at '%s'", play->name,
                    sync_place);
    (void)printf("  %s: without '%s' %s %u\n", play->name, sync_place,
                 report.violations != 0 ? "there is a violation in run"
                                        : "nobody notices anything in runs 1 to",
                 report.runs);
    (void)fflush(stdout);
    return report.violations != 0;
}

void vt_stage_must_need(const struct vt_stage_play *play, const char *sync_place)
{
    VT_CHECK_SAYING(is_needed(play, sync_place), "%s: '%s' can be left out", play->name,
                    sync_place);
}

/* ---- every sync ------------------------------------------------------------------------
 */

struct places {
    char text[PLACES_MAX][VT_STAGE_PLACE_BYTES];
    size_t count;
};

static void places_add(struct places *places, vt_slice place)
{
    for (size_t i = 0; i < places->count; i++)
        if (vt_slice_is(place, places->text[i]))
            return;
    VT_CHECK(places->count < PLACES_MAX);
    (void)snprintf(places->text[places->count++], VT_STAGE_PLACE_BYTES, "%.*s",
                   VT_SLICE_ARGS(place));
}

static void places_add_run(struct places *places, const struct stage *stage)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF trace = vt_buf_init(VT_MIB(256));
    struct vt_stage_event event;
    vt_reader r;

    VT_CHECK_OK(vt_file_read(stage->trace_path, &trace, &err));
    r.rest = vt_buf_slice(&trace);
    while (vt_stage_event_read(&r, &event))
        if (event.record.kind == VT_GATE_SYNC || event.record.kind == VT_GATE_SYNC_DATA ||
            event.record.kind == VT_GATE_SYNC_FOLDER ||
            event.record.kind == VT_GATE_SYNC_ALL)
            places_add(places, event.place);
}

/* All places of syncs that are passed when nothing breaks, or after a kill. */
static void places_find(const struct vt_stage_play *play, struct places *places)
{
    struct vt_stage_report report = { 0 };
    struct stage stage;
    bool was_broken = true;

    stage_open(&stage, play);
    for (unsigned n = 1; was_broken && n < OPERATIONS_MAX; n++) {
        struct attempt attempt = { .mode = VT_BREAK_KILL, .n = n };

        VT_CHECK_SAYING(play_once(&stage, &attempt, &report, &was_broken), "%s",
                        report.story);
        places_add_run(places, &stage);
    }
    stage_close(&stage);
}

static bool is_in(const char *const list[], const char *text)
{
    for (size_t i = 0; list[i] != NULL; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

void vt_stage_must_need_every_sync(const struct vt_stage_play *play,
                                   const char *const spare[])
{
    struct places *places = vt_alloc(sizeof *places);
    size_t tried = 0, needed = 0, spared = 0, spare_count = 0;

    places_find(play, places);
    VT_CHECK_SAYING(places->count != 0, "%s: passes no sync", play->name);
    for (size_t i = 0; i < places->count; i++) {
        if (is_in(spare, places->text[i])) {
            spared++;
        } else if (tried < NEEDS_SHOWN) {
            tried++;
            needed += is_needed(play, places->text[i]) ? 1 : 0;
        }
    }
    while (spare[spare_count] != NULL)
        spare_count++;
    VT_CHECK_SAYING(spared == spare_count, "%s: a spare sync is passed by nobody",
                    play->name);
    VT_CHECK_SAYING(needed == tried, "%s: %zu syncs can be left out", play->name,
                    tried - needed);
    (void)printf("  %s: %zu syncs, each needed, but for %zu spare ones\n", play->name,
                 needed, spared);
    free(places);
}
