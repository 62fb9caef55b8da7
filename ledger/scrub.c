/* One pass of the scrubber, from the top of the tree down to the entries, and what
 * lies beside the log. */
#include "ledger/scrub.h"
#include "ledger/ledger.h"
#include "ledger/scrub_inside.h"
#include <time.h>

enum { SAVE_EVERY_MS = 10 * 1000 };

/* ---- findings -------------------------------------------------------------------------
 */

void vt_scrub_found(struct vt_scrub *s, const char *file, const char *what,
                    enum vt_scrub_repair repair, const char *why_not)
{
    struct vt_scrub_finding finding = { file, what, repair, why_not };

    s->report.findings++;
    s->report.repaired += repair != VT_SCRUB_NOT_REPAIRED;
    s->options->found(s->options->context, &finding);
}

/* Through a disk of its own: trouble with one repair must not end the pass. */
static bool put(const struct vt_scrub *s, const char *file, vt_slice right,
                struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(s->dir, false, &disk, err))
        return false;
    is_ok = vt_disk_write(disk, file, right, 0644, err);
    vt_disk_close(disk);
    return is_ok;
}

void vt_scrub_mend(struct vt_scrub *s, const char *file, const char *what, vt_slice right,
                   enum vt_scrub_repair source)
{
    struct vt_error err = { 0 };

    if (!s->options->may_repair)
        vt_scrub_found(s, file, what, VT_SCRUB_NOT_REPAIRED,
                       "repairing was not asked for (--repair)");
    else if (!put(s, file, right, &err))
        vt_scrub_found(s, file, what, VT_SCRUB_NOT_REPAIRED, err.message);
    else
        vt_scrub_found(s, file, what, source, NULL);
}

/* ---- reading --------------------------------------------------------------------------
 */

/* Wait until the bytes read so far are no more than the rate allows. */
static void keep_pace(const struct vt_scrub *s)
{
    uint64_t rate = s->options->rate_bytes_s;
    int64_t passed_ms = vt_monotonic_ms() - s->began_ms, due_ms;
    struct timespec rest;

    if (rate == 0)
        return;
    /* Seconds and the remainder apart: the product of all bytes and 1000 could overflow. */
    due_ms =
        (int64_t)(s->report.bytes / rate * 1000 + s->report.bytes % rate * 1000 / rate);
    if (due_ms <= passed_ms)
        return;
    due_ms -= passed_ms;
    rest = (struct timespec){ due_ms / 1000, due_ms % 1000 * 1000000 };
    (void)nanosleep(&rest, NULL); /* a signal ends it early, and the next file catches up */
}

bool vt_scrub_read(struct vt_scrub *s, const char *path, struct vt_error *err)
{
    vt_buf_truncate(&s->bytes, 0);
    if (!vt_disk_read(s->disk, path, &s->bytes, err))
        return false;
    vt_scrub_count(s, s->bytes.len);
    return true;
}

void vt_scrub_count(struct vt_scrub *s, uint64_t bytes)
{
    s->report.bytes += bytes;
    keep_pace(s);
}

/* ---- the pass -------------------------------------------------------------------------
 */

static bool save(struct vt_scrub *s, struct vt_error *err)
{
    s->saved_ms = vt_monotonic_ms();
    return vt_scrub_progress_save(s->disk, vt_env_now_unix_s(s->options->env), &s->progress,
                                  err);
}

/* The tile is done: the next one is next. */
static bool step(struct vt_scrub *s, bool *stops_out, struct vt_error *err)
{
    s->progress.index++;
    *stops_out =
        s->options->should_stop != NULL &&
        s->options->should_stop(s->options->context, s->report.files, s->report.bytes);
    return (vt_monotonic_ms() - s->saved_ms < SAVE_EVERY_MS) || save(s, err);
}

static bool run_levels(struct vt_scrub *s, bool *stops_out, struct vt_error *err)
{
    *stops_out = false;
    for (; s->progress.level >= VT_TILE_ENTRIES; s->progress.level--) {
        int level = s->progress.level;

        while (vt_tile_width(level, s->progress.index, s->head.size) != 0) {
            vt_scrub_check(s, level, s->progress.index);
            if (!step(s, stops_out, err))
                return false;
            if (*stops_out)
                return true;
        }
        s->progress.index = 0;
    }
    return true;
}

static void begin_again(struct vt_scrub_progress *progress)
{
    progress->pass++;
    progress->level = VT_TILE_LEVELS - 1;
    progress->index = 0;
}

static bool run_pass(struct vt_scrub *s, struct vt_error *err)
{
    bool stops = false;

    s->report.pass = s->progress.pass;
    s->report.is_resumed =
        s->progress.level != VT_TILE_LEVELS - 1 || s->progress.index != 0;
    if (!vt_scrub_find_head(s, err))
        return false;
    s->report.size = s->head.size;
    if (!vt_scrub_find_edge(s))
        return true; /* nothing below can be judged */
    vt_scrub_compare_heads(s);
    if (!save(s, err) || !run_levels(s, &stops, err) ||
        (!stops && !vt_scrub_beside(s, &stops, err)) ||
        (!stops && !vt_scrub_strays(s, err)))
        return false;
    if (!stops) {
        s->report.is_complete = true;
        begin_again(&s->progress);
    }
    return save(s, err);
}

static bool open_parts(struct vt_scrub *s, struct vt_error *err)
{
    const struct vt_scrub_options *options = s->options;

    if (!vt_disk_open(s->dir, false, &s->disk, err))
        return false;
    vt_scrub_progress_load(s->disk, &s->progress);
    if (options->repair_from != NULL) {
        s->copy = vt_remote_new(options->repair_from, options->policy, options->origin);
        if (!vt_remote_find(s->copy, err))
            return false;
    }
    return vt_retention_read(s->disk, s->arena, &s->retention, err);
}

bool vt_ledger_scrub(const char *dir, const struct vt_scrub_options *options,
                     struct vt_scrub_report *out, struct vt_error *err)
{
    struct vt_scrub *s = vt_alloc(sizeof *s);
    bool is_ok;

    s->options = options;
    s->dir = dir;
    s->arena = vt_arena_new();
    s->note = vt_buf_init(VT_NOTE_BYTES_MAX);
    s->bytes = vt_buf_init(VT_BUNDLE_BYTES_MAX);
    s->progress.note = vt_buf_init(VT_NOTE_BYTES_MAX);
    s->began_ms = s->saved_ms = vt_monotonic_ms();
    is_ok = open_parts(s, err) && run_pass(s, err);
    *out = s->report;
    vt_remote_close(s->copy);
    vt_disk_close(s->disk);
    vt_buf_clear(&s->note);
    vt_buf_clear(&s->bytes);
    vt_buf_clear(&s->progress.note);
    vt_arena_free(s->arena);
    free(s);
    return is_ok;
}
