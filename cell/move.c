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

static bool receive(struct vt_channel *channel, struct vt_message *out,
                    struct vt_error *err)
{
    return vt_channel_receive(channel, VT_MOVE_ANSWER_MS_MAX, out, err);
}

static bool take_end(const struct vt_message *message, bool *is_more_out,
                     struct vt_error *err)
{
    if (message->type != VT_MOVE_END || message->body.len != 1 || message->body.data[0] > 1)
        return vt_channel_fail_with(message, err);
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

    out->count = 0;
    if (!send_place(mover->to, is_read ? VT_MOVE_READ : VT_MOVE_LIST, mover, after, err) ||
        !receive(mover->to, &message, err))
        return false;
    if (message.type != VT_MOVE_LISTED)
        return vt_channel_fail_with(&message, err);
    if (!vt_move_arrived_read(message.body, out->rows, &out->count))
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

/* Rows that count as read, up to the id (NULL: all of them); one that has it is left out.
 */
static bool add_erased(struct vt_manifest_sum *sum, vt_reader *erased, const vt_hash *until,
                       struct vt_error *err)
{
    while (erased->rest.len != 0) {
        vt_reader next = *erased;
        struct vt_manifest_row row;
        int order;

        if (!vt_manifest_row_read(&next, &row))
            return vt_fail(err, VT_MALFORMED, "a list of what was erased is cut short");
        order = until == NULL ? -1
                              : memcmp(row.object.bytes, until->bytes, sizeof until->bytes);
        if (order > 0)
            break;
        *erased = next;
        if (order < 0 && !vt_manifest_sum_add(sum, &row, err))
            return false;
    }
    return true;
}

bool vt_mover_read_back(struct vt_mover *mover, vt_slice erased,
                        struct vt_manifest_root *out, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_manifest_sum *sum = vt_alloc(sizeof *sum);
    VT_AUTO_FREE struct vt_move_listed *listed = vt_alloc(sizeof *listed);
    vt_reader r = { erased };
    vt_hash last = { { 0 } };

    listed->is_more = true;
    for (bool is_first = true; listed->is_more; is_first = false) {
        if (!vt_move_list(mover, is_first ? NULL : &last, true, listed, err))
            return false;
        for (size_t i = 0; i < listed->count; i++) {
            last = listed->rows[i].row.object;
            if (!add_erased(sum, &r, &last, err) ||
                !vt_manifest_sum_add(sum, &listed->rows[i].row, err))
                return false;
        }
    }
    if (!add_erased(sum, &r, NULL, err))
        return false;
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
    if (listed->count == 0 || !vt_hash_equal(&listed->rows[0].row.object, object))
        return vt_fail(err, VT_ABSENT, "no such object has arrived at the destination");
    *out = listed->rows[0].here;
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
        const vt_hash *here = &listed->rows[i].row.object;

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
            last = listed->rows[listed->count - 1].row.object;
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
    struct vt_samples_left left;
    vt_slice answer;

    do {
        if (!vt_move_call(mover->from, VT_MOVE_LEAVE, vt_slice_of(mover->country, 2),
                          VT_MOVE_LEFT, &answer, err))
            return false;
        if (!vt_move_left_read(answer, &left))
            return vt_fail(err, VT_MALFORMED, "the source's count has not its form");
    } while (left.left != 0 && left.removed != 0);
    return left.left == 0 ||
           vt_fail(err, VT_REJECTED, "%ju samples or more stay at the source",
                   (uintmax_t)left.left);
}

/* ---- taken back -------------------------------------------------------------------------
 */

/* Of a page of the destination, which were taken back at the source? */
static bool ask_taken(struct vt_mover *mover, const struct vt_move_listed *listed,
                      struct vt_buf *rows, struct vt_error *err)
{
    VT_AUTO_BUF wishes = vt_buf_init(VT_KIB(8));
    vt_slice taken;

    if (listed->count == 0)
        return true;
    for (size_t i = 0; i < listed->count; i++)
        vt_move_wish_write(&wishes, &(struct vt_moved_wish){
                                        listed->rows[i].row.object, listed->rows[i].owner,
                                        listed->rows[i].asked_unix_s });
    if (!vt_move_call(mover->from, VT_MOVE_TAKEN_BACK, vt_buf_slice(&wishes), VT_MOVE_TAKEN,
                      &taken, err))
        return false;
    if (taken.len != listed->count)
        return vt_fail(err, VT_MALFORMED, "the source says what was taken back of others");
    for (size_t i = 0; i < listed->count; i++)
        if (taken.data[i] != 0)
            vt_manifest_row_write(&listed->rows[i].row, rows);
    return vt_buf_check(rows, "what was taken back", err);
}

bool vt_mover_taken_back(struct vt_mover *mover, struct vt_buf *rows, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_move_listed *listed = vt_alloc(sizeof *listed);
    vt_hash last = { { 0 } };

    listed->is_more = true;
    for (bool is_first = true; listed->is_more; is_first = false) {
        if (!vt_move_list(mover, is_first ? NULL : &last, false, listed, err) ||
            !ask_taken(mover, listed, rows, err))
            return false;
        if (listed->count != 0)
            last = listed->rows[listed->count - 1].row.object;
    }
    return true;
}

bool vt_mover_drop(struct vt_mover *mover, vt_slice rows, struct vt_error *err)
{
    VT_AUTO_BUF ids = vt_buf_init(VT_MOVE_IDS_MAX * sizeof(vt_hash));
    vt_reader r = { rows };
    struct vt_manifest_row row;

    while (vt_manifest_row_read(&r, &row)) {
        vt_buf_put(&ids, vt_hash_slice(&row.object));
        if (ids.len == VT_MOVE_IDS_MAX * sizeof(vt_hash) && !drop(mover, &ids, err))
            return false;
    }
    return drop(mover, &ids, err);
}
