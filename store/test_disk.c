/* Files in a folder: what comes back, what is refused, and what a full, closed or occupied
 * disk looks like.  (What survives a crash: test_crash.c.) */
#include "tests/harness.h"

#include "store/store.h"
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
    struct vt_buf buf = vt_buf_init(VT_KIB(64));

    VT_CHECK_OK(vt_disk_list(disk, folder, add_name, &buf, &err));
    return vt_buf_cstr(&buf) != NULL ? vt_buf_cstr(&buf) : "";
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

static const struct vt_case cases[] = {
    { "whole files are written, replaced, read, listed, removed", whole_files },
    { "lazy files are visible at once, many together", lazy_files },
    { "a draft is seen when it is finished, or never", drafts },
    { "a journal grows, is cut, and is read back", journals },
    { "names that leave the folder or are ours are refused", names },
    { "names too long are refused", long_names },
    { "symbolic links that lead out are not followed", links_that_lead_out },
};

VT_TEST_MAIN("store.disk", cases)
