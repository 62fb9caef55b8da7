/* Making and opening a ledger.  There is one way to open it, after a crash or not: take
 * the newest size of which all tiles are known to be durable, load the right edge of the
 * tree there, and apply what the journal holds beyond. */
#include "ledger/beside.h"
#include "ledger/ledger.h"
#include "crypto/verify_note.h"
#include "ledger/config.h"
#include "ledger/frozen.h"
#include "ledger/ledger_inside.h"
#include "ledger/shelf.h"

/* ---- making ----------------------------------------------------------------------------
 */

static bool make_in(struct vt_disk *disk, const struct vt_ledger_config *config,
                    const struct vt_ledger_options *options, struct vt_error *err)
{
    if (!vt_disk_lock(disk, err))
        return false;
    if (vt_disk_has(disk, VT_LEDGER_CONFIG_NAME))
        return vt_fail(err, VT_REJECTED, "%s: holds a ledger already", vt_disk_path(disk));
    /* The config comes last: a half-made folder is no ledger and may be made again. */
    return vt_journal_init(disk, options->env, options->slot_bytes, err) &&
           vt_signer_init(vt_disk_path(disk), config->origin, err) &&
           vt_ledger_config_write(disk, config, err);
}

bool vt_ledger_init(const char *dir, const struct vt_ledger_config *config,
                    const struct vt_ledger_options *options, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_ledger_config_verify(config, err) || !vt_disk_open(dir, true, &disk, err))
        return false;
    is_ok = make_in(disk, config, options, err);
    vt_disk_close(disk);
    return is_ok;
}

/* ---- the checkpoint that is visible ----------------------------------------------------
 */

/* Read it, if there is one, and see that this log signed it. */
static bool read_published(struct vt_ledger *ledger, struct vt_error *err)
{
    struct vt_note note;
    struct vt_note_finding finding;
    struct vt_checkpoint checkpoint;

    if (!vt_disk_read(ledger->disk, VT_CHECKPOINT_NAME, &ledger->published, err))
        return err->code == VT_ABSENT;
    if (!vt_note_parse(vt_buf_slice(&ledger->published), &note, err) ||
        !vt_note_verify(&note, &ledger->vkey, 1, &finding, err) ||
        !vt_checkpoint_parse(note.text, &checkpoint, err))
        return vt_within(err, "%s/" VT_CHECKPOINT_NAME, vt_disk_path(ledger->disk));
    if (!vt_slice_equal(checkpoint.origin, ledger->config.origin))
        return vt_fail(err, VT_REJECTED, "%s/" VT_CHECKPOINT_NAME ": is another log's",
                       vt_disk_path(ledger->disk));
    ledger->published_head = (struct vt_head){ checkpoint.size, checkpoint.root };
    return true;
}

/* ---- the right edge --------------------------------------------------------------------
 */

/* The hashes of the open tile of `level`, made from the full tiles below it. */
static bool derive_level(struct vt_ledger *ledger, int level, uint64_t first,
                         unsigned width, struct vt_error *err)
{
    vt_hash below[VT_TILE_WIDTH];

    for (unsigned i = 0; i < width; i++) {
        struct vt_tile_name name = { level - 1, first + i, VT_TILE_WIDTH };

        if (!vt_shelf_read_tile(ledger->disk, &name, below, err))
            return false;
        ledger->tree.levels[level][i] = vt_tile_root(below, VT_TILE_WIDTH);
    }
    return true;
}

/* The open tile of one level for a tree of `size` entries. */
static bool load_level(struct vt_ledger *ledger, int level, uint64_t size,
                       struct vt_error *err)
{
    uint64_t index = vt_tile_level_size(level, size) / VT_TILE_WIDTH;
    struct vt_tile_name name = { level, index, vt_tile_width(level, index, size) };

    if (name.width == 0)
        return true;
    if (level == 0 || size == ledger->published_head.size)
        return vt_shelf_read_tile(ledger->disk, &name, ledger->tree.levels[level], err);
    return derive_level(ledger, level, index * VT_TILE_WIDTH, name.width, err);
}

static bool load_bundle(struct vt_ledger *ledger, uint64_t size, struct vt_error *err)
{
    uint64_t index = size / VT_TILE_WIDTH;
    struct vt_tile_name name = { VT_TILE_ENTRIES, index,
                                 vt_tile_width(VT_TILE_ENTRIES, index, size) };

    return name.width == 0 ||
           vt_shelf_read_bundle(ledger->disk, &name, &ledger->bundle, err);
}

