/* One build, from three digests to artefacts:
 *
 *   check that the environment is the one agreed on ── get it ── unpack the source into a
 *   scratch area ── run the steps in the sandbox, one process tree each ── take the outputs
 *   out ── write the bill of materials and the report
 *
 * Nothing that the steps do can reach what is outside of the area; the report is written
 * by us from what we measured, not from what a step says. */
#include "line/build.h"
#include "line/build_inside.h"
#include "line/spool.h"
#include <dirent.h>

enum { LOG_BYTES_MAX = 256 << 20, SBOM_BYTES_MAX = 64 << 20, VARIABLES_MAX = 128 };

/* ---- before anything runs
 * ---------------------------------------------------------------- */

bool vt_environment_check_authorised(const vt_hash *digest, const vt_hash *authorised,
                                     size_t count, struct vt_error *err)
{
    char hex[65];

    for (size_t i = 0; i < count; i++)
        if (vt_hash_equal(digest, &authorised[i]))
            return true;
    vt_hash_text(digest, hex);
    return vt_fail(err, VT_REJECTED,
                   "environment %s is not authorised; the supervisor can authorise it "
                   "(vitrine supervise authorise --environment LOCK)",
                   hex);
}

static bool check_lock(const struct vt_build_request *r, struct vt_error *err)
{
    const struct vt_recipe *recipe = r->recipe;
    char hex[65];

    if (recipe->has_lock && !vt_hash_equal(&recipe->lock_digest, &r->lock->digest)) {
        vt_hash_text(&recipe->lock_digest, hex);
        return vt_fail(err, VT_REJECTED, "the recipe asks for the lock %s, this is another",
                       hex);
    }
    if (strcmp(recipe->suite, r->lock->suite) != 0)
        return vt_fail(err, VT_REJECTED, "the recipe is for %s, the lock for %s",
                       recipe->suite, r->lock->suite);
    for (size_t i = 0; i < recipe->package_count; i++)
        if (vt_lock_find(r->lock, recipe->packages[i]) == NULL)
            return vt_fail(err, VT_REJECTED,
                           "the recipe names the package %s, which the lock lacks; lock it "
                           "again (vitrine line lock)",
                           recipe->packages[i]);
    return r->authorised == NULL ||
           vt_environment_check_authorised(&r->lock->environment, r->authorised,
                                           r->authorised_count, err);
}

static bool check_request(const struct vt_build_request *r, struct vt_error *err)
{
    if (r->source->type != r->recipe->source_type)
        return vt_fail(err, VT_REJECTED, "the recipe asks for a source of type %s, not %s",
                       vt_source_type_name(r->recipe->source_type),
                       vt_source_type_name(r->source->type));
    return check_lock(r, err);
}

/* ---- the area
 * ---------------------------------------------------------------------------- */

static const char *copy_text(struct vt_arena *arena, const char *text)
{
    return text != NULL ? vt_arena_cstr(arena, vt_slice_from_cstr(text)) : NULL;
}

static void take_factors(struct vt_build *b)
{
    struct vt_arena *arena = b->report->arena;
    const struct vt_build_request *r = b->request;
    struct vt_factors *f = &b->factors;
    const char *slash;

    if (r->factors != NULL) {
        *f = *r->factors;
    } else {
        *f = vt_factors_fixed();
        f->cpu_count = r->recipe->cpu_count;
    }
    f->build_path = copy_text(arena, f->build_path);
    f->user_name = copy_text(arena, f->user_name);
    f->host_name = copy_text(arena, f->host_name);
    f->time_zone = copy_text(arena, f->time_zone);
    f->locale = copy_text(arena, f->locale);
    f->home = copy_text(arena, f->home);
    f->variable = copy_text(arena, f->variable);
    f->is_clock_frozen = f->is_clock_frozen || r->recipe->is_clock_frozen;
    b->report->factors = *f;
    slash = strrchr(f->build_path, '/'); /* it lies below /build: there is one */
    b->source_name = slash + 1;
    b->area_inside =
        vt_arena_printf(arena, "%.*s", (int)(slash - f->build_path), f->build_path);
}

static bool check_path(const struct vt_build *b, struct vt_error *err)
{
    const char *path = b->factors.build_path;
    vt_slice below = vt_slice_from_cstr(path);

    if (!vt_slice_starts_with(below, VT_LIT("/build/")) || b->source_name[0] == '\0' ||
        strcmp(b->source_name, ".") == 0 || strcmp(b->source_name, "..") == 0)
        return vt_fail(err, VT_REJECTED, "build path %s: must lie below /build", path);
    return true;
}

