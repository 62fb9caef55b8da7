/* The front's side of the keeper: what strangers send is taken apart here, and its fields
 * go to the process that holds the samples and decides.
 *
 *   a place:  FREE -> BUSY (its message waits in the queue, or was sent) -> FREE
 *
 * Two messages at most lie in the channel unread (cell/keeper_message.h), so the front
 * never waits to send.  A body comes in pieces and goes in chunks; while a chunk waits, its
 * connection sleeps, and so the sender's network is told to wait. */
#include "cell/cell_front.h"
#include "cell/keeper_message.h"
#include "wire/json.h"

enum {
    CHUNK_FULL = VT_KEEPER_CHUNK_BYTES_MAX - VT_KIB(16),
    IDLE_MS_MIN = 1000,
    BYTES_S_MIN = 2048
};

/* What one request wants of the keeper. */
struct place {
    bool is_busy, is_queued;
    bool is_ending;                    /* an upload, all of whose bytes have come */
    struct vt_http_exchange *exchange; /* NULL: its client went in the middle of a body */
    uint16_t type;                     /* of the message that waits, or was sent */
    enum vt_data_class data;
    struct vt_buf message; /* waits in the queue; an upload: the bytes of its next chunk */
    vt_hash object;        /* of an upload */
    uint64_t offset;       /* of its next chunk */
    int64_t heard_ms;      /* an upload: until when the bytes that came have paid */
};

struct vt_keeper_link {
    struct vt_channel channel;
    struct place places[VT_KEEPER_PLACES_MAX];
    uint32_t queue[VT_KEEPER_PLACES_MAX]; /* places whose message waits, a ring */
    size_t queue_at, queued;
    unsigned untaken;
    struct vt_buf out;
};

static uint32_t number_of(const struct vt_keeper_link *link, const struct place *place)
{
    return (uint32_t)(place - link->places); /* below VT_KEEPER_PLACES_MAX */
}

static void give_up(struct place *place)
{
    vt_buf_clear(&place->message);
    *place = (struct place){ .is_busy = false };
}

/* ---- to the keeper ----------------------------------------------------------------------
 */

static void enqueue(struct vt_keeper_link *link, struct place *place)
{
    if (place->is_queued)
        return;
    place->is_queued = true;
    link->queue[(link->queue_at + link->queued++) % VT_KEEPER_PLACES_MAX] =
        number_of(link, place);
}

/* The next piece of an upload, or its end. */
static void write_chunk(struct vt_keeper_link *link, struct place *place)
{
    struct vt_keeper_chunk chunk = { .place = number_of(link, place),
                                     .object = place->object,
                                     .offset = place->offset,
                                     .bytes = vt_buf_slice(&place->message) };

    place->type = chunk.bytes.len != 0 ? VT_KEEPER_CHUNK : VT_KEEPER_END;
    vt_buf_truncate(&link->out, 0);
    vt_keeper_chunk_write(&link->out, &chunk);
    place->offset += chunk.bytes.len;
    vt_buf_truncate(&place->message, 0);
}

static bool is_upload(const struct place *place)
{
    return place->type == VT_KEEPER_CHUNK || place->type == VT_KEEPER_END;
}

/* Send what that place waits to send. */
static bool send_one(struct vt_keeper_link *link, struct place *place, struct vt_error *err)
{
    vt_slice body = vt_buf_slice(&place->message);

    if (is_upload(place)) {
        write_chunk(link, place);
        body = vt_buf_slice(&link->out);
    }
    link->untaken++;
    if (!vt_channel_send(&link->channel, place->type, body, err))
        return false;
    if (!is_upload(place))
        vt_buf_clear(&place->message);
    else if (place->type == VT_KEEPER_CHUNK && place->is_ending)
        enqueue(link, place); /* the end of it comes behind the others */
    else if (place->type == VT_KEEPER_CHUNK) {
        place->heard_ms = vt_monotonic_ms(); /* it waited for us */
        vt_http_resume(place->exchange);
    }
    return true;
}

