/* From a log elsewhere to a copy here. */
#include "ledger/mirror.h"
#include "ledger/beside.h"
#include "ledger/edge.h"
#include "ledger/remote.h"
#include "ledger/shelf.h"
#include "ledger/tlog_proof.h"
#include "ledger/tree.h"
#include "wire/hex.h"

#define CHECKPOINT_NAME "checkpoint"

enum { BUNDLES_A_FLUSH = 48 }; /* the disk holds 128 files open until then */

/* The last full tile of a level that was held against the root. */
struct trusted {
    bool is_known;
    uint64_t index;
    vt_hash hashes[VT_TILE_WIDTH];
};

struct mirror {
    const struct vt_mirror_options *options;
    struct vt_mirror_report *report;
    struct vt_disk *disk;
    struct vt_remote *remote;
    struct vt_buf held_note, note; /* ours, and the one that the log shows */
    struct vt_head held, head;
    struct vt_tree tree; /* of what is kept, with its right edge */
    struct vt_tree edge; /* the right edge of the tree that the log shows */
    struct trusted tiles[VT_TILE_LEVELS];
    struct vt_buf bundle;
    uint64_t asked;   /* the next bundle to be asked for ahead */
    bool is_fetched;  /* the bundle in hand came from the log just now */
    int64_t spent_ms; /* on bundles that came */
    bool is_silent;   /* it did not answer when bytes beside the log were asked for */
};

/* ---- what we hold -----------------------------------------------------------------------
 */

static bool read_held(struct mirror *m, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_policy *keys = vt_alloc(sizeof *keys);
    struct vt_tile_source source = vt_shelf_source(m->disk);
    struct vt_tlog_verdict verdict;

    m->held.root = vt_tree_empty_root;
    if (!vt_disk_read(m->disk, CHECKPOINT_NAME, &m->held_note, err))
        return err->code == VT_ABSENT;
    *keys = *m->options->policy; /* the quorum was asked for when we took it */
    keys->quorum = VT_POLICY_QUORUM_NONE;
    if (!vt_tlog_checkpoint_verify(vt_buf_slice(&m->held_note), keys, m->options->origin,
                                   &verdict, err))
        return vt_within(err, "%s/" CHECKPOINT_NAME, vt_disk_path(m->disk));
    m->held = (struct vt_head){ verdict.size, verdict.root };
    return vt_edge_read(&source, &m->held, &m->tree, err) ||
           vt_within(err, "%s", vt_disk_path(m->disk));
}

/* ---- what the log shows -----------------------------------------------------------------
 */

static bool keep_fork(struct mirror *m, const struct vt_fork *fork, struct vt_error *err)
{
    m->report->end = VT_MIRROR_FORKED;
    return vt_fork_keep(m->disk, fork, &m->head.root, m->report->fork_file, err);
}

/* Does it continue what we hold, or we what it shows?  *is_one_out: there is one history.
 */
static bool compare_heads(struct mirror *m, bool *is_one_out, struct vt_error *err)
{
    bool is_growth = m->held.size <= m->head.size;
    struct vt_tile_source source =
        is_growth ? vt_remote_source(m->remote) : vt_shelf_source(m->disk);
    struct vt_fork fork = { 0 };
    enum vt_fork_answer answer;

    *is_one_out = true;
    if (m->held_note.len == 0)
        return true;
    fork.first = vt_buf_slice(is_growth ? &m->held_note : &m->note);
    fork.second = vt_buf_slice(is_growth ? &m->note : &m->held_note);
    if (!vt_fork_find(&source, is_growth ? &m->held : &m->head,
                      is_growth ? &m->head : &m->held, &answer, fork.path, &fork.path_count,
                      err))
        return false;
    *is_one_out = answer == VT_FORK_NONE;
    if (answer == VT_FORK_UNKNOWN)
        return vt_fail(err, VT_REJECTED,
                       is_growth ? "its tiles do not have the root that it signed"
                                 : "the tiles that we hold do not have the root that was "
                                   "signed for them; scrub them");
    return answer == VT_FORK_NONE || keep_fork(m, &fork, err);
}

/* ---- from the root down -----------------------------------------------------------------
 */

/* Hash `index` of a level, as it was signed; NULL (with err) if the log does not give it.
 */
static const vt_hash *trust(struct mirror *m, int level, uint64_t index,
                            struct vt_error *err)
{
    uint64_t tile = index / VT_TILE_WIDTH;
    struct vt_tile_name name = { level, tile, VT_TILE_WIDTH };
    struct vt_tile_source source = vt_remote_source(m->remote);
    struct trusted *t = &m->tiles[level];
    const vt_hash *over;
    vt_hash root;

