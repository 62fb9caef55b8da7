/* The front's writing side: requests become items in a queue, items become messages to the
 * sequencer, its results become answers.
 *
 * Bounds: pending_max entries and BYTES_MAX bytes may wait for a ledger; what is over is
 * told to come back (429), but a batch that could never find room is refused (413), and who
 * has waited too long for the disk is told to come back too (503): adding equal bytes again
 * gives the index that they may have got meanwhile.  At
 * most two messages are under way, so neither side waits for the other to read; and a
 * second one goes only when it is full, so that what comes while the disk works becomes one
 * batch. */
#include "ledger/front.h"
#include "wire/note.h"

enum {
    IN_FLIGHT_MAX = 2,
    BYTES_MAX = 64 << 20,
    FULL_BYTES = 64 << 10, /* of entries: a message worth a second one under way */
};

/* ---- requests ---------------------------------------------------------------------------
 */

static struct vt_front_request *request_new(struct vt_http_exchange *exchange,
                                            enum vt_front_wish wish, size_t count)
{
    struct vt_front_request *request =
        vt_alloc(sizeof *request + count * sizeof request->results[0]);

    request->exchange = exchange;
    request->wish = wish;
    request->count = count;
    request->since_ms = vt_monotonic_ms();
    return request;
}

static void request_free(struct vt_front_ledger *l, struct vt_front_request *request)
{
    l->front->awaited -= request->wish == VT_WISH_PROOF;
    for (size_t i = 0; i < request->count; i++)
        free(request->results[i].message);
    free(request);
}

static void count_latency(struct vt_front_ledger *l, const struct vt_front_request *request)
{
    int64_t took = vt_monotonic_ms() - request->since_ms;
    unsigned class = 0;

    while (class < 15 && (INT64_C(1) << class) < took)
        class ++;
    l->counts.latency_ms[class]++;
    l->counts.latency_sum_ms += (uint64_t)took;
    l->counts.latency_count++;
}

static int status_of(enum vt_code code)
{
    if (code == VT_LIMIT)
        return VT_HTTP_TOO_LARGE;
    if (code == VT_REJECTED)
        return VT_HTTP_UNPROCESSABLE;
    return code == VT_IO ? VT_HTTP_NO_SPACE : VT_HTTP_BAD_REQUEST;
}

static void answer_index(struct vt_front_request *request)
{
    const struct vt_front_result *result = &request->results[0];
    char text[24];

    if (result->code != VT_OK) {
        if (result->code == VT_IO)
            vt_http_set_header(request->exchange, "Retry-After", "60");
        vt_http_answer_text(request->exchange, status_of(result->code), "%s",
                            result->message);
        return;
    }
    (void)snprintf(text, sizeof text, "%ju", (uintmax_t)result->index);
    vt_http_answer(request->exchange, VT_HTTP_OK, "text/plain; charset=utf-8",
                   vt_slice_from_cstr(text));
}

/* A line an entry: its index, or "! " and why not. */
static void answer_batch(struct vt_front_request *request)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(8));
    size_t refused = 0;

    while (refused < request->count && request->results[refused].code == VT_IO)
        refused++;
    if (refused == request->count) {
        answer_index(request); /* for want of space, all of them */
        return;
    }
    for (size_t i = 0; i < request->count; i++)
        if (request->results[i].code == VT_OK)
            vt_buf_printf(&text, "%ju\n", (uintmax_t)request->results[i].index);
        else
            vt_buf_printf(&text, "! %s\n", request->results[i].message);
    vt_http_answer(request->exchange, VT_HTTP_OK, "text/plain; charset=utf-8",
                   vt_buf_slice(&text));
}

/* ---- proofs -----------------------------------------------------------------------------
 */

