/* The bytes of long predicates, beside the log.  Whether they are what an entry names can
 * be seen from the bytes alone, so nobody is believed: not who gives them, not the disk. */
#include "ledger/beside.h"
#include "store/blobs.h"
#include "wire/dsse.h"
#include "wire/json.h"

#define SHA256_FOLDER VT_BESIDE_FOLDER "/sha256"
#define WANTED_FOLDER VT_BESIDE_FOLDER "/wanted"

enum { WANTED_BYTES_MAX = 32, WANTED_PATH_BYTES = sizeof WANTED_FOLDER "/" + 64 };

/* ---- names ------------------------------------------------------------------------------
 */

static bool read_predicate(const json_t *statement, struct vt_beside_name *out)
{
    const json_t *predicate = json_object_get(statement, "predicate");
    struct vt_error ignored = { 0 };
    vt_slice digest;

    return json_is_object(predicate) &&
           vt_json_get_text(predicate, "predicate", "sha256", &digest, &ignored) &&
           vt_json_get_number(predicate, "predicate", "size", &out->size, &ignored) &&
           out->size != 0 && out->size <= VT_BESIDE_BYTES_MAX &&
           vt_hash_parse_hex(digest, &out->digest);
}

static bool read_envelope(vt_slice entry, struct vt_beside_name *out)
{
    VT_AUTO_DSSE envelope = { .signature_count = 0 };
    VT_AUTO_JSON statement = NULL;
    struct vt_error ignored = { 0 };
    struct vt_beside_name name;

    if (!vt_dsse_parse(entry, &envelope, &ignored) ||
        !vt_slice_equal(vt_buf_slice(&envelope.payload_type),
                        VT_LIT("application/vnd.in-toto+json")) ||
        !vt_json_parse(vt_buf_slice(&envelope.payload), "statement", &statement,
                       &ignored) ||
        !read_predicate(statement, &name))
        return false;
    *out = name;
    return true;
}

/* Most entries of some logs are no envelopes: they are known by their first byte. */
bool vt_beside_read_name(vt_slice entry, struct vt_beside_name *out)
{
    return entry.len != 0 && entry.data[0] == '{' && read_envelope(entry, out);
}

void vt_beside_path(const vt_hash *digest, char out[VT_BESIDE_PATH_BYTES])
{
    char hex[65];

    vt_hash_text(digest, hex);
    (void)snprintf(out, VT_BESIDE_PATH_BYTES, SHA256_FOLDER "/%.2s/%s", hex, hex);
}

/* Upper-case digits, a wrong folder and what comes behind are no spelling of ours. */
bool vt_beside_path_parse(vt_slice path, vt_hash *digest_out)
{
    char again[VT_BESIDE_PATH_BYTES];
    vt_hash digest;

    if (path.len != VT_BESIDE_PATH_BYTES - 1 ||
        !vt_hash_parse_hex(vt_slice_sub(path, path.len - 64, 64), &digest))
        return false;
    vt_beside_path(&digest, again);
    if (!vt_slice_equal(path, vt_slice_from_cstr(again)))
        return false;
    *digest_out = digest;
    return true;
}

/* ---- bytes ------------------------------------------------------------------------------
 */

bool vt_beside_judge(const struct vt_beside_name *name, vt_slice bytes,
                     struct vt_error *err)
{
    vt_hash digest = vt_sha256_of(bytes);
    char hex[65];

    vt_hash_text(&name->digest, hex);
    if (bytes.len != name->size)
        return vt_fail(err, VT_REJECTED, "%zu bytes, but the entry says that %s has %ju",
                       bytes.len, hex, (uintmax_t)name->size);
    if (!vt_hash_equal(&digest, &name->digest))
        return vt_fail(err, VT_REJECTED, "the bytes do not have the digest %s", hex);
    return true;
}

bool vt_beside_keep(struct vt_disk *log, const struct vt_beside_name *name, vt_slice bytes,
                    struct vt_error *err)
{
    struct vt_blobs *blobs;
    vt_hash digest;
    bool is_ok;

    if (!vt_beside_judge(name, bytes, err) ||
        !vt_blobs_open_below(log, VT_BESIDE_FOLDER, &blobs, err))
        return false;
    is_ok = vt_blobs_put(blobs, bytes, &digest, err);
    vt_blobs_close(blobs);
    return is_ok;
}

/* ---- in pieces --------------------------------------------------------------------------
 */

struct vt_beside_draft {
    struct vt_blobs *blobs;
    struct vt_blobs_draft *draft;
    vt_hash digest;
    uint64_t bytes;
};

bool vt_beside_draft_begin(struct vt_disk *log, const vt_hash *digest,
                           struct vt_beside_draft **draft_out, struct vt_error *err)
{
    struct vt_beside_draft made = { .digest = *digest };

    if (!vt_blobs_open_below(log, VT_BESIDE_FOLDER, &made.blobs, err))
        return false;
    if (!vt_blobs_draft_begin(made.blobs, &made.draft, err)) {
        vt_blobs_close(made.blobs);
        return false;
    }
    *draft_out = vt_alloc(sizeof **draft_out);
    **draft_out = made;
    return true;
}

bool vt_beside_draft_add(struct vt_beside_draft *draft, vt_slice bytes,
                         struct vt_error *err)
{
    if (bytes.len > VT_BESIDE_BYTES_MAX - draft->bytes)
        return vt_fail(err, VT_LIMIT, "a predicate has at most %zu bytes",
                       (size_t)VT_BESIDE_BYTES_MAX);
    draft->bytes += bytes.len;
    return vt_blobs_draft_add(draft->draft, bytes, err);
}

