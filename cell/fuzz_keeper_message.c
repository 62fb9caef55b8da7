/* Law: the first byte chooses a message; whatever is read of the rest, written again, is
 * the same bytes. */
#include "cell/keeper_message.h"
#include "cell/queue_message.h"
#include "tools/fuzz.h"

static bool share(vt_slice body, struct vt_buf *out)
{
    struct vt_share_request request;
    uint32_t place;

    if (!vt_keeper_share_read(body, &place, &request))
        return false;
    vt_keeper_share_write(out, place, &request);
    return true;
}

static bool chunk(vt_slice body, struct vt_buf *out)
{
    struct vt_keeper_chunk one;

    if (!vt_keeper_chunk_read(body, &one))
        return false;
    vt_keeper_chunk_write(out, &one);
    return true;
}

static bool report(vt_slice body, struct vt_buf *out)
{
    struct vt_keeper_report one;

    if (!vt_keeper_report_read(body, &one))
        return false;
    vt_keeper_report_write(out, &one);
    return true;
}

static bool withdrawal(vt_slice body, struct vt_buf *out)
{
    struct vt_keeper_withdrawal one;

    if (!vt_keeper_withdrawal_read(body, &one))
        return false;
    vt_keeper_withdrawal_write(out, &one);
    return true;
}

static bool taken(vt_slice body, struct vt_buf *out)
{
    uint32_t place;

    if (!vt_keeper_taken_read(body, &place))
        return false;
    vt_keeper_taken_write(out, place);
    return true;
}

static bool answer(vt_slice body, struct vt_buf *out)
{
    struct vt_keeper_answer one;

    if (!vt_keeper_answer_read(body, &one))
        return false;
    vt_keeper_answer_write(out, &one);
    return true;
}

static bool take(vt_slice body, struct vt_buf *out)
{
    struct vt_queue_take one;

    if (!vt_queue_take_read(body, &one))
        return false;
    vt_queue_take_write(out, &one);
    return true;
}

static bool task(vt_slice body, struct vt_buf *out)
{
    struct vt_sample_task one;

    if (!vt_queue_task_read(body, &one))
        return false;
    vt_queue_task_write(out, &one);
    return true;
}

static bool settle(vt_slice body, struct vt_buf *out)
{
    struct vt_sample_verdict one;
    vt_hash object;

    if (!vt_queue_settle_read(body, &object, &one))
        return false;
    vt_queue_settle_write(out, &object, &one);
    return true;
}

static bool no_more(vt_slice body, struct vt_buf *out)
{
    uint64_t waiting;

    if (!vt_queue_no_more_read(body, &waiting))
        return false;
    vt_queue_no_more_write(out, waiting);
    return true;
}

static bool tally(vt_slice body, struct vt_buf *out)
{
    vt_hash schema;
    uint64_t period;

    if (!vt_queue_tally_read(body, &schema, &period))
        return false;
    vt_queue_tally_write(out, &schema, period);
    return true;
}

static bool tallied(vt_slice body, struct vt_buf *out)
{
    static struct vt_statistic_tally one;

    if (!vt_queue_tallied_read(body, &one))
        return false;
    vt_queue_tallied_write(out, &one);
    return true;
}

static bool days(vt_slice body, struct vt_buf *out)
{
    static struct vt_samples_day some[VT_SAMPLES_DAYS_MAX];
    size_t count;

    if (!vt_queue_days_read(body, some, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        vt_queue_day_write(out, &some[i]);
    return true;
}

void vt_fuzz_one(vt_slice input)
{
    static bool (*const kinds[])(vt_slice body, struct vt_buf * out) = {
        share, chunk,  report,  withdrawal, taken,   answer, take,
        task,  settle, no_more, tally,      tallied, days
    };
    VT_AUTO_BUF out = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_slice body;

    if (input.len == 0 || input.data[0] >= sizeof kinds / sizeof kinds[0])
        return;
    body = vt_slice_sub(input, 1, input.len - 1);
    if (kinds[input.data[0]](body, &out))
        VT_CHECK(vt_slice_equal(vt_buf_slice(&out), body));
}