bool vt_front_prove(struct vt_front_ledger *l, uint64_t index, vt_slice entry,
                    struct vt_buf *out, struct vt_error *err)
{
    struct vt_tlog_proof proof = { .index = index,
                                   .checkpoint = vt_buf_slice(&l->checkpoint) };
    vt_hash leaf = vt_sha256_leaf(entry);
    struct vt_proof path;

    if (!vt_prover_inclusion(l->prover, index, &path, err))
        return false;
    if (!vt_tree_verify_inclusion(&leaf, index, l->published.size, path.hashes, path.count,
                                  &l->published.root))
        return vt_fail(err, VT_IO, "the stored tiles do not have the root that was signed");
    memcpy(proof.hashes, path.hashes, sizeof proof.hashes);
    proof.hash_count = path.count;
    vt_tlog_proof_write(out, &proof);
    return vt_buf_check(out, "the proof", err);
}

static void answer_proof(struct vt_front_ledger *l, struct vt_front_request *request)
{
    VT_AUTO_BUF proof = vt_buf_init(VT_NOTE_BYTES_MAX + VT_KIB(8));
    struct vt_error err = { 0 };

    if (vt_front_prove(l, request->results[0].index, vt_http_body(request->exchange),
                       &proof, &err)) {
        l->counts.proofs++;
        vt_http_answer(request->exchange, VT_HTTP_OK, VT_TLOG_PROOF_TYPE,
                       vt_buf_slice(&proof));
    } else {
        (void)fprintf(stderr, "vitrine ledger-front: entry %ju: %s\n",
                      (uintmax_t)request->results[0].index, err.message);
        vt_http_answer_text(request->exchange, VT_HTTP_ERROR,
                            "entry %ju is durable, but its proof cannot be made here",
                            (uintmax_t)request->results[0].index);
    }
}

static void end_request(struct vt_front_ledger *l, struct vt_front_request *request)
{
    count_latency(l, request);
    if (request->wish == VT_WISH_BATCH)
        answer_batch(request);
    else if (request->wish == VT_WISH_INDEX || request->results[0].code != VT_OK)
        answer_index(request);
    else
        answer_proof(l, request);
    request_free(l, request);
}

static void wait_for_checkpoint(struct vt_front_ledger *l, struct vt_front_request *request)
{
    request->before = l->waiting->before;
    request->next = l->waiting;
    request->before->next = l->waiting->before = request;
}

static void unlink_waiting(struct vt_front_request *request)
{
    request->before->next = request->next;
    request->next->before = request->before;
}

/* All entries of it are durable, or refused. */
static void settle(struct vt_front_ledger *l, struct vt_front_request *request)
{
    if (request->exchange == NULL)
        request_free(l, request);
    else if (request->wish == VT_WISH_PROOF && request->results[0].code == VT_OK &&
             request->results[0].index >= l->published.size)
        wait_for_checkpoint(l, request);
    else
        end_request(l, request);
}

static void answer_published(struct vt_front_ledger *l)
{
    struct vt_front_request *next;

    for (struct vt_front_request *at = l->waiting->next; at != l->waiting; at = next) {
        next = at->next;
        if (at->results[0].index < l->published.size) {
            unlink_waiting(at);
            end_request(l, at);
        }
    }
}

static bool waits_too_long(const struct vt_front_ledger *l,
                           const struct vt_front_request *request, int64_t now_ms)
{
    return now_ms - request->since_ms > (int64_t)l->front->wait_ms_max;
}

static void expire_waiting(struct vt_front_ledger *l, int64_t now_ms)
{
    /* The oldest stands first. */
    while (l->waiting->next != l->waiting && waits_too_long(l, l->waiting->next, now_ms)) {
        struct vt_front_request *request = l->waiting->next;

        unlink_waiting(request);
        vt_http_set_header(request->exchange, "Retry-After", "10");
        vt_http_answer_text(request->exchange, VT_HTTP_UNAVAILABLE,
                            "entry %ju is durable, but no checkpoint with a quorum holds "
                            "it yet: send it again later to get the proof",
                            (uintmax_t)request->results[0].index);
        request_free(l, request);
    }
}

