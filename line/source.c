/* Taking sources in, finding them again, and unpacking them for a build. */
#include "line/source.h"
#include "line/source_inside.h"
#include "line/spool.h"

enum { RECORD_BYTES_MAX = 4096, PIECE_BYTES = 1 << 16 };

/* ---- what the store remembers of a source -----------------------------------------------
 */

json_t *vt_source_json(const struct vt_source *source)
{
    char digest[65], pack[65];

    vt_hash_text(&source->digest, digest);
    vt_hash_text(&source->pack, pack);
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s}", "type",
                     vt_source_type_name(source->type), "digest", digest, "pack", pack,
                     "pack_bytes", (json_int_t)source->pack_bytes, "files",
                     (json_int_t)source->file_count, "git_commit", source->git_commit,
                     "git_tree", source->git_tree, "tar_sha256", source->tar_sha256);
}

/* Empty, or hex digits. */
static bool take_hex(const json_t *json, const char *what, const char *name, char out[65],
                     struct vt_error *err)
{
    vt_slice text;

    if (!vt_json_get_text(json, what, name, &text, err))
        return false;
    if (text.len > 64 || strspn((const char *)text.data, "0123456789abcdef") != text.len)
        return vt_fail(err, VT_MALFORMED, "%s: %s is no hex number", what, name);
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

bool vt_source_from_json(const json_t *json, const char *what, struct vt_source *out,
                         struct vt_error *err)
{
    static const char *const names[] = { "type",       "digest",     "pack",
                                         "pack_bytes", "files",      "git_commit",
                                         "git_tree",   "tar_sha256", NULL };
    struct vt_source s = { 0 };
    vt_slice type;

