/* The front's reading side: the files that an epoch published, the same for everybody.
 *
 * All but the head are named by what they hold, so a cache may keep them for ever.  Which
 * of them somebody asked for is counted by kind and forgotten. */
#include "cell/cell_front.h"
#include "cell/site.h"

enum { LOOK_MS = 200 };

#define FOR_EVER "public, max-age=31536000, immutable"

/* ---- the head ---------------------------------------------------------------------------
 */

static void take_head(struct vt_cell_front *f, struct vt_buf *bytes)
{
    struct vt_shown_head *head = &f->head;
    struct vt_head_file *file;
    struct vt_error err = { 0 };
    vt_hash digest = vt_sha256_of(vt_buf_slice(bytes));
    char text[65];

    if (!vt_head_file_parse(vt_buf_slice(bytes), &file, &err)) {
        (void)fprintf(stderr, "vitrine cell: the head that is shown: %s\n", err.message);
        return;
    }
    vt_head_file_free(head->file);
    vt_buf_clear(&head->bytes);
    head->file = file;
    head->bytes = *bytes;
    *bytes = vt_buf_init(0);
    vt_hash_text(&digest, text);
    (void)snprintf(head->etag, sizeof head->etag, "\"%s\"", text);
    vt_cell_front_answers_take(f);
}

void vt_cell_front_look(struct vt_cell_front *f)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_HEAD_FILE_BYTES_MAX);
    struct vt_error ignored = { 0 };
    int64_t now_ms = vt_monotonic_ms();

    if (f->head.looked_ms != 0 && now_ms - f->head.looked_ms < LOOK_MS)
        return;
    f->head.looked_ms = now_ms;
    if (vt_disk_read(f->disk, VT_CELL_HEAD_PATH, &bytes, &ignored) &&
        !vt_slice_equal(vt_buf_slice(&bytes), vt_buf_slice(&f->head.bytes)))
        take_head(f, &bytes);
}

bool vt_cell_front_is_well(const struct vt_cell_front *f, int64_t now_unix_s)
{
    const struct vt_cell_head *head;

    if (f->head.file == NULL)
        return false;
    head = &f->head.file->head;
    return now_unix_s < head->until_unix_s &&
           (f->lag_s == 0 || now_unix_s - head->from_unix_s < (int64_t)f->lag_s);
}

/* ---- answers ----------------------------------------------------------------------------
 */

void vt_cell_front_not_found(struct vt_cell_front *f, struct vt_http_exchange *exchange)
{
    f->counts.not_found++;
    vt_http_set_header(exchange, "Cache-Control", "no-cache");
    vt_http_answer_text(exchange, VT_HTTP_NOT_FOUND, "there is nothing here");
}

/* Spec: RFC 9110, 13.1.2 (weak comparison; a list is looked through for ours) */
bool vt_cell_front_is_unchanged(struct vt_cell_front *f, struct vt_http_exchange *exchange,
                                const char *etag)
{
    vt_slice has = vt_http_header(exchange, "If-None-Match");

    if (has.len == 0 ||
        (!vt_slice_is(has, "*") && memmem(has.data, has.len, etag, strlen(etag)) == NULL))
        return false;
    f->counts.unchanged++;
    vt_http_answer(exchange, VT_HTTP_NOT_MODIFIED, NULL, (vt_slice){ 0 });
    return true;
}

static void on_head(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;

    vt_cell_front_look(f);
    if (f->head.file == NULL) {
        vt_cell_front_not_found(f, exchange);
        return;
    }
    f->counts.heads++;
    vt_http_set_header(exchange, "Cache-Control", "public, max-age=1");
    vt_http_set_header(exchange, "ETag", f->head.etag);
    if (!vt_cell_front_is_unchanged(f, exchange, f->head.etag))
        vt_http_answer(exchange, VT_HTTP_OK, "application/json",
                       vt_buf_slice(&f->head.bytes));
}

