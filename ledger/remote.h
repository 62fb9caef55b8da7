/* A log that lies elsewhere: in a folder, or behind a web server that serves tlog-tiles.
 * Nothing that it says is believed: a checkpoint is verified here, tiles and bundles are
 * held against a verified root by whoever asks. */
#ifndef VT_LEDGER_REMOTE_H
#define VT_LEDGER_REMOTE_H

#include "base/base.h"
#include "ledger/policy.h"
#include "ledger/prove.h"
#include "ledger/retention.h"
#include "ledger/signer.h"
#include "ledger/tile.h"

struct vt_remote;

/* where: a folder or an http(s) URL; policy: the log's keys, and the quorum.  All borrowed.
 * It is opened when it is first needed.  Returned, end with vt_remote_close. */
struct vt_remote *vt_remote_new(const char *where, const struct vt_policy *policy,
                                vt_slice origin);
/* For so long in all it is waited for, then all that is asked for fails (VT_LIMIT); 0: no
 * bound. */
void vt_remote_set_share(struct vt_remote *remote, int64_t share_ms);
/* Is a folder there, where it is to be one?  A URL is not asked.  VT_IO. */
VT_CHECKED bool vt_remote_find(struct vt_remote *remote, struct vt_error *err);
void vt_remote_close(struct vt_remote *remote); /* NULL allowed */
void vt_remote_close_pointer(struct vt_remote **remote);
#define VT_AUTO_REMOTE __attribute__((cleanup(vt_remote_close_pointer))) struct vt_remote *

/* Errors of all: VT_ABSENT it is not there; VT_IO no answer; VT_LIMIT too long or too late
 */

/* Its checkpoint, if it is this log's with the quorum; its head, and when the quorum had
 * cosigned (0 where none is asked for; may be NULL).  Appended.
 * Errors: VT_REJECTED, VT_MALFORMED it is not */
VT_CHECKED bool vt_remote_checkpoint(struct vt_remote *remote, struct vt_buf *out,
                                     struct vt_head *head_out, int64_t *time_out,
                                     struct vt_error *err);
/* The tile or bundle in the version that it has: exactly this one, the full one, or the one
 * of its own size.  *width_out: which.  out is emptied first. */
VT_CHECKED bool vt_remote_read(struct vt_remote *remote, const struct vt_tile_name *name,
                               struct vt_buf *out, unsigned *width_out,
                               struct vt_error *err);
/* Bytes beside the log, as it has them; the caller judges them (ledger/beside.h).  out is
 * emptied first. */
VT_CHECKED bool vt_remote_beside(struct vt_remote *remote, const vt_hash *digest,
                                 struct vt_buf *out, struct vt_error *err);
/* What it says of entries that it serves no longer; nothing there: minimum 0.  The text
 * lives in the arena.  Errors: VT_MALFORMED too */
VT_CHECKED bool vt_remote_retention(struct vt_remote *remote, struct vt_arena *arena,
                                    struct vt_retention *out, struct vt_error *err);
/* Was it the other side that failed last? */
bool vt_remote_has_failed(const struct vt_remote *remote);
/* It will be asked for soon: begin now.  Up to VT_REMOTE_AHEAD of them, more are passed
 * over. */
#define VT_REMOTE_AHEAD 16
void vt_remote_expect(struct vt_remote *remote, const struct vt_tile_name *name);
bool vt_remote_is_expected(struct vt_remote *remote, const struct vt_tile_name *name);

/* Its hash tiles, as a source for proofs: their form is checked, no more. */
struct vt_tile_source vt_remote_source(struct vt_remote *remote);

#endif
