/* A root file system out of the packages of a lock file, without running a single script of
 * theirs: unpack, write the package database, and make the few links that scripts would
 * have made.  So it needs no network, no root, and comes out the same everywhere; what the
 * scripts do beyond that (users, services) no build should need. */
#include "line/environment.h"
#include "line/deb.h"

void vt_environment_clear(struct vt_environment *environment)
{
    free(environment->root);
    *environment = (struct vt_environment){ 0 };
}

/* ---- what every root has before the first package ---------------------------------------
 */

static const char *const FOLDERS[] = {
    "build",
    "dev",
    "etc",
    "mnt",
    "proc",
    "run",
    "sys",
    "tmp",
    "usr",
    "usr/bin",
    "usr/sbin",
    "usr/lib",
    "usr/lib32",
    "usr/lib64",
    "usr/libx32",
    "var",
    "var/lib",
    "var/lib/dpkg",
    "var/lib/dpkg/info",
    "var/lib/dpkg/updates",
    "var/tmp",
    "etc/alternatives",
    "etc/ld.so.conf.d",
};

static const struct {
    const char *link, *target;
} MERGED[] = {
    { "bin", "usr/bin" },     { "sbin", "usr/sbin" },   { "lib", "usr/lib" },
    { "lib32", "usr/lib32" }, { "lib64", "usr/lib64" }, { "libx32", "usr/libx32" },
};

/* What update-alternatives would have chosen; made where the target exists. */
static const struct {
    const char *link, *target;
} ALTERNATIVES[] = {
    { "usr/bin/sh", "dash" },
    { "usr/bin/awk", "mawk" },
    { "usr/bin/nawk", "mawk" },
    { "usr/bin/cc", "gcc" },
    { "usr/bin/c++", "g++" },
    { "usr/bin/c99", "c99-gcc" },
    { "usr/bin/c89", "c89-gcc" },
    { "usr/bin/cpp", "cpp-12" },
    { "usr/bin/which", "which.debianutils" },
    { "usr/bin/fakeroot", "fakeroot-sysv" },
    { "usr/bin/faked", "faked-sysv" },
    { "usr/bin/pkg-config", "pkgconf" },
};

static bool fail_at(const char *what, struct vt_error *err)
{
    return vt_fail(err, VT_IO, "environment: %s: %s", what, strerror(errno));
}

static bool begin_root(int root_fd, int64_t epoch_unix_s, struct vt_error *err)
{
    struct timespec times[2] = { { .tv_sec = epoch_unix_s }, { .tv_sec = epoch_unix_s } };

    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0]; i++)
        if (mkdirat(root_fd, FOLDERS[i], 0755) != 0)
            return fail_at(FOLDERS[i], err);
    for (size_t i = 0; i < sizeof MERGED / sizeof MERGED[0]; i++)
        if (symlinkat(MERGED[i].target, root_fd, MERGED[i].link) != 0 ||
            utimensat(root_fd, MERGED[i].link, times, AT_SYMLINK_NOFOLLOW) != 0)
            return fail_at(MERGED[i].link, err);
    return true;
}