    if (vt_tile_width(level, tile, m->head.size) < VT_TILE_WIDTH)
        return &m->edge.levels[level][index % VT_TILE_WIDTH];
    if (t->is_known && t->index == tile)
        return &t->hashes[index % VT_TILE_WIDTH];
    over = trust(m, level + 1, tile, err);
    if (over == NULL || !source.read(source.context, &name, t->hashes, err))
        return NULL;
    root = vt_tile_root(t->hashes, VT_TILE_WIDTH);
    t->is_known = vt_hash_equal(&root, over);
    t->index = tile;
    if (!t->is_known) {
        char path[VT_TILE_PATH_BYTES];

        vt_tile_path(&name, path);
        (void)vt_fail(err, VT_REJECTED, "%s: is not what the log signed", path);
        return NULL;
    }
    return &t->hashes[index % VT_TILE_WIDTH];
}

/* Are these leaves the bundle `index` of the tree that was signed? */
static bool is_signed(struct mirror *m, uint64_t index, const vt_hash *leaves,
                      unsigned width, bool *is_signed_out, struct vt_error *err)
{
    const vt_hash *over;
    vt_hash root;

    if (width < VT_TILE_WIDTH) { /* the open one: its leaves are the edge */
        *is_signed_out = memcmp(leaves, m->edge.levels[0], width * sizeof *leaves) == 0;
        return true;
    }
    over = trust(m, 1, index, err);
    if (over == NULL)
        return false;
    root = vt_tile_root(leaves, VT_TILE_WIDTH);
    *is_signed_out = vt_hash_equal(&root, over);
    return true;
}

/* Cut what comes behind the first `width` entries: a later, wider version was given. */
static bool take_leaves(struct vt_buf *bundle, unsigned width, vt_hash *leaves)
{
    vt_reader r = { vt_buf_slice(bundle) };
    vt_slice entry;

    for (unsigned i = 0; i < width; i++)
        if (!vt_bundle_read(&r, &entry))
            return false;
    vt_buf_truncate(bundle, bundle->len - r.rest.len);
    return vt_bundle_leaves(vt_buf_slice(bundle), width, leaves);
}

/* What an interrupted call kept needs no fetching. */
static bool take_kept(struct mirror *m, const struct vt_tile_name *name, vt_hash *leaves,
                      bool *is_good_out, struct vt_error *err)
{
    struct vt_error ignored = { 0 };

    *is_good_out = false;
    if (name->width < VT_TILE_WIDTH ||
        !vt_shelf_read_bundle(m->disk, name, &m->bundle, &ignored) ||
        !take_leaves(&m->bundle, name->width, leaves))
        return true;
    return is_signed(m, name->index, leaves, name->width, is_good_out, err);
}

static bool take_bundle(struct mirror *m, const struct vt_tile_name *name, vt_hash *leaves,
                        struct vt_error *err)
{
    char path[VT_TILE_PATH_BYTES];
    unsigned width;
    bool is_good = false;

    /* What was asked for ahead was not here. */
    if (!vt_remote_is_expected(m->remote, name) &&
        !take_kept(m, name, leaves, &is_good, err))
        return false;
    if (is_good)
        return true;
    m->is_fetched = true;
    if (!vt_remote_read(m->remote, name, &m->bundle, &width, err))
        return false;
    is_good = take_leaves(&m->bundle, name->width, leaves);
    if (is_good && !is_signed(m, name->index, leaves, name->width, &is_good, err))
        return false;
    vt_tile_path(name, path);
    if (!is_good)
        return vt_fail(err, VT_REJECTED, "%s: is not what the log signed", path);
    return vt_shelf_write_bundle(m->disk, name, vt_buf_slice(&m->bundle), err);
}

/* ---- growing ----------------------------------------------------------------------------
 */

static bool keep_tile(void *context, int level, uint64_t index, const vt_hash *hashes,
                      struct vt_error *err)
{
    struct mirror *m = context;
    struct vt_tile_name name = { level, index, VT_TILE_WIDTH };

    return vt_shelf_write_tile(m->disk, &name, hashes, err);
}

