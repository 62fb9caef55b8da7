/* What the operator of a cell watches: is it well, and how much does it do.  Numbers only:
 * no path, no address and no hash is in them, nor in any log. */
#include "cell/cell_front.h"
#include "wire/json.h"

/* ---- metrics ----------------------------------------------------------------------------
 */

#define COUNTER(name, member, help)                                                        \
    {                                                                                      \
        name, "counter", help, offsetof(struct vt_cell_front, counts.member)               \
    }

/* All are uint64_t in the front. */
static const struct metric {
    const char *name, *type, *help;
    size_t at;
} metrics[] = {
    COUNTER("heads_total", heads, "Heads read."),
    COUNTER("epochs_total", epochs, "Earlier heads read."),
    COUNTER("nodes_total", nodes, "Nodes of the tree read."),
    COUNTER("buckets_total", buckets, "Buckets read."),
    COUNTER("answers_total", answers, "Whole answers given, one or in batches."),
    COUNTER("batches_total", batches, "Batches of them."),
    COUNTER("filters_total", filters, "Filters and deltas read."),
    COUNTER("unchanged_total", unchanged, "Readers who had it already."),
    COUNTER("not_found_total", not_found, "Reads of what is not there."),
    COUNTER("sealed_total", sealed, "Sealed look-ups answered."),
    COUNTER("unsealed_total", unsealed, "Sealed requests that did not open."),
    COUNTER("misplaced_total", misplaced, "Sent to another cell."),
    COUNTER("fenced_total", fenced, "Told to come again, while data move."),
    COUNTER("kept_total", kept, "Shares, reports and withdrawals taken."),
    COUNTER("refused_total", refused, "Of them, refused."),
    COUNTER("too_many_total", too_many, "Told to come again, too many at once."),
};

static void put(struct vt_buf *out, const char *name, const char *type, const char *help,
                uint64_t value)
{
    vt_buf_printf(out, "# HELP vitrine_%s %s\n# TYPE vitrine_%s %s\nvitrine_%s %ju\n", name,
                  help, name, type, name, (uintmax_t)value);
}

static void put_head(const struct vt_cell_front *f, struct vt_buf *out)
{
    const struct vt_cell_head *head = f->head.file != NULL ? &f->head.file->head : NULL;

    if (head == NULL)
        return;
    put(out, "cell_epoch", "gauge", "Number of the head that is shown.", head->epoch);
    put(out, "cell_head_until_seconds", "gauge", "When it ends, in seconds since 1970.",
        head->until_unix_s > 0 ? (uint64_t)head->until_unix_s : 0);
    put(out, "cell_verdicts", "gauge", "Verdicts under it.", head->tree.count);
    put(out, "cell_smallest_bucket", "gauge", "Verdicts in its smallest bucket.",
        head->tree.smallest);
}

/* Spec: Prometheus text exposition format 0.0.4 */
static void on_metrics(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    struct vt_http_counts http = vt_http_server_counts(f->server);
    VT_AUTO_BUF out = vt_buf_init(VT_KIB(64));
    char name[64];

    vt_cell_front_look(f);
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        uint64_t value;

        memcpy(&value, (const uint8_t *)f + metrics[i].at, sizeof value);
        (void)snprintf(name, sizeof name, "cell_%s", metrics[i].name);
        put(&out, name, metrics[i].type, metrics[i].help, value);
    }
    put_head(f, &out);
    put(&out, "http_connections", "gauge", "Connections now.", http.open);
    put(&out, "http_accepted_total", "counter", "Connections taken.", http.accepted);
    put(&out, "http_cut_off_total", "counter", "Closed, too slow.", http.cut_off);
    put(&out, "http_displaced_total", "counter", "Closed, idle for the longest.",
        http.displaced);
    vt_http_answer(exchange, VT_HTTP_OK, "text/plain; version=0.0.4", vt_buf_slice(&out));
}

/* ---- health -----------------------------------------------------------------------------
 */

static json_t *health_of(const struct vt_cell_front *f, int64_t now_unix_s)
{
    bool is_well = vt_cell_front_is_well(f, now_unix_s);
    json_t *health = json_pack("{s:b,s:b,s:s,s:I}", "ok", is_well && !f->is_draining,
                               "draining", f->is_draining, "cell", f->cell, "up_ms",
                               (json_int_t)(vt_monotonic_ms() - f->started_ms));
    const struct vt_cell_head *head = f->head.file != NULL ? &f->head.file->head : NULL;

    if (health == NULL)
        return NULL;
    if (head == NULL)
        (void)json_object_set_new(health, "failure", json_string("no head is shown"));
    else
        (void)json_object_set_new(health, "head",
                                  json_pack("{s:I,s:I,s:I}", "epoch",
                                            (json_int_t)head->epoch, "from_unix_s",
                                            (json_int_t)head->from_unix_s, "until_unix_s",
                                            (json_int_t)head->until_unix_s));
    if (head != NULL && !is_well)
        (void)json_object_set_new(health, "failure",
                                  json_string(now_unix_s >= head->until_unix_s
                                                  ? "the head that is shown is over"
                                                  : "the head that is shown is late"));
    return health;
}

static void on_health(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    int64_t now_unix_s = vt_env_now_unix_s(&f->env);
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    VT_AUTO_JSON health = NULL;
    struct vt_error ignored = { 0 };

    vt_cell_front_look(f);
    health = health_of(f, now_unix_s);
    if (!vt_json_write_canonical(health, &text, &ignored))
        vt_buf_truncate(&text, 0);
    vt_http_set_header(exchange, "Cache-Control", "no-store");
    vt_http_answer(exchange,
                   vt_cell_front_is_well(f, now_unix_s) && !f->is_draining
                       ? VT_HTTP_OK
                       : VT_HTTP_UNAVAILABLE,
                   "application/json", vt_buf_slice(&text));
}

const struct vt_http_route vt_cell_front_watch_routes[] = {
    { "GET", "/health", 0, on_health, NULL },
    { "GET", "/metrics", 0, on_metrics, NULL },
    { NULL, NULL, 0, NULL, NULL },
};
