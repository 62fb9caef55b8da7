/* A keeper's side of a move: one message, one answer.
 *
 * What the mover asks for and cannot have is an error that it is told; what it says without
 * a form ends the conversation; what the disk refuses ends the process.
 *
 * Nobody else may wait for a mover.  An answer that it does not read at once waits in the
 * outbox, and its next message is not read before that went; what takes long (each file
 * read again, a root over all rows) is done in steps. */
#include "cell/move_message.h"
#include <poll.h>

enum {
    OUT_BYTES_MAX = 8 << 20, /* a page of the longest rows */
    STEP_BYTES = 4 << 20,    /* hashed in one step, unless one body is longer */
    STEP_ROWS = 512,         /* added to a root in one step */
    READ_STEPS_MAX = 16,     /* of one READ */
};

/* READ or ROOT of a country. */
struct vt_move_work {
    bool (*step)(struct vt_move_desk *desk, struct vt_channel *mover, bool *is_done,
                 struct vt_error *err);
    struct vt_move_place asked; /* as the mover said it */
    struct vt_move_place place; /* how far it is */
    bool is_more;
    /* ROOT */
    struct vt_manifest_sum sum;
    /* READ */
    struct vt_arrived rows[VT_MOVE_ROWS_MAX];
    size_t count, read;
    unsigned steps;
};

/* ---- a desk -----------------------------------------------------------------------------
 */

void vt_move_desk_init(struct vt_move_desk *desk, struct vt_samples *samples)
{
    *desk = (struct vt_move_desk){ .samples = samples,
                                   .out = vt_outbox_init(OUT_BYTES_MAX),
                                   .step_bytes = STEP_BYTES };
}

static void end_batch(struct vt_move_desk *desk)
{
    vt_arrival_free(desk->arrival);
    desk->arrival = NULL;
    vt_move_desk_forget(desk);
}

static void end_work(struct vt_move_desk *desk)
{
    free(desk->work);
    desk->work = NULL;
}

void vt_move_desk_clear(struct vt_move_desk *desk)
{
    end_batch(desk);
    end_work(desk);
    vt_outbox_clear(&desk->out);
}

short vt_move_desk_events(const struct vt_move_desk *desk)
{
    if (!vt_outbox_is_empty(&desk->out))
        return POLLOUT;
    return desk->work != NULL ? 0 : POLLIN;
}

bool vt_move_desk_is_at_work(const struct vt_move_desk *desk)
{
    return desk->work != NULL && vt_outbox_is_empty(&desk->out);
}

static bool say(struct vt_move_desk *desk, struct vt_channel *mover, uint16_t type,
                vt_slice body, struct vt_error *err)
{
    return vt_outbox_send(&desk->out, mover, type, body, err);
}

static bool say_end(struct vt_move_desk *desk, struct vt_channel *mover, bool is_more,
                    struct vt_error *err)
{
    uint8_t byte = is_more;

    return say(desk, mover, VT_MOVE_END, VT_BYTES(byte), err);
}

static bool take_place(vt_slice body, struct vt_move_place *out, struct vt_error *err)
{
    return vt_move_place_read(body, out) ||
           vt_fail(err, VT_MALFORMED, "a place in a country's rows without a form");
}

/* ---- where they come from ---------------------------------------------------------------
 */

struct paging {
    struct vt_move_desk *desk;
    struct vt_channel *mover;
};

static bool send_row(void *context, const struct vt_move_row *row, struct vt_error *err)
{
    const struct paging *to = context;
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_move_row_write(&body, row, (vt_slice){ 0 });
    return vt_buf_check(&body, "a row", err) &&
           say(to->desk, to->mover, VT_MOVE_ROW, vt_buf_slice(&body), err);
}

static bool on_page(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    struct paging to = { desk, mover };
    struct vt_move_place place;
    bool is_more;

    return take_place(body, &place, err) &&
           vt_samples_page(desk->samples, place.country,
                           place.has_after ? &place.after : NULL, VT_MOVE_ROWS_MAX,
                           send_row, &to, &is_more, err) &&
           say_end(desk, mover, is_more, err);
}

