/* POST /gateway: look-ups that came through a relay (RFC 9458).
 *
 * What was sealed goes to the holder of the key, who hands back the plain request; that is
 * a stranger's, and read here, where there is no key; the plain answer, as long as every
 * other one, goes back to be sealed.
 *
 *   a place:  FREE -> OPENING -> (answered here) -> SEALING -> FREE */
#include "cell/cell_front.h"
#include "cell/gateway.h"
#include "cell/gateway_message.h"
#include "cell/site.h"
#include "ledger/tile.h"

enum {
    WORDS_BYTES = 512,           /* of an answer, beside its content */
    ANSWER_BYTES_MIN = 16 << 10, /* so that a head fits, too */
    ANSWER_BYTES_MAX = 63 << 10, /* what a relay carries, less what sealing adds */
    STEP_BYTES = 4096,
};

enum state { FREE, OPENING, SEALING };

struct place {
    enum state state;
    struct vt_http_exchange *exchange;
    struct vt_buf plain; /* the answer that waits to be sealed */
};

struct vt_gateway_link {
    struct vt_channel channel;
    struct place places[VT_GATEWAY_PLACES_MAX];
    uint32_t queue[VT_GATEWAY_PLACES_MAX]; /* places that wait to send, a ring */
    size_t queue_at, queued;
    unsigned unanswered;
};

/* ---- to the holder ----------------------------------------------------------------------
 */

static bool send_queued(struct vt_gateway_link *link, struct vt_error *err)
{
    while (link->queued != 0 && link->unanswered < VT_GATEWAY_UNANSWERED_MAX) {
        uint32_t number = link->queue[link->queue_at];
        struct place *place = &link->places[number];
        bool is_opening = place->state == OPENING;

        link->queue_at = (link->queue_at + 1) % VT_GATEWAY_PLACES_MAX;
        link->queued--;
        link->unanswered++;
        if (!vt_gateway_send(
                &link->channel, is_opening ? VT_GATEWAY_OPEN : VT_GATEWAY_SEAL, number,
                is_opening ? vt_http_body(place->exchange) : vt_buf_slice(&place->plain),
                err))
            return false;
        vt_buf_clear(&place->plain);
    }
    return true;
}

static void enqueue(struct vt_gateway_link *link, const struct place *place)
{
    link->queue[(link->queue_at + link->queued++) % VT_GATEWAY_PLACES_MAX] =
        (uint32_t)(place - link->places); /* below VT_GATEWAY_PLACES_MAX */
}

/* ---- the answer itself ------------------------------------------------------------------
 */

/* The longest of what is asked through a relay, in steps: so that the length says nothing,
 * and seldom changes. */