static bool send_queued(struct vt_keeper_link *link, struct vt_error *err)
{
    while (link->queued != 0 && link->untaken < VT_KEEPER_UNTAKEN_MAX) {
        struct place *place = &link->places[link->queue[link->queue_at]];

        link->queue_at = (link->queue_at + 1) % VT_KEEPER_PLACES_MAX;
        link->queued--;
        place->is_queued = false;
        if (place->exchange == NULL)
            give_up(place);
        else if (!send_one(link, place, err))
            return false;
    }
    return true;
}

/* A failure ends the front, in the next step of its loop: without a keeper it is nothing.
 */
static void send_soon(struct vt_cell_front *f)
{
    if (!send_queued(f->keeper, &f->trouble))
        vt_http_server_stop(f->server);
}

/* ---- and back ---------------------------------------------------------------------------
 */

/* All but a receipt: the same in JSON, for machines, as in the sentence, for people. */
static void answer_json(struct vt_http_exchange *exchange,
                        const struct vt_keeper_answer *answer)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));
    VT_AUTO_JSON body =
        json_pack("{s:b,s:s%}", "ok", answer->status < 300, "sentence",
                  (const char *)answer->sentence.data, answer->sentence.len);
    struct vt_error ignored = { 0 };

    if (answer->status < 300 || answer->status == VT_HTTP_CONFLICT)
        (void)json_object_set_new(body, "offset", json_integer((json_int_t)answer->offset));
    if (answer->cell.len != 0) {
        (void)json_object_set_new(
            body, "cell", json_stringn((const char *)answer->cell.data, answer->cell.len));
        (void)json_object_set_new(
            body, "url", json_stringn((const char *)answer->url.data, answer->url.len));
    }
    if (answer->retry_after_s != 0)
        (void)json_object_set_new(body, "retry_after_s",
                                  json_integer(answer->retry_after_s));
    if (!vt_json_write_canonical(body, &text, &ignored))
        vt_buf_truncate(&text, 0);
    vt_http_answer(exchange, answer->status, "application/json", vt_buf_slice(&text));
}

static void set_headers(struct vt_http_exchange *exchange,
                        const struct vt_keeper_answer *answer)
{
    char text[24];

    vt_http_set_header(exchange, "Cache-Control", "no-store");
    if (answer->cell.len != 0)
        vt_cell_front_name_cell(exchange, answer->cell, answer->url);
    if (answer->retry_after_s != 0) {
        (void)snprintf(text, sizeof text, "%ju", (uintmax_t)answer->retry_after_s);
        vt_http_set_header(exchange, "Retry-After", text);
    }
}

static const char *document_type(const struct place *place)
{
    return place->type == VT_KEEPER_WITHDRAW ? VT_RECEIPT_TYPE
                                             : "application/vnd.vitrine.share-receipt+json";
}

/* A share is accepted when it is whole, a report when it is counted; the keeper says which
 * of equal answers is the first.  What is erased is counted file by file. */
static void count(struct vt_cell_front *f, const struct place *place,
                  const struct vt_keeper_answer *answer)
{
    if (place->type == VT_KEEPER_STATE)
        return;
    if (answer->counted != 0)
        vt_cell_front_count_some(f, place->data,
                                 place->type == VT_KEEPER_WITHDRAW ? VT_COUNTED_ERASED
                                                                   : VT_COUNTED_ACCEPTED,
                                 answer->counted);
    else
        vt_cell_front_count_status(f, place->data, answer->status,
                                   answer->cell.len != 0 &&
                                       answer->status == VT_HTTP_UNAVAILABLE);
}

static void pass_on(struct vt_cell_front *f, struct place *place,
                    const struct vt_keeper_answer *answer)
{
    f->counts.kept += answer->status < 300;
    f->counts.refused += answer->status >= 300;
    count(f, place, answer);
    set_headers(place->exchange, answer);
    if (answer->document.len != 0)
        vt_http_answer(place->exchange, answer->status, document_type(place),
                       answer->document);
    else
        answer_json(place->exchange, answer);
    give_up(place);
}

