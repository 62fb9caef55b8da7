/* A keeper's side of a move: one message, one answer.
 *
 * What the mover asks for and cannot have is an error that it is told; what it says without
 * a form ends the conversation; what the disk refuses ends the process. */
#include "cell/move_message.h"

void vt_move_desk_clear(struct vt_move_desk *desk)
{
    vt_arrival_free(desk->arrival);
    desk->arrival = NULL;
    vt_move_desk_forget(desk);
}

static bool say(struct vt_channel *mover, uint16_t type, vt_slice body,
                struct vt_error *err)
{
    return vt_channel_send(mover, type, body, err);
}

static bool say_end(struct vt_channel *mover, bool is_more, struct vt_error *err)
{
    uint8_t byte = is_more;

    return say(mover, VT_MOVE_END, VT_BYTES(byte), err);
}

static bool take_place(vt_slice body, struct vt_move_place *out, struct vt_error *err)
{
    return vt_move_place_read(body, out) ||
           vt_fail(err, VT_MALFORMED, "a place in a country's rows without a form");
}

/* ---- where they come from ---------------------------------------------------------------
 */

static bool send_row(void *context, const struct vt_move_row *row, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_move_row_write(&body, row, (vt_slice){ 0 });
    return vt_buf_check(&body, "a row", err) &&
           say(context, VT_MOVE_ROW, vt_buf_slice(&body), err);
}

static bool on_page(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    struct vt_move_place place;
    bool is_more;

    return take_place(body, &place, err) &&
           vt_samples_page(desk->samples, place.country,
                           place.has_after ? &place.after : NULL, VT_MOVE_ROWS_MAX,
                           send_row, mover, &is_more, err) &&
           say_end(mover, is_more, err);
}

static bool on_leave(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                     struct vt_error *err)
{
    VT_AUTO_BUF out = vt_buf_init(8);
    struct vt_move_place place;
    uint64_t left;

    if (!take_place(body, &place, err) ||
        !desk->may_leave(desk->context, place.country, err) ||
        !vt_samples_leave(desk->samples, place.country, &left, err))
        return false;
    vt_buf_put_u64(&out, left);
    return say(mover, VT_MOVE_LEFT, vt_buf_slice(&out), err);
}

static bool on_may_leave(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                         struct vt_error *err)
{
    VT_AUTO_BUF out = vt_buf_init(8);
    struct vt_move_place place;

    if (!take_place(body, &place, err) ||
        !desk->may_leave(desk->context, place.country, err))
        return false;
    vt_buf_put_u64(&out, 0);
    return say(mover, VT_MOVE_LEFT, vt_buf_slice(&out), err);
}

/* ---- where they come to -----------------------------------------------------------------
 */

static bool on_begin(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                     struct vt_error *err)
{
    (void)body;
    vt_move_desk_clear(desk);
    return vt_arrival_new(desk->samples, &desk->arrival, err) &&
           say(mover, VT_MOVE_BEGUN, (vt_slice){ 0 }, err);
}

static bool has_begun(const struct vt_move_desk *desk, struct vt_error *err)
{
    return desk->arrival != NULL ||
           vt_fail(err, VT_MALFORMED, "a batch that was not begun");
}

static bool on_row(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                   struct vt_error *err)
{
    struct vt_move_row row;
    vt_slice header;

    (void)mover;
    if (!vt_move_row_read(body, &row, &header) || header.len == 0)
        return vt_fail(err, VT_MALFORMED, "a row without a form");
    return has_begun(desk, err) && desk->may_arrive(desk->context, row.country, err) &&
           vt_arrival_add(desk->arrival, &row, &row.recipient, header, err);
}

static bool on_open(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    (void)body;
    return has_begun(desk, err) && vt_arrival_open(desk->arrival, err) &&
           say(mover, VT_MOVE_OPENED, (vt_slice){ 0 }, err);
}

