/* Debian source packages: the .dsc and the files that it lists, each checked against the
 * SHA-256 there.  They are unpacked later, by dpkg-source inside the environment.
 * Spec: Debian Policy §5.4, §5.6.24 (Checksums-Sha256) */
#include "line/source_inside.h"

enum { DSC_BYTES_MAX = 1 << 20, NAME_BYTES_MAX = 200 };

static bool is_plain(vt_slice name)
{
    if (name.len == 0 || name.len > NAME_BYTES_MAX || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];

        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            (c == 0 || strchr("+.~%_-", c) == NULL))
            return false;
    }
    return true;
}

/* " HASH SIZE NAME" */
static bool parse_line(vt_slice line, struct vt_dsc_file *out)
{
    vt_reader r = { line };
    vt_slice hash, size;

    return vt_read_literal(&r, VT_LIT(" ")) && vt_read_until(&r, ' ', &hash) &&
           vt_hash_parse_hex(hash, &out->hash) && vt_read_until(&r, ' ', &size) &&
           vt_decimal_parse(size, &out->bytes) && (out->name = r.rest, is_plain(r.rest));
}

static bool has_name(const struct vt_dsc_file *files, size_t count, vt_slice name)
{
    for (size_t i = 0; i < count; i++)
        if (vt_slice_equal(files[i].name, name))
            return true;
    return false;
}

bool vt_dsc_parse(vt_slice text, struct vt_dsc_file files[VT_DSC_FILES_MAX],
                  size_t *count_out, struct vt_error *err)
{
    vt_reader r = { text };
    bool is_in = false, was_in = false;
    size_t count = 0;
    vt_slice line;

    while (vt_read_line(&r, &line)) {
        if (vt_slice_is(line, "Checksums-Sha256:")) {
            if (was_in)
                return vt_fail(err, VT_MALFORMED, ".dsc: two lists of checksums");
            is_in = was_in = true;
            continue;
        }
        is_in = is_in && vt_slice_starts_with(line, VT_LIT(" "));
        if (!is_in)
            continue;
        if (count == VT_DSC_FILES_MAX)
            return vt_fail(err, VT_LIMIT, ".dsc: over %d files", VT_DSC_FILES_MAX);
        if (!parse_line(line, &files[count]) || has_name(files, count, files[count].name))
            return vt_fail(err, VT_MALFORMED, ".dsc: bad line in Checksums-Sha256");
        count++;
    }
    if (count == 0)
        return vt_fail(err, VT_MALFORMED, ".dsc: no files under Checksums-Sha256");
    *count_out = count;
    return true;
}

/* One file, which must have the hash that was announced. */
static bool put_checked(struct vt_pack_writer *w, const char *folder,
                        const struct vt_dsc_file *file, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s/%.*s", folder, VT_SLICE_ARGS(file->name));
    VT_AUTO_FD fd = -1;
    uint64_t size, bytes;
    vt_hash hash;

    if (!vt_file_open(path, &fd, &size, err) || !vt_sha256_fd(fd, path, &hash, &bytes, err))
        return false;
    if (!vt_hash_equal(&hash, &file->hash) || bytes != file->bytes)
        return vt_fail(err, VT_REJECTED, "%s: is not the file that the .dsc lists", path);
    if (lseek(fd, 0, SEEK_SET) != 0)
        return vt_fail(err, VT_IO, "%s: %s", path, strerror(errno));
    return vt_source_put_fd(w, file->name, VT_MODE_FILE, fd, bytes, err);
}

static int compare_files(const void *a, const void *b)
{
    return vt_slice_compare(((const struct vt_dsc_file *)a)->name,
                            ((const struct vt_dsc_file *)b)->name);
}

bool vt_source_read_debian(const char *where, struct vt_pack_writer *w,
                           struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(DSC_BYTES_MAX);
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *slash = strrchr(where, '/');
    const char *folder =
        slash != NULL ? vt_arena_printf(arena, "%.*s", (int)(slash - where), where) : ".";
    vt_slice name = vt_slice_from_cstr(slash != NULL ? slash + 1 : where);
    struct vt_dsc_file files[VT_DSC_FILES_MAX + 1];
    size_t count;

    if (!vt_file_read(where, &text, err) ||
        !vt_dsc_parse(vt_buf_slice(&text), files, &count, err))
        return false;
    if (!is_plain(name) || !vt_slice_ends_with(name, VT_LIT(".dsc")) ||
        has_name(files, count, name))
        return vt_fail(err, VT_REJECTED, "name the .dsc file of the source package");
    files[count++] =
        (struct vt_dsc_file){ name, text.len, vt_sha256_of(vt_buf_slice(&text)) };
    qsort(files, count, sizeof files[0], compare_files);
    for (size_t i = 0; i < count; i++)
        if (!put_checked(w, folder[0] != '\0' ? folder : "/", &files[i], err))
            return false;
    return true;
}

/* The order of a lock has the .dsc first; a pack goes by name. */
static int compare_locked(const void *a, const void *b)
{
    return strcmp((*(const struct vt_lock_file *const *)a)->file,
                  (*(const struct vt_lock_file *const *)b)->file);
}

bool vt_source_read_locked(struct vt_line_store *store, const struct vt_lock *lock,
                           struct vt_pack_writer *w, struct vt_error *err)
{
    const struct vt_lock_file *sorted[VT_LOCK_SOURCE_FILES_MAX];

    for (size_t i = 0; i < lock->source_file_count; i++)
        sorted[i] = &lock->source_files[i];
    qsort(sorted, lock->source_file_count, sizeof sorted[0], compare_locked);
    for (size_t i = 0; i < lock->source_file_count; i++) {
        VT_AUTO_FD fd = -1;
        uint64_t bytes;

        if (!vt_blobs_open_fd(vt_line_store_blobs(store), &sorted[i]->hash, &fd, &bytes,
                              err) ||
            !vt_source_put_fd(w, vt_slice_from_cstr(sorted[i]->file), VT_MODE_FILE, fd,
                              bytes, err))
            return vt_within(err, "%s", sorted[i]->file);
    }
    return true;
}
