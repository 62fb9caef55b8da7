/* Source identity: one tree has one digest wherever it came from, a pack has one spelling,
 * and what the tree would not hold is refused. */
#include "line/pack.h"
#include "line/sandbox.h"
#include "line/source.h"
#include "line/source_inside.h"
#include "tests/harness.h"
#include <dirent.h>

/* ---- the pack ---------------------------------------------------------------------------
 */

static bool keep(void *context, vt_slice bytes, struct vt_error *err)
{
    (void)err;
    vt_buf_put(context, bytes);
    return true;
}

static void put(struct vt_pack_writer *w, const char *path, enum vt_pack_mode mode,
                const char *text)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_pack_begin_file(w, vt_slice_from_cstr(path), mode, strlen(text), &err));
    VT_CHECK_OK(vt_pack_add(w, vt_slice_from_cstr(text), &err));
    VT_CHECK_OK(vt_pack_end_file(w, &err));
}

#define LONG_NAME                                                                          \
    "a-folder-with-a-name-of-fifty-bytes-or-perhaps-more/"                                 \
    "another-folder-with-a-name-of-fifty-bytes-or-so/file"

static void write_small_pack(struct vt_buf *out, vt_hash *digest)
{
    struct vt_error err = { 0 };
    struct vt_pack_writer w;

    vt_pack_begin(&w, keep, out);
    put(&w, "Makefile", VT_MODE_FILE, "all:\n");
    put(&w, LONG_NAME, VT_MODE_FILE, "");
    put(&w, "b", VT_MODE_LINK, "Makefile");
    put(&w, "c/run", VT_MODE_PROGRAM, "#!/bin/sh\n");
    VT_CHECK_OK(vt_pack_finish(&w, digest, &err));
}

static void a_pack_reads_back(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF pack = vt_buf_init(VT_MIB(1));
    struct vt_pack_entry *entries;
    vt_hash written, read;
    size_t count;

    write_small_pack(&pack, &written);
    VT_CHECK_OK(vt_pack_parse(vt_buf_slice(&pack), arena, &entries, &count, &read, &err));
    VT_CHECK(count == 4 && vt_hash_equal(&written, &read));
    VT_CHECK(strcmp(entries[1].path, LONG_NAME) == 0 && entries[1].content.len == 0);
    VT_CHECK(entries[2].mode == VT_MODE_LINK &&
             vt_slice_is(entries[2].content, "Makefile"));
    VT_CHECK(entries[3].mode == VT_MODE_PROGRAM);
    VT_CHECK(vt_slice_is(entries[3].content, "#!/bin/sh\n"));
}

/* The digest as line/source.h words it, put together by hand. */
static void the_digest_is_as_documented(void)
{
    VT_AUTO_BUF pack = vt_buf_init(VT_MIB(1));
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    static const struct {
        const char *mode, *path, *content;
    } rows[] = { { "100644", "Makefile", "all:\n" },
                 { "100644", LONG_NAME, "" },
                 { "120000", "b", "Makefile" },
                 { "100755", "c/run", "#!/bin/sh\n" } };
    vt_hash written, by_hand;

    write_small_pack(&pack, &written);
    vt_buf_put_text(&text, "vitrine/source/v1\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vt_hash content = vt_sha256_of(vt_slice_from_cstr(rows[i].content));
        char hex[65];

        vt_hash_text(&content, hex);
        vt_buf_printf(&text, "%s %s %s", rows[i].mode, hex, rows[i].path);
        vt_buf_put_u8(&text, 0);
    }
    by_hand = vt_sha256_of(vt_buf_slice(&text));
    VT_CHECK(vt_hash_equal(&written, &by_hand));
}

static void other_peoples_tar_unpacks_a_pack(void)
{
    VT_AUTO_BUF pack = vt_buf_init(VT_MIB(1));
    vt_hash digest;

    write_small_pack(&pack, &digest);
    vt_test_write(vt_test_path("p.tar"), vt_buf_slice(&pack));
    VT_CHECK(mkdir(vt_test_path("out"), 0755) == 0);
    (void)vt_test_run(
        0, VT_ARGV("tar", "-xf", vt_test_path("p.tar"), "-C", vt_test_path("out")));
    VT_CHECK(vt_slice_is(vt_test_read(vt_test_path("out/c/run")), "#!/bin/sh\n"));
    VT_CHECK(vt_slice_is(vt_test_read(vt_test_path("out/b")), "all:\n"));
    VT_CHECK(access(vt_test_path("out/c/run"), X_OK) == 0);
    VT_CHECK(vt_path_exists(vt_test_path("out/" LONG_NAME)));
}

