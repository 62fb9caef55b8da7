/* Out of the world again: by withdrawal, by time, or because it never became whole.
 *
 * First a row is marked, with the reason (a withdrawal stands beside it in the same
 * transaction); then the header is destroyed, the body removed, and last the row goes.  A
 * kill in between is finished by whoever opens the folder next. */
#include "cell/samples_inside.h"

enum { AT_ONCE = 64, TIME_SLACK_S = 900 };

/* ---- finishing --------------------------------------------------------------------------
 */

struct marked {
    vt_hash ids[AT_ONCE];
    int states[AT_ONCE];
    size_t count;
};

static bool take_marked(void *context, const struct vt_record_row *row,
                        struct vt_error *err)
{
    struct marked *out = context;
    vt_slice id = vt_record_bytes(row, 0);

    if (id.len != sizeof out->ids[0])
        return vt_fail(err, VT_MALFORMED, "samples: a row without its id");
    memcpy(&out->ids[out->count], id.data, id.len);
    out->states[out->count++] = (int)vt_record_number(row, 1); /* 4 or 5 */
    return true;
}

static bool remove_file(struct vt_samples *s, const char *path, struct vt_error *err)
{
    if (vt_disk_remove(s->disk, path, err))
        return true;
    if (err->code != VT_ABSENT)
        return false;
    *err = (struct vt_error){ 0 };
    return true;
}

static bool remove_files(struct vt_samples *s, const vt_hash *object, struct vt_error *err)
{
    struct vt_sample_slot *slot = vt_samples_find_slot(s, object);
    char header[VT_SAMPLE_PATH_BYTES], body[VT_SAMPLE_PATH_BYTES];

    if (slot != NULL)
        vt_sample_slot_close(slot);
    vt_sample_header_path(object, header);
    vt_sample_body_path(object, body);
    return remove_file(s, header, err) && remove_file(s, body, err);
}

static bool remove_row(struct vt_samples *s, const vt_hash *object, bool leaves_mark,
                       struct vt_error *err)
{
    return vt_records_change(s->records, "DELETE FROM objects WHERE id = $1",
                             VT_VALUES(VT_VALUE_HASH(object)), 1, NULL, err) &&
           (!leaves_mark ||
            vt_records_change(
                s->records, "INSERT INTO erased (id, at) VALUES ($1, $2)",
                VT_VALUES(VT_VALUE_HASH(object), VT_VALUE_NUMBER(vt_samples_now(s))), 2,
                NULL, err));
}

bool vt_samples_finish(struct vt_samples *samples, bool *is_more_out, struct vt_error *err)
{
    struct marked marked = { .count = 0 };
    uint64_t erased = 0;

    if (!vt_records_ask(samples->records,
                        "SELECT id, state FROM objects WHERE state IN (4, 5) LIMIT 64",
                        NULL, 0, take_marked, &marked, err))
        return false;
    *is_more_out = marked.count == AT_ONCE;
    if (marked.count == 0)
        return true;
    for (size_t i = 0; i < marked.count; i++)
        if (!remove_files(samples, &marked.ids[i], err))
            return false;
    if (!vt_samples_begin(samples, err))
        return false;
    for (size_t i = 0; i < marked.count; i++) {
        bool leaves_mark = marked.states[i] == VT_SAMPLE_ERASING;

        erased += leaves_mark;
        if (!remove_row(samples, &marked.ids[i], leaves_mark, err))
            return false;
    }
    samples->census.erased += erased;
    return vt_samples_add_total(samples, VT_DATA_FILE, VT_COUNTED_ERASED, erased, err) &&
           vt_samples_commit(samples, err);
}

static bool finish_all(struct vt_samples *s, struct vt_error *err)
{
    bool is_more = true;

    while (is_more)
        if (!vt_samples_finish(s, &is_more, err))
            return false;
    return true;
}

bool vt_samples_mark(struct vt_samples *samples, const vt_hash *object, int state,
                     struct vt_samples_census *away, struct vt_error *err)
{
    return vt_samples_weigh(
               samples,
               "SELECT state, 1, body_bytes FROM objects WHERE id = $1 AND state < 4",
               VT_VALUES(VT_VALUE_HASH(object)), 1, away, err) &&
           vt_records_change(samples->records,
                             "UPDATE objects SET state = $2 WHERE id = $1 AND state < 4",
                             VT_VALUES(VT_VALUE_HASH(object), VT_VALUE_NUMBER(state)), 2,
                             NULL, err);
}

