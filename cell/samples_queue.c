/* The queue of what is to be scanned: the tables themselves.  A sample that is handed out
 * stays in it until its verdict is durable, so a scanner that dies costs time, not a
 * scan. */
#include "cell/samples_inside.h"
#include "crypto/hkdf.h"

/* ---- handing out ------------------------------------------------------------------------
 */

struct taken {
    struct vt_sample_task tasks[VT_SAMPLES_TAKEN_MAX];
    size_t count;
};

static bool take_task(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    struct taken *out = context;
    struct vt_sample_task *task = &out->tasks[out->count];
    vt_slice id = vt_record_bytes(row, 0), recipient = vt_record_bytes(row, 1),
             body = vt_record_bytes(row, 2), country = vt_record_bytes(row, 3);

    if (id.len != VT_SHA256_BYTES || recipient.len != id.len || body.len != id.len ||
        country.len != 2)
        return vt_fail(err, VT_MALFORMED, "samples: a row without its keys");
    *task = (struct vt_sample_task){ .body_bytes = (uint64_t)vt_record_number(row, 4),
                                     .attempts = (uint32_t)vt_record_number(row, 5) + 1 };
    memcpy(&task->object, id.data, id.len);
    memcpy(&task->recipient, recipient.data, recipient.len);
    memcpy(&task->body, body.data, body.len);
    memcpy(task->country, country.data, 2);
    out->count++;
    return true;
}

#define TASK_COLUMNS                                                                       \
    "SELECT id, recipient, body, country, body_bytes, attempts FROM objects"

/* Never scanned; then scanned by rules that stand before these, and behind them, so that
 * the index leads past those that are done. */
static const char *const QUEUE[] = {
    TASK_COLUMNS " WHERE state = 2 AND rules = $1 AND lease <= $2"
                 " ORDER BY rules, touched LIMIT $3",
    TASK_COLUMNS " WHERE state = 3 AND rules < $1 AND lease <= $2"
                 " ORDER BY rules, touched LIMIT $3",
    TASK_COLUMNS " WHERE state = 3 AND rules > $1 AND lease <= $2"
                 " ORDER BY rules, touched LIMIT $3",
};

static bool choose(struct vt_samples *s, const vt_hash *rules, size_t max,
                   struct taken *out, struct vt_error *err)
{
    for (size_t i = 0; i < sizeof QUEUE / sizeof QUEUE[0] && out->count < max; i++) {
        vt_slice by = i == 0 ? (vt_slice){ 0 } : vt_hash_slice(rules);

        if (!vt_records_ask(s->records, QUEUE[i],
                            VT_VALUES(VT_VALUE_BYTES(by),
                                      VT_VALUE_NUMBER(vt_samples_now(s)),
                                      VT_VALUE_NUMBER(max - out->count)),
                            3, take_task, out, err))
            return false;
    }
    return true;
}

static bool lease(struct vt_samples *s, const struct taken *taken, uint64_t lease_s,
                  struct vt_error *err)
{
    if (taken->count == 0)
        return true;
    if (!vt_samples_begin(s, err))
        return false;
    for (size_t i = 0; i < taken->count; i++)
        if (!vt_records_change(
                s->records,
                "UPDATE objects SET lease = $2, attempts = attempts + 1 WHERE id = $1",
                VT_VALUES(VT_VALUE_HASH(&taken->tasks[i].object),
                          VT_VALUE_NUMBER(vt_samples_now(s) + (int64_t)lease_s)),
                2, NULL, err))
            return false;
    return vt_samples_commit(s, err);
}

bool vt_samples_take(struct vt_samples *samples, const vt_hash *rules, size_t max,
                     uint64_t lease_s,
                     bool (*each)(void *context, const struct vt_sample_task *task,
                                  struct vt_error *err),
                     void *context, struct vt_error *err)
{
    VT_AUTO_FREE struct taken *taken = vt_alloc(sizeof *taken);

    if (max > VT_SAMPLES_TAKEN_MAX)
        max = VT_SAMPLES_TAKEN_MAX;
    if (!choose(samples, rules, max, taken, err) || !lease(samples, taken, lease_s, err))
        return false;
    for (size_t i = 0; i < taken->count; i++) {
        VT_AUTO_BUF header = vt_buf_init(VT_SHARE_HEADER_BYTES_MAX);
        char path[VT_SAMPLE_PATH_BYTES];

        vt_sample_header_path(&taken->tasks[i].object, path);
        if (!vt_disk_read(samples->disk, path, &header, err))
            return false;
        taken->tasks[i].header = vt_buf_slice(&header);
        if (!each(context, &taken->tasks[i], err))
            return false;
    }
    return true;
}

/* ---- verdicts ---------------------------------------------------------------------------
 */

struct settled {
    bool is_there;
    int state;
    uint64_t body_bytes;
    vt_hash recipient, digest;
};

static bool take_settled(void *context, const struct vt_record_row *row,
                         struct vt_error *err)
{
    struct settled *out = context;
    vt_slice recipient = vt_record_bytes(row, 2), digest = vt_record_bytes(row, 3);

