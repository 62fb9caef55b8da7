/* Whole answers: a bucket filled up, and the hashes that lead from it to the root.
 *
 *   GET /answer/ROOT/INDEX   one; its bytes follow from its name, so caches may keep it
 *   POST /lookup             many: ROOT (32 bytes), then INDEXES (4 bytes each, highest
 *                            first); the answers stand one behind the other, all of one
 *                            size, in the order of the question
 *
 * They are the same bytes that a client puts together itself from nodes and buckets
 * (cell/source.h).  An answer that was made is kept as the response that it is: the next
 * one who asks costs no file, no copy and no allocation.  Two trees are answered for, the
 * one that is shown and the one before it, since clients look at the head from time to
 * time; for older ones there are the files. */
#include "cell/cell_front.h"
#include "cell/source.h"

enum { BATCH_BYTES_MAX = 4 << 20 };

/* The answers of one tree. */
struct view {
    struct vt_cell_tree tree;
    char root[65];
    struct vt_http_ready *
        *ready; /* 2^bits of them, NULL where nobody asked; NULL: no view */
};

struct vt_answers {
    struct vt_cell_source *source; /* of the published folder; NULL before the first head */
    struct view now, before;
    uint64_t bytes, bytes_max; /* in both views */
    uint64_t hand;             /* where the next answer is given up */
    struct vt_buf one;         /* being put together */
};

static uint64_t bucket_count(const struct view *view)
{
    return UINT64_C(1) << view->tree.bits;
}

static void drop(struct vt_answers *answers, struct vt_http_ready **slot)
{
    if (*slot == NULL)
        return;
    answers->bytes -= vt_http_ready_body(*slot).len;
    vt_http_ready_free(*slot);
    *slot = NULL;
}

static void view_clear(struct vt_answers *answers, struct view *view)
{
    for (uint64_t i = 0; view->ready != NULL && i < bucket_count(view); i++)
        drop(answers, &view->ready[i]);
    free(view->ready);
    *view = (struct view){ .ready = NULL };
}

struct vt_answers *vt_cell_front_answers_new(uint64_t bytes_max)
{
    struct vt_answers *answers = vt_alloc(sizeof *answers);

    answers->bytes_max = bytes_max;
    answers->one = vt_buf_init(VT_KIB(128));
    return answers;
}

void vt_cell_front_answers_free(struct vt_answers *answers)
{
    if (answers == NULL)
        return;
    view_clear(answers, &answers->now);
    view_clear(answers, &answers->before);
    vt_cell_source_close(answers->source);
    vt_buf_clear(&answers->one);
    free(answers);
}

void vt_cell_front_answers_take(struct vt_cell_front *f)
{
    struct vt_answers *answers = f->answers;
    const struct vt_cell_tree *tree = &f->head.file->head.tree;
    struct view *now = &answers->now;

    if (answers->source == NULL)
        answers->source = vt_cell_source_new(f->folder);
    if (now->ready != NULL && vt_hash_equal(&now->tree.root, &tree->root))
        return;
    view_clear(answers, &answers->before);
    answers->before = *now;
    *now = (struct view){ .tree = *tree };
    vt_hash_text(&tree->root, now->root);
    now->ready = vt_alloc_array(bucket_count(now), sizeof *now->ready);
}

/* ---- one answer -------------------------------------------------------------------------
 */

/* Make room: the answers that the hand comes to are given up, whoever asked for them. */
static void make_room(struct vt_answers *answers, size_t bytes)
{
    struct view *views[] = { &answers->now, &answers->before };

    for (unsigned i = 0; i < 2; i++) {
        struct view *view = views[1 - i]; /* the older one first */
        uint64_t count = view->ready != NULL ? bucket_count(view) : 0;

        for (uint64_t n = 0; n < count && answers->bytes + bytes > answers->bytes_max; n++)
            drop(answers, &view->ready[answers->hand++ % count]);
    }
}

/* The first hash that belongs to the bucket. */
static vt_hash hash_of_bucket(const struct view *view, uint64_t index)
{
    uint64_t first = view->tree.bits == 0 ? 0 : index << (64 - view->tree.bits);
    vt_hash hash = { { 0 } };

    for (unsigned i = 0; i < 8; i++)
        hash.bytes[i] = (uint8_t)(first >> (56 - 8 * i));
    return hash;
}

static struct vt_http_ready *make_ready(const struct view *view, uint64_t index,
                                        vt_slice body)
{
    char etag[96];
    const char *headers[] = { "Cache-Control", "public, max-age=31536000, immutable",
                              "ETag", etag, NULL };

    (void)snprintf(etag, sizeof etag, "\"%s-%08ju\"", view->root, (uintmax_t)index);
    return vt_http_ready_new("application/octet-stream", headers, body);
}

/* NULL: the files are not there (any more). */
static const struct vt_http_ready *ready_of(struct vt_cell_front *f, struct view *view,
                                            uint64_t index)
{
    struct vt_answers *answers = f->answers;
    struct vt_http_ready **slot = &view->ready[index];
    struct vt_error ignored = { 0 };
    vt_hash hash;

    if (*slot != NULL)
        return *slot;
    hash = hash_of_bucket(view, index);
    vt_buf_truncate(&answers->one, 0);
    if (!vt_cell_source_answer(answers->source, &view->tree, &hash, &answers->one,
                               &ignored))
        return NULL;
    make_room(answers, answers->one.len);
    *slot = make_ready(view, index, vt_buf_slice(&answers->one));
    answers->bytes += answers->one.len;
    return *slot;
}