static bool link_alternatives(int root_fd, int64_t epoch_unix_s, struct vt_error *err)
{
    struct timespec times[2] = { { .tv_sec = epoch_unix_s }, { .tv_sec = epoch_unix_s } };

    for (size_t i = 0; i < sizeof ALTERNATIVES / sizeof ALTERNATIVES[0]; i++) {
        VT_AUTO_ARENA arena = vt_arena_new();
        const char *target = vt_arena_printf(arena, "usr/bin/%s", ALTERNATIVES[i].target);
        struct stat about;

        if (fstatat(root_fd, ALTERNATIVES[i].link, &about, AT_SYMLINK_NOFOLLOW) == 0 ||
            fstatat(root_fd, target, &about, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (symlinkat(ALTERNATIVES[i].target, root_fd, ALTERNATIVES[i].link) != 0 ||
            utimensat(root_fd, ALTERNATIVES[i].link, times, AT_SYMLINK_NOFOLLOW) != 0)
            return fail_at(ALTERNATIVES[i].link, err);
    }
    return true;
}

/* A file of ours, with the lock's time, so that the tree is the same everywhere. */
static bool write_text(int root_fd, const char *name, vt_slice text, int64_t epoch_unix_s,
                       struct vt_error *err)
{
    struct timespec times[2] = { { .tv_sec = epoch_unix_s }, { .tv_sec = epoch_unix_s } };
    VT_AUTO_FD fd = openat(root_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0)
        return fail_at(name, err);
    return vt_fd_write_all(fd, name, text, err) &&
           ((fchmod(fd, 0644) == 0 && futimens(fd, times) == 0) || fail_at(name, err));
}

/* ---- the package database
 * ---------------------------------------------------------------- */

static bool write_info(int root_fd, const struct vt_deb *deb, int64_t epoch_unix_s,
                       struct vt_error *err)
{
    vt_slice name = vt_control_field(deb->control, "Package");
    vt_slice architecture = vt_control_field(deb->control, "Architecture");
    bool is_same = vt_slice_is(vt_control_field(deb->control, "Multi-Arch"), "same");
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *stem = vt_arena_printf(
        arena, "var/lib/dpkg/info/%.*s%s%.*s", VT_SLICE_ARGS(name), is_same ? ":" : "",
        VT_SLICE_ARGS(is_same ? architecture : (vt_slice){ 0 }));

    if (!write_text(root_fd, vt_arena_printf(arena, "%s.list", stem),
                    vt_buf_slice(&deb->list), epoch_unix_s, err))
        return false;
    for (size_t i = 0; i < deb->extra_count; i++)
        if (!write_text(root_fd, vt_arena_printf(arena, "%s.%s", stem, deb->extras[i].name),
                        deb->extras[i].bytes, epoch_unix_s, err))
            return false;
    return true;
}

/* The control file with dpkg's Status line behind its first line. */
static void put_status(struct vt_buf *status, vt_slice control)
{
    vt_reader r = { control };
    vt_slice line;

    if (!vt_read_line(&r, &line))
        return;
    vt_buf_put(status, line);
    vt_buf_put_text(status, "\nStatus: install ok installed\n");
    vt_buf_put(status, r.rest);
    vt_buf_put_text(status, "\n");
}

static bool add_package(struct vt_line_store *store, const struct vt_lock *lock,
                        const struct vt_lock_package *package, int root_fd,
                        struct vt_buf *status, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_deb deb = { .arena = arena };
    VT_AUTO_FD checked = -1;
    uint64_t size;
    bool ok;

    /* Opening it checks its hash; libarchive then reads it by its path. */
    if (!vt_blobs_open_fd(vt_line_store_blobs(store), &package->hash, &checked, &size, err))
        return vt_within(err, "package %s (vitrine line lock fetches it)", package->name);
    ok = vt_deb_unpack(vt_blobs_path(vt_line_store_blobs(store), &package->hash, arena),
                       root_fd, lock->epoch_unix_s, &deb, err) &&
         write_info(root_fd, &deb, lock->epoch_unix_s, err);
    if (ok)
        put_status(status, deb.control);
    vt_deb_clear(&deb);
    return ok || vt_within(err, "package %s", package->name);
}

static bool fill_root(struct vt_line_store *store, const struct vt_lock *lock, int root_fd,
                      void (*progress)(void *context, const char *line), void *context,
                      struct vt_error *err)
{
    VT_AUTO_BUF status = vt_buf_init(VT_MIB(64));
    VT_AUTO_ARENA arena = vt_arena_new();

    if (!begin_root(root_fd, lock->epoch_unix_s, err))
        return false;
    for (size_t i = 0; i < lock->package_count; i++) {
        if (progress != NULL && i % 25 == 0)
            progress(context,
                     vt_arena_printf(arena, "environment: unpacking %zu of %zu: %s", i + 1,
                                     lock->package_count, lock->packages[i].name));
        if (!add_package(store, lock, &lock->packages[i], root_fd, &status, err))
            return false;
    }
    return vt_buf_check(&status, "package database", err) &&
           write_text(root_fd, "var/lib/dpkg/status", vt_buf_slice(&status),
                      lock->epoch_unix_s, err) &&
           write_text(
               root_fd, "var/lib/dpkg/arch",
               vt_slice_from_cstr(vt_arena_printf(arena, "%s\n", lock->architecture)),
               lock->epoch_unix_s, err) &&
           write_text(root_fd, "etc/ld.so.conf",
                      VT_LIT("include /etc/ld.so.conf.d/*.conf\n"), lock->epoch_unix_s,
                      err) &&
           link_alternatives(root_fd, lock->epoch_unix_s, err);
}

/* ---- the cache
 * ---------------------------------------------------------------------------- */

/* Make the root under a name of its own, then rename it into place: a half-made root is
 * never taken for a whole one.  Other processes that make the same one lose the race and
 * use ours. */
static bool make_root(struct vt_line_store *store, const struct vt_lock *lock,
                      const char *root, void (*progress)(void *context, const char *line),
                      void *context, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    char *making = vt_arena_printf(arena, "%s.making-XXXXXX", root);
    VT_AUTO_FD root_fd = -1;

    if (mkdtemp(making) == NULL || chmod(making, 0755) != 0)
        return fail_at(making, err);
    root_fd = open(making, O_DIRECTORY | O_CLOEXEC);
    if (root_fd < 0)
        return fail_at(making, err);
    if (!fill_root(store, lock, root_fd, progress, context, err))
        return false; /* what is left is under a name that nobody uses */
    if (rename(making, root) != 0 && errno != EEXIST && errno != ENOTEMPTY)
        return fail_at(root, err);
    return true;
}

/* The tree that was measured when the root was made, beside it. */
static bool recall_tree(struct vt_line_store *store, const char *name, vt_hash *out)
{
    VT_AUTO_BUF text = vt_buf_init(65);
    struct vt_error ignored = { 0 };

    return vt_disk_read(vt_line_store_disk(store), name, &text, &ignored) &&
           vt_hash_parse_hex(vt_buf_slice(&text), out);
}

static bool measure(struct vt_line_store *store, const char *root, const char *name,
                    vt_hash *tree, struct vt_error *err)
{
    vt_hash before;
    char hex[65];

    if (!vt_tree_digest(root, tree, err))
        return false;
    if (recall_tree(store, name, &before)) {
        if (!vt_hash_equal(&before, tree))
            return vt_fail(err, VT_REJECTED,
                           "%s: was changed since it was made; remove it, it "
                           "will be made again",
                           root);
        return true;
    }
    vt_hash_text(tree, hex);
    return vt_disk_write(vt_line_store_disk(store), name, vt_slice_of(hex, 64), 0644, err);
}

bool vt_environment_get(struct vt_line_store *store, const struct vt_lock *lock,
                        void (*progress)(void *context, const char *line), void *context,
                        struct vt_environment *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_environment environment = { .digest = lock->environment };
    const char *folder, *root, *name;
    char hex[65];

    vt_hash_text(&environment.digest, hex);
    folder = vt_arena_printf(arena, "%s/environments", vt_line_store_path(store));
    root = vt_arena_printf(arena, "%s/%s", folder, hex);
    name = vt_arena_printf(arena, "environments/%s.tree", hex);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return fail_at(folder, err);
    if (!vt_path_exists(root) && !make_root(store, lock, root, progress, context, err))
        return false;
    if (progress != NULL)
        progress(context, "environment: measuring");
    if (!measure(store, root, name, &environment.tree, err))
        return false;
    environment.root = vt_strdup_slice(vt_slice_from_cstr(root));
    *out = environment;
    return true;
}
