/* File keys given to another agent: what an agent answers to a relocation.
 *
 *   "vitrine/headers/v1\n", then for each object, ids ascending, each once:
 *   32 bytes of id ‖ u16 length ‖ a complete age header for the same file key
 *
 * The new header has one stanza, for the destination's recipient, and a MAC of its own; the
 * body that belongs to it is the one that belonged to the old header.  No file key leaves
 * the agent but wrapped for that recipient, so nobody on the way can read anything.  The
 * object's id is another one from then on.
 * Spec: custody/DESIGN-relocation.md */
#ifndef VT_CUSTODY_REWRAP_H
#define VT_CUSTODY_REWRAP_H

#include "base/base.h"
#include "crypto/age_grant.h"

#define VT_REWRAP_HEADER_BYTES_MAX VT_KIB(1)

/* Append them.  rows: as of vt_age_grant_write.
 * Errors: VT_REJECTED nobody can hold the key of such a recipient; VT_LIMIT; VT_IO */
VT_CHECKED bool vt_rewrap_write(const struct vt_env *env,
                                const struct vt_age_recipient *recipient,
                                const struct vt_age_grant_row *rows, size_t count,
                                struct vt_buf *out, struct vt_error *err);

/* The same from headers that were given before: the beginning, then each, ids ascending.  A
 * mover keeps them, so that it need not ask for them again. */
void vt_rewrap_begin(struct vt_buf *out);
void vt_rewrap_put(struct vt_buf *out, const vt_hash *id, vt_slice header);

/* Each gets the id that the object had and its new header, which has one X25519 stanza;
 * whose it is cannot be seen.
 * Errors: VT_MALFORMED another form, another order, a header of another kind; those of each
 */
VT_CHECKED bool vt_rewrap_read(vt_slice bytes,
                               bool (*each)(void *context, const vt_hash *id,
                                            vt_slice header, struct vt_error *err),
                               void *context, struct vt_error *err);

#endif
