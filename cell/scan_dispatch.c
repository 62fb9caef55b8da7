/* One batch from the queue to its verdicts. */
#include "cell/scan_dispatch.h"
#include <poll.h>

struct round {
    const struct vt_scan_dispatch *dispatch;
    struct vt_arena *arena; /* the headers of what was taken now */
    struct vt_buf recalled, statement;
    struct vt_scan_batch batch;
    struct vt_age_grant grant;
    struct vt_scan_round *counts;
};

/* ---- which batch -----------------------------------------------------------------------
 */

static bool take_task(void *context, const struct vt_sample_task *task,
                      struct vt_error *err)
{
    struct round *r = context;
    struct vt_sample_task *own = &r->batch.tasks[r->batch.count];

    if (r->batch.count == VT_SCAN_BATCH_MAX)
        return vt_fail(err, VT_MALFORMED, "the keeper hands out more than was asked for");
    *own = *task;
    own->header = vt_arena_copy(r->arena, task->header);
    r->batch.count++;
    return true;
}

static bool take_batch(struct round *r, struct vt_error *err)
{
    const struct vt_queue_take take = { r->batch.rules, (uint16_t)r->dispatch->batch_max,
                                        r->dispatch->lease_s };

    if (!vt_queue_ask(r->dispatch->keeper, &take, take_task, r, &r->counts->waiting, err))
        return false;
    r->counts->has_waiting = true;
    if (r->batch.count == 0)
        return true;
    if (!r->dispatch->keys.prepare(r->dispatch->keys.context, &r->batch, &r->statement,
                                   err) ||
        !vt_buf_check(&r->statement, "statement", err))
        return false;
    r->batch.statement = vt_buf_slice(&r->statement);
    return vt_scan_batch_keep(r->dispatch->state, &r->batch, err);
}

/* The one that is noted, unless it was asked for by other rules than workers have now: its
 * statement would not be true.  The samples are in the queue, and will be asked for again.
 */
static bool find_batch(struct round *r, struct vt_error *err)
{
    const vt_hash rules = vt_scan_pool_binding(r->dispatch->pool)->rules;
    bool has_one;

    if (!vt_scan_batch_recall(r->dispatch->state, &r->recalled, &r->batch, &has_one, err))
        return false;
    if (has_one && vt_hash_equal(&r->batch.rules, &rules))
        return true;
    if (has_one && !vt_scan_batch_forget(r->dispatch->state, err))
        return false;
    r->batch.rules = rules;
    r->batch.count = 0;
    return take_batch(r, err);
}

static bool ask_keys(struct round *r, struct vt_error *err)
{
    struct vt_error unsaid = { 0 };

    if (r->dispatch->keys.ask(r->dispatch->keys.context, &r->batch, &r->grant, err))
        return true;
    if (err->code == VT_REJECTED && !vt_scan_batch_forget(r->dispatch->state, &unsaid))
        *err = unsaid;
    return false;
}

/* ---- verdicts --------------------------------------------------------------------------
 */

/* "Absent" is said of an object, and of a keeper that is gone. */
static bool is_gone(const struct vt_channel *channel)
{
    struct pollfd look = { channel->fd, 0, 0 };

    return poll(&look, 1, 0) != 0;
}

static bool settle(struct round *r, const vt_hash *object,
                   const struct vt_scan_verdict *verdict, struct vt_error *err)
{
    VT_AUTO_BUF outcome = vt_buf_init(VT_SAMPLE_OUTCOME_BYTES_MAX);
    VT_AUTO_JSON json = vt_scan_verdict_json(verdict);
    struct vt_sample_verdict kept = { .state = (uint8_t)verdict->state,
                                      .rules = verdict->binding.rules,
                                      .has_plain = verdict->outcome.has_plain,
                                      .plain = verdict->outcome.plain };
    struct vt_error why = { 0 };

    if (!vt_json_write_canonical(json, &outcome, err))
        return false;
    kept.outcome = vt_buf_slice(&outcome);
    if (vt_queue_settle(r->dispatch->keeper, object, &kept, &why)) {
        r->counts->settled++;
        r->counts->states[verdict->state]++;
        return true;
    }
    if (why.code == VT_ABSENT && !is_gone(r->dispatch->keeper)) {
        r->counts->gone++;
        return true;
    }
    *err = why;
    return false;
}

