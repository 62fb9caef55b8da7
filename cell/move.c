/* A mover's questions to both ends, and what it compares; move_copy.c has the copying. */
#include "cell/move_inside.h"

/* ---- questions --------------------------------------------------------------------------
 */

bool vt_move_call(struct vt_channel *channel, uint16_t type, vt_slice body,
                  uint16_t answer_type, vt_slice *answer, struct vt_error *err)
{
    return vt_channel_call(channel, type, body, answer_type, VT_MOVE_ANSWER_MS_MAX, answer,
                           err);
}

static bool send_place(struct vt_channel *channel, uint16_t type,
                       const struct vt_mover *mover, const vt_hash *after,
                       struct vt_error *err)
{
    struct vt_move_place place = { .has_after = after != NULL };
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(1));

    memcpy(place.country, mover->country, sizeof place.country);
    if (after != NULL)
        place.after = *after;
    vt_move_place_write(&body, &place);
    return vt_channel_send(channel, type, vt_buf_slice(&body), err);
}

/* Another message than the one that is waited for: an error that is told, or none of ours.
 */
static bool fail_with(const struct vt_message *message, struct vt_error *err)
{
    vt_reader r = { message->body };
    uint8_t code;

    if (message->type == VT_MESSAGE_ERROR && vt_read_u8(&r, &code) && code > VT_OK &&
        code <= VT_IO) {
        (void)vt_fail(err, (enum vt_code)code, "%.*s", VT_SLICE_ARGS(r.rest));
        vt_text_make_printable(err->message, true);
        return false;
    }
    return vt_fail(err, VT_MALFORMED, "a keeper answered what nobody asked");
}

static bool receive(struct vt_channel *channel, struct vt_message *out,
                    struct vt_error *err)
{
    return vt_channel_receive(channel, VT_MOVE_ANSWER_MS_MAX, out, err);
}

static bool take_end(const struct vt_message *message, bool *is_more_out,
                     struct vt_error *err)
{
    if (message->type != VT_MOVE_END || message->body.len != 1 || message->body.data[0] > 1)
        return fail_with(message, err);
    *is_more_out = message->body.data[0] == 1;
    return true;
}

bool vt_move_page(struct vt_mover *mover, const vt_hash *after, vt_move_each_row *each,
                  void *context, bool *is_more_out, struct vt_error *err)
{
    vt_hash last = after != NULL ? *after : (vt_hash){ { 0 } };
    bool has_last = after != NULL;
    struct vt_message message;
    struct vt_move_row row;
    vt_slice none;

    if (!send_place(mover->from, VT_MOVE_PAGE, mover, after, err))
        return false;
    for (unsigned i = 0; i <= VT_MOVE_ROWS_MAX; i++) {
        if (!receive(mover->from, &message, err))
            return false;
        if (message.type != VT_MOVE_ROW)
            return take_end(&message, is_more_out, err);
        if (i == VT_MOVE_ROWS_MAX || !vt_move_row_read(message.body, &row, &none) ||
            (has_last && memcmp(last.bytes, row.object.bytes, sizeof last.bytes) >= 0) ||
            strcmp(row.country, mover->country) != 0)
            break;
        last = row.object;
        has_last = true;
        if (!each(context, &row, err))
            return false;
    }
    return vt_fail(err, VT_MALFORMED, "the source's rows have not their order and form");
}

bool vt_move_list(struct vt_mover *mover, const vt_hash *after, bool is_read,
                  struct vt_move_listed *out, struct vt_error *err)
{
    struct vt_message message;
    vt_reader r;

    out->count = 0;
    if (!send_place(mover->to, is_read ? VT_MOVE_READ : VT_MOVE_LIST, mover, after, err) ||
        !receive(mover->to, &message, err))
        return false;
    if (message.type != VT_MOVE_LISTED)
        return fail_with(&message, err);
    r = (vt_reader){ message.body };
    while (out->count < VT_MOVE_ROWS_MAX &&
           vt_manifest_row_read(&r, &out->rows[out->count])) {
        vt_slice id;

        if (!vt_read_bytes(&r, sizeof(vt_hash), &id))
            break;
        memcpy(&out->here[out->count++], id.data, id.len);
    }
    if (!vt_read_end(&r))
        return vt_fail(err, VT_MALFORMED, "the destination's list has not its form");
    return receive(mover->to, &message, err) && take_end(&message, &out->is_more, err) &&
           (!out->is_more || out->count != 0 ||
            vt_fail(err, VT_MALFORMED, "the destination's list does not end"));
}