static size_t answer_bytes(const struct vt_cell_front *f)
{
    size_t longest = VT_TILE_BYTES;

    if (f->head.file != NULL && f->head.file->head.tree.bucket_bytes > longest)
        longest = (size_t)f->head.file->head.tree.bucket_bytes; /* at most 64 KiB */
    longest = (longest + WORDS_BYTES + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
    if (longest < ANSWER_BYTES_MIN)
        return ANSWER_BYTES_MIN;
    return longest < ANSWER_BYTES_MAX ? longest : ANSWER_BYTES_MAX;
}

static void handle(void *context, vt_slice path, struct vt_gateway_answer *answer)
{
    struct vt_cell_front *f = context;

    if (vt_cell_front_read(f, vt_slice_sub(path, 1, path.len - 1), &answer->content)) {
        answer->status = VT_HTTP_OK;
        f->counts.sealed++;
        if (vt_cell_path_kind(vt_slice_sub(path, 1, path.len - 1)) == VT_CELL_PATH_BUCKET)
            vt_cell_front_count(f, VT_DATA_LOOKUP, VT_COUNTED_ACCEPTED);
    }
}

static bool answer_plain(struct vt_cell_front *f, struct place *place, vt_slice request,
                         struct vt_error *err)
{
    struct vt_gateway gateway = { "/", answer_bytes(f), handle, f };

    place->plain = vt_buf_init(VT_KIB(64));
    place->state = SEALING;
    if (!vt_gateway_reply(&gateway, request, &place->plain, err))
        return false;
    enqueue(f->gateway, place);
    return true;
}

/* The relay hears no more than this. */
static void refuse(struct vt_cell_front *f, struct place *place)
{
    f->counts.unsealed++;
    vt_http_answer_text(place->exchange, VT_HTTP_BAD_REQUEST, "cannot be opened");
    *place = (struct place){ .state = FREE };
}

static void pass_on(struct place *place, vt_slice sealed)
{
    vt_http_set_header(place->exchange, "Cache-Control", "private, no-store");
    vt_http_answer(place->exchange, VT_HTTP_OK, VT_OHTTP_RESPONSE_TYPE, sealed);
    *place = (struct place){ .state = FREE };
}

bool vt_cell_front_on_gateway(void *context, struct vt_error *err)
{
    struct vt_cell_front *f = context;
    struct vt_gateway_link *link = f->gateway;
    struct vt_message message;
    struct place *place;
    uint32_t number;
    vt_slice bytes;

    if (!vt_channel_receive(&link->channel, 0, &message, err))
        return false;
    if (link->unanswered == 0 || !vt_gateway_read(message.body, &number, &bytes))
        return vt_fail(err, VT_MALFORMED, "the gateway answered without a form");
    link->unanswered--;
    place = &link->places[number];
    vt_cell_front_look(f);
    if (message.type == VT_GATEWAY_OPENED && place->state == OPENING) {
        if (!answer_plain(f, place, bytes, err))
            return false;
    } else if (message.type == VT_GATEWAY_REFUSED && place->state == OPENING) {
        refuse(f, place);
    } else if (message.type == VT_GATEWAY_SEALED && place->state == SEALING) {
        pass_on(place, bytes);
    } else {
        return vt_fail(err, VT_MALFORMED, "the gateway answered what nobody asked");
    }
    return send_queued(link, err);
}

/* ---- what relays send -------------------------------------------------------------------
 */

static struct place *free_place(struct vt_gateway_link *link)
{
    for (size_t i = 0; i < VT_GATEWAY_PLACES_MAX; i++)
        if (link->places[i].state == FREE)
            return &link->places[i];
    return NULL;
}

static void on_sealed(void *context, struct vt_http_exchange *exchange)
{
    struct vt_cell_front *f = context;
    struct place *place = free_place(f->gateway);

    if (!vt_slice_is(vt_http_header(exchange, "Content-Type"), VT_OHTTP_REQUEST_TYPE)) {
        f->counts.unsealed++;
        vt_http_answer_text(exchange, VT_HTTP_UNSUPPORTED_TYPE,
                            "wanted: " VT_OHTTP_REQUEST_TYPE);
        return;
    }
    if (vt_http_body(exchange).len == 0) {
        f->counts.unsealed++;
        vt_http_answer_text(exchange, VT_HTTP_BAD_REQUEST, "cannot be opened");
        return;
    }
    if (place == NULL) {
        f->counts.too_many++;
        vt_http_set_header(exchange, "Retry-After", "1");
        vt_http_answer_text(exchange, VT_HTTP_TOO_MANY, "too many at once, try again");
        return;
    }
    *place = (struct place){ OPENING, exchange, vt_buf_init(0) };
    enqueue(f->gateway, place);
    if (!send_queued(f->gateway, &f->trouble))
        vt_http_server_stop(f->server);
}

const struct vt_http_route vt_cell_front_gateway_routes[] = {
    { "POST", "/gateway", VT_KIB(64), on_sealed, NULL },
    { NULL, NULL, 0, NULL, NULL },
};

struct vt_gateway_link *vt_cell_front_gateway_new(int fd)
{
    struct vt_gateway_link *link = vt_alloc(sizeof *link);

    link->channel = vt_channel_init(fd);
    return link;
}

int vt_cell_front_gateway_fd(const struct vt_gateway_link *link)
{
    return link->channel.fd;
}

void vt_cell_front_gateway_free(struct vt_gateway_link *link)
{
    if (link == NULL)
        return;
    for (size_t i = 0; i < VT_GATEWAY_PLACES_MAX; i++)
        vt_buf_clear(&link->places[i].plain);
    vt_channel_clear(&link->channel);
    free(link);
}
