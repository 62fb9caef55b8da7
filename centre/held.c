/* Copies of ledgers, judged before they are shown. */
#include "centre/held.h"
#include "ledger/checkpoint.h"
#include "ledger/shelf.h"
#include "ledger/walk.h"
#include "wire/note.h"

#define CHECKPOINT_NAME "checkpoint"

/* ---- judging ----------------------------------------------------------------------------
 */

/* The first line: whose log it says it is. */
static bool read_origin(vt_slice note, vt_slice *out, struct vt_error *err)
{
    vt_reader r = { note };

    return vt_read_line(&r, out) ||
           vt_fail(err, VT_MALFORMED, "its checkpoint is no signed note");
}

static bool check_tiles(struct vt_held *h, const struct vt_tlog_verdict *verdict,
                        struct vt_error *err)
{
    vt_hash root;

    if (!vt_prove_root(&h->source, verdict->size, &root, err))
        return vt_within(err, "its tiles");
    return vt_hash_equal(&root, &verdict->root) ||
           vt_fail(err, VT_REJECTED,
                   "its tiles do not have the root that was signed; vitrine ledger fsck "
                   "says where");
}

/* What we showed before must be its beginning. */
static bool check_growth(struct vt_held *h, const struct vt_tlog_verdict *verdict,
                         struct vt_error *err)
{
    struct vt_proof proof;

    if (h->checkpoint.len == 0 || h->verdict.size == 0)
        return true;
    if (verdict->size < h->verdict.size)
        return vt_fail(err, VT_REJECTED,
                       "the copy went back from %ju to %ju entries; what was shown stays",
                       (uintmax_t)h->verdict.size, (uintmax_t)verdict->size);
    if (!vt_prove_consistency(&h->source, h->verdict.size, verdict->size, &proof, err))
        return false;
    return vt_tree_verify_consistency(h->verdict.size, &h->verdict.root, verdict->size,
                                      &verdict->root, proof.hashes, proof.count) ||
           vt_fail(err, VT_REJECTED,
                   "the copy tells another history than the one that was shown: keep both, "
                   "and see vitrine ledger fork");
}

static bool judge(struct vt_held *h, vt_slice note, struct vt_error *err)
{
    struct vt_tlog_verdict verdict;
    vt_slice origin;

    return read_origin(note, &origin, err) &&
           vt_tlog_checkpoint_verify(note, &h->trust->policy, origin, &verdict, err) &&
           check_tiles(h, &verdict, err) && check_growth(h, &verdict, err);
}

/* A note that was judged; it cannot fail now. */
static void adopt(struct vt_held *h, vt_slice note)
{
    struct vt_error ignored = { 0 };

    vt_buf_truncate(&h->checkpoint, 0);
    vt_buf_put(&h->checkpoint, note);
    VT_ASSERT(read_origin(vt_buf_slice(&h->checkpoint), &h->origin, &ignored) &&
              vt_tlog_checkpoint_verify(vt_buf_slice(&h->checkpoint), &h->trust->policy,
                                        h->origin, &h->verdict, &ignored));
    if (h->prover == NULL)
        h->prover = vt_prover_new(&h->source, h->verdict.size);
    else
        vt_prover_grow(h->prover, h->verdict.size);
}

/* ---- opening and following --------------------------------------------------------------
 */

void vt_held_refresh(struct vt_held *h)
{
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_error trouble = { 0 };

    if (h->disk == NULL)
        return;
    if (vt_disk_read(h->disk, CHECKPOINT_NAME, &note, &trouble)) {
        if (vt_slice_equal(vt_buf_slice(&note), vt_buf_slice(&h->checkpoint)))
            trouble = (struct vt_error){ 0 };
        else if (judge(h, vt_buf_slice(&note), &trouble))
            adopt(h, vt_buf_slice(&note));
    }
    h->trouble = trouble;
}

void vt_held_open(struct vt_disk *above, const char *name, const struct vt_trust *trust,
                  struct vt_held *out)
{
    VT_AUTO_ARENA arena = vt_arena_new();

