/* The front's reading side: the log as tlog-tiles says, and what its operator watches. */
#include "ledger/front.h"
#include "ledger/retention.h"

struct vt_front_ledger *vt_front_ledger_of(struct vt_front *front, vt_slice path)
{
    for (size_t i = 0; i < front->ledger_count; i++) {
        vt_slice prefix = vt_slice_from_cstr(front->ledgers[i].prefix);

        if (vt_slice_starts_with(path, prefix) && path.len > prefix.len &&
            path.data[prefix.len] == '/')
            return &front->ledgers[i];
    }
    return &front->ledgers[0]; /* the routes have one for each prefix */
}

static void not_found(struct vt_front_ledger *l, struct vt_http_exchange *exchange)
{
    l->counts.not_found++;
    vt_http_set_header(exchange, "Cache-Control", "no-cache");
    vt_http_answer_text(exchange, VT_HTTP_NOT_FOUND, "there is nothing here");
}

static const char for_ever[] = "public, max-age=31536000, immutable";

/* A file under a name that we would give it ourselves, and how long it may be kept. */
static void answer_file(struct vt_front_ledger *l, const char *name, const char *type,
                        const char *cache, struct vt_http_exchange *exchange)
{
    struct vt_error ignored = { 0 };
    uint64_t bytes;
    int fd;

    if (!vt_disk_open_fd(l->disk, name, &fd, &bytes, &ignored)) {
        not_found(l, exchange);
        return;
    }
    l->counts.reads++;
    vt_http_set_header(exchange, "Cache-Control", cache);
    vt_http_answer_fd(exchange, VT_HTTP_OK, type, fd, bytes);
}

/* The path below the ledger's prefix. */
static vt_slice own_path(const struct vt_front_ledger *l, vt_slice path)
{
    size_t skip = strlen(l->prefix) + 1;

    return vt_slice_sub(path, skip, path.len - skip);
}

/* Spec: tlog-tiles, "Merkle Tree", "Log entries" */
void vt_front_on_tile(void *context, struct vt_http_exchange *exchange)
{
    vt_slice path = vt_http_path(exchange);
    struct vt_front_ledger *l = vt_front_ledger_of(context, path);
    char name[VT_TILE_PATH_BYTES];
    struct vt_tile_name tile;

    if (!vt_tile_path_parse(own_path(l, path), &tile)) {
        not_found(l, exchange);
        return;
    }
    vt_tile_path(&tile, name);
    answer_file(l, name, "application/octet-stream", for_ever, exchange);
}

/* Whoever asks knows the digest and can tell whether these are the bytes. */
void vt_front_on_beside(void *context, struct vt_http_exchange *exchange)
{
    vt_slice path = vt_http_path(exchange);
    struct vt_front_ledger *l = vt_front_ledger_of(context, path);
    char name[VT_BESIDE_PATH_BYTES];
    vt_hash digest;

    if (!vt_beside_path_parse(own_path(l, path), &digest)) {
        not_found(l, exchange);
        return;
    }
    vt_beside_path(&digest, name);
    answer_file(l, name, "application/octet-stream", for_ever, exchange);
}

/* Small files of the folder that everybody may have. */
static const struct {
    const char *name, *type;
} papers[] = {
    { VT_FROZEN_NAME, "application/json" },
    { VT_RETENTION_NAME, "application/json" },
    { VT_SUCCESSOR_NAME, VT_TLOG_PROOF_TYPE },
};

void vt_front_on_paper(void *context, struct vt_http_exchange *exchange)
{
    vt_slice path = vt_http_path(exchange);
    struct vt_front_ledger *l = vt_front_ledger_of(context, path);
    vt_slice name = own_path(l, path);

    for (size_t i = 0; i < sizeof papers / sizeof papers[0]; i++)
        if (vt_slice_is(name, papers[i].name)) {
            answer_file(l, papers[i].name, papers[i].type, "public, max-age=60", exchange);
            return;
        }
    not_found(l, exchange);
}

void vt_front_on_checkpoint(void *context, struct vt_http_exchange *exchange)
{
    struct vt_front_ledger *l = vt_front_ledger_of(context, vt_http_path(exchange));

    if (l->checkpoint.len == 0) {
        not_found(l, exchange);
        return;
    }
    l->counts.reads++;
    vt_http_set_header(exchange, "Cache-Control", "public, max-age=1");
    vt_http_answer(exchange, VT_HTTP_OK, "text/plain; charset=utf-8",
                   vt_buf_slice(&l->checkpoint));
}

/* ---- for the operator -------------------------------------------------------------------
 */

/* A name as a label's value. */
static const char *label(const struct vt_front_ledger *l)
{
    return l->prefix[0] == '\0' ? "/" : l->prefix;
}

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
                      label(&f->ledgers[i]), (uintmax_t)value);
    }
}

/* Are checkpoints keeping up?  Whatever holds them up: witnesses, signer or disk. */
static bool is_well(const struct vt_front_ledger *l)
{
    if (l->is_full || l->is_stalled)
        return false;
    if (l->count != 0 && /* a sequencer or signer that hangs makes nothing durable */
        (uint64_t)(vt_monotonic_ms() - l->queue[l->first].request->since_ms) >=
            l->front->lag_ms_max)
        return false;
    return l->size == l->published.size ||
           (uint64_t)(vt_monotonic_ms() - l->behind_since_ms) < l->front->lag_ms_max;
}

