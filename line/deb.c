/* A .deb is an ar of two tars.  libarchive opens both; we decide where each entry may go:
 * every path is walked from the root's descriptor, part by part, so that no link in a
 * package leads out of the root. */
#include "line/deb.h"
#include "line/libarchive.h"

enum { FILES_MAX = 200000, CONTROL_BYTES_MAX = 1 << 20 };
static const int64_t UNPACKED_BYTES_MAX = (int64_t)4 << 30;

vt_slice vt_control_field(vt_slice control, const char *name)
{
    vt_reader r = { control };
    vt_slice line;
    size_t len = strlen(name);

    while (vt_read_line(&r, &line))
        if (line.len > len + 1 && strncasecmp((const char *)line.data, name, len) == 0 &&
            line.data[len] == ':') {
            line = vt_slice_sub(line, len + 1, line.len - len - 1);
            while (line.len > 0 && line.data[0] == ' ')
                line = vt_slice_sub(line, 1, line.len - 1);
            return line;
        }
    return (vt_slice){ 0 };
}

/* ---- paths ------------------------------------------------------------------------------
 */

/* "./usr/bin/x" to "usr/bin/x", "./bin/x" to "usr/bin/x"; NULL for what may not be. */
static const char *place_of(const char *name, struct vt_arena *arena)
{
    static const char *const merged[] = {
        "bin", "sbin", "lib", "lib32", "lib64", "libx32"
    };
    vt_reader r;
    vt_slice part;

    while (strncmp(name, "./", 2) == 0 || *name == '/')
        name += *name == '/' ? 1 : 2;
    r = (vt_reader){ vt_slice_from_cstr(name) };
    while (vt_read_until(&r, '/', &part) || (part = r.rest, r.rest.len != 0)) {
        if (vt_slice_is(part, "..") || vt_slice_is(part, "."))
            return NULL;
        if (part.data + part.len == r.rest.data + r.rest.len)
            break;
    }
    for (size_t i = 0; i < sizeof merged / sizeof merged[0]; i++) {
        size_t len = strlen(merged[i]);

        if (strncmp(name, merged[i], len) == 0 && (name[len] == '/' || name[len] == '\0'))
            return vt_arena_printf(arena, "usr/%s", name);
    }
    return name;
}

/* Open the folder that holds `path`, making missing ones; *leaf is its last part. */
static bool open_parent(int root_fd, char *path, int *fd_out, const char **leaf,
                        struct vt_error *err)
{
    VT_AUTO_FD at = dup(root_fd);
    char *part = path, *slash;

    while (at >= 0 && (slash = strchr(part, '/')) != NULL) {
        int next;

        *slash = '\0';
        if (mkdirat(at, part, 0755) != 0 && errno != EEXIST)
            return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
        next = openat(at, part, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0)
            return vt_fail(err, VT_REJECTED,
                           "package: '%s' is a link where a folder must be", path);
        vt_fd_close(&at);
        at = next;
        *slash = '/';
        part = slash + 1;
    }
    if (at < 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    *leaf = part;
    *fd_out = vt_take_fd(&at);
    return true;
}

/* ---- entries ----------------------------------------------------------------------------
 */

struct unpacking {
    struct archive *archive;
    const char *package; /* path of the .deb */
    int root_fd;
    struct vt_arena *arena;
    vt_slice *control; /* wanted; NULL: the files are */
    int64_t bytes;
    unsigned files;
};

static bool write_content(struct unpacking *u, int fd, const char *name,
                          struct vt_error *err)
{
    const void *piece;
    size_t len;
    la_int64_t at;
    int status;