bool vt_cell_front_on_keeper(void *context, struct vt_error *err)
{
    struct vt_cell_front *f = context;
    struct vt_keeper_link *link = f->keeper;
    struct vt_keeper_answer answer;
    struct vt_message message;
    struct place *place;
    uint32_t number;

    if (!vt_channel_receive(&link->channel, 0, &message, err))
        return false;
    if (message.type == VT_KEEPER_TAKEN && vt_keeper_taken_read(message.body, &number) &&
        link->untaken != 0) {
        link->untaken--;
        return send_queued(link, err);
    }
    if (message.type != VT_KEEPER_ANSWER || !vt_keeper_answer_read(message.body, &answer))
        return vt_fail(err, VT_MALFORMED, "the keeper answered without a form");
    place = &link->places[answer.place];
    if (!place->is_busy || place->is_queued || place->exchange == NULL ||
        place->type == VT_KEEPER_CHUNK)
        return vt_fail(err, VT_MALFORMED, "the keeper answered what nobody asked");
    pass_on(f, place, &answer);
    return true;
}

/* ---- what strangers send ----------------------------------------------------------------
 */

/* Where all places are taken, an upload that has been silent goes, or brings a byte now and
 * then: it can be gone on with, and those who hang keep nobody out. */
static void send_idlest_away(struct vt_cell_front *f)
{
    int64_t oldest_ms = vt_monotonic_ms() - IDLE_MS_MIN;
    struct place *places = f->keeper->places, *idlest = NULL;

    for (size_t i = 0; i < VT_KEEPER_PLACES_MAX; i++)
        if (places[i].type == VT_KEEPER_CHUNK && places[i].exchange != NULL &&
            !places[i].is_queued && !places[i].is_ending &&
            places[i].heard_ms <= oldest_ms) {
            oldest_ms = places[i].heard_ms;
            idlest = &places[i];
        }
    if (idlest == NULL)
        return;
    f->counts.too_many++;
    vt_http_set_owned(idlest->exchange, NULL);
    vt_http_set_header(idlest->exchange, "Retry-After", "1");
    vt_http_answer_text(idlest->exchange, VT_HTTP_TOO_MANY,
                        "others wait, and nothing came: ask where to go on");
    give_up(idlest);
}

static struct place *free_place(struct vt_cell_front *f)
{
    for (size_t i = 0; i < VT_KEEPER_PLACES_MAX; i++)
        if (!f->keeper->places[i].is_busy)
            return &f->keeper->places[i];
    return NULL;
}

/* NULL: all are taken, and the exchange was answered. */
static struct place *take_place(struct vt_cell_front *f, struct vt_http_exchange *exchange,
                                uint16_t type, enum vt_data_class data)
{
    struct place *place = free_place(f);

    if (place == NULL) {
        send_idlest_away(f);
        place = free_place(f);
    }
    if (place != NULL) {
        *place = (struct place){ .is_busy = true,
                                 .exchange = exchange,
                                 .type = type,
                                 .data = data,
                                 .message = vt_buf_init(VT_MESSAGE_BYTES_MAX) };
        vt_http_set_owned(exchange, place);
        return place;
    }
    f->counts.too_many++;
    vt_cell_front_count(f, data, VT_COUNTED_LIMITED);
    vt_http_set_header(exchange, "Retry-After", "1");
    vt_http_answer_text(exchange, VT_HTTP_TOO_MANY, "too many at once, try again");
    return NULL;
}

static void send_message(struct vt_cell_front *f, struct place *place)
{
    VT_ASSERT(!place->message.is_full); /* what was parsed has room */
    enqueue(f->keeper, place);
    send_soon(f);
}

/* What is not of the form is refused with the place where it is not. */
static void refuse(struct vt_cell_front *f, struct vt_http_exchange *exchange,
                   enum vt_data_class data, const struct vt_error *why)
{
    f->counts.refused++;
    vt_cell_front_count(f, data,
                        why->code == VT_LIMIT ? VT_COUNTED_LIMITED : VT_COUNTED_MALFORMED);
    vt_http_set_header(exchange, "Cache-Control", "no-store");
    vt_http_answer_text(exchange,
                        why->code == VT_LIMIT      ? VT_HTTP_TOO_LARGE
                        : why->code == VT_REJECTED ? VT_HTTP_UNPROCESSABLE
                                                   : VT_HTTP_BAD_REQUEST,
                        "%s", why->message);
}

static bool is_of_type(struct vt_cell_front *f, struct vt_http_exchange *exchange,
                       const char *type)
{
    if (vt_slice_is(vt_http_header(exchange, "Content-Type"), type))
        return true;
    f->counts.refused++;
    vt_http_answer_text(exchange, VT_HTTP_UNSUPPORTED_TYPE, "wanted: %s", type);
    return false;
}

