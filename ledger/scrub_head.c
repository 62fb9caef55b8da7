/* Where the scrubber's trust begins: a good checkpoint, and the right edge of its tree.
 *
 * The edge is one partial tile a level, and only all of them together have the signed root.
 * When they do not have it, each may be the bad one: then every level is also derived from
 * what lies below it and fetched from the other copy, and the mixture that has the root is
 * looked for.  There are three versions of at most eight tiles. */
#include "ledger/ledger.h"
#include "ledger/prove.h"
#include "ledger/scrub_inside.h"
#include "ledger/shelf.h"

#define CHECKPOINT_NAME "checkpoint"

/* ---- the checkpoint -------------------------------------------------------------------
 */

static bool is_good(const struct vt_scrub *s, vt_slice note, struct vt_head *head_out,
                    struct vt_error *err)
{
    struct vt_tlog_verdict verdict;

    if (!vt_tlog_checkpoint_verify(note, s->options->policy, s->options->origin, &verdict,
                                   err))
        return false;
    *head_out = (struct vt_head){ verdict.size, verdict.root };
    return true;
}

/* The newest good one besides the file: remembered, or of the other copy. */
static bool find_other(struct vt_scrub *s, enum vt_scrub_repair *source_out,
                       struct vt_error *err)
{
    VT_AUTO_BUF note = vt_buf_init(VT_NOTE_BYTES_MAX);
    struct vt_error ignored = { 0 };
    struct vt_head head;
    bool is_found = false;

    if (is_good(s, vt_buf_slice(&s->progress.note), &s->head, &ignored)) {
        vt_buf_put(&s->note, vt_buf_slice(&s->progress.note));
        *source_out = VT_SCRUB_REPAIRED_HERE;
        is_found = true;
    }
    if (s->copy == NULL || !vt_remote_checkpoint(s->copy, &note, &head, NULL, err) ||
        (is_found && head.size <= s->head.size))
        return is_found;
    vt_buf_truncate(&s->note, 0);
    vt_buf_put(&s->note, vt_buf_slice(&note));
    s->head = head;
    *source_out = VT_SCRUB_REPAIRED_MIRROR;
    return true;
}

/* Has the writer replaced the bad file meanwhile? */
static bool is_replaced(struct vt_scrub *s)
{
    struct vt_error ignored = { 0 };
    struct vt_head head;

    if (!vt_scrub_read(s, CHECKPOINT_NAME, &ignored) ||
        !is_good(s, vt_buf_slice(&s->bytes), &head, &ignored))
        return false;
    vt_buf_truncate(&s->note, 0);
    vt_buf_put(&s->note, vt_buf_slice(&s->bytes));
    s->head = head;
    return true;
}

bool vt_scrub_find_head(struct vt_scrub *s, struct vt_error *err)
{
    struct vt_error why = { 0 }, other = { 0 };
    enum vt_scrub_repair source;

    if (vt_scrub_read(s, CHECKPOINT_NAME, &why) &&
        is_good(s, vt_buf_slice(&s->bytes), &s->head, &why)) {
        vt_buf_put(&s->note, vt_buf_slice(&s->bytes));
        s->report.files++;
        return true;
    }
    if (!find_other(s, &source, &other)) {
        vt_scrub_found(s, CHECKPOINT_NAME, why.message, VT_SCRUB_NOT_REPAIRED,
                       other.code != VT_OK ? other.message
                                           : "no other good checkpoint is known");
        return vt_fail(err, VT_ABSENT,
                       "%s: no good checkpoint, so nothing to compare with: %s", s->dir,
                       why.message);
    }
    if (!is_replaced(s))
        vt_scrub_mend(s, CHECKPOINT_NAME, why.message, vt_buf_slice(&s->note), source);
    return true;
}

uint64_t vt_scrub_newest_size(struct vt_scrub *s)
{
    struct vt_error ignored = { 0 };
    struct vt_head head;

    return vt_scrub_read(s, CHECKPOINT_NAME, &ignored) &&
                   is_good(s, vt_buf_slice(&s->bytes), &head, &ignored)
               ? head.size
               : s->head.size;
}

/* Tiles of the signed tree, for proofs. */
static bool read_trusted(void *context, const struct vt_tile_name *tile,
                         vt_hash *hashes_out, struct vt_error *err)
{
    const vt_hash *hashes = vt_scrub_trust(context, tile->level, tile->index);

    if (hashes == NULL)
        return vt_fail(err, VT_REJECTED, "a tile on the way to it is damaged");
    memcpy(hashes_out, hashes, tile->width * sizeof *hashes);
    return true;
}

