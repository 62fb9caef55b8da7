/* How far a walk over many files has come, on one line. */
#include "cli/moving_line.h"

enum { SHOW_MS = 200 };

struct vt_moving_line vt_moving_line_begin(bool is_quiet)
{
    return (struct vt_moving_line){ .is_terminal = !is_quiet && isatty(STDERR_FILENO),
                                    .begun_ms = vt_monotonic_ms() };
}

void vt_moving_line_clear(const struct vt_moving_line *line)
{
    if (line->is_terminal)
        (void)fputs("\r\033[K", stderr);
}

void vt_moving_line_show(struct vt_moving_line *line, uint64_t files, uint64_t bytes,
                         uint64_t found, const char *path)
{
    int64_t now_ms = vt_monotonic_ms();
    char shown[48];

    if (!line->is_terminal || now_ms - line->shown_ms < SHOW_MS)
        return;
    line->shown_ms = now_ms;
    (void)snprintf(shown, sizeof shown, "%s", path);
    vt_text_make_printable(shown, true);
    vt_moving_line_clear(line);
    (void)fprintf(stderr, "%ju files, %ju MB, %jd s, %ju found  %s", (uintmax_t)files,
                  (uintmax_t)(bytes / 1000000),
                  (intmax_t)((now_ms - line->begun_ms) / 1000), (uintmax_t)found, shown);
}
