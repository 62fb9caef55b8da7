/* One worker: started, given a file, heard, ended, and started again.
 *
 *   STARTING --ready--> IDLE --put--> BUSY --answer--> IDLE
 *       |                 |             |
 *       +---- ends -------+-- ends -----+--> a verdict if it was busy, then STARTING
 */
#include "cell/scan_slot.h"
#include "crypto/age_stream.h"
#include <signal.h>
#include <sys/wait.h>

enum {
    START_MS_MAX = 600000, /* a full set of ClamAV's databases takes half a minute */
    GRACE_MS = 3000,       /* a worker keeps the time itself; this is for one that cannot */
    AGE_MS_MAX = 1200000,
    FAILURES_MAX = 3,
};

/* What a payload has beside its plain bytes does not count against the file's size. */
static size_t intake_bytes(const struct vt_scan_terms *terms)
{
    uint64_t bytes = 0;

    VT_ASSERT(vt_age_payload_bytes(terms->begin.limits.file_bytes_max + 1, &bytes));
    return (size_t)bytes;
}

bool vt_scan_slot_init(struct vt_scan_slot *slot, const struct vt_scan_terms *terms,
                       struct vt_error *err)
{
    *slot = (struct vt_scan_slot){ 0 };
    return vt_scan_memory_init(&slot->intake, intake_bytes(terms), err) &&
           vt_scan_memory_init(&slot->stage, (size_t)sysconf(_SC_PAGESIZE), err);
}

/* At once: whatever it is doing is not wanted any more. */
static int end(struct vt_scan_slot *slot)
{
    int status = -1;

    if (slot->role != NULL) {
        (void)kill(vt_role_pid(slot->role), SIGKILL);
        status = vt_role_end(slot->role);
    }
    slot->role = NULL;
    slot->is_ready = false;
    return status;
}

void vt_scan_slot_clear(struct vt_scan_slot *slot)
{
    (void)end(slot);
    vt_scan_memory_clear(&slot->intake);
    vt_scan_memory_clear(&slot->stage);
    explicit_bzero(slot->task.file_key, sizeof slot->task.file_key);
    slot->task = (struct vt_scan_task){ 0 };
}

bool vt_scan_slot_start(struct vt_scan_slot *slot, const struct vt_scan_terms *terms,
                        struct vt_error *err)
{
    int fds[VT_SCAN_FDS] = { slot->intake.fd, slot->stage.fd, terms->rules.fd };
    VT_AUTO_BUF begin = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    if (!vt_role_start(terms->role, fds,
                       terms->begin.has_rules ? VT_SCAN_FDS : VT_SCAN_RULES, &slot->role,
                       err))
        return false;
    slot->files = 0;
    slot->starts++;
    slot->born_ms = vt_monotonic_ms();
    slot->deadline_ms = slot->born_ms + START_MS_MAX;
    vt_scan_begin_write(&terms->begin, &begin);
    return vt_channel_send(vt_role_channel(slot->role), VT_SCAN_BEGIN, vt_buf_slice(&begin),
                           err);
}

/* ---- a job -----------------------------------------------------------------------------
 */

static bool tell(struct vt_scan_slot *slot, const struct vt_scan_terms *terms,
                 struct vt_error *err)
{
    VT_AUTO_BUF task = vt_buf_init(64);

    slot->deadline_ms =
        vt_monotonic_ms() + (int64_t)terms->begin.limits.time_ms_max + GRACE_MS;
    vt_scan_task_write(&slot->task, &task);
    return vt_channel_send(vt_role_channel(slot->role), VT_SCAN_JOB, vt_buf_slice(&task),
                           err);
}

