/* The front's reading side: the log as tlog-tiles says, and how it is. */
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

/* ---- health -----------------------------------------------------------------------------
 */

const char *vt_front_label(const struct vt_front_ledger *l)
{
    return l->prefix[0] == '\0' ? "/" : l->prefix;
}

bool vt_front_is_well(const struct vt_front_ledger *l)
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

/* What is wrong is said to anybody; our paths and the witnesses' names are not. */
static json_t *health_of(const struct vt_front_ledger *l)
{
    json_t *row = json_pack("{s:s,s:b,s:I,s:I,s:I}", "path", vt_front_label(l), "ok",
                            vt_front_is_well(l), "size", (json_int_t)l->size, "published",
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
        is_ok = is_ok && vt_front_is_well(&f->ledgers[i]);
        (void)json_array_append_new(rows, health_of(&f->ledgers[i]));
    }
    answer = json_pack("{s:b,s:I,s:O}", "ok", is_ok, "up_ms",
                       (json_int_t)(vt_monotonic_ms() - f->started_ms), "ledgers", rows);
    if (!vt_json_write_canonical(answer, &text, &ignored))
        vt_buf_truncate(&text, 0);
    vt_http_answer(exchange, is_ok ? VT_HTTP_OK : VT_HTTP_UNAVAILABLE, "application/json",
                   vt_buf_slice(&text));
}
