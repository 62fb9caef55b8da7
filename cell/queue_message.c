/* The queue's messages, and both sides of them. */
#include "cell/queue_message.h"

enum { ANSWER_MS_MAX = 60000 };

/* ---- TAKE, TASK, SETTLE -----------------------------------------------------------------
 */

void vt_queue_take_write(struct vt_buf *out, const struct vt_queue_take *take)
{
    vt_buf_put(out, vt_hash_slice(&take->rules));
    vt_buf_put_u16(out, take->max);
    vt_buf_put_u32(out, take->lease_s);
}

bool vt_queue_take_read(vt_slice body, struct vt_queue_take *out)
{
    vt_reader r = { body };
    struct vt_queue_take take;

    if (!vt_hash_read(&r, &take.rules) || !vt_read_u16(&r, &take.max) ||
        !vt_read_u32(&r, &take.lease_s) || !vt_read_end(&r) ||
        take.max > VT_SAMPLES_TAKEN_MAX || take.lease_s > VT_QUEUE_LEASE_S_MAX)
        return false;
    *out = take;
    return true;
}

void vt_queue_task_write(struct vt_buf *out, const struct vt_sample_task *task)
{
    vt_buf_put(out, vt_hash_slice(&task->object));
    vt_buf_put(out, vt_hash_slice(&task->recipient));
    vt_buf_put(out, vt_hash_slice(&task->body));
    vt_buf_put_u64(out, task->body_bytes);
    vt_buf_put(out, vt_slice_of(task->country, 2));
    vt_buf_put_u32(out, task->attempts);
    vt_buf_put(out, task->header);
}

bool vt_queue_task_read(vt_slice body, struct vt_sample_task *out)
{
    vt_reader r = { body };
    struct vt_sample_task task = { .country = "" };
    vt_slice country;

    if (!vt_hash_read(&r, &task.object) || !vt_hash_read(&r, &task.recipient) ||
        !vt_hash_read(&r, &task.body) || !vt_read_u64(&r, &task.body_bytes) ||
        !vt_read_bytes(&r, 2, &country) || !vt_read_u32(&r, &task.attempts) ||
        r.rest.len == 0 || r.rest.len > VT_SHARE_HEADER_BYTES_MAX ||
        task.body_bytes > VT_SHARE_BODY_BYTES_MAX)
        return false;
    memcpy(task.country, country.data, 2);
    task.header = r.rest;
    *out = task;
    return true;
}

void vt_queue_no_more_write(struct vt_buf *out, uint64_t waiting)
{
    vt_buf_put_u64(out, waiting);
}

bool vt_queue_no_more_read(vt_slice body, uint64_t *waiting_out)
{
    vt_reader r = { body };
    uint64_t waiting;

    if (!vt_read_u64(&r, &waiting) || !vt_read_end(&r))
        return false;
    *waiting_out = waiting;
    return true;
}

void vt_queue_settle_write(struct vt_buf *out, const vt_hash *object,
                           const struct vt_sample_verdict *verdict)
{
    vt_buf_put(out, vt_hash_slice(object));
    vt_buf_put_u8(out, verdict->state);
    vt_buf_put(out, vt_hash_slice(&verdict->rules));
    vt_buf_put_u8(out, verdict->has_plain);
    vt_buf_put(out, vt_hash_slice(&verdict->plain));
    vt_buf_put(out, verdict->outcome);
}

bool vt_queue_settle_read(vt_slice body, vt_hash *object_out, struct vt_sample_verdict *out)
{
    vt_reader r = { body };
    struct vt_sample_verdict verdict;
    vt_hash object;
    uint8_t has_plain;

    if (!vt_hash_read(&r, &object) || !vt_read_u8(&r, &verdict.state) ||
        !vt_hash_read(&r, &verdict.rules) || !vt_read_u8(&r, &has_plain) || has_plain > 1 ||
        !vt_hash_read(&r, &verdict.plain) || r.rest.len > VT_SAMPLE_OUTCOME_BYTES_MAX)
        return false;
    verdict.has_plain = has_plain == 1;
    verdict.outcome = r.rest;
    *object_out = object;
    *out = verdict;
    return true;
}