static void on_share(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    struct vt_share_request request;
    struct vt_error err = { 0 };
    struct place *place;

    if (!is_of_type(f, exchange, VT_SHARE_TYPE))
        return;
    if (!vt_share_request_parse(vt_http_body(exchange), &request, &err)) {
        refuse(f, exchange, VT_DATA_FILE, &err);
        return;
    }
    place = take_place(f, exchange, VT_KEEPER_SHARE, VT_DATA_FILE);
    if (place == NULL)
        return;
    vt_keeper_share_write(&place->message, number_of(f->keeper, place), &request);
    send_message(f, place);
}

/* "/sample/HASH" */
static bool read_object(struct vt_http_exchange *exchange, vt_hash *out)
{
    vt_reader r = { vt_http_path(exchange) };

    return vt_read_literal(&r, VT_LIT("/sample/")) && vt_hash_parse_hex(r.rest, out);
}

static void on_state(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    struct vt_keeper_chunk asked = { .place = 0 };
    struct place *place;

    if (!read_object(exchange, &asked.object)) {
        vt_cell_front_not_found(f, exchange);
        return;
    }
    place = take_place(f, exchange, VT_KEEPER_STATE, VT_DATA_FILE);
    if (place == NULL)
        return;
    asked.place = number_of(f->keeper, place);
    vt_keeper_chunk_write(&place->message, &asked);
    send_message(f, place);
}

static void on_withdrawal(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    VT_AUTO_WITHDRAWAL request = { .json = NULL };
    VT_AUTO_BUF objects = vt_buf_init(VT_KEEPER_OBJECTS_MAX * sizeof(vt_hash));
    struct vt_keeper_withdrawal out = { .place = 0 };
    struct vt_error err = { 0 };
    struct place *place;

    if (!is_of_type(f, exchange, VT_WITHDRAWAL_TYPE))
        return;
    if (!vt_withdrawal_parse(vt_http_body(exchange), &request, &err)) {
        refuse(f, exchange, VT_DATA_FILE, &err);
        return;
    }
    for (size_t i = 0; i < json_array_size(request.objects); i++) {
        vt_hash hash;

        if (vt_hash_parse_hex(
                vt_slice_from_cstr(json_string_value(json_array_get(request.objects, i))),
                &hash))
            vt_buf_put(&objects, VT_BYTES(hash));
    }
    place = take_place(f, exchange, VT_KEEPER_WITHDRAW, VT_DATA_FILE);
    if (place == NULL)
        return;
    out.place = number_of(f->keeper, place);
    out.cell = request.cell;
    out.pseudonym = request.pseudonym;
    out.at_unix_s = request.at_unix_s;
    out.objects = vt_buf_slice(&objects);
    memcpy(out.signature, request.signature, sizeof out.signature);
    vt_keeper_withdrawal_write(&place->message, &out);
    send_message(f, place);
}

/* The fields of a report are those of the schema, or it is refused with the field's name.
 */
static void on_report(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    VT_AUTO_FREE struct vt_keeper_report *report = vt_alloc(sizeof *report);
    vt_slice country = vt_http_query(exchange, "country");
    vt_slice body = vt_http_body(exchange);
    struct vt_error err = { 0 };
    struct place *place;

    if (f->schema == NULL) {
        vt_cell_front_not_found(f, exchange);
        return;
    }
    if (country.len != 2) {
        f->counts.refused++;
        vt_http_answer_text(exchange, VT_HTTP_BAD_REQUEST,
                            "wanted: POST /statistics?country=CC");
        return;
    }
    if (!vt_cell_front_is_ours(f, exchange, VT_DATA_STATISTIC))
        return;
    if (body.len != 0 && body.data[body.len - 1] == '\n')
        body.len--; /* of the file that `vitrine client report` writes */
    if (!vt_statistic_report_parse(f->schema, body, &report->report, &err)) {
        refuse(f, exchange, VT_DATA_STATISTIC, &err);
        return;
    }
    place = take_place(f, exchange, VT_KEEPER_REPORT, VT_DATA_STATISTIC);
    if (place == NULL)
        return;
    report->place = number_of(f->keeper, place);
    memcpy(report->country, country.data, 2);
    report->schema = f->schema->digest;
    report->field_count = (uint16_t)f->schema->field_count; /* both bounded by the schema */
    for (size_t i = 0; i < f->schema->field_count; i++)
        report->value_counts[i] = (uint16_t)f->schema->fields[i].value_count;
    vt_keeper_report_write(&place->message, report);
    send_message(f, place);
}

