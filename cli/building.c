/* Requests from options, and tables of factors. */
#include "cli/building.h"

bool vt_building_init(struct vt_args *args, const struct vt_materials *materials,
                      const char *out, struct vt_building *building, struct vt_error *err)
{
    building->progress = vt_progress_init(vt_args_is_json(args));
    building->request =
        (struct vt_build_request){ .store = materials->store,
                                   .recipe = materials->recipe,
                                   .lock = materials->lock,
                                   .source = &materials->source,
                                   .out = out,
                                   .scratch = vt_args_get(args, "scratch"),
                                   .watch = vt_progress_watch(&building->progress),
                                   .env = vt_args_env(args) };
    return vt_cli_runner(args, &building->request.runner, err);
}

bool vt_building_run(struct vt_building *building, struct vt_build_report **report,
                     struct vt_error *err)
{
    bool ok = vt_line_build(&building->request, report, err);

    vt_progress_end(&building->progress);
    return ok;
}

bool vt_building_vary(struct vt_building *building, const struct vt_build_report *expected,
                      struct vt_vary_report **report, struct vt_error *err)
{
    bool ok = vt_vary_build(&building->request, expected, report, err);

    vt_progress_end(&building->progress);
    return ok;
}

void vt_cli_vary_print(const struct vt_vary_report *report)
{
    (void)printf("%-9s %-34s %s\n", "factor", "the first build saw", "the second saw");
    for (unsigned i = 0; i < VT_FACTOR_COUNT; i++)
        if (report->factors[i].is_varied)
            (void)printf("%-9s %-34s %s\n", vt_factor_name((enum vt_factor)i),
                         report->factors[i].fixed, report->factors[i].varied);
    for (unsigned i = 0; i < VT_FACTOR_COUNT; i++)
        if (report->factors[i].why != NULL && report->factors[i].why[0] != '\0')
            (void)printf("%s%s: %s\n", report->factors[i].is_varied ? "" : "not varied: ",
                         vt_factor_name((enum vt_factor)i), report->factors[i].why);
}