void vt_front_drop_all(struct vt_front_ledger *l)
{
    while (l->waiting->next != l->waiting) {
        struct vt_front_request *request = l->waiting->next;

        unlink_waiting(request);
        request_free(l, request);
    }
    for (; l->count > 0; l->count--) {
        struct vt_front_item *item = &l->queue[l->first];

        l->first = (l->first + 1) % l->front->pending_max;
        if (++item->request->done == item->request->count)
            request_free(l, item->request);
    }
}

/* ---- the queue --------------------------------------------------------------------------
 */

static struct vt_front_item *item_at(struct vt_front_ledger *l, uint64_t i)
{
    return &l->queue[(l->first + i) % l->front->pending_max];
}

static void answer_stalled(struct vt_front_ledger *l, struct vt_http_exchange *exchange)
{
    l->counts.too_many++;
    vt_http_set_header(exchange, "Retry-After", "10");
    vt_http_answer_text(exchange, VT_HTTP_UNAVAILABLE,
                        "nothing becomes durable here now: send it again later; what was "
                        "taken keeps its index");
}

/* Those behind what the sequencer has will not be sent to it any more. */
static void forget_unsent(struct vt_front_ledger *l, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct vt_front_item *item = item_at(l, l->sent + i);

        l->bytes -= item->entry.len;
        l->waiting_bytes -= VT_SERVE_ENTRY_ROOM(item->entry.len);
        if (++item->request->done == item->request->count)
            request_free(l, item->request);
    }
    for (uint64_t i = l->sent; i-- > 0;)
        *item_at(l, i + count) = *item_at(l, i);
    l->first = (l->first + count) % l->front->pending_max;
    l->count -= count;
}

/* The sequencer does not answer.  What it has been sent it may still keep: that stays in
 * the queue until it says so, and its places in results are for nobody. */
static void expire_queue(struct vt_front_ledger *l, int64_t now_ms)
{
    uint64_t late = 0;

    for (; late < l->count && waits_too_long(l, item_at(l, late)->request, now_ms);
         late++) {
        struct vt_front_request *request = item_at(l, late)->request;

        if (request->exchange != NULL)
            answer_stalled(l, request->exchange);
        request->exchange = NULL;
    }
    l->is_stalled = late != 0;
    if (late > l->sent)
        forget_unsent(l, late - l->sent);
}

void vt_front_expire(struct vt_front_ledger *l, int64_t now_ms)
{
    expire_waiting(l, now_ms);
    expire_queue(l, now_ms);
}

static bool send_message(struct vt_front_ledger *l, struct vt_error *err)
{
    struct vt_buf *body = &l->out;
    bool is_awaited = l->waiting->next != l->waiting;
    uint16_t count = 0;

    vt_buf_truncate(body, 0);
    vt_serve_add_begin(body);
    for (; l->sent < l->count && count < VT_SERVE_ADD_MAX; l->sent++, count++) {
        const struct vt_front_item *item = item_at(l, l->sent);

        if (body->len + VT_SERVE_ENTRY_ROOM(item->entry.len) > VT_MESSAGE_BYTES_MAX)
            break;
        vt_serve_add_put(body, item->entry);
        is_awaited |= item->request->wish == VT_WISH_PROOF;
        l->waiting_bytes -= VT_SERVE_ENTRY_ROOM(item->entry.len);
    }
    if (!vt_buf_check(body, "entries", err))
        return false;
    vt_serve_add_end(body, count, is_awaited);
    l->in_flight[l->messages++] = count;
    return vt_channel_send(&l->sequencer, VT_SERVE_ADD, vt_buf_slice(body), err);
}

/* Does what waits fill a message? */
static bool is_full(const struct vt_front_ledger *l)
{
    return l->count - l->sent >= VT_SERVE_ADD_MAX || l->waiting_bytes >= FULL_BYTES;
}