/* Ask for what comes next while this one is hashed. */
static void look_ahead(struct mirror *m, uint64_t index)
{
    uint64_t next = m->asked > index ? m->asked : index;

    for (; next < index + VT_REMOTE_AHEAD; next++) {
        struct vt_tile_name name = { VT_TILE_ENTRIES, next,
                                     vt_tile_width(0, next, m->head.size) };
        char path[VT_TILE_PATH_BYTES];

        vt_tile_path(&name, path);
        if (name.width != 0 && !(name.width == VT_TILE_WIDTH && vt_disk_has(m->disk, path)))
            vt_remote_expect(m->remote, &name);
    }
    m->asked = next;
}

/* Hand out the entries of the bundle that are new to us.  What they name is noted: that is
 * durable before the checkpoint that covers them. */
static bool hand_out(struct mirror *m, unsigned held, struct vt_error *err)
{
    vt_reader r = { vt_buf_slice(&m->bundle) };
    uint64_t index = m->tree.size - held;
    vt_slice entry;

    for (unsigned i = 0; vt_bundle_read(&r, &entry); i++, index++)
        if (i >= held && (!vt_beside_want(m->disk, entry, err) ||
                          (m->options->each != NULL &&
                           !m->options->each(m->options->context, index, entry, err))))
            return false;
    return true;
}

/* Leaves that were held against the root; the tree holds the first ones already.  For a
 * whole tile the hash over it is known by now. */
static bool append(struct mirror *m, const vt_hash *leaves, unsigned held, unsigned width,
                   struct vt_error *err)
{
    struct vt_tile_sink sink = { keep_tile, m };

    if (held == 0 && width == VT_TILE_WIDTH) {
        const vt_hash *over = trust(m, 1, m->tree.size / VT_TILE_WIDTH, err);

        return over != NULL && vt_tree_append_tile(&m->tree, leaves, over, &sink, err);
    }
    for (unsigned i = held; i < width; i++)
        if (!vt_tree_append(&m->tree, &leaves[i], &sink, err))
            return false;
    return true;
}

/* One bundle, of which we may hold the beginning. */
static bool grow_by_one(struct mirror *m, struct vt_error *err)
{
    uint64_t index = m->tree.size / VT_TILE_WIDTH;
    struct vt_tile_name name = { VT_TILE_ENTRIES, index,
                                 vt_tile_width(0, index, m->head.size) };
    vt_hash leaves[VT_TILE_WIDTH];
    unsigned held = vt_tree_width(&m->tree, 0);

    look_ahead(m, index);
    if (!take_bundle(m, &name, leaves, err))
        return false;
    VT_ASSERT(memcmp(leaves, m->tree.levels[0], held * sizeof *leaves) == 0);
    if (!hand_out(m, held, err) || !append(m, leaves, held, name.width, err))
        return false;
    m->report->entries += name.width - held;
    return true;
}

/* Its share.  What an earlier call kept costs the log nothing: so each call gets further.
 */
static bool is_over(struct mirror *m, int64_t began_ms)
{
    if (m->options->share_ms == 0 || !m->is_fetched)
        return false;
    m->spent_ms += vt_monotonic_ms() - began_ms;
    return m->spent_ms >= m->options->share_ms;
}

/* Until the tree is the one that was signed, or somebody says stop. */
static bool grow(struct mirror *m, bool *is_whole_out, struct vt_error *err)
{
    bool is_stopped = false;

    for (unsigned i = 1; m->tree.size < m->head.size && !is_stopped; i++) {
        int64_t began_ms = vt_monotonic_ms();

        m->is_fetched = false;
        if (!grow_by_one(m, err) ||
            (i % BUNDLES_A_FLUSH == 0 && !vt_disk_flush(m->disk, err)))
            return false;
        is_stopped =
            is_over(m, began_ms) ||
            (m->options->should_stop != NULL &&
             m->options->should_stop(m->options->context, m->tree.size, m->head.size));
    }
    *is_whole_out = m->tree.size == m->head.size;
    return vt_disk_flush(m->disk, err);
}

static bool show(struct mirror *m, struct vt_error *err)
{
    vt_hash root = vt_tree_root(&m->tree);
    uint64_t then = m->held.size;

    VT_ASSERT(
        vt_hash_equal(&root, &m->head.root)); /* each part of it was held against it */
    if (!vt_edge_write(m->disk, &m->tree, then, err) || !vt_disk_flush(m->disk, err) ||
        !vt_disk_write(m->disk, CHECKPOINT_NAME, vt_buf_slice(&m->note), 0644, err))
        return false;
    m->held = m->head;
    return vt_edge_collect(m->disk, then, m->tree.size, m->tree.size, err);
}

/* ---- beside the log ---------------------------------------------------------------------
 */