static bool parses_to(vt_slice bytes, const vt_hash *digest)
{
    struct vt_error err = { 0 };
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_pack_entry *entries;
    vt_hash got;
    size_t count;

    return vt_pack_parse(bytes, arena, &entries, &count, &got, &err) &&
           vt_hash_equal(&got, digest);
}

static void no_mangled_pack_keeps_its_digest(void)
{
    VT_AUTO_BUF pack = vt_buf_init(VT_MIB(1));
    vt_hash digest;

    write_small_pack(&pack, &digest);
    VT_CHECK(parses_to(vt_buf_slice(&pack), &digest));
    for (size_t len = 0; len < pack.len; len++)
        VT_CHECK_SAYING(!parses_to(vt_slice_of(pack.data, len), &digest), "cut to %zu",
                        len);
    for (size_t i = 0; i < pack.len; i++) {
        uint8_t bit = (uint8_t)(1 << i % 8);

        pack.data[i] ^= bit;
        VT_CHECK_SAYING(!parses_to(vt_buf_slice(&pack), &digest), "byte %zu changed", i);
        pack.data[i] ^= bit;
    }
    vt_buf_put_u8(&pack, 0);
    VT_CHECK(!parses_to(vt_buf_slice(&pack), &digest));
}

static void odd_paths_are_refused(void)
{
    static const char *const bad[] = { "",     "/",     "/a",     "a/",  "a//b",
                                       ".",    "..",    "a/../b", "./a", "a/.",
                                       "a\nb", "a\x7f", "a/\x01" };
    static const char *const good[] = { "a", "a/b", "...", "a/..b", "-x", "ä/ö", " " };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        VT_CHECK_SAYING(!vt_pack_path_is_good(vt_slice_from_cstr(bad[i])), "'%s'", bad[i]);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        VT_CHECK_SAYING(vt_pack_path_is_good(vt_slice_from_cstr(good[i])), "'%s'", good[i]);
}

/* What could climb out of the folder, were it unpacked. */
static void a_pack_with_a_file_below_a_link_is_refused(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_BUF pack = vt_buf_init(VT_MIB(1));
    struct vt_pack_entry *entries;
    struct vt_pack_writer w;
    vt_hash digest;
    size_t count;

    vt_pack_begin(&w, keep, &pack);
    put(&w, "a", VT_MODE_LINK, "/etc");
    put(&w, "a-", VT_MODE_FILE, "between");
    put(&w, "a/passwd", VT_MODE_FILE, "x");
    VT_CHECK_OK(vt_pack_finish(&w, &digest, &err));
    VT_CHECK_FAILS(VT_MALFORMED, vt_pack_parse(vt_buf_slice(&pack), arena, &entries, &count,
                                               &digest, &err));
    VT_CHECK(strstr(err.message, "a/passwd") != NULL);
}

