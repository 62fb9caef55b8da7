/* From submission to durability.  The journal's fdatasync is the point: before it nothing
 * is acknowledged, after it nothing can be lost.  Tiles follow behind it, lazily. */
#include "crypto/verify_note.h"
#include "ledger/beside.h"
#include "ledger/ledger_inside.h"
#include "ledger/shelf.h"

/* An entry of the largest size must still fit behind this. */
#define BATCH_FULL_BYTES (VT_BATCH_BYTES_MAX - VT_KIB(64))

bool vt_ledger_is_usable(const struct vt_ledger *ledger, struct vt_error *err)
{
    if (ledger->is_broken)
        return vt_fail(
            err, VT_IO,
            "%s: an earlier write failed, so its state is unknown; open it again",
            vt_disk_path(ledger->disk));
    return true;
}

/* ---- behind the journal: the tree and its files ----------------------------------------
 */

static bool take_full_tile(void *context, int level, uint64_t index, const vt_hash *hashes,
                           struct vt_error *err)
{
    struct vt_ledger *ledger = context;
    struct vt_tile_name tile = { level, index, VT_TILE_WIDTH };
    struct vt_tile_name bundle = { VT_TILE_ENTRIES, index, VT_TILE_WIDTH };

    if (level == 0) {
        if (!vt_shelf_write_bundle(ledger->disk, &bundle, vt_buf_slice(&ledger->bundle),
                                   err))
            return false;
        vt_buf_truncate(&ledger->bundle, 0);
    }
    return vt_shelf_write_tile(ledger->disk, &tile, hashes, err);
}

bool vt_ledger_apply(struct vt_ledger *ledger, vt_slice entry, const vt_hash *leaf,
                     struct vt_error *err)
{
    struct vt_tile_sink sink = { take_full_tile, ledger };

    vt_bundle_put(&ledger->bundle, entry);
    return vt_tree_append(&ledger->tree, leaf, &sink, err);
}

/* ---- the batch --------------------------------------------------------------------------
 */

/* All entries below are in full tiles. */
static uint64_t stored_size(const struct vt_ledger *ledger)
{
    return ledger->tree.size / VT_TILE_WIDTH * VT_TILE_WIDTH;
}

/* For the signer's head, hash tiles, runs of the index, folders. */
#define ROOM_BESIDE VT_KIB(512)

bool vt_ledger_has_room(const struct vt_ledger *ledger, uint64_t bytes)
{
    struct vt_error ignored = { 0 };
    uint64_t free_bytes;

    if (!vt_disk_free_bytes(ledger->disk, &free_bytes, &ignored))
        return true; /* nobody knows: the writes will say */
    /* The journal; full and partial bundles; and what is open already once more, when it
     * is published. */
    return free_bytes >= ROOM_BESIDE + ledger->bundle.len + 2 * bytes +
                             vt_journal_growth(ledger->journal, stored_size(ledger), bytes);
}

static bool append_batch(struct vt_ledger *ledger, struct vt_error *err)
{
    if (!vt_journal_has_room(ledger->journal, &ledger->batch) &&
        (!vt_disk_flush(ledger->disk, err) ||
         !vt_journal_turn(ledger->journal, stored_size(ledger), &ledger->batch, err)))
        return false;
    return vt_journal_append(ledger->journal, &ledger->batch, err);
}

static bool apply_batch(struct vt_ledger *ledger, struct vt_error *err)
{
    vt_reader r = { vt_batch_bundle(&ledger->batch) };
    size_t count = ledger->batch.count;
    vt_slice entry;

    for (size_t i = 0; i < count && vt_bundle_read(&r, &entry); i++)
        if (!vt_ledger_apply(ledger, entry, &ledger->batch.leaves[i], err))
            return false;
    vt_batch_restart(&ledger->batch, ledger->tree.size);
    return vt_dedup_work(ledger->dedup, stored_size(ledger), count, err);
}

bool vt_ledger_commit(struct vt_ledger *ledger, struct vt_error *err)
{
    if (!vt_ledger_is_usable(ledger, err))
        return false;
    if (ledger->batch.count == 0)
        return true;
    ledger->is_broken = !append_batch(ledger, err) || !apply_batch(ledger, err);
    return !ledger->is_broken;
}

/* ---- submissions ------------------------------------------------------------------------
 */

/* The first entry of a log that continues another one: that one's last checkpoint. */
static bool check_first(const struct vt_ledger *ledger, vt_slice entry,
                        struct vt_error *err)
{
    struct vt_note_finding finding = { 0 };
    struct vt_checkpoint checkpoint;
    struct vt_vkey vkey;
    struct vt_note note;

