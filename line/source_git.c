/* Sources from git: the objects below a commit's tree, never the working files, so that
 * nothing uncommitted and no checkout filter gets in. */
#include "line/source_inside.h"
#include "line/libgit2.h"

#define LFS_POINTER VT_LIT("version https://git-lfs.github.com/spec/")

struct walk {
    git_repository *repository;
    struct vt_pack_writer *w;
    struct vt_error *err;
    bool failed; /* err says why */
};

static bool git_fails(struct vt_error *err, enum vt_code code, const char *what)
{
    const git_error *last = sym_git_error_last();

    return vt_fail(err, code, "git: %s: %s", what,
                   last != NULL && last->message != NULL ? last->message
                                                         : "unknown reason");
}

bool vt_git_attributes_filter(vt_slice text)
{
    while (text.len != 0) {
        size_t word = 0;

        while (word < text.len && strchr(" \t\r\n", text.data[word]) == NULL)
            word++;
        if (vt_slice_starts_with(vt_slice_sub(text, 0, word), VT_LIT("filter=")) ||
            vt_slice_is(vt_slice_sub(text, 0, word), "filter"))
            return true;
        if (word == text.len)
            break;
        text = vt_slice_sub(text, word + 1, text.len - word - 1);
    }
    return false;
}

static bool check_content(const char *path, const char *name, vt_slice bytes,
                          struct vt_error *err)
{
    if (bytes.len < 1024 && vt_slice_starts_with(bytes, LFS_POINTER))
        return vt_fail(err, VT_REJECTED,
                       "%s is a Git LFS pointer: the tree does not hold the file itself",
                       path);
    if (strcmp(name, ".gitattributes") == 0 && vt_git_attributes_filter(bytes))
        return vt_fail(err, VT_REJECTED,
                       "%s sends files through a filter: what is built would not be what "
                       "the tree holds",
                       path);
    return true;
}

static bool put_blob(struct walk *walk, const char *path, const git_tree_entry *entry,
                     enum vt_pack_mode mode)
{
    git_blob *blob = NULL;
    vt_slice bytes;
    bool ok;

    if (sym_git_blob_lookup(&blob, walk->repository, sym_git_tree_entry_id(entry)) != 0)
        return git_fails(walk->err, VT_IO, path);
    /* Never negative in libgit2; signed by tradition. */
    bytes = vt_slice_of(sym_git_blob_rawcontent(blob), (size_t)sym_git_blob_rawsize(blob));
    ok =
        check_content(path, sym_git_tree_entry_name(entry), bytes, walk->err) &&
        vt_pack_begin_file(walk->w, vt_slice_from_cstr(path), mode, bytes.len, walk->err) &&
        vt_pack_add(walk->w, bytes, walk->err) && vt_pack_end_file(walk->w, walk->err);
    sym_git_blob_free(blob);
    return ok;
}

static bool put_entry(struct walk *walk, const char *path, const git_tree_entry *entry)
{
    switch (sym_git_tree_entry_filemode(entry)) {
    case GIT_FILEMODE_TREE:
        return true;
    case GIT_FILEMODE_BLOB:
        return put_blob(walk, path, entry, VT_MODE_FILE);
    case GIT_FILEMODE_BLOB_EXECUTABLE:
        return put_blob(walk, path, entry, VT_MODE_PROGRAM);
    case GIT_FILEMODE_LINK:
        return put_blob(walk, path, entry, VT_MODE_LINK);
    case GIT_FILEMODE_COMMIT:
        return vt_fail(walk->err, VT_REJECTED,
                       "%s is a submodule: put its files into the tree", path);
    case GIT_FILEMODE_UNREADABLE:
        break;
    }
    return vt_fail(walk->err, VT_REJECTED, "%s has a mode that we do not take", path);
}

static int visit(const char *folder, const git_tree_entry *entry, void *context)
{
    struct walk *walk = context;
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path =
        vt_arena_printf(arena, "%s%s", folder, sym_git_tree_entry_name(entry));

    walk->failed = !put_entry(walk, path, entry);
    return walk->failed ? -1 : 0;
}

static bool walk_tree(struct walk *walk, git_tree *tree)
{
    /* git sorts a folder "a" as "a/", so walking in order is sorting by whole paths. */
    int got = sym_git_tree_walk(tree, GIT_TREEWALK_PRE, visit, walk);

    if (walk->failed)
        return false;
    return got == 0 || git_fails(walk->err, VT_IO, "walk the tree");
}

static bool read_commit(git_repository *repository, const char *name, git_object **out,
                        struct vt_error *err)
{
    git_object *found = NULL;
    int got = sym_git_revparse_single(&found, repository, name);

    if (got == 0)
        got = sym_git_object_peel(out, found, GIT_OBJECT_COMMIT);
    sym_git_object_free(found);
    return got == 0 || git_fails(err, VT_ABSENT, name);
}

static bool read_repository(git_repository *repository, const char *commit_name,
                            struct vt_pack_writer *w, struct vt_source *about,
                            struct vt_error *err)
{
    struct walk walk = { .repository = repository, .w = w, .err = err };
    git_object *commit = NULL;
    git_tree *tree = NULL;
    bool ok;

    if (!read_commit(repository, commit_name != NULL ? commit_name : "HEAD", &commit, err))
        return false;
    ok = sym_git_commit_tree(&tree, (git_commit *)commit) == 0 ||
         git_fails(err, VT_IO, "find the tree");
    if (ok) {
        (void)sym_git_oid_tostr(about->git_commit, sizeof about->git_commit,
                                sym_git_object_id(commit));
        (void)sym_git_oid_tostr(about->git_tree, sizeof about->git_tree,
                                sym_git_tree_id(tree));
        ok = walk_tree(&walk, tree);
    }
    sym_git_tree_free(tree);
    sym_git_object_free(commit);
    return ok;
}

bool vt_source_read_git(const char *where, const char *commit, struct vt_pack_writer *w,
                        struct vt_source *about, struct vt_error *err)
{
    git_repository *repository = NULL;
    bool ok;

    vt_dynlib_need(&vt_libgit2);
    if (sym_git_libgit2_init() < 0)
        return git_fails(err, VT_IO, "start");
    /* We read objects and run nothing of the repository, so whose it is does not matter. */
    (void)sym_git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    ok = sym_git_repository_open(&repository, where) == 0 ||
         git_fails(err, VT_IO, "no repository");
    ok = ok && read_repository(repository, commit, w, about, err);
    sym_git_repository_free(repository);
    (void)sym_git_libgit2_shutdown();
    return ok;
}
