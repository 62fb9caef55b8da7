/* One build asked for on the command line, with its progress; and, if --vary is given, the
 * same once more under varied terms. */
#ifndef VT_CLI_BUILDING_H
#define VT_CLI_BUILDING_H

#include "cli/line_materials.h"
#include "cli/progress.h"
#include "line/vary.h"

#define VT_OPTION_VARY                                                                     \
    {                                                                                      \
        "vary", NULL, "build once more under other terms; equal is then equal-robust",     \
            false, false                                                                   \
    }

struct vt_building {
    struct vt_build_request request;
    struct vt_progress progress;
};

/* --runner, --scratch; the materials must outlive the building. */
VT_CHECKED bool vt_building_init(struct vt_args *args, const struct vt_materials *materials,
                                 const char *out, struct vt_building *building,
                                 struct vt_error *err);
VT_CHECKED bool vt_building_run(struct vt_building *building,
                                struct vt_build_report **report, struct vt_error *err);
/* Both builds; as vt_vary_build. */
VT_CHECKED bool vt_building_vary(struct vt_building *building,
                                 const struct vt_build_report *expected,
                                 struct vt_vary_report **report, struct vt_error *err);

/* A table of what the two builds saw. */
void vt_cli_vary_print(const struct vt_vary_report *report);

#endif
