/* vitrine client scan: a folder past the local filter, the cell's verdicts and rules.
 *
 * Files go in portions: each is hashed, and handed to a scan worker where rules are given;
 * at the end of a portion the workers are waited for, the cell is asked about those that
 * the filter does not know to be not found, each bucket once, and all are told in the order
 * of their names.  What could not be judged is told too, and keeps the answer from being a
 * yes. */
#include "cell/scan_pool.h"
#include "cli/cell_verbs.h"
#include "cli/client_session.h"
#include "cli/moving_line.h"
#include "cli/walk.h"

enum { PORTION = 1024 };

const struct vt_option vt_cli_client_scan_options[] = {
    VT_CLIENT_SESSION_OPTIONS,
    { "rules", "PATH", "scan with this rule pack too, each file in a confined process",
      false, false },
    { "limits", "LIST", "with --rules: what a file may cost, \"bytes=400M,depth=16\"",
      false, false },
    { "offline", NULL, "the rules alone: no cell is asked, none need be known", false,
      false },
    { "all", NULL, "tell of every file, not only of those that are not in order", false,
      false },
    { NULL, NULL, NULL, false, false },
};

/* What is said of a file, from the best to the worst. */
enum state {
    NOT_FOUND, /* neither in the filter nor by the rules */
    CLEAN,     /* the cell knows it to be */
    UNKNOWN,   /* to the cell */
    NOT_ASKED, /* it may have been found; nobody has allowed to ask */
    NOT_FULLY, /* scanned */
    FAILED,    /* the engine, on it */
    SUSPICIOUS,
    MALICIOUS,
    STATES,
};

static const char *const NAMES[STATES] = {
    [NOT_FOUND] = "not-found",
    [CLEAN] = "clean",
    [UNKNOWN] = "unknown",
    [NOT_ASKED] = "not-asked",
    [NOT_FULLY] = "not-fully-scanned",
    [FAILED] = "engine-failed",
    [SUSPICIOUS] = "suspicious",
    [MALICIOUS] = "malicious",
};

struct file {
    char *path; /* owned */
    vt_hash hash;
    uint64_t bytes;
    bool is_local; /* the filter sufficed */
    struct vt_cell_verdict verdict;
    struct vt_scan_verdict *scan; /* owned; NULL: no rules, or unreadable to them */
};

struct scan {
    struct vt_args *args;
    struct vt_client_session session;
    bool is_offline;
    struct vt_scan_pool *pool; /* NULL: no rules */
    bool has_cells_rules;      /* those behind the cell's verdicts */
    struct file files[PORTION];
    size_t count;
    uint64_t counts[STATES];
    uint64_t total, bytes, passed, unreadable;
    struct vt_moving_line line;
};

/* ---- what is said of one file -----------------------------------------------------------
 */

static enum state by_cell(const struct scan *s, const struct file *file)
{
    static const enum state map[] = {
        [VT_STATE_UNKNOWN] = UNKNOWN,
        [VT_STATE_CLEAN] = CLEAN,
        [VT_STATE_SUSPICIOUS] = SUSPICIOUS,
        [VT_STATE_MALICIOUS] = MALICIOUS,
        [VT_STATES] = NOT_ASKED,
    };

    return s->is_offline || file->is_local ? NOT_FOUND : map[file->verdict.state];
}

static enum state by_rules(const struct file *file)
{
    static const enum state map[VT_SCAN_STATES] = {
        [VT_SCAN_UNKNOWN] = NOT_FULLY,     [VT_SCAN_CLEAN] = NOT_FOUND,
        [VT_SCAN_SUSPICIOUS] = SUSPICIOUS, [VT_SCAN_MALICIOUS] = MALICIOUS,
        [VT_SCAN_NOT_FULLY] = NOT_FULLY,   [VT_SCAN_ENGINE_FAILED] = FAILED,
    };

    return file->scan != NULL ? map[file->scan->state] : NOT_FOUND;
}

/* The worse of the two. */
static enum state state_of(const struct scan *s, const struct file *file)
{
    enum state cell = by_cell(s, file), rules = by_rules(file);

    return rules > cell ? rules : cell;
}

