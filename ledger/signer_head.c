/* The signer's memory.  The head's file is the checkpoint's text and one extension line
 * with a check over it; it is replaced whole, before anything is signed. */
#include "ledger/signer_head.h"
#include "ledger/checkpoint.h"
#include "ledger/frozen.h"

#define HEAD_NAME "head"
#define NEXT_NAME "next" /* a line: where the next key is */

/* The file's bytes: body, then "check HEX\n". */
static void write_head_file(vt_slice origin, const struct vt_head *head, struct vt_buf *out)
{
    struct vt_checkpoint checkpoint = { origin, head->size, head->root, { 0 } };
    char hex[65];
    vt_hash check;

    vt_checkpoint_write(out, &checkpoint);
    check = vt_sha256_of(vt_buf_slice(out));
    vt_hash_text(&check, hex);
    vt_buf_printf(out, "check %s\n", hex);
}

static bool store_head(struct vt_disk *disk, vt_slice origin, const struct vt_head *head,
                       struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(64));

    write_head_file(origin, head, &bytes);
    return vt_buf_check(&bytes, "the signer's head", err) &&
           vt_disk_write(disk, HEAD_NAME, vt_buf_slice(&bytes), 0600, err);
}

const char *vt_signer_folder(struct vt_arena *arena, const char *dir)
{
    return vt_arena_printf(arena, "%s/" VT_SIGNER_FOLDER, dir);
}

static bool read_head(struct vt_disk *disk, vt_slice origin, struct vt_head *out,
                      struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(64)), again = vt_buf_init(VT_KIB(64));
    struct vt_checkpoint checkpoint;

    if (!vt_disk_read(disk, HEAD_NAME, &bytes, err)) {
        if (err->code != VT_ABSENT)
            return false;
        return vt_fail(err, VT_REJECTED,
                       "%s/" HEAD_NAME " is missing: the signer does not know what it "
                       "signed last; restore it from a copy",
                       vt_disk_path(disk));
    }
    if (vt_checkpoint_parse(vt_buf_slice(&bytes), &checkpoint, err)) {
        *out = (struct vt_head){ checkpoint.size, checkpoint.root };
        write_head_file(origin, out, &again);
        if (vt_slice_equal(vt_buf_slice(&bytes), vt_buf_slice(&again)))
            return true;
    }
    return vt_fail(err, VT_REJECTED,
                   "%s/" HEAD_NAME " is damaged or another log's; restore it from a copy",
                   vt_disk_path(disk));
}

bool vt_signer_init(const char *dir, vt_slice origin, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_head empty = { 0, vt_tree_empty_root }, there;
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(vt_signer_folder(arena, dir), true, &disk, err))
        return false;
    if (!vt_disk_has(disk, HEAD_NAME))
        is_ok = store_head(disk, origin, &empty, err);
    else if (read_head(disk, origin, &there, err))
        is_ok = there.size == 0 || vt_fail(err, VT_REJECTED,
                                           "%s: has signed before; it is not for a new "
                                           "ledger",
                                           vt_disk_path(disk));
    else
        is_ok = false;
    vt_disk_close(disk);
    return is_ok;
}

bool vt_signer_head_verify(const char *dir, vt_slice origin, uint64_t size,
                           uint64_t *signed_out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_disk *disk;
    struct vt_head head;
    bool is_ok;

    if (!vt_disk_open(vt_signer_folder(arena, dir), false, &disk, err))
        return false;
    is_ok = read_head(disk, origin, &head, err) &&
            (head.size >= size ||
             vt_fail(err, VT_REJECTED,
                     "%s/" HEAD_NAME " is of %ju entries, but %ju were signed for: restore "
                     "the newest copy",
                     vt_disk_path(disk), (uintmax_t)head.size, (uintmax_t)size));
    vt_disk_close(disk);
    if (is_ok)
        *signed_out = head.size;
    return is_ok;
}

void vt_signer_forget(const char *dir, vt_slice origin)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *folder = vt_signer_folder(arena, dir);
    struct vt_error ignored = { 0 };
    struct vt_head head;
    struct vt_disk *disk;
    bool is_empty;

    if (!vt_disk_open(folder, false, &disk, &ignored))
        return;
    is_empty = !vt_disk_has(disk, HEAD_NAME) ||
               (read_head(disk, origin, &head, &ignored) && head.size == 0 &&
                vt_disk_remove(disk, HEAD_NAME, &ignored));
    vt_disk_close(disk);
    if (is_empty)
        vt_disk_abandon(folder);
}