static void miss(struct mirror *m, const struct vt_beside_name *name, const char *why)
{
    m->report->missing++;
    if (m->options->missed != NULL)
        m->options->missed(m->options->context, &name->digest, why);
}

/* A server that does not answer is not asked for the rest. */
static bool fetch_beside(void *context, const struct vt_beside_name *name,
                         struct vt_error *err)
{
    struct mirror *m = context;
    VT_AUTO_BUF bytes = vt_buf_init(name->size);
    struct vt_error why = { 0 };

    if (m->is_silent) {
        miss(m, name, "it was not asked for: the log does not answer");
        return true;
    }
    if (!vt_remote_beside(m->remote, &name->digest, &bytes, &why) ||
        !vt_beside_judge(name, vt_buf_slice(&bytes), &why)) {
        m->is_silent = why.code == VT_IO;
        miss(m, name, why.message);
        return true;
    }
    if (!vt_beside_keep(m->disk, name, vt_buf_slice(&bytes), err) ||
        !vt_beside_have(m->disk, &name->digest, err))
        return false;
    m->report->beside++;
    return true;
}

static bool fetch_all_beside(struct mirror *m, struct vt_error *err)
{
    return vt_beside_list_wanted(m->disk, fetch_beside, m, err) &&
           vt_disk_flush(m->disk, err);
}

/* ---- a log that is pruned ---------------------------------------------------------------
 */

/* The right edge of the tree of the first `first` entries (whole bundles), from hashes that
 * stand under the signed root. */
static bool seed(struct mirror *m, uint64_t first, struct vt_error *err)
{
    for (int level = 1; level < VT_TILE_LEVELS; level++) {
        uint64_t size = vt_tile_level_size(level, first);
        uint64_t begin = size - size % VT_TILE_WIDTH;

        for (uint64_t i = begin; i < size; i++) {
            const vt_hash *hash = trust(m, level, i, err);

            if (hash == NULL)
                return false;
            m->tree.levels[level][i - begin] = *hash;
        }
    }
    m->tree.size = first;
    return true;
}

static bool begin_at(struct mirror *m, const struct vt_retention *retention,
                     struct vt_error *err)
{
    uint64_t first = vt_retention_first(retention);

    if (first > m->head.size)
        return vt_fail(err, VT_REJECTED,
                       "its " VT_RETENTION_NAME
                       " keeps entries from %ju on, but it has %ju",
                       (uintmax_t)first, (uintmax_t)m->head.size);
    if (first == 0 || !seed(m, first, err))
        return first == 0;
    m->report->first = first;
    return vt_retention_write(m->disk, retention, err);
}

/* A copy that begins, begins where the log does: its written policy is kept too, so that
 * others know why the rest is missing.  Where entries are missing behind those that we
 * hold, somebody hides them from us: then the policy counts for nothing. */
static bool find_beginning(struct mirror *m, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_retention retention;
    struct vt_error why = { 0 };

    if (m->tree.size != 0 || m->head.size == 0)
        return true;
    /* No file, or none that we understand: then all entries must be there. */
    return !vt_remote_retention(m->remote, arena, &retention, &why) ||
           begin_at(m, &retention, err);
}

/* A file is missing (err).  Is it for what was pruned behind our back? */
static bool explain(struct mirror *m, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct vt_retention retention;
    struct vt_error ignored = { 0 };

    if (err->code == VT_ABSENT && m->held.size != 0 &&
        vt_remote_retention(m->remote, arena, &retention, &ignored) &&
        vt_retention_first(&retention) > m->held.size)
        return vt_fail(err, VT_ABSENT,
                       "its entries %ju to %ju were pruned before they were copied; a new "
                       "folder begins behind them",
                       (uintmax_t)m->held.size,
                       (uintmax_t)(vt_retention_first(&retention) - 1));
    return false;
}

/* ---- all of it --------------------------------------------------------------------------
 */

static bool follow(struct mirror *m, struct vt_error *err)
{
    struct vt_tile_source source = vt_remote_source(m->remote);
    bool is_whole;

    if (!vt_edge_read(&source, &m->head, &m->edge, err) || !find_beginning(m, err) ||
        !grow(m, &is_whole, err))
        return false;
    m->report->end = is_whole ? VT_MIRROR_UPDATED : VT_MIRROR_INTERRUPTED;
    return !is_whole || (show(m, err) && fetch_all_beside(m, err));
}

