/* vitrine centre rebuild: carries out the rebuilds that reviewers asked for, the oldest
 * wish first, one after the other.
 *
 *   the queue (locks DIR/rebuilds) ── starts for each wish, and ends after --time-max ──>
 *   the same verb with --of INVITATION: builds, and writes what is told
 *
 * A wish whose end is not told is carried out again, whatever was killed meanwhile. */
#include "centre/centre.h"
#include "centre/porter.h"
#include "centre/rebuild.h"
#include "cli/centre_verbs.h"
#include "cli/line_materials.h"
#include "role/role.h"
#include "wire/hex.h"
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

enum {
    TIME_S = 3600,
    TIME_S_MAX = 86400,
    LOOK_MS = 1000,
    LOG_BYTES_MAX = 8 << 20,
    SENTENCE_BYTES_MAX = 2048,
};

const struct vt_option vt_cli_centre_rebuild_options[] = {
    { "dir", "DIR", "the Centre's folder", true, false },
    VT_OPTION_STORE,
    { "packages", "DIR", "store or archive to take packages from that ours lacks", false,
      false },
    { "time-max", "TIME", "a rebuild that takes longer is ended; 1h", false, false },
    { "once", NULL, "carry out what waits now, and end", false, false },
    { "of", "INVITATION", "the wish of this invitation alone: the queue starts it so",
      false, false },
    VT_OPTION_RUNNER,
    VT_OPTION_SCRATCH,
    { NULL, NULL, NULL, false, false },
};

struct rebuilder {
    struct vt_args *args;
    struct vt_arena *arena;
    const char *dir;
    struct vt_disk *wishes, *told; /* DIR/porter/rebuilds, DIR/rebuilds */
    int64_t time_ms_max;
};

static const char *named(struct vt_arena *arena, const char *id, const char *kind)
{
    return vt_arena_printf(arena, "%s.%s", id, kind);
}

/* ---- what is wanted and what is told ----------------------------------------------------
 */

static bool read_wish(const struct rebuilder *r, const char *id,
                      struct vt_rebuild_wish *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_REBUILD_WISH_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_disk_read(r->wishes, named(arena, id, "json"), &text, err) &&
           vt_rebuild_wish_parse(vt_buf_slice(&text), out, err);
}

static bool is_told(const struct rebuilder *r, const char *id,
                    const struct vt_rebuild_wish *wish)
{
    VT_AUTO_BUF text = vt_buf_init(VT_REBUILD_TOLD_BYTES_MAX);
    VT_AUTO_REBUILD_TOLD told = { .number = 0 };
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_error ignored = { 0 };

    return vt_disk_read(r->told, named(arena, id, "json"), &text, &ignored) &&
           vt_rebuild_told_parse(vt_buf_slice(&text), &told, &ignored) &&
           vt_rebuild_is_over(&told, wish);
}

static bool tell(const struct rebuilder *r, const char *id,
                 const struct vt_rebuild_told *told, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_REBUILD_TOLD_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();

    return vt_rebuild_told_write(told, &text, err) &&
           vt_disk_write(r->told, named(arena, id, "json"), vt_buf_slice(&text), 0600, err);
}

/* ---- one rebuild ------------------------------------------------------------------------
 */

struct log {
    struct vt_disk_file *file;
    uint64_t at;
};

/* A log that cannot be written is missed, and stops nothing. */
static void log_piece(void *context, vt_slice piece)
{
    struct log *log = context;
    struct vt_error ignored = { 0 };

    if (piece.len > LOG_BYTES_MAX - log->at)
        piece.len = LOG_BYTES_MAX - (size_t)log->at;
    if (piece.len != 0 && vt_disk_file_write_at(log->file, log->at, piece, &ignored))
        log->at += piece.len;
}

/* Of the environment; the steps themselves stand in the log. */
static void log_step(void *context, unsigned step, unsigned count, const char *text)
{
    VT_AUTO_BUF line = vt_buf_init(VT_KIB(4));

    (void)count;
    if (step != 0)
        return;
    vt_buf_printf(&line, "-- %s\n", text);
    log_piece(context, vt_buf_slice(&line));
}

static bool begin_log(const struct rebuilder *r, const char *id, struct log *log,
                      struct vt_error *err)
{
    return vt_disk_file_open(r->told, named(r->arena, id, "log"), &log->file, err) &&
           vt_disk_file_truncate(log->file, 0, err);
}