    while ((status = sym_archive_read_data_block(u->archive, &piece, &len, &at)) ==
           ARCHIVE_OK) {
        u->bytes += (int64_t)len;
        if (u->bytes > UNPACKED_BYTES_MAX)
            return vt_fail(err, VT_LIMIT, "%s: unpacks to more than 4 GiB", u->package);
        if (pwrite(fd, piece, len, at) != (ssize_t)len)
            return vt_fail(err, VT_IO, "%s: %s", name, strerror(errno));
    }
    if (status != ARCHIVE_EOF)
        return vt_fail(err, VT_MALFORMED, "%s: %s", u->package,
                       sym_archive_error_string(u->archive));
    return true;
}

static bool make_file(struct unpacking *u, int parent, const char *leaf,
                      struct archive_entry *entry, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;

    (void)unlinkat(parent, leaf, 0);
    fd = openat(parent, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return vt_fail(err, VT_IO, "%s: %s", leaf, strerror(errno));
    if (!write_content(u, fd, leaf, err))
        return false;
    if (ftruncate(fd, sym_archive_entry_size(entry)) != 0 ||
        fchmod(fd, sym_archive_entry_perm(entry) & 0755) != 0)
        return vt_fail(err, VT_IO, "%s: %s", leaf, strerror(errno));
    return true;
}

/* A hard link within the package: its target was unpacked before. */
static bool make_hard_link(struct unpacking *u, int parent, const char *leaf,
                           const char *target, struct vt_error *err)
{
    const char *place = place_of(target, u->arena);
    VT_AUTO_FD from = -1;
    const char *from_leaf;

    if (place == NULL)
        return vt_fail(err, VT_REJECTED, "%s: a link leads out of the root", u->package);
    (void)unlinkat(parent, leaf, 0);
    if (!open_parent(u->root_fd, vt_arena_cstr(u->arena, vt_slice_from_cstr(place)), &from,
                     &from_leaf, err))
        return false;
    if (linkat(from, from_leaf, parent, leaf, 0) != 0)
        return vt_fail(err, VT_IO, "%s: %s", leaf, strerror(errno));
    return true;
}

static bool make_entry(struct unpacking *u, struct archive_entry *entry, const char *place,
                       struct vt_error *err)
{
    int64_t time_s = sym_archive_entry_mtime(entry);
    struct timespec times[2];
    VT_AUTO_FD parent = -1;
    const char *leaf;
    bool ok = true;

    times[0] = times[1] = (struct timespec){ .tv_sec = time_s };
    if (!open_parent(u->root_fd, vt_arena_cstr(u->arena, vt_slice_from_cstr(place)),
                     &parent, &leaf, err))
        return false;
    if (sym_archive_entry_hardlink(entry) != NULL)
        ok = make_hard_link(u, parent, leaf, sym_archive_entry_hardlink(entry), err);
    else if (sym_archive_entry_filetype(entry) == AE_IFREG)
        ok = make_file(u, parent, leaf, entry, err);
    else if (sym_archive_entry_filetype(entry) == AE_IFDIR)
        ok = mkdirat(parent, leaf, 0755) == 0 || errno == EEXIST ||
             vt_fail(err, VT_IO, "%s: %s", place, strerror(errno));
    else if (sym_archive_entry_filetype(entry) == AE_IFLNK)
        ok = ((void)unlinkat(parent, leaf, 0),
              symlinkat(sym_archive_entry_symlink(entry), parent, leaf) == 0) ||
             vt_fail(err, VT_IO, "%s: %s", place, strerror(errno));
    else
        return vt_fail(err, VT_REJECTED, "%s: holds a device or socket: %s", u->package,
                       place);
    if (ok && sym_archive_entry_filetype(entry) != AE_IFDIR)
        (void)utimensat(parent, leaf, times, AT_SYMLINK_NOFOLLOW);
    return ok;
}

static bool unpack_data(struct unpacking *u, struct vt_error *err)
{
    struct archive_entry *entry;
    int status;

    while ((status = sym_archive_read_next_header(u->archive, &entry)) == ARCHIVE_OK) {
        const char *name = sym_archive_entry_pathname(entry);
        const char *place = name != NULL ? place_of(name, u->arena) : NULL;
        size_t len = place != NULL ? strlen(place) : 0;

        if (place == NULL || ++u->files > FILES_MAX)
            return vt_fail(err, VT_REJECTED,
                           "%s: a path leads out of the root, or there are "
                           "more than %d",
                           u->package, FILES_MAX);
        while (len > 0 && place[len - 1] == '/')
            place = vt_arena_printf(u->arena, "%.*s", (int)--len, place);
        if (len != 0 && !make_entry(u, entry, place, err))
            return false;
    }
    if (status != ARCHIVE_EOF)
        return vt_fail(err, VT_MALFORMED, "%s: %s", u->package,
                       sym_archive_error_string(u->archive));
    return true;
}

static bool read_control(struct unpacking *u, struct vt_error *err)
{
    struct archive_entry *entry;
    int status;

    while ((status = sym_archive_read_next_header(u->archive, &entry)) == ARCHIVE_OK) {
        const char *name = sym_archive_entry_pathname(entry);
        int64_t size = sym_archive_entry_size(entry);
        uint8_t *bytes;

        if (name == NULL ||
            strcmp(name + (strncmp(name, "./", 2) == 0 ? 2 : 0), "control") != 0)
            continue;
        if (size < 0 || size > CONTROL_BYTES_MAX)
            return vt_fail(err, VT_LIMIT, "%s: its control file is too large", u->package);
        bytes = vt_arena_alloc(u->arena, (size_t)size + 1);
        if (sym_archive_read_data(u->archive, bytes, (size_t)size) != size)
            return vt_fail(err, VT_MALFORMED, "%s: cut short", u->package);
        *u->control = vt_slice_of(bytes, (size_t)size);
        return true;
    }
    return vt_fail(err, VT_MALFORMED, "%s: has no control file", u->package);
}

/* ---- the outer ar -----------------------------------------------------------------------
 */

/* The inner tar is read straight out of the outer ar. */
static la_ssize_t read_inner(struct archive *inner, void *context, const void **piece)
{
    struct archive *outer = context;
    size_t len;
    la_int64_t at;
    int status = sym_archive_read_data_block(outer, piece, &len, &at);

    (void)inner;
    return status == ARCHIVE_OK ? (la_ssize_t)len : status == ARCHIVE_EOF ? 0 : -1;
}

static bool unpack_inner(struct unpacking *u, struct archive *outer, struct vt_error *err)
{
    struct archive *inner = sym_archive_read_new();
    bool ok;

    VT_ASSERT(inner != NULL);
    (void)sym_archive_read_support_filter_all(inner);
    (void)sym_archive_read_support_format_tar(inner);
    u->archive = inner;
    ok = sym_archive_read_open(inner, outer, NULL, read_inner, NULL) == ARCHIVE_OK
             ? (u->control == NULL ? unpack_data(u, err) : read_control(u, err))
             : vt_fail(err, VT_MALFORMED, "%s: %s", u->package,
                       sym_archive_error_string(inner));
    (void)sym_archive_read_free(inner);
    return ok;
}

static bool find_member(struct unpacking *u, struct archive *outer, struct vt_error *err)
{
    const char *wanted = u->control == NULL ? "data.tar" : "control.tar";
    struct archive_entry *entry;

    while (sym_archive_read_next_header(outer, &entry) == ARCHIVE_OK) {
        const char *name = sym_archive_entry_pathname(entry);

        if (name != NULL && strncmp(name, wanted, strlen(wanted)) == 0)
            return unpack_inner(u, outer, err);
    }
    return vt_fail(err, VT_MALFORMED, "%s: is no Debian package", u->package);
}

static bool open_package(struct unpacking *u, struct vt_error *err)
{
    struct archive *outer;
    bool ok;

    vt_dynlib_need(&vt_libarchive);
    outer = sym_archive_read_new();
    VT_ASSERT(outer != NULL);
    (void)sym_archive_read_support_format_ar(outer);
    ok = sym_archive_read_open_filename(outer, u->package, 65536) == ARCHIVE_OK
             ? find_member(u, outer, err)
             : vt_fail(err, VT_IO, "%s: %s", u->package, sym_archive_error_string(outer));
    (void)sym_archive_read_free(outer);
    return ok;
}

bool vt_deb_unpack(const char *path, int root_fd, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct unpacking u = { .package = path, .root_fd = root_fd, .arena = arena };

    return open_package(&u, err);
}

static bool check_field(vt_slice control, const char *field, const char *wanted,
                        const struct vt_lock_package *package, struct vt_error *err)
{
    vt_slice value = vt_control_field(control, field);

    while (value.len > 0 &&
           (value.data[value.len - 1] == ' ' || value.data[value.len - 1] == '\t'))
        value.len--;
    return vt_slice_is(value, wanted) ||
           vt_fail(
               err, VT_REJECTED,
               "package %s: the lock says %s %s, its own control file '%.*s': lock again",
               package->name, field, wanted, VT_SLICE_ARGS(value));
}

bool vt_deb_check(const char *path, const struct vt_lock_package *package,
                  struct vt_arena *arena, vt_slice *control_out, struct vt_error *err)
{
    struct stat about;
    vt_slice control;

    if (stat(path, &about) != 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    if ((uint64_t)about.st_size != package->bytes)
        return vt_fail(err, VT_REJECTED,
                       "package %s: the lock says %ju bytes, it has %jd: lock again",
                       package->name, (uintmax_t)package->bytes, (intmax_t)about.st_size);
    if (!vt_deb_control(path, arena, &control, err))
        return vt_within(err, "package %s", package->name);
    if (!check_field(control, "Package", package->name, package, err) ||
        !check_field(control, "Version", package->version, package, err) ||
        !check_field(control, "Architecture", package->architecture, package, err))
        return false;
    if (control_out != NULL)
        *control_out = control;
    return true;
}

bool vt_deb_control(const char *path, struct vt_arena *arena, vt_slice *control_out,
                    struct vt_error *err)
{
    struct unpacking u = { .package = path, .arena = arena, .control = control_out };

    return open_package(&u, err);
}