void vt_beside_draft_discard(struct vt_beside_draft *draft)
{
    if (draft == NULL)
        return;
    vt_blobs_draft_discard(draft->draft);
    vt_blobs_close(draft->blobs);
    free(draft);
}

bool vt_beside_draft_finish(struct vt_beside_draft *draft, struct vt_error *err)
{
    bool is_ok;
    vt_hash kept;

    if (draft->bytes == 0) {
        vt_beside_draft_discard(draft);
        return vt_fail(err, VT_REJECTED, "a predicate has one byte or more");
    }
    is_ok = vt_blobs_draft_finish(draft->draft, &draft->digest, &kept, err);
    vt_blobs_close(draft->blobs);
    free(draft);
    return is_ok;
}

bool vt_beside_verify(struct vt_disk *log, const char *path, uint64_t *bytes_out,
                      struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    vt_hash digest, seen;

    *bytes_out = 0;
    if (!vt_beside_path_parse(vt_slice_from_cstr(path), &digest))
        return vt_fail(err, VT_MALFORMED, "is not named by a digest");
    if (!vt_disk_open_fd(log, path, &fd, bytes_out, err))
        return false;
    if (*bytes_out > VT_BESIDE_BYTES_MAX)
        return vt_fail(err, VT_REJECTED, "has %ju bytes, more than any entry can name",
                       (uintmax_t)*bytes_out);
    if (!vt_sha256_fd(fd, path, &seen, bytes_out, err))
        return false;
    return vt_hash_equal(&digest, &seen) ||
           vt_fail(err, VT_REJECTED,
                   "its bytes do not have the digest that it is named by");
}

/* ---- what lies there --------------------------------------------------------------------
 */

struct walk {
    struct vt_disk *log;
    const char *folder;
    bool (*each)(void *context, const char *path, struct vt_error *err);
    void *context;
};

static bool walk_entry(void *context, const char *name, bool is_folder,
                       struct vt_error *err)
{
    const struct walk *walk = context;
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *path = vt_arena_printf(arena, "%s/%s", walk->folder, name);
    struct walk below = { walk->log, path, walk->each, walk->context };

    /* sha256/ab/abcdef... and no deeper */
    if (is_folder && strcmp(walk->folder, SHA256_FOLDER) == 0)
        return vt_disk_list(walk->log, path, walk_entry, &below, err);
    return walk->each(walk->context, path, err);
}

bool vt_beside_list(struct vt_disk *log,
                    bool (*each)(void *context, const char *path, struct vt_error *err),
                    void *context, struct vt_error *err)
{
    struct walk top = { log, SHA256_FOLDER, each, context };
    struct vt_error why = { 0 };

    if (vt_disk_list(log, top.folder, walk_entry, &top, &why) || why.code == VT_ABSENT)
        return true;
    *err = why;
    return false;
}

/* ---- what is wanted ---------------------------------------------------------------------
 */

static void wanted_path(const vt_hash *digest, char out[WANTED_PATH_BYTES])
{
    char hex[65];

    vt_hash_text(digest, hex);
    (void)snprintf(out, WANTED_PATH_BYTES, WANTED_FOLDER "/%s", hex);
}

bool vt_beside_want(struct vt_disk *log, vt_slice entry, struct vt_error *err)
{
    VT_AUTO_BUF size = vt_buf_init(WANTED_BYTES_MAX);
    char path[VT_BESIDE_PATH_BYTES], wanted[WANTED_PATH_BYTES];
    struct vt_beside_name name;

    if (!vt_beside_read_name(entry, &name))
        return true;
    vt_beside_path(&name.digest, path);
    if (vt_disk_has(log, path))
        return true;
    wanted_path(&name.digest, wanted);
    vt_buf_printf(&size, "%ju\n", (uintmax_t)name.size);
    return vt_disk_write_lazily(log, wanted, vt_buf_slice(&size), 0644, err);
}

struct wanted_walk {
    struct vt_disk *log;
    bool (*each)(void *context, const struct vt_beside_name *name, struct vt_error *err);
    void *context;
};

/* What has no form was not written by us, and is passed over. */
static bool walk_wanted(void *context, const char *file, bool is_folder,
                        struct vt_error *err)
{
    const struct wanted_walk *walk = context;
    VT_AUTO_BUF text = vt_buf_init(WANTED_BYTES_MAX);
    struct vt_beside_name name;
    char path[WANTED_PATH_BYTES];

    if (is_folder || !vt_hash_parse_hex(vt_slice_from_cstr(file), &name.digest))
        return true;
    wanted_path(&name.digest, path);
    if (!vt_disk_read(walk->log, path, &text, err))
        return err->code != VT_IO; /* gone, or too long */
    if (text.len == 0 || text.data[text.len - 1] != '\n' ||
        !vt_decimal_parse(vt_slice_sub(vt_buf_slice(&text), 0, text.len - 1), &name.size) ||
        name.size == 0 || name.size > VT_BESIDE_BYTES_MAX)
        return true;
    return walk->each(walk->context, &name, err);
}

bool vt_beside_list_wanted(struct vt_disk *log,
                           bool (*each)(void *context, const struct vt_beside_name *name,
                                        struct vt_error *err),
                           void *context, struct vt_error *err)
{
    struct wanted_walk walk = { log, each, context };
    struct vt_error why = { 0 };

    if (vt_disk_list(log, WANTED_FOLDER, walk_wanted, &walk, &why) || why.code == VT_ABSENT)
        return true;
    *err = why;
    return false;
}

bool vt_beside_have(struct vt_disk *log, const vt_hash *digest, struct vt_error *err)
{
    char path[WANTED_PATH_BYTES];

    wanted_path(digest, path);
    return vt_disk_remove_lazily(log, path, err) || err->code == VT_ABSENT;
}
