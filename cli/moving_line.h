/* One line on a terminal that shows how far a walk over many files has come, and makes way
 * for what stays.  Silent where standard error is no terminal, or answers are for machines.
 */
#ifndef VT_CLI_MOVING_LINE_H
#define VT_CLI_MOVING_LINE_H

#include "base/base.h"

struct vt_moving_line {
    bool is_terminal;
    int64_t begun_ms, shown_ms;
};

struct vt_moving_line vt_moving_line_begin(bool is_quiet);
/* Take it away; before anything else is printed. */
void vt_moving_line_clear(const struct vt_moving_line *line);
/* Show it anew, at most five times a second: seconds, counts, and where we are. */
void vt_moving_line_show(struct vt_moving_line *line, uint64_t files, uint64_t bytes,
                         uint64_t found, const char *path);

#endif