static bool unpack(struct vt_build *b, struct vt_error *err)
{
    const struct vt_build_request *r = b->request;
    VT_AUTO_ARENA arena = vt_arena_new();
    bool is_debian = r->source->type == VT_SOURCE_DEBIAN;

    /* Files of a source package stand beside the source folder, which dpkg-source makes. */
    if (is_debian)
        return vt_source_unpack(r->store, r->source, b->area, r->recipe->epoch_unix_s,
                                b->factors.is_order_reversed, err);
    return vt_area_make_folder(b->area, b->source_name, err) &&
           vt_source_unpack(r->store, r->source,
                            vt_arena_printf(arena, "%s/%s", b->area, b->source_name),
                            r->recipe->epoch_unix_s, b->factors.is_order_reversed, err);
}

/* ---- running
 * ------------------------------------------------------------------------------ */

static void log_piece(void *context, vt_slice piece)
{
    struct vt_build *b = context;
    const struct vt_build_watch *watch = &b->request->watch;
    struct vt_error ignored;

    if (watch->log != NULL)
        watch->log(watch->context, piece);
    if (piece.len == 0 || b->log_bytes >= LOG_BYTES_MAX)
        return;
    if (piece.len > LOG_BYTES_MAX - b->log_bytes)
        piece.len = LOG_BYTES_MAX - b->log_bytes;
    b->log_bytes += piece.len;
    if (!vt_fd_write_all(b->log, "log", piece, &ignored))
        b->is_log_failed = true;
}

static void log_text(struct vt_build *b, const char *text)
{
    log_piece(b, vt_slice_from_cstr(text));
}

/* "make -j2 CFLAGS=-O2", cut for a person. */
static const char *step_text(struct vt_arena *arena, const char *const *argv)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(64));

    for (size_t i = 0; argv[i] != NULL && text.len < 200; i++)
        vt_buf_printf(&text, "%s%.160s", i > 0 ? " " : "", argv[i]);
    return vt_arena_cstr(arena, vt_buf_slice(&text));
}

/* "step 2 (make -j2 all...)": enough to know which it is, and room for what went wrong. */
static const char *step_label(struct vt_arena *arena, size_t number, const char *text)
{
    enum { QUOTED_MAX = 60 };
    char *quoted = vt_arena_printf(arena, "%.*s", QUOTED_MAX, text);

    vt_text_make_printable(quoted, strlen(text) > QUOTED_MAX);
    return vt_arena_printf(arena, "step %zu (%s%s)", number, quoted,
                           strlen(text) > QUOTED_MAX ? "..." : "");
}

static const char *const *step_variables(struct vt_build *b)
{
    struct vt_arena *arena = b->report->arena;
    const char *const *ours = b->request->recipe->variables;
    const char **out = vt_arena_alloc(arena, VARIABLES_MAX * sizeof *out);
    size_t at = 0;

    out[at++] = vt_arena_printf(arena, "SOURCE_DATE_EPOCH=%jd",
                                (intmax_t)b->request->recipe->epoch_unix_s);
    for (; *ours != NULL && at < VARIABLES_MAX - 1; ours++)
        out[at++] = *ours;
    for (ours = b->clock.variables; *ours != NULL && at < VARIABLES_MAX - 1; ours++)
        out[at++] = *ours;
    return out;
}

/* The declared inputs, each checked against its hash. */
static bool give_inputs(struct vt_build *b, struct vt_sandbox_spec *spec,
                        struct vt_error *err)
{
    const struct vt_recipe *recipe = b->request->recipe;
    struct vt_blobs *blobs = vt_line_store_blobs(b->request->store);
    struct vt_arena *arena = b->report->arena;

    for (size_t i = 0; i < recipe->input_count; i++) {
        const struct vt_recipe_input *input = &recipe->inputs[i];
        VT_AUTO_FD fd = -1;
        uint64_t bytes;

        if (!vt_blobs_open_fd(blobs, &input->hash, &fd, &bytes, err))
            return vt_within(err, "input %s", input->name);
        spec->inputs[spec->input_count++] = (struct vt_sandbox_input){
            vt_blobs_path(blobs, &input->hash, arena),
            vt_arena_printf(arena, "/mnt/%s", input->name),
        };
    }
    if (b->clock.variables[0] != NULL)
        spec->inputs[spec->input_count++] =
            (struct vt_sandbox_input){ b->clock.file, VT_CLOCK_INSIDE };
    return true;
}

/* All but the program to run. */
static bool prepare_spec(struct vt_build *b, const char *directory,
                         struct vt_sandbox_spec *spec, struct vt_error *err)
{
    const struct vt_recipe *recipe = b->request->recipe;

    *spec = (struct vt_sandbox_spec){
        .runner = b->request->runner,
        .root = b->environment.root,
        .area = b->area,
        .area_inside = b->area_inside,
        .directory = directory,
        .variables = step_variables(b),
        .factors = b->factors,
        .limits = { .memory_bytes = recipe->memory_bytes,
                    .processes = recipe->processes,
                    .file_bytes = recipe->file_bytes,
                    .wall_ms = recipe->wall_ms },
        .on_output = log_piece,
        .context = b,
    };
    return give_inputs(b, spec, err);
}