/* ---- the manifest -----------------------------------------------------------------------
 */

struct listing {
    struct vt_manifest_sum *sum;
    struct vt_disk_draft *draft; /* NULL: only reckon */
    struct vt_buf rows;          /* of one page */
};

static bool list_row(void *context, const struct vt_move_row *row, struct vt_error *err)
{
    struct listing *listing = context;
    struct vt_manifest_row out = vt_move_row_manifest(row);

    vt_manifest_row_write(&out, &listing->rows);
    return vt_manifest_sum_add(listing->sum, &out, err);
}

static bool list_all(struct vt_mover *mover, struct listing *listing, struct vt_error *err)
{
    bool is_more = true;

    while (is_more) {
        const vt_hash *after = listing->sum->tree.size != 0 ? &listing->sum->last : NULL;
        vt_hash last = after != NULL ? *after : (vt_hash){ { 0 } };

        if (!vt_move_page(mover, after != NULL ? &last : NULL, list_row, listing, &is_more,
                          err))
            return false;
        if (listing->draft != NULL &&
            !vt_disk_draft_add(listing->draft, vt_buf_slice(&listing->rows), err))
            return false;
        vt_buf_truncate(&listing->rows, 0);
    }
    return true;
}

bool vt_mover_manifest(struct vt_mover *mover, struct vt_disk *disk, const char *name,
                       struct vt_manifest_root *out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_manifest_sum *sum = vt_alloc(sizeof *sum);
    struct listing listing = { .sum = sum, .rows = vt_buf_init(VT_KIB(64)) };
    bool is_ok =
        disk == NULL || (vt_disk_draft_begin(disk, "", 0600, &listing.draft, err) &&
                         vt_disk_draft_add(listing.draft, VT_LIT(VT_MANIFEST_HEAD), err));

    is_ok = is_ok && list_all(mover, &listing, err);
    vt_buf_clear(&listing.rows);
    if (!is_ok && listing.draft != NULL)
        vt_disk_draft_discard(listing.draft);
    if (!is_ok ||
        (listing.draft != NULL && !vt_disk_draft_finish(listing.draft, name, true, err)))
        return false;
    *out = vt_manifest_sum_root(sum);
    return true;
}

/* ---- the destination --------------------------------------------------------------------
 */

static bool ask_root(struct vt_mover *mover, struct vt_manifest_root *out,
                     struct vt_error *err)
{
    vt_slice answer;

    return vt_move_call(mover->to, VT_MOVE_ROOT, vt_slice_of(mover->country, 2),
                        VT_MOVE_ROOTED, &answer, err) &&
           (vt_move_root_read(answer, out) ||
            vt_fail(err, VT_MALFORMED, "the destination's root has not its form"));
}

bool vt_mover_read_back(struct vt_mover *mover, struct vt_manifest_root *out,
                        struct vt_error *err)
{
    VT_AUTO_FREE struct vt_manifest_sum *sum = vt_alloc(sizeof *sum);
    VT_AUTO_FREE struct vt_move_listed *listed = vt_alloc(sizeof *listed);

    listed->is_more = true;
    for (vt_hash last; listed->is_more;) {
        last = sum->last;
        if (!vt_move_list(mover, sum->tree.size != 0 ? &last : NULL, true, listed, err))
            return false;
        for (size_t i = 0; i < listed->count; i++)
            if (!vt_manifest_sum_add(sum, &listed->rows[i], err))
                return false;
    }
    *out = vt_manifest_sum_root(sum);
    return true;
}

bool vt_mover_find(struct vt_mover *mover, const vt_hash *object, vt_hash *out,
                   struct vt_error *err)
{
    VT_AUTO_FREE struct vt_move_listed *listed = vt_alloc(sizeof *listed);
    vt_hash before = *object;

    /* The id before it, so that it comes first. */
    for (size_t i = sizeof before.bytes; i-- > 0 && before.bytes[i]-- == 0;)
        ;
    if (!vt_move_list(mover, &before, false, listed, err))
        return false;
    if (listed->count == 0 || !vt_hash_equal(&listed->rows[0].object, object))
        return vt_fail(err, VT_ABSENT, "no such object has arrived at the destination");
    *out = listed->here[0];
    return true;
}

/* ---- comparing --------------------------------------------------------------------------
 */

/* Ids of the source, as they come. */
struct walk {
    vt_hash ids[VT_MOVE_ROWS_MAX];
    size_t count, at;
    bool is_more;
};