/* ---- the dispatcher's side --------------------------------------------------------------
 */

/* A keeper that has another dispatcher says so and hangs up, perhaps before we speak, and
 * that it hung up may show before what it said. */
static bool say_why(struct vt_channel *keeper, const struct vt_message *message,
                    struct vt_error *err)
{
    struct vt_message last;
    struct vt_error unsaid = { 0 };

    if (message == NULL && err->code == VT_ABSENT &&
        vt_channel_receive(keeper, 0, &last, &unsaid))
        message = &last;
    if (message == NULL)
        return false;
    return vt_channel_fail_with(message, err);
}

bool vt_queue_ask(struct vt_channel *keeper, const struct vt_queue_take *take,
                  bool (*each)(void *context, const struct vt_sample_task *task,
                               struct vt_error *err),
                  void *context, uint64_t *waiting_out, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(1));
    struct vt_sample_task task;
    struct vt_message message;

    vt_queue_take_write(&body, take);
    if (!vt_channel_send(keeper, VT_QUEUE_TAKE, vt_buf_slice(&body), err))
        return say_why(keeper, NULL, err);
    for (unsigned i = 0; i <= take->max; i++) {
        if (!vt_channel_receive(keeper, ANSWER_MS_MAX, &message, err))
            return say_why(keeper, NULL, err);
        if (message.type == VT_QUEUE_NO_MORE &&
            vt_queue_no_more_read(message.body, waiting_out))
            return true;
        if (message.type != VT_QUEUE_TASK || !vt_queue_task_read(message.body, &task))
            return say_why(keeper, &message, err);
        if (!each(context, &task, err))
            return false;
    }
    return vt_fail(err, VT_MALFORMED, "the keeper hands out more than was asked for");
}

bool vt_queue_settle(struct vt_channel *keeper, const vt_hash *object,
                     const struct vt_sample_verdict *verdict, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_slice answer;

    vt_queue_settle_write(&body, object, verdict);
    return vt_buf_check(&body, "a verdict", err) &&
           vt_channel_call(keeper, VT_QUEUE_SETTLE, vt_buf_slice(&body), VT_QUEUE_SETTLED,
                           ANSWER_MS_MAX, &answer, err);
}

/* ---- whoever counts --------------------------------------------------------------------
 */

void vt_queue_tally_write(struct vt_buf *out, const vt_hash *schema, uint64_t period)
{
    vt_buf_put(out, vt_hash_slice(schema));
    vt_buf_put_u64(out, period);
}

bool vt_queue_tally_read(vt_slice body, vt_hash *schema_out, uint64_t *period_out)
{
    vt_reader r = { body };
    vt_hash schema;
    uint64_t period;

    if (!vt_hash_read(&r, &schema) || !vt_read_u64(&r, &period) || period > INT64_MAX ||
        !vt_read_end(&r))
        return false;
    *schema_out = schema;
    *period_out = period;
    return true;
}

void vt_queue_tallied_write(struct vt_buf *out, const struct vt_statistic_tally *tally)
{
    vt_buf_put_u64(out, tally->period);
    vt_buf_put_u64(out, tally->reports);
    for (size_t field = 0; field < VT_STATISTIC_FIELDS_MAX; field++)
        for (size_t value = 0; value < VT_STATISTIC_VALUES_MAX; value++)
            vt_buf_put_u64(out, tally->ones[field][value]);
}

bool vt_queue_tallied_read(vt_slice body, struct vt_statistic_tally *out)
{
    vt_reader r = { body };

    if (!vt_read_u64(&r, &out->period) || !vt_read_u64(&r, &out->reports))
        return false;
    for (size_t field = 0; field < VT_STATISTIC_FIELDS_MAX; field++)
        for (size_t value = 0; value < VT_STATISTIC_VALUES_MAX; value++)
            if (!vt_read_u64(&r, &out->ones[field][value]) ||
                out->ones[field][value] > out->reports)
                return false;
    return vt_read_end(&r);
}