/* The same tree; perhaps with more cosignatures than we hold. */
static bool keep_newer_note(struct mirror *m, struct vt_error *err)
{
    m->report->end = VT_MIRROR_SAME;
    return (vt_slice_equal(vt_buf_slice(&m->held_note), vt_buf_slice(&m->note)) ||
            vt_disk_write(m->disk, CHECKPOINT_NAME, vt_buf_slice(&m->note), 0644, err)) &&
           fetch_all_beside(m, err);
}

static bool update(struct mirror *m, struct vt_error *err)
{
    bool is_one;

    if (!compare_heads(m, &is_one, err))
        return explain(m, err) || vt_within(err, "%s", m->options->from);
    if (!is_one)
        return true;
    if (m->head.size < m->held.size) {
        m->report->end = VT_MIRROR_BEHIND;
        return true;
    }
    if (m->held_note.len != 0 && m->head.size == m->held.size)
        return keep_newer_note(m, err);
    return follow(m, err) || explain(m, err) || vt_within(err, "%s", m->options->from);
}

/* What it shows is not taken (err), perhaps for its cosignatures are too few.  Of two
 * histories its own signature is proof enough: true if it is convicted. */
static bool convict(struct mirror *m, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_policy *keys = vt_alloc(sizeof *keys);
    struct vt_error ignored = { 0 };
    struct vt_tlog_verdict verdict;
    bool is_one;

    *keys = *m->options->policy;
    keys->quorum = VT_POLICY_QUORUM_NONE;
    if (!vt_tlog_checkpoint_verify(vt_buf_slice(&m->note), keys, m->options->origin,
                                   &verdict, &ignored))
        return false;
    m->head = (struct vt_head){ verdict.size, verdict.root };
    if (compare_heads(m, &is_one, &ignored)) {
        m->report->shown = m->head;
        return !is_one;
    }
    if (m->report->end == VT_MIRROR_FORKED) { /* but the proof could not be kept */
        m->report->is_ours = true;
        *err = ignored;
    }
    return false;
}

/* What it shows, before a folder is made for it. */
static bool look(struct mirror *m, bool *is_forked_out, struct vt_error *err)
{
    *is_forked_out = false;
    if (!vt_remote_checkpoint(m->remote, &m->note, &m->head, &m->report->time_unix_s,
                              err)) {
        m->report->is_unpublished = err->code == VT_ABSENT;
        if (m->report->is_unpublished)
            return vt_fail(
                err, VT_IO,
                "%s: shows no checkpoint: nothing was published there yet, or no "
                "log is there",
                m->options->from);
        *is_forked_out = err->code == VT_REJECTED && convict(m, err);
        return *is_forked_out;
    }
    m->report->shown = m->head;
    return true;
}

static bool open_copy(struct mirror *m, const char *dir, struct vt_error *err)
{
    return vt_disk_open(dir, true, &m->disk, err) && vt_disk_lock(m->disk, err) &&
           vt_disk_sweep(m->disk, "", err) &&
           vt_fork_kept(m->disk, m->report->fork_file, err) && read_held(m, err);
}

bool vt_mirror_update(const char *dir, const struct vt_mirror_options *options,
                      struct vt_mirror_report *out, struct vt_error *err)
{
    struct mirror *m = vt_alloc(sizeof *m);
    bool was_there = vt_path_exists(dir), is_forked = false, is_ok;

    memset(out, 0, sizeof *out);
    m->options = options;
    m->report = out;
    m->held_note = vt_buf_init(VT_NOTE_BYTES_MAX);
    m->note = vt_buf_init(VT_NOTE_BYTES_MAX);
    m->bundle = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    m->remote = vt_remote_new(options->from, options->policy, options->origin);
    vt_remote_set_share(m->remote, options->share_ms);
    out->is_ours = was_there && !open_copy(m, dir, err);
    is_ok = !out->is_ours && look(m, &is_forked, err);
    if (is_ok && !was_there) { /* no folder for a log that is not there */
        is_ok = open_copy(m, dir, err);
        out->is_ours = !is_ok;
    }
    is_ok = is_ok && (is_forked || update(m, err));
    if (!is_ok && !out->is_ours)
        out->is_ours = err->code == VT_IO && !vt_remote_has_failed(m->remote);
    out->held = m->held;
    vt_remote_close(m->remote);
    vt_disk_close(m->disk);
    if (!is_ok && !was_there)
        vt_disk_abandon(dir);
    vt_buf_clear(&m->held_note);
    vt_buf_clear(&m->note);
    vt_buf_clear(&m->bundle);
    free(m);
    return is_ok;
}