static void a_writer_minds_order_and_size(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pack = vt_buf_init(VT_MIB(1));
    struct vt_pack_writer w;

    vt_pack_begin(&w, keep, &pack);
    put(&w, "b", VT_MODE_FILE, "1");
    VT_CHECK_FAILS(VT_REJECTED, vt_pack_begin_file(&w, VT_LIT("b"), VT_MODE_FILE, 1, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_pack_begin_file(&w, VT_LIT("a"), VT_MODE_FILE, 1, &err));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_pack_begin_file(&w, VT_LIT("../c"), VT_MODE_FILE, 1, &err));
    VT_CHECK_OK(vt_pack_begin_file(&w, VT_LIT("c"), VT_MODE_FILE, 2, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_pack_add(&w, VT_LIT("123"), &err));
    VT_CHECK_OK(vt_pack_add(&w, VT_LIT("1"), &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_pack_end_file(&w, &err));
}

/* ---- taking in --------------------------------------------------------------------------
 */

static struct vt_line_store *open_store(void)
{
    struct vt_error err = { 0 };
    struct vt_line_store *store;

    VT_CHECK_OK(vt_line_store_open(vt_test_path("store"), true, &store, &err));
    return store;
}

/* A small tree: two files, a program, a link, folders, one of them empty. */
static void make_tree(const char *name)
{
    char path[200];

    (void)snprintf(path, sizeof path, "%s/sub", name);
    VT_CHECK(mkdir(vt_test_path(name), 0755) == 0 && mkdir(vt_test_path(path), 0700) == 0);
    (void)snprintf(path, sizeof path, "%s/a.c", name);
    vt_test_write(vt_test_path(path), VT_LIT("int a;\n"));
    (void)snprintf(path, sizeof path, "%s/sub/run", name);
    vt_test_write(vt_test_path(path), VT_LIT("#!/bin/sh\n"));
    VT_CHECK(chmod(vt_test_path(path), 0755) == 0);
    (void)snprintf(path, sizeof path, "%s/sub/link", name);
    VT_CHECK(symlink("../a.c", vt_test_path(path)) == 0);
    (void)snprintf(path, sizeof path, "%s/sub.txt", name);
    vt_test_write(vt_test_path(path), VT_LIT("text\n"));
    VT_CHECK(chmod(vt_test_path(path), 0600) == 0);
}

static const char *git(const char *folder, const char *a, const char *b, const char *c)
{
    return vt_test_run(0,
                       VT_ARGV("git", "-C", vt_test_path(folder), "-c", "user.name=t", "-c",
                               "user.email=t@example", "-c", "init.defaultBranch=main",
                               "-c", "protocol.file.allow=always", "-c",
                               "core.hooksPath=/dev/null", a, b, c));
}

static void commit_all(const char *folder)
{
    (void)git(folder, "add", "-A", ".");
    (void)git(folder, "commit", "-q", "-mx");
}

static void take(struct vt_line_store *store, enum vt_source_type type, const char *where,
                 struct vt_source *out)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_source_take(store, type, vt_test_path(where), NULL, out, &err));
}

static void take_fails(struct vt_line_store *store, enum vt_source_type type,
                       const char *where, enum vt_code code, const char *words)
{
    struct vt_error err = { 0 };
    struct vt_source out;

    VT_CHECK_FAILS(code,
                   vt_source_take(store, type, vt_test_path(where), NULL, &out, &err));
    VT_CHECK_SAYING(strstr(err.message, words) != NULL, "it said: %s", err.message);
}

static void one_tree_has_one_digest(void)
{
    VT_AUTO_LINE_STORE store = open_store();
    struct vt_source folder, repository, tar;

    make_tree("tree");
    VT_CHECK(mkdir(vt_test_path("tree/empty"), 0755) == 0);
    take(store, VT_SOURCE_FOLDER, "tree", &folder);
    (void)vt_test_run(
        0, VT_ARGV("tar", "-czf", vt_test_path("t.tar.gz"), "-C", vt_test_dir(), "tree"));
    take(store, VT_SOURCE_TAR, "t.tar.gz", &tar);
    (void)git("tree", "init", "-q", ".");
    commit_all("tree");
    vt_test_write(vt_test_path("tree/uncommitted"), VT_LIT("not part of it"));
    take(store, VT_SOURCE_GIT, "tree", &repository);
    VT_CHECK(folder.file_count == 4);
    VT_CHECK(vt_hash_equal(&folder.digest, &tar.digest));
    VT_CHECK(vt_hash_equal(&folder.digest, &repository.digest));
    VT_CHECK(vt_hash_equal(&folder.pack, &repository.pack));
    VT_CHECK(strlen(repository.git_commit) == 40 && strlen(repository.git_tree) == 40);
    VT_CHECK(strlen(tar.tar_sha256) == 64 && folder.git_commit[0] == '\0');
    VT_CHECK(strncmp(git("tree", "rev-parse", "HEAD^{tree}", "--"), repository.git_tree,
                     40) == 0);
}

