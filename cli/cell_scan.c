/* vitrine cell scan: files and folders past rules and ClamAV, each in a confined worker.
 *
 * The verdicts come in the order in which workers are done; what a person reads is in that
 * order too. */
#include "cell/scan_pool.h"
#include "cli/cell_verbs.h"
#include "cli/files.h"
#include "cli/moving_line.h"
#include "cli/walk.h"
#include <sched.h>

const struct vt_option vt_cli_cell_scan_options[] = {
    { .name = "rules",
      .value_name = "PATH",
      .help = "a rule pack, or the folder that one is made of" },
    { .name = "clamav", .value_name = "FOLDER", .help = "ClamAV's databases" },
    { .name = "limits",
      .value_name = "LIST",
      .help = "what a file may cost, \"bytes=400M,depth=16,time=2m\"" },
    { .name = "workers", .value_name = "N", .help = "processes; else one a CPU" },
    { .name = "all", .help = "tell of clean files too" },
    { .name = NULL },
};

struct scanning {
    struct vt_args *args;
    struct vt_scan_pool *pool;
    json_t *answers;
    char *paths[VT_SCAN_WORKERS_MAX]; /* of the jobs that are due, by their tag */
    uint64_t counts[VT_SCAN_STATES];
    uint64_t files, bytes, passed, unreadable;
    struct vt_moving_line line;
};

/* ---- what a person sees ----------------------------------------------------------------
 */

static void print_path(const char *path)
{
    VT_AUTO_FREE char *shown = vt_strdup_slice(vt_slice_from_cstr(path));

    vt_text_make_printable(shown, false);
    (void)printf("%s: ", shown);
}

/* Without what all verdicts have in common. */
static void add_answer(struct scanning *s, const char *path,
                       const struct vt_scan_verdict *verdict)
{
    static const char *const common[] = { "engines", "limits", "rules" };
    json_t *answer = vt_scan_verdict_json(verdict);

    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        (void)json_object_del(answer, common[i]);
    (void)json_object_set_new(answer, "file", vt_cli_json_text(vt_slice_from_cstr(path)));
    (void)json_array_append_new(s->answers, answer);
}

static void tell(struct scanning *s, const char *path,
                 const struct vt_scan_verdict *verdict)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(16));

    s->counts[verdict->state]++;
    if (verdict->state == VT_SCAN_CLEAN && !vt_args_has(s->args, "all"))
        return;
    if (vt_args_is_json(s->args)) {
        add_answer(s, path, verdict);
        return;
    }
    vt_scan_verdict_text(verdict, &text);
    vt_moving_line_clear(&s->line);
    print_path(path);
    (void)printf("%.*s\n", VT_SLICE_ARGS(vt_buf_slice(&text)));
}

/* ---- walking and scanning --------------------------------------------------------------
 */

static bool take_one(struct scanning *s, struct vt_error *err)
{
    struct vt_scan_verdict verdict;
    uint64_t tag;

    if (!vt_scan_pool_next(s->pool, -1, &tag, &verdict, err))
        return false;
    tell(s, s->paths[tag], &verdict);
    free(s->paths[tag]);
    s->paths[tag] = NULL;
    return true;
}

static void passed(void *context, const char *path, const struct vt_error *why)
{
    struct scanning *s = context;

    s->passed++;
    if (why->code != VT_IO)
        return;
    s->unreadable++;
    vt_moving_line_clear(&s->line);
    (void)fprintf(stderr, "vitrine: %s: %s\n", path, why->message);
}

static bool scan_file(void *context, const char *path, int fd, uint64_t size_bytes,
                      struct vt_error *err)
{
    struct scanning *s = context;
    struct vt_scan_job job = { .fd = fd };
    struct vt_error why = { 0 };

    while (!vt_scan_pool_has_room(s->pool))
        if (!take_one(s, err))
            return false;
    while (s->paths[job.tag] != NULL)
        job.tag++;
    if (!vt_scan_pool_put(s->pool, &job, &why)) {
        passed(s, path, &why);
        return true;
    }
    s->paths[job.tag] = vt_strdup_slice(vt_slice_from_cstr(path));
    s->files++;
    s->bytes += size_bytes;
    vt_moving_line_show(&s->line, s->files, s->bytes,
                        s->counts[VT_SCAN_MALICIOUS] + s->counts[VT_SCAN_SUSPICIOUS], path);
    return true;
}

static bool scan_all(struct scanning *s, struct vt_error *err)
{
    const struct vt_walk walk = { scan_file, passed, s };

    for (size_t i = 0; i < vt_args_operand_count(s->args); i++)
        if (!vt_walk_path(&walk, vt_args_operand(s->args, i), err))
            return false;
    while (vt_scan_pool_busy(s->pool) != 0)
        if (!take_one(s, err))
            return false;
    return true;
}