static bool is_in_order(enum state state)
{
    return state <= UNKNOWN;
}

static void print_file(const struct scan *s, const struct file *file, enum state state)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));
    VT_AUTO_FREE char *shown = vt_strdup_slice(vt_slice_from_cstr(file->path));
    bool has_scan = file->scan != NULL && file->scan->state != VT_SCAN_CLEAN;

    vt_moving_line_clear(&s->line);
    vt_text_make_printable(shown, false);
    (void)printf("%s: ", shown);
    if (by_cell(s, file) >= SUSPICIOUS)
        (void)printf("%s, by the cell (%08" PRIx32 ")%s", NAMES[by_cell(s, file)],
                     file->verdict.found, has_scan ? "; " : "");
    else if (!has_scan || by_cell(s, file) == NOT_ASKED)
        (void)printf("%s%s", NAMES[has_scan ? NOT_ASKED : state], has_scan ? "; " : "");
    if (has_scan) {
        vt_scan_verdict_text(file->scan, &text);
        (void)printf("%.*s, by the rules", VT_SLICE_ARGS(vt_buf_slice(&text)));
    }
    (void)putchar('\n');
}

static void print_line(const struct scan *s, const struct file *file, enum state state)
{
    json_t *line;
    char hash[65];

    vt_hash_text(&file->hash, hash);
    line = json_pack("{s:o,s:s,s:s,s:I,s:s}", "file",
                     vt_cli_json_text(vt_slice_from_cstr(file->path)), "sha256", hash,
                     "state", NAMES[state], "bytes", (json_int_t)file->bytes, "cell",
                     s->is_offline ? "not-asked" : NAMES[by_cell(s, file)]);
    if (by_cell(s, file) >= SUSPICIOUS)
        (void)json_object_set_new(line, "found", json_integer(file->verdict.found));
    if (file->scan != NULL)
        (void)json_object_set_new(line, "rules", vt_scan_verdict_json(file->scan));
    vt_cli_print_json(line);
}

static void tell_file(struct scan *s, const struct file *file)
{
    enum state state = state_of(s, file);

    s->counts[state]++;
    if (is_in_order(state) && !vt_args_has(s->args, "all"))
        return;
    if (vt_args_is_json(s->args))
        print_line(s, file, state);
    else
        print_file(s, file, state);
}

/* ---- a portion --------------------------------------------------------------------------
 */

static void forget(struct scan *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->files[i].path);
        free(s->files[i].scan);
    }
    s->count = 0;
}

static bool take_scan(struct scan *s, struct vt_error *err)
{
    struct vt_scan_verdict verdict;
    uint64_t tag;

    if (!vt_scan_pool_next(s->pool, -1, &tag, &verdict, err))
        return false;
    VT_ASSERT(tag < s->count);
    s->files[tag].scan = vt_alloc(sizeof verdict);
    *s->files[tag].scan = verdict;
    return true;
}

static bool ask_cell(struct scan *s, struct vt_error *err)
{
    struct vt_cell_verdict *verdicts = vt_alloc_array(PORTION, sizeof *verdicts);
    bool is_allowed, is_ok;
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++)
        if (!s->files[i].is_local)
            verdicts[count++].hash = s->files[i].hash;
    is_ok = vt_client_session_ask(&s->session, verdicts, count, &is_allowed, err);
    for (size_t i = 0; i < s->count && is_ok; i++)
        if (!s->files[i].is_local)
            s->files[i].verdict = *vt_cell_verdict_find(verdicts, count, &s->files[i].hash);
    free(verdicts);
    return is_ok;
}

static bool finish_portion(struct scan *s, struct vt_error *err)
{
    while (s->pool != NULL && vt_scan_pool_busy(s->pool) != 0)
        if (!take_scan(s, err))
            return false;
    if (!s->is_offline && !ask_cell(s, err))
        return false;
    for (size_t i = 0; i < s->count; i++)
        tell_file(s, &s->files[i]);
    forget(s);
    return true;
}

/* ---- walking ----------------------------------------------------------------------------
 */