    *out = (struct vt_held){ .name = vt_strdup_slice(vt_slice_from_cstr(name)),
                             .trust = trust,
                             .checkpoint = vt_buf_init(VT_NOTE_BYTES_MAX) };
    if (!vt_disk_open(vt_arena_printf(arena, "%s/%s", vt_disk_path(above), name), false,
                      &out->disk, &out->trouble))
        return;
    out->source = vt_shelf_source(out->disk);
    vt_held_refresh(out);
}

void vt_held_close(struct vt_held *h)
{
    vt_prover_free(h->prover);
    vt_disk_close(h->disk);
    vt_buf_clear(&h->checkpoint);
    free(h->name);
    *h = (struct vt_held){ 0 };
}

bool vt_held_is_known(const struct vt_held *h)
{
    return h->checkpoint.len != 0;
}

/* ---- asking -----------------------------------------------------------------------------
 */

static bool prove(struct vt_held *h, uint64_t index, vt_slice entry, struct vt_proof *out,
                  struct vt_error *err)
{
    vt_hash leaf = vt_sha256_leaf(entry);

    if (!vt_prover_inclusion(h->prover, index, out, err))
        return false;
    if (vt_tree_verify_inclusion(&leaf, index, h->verdict.size, out->hashes, out->count,
                                 &h->verdict.root))
        return true;
    vt_prover_forget(h->prover); /* once the copy is mended, it is shown again */
    return vt_fail(err, VT_REJECTED,
                   "entry %ju: the copy's bytes are not those that were signed",
                   (uintmax_t)index);
}

static bool check_index(const struct vt_held *h, uint64_t index, struct vt_error *err)
{
    return (vt_held_is_known(h) && index < h->verdict.size) ||
           vt_fail(err, VT_ABSENT, "there is no entry %ju", (uintmax_t)index);
}

bool vt_held_read(struct vt_held *h, uint64_t index, struct vt_buf *out,
                  struct vt_error *err)
{
    size_t before = out->len;
    struct vt_proof ignored;

    if (!check_index(h, index, err) ||
        !vt_shelf_read_entry(h->disk, index, h->verdict.size, out, err))
        return false;
    if (prove(h, index, vt_slice_sub(vt_buf_slice(out), before, out->len - before),
              &ignored, err))
        return true;
    vt_buf_truncate(out, before);
    return false;
}

bool vt_held_walk(struct vt_held *h,
                  bool (*each)(void *context, uint64_t index, vt_slice entry,
                               struct vt_error *err),
                  void *context, struct vt_error *err)
{
    const struct vt_head head = { h->verdict.size, h->verdict.root };
    VT_AUTO_REMOTE remote =
        vt_remote_new(vt_disk_path(h->disk), &h->trust->policy, h->origin);

    return vt_remote_find(remote, err) &&
           vt_walk_entries(remote, &head, each, context, err);
}

bool vt_held_prove(struct vt_held *h, uint64_t index, struct vt_buf *out,
                   struct vt_error *err)
{
    VT_AUTO_BUF entry = vt_buf_init(VT_KIB(64));
    struct vt_tlog_proof proof = { .index = index,
                                   .checkpoint = vt_buf_slice(&h->checkpoint) };
    struct vt_proof path;

    if (!check_index(h, index, err) ||
        !vt_shelf_read_entry(h->disk, index, h->verdict.size, &entry, err) ||
        !prove(h, index, vt_buf_slice(&entry), &path, err))
        return false;
    memcpy(proof.hashes, path.hashes, sizeof proof.hashes);
    proof.hash_count = path.count;
    vt_tlog_proof_write(out, &proof);
    return vt_buf_check(out, "the proof", err);
}

bool vt_held_consistency(struct vt_held *h, uint64_t size, struct vt_proof *out,
                         struct vt_error *err)
{
    if (!vt_held_is_known(h) || size == 0 || size > h->verdict.size)
        return vt_fail(err, VT_ABSENT, "there is no tree of %ju entries", (uintmax_t)size);
    return vt_prove_consistency(&h->source, size, h->verdict.size, out, err);
}
