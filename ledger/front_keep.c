/* The front's way for predicates too long for an entry: PUT /predicate/sha256/ab/HEX.  They
 * are not gathered here: pieces go to the sequencer, which writes and hashes them, and the
 * client waits until it has taken each one.
 *
 *   first piece --> KEEP --> PIECE ... PIECE --> END --> answered
 *
 * Strangers could fill the disk with bytes that no entry ever names, so only writers whom
 * the operator has named may do this. */
#include "ledger/front.h"

static void keep_free(struct vt_front_keep *k)
{
    k->ledger->keeps[k->slot] = NULL;
    vt_buf_clear(&k->piece);
    free(k);
}

/* The exchange is not ours any more. */
static struct vt_http_exchange *let_go(struct vt_front_keep *k)
{
    struct vt_http_exchange *exchange = k->exchange;

    vt_http_set_owned(exchange, NULL);
    keep_free(k);
    return exchange;
}

/* If the sequencer is gone the watch of its channel ends the front. */
static void tell(struct vt_front_keep *k, uint16_t type, vt_slice bytes)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_error lost = { 0 };

    vt_serve_keep_write(&body, k->slot, bytes);
    (void)!vt_channel_send(&k->ledger->sequencer, type, vt_buf_slice(&body), &lost);
}

static void ask(struct vt_front_keep *k, uint16_t type, vt_slice bytes)
{
    k->is_asked = true;
    tell(k, type, bytes);
}

static void send_piece(struct vt_front_keep *k, uint16_t type)
{
    k->is_ended = type == VT_SERVE_END;
    ask(k, type, vt_buf_slice(&k->piece));
    vt_buf_truncate(&k->piece, 0);
}

/* ---- who may ----------------------------------------------------------------------------
 */

static bool is_allowed(struct vt_front_ledger *l, struct vt_http_exchange *exchange)
{
    if (!vt_front_goes_on(l, exchange))
        return false;
    if (l->front->writer_count == 0) {
        l->counts.forbidden++;
        vt_http_answer_text(exchange, VT_HTTP_FORBIDDEN,
                            "this ledger has no named writers, and takes predicates over "
                            "HTTP from such alone; its operator may use 'ledger add "
                            "--beside'");
        return false;
    }
    return vt_front_may_write(l, exchange);
}

static bool find_slot(struct vt_front_ledger *l, struct vt_http_exchange *exchange,
                      unsigned *slot_out)
{
    for (unsigned i = 0; i < VT_SERVE_SLOTS; i++)
        if (l->keeps[i] == NULL) {
            *slot_out = i;
            return true;
        }
    l->counts.too_many++;
    vt_http_set_header(exchange, "Retry-After", "1");
    vt_http_answer_text(exchange, VT_HTTP_TOO_MANY, "%d predicates come already, try again",
                        (int)VT_SERVE_SLOTS);
    return false;
}

/* NULL: it was answered. */
static struct vt_front_keep *begin(struct vt_front *front,
                                   struct vt_http_exchange *exchange)
{
    vt_slice path = vt_http_path(exchange);
    struct vt_front_ledger *l = vt_front_ledger_of(front, path);
    size_t skip = strlen(l->prefix) + 1;
    struct vt_front_keep *k;
    vt_hash digest;
    unsigned slot;

    if (!is_allowed(l, exchange))
        return NULL;
    if (!vt_beside_path_parse(vt_slice_sub(path, skip, path.len - skip), &digest)) {
        vt_http_answer_text(exchange, VT_HTTP_NOT_FOUND,
                            "predicates lie under " VT_BESIDE_FOLDER
                            "/sha256/ab/HEX, where HEX is their SHA-256 and begins with "
                            "ab");
        return NULL;
    }
    if (!find_slot(l, exchange, &slot))
        return NULL;
    k = vt_alloc(sizeof *k);
    *k = (struct vt_front_keep){ .ledger = l, .exchange = exchange, .slot = slot };
    k->piece = vt_buf_init(VT_MESSAGE_BYTES_MAX - 1);
    l->keeps[slot] = k;
    vt_http_set_owned(exchange, k);
    ask(k, VT_SERVE_KEEP, vt_slice_of(digest.bytes, sizeof digest.bytes));
    return k;
}

