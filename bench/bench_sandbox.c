/* What the sandbox costs: its start against bubblewrap's, and a build of zlib in it against
 * the same commands in the same root file system without it. */
#include "bench/bench.h"
#include "line/build_area.h"
#include "line/line.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

enum { STARTS = 60, BUILDS = 3 };

static void must(bool ok, const char *what, const struct vt_error *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "bench_sandbox: %s: %s\n", what, err->message);
    exit(VT_EXIT_TROUBLE);
}

/* The environment of the demonstration's zlib, made in a store of ours. */
struct bench_place {
    struct vt_line_store *store;
    struct vt_recipe *recipe;
    struct vt_lock *lock;
    struct vt_source source;
    struct vt_environment environment;
    const char *area;
};

static void make_place(struct bench_place *p, struct vt_arena *arena, const char *build)
{
    VT_AUTO_BUF text = vt_buf_init(VT_LOCK_BYTES_MAX);
    struct vt_error err = { 0 };
    struct vt_lock_request request;

    must(vt_recipe_read("examples/products/zlib.recipe.json", &p->recipe, &err), "recipe",
         &err);
    must(vt_line_store_open(vt_arena_printf(arena, "%s/bench-store", build), true,
                            &p->store, &err),
         "store", &err);
    request = (struct vt_lock_request){ .store = p->store,
                                        .suite = p->recipe->suite,
                                        .packages = p->recipe->packages,
                                        .package_count = p->recipe->package_count,
                                        .source_package = "zlib" };
    must(vt_lock_make(&request, &text, &err) &&
             vt_lock_parse(vt_buf_slice(&text), "lock", &p->lock, &err),
         "lock", &err);
    must(vt_source_take_locked(p->store, p->lock, &p->source, &err), "source", &err);
    must(vt_environment_get(p->store, p->lock, NULL, NULL, &p->environment, &err),
         "environment", &err);
}

/* ---- running ----------------------------------------------------------------------------
 */

static void run_in_sandbox(struct bench_place *p, enum vt_sandbox_runner runner,
                           const char *const argv[])
{
    struct vt_sandbox_spec *spec = vt_alloc(sizeof *spec);
    struct vt_error err = { 0 };
    struct vt_sandbox_end end;

    *spec = (struct vt_sandbox_spec){ .runner = runner,
                                      .root = p->environment.root,
                                      .area = p->area,
                                      .area_inside = "/build",
                                      .argv = argv,
                                      .factors = vt_factors_fixed() };
    spec->factors.cpu_count = vt_sandbox_cpus() > 1 ? 2 : 1;
    must(vt_sandbox_run(spec, &end, &err), "sandbox", &err);
    if (end.exit_code != 0) {
        (void)fprintf(stderr, "bench_sandbox: ended with %d\n", end.exit_code);
        exit(VT_EXIT_TROUBLE);
    }
    free(spec);
}

/* The same root, the same user, no sandbox: chroot in a mount namespace of its own. */
static void run_plainly(const struct bench_place *p, const char *const argv[])
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        char inside[4400], proc[4400], tmp[4400];

        (void)snprintf(tmp, sizeof tmp, "%s/tmp", p->environment.root);
        (void)snprintf(inside, sizeof inside, "%s/build", p->environment.root);
        (void)snprintf(proc, sizeof proc, "%s/proc", p->environment.root);
        if (unshare(CLONE_NEWNS) != 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
            mount(p->area, inside, NULL, MS_BIND, NULL) != 0 ||
            mount("proc", proc, "proc", 0, NULL) != 0 ||
            mount("tmpfs", tmp, "tmpfs", 0, "mode=1777") != 0 ||
            chroot(p->environment.root) != 0 || chdir("/build") != 0 ||
            setgid(vt_sandbox_owner_gid()) != 0 || setuid(vt_sandbox_owner_uid()) != 0 ||
            setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) != 0)
            _exit(111);
        (void)execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(112);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        (void)fprintf(stderr, "bench_sandbox: plain run: status %d\n", status);
        exit(VT_EXIT_TROUBLE);
    }
}

