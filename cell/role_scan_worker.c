/* role scan-worker: engines that others wrote, in C, over files that strangers wrote.
 *
 * Rights: its channel, three pieces of shared memory, and an empty folder of its own in
 * memory, which libclamav needs for what it unpacks.  No file of ours, no socket.  The
 * databases are loaded before the locks are on, for libclamav wants paths; the compiled
 * rules behind them, since libyara believes what it loads.  The limit of memory is what is
 * in use by then and what the limits of scanning allow; the pool has the clock. */
#include "cell/role_scan_worker.h"
#include "cell/scan_engine.h"
#include "cell/scan_memory.h"
#include "cell/scan_rules.h"
#include "crypto/age_stream.h"
#include "line/libarchive.h"
#include <dirent.h>

enum { SECONDS_TO_BEGIN = 10 };

const struct vt_rights vt_scan_worker_rights = { .scratch_bytes_max = VT_MIB(512),
                                                 .memory_bytes_max = VT_MIB(15000),
                                                 .cpu_ms_max = 3600000,
                                                 .libraries = { &vt_libarchive } };

struct worker {
    struct vt_channel *channel;
    struct vt_scan_begin begin;
    struct vt_scan_engines engines;
    struct vt_scan_memory intake, stage, rules;
    void (*before)(vt_slice bytes, struct vt_scan_outcome *outcome);
};

/* ---- getting ready ---------------------------------------------------------------------
 */

static void note_stage(void *context, unsigned engine)
{
    *(volatile uint8_t *)context = (uint8_t)engine;
}

static bool attach(struct worker *w, struct vt_error *err)
{
    if (!vt_scan_memory_attach(&w->intake, VT_ROLE_FD(VT_SCAN_INTAKE), false, err) ||
        !vt_scan_memory_attach(&w->stage, VT_ROLE_FD(VT_SCAN_STAGE), true, err))
        return false;
    w->engines.stage = note_stage;
    w->engines.context = w->stage.bytes;
    return !w->begin.has_rules ||
           vt_scan_memory_attach(&w->rules, VT_ROLE_FD(VT_SCAN_RULES), false, err);
}

/* Loaded, and still what the digest says: who looks at it while it is replaced gets
 * another digest than the pool, and that ends it. */
static bool load_clamav(struct worker *w, struct vt_scan_ready *ready, struct vt_error *err)
{
    return w->begin.clamav[0] == '\0' ||
           (vt_scan_clamav_open(w->begin.clamav, &w->engines.limits, &w->engines.clamav,
                                err) &&
            vt_scan_clamav_digest(w->begin.clamav, &ready->clamav, err));
}

static uint64_t bytes_in_use(void)
{
#ifdef VT_SANITIZED
    return 1; /* they reserve all addresses, and no limit of memory is set */
#else
    struct vt_error unused = { 0 };
    VT_AUTO_BUF text = vt_buf_init(256);
    VT_AUTO_FD fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    vt_reader r;
    vt_slice pages;
    uint64_t count = 0;

    if (fd < 0 || !vt_fd_read_all(fd, "statm", &text, &unused))
        return 0;
    r = (vt_reader){ vt_buf_slice(&text) };
    if (!vt_read_until(&r, ' ', &pages) || !vt_decimal_parse(pages, &count))
        return 0;
    return count * (uint64_t)sysconf(_SC_PAGESIZE);
#endif
}

static bool put_locks_on(struct worker *w, struct vt_error *err)
{
    struct vt_rights rights = vt_scan_worker_rights;
    uint64_t used = bytes_in_use();

    if (used == 0)
        return vt_fail(err, VT_IO, "scan worker: /proc does not say what is in use");
    if (used + w->engines.limits.memory_bytes_max > rights.memory_bytes_max)
        return vt_fail(err, VT_LIMIT,
                       "scan worker: databases take %ju MiB, too much beside the limit of "
                       "memory",
                       (uintmax_t)(used >> 20));
    rights.memory_bytes_max = used + w->engines.limits.memory_bytes_max;
    vt_confine(&rights);
    return true;
}

static void name_engines(const struct worker *w, struct vt_scan_ready *ready)
{
    (void)snprintf(ready->engines, sizeof ready->engines, "%s%s%s%slibarchive %s\n",
                   w->engines.yara != NULL ? vt_scan_yara_version() : "",
                   w->engines.yara != NULL ? "\n" : "",
                   w->engines.clamav != NULL ? vt_scan_clamav_version(w->engines.clamav)
                                             : "",
                   w->engines.clamav != NULL ? "\n" : "", vt_scan_unpack_version());
}

static bool get_ready(struct worker *w, struct vt_error *err)
{
    struct vt_scan_ready ready = { 0 };
    VT_AUTO_BUF out = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_message message;

    if (!vt_channel_receive(w->channel, SECONDS_TO_BEGIN * 1000, &message, err) ||
        message.type != VT_SCAN_BEGIN || !vt_scan_begin_parse(message.body, &w->begin, err))
        return false;
    w->engines.limits = w->begin.limits;
    tzset();
    vt_dynlib_need(&vt_libarchive); /* before what is in use is counted */
    if (w->begin.has_rules)
        vt_scan_yara_begin();
    if (!attach(w, err) || !load_clamav(w, &ready, err) || !put_locks_on(w, err))
        return false;
    if (w->begin.has_rules && !vt_scan_yara_open(vt_slice_of(w->rules.bytes, w->rules.len),
                                                 &w->engines.yara, err))
        return false;
    name_engines(w, &ready);
    vt_scan_ready_write(&ready, &out);
    return vt_channel_send(w->channel, VT_SCAN_READY, vt_buf_slice(&out), err);
}

