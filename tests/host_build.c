/* Builds in the machine's own /usr; see host_build.h. */
#include "tests/host_build.h"
#include "line/recipe.h"
#include "line/vary_clock.h"
#include "tests/harness.h"
#include <dirent.h>

enum { VARIABLES_MAX = 80, COPY_DEPTH_MAX = 8 };

static void must_own(const char *path)
{
    VT_CHECK_SAYING(lchown(path, vt_sandbox_owner_uid(), vt_sandbox_owner_gid()) == 0,
                    "%s: %s", path, strerror(errno));
}

static const char *join(const char *folder, const char *name)
{
    return vt_test_print("%s/%s", folder, name);
}

/* The sandbox looks a program up before /mnt/usr is there: its name must be in the root.
 * These empty files are hidden once the program runs. */
static void mark(const char *root)
{
    static const char *const folders[] = { "usr", "usr/bin", "usr/lib",
                                           "usr/lib/x86_64-linux-gnu",
                                           "usr/lib/x86_64-linux-gnu/faketime" };
    static const char *const programs[] = { "cat",      "date", "env",    "gcc",  "grep",
                                            "id",       "ls",   "locale", "make", "nproc",
                                            "printenv", "pwd",  "sh",     "uname" };
    static const char library[] = "usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
    const char *mnt = join(root, "mnt");

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        VT_CHECK(mkdir(join(mnt, folders[i]), 0755) == 0);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (vt_path_exists(join("/usr/bin", programs[i])))
            vt_test_write(join(join(mnt, "usr/bin"), programs[i]), VT_LIT(""));
    if (vt_path_exists(join("", library)))
        vt_test_write(join(mnt, library), VT_LIT(""));
}

void vt_host_root(const char *path)
{
    static const char *const folders[] = { "build", "dev", "mnt", "proc",
                                           "sys",   "tmp", "etc" };
    static const char *const links[] = { "bin", "sbin", "lib", "lib64", "usr" };

    VT_CHECK(chmod(vt_test_dir(), 0755) == 0 && mkdir(path, 0755) == 0);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        VT_CHECK(mkdir(join(path, folders[i]), 0755) == 0);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        VT_CHECK(symlink(i < 4 ? join("mnt/usr", links[i]) : "mnt/usr/.",
                         join(path, links[i])) == 0);
    mark(path);
    vt_test_write(join(path, "etc/passwd"), VT_LIT("root:x:0:0:root:/root:/bin/sh\n"));
    vt_test_write(join(path, "etc/group"), VT_LIT("root:x:0:\n"));
}

struct vt_sandbox_spec vt_host_spec(const char *root, const char *area)
{
    return (struct vt_sandbox_spec){
        .root = root,
        .area = area,
        .area_inside = "/build",
        .inputs = { { "/usr", "/mnt/usr" } },
        .input_count = 1,
        .factors = vt_factors_fixed(),
        .limits = { .wall_ms = 120000 },
    };
}

/* ---- copying ---------------------------------------------------------------------------
 */