static bool send_waiting(struct vt_front_ledger *l, struct vt_error *err)
{
    while (l->sent < l->count &&
           (l->messages == 0 || (l->messages < IN_FLIGHT_MAX && is_full(l))))
        if (!send_message(l, err))
            return false;
    return true;
}

bool vt_front_send_all(void *context, struct vt_error *err)
{
    struct vt_front *f = context;

    for (size_t i = 0; i < f->ledger_count; i++)
        if (!send_waiting(&f->ledgers[i], err))
            return false;
    return true;
}

/* Room for so many more, and somebody to take them? */
static bool has_room(struct vt_front_ledger *l, size_t count, size_t bytes,
                     struct vt_http_exchange *exchange)
{
    if (l->is_stalled) {
        answer_stalled(l, exchange);
        return false;
    }
    if (l->count + count <= l->front->pending_max && l->bytes + bytes <= BYTES_MAX)
        return true;
    l->counts.too_many++;
    vt_http_set_header(exchange, "Retry-After", "1");
    vt_http_answer_text(exchange, VT_HTTP_TOO_MANY, "too many entries wait, try again");
    return false;
}

/* Who waits for a proof keeps a connection, with no quorum for long: half of them are left
 * to the others. */
static bool may_wait(struct vt_front_ledger *l, struct vt_http_exchange *exchange)
{
    if (l->front->awaited < (l->front->connections_max + 1) / 2)
        return true;
    l->counts.too_many++;
    vt_http_set_header(exchange, "Retry-After", "10");
    vt_http_answer_text(exchange, VT_HTTP_UNAVAILABLE,
                        "too many wait for a proof: ask for the index alone, or try again");
    return false;
}

static void enqueue(struct vt_front_ledger *l, struct vt_front_request *request, size_t at,
                    vt_slice entry)
{
    *item_at(l, l->count) = (struct vt_front_item){ request, at, entry };
    l->count++;
    l->bytes += entry.len;
    l->waiting_bytes += VT_SERVE_ENTRY_ROOM(entry.len);
}

/* ---- who may write ----------------------------------------------------------------------
 */

bool vt_front_goes_on(struct vt_front_ledger *l, struct vt_http_exchange *exchange)
{
    const struct vt_frozen *frozen = &l->frozen;

    if (frozen->origin.len == 0)
        return true;
    l->counts.refused++;
    vt_http_answer_text(exchange, VT_HTTP_GONE,
                        "this log ended with %ju entries and goes on as %.*s: send entries "
                        "there",
                        (uintmax_t)frozen->size, VT_SLICE_ARGS(frozen->origin));
    return false;
}

bool vt_front_may_write(struct vt_front_ledger *l, struct vt_http_exchange *exchange)
{
    const struct vt_front *f = l->front;
    vt_slice header = vt_http_header(exchange, "Authorization"), word;
    vt_hash token;

    if (!vt_front_goes_on(l, exchange))
        return false;
    if (f->writer_count == 0)
        return true;
    if (vt_http_bearer(header, &word)) {
        token = vt_sha256_of(word);
        for (size_t i = 0; i < f->writer_count; i++)
            if (vt_hash_equal(&token, &f->writers[i].token)) /* hashes: no timing to gain */
                return true;
    }
    l->counts.forbidden++;
    vt_http_set_header(exchange, "WWW-Authenticate", "Bearer");
    vt_http_answer_text(exchange, VT_HTTP_UNAUTHORIZED,
                        "this ledger takes entries from its writers only: send "
                        "'Authorization: Bearer TOKEN'");
    return false;
}

/* ---- requests come ----------------------------------------------------------------------
 */

