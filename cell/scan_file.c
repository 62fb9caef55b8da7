/* A file and all that is in it, each part shown to each engine. */
#include "cell/scan_engine.h"

struct walk {
    const struct vt_scan_engines *engines;
    struct vt_scan_budget budget;
    uint32_t depth;
};

static void enter(const struct walk *w, unsigned engine)
{
    if (w->engines->stage != NULL)
        w->engines->stage(w->engines->context, engine);
}

static int64_t time_left_ms(const struct walk *w)
{
    int64_t left = w->budget.deadline_ms - vt_monotonic_ms();

    return left > 0 ? left : 0;
}

/* libclamav unpacks the outermost file itself too, so that what only one of the two can
 * open is seen; of a member it is given what our unpacker does not know. */
static void show(struct walk *w, vt_slice bytes, bool is_container)
{
    struct vt_scan_outcome *outcome = w->budget.outcome;

    if (w->engines->yara != NULL) {
        enter(w, VT_SCAN_BY_YARA);
        vt_scan_yara_look(w->engines->yara, bytes, time_left_ms(w), outcome);
    }
    if (w->engines->clamav != NULL && vt_scan_budget_left(&w->budget)) {
        enter(w, VT_SCAN_BY_CLAMAV);
        vt_scan_clamav_look(w->engines->clamav, bytes, w->depth == 0 || !is_container,
                            time_left_ms(w), outcome);
    }
    enter(w, VT_SCAN_BY_UNPACKER);
}

static bool scan_part(void *context, vt_slice bytes)
{
    struct walk *w = context;
    bool is_container;

    enter(w, VT_SCAN_BY_UNPACKER);
    is_container = vt_scan_unpack(&w->budget, bytes, NULL, NULL);
    show(w, bytes, is_container);
    if (!is_container || !vt_scan_budget_left(&w->budget))
        return vt_scan_budget_left(&w->budget);
    if (w->depth >= w->engines->limits.depth_max) {
        w->budget.outcome->limits |= VT_SCAN_LIMIT_DEPTH;
        return true;
    }
    w->depth++;
    if (w->budget.outcome->depth < w->depth)
        w->budget.outcome->depth = w->depth;
    (void)vt_scan_unpack(&w->budget, bytes, scan_part, w);
    w->depth--;
    return vt_scan_budget_left(&w->budget);
}

void vt_scan_file(const struct vt_scan_engines *engines, vt_slice bytes,
                  struct vt_scan_outcome *outcome)
{
    struct walk walk = { .engines = engines,
                         .budget = { .limits = &engines->limits,
                                     .deadline_ms = vt_monotonic_ms() +
                                                    (int64_t)engines->limits.time_ms_max,
                                     .root_bytes = bytes.len,
                                     .outcome = outcome } };

    (void)scan_part(&walk, bytes);
}