static void copy_file(const char *from, const char *to)
{
    struct stat about;

    VT_CHECK(stat(from, &about) == 0);
    vt_test_write(to, vt_test_read(from));
    VT_CHECK(chmod(to, about.st_mode & 0777) == 0);
    must_own(to);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void copy_folder(const char *from, const char *to, bool is_reversed, int depth)
{
    struct dirent **entries = NULL;
    int count = scandir(from, &entries, is_visible, by_name);

    VT_CHECK_SAYING(count >= 0 && depth < COPY_DEPTH_MAX, "%s: %s", from, strerror(errno));
    VT_CHECK(mkdir(to, 0755) == 0);
    must_own(to);
    for (int i = 0; i < count; i++) {
        const char *name = entries[is_reversed ? count - 1 - i : i]->d_name;
        struct stat about;

        VT_CHECK(stat(join(from, name), &about) == 0);
        if (S_ISDIR(about.st_mode))
            copy_folder(join(from, name), join(to, name), is_reversed, depth + 1);
        else
            copy_file(join(from, name), join(to, name));
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

/* ---- building --------------------------------------------------------------------------
 */

static void keep(void *context, vt_slice piece)
{
    vt_buf_put(context, piece);
}

/* "/build/src" stands in /build, which is the area. */
static const char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return vt_test_print("%.*s", (int)(slash - path), path);
}

struct work {
    struct vt_host_build *build;
    struct vt_recipe *recipe;
    struct vt_sandbox_spec *spec;
    const char *variables[VARIABLES_MAX];
    const char *source; /* on the host */
    struct vt_clock clock;
};

static void set_clock(struct work *w, const char *folder)
{
    const struct vt_factors *terms = w->build->factors;
    bool is_frozen = w->recipe->is_clock_frozen || terms->is_clock_frozen;
    struct vt_error err = { 0 };

    if (!is_frozen && terms->clock_offset_s == 0)
        return;
    VT_CHECK_OK(
        vt_clock_make(w->spec->root, folder, is_frozen,
                      terms->clock_offset_s + (is_frozen ? w->recipe->epoch_unix_s : 0),
                      &w->clock, &err));
    w->spec->inputs[w->spec->input_count++] =
        (struct vt_sandbox_input){ w->clock.file, VT_CLOCK_INSIDE };
}

static void set_variables(struct work *w)
{
    size_t at = 0;

    w->variables[at++] =
        vt_test_print("SOURCE_DATE_EPOCH=%jd", (intmax_t)w->recipe->epoch_unix_s);
    for (const char *const *v = w->recipe->variables; *v != NULL; v++)
        w->variables[at++] = *v;
    for (const char *const *v = w->clock.variables; *v != NULL; v++)
        w->variables[at++] = *v;
    if (w->build->variable != NULL)
        w->variables[at++] = w->build->variable;
    VT_CHECK(at < VARIABLES_MAX);
    w->spec->variables = w->variables;
}

static void run_steps(struct work *w)
{
    for (size_t i = 0; i < w->recipe->step_count; i++) {
        VT_AUTO_BUF said = vt_buf_init(VT_MIB(1));
        struct vt_error err = { 0 };
        struct vt_sandbox_end end;

        w->spec->argv = w->recipe->steps[i];
        w->spec->on_output = keep;
        w->spec->context = &said;
        VT_CHECK_OK(vt_sandbox_run(w->spec, &end, &err));
        VT_CHECK_SAYING(end.exit_code == 0, "step %zu ended with %d:\n%s", i + 1,
                        end.exit_code, vt_buf_cstr(&said));
    }
}

static void build_in(struct work *w, const char *area)
{
    struct vt_host_build *build = w->build;
    const char *name = strrchr(build->factors->build_path, '/') + 1;
    struct vt_error err = { 0 };

    w->source = join(area, name);
    copy_folder(build->source, w->source, build->factors->is_order_reversed, 0);
    w->spec->area = area;
    w->spec->area_inside = parent_of(build->factors->build_path);
    w->spec->directory = build->factors->build_path;
    w->spec->factors = *build->factors;
    set_variables(w);
    VT_CHECK_OK(vt_probe_run(w->spec, &build->seen, &err));
    run_steps(w);
    VT_CHECK(mkdir(build->out, 0755) == 0);
    for (size_t i = 0; i < w->recipe->output_count; i++)
        vt_test_write(join(build->out, vt_output_name(w->recipe->outputs[i])),
                      vt_test_read(join(w->source, w->recipe->outputs[i])));
}

void vt_host_build(struct vt_host_build *build)
{
    struct vt_error err = { 0 };
    VT_AUTO_RECIPE recipe = NULL;
    VT_AUTO_ORDER order = { 0 };
    VT_AUTO_FREE struct vt_sandbox_spec *spec = vt_alloc(sizeof *spec);
    const char *place = vt_test_print("%s.work", build->out);
    struct work w = { .build = build, .spec = spec };

    VT_CHECK(mkdir(place, 0755) == 0);
    VT_CHECK_OK(vt_recipe_read(join(build->source, "vitrine.recipe.json"), &recipe, &err));
    w.recipe = recipe;
    vt_host_root(join(place, "root"));
    VT_CHECK(mkdir(join(place, "area"), 0755) == 0);
    must_own(join(place, "area"));
    *spec = vt_host_spec(join(place, "root"), join(place, "area"));
    set_clock(&w, place);
    if (build->factors->is_order_reversed) {
        VT_CHECK_OK(vt_order_begin(spec->area, &order, &err));
        build->order = order.way;
    }
    build_in(&w,
             order.way == VT_ORDER_PLAIN ? spec->area : vt_test_print("%s", order.area));
}
