/* Private to diagnosing: what the bytes of one difference speak for. */
#ifndef VT_LINE_DIAGNOSE_INSIDE_H
#define VT_LINE_DIAGNOSE_INSIDE_H

#include "line/diagnose.h"

/* build.json of both sides where there is one; else NULL. */
struct vt_sides {
    const struct vt_build_report *a, *b;
};

/* The cause that the content speaks for and why (a text that need not be freed), or
 * VT_CAUSE_UNKNOWN. */
enum vt_cause vt_difference_suspect(const struct vt_difference *difference,
                                    const struct vt_sides *sides, const char **because);

#endif