    if (!vt_json_only(json, what, names, err) ||
        !vt_json_get_text(json, what, "type", &type, err) ||
        !vt_json_get_sha256(json, what, "digest", s.digest.bytes, err) ||
        !vt_json_get_sha256(json, what, "pack", s.pack.bytes, err) ||
        !vt_json_get_number(json, what, "pack_bytes", &s.pack_bytes, err) ||
        !vt_json_get_number(json, what, "files", &s.file_count, err) ||
        !take_hex(json, what, "git_commit", s.git_commit, err) ||
        !take_hex(json, what, "git_tree", s.git_tree, err) ||
        !take_hex(json, what, "tar_sha256", s.tar_sha256, err))
        return false;
    if (!vt_source_type_parse(type, &s.type))
        return vt_fail(err, VT_MALFORMED, "%s: type '%.*s' is unknown", what,
                       VT_SLICE_ARGS(type));
    *out = s;
    return true;
}

static void record_name(const vt_hash *digest, char out[80])
{
    char hex[65];

    vt_hash_text(digest, hex);
    (void)snprintf(out, 80, "sources/%s", hex);
}

static bool remember(struct vt_line_store *store, const struct vt_source *source,
                     struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(RECORD_BYTES_MAX);
    VT_AUTO_JSON json = vt_source_json(source);
    char name[80];

    if (json == NULL)
        return vt_fail(err, VT_IO, "out of memory");
    record_name(&source->digest, name);
    return vt_json_write_canonical(json, &text, err) &&
           vt_disk_write(vt_line_store_disk(store), name, vt_buf_slice(&text), 0644, err);
}

bool vt_source_find(struct vt_line_store *store, const vt_hash *digest,
                    struct vt_source *out, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(RECORD_BYTES_MAX);
    VT_AUTO_JSON json = NULL;
    struct vt_source found;
    char name[80], hex[65];

    record_name(digest, name);
    vt_hash_text(digest, hex);
    if (!vt_disk_has(vt_line_store_disk(store), name))
        return vt_fail(err, VT_ABSENT, "source %s: not in the store %s", hex,
                       vt_line_store_path(store));
    if (!vt_disk_read(vt_line_store_disk(store), name, &text, err) ||
        !vt_json_parse_canonical(vt_buf_slice(&text), name, &json, err) ||
        !vt_source_from_json(json, name, &found, err))
        return false;
    if (!vt_hash_equal(&found.digest, digest))
        return vt_fail(err, VT_REJECTED, "%s: is about another source", name);
    if (!vt_blobs_has(vt_line_store_blobs(store), &found.pack))
        return vt_fail(err, VT_ABSENT, "source %s: its pack is gone from the store", hex);
    *out = found;
    return true;
}

/* ---- taking in
 * --------------------------------------------------------------------------- */

/* Small writes are gathered. */
struct spool {
    int fd;
    struct vt_buf pending;
};

static bool spool_flush(struct spool *spool, struct vt_error *err)
{
    bool ok = vt_fd_write_all(spool->fd, "source pack", vt_buf_slice(&spool->pending), err);

    vt_buf_truncate(&spool->pending, 0);
    return ok;
}

static bool spool_put(void *context, vt_slice bytes, struct vt_error *err)
{
    struct spool *spool = context;

    if (spool->pending.len + bytes.len > PIECE_BYTES && !spool_flush(spool, err))
        return false;
    if (bytes.len > PIECE_BYTES)
        return vt_fd_write_all(spool->fd, "source pack", bytes, err);
    vt_buf_put(&spool->pending, bytes);
    return true;
}

bool vt_source_put_fd(struct vt_pack_writer *w, vt_slice path, enum vt_pack_mode mode,
                      int fd, uint64_t bytes, struct vt_error *err)
{
    uint8_t piece[PIECE_BYTES];

    if (!vt_pack_begin_file(w, path, mode, bytes, err))
        return false;
    for (;;) {
        ssize_t got = read(fd, piece, sizeof piece);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vt_fail(err, VT_IO, "%s: %s", w->last, strerror(errno));
        if (got == 0)
            return vt_pack_end_file(w, err);
        if (!vt_pack_add(w, vt_slice_of(piece, (size_t)got), err))
            return false;
    }
}

/* Where a source is: named by the caller, or by a lock. */
struct place {
    const char *where, *commit;
    const struct vt_lock *lock; /* NULL: look at where */
};

static bool read_source(struct vt_line_store *store, const struct place *place,
                        struct vt_pack_writer *w, struct vt_source *about,
                        struct vt_error *err)
{
    if (place->lock != NULL)
        return vt_source_read_locked(store, place->lock, w, err);
    switch (about->type) {
    case VT_SOURCE_GIT:
        return vt_source_read_git(place->where, place->commit, w, about, err);
    case VT_SOURCE_FOLDER:
        return vt_source_read_folder(place->where, w, err);
    case VT_SOURCE_TAR:
        return vt_source_read_tar(store, place->where, w, about, err);
    case VT_SOURCE_DEBIAN:
        break;
    }
    return vt_source_read_debian(place->where, w, err);
}

/* What was written must read back, whole and with the same digest. */
static bool check_pack(int fd, const struct vt_source *about, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    VT_AUTO_MAPPING mapping = { 0 };
    struct vt_pack_entry *entries;
    vt_hash digest;
    size_t count;

    if (!vt_mapping_init(&mapping, fd, "source pack", err) ||
        !vt_pack_parse(mapping.bytes, arena, &entries, &count, &digest, err))
        return false;
    return vt_hash_equal(&digest, &about->digest) ||
           vt_fail(err, VT_REJECTED, "source pack: holds another source than was named");
}

static bool keep_pack(struct vt_line_store *store, int fd, struct vt_source *about,
                      struct vt_error *err)
{
    if (lseek(fd, 0, SEEK_SET) != 0)
        return vt_fail(err, VT_IO, "source pack: %s", strerror(errno));
    return vt_blobs_put_fd(vt_line_store_blobs(store), fd, "source pack", &about->pack,
                           &about->pack_bytes, err) &&
           remember(store, about, err);
}

static bool take(struct vt_line_store *store, const struct place *place,
                 struct vt_source *about, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_pack_writer *w = vt_arena_alloc(arena, sizeof *w);
    struct spool spool = { .fd = -1, .pending = vt_buf_init(PIECE_BYTES) };
    bool ok = vt_spool_open(store, &spool.fd, err);

    vt_pack_begin(w, spool_put, &spool);
    ok = ok && read_source(store, place, w, about, err) &&
         vt_pack_finish(w, &about->digest, err) && spool_flush(&spool, err) &&
         check_pack(spool.fd, about, err);
    about->file_count = w->file_count;
    ok = ok && keep_pack(store, spool.fd, about, err);
    vt_buf_clear(&spool.pending);
    vt_fd_close(&spool.fd);
    return ok;
}

bool vt_source_take(struct vt_line_store *store, enum vt_source_type type,
                    const char *where, const char *commit, struct vt_source *out,
                    struct vt_error *err)
{
    struct place place = { .where = where, .commit = commit };
    struct vt_source about = { .type = type };

    if (!take(store, &place, &about, err))
        return vt_within(err, "%s", where);
    *out = about;
    return true;
}

bool vt_source_take_locked(struct vt_line_store *store, const struct vt_lock *lock,
                           struct vt_source *out, struct vt_error *err)
{
    struct place place = { .lock = lock };
    struct vt_source about = { .type = VT_SOURCE_DEBIAN };

    if (lock->source_file_count == 0)
        return vt_fail(err, VT_ABSENT,
                       "the lock names no source package (vitrine line lock "
                       "--source-package)");
    if (!take(store, &place, &about, err))
        return vt_within(err, "source %s", lock->source_name);
    *out = about;
    return true;
}

bool vt_source_take_pack(struct vt_line_store *store, const char *pack_path,
                         const struct vt_source *about, struct vt_source *out,
                         struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    struct vt_source taken = *about;
    uint64_t size;

    if (!vt_file_open(pack_path, &fd, &size, err) || !check_pack(fd, about, err))
        return vt_within(err, "%s", pack_path);
    if (!keep_pack(store, fd, &taken, err))
        return false;
    *out = taken;
    return true;
}
