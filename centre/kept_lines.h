/* Which lines of a text were in an earlier one, in the same order: the longest common
 * subsequence of lines, by Myers' greedy algorithm.  Where two texts differ in more than
 * VT_KEPT_CHANGES_MAX lines, what lies between their equal beginnings and ends counts as
 * new: rather too little is kept than a line that was not there.  Pure. */
#ifndef VT_CENTRE_KEPT_LINES_H
#define VT_CENTRE_KEPT_LINES_H

#include "base/base.h"

#define VT_KEPT_CHANGES_MAX 800

/* Lines of a text; a last one without a line break counts.  In the arena. */
vt_slice *vt_lines_of(struct vt_arena *arena, vt_slice text, size_t *count_out);
/* Set kept[i] for each of the `count` lines that is in `before` too; others stay as they
 * are, so that several earlier texts can be looked at, one behind the other. */
void vt_kept_lines_mark(struct vt_arena *arena, const vt_slice *before, size_t before_count,
                        const vt_slice *lines, size_t count, bool *kept);

#endif
