/* What a person sees while a build runs: on a terminal one line that moves (step, time, the
 * last line of the log), otherwise a plain line a step.  On standard error, so that answers
 * on standard output stay clean. */
#ifndef VT_CLI_PROGRESS_H
#define VT_CLI_PROGRESS_H

#include "line/build.h"

struct vt_progress {
    bool is_quiet, is_terminal, is_line_open;
    int64_t begun_ms, step_begun_ms;
    unsigned step, count;
    char what[160]; /* the step */
    char tail[160]; /* the log's last line so far */
    size_t tail_len;
};

/* is_quiet: say nothing (--json, --quiet). */
struct vt_progress vt_progress_init(bool is_quiet);
/* The progress must outlive the watch. */
struct vt_build_watch vt_progress_watch(struct vt_progress *progress);
/* A line that stays, say while packages are fetched. */
void vt_progress_line(void *progress, const char *line);
/* End the last step and the moving line. */
void vt_progress_end(struct vt_progress *progress);

#endif