/* ---- what comes -------------------------------------------------------------------------
 */

/* Too much: whatever came is dropped. */
static void refuse_length(struct vt_front_keep *k)
{
    tell(k, VT_SERVE_DROP, (vt_slice){ 0 });
    k->ledger->counts.refused++;
    vt_http_answer_text(let_go(k), VT_HTTP_TOO_LARGE, "a predicate has at most %zu bytes",
                        (size_t)VT_BESIDE_BYTES_MAX);
}

static void on_piece(void *context, struct vt_http_exchange *exchange, vt_slice piece)
{
    struct vt_front_keep *k = vt_http_owned(exchange);

    if (k == NULL)
        k = begin(context, exchange);
    if (k == NULL)
        return;
    k->bytes += piece.len;
    vt_buf_put(&k->piece, piece);
    if (!k->is_asked && (k->bytes > VT_BESIDE_BYTES_MAX || k->piece.is_full)) {
        refuse_length(k);
        return;
    }
    if (!k->is_asked && k->piece.len >= VT_SERVE_PIECE_BYTES)
        send_piece(k, VT_SERVE_PIECE);
    if (k->is_asked)
        vt_http_pause(exchange);
}

static void on_gone(void *context, struct vt_http_exchange *exchange)
{
    struct vt_front_keep *k = vt_http_owned(exchange);

    (void)context;
    if (k == NULL)
        return;
    tell(k, VT_SERVE_DROP, (vt_slice){ 0 });
    keep_free(k);
}

const struct vt_http_stream vt_front_keep_stream = { on_piece, on_gone };

/* The whole body is here; without one there was no piece either. */
void vt_front_on_keep(void *context, struct vt_http_exchange *exchange)
{
    struct vt_front_keep *k = vt_http_owned(exchange);

    if (k == NULL)
        k = begin(context, exchange);
    if (k == NULL)
        return;
    k->is_whole = true;
    if (!k->is_asked)
        send_piece(k, VT_SERVE_END);
}

/* ---- the sequencer answers --------------------------------------------------------------
 */

static int status_of(enum vt_code code)
{
    if (code == VT_LIMIT)
        return VT_HTTP_TOO_LARGE;
    return code == VT_REJECTED ? VT_HTTP_UNPROCESSABLE : VT_HTTP_UNAVAILABLE;
}

bool vt_front_take_kept(struct vt_front_ledger *l, vt_slice body, struct vt_error *err)
{
    struct vt_front_keep *k;
    struct vt_error why;
    unsigned slot;

    if (!vt_serve_kept_read(body, &slot, &why) || l->keeps[slot] == NULL ||
        !l->keeps[slot]->is_asked)
        return vt_fail(err, VT_MALFORMED, "the sequencer answered what nobody asked");
    k = l->keeps[slot];
    k->is_asked = false;
    if (why.code != VT_OK) {
        l->counts.refused++;
        if (why.code == VT_IO) /* with paths of ours */
            (void)fprintf(stderr, "vitrine ledger-front: %s\n", why.message);
        vt_http_answer_text(let_go(k), status_of(why.code), "%s",
                            why.code == VT_IO ? "it cannot be kept here now" : why.message);
    } else if (k->is_ended) {
        l->counts.kept++;
        vt_http_answer_text(let_go(k), VT_HTTP_CREATED, "kept");
    } else if (k->is_whole) {
        send_piece(k, VT_SERVE_END);
    } else {
        vt_http_resume(k->exchange);
    }
    return true;
}

void vt_front_drop_keeps(struct vt_front_ledger *l)
{
    for (unsigned i = 0; i < VT_SERVE_SLOTS; i++)
        if (l->keeps[i] != NULL)
            keep_free(l->keeps[i]);
}