static bool load_edge(struct vt_ledger *ledger, uint64_t size, struct vt_error *err)
{
    vt_hash root;

    for (int level = 0; level < VT_TILE_LEVELS; level++)
        if (!load_level(ledger, level, size, err))
            return vt_within(err, "the tree of %ju entries", (uintmax_t)size);
    if (!load_bundle(ledger, size, err))
        return vt_within(err, "the tree of %ju entries", (uintmax_t)size);
    ledger->tree.size = size;
    root = vt_tree_root(&ledger->tree);
    if (size == ledger->published_head.size && ledger->published.len != 0 &&
        !vt_hash_equal(&root, &ledger->published_head.root))
        return vt_fail(err, VT_REJECTED,
                       "%s: the tiles do not have the root that the checkpoint of %ju "
                       "entries has; vitrine ledger fsck says where",
                       vt_disk_path(ledger->disk), (uintmax_t)size);
    return true;
}

/* The tile above those whose leaves are read. */
struct above {
    bool is_read;
    uint64_t index;
    vt_hash hashes[VT_TILE_WIDTH];
};

static bool read_above(struct vt_ledger *ledger, uint64_t index, struct above *above,
                       struct vt_error *err)
{
    struct vt_tile_name name = { 1, index, VT_TILE_WIDTH };

    if (above->is_read && above->index == index)
        return true;
    above->is_read = true;
    above->index = index;
    if (index != vt_tile_level_size(1, ledger->tree.size) / VT_TILE_WIDTH)
        return vt_shelf_read_tile(ledger->disk, &name, above->hashes, err);
    memcpy(above->hashes, ledger->tree.levels[1], sizeof above->hashes);
    return true;
}

static bool hash_bundle(struct vt_ledger *ledger, uint64_t index,
                        vt_hash leaves[VT_TILE_WIDTH], struct vt_error *err)
{
    struct vt_tile_name name = { VT_TILE_ENTRIES, index, VT_TILE_WIDTH };
    VT_AUTO_BUF bundle = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    vt_slice entry;
    vt_reader r;

    if (!vt_shelf_read_bundle(ledger->disk, &name, &bundle, err))
        return false;
    r.rest = vt_buf_slice(&bundle);
    for (unsigned i = 0; i < VT_TILE_WIDTH; i++) {
        VT_ASSERT(vt_bundle_read(&r, &entry));
        leaves[i] = vt_sha256_leaf(entry);
    }
    return true;
}

/* The leaves of a full tile; where it rotted, those of its entries.  An entry that is not
 * known for what it is would get a second index. */
static bool read_leaves(struct vt_ledger *ledger, uint64_t index, struct above *above,
                        vt_hash leaves[VT_TILE_WIDTH], struct vt_error *err)
{
    struct vt_tile_name name = { 0, index, VT_TILE_WIDTH };
    vt_hash root;

    if (!vt_shelf_read_tile(ledger->disk, &name, leaves, err) ||
        !read_above(ledger, index / VT_TILE_WIDTH, above, err))
        return false;
    root = vt_tile_root(leaves, VT_TILE_WIDTH);
    if (vt_hash_equal(&root, &above->hashes[index % VT_TILE_WIDTH]))
        return true;
    if (!hash_bundle(ledger, index, leaves, err))
        return false;
    root = vt_tile_root(leaves, VT_TILE_WIDTH);
    return vt_hash_equal(&root, &above->hashes[index % VT_TILE_WIDTH]) ||
           vt_fail(err, VT_REJECTED,
                   "%s: entries %ju to %ju are not what was signed; vitrine ledger fsck "
                   "says where",
                   vt_disk_path(ledger->disk), (uintmax_t)(index * VT_TILE_WIDTH),
                   (uintmax_t)(index * VT_TILE_WIDTH + VT_TILE_WIDTH - 1));
}