static struct view *view_of(struct vt_answers *answers, const vt_hash *root)
{
    struct view *views[] = { &answers->now, &answers->before };

    for (unsigned i = 0; i < 2; i++)
        if (views[i]->ready != NULL && vt_hash_equal(&views[i]->tree.root, root))
            return views[i];
    return NULL;
}

/* "answer/ROOT/INDEX" */
static const struct vt_http_ready *find(struct vt_cell_front *f, vt_slice name)
{
    vt_reader r = { name };
    struct view *view;
    vt_slice hex;
    uint64_t index;
    vt_hash root;

    if (!vt_read_literal(&r, VT_LIT("answer/")) || !vt_read_until(&r, '/', &hex) ||
        !vt_hash_parse_hex(hex, &root) || !vt_decimal_parse(r.rest, &index))
        return NULL;
    view = view_of(f->answers, &root);
    return view != NULL && index < bucket_count(view) ? ready_of(f, view, index) : NULL;
}

bool vt_cell_front_answer_read(struct vt_cell_front *f, vt_slice name, struct vt_buf *out)
{
    const struct vt_http_ready *ready = find(f, name);

    if (ready == NULL)
        return false;
    f->counts.answers++;
    vt_cell_front_count(f, VT_DATA_LOOKUP, VT_COUNTED_ACCEPTED);
    vt_buf_put(out, vt_http_ready_body(ready));
    return true;
}

static void on_answer(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    vt_slice path = vt_http_path(exchange);
    vt_slice name = vt_slice_sub(path, 1, path.len - 1);
    const struct vt_http_ready *ready;

    if (!vt_cell_front_is_ours(f, exchange, VT_DATA_LOOKUP))
        return;
    vt_cell_front_look(f);
    ready = find(f, name);
    if (ready == NULL) {
        vt_cell_front_not_found(f, exchange);
        return;
    }
    f->counts.answers++;
    vt_cell_front_count(f, VT_DATA_LOOKUP, VT_COUNTED_ACCEPTED);
    vt_http_answer_ready(exchange, ready);
}

/* ---- many -------------------------------------------------------------------------------
 */

static bool put_answers(struct vt_cell_front *f, struct view *view, vt_reader indexes,
                        struct vt_buf *out)
{
    uint32_t index;

    while (vt_read_u32(&indexes, &index)) {
        const struct vt_http_ready *ready =
            index < bucket_count(view) ? ready_of(f, view, index) : NULL;

        if (ready == NULL)
            return false;
        vt_buf_put(out, vt_http_ready_body(ready));
        f->counts.answers++;
        vt_cell_front_count(f, VT_DATA_LOOKUP, VT_COUNTED_ACCEPTED);
    }
    return vt_read_end(&indexes);
}

static void refuse_batch(struct vt_cell_front *f, struct vt_http_exchange *exchange)
{
    f->counts.refused++;
    vt_cell_front_count(f, VT_DATA_LOOKUP, VT_COUNTED_MALFORMED);
    vt_http_answer_text(exchange, VT_HTTP_BAD_REQUEST,
                        "wanted: a root (32 bytes), and numbers of its buckets (4 bytes "
                        "each, highest first); %d KiB of answers at most",
                        BATCH_BYTES_MAX >> 10);
}

static void on_batch(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    vt_reader r = { vt_http_body(exchange) };
    VT_AUTO_BUF out = vt_buf_init(BATCH_BYTES_MAX);
    struct view *view;
    vt_slice root;
    vt_hash hash;

    if (!vt_cell_front_is_ours(f, exchange, VT_DATA_LOOKUP))
        return;
    vt_cell_front_look(f);
    if (!vt_read_bytes(&r, sizeof hash, &root) || r.rest.len == 0) {
        refuse_batch(f, exchange);
        return;
    }
    memcpy(hash.bytes, root.data, sizeof hash);
    view = view_of(f->answers, &hash);
    vt_http_set_header(exchange, "Cache-Control", "no-store");
    if (view == NULL)
        vt_http_answer_text(exchange, VT_HTTP_NOT_FOUND,
                            "no head with that root is shown; ask for /head.json");
    else if (r.rest.len / 4 * vt_answer_bytes(&view->tree) > BATCH_BYTES_MAX ||
             !put_answers(f, view, r, &out))
        refuse_batch(f, exchange);
    else {
        f->counts.batches++;
        vt_http_answer_buf(exchange, VT_HTTP_OK, "application/octet-stream", &out);
    }
}

/* The shortest answer has 256 bytes. */
const struct vt_http_route vt_cell_front_answer_routes[] = {
    { "GET", "/answer/*", 0, on_answer, NULL },
    { "POST", "/lookup", 32 + BATCH_BYTES_MAX / 256 * 4, on_batch, NULL },
    { NULL, NULL, 0, NULL, NULL },
};