static bool on_bytes(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                     struct vt_error *err)
{
    (void)mover;
    return has_begun(desk, err) && vt_arrival_put(desk->arrival, body, err);
}

static bool on_close(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                     struct vt_error *err)
{
    (void)body;
    if (!has_begun(desk, err) || !vt_arrival_close(desk->arrival, err))
        return false;
    vt_move_desk_clear(desk);
    return say(mover, VT_MOVE_CLOSED, (vt_slice){ 0 }, err);
}

static bool on_have(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    vt_hash ids[VT_MOVE_IDS_MAX];
    uint8_t has[VT_MOVE_IDS_MAX];
    size_t count;

    if (!vt_move_ids_read(body, ids, &count))
        return vt_fail(err, VT_MALFORMED, "a question for objects without a form");
    for (size_t i = 0; i < count; i++) {
        bool is_here;

        if (!vt_samples_has_arrived(desk->samples, &ids[i], &is_here, err))
            return false;
        has[i] = is_here;
    }
    return say(mover, VT_MOVE_HAS, vt_slice_of(has, count), err);
}

struct listing {
    struct vt_samples *samples;
    struct vt_buf out;
    bool is_read;
    struct vt_manifest_sum *sum; /* or rows */
    vt_hash last;
    struct vt_manifest_row rows[VT_MOVE_ROWS_MAX];
    vt_hash here[VT_MOVE_ROWS_MAX];
    size_t count;
};

static bool list_row(void *context, const struct vt_manifest_row *row, const vt_hash *here,
                     struct vt_error *err)
{
    struct listing *listing = context;

    listing->last = row->object;
    if (listing->sum != NULL)
        return vt_manifest_sum_add(listing->sum, row, err);
    listing->rows[listing->count] = *row;
    listing->here[listing->count++] = *here;
    vt_manifest_row_write(row, &listing->out);
    vt_buf_put(&listing->out, vt_hash_slice(here));
    return vt_buf_check(&listing->out, "a list", err);
}

static bool read_again(const struct listing *listing, struct vt_error *err)
{
    for (size_t i = 0; i < listing->count; i++)
        if (!vt_samples_read_back(listing->samples, &listing->here[i],
                                  &listing->rows[i].body, err))
            return false;
    return true;
}

static bool answer_list(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                        bool is_read, struct vt_error *err)
{
    struct listing listing = { .samples = desk->samples,
                               .out = vt_buf_init(VT_MESSAGE_BYTES_MAX) };
    struct vt_move_place place;
    bool is_more;
    bool is_ok = take_place(body, &place, err) &&
                 vt_samples_arrived(desk->samples, place.country,
                                    place.has_after ? &place.after : NULL, VT_MOVE_ROWS_MAX,
                                    list_row, &listing, &is_more, err) &&
                 (!is_read || (read_again(&listing, err) &&
                               vt_move_desk_was_read(desk, &place, listing.rows,
                                                     listing.count, is_more, err))) &&
                 say(mover, VT_MOVE_LISTED, vt_buf_slice(&listing.out), err) &&
                 say_end(mover, is_more, err);

    vt_buf_clear(&listing.out);
    return is_ok;
}

static bool on_list(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    return answer_list(desk, mover, body, false, err);
}

static bool on_read(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    return answer_list(desk, mover, body, true, err);
}

static bool on_root(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    VT_AUTO_FREE struct vt_manifest_sum *sum = vt_alloc(sizeof *sum);
    VT_AUTO_BUF out = vt_buf_init(VT_KIB(1));
    struct listing listing = { .sum = sum };
    struct vt_manifest_root root;
    struct vt_move_place place;
    bool is_more = true;

    if (!take_place(body, &place, err))
        return false;
    for (bool is_first = true; is_more; is_first = false)
        if (!vt_samples_arrived(desk->samples, place.country,
                                is_first ? NULL : &listing.last, 4096, list_row, &listing,
                                &is_more, err))
            return false;
    root = vt_manifest_sum_root(sum);
    vt_move_root_write(&out, &root);
    return say(mover, VT_MOVE_ROOTED, vt_buf_slice(&out), err);
}