static bool say_left(struct vt_move_desk *desk, struct vt_channel *mover,
                     const struct vt_samples_left *left, struct vt_error *err)
{
    VT_AUTO_BUF out = vt_buf_init(16);

    vt_move_left_write(&out, left);
    return say(desk, mover, VT_MOVE_LEFT, vt_buf_slice(&out), err);
}

static bool on_leave(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                     struct vt_error *err)
{
    struct vt_samples_left left;
    struct vt_move_place place;

    return take_place(body, &place, err) &&
           desk->may_leave(desk->context, place.country, err) &&
           vt_samples_leave(desk->samples, place.country, &left, err) &&
           say_left(desk, mover, &left, err);
}

static bool on_may_leave(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                         struct vt_error *err)
{
    const struct vt_samples_left none = { 0 };
    struct vt_move_place place;

    return take_place(body, &place, err) &&
           desk->may_leave(desk->context, place.country, err) &&
           say_left(desk, mover, &none, err);
}

static bool on_taken_back(struct vt_move_desk *desk, struct vt_channel *mover,
                          vt_slice body, struct vt_error *err)
{
    struct vt_moved_wish wishes[VT_MOVE_IDS_MAX];
    uint8_t taken[VT_MOVE_IDS_MAX];
    size_t count;

    if (!vt_move_wishes_read(body, wishes, &count))
        return vt_fail(err, VT_MALFORMED, "a question for wishes without a form");
    for (size_t i = 0; i < count; i++) {
        bool is_taken;

        if (!vt_samples_was_taken_back(desk->samples, &wishes[i], &is_taken, err))
            return false;
        taken[i] = is_taken;
    }
    return say(desk, mover, VT_MOVE_TAKEN, vt_slice_of(taken, count), err);
}

/* ---- where they come to -----------------------------------------------------------------
 */

static bool on_begin(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                     struct vt_error *err)
{
    (void)body;
    end_batch(desk);
    return vt_arrival_new(desk->samples, &desk->arrival, err) &&
           say(desk, mover, VT_MOVE_BEGUN, (vt_slice){ 0 }, err);
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
           desk->is_ours(desk->context, &row.recipient, row.country, err) &&
           vt_arrival_add(desk->arrival, &row, &row.recipient, header, err);
}

static bool on_open(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    (void)body;
    return has_begun(desk, err) && vt_arrival_open(desk->arrival, err) &&
           say(desk, mover, VT_MOVE_OPENED, (vt_slice){ 0 }, err);
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
    end_batch(desk);
    return say(desk, mover, VT_MOVE_CLOSED, (vt_slice){ 0 }, err);
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
    return say(desk, mover, VT_MOVE_HAS, vt_slice_of(has, count), err);
}

/* ---- what has arrived -------------------------------------------------------------------
 */

static bool list_row(void *context, const struct vt_arrived *arrived, struct vt_error *err)
{
    vt_move_arrived_write(context, arrived);
    return vt_buf_check(context, "a list", err);
}

static const vt_hash *after(const struct vt_move_place *place)
{
    return place->has_after ? &place->after : NULL;
}

static bool on_list(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    VT_AUTO_BUF out = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_move_place place;
    bool is_more;

    return take_place(body, &place, err) &&
           vt_samples_arrived(desk->samples, place.country, after(&place), VT_MOVE_ROWS_MAX,
                              list_row, &out, &is_more, err) &&
           say(desk, mover, VT_MOVE_LISTED, vt_buf_slice(&out), err) &&
           say_end(desk, mover, is_more, err);
}

static bool begin_work(struct vt_move_desk *desk, vt_slice body,
                       bool (*step)(struct vt_move_desk *desk, struct vt_channel *mover,
                                    bool *is_done, struct vt_error *err),
                       struct vt_error *err)
{
    struct vt_move_place place;

    if (!take_place(body, &place, err))
        return false;
    desk->work = vt_alloc(sizeof *desk->work);
    desk->work->asked = desk->work->place = place;
    desk->work->step = step;
    return true;
}

