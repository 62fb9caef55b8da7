/* Files in a folder: what comes back, what is refused, and what a full, closed or occupied
 * disk looks like.  (What survives a crash: test_crash.c.) */
#include "tests/harness.h"

#include "store/inside.h"
#include "store/store.h"
#include <seccomp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct vt_disk *open_new(void)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk = NULL;

    VT_CHECK_OK(vt_disk_open(vt_test_path("disk"), true, &disk, &err));
    return disk;
}

static bool holds(struct vt_disk *disk, const char *name, vt_slice wanted)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF buf = vt_buf_init(VT_MIB(4));

    return vt_disk_read(disk, name, &buf, &err) &&
           vt_slice_equal(vt_buf_slice(&buf), wanted);
}

/* All names in a folder, one a line, folders with a slash. */
static bool add_name(void *context, const char *name, bool is_folder, struct vt_error *err)
{
    (void)err;
    vt_buf_printf(context, "%s%s\n", name, is_folder ? "/" : "");
    return true;
}

static const char *names_in(struct vt_disk *disk, const char *folder)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF buf = vt_buf_init(VT_KIB(64));

    VT_CHECK_OK(vt_disk_list(disk, folder, add_name, &buf, &err));
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&buf));
}

static void whole_files(void)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk = open_new();
    VT_AUTO_BUF small = vt_buf_init(3);
    VT_AUTO_BUF none = vt_buf_init(100);
    struct stat about;

    VT_CHECK_OK(vt_disk_write(disk, "a", VT_LIT("one"), 0600, &err));
    VT_CHECK(holds(disk, "a", VT_LIT("one")));
    VT_CHECK_OK(vt_disk_write(disk, "a", VT_LIT("four"), 0600, &err));
    VT_CHECK(holds(disk, "a", VT_LIT("four")));
    VT_CHECK(stat(vt_test_path("disk/a"), &about) == 0 && (about.st_mode & 0777) == 0600);
    VT_CHECK_FAILS(VT_LIMIT, vt_disk_read(disk, "a", &small, &err));
    VT_CHECK(small.len == 0);

    VT_CHECK_OK(vt_disk_write(disk, "deep/er/empty", VT_LIT(""), 0644, &err));
    VT_CHECK(holds(disk, "deep/er/empty", VT_LIT("")) && vt_disk_has(disk, "deep/er"));
    VT_CHECK_OK(vt_disk_create(disk, "deep/new", VT_LIT("n"), 0644, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_disk_create(disk, "deep/new", VT_LIT("m"), 0644, &err));
    VT_CHECK(holds(disk, "deep/new", VT_LIT("n")));
    VT_CHECK(strcmp(names_in(disk, "deep"), "er/\nnew\n") == 0);
    VT_CHECK(strcmp(names_in(disk, ""), "a\ndeep/\n") == 0);

    VT_CHECK_OK(vt_disk_remove(disk, "a", &err));
    VT_CHECK(!vt_disk_has(disk, "a"));
    VT_CHECK_FAILS(VT_ABSENT, vt_disk_remove(disk, "a", &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_disk_read(disk, "a", &none, &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_disk_read(disk, "no/such/folder", &none, &err));
    VT_CHECK_FAILS(VT_ABSENT, vt_disk_keep(disk, "no/such", &err));
    VT_CHECK(!vt_disk_has(disk, "no"));
    VT_CHECK_FAILS(VT_IO, vt_disk_read(disk, "deep", &none, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_disk_read(disk, "deep/new/x", &none, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_write(disk, "deep", VT_LIT(""), 0644, &err));
    VT_CHECK(strcmp(names_in(disk, ""), "deep/\n") == 0);
    vt_disk_close(disk);
}

static void lazy_files(void)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk = open_new();
    char name[64];

    /* More than wait at once, in more folders than wait at once. */
    for (unsigned i = 0; i < 700; i++) {
        (void)snprintf(name, sizeof name, "tile/%u/%u", i % 600, i);
        VT_CHECK_OK(vt_disk_write_lazily(disk, name, VT_BYTES(i), 0644, &err));
        VT_CHECK(holds(disk, name, VT_BYTES(i)));
    }
    VT_CHECK_OK(vt_disk_flush(disk, &err));
    for (unsigned i = 0; i < 700; i++) {
        (void)snprintf(name, sizeof name, "tile/%u/%u", i % 600, i);
        VT_CHECK(holds(disk, name, VT_BYTES(i)));
    }
    VT_CHECK_OK(vt_disk_write_lazily(disk, "tile/1/1", VT_LIT("new"), 0644, &err));
    VT_CHECK(holds(disk, "tile/1/1", VT_LIT("new")));
    VT_CHECK_OK(vt_disk_flush(disk, &err));
    VT_CHECK_OK(vt_disk_flush(disk, &err));
    vt_disk_close(disk);
}

static void drafts(void)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk = open_new();
    struct vt_disk_draft *draft;

    VT_CHECK_OK(vt_disk_draft_begin(disk, "work", 0644, &draft, &err));
    VT_CHECK_OK(vt_disk_draft_add(draft, VT_LIT("one "), &err));
    VT_CHECK_OK(vt_disk_draft_add(draft, VT_LIT("two"), &err));
    VT_CHECK(strcmp(names_in(disk, "work"), "") == 0);
    VT_CHECK_OK(vt_disk_draft_finish(draft, "other/place", false, &err));
    VT_CHECK(holds(disk, "other/place", VT_LIT("one two")));

    VT_CHECK_OK(vt_disk_draft_begin(disk, "", 0644, &draft, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_disk_draft_finish(draft, "other/place", false, &err));
    VT_CHECK_OK(vt_disk_draft_begin(disk, "", 0644, &draft, &err));
    vt_disk_draft_discard(draft);
    VT_CHECK(holds(disk, "other/place", VT_LIT("one two")));

    /* A killed process leaves its draft; the next holder of the lock sweeps it away. */
    VT_CHECK_OK(vt_disk_draft_begin(disk, "work", 0644, &draft, &err));
    VT_CHECK_OK(vt_disk_lock(disk, &err));
    VT_CHECK(rmdir(vt_test_path("disk/work")) != 0);
    VT_CHECK_OK(vt_disk_sweep(disk, "", &err));
    VT_CHECK(rmdir(vt_test_path("disk/work")) == 0);
    VT_CHECK(holds(disk, "other/place", VT_LIT("one two")));
    vt_disk_draft_discard(draft);
    vt_disk_close(disk);
}

static void journals(void)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk = open_new();
    struct vt_disk_file *file;
    uint8_t seen[16];
    size_t got;

    VT_CHECK_OK(vt_disk_file_open(disk, "journal/0", &file, &err));
    VT_CHECK(vt_disk_file_size(file) == 0);
    VT_CHECK_OK(vt_disk_file_preallocate(file, 100000, &err));
    VT_CHECK(vt_disk_file_size(file) == 100000);
    VT_CHECK_OK(vt_disk_file_write_at(file, 5, VT_LIT("hello"), &err));
    VT_CHECK_OK(vt_disk_file_write_at(file, 99998, VT_LIT("end"), &err));
    VT_CHECK_OK(vt_disk_file_sync(file, &err));
    VT_CHECK(vt_disk_file_size(file) == 100001);
    VT_CHECK_OK(vt_disk_file_read_at(file, 4, seen, 7, &got, &err));
    VT_CHECK(got == 7 && memcmp(seen, "\0hello\0", 7) == 0);
    VT_CHECK_OK(vt_disk_file_read_at(file, 99998, seen, sizeof seen, &got, &err));
    VT_CHECK(got == 3 && memcmp(seen, "end", 3) == 0);
    VT_CHECK_OK(vt_disk_file_read_at(file, 200000, seen, sizeof seen, &got, &err));
    VT_CHECK(got == 0);
    VT_CHECK_OK(vt_disk_file_truncate(file, 7, &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_disk_file_write_at(file, UINT64_MAX, VT_LIT("x"), &err));
    VT_CHECK_FAILS(VT_LIMIT, vt_disk_file_truncate(file, UINT64_MAX, &err));
    vt_disk_file_close(file);

    VT_CHECK_OK(vt_disk_file_open(disk, "journal/0", &file, &err));
    VT_CHECK(vt_disk_file_size(file) == 7);
    VT_CHECK(holds(disk, "journal/0", VT_LIT("\0\0\0\0\0he")));
    vt_disk_file_close(file);
    VT_CHECK_OK(vt_disk_write(disk, "folder/x", VT_LIT(""), 0644, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_file_open(disk, "folder", &file, &err));
    vt_disk_close(disk);
}

/* ---- names ----------------------------------------------------------------------------
 */

static void names(void)
{
    static const struct {
        const char *name;
        enum vt_code want;
    } cases[] = {
        { "plain", VT_OK },
        { "with/folder", VT_OK },
        { "..a", VT_OK },
        { "a..", VT_OK },
        { "...", VT_OK },
        { ".hidden", VT_OK },
        { "sp ace", VT_OK },
        { "", VT_REJECTED },
        { "/", VT_REJECTED },
        { "/etc/passwd", VT_REJECTED },
        { "../x", VT_REJECTED },
        { "a/../b", VT_REJECTED },
        { "a/..", VT_REJECTED },
        { "..", VT_REJECTED },
        { ".", VT_REJECTED },
        { "./x", VT_REJECTED },
        { "a//b", VT_REJECTED },
        { "a/", VT_REJECTED },
        { ".vt-lock", VT_REJECTED },
        { "a/.vt-0000000000000000", VT_REJECTED },
        { ".vt-/a", VT_REJECTED },
    };
    struct vt_disk *disk = open_new();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vt_error err = { 0 };
        VT_AUTO_BUF buf = vt_buf_init(100);
        struct vt_disk_file *file = NULL;
        const char *name = cases[i].name;

        if (cases[i].want == VT_OK) {
            VT_CHECK_OK(vt_disk_write(disk, name, VT_LIT("x"), 0644, &err));
            VT_CHECK(holds(disk, name, VT_LIT("x")));
            VT_CHECK_OK(vt_disk_remove(disk, name, &err));
            continue;
        }
        VT_CHECK_FAILS(cases[i].want, vt_disk_write(disk, name, VT_LIT("x"), 0644, &err));
        VT_CHECK_FAILS(cases[i].want, vt_disk_create(disk, name, VT_LIT("x"), 0644, &err));
        VT_CHECK_FAILS(cases[i].want,
                       vt_disk_write_lazily(disk, name, VT_LIT("x"), 0644, &err));
        VT_CHECK_FAILS(cases[i].want, vt_disk_read(disk, name, &buf, &err));
        VT_CHECK_FAILS(cases[i].want, vt_disk_remove(disk, name, &err));
        VT_CHECK_FAILS(cases[i].want, vt_disk_file_open(disk, name, &file, &err));
        VT_CHECK(!vt_disk_has(disk, name));
    }
    VT_CHECK(strcmp(names_in(disk, ""), "with/\n") == 0);
    vt_disk_close(disk);
}

static void long_names(void)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk = open_new();
    char part[300], whole[2100];

    memset(part, 'n', sizeof part);
    part[255] = '\0';
    VT_CHECK_OK(vt_disk_write(disk, part, VT_LIT("x"), 0644, &err));
    VT_CHECK(holds(disk, part, VT_LIT("x")));
    part[255] = 'n';
    part[256] = '\0';
    VT_CHECK_FAILS(VT_LIMIT, vt_disk_write(disk, part, VT_LIT("x"), 0644, &err));
    for (size_t i = 0; i < sizeof whole; i++)
        whole[i] = i % 2 == 0 ? 'd' : '/';
    whole[1023] = '\0';
    VT_CHECK_OK(vt_disk_write(disk, whole, VT_LIT("x"), 0644, &err));
    VT_CHECK(holds(disk, whole, VT_LIT("x")));
    whole[1023] = '/';
    whole[1025] = '\0';
    VT_CHECK_FAILS(VT_LIMIT, vt_disk_write(disk, whole, VT_LIT("x"), 0644, &err));
    vt_disk_close(disk);
}

/* What lies in the folder and leads out of it: nothing may be read, made or replaced there.
 */
static void links_that_lead_out(void)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk = open_new();
    struct vt_disk_file *file = NULL;
    VT_AUTO_BUF buf = vt_buf_init(100);

    VT_CHECK(mkdir(vt_test_path("outside"), 0755) == 0);
    vt_test_write(vt_test_path("outside/secret"), VT_LIT("secret"));
    VT_CHECK(symlink("../outside", vt_test_path("disk/relative")) == 0);
    VT_CHECK(symlink(vt_test_path("outside"), vt_test_path("disk/absolute")) == 0);
    VT_CHECK(symlink("../outside/secret", vt_test_path("disk/file")) == 0);
    VT_CHECK(symlink("../outside/fresh", vt_test_path("disk/dangling")) == 0);

    VT_CHECK_FAILS(VT_REJECTED, vt_disk_read(disk, "relative/secret", &buf, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_disk_read(disk, "absolute/secret", &buf, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_disk_read(disk, "file", &buf, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_disk_file_open(disk, "file", &file, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_disk_file_open(disk, "dangling", &file, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_disk_remove(disk, "relative/secret", &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_disk_write(disk, "relative/new", VT_LIT("x"), 0644, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_disk_write_lazily(disk, "absolute/new", VT_LIT("x"), 0644, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_disk_write(disk, "relative/sub/new", VT_LIT("x"), 0644, &err));
    /* A link as the last part is replaced itself, never followed. */
    VT_CHECK_OK(vt_disk_write(disk, "file", VT_LIT("mine"), 0644, &err));
    VT_CHECK(holds(disk, "file", VT_LIT("mine")));
    VT_CHECK(vt_slice_is(vt_test_read(vt_test_path("outside/secret")), "secret"));
    VT_CHECK(!vt_path_exists(vt_test_path("outside/new")));
    VT_CHECK(!vt_path_exists(vt_test_path("outside/sub")));
    VT_CHECK(!vt_path_exists(vt_test_path("outside/fresh")));
    vt_disk_close(disk);
}

/* Where openat2(2) is not to be had, the road by hand refuses the same. */
static void links_that_lead_out_by_hand(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    VT_CHECK(filter != NULL &&
             seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0) == 0 &&
             seccomp_load(filter) == 0);
    seccomp_release(filter);
    VT_CHECK(syscall(SYS_openat2, -1, "", NULL, (size_t)0) < 0 && errno == ENOSYS);
    links_that_lead_out();
}

static void names_by_hand(void)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk = open_new();
    VT_AUTO_FD root = open(vt_disk_path(disk), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    VT_AUTO_FD fd = -1;

    VT_CHECK_OK(vt_disk_write(disk, "a/b/c", VT_LIT("x"), 0644, &err));
    vt_disk_close(disk);
    VT_CHECK(mkdir(vt_test_path("outside"), 0755) == 0);
    VT_CHECK(symlink("b", vt_test_path("disk/a/inner")) == 0);
    fd = vt_path_open_stepwise(root, "a/b/c", O_RDONLY);
    VT_CHECK(fd >= 0);
    vt_fd_close(&fd);
    fd = vt_path_open_stepwise(root, "", O_RDONLY | O_DIRECTORY);
    VT_CHECK(fd >= 0);
    VT_CHECK(vt_path_open_stepwise(root, "a/inner/c", O_RDONLY) < 0);
    VT_CHECK(vt_path_open_stepwise(root, "a/inner", O_RDONLY) < 0);
    VT_CHECK(vt_path_open_stepwise(root, "a/b/d", O_RDONLY) < 0 && errno == ENOENT);
    VT_CHECK(vt_path_open_stepwise(root, "x/b", O_RDONLY) < 0 && errno == ENOENT);
}

/* ---- a machine that fails
 * ----------------------------------------------------------------
 */

static void full_disk(void)
{
    struct vt_error err = { 0 };
    const char *path = vt_test_small_disk(VT_KIB(64));
    struct vt_disk *disk;
    struct vt_disk_file *file;
    VT_AUTO_FREE uint8_t *large = vt_alloc(VT_KIB(48));
    vt_slice bytes = vt_slice_of(large, VT_KIB(48));

    VT_CHECK_OK(vt_disk_open(path, false, &disk, &err));
    VT_CHECK_OK(vt_disk_write(disk, "kept", bytes, 0644, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_write(disk, "kept", bytes, 0644, &err));
    VT_CHECK_SAYING(strstr(err.message, "disk is full") != NULL, "%s", err.message);
    VT_CHECK_FAILS(VT_IO, vt_disk_create(disk, "other", bytes, 0644, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_write_lazily(disk, "other", bytes, 0644, &err));
    VT_CHECK_OK(vt_disk_file_open(disk, "journal", &file, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_file_preallocate(file, VT_KIB(48), &err));
    VT_CHECK(vt_disk_file_size(file) == 0);
    vt_disk_file_close(file);
    /* Nothing half-written, and nothing is lost but the attempt. */
    VT_CHECK(strcmp(names_in(disk, ""), "journal\nkept\n") == 0);
    VT_CHECK(holds(disk, "kept", bytes));
    VT_CHECK_OK(vt_disk_remove(disk, "kept", &err));
    VT_CHECK_OK(vt_disk_create(disk, "other", bytes, 0644, &err));
    VT_CHECK(holds(disk, "other", bytes));
    vt_disk_close(disk);
}

static void read_only_disk(void)
{
    struct vt_error err = { 0 };
    const char *path = vt_test_small_disk(VT_KIB(64));
    struct vt_disk *disk, *other = NULL;
    struct vt_disk_file *file = NULL;

    VT_CHECK_OK(vt_disk_open(path, false, &disk, &err));
    VT_CHECK_OK(vt_disk_write(disk, "a", VT_LIT("x"), 0644, &err));
    vt_test_small_disk_lock(path);
    VT_CHECK_FAILS(VT_IO, vt_disk_write(disk, "a", VT_LIT("y"), 0644, &err));
    VT_CHECK_SAYING(strstr(err.message, "read-only") != NULL, "%s", err.message);
    VT_CHECK_FAILS(VT_IO, vt_disk_write(disk, "new/b", VT_LIT("y"), 0644, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_remove(disk, "a", &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_file_open(disk, "a", &file, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_lock(disk, &err));
    VT_CHECK_FAILS(VT_IO,
                   vt_disk_open(vt_test_path("small/new/folder"), true, &other, &err));
    VT_CHECK(holds(disk, "a", VT_LIT("x")));
    vt_disk_close(disk);
}

static void not_permitted(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF buf = vt_buf_init(100);
    struct vt_disk *disk, *other = NULL;

    VT_CHECK(mkdir(vt_test_path("closed"), 0700) == 0);
    vt_test_write(vt_test_path("closed/secret"), VT_LIT("x"));
    VT_CHECK(chmod(vt_test_path("closed/secret"), 0600) == 0);
    disk = open_new();
    VT_CHECK_OK(vt_disk_write(disk, "secret", VT_LIT("x"), 0600, &err));
    VT_CHECK_OK(vt_disk_write(disk, "a/b", VT_LIT("x"), 0644, &err));
    VT_CHECK(chmod(vt_test_path("closed"), geteuid() == 0 ? 0700 : 0) == 0);
    VT_CHECK(chmod(vt_test_path("disk/secret"), geteuid() == 0 ? 0600 : 0) == 0);
    VT_CHECK(chmod(vt_test_path("disk/a"), 0555) == 0 && chmod(vt_test_dir(), 0755) == 0);
    if (geteuid() == 0) /* root may do anything; nobody may not */
        VT_CHECK(setresuid(65534, 65534, 65534) == 0);
    VT_CHECK_FAILS(VT_IO, vt_disk_open(vt_test_path("closed"), false, &other, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_open(vt_test_path("closed/x"), true, &other, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_read(disk, "secret", &buf, &err));
    VT_CHECK_SAYING(strstr(err.message, "not permitted") != NULL, "%s", err.message);
    VT_CHECK_FAILS(VT_IO, vt_disk_write(disk, "a/b", VT_LIT("y"), 0644, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_remove(disk, "a/b", &err));
    VT_CHECK(holds(disk, "a/b", VT_LIT("x")));
    vt_disk_close(disk);
    VT_CHECK(geteuid() == 65534 || chmod(vt_test_path("disk/a"), 0755) == 0);
}

static void wrong_places(void)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk = NULL;

    VT_CHECK_FAILS(VT_IO, vt_disk_open(vt_test_path("none"), false, &disk, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_open("", false, &disk, &err));
    vt_test_write(vt_test_path("file"), VT_LIT("x"));
    VT_CHECK_FAILS(VT_IO, vt_disk_open(vt_test_path("file"), false, &disk, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_open(vt_test_path("file"), true, &disk, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_open(vt_test_path("file/below"), true, &disk, &err));
    VT_CHECK(chdir(vt_test_dir()) == 0);
    VT_CHECK_OK(vt_disk_open("relative//folder///", true, &disk, &err));
    vt_disk_close(disk);
    VT_CHECK_OK(vt_disk_open("relative/folder", true, &disk, &err));
    vt_disk_close(disk);
    VT_CHECK_OK(vt_disk_open(".", true, &disk, &err));
    VT_CHECK_OK(vt_disk_write(disk, "relative/folder/a", VT_LIT("x"), 0644, &err));
    vt_disk_close(disk);
}

/* ---- the lock
 * ---------------------------------------------------------------------------- */

/* A process that takes the lock and holds it until it is killed. */
static pid_t start_holder(void)
{
    int ready[2];
    char byte;
    pid_t pid;

    VT_CHECK(pipe2(ready, O_CLOEXEC) == 0);
    pid = fork();
    if (pid == 0) {
        struct vt_error err = { 0 };
        struct vt_disk *disk = open_new();

        VT_CHECK_OK(vt_disk_lock(disk, &err));
        VT_CHECK(write(ready[1], "r", 1) == 1);
        for (;;)
            (void)pause();
    }
    VT_CHECK(pid > 0 && read(ready[0], &byte, 1) == 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return pid;
}

static void locks(void)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk, *second;
    pid_t holder = start_holder();
    char pid[24];

    disk = open_new();
    (void)snprintf(pid, sizeof pid, "process %d ", holder);
    VT_CHECK_FAILS(VT_IO, vt_disk_lock(disk, &err));
    VT_CHECK_SAYING(strstr(err.message, pid) != NULL, "%s", err.message);
    VT_CHECK(kill(holder, SIGKILL) == 0 && waitpid(holder, NULL, 0) == holder);
    VT_CHECK_OK(vt_disk_lock(disk, &err));
    VT_CHECK_OK(vt_disk_lock(disk, &err)); /* it is ours already */
    VT_CHECK_OK(vt_disk_open(vt_test_path("disk"), false, &second, &err));
    VT_CHECK_FAILS(VT_IO, vt_disk_lock(second, &err));
    vt_disk_close(disk);
    VT_CHECK(vt_test_read(vt_test_path("disk/.vt-lock")).len == 0);
    VT_CHECK_OK(vt_disk_lock(second, &err));
    VT_CHECK(strcmp(names_in(second, ""), "") == 0);
    vt_disk_close(second);
}

/* Its maker was killed: what lies there may not be durable, and the mark says so. */
static void abandoned(void)
{
    struct vt_error err = { 0 };
    pid_t holder = start_holder();
    struct vt_disk *disk;

    VT_CHECK(kill(holder, SIGKILL) == 0 && waitpid(holder, NULL, 0) == holder);
    disk = open_new();
    VT_CHECK_OK(vt_disk_write(disk, "a", VT_LIT("one"), 0600, &err));
    vt_disk_abandon(vt_test_path("disk"));
    VT_CHECK(holds(disk, "a", VT_LIT("one")));
    VT_CHECK(vt_test_read(vt_test_path("disk/.vt-lock")).len != 0);
    VT_CHECK_OK(vt_disk_remove(disk, "a", &err));
    vt_disk_close(disk);
    vt_disk_abandon(vt_test_path("disk"));
    VT_CHECK(!vt_path_exists(vt_test_path("disk")));
}

static const struct vt_case cases[] = {
    { "whole files are written, replaced, read, listed, removed", whole_files },
    { "lazy files are visible at once, many together", lazy_files },
    { "a draft is seen when it is finished, or never", drafts },
    { "a journal grows, is cut, and is read back", journals },
    { "names that leave the folder or are ours are refused", names },
    { "names too long are refused", long_names },
    { "symbolic links that lead out are not followed", links_that_lead_out },
    { "nor where the kernel has no openat2", links_that_lead_out_by_hand },
    { "the road by hand leads to the same place", names_by_hand },
    { "a full disk: one sentence, nothing half-written", full_disk },
    { "a read-only disk is read, not written", read_only_disk },
    { "what is not permitted says so", not_permitted },
    { "folders that are none, and folders yet to be made", wrong_places },
    { "one writer at a time", locks },
    { "a folder that holds anything is not abandoned, nor its mark", abandoned },
};

VT_TEST_MAIN("store.disk", cases)