static void every_change_changes_the_digest(void)
{
    VT_AUTO_LINE_STORE store = open_store();
    struct vt_source first, other;

    make_tree("tree");
    take(store, VT_SOURCE_FOLDER, "tree", &first);
    VT_CHECK(chmod(vt_test_path("tree/sub.txt"), 0644) == 0);
    take(store, VT_SOURCE_FOLDER, "tree", &other);
    VT_CHECK(vt_hash_equal(&first.digest, &other.digest)); /* readers are not part of it */
    VT_CHECK(chmod(vt_test_path("tree/sub.txt"), 0755) == 0);
    take(store, VT_SOURCE_FOLDER, "tree", &other);
    VT_CHECK(!vt_hash_equal(&first.digest, &other.digest));
    VT_CHECK(chmod(vt_test_path("tree/sub.txt"), 0644) == 0);
    VT_CHECK(unlink(vt_test_path("tree/sub/link")) == 0 &&
             symlink("../b.c", vt_test_path("tree/sub/link")) == 0);
    take(store, VT_SOURCE_FOLDER, "tree", &other);
    VT_CHECK(!vt_hash_equal(&first.digest, &other.digest));
    VT_CHECK(unlink(vt_test_path("tree/sub/link")) == 0 &&
             symlink("../a.c", vt_test_path("tree/sub/link")) == 0);
    VT_CHECK(rename(vt_test_path("tree/a.c"), vt_test_path("tree/b.c")) == 0);
    take(store, VT_SOURCE_FOLDER, "tree", &other);
    VT_CHECK(!vt_hash_equal(&first.digest, &other.digest));
    VT_CHECK(rename(vt_test_path("tree/b.c"), vt_test_path("tree/a.c")) == 0);
    take(store, VT_SOURCE_FOLDER, "tree", &other);
    VT_CHECK(vt_hash_equal(&first.digest, &other.digest));
}

static void git_refuses_what_the_tree_does_not_hold(void)
{
    VT_AUTO_LINE_STORE store = open_store();
    struct vt_source out;

    make_tree("tree");
    (void)git("tree", "init", "-q", ".");
    vt_test_write(vt_test_path("tree/.gitattributes"), VT_LIT("*.c text eol=lf\n"));
    commit_all("tree");
    take(store, VT_SOURCE_GIT, "tree", &out); /* the twin */
    vt_test_write(vt_test_path("tree/.gitattributes"), VT_LIT("*.bin filter=lfs -text\n"));
    commit_all("tree");
    take_fails(store, VT_SOURCE_GIT, "tree", VT_REJECTED, "filter");
    vt_test_write(vt_test_path("tree/.gitattributes"), VT_LIT("*.bin -filter\n"));
    vt_test_write(vt_test_path("tree/big"),
                  VT_LIT("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"));
    commit_all("tree");
    take_fails(store, VT_SOURCE_GIT, "tree", VT_REJECTED, "LFS pointer");
    VT_CHECK(unlink(vt_test_path("tree/big")) == 0);
    commit_all("tree");
    take(store, VT_SOURCE_GIT, "tree", &out);

    make_tree("inner");
    (void)git("inner", "init", "-q", ".");
    commit_all("inner");
    (void)git("tree", "submodule", "add", vt_test_path("inner"));
    commit_all("tree");
    take_fails(store, VT_SOURCE_GIT, "tree", VT_REJECTED, "submodule");
    take_fails(store, VT_SOURCE_FOLDER, "tree", VT_REJECTED, "git repository");
    take_fails(store, VT_SOURCE_GIT, "store", VT_IO, "no repository");
    take_fails(store, VT_SOURCE_GIT, "none", VT_IO, "no repository");
}

static void a_commit_can_be_named(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_LINE_STORE store = open_store();
    struct vt_source first, again;

    make_tree("tree");
    (void)git("tree", "init", "-q", ".");
    commit_all("tree");
    take(store, VT_SOURCE_GIT, "tree", &first);
    (void)git("tree", "tag", "-mfirst", "v1");
    vt_test_write(vt_test_path("tree/new"), VT_LIT("new\n"));
    commit_all("tree");
    VT_CHECK_OK(
        vt_source_take(store, VT_SOURCE_GIT, vt_test_path("tree"), "HEAD~1", &again, &err));
    VT_CHECK(vt_hash_equal(&first.digest, &again.digest));
    VT_CHECK_OK(
        vt_source_take(store, VT_SOURCE_GIT, vt_test_path("tree"), "v1", &again, &err));
    VT_CHECK(vt_hash_equal(&first.digest, &again.digest));
    take(store, VT_SOURCE_GIT, "tree", &again);
    VT_CHECK(!vt_hash_equal(&first.digest, &again.digest));
    VT_CHECK_FAILS(VT_ABSENT, vt_source_take(store, VT_SOURCE_GIT, vt_test_path("tree"),
                                             "no-such-branch", &again, &err));
}

