/* vitrine line diagnose: why do two builds differ? */
#include "cli/files.h"
#include "cli/line_materials.h"
#include "cli/line_verbs.h"
#include "cli/progress.h"
#include "line/diagnose.h"

const struct vt_option vt_cli_line_diagnose_options[] = {
    { "recipe", "FILE", "build again by this recipe, to prove causes", false, false },
    { "lock", "FILE", "its lock file", false, false },
    { "store", "DIR", "the line's store", false, false },
    { "out", "DIR", "where the builds go", false, false },
    { "source", "WHERE", "as for build", false, false },
    { "commit", "COMMIT", "of a git source; else HEAD", false, false },
    VT_OPTION_INPUT,
    VT_OPTION_RUNNER,
    VT_OPTION_SCRATCH,
    { NULL, NULL, NULL, false, false },
};

static bool check_options(struct vt_args *args, struct vt_error *err)
{
    static const char *const needed[] = { "lock", "store", "out" };

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (vt_args_has(args, "recipe") != vt_args_has(args, needed[i]))
            return vt_args_misuse(args, err,
                                  "--recipe, --lock, --store and --out go together");
    return true;
}

static void print_finding(const struct vt_finding *f)
{
    (void)printf("%s (%s): %s; %ju place%s\n", vt_cause_name(f->cause),
                 f->cause == VT_CAUSE_UNKNOWN ? "no cause found"
                 : f->is_proved               ? "proved"
                                              : "suspected",
                 f->because, (uintmax_t)f->places, vt_plural(f->places));
    vt_cli_print_difference(f->place);
    (void)printf("  fix: %s\n", vt_cause_fix(f->cause));
}

static bool print(struct vt_args *args, const struct vt_diagnosis *d, struct vt_error *err)
{
    json_t *json;

    if (vt_args_is_json(args)) {
        if (!vt_diagnosis_json(d, &json, err))
            return false;
        (void)json_object_set_new(json, "ok", json_boolean(d->comparison->is_equal));
        vt_cli_print_json(json);
        return true;
    }
    if (d->comparison->is_equal)
        (void)printf("equal: there is nothing to explain\n");
    for (size_t i = 0; i < d->finding_count; i++)
        print_finding(&d->findings[i]);
    for (size_t i = 0; i < d->comparison->note_count; i++)
        (void)printf("note: %s\n", d->comparison->notes[i]);
    if (d->builds > 0)
        (void)printf("%u builds were made to find out\n", d->builds);
    return true;
}

static bool diagnose(struct vt_args *args, struct vt_diagnosis **out, struct vt_error *err)
{
    struct vt_progress progress = vt_progress_init(vt_args_is_json(args));
    VT_AUTO_MATERIALS m = { .store = NULL };
    struct vt_build_request rebuild = { .out = vt_args_get(args, "out"),
                                        .scratch = vt_args_get(args, "scratch"),
                                        .watch = vt_progress_watch(&progress),
                                        .env = vt_args_env(args) };
    struct vt_diagnose_request request = { .a = vt_args_operand(args, 0),
                                           .b = vt_args_operand(args, 1) };
    bool ok;

    if (vt_args_has(args, "recipe")) {
        if (!vt_cli_runner(args, &rebuild.runner, err) ||
            !vt_cli_materials_read(args, &m, err) || !vt_cli_source_take(args, &m, err))
            return false;
        rebuild.store = m.store;
        rebuild.recipe = m.recipe;
        rebuild.lock = m.lock;
        rebuild.source = &m.source;
        request.rebuild = &rebuild;
    }
    ok = vt_diagnose(&request, out, err);
    vt_progress_end(&progress);
    return ok;
}

bool vt_cli_line_diagnose(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_DIAGNOSIS diagnosis = NULL;

    if (!check_options(args, err) || !diagnose(args, &diagnosis, err) ||
        !print(args, diagnosis, err))
        return false;
    vt_args_exit(args, diagnosis->comparison->is_equal ? VT_EXIT_OK : VT_EXIT_REFUSED);
    return true;
}
