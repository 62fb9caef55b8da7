/* A mirror's copy of one log: it grows package by package, as clients upload them.
 *
 *   [ shown: under the checkpoint | kept: durable | taken, not durable yet ]
 *                                                 ^ settled              ^ next
 *
 * Each package was proved to be part of a pending checkpoint before a byte of it is
 * written, so what is kept is what the log signed, whatever checkpoint is shown.  What was
 * settled survives power loss: an upload that broke off goes on there.
 *
 *   FOLDER/checkpoint, FOLDER/tile/...   as tlog-tiles has them
 *   FOLDER/progress                      size and root of what is settled
 *
 * After VT_IO the state of the disk is unknown: only closing is left.
 * Spec: C2SP tlog-mirror, "Updating a Mirror" */
#ifndef VT_LEDGER_COPY_H
#define VT_LEDGER_COPY_H

#include "base/base.h"
#include "ledger/signer.h"
#include "ledger/upload.h"

struct vt_copy;

/* Open the folder (made if missing).  shown: what the mirror signed last of this log (size
 * 0: nothing), which must be there.  Returned; end with vt_copy_close.
 * Errors: VT_REJECTED it holds less than was signed, or its tiles are not those; or another
 *                     process has it
 *         VT_MALFORMED, VT_IO */
VT_CHECKED bool vt_copy_open(const char *folder, vt_slice origin,
                             const struct vt_head *shown, struct vt_copy **copy_out,
                             struct vt_error *err);
void vt_copy_close(struct vt_copy *copy); /* NULL allowed */

/* Was it found that what lies here is not what was kept?  Then a VT_REJECTED was about us,
 * not about the client. */
bool vt_copy_is_damaged(const struct vt_copy *copy);
/* The first entry that is not here. */
uint64_t vt_copy_next(const struct vt_copy *copy);

/* Take the package `range` with its entries, if the proof shows that they are part of the
 * tree `pending`.  What is here already is not written again.
 * Errors: VT_ABSENT    it begins behind the next entry
 *         VT_MALFORMED it does not end where a package of that tree ends, or has not so
 *                      many entries
 *         VT_REJECTED  the proof does not hold, or what stands before it here is damaged;
 *                      nothing was kept
 *         VT_IO */
VT_CHECKED bool vt_copy_take(struct vt_copy *copy, const struct vt_package_range *range,
                             const struct vt_package *package,
                             const struct vt_head *pending, struct vt_error *err);
/* Make durable what was taken. */
VT_CHECKED bool vt_copy_settle(struct vt_copy *copy, struct vt_error *err);
/* Are the first head->size entries all here, durable, servable as a tree of that size, and
 * is its root head->root?  What that lacks (its open tiles) is written.
 * Errors: VT_ABSENT they are not all here; VT_REJECTED they have another root; VT_IO */
VT_CHECKED bool vt_copy_complete(struct vt_copy *copy, const struct vt_head *head,
                                 struct vt_error *err);
/* Show that checkpoint of `size` entries, which was completed: durable when it returns. */
VT_CHECKED bool vt_copy_show(struct vt_copy *copy, uint64_t size, vt_slice note,
                             struct vt_error *err);

#endif