static void folders_refuse_devices_and_the_like(void)
{
    VT_AUTO_LINE_STORE store = open_store();
    struct vt_source out;

    make_tree("tree");
    take(store, VT_SOURCE_FOLDER, "tree", &out);
    VT_CHECK(mkfifo(vt_test_path("tree/fifo"), 0600) == 0);
    take_fails(store, VT_SOURCE_FOLDER, "tree", VT_REJECTED, "fifo");
    VT_CHECK(mkdir(vt_test_path("none"), 0755) == 0);
    take_fails(store, VT_SOURCE_FOLDER, "none", VT_REJECTED, "no file");
    take_fails(store, VT_SOURCE_FOLDER, "nowhere", VT_IO, "nowhere");
}

/* "caf\303\251" and a link to it, in pax headers, whose names are UTF-8: the same source as
 * the folder. */
static void names_of_a_pax_tar_may_be_utf8(void)
{
    VT_AUTO_LINE_STORE store = open_store();
    const char *tree = vt_test_path("tree"), *tar = vt_test_path("t.tar");
    struct vt_source folder, packed;

    VT_CHECK(mkdir(tree, 0755) == 0);
    vt_test_write(vt_test_path("tree/caf\303\251"), VT_LIT("a\n"));
    VT_CHECK(symlink("caf\303\251", vt_test_path("tree/z")) == 0);
    take(store, VT_SOURCE_FOLDER, "tree", &folder);
    (void)vt_test_run(0, VT_ARGV("tar", "--format=pax", "-cf", tar, "-C", tree, "."));
    VT_CHECK(memmem(vt_test_read(tar).data, vt_test_read(tar).len, " path=", 6) != NULL);
    take(store, VT_SOURCE_TAR, "t.tar", &packed);
    VT_CHECK(vt_hash_equal(&folder.digest, &packed.digest));
    (void)vt_test_run(0, VT_ARGV("tar", "--format=gnu", "-cf", tar, "-C", tree, "."));
    take(store, VT_SOURCE_TAR, "t.tar", &packed);
    VT_CHECK(vt_hash_equal(&folder.digest, &packed.digest));
}

static void tars_refuse_what_climbs(void)
{
    VT_AUTO_LINE_STORE store = open_store();
    struct vt_source out, plain;
    const char *tar = vt_test_path("t.tar");

    make_tree("tree");
    (void)vt_test_run(0, VT_ARGV("tar", "-cf", tar, "-C", vt_test_path("tree"), "."));
    take(store, VT_SOURCE_TAR, "t.tar", &plain);
    take(store, VT_SOURCE_FOLDER, "tree", &out);
    VT_CHECK(vt_hash_equal(&plain.digest, &out.digest));
    VT_CHECK(link(vt_test_path("tree/a.c"), vt_test_path("tree/hard.c")) == 0);
    (void)vt_test_run(0, VT_ARGV("tar", "-cf", tar, "-C", vt_test_path("tree"), "."));
    take(store, VT_SOURCE_TAR, "t.tar", &plain);
    take(store, VT_SOURCE_FOLDER, "tree", &out);
    VT_CHECK(vt_hash_equal(&plain.digest, &out.digest));
    (void)vt_test_run(0, VT_ARGV("tar", "-cPf", tar, "-C", vt_test_path("tree"),
                                 "--transform", "s,^,../,", "a.c"));
    take_fails(store, VT_SOURCE_TAR, "t.tar", VT_REJECTED, "../");
    (void)vt_test_run(0, VT_ARGV("tar", "-cPf", tar, vt_test_path("tree/a.c")));
    take_fails(store, VT_SOURCE_TAR, "t.tar", VT_REJECTED, "no path that we take");
    vt_test_write(tar, VT_LIT("no tar at all"));
    take_fails(store, VT_SOURCE_TAR, "t.tar", VT_MALFORMED, "tar");
    (void)vt_test_run(0, VT_ARGV("tar", "-czf", tar, "-C", vt_test_path("tree"), "."));
    vt_test_write(tar, vt_slice_sub(vt_test_read(tar), 0, vt_test_read(tar).len / 2));
    take_fails(store, VT_SOURCE_TAR, "t.tar", VT_MALFORMED, "tar");
}

