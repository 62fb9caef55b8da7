/* The comparison's result, and the way from two paths to pairs of byte strings. */
#include "line/build.h"
#include "line/compare_inside.h"
#include "line/spool.h"
#include <dirent.h>

enum { ENTRIES_MAX = 200000, DEPTH_MAX = 64, EXCERPT_COLUMNS = 60 };

/* ---- the result -----------------------------------------------------------------------
 */

const char *vt_difference_kind_name(enum vt_difference_kind kind)
{
    static const char *const names[] = { "content", "only-a", "only-b", "name", "order",
                                         "time",    "owner",  "mode",   "type" };

    return names[kind];
}

struct vt_comparison *vt_comparison_new(void)
{
    struct vt_comparison *result = vt_alloc(sizeof *result);

    result->arena = vt_arena_new();
    return result;
}

void vt_comparison_free(struct vt_comparison *comparison)
{
    if (comparison != NULL) {
        vt_arena_free(comparison->arena);
        free(comparison->differences);
        free(comparison->notes);
    }
    free(comparison);
}

void vt_comparison_free_pointer(struct vt_comparison **comparison)
{
    vt_comparison_free(*comparison);
    *comparison = NULL;
}

/* Names of members are foreign: they must not steer a terminal. */
static const char *printable(struct vt_arena *arena, const char *text)
{
    char *copy = vt_arena_cstr(arena, vt_slice_from_cstr(text));

    for (char *c = copy; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e)
            *c = '?';
    return copy;
}

static vt_slice cut(struct vt_arena *arena, vt_slice bytes)
{
    if (bytes.len > VT_DIFFERENCE_EXCERPT_MAX)
        bytes.len = VT_DIFFERENCE_EXCERPT_MAX;
    return vt_arena_copy(arena, bytes);
}

void vt_comparison_add(struct vt_comparison *result, const struct vt_difference *found)
{
    struct vt_difference *d;

    result->total++;
    if (result->count == VT_DIFFERENCES_MAX)
        return;
    result->differences = vt_grow_array(result->differences, result->count + 1, sizeof *d);
    d = &result->differences[result->count++];
    *d = *found;
    d->path = printable(result->arena, found->path);
    d->section = found->section != NULL ? printable(result->arena, found->section) : "";
    d->a = cut(result->arena, found->a);
    d->b = cut(result->arena, found->b);
}

void vt_comparison_note(struct vt_comparison *result, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (result->note_count == VT_DIFFERENCES_MAX)
        return;
    result->notes =
        vt_grow_array(result->notes, result->note_count + 1, sizeof *result->notes);
    result->notes[result->note_count++] = printable(result->arena, text);
}

const struct vt_difference *vt_comparison_first(const struct vt_comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++)
        if (!comparison->differences[i].is_derived)
            return &comparison->differences[i];
    return comparison->count > 0 ? &comparison->differences[0] : NULL;
}

/* ---- for people -----------------------------------------------------------------------
 */

void vt_excerpt_text(vt_slice bytes, struct vt_buf *out)
{
    size_t from = out->len;

    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.data[i];

        if (out->len - from >= EXCERPT_COLUMNS) {
            vt_buf_put_text(out, "...");
            return;
        }
        if (c == '\\')
            vt_buf_put_text(out, "\\\\");
        else if (c >= 0x20 && c < 0x7f)
            vt_buf_put_u8(out, c);
        else
            vt_buf_printf(out, "\\x%02x", c);
    }
}

void vt_difference_place(const struct vt_difference *d, struct vt_buf *out)
{
    vt_buf_put_text(out, d->path);
    if (d->section[0] != '\0')
        vt_buf_printf(out, ", %s", d->section);
    if (d->line != 0)
        vt_buf_printf(out, ", line %ju", (uintmax_t)d->line);
    else if (d->kind == VT_DIFFERENCE_CONTENT)
        vt_buf_printf(out, ", offset 0x%jx", (uintmax_t)d->offset);
}

/* Twice in full: the excerpt may be longer than a line on a screen. */
static json_t *bytes_json(vt_slice bytes)
{
    VT_AUTO_BUF text = vt_buf_init(VT_DIFFERENCE_EXCERPT_MAX * 4 + 16);

    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.data[i];

        if (c == '\\')
            vt_buf_put_text(&text, "\\\\");
        else if (c >= 0x20 && c < 0x7f)
            vt_buf_put_u8(&text, c);
        else
            vt_buf_printf(&text, "\\x%02x", c);
    }
    return json_stringn(text.len > 0 ? (const char *)text.data : "", text.len);
}

