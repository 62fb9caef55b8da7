/* What the sequencer's process can be asked: entries, proofs, where something is. */
#include "ledger/ledger_inside.h"
#include "ledger/shelf.h"

uint64_t vt_ledger_size(const struct vt_ledger *ledger)
{
    return ledger->tree.size;
}

uint64_t vt_ledger_published_size(const struct vt_ledger *ledger)
{
    return ledger->published_head.size;
}

static bool read_tile(void *context, const struct vt_tile_name *tile, vt_hash *hashes_out,
                      struct vt_error *err)
{
    struct vt_ledger *ledger = context;
    uint64_t open_tile = vt_tile_level_size(tile->level, ledger->tree.size) / VT_TILE_WIDTH;

    if (tile->index != open_tile || tile->width > vt_tree_width(&ledger->tree, tile->level))
        return vt_shelf_read_tile(ledger->disk, tile, hashes_out, err);
    memcpy(hashes_out, ledger->tree.levels[tile->level], tile->width * sizeof *hashes_out);
    return true;
}

struct vt_tile_source vt_ledger_source(struct vt_ledger *ledger)
{
    return (struct vt_tile_source){ read_tile, ledger };
}

bool vt_ledger_find(struct vt_ledger *ledger, vt_slice entry, uint64_t *index_out,
                    struct vt_error *err)
{
    vt_hash leaf = vt_sha256_leaf(entry);
    bool is_found;
    uint64_t index;

    if (!vt_dedup_find(ledger->dedup, &leaf, &is_found, &index, err))
        return false;
    if (!is_found || index >= ledger->tree.size)
        return vt_fail(err, VT_ABSENT, "no entry with these bytes is in the ledger");
    *index_out = index;
    return true;
}

bool vt_ledger_read(struct vt_ledger *ledger, uint64_t index, struct vt_buf *entry_out,
                    struct vt_error *err)
{
    uint64_t in_files = ledger->tree.size / VT_TILE_WIDTH * VT_TILE_WIDTH;
    vt_reader r = { vt_buf_slice(&ledger->bundle) };
    vt_slice entry = { 0 };

    if (index >= ledger->tree.size)
        return vt_fail(err, VT_ABSENT, "there is no entry %ju, the ledger has %ju",
                       (uintmax_t)index, (uintmax_t)ledger->tree.size);
    if (index < in_files)
        return vt_shelf_read_entry(ledger->disk, index, in_files, entry_out, err);
    for (uint64_t i = in_files; i <= index; i++)
        VT_ASSERT(vt_bundle_read(&r, &entry));
    vt_buf_put(entry_out, entry);
    return vt_buf_check(entry_out, "the entry", err);
}

bool vt_ledger_checkpoint(struct vt_ledger *ledger, struct vt_buf *note_out,
                          struct vt_error *err)
{
    if (ledger->published.len == 0)
        return vt_fail(err, VT_ABSENT, "%s: nothing was published yet",
                       vt_disk_path(ledger->disk));
    vt_buf_put(note_out, vt_buf_slice(&ledger->published));
    return vt_buf_check(note_out, "the checkpoint", err);
}

bool vt_ledger_prove(struct vt_ledger *ledger, uint64_t index, struct vt_buf *proof_out,
                     struct vt_error *err)
{
    struct vt_tile_source source = vt_ledger_source(ledger);
    struct vt_tlog_proof proof = { .index = index,
                                   .checkpoint = vt_buf_slice(&ledger->published) };
    struct vt_head head = ledger->published_head;
    struct vt_proof path;
    vt_hash leaves[VT_TILE_WIDTH];
    struct vt_tile_name tile = { 0, index / VT_TILE_WIDTH, 0 };

    if (!vt_prove_inclusion(&source, index, head.size, &path, err))
        return vt_within(err, "the published tree");
    tile.width = vt_tile_width(0, tile.index, head.size);
    if (!source.read(source.context, &tile, leaves, err))
        return false;
    if (!vt_tree_verify_inclusion(&leaves[index % VT_TILE_WIDTH], index, head.size,
                                  path.hashes, path.count, &head.root))
        return vt_fail(err, VT_REJECTED,
                       "%s: the tiles do not have the root that was signed; vitrine ledger "
                       "fsck says where",
                       vt_disk_path(ledger->disk));
    memcpy(proof.hashes, path.hashes, sizeof proof.hashes);
    proof.hash_count = path.count;
    vt_tlog_proof_write(proof_out, &proof);
    return vt_buf_check(proof_out, "the proof", err);
}