static void passed(void *context, const char *path, const struct vt_error *why)
{
    struct scan *s = context;
    char shown[VT_CLI_PATH_BYTES];

    s->passed++;
    if (why->code == VT_REJECTED) /* a link, a pipe: no file */
        return;
    s->unreadable++;
    vt_moving_line_clear(&s->line);
    (void)snprintf(shown, sizeof shown, "%s", path);
    vt_text_make_printable(shown, true);
    (void)fprintf(stderr, "vitrine client scan: %s: %s\n", shown, why->message);
}

/* Hashed here, and read again by the worker: between the two it may have been changed, so
 * both verdicts count. */
static bool take_bytes(struct scan *s, const char *path, int fd, struct file *file,
                       struct vt_error *why)
{
    const struct vt_scan_job job = { .fd = fd, .tag = s->count };

    if (!vt_sha256_fd(fd, path, &file->hash, &file->bytes, why))
        return false;
    if (s->pool == NULL)
        return true;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return vt_fail(why, VT_IO, "%s", strerror(errno));
    return vt_scan_pool_put(s->pool, &job, why);
}

static bool scan_file(void *context, const char *path, int fd, uint64_t size_bytes,
                      struct vt_error *err)
{
    struct scan *s = context;
    struct file *file = &s->files[s->count];
    struct vt_error why = { 0 };

    (void)size_bytes;
    while (s->pool != NULL && !vt_scan_pool_has_room(s->pool))
        if (!take_scan(s, err))
            return false;
    *file = (struct file){ .verdict = { .state = VT_STATES } };
    if (!take_bytes(s, path, fd, file, &why)) {
        passed(s, path, &why);
        return true;
    }
    file->path = vt_strdup_slice(vt_slice_from_cstr(path));
    file->is_local = s->is_offline || vt_client_session_is_local(&s->session, &file->hash);
    s->count++;
    s->total++;
    s->bytes += file->bytes;
    vt_moving_line_show(&s->line, s->total, s->bytes,
                        s->counts[MALICIOUS] + s->counts[SUSPICIOUS], path);
    return s->count < PORTION || finish_portion(s, err);
}

static bool scan_all(struct scan *s, struct vt_error *err)
{
    const struct vt_walk walk = { scan_file, passed, s };

    for (size_t i = 0; i < vt_args_operand_count(s->args); i++)
        if (!vt_walk_path(&walk, vt_args_operand(s->args, i), err))
            return false;
    return finish_portion(s, err);
}

/* ---- the end ----------------------------------------------------------------------------
 */

static bool has_found(const struct scan *s)
{
    return s->counts[MALICIOUS] + s->counts[SUSPICIOUS] != 0;
}

/* Some file has no verdict. */
static bool is_incomplete(const struct scan *s)
{
    return s->unreadable + s->counts[NOT_ASKED] + s->counts[NOT_FULLY] +
               s->counts[FAILED] !=
           0;
}

static void print_summary(const struct scan *s)
{
    const char *before = "";

    vt_moving_line_clear(&s->line);
    (void)printf("%ju file%s, %.1f MB, %.1f s: ", (uintmax_t)s->total, vt_plural(s->total),
                 (double)s->bytes / 1e6,
                 (double)(vt_monotonic_ms() - s->line.begun_ms) / 1000);
    for (unsigned i = STATES; i-- > 0;)
        if (s->counts[i] != 0) {
            (void)printf("%s%ju %s", before, (uintmax_t)s->counts[i], NAMES[i]);
            before = ", ";
        }
    if (s->total == 0)
        (void)printf("nothing to scan");
    if (s->unreadable != 0)
        (void)printf("; %ju could not be read", (uintmax_t)s->unreadable);
    (void)putchar('\n');
    if (s->counts[NOT_ASKED] != 0)
        (void)printf("nobody has allowed this machine to ask about %ju of them; `vitrine "
                     "client consent ask on` does\n",
                     (uintmax_t)s->counts[NOT_ASKED]);
    if (s->is_offline) {
        (void)printf("no cell was asked: by the rules alone\n");
        return;
    }
    if (s->pool != NULL)
        (void)printf("the rules are %s\n",
                     s->has_cells_rules ? "those behind the cell's verdicts"
                                        : "others than those behind the cell's verdicts");
    vt_client_session_print(&s->session);
}

