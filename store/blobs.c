/* A folder of files named by their SHA-256.  A blob is written as a draft while it is
 * hashed, so that what is larger than memory needs one pass. */
#include "store/blobs.h"

#define BLOB_MODE  0444 /* nobody has a reason to write into one */
#define NAME_BYTES (sizeof "sha256/ab/" + 64)

struct vt_blobs {
    struct vt_disk *disk;
};

static void name_of(const vt_hash *hash, char out[NAME_BYTES])
{
    char hex[65];

    vt_hash_text(hash, hex);
    (void)snprintf(out, NAME_BYTES, "sha256/%.2s/%s", hex, hex);
}

bool vt_blobs_open(const char *path, bool is_new, struct vt_blobs **blobs_out,
                   struct vt_error *err)
{
    struct vt_disk *disk;

    if (!vt_disk_open(path, is_new, &disk, err))
        return false;
    *blobs_out = vt_alloc(sizeof **blobs_out);
    (*blobs_out)->disk = disk;
    return true;
}

bool vt_blobs_open_below(struct vt_disk *above, const char *name,
                         struct vt_blobs **blobs_out, struct vt_error *err)
{
    struct vt_disk *disk;

    if (!vt_disk_open_below(above, name, &disk, err))
        return false;
    *blobs_out = vt_alloc(sizeof **blobs_out);
    (*blobs_out)->disk = disk;
    return true;
}

void vt_blobs_close(struct vt_blobs *blobs)
{
    if (blobs == NULL)
        return;
    vt_disk_close(blobs->disk);
    free(blobs);
}

bool vt_blobs_open_fd(struct vt_blobs *blobs, const vt_hash *hash, int *fd_out,
                      uint64_t *bytes_out, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    char name[NAME_BYTES];
    uint64_t size, bytes;
    vt_hash seen;

    name_of(hash, name);
    if (!vt_disk_open_fd(blobs->disk, name, &fd, &size, err) ||
        !vt_sha256_fd(fd, name, &seen, &bytes, err))
        return false;
    if (!vt_hash_equal(hash, &seen))
        return vt_fail(err, VT_REJECTED,
                       "%s/%s: its bytes have changed; remove it and fetch it again",
                       vt_disk_path(blobs->disk), name);
    if (lseek(fd, 0, SEEK_SET) != 0)
        return vt_fail(err, VT_IO, "%s: cannot rewind: %s", name, strerror(errno));
    *bytes_out = bytes;
    *fd_out = vt_take_fd(&fd);
    return true;
}

/* Is it here and whole?  Then it is made durable; VT_ABSENT and VT_REJECTED ask for a
 * copy. */
static bool keep_existing(struct vt_blobs *blobs, const vt_hash *hash, struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    char name[NAME_BYTES];
    uint64_t bytes;

    name_of(hash, name);
    return vt_blobs_open_fd(blobs, hash, &fd, &bytes, err) &&
           vt_disk_keep(blobs->disk, name, err);
}

static bool wants_copy(const struct vt_error *err)
{
    return err->code == VT_ABSENT || err->code == VT_REJECTED;
}

bool vt_blobs_put(struct vt_blobs *blobs, vt_slice bytes, vt_hash *hash_out,
                  struct vt_error *err)
{
    struct vt_error why = { 0 };
    vt_hash hash = vt_sha256_of(bytes);
    char name[NAME_BYTES];

    name_of(&hash, name);
    if (!keep_existing(blobs, &hash, &why)) {
        if (!wants_copy(&why)) {
            *err = why;
            return false;
        }
        if (!vt_disk_write(blobs->disk, name, bytes, BLOB_MODE, err))
            return false;
    }
    *hash_out = hash;
    return true;
}

/* ---- in pieces --------------------------------------------------------------------------
 */

struct vt_blobs_draft {
    struct vt_blobs *blobs;
    struct vt_disk_draft *draft;
    struct vt_sha256 state;
};

bool vt_blobs_draft_begin(struct vt_blobs *blobs, struct vt_blobs_draft **draft_out,
                          struct vt_error *err)
{
    struct vt_disk_draft *draft;

    if (!vt_disk_draft_begin(blobs->disk, "sha256", BLOB_MODE, &draft, err))
        return false;
    *draft_out = vt_alloc(sizeof **draft_out);
    (*draft_out)->blobs = blobs;
    (*draft_out)->draft = draft;
    vt_sha256_init(&(*draft_out)->state);
    return true;
}

