/* From packages to a root folder, in three moves:
 *
 *   1. we unpack what dpkg needs to run (the essential packages), without scripts
 *   2. in the sandbox, as played root, dpkg unpacks and configures all packages, those
 *      included, in its own order and with all their scripts
 *   3. what tells of the hour or of this machine is taken away, times are clamped
 *
 * Changing owners succeeds and does nothing in the sandbox, so every file has one owner and
 * root and an ordinary user get the same bytes.  There is no network and no clock in the
 * result: made twice, it is equal, which the tests check. */
#include "line/root.h"
#include "line/build_area.h"
#include "line/deb.h"
#include "line/sandbox.h"

enum { LOG_BYTES_MAX = 64 << 20, DPKG_MS_MAX = 3600000, CPUS_USED_MAX = 4 };

/* The folders that the sandbox mounts on, and those that dpkg expects. */
static const char *const first_folders[] = {
    "build",
    "dev",
    "etc",
    "mnt",
    "proc",
    "run",
    "sys",
    "tmp",
    "usr",
    "var",
    "usr/bin",
    "usr/lib",
    "usr/sbin",
    "usr/lib32",
    "usr/lib64",
    "usr/libx32",
    "var/lib",
    "var/log",
    "var/tmp",
    "var/cache",
    "var/lib/dpkg",
    "var/lib/dpkg/info",
    "var/lib/dpkg/updates",
};

/* One /usr for all, as on every Debian 12. */
static const char *const merged[] = { "bin", "sbin", "lib", "lib32", "lib64", "libx32" };

/* Taken away at the end: logs, locks, old copies, caches that hold times. */
static const char *const leftovers[] = {
    "etc/.pwd.lock",
    "etc/group-",
    "etc/gshadow-",
    "etc/passwd-",
    "etc/shadow-",
    "etc/subgid-",
    "etc/subuid-",
    "etc/machine-id",
    "usr/sbin/policy-rc.d",
    "var/cache/debconf/config.dat-old",
    "var/cache/debconf/passwords.dat",
    "var/cache/debconf/templates.dat-old",
    "var/cache/ldconfig",
    "var/cache/man",
    "var/lib/dpkg/available",
    "var/lib/dpkg/diversions-old",
    "var/lib/dpkg/lock",
    "var/lib/dpkg/lock-frontend",
    "var/lib/dpkg/statoverride-old",
    "var/lib/dpkg/status-old",
    "var/lib/dpkg/triggers/Lock",
    "var/log",
};

struct making {
    struct vt_line_store *store;
    const struct vt_lock *lock;
    struct vt_arena *arena;
    const char *folder, *root;
    const char **paths; /* of the packages' blobs */
    vt_slice *controls;
    void (*progress)(void *context, const char *line);
    void *context;
    struct vt_buf log;
};

static const char *in_root(struct making *m, const char *name)
{
    return vt_arena_printf(m->arena, "%s/%s", m->root, name);
}

static void tell(struct making *m, const char *line)
{
    if (m->progress != NULL)
        m->progress(m->context, line);
}

static bool fail_at(const char *path, struct vt_error *err)
{
    return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
}

/* ---- 1: what dpkg needs
 * ------------------------------------------------------------------- */

static bool make_folders(struct making *m, struct vt_error *err)
{
    if (mkdir(m->root, 0755) != 0)
        return fail_at(m->root, err);
    for (size_t i = 0; i < sizeof first_folders / sizeof first_folders[0]; i++)
        if (mkdir(in_root(m, first_folders[i]), 0755) != 0)
            return fail_at(first_folders[i], err);
    for (size_t i = 0; i < sizeof merged / sizeof merged[0]; i++)
        if (symlink(vt_arena_printf(m->arena, "usr/%s", merged[i]),
                    in_root(m, merged[i])) != 0)
            return fail_at(merged[i], err);
    return chmod(in_root(m, "tmp"), 01777) == 0 && chmod(in_root(m, "var/tmp"), 01777) == 0
               ? true
               : fail_at(m->root, err);
}