bool vt_queue_ask_tally(struct vt_channel *keeper, const vt_hash *schema, uint64_t period,
                        struct vt_statistic_tally *out, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(1));
    vt_slice answer;

    vt_queue_tally_write(&body, schema, period);
    if (!vt_channel_call(keeper, VT_QUEUE_TALLY, vt_buf_slice(&body), VT_QUEUE_TALLIED,
                         ANSWER_MS_MAX, &answer, err))
        return false;
    return (vt_queue_tallied_read(answer, out) && out->period == period) ||
           vt_fail(err, VT_MALFORMED, "the keeper's counts have no form");
}

enum { DAY_BYTES = 8 * (1 + VT_DATA_CLASSES * VT_COUNTED_REASONS + 2) };

void vt_queue_day_write(struct vt_buf *out, const struct vt_samples_day *day)
{
    vt_buf_put_u64(out, day->day);
    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        for (unsigned reason = 0; reason < VT_COUNTED_REASONS; reason++)
            vt_buf_put_u64(out, day->totals[data][reason]);
    vt_buf_put_u64(out, day->scanned);
    vt_buf_put_u64(out, day->withdrawn);
}

static bool read_day(vt_reader *r, struct vt_samples_day *out)
{
    if (!vt_read_u64(r, &out->day) || out->day > VT_TIME_UNIX_S_MAX / VT_SAMPLES_DAY_S)
        return false;
    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        for (unsigned reason = 0; reason < VT_COUNTED_REASONS; reason++)
            if (!vt_read_u64(r, &out->totals[data][reason]) ||
                out->totals[data][reason] > VT_JSON_INTEGER_MAX)
                return false;
    return vt_read_u64(r, &out->scanned) && vt_read_u64(r, &out->withdrawn) &&
           out->scanned <= VT_JSON_INTEGER_MAX && out->withdrawn <= VT_JSON_INTEGER_MAX;
}

bool vt_queue_days_read(vt_slice body, struct vt_samples_day days[VT_SAMPLES_DAYS_MAX],
                        size_t *count_out)
{
    size_t count = body.len / DAY_BYTES;
    vt_reader r = { body };

    if (count > VT_SAMPLES_DAYS_MAX || body.len % DAY_BYTES != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!read_day(&r, &days[i]) || (i != 0 && days[i].day <= days[i - 1].day))
            return false;
    *count_out = count;
    return true;
}

bool vt_queue_ask_days(struct vt_channel *keeper, uint64_t from,
                       struct vt_samples_day days[VT_SAMPLES_DAYS_MAX], size_t *count_out,
                       struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(8);
    vt_slice answer;

    vt_buf_put_u64(&body, from);
    if (!vt_channel_call(keeper, VT_QUEUE_DAYS, vt_buf_slice(&body), VT_QUEUE_COUNTED,
                         ANSWER_MS_MAX, &answer, err))
        return false;
    return (vt_queue_days_read(answer, days, count_out) &&
            (*count_out == 0 || days[0].day >= from)) ||
           vt_fail(err, VT_MALFORMED, "the keeper's days have no form");
}

/* ---- the keeper's side ------------------------------------------------------------------
 */

static bool send_task(void *context, const struct vt_sample_task *task,
                      struct vt_error *err)
{
    struct vt_channel *dispatcher = context;
    VT_AUTO_BUF body = vt_buf_init(VT_KIB(4));

    vt_queue_task_write(&body, task);
    return vt_buf_check(&body, "a task", err) &&
           vt_channel_send(dispatcher, VT_QUEUE_TASK, vt_buf_slice(&body), err);
}