/* Entries of which the index has no run yet, as far as they are in tiles. */
static bool load_front(struct vt_ledger *ledger, struct vt_error *err)
{
    VT_AUTO_FREE struct above *above = vt_alloc(sizeof *above);
    vt_hash leaves[VT_TILE_WIDTH];

    while (vt_dedup_end(ledger->dedup) < ledger->tree.size) {
        uint64_t at = vt_dedup_end(ledger->dedup), index = at / VT_TILE_WIDTH;
        unsigned width = vt_tile_width(0, index, ledger->tree.size);

        if (width < VT_TILE_WIDTH) /* the edge, which was held against the root */
            memcpy(leaves, ledger->tree.levels[0], width * sizeof *leaves);
        else if (!read_leaves(ledger, index, above, leaves, err))
            return false;
        for (uint64_t i = at % VT_TILE_WIDTH; i < width; i++)
            vt_dedup_add(ledger->dedup, &leaves[i]);
    }
    return true;
}

/* ---- recovery --------------------------------------------------------------------------
 */

static bool replay_entry(void *context, uint64_t index, vt_slice entry, const vt_hash *leaf,
                         struct vt_error *err)
{
    struct vt_ledger *ledger = context;

    VT_ASSERT(index == ledger->tree.size);
    if (index == vt_dedup_end(ledger->dedup))
        vt_dedup_add(ledger->dedup, leaf);
    return vt_ledger_apply(ledger, entry, leaf, err);
}

/* The newest size of which all tiles are durable. */
static uint64_t durable_size(const struct vt_ledger *ledger)
{
    uint64_t first = vt_journal_first(ledger->journal);
    uint64_t whole = (first + VT_TILE_WIDTH - 1) / VT_TILE_WIDTH * VT_TILE_WIDTH;

    return whole > ledger->published_head.size ? whole : ledger->published_head.size;
}

/* A publication that did not come to its end may have left partial tiles of this size, torn
 * or empty.  No checkpoint ever showed them, and none may once the log has grown. */
static bool drop_unshown(struct vt_ledger *ledger, struct vt_error *err)
{
    uint64_t size = ledger->tree.size, shown = ledger->published_head.size;
    char path[VT_TILE_PATH_BYTES];

    for (int level = VT_TILE_ENTRIES; level < VT_TILE_LEVELS && size != shown; level++) {
        uint64_t index = vt_tile_level_size(level, size) / VT_TILE_WIDTH;
        struct vt_tile_name name = { level, index, vt_tile_width(level, index, size) };

        if (name.width == 0 || name.width == vt_tile_width(level, index, shown))
            continue;
        vt_tile_path(&name, path);
        if (vt_disk_has(ledger->disk, path) && !vt_disk_remove(ledger->disk, path, err))
            return false;
    }
    return true;
}

static bool recover(struct vt_ledger *ledger, struct vt_error *err)
{
    struct vt_journal_sink sink = { replay_entry, ledger };
    uint64_t size = durable_size(ledger), end;

    if (!load_edge(ledger, size, err) || !load_front(ledger, err) ||
        !vt_journal_replay(ledger->journal, size, &sink, err))
        return false;
    end = vt_journal_end(ledger->journal);
    if (end < size || end < vt_dedup_covered(ledger->dedup))
        return vt_fail(err, VT_REJECTED,
                       "%s: the journal ends at %ju entries, but there were more; restore "
                       "the folder from a copy",
                       vt_disk_path(ledger->disk), (uintmax_t)end);
    if (ledger->signer != NULL && vt_signer_head(ledger->signer).size > end)
        return vt_fail(
            err, VT_REJECTED,
            "%s: restored from an old copy: the signer has signed %ju entries, the "
            "journal ends at %ju, and indexes would be given twice; restore the newest "
            "copy",
            vt_disk_path(ledger->disk), (uintmax_t)vt_signer_head(ledger->signer).size,
            (uintmax_t)end);
    vt_batch_restart(&ledger->batch, end);
    return drop_unshown(ledger, err);
}

/* Drafts that a killed writer left where it last wrote: beside the open tiles,
 * and among the bytes of predicates. */
static bool sweep(struct vt_ledger *ledger, struct vt_error *err)
{
    char path[VT_TILE_PATH_BYTES];

    for (int level = VT_TILE_ENTRIES; level < VT_TILE_LEVELS; level++) {
        struct vt_tile_name name = { level, 0, VT_TILE_WIDTH };

        name.index = vt_tile_level_size(level, ledger->tree.size) / VT_TILE_WIDTH;
        vt_tile_path(&name, path);
        *strrchr(path, '/') = '\0';
        if (vt_disk_has(ledger->disk, path) && !vt_disk_sweep(ledger->disk, path, err))
            return false;
    }
    return !vt_disk_has(ledger->disk, VT_BESIDE_FOLDER) ||
           vt_disk_sweep(ledger->disk, VT_BESIDE_FOLDER, err);
}

