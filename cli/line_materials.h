/* What verbs that build have in common: store, recipe, lock and source from the options. */
#ifndef VT_CLI_LINE_MATERIALS_H
#define VT_CLI_LINE_MATERIALS_H

#include "cli/cli.h"
#include "line/line.h"

#define VT_OPTION_STORE                                                                    \
    {                                                                                      \
        "store", "DIR", "the line's store: packages, sources, environments", true, false   \
    }
#define VT_OPTION_RUNNER                                                                   \
    {                                                                                      \
        "runner", "own|bwrap", "own (our launcher) or bwrap (bubblewrap); else own",       \
            false, false                                                                   \
    }
#define VT_OPTION_INPUT                                                                    \
    {                                                                                      \
        "input", "NAME=FILE", "a file that the recipe names as an input", false, true      \
    }
#define VT_OPTION_SCRATCH                                                                  \
    {                                                                                      \
        "scratch", "DIR", "where to build; else in memory if there is enough", false,      \
            false                                                                          \
    }

struct vt_materials {
    struct vt_line_store *store;
    struct vt_recipe *recipe;
    struct vt_lock *lock;
    struct vt_source source;
};

void vt_materials_clear(struct vt_materials *materials);
#define VT_AUTO_MATERIALS __attribute__((cleanup(vt_materials_clear))) struct vt_materials

/* --recipe, --lock, --store: opened and read.  A store is made if it is missing.  Each
 * --input goes into the store, if it is what the recipe names. */
VT_CHECKED bool vt_cli_materials_read(struct vt_args *args, struct vt_materials *out,
                                      struct vt_error *err);
/* --source: a digest that the store has, or a place of the recipe's type, which is taken
 * in; not given: what the lock names (Debian), else misuse. */
VT_CHECKED bool vt_cli_source_take(struct vt_args *args, struct vt_materials *materials,
                                   struct vt_error *err);
VT_CHECKED bool vt_cli_runner(struct vt_args *args, enum vt_sandbox_runner *out,
                              struct vt_error *err);

/* Copy the artefacts' names and digests for answers: [{"name","sha256","size"}]. */
json_t *vt_cli_artefacts_json(const struct vt_build_report *report);
void vt_cli_print_artefacts(const struct vt_build_report *report);

#endif
