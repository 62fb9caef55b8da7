/* From durable entries to a checkpoint that everybody may see.  The order is the safety:
 * tiles durable, then signed, then witnessed, then visible. */
#include "crypto/verify_note.h"
#include "ledger/ledger_inside.h"
#include "ledger/shelf.h"

enum { TILES_AT_ONCE = 6, FILES_AT_ONCE = 16 };

/* ---- tiles of this very size ------------------------------------------------------------
 */

/* The open tile of one level, unless the last checkpoint had it as it is now. */
static bool write_partial(struct vt_ledger *ledger, int level, struct vt_error *err)
{
    uint64_t size = ledger->tree.size;
    uint64_t index = vt_tile_level_size(level, size) / VT_TILE_WIDTH;
    struct vt_tile_name name = { level, index, vt_tile_width(level, index, size) };

    if (name.width == 0 ||
        vt_tile_width(level, index, ledger->published_head.size) == name.width)
        return true;
    if (level == VT_TILE_ENTRIES)
        return vt_shelf_write_bundle(ledger->disk, &name, vt_buf_slice(&ledger->bundle),
                                     err);
    return vt_shelf_write_tile(ledger->disk, &name, ledger->tree.levels[level], err);
}

/* The tile that was open at `then` entries may have become full. */
static void note_full(struct vt_ledger *ledger, int level, uint64_t then)
{
    uint64_t index = vt_tile_level_size(level, then) / VT_TILE_WIDTH;

    if (vt_tile_width(level, index, ledger->tree.size) < VT_TILE_WIDTH)
        return;
    for (size_t i = 0; i < ledger->collecting_count; i++)
        if (ledger->collecting[i].level == level && ledger->collecting[i].index == index)
            return;
    if (ledger->collecting_count < VT_COLLECTING_MAX) /* else they stay: no harm */
        ledger->collecting[ledger->collecting_count++] =
            (struct vt_tile_name){ level, index, VT_TILE_WIDTH };
}

/* Remove some partial versions; the tiles that waited longest come first. */
static bool collect_some(struct vt_ledger *ledger, struct vt_error *err)
{
    for (size_t tiles = 0; tiles < TILES_AT_ONCE && ledger->collecting_count > 0; tiles++) {
        const struct vt_tile_name *tile = &ledger->collecting[0];
        bool is_done;

        if (!vt_shelf_collect(ledger->disk, tile->level, tile->index, FILES_AT_ONCE,
                              &is_done, err))
            return false;
        if (!is_done)
            return true;
        ledger->collecting_count--;
        memmove(ledger->collecting, ledger->collecting + 1,
                ledger->collecting_count * sizeof ledger->collecting[0]);
    }
    return true;
}

void vt_ledger_collect_rest(struct vt_ledger *ledger)
{
    struct vt_error ignored = { 0 };
    bool is_done;

    for (size_t i = 0; i < ledger->collecting_count && !ledger->is_broken; i++)
        if (!vt_shelf_collect(ledger->disk, ledger->collecting[i].level,
                              ledger->collecting[i].index, VT_TILE_WIDTH, &is_done,
                              &ignored))
            return; /* they stay: no harm */
}

static bool store_tiles(struct vt_ledger *ledger, struct vt_error *err)
{
    for (int level = VT_TILE_ENTRIES; level < VT_TILE_LEVELS; level++)
        if (!write_partial(ledger, level, err))
            return false;
    if (!vt_disk_flush(ledger->disk, err))
        return false;
    /* The full ones are durable now, so these are not needed any more.  It is done before
     * the checkpoint: after a crash the same ones are collected again. */
    for (int level = VT_TILE_ENTRIES; level < VT_TILE_LEVELS; level++) {
        note_full(ledger, level, ledger->published_head.size);
        note_full(ledger, level, ledger->tiled_size);
    }
    ledger->tiled_size = ledger->tree.size;
    return collect_some(ledger, err);
}

/* ---- signatures -------------------------------------------------------------------------
 */

static bool ask_signer(struct vt_ledger *ledger, struct vt_error *err)
{
    struct vt_head head = { ledger->tree.size, vt_tree_root(&ledger->tree) };
    struct vt_head last = vt_signer_head(ledger->signer);
    struct vt_tile_source source = vt_ledger_source(ledger);
    struct vt_proof proof = { .count = 0 };

    /* A signer that is ahead of us refuses, and says so better than we could. */
    if (last.size < head.size &&
        !vt_prove_consistency(&source, last.size, head.size, &proof, err))
        return false;
    return vt_signer_ask(ledger->signer, &head, proof.hashes, proof.count, err);
}

/* ---- visible ----------------------------------------------------------------------------
 */

/* While keys are changed, what is shown bears the next key's signature too. */
static bool bears_next(const struct vt_ledger *ledger, vt_slice bytes)
{
    struct vt_note_finding finding;
    struct vt_error ignored = { 0 };
    struct vt_note note;
    struct vt_vkey next;

    return ledger->config.next.len == 0 ||
           (vt_note_parse(bytes, &note, &ignored) &&
            vt_vkey_parse(ledger->config.next, &next, &ignored) &&
            vt_note_verify(&note, &next, 1, &finding, &ignored) && finding.is_signed);
}

/* Is the visible checkpoint already the one of this tree? */
static bool is_current(const struct vt_ledger *ledger)
{
    return ledger->published.len != 0 && ledger->published_head.size == ledger->tree.size &&
           bears_next(ledger, vt_buf_slice(&ledger->published));
}

