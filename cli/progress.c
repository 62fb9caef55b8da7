/* One moving line, or plain ones. */
#include "cli/progress.h"
#include <sys/ioctl.h>

struct vt_progress vt_progress_init(bool is_quiet)
{
    return (struct vt_progress){ .is_quiet = is_quiet,
                                 .is_terminal = isatty(STDERR_FILENO) != 0,
                                 .begun_ms = vt_monotonic_ms() };
}

/* Recipes, file names and package lists are outside text: none of it steers a terminal. */
static void take_outside_text(char *to, size_t room, const char *text)
{
    (void)snprintf(to, room, "%s", text);
    vt_text_make_printable(to, strlen(text) >= room);
}

static int columns(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col
                                                                            : 80;
}

static void draw(struct vt_progress *p)
{
    intmax_t seconds = (intmax_t)((vt_monotonic_ms() - p->step_begun_ms) / 1000);
    int left = columns() - 1;
    char line[512];

    (void)snprintf(line, sizeof line, "[%u/%u] %s  %jd:%02jd  %s", p->step, p->count,
                   p->what, seconds / 60, seconds % 60, p->tail);
    (void)fprintf(stderr, "\r\033[K%.*s", left, line);
    (void)fflush(stderr);
    p->is_line_open = true;
}

static void clear_line(struct vt_progress *p)
{
    if (p->is_line_open)
        (void)fprintf(stderr, "\r\033[K");
    p->is_line_open = false;
}

void vt_progress_line(void *progress, const char *line)
{
    struct vt_progress *p = progress;
    char shown[512];

    if (p->is_quiet)
        return;
    take_outside_text(shown, sizeof shown, line);
    clear_line(p);
    (void)fprintf(stderr, "%s\n", shown);
}

static void end_step(struct vt_progress *p)
{
    intmax_t ms = (intmax_t)(vt_monotonic_ms() - p->step_begun_ms);

    if (p->step == 0)
        return;
    clear_line(p);
    (void)fprintf(stderr, "step %u of %u: %s (%jd.%jd s)\n", p->step, p->count, p->what,
                  ms / 1000, ms % 1000 / 100);
    p->step = 0;
}

void vt_progress_end(struct vt_progress *p)
{
    end_step(p);
    clear_line(p);
}

static void on_step(void *context, unsigned step, unsigned count, const char *text)
{
    struct vt_progress *p = context;

    if (p->is_quiet)
        return;
    end_step(p);
    if (count == 0) { /* the environment */
        vt_progress_line(p, text);
        return;
    }
    p->step = step;
    p->count = count;
    p->step_begun_ms = vt_monotonic_ms();
    p->tail_len = 0;
    p->tail[0] = '\0';
    take_outside_text(p->what, sizeof p->what, text);
}

/* The log is outside text: only printable ASCII reaches the terminal. */
static void on_log(void *context, vt_slice piece)
{
    struct vt_progress *p = context;

    if (p->is_quiet || !p->is_terminal || p->step == 0)
        return;
    for (size_t i = 0; i < piece.len; i++) {
        uint8_t byte = piece.data[i];

        if (byte == '\n' && i + 1 < piece.len) {
            p->tail_len = 0;
        } else if (byte >= 0x20 && byte < 0x7f && p->tail_len < sizeof p->tail - 1) {
            p->tail[p->tail_len++] = (char)byte;
            p->tail[p->tail_len] = '\0';
        }
    }
    draw(p);
    if (piece.len > 0 && piece.data[piece.len - 1] == '\n')
        p->tail_len = 0; /* shown until the next line comes */
}

struct vt_build_watch vt_progress_watch(struct vt_progress *progress)
{
    return (struct vt_build_watch){ .step = on_step, .log = on_log, .context = progress };
}