static bool keep_row(void *context, const struct vt_arrived *arrived, struct vt_error *err)
{
    struct vt_move_work *work = context;

    (void)err;
    work->rows[work->count++] = *arrived;
    work->place.after = arrived->row.object;
    work->place.has_after = true;
    return true;
}

static bool next_page(struct vt_move_desk *desk, struct vt_error *err)
{
    struct vt_move_work *work = desk->work;

    work->count = work->read = work->steps = 0;
    return vt_samples_arrived(desk->samples, work->place.country, after(&work->place),
                              VT_MOVE_ROWS_MAX, keep_row, work, &work->is_more, err);
}

static bool end_read(struct vt_move_desk *desk, struct vt_channel *mover,
                     struct vt_error *err)
{
    const struct vt_move_work *work = desk->work;
    VT_AUTO_BUF out = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    bool is_more = work->is_more || work->read < work->count;

    for (size_t i = 0; i < work->read; i++)
        vt_move_arrived_write(&out, &work->rows[i]);
    return vt_buf_check(&out, "a list", err) &&
           vt_move_desk_was_read(desk, &work->asked, work->rows, work->read, is_more,
                                 err) &&
           say(desk, mover, VT_MOVE_LISTED, vt_buf_slice(&out), err) &&
           say_end(desk, mover, is_more, err);
}

/* One that was erased since the page was read is not listed. */
static bool read_row(struct vt_move_desk *desk, uint64_t *bytes, struct vt_error *err)
{
    struct vt_move_work *work = desk->work;
    const struct vt_arrived *row = &work->rows[work->read];
    bool is_there;

    if (!vt_samples_is_here(desk->samples, &row->here, &is_there, err))
        return false;
    if (!is_there) {
        memmove(&work->rows[work->read], &work->rows[work->read + 1],
                (--work->count - work->read) * sizeof work->rows[0]);
        return true;
    }
    *bytes += row->row.body_bytes;
    work->read++;
    return vt_samples_read_back(desk->samples, &row->here, &row->row.body, err);
}

static bool step_read(struct vt_move_desk *desk, struct vt_channel *mover, bool *is_done,
                      struct vt_error *err)
{
    struct vt_move_work *work = desk->work;
    uint64_t bytes = 0;

    while (work->read < work->count && bytes < desk->step_bytes)
        if (!read_row(desk, &bytes, err))
            return false;
    *is_done = work->read == work->count || ++work->steps == READ_STEPS_MAX;
    if (!*is_done)
        return true;
    if (work->count == 0 && work->is_more) { /* all of the page were erased meanwhile */
        *is_done = false;
        return next_page(desk, err);
    }
    return end_read(desk, mover, err);
}

static bool on_read(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    (void)mover;
    return begin_work(desk, body, step_read, err) && next_page(desk, err);
}

static bool add_row(void *context, const struct vt_arrived *arrived, struct vt_error *err)
{
    struct vt_move_work *work = context;

    work->place.after = arrived->row.object;
    work->place.has_after = true;
    return vt_manifest_sum_add(&work->sum, &arrived->row, err);
}

static bool step_root(struct vt_move_desk *desk, struct vt_channel *mover, bool *is_done,
                      struct vt_error *err)
{
    struct vt_move_work *work = desk->work;
    VT_AUTO_BUF out = vt_buf_init(VT_KIB(1));
    struct vt_manifest_root root;

    if (!vt_samples_arrived(desk->samples, work->place.country, after(&work->place),
                            STEP_ROWS, add_row, work, &work->is_more, err))
        return false;
    *is_done = !work->is_more;
    if (work->is_more)
        return true;
    root = vt_manifest_sum_root(&work->sum);
    vt_move_root_write(&out, &root);
    return say(desk, mover, VT_MOVE_ROOTED, vt_buf_slice(&out), err);
}

static bool on_root(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    (void)mover;
    return begin_work(desk, body, step_root, err);
}

static bool on_drop(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    vt_hash ids[VT_MOVE_IDS_MAX];
    size_t count;

    if (!vt_move_ids_read(body, ids, &count))
        return vt_fail(err, VT_MALFORMED, "objects to drop without a form");
    vt_move_desk_forget(desk);
    return vt_samples_unarrive(desk->samples, ids, count, err) &&
           say(desk, mover, VT_MOVE_DROPPED, (vt_slice){ 0 }, err);
}