/* ---- the whole -------------------------------------------------------------------------
 */

static void print_summary(const struct scanning *s)
{
    double seconds = (double)(vt_monotonic_ms() - s->line.begun_ms) / 1000;
    const char *before = "";

    vt_moving_line_clear(&s->line);
    (void)printf("%ju file%s, %.1f MB, %.1f s: ", (uintmax_t)s->files, vt_plural(s->files),
                 (double)s->bytes / 1e6, seconds);
    for (unsigned i = 0; i < VT_SCAN_STATES; i++)
        if (s->counts[i] != 0) {
            (void)printf("%s%ju %s", before, (uintmax_t)s->counts[i],
                         vt_scan_state_name((enum vt_scan_state)i));
            before = ", ";
        }
    if (s->files == 0)
        (void)printf("nothing to scan");
    if (s->unreadable != 0)
        (void)printf("; %ju could not be read", (uintmax_t)s->unreadable);
    (void)printf("\n");
}

static void print_json(const struct scanning *s, bool ok)
{
    /* What is common to all verdicts stands once, as an empty one has it. */
    const struct vt_scan_verdict none = { .binding = *vt_scan_pool_binding(s->pool) };
    VT_AUTO_JSON common = vt_scan_verdict_json(&none);
    json_t *counts = json_object();

    for (unsigned i = 0; i < VT_SCAN_STATES; i++)
        (void)json_object_set_new(counts, vt_scan_state_name((enum vt_scan_state)i),
                                  json_integer((json_int_t)s->counts[i]));
    vt_cli_print_json(json_pack(
        "{s:b,s:I,s:I,s:I,s:I,s:o,s:O,s:O,s:O,s:O}", "ok", ok, "scanned",
        (json_int_t)s->files, "bytes", (json_int_t)s->bytes, "passed_over",
        (json_int_t)s->passed, "unreadable", (json_int_t)s->unreadable, "states", counts,
        "files", s->answers, "rules", json_object_get(common, "rules"), "engines",
        json_object_get(common, "engines"), "limits", json_object_get(common, "limits")));
}

unsigned vt_cli_scan_workers(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

    return count < 1                     ? 1
           : count > VT_SCAN_WORKERS_MAX ? VT_SCAN_WORKERS_MAX
                                         : (unsigned)count;
}

static bool read_setup(struct vt_args *args, struct vt_scan_setup *setup,
                       struct vt_error *err)
{
    const char *limits = vt_args_get(args, "limits");
    struct vt_error why = { 0 };
    uint64_t workers;

    *setup = (struct vt_scan_setup){ .pack = vt_args_get(args, "rules"),
                                     .clamav = vt_args_get(args, "clamav"),
                                     .limits = vt_scan_limits_default() };
    if (setup->pack == NULL && setup->clamav == NULL)
        return vt_args_misuse(args, err,
                              "give --rules, --clamav or both: without them "
                              "nothing can be found");
    if (limits != NULL &&
        !vt_scan_limits_parse(vt_slice_from_cstr(limits), &setup->limits, &why))
        return vt_args_misuse(args, err, "--limits: %s", why.message);
    if (!vt_args_number(args, "workers", vt_cli_scan_workers(), VT_SCAN_WORKERS_MAX,
                        &workers, err))
        return false;
    if (workers == 0)
        return vt_args_misuse(args, err, "--workers: at least 1");
    setup->workers = (unsigned)workers;
    return true;
}

static bool scan(struct scanning *s, struct vt_error *err)
{
    bool is_well;

    if (!scan_all(s, err))
        return false;
    is_well = s->counts[VT_SCAN_CLEAN] == s->files;
    if (vt_args_is_json(s->args))
        print_json(s, is_well && s->unreadable == 0);
    else
        print_summary(s);
    vt_args_exit(s->args, !is_well             ? VT_EXIT_REFUSED
                          : s->unreadable != 0 ? VT_EXIT_TROUBLE
                                               : VT_EXIT_OK);
    return true;
}

bool vt_cli_cell_scan(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_SCAN_POOL pool = NULL;
    VT_AUTO_JSON answers = json_array();
    struct scanning s = { .args = args,
                          .answers = answers,
                          .line = vt_moving_line_begin(vt_args_is_json(args)) };
    struct vt_scan_setup setup;
    bool ok;

    if (!read_setup(args, &setup, err) || !vt_scan_pool_open(&setup, &pool, err))
        return false;
    s.pool = pool;
    ok = scan(&s, err);
    for (size_t i = 0; i < VT_SCAN_WORKERS_MAX; i++)
        free(s.paths[i]);
    return ok;
}