/* ---- starting ---------------------------------------------------------------------------
 */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void compare_starts(struct bench_place *p, struct vt_arena *arena)
{
    static double own[STARTS], bwrap[STARTS];
    const char *const nothing[] = { "/bin/true", NULL };

    for (int i = 0; i < STARTS; i++) {
        double start = vt_bench_seconds();

        run_in_sandbox(p, VT_RUNNER_OWN, nothing);
        own[i] = vt_bench_seconds() - start;
        start = vt_bench_seconds();
        run_in_sandbox(p, VT_RUNNER_BWRAP, nothing);
        bwrap[i] = vt_bench_seconds() - start;
    }
    qsort(own, STARTS, sizeof own[0], by_size);
    qsort(bwrap, STARTS, sizeof bwrap[0], by_size);
    vt_bench_print(&(struct vt_figure){
        .name = "chain.sandbox.start",
        .unit = "s",
        .value = own[STARTS / 2],
        .peer = "bubblewrap, the same spec",
        .peer_value = bwrap[STARTS / 2],
        .goal = 1,
        .conditions = vt_arena_printf(arena, "/bin/true, median of %d, in turns; %s",
                                      STARTS, vt_bench_machine(arena, p->area)),
    });
}

/* ---- building ---------------------------------------------------------------------------
 */

/* A fresh tree each time, as both would have it. */
static void fill(struct bench_place *p, struct vt_arena *arena)
{
    const char *const unpack[] = { "/bin/sh", "-c",
                                   "rm -rf src && dpkg-source --no-check -x *.dsc src "
                                   ">/dev/null 2>&1",
                                   NULL };
    struct vt_error err = { 0 };

    if (p->area == NULL) {
        p->area = vt_arena_printf(arena, "%s/bench-area", vt_line_store_path(p->store));
        (void)!vt_tree_remove(p->area, &err);
        must(mkdir(p->area, 0755) == 0 && vt_tree_give_away(p->area, &err), "area", &err);
        must(vt_source_unpack(p->store, &p->source, p->area, p->recipe->epoch_unix_s, false,
                              &err),
             "unpack", &err);
    }
    run_in_sandbox(p, VT_RUNNER_OWN, unpack);
}

static void compare_builds(struct bench_place *p, struct vt_arena *arena)
{
    const char *const make[] = { "/bin/sh", "-c",
                                 "cd src && ./configure >/dev/null 2>&1 && make -j2 "
                                 ">/dev/null 2>&1 && make test >/dev/null 2>&1",
                                 NULL };
    double inside = 1e9, plain = 1e9;

    for (int i = 0; i < BUILDS; i++) {
        double start;

        fill(p, arena);
        start = vt_bench_seconds();
        run_in_sandbox(p, VT_RUNNER_OWN, make);
        if (vt_bench_seconds() - start < inside)
            inside = vt_bench_seconds() - start;
        fill(p, arena);
        start = vt_bench_seconds();
        run_plainly(p, make);
        if (vt_bench_seconds() - start < plain)
            plain = vt_bench_seconds() - start;
    }
    vt_bench_print(&(struct vt_figure){
        .name = "chain.sandbox.zlib",
        .unit = "s",
        .value = inside,
        .peer = "the same commands, chroot into the same root",
        .peer_value = plain,
        .goal = 1.05,
        .conditions = vt_arena_printf(arena,
                                      "configure, make -j2, make test; shortest of %d, in "
                                      "turns; %s",
                                      BUILDS, vt_bench_machine(arena, p->area)),
    });
}

int main(int argc, char **argv)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct bench_place p = { .store = NULL };
    struct vt_error ignored = { 0 };

    VT_ASSERT(argc == 2);
    if (geteuid() != 0) {
        (void)fprintf(stderr, "bench_sandbox: left out: the peer (chroot) needs root\n");
        return 0;
    }
    make_place(&p, arena, argv[1]);
    fill(&p, arena);
    compare_starts(&p, arena);
    compare_builds(&p, arena);
    (void)!vt_tree_remove(p.area, &ignored);
    vt_environment_clear(&p.environment);
    vt_lock_free(p.lock);
    vt_recipe_free(p.recipe);
    vt_line_store_close(p.store);
    return 0;
}
