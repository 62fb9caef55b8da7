/* Wishes that were heard, and the old entries once more for those that were not. */
#include "ledger/watched.h"
#include "crypto/sha256.h"
#include "crypto/verify_note.h"
#include "ledger/checkpoint.h"
#include "ledger/shelf.h"
#include "wire/hex.h"

enum { WATCHED_BYTES_MAX = VT_KIB(32) };

/* ---- the file ---------------------------------------------------------------------------
 */

static void put_key(struct vt_buf *out, const struct vt_public_key *key)
{
    struct vt_key_id id = vt_public_key_id(key);

    vt_buf_printf(out, "key %s\n", id.text);
}

static void put_text(struct vt_buf *out, vt_slice text)
{
    vt_hash digest = vt_sha256_of(text);
    char hex[VT_HEX256_BYTES];

    vt_hash_text(&digest, hex);
    vt_buf_printf(out, "text %s\n", hex);
}

static void put_use(struct vt_buf *out, enum vt_ledger_use use)
{
    if (use != VT_USE_NONE)
        vt_buf_printf(out, "use %s\n", vt_use_name(use));
}

static void put_wishes(struct vt_buf *out, const struct vt_wishes *wishes)
{
    for (size_t i = 0; i < wishes->watch.key_count; i++)
        put_key(out, &wishes->watch.keys[i]);
    for (size_t i = 0; i < wishes->watch.text_count; i++)
        put_text(out, wishes->watch.texts[i]);
    put_use(out, wishes->use);
}

/* Does the file hold this line?  The line is emptied. */
static bool take_line(vt_slice file, struct vt_buf *line)
{
    vt_reader r = { file };
    vt_slice wanted = vt_slice_of(line->data, line->len - 1), found;
    bool is_there = false;

    while (!is_there && vt_read_until(&r, '\n', &found))
        is_there = vt_slice_equal(found, wanted);
    vt_buf_truncate(line, 0);
    return is_there;
}

static void pick_news(vt_slice file, const struct vt_wishes *wishes, struct vt_wishes *out)
{
    VT_AUTO_BUF line = vt_buf_init(VT_KIB(1));

    *out = (struct vt_wishes){ .use = VT_USE_NONE };
    for (size_t i = 0; i < wishes->watch.key_count; i++) {
        put_key(&line, &wishes->watch.keys[i]);
        if (!take_line(file, &line))
            out->watch.keys[out->watch.key_count++] = wishes->watch.keys[i];
    }
    for (size_t i = 0; i < wishes->watch.text_count; i++) {
        put_text(&line, wishes->watch.texts[i]);
        if (!take_line(file, &line))
            out->watch.texts[out->watch.text_count++] = wishes->watch.texts[i];
    }
    put_use(&line, wishes->use);
    if (line.len != 0 && !take_line(file, &line))
        out->use = wishes->use;
}

bool vt_watched_news(struct vt_disk *disk, const char *file, const struct vt_wishes *wishes,
                     struct vt_wishes *news_out, bool *is_any_out, struct vt_error *err)
{
    VT_AUTO_BUF known = vt_buf_init(WATCHED_BYTES_MAX);
    VT_AUTO_BUF wanted = vt_buf_init(WATCHED_BYTES_MAX);
    struct vt_error why = { 0 };

    if (!vt_disk_read(disk, file, &known, &why) && why.code == VT_IO) {
        *err = why;
        return false;
    }
    put_wishes(&wanted, wishes);
    pick_news(vt_buf_slice(&known), wishes, news_out);
    *is_any_out = !vt_slice_equal(vt_buf_slice(&known), vt_buf_slice(&wanted));
    return true;
}

bool vt_watched_keep(struct vt_disk *disk, const char *file, const struct vt_wishes *wishes,
                     struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(WATCHED_BYTES_MAX);

    put_wishes(&text, wishes);
    return vt_buf_check(&text, file, err) &&
           vt_disk_write(disk, file, vt_buf_slice(&text), 0644, err);
}

/* ---- the copy ---------------------------------------------------------------------------
 */

bool vt_watched_size(struct vt_disk *copy, uint64_t *size_out, struct vt_error *err)
{
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_checkpoint checkpoint = { .size = 0 };
    struct vt_error why = { 0 };
    struct vt_note parsed;

    if (!vt_disk_read(copy, "checkpoint", &note, &why)) {
        *size_out = 0;
        *err = why.code == VT_ABSENT ? *err : why;
        return why.code == VT_ABSENT;
    }
    if (!vt_note_parse(vt_buf_slice(&note), &parsed, err) ||
        !vt_checkpoint_parse(parsed.text, &checkpoint, err))
        return vt_within(err, "%s/checkpoint", vt_disk_path(copy));
    *size_out = checkpoint.size;
    return true;
}

static bool read_bundle(struct vt_disk *copy, const struct vt_tile_name *bundle,
                        struct vt_buf *out, struct vt_error *err)
{
    struct vt_tile_name tile = { 0, bundle->index, bundle->width };
    vt_hash wanted[VT_TILE_WIDTH], leaves[VT_TILE_WIDTH];
    char path[VT_TILE_PATH_BYTES];

    vt_tile_path(bundle, path);
    if (!vt_shelf_read_tile(copy, &tile, wanted, err) ||
        !vt_shelf_read_bundle(copy, bundle, out, err))
        return vt_within(err, "%s", vt_disk_path(copy));
    return (vt_bundle_leaves(vt_buf_slice(out), bundle->width, leaves) &&
            memcmp(leaves, wanted, bundle->width * sizeof *leaves) == 0) ||
           vt_fail(err, VT_REJECTED, "%s/%s: is not what was kept; scrub it",
                   vt_disk_path(copy), path);
}

bool vt_watched_read(struct vt_disk *copy, uint64_t from, uint64_t size,
                     bool (*each)(void *context, uint64_t index, vt_slice entry,
                                  struct vt_error *err),
                     void *context, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    struct vt_tile_name name = { VT_TILE_ENTRIES, 0, 0 };

    if (!vt_shelf_skip_pruned(copy, from, &from, err))
        return false;
    name.index = from / VT_TILE_WIDTH;
    for (uint64_t index = from - from % VT_TILE_WIDTH; index < size; name.index++) {
        vt_reader r;
        vt_slice entry;

        name.width = vt_tile_width(0, name.index, size);
        if (!read_bundle(copy, &name, &bytes, err))
            return false;
        for (r.rest = vt_buf_slice(&bytes); vt_bundle_read(&r, &entry); index++)
            if (index >= from && !each(context, index, entry, err))
                return false;
    }
    return true;
}