static json_t *difference_json(const struct vt_difference *d)
{
    json_t *one = json_pack("{s:s, s:s, s:I, s:o, s:o, s:b}", "kind",
                            vt_difference_kind_name(d->kind), "path", d->path, "offset",
                            (json_int_t)d->offset, "a", bytes_json(d->a), "b",
                            bytes_json(d->b), "derived", (int)d->is_derived);

    if (d->section[0] != '\0')
        (void)json_object_set_new(one, "section", json_string(d->section));
    if (d->line != 0)
        (void)json_object_set_new(one, "line", json_integer((json_int_t)d->line));
    return one;
}

bool vt_comparison_json(const struct vt_comparison *comparison, json_t **out,
                        struct vt_error *err)
{
    json_t *differences = json_array(), *notes = json_array();
    VT_AUTO_JSON object =
        json_pack("{s:b, s:o, s:I, s:o, s:I}", "equal", (int)comparison->is_equal,
                  "differences", differences, "total", (json_int_t)comparison->total,
                  "notes", notes, "files", (json_int_t)comparison->files);
    bool ok = object != NULL;

    for (size_t i = 0; ok && i < comparison->count; i++)
        ok = json_array_append_new(differences,
                                   difference_json(&comparison->differences[i])) == 0;
    for (size_t i = 0; ok && i < comparison->note_count; i++)
        ok = json_array_append_new(notes, json_string(comparison->notes[i])) == 0;
    if (!ok)
        return vt_fail(err, VT_IO, "out of memory");
    *out = json_incref(object);
    return true;
}

/* ---- listing --------------------------------------------------------------------------
 */

struct entry {
    char *path; /* relative */
    mode_t mode;
};

struct listing {
    const char *root;
    struct entry *entries;
    size_t count, room;
};

static void listing_clear(struct listing *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->entries[i].path);
    free(l->entries);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static bool list_add(struct listing *l, const char *path, mode_t mode, struct vt_error *err)
{
    if (l->count == ENTRIES_MAX)
        return vt_fail(err, VT_LIMIT, "%s: more than %d entries", l->root, ENTRIES_MAX);
    if (l->count == l->room) {
        l->room = l->room == 0 ? 64 : l->room * 2;
        l->entries = vt_grow_array(l->entries, l->room, sizeof *l->entries);
    }
    l->entries[l->count++] =
        (struct entry){ vt_strdup_slice(vt_slice_from_cstr(path)), mode };
    return true;
}

static bool list_folder(struct listing *l, int parent, const char *name, const char *below,
                        unsigned depth, struct vt_error *err);

