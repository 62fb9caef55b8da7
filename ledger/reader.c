/* Reading a ledger from outside its writer. */
#include "ledger/reader.h"
#include "crypto/verify_note.h"
#include "ledger/config.h"
#include "ledger/dedup.h"
#include "ledger/shelf.h"

#define CHECKPOINT_NAME "checkpoint"

struct vt_ledger_reader {
    struct vt_arena *arena;
    struct vt_disk *disk;
    struct vt_ledger_config config;
    struct vt_policy policy;
    struct vt_buf checkpoint;
    struct vt_head head;
};

void vt_ledger_reader_close(struct vt_ledger_reader *r)
{
    if (r == NULL)
        return;
    vt_disk_close(r->disk);
    vt_buf_clear(&r->checkpoint);
    vt_arena_free(r->arena);
    free(r);
}

void vt_ledger_reader_close_pointer(struct vt_ledger_reader **r)
{
    vt_ledger_reader_close(*r);
}

const struct vt_ledger_config *vt_ledger_reader_config(const struct vt_ledger_reader *r)
{
    return &r->config;
}

const struct vt_policy *vt_ledger_reader_policy(const struct vt_ledger_reader *r)
{
    return &r->policy;
}

vt_slice vt_ledger_reader_checkpoint(const struct vt_ledger_reader *r)
{
    return vt_buf_slice(&r->checkpoint);
}

struct vt_head vt_ledger_reader_head(const struct vt_ledger_reader *r)
{
    return r->head;
}

/* ---- opening ----------------------------------------------------------------------------
 */

static bool read_policy(struct vt_ledger_reader *r, struct vt_error *err)
{
    vt_slice text = r->config.policy;

    if (text.len == 0)
        text = vt_slice_from_cstr(vt_arena_printf(r->arena, "log %.*s\nquorum none\n",
                                                  VT_SLICE_ARGS(r->config.vkey)));
    return vt_policy_parse(text, &r->policy, err);
}

/* The log must have signed it; whether enough witnesses have is for others to ask. */
static bool read_checkpoint(struct vt_ledger_reader *r, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_policy *own = vt_alloc(sizeof *own);
    struct vt_tlog_verdict verdict;

    r->head.root = vt_tree_empty_root;
    if (!vt_disk_read(r->disk, CHECKPOINT_NAME, &r->checkpoint, err))
        return err->code == VT_ABSENT;
    *own = r->policy;
    own->quorum = VT_POLICY_QUORUM_NONE;
    if (!vt_tlog_checkpoint_verify(vt_buf_slice(&r->checkpoint), own, r->config.origin,
                                   &verdict, err))
        return vt_within(err, "%s/" CHECKPOINT_NAME, vt_disk_path(r->disk));
    r->head = (struct vt_head){ verdict.size, verdict.root };
    return true;
}

static bool open_parts(struct vt_ledger_reader *r, const char *dir, struct vt_error *err)
{
    return vt_disk_open(dir, false, &r->disk, err) &&
           vt_ledger_config_read(r->disk, r->arena, &r->config, err) &&
           vt_ledger_config_verify(&r->config, err) && read_policy(r, err) &&
           read_checkpoint(r, err);
}

static bool open_copy(struct vt_ledger_reader *r, const char *dir, struct vt_error *err)
{
    return vt_disk_open(dir, false, &r->disk, err) && read_checkpoint(r, err) &&
           (r->checkpoint.len != 0 ||
            vt_fail(err, VT_IO, "%s: there is no ledger here, nor a copy of one", dir));
}

static struct vt_ledger_reader *reader_new(void)
{
    struct vt_ledger_reader *r = vt_alloc(sizeof *r);

    r->arena = vt_arena_new();
    r->checkpoint = vt_buf_init(VT_NOTE_BYTES_MAX);
    return r;
}

bool vt_ledger_reader_open(const char *dir, struct vt_ledger_reader **out,
                           struct vt_error *err)
{
    VT_AUTO_LEDGER_READER r = reader_new();

    if (!open_parts(r, dir, err))
        return false;
    *out = r;
    r = NULL;
    return true;
}

bool vt_ledger_reader_open_copy(const char *dir, const struct vt_policy *policy,
                                vt_slice origin, struct vt_ledger_reader **out,
                                struct vt_error *err)
{
    VT_AUTO_LEDGER_READER r = reader_new();

