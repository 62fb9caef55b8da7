/* A scanner's numbers. */
#include "cell/scanner_numbers.h"

void vt_scanner_numbers_add(struct vt_scanner_numbers *n, const struct vt_scan_round *round,
                            int64_t now_unix_s)
{
    if (round->has_waiting)
        n->waiting = round->waiting;
    /* Samples that were scanned by other rules were not waiting for the first time. */
    n->waiting -= round->settled < n->waiting ? round->settled : n->waiting;
    n->gone += round->gone;
    n->keyless += round->keyless;
    for (unsigned i = 0; i < VT_SCAN_STATES; i++)
        n->verdicts[i] += round->states[i];
    if (round->settled != 0)
        n->scanned_unix_s = now_unix_s;
}

static void head(struct vt_buf *out, const char *name, const char *type, const char *help)
{
    vt_buf_printf(out, "# HELP vitrine_scanner_%s %s\n# TYPE vitrine_scanner_%s %s\n", name,
                  help, name, type);
}

static void put(struct vt_buf *out, const char *name, const char *type, const char *help,
                uint64_t value)
{
    head(out, name, type, help);
    vt_buf_printf(out, "vitrine_scanner_%s %ju\n", name, (uintmax_t)value);
}

static void put_verdicts(struct vt_buf *out, const struct vt_scanner_numbers *n)
{
    head(out, "verdicts_total", "counter", "Verdicts that are durable, by state.");
    for (unsigned i = 0; i < VT_SCAN_STATES; i++)
        vt_buf_printf(out, "vitrine_scanner_verdicts_total{state=\"%s\"} %ju\n",
                      vt_scan_state_name((enum vt_scan_state)i), (uintmax_t)n->verdicts[i]);
}

static void put_failures(struct vt_buf *out, const struct vt_scanner_numbers *n)
{
    head(out, "failures_total", "counter", "Rounds that failed, by what was not there.");
    vt_buf_printf(out,
                  "vitrine_scanner_failures_total{of=\"keeper\"} %ju\n"
                  "vitrine_scanner_failures_total{of=\"keys\"} %ju\n"
                  "vitrine_scanner_failures_total{of=\"workers\"} %ju\n",
                  (uintmax_t)n->lost_keeper, (uintmax_t)n->lost_keys,
                  (uintmax_t)n->lost_workers);
}

void vt_scanner_numbers_write(const struct vt_scanner_numbers *n, struct vt_buf *out)
{
    char rules[65];

    vt_hash_text(&n->rules, rules);
    put(out, "waiting", "gauge", "Samples that were never scanned.", n->waiting);
    put(out, "batches_total", "counter", "Batches that were scanned.", n->batches);
    put_verdicts(out, n);
    put(out, "gone_total", "counter", "Samples that were erased meanwhile.", n->gone);
    put(out, "keyless_total", "counter", "Samples that no key was given for.", n->keyless);
    put(out, "refused_total", "counter", "Batches that the key agent refused.", n->refused);
    put_failures(out, n);
    put(out, "workers_started_total", "counter", "Confined processes that were started.",
        n->starts);
    put(out, "reloads_total", "counter", "Databases and papers that were read again.",
        n->reloads);
    put(out, "scanned_seconds", "gauge", "The last verdict, in seconds since 1970.",
        (uint64_t)n->scanned_unix_s); /* of our clock */
    head(out, "rules_info", "gauge", "The databases that verdicts are bound to.");
    vt_buf_printf(out, "vitrine_scanner_rules_info{digest=\"%s\"} 1\n", rules);
}