/* A name says what it holds, so its last part is a tag of it; an epoch has one head. */
static void make_etag(vt_slice path, char out[VT_CELL_PATH_BYTES])
{
    size_t at = path.len;

    while (at > 0 && path.data[at - 1] != '/')
        at--;
    (void)snprintf(out, VT_CELL_PATH_BYTES, "\"%.*s\"",
                   VT_SLICE_ARGS(vt_slice_sub(path, at, path.len - at)));
}

static uint64_t *count_of(struct vt_cell_front_counts *counts, enum vt_cell_path kind)
{
    switch (kind) {
    case VT_CELL_PATH_EPOCH:
        return &counts->epochs;
    case VT_CELL_PATH_NODE:
        return &counts->nodes;
    case VT_CELL_PATH_BUCKET:
        return &counts->buckets;
    case VT_CELL_PATH_FILTER:
    case VT_CELL_PATH_OHTTP: /* keys: as seldom as a filter */
    case VT_CELL_PATH_RECIPIENT:
        return &counts->filters;
    default:
        return NULL;
    }
}

bool vt_cell_front_read(struct vt_cell_front *f, vt_slice name, struct vt_buf *out)
{
    enum vt_cell_path kind = vt_cell_path_kind(name);
    char text[VT_CELL_PATH_BYTES];
    struct vt_error ignored = { 0 };

    if (kind == VT_CELL_PATH_NONE && vt_cell_front_answer_read(f, name, out))
        return true;
    if (kind == VT_CELL_PATH_NONE || (kind == VT_CELL_PATH_HEAD && f->head.file == NULL))
        return false;
    if (kind == VT_CELL_PATH_HEAD) {
        vt_buf_put(out, vt_buf_slice(&f->head.bytes));
        return true;
    }
    (void)snprintf(text, sizeof text, "%.*s", VT_SLICE_ARGS(name));
    if (vt_disk_read(f->disk, text, out, &ignored))
        return true;
    out->is_full |= ignored.code == VT_LIMIT; /* there, and too long for whoever asks */
    return ignored.code == VT_LIMIT;
}

static void on_file(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    vt_slice path = vt_http_path(exchange);
    vt_slice name = vt_slice_sub(path, 1, path.len - 1);
    uint64_t *count = count_of(&f->counts, vt_cell_path_kind(name));
    char text[VT_CELL_PATH_BYTES], etag[VT_CELL_PATH_BYTES];
    struct vt_error ignored = { 0 };
    uint64_t bytes;
    int fd;

    if (count == NULL) {
        vt_cell_front_not_found(f, exchange);
        return;
    }
    if (!vt_cell_front_is_ours(f, exchange, VT_DATA_LOOKUP))
        return;
    (void)snprintf(text, sizeof text, "%.*s", VT_SLICE_ARGS(name));
    if (!vt_disk_open_fd(f->disk, text, &fd, &bytes, &ignored)) {
        vt_cell_front_not_found(f, exchange);
        return;
    }
    ++*count;
    if (count == &f->counts.buckets)
        vt_cell_front_count(f, VT_DATA_LOOKUP, VT_COUNTED_ACCEPTED);
    make_etag(name, etag);
    vt_http_set_header(exchange, "Cache-Control", FOR_EVER);
    vt_http_set_header(exchange, "ETag", etag);
    if (vt_cell_front_is_unchanged(f, exchange, etag))
        vt_fd_close(&fd);
    else
        vt_http_answer_fd(exchange, VT_HTTP_OK,
                          count == &f->counts.epochs ? "application/json"
                                                     : "application/octet-stream",
                          fd, bytes);
}

const struct vt_http_route vt_cell_front_read_routes[] = {
    { "GET", "/" VT_CELL_HEAD_PATH, 0, on_head, NULL },
    { "GET", "/bucket/*", 0, on_file, NULL },
    { "GET", "/node/*", 0, on_file, NULL },
    { "GET", "/filter/*", 0, on_file, NULL },
    { "GET", "/ohttp/*", 0, on_file, NULL },
    { "GET", "/recipient/*", 0, on_file, NULL },
    { "GET", "/epoch/*", 0, on_file, NULL },
    { NULL, NULL, 0, NULL, NULL },
};