static void print_json_summary(const struct scan *s)
{
    json_t *counts = json_object(), *all;

    for (unsigned i = 0; i < STATES; i++)
        (void)json_object_set_new(counts, NAMES[i], json_integer((json_int_t)s->counts[i]));
    all = json_pack("{s:i,s:b,s:I,s:I,s:I,s:I,s:I,s:o}", "v", 1, "ok",
                    !has_found(s) && !is_incomplete(s), "scanned", (json_int_t)s->total,
                    "bytes", (json_int_t)s->bytes, "passed_over", (json_int_t)s->passed,
                    "unreadable", (json_int_t)s->unreadable, "took_ms",
                    (json_int_t)(vt_monotonic_ms() - s->line.begun_ms), "states", counts);
    if (!s->is_offline) {
        (void)json_object_set_new(all, "cell", json_string(s->session.cell));
        (void)json_object_set_new(
            all, "epoch", json_integer((json_int_t)s->session.head.file->head.epoch));
        (void)json_object_set_new(all, "sent", vt_client_session_pack(&s->session));
    }
    if (s->pool != NULL && !s->is_offline)
        (void)json_object_set_new(all, "cells_rules", json_boolean(s->has_cells_rules));
    vt_cli_print_json(all);
}

/* ---- the whole --------------------------------------------------------------------------
 */

static bool compare_rules(struct scan *s, const char *path, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    struct stat about;
    uint64_t size;
    vt_hash hash;

    if (s->is_offline || (stat(path, &about) == 0 && S_ISDIR(about.st_mode)))
        return true;
    if (!vt_file_open(path, &fd, &size, err) || !vt_sha256_fd(fd, path, &hash, &size, err))
        return false;
    s->has_cells_rules = vt_hash_equal(&hash, &s->session.head.file->head.rules);
    return true;
}

static bool open_rules(struct scan *s, struct vt_error *err)
{
    const char *path = vt_args_get(s->args, "rules"),
               *limits = vt_args_get(s->args, "limits");
    struct vt_scan_setup setup = { .limits = vt_scan_limits_default(),
                                   .workers = vt_cli_scan_workers() };
    struct vt_error why = { 0 };

    if (path == NULL)
        path = s->session.settings.values[VT_SETTING_RULES];
    if (limits != NULL && path == NULL)
        return vt_args_misuse(s->args, err, "--limits goes with --rules");
    if (s->is_offline && path == NULL)
        return vt_args_misuse(s->args, err,
                              "--offline needs --rules: nothing else is here "
                              "that could find anything");
    if (limits != NULL &&
        !vt_scan_limits_parse(vt_slice_from_cstr(limits), &setup.limits, &why))
        return vt_args_misuse(s->args, err, "--limits: %s", why.message);
    if (path == NULL)
        return true;
    setup.pack = path;
    return compare_rules(s, path, err) && vt_scan_pool_open(&setup, &s->pool, err);
}

static bool run(struct scan *s, struct vt_error *err)
{
    s->is_offline = vt_args_has(s->args, "offline");
    if ((!s->is_offline && !vt_client_session_open(s->args, &s->session, err)) ||
        !open_rules(s, err) || !scan_all(s, err))
        return false;
    if (vt_args_is_json(s->args))
        print_json_summary(s);
    else
        print_summary(s);
    vt_args_exit(s->args, has_found(s)       ? VT_EXIT_REFUSED
                          : is_incomplete(s) ? VT_EXIT_TROUBLE
                                             : VT_EXIT_OK);
    return true;
}

bool vt_cli_client_scan(struct vt_args *args, struct vt_error *err)
{
    struct scan *s = vt_alloc(sizeof *s);
    bool is_ok;

    s->args = args;
    s->line = vt_moving_line_begin(vt_args_is_json(args));
    is_ok = run(s, err);
    vt_moving_line_clear(&s->line);
    forget(s);
    vt_scan_pool_close(s->pool);
    vt_client_session_close(&s->session);
    free(s);
    return is_ok;
}