bool vt_blobs_draft_add(struct vt_blobs_draft *draft, vt_slice bytes, struct vt_error *err)
{
    vt_sha256_add(&draft->state, bytes);
    return vt_disk_draft_add(draft->draft, bytes, err);
}

void vt_blobs_draft_discard(struct vt_blobs_draft *draft)
{
    if (draft == NULL)
        return;
    vt_disk_draft_discard(draft->draft);
    free(draft);
}

/* What is here and whole already needs no second copy. */
static bool place(struct vt_blobs_draft *draft, const vt_hash *hash, struct vt_error *err)
{
    struct vt_disk_draft *file = draft->draft;
    struct vt_error why = { 0 };
    char target[NAME_BYTES];

    name_of(hash, target);
    draft->draft = NULL;
    if (keep_existing(draft->blobs, hash, &why)) {
        vt_disk_draft_discard(file);
        return true;
    }
    if (wants_copy(&why))
        return vt_disk_draft_finish(file, target, true, err);
    vt_disk_draft_discard(file);
    *err = why;
    return false;
}

bool vt_blobs_draft_finish(struct vt_blobs_draft *draft, const vt_hash *wanted,
                           vt_hash *hash_out, struct vt_error *err)
{
    char hex[65];
    vt_hash hash;
    bool is_ok;

    vt_sha256_end(&draft->state, &hash);
    if (wanted != NULL && !vt_hash_equal(wanted, &hash)) {
        vt_blobs_draft_discard(draft);
        vt_hash_text(wanted, hex);
        return vt_fail(err, VT_REJECTED, "the bytes do not have the digest %s", hex);
    }
    is_ok = place(draft, &hash, err);
    if (is_ok)
        *hash_out = hash;
    free(draft);
    return is_ok;
}

/* All that can be read of fd. */
static bool copy(struct vt_blobs_draft *draft, int fd, const char *name,
                 uint64_t *bytes_out, struct vt_error *err)
{
    uint8_t piece[65536];
    uint64_t bytes = 0;
    ssize_t got;

    while ((got = read(fd, piece, sizeof piece)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vt_fail(err, VT_IO, "%s: cannot read: %s", name, strerror(errno));
        if (!vt_blobs_draft_add(draft, vt_slice_of(piece, (size_t)got), err))
            return false;
        bytes += (size_t)got;
    }
    *bytes_out = bytes;
    return true;
}

bool vt_blobs_put_fd(struct vt_blobs *blobs, int fd, const char *name, vt_hash *hash_out,
                     uint64_t *bytes_out, struct vt_error *err)
{
    struct vt_blobs_draft *draft;
    uint64_t bytes;

    if (!vt_blobs_draft_begin(blobs, &draft, err))
        return false;
    if (!copy(draft, fd, name, &bytes, err)) {
        vt_blobs_draft_discard(draft);
        return false;
    }
    if (!vt_blobs_draft_finish(draft, NULL, hash_out, err))
        return false;
    *bytes_out = bytes;
    return true;
}

/* ---- reading ----------------------------------------------------------------------------
 */

bool vt_blobs_get(struct vt_blobs *blobs, const vt_hash *hash, struct vt_buf *out,
                  struct vt_error *err)
{
    size_t before = out->len;
    char name[NAME_BYTES];
    vt_hash seen;

    name_of(hash, name);
    if (!vt_disk_read(blobs->disk, name, out, err)) {
        vt_buf_truncate(out, before);
        return false;
    }
    seen = vt_sha256_of(vt_slice_sub(vt_buf_slice(out), before, out->len - before));
    if (vt_hash_equal(hash, &seen))
        return true;
    vt_buf_truncate(out, before);
    return vt_fail(err, VT_REJECTED,
                   "%s/%s: its bytes have changed; remove it and fetch it again",
                   vt_disk_path(blobs->disk), name);
}

bool vt_blobs_has(struct vt_blobs *blobs, const vt_hash *hash)
{
    char name[NAME_BYTES];

    name_of(hash, name);
    return vt_disk_has(blobs->disk, name);
}

const char *vt_blobs_path(struct vt_blobs *blobs, const vt_hash *hash,
                          struct vt_arena *arena)
{
    char name[NAME_BYTES];

    name_of(hash, name);
    return vt_arena_printf(arena, "%s/%s", vt_disk_path(blobs->disk), name);
}
