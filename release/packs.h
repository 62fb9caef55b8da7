/* The rule databases that a release of kind "rules" consists of. */
#ifndef VT_RELEASE_PACKS_H
#define VT_RELEASE_PACKS_H

#include "release/desk.h"

/* The rules that collect files, as the built packs list them: one a line, appended. */
VT_CHECKED bool vt_packs_collecting(struct vt_docket *docket, struct vt_buf *names,
                                    struct vt_error *err);

/* Compile the built packs again from their own sources, in a confined child: what they list
 * must come out the same.  Takes as long as making them did; the supervisor asks before he
 * approves.  Nothing to do for other kinds.
 * Errors: VT_REJECTED a pack lists what its sources do not say; VT_IO another engine here
 */
VT_CHECKED bool vt_packs_verify(struct vt_docket *docket, struct vt_error *err);

#endif
