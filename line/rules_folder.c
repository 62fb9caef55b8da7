/* A folder of rules and corpora, read whole.  Only paths and bytes count: no order of the
 * directory, time, owner or mode reaches the pack. */
#include "line/rules.h"
#include <dirent.h>

enum { DEPTH_MAX = 32 };

struct listing {
    struct vt_arena *arena;
    struct vt_rules_file *files;
    size_t count, room;
    size_t file_bytes_max;
    bool is_rules;  /* only .yar and .yara */
    size_t *left;   /* of VT_RULES_INPUT_BYTES_MAX, for all listings of the folder */
    const char *at; /* the part of the folder, for messages */
};

static bool is_rule_file(const char *path)
{
    vt_slice text = vt_slice_from_cstr(path);

    return vt_slice_ends_with(text, VT_LIT(".yar")) ||
           vt_slice_ends_with(text, VT_LIT(".yara"));
}

static bool read_file(struct listing *list, int folder, const char *name, const char *path,
                      struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(list->file_bytes_max);
    VT_AUTO_FD fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (list->is_rules && !is_rule_file(path))
        return vt_fail(err, VT_REJECTED, "%s: neither .yar nor .yara; take it out of %s/",
                       path, list->at);
    if (!vt_slice_is_utf8(vt_slice_from_cstr(path)))
        return vt_fail(err, VT_REJECTED, "%s: its name is not UTF-8", path);
    if (fd < 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    if (!vt_fd_read_all(fd, path, &bytes, err))
        return false;
    if (bytes.len > *list->left || list->count == VT_RULES_FILES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: over %zu bytes or %d files in one folder", path,
                       VT_RULES_INPUT_BYTES_MAX, VT_RULES_FILES_MAX);
    *list->left -= bytes.len;
    if (list->count == list->room)
        list->files = vt_grow_array(list->files, list->room = list->room * 2 + 64,
                                    sizeof *list->files);
    list->files[list->count++] =
        (struct vt_rules_file){ path, vt_arena_copy(list->arena, vt_buf_slice(&bytes)) };
    return true;
}

static bool read_folder(struct listing *list, int parent, const char *name,
                        const char *path, unsigned depth, struct vt_error *err);

static bool read_entry(struct listing *list, int folder, const char *name, const char *path,
                       unsigned depth, struct vt_error *err)
{
    struct stat about;

    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return read_folder(list, folder, name, path, depth + 1, err);
    if (!S_ISREG(about.st_mode))
        return vt_fail(err, VT_REJECTED, "%s: neither file nor folder; take it out", path);
    return read_file(list, folder, name, path, err);
}

/* path: "" at the top, so that paths in the listing are relative to it. */
static bool read_folder(struct listing *list, int parent, const char *name,
                        const char *path, unsigned depth, struct vt_error *err)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    bool ok = true;

    if (folder == NULL) {
        (void)vt_fail(err, VT_IO, "%s: %s", path[0] != '\0' ? path : name, strerror(errno));
        vt_fd_close(&fd);
        return false;
    }
    if (depth > DEPTH_MAX)
        ok = vt_fail(err, VT_LIMIT, "%s: over %d folders deep", path, DEPTH_MAX);
    while (ok && (errno = 0, entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = read_entry(list, dirfd(folder), entry->d_name,
                            vt_arena_printf(list->arena, "%s%s%s", path,
                                            path[0] != '\0' ? "/" : "", entry->d_name),
                            depth, err);
    if (ok && errno != 0)
        ok = vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    (void)closedir(folder);
    return ok;
}

/* A part that may be missing. */
static bool read_corpus(struct listing *list, int top, struct vt_error *err)
{
    struct stat about;

    if (fstatat(top, list->at, &about, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
        return true;
    return read_folder(list, top, list->at, "", 0, err) || vt_within(err, "%s", list->at);
}

static bool make(const char *folder, struct listing parts[3], struct vt_buf *pack,
                 void (*progress)(void *context, const char *line), void *context,
                 struct vt_error *err)
{
    VT_AUTO_FD top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct vt_rules_input input = { 0 };

    if (top < 0)
        return vt_fail(err, VT_IO, "%s: %s", folder, strerror(errno));
    if (!read_folder(&parts[0], top, "rules", "", 0, err) ||
        !read_corpus(&parts[1], top, err) || !read_corpus(&parts[2], top, err))
        return vt_within(err, "%s", folder);
    input = (struct vt_rules_input){ .rules = parts[0].files,
                                     .rule_file_count = parts[0].count,
                                     .must_detect = parts[1].files,
                                     .must_detect_count = parts[1].count,
                                     .must_not_detect = parts[2].files,
                                     .must_not_detect_count = parts[2].count };
    return vt_rules_make(&input, pack, progress, context, err) ||
           vt_within(err, "%s", folder);
}

bool vt_rules_make_from_folder(const char *folder, struct vt_buf *pack,
                               void (*progress)(void *context, const char *line),
                               void *context, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    size_t left = VT_RULES_INPUT_BYTES_MAX;
    const struct listing part = { .arena = arena,
                                  .left = &left,
                                  .file_bytes_max = VT_RULES_SAMPLE_BYTES_MAX };
    struct listing parts[3] = { part, part, part };
    bool ok;

    parts[0].at = "rules";
    parts[0].is_rules = true;
    parts[0].file_bytes_max = VT_RULES_FILE_BYTES_MAX;
    parts[1].at = "corpus/must-detect";
    parts[2].at = "corpus/must-not-detect";
    ok = make(folder, parts, pack, progress, context, err);
    for (size_t i = 0; i < 3; i++)
        free(parts[i].files);
    return ok;
}