/* By an order that the key agent has carried out already; headers, bodies and rows are gone
 * when it is answered, and the same order again finds nothing. */
static bool on_erase(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                     struct vt_error *err)
{
    struct vt_samples_left left = { .left = 0 };
    VT_AUTO_BUF out = vt_buf_init(16);
    vt_hash ids[VT_MOVE_IDS_MAX];
    size_t count;

    if (!vt_move_ids_read(body, ids, &count))
        return vt_fail(err, VT_MALFORMED, "objects to erase without a form");
    vt_move_desk_forget(desk);
    if (!vt_samples_erase(desk->samples, ids, count, &left.removed, err))
        return false;
    vt_move_left_write(&out, &left);
    return say(desk, mover, VT_MOVE_ERASED, vt_buf_slice(&out), err);
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
    return say(desk, mover, VT_MOVE_TAKING, vt_buf_slice(&out), err);
}

static bool on_sign(struct vt_move_desk *desk, struct vt_channel *mover, vt_slice body,
                    struct vt_error *err)
{
    VT_AUTO_FREE struct vt_relocation_words *words = vt_alloc(sizeof *words);
    VT_AUTO_BUF out = vt_buf_init(VT_ENTRY_BYTES_MAX);

    if (!vt_move_end_read(body, words))
        return vt_fail(err, VT_MALFORMED, "the end of a move without a form");
    return vt_move_desk_sign(desk, words, &out, err) &&
           say(desk, mover, VT_MOVE_SIGNED, vt_buf_slice(&out), err);
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
    { VT_MOVE_DROP, on_drop },   { VT_MOVE_TAKEN_BACK, on_taken_back },
    { VT_MOVE_SIGN, on_sign },   { VT_MOVE_TAKES, on_takes },
    { VT_MOVE_ERASE, on_erase },
};

/* These are not answered: what was wrong is told to whoever waits next. */
static bool is_silent(uint16_t type)
{
    return type == VT_MOVE_ROW || type == VT_MOVE_BYTES;
}

/* A no is told; a batch in which something was wrong is not gone on with. */
static bool take_no(struct vt_move_desk *desk, struct vt_error *err)
{
    if (err->code != VT_REJECTED && err->code != VT_LIMIT)
        return false;
    desk->wrong = *err;
    *err = (struct vt_error){ 0 };
    end_batch(desk);
    end_work(desk);
    return true;
}

static bool tell_no(struct vt_move_desk *desk, struct vt_channel *mover,
                    struct vt_error *err)
{
    struct vt_error told = desk->wrong;

    desk->wrong = (struct vt_error){ 0 };
    return vt_outbox_send_error(&desk->out, mover, &told, err);
}

static bool handle(struct vt_move_desk *desk, struct vt_channel *mover,
                   const struct vt_message *message, size_t handler, struct vt_error *err)
{
    if (message->type == VT_MOVE_BEGIN)
        desk->wrong = (struct vt_error){ 0 };
    if (desk->wrong.code == VT_OK) {
        if (handlers[handler].handle(desk, mover, message->body, err))
            return true;
        if (!take_no(desk, err))
            return false;
    }
    return is_silent(message->type) || tell_no(desk, mover, err);
}

static bool go_on(struct vt_move_desk *desk, struct vt_channel *mover, struct vt_error *err)
{
    bool is_done;

    if (!desk->work->step(desk, mover, &is_done, err))
        return take_no(desk, err) && tell_no(desk, mover, err);
    if (is_done)
        end_work(desk);
    return true;
}

bool vt_move_answer(struct vt_move_desk *desk, struct vt_channel *mover,
                    struct vt_error *err)
{
    struct vt_message message;

    if (!vt_outbox_is_empty(&desk->out))
        return vt_outbox_flush(&desk->out, mover, err);
    if (desk->work != NULL)
        return go_on(desk, mover, err);
    if (!vt_channel_receive(mover, 0, &message, err))
        return false;
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
        if (handlers[i].type == message.type)
            return handle(desk, mover, &message, i, err);
    return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
}