    if (recipient.len != VT_SHA256_BYTES || digest.len != recipient.len)
        return vt_fail(err, VT_MALFORMED, "samples: a row without its keys");
    out->is_there = true;
    out->state = (int)vt_record_number(row, 0); /* 1 to 5 */
    out->body_bytes = (uint64_t)vt_record_number(row, 1);
    memcpy(&out->recipient, recipient.data, recipient.len);
    memcpy(&out->digest, digest.data, digest.len);
    return true;
}

/* Did the client tell the digest of this very file?  When the period is over its secret is
 * gone, and nothing is asked any more. */
static bool confirms(struct vt_samples *s, const struct settled *row,
                     const struct vt_sample_verdict *verdict, bool *out,
                     struct vt_error *err)
{
    vt_hash digest = vt_share_digest(&row->recipient, &verdict->plain), keyed;
    char text[65], path[VT_SAMPLE_PATH_BYTES];

    *out = false;
    vt_hash_text(&row->recipient, text);
    (void)snprintf(path, sizeof path, "secret/%s", text);
    if (!verdict->has_plain || !vt_disk_has(s->disk, path))
        return true;
    if (!vt_samples_key_digest(s, &row->recipient, &digest, &keyed, err))
        return false;
    *out = vt_hmac_equal(&keyed, &row->digest);
    return true;
}

static bool keep_verdict(struct vt_samples *s, const vt_hash *object,
                         const struct vt_sample_verdict *verdict, bool is_confirmed,
                         struct vt_error *err)
{
    return vt_samples_begin(s, err) &&
           vt_records_change(
               s->records,
               "UPDATE objects SET state = 3, lease = 0, verdict = $2,"
               " rules = $3, outcome = $4, is_confirmed = $5 WHERE id = $1",
               VT_VALUES(VT_VALUE_HASH(object), VT_VALUE_NUMBER(verdict->state),
                         VT_VALUE_HASH(&verdict->rules), VT_VALUE_BYTES(verdict->outcome),
                         VT_VALUE_NUMBER(is_confirmed)),
               5, NULL, err) &&
           vt_samples_add_day(s, VT_DATA_FILE, VT_SAMPLES_SCANNED, 1, err) &&
           vt_samples_commit(s, err);
}

bool vt_samples_settle(struct vt_samples *samples, const vt_hash *object,
                       const struct vt_sample_verdict *verdict, struct vt_error *err)
{
    struct settled row = { .is_there = false };
    bool is_confirmed;

    if (verdict->outcome.len > VT_SAMPLE_OUTCOME_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "samples: an outcome of %zu bytes",
                       verdict->outcome.len);
    if (!vt_records_ask(samples->records,
                        "SELECT state, body_bytes, recipient, digest FROM objects"
                        " WHERE id = $1",
                        VT_VALUES(VT_VALUE_HASH(object)), 1, take_settled, &row, err))
        return false;
    if (!row.is_there || (row.state != VT_SAMPLE_WAITING && row.state != VT_SAMPLE_SCANNED))
        return vt_fail(err, VT_ABSENT, "samples: no such object, or it was erased");
    if (!confirms(samples, &row, verdict, &is_confirmed, err) ||
        !keep_verdict(samples, object, verdict, is_confirmed, err))
        return false;
    if (row.state == VT_SAMPLE_WAITING) {
        samples->census.waiting--;
        samples->census.waiting_bytes -= row.body_bytes;
        samples->census.scanned++;
    }
    return true;
}

struct told {
    bool is_there;
    struct vt_sample_verdict *verdict;
    struct vt_buf *outcome;
};

static bool take_told(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    struct told *out = context;
    vt_slice rules = vt_record_bytes(row, 1);

    if (rules.len != VT_SHA256_BYTES)
        return vt_fail(err, VT_MALFORMED, "samples: a verdict without its rules");
    *out->verdict =
        (struct vt_sample_verdict){ .state = (uint8_t)vt_record_number(row, 0) };
    memcpy(&out->verdict->rules, rules.data, rules.len);
    vt_buf_put(out->outcome, vt_record_bytes(row, 2));
    out->is_there = true;
    return true;
}

bool vt_samples_verdict(struct vt_samples *samples, const vt_hash *object,
                        struct vt_sample_verdict *out, struct vt_buf *outcome,
                        struct vt_error *err)
{
    struct told told = { .verdict = out, .outcome = outcome };

    if (!vt_records_ask(samples->records,
                        "SELECT verdict, rules, outcome FROM objects WHERE id = $1"
                        " AND state = 3",
                        VT_VALUES(VT_VALUE_HASH(object)), 1, take_told, &told, err))
        return false;
    if (!told.is_there)
        return vt_fail(err, VT_ABSENT, "samples: no verdict on such an object");
    out->outcome = vt_buf_slice(outcome);
    return vt_buf_check(outcome, "an outcome", err);
}
