/* The tree over all buckets of an epoch, and an answer: one bucket, filled up with zeros to
 * the size that all have, and the hashes that lead from it to the root.  Pure.
 *
 * An answer is the same bytes for everybody who asks for that bucket in that epoch, and it
 * answers for what is in it and for what is not.  Hashing is RFC 6962's: the leaf is the
 * bucket without what fills it up.  Spec: RFC 6962 section 2.1 */
#ifndef VT_CELL_ANSWER_H
#define VT_CELL_ANSWER_H

#include "base/base.h"
#include "cell/bucket.h"

/* What a head commits to; also what it says of its buckets. */
struct vt_cell_tree {
    vt_hash root;
    unsigned bits;         /* 2^bits buckets: the leaves */
    uint64_t count;        /* verdicts in all buckets */
    uint64_t smallest;     /* verdicts in the bucket that has fewest */
    uint64_t bucket_bytes; /* of each bucket in an answer */
};

/* The hashes of all leaves, and above them one of each complete tile of 256. */
#define VT_CELL_LEVELS_MAX 3
struct vt_cell_nodes {
    unsigned level_count;                /* 1 to VT_CELL_LEVELS_MAX */
    vt_hash *levels[VT_CELL_LEVELS_MAX]; /* owned; levels[0]: 2^bits leaves */
};

void vt_cell_nodes_clear(struct vt_cell_nodes *nodes);
#define VT_AUTO_CELL_NODES                                                                 \
    __attribute__((cleanup(vt_cell_nodes_clear))) struct vt_cell_nodes

/* How many levels of tiles stand over 2^bits leaves, and how many hashes a tile of that
 * level has: 256, fewer at the top. */
unsigned vt_cell_level_count(unsigned bits);
unsigned vt_cell_tile_width(unsigned bits, unsigned level);

/* Hash the buckets of a table, in one pass.  nodes_out may be NULL; else returned.  The
 * rows are checked on the way.
 * Errors: VT_MALFORMED a row out of order, or that says nothing
 *         VT_LIMIT     a bucket that is too long, more bits than VT_BUCKET_BITS_MAX */
VT_CHECKED bool vt_cell_tree_build(const struct vt_verdicts *table, unsigned bits,
                                   struct vt_cell_tree *out,
                                   struct vt_cell_nodes *nodes_out, struct vt_error *err);

/* Where the rows of a bucket begin: table->count behind the last. */
uint64_t vt_cell_bucket_begin(const struct vt_verdicts *table, unsigned bits,
                              uint64_t index);

size_t vt_answer_bytes(const struct vt_cell_tree *tree);

/* Append the answer for a bucket.  bucket: its bytes, padded or not.
 * Errors: VT_LIMIT it is longer than the tree says */
VT_CHECKED bool vt_answer_write(const struct vt_cell_tree *tree, vt_slice bucket,
                                const vt_hash *proof, struct vt_buf *out,
                                struct vt_error *err);

/* Is this the answer for that file's bucket, and what does it say?
 * Errors: VT_MALFORMED not the form
 *         VT_REJECTED  another bucket's, not what the head commits to, or fewer verdicts
 *                      than the head says every bucket has */
VT_CHECKED bool vt_answer_check(const struct vt_cell_tree *tree, vt_slice answer,
                                const vt_hash *hash, struct vt_cell_verdict *out,
                                struct vt_error *err);

#endif