/* ---- an upload --------------------------------------------------------------------------
 */

static struct place *begin_upload(struct vt_cell_front *f,
                                  struct vt_http_exchange *exchange)
{
    struct place *place;
    uint64_t offset;
    vt_hash object;

    if (!read_object(exchange, &object) ||
        !vt_decimal_parse(vt_http_query(exchange, "offset"), &offset)) {
        f->counts.refused++;
        vt_http_answer_text(exchange, VT_HTTP_BAD_REQUEST,
                            "wanted: PUT /sample/OBJECT?offset=N");
        return NULL;
    }
    place = take_place(f, exchange, VT_KEEPER_CHUNK, VT_DATA_FILE);
    if (place == NULL)
        return NULL;
    place->object = object;
    place->offset = offset;
    return place;
}

/* A place is paid for with bytes; nobody pays in advance. */
static int64_t paid_until(const struct place *place, size_t bytes)
{
    int64_t now_ms = vt_monotonic_ms(),
            paid_ms = place->heard_ms + (int64_t)bytes * 1000 / BYTES_S_MIN;

    return place->heard_ms == 0 || paid_ms > now_ms ? now_ms : paid_ms;
}

static void on_piece(void *context, struct vt_http_exchange *exchange, vt_slice piece)
{
    struct vt_cell_front *f = context;
    struct place *place = vt_http_owned(exchange);

    if (place == NULL)
        place = begin_upload(f, exchange);
    if (place == NULL)
        return;
    place->heard_ms = paid_until(place, piece.len);
    vt_buf_put(&place->message, piece);
    VT_ASSERT(!place->message.is_full); /* a piece is shorter than a connection's memory */
    if (place->message.len < CHUNK_FULL)
        return;
    vt_http_pause(exchange);
    enqueue(f->keeper, place);
    send_soon(f);
}

static void on_piece_gone(void *context, struct vt_http_exchange *exchange)
{
    struct place *place = vt_http_owned(exchange);

    (void)context;
    if (place == NULL)
        return;
    if (place->is_queued)
        place->exchange = NULL; /* given up when its turn comes */
    else
        give_up(place);
}

static void on_upload(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    struct place *place = vt_http_owned(exchange);

    if (place == NULL)
        place = begin_upload(f, exchange); /* of no bytes */
    if (place == NULL)
        return;
    place->is_ending = true;
    enqueue(f->keeper, place);
    send_soon(f);
}

static const struct vt_http_stream upload_stream = { on_piece, on_piece_gone };

/* ---- all --------------------------------------------------------------------------------
 */

const struct vt_http_route vt_cell_front_keeper_routes[] = {
    { "POST", "/sample", VT_SHARE_REQUEST_BYTES_MAX, on_share, NULL },
    { "PUT", "/sample/*", 0, on_upload, &upload_stream },
    { "GET", "/sample/*", 0, on_state, NULL },
    { "POST", "/statistics", VT_STATISTIC_REPORT_BYTES_MAX + 1, on_report, NULL },
    { "POST", "/withdrawal", VT_WITHDRAWAL_BYTES_MAX, on_withdrawal, NULL },
    { NULL, NULL, 0, NULL, NULL },
};

struct vt_keeper_link *vt_cell_front_keeper_new(int fd)
{
    struct vt_keeper_link *link = vt_alloc(sizeof *link);

    link->channel = vt_channel_init(fd);
    link->out = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    return link;
}

int vt_cell_front_keeper_fd(const struct vt_keeper_link *link)
{
    return link->channel.fd;
}

void vt_cell_front_keeper_free(struct vt_keeper_link *link)
{
    if (link == NULL)
        return;
    for (size_t i = 0; i < VT_KEEPER_PLACES_MAX; i++)
        vt_buf_clear(&link->places[i].message);
    vt_channel_clear(&link->channel);
    vt_buf_clear(&link->out);
    free(link);
}