/* Fill the intake up to `most`; is there more? */
static bool read_file(struct vt_scan_slot *slot, int fd, size_t most, struct vt_error *err)
{
    uint8_t more;
    size_t len = 0;

    for (;;) {
        ssize_t got = len < most ? read(fd, slot->intake.bytes + len, most - len)
                                 : read(fd, &more, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vt_fail(err, VT_IO, "cannot read it: %s", strerror(errno));
        slot->task.is_cut = len == most && got != 0;
        if (got == 0 || len == most)
            break;
        len += (size_t)got;
    }
    slot->task.len = len;
    return true;
}

bool vt_scan_slot_put(struct vt_scan_slot *slot, const struct vt_scan_terms *terms,
                      const struct vt_scan_job *job, struct vt_error *err)
{
    size_t most = job->file_key != NULL ? slot->intake.len
                                        : (size_t)terms->begin.limits.file_bytes_max;
    struct vt_error unsaid = { 0 };

    VT_ASSERT(!slot->is_busy);
    slot->task = (struct vt_scan_task){ .is_sealed = job->file_key != NULL };
    if (!read_file(slot, job->fd, most, err))
        return false;
    if (job->file_key != NULL)
        memcpy(slot->task.file_key, job->file_key, sizeof slot->task.file_key);
    slot->tag = job->tag;
    slot->is_busy = true;
    /* If it is gone already, its channel says so next. */
    if (slot->is_ready)
        (void)!tell(slot, terms, &unsaid);
    return true;
}

static void finish(struct vt_scan_slot *slot)
{
    vt_scan_memory_forget(&slot->intake, (size_t)slot->task.len);
    explicit_bzero(slot->task.file_key, sizeof slot->task.file_key);
    slot->task = (struct vt_scan_task){ 0 };
    slot->is_busy = false;
}

/* ---- hearing ---------------------------------------------------------------------------
 */

/* The verdict of a file on which a worker ended. */
static void judge_end(struct vt_scan_slot *slot, enum vt_scan_end how, int status,
                      struct vt_scan_verdict *v)
{
    unsigned stage = *(volatile uint8_t *)slot->stage.bytes;

    v->end = how;
    if (how == VT_SCAN_ENDED_BY_SIGNAL && status >= 0 && WIFSIGNALED(status))
        v->signal = WTERMSIG(status);
    else if (how == VT_SCAN_ENDED_BY_SIGNAL)
        v->end = VT_SCAN_EXITED;
    if (how == VT_SCAN_TOO_SLOW)
        v->outcome.limits |= VT_SCAN_LIMIT_TIME;
    /* The stage is what the worker said last; anything but one engine is its own. */
    v->outcome.failed = how != VT_SCAN_LIED && vt_scan_engine_name(stage) != NULL
                            ? (uint8_t)stage
                            : VT_SCAN_BY_WORKER;
    v->state = VT_SCAN_ENGINE_FAILED;
}

/* Another process for this place; a busy one gets its verdict first. */
static enum vt_scan_news replace(struct vt_scan_slot *slot,
                                 const struct vt_scan_terms *terms, enum vt_scan_end how,
                                 struct vt_scan_verdict *out, struct vt_error *err)
{
    bool had_job = slot->is_ready && slot->is_busy;
    int status;

    if (how == VT_SCAN_ENDED_BY_SIGNAL && slot->role != NULL) {
        /* It ends by itself, and how is of interest: do not add a signal of ours. */
        status = vt_role_end(slot->role);
        slot->role = NULL;
        slot->is_ready = false;
    } else {
        status = end(slot);
    }
    if (had_job) {
        *out = (struct vt_scan_verdict){ .binding = terms->binding };
        judge_end(slot, how, status, out);
        finish(slot);
    }
    *(volatile uint8_t *)slot->stage.bytes = 0;
    if (!vt_scan_slot_start(slot, terms, err))
        return VT_SCAN_NEWS_TROUBLE;
    return had_job ? VT_SCAN_NEWS_VERDICT : VT_SCAN_NEWS_NONE;
}

/* A worker that does not get ready: some may be bad luck, several are trouble. */
static enum vt_scan_news start_failed(struct vt_scan_slot *slot,
                                      const struct vt_scan_terms *terms,
                                      struct vt_error *err)
{
    struct vt_error again = { 0 };

    (void)end(slot);
    if (err->code != VT_ABSENT || ++slot->failures >= FAILURES_MAX) {
        if (err->code == VT_ABSENT)
            err->code = VT_IO;
        (void)vt_within(err, "the confined process that scans did not start");
        return VT_SCAN_NEWS_TROUBLE;
    }
    if (vt_scan_slot_start(slot, terms, &again))
        return VT_SCAN_NEWS_NONE;
    *err = again;
    return VT_SCAN_NEWS_TROUBLE;
}

/* What the first says of its engines binds them all. */
static bool take_ready(struct vt_scan_terms *terms, vt_slice body, struct vt_error *err)
{
    struct vt_scan_ready ready;

    if (!vt_scan_ready_parse(body, &ready, err))
        return false;
    if (!vt_hash_equal(&ready.clamav, &terms->clamav))
        return vt_fail(err, VT_IO, "%s: changed while it was read", terms->begin.clamav);
    if (terms->binding.engines[0] == '\0')
        memcpy(terms->binding.engines, ready.engines, sizeof ready.engines);
    return strcmp(terms->binding.engines, ready.engines) == 0 ||
           vt_fail(err, VT_IO, "other engines than before: start again");
}

static enum vt_scan_news hear_start(struct vt_scan_slot *slot, struct vt_scan_terms *terms,
                                    struct vt_error *err)
{
    struct vt_message message;
    struct vt_error unsaid = { 0 };

    if (!vt_channel_receive(vt_role_channel(slot->role), 0, &message, err))
        return start_failed(slot, terms, err);
    if (message.type == VT_MESSAGE_ERROR) {
        (void)vt_channel_fail_with(&message, err);
        (void)end(slot);
        return VT_SCAN_NEWS_TROUBLE;
    }
    if (message.type != VT_SCAN_READY || !take_ready(terms, message.body, err)) {
        if (err->code == VT_OK)
            (void)vt_fail(err, VT_IO, "scan worker: began with a message of type %u",
                          message.type);
        return VT_SCAN_NEWS_TROUBLE;
    }
    slot->is_ready = true;
    slot->failures = 0;
    slot->deadline_ms = INT64_MAX;
    if (slot->is_busy)
        (void)!tell(slot, terms, &unsaid);
    return VT_SCAN_NEWS_READY;
}

static bool should_retire(const struct vt_scan_slot *slot,
                          const struct vt_scan_terms *terms,
                          const struct vt_scan_outcome *outcome)
{
    return slot->files >= terms->files_per_worker || outcome->failed != 0 ||
           (outcome->limits & (VT_SCAN_LIMIT_MEMORY | VT_SCAN_LIMIT_TIME)) != 0 ||
           vt_monotonic_ms() - slot->born_ms > AGE_MS_MAX;
}

enum vt_scan_news vt_scan_slot_hear(struct vt_scan_slot *slot, struct vt_scan_terms *terms,
                                    struct vt_scan_verdict *out, struct vt_error *err)
{
    struct vt_message message;
    struct vt_error why = { 0 };
    struct vt_scan_outcome outcome;
    bool is_last;

    if (!slot->is_ready)
        return hear_start(slot, terms, err);
    if (!vt_channel_receive(vt_role_channel(slot->role), 0, &message, &why))
        return replace(slot, terms,
                       why.code == VT_ABSENT ? VT_SCAN_ENDED_BY_SIGNAL : VT_SCAN_LIED, out,
                       err);
    is_last = message.type == VT_SCAN_LAST_ANSWER;
    if (!slot->is_busy || (message.type != VT_SCAN_ANSWER && !is_last) ||
        !vt_scan_answer_parse(message.body, &outcome, &why))
        return replace(slot, terms, VT_SCAN_LIED, out, err);
    *out = (struct vt_scan_verdict){ .state = vt_scan_outcome_state(&outcome),
                                     .outcome = outcome,
                                     .binding = terms->binding };
    finish(slot);
    slot->files++;
    slot->deadline_ms = INT64_MAX;
    if (is_last || should_retire(slot, terms, &outcome)) {
        (void)end(slot);
        if (!vt_scan_slot_start(slot, terms, err))
            return VT_SCAN_NEWS_TROUBLE;
    }
    return VT_SCAN_NEWS_VERDICT;
}

enum vt_scan_news vt_scan_slot_expire(struct vt_scan_slot *slot,
                                      struct vt_scan_terms *terms,
                                      struct vt_scan_verdict *out, struct vt_error *err)
{
    if (slot->is_ready)
        return replace(slot, terms, VT_SCAN_TOO_SLOW, out, err);
    (void)end(slot);
    (void)vt_fail(err, VT_IO, "the confined process that scans did not start within %d s",
                  START_MS_MAX / 1000);
    return VT_SCAN_NEWS_TROUBLE;
}