    r->policy = *policy;
    r->config.origin = origin;
    if (!open_copy(r, dir, err))
        return false;
    *out = r;
    r = NULL;
    return true;
}

/* ---- asking -----------------------------------------------------------------------------
 */

static bool read_leaf(void *context, uint64_t index, vt_hash *out, struct vt_error *err)
{
    return vt_shelf_read_leaf(context, index, out, err);
}

/* What the index covers; entries behind it are in its writer's memory only. */
static bool find_in_index(struct vt_ledger_reader *r, const vt_hash *leaf,
                          uint64_t *covered_out, bool *found_out, uint64_t *index_out,
                          struct vt_error *err)
{
    struct vt_leaf_source leaves = { read_leaf, r->disk };
    struct vt_dedup *dedup;
    bool is_ok;

    if (!vt_dedup_open(r->disk, 0, false, &leaves, &dedup, err))
        return false;
    *covered_out = vt_dedup_covered(dedup);
    is_ok = vt_dedup_find(dedup, leaf, found_out, index_out, err);
    vt_dedup_close(dedup);
    return is_ok;
}

/* Look through the leaf hashes of [from, size). */
static bool find_in_tiles(struct vt_ledger_reader *r, const vt_hash *leaf, uint64_t from,
                          bool *found_out, uint64_t *index_out, struct vt_error *err)
{
    vt_hash hashes[VT_TILE_WIDTH];

    for (uint64_t at = from / VT_TILE_WIDTH;; at++) {
        struct vt_tile_name name = { 0, at, vt_tile_width(0, at, r->head.size) };

        if (name.width == 0)
            return true;
        if (!vt_shelf_read_tile(r->disk, &name, hashes, err))
            return false;
        for (unsigned i = 0; i < name.width; i++)
            if (vt_hash_equal(&hashes[i], leaf)) {
                *found_out = true;
                *index_out = at * VT_TILE_WIDTH + i;
                return true;
            }
    }
}

bool vt_ledger_reader_find(struct vt_ledger_reader *r, vt_slice entry, uint64_t *index_out,
                           struct vt_error *err)
{
    vt_hash leaf = vt_sha256_leaf(entry);
    uint64_t covered, index = 0;
    bool is_found;

    if (!find_in_index(r, &leaf, &covered, &is_found, &index, err) ||
        (!is_found && !find_in_tiles(r, &leaf, covered, &is_found, &index, err)))
        return false;
    if (!is_found || index >= r->head.size)
        return vt_fail(err, VT_ABSENT, "no entry with these bytes was published");
    *index_out = index;
    return true;
}

bool vt_ledger_reader_read(struct vt_ledger_reader *r, uint64_t index,
                           struct vt_buf *entry_out, struct vt_error *err)
{
    return vt_shelf_read_entry(r->disk, index, r->head.size, entry_out, err);
}

bool vt_ledger_reader_prove(struct vt_ledger_reader *r, uint64_t index,
                            struct vt_buf *proof_out, struct vt_error *err)
{
    struct vt_tile_source source = vt_shelf_source(r->disk);
    struct vt_tlog_proof proof = { .index = index,
                                   .checkpoint = vt_buf_slice(&r->checkpoint) };
    struct vt_tile_name tile = { 0, index / VT_TILE_WIDTH, 0 };
    vt_hash leaves[VT_TILE_WIDTH];
    struct vt_proof path;

    if (!vt_prove_inclusion(&source, index, r->head.size, &path, err))
        return false;
    tile.width = vt_tile_width(0, tile.index, r->head.size);
    if (!vt_shelf_read_tile(r->disk, &tile, leaves, err))
        return false;
    if (!vt_tree_verify_inclusion(&leaves[index % VT_TILE_WIDTH], index, r->head.size,
                                  path.hashes, path.count, &r->head.root))
        return vt_fail(err, VT_REJECTED,
                       "%s: the tiles do not have the root that was signed; vitrine ledger "
                       "fsck says where",
                       vt_disk_path(r->disk));
    memcpy(proof.hashes, path.hashes, sizeof proof.hashes);
    proof.hash_count = path.count;
    vt_tlog_proof_write(proof_out, &proof);
    return vt_buf_check(proof_out, "the proof", err);
}