/* ---- Debian
 * ------------------------------------------------------------------------------ */

static void write_dsc(const char *orig, const char *hash)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(64));
    vt_hash real = vt_sha256_of(VT_LIT("orig\n"));
    char hex[65];

    vt_hash_text(&real, hex);
    vt_buf_printf(&text,
                  "Format: 3.0 (quilt)\nSource: x\nVersion: 1-1\nChecksums-Sha1:\n"
                  " 00 5 x_1.orig.tar.gz\nChecksums-Sha256:\n %s 5 %s\n"
                  "Files:\n 00 5 x_1.orig.tar.gz\n",
                  hash != NULL ? hash : hex, orig);
    vt_test_write(vt_test_path("x_1-1.dsc"), vt_buf_slice(&text));
}

static void a_source_package_is_checked(void)
{
    VT_AUTO_LINE_STORE store = open_store();
    struct vt_source out;

    vt_test_write(vt_test_path("x_1.orig.tar.gz"), VT_LIT("orig\n"));
    write_dsc("x_1.orig.tar.gz", NULL);
    take(store, VT_SOURCE_DEBIAN, "x_1-1.dsc", &out);
    VT_CHECK(out.file_count == 2);
    vt_test_write(vt_test_path("x_1.orig.tar.gz"), VT_LIT("orig!"));
    take_fails(store, VT_SOURCE_DEBIAN, "x_1-1.dsc", VT_REJECTED, "is not the file");
    write_dsc("../x_1.orig.tar.gz", NULL);
    take_fails(store, VT_SOURCE_DEBIAN, "x_1-1.dsc", VT_MALFORMED, "bad line");
    write_dsc("x_1.orig.tar.gz", "00");
    take_fails(store, VT_SOURCE_DEBIAN, "x_1-1.dsc", VT_MALFORMED, "bad line");
    write_dsc("missing.tar.gz", NULL);
    take_fails(store, VT_SOURCE_DEBIAN, "x_1-1.dsc", VT_IO, "missing.tar.gz");
    vt_test_write(vt_test_path("x_1-1.dsc"), VT_LIT("Source: x\n"));
    take_fails(store, VT_SOURCE_DEBIAN, "x_1-1.dsc", VT_MALFORMED, "no files");
}

/* ---- finding and unpacking
 * ---------------------------------------------------------------- */

static void find_again(struct vt_line_store *store, const struct vt_source *source,
                       struct vt_source *out)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_source_find(store, &source->digest, out, &err));
    VT_CHECK(vt_hash_equal(&out->pack, &source->pack) && out->type == source->type);
    VT_CHECK(out->file_count == source->file_count &&
             out->pack_bytes == source->pack_bytes);
}

static void unpacked_files_are_as_they_were(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_LINE_STORE store = open_store();
    struct vt_source source, found;
    struct stat about;

    make_tree("tree");
    take(store, VT_SOURCE_FOLDER, "tree", &source);
    find_again(store, &source, &found);
    VT_CHECK(mkdir(vt_test_path("out"), 0755) == 0);
    VT_CHECK_OK(
        vt_source_unpack(store, &found, vt_test_path("out"), 1600000000, false, &err));
    VT_CHECK(vt_slice_is(vt_test_read(vt_test_path("out/a.c")), "int a;\n"));
    VT_CHECK(vt_slice_is(vt_test_read(vt_test_path("out/sub/link")), "int a;\n"));
    VT_CHECK(stat(vt_test_path("out/sub/run"), &about) == 0);
    VT_CHECK((about.st_mode & 07777) == 0755 && about.st_mtime == 1600000000);
    VT_CHECK(about.st_uid == vt_sandbox_owner_uid());
    VT_CHECK(stat(vt_test_path("out/sub.txt"), &about) == 0);
    VT_CHECK((about.st_mode & 07777) == 0644);
    VT_CHECK(stat(vt_test_path("out/sub"), &about) == 0);
    VT_CHECK((about.st_mode & 07777) == 0755 && about.st_mtime == 1600000000);
    VT_CHECK(lstat(vt_test_path("out"), &about) == 0 && about.st_mtime == 1600000000);
}