    if (vt_vkey_parse(ledger->config.predecessor, &vkey, err) &&
        vt_note_parse(entry, &note, err) &&
        vt_note_verify(&note, &vkey, 1, &finding, err) && finding.is_signed &&
        vt_checkpoint_parse(note.text, &checkpoint, err) &&
        vt_slice_equal(checkpoint.origin, vkey.name))
        return true;
    return vt_fail(err, VT_MALFORMED,
                   "the first entry of this ledger must be the last checkpoint of %.*s",
                   VT_SLICE_ARGS(ledger->config.predecessor));
}

static bool check_entry(const struct vt_ledger *ledger, vt_slice entry,
                        struct vt_error *err)
{
    VT_AUTO_DSSE envelope = { .signature_count = 0 };
    bool is_first = ledger->batch.first + ledger->batch.count == 0;

    if (entry.len == 0 || entry.len > VT_ENTRY_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "an entry has 1 to %d bytes, this one has %zu",
                       VT_ENTRY_BYTES_MAX, entry.len);
    if (is_first && ledger->config.predecessor.len != 0)
        return check_first(ledger, entry, err);
    if (ledger->config.entries == VT_LEDGER_PUBLIC &&
        !vt_dsse_parse_canonical(entry, &envelope, err))
        return vt_within(err, "this ledger takes signed envelopes in canonical form only");
    return true;
}

/* Has it the form of this ledger's use, and is its number the index that it gets?  The
 * first entry of a log that continues another one is a checkpoint. */
static bool check_use(const struct vt_ledger *ledger, vt_slice entry, bool is_known,
                      struct vt_error *err)
{
    uint64_t index = ledger->batch.first + ledger->batch.count;

    return ledger->config.use == VT_USE_NONE || is_known ||
           (index == 0 && ledger->config.predecessor.len != 0) ||
           vt_use_admits(ledger->config.use, entry, index, err);
}

/* Without its place: that is judged when it is submitted. */
static bool check_form(const struct vt_ledger *ledger, vt_slice entry, struct vt_error *err)
{
    uint64_t ignored;

    return check_entry(ledger, entry, err) &&
           (ledger->config.use == VT_USE_NONE ||
            vt_use_read(ledger->config.use, entry, &ignored, err));
}

bool vt_ledger_keep_beside(struct vt_ledger *ledger, vt_slice entry, vt_slice bytes,
                           struct vt_error *err)
{
    struct vt_beside_name name;

    if (!vt_ledger_is_usable(ledger, err) || !check_form(ledger, entry, err))
        return false;
    if (!vt_beside_read_name(entry, &name))
        return vt_fail(err, VT_REJECTED,
                       "the entry's predicate names no bytes by sha256 and size");
    return vt_beside_keep(ledger->disk, &name, bytes, err);
}

bool vt_ledger_beside_begin(struct vt_ledger *ledger, const vt_hash *digest,
                            struct vt_beside_draft **draft_out, struct vt_error *err)
{
    return vt_ledger_is_usable(ledger, err) &&
           vt_beside_draft_begin(ledger->disk, digest, draft_out, err);
}

bool vt_ledger_submit(struct vt_ledger *ledger, vt_slice entry, vt_ticket *out,
                      struct vt_error *err)
{
    vt_hash leaf;
    vt_ticket ticket = { 0 };

    if (!vt_ledger_is_usable(ledger, err) || !check_entry(ledger, entry, err))
        return false;
    leaf = vt_sha256_leaf(entry);
    if (!vt_dedup_find(ledger->dedup, &leaf, &ticket.is_known, &ticket.index, err))
        return false;
    if (!check_use(ledger, entry, ticket.is_known, err))
        return false;
    if (!ticket.is_known) {
        if (ledger->batch.bytes.len > BATCH_FULL_BYTES && !vt_ledger_commit(ledger, err))
            return false;
        ticket.index = ledger->batch.first + ledger->batch.count;
        vt_dedup_add(ledger->dedup, &leaf);
        vt_batch_put(&ledger->batch, entry, &leaf);
    }
    *out = ticket;
    return true;
}

bool vt_ledger_wait(struct vt_ledger *ledger, vt_ticket ticket, uint64_t *index_out,
                    struct vt_error *err)
{
    if (!vt_ledger_is_usable(ledger, err))
        return false;
    if (ticket.index >= ledger->tree.size && !vt_ledger_commit(ledger, err))
        return false;
    VT_ASSERT(ticket.index < ledger->tree.size); /* else it is another ledger's ticket */
    if (index_out != NULL)
        *index_out = ticket.index;
    return true;
}