bool vt_samples_let_go(struct vt_samples *samples, const struct vt_samples_census *away,
                       struct vt_error *err)
{
    if (!vt_samples_commit(samples, err))
        return false;
    vt_samples_gone(samples, away);
    return finish_all(samples, err);
}

bool vt_samples_drop(struct vt_samples *samples, const vt_hash *object,
                     struct vt_error *err)
{
    uint64_t dropped;

    if (!vt_records_change(samples->records,
                           "UPDATE objects SET state = 5 WHERE id = $1 AND state = 1",
                           VT_VALUES(VT_VALUE_HASH(object)), 1, &dropped, err))
        return false;
    samples->census.coming -= dropped;
    return finish_all(samples, err);
}

/* ---- withdrawals ------------------------------------------------------------------------
 */

struct answered {
    bool is_there;
    uint64_t erased;
    struct vt_buf *receipt;
};

static bool take_answered(void *context, const struct vt_record_row *row,
                          struct vt_error *err)
{
    struct answered *out = context;

    (void)err;
    out->is_there = true;
    out->erased = (uint64_t)vt_record_number(row, 0); /* never negative */
    vt_buf_put(out->receipt, vt_record_bytes(row, 1));
    return true;
}

static bool find_answer(struct vt_samples *s, const struct vt_withdrawal *request,
                        struct answered *out, struct vt_error *err)
{
    return vt_records_ask(
        s->records, "SELECT erased, receipt FROM withdrawals WHERE request = $1",
        VT_VALUES(VT_VALUE_HASH(&request->digest)), 1, take_answered, out, err);
}

/* An old request that somebody shows again takes only what is older than itself. */
static bool mark(struct vt_samples *s, const struct vt_withdrawal *request,
                 uint64_t *erased_out, struct vt_error *err)
{
    const vt_slice owner = VT_BYTES(request->pseudonym);
    const vt_value whose[] = { VT_VALUE_BYTES(owner), VT_VALUE_NUMBER(request->at_unix_s) };
    struct vt_samples_census away = { .coming = 0 };

    return vt_samples_begin(s, err) &&
           vt_samples_weigh(s,
                            "SELECT state, 1, body_bytes FROM objects WHERE owner = $1"
                            " AND asked_at <= $2 AND +state < 4",
                            whose, 2, &away, err) &&
           vt_records_change(s->records,
                             "UPDATE objects SET state = 4 WHERE owner = $1"
                             " AND asked_at <= $2 AND +state < 4",
                             whose, 2, erased_out, err) &&
           vt_records_change(
               s->records,
               "INSERT INTO withdrawals (request, owner, at, erased, receipt)"
               " VALUES ($1, $2, $3, $4, $5)",
               VT_VALUES(VT_VALUE_HASH(&request->digest), VT_VALUE_BYTES(owner),
                         VT_VALUE_NUMBER(request->at_unix_s), VT_VALUE_NUMBER(*erased_out),
                         VT_VALUE_BYTES((vt_slice){ 0 })),
               5, NULL, err) &&
           vt_samples_add_day(s, VT_DATA_FILE, VT_SAMPLES_WITHDRAWN, *erased_out, err) &&
           vt_samples_let_go(s, &away, err);
}

static json_t *what_is_kept(void)
{
    return json_pack(
        "[{s:s,s:s},{s:s,s:s}]", "what", "verdicts on files that were scanned", "why",
        "they stand under a file's hash, and nothing in them says who sent it", "what",
        "counts of reports", "why", "a report is added and gone; no count holds a name");
}

static bool sign(struct vt_samples *s, const struct vt_withdrawal *request, uint64_t erased,
                 struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_JSON kept = what_is_kept();

    return vt_receipt_write(request, erased, kept, vt_samples_now(s), s->key, out, err) &&
           vt_samples_begin(s, err) &&
           vt_records_change(s->records,
                             "UPDATE withdrawals SET receipt = $2 WHERE request = $1",
                             VT_VALUES(VT_VALUE_HASH(&request->digest),
                                       VT_VALUE_BYTES(vt_buf_slice(out))),
                             2, NULL, err) &&
           vt_samples_commit(s, err);
}