static bool keep_id(void *context, const struct vt_move_row *row, struct vt_error *err)
{
    struct walk *walk = context;

    (void)err;
    walk->ids[walk->count++] = row->object; /* a page has no more */
    return true;
}

/* The next id of the source; NULL behind the last. */
static bool next_id(struct vt_mover *mover, struct walk *walk, const vt_hash **out,
                    struct vt_error *err)
{
    if (walk->at == walk->count && walk->is_more) {
        vt_hash last;
        bool is_first = walk->count == 0;

        if (!is_first)
            last = walk->ids[walk->count - 1];
        walk->count = walk->at = 0;
        if (!vt_move_page(mover, is_first ? NULL : &last, keep_id, walk, &walk->is_more,
                          err))
            return false;
    }
    *out = walk->at < walk->count ? &walk->ids[walk->at] : NULL;
    return true;
}

static bool drop(struct vt_mover *mover, struct vt_buf *ids, struct vt_error *err)
{
    vt_slice answer;

    if (ids->len == 0)
        return true;
    if (!vt_move_call(mover->to, VT_MOVE_DROP, vt_buf_slice(ids), VT_MOVE_DROPPED, &answer,
                      err))
        return false;
    vt_buf_truncate(ids, 0);
    return true;
}

/* Which of the page are not at the source?  Both ascend, so one walk finds all. */
static bool find_gone(struct vt_mover *mover, struct walk *walk,
                      const struct vt_move_listed *listed, struct vt_buf *gone,
                      struct vt_error *err)
{
    const vt_hash *id;

    for (size_t i = 0; i < listed->count; i++) {
        const vt_hash *here = &listed->rows[i].object;

        for (;;) {
            if (!next_id(mover, walk, &id, err))
                return false;
            if (id == NULL || memcmp(id->bytes, here->bytes, sizeof id->bytes) >= 0)
                break;
            walk->at++;
        }
        if (id == NULL || !vt_hash_equal(id, here))
            vt_buf_put(gone, vt_hash_slice(here));
    }
    return true;
}

static bool drop_gone(struct vt_mover *mover, uint64_t *dropped_out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_move_listed *listed = vt_alloc(sizeof *listed);
    VT_AUTO_FREE struct walk *walk = vt_alloc(sizeof *walk);
    VT_AUTO_BUF gone = vt_buf_init(VT_MOVE_ROWS_MAX * sizeof(vt_hash));
    vt_hash last = { { 0 } };

    walk->is_more = listed->is_more = true;
    for (bool is_first = true; listed->is_more; is_first = false) {
        if (!vt_move_list(mover, is_first ? NULL : &last, false, listed, err) ||
            !find_gone(mover, walk, listed, &gone, err))
            return false;
        if (listed->count != 0)
            last = listed->rows[listed->count - 1].object;
        *dropped_out += gone.len / sizeof(vt_hash);
        if (!drop(mover, &gone, err))
            return false;
    }
    return true;
}

bool vt_mover_settle(struct vt_mover *mover, struct vt_move_settled *out,
                     struct vt_error *err)
{
    struct vt_move_settled settled = { .dropped = 0 };

    if (!vt_mover_copy(mover, err) || mover->is_stopped ||
        !drop_gone(mover, &settled.dropped, err) ||
        !vt_mover_manifest(mover, NULL, NULL, &settled.from, err) ||
        !ask_root(mover, &settled.to, err))
        return mover->is_stopped && err->code == VT_OK;
    settled.is_equal = vt_manifest_root_equal(&settled.from, &settled.to);
    *out = settled;
    return true;
}

bool vt_mover_may_leave(struct vt_mover *mover, struct vt_error *err)
{
    vt_slice answer;

    return vt_move_call(mover->from, VT_MOVE_MAY_LEAVE, vt_slice_of(mover->country, 2),
                        VT_MOVE_LEFT, &answer, err);
}

bool vt_mover_leave(struct vt_mover *mover, struct vt_error *err)
{
    uint64_t left = UINT64_MAX, before;
    vt_slice answer;

    do {
        vt_reader r;

        before = left;
        if (!vt_move_call(mover->from, VT_MOVE_LEAVE, vt_slice_of(mover->country, 2),
                          VT_MOVE_LEFT, &answer, err))
            return false;
        r = (vt_reader){ answer };
        if (!vt_read_u64(&r, &left) || !vt_read_end(&r))
            return vt_fail(err, VT_MALFORMED, "the source's count has not its form");
    } while (left != 0 && left < before);
    return left == 0 ||
           vt_fail(err, VT_REJECTED, "%ju samples stay at the source", (uintmax_t)left);
}