void vt_front_on_add(void *context, struct vt_http_exchange *exchange)
{
    struct vt_front_ledger *l = vt_front_ledger_of(context, vt_http_path(exchange));
    vt_slice body = vt_http_body(exchange);
    bool wants_proof =
        vt_http_accepts(vt_http_header(exchange, "Accept"), VT_TLOG_PROOF_TYPE);
    struct vt_front_request *request;

    if (!vt_front_may_write(l, exchange))
        return;
    if (body.len == 0 || body.len > VT_ENTRY_BYTES_MAX) {
        l->counts.refused++;
        vt_http_answer_text(exchange, VT_HTTP_BAD_REQUEST,
                            "an entry has 1 to %d bytes, this one has %zu",
                            VT_ENTRY_BYTES_MAX, body.len);
        return;
    }
    if (!has_room(l, 1, body.len, exchange) || (wants_proof && !may_wait(l, exchange)))
        return;
    l->front->awaited += wants_proof;
    request = request_new(exchange, wants_proof ? VT_WISH_PROOF : VT_WISH_INDEX, 1);
    enqueue(l, request, 0, body);
}

bool vt_front_may(void *context, struct vt_http_exchange *exchange)
{
    return vt_front_may_write(vt_front_ledger_of(context, vt_http_path(exchange)),
                              exchange);
}

/* How many entries?  0: the body has no form. */
static size_t count_entries(vt_slice body)
{
    vt_reader r = { body };
    vt_slice entry;
    size_t count = 0;

    while (vt_bundle_read(&r, &entry)) {
        if (entry.len == 0)
            return 0;
        count++;
    }
    return vt_read_end(&r) ? count : 0;
}

void vt_front_on_batch(void *context, struct vt_http_exchange *exchange)
{
    struct vt_front_ledger *l = vt_front_ledger_of(context, vt_http_path(exchange));
    vt_reader r = { vt_http_body(exchange) };
    size_t count = count_entries(r.rest);
    struct vt_front_request *request;
    vt_slice entry;

    if (!vt_front_may_write(l, exchange))
        return;
    if (count == 0) {
        l->counts.refused++;
        vt_http_answer_text(exchange, VT_HTTP_BAD_REQUEST,
                            "a batch is one entry or more, each behind its length in two "
                            "bytes, highest first");
        return;
    }
    if (count > l->front->pending_max) { /* coming back would not help */
        l->counts.refused++;
        vt_http_answer_text(exchange, VT_HTTP_TOO_LARGE,
                            "a batch has at most %ju entries here, this one has %zu: send "
                            "it in parts",
                            (uintmax_t)l->front->pending_max, count);
        return;
    }
    if (!has_room(l, count, r.rest.len, exchange))
        return;
    request = request_new(exchange, VT_WISH_BATCH, count);
    for (size_t i = 0; i < count && vt_bundle_read(&r, &entry); i++)
        enqueue(l, request, i, entry);
}

/* ---- the sequencer answers --------------------------------------------------------------
 */

static void take_result(struct vt_front_ledger *l, const struct vt_serve_result *result)
{
    struct vt_front_item *item = item_at(l, 0);
    struct vt_front_request *request = item->request;
    struct vt_front_result *mine = &request->results[item->at];

    l->bytes -= item->entry.len;
    l->first = (l->first + 1) % l->front->pending_max;
    l->count--;
    l->sent--;
    mine->code = result->code;
    mine->index = result->index;
    if (result->code == VT_OK) {
        l->counts.entries++;
    } else {
        l->counts.refused++;
        mine->message = vt_strdup_slice(result->message.len != 0
                                            ? result->message
                                            : VT_LIT("refused; others were, with reasons"));
    }
    l->is_full = result->code == VT_IO;
    if (++request->done == request->count)
        settle(l, request);
}

