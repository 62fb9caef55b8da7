/* Sources from a tar file: members are read once, their bytes spooled, then put in order
 * of path without the folder that all of them have in common. */
#include "line/source_inside.h"
#include "line/spool.h"
#include "line/libarchive.h"
#include <locale.h>

enum { PIECE_BYTES = 1 << 16 };

struct tar_member {
    const char *path; /* in the arena */
    enum vt_pack_mode mode;
    uint64_t at, bytes; /* in the spool */
    const char *target; /* of a link */
};

struct tar {
    struct vt_arena *arena;
    struct tar_member *members;
    size_t count, room;
    int spool;
    uint64_t spooled;
};

static bool archive_fails(struct archive *archive, struct vt_error *err)
{
    const char *why = sym_archive_error_string(archive);

    return vt_fail(err, VT_MALFORMED, "tar: %s", why != NULL ? why : "unreadable");
}

static bool spool_content(struct tar *tar, struct archive *archive,
                          struct tar_member *member, struct vt_error *err)
{
    uint8_t piece[PIECE_BYTES];
    la_ssize_t got;

    member->at = tar->spooled;
    while ((got = sym_archive_read_data(archive, piece, sizeof piece)) > 0) {
        tar->spooled += (uint64_t)got;
        member->bytes += (uint64_t)got;
        if (tar->spooled > VT_SOURCE_BYTES_MAX || member->bytes > VT_SOURCE_FILE_BYTES_MAX)
            return vt_fail(err, VT_LIMIT, "tar: too large at %s", member->path);
        if (!vt_fd_write_all(tar->spool, "spool", vt_slice_of(piece, (size_t)got), err))
            return false;
    }
    return got == 0 || archive_fails(archive, err);
}

/* A hard link is another name for a member that came before. */
static bool copy_earlier(struct tar *tar, struct tar_member *member, const char *name,
                         struct vt_error *err)
{
    for (size_t i = tar->count; i-- > 0;)
        if (strcmp(tar->members[i].path, name) == 0) {
            const char *path = member->path;

            *member = tar->members[i];
            member->path = path;
            return true;
        }
    return vt_fail(err, VT_REJECTED, "tar: %s is a hard link to nothing before it",
                   member->path);
}

static const char *clean(const char *path)
{
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    return path;
}

static bool take_kind(struct tar *tar, struct archive *archive, struct archive_entry *entry,
                      struct tar_member *member, struct vt_error *err)
{
    const char *hard = sym_archive_entry_hardlink(entry);

    if (hard != NULL)
        return copy_earlier(tar, member, clean(hard), err);
    if (sym_archive_entry_filetype(entry) == AE_IFLNK) {
        const char *target = sym_archive_entry_symlink(entry);

        if (target == NULL)
            return vt_fail(err, VT_MALFORMED, "tar: %s: a link to nowhere", member->path);
        member->mode = VT_MODE_LINK;
        member->target = vt_arena_cstr(tar->arena, vt_slice_from_cstr(target));
        return true;
    }
    if (sym_archive_entry_filetype(entry) != AE_IFREG)
        return vt_fail(err, VT_REJECTED, "tar: %s is neither file, folder nor link",
                       member->path);
    member->mode = sym_archive_entry_perm(entry) & S_IXUSR ? VT_MODE_PROGRAM : VT_MODE_FILE;
    return spool_content(tar, archive, member, err);
}

static bool take_member(struct tar *tar, struct archive *archive,
                        struct archive_entry *entry, struct vt_error *err)
{
    const char *path = sym_archive_entry_pathname(entry);
    struct tar_member member = { 0 };

    if (path == NULL)
        return vt_fail(err, VT_MALFORMED, "tar: a member without a name");
    if (sym_archive_entry_filetype(entry) == AE_IFDIR)
        return true;
    member.path = vt_arena_cstr(tar->arena, vt_slice_from_cstr(clean(path)));
    if (!vt_pack_path_is_good(vt_slice_from_cstr(member.path)))
        return vt_fail(err, VT_REJECTED, "tar: '%s' is no path that we take", path);
    if (tar->count == VT_SOURCE_FILES_MAX)
        return vt_fail(err, VT_LIMIT, "tar: over %d files", VT_SOURCE_FILES_MAX);
    if (!take_kind(tar, archive, entry, &member, err))
        return false;
    if (tar->count == tar->room)
        tar->members = vt_grow_array(tar->members, tar->room = tar->room * 2 + 64,
                                     sizeof *tar->members);
    tar->members[tar->count++] = member;
    return true;
}

static bool read_members(struct tar *tar, struct archive *archive, int fd,
                         struct vt_error *err)
{
    struct archive_entry *entry;
    int got;