static bool run_in(struct vt_build *b, const char *const *argv, const char *directory,
                   const char *text, struct vt_error *err)
{
    const struct vt_recipe *recipe = b->request->recipe;
    VT_AUTO_FREE struct vt_sandbox_spec *spec = vt_alloc(sizeof *spec);
    struct vt_sandbox_end end;

    if (!prepare_spec(b, directory, spec, err))
        return vt_within(err, "%s", text);
    spec->argv = argv;
    if (!vt_sandbox_run(spec, &end, err))
        return vt_within(err, "%s", text);
    b->report->cpu_ms += end.cpu_ms;
    if (b->is_log_failed)
        return vt_fail(err, VT_IO, "the log cannot be kept: is the disk full?");
    if (end.is_late)
        return vt_fail(err, VT_REJECTED, "%s: not done after %jd seconds", text,
                       (intmax_t)(recipe->wall_ms / 1000));
    if (end.exit_code != 0)
        return vt_fail(err, VT_REJECTED, "%s: ended with exit code %d%s", text,
                       end.exit_code,
                       end.exit_code == 137 ? " (killed; out of memory?)" : "");
    return true;
}

static int is_dsc(const struct dirent *entry)
{
    return vt_slice_ends_with(vt_slice_from_cstr(entry->d_name), VT_LIT(".dsc"));
}

/* The one .dsc among the files that were just unpacked. */
static const char *find_dsc(struct vt_build *b)
{
    struct dirent **names = NULL;
    int count = scandir(b->area, &names, is_dsc, alphasort);
    const char *name = count == 1 ? copy_text(b->report->arena, names[0]->d_name) : NULL;

    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return name;
}

/* dpkg-source runs in the environment like any step: what it reads is not ours to parse.
 * Files that it patched are as old as now; they shall not be younger than the epoch. */
static bool unpack_debian(struct vt_build *b, struct vt_error *err)
{
    const char *argv[] = { "dpkg-source", "--no-check",   "-x",
                           find_dsc(b),   b->source_name, NULL };
    VT_AUTO_ARENA arena = vt_arena_new();

    if (argv[3] == NULL)
        return vt_fail(err, VT_REJECTED, "the source holds no single .dsc");
    return run_in(b, argv, b->area_inside, "dpkg-source", err) &&
           vt_tree_clamp_times(vt_arena_printf(arena, "%s/%s", b->area, b->source_name),
                               b->request->recipe->epoch_unix_s, err);
}

/* What steps will see, asked from inside; only of builds under terms of their own, since it
 * costs a dozen starts of the sandbox. */
static bool look_around(struct vt_build *b, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_sandbox_spec *spec = vt_alloc(sizeof *spec);

    if (b->request->factors == NULL)
        return true;
    return (prepare_spec(b, b->factors.build_path, spec, err) &&
            vt_probe_run(spec, &b->report->seen, err)) ||
           vt_within(err, "probe");
}

static bool run_steps(struct vt_build *b, struct vt_error *err)
{
    const struct vt_recipe *recipe = b->request->recipe;
    const struct vt_build_watch *watch = &b->request->watch;
    VT_AUTO_ARENA arena = vt_arena_new();

    for (size_t i = 0; i < recipe->step_count; i++) {
        const char *text = step_text(arena, recipe->steps[i]);

        if (watch->step != NULL)
            watch->step(watch->context, (unsigned)i + 1, (unsigned)recipe->step_count,
                        text);
        log_text(b, vt_arena_printf(arena, "== step %zu of %zu: %s\n", i + 1,
                                    recipe->step_count, text));
        if (!run_in(b, recipe->steps[i], b->factors.build_path,
                    step_label(arena, i + 1, text), err))
            return false;
    }
    return true;
}

/* ---- after it
 * ------------------------------------------------------------------------------ */

static bool keep_log(struct vt_build *b, struct vt_error *err)
{
    VT_AUTO_MAPPING log = { 0 };

    if (!vt_mapping_init(&log, b->log, "log", err) ||
        !vt_blobs_put(vt_line_store_blobs(b->request->store), log.bytes,
                      &b->report->log_hash, err))
        return false;
    b->report->log_bytes = log.bytes.len;
    return vt_disk_write(b->out, "log.txt", log.bytes, 0644, err);
}

