/* How much of a source a text quotes: lines of it that stand in the source somewhere. Signs
 * that mark a quotation, and spaces around a line, do not count; short lines never do. */
#ifndef VT_CENTRE_QUOTED_H
#define VT_CENTRE_QUOTED_H

#include "centre/library.h"

#define VT_QUOTED_LINE_BYTES_MIN 8
#define VT_QUOTED_MS_MAX         250

/* When the time is over, the lines that were not looked at count as quoted. */
size_t vt_quoted_lines(const struct vt_library *library, vt_slice text);
/* The lines that could be quotations, wherever they stand. */
size_t vt_quoted_lines_at_most(vt_slice text);

#endif