    if (sym_archive_read_support_format_tar(archive) != ARCHIVE_OK ||
        sym_archive_read_support_filter_gzip(archive) != ARCHIVE_OK ||
        sym_archive_read_support_filter_bzip2(archive) != ARCHIVE_OK ||
        sym_archive_read_support_filter_xz(archive) != ARCHIVE_OK ||
        sym_archive_read_support_filter_zstd(archive) != ARCHIVE_OK ||
        sym_archive_read_open_fd(archive, fd, PIECE_BYTES) != ARCHIVE_OK)
        return archive_fails(archive, err);
    while ((got = sym_archive_read_next_header(archive, &entry)) == ARCHIVE_OK)
        if (!take_member(tar, archive, entry, err))
            return false;
    return got == ARCHIVE_EOF || archive_fails(archive, err);
}

/* Bytes of "top/" when all members lie in one top folder, else 0. */
static size_t common_top(const struct tar *tar)
{
    const char *slash = tar->count > 0 ? strchr(tar->members[0].path, '/') : NULL;
    size_t len = slash != NULL ? (size_t)(slash - tar->members[0].path) + 1 : 0;

    for (size_t i = 1; i < tar->count && len > 0; i++)
        if (strncmp(tar->members[i].path, tar->members[0].path, len) != 0)
            len = 0;
    return len;
}

static int compare_members(const void *a, const void *b)
{
    return strcmp(((const struct tar_member *)a)->path,
                  ((const struct tar_member *)b)->path);
}

static bool put_member(const struct tar *tar, const struct tar_member *member,
                       const struct vt_mapping *spool, struct vt_pack_writer *w,
                       struct vt_error *err)
{
    vt_slice content = member->mode == VT_MODE_LINK
                           ? vt_slice_from_cstr(member->target)
                           : vt_slice_sub(spool->bytes, member->at, member->bytes);

    (void)tar;
    return vt_pack_begin_file(w, vt_slice_from_cstr(member->path), member->mode,
                              content.len, err) &&
           vt_pack_add(w, content, err) && vt_pack_end_file(w, err);
}

static bool put_all(struct tar *tar, struct vt_pack_writer *w, struct vt_error *err)
{
    VT_AUTO_MAPPING spool = { 0 };
    size_t top = common_top(tar);

    if (!vt_mapping_init(&spool, tar->spool, "spool", err))
        return false;
    for (size_t i = 0; i < tar->count; i++)
        tar->members[i].path += top;
    if (tar->count != 0)
        qsort(tar->members, tar->count, sizeof *tar->members, compare_members);
    for (size_t i = 0; i < tar->count; i++)
        if (!put_member(tar, &tar->members[i], &spool, w, err))
            return false;
    return true;
}

static bool hash_file(int fd, const char *where, char out[65], struct vt_error *err)
{
    uint64_t bytes;
    vt_hash hash;

    if (!vt_sha256_fd(fd, where, &hash, &bytes, err))
        return false;
    if (lseek(fd, 0, SEEK_SET) != 0)
        return vt_fail(err, VT_IO, "%s: %s", where, strerror(errno));
    vt_hash_text(&hash, out);
    return true;
}

/* Names in pax headers are UTF-8, and libarchive puts them into the charset of the locale,
 * which is ASCII unless somebody says otherwise.  For this thread we do: names stay the
 * bytes that they are, whatever the locale of whoever asks. */
static locale_t names_in_utf8(locale_t *utf8_out)
{
    *utf8_out = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return *utf8_out != (locale_t)0 ? uselocale(*utf8_out) : (locale_t)0;
}

static void names_as_before(locale_t before, locale_t utf8)
{
    if (utf8 == (locale_t)0)
        return;
    (void)uselocale(before);
    freelocale(utf8);
}

bool vt_source_read_tar(struct vt_line_store *store, const char *where,
                        struct vt_pack_writer *w, struct vt_source *about,
                        struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct tar tar = { .arena = arena, .spool = -1 };
    VT_AUTO_FD fd = -1;
    struct archive *archive;
    locale_t before, utf8;
    uint64_t size;
    bool ok;

    if (!vt_file_open(where, &fd, &size, err) ||
        !hash_file(fd, where, about->tar_sha256, err) ||
        !vt_spool_open(store, &tar.spool, err))
        return false;
    vt_dynlib_need(&vt_libarchive);
    before = names_in_utf8(&utf8);
    archive = sym_archive_read_new();
    ok = archive != NULL ? read_members(&tar, archive, fd, err)
                         : vt_fail(err, VT_IO, "out of memory");
    ok = ok && put_all(&tar, w, err);
    (void)sym_archive_read_free(archive);
    names_as_before(before, utf8);
    free(tar.members);
    vt_fd_close(&tar.spool);
    return ok;
}