/* ---- opening ---------------------------------------------------------------------------
 */

static bool read_leaf(void *context, uint64_t index, vt_hash *out, struct vt_error *err)
{
    return vt_shelf_read_leaf(context, index, out, err);
}

static bool read_config(struct vt_ledger *ledger, struct vt_error *err)
{
    if (!vt_ledger_config_read(ledger->disk, ledger->arena, &ledger->config, err))
        return false;
    if (!vt_ledger_config_verify(&ledger->config, err) ||
        !vt_vkey_parse(ledger->config.vkey, &ledger->vkey, err))
        return vt_within(err, "%s", vt_disk_path(ledger->disk));
    if (ledger->config.policy.len == 0)
        return true;
    ledger->policy = vt_alloc(sizeof *ledger->policy);
    if (!vt_policy_parse(ledger->config.policy, ledger->policy, err))
        return false;
    return ledger->policy->quorum == VT_POLICY_QUORUM_NONE || ledger->asks_no_witness ||
           vt_witness_client_new(ledger->policy, ledger->env, &ledger->witnesses, err);
}

/* A signer with another key would sign what nobody believes. */
static bool check_signer(const struct vt_ledger *ledger, struct vt_error *err)
{
    if (ledger->signer != NULL && memcmp(vt_signer_public(ledger->signer)->bytes,
                                         ledger->vkey.key, sizeof ledger->vkey.key) != 0)
        return vt_fail(err, VT_REJECTED, "%s: the signer has another key than this log",
                       vt_disk_path(ledger->disk));
    return true;
}

static bool open_parts(struct vt_ledger *ledger, const char *dir,
                       const struct vt_ledger_options *options, struct vt_error *err)
{
    struct vt_leaf_source leaves;

    if (!vt_disk_open(dir, false, &ledger->disk, err) || !read_config(ledger, err) ||
        !check_signer(ledger, err) || !vt_disk_lock(ledger->disk, err) ||
        !vt_frozen_refuse(ledger->disk, err))
        return false;
    leaves = (struct vt_leaf_source){ read_leaf, ledger->disk };
    return read_published(ledger, err) &&
           vt_journal_open(ledger->disk, ledger->env, &ledger->journal, err) &&
           vt_dedup_open(ledger->disk, options->front_entries, true, &leaves,
                         &ledger->dedup, err) &&
           recover(ledger, err) && sweep(ledger, err);
}

bool vt_ledger_open(const char *dir, const struct vt_ledger_options *options,
                    struct vt_ledger **ledger_out, struct vt_error *err)
{
    struct vt_ledger *ledger = vt_alloc(sizeof *ledger);

    ledger->env = options->env;
    ledger->asks_no_witness = options->asks_no_witness;
    ledger->signer = options->signer;
    ledger->arena = vt_arena_new();
    ledger->batch = vt_batch_init(0);
    ledger->bundle = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    ledger->published = vt_buf_init(VT_NOTE_BYTES_MAX);
    ledger->published_head.root = vt_tree_empty_root;
    if (!open_parts(ledger, dir, options, err)) {
        vt_ledger_close(ledger);
        return false;
    }
    *ledger_out = ledger;
    return true;
}

void vt_ledger_close(struct vt_ledger *ledger)
{
    if (ledger == NULL)
        return;
    if (ledger->disk != NULL)
        vt_ledger_collect_rest(ledger);
    vt_dedup_close(ledger->dedup);
    vt_journal_close(ledger->journal);
    vt_disk_close(ledger->disk);
    vt_batch_clear(&ledger->batch);
    vt_buf_clear(&ledger->bundle);
    vt_buf_clear(&ledger->published);
    vt_witness_client_free(ledger->witnesses);
    free(ledger->policy);
    vt_arena_free(ledger->arena);
    free(ledger);
}

void vt_ledger_close_pointer(struct vt_ledger **ledger)
{
    vt_ledger_close(*ledger);
}

const struct vt_ledger_config *vt_ledger_config(const struct vt_ledger *ledger)
{
    return &ledger->config;
}