static bool keep_sbom(struct vt_build *b, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(SBOM_BYTES_MAX);

    if (!vt_build_sbom(b->report, b->request->lock, &text, err) ||
        !vt_blobs_put(vt_line_store_blobs(b->request->store), vt_buf_slice(&text),
                      &b->report->sbom_hash, err))
        return false;
    b->report->sbom_bytes = text.len;
    return vt_disk_write(b->out, "sbom.spdx.json", vt_buf_slice(&text), 0644, err);
}

static bool keep_report(struct vt_build *b, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    return vt_build_report_write(b->report, &text, err) &&
           vt_disk_write(b->out, "build.json", vt_buf_slice(&text), 0644, err);
}

static void begin_report(struct vt_build *b)
{
    const struct vt_build_request *r = b->request;
    struct vt_build_report *report = b->report;

    report->arena = vt_arena_new();
    report->product = copy_text(report->arena, r->recipe->product);
    report->version = copy_text(report->arena, r->recipe->version);
    report->kind = r->recipe->kind;
    report->source = *r->source;
    report->recipe_digest = r->recipe->digest;
    report->lock_digest = r->lock->digest;
    report->environment_digest = r->lock->environment;
    report->runner = r->runner;
    report->epoch_unix_s = r->recipe->epoch_unix_s;
    report->started_unix_s = vt_env_now_unix_s(r->env);
}

/* What the progress of making an environment says goes into the log's watch. */
static void tell_environment(void *context, const char *line)
{
    const struct vt_build *b = context;
    const struct vt_build_watch *watch = &b->request->watch;

    if (watch->step != NULL)
        watch->step(watch->context, 0, 0, line);
}

/* Frozen it stands at the epoch; moved it runs on, that far from the machine's. */
static bool set_clock(struct vt_build *b, struct vt_error *err)
{
    const struct vt_factors *f = &b->factors;
    const struct vt_build_request *r = b->request;

    if (!f->is_clock_frozen && f->clock_offset_s == 0)
        return true;
    return vt_area_init(&b->beside, r->store, r->scratch, err) &&
           vt_clock_make(b->environment.root, b->beside.path, f->is_clock_frozen,
                         f->clock_offset_s +
                             (f->is_clock_frozen ? r->recipe->epoch_unix_s : 0),
                         &b->clock, err);
}

static bool prepare(struct vt_build *b, struct vt_error *err)
{
    const struct vt_build_request *r = b->request;

    if (!vt_environment_get(r->store, r->lock, tell_environment, b, &b->environment, err) ||
        !vt_area_init(&b->scratch, r->store, r->scratch, err))
        return false;
    b->report->environment_tree = b->environment.tree;
    b->area = b->scratch.path;
    if (b->factors.is_order_reversed) {
        if (!vt_order_begin(b->scratch.path, &b->order, err))
            return false;
        b->area = b->order.area;
    }
    return unpack(b, err);
}

static bool run_all(struct vt_build *b, struct vt_error *err)
{
    /* The clock after dpkg-source: libfaketime 0.9.10 hands rubbish to the kernel where
     * perl sets a file's time to now. */
    bool ok = (b->request->source->type != VT_SOURCE_DEBIAN || unpack_debian(b, err)) &&
              set_clock(b, err) && look_around(b, err) && run_steps(b, err);
    struct vt_error log_err = { 0 };

    /* The log of a failed build is the most wanted one. */
    if (!keep_log(b, &log_err) && ok) {
        *err = log_err;
        return false;
    }
    return ok || vt_within(err, "build of %s %s (see %s/log.txt)", b->report->product,
                           b->report->version, b->request->out);
}

static bool build_all(struct vt_build *b, struct vt_error *err)
{
    const struct vt_build_request *r = b->request;
    int64_t start_ms = vt_monotonic_ms();

    take_factors(b);
    if (!check_path(b, err) || !check_request(r, err) ||
        !vt_disk_open(r->out, true, &b->out, err) ||
        !vt_spool_open(r->store, &b->log, err) || !prepare(b, err) || !run_all(b, err) ||
        !vt_build_take_outputs(b, err))
        return false;
    b->report->wall_ms = vt_monotonic_ms() - start_ms;
    b->report->finished_unix_s = vt_env_now_unix_s(r->env);
    return keep_sbom(b, err) && keep_report(b, err);
}

bool vt_line_build(const struct vt_build_request *request,
                   struct vt_build_report **report_out, struct vt_error *err)
{
    VT_AUTO_BUILD_REPORT report = vt_alloc(sizeof *report);
    struct vt_build b = { .request = request, .report = report, .log = -1 };
    bool ok;

    begin_report(&b);
    ok = build_all(&b, err);
    vt_order_end(&b.order);
    vt_area_clear(&b.scratch);
    vt_area_clear(&b.beside);
    vt_environment_clear(&b.environment);
    vt_fd_close(&b.log);
    vt_disk_close(b.out);
    if (!ok)
        return false;
    *report_out = report;
    report = NULL;
    return true;
}