static bool take_verdict(struct round *r, struct vt_error *err)
{
    struct vt_scan_verdict verdict;
    uint64_t tag;

    return vt_scan_pool_next(r->dispatch->pool, -1, &tag, &verdict, err) &&
           settle(r, &r->batch.tasks[tag].object, &verdict, err);
}

/* A body that is not there was erased; its row says so when it is settled. */
static bool scan_one(struct round *r, size_t i, struct vt_error *err)
{
    const struct vt_sample_task *task = &r->batch.tasks[i];
    const uint8_t *key = vt_age_grant_find(&r->grant, &task->object);
    struct vt_scan_job job = { .tag = i, .file_key = key };
    char path[VT_SAMPLE_PATH_BYTES];
    struct vt_error why = { 0 };
    VT_AUTO_FD fd = -1;
    uint64_t size;

    if (key == NULL) {
        r->counts->keyless++;
        return true;
    }
    vt_sample_body_path(&task->object, path);
    if (!vt_disk_open_fd(r->dispatch->samples, path, &fd, &size, &why)) {
        r->counts->gone += why.code == VT_ABSENT;
        *err = why;
        return why.code == VT_ABSENT;
    }
    while (!vt_scan_pool_has_room(r->dispatch->pool))
        if (!take_verdict(r, err))
            return false;
    job.fd = fd;
    return vt_scan_pool_put(r->dispatch->pool, &job, err);
}

static bool scan_batch(struct round *r, struct vt_error *err)
{
    const struct vt_scan_dispatch *d = r->dispatch;

    for (size_t i = 0; i < r->batch.count && !r->counts->is_cut; i++) {
        r->counts->is_cut = d->should_end != NULL && d->should_end(d->context);
        if (!r->counts->is_cut && !scan_one(r, i, err))
            return false;
    }
    while (vt_scan_pool_busy(r->dispatch->pool) != 0)
        if (!take_verdict(r, err))
            return false;
    return true;
}

/* After a failure: what is still being scanned belongs to nobody. */
static void drain(struct vt_scan_pool *pool)
{
    struct vt_scan_verdict unused;
    struct vt_error unsaid = { 0 };
    uint64_t tag;

    while (vt_scan_pool_busy(pool) != 0 &&
           vt_scan_pool_next(pool, -1, &tag, &unused, &unsaid))
        continue;
}

static bool run(struct round *r, struct vt_error *err)
{
    if (!find_batch(r, err))
        return false;
    r->counts->samples = r->batch.count;
    if (r->batch.count == 0)
        return true;
    return ask_keys(r, err) && scan_batch(r, err) &&
           (r->counts->is_cut || vt_scan_batch_forget(r->dispatch->state, err));
}

bool vt_scan_dispatch_round(const struct vt_scan_dispatch *dispatch,
                            struct vt_scan_round *out, struct vt_error *err)
{
    VT_AUTO_ARENA arena = vt_arena_new();
    struct round *r = vt_alloc(sizeof *r);
    struct vt_scan_round counts = { 0 };
    bool ok;

    VT_ASSERT(dispatch->batch_max >= 1 && dispatch->batch_max <= VT_SCAN_BATCH_MAX &&
              vt_scan_pool_busy(dispatch->pool) == 0);
    r->dispatch = dispatch;
    r->arena = arena;
    r->recalled = vt_buf_init(VT_SCAN_BATCH_BYTES_MAX);
    r->statement = vt_buf_init(VT_SCAN_STATEMENT_BYTES_MAX);
    r->counts = &counts;
    ok = run(r, err);
    if (!ok)
        drain(dispatch->pool);
    vt_age_grant_clear(&r->grant);
    vt_buf_clear(&r->recalled);
    vt_buf_clear(&r->statement);
    free(r);
    *out = counts;
    return ok;
}
