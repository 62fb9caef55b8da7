/* The front's numbers for its operator, and what they say of the witnesses.  Names of these
 * are in the policy that every client has, and in each checkpoint that they cosigned. */
#include "ledger/front.h"

/* ---- a ledger ---------------------------------------------------------------------------
 */

/* A number of struct vt_front_counts. */
#define COUNTER(name, member, help)                                                        \
    {                                                                                      \
        name, "counter", help, offsetof(struct vt_front_ledger, counts.member)             \
    }
#define GAUGE(name, member, help)                                                          \
    {                                                                                      \
        name, "gauge", help, offsetof(struct vt_front_ledger, member)                      \
    }

/* All are uint64_t in a ledger. */
static const struct metric {
    const char *name, *type, *help;
    size_t at;
} metrics[] = {
    GAUGE("entries", size, "Durable entries."),
    GAUGE("published_entries", published.size, "Entries under the checkpoint."),
    GAUGE("queued_entries", count, "Entries that wait for the disk."),
    GAUGE("queued_bytes", bytes, "Their bytes."),
    COUNTER("added_total", entries, "Entries acknowledged."),
    COUNTER("refused_total", refused, "Entries and batches refused."),
    COUNTER("too_many_total", too_many, "Requests told to come back."),
    COUNTER("forbidden_total", forbidden, "Requests without a writer's token."),
    COUNTER("reads_total", reads, "Tiles, checkpoints and predicates read."),
    COUNTER("not_found_total", not_found, "Reads of what is not there."),
    COUNTER("kept_total", kept, "Predicates taken and kept."),
    COUNTER("lookups_total", lookups, "Look-ups answered."),
    COUNTER("proofs_total", proofs, "Inclusion proofs given."),
    COUNTER("checkpoints_total", checkpoints, "Checkpoints published."),
    COUNTER("publish_failures_total", failures, "Checkpoints not published."),
};

static void put_metric(const struct vt_front *f, const struct metric *metric,
                       struct vt_buf *out)
{
    vt_buf_printf(out, "# HELP vitrine_ledger_%s %s\n# TYPE vitrine_ledger_%s %s\n",
                  metric->name, metric->help, metric->name, metric->type);
    for (size_t i = 0; i < f->ledger_count; i++) {
        const uint8_t *ledger = (const uint8_t *)&f->ledgers[i];
        uint64_t value;

        memcpy(&value, ledger + metric->at, sizeof value);
        vt_buf_printf(out, "vitrine_ledger_%s{ledger=\"%s\"} %ju\n", metric->name,
                      vt_front_label(&f->ledgers[i]), (uintmax_t)value);
    }
}

/* What an alarm is made of. */
static void put_state(const struct vt_front *f, struct vt_buf *out)
{
    vt_buf_put_text(out, "# HELP vitrine_ledger_well Checkpoints keep up.\n"
                         "# TYPE vitrine_ledger_well gauge\n");
    for (size_t i = 0; i < f->ledger_count; i++)
        vt_buf_printf(out, "vitrine_ledger_well{ledger=\"%s\"} %d\n",
                      vt_front_label(&f->ledgers[i]), vt_front_is_well(&f->ledgers[i]));
    vt_buf_put_text(out, "# HELP vitrine_ledger_checkpoint_age_seconds Since the last "
                         "publication of this process.\n"
                         "# TYPE vitrine_ledger_checkpoint_age_seconds gauge\n");
    for (size_t i = 0; i < f->ledger_count; i++)
        if (f->ledgers[i].published_ms != 0)
            vt_buf_printf(out,
                          "vitrine_ledger_checkpoint_age_seconds{ledger=\"%s\"} %.3f\n",
                          vt_front_label(&f->ledgers[i]),
                          (double)(vt_monotonic_ms() - f->ledgers[i].published_ms) / 1000);
}

static void put_latency(const struct vt_front_ledger *l, struct vt_buf *out)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < 15; i++) {
        sum += l->counts.latency_ms[i];
        vt_buf_printf(out,
                      "vitrine_ledger_add_seconds_bucket{ledger=\"%s\",le=\"%.3f\"} %ju\n",
                      vt_front_label(l), (double)(1U << i) / 1000, (uintmax_t)sum);
    }
    vt_buf_printf(out,
                  "vitrine_ledger_add_seconds_bucket{ledger=\"%s\",le=\"+Inf\"} %ju\n"
                  "vitrine_ledger_add_seconds_sum{ledger=\"%s\"} %.3f\n"
                  "vitrine_ledger_add_seconds_count{ledger=\"%s\"} %ju\n",
                  vt_front_label(l), (uintmax_t)l->counts.latency_count, vt_front_label(l),
                  (double)l->counts.latency_sum_ms / 1000, vt_front_label(l),
                  (uintmax_t)l->counts.latency_count);
}

/* ---- witnesses --------------------------------------------------------------------------
 */

bool vt_front_take_witnesses(struct vt_front_ledger *l, vt_slice body, struct vt_error *err)
{
    vt_reader r = { body };
    struct vt_serve_witness heard;
    size_t i = 0;

    for (; r.rest.len != 0 && i < VT_POLICY_WITNESSES_MAX; i++) {
        struct vt_front_witness *w = &l->witnesses[i];

        if (!vt_serve_witness_read(&r, &heard))
            return vt_fail(err, VT_MALFORMED, "reports of witnesses without a form");
        (void)snprintf(w->name, sizeof w->name, "%.*s", VT_SLICE_ARGS(heard.name));
        w->end = heard.end;
        if (heard.end == VT_WITNESS_NOT_NEEDED) /* its answer was not waited for */
            continue;
        w->status = heard.status;
        w->took_ms = heard.took_ms;
        if (heard.size != 0)
            w->size = heard.size;
        if (heard.end == VT_WITNESS_COSIGNED) {
            w->cosigned++;
            w->cosigned_ms = vt_monotonic_ms();
        }
    }
    l->witness_count = i;
    return vt_read_end(&r) || vt_fail(err, VT_MALFORMED, "reports of too many witnesses");
}