static bool write_text(struct making *m, const char *name, vt_slice text, mode_t mode,
                       struct vt_error *err)
{
    VT_AUTO_FD fd = open(in_root(m, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    if (fd < 0 || fchmod(fd, mode) != 0)
        return fail_at(name, err);
    return vt_fd_write_all(fd, name, text, err);
}

static bool write_first_files(struct making *m, struct vt_error *err)
{
    /* Services are not started in a build environment.  (Documented by invoke-rc.d(8).) */
    return write_text(m, "usr/sbin/policy-rc.d", VT_LIT("#!/bin/sh\nexit 101\n"), 0755,
                      err) &&
           write_text(m, "var/lib/dpkg/status", VT_LIT(""), 0644, err) &&
           write_text(m, "var/lib/dpkg/available", VT_LIT(""), 0644, err);
}

/* Every package is checked against its hash here, and against its own control file. */
static bool read_packages(struct making *m, struct vt_error *err)
{
    struct vt_blobs *blobs = vt_line_store_blobs(m->store);

    for (size_t i = 0; i < m->lock->package_count; i++) {
        const struct vt_lock_package *package = &m->lock->packages[i];
        VT_AUTO_FD checked = -1;
        uint64_t bytes;

        if (!vt_blobs_open_fd(blobs, &package->hash, &checked, &bytes, err))
            return err->code == VT_ABSENT
                       ? vt_fail(err, VT_ABSENT,
                                 "package %s is not in the store; take it from an archive "
                                 "(`vitrine line archive` makes one, --packages names it), "
                                 "or lock again",
                                 package->name)
                       : vt_within(err, "package %s", package->name);
        m->paths[i] = vt_blobs_path(blobs, &package->hash, m->arena);
        if (!vt_deb_check(m->paths[i], package, m->arena, &m->controls[i], err))
            return false;
    }
    return true;
}

static bool unpack_base(struct making *m, struct vt_error *err)
{
    bool *is_needed = vt_arena_alloc(m->arena, m->lock->package_count * sizeof *is_needed);
    VT_AUTO_FD root = open(m->root, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

    if (root < 0)
        return fail_at(m->root, err);
    vt_root_find_base(m->lock, m->controls, is_needed);
    for (size_t i = 0; i < m->lock->package_count; i++)
        if (is_needed[i] && !vt_deb_unpack(m->paths[i], root, err))
            return vt_within(err, "package %s", m->lock->packages[i].name);
    return true;
}

/* ---- 2: dpkg
 * ------------------------------------------------------------------------------ */

/* The packages under their names, for dpkg: second names of the blobs, not copies. */
static bool link_packages(struct making *m, const char *debs, struct vt_error *err)
{
    if (mkdir(debs, 0755) != 0)
        return fail_at(debs, err);
    for (size_t i = 0; i < m->lock->package_count; i++) {
        const char *to =
            vt_arena_printf(m->arena, "%s/%s", debs, m->lock->packages[i].file);

        if (link(m->paths[i], to) != 0)
            return fail_at(to, err);
    }
    return true;
}

static void keep_log(void *context, vt_slice piece)
{
    struct making *m = context;

    vt_buf_put(&m->log, piece);
}

/* dpkg's last complaint. */
static const char *reason_of(struct making *m)
{
    const char *text = vt_buf_cstr(&m->log), *last = NULL, *at = text;

    while (at != NULL && (at = strstr(at, "dpkg: error")) != NULL)
        last = at++;
    if (last == NULL)
        return "its log says why";
    return vt_arena_printf(m->arena, "%.*s", (int)strcspn(last, "\n"), last);
}

static bool run_dpkg(struct making *m, const char *const *argv, const char *debs,
                     struct vt_error *err)
{
    const char *const variables[] = {
        "DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true",
        vt_arena_printf(m->arena, "SOURCE_DATE_EPOCH=%jd", (intmax_t)m->lock->epoch_unix_s),
        NULL
    };
    struct vt_sandbox_spec *spec = vt_arena_alloc(m->arena, sizeof *spec);
    struct vt_sandbox_end end;

    *spec = (struct vt_sandbox_spec){
        .root = m->root,
        .is_root_writable = true,
        .area = vt_arena_printf(m->arena, "%s/area", m->folder),
        .area_inside = "/build",
        .inputs = { { debs, "/mnt/debs" } },
        .input_count = 1,
        .argv = argv,
        .directory = "/",
        .variables = variables,
        .factors = vt_factors_fixed(),
        .limits = { .wall_ms = DPKG_MS_MAX },
        .on_output = keep_log,
        .context = m,
    };
    spec->factors.user_name = "root";
    spec->factors.home = "/root";
    /* How many it had does not show in the result; unpacking is quicker with two. */
    spec->factors.cpu_count =
        vt_sandbox_cpus() < CPUS_USED_MAX ? vt_sandbox_cpus() : CPUS_USED_MAX;
    if (!vt_sandbox_run(spec, &end, err))
        return false;
    return end.exit_code == 0 || vt_fail(err, VT_REJECTED, "dpkg: %s", reason_of(m));
}

static bool install_all(struct making *m, struct vt_error *err)
{
    const char *const configure[] = {
        "dpkg", "--force-unsafe-io", "--force-confnew", "--configure", "-a", NULL
    };
    size_t count = m->lock->package_count, at = 0;
    const char **unpack = vt_arena_alloc(m->arena, (count + 8) * sizeof *unpack);
    const char *debs = vt_arena_printf(m->arena, "%s/debs", m->folder);

    unpack[at++] = "dpkg";
    unpack[at++] = "--force-unsafe-io"; /* a half-made root is thrown away */
    unpack[at++] = "--force-depends";   /* all come at once: order within is dpkg's */
    unpack[at++] = "--force-confnew";
    unpack[at++] = "--unpack";
    for (size_t i = 0; i < count; i++)
        unpack[at++] = vt_arena_printf(m->arena, "/mnt/debs/%s", m->lock->packages[i].file);
    if (!link_packages(m, debs, err) || !vt_tree_give_away(m->root, err))
        return false;
    tell(m, vt_arena_printf(m->arena, "environment: unpacking %zu packages", count));
    if (!run_dpkg(m, unpack, debs, err))
        return false;
    tell(m, vt_arena_printf(m->arena, "environment: configuring %zu packages", count));
    return run_dpkg(m, configure, debs, err);
}

/* ---- 3: nothing of the hour
 * ----------------------------------------------------------------- */

static bool clean(struct making *m, struct vt_error *err)
{
    for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0]; i++)
        if (vt_path_exists(in_root(m, leftovers[i])) &&
            !vt_tree_remove(in_root(m, leftovers[i]), err))
            return false;
    if (mkdir(in_root(m, "var/log"), 0755) != 0)
        return fail_at("var/log", err);
    return vt_tree_give_away(in_root(m, "var/log"), err) &&
           vt_tree_clamp_times(m->root, m->lock->epoch_unix_s, err);
}

static bool make_all(struct making *m, struct vt_error *err)
{
    const char *area = vt_arena_printf(m->arena, "%s/area", m->folder);

    if (mkdir(area, 0755) != 0)
        return fail_at(area, err);
    if (!vt_tree_give_away(area, err))
        return false;
    tell(m, "environment: unpacking what dpkg needs");
    return make_folders(m, err) && write_first_files(m, err) && read_packages(m, err) &&
           unpack_base(m, err) && install_all(m, err) && clean(m, err);
}

bool vt_root_make(struct vt_line_store *store, const struct vt_lock *lock,
                  const char *folder, void (*progress)(void *context, const char *line),
                  void *context, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct making m = {
        .store = store,
        .lock = lock,
        .arena = arena,
        .folder = folder,
        .root = vt_arena_printf(arena, "%s/root", folder),
        .paths = vt_arena_alloc(arena, lock->package_count * sizeof *m.paths),
        .controls = vt_arena_alloc(arena, lock->package_count * sizeof *m.controls),
        .progress = progress,
        .context = context,
        .log = vt_buf_init(LOG_BYTES_MAX),
    };
    bool ok = make_all(&m, err);

    vt_buf_clear(&m.log);
    return ok;
}