static bool on_drop(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    vt_hash ids[VT_MOVE_IDS_MAX];
    size_t count;

    if (!vt_move_ids_read(body, ids, &count))
        return vt_fail(err, VT_MALFORMED, "objects to drop without a form");
    vt_move_desk_forget(desk);
    for (size_t i = 0; i < count; i++)
        if (!vt_samples_unarrive(desk->samples, &ids[i], err))
            return false;
    return say(mover, VT_MOVE_DROPPED, (vt_slice){ 0 }, err);
}

/* ---- either end, and the end ------------------------------------------------------------
 */

static bool on_takes(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                     struct vt_error *err)
{
    VT_AUTO_BUF out = vt_buf_init(16);
    struct vt_move_taking taking;
    struct vt_move_place place;

    if (!take_place(body, &place, err) ||
        !desk->takes(desk->context, place.country, &taking, err))
        return false;
    vt_move_taking_write(&out, &taking);
    return say(mover, VT_MOVE_TAKEN, vt_buf_slice(&out), err);
}

static bool on_sign(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    VT_AUTO_FREE struct vt_relocation_words *words = vt_alloc(sizeof *words);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (!vt_move_end_read(body, words))
        return vt_fail(err, VT_MALFORMED, "the end of a move without a form");
    return vt_move_desk_sign(desk, words, &out, err) &&
           say(mover, VT_MOVE_SIGNED, vt_buf_slice(&out), err);
}

/* ---- all of it --------------------------------------------------------------------------
 */

static const struct {
    uint16_t type;
    bool (*handle)(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                   struct vt_error *err);
} handlers[] = {
    { VT_MOVE_PAGE, on_page },   { VT_MOVE_LEAVE, on_leave },
    { VT_MOVE_BEGIN, on_begin }, { VT_MOVE_ROW, on_row },
    { VT_MOVE_OPEN, on_open },   { VT_MOVE_BYTES, on_bytes },
    { VT_MOVE_CLOSE, on_close }, { VT_MOVE_HAVE, on_have },
    { VT_MOVE_LIST, on_list },   { VT_MOVE_MAY_LEAVE, on_may_leave },
    { VT_MOVE_READ, on_read },   { VT_MOVE_ROOT, on_root },
    { VT_MOVE_DROP, on_drop },   { VT_MOVE_TAKES, on_takes },
    { VT_MOVE_SIGN, on_sign },
};

/* These are not answered: what was wrong is told to whoever waits next. */
static bool is_silent(uint16_t type)
{
    return type == VT_MOVE_ROW || type == VT_MOVE_BYTES;
}

/* A batch in which something was wrong is not gone on with. */
static bool handle(struct vt_move_desk *desk, struct vt_channel *mover,
                   const struct vt_message *message, size_t handler, struct vt_error *err)
{
    struct vt_error told;

    if (message->type == VT_MOVE_BEGIN)
        desk->wrong = (struct vt_error){ 0 };
    if (desk->wrong.code == VT_OK) {
        if (handlers[handler].handle(desk, mover, message->body, err))
            return true;
        if (err->code != VT_REJECTED && err->code != VT_LIMIT)
            return false;
        desk->wrong = *err;
        *err = (struct vt_error){ 0 };
        vt_move_desk_clear(desk);
    }
    if (is_silent(message->type))
        return true;
    told = desk->wrong;
    desk->wrong = (struct vt_error){ 0 };
    return vt_channel_send_error(mover, &told, err);
}

bool vt_move_answer(struct vt_move_desk *desk, struct vt_channel *mover,
                    struct vt_error *err)
{
    struct vt_message message;

    if (!vt_channel_receive(mover, 0, &message, err))
        return false;
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (handlers[i].type == message.type)
            return handle(desk, mover, &message, i, err);
    return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
}
