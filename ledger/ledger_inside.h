/* What the files of a ledger share: the sequencer's state.  Private to ledger/. */
#ifndef VT_LEDGER_INSIDE_H
#define VT_LEDGER_INSIDE_H

#include "ledger/dedup.h"
#include "ledger/journal.h"
#include "ledger/ledger.h"
#include "ledger/prove.h"
#include "ledger/tree.h"
#include "ledger/witness_client.h"
#include "store/disk.h"
#include "wire/note.h"

#define VT_CHECKPOINT_NAME "checkpoint"

enum { VT_COLLECTING_MAX = 64 };

struct vt_ledger {
    const struct vt_env *env;
    struct vt_signer *signer; /* borrowed; may be NULL */
    struct vt_arena *arena;   /* holds the config's texts */
    struct vt_ledger_config config;
    struct vt_policy *policy;            /* NULL: none */
    struct vt_witness_client *witnesses; /* NULL: nobody is asked here */
    bool asks_no_witness;
    struct vt_vkey vkey;
    struct vt_disk *disk;

    struct vt_journal *journal;
    struct vt_dedup *dedup;
    struct vt_batch batch; /* submitted, not durable yet */

    struct vt_tree tree;  /* all durable entries */
    struct vt_buf bundle; /* those of them that fill no whole bundle yet */

    struct vt_buf published; /* the checkpoint that is visible; empty: none */
    struct vt_head published_head;

    struct vt_head begun; /* signed, and not shown yet; size 0: none */

    /* Tiles that became full, whose partial versions go a few with each publication: to
     * remove hundreds at once would hold up everybody. */
    struct vt_tile_name collecting[VT_COLLECTING_MAX];
    size_t collecting_count;

    uint64_t tiled_size; /* of which partial tiles were written last, shown or not */

    bool is_broken; /* a write failed: only closing is left */
};

/* All submitted entries become durable, and then part of the tree. */
VT_CHECKED bool vt_ledger_commit(struct vt_ledger *ledger, struct vt_error *err);

/* A durable entry becomes part of the tree; full tiles and bundles go to the disk. */
VT_CHECKED bool vt_ledger_apply(struct vt_ledger *ledger, vt_slice entry,
                                const vt_hash *leaf, struct vt_error *err);

/* When closing: what waits for its turn to be collected goes now. */
void vt_ledger_collect_rest(struct vt_ledger *ledger);

/* False (VT_IO) after a failed write. */
VT_CHECKED bool vt_ledger_is_usable(const struct vt_ledger *ledger, struct vt_error *err);

/* Tiles of every size up to the durable one: from memory at the right edge, else from the
 * disk. */
struct vt_tile_source vt_ledger_source(struct vt_ledger *ledger);

#endif