static bool take_added(struct vt_front_ledger *l, vt_slice body, struct vt_error *err)
{
    vt_reader r = { body };
    bool was_behind = l->size != l->published.size;
    struct vt_serve_result result;
    uint16_t count;

    if (l->messages == 0 || !vt_serve_added_read(&r, &l->size, &count) ||
        count != l->in_flight[0])
        return vt_fail(err, VT_MALFORMED, "the sequencer answered what nobody asked");
    if (!was_behind)
        l->behind_since_ms = vt_monotonic_ms();
    l->is_stalled = false;
    memmove(l->in_flight, l->in_flight + 1, sizeof l->in_flight - sizeof l->in_flight[0]);
    l->messages--;
    for (uint16_t i = 0; i < count; i++) {
        if (!vt_serve_result_read(&r, &result))
            return vt_fail(err, VT_MALFORMED, "results of the sequencer without a form");
        take_result(l, &result);
    }
    return send_waiting(l, err);
}

/* What is shown from now on. */
static bool show(struct vt_front_ledger *l, vt_slice text, struct vt_error *err)
{
    struct vt_checkpoint checkpoint;
    struct vt_note note;

    if (!vt_note_parse(text, &note, err) ||
        !vt_checkpoint_parse(note.text, &checkpoint, err))
        return false;
    l->published = (struct vt_head){ checkpoint.size, checkpoint.root };
    vt_prover_grow(l->prover, checkpoint.size);
    l->published_ms = l->behind_since_ms = vt_monotonic_ms();
    l->failure[0] = '\0';
    l->counts.checkpoints++;
    if (l->size < checkpoint.size)
        l->size = checkpoint.size;
    vt_buf_truncate(&l->checkpoint, 0);
    vt_buf_put(&l->checkpoint, text);
    answer_published(l);
    return true;
}

static bool take_published(struct vt_front_ledger *l, vt_slice body, struct vt_error *err)
{
    vt_reader r = { body };
    uint64_t size;

    if (!vt_read_u64(&r, &size))
        return vt_fail(err, VT_MALFORMED, "a publication of the sequencer without a form");
    if (!show(l, r.rest, err))
        return vt_within(err, "the sequencer's checkpoint");
    if (l->size < size) /* after a start: entries that no checkpoint holds yet */
        l->size = size;
    return true;
}

bool vt_front_load_end(struct vt_front_ledger *l, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_NOTE_BYTES_MAX);

    if (!vt_frozen_read(l->disk, l->front->arena, &l->frozen, err) ||
        !vt_disk_read(l->disk, "checkpoint", &text, err))
        return false;
    if (!show(l, vt_buf_slice(&text), err))
        return vt_within(err, "%s/checkpoint", vt_disk_path(l->disk));
    l->published_ms = 0; /* long ago, and never again */
    l->counts.checkpoints = 0;
    return true;
}

static bool take_failed(struct vt_front_ledger *l, vt_slice body, struct vt_error *err)
{
    vt_slice why;

    if (!vt_serve_failed_read(body, &l->is_unwitnessed, &why))
        return vt_fail(err, VT_MALFORMED, "a failure of the sequencer without a form");
    if (!vt_slice_is(why, l->failure)) /* once, not each second */
        (void)fprintf(stderr, "vitrine ledger: not published: %.*s\n", VT_SLICE_ARGS(why));
    l->counts.failures++;
    (void)snprintf(l->failure, sizeof l->failure, "%.*s", VT_SLICE_ARGS(why));
    return true;
}

bool vt_front_on_sequencer(void *context, struct vt_error *err)
{
    struct vt_front_ledger *l = context;
    struct vt_message message;

    if (!vt_channel_receive(&l->sequencer, 0, &message, err))
        return false;
    switch (message.type) {
    case VT_SERVE_ADDED:
        return take_added(l, message.body, err);
    case VT_SERVE_PUBLISHED:
        return take_published(l, message.body, err);
    case VT_SERVE_KEPT:
        return vt_front_take_kept(l, message.body, err);
    case VT_SERVE_WITNESSES:
        return vt_front_take_witnesses(l, message.body, err);
    case VT_SERVE_FAILED:
        return take_failed(l, message.body, err);
    default:
        return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
    }
}