/* Of the tree that was begun: it may have grown since. */
static bool show(struct vt_ledger *ledger, vt_slice note, struct vt_error *err)
{
    if (!vt_disk_write(ledger->disk, VT_CHECKPOINT_NAME, note, 0644, err))
        return false;
    vt_buf_truncate(&ledger->published, 0);
    vt_buf_put(&ledger->published, note);
    ledger->published_head = ledger->begun;
    ledger->begun = (struct vt_head){ 0 };
    return vt_buf_check(&ledger->published, "the checkpoint", err);
}

/* ---- witnesses --------------------------------------------------------------------------
 */

static bool prove_growth(void *context, uint64_t old_size, uint64_t size,
                         struct vt_proof *out, struct vt_error *err)
{
    struct vt_tile_source source = vt_ledger_source(context);

    return vt_prove_consistency(&source, old_size, size, out, err);
}

/* `signed_note` with the cosignatures that the policy wants goes to note. */
static bool ask_witnesses(struct vt_ledger *ledger, const struct vt_buf *signed_note,
                          struct vt_buf *note, struct vt_error *err)
{
    struct vt_witness_report reports[VT_POLICY_WITNESSES_MAX];
    struct vt_witness_asking asking = { .note = vt_buf_slice(signed_note),
                                        .hint_size = ledger->published_head.size,
                                        .prove = prove_growth,
                                        .context = ledger,
                                        .shelf = ledger->disk };

    if (ledger->witnesses != NULL)
        return vt_witness_client_ask(ledger->witnesses, &asking, note, reports, err);
    vt_buf_put(note, vt_buf_slice(signed_note));
    return vt_buf_check(note, "the checkpoint", err);
}

/* What we show must be what was signed, and satisfy what we ask of others. */
static bool check_note(const struct vt_ledger *ledger, vt_slice note, struct vt_error *err)
{
    struct vt_tlog_verdict verdict;
    struct vt_checkpoint checkpoint;
    struct vt_note parsed;

    if (!vt_note_parse(note, &parsed, err) ||
        !vt_checkpoint_parse(parsed.text, &checkpoint, err))
        return false;
    if (checkpoint.size != ledger->begun.size ||
        !vt_hash_equal(&checkpoint.root, &ledger->begun.root))
        return vt_fail(err, VT_REJECTED,
                       "the cosigned checkpoint is not the one that was "
                       "signed here last");
    return ledger->policy == NULL ||
           vt_tlog_checkpoint_verify(note, ledger->policy, ledger->config.origin, &verdict,
                                     err);
}

/* ---- all of it
 * --------------------------------------------------------------------------- */

bool vt_ledger_publish_begin(struct vt_ledger *ledger, bool *is_begun_out,
                             struct vt_error *err)
{
    bool is_needed;

    if (!vt_ledger_commit(ledger, err))
        return false;
    if (ledger->signer == NULL)
        return vt_fail(err, VT_REJECTED, "%s: nothing can be published without the signer",
                       vt_disk_path(ledger->disk));
    is_needed = !is_current(ledger);
    if (is_needed && (!store_tiles(ledger, err) || !ask_signer(ledger, err))) {
        ledger->is_broken = err->code == VT_IO;
        return false;
    }
    if (is_needed)
        ledger->begun = (struct vt_head){ ledger->tree.size, vt_tree_root(&ledger->tree) };
    *is_begun_out = is_needed;
    return true;
}

bool vt_ledger_publish_sign(struct vt_ledger *ledger, struct vt_buf *note_out,
                            struct vt_error *err)
{
    if (!vt_ledger_is_usable(ledger, err))
        return false;
    if (vt_signer_take(ledger->signer, note_out, err))
        return true;
    ledger->is_broken = err->code == VT_IO;
    return false;
}

bool vt_ledger_publish_end(struct vt_ledger *ledger, vt_slice note, struct vt_error *err)
{
    if (!vt_ledger_is_usable(ledger, err) || !check_note(ledger, note, err))
        return false;
    if (!bears_next(ledger, note))
        return vt_fail(err, VT_REJECTED,
                       "%s: keys are being changed, but the next key has not signed; start "
                       "rotate-key again with --new-key",
                       vt_disk_path(ledger->disk));
    ledger->is_broken = !show(ledger, note, err);
    return !ledger->is_broken;
}

bool vt_ledger_prove_growth(struct vt_ledger *ledger, uint64_t old_size, uint64_t size,
                            struct vt_proof *out, struct vt_error *err)
{
    return prove_growth(ledger, old_size, size, out, err);
}

bool vt_ledger_publish(struct vt_ledger *ledger, struct vt_buf *checkpoint_out,
                       struct vt_error *err)
{
    VT_AUTO_BUF signed_note = vt_buf_init(VT_NOTE_BYTES_MAX);
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    bool is_begun;

    if (!vt_ledger_publish_begin(ledger, &is_begun, err))
        return false;
    /* Trouble with the network is no trouble with the ledger. */
    if (is_begun && (!vt_ledger_publish_sign(ledger, &signed_note, err) ||
                     !ask_witnesses(ledger, &signed_note, &note, err) ||
                     !vt_ledger_publish_end(ledger, vt_buf_slice(&note), err)))
        return false;
    return checkpoint_out == NULL || vt_ledger_checkpoint(ledger, checkpoint_out, err);
}
