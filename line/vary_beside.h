/* A build in a process of its own, while its caller makes another one.
 *
 * Under varied terms a build has one processor; beside the build under fixed terms it costs
 * little time.  The process is this one's fork: it leaves what vt_line_build leaves, and
 * says through a pipe how it ended and what its probe saw. */
#ifndef VT_LINE_VARY_BESIDE_H
#define VT_LINE_VARY_BESIDE_H

#include "line/build.h"
#include <sys/types.h>

/* A build that was begun; must be ended with vt_beside_end, whatever happens. */
struct vt_beside {
    pid_t pid;
    int from;        /* owned; the end of the pipe to read from */
    const char *out; /* the request's */
    struct vt_build_watch watch;
};

/* Begin.  The request must live until the end; its watch is told, at the end, that it is
 * waited for, and that time passes.
 * Errors: VT_IO */
VT_CHECKED bool vt_beside_begin(const struct vt_build_request *request,
                                struct vt_beside *out, struct vt_error *err);

/* Wait for its end.  *report_out: as vt_line_build's.
 * Errors: those of vt_line_build; VT_IO if the process died */
VT_CHECKED bool vt_beside_end(struct vt_beside *beside, struct vt_build_report **report_out,
                              struct vt_error *err);

#endif