bool vt_samples_withdraw(struct vt_samples *samples, const struct vt_withdrawal *request,
                         struct vt_sample_answer *out, struct vt_error *err)
{
    struct answered before = { .receipt = &out->document };
    uint64_t erased = 0;

    *out = (struct vt_sample_answer){ .document = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX) };
    if (!vt_slice_is(request->cell, samples->cell))
        return vt_samples_say(out, 403, "withdrawal: is for another cell");
    if (request->at_unix_s > vt_samples_now(samples) + TIME_SLACK_S)
        return vt_samples_say(out, 403, "withdrawal: was signed in the future");
    if (!find_answer(samples, request, &before, err) ||
        (!before.is_there && !mark(samples, request, &erased, err)))
        return false;
    out->counted = (uint32_t)erased; /* one owner has fewer */
    if (out->document.len == 0 &&
        !sign(samples, request, before.is_there ? before.erased : erased, &out->document,
              err))
        return false;
    return vt_samples_say(out, 200, "erased");
}

/* ---- by order ---------------------------------------------------------------------------
 */

bool vt_samples_erase(struct vt_samples *samples, const vt_hash *objects, size_t count,
                      uint64_t *erased_out, struct vt_error *err)
{
    struct vt_samples_census away = { .coming = 0 };

    if (!vt_samples_begin(samples, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!vt_samples_mark(samples, &objects[i], VT_SAMPLE_ERASING, &away, err))
            return false;
    *erased_out = away.coming + away.waiting + away.scanned;
    return vt_samples_let_go(samples, &away, err);
}

/* ---- what is due ------------------------------------------------------------------------
 */

struct tending {
    struct vt_samples *samples;
    const vt_hash *recipients;
    size_t count;
    vt_hash over[AT_ONCE]; /* recipients whose period is over */
    size_t over_count;
};

static bool look_at_secret(void *context, const char *name, bool is_folder,
                           struct vt_error *err)
{
    struct tending *t = context;
    vt_hash hash;

    (void)err;
    if (is_folder || !vt_hash_parse_hex(vt_slice_from_cstr(name), &hash))
        return true;
    for (size_t i = 0; i < t->count; i++)
        if (vt_hash_equal(&t->recipients[i], &hash))
            return true;
    if (t->over_count < AT_ONCE)
        t->over[t->over_count++] = hash;
    return true;
}

/* An upload of a period that ended may still be under way; it needs no digest any more. */
static bool destroy_secrets(struct tending *t, struct vt_error *err)
{
    char text[65], path[VT_SAMPLE_PATH_BYTES];

    if (!vt_disk_list(t->samples->disk, "secret", look_at_secret, t, err)) {
        if (err->code != VT_ABSENT)
            return false;
        *err = (struct vt_error){ 0 };
    }
    for (size_t i = 0; i < t->over_count; i++) {
        vt_hash_text(&t->over[i], text);
        (void)snprintf(path, sizeof path, "secret/%s", text);
        if (!remove_file(t->samples, path, err))
            return false;
    }
    return true;
}

bool vt_samples_tend(struct vt_samples *samples, const vt_hash *recipients, size_t count,
                     bool *is_more_out, struct vt_error *err)
{
    struct tending t = { .samples = samples, .recipients = recipients, .count = count };
    const vt_value now[] = { VT_VALUE_NUMBER(vt_samples_now(samples)) };
    struct vt_samples_census away = { .coming = 0 };

    if (!vt_samples_begin(samples, err) ||
        !vt_samples_weigh(samples,
                          "SELECT state, 1, body_bytes FROM objects"
                          " WHERE kept_until <= $1 AND +state < 4",
                          now, 1, &away, err) ||
        !vt_records_change(samples->records,
                           "UPDATE objects SET state = CASE state WHEN 1 THEN 5 ELSE 4 END"
                           " WHERE kept_until <= $1 AND +state < 4",
                           now, 1, NULL, err) ||
        !vt_samples_commit(samples, err))
        return false;
    vt_samples_gone(samples, &away);
    return vt_samples_finish(samples, is_more_out, err) && destroy_secrets(&t, err);
}