/* ---- working ---------------------------------------------------------------------------
 */

/* The payload of a sample, opened in memory.  One that does not open is told as damaged. */
static bool open_payload(struct worker *w, const struct vt_scan_task *task,
                         struct vt_buf *plain, struct vt_scan_outcome *outcome)
{
    VT_AUTO_AGE_STREAM stream = NULL;
    struct vt_error err = { 0 };
    vt_slice sealed = vt_slice_of(w->intake.bytes, task->len);

    if (vt_age_open_new(task->file_key, vt_age_sink_buf(plain), &stream, &err) &&
        vt_age_stream_put(stream, sealed, &err)) {
        if (task->is_cut)
            return true;
        outcome->has_plain = vt_age_stream_end(stream, &err);
        if (outcome->has_plain)
            outcome->plain = vt_sha256_of(vt_slice_of(plain->data, plain->len));
        if (outcome->has_plain)
            return true;
    }
    outcome->limits |= err.code == VT_LIMIT ? VT_SCAN_LIMIT_BYTES : VT_SCAN_LIMIT_DAMAGED;
    return false;
}

static void look(struct worker *w, vt_slice bytes, struct vt_scan_outcome *outcome)
{
    if (w->before != NULL)
        w->before(bytes, outcome);
    vt_scan_file(&w->engines, bytes, outcome);
}

static void scan(struct worker *w, const struct vt_scan_task *task,
                 struct vt_scan_outcome *outcome)
{
    VT_AUTO_BUF plain = vt_buf_init(w->engines.limits.file_bytes_max + 1);

    note_stage(w->stage.bytes, VT_SCAN_BY_WORKER);
    if (task->is_cut)
        outcome->limits |= VT_SCAN_LIMIT_BYTES;
    if (!task->is_sealed)
        look(w, vt_slice_of(w->intake.bytes, task->len), outcome);
    else if (open_payload(w, task, &plain, outcome))
        look(w, vt_slice_of(plain.data, plain.len), outcome);
    if (plain.data != NULL)
        explicit_bzero(plain.data, plain.len);
    note_stage(w->stage.bytes, VT_SCAN_BY_WORKER);
}

/* What an engine left behind of one file must not lie about while the next is read: the
 * next worker begins with an empty folder. */
static bool is_scratch_empty(void)
{
    DIR *folder = opendir("/");
    const struct dirent *entry;
    bool is_empty = folder != NULL;

    while (folder != NULL && (entry = readdir(folder)) != NULL)
        is_empty = is_empty && entry->d_name[0] == '.' &&
                   (entry->d_name[1] == '\0' || strcmp(entry->d_name, "..") == 0);
    if (folder != NULL)
        (void)closedir(folder);
    return is_empty;
}

static bool serve(struct worker *w, bool *is_last, struct vt_error *err)
{
    VT_AUTO_BUF answer = vt_buf_init(VT_SCAN_ANSWER_BYTES);
    struct vt_scan_outcome outcome = { 0 };
    struct vt_scan_task task;
    struct vt_message message;

    if (!vt_channel_receive(w->channel, -1, &message, err))
        return false;
    if (message.type != VT_SCAN_JOB || !vt_scan_task_parse(message.body, &task, err))
        return false;
    if (task.len > w->intake.len)
        return vt_fail(err, VT_MALFORMED, "scan worker: a task larger than the intake");
    scan(w, &task, &outcome);
    explicit_bzero(&task, sizeof task);
    vt_scan_answer_write(&outcome, &answer);
    *is_last = w->engines.clamav != NULL && !is_scratch_empty();
    return vt_channel_send(w->channel, *is_last ? VT_SCAN_LAST_ANSWER : VT_SCAN_ANSWER,
                           vt_buf_slice(&answer), err);
}

int vt_scan_worker_run(struct vt_channel *channel,
                       void (*before)(vt_slice bytes, struct vt_scan_outcome *outcome))
{
    struct worker *w = vt_alloc(sizeof *w);
    struct vt_error err = { 0 }, unsaid = { 0 };
    bool is_last = false;

    w->channel = channel;
    w->before = before;
    if (!get_ready(w, &err)) {
        if (err.code != VT_ABSENT || w->begin.clamav[0] != '\0')
            (void)!vt_channel_send_error(channel, &err, &unsaid);
        return VT_EXIT_TROUBLE;
    }
    while (!is_last && serve(w, &is_last, &err))
        continue;
    return is_last || err.code == VT_ABSENT ? VT_EXIT_OK : VT_EXIT_TROUBLE;
}

int vt_role_scan_worker(struct vt_channel *channel)
{
    return vt_scan_worker_run(channel, NULL);
}
