/* Proofs, made from tiles: a few tiles on the way from the entry to the root are read,
 * whatever the size of the tree. */
#ifndef VT_LEDGER_PROVE_H
#define VT_LEDGER_PROVE_H

#include "base/base.h"
#include "crypto/sha256.h"
#include "ledger/tile.h"
#include "ledger/tree_verify.h"

/* Where tiles come from. */
struct vt_tile_source {
    /* The first `width` hashes of a tile; `width` is what vt_tile_width says for the size
     * of the tree in question, and never 0. */
    bool (*read)(void *context, const struct vt_tile_name *tile, vt_hash *hashes_out,
                 struct vt_error *err);
    void *context;
};

struct vt_proof {
    vt_hash hashes[VT_PROOF_HASHES_MAX];
    size_t count;
};

/* Whoever proves much about one tree keeps a prover: tiles are read once, and their inner
 * nodes computed once.  source: borrowed as long.  Returned; end with vt_prover_free. */
struct vt_prover;
struct vt_prover *vt_prover_new(const struct vt_tile_source *source, uint64_t size);
void vt_prover_free(struct vt_prover *prover); /* NULL allowed */
/* The tree has grown: what is still true is kept. */
void vt_prover_grow(struct vt_prover *prover, uint64_t size);
/* All tiles are read again: a proof did not hold, and the source may be mended by now. */
void vt_prover_forget(struct vt_prover *prover);
VT_CHECKED bool vt_prover_inclusion(struct vt_prover *prover, uint64_t index,
                                    struct vt_proof *out, struct vt_error *err);

/* The subtree [start, end), which must be one (vt_tree_is_subtree), is part of the tree;
 * empty when it is empty, or the tree itself.
 * Spec: draft-ietf-plants-merkle-tree-certs §4.4 */
VT_CHECKED bool vt_prover_subtree(struct vt_prover *prover, uint64_t start, uint64_t end,
                                  struct vt_proof *out, struct vt_error *err);

/* Errors of all: VT_ABSENT the tree has no such entry or size
 *                and those of source->read */

/* Entry `index` is in the tree of `size` entries.
 * Spec: RFC 6962 §2.1.1 */
VT_CHECKED bool vt_prove_inclusion(const struct vt_tile_source *source, uint64_t index,
                                   uint64_t size, struct vt_proof *out,
                                   struct vt_error *err);

/* The tree of `size2` entries begins with that of `size1`; empty when size1 is 0 (the
 * witness protocol's rule) or equal to size2.
 * Spec: RFC 6962 §2.1.2 */
VT_CHECKED bool vt_prove_consistency(const struct vt_tile_source *source, uint64_t size1,
                                     uint64_t size2, struct vt_proof *out,
                                     struct vt_error *err);

/* The root that the tree had when it had `past` entries: from tiles of the width that they
 * have now, since nobody keeps the narrow ones of before.  past <= size. */
VT_CHECKED bool vt_prove_past_root(const struct vt_tile_source *source, uint64_t past,
                                   uint64_t size, vt_hash *root_out, struct vt_error *err);

/* The root of the tree of `size` entries. */
VT_CHECKED bool vt_prove_root(const struct vt_tile_source *source, uint64_t size,
                              vt_hash *root_out, struct vt_error *err);

#endif