/* What an alarm is made of. */
static void put_state(const struct vt_front *f, struct vt_buf *out)
{
    vt_buf_put_text(out, "# HELP vitrine_ledger_well Checkpoints keep up.\n"
                         "# TYPE vitrine_ledger_well gauge\n");
    for (size_t i = 0; i < f->ledger_count; i++)
        vt_buf_printf(out, "vitrine_ledger_well{ledger=\"%s\"} %d\n", label(&f->ledgers[i]),
                      is_well(&f->ledgers[i]));
    vt_buf_put_text(out, "# HELP vitrine_ledger_checkpoint_age_seconds Since the last "
                         "publication of this process.\n"
                         "# TYPE vitrine_ledger_checkpoint_age_seconds gauge\n");
    for (size_t i = 0; i < f->ledger_count; i++)
        if (f->ledgers[i].published_ms != 0)
            vt_buf_printf(out,
                          "vitrine_ledger_checkpoint_age_seconds{ledger=\"%s\"} %.3f\n",
                          label(&f->ledgers[i]),
                          (double)(vt_monotonic_ms() - f->ledgers[i].published_ms) / 1000);
}

static void put_latency(const struct vt_front_ledger *l, struct vt_buf *out)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < 15; i++) {
        sum += l->counts.latency_ms[i];
        vt_buf_printf(out,
                      "vitrine_ledger_add_seconds_bucket{ledger=\"%s\",le=\"%.3f\"} %ju\n",
                      label(l), (double)(1U << i) / 1000, (uintmax_t)sum);
    }
    vt_buf_printf(out,
                  "vitrine_ledger_add_seconds_bucket{ledger=\"%s\",le=\"+Inf\"} %ju\n"
                  "vitrine_ledger_add_seconds_sum{ledger=\"%s\"} %.3f\n"
                  "vitrine_ledger_add_seconds_count{ledger=\"%s\"} %ju\n",
                  label(l), (uintmax_t)l->counts.latency_count, label(l),
                  (double)l->counts.latency_sum_ms / 1000, label(l),
                  (uintmax_t)l->counts.latency_count);
}

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
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));

    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
        put_metric(f, &metrics[i], &out);
    put_state(f, &out);
    vt_buf_printf(&out, "# HELP vitrine_ledger_add_seconds From request to answer.\n"
                        "# TYPE vitrine_ledger_add_seconds histogram\n");
    for (size_t i = 0; i < f->ledger_count; i++)
        put_latency(&f->ledgers[i], &out);
    put_connections(f, &out);
    vt_http_answer(exchange, VT_HTTP_OK, "text/plain; version=0.0.4", vt_buf_slice(&out));
}

/* What is wrong is said to anybody; our paths and the witnesses' names are not. */
static json_t *health_of(const struct vt_front_ledger *l)
{
    json_t *row = json_pack("{s:s,s:b,s:I,s:I,s:I}", "path", label(l), "ok", is_well(l),
                            "size", (json_int_t)l->size, "published",
                            (json_int_t)l->published.size, "queued", (json_int_t)l->count);

    if (row != NULL && l->published_ms != 0)
        (void)json_object_set_new(
            row, "published_ago_ms",
            json_integer((json_int_t)(vt_monotonic_ms() - l->published_ms)));
    if (row != NULL && l->frozen.origin.len != 0)
        (void)json_object_set_new(
            row, "goes_on_as",
            json_stringn((const char *)l->frozen.origin.data, l->frozen.origin.len));
    if (row != NULL && l->is_full)
        (void)json_object_set_new(row, "failure", json_string("the disk is full"));
    if (row != NULL && l->is_stalled)
        (void)json_object_set_new(
            row, "failure",
            json_string("the disk does not answer: nothing becomes durable"));
    else if (row != NULL && l->failure[0] != '\0')
        (void)json_object_set_new(
            row, "failure",
            json_string(l->is_unwitnessed ? "too few witnesses cosigned: the log of "
                                            "this server says which did not"
                                          : "no new checkpoint was published: the log "
                                            "of this server says why"));
    return row;
}

void vt_front_on_health(void *context, struct vt_http_exchange *exchange)
{
    struct vt_front *f = context;
    VT_AUTO_JSON rows = json_array();
    VT_AUTO_JSON answer = NULL;
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(64));
    struct vt_error ignored = { 0 };
    bool is_ok = true;

    for (size_t i = 0; i < f->ledger_count; i++) {
        is_ok = is_ok && is_well(&f->ledgers[i]);
        (void)json_array_append_new(rows, health_of(&f->ledgers[i]));
    }
    answer = json_pack("{s:b,s:I,s:O}", "ok", is_ok, "up_ms",
                       (json_int_t)(vt_monotonic_ms() - f->started_ms), "ledgers", rows);
    if (!vt_json_write_canonical(answer, &text, &ignored))
        vt_buf_truncate(&text, 0);
    vt_http_answer(exchange, is_ok ? VT_HTTP_OK : VT_HTTP_UNAVAILABLE, "application/json",
                   vt_buf_slice(&text));
}