static double entries_of(const struct vt_front_witness *w)
{
    return (double)w->size;
}

static double status_of(const struct vt_front_witness *w)
{
    return (double)w->status;
}

static double took_of(const struct vt_front_witness *w)
{
    return (double)w->took_ms / 1000;
}

static double cosigned_of(const struct vt_front_witness *w)
{
    return (double)w->cosigned;
}

/* Below 0: it never did. */
static double age_of(const struct vt_front_witness *w)
{
    return w->cosigned_ms != 0 ? (double)(vt_monotonic_ms() - w->cosigned_ms) / 1000 : -1;
}

static const struct witness_metric {
    const char *name, *type, *help;
    double (*value)(const struct vt_front_witness *w);
} witness_metrics[] = {
    { "entries", "gauge", "Entries of the tree that it has cosigned last; 0: unknown.",
      entries_of },
    { "status", "gauge", "HTTP status of its last answer; 0: there was none.", status_of },
    { "answer_seconds", "gauge", "How long its last answer took.", took_of },
    { "cosigned_total", "counter", "Cosignatures that it gave.", cosigned_of },
    { "age_seconds", "gauge", "Since its last cosignature.", age_of },
};

/* The labels of one, its name as the text format wants it: a policy may have any words. */
static void put_labels(const struct vt_front_ledger *l, const struct vt_front_witness *w,
                       struct vt_buf *out)
{
    vt_buf_printf(out, "{ledger=\"%s\",witness=\"", vt_front_label(l));
    for (const char *at = w->name; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            vt_buf_put_u8(out, '\\');
        vt_buf_put_u8(out, (uint8_t)*at);
    }
    vt_buf_put_u8(out, '"');
}

/* All of one metric stand together, as the text format wants it. */
static void put_witness_metric(const struct vt_front *f,
                               const struct witness_metric *metric, struct vt_buf *out)
{
    vt_buf_printf(out,
                  "# HELP vitrine_ledger_witness_%s %s\n"
                  "# TYPE vitrine_ledger_witness_%s %s\n",
                  metric->name, metric->help, metric->name, metric->type);
    for (size_t i = 0; i < f->ledger_count; i++)
        for (size_t k = 0; k < f->ledgers[i].witness_count; k++) {
            const struct vt_front_witness *w = &f->ledgers[i].witnesses[k];

            if (metric->value(w) < 0)
                continue;
            vt_buf_printf(out, "vitrine_ledger_witness_%s", metric->name);
            put_labels(&f->ledgers[i], w, out);
            vt_buf_printf(out, "} %.15g\n", metric->value(w));
        }
}

static void put_witnesses(const struct vt_front *f, struct vt_buf *out)
{
    for (size_t i = 0; i < sizeof witness_metrics / sizeof witness_metrics[0]; i++)
        put_witness_metric(f, &witness_metrics[i], out);
    vt_buf_put_text(out, "# HELP vitrine_ledger_witness_end What came of asking it last.\n"
                         "# TYPE vitrine_ledger_witness_end gauge\n");
    for (size_t i = 0; i < f->ledger_count; i++)
        for (size_t k = 0; k < f->ledgers[i].witness_count; k++) {
            const struct vt_front_witness *w = &f->ledgers[i].witnesses[k];

            vt_buf_put_text(out, "vitrine_ledger_witness_end");
            put_labels(&f->ledgers[i], w, out);
            vt_buf_printf(out, ",end=\"%s\"} 1\n", vt_witness_end_name(w->end));
        }
}

/* ---- the front itself -------------------------------------------------------------------
 */

/* Of the front as a whole. */
static void put_connections(const struct vt_front *f, struct vt_buf *out)
{
    struct vt_http_counts counts = vt_http_server_counts(f->server);

    vt_buf_printf(out,
                  "# HELP vitrine_http_connections Connections now.\n"
                  "# TYPE vitrine_http_connections gauge\n"
                  "vitrine_http_connections %ju\n"
                  "# HELP vitrine_http_accepted_total Connections taken.\n"
                  "# TYPE vitrine_http_accepted_total counter\n"
                  "vitrine_http_accepted_total %ju\n"
                  "# HELP vitrine_http_cut_off_total Closed, too slow.\n"
                  "# TYPE vitrine_http_cut_off_total counter\n"
                  "vitrine_http_cut_off_total %ju\n"
                  "# HELP vitrine_http_displaced_total Closed, idle for the longest.\n"
                  "# TYPE vitrine_http_displaced_total counter\n"
                  "vitrine_http_displaced_total %ju\n",
                  (uintmax_t)counts.open, (uintmax_t)counts.accepted,
                  (uintmax_t)counts.cut_off, (uintmax_t)counts.displaced);
}

/* Spec: Prometheus text exposition format 0.0.4 */
void vt_front_on_metrics(void *context, struct vt_http_exchange *exchange)
{
    struct vt_front *f = context;
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(4));

    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
        put_metric(f, &metrics[i], &out);
    put_state(f, &out);
    vt_buf_printf(&out, "# HELP vitrine_ledger_add_seconds From request to answer.\n"
                        "# TYPE vitrine_ledger_add_seconds histogram\n");
    for (size_t i = 0; i < f->ledger_count; i++)
        put_latency(&f->ledgers[i], &out);
    put_witnesses(f, &out);
    put_connections(f, &out);
    vt_http_answer(exchange, VT_HTTP_OK, "text/plain; version=0.0.4", vt_buf_slice(&out));
}