void vt_scrub_compare_heads(struct vt_scrub *s)
{
    struct vt_tile_source source = { read_trusted, s };
    struct vt_error err = { 0 };
    struct vt_head last;
    char what[200];
    vt_hash root;

    if (s->progress.note.len == 0 ||
        !is_good(s, vt_buf_slice(&s->progress.note), &last, &err))
        last = (struct vt_head){ 0, vt_tree_empty_root };
    if (last.size > s->head.size) {
        (void)snprintf(what, sizeof what,
                       "is of %ju entries, but one of %ju was seen here before: the folder "
                       "was put back to an older state",
                       (uintmax_t)s->head.size, (uintmax_t)last.size);
        vt_scrub_found(s, CHECKPOINT_NAME, what, VT_SCRUB_NOT_REPAIRED,
                       "sign nothing; find out what happened, and take a newer copy");
        return; /* and the newer one stays remembered */
    }
    if (last.size != 0 && vt_prove_root(&source, last.size, &root, &err) &&
        !vt_hash_equal(&root, &last.root)) {
        vt_scrub_found(s, CHECKPOINT_NAME,
                       "is not a continuation of the one that was seen here before: the "
                       "log signed two histories",
                       VT_SCRUB_NOT_REPAIRED, "both checkpoints together prove it");
        return;
    }
    vt_buf_truncate(&s->progress.note, 0);
    vt_buf_put(&s->progress.note, vt_buf_slice(&s->note));
}

/* ---- the right edge -------------------------------------------------------------------
 */

enum { STORED, BELOW, COPIED, VERSIONS };

struct edge {
    bool has[VERSIONS][VT_TILE_LEVELS];
    vt_hash hashes[VERSIONS][VT_TILE_LEVELS][VT_TILE_WIDTH];
};

static struct vt_tile_name edge_name(const struct vt_scrub *s, int level)
{
    struct vt_tile_name name = { level, 0, 0 };

    name.index = vt_tile_level_size(level, s->head.size) / VT_TILE_WIDTH;
    name.width = vt_tile_width(level, name.index, s->head.size);
    return name;
}

static void load_stored(struct vt_scrub *s, struct edge *edge)
{
    struct vt_error ignored = { 0 };

    for (int level = 0; level < VT_TILE_LEVELS; level++) {
        struct vt_tile_name name = edge_name(s, level);

        edge->has[STORED][level] =
            name.width != 0 &&
            vt_shelf_read_tile(s->disk, &name, edge->hashes[STORED][level], &ignored);
    }
}

static void load_others(struct vt_scrub *s, struct edge *edge)
{
    struct vt_error ignored = { 0 };

    for (int level = 0; level < VT_TILE_LEVELS; level++) {
        struct vt_tile_name name = edge_name(s, level);
        unsigned width;

        if (name.width == 0)
            continue;
        edge->has[BELOW][level] = vt_scrub_derive(s, &name, edge->hashes[BELOW][level]);
        if (s->copy == NULL ||
            !vt_remote_read(s->copy, &name, &s->bytes, &width, &ignored) ||
            s->bytes.len != width * sizeof(vt_hash))
            continue;
        edge->has[COPIED][level] = true;
        memcpy(edge->hashes[COPIED][level], s->bytes.data, name.width * sizeof(vt_hash));
    }
}

/* Choose a version for this level and those above it; true when the root is the signed one.
 */
static bool choose(struct vt_scrub *s, const struct edge *edge, int level)
{
    static const enum vt_scrub_repair sources[VERSIONS] = { VT_SCRUB_NOT_REPAIRED,
                                                            VT_SCRUB_REPAIRED_HERE,
                                                            VT_SCRUB_REPAIRED_MIRROR };
    vt_hash root;

    if (level == VT_TILE_LEVELS) {
        root = vt_tree_root(&s->edge);
        return vt_hash_equal(&root, &s->head.root);
    }
    if (edge_name(s, level).width == 0)
        return choose(s, edge, level + 1);
    for (int version = 0; version < VERSIONS; version++) {
        if (!edge->has[version][level])
            continue;
        memcpy(s->edge.levels[level], edge->hashes[version][level],
               sizeof s->edge.levels[level]);
        s->edge_sources[level] = sources[version];
        if (choose(s, edge, level + 1))
            return true;
    }
    return false;
}

bool vt_scrub_find_edge(struct vt_scrub *s)
{
    VT_AUTO_FREE struct edge *edge = vt_alloc(sizeof *edge);

    memset(&s->edge, 0, sizeof s->edge);
    s->edge.size = s->head.size;
    load_stored(s, edge);
    if (choose(s, edge, 0))
        return true;
    load_others(s, edge);
    if (choose(s, edge, 0))
        return true;
    vt_scrub_found(s, CHECKPOINT_NAME,
                   "its root is not that of the tiles at the tree's end; more than one of "
                   "them is damaged, or they are of another history",
                   VT_SCRUB_NOT_REPAIRED,
                   s->copy != NULL ? "nor has the other copy tiles with that root"
                                   : "another copy of the log is needed (--repair-from)");
    return false;
}