static bool answer_take(struct vt_channel *dispatcher, struct vt_samples *samples,
                        vt_slice body, struct vt_error *err)
{
    VT_AUTO_BUF end = vt_buf_init(8);
    struct vt_queue_take take;

    if (!vt_queue_take_read(body, &take))
        return vt_fail(err, VT_MALFORMED, "a TAKE without a form");
    if (!vt_samples_take(samples, &take.rules, take.max, take.lease_s, send_task,
                         dispatcher, err))
        return false;
    vt_queue_no_more_write(&end, vt_samples_waiting(samples));
    return vt_channel_send(dispatcher, VT_QUEUE_NO_MORE, vt_buf_slice(&end), err);
}

static bool answer_settle(struct vt_channel *dispatcher, struct vt_samples *samples,
                          vt_slice body, struct vt_error *err)
{
    struct vt_sample_verdict verdict;
    struct vt_error lost = { 0 };
    vt_hash object;

    if (!vt_queue_settle_read(body, &object, &verdict))
        return vt_fail(err, VT_MALFORMED, "a SETTLE without a form");
    if (vt_samples_settle(samples, &object, &verdict, err))
        return vt_channel_send(dispatcher, VT_QUEUE_SETTLED, (vt_slice){ 0 }, err);
    if (err->code != VT_ABSENT)
        return false;
    lost = *err;
    *err = (struct vt_error){ 0 };
    return vt_channel_send_error(dispatcher, &lost, err);
}

static bool answer_tally(struct vt_channel *guest, struct vt_samples *samples,
                         vt_slice body, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_statistic_tally *tally = vt_alloc(sizeof *tally);
    VT_AUTO_BUF out = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_hash schema;
    uint64_t period;

    if (!vt_queue_tally_read(body, &schema, &period))
        return vt_fail(err, VT_MALFORMED, "a TALLY without a form");
    if (!vt_samples_tally(samples, &schema, period, tally, err))
        return false;
    vt_queue_tallied_write(&out, tally);
    return vt_buf_check(&out, "counts", err) &&
           vt_channel_send(guest, VT_QUEUE_TALLIED, vt_buf_slice(&out), err);
}

static bool answer_days(struct vt_channel *guest, struct vt_samples *samples, vt_slice body,
                        struct vt_error *err)
{
    VT_AUTO_FREE struct vt_samples_day *days = vt_alloc(VT_SAMPLES_DAYS_MAX * sizeof *days);
    VT_AUTO_BUF out = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_reader r = { body };
    uint64_t from;
    size_t count;

    if (!vt_read_u64(&r, &from) || !vt_read_end(&r) || from > INT64_MAX)
        return vt_fail(err, VT_MALFORMED, "a question for days without a form");
    if (!vt_samples_days(samples, from, days, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        vt_queue_day_write(&out, &days[i]);
    return vt_buf_check(&out, "days", err) &&
           vt_channel_send(guest, VT_QUEUE_COUNTED, vt_buf_slice(&out), err);
}

bool vt_queue_answer(struct vt_channel *guest, struct vt_samples *samples, bool others_scan,
                     bool *scans, struct vt_error *err)
{
    struct vt_message message;
    struct vt_error unsaid = { 0 };

    if (!vt_channel_receive(guest, 0, &message, err))
        return false;
    if (message.type == VT_QUEUE_TALLY)
        return answer_tally(guest, samples, message.body, err);
    if (message.type == VT_QUEUE_DAYS)
        return answer_days(guest, samples, message.body, err);
    if (message.type != VT_QUEUE_TAKE && message.type != VT_QUEUE_SETTLE)
        return vt_fail(err, VT_MALFORMED, "a message of type %u", message.type);
    if (others_scan) {
        (void)vt_fail(err, VT_LIMIT, "another scanner works for this cell");
        (void)!vt_channel_send_error(guest, err, &unsaid);
        return false;
    }
    *scans = true;
    return message.type == VT_QUEUE_TAKE ? answer_take(guest, samples, message.body, err)
                                         : answer_settle(guest, samples, message.body, err);
}