/* ---- the next key ---------------------------------------------------------------------
 */

enum { PLACE_BYTES_MAX = 4096 };

static bool set_next(struct vt_disk *disk, const char *where, struct vt_error *err)
{
    VT_AUTO_BUF line = vt_buf_init(PLACE_BYTES_MAX);

    if (where == NULL)
        return vt_disk_remove(disk, NEXT_NAME, err) || err->code == VT_ABSENT;
    vt_buf_printf(&line, "%s\n", where);
    return vt_buf_check(&line, "the key's place", err) &&
           vt_disk_write(disk, NEXT_NAME, vt_buf_slice(&line), 0600, err);
}

bool vt_signer_next_set(const char *dir, const char *where, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(vt_signer_folder(arena, dir), false, &disk, err))
        return false;
    is_ok = vt_disk_lock(disk, err) && (where == NULL || vt_frozen_refuse(disk, err)) &&
            set_next(disk, where, err);
    vt_disk_close(disk);
    return is_ok;
}

bool vt_signer_next_read(struct vt_disk *disk, struct vt_arena *arena,
                         const char **where_out, struct vt_error *err)
{
    VT_AUTO_BUF line = vt_buf_init(PLACE_BYTES_MAX);

    *where_out = NULL;
    if (!vt_disk_read(disk, NEXT_NAME, &line, err))
        return err->code == VT_ABSENT;
    if (line.len < 2 || memchr(line.data, '\n', line.len) != line.data + line.len - 1)
        return vt_fail(err, VT_MALFORMED, "%s/" NEXT_NAME ": is not one line",
                       vt_disk_path(disk));
    *where_out = vt_arena_cstr(arena, vt_slice_sub(vt_buf_slice(&line), 0, line.len - 1));
    return true;
}

/* ---- the state ------------------------------------------------------------------------
 */

bool vt_signer_state_open(const char *folder, vt_slice origin, struct vt_signer_state *out,
                          struct vt_error *err)
{
    struct vt_signer_state state = { .origin = origin };

    if (!vt_disk_open(folder, false, &state.disk, err))
        return false;
    if (!vt_disk_lock(state.disk, err) || !vt_frozen_refuse(state.disk, err) ||
        !read_head(state.disk, origin, &state.head, err)) {
        vt_disk_close(state.disk);
        return false;
    }
    *out = state;
    return true;
}

void vt_signer_state_close(struct vt_signer_state *state)
{
    vt_disk_close(state->disk);
    state->disk = NULL;
}

/* The one rule: nothing that was signed is taken back. */
static bool check_growth(const struct vt_head *last, const struct vt_head *next,
                         const vt_hash *proof, size_t count, struct vt_error *err)
{
    if (next->size < last->size)
        return vt_fail(err, VT_REJECTED,
                       "a tree of %ju entries was signed, so none of %ju will be: was the "
                       "ledger restored from an old copy?",
                       (uintmax_t)last->size, (uintmax_t)next->size);
    if (last->size == 0 || next->size == last->size) {
        const vt_hash *root = next->size == 0 ? &vt_tree_empty_root : &last->root;

        if (count == 0 && (next->size != last->size || vt_hash_equal(&next->root, root)))
            return true;
    } else if (vt_tree_verify_consistency(last->size, &last->root, next->size, &next->root,
                                          proof, count)) {
        return true;
    }
    return vt_fail(err, VT_REJECTED,
                   "the tree of %ju entries does not continue the one of %ju that was "
                   "signed",
                   (uintmax_t)next->size, (uintmax_t)last->size);
}

bool vt_signer_state_advance(struct vt_signer_state *state, const struct vt_head *head,
                             const vt_hash *proof, size_t count, struct vt_buf *body_out,
                             struct vt_error *err)
{
    struct vt_checkpoint checkpoint = { state->origin, head->size, head->root, { 0 } };

    if (count > VT_PROOF_HASHES_MAX)
        return vt_fail(err, VT_REJECTED, "a proof of %zu hashes", count);
    if (!check_growth(&state->head, head, proof, count, err))
        return false;
    if (head->size != state->head.size &&
        !store_head(state->disk, state->origin, head, err))
        return false;
    state->head = *head;
    vt_checkpoint_write(body_out, &checkpoint);
    return vt_buf_check(body_out, "the checkpoint", err);
}