static void names_in_order_of_reading(const char *folder, char *out, size_t room)
{
    DIR *open_folder = opendir(folder);
    struct dirent *entry;

    VT_CHECK(open_folder != NULL);
    out[0] = '\0';
    while ((entry = readdir(open_folder)) != NULL)
        if (entry->d_name[0] != '.')
            (void)snprintf(out + strlen(out), room - strlen(out), "%s ", entry->d_name);
    (void)closedir(open_folder);
}

/* On tmpfs the order of readdir follows the order of making. */
static void reversed_unpacking_reverses_readdir(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_LINE_STORE store = open_store();
    char one[] = "/dev/shm/vitrine-test-XXXXXX", two[] = "/dev/shm/vitrine-test-XXXXXX";
    char first[200], second[200];
    struct vt_source source;

    make_tree("tree");
    take(store, VT_SOURCE_FOLDER, "tree", &source);
    VT_CHECK(mkdtemp(one) != NULL && mkdtemp(two) != NULL);
    VT_CHECK_OK(vt_source_unpack(store, &source, one, 1, false, &err));
    VT_CHECK_OK(vt_source_unpack(store, &source, two, 1, true, &err));
    names_in_order_of_reading(one, first, sizeof first);
    names_in_order_of_reading(two, second, sizeof second);
    (void)vt_test_run(0, VT_ARGV("rm", "-r", one, two));
    VT_CHECK_SAYING((strcmp(first, "a.c sub sub.txt ") == 0 ||
                     strcmp(first, "a.c sub.txt sub ") == 0 ||
                     strcmp(first, "sub sub.txt a.c ") == 0 ||
                     strcmp(first, "sub.txt sub a.c ") == 0) &&
                        strlen(first) == strlen(second) && strcmp(first, second) != 0,
                    "first %s, second %s", first, second);
}

static void a_changed_pack_is_noticed(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_LINE_STORE store = open_store();
    struct vt_source source, other, forged;
    const char *path;

    make_tree("tree");
    take(store, VT_SOURCE_FOLDER, "tree", &source);
    vt_test_write(vt_test_path("tree/a.c"), VT_LIT("int b;\n"));
    take(store, VT_SOURCE_FOLDER, "tree", &other);
    path = vt_blobs_path(vt_line_store_blobs(store), &other.pack, arena);
    VT_CHECK_OK(vt_source_take_pack(store, path, &other, &forged, &err)); /* the twin */
    forged = source;
    VT_CHECK_FAILS(VT_REJECTED, vt_source_take_pack(store, path, &forged, &forged, &err));
    forged.pack = other.pack;
    VT_CHECK(mkdir(vt_test_path("out"), 0755) == 0);
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_source_unpack(store, &forged, vt_test_path("out"), 1, false, &err));
    source.digest.bytes[0] ^= 1;
    VT_CHECK_FAILS(VT_ABSENT, vt_source_find(store, &source.digest, &forged, &err));
}

static const struct vt_case cases[] = {
    { "a pack reads back", a_pack_reads_back },
    { "the digest is as documented", the_digest_is_as_documented },
    { "other people's tar unpacks a pack", other_peoples_tar_unpacks_a_pack },
    { "no mangled pack keeps its digest", no_mangled_pack_keeps_its_digest },
    { "odd paths are refused", odd_paths_are_refused },
    { "a pack with a file below a link is refused",
      a_pack_with_a_file_below_a_link_is_refused },
    { "a writer minds order and size", a_writer_minds_order_and_size },
    { "one tree has one digest", one_tree_has_one_digest },
    { "every change changes the digest", every_change_changes_the_digest },
    { "git refuses what the tree does not hold", git_refuses_what_the_tree_does_not_hold },
    { "a commit can be named", a_commit_can_be_named },
    { "folders refuse devices and the like", folders_refuse_devices_and_the_like },
    { "names of a pax tar may be UTF-8", names_of_a_pax_tar_may_be_utf8 },
    { "tars refuse what climbs", tars_refuse_what_climbs },
    { "a source package is checked", a_source_package_is_checked },
    { "unpacked files are as they were", unpacked_files_are_as_they_were },
    { "reversed unpacking reverses readdir", reversed_unpacking_reverses_readdir },
    { "a changed pack is noticed", a_changed_pack_is_noticed },
};

VT_TEST_MAIN("line.source", cases)