static bool run_line(struct rebuilder *r, const char *id,
                     const struct vt_rebuild_wish *wish, struct log *log,
                     struct vt_rebuild_told *told, struct vt_error *err)
{
    VT_AUTO_BUF sentence = vt_buf_init(SENTENCE_BYTES_MAX);
    struct vt_rebuild_request request = {
        .folder = r->dir,
        .store = vt_args_get(r->args, "store"),
        .packages = vt_args_get(r->args, "packages"),
        .work = vt_arena_printf(r->arena, "%s/" VT_CENTRE_REBUILDS "/%s.work", r->dir, id),
        .scratch = vt_args_get(r->args, "scratch"),
        .product = wish->product,
        .version = wish->version,
        .watch = { .step = log_step, .log = log_piece, .context = log },
        .env = vt_args_env(r->args),
    };
    struct vt_error why = { 0 };

    if (!vt_cli_runner(r->args, &request.runner, err))
        return false;
    if (!vt_rebuild_run(&request, &sentence, told, &why)) {
        vt_buf_truncate(&sentence, 0);
        vt_buf_put_text(&sentence, why.message);
        told->state = VT_REBUILD_FAILED;
    }
    told->says = vt_buf_slice(&sentence);
    told->ended_unix_s = vt_env_now_unix_s(request.env);
    return tell(r, id, told, err);
}

static bool run_one(struct rebuilder *r, const char *id, struct vt_error *err)
{
    VT_AUTO_REBUILD_TOLD told = { .state = VT_REBUILD_RUNS };
    struct log log = { .at = 0 };
    struct vt_rebuild_wish wish;
    bool is_ok;

    /* No orphan: without the queue nobody ends it in time. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!read_wish(r, id, &wish, err))
        return false;
    told.number = wish.number;
    told.began_unix_s = vt_env_now_unix_s(vt_args_env(r->args));
    is_ok = begin_log(r, id, &log, err) && tell(r, id, &told, err) &&
            run_line(r, id, &wish, &log, &told, err);
    vt_disk_file_close(log.file);
    return is_ok;
}

/* ---- the queue --------------------------------------------------------------------------
 */

struct next {
    const struct rebuilder *rebuilder;
    char id[VT_HEX256_BYTES]; /* empty: nothing waits */
    struct vt_rebuild_wish wish;
};

static bool consider(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    struct next *next = context;
    vt_slice id = vt_slice_from_cstr(name);
    struct vt_rebuild_wish wish;
    struct vt_error why = { 0 };
    char text[VT_HEX256_BYTES];
    vt_hash hash;

    (void)err;
    if (is_folder || !vt_slice_ends_with(id, VT_LIT(".json")) ||
        !vt_hash_parse_hex(vt_slice_sub(id, 0, id.len - 5), &hash))
        return true;
    vt_hash_text(&hash, text);
    if (!read_wish(next->rebuilder, text, &wish, &why)) {
        (void)fprintf(stderr, "mind: %.80s is passed over: %s\n", name, why.message);
        return true;
    }
    if (is_told(next->rebuilder, text, &wish) ||
        (next->id[0] != '\0' && next->wish.number < wish.number))
        return true;
    memcpy(next->id, text, sizeof text);
    next->wish = wish;
    return true;
}

/* What a child that did not come to its end leaves untold. */
static bool tell_failure(struct rebuilder *r, const struct next *next,
                         const struct vt_child_end *end, int64_t began_unix_s,
                         struct vt_error *err)
{
    VT_AUTO_BUF sentence = vt_buf_init(SENTENCE_BYTES_MAX);
    struct vt_rebuild_told told = { .number = next->wish.number,
                                    .state = VT_REBUILD_FAILED,
                                    .began_unix_s = began_unix_s,
                                    .ended_unix_s =
                                        vt_env_now_unix_s(vt_args_env(r->args)) };

    if (end->is_late)
        vt_buf_printf(&sentence, "it was ended, since it took longer than %jd seconds",
                      (intmax_t)(r->time_ms_max / 1000));
    else
        vt_buf_printf(&sentence, "the rebuild ended by itself, with code %d",
                      end->exit_code);
    told.says = vt_buf_slice(&sentence);
    return tell(r, next->id, &told, err);
}

static bool start_one(struct rebuilder *r, const struct next *next, struct vt_error *err)
{
    static const char *const passed_on[] = { "packages", "runner", "scratch" };
    const struct vt_child_options options = { .timeout_ms = r->time_ms_max };
    const char *argv[20] = { NULL, "centre", "rebuild" };
    int64_t began = vt_env_now_unix_s(vt_args_env(r->args));
    struct vt_child_end end;
    char program[4096];
    size_t at = 3;

    if (!vt_role_program(program, sizeof program, err))
        return false;
    argv[0] = program;
    argv[at++] = "--dir";
    argv[at++] = r->dir;
    argv[at++] = "--store";
    argv[at++] = vt_args_get(r->args, "store");
    argv[at++] = "--of";
    argv[at++] = next->id;
    for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++) {
        if (!vt_args_has(r->args, passed_on[i]))
            continue;
        argv[at++] = vt_arena_printf(r->arena, "--%s", passed_on[i]);
        argv[at++] = vt_args_get(r->args, passed_on[i]);
    }
    if (!vt_child_run(argv, &options, &end, err))
        return false;
    return is_told(r, next->id, &next->wish) || tell_failure(r, next, &end, began, err);
}

