/* A copy of a ledger that the Centre holds: a folder of tiles and a checkpoint, of which
 * nothing is believed.  It is judged by the trust root (the log's own signature and a
 * quorum of witnesses), its tiles must have the root that was signed, and it may only grow:
 * a copy that goes back, or tells another history, is not followed, and says so. */
#ifndef VT_CENTRE_HELD_H
#define VT_CENTRE_HELD_H

#include "evidence/trust.h"
#include "ledger/prove.h"
#include "ledger/tlog_proof.h"
#include "store/disk.h"

struct vt_held {
    char *name;           /* of its folder */
    struct vt_disk *disk; /* owned; NULL: it could not be opened */
    const struct vt_trust *trust;
    struct vt_buf checkpoint;       /* the newest that was verified; empty: none yet */
    vt_slice origin;                /* in checkpoint */
    struct vt_tlog_verdict verdict; /* on it */
    struct vt_tile_source source;
    struct vt_prover *prover; /* of its tree; NULL: none yet */
    struct vt_error trouble;  /* code not VT_OK: what is wrong with what lies there now */
};

/* name: of the folder below `above` (borrowed for the call).  trust: borrowed as long.
 * Whatever is wrong becomes out->trouble. */
void vt_held_open(struct vt_disk *above, const char *name, const struct vt_trust *trust,
                  struct vt_held *out);
void vt_held_close(struct vt_held *held);
/* Look whether the copy has grown, and follow it if it may be. */
void vt_held_refresh(struct vt_held *held);
/* Is there a verified tree to speak of? */
bool vt_held_is_known(const struct vt_held *held);

/* Of the verified tree.
 * Errors: VT_ABSENT no such entry; VT_REJECTED changed bytes; VT_IO */

/* Append the entry; its leaf hash was found under the signed root. */
VT_CHECKED bool vt_held_read(struct vt_held *held, uint64_t index, struct vt_buf *out,
                             struct vt_error *err);
/* Hand every entry to `each`, as vt_walk_entries does (ledger/walk.h). */
VT_CHECKED bool vt_held_walk(struct vt_held *held,
                             bool (*each)(void *context, uint64_t index, vt_slice entry,
                                          struct vt_error *err),
                             void *context, struct vt_error *err);
/* Append a tlog-proof of it, checked. */
VT_CHECKED bool vt_held_prove(struct vt_held *held, uint64_t index, struct vt_buf *out,
                              struct vt_error *err);
/* The tree of `size` entries is its beginning. */
VT_CHECKED bool vt_held_consistency(struct vt_held *held, uint64_t size,
                                    struct vt_proof *out, struct vt_error *err);

#endif