static bool list_entry(struct listing *l, int fd, const char *name, const char *below,
                       unsigned depth, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path =
        below[0] == '\0' ? name : vt_arena_printf(arena, "%s/%s", below, name);
    struct stat about;

    if (fstatat(fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return vt_fail(err, VT_IO, "%s/%s: %s", l->root, path, strerror(errno));
    return list_add(l, path, about.st_mode, err) &&
           (!S_ISDIR(about.st_mode) || list_folder(l, fd, name, path, depth + 1, err));
}

static bool list_folder(struct listing *l, int parent, const char *name, const char *below,
                        unsigned depth, struct vt_error *err)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    bool ok = true;

    if (folder == NULL) {
        vt_fd_close(&fd);
        return vt_fail(err, VT_IO, "%s/%s: %s", l->root, below, strerror(errno));
    }
    if (depth > DEPTH_MAX)
        ok = vt_fail(err, VT_LIMIT, "%s/%s: over %d folders deep", l->root, below,
                     DEPTH_MAX);
    while (ok && (entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            ok = list_entry(l, dirfd(folder), entry->d_name, below, depth, err);
    (void)closedir(folder);
    return ok;
}

/* A folder that the line filled: what build.json calls artefacts, and nothing beside. */
static bool list_build(struct listing *l, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s/build.json", l->root);
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    VT_AUTO_BUILD_REPORT report = NULL;

    if (!vt_file_read(path, &text, err) ||
        !vt_build_report_parse(vt_buf_slice(&text), path, &report, err))
        return false;
    for (size_t i = 0; i < report->artefact_count; i++)
        if (!list_add(l, report->artefacts[i].name, S_IFREG, err))
            return false;
    return true;
}

static bool list(struct listing *l, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    bool ok = vt_path_exists(vt_arena_printf(arena, "%s/build.json", l->root))
                  ? list_build(l, err)
                  : list_folder(l, AT_FDCWD, l->root, "", 0, err);

    if (ok && l->count > 0)
        qsort(l->entries, l->count, sizeof *l->entries, by_path);
    return ok;
}

/* ---- files ----------------------------------------------------------------------------
 */

static bool compare_files(struct vt_compare_run *run, const char *a, const char *b,
                          const char *name, struct vt_error *err)
{
    VT_AUTO_FD fd_a = -1;
    VT_AUTO_FD fd_b = -1;
    uint64_t size;
    VT_AUTO_MAPPING x = { 0 };
    VT_AUTO_MAPPING y = { 0 };

    if (!vt_file_open(a, &fd_a, &size, err) || !vt_mapping_init(&x, fd_a, a, err) ||
        !vt_file_open(b, &fd_b, &size, err) || !vt_mapping_init(&y, fd_b, b, err))
        return false;
    run->result->files++;
    if (!vt_slice_equal(x.bytes, y.bytes))
        vt_compare_slices(run, name, x.bytes, y.bytes);
    return true;
}

static bool link_target(const char *path, char room[4096], vt_slice *out,
                        struct vt_error *err)
{
    ssize_t len = readlink(path, room, 4096);

    if (len < 0)
        return vt_fail(err, VT_IO, "%s: cannot read where this link leads: %s", path,
                       strerror(errno));
    *out = vt_slice_of(room, (size_t)len);
    return true;
}

static bool compare_entry(struct vt_compare_run *run, const struct listing *a,
                          const struct listing *b, const struct entry *x,
                          const struct entry *y, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path_a = vt_arena_printf(arena, "%s/%s", a->root, x->path);
    const char *path_b = vt_arena_printf(arena, "%s/%s", b->root, y->path);
    char room_a[4096], room_b[4096];
    struct vt_difference d = { .kind = VT_DIFFERENCE_TYPE, .path = x->path };

    if ((x->mode & S_IFMT) != (y->mode & S_IFMT)) {
        vt_comparison_add(run->result, &d);
        return true;
    }
    if (S_ISREG(x->mode)) {
        d.kind = VT_DIFFERENCE_MODE;
        d.a = (x->mode & 0100) != 0 ? VT_LIT("executable") : VT_LIT("not executable");
        d.b = (y->mode & 0100) != 0 ? VT_LIT("executable") : VT_LIT("not executable");
        if ((x->mode & 0100) != (y->mode & 0100))
            vt_comparison_add(run->result, &d);
        return compare_files(run, path_a, path_b, x->path, err);
    }
    d.kind = VT_DIFFERENCE_CONTENT;
    d.section = "link";
    if (S_ISLNK(x->mode)) {
        if (!link_target(path_a, room_a, &d.a, err) ||
            !link_target(path_b, room_b, &d.b, err))
            return false;
        run->result->files++;
        if (!vt_slice_equal(d.a, d.b))
            vt_comparison_add(run->result, &d);
    }
    return true;
}

static bool compare_listings(struct vt_compare_run *run, const struct listing *a,
                             const struct listing *b, struct vt_error *err)
{
    size_t i = 0, j = 0;

    while (i < a->count || j < b->count) {
        int order = i == a->count   ? 1
                    : j == b->count ? -1
                                    : by_path(&a->entries[i], &b->entries[j]);
        const char *path = order <= 0 ? a->entries[i].path : b->entries[j].path;

        if (order == 0) {
            if (!compare_entry(run, a, b, &a->entries[i], &b->entries[j], err))
                return false;
        } else {
            vt_comparison_add(run->result, &(struct vt_difference){
                                               .kind = order < 0 ? VT_DIFFERENCE_ONLY_A
                                                                 : VT_DIFFERENCE_ONLY_B,
                                               .path = path });
        }
        i += order <= 0;
        j += order >= 0;
    }
    return true;
}

static bool compare_folders(struct vt_compare_run *run, const char *a, const char *b,
                            struct vt_error *err)
{
    struct listing x = { .root = a }, y = { .root = b };
    bool ok = list(&x, err) && list(&y, err) && compare_listings(run, &x, &y, err);

    listing_clear(&x);
    listing_clear(&y);
    return ok;
}

bool vt_compare(const char *a, const char *b, struct vt_comparison **comparison_out,
                struct vt_error *err)
{
    VT_AUTO_COMPARISON result = vt_comparison_new();
    struct vt_compare_run run = { .result = result, .limits = vt_compare_limits_usual() };
    const char *slash = strrchr(a, '/');
    struct stat about_a, about_b;
    bool ok;

    if (stat(a, &about_a) != 0)
        return vt_fail(err, VT_IO, "%s: %s", a, strerror(errno));
    if (stat(b, &about_b) != 0)
        return vt_fail(err, VT_IO, "%s: %s", b, strerror(errno));
    if (S_ISDIR(about_a.st_mode) != S_ISDIR(about_b.st_mode))
        return vt_fail(err, VT_REJECTED,
                       "one of %s and %s is a folder, the other is not: give two files or "
                       "two folders",
                       a, b);
    ok = S_ISDIR(about_a.st_mode)
             ? compare_folders(&run, a, b, err)
             : compare_files(&run, a, b, slash != NULL ? slash + 1 : a, err);
    if (!ok)
        return false;
    result->is_equal = result->total == 0;
    *comparison_out = result;
    result = NULL;
    return true;
}