static bool run_queue(struct rebuilder *r, struct vt_error *err)
{
    for (;;) {
        struct next next = { .rebuilder = r };

        if (!vt_disk_list(r->wishes, "", consider, &next, err))
            return false;
        if (next.id[0] != '\0') {
            if (!start_one(r, &next, err))
                return false;
        } else if (vt_args_has(r->args, "once")) {
            return true;
        } else {
            (void)poll(NULL, 0, LOOK_MS);
        }
    }
}

static bool serve_queue(struct rebuilder *r, struct vt_error *err)
{
    if (!vt_disk_lock(r->told, err) || !vt_disk_sweep(r->told, "", err))
        return false;
    if (!vt_args_has(r->args, "once")) {
        (void)printf("ready: %s\n", r->dir);
        (void)fflush(stdout);
    }
    return run_queue(r, err);
}

/* ---- all of it --------------------------------------------------------------------------
 */

/* What the first wish would not find is said now. */
static bool check_stores(struct rebuilder *r, struct vt_error *err)
{
    const char *packages = vt_args_get(r->args, "packages");
    VT_AUTO_LINE_STORE store = NULL;
    VT_AUTO_LINE_STORE from = NULL;

    return vt_line_store_open(vt_args_get(r->args, "store"), true, &store, err) &&
           (packages == NULL || vt_line_store_open(packages, false, &from, err));
}

static bool open_folders(struct rebuilder *r, struct vt_error *err)
{
    struct vt_disk *above;
    bool is_ok;

    if (!vt_disk_open(r->dir, false, &above, err))
        return false;
    is_ok = vt_disk_open_below(above, VT_CENTRE_PORTER "/" VT_CENTRE_REBUILDS, &r->wishes,
                               err) &&
            vt_disk_open_below(above, VT_CENTRE_REBUILDS, &r->told, err);
    vt_disk_close(above);
    return is_ok;
}

bool vt_cli_centre_rebuild(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct rebuilder r = { .args = args, .arena = arena, .dir = vt_args_get(args, "dir") };
    const char *id = vt_args_get(args, "of");
    int64_t time_s;
    vt_hash ignored;
    bool is_ok;

    if (!vt_args_duration(args, "time-max", TIME_S, &time_s, err))
        return false;
    if (time_s < 1 || time_s > TIME_S_MAX)
        return vt_args_misuse(args, err, "--time-max: 1s to 24h");
    if (id != NULL && !vt_hash_parse_hex(vt_slice_from_cstr(id), &ignored))
        return vt_args_misuse(args, err, "--of: '%s' is no digest of 64 hex digits", id);
    r.time_ms_max = 1000 * time_s;
    is_ok = check_stores(&r, err) && open_folders(&r, err) &&
            (id != NULL ? run_one(&r, id, err) : serve_queue(&r, err));
    if (r.told != NULL)
        vt_disk_close(r.told);
    if (r.wishes != NULL)
        vt_disk_close(r.wishes);
    return is_ok;
}
