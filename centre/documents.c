/* Documents by path: a sorted array that is shown, and a list that is being built. */
#include "centre/documents.h"

struct generation {
    struct vt_document *rows;
    struct vt_buf *bodies; /* rows[i].plain and .gzip lie in bodies[i] */
    size_t count, room;
    size_t bytes; /* announced, in all */
};

struct vt_documents {
    struct generation shown, next;
    int64_t gathered_unix_s;
    size_t missing;     /* bytes of the newest document of `next` that have not come */
    size_t plain_bytes; /* of it */
};

static void generation_clear(struct generation *g)
{
    for (size_t i = 0; i < g->count; i++) {
        free(g->rows[i].path);
        vt_buf_clear(&g->bodies[i]);
    }
    free(g->rows);
    free(g->bodies);
    *g = (struct generation){ 0 };
}

struct vt_documents *vt_documents_new(void)
{
    return vt_alloc(sizeof(struct vt_documents));
}

void vt_documents_free(struct vt_documents *d)
{
    if (d == NULL)
        return;
    generation_clear(&d->shown);
    generation_clear(&d->next);
    free(d);
}

/* ---- taking -----------------------------------------------------------------------------
 */

static void grow(struct generation *g)
{
    if (g->count < g->room)
        return;
    g->room = g->room == 0 ? 64 : 2 * g->room; /* count is bounded */
    g->rows = vt_grow_array(g->rows, g->room, sizeof *g->rows);
    g->bodies = vt_grow_array(g->bodies, g->room, sizeof *g->bodies);
}

static bool take_head(struct vt_documents *d, vt_slice body, struct vt_error *err)
{
    struct generation *g = &d->next;
    struct vt_document_head head;
    size_t bytes;

    if (d->missing != 0 || !vt_document_head_read(body, &head))
        return vt_fail(err, VT_MALFORMED, "the reader announced no document");
    bytes = (size_t)head.plain_bytes + head.gzip_bytes; /* both are bounded */
    if (g->count == VT_DOCUMENTS_MAX || bytes > VT_DOCUMENTS_BYTES_MAX - g->bytes)
        return vt_fail(err, VT_LIMIT, "more documents than fit: at most %d, of %zu bytes",
                       VT_DOCUMENTS_MAX, VT_DOCUMENTS_BYTES_MAX);
    grow(g);
    g->rows[g->count] = (struct vt_document){ .path = vt_strdup_slice(head.path),
                                              .type = head.type,
                                              .is_immutable = head.is_immutable };
    g->bodies[g->count++] = vt_buf_init(bytes);
    g->bytes += bytes;
    d->missing = bytes;
    d->plain_bytes = head.plain_bytes;
    return true;
}

/* The body is whole: from here on its bytes do not move. */
static void settle(struct vt_documents *d)
{
    struct vt_document *row = &d->next.rows[d->next.count - 1];
    vt_slice body = vt_buf_slice(&d->next.bodies[d->next.count - 1]);
    vt_hash hash;
    char hex[65];

    row->plain = vt_slice_sub(body, 0, d->plain_bytes);
    row->gzip = vt_slice_sub(body, d->plain_bytes, body.len - d->plain_bytes);
    hash = vt_sha256_of(row->plain);
    vt_hash_text(&hash, hex);
    (void)snprintf(row->tag, sizeof row->tag, "\"%.20s\"", hex);
}

static bool take_piece(struct vt_documents *d, vt_slice piece, struct vt_error *err)
{
    if (d->next.count == 0 || piece.len == 0 || piece.len > d->missing)
        return vt_fail(err, VT_MALFORMED, "the reader sent more than it announced");
    vt_buf_put(&d->next.bodies[d->next.count - 1], piece);
    d->missing -= piece.len;
    if (d->missing == 0)
        settle(d);
    return true;
}

static int by_path(const void *a, const void *b)
{
    const struct vt_document *one = a, *other = b;

    return strcmp(one->path, other->path);
}

/* Bodies are owned in the order in which they came; slices already point into them, so only
 * the rows are sorted. */
static bool turn(struct vt_documents *d, vt_slice body, struct vt_error *err)
{
    struct generation *g = &d->next;
    int64_t time;

    if (d->missing != 0 || !vt_turn_read(body, &time))
        return vt_fail(err, VT_MALFORMED, "the reader turned in the middle of a document");
    if (g->count != 0)
        qsort(g->rows, g->count, sizeof *g->rows, by_path);
    for (size_t i = 1; i < g->count; i++)
        if (strcmp(g->rows[i - 1].path, g->rows[i].path) == 0)
            return vt_fail(err, VT_MALFORMED, "two documents have the path %s",
                           g->rows[i].path);
    generation_clear(&d->shown);
    d->shown = *g;
    *g = (struct generation){ 0 };
    d->gathered_unix_s = time;
    return true;
}

bool vt_documents_take(struct vt_documents *d, const struct vt_message *message,
                       bool *turned_out, struct vt_error *err)
{
    bool is_ok;

    *turned_out = false;
    switch (message->type) {
    case VT_CENTRE_DOCUMENT:
        is_ok = take_head(d, message->body, err);
        if (is_ok && d->missing == 0)
            settle(d);
        break;
    case VT_CENTRE_PIECE:
        is_ok = take_piece(d, message->body, err);
        break;
    case VT_CENTRE_TURN:
        is_ok = *turned_out = turn(d, message->body, err);
        break;
    default:
        is_ok = vt_fail(err, VT_MALFORMED, "the reader sent a message of type %u",
                        message->type);
    }
    if (!is_ok) {
        generation_clear(&d->next);
        d->missing = 0;
    }
    return is_ok;
}

/* ---- asking -----------------------------------------------------------------------------
 */

static int path_order(vt_slice path, const char *other)
{
    return vt_slice_compare(path, vt_slice_from_cstr(other));
}

const struct vt_document *vt_documents_find(const struct vt_documents *d, vt_slice path)
{
    size_t low = 0, high = d->shown.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = path_order(path, d->shown.rows[middle].path);

        if (order == 0)
            return &d->shown.rows[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

size_t vt_documents_count(const struct vt_documents *d)
{
    return d->shown.count;
}

int64_t vt_documents_time(const struct vt_documents *d)
{
    return d->gathered_unix_s;
}
