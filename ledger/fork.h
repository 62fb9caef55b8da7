/* Proof that a log signed two histories: portable, and checked offline with nothing but
 * the log's key.
 *
 * Two checkpoints of one size with different roots need no more than themselves.  Of
 * different sizes they prove it with the nodes of a consistency proof, taken from the
 * larger tree: by them the larger tree has its signed root, and its first entries have
 * another root than the one that was signed for them.
 *
 *   {"first":"NOTE","path":["BASE64",...],"second":"NOTE","type":"vitrine-fork","v":1}
 *
 * Node by node as in RFC 9162 §2.1.4.2, but the node that both sizes begin with is always
 * written (the RFC leaves it out where it is the whole old tree: here it is the quarrel).
 */
#ifndef VT_LEDGER_FORK_H
#define VT_LEDGER_FORK_H

#include "base/base.h"
#include "ledger/policy.h"
#include "ledger/prove.h"
#include "ledger/signer.h"
#include "store/disk.h"

#define VT_FORK_FOLDER     "forks"
#define VT_FORK_NAME_BYTES 96
#define VT_FORK_PATH_MAX   (VT_PROOF_HASHES_MAX + 1)
#define VT_FORK_BYTES_MAX  VT_MIB(3) /* two notes as JSON, and the path */

struct vt_fork {
    vt_slice first, second; /* signed notes; the second is of the larger tree, or equal */
    vt_hash path[VT_FORK_PATH_MAX];
    size_t path_count;
};

/* What two heads of one log are to each other. */
enum vt_fork_answer {
    VT_FORK_NONE,    /* the larger tree begins with the smaller one */
    VT_FORK_PROVED,  /* it does not, and the path shows it */
    VT_FORK_UNKNOWN, /* the tiles are not those of the larger tree: nothing is known */
};

/* Compare; first->size <= second->size.  source: tiles of the larger tree, which need not
 * be true.  path_out: for a vt_fork; *count_out is 0 for equal sizes.
 * Errors: those of source->read */
VT_CHECKED bool vt_fork_find(const struct vt_tile_source *source,
                             const struct vt_head *first, const struct vt_head *second,
                             enum vt_fork_answer *answer_out, vt_hash *path_out,
                             size_t *count_out, struct vt_error *err);

/* Texts live in the arena.  Errors: VT_MALFORMED, VT_LIMIT */
VT_CHECKED bool vt_fork_parse(vt_slice text, struct vt_arena *arena, struct vt_fork *out,
                              struct vt_error *err);
/* Appends the exact inverse. */
VT_CHECKED bool vt_fork_write(struct vt_buf *out, const struct vt_fork *fork,
                              struct vt_error *err);

/* Keep it in a folder's forks/, under the root of the tree that is not the folder's own;
 * durable.  name_out: relative to the folder. */
VT_CHECKED bool vt_fork_keep(struct vt_disk *disk, const struct vt_fork *fork,
                             const vt_hash *root, char name_out[VT_FORK_NAME_BYTES],
                             struct vt_error *err);

/* A proof that was kept in the folder before: its name; "" if there is none.  It counts as
 * long as it lies there, whoever shows what. */
VT_CHECKED bool vt_fork_kept(struct vt_disk *disk, char name_out[VT_FORK_NAME_BYTES],
                             struct vt_error *err);

/* Did the log `origin` sign two histories?  Both notes must be signed by a key that the
 * policy lists for it (of witnesses nothing is asked: a log that signs twice is guilty
 * alone).  heads_out: of both notes.
 * Errors: VT_MALFORMED a note; VT_REJECTED it proves nothing, and why */
VT_CHECKED bool vt_fork_verify(const struct vt_fork *fork, const struct vt_policy *policy,
                               vt_slice origin, struct vt_head heads_out[2],
                               struct vt_error *err);

#endif
