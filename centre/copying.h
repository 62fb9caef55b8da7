/* Copying what another Centre holds: statements of its desk with their proofs, blobs
 * (source packs among them), evidence and outputs.  Each file is judged before it is kept:
 * by the digest that names it, by its proof, or by the verdict; what does not hold is
 * refused and told.  Nothing is taken away here because it is gone there, and nothing good
 * is replaced, but for evidence that bears a later list and for papers that are still being
 * signed.  So it may be killed at any time and goes on where it was. */
#ifndef VT_CENTRE_COPYING_H
#define VT_CENTRE_COPYING_H

#include "evidence/trust.h"
#include "store/disk.h"

struct vt_copying {
    struct vt_disk *from, *to;    /* Centres' folders; borrowed */
    const struct vt_trust *trust; /* of the one that copies; borrowed */
    int64_t now_unix_s;
    /* A file that was not taken, and why; may be NULL. */
    void (*refused)(void *context, const char *name, const char *why);
    void *context;
    struct {
        uint64_t copied, kept, refused, bytes;
    } count; /* begins with zeros */
};

/* Desk and published folder.
 * Errors: VT_IO ours cannot be written, or theirs cannot be read */
VT_CHECKED bool vt_centre_copy(struct vt_copying *copying, struct vt_error *err);

#endif
