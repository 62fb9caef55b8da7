/* From a shared file to its verdict: the real keeper, the real workers, and between them a
 * giver of keys that is as stubborn as a key agent: once for each object and rules, and the
 * same answer again for the same statement. */
#include "cell/scan_dispatch.h"
#include "cell/keeper_message.h"
#include "tests/archives.h"
#include "tests/sharing_world.h"
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>

enum { SAMPLES = 4 };

struct stand {
    struct vt_sharing_world world;
    struct vt_keeper_begin begin;
    struct vt_role *keeper;
    struct vt_channel queue;
    struct vt_shared shared[SAMPLES];
    struct vt_scan_pool *pool;
    struct vt_scan_dispatch dispatch;
    bool is_refusing; /* the giver of keys */
    bool is_deadly;   /* it kills who asks, once it has given */
};

/* ---- the keeper ------------------------------------------------------------------------
 */

static void start(struct stand *s)
{
    s->keeper = vt_sharing_world_keeper(&s->begin, &s->queue);
}

static void stop_keeper(struct stand *s)
{
    vt_role_stop(s->keeper);
    vt_channel_clear(&s->queue);
}

/* Send, and wait for TAKEN, and for the status of an ANSWER if there is one. */
static uint16_t call(struct stand *s, uint16_t type, struct vt_buf *body)
{
    struct vt_channel *channel = vt_role_channel(s->keeper);
    struct vt_keeper_answer answer = { .status = 0 };
    struct vt_message message;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_channel_send(channel, type, vt_buf_slice(body), &err));
    vt_buf_clear(body);
    VT_CHECK_OK(vt_channel_receive(channel, 20000, &message, &err));
    VT_CHECK(message.type == VT_KEEPER_TAKEN);
    if (type == VT_KEEPER_CHUNK)
        return 0;
    VT_CHECK_OK(vt_channel_receive(channel, 20000, &message, &err));
    VT_CHECK(message.type == VT_KEEPER_ANSWER &&
             vt_keeper_answer_read(message.body, &answer));
    return answer.status;
}

static void upload(struct stand *s, const struct vt_shared *shared)
{
    struct vt_keeper_chunk end = { .place = 5,
                                   .object = shared->request.object,
                                   .offset = shared->body.len };
    struct vt_buf body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_keeper_share_write(&body, 5, &shared->request);
    VT_CHECK(call(s, VT_KEEPER_SHARE, &body) == 201);
    for (size_t at = 0; at < shared->body.len; at += VT_KEEPER_CHUNK_BYTES_MAX) {
        size_t left = shared->body.len - at;
        struct vt_keeper_chunk piece = {
            .place = 5,
            .object = shared->request.object,
            .offset = at,
            .bytes = vt_slice_sub(
                shared->body, at,
                left < VT_KEEPER_CHUNK_BYTES_MAX ? left : VT_KEEPER_CHUNK_BYTES_MAX)
        };

        body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
        vt_keeper_chunk_write(&body, &piece);
        (void)call(s, VT_KEEPER_CHUNK, &body);
    }
    body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_keeper_chunk_write(&body, &end);
    VT_CHECK(call(s, VT_KEEPER_END, &body) == 200);
}

/* ---- whoever gives keys ----------------------------------------------------------------
 *
 * It remembers in a folder, as an agent does: a file for each object and rules holds the
 * statement that it was given for. */

static bool prepare(void *context, const struct vt_scan_batch *batch,
                    struct vt_buf *statement, struct vt_error *err)
{
    const struct vt_env env = vt_env_real();
    uint8_t salt[16];

    (void)context;
    (void)batch;
    (void)err;
    vt_env_random(&env, salt, sizeof salt);
    vt_buf_put(statement, vt_slice_of(salt, sizeof salt));
    return true;
}

static const char *note_of(const struct vt_scan_batch *batch, const vt_hash *object)
{
    char rules[65], id[65];

    vt_hash_text(&batch->rules, rules);
    vt_hash_text(object, id);
    return vt_test_path(vt_test_print("given/%.8s-%s", rules, id));
}

static bool give(const struct vt_scan_batch *batch, const struct vt_sample_task *task,
                 struct vt_age_grant_row *row, struct vt_error *err)
{
    const char *note = note_of(batch, &task->object);
    struct vt_age_header header;

    if (vt_path_exists(note) && !vt_slice_equal(vt_test_read(note), batch->statement))
        return vt_fail(err, VT_REJECTED, "this object was released for another statement");
    if (!vt_path_exists(note)) {
        const char *draft = vt_test_print("%s.new", note);

        vt_test_write(draft, batch->statement); /* we may be killed at any time */
        VT_CHECK(rename(draft, note) == 0);
    }
    row->id = task->object;
    return vt_age_header_parse(task->header, &header, err) &&
           vt_age_unwrap(vt_sharing_identity(), &header, row->file_key, err);
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, VT_SHA256_BYTES);
}

static bool ask(void *context, const struct vt_scan_batch *batch,
                struct vt_age_grant *grant_out, struct vt_error *err)
{
    struct stand *s = context;
    const struct vt_env env = vt_env_real();
    struct vt_age_grant_row rows[VT_SCAN_BATCH_MAX];
    VT_AUTO_BUF message = vt_buf_init(VT_MIB(1));

    if (s->is_refusing)
        return vt_fail(err, VT_REJECTED, "no rule of the policy allows it");
    for (size_t i = 0; i < batch->count; i++)
        if (!give(batch, &batch->tasks[i], &rows[i], err))
            return false;
    qsort(rows, batch->count, sizeof rows[0], by_id);
    if (s->is_deadly)
        (void)kill(getpid(), SIGKILL);
    return vt_age_grant_write(&env, &vt_sharing_identity()->recipient, rows, batch->count,
                              &message, err) &&
           vt_age_grant_open(vt_sharing_identity(), vt_buf_slice(&message), grant_out, err);
}

/* ---- the stand -------------------------------------------------------------------------
 */

static void open_dispatch(struct stand *s, const char *signature)
{
    struct vt_scan_setup setup = { .clamav = vt_test_path("clamav"),
                                   .limits = vt_scan_limits_default(),
                                   .workers = 2 };
    struct vt_error err = { 0 };

    vt_test_write(vt_test_path("clamav/one.hdb"), vt_slice_from_cstr(signature));
    VT_CHECK_OK(vt_scan_pool_open(&setup, &s->pool, &err));
    s->dispatch = (struct vt_scan_dispatch){ .keeper = &s->queue,
                                             .pool = s->pool,
                                             .keys = { prepare, ask, s },
                                             .lease_s = 1,
                                             .batch_max = 3 };
    VT_CHECK_OK(vt_disk_open(s->world.samples, false, &s->dispatch.samples, &err));
    VT_CHECK_OK(vt_disk_open(vt_test_path("scanner"), true, &s->dispatch.state, &err));
    VT_CHECK_OK(vt_disk_lock_within(s->dispatch.state, 10000, &err));
}

static void close_dispatch(struct stand *s)
{
    vt_scan_pool_close(s->pool);
    vt_disk_close(s->dispatch.samples);
    vt_disk_close(s->dispatch.state);
}

#define EICAR_LINE "44d88612fea8a8f36de82e1278abb02f:68:Test.Eicar\n"

static struct stand *empty_stand(void)
{
    struct stand *s = vt_arena_alloc(vt_test_arena(), sizeof *s);

    VT_CHECK(mkdir(vt_test_path("clamav"), 0700) == 0 &&
             mkdir(vt_test_path("given"), 0700) == 0);
    s->world = vt_sharing_world_make();
    s->begin = vt_sharing_world_begin(&s->world);
    s->begin.has_queue = true;
    start(s);
    return s;
}

/* Sealed by a client for a rule of the collection list, and uploaded. */
static struct vt_shared share(struct stand *s, vt_slice plain)
{
    struct vt_shared shared = vt_sharing_seal(plain, 1, s->world.now);

    shared.request.rule = VT_LIT(VT_SHARING_RULE);
    vt_sharing_sign_again(&shared, 1, s->world.now);
    upload(s, &shared);
    return shared;
}

/* Four files: EICAR, EICAR in a 7z, and two that are harmless. */
static struct stand *stand(void)
{
    struct stand *s = empty_stand();
    const vt_slice plain[SAMPLES] = { vt_test_eicar(),
                                      vt_test_archive("7zip", "none", "e", vt_test_eicar()),
                                      VT_LIT("harmless"), VT_LIT("harmless too") };

    for (size_t i = 0; i < SAMPLES; i++)
        s->shared[i] = share(s, plain[i]);
    open_dispatch(s, EICAR_LINE);
    return s;
}

static struct vt_scan_round round_of(struct stand *s)
{
    struct vt_scan_round counts;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_scan_dispatch_round(&s->dispatch, &counts, &err));
    return counts;
}

/* What the keeper has of it, looked at when it has ended. */
static const char *verdict_of(struct stand *s, struct vt_samples *samples, size_t i)
{
    VT_AUTO_BUF outcome = vt_buf_init(VT_SAMPLE_OUTCOME_BYTES_MAX);
    struct vt_sample_verdict verdict;
    struct vt_error err = { 0 };

    if (!vt_samples_verdict(samples, &s->shared[i].request.object, &verdict, &outcome,
                            &err)) {
        VT_CHECK(err.code == VT_ABSENT);
        return "none";
    }
    VT_CHECK(strstr(vt_buf_cstr(&outcome), "\"engines\":[\"clamav ") != NULL);
    return vt_scan_state_name((enum vt_scan_state)verdict.state);
}

static void check_verdicts(struct stand *s, const char *const wanted[SAMPLES])
{
    struct vt_samples_bounds bounds = { .free_bytes_min = 1 };
    const struct vt_env env = vt_env_real();
    struct vt_samples *samples = NULL;
    struct vt_error err = { 0 };

    stop_keeper(s);
    VT_CHECK_OK(vt_samples_open(s->world.samples, "zurich", &bounds,
                                vt_world_key(VT_P_CELL), &env, &samples, &err));
    for (size_t i = 0; i < SAMPLES; i++)
        VT_CHECK_SAYING(strcmp(verdict_of(s, samples, i), wanted[i]) == 0,
                        "sample %zu: %s, wanted %s", i, verdict_of(s, samples, i),
                        wanted[i]);
    vt_samples_close(samples);
}

static const char *const all_scanned[SAMPLES] = { "malicious", "malicious", "clean",
                                                  "clean" };

/* ---- cases -----------------------------------------------------------------------------
 */

static void samples_get_their_verdicts(void)
{
    struct stand *s = stand();
    struct vt_scan_round counts = round_of(s);

    VT_CHECK(counts.samples == 3 && counts.settled == 3);
    counts = round_of(s);
    VT_CHECK(counts.samples == 1 && counts.settled == 1);
    VT_CHECK(round_of(s).samples == 0); /* not twice by the same rules */
    close_dispatch(s);
    check_verdicts(s, all_scanned);
}

/* The same files, by other rules: another release, another verdict. */
static void other_rules_scan_again(void)
{
    static const char *const none_found[SAMPLES] = { "clean", "clean", "clean", "clean" };
    struct stand *s = stand();

    (void)round_of(s);
    (void)round_of(s);
    close_dispatch(s);
    open_dispatch(s, "00112233445566778899aabbccddeeff:68:Other\n");
    VT_CHECK(round_of(s).settled == 3 && round_of(s).settled == 1);
    VT_CHECK(round_of(s).samples == 0);
    close_dispatch(s);
    check_verdicts(s, none_found);
}

/* Without keys nothing is scanned, and nothing leaves the queue. */
static void no_key_no_verdict(void)
{
    static const char *const none[SAMPLES] = { "none", "none", "none", "none" };
    struct stand *s = stand();
    struct vt_scan_round counts;
    struct vt_error err = { 0 };

    s->is_refusing = true;
    VT_CHECK_FAILS(VT_REJECTED, vt_scan_dispatch_round(&s->dispatch, &counts, &err));
    VT_CHECK(counts.samples == 3 && counts.settled == 0);
    close_dispatch(s);
    check_verdicts(s, none);
    start(s);
    open_dispatch(s, EICAR_LINE);
    s->is_refusing = false;
    for (size_t settled = 0, tries = 0; settled < SAMPLES; tries++) {
        settled += round_of(s).settled;
        VT_CHECK(tries < 100);
        (void)usleep(100000); /* the lease */
    }
    close_dispatch(s);
    check_verdicts(s, all_scanned);
}

/* In a process that may die; the parent waits. */
static int run_in_child(struct stand *s, int64_t kill_after_ms)
{
    pid_t pid = fork();
    int status;

    VT_CHECK(pid >= 0);
    if (pid == 0) {
        struct vt_scan_round counts = { 0 };
        struct vt_error err = { 0 };

        open_dispatch(s, EICAR_LINE);
        do
            if (!vt_scan_dispatch_round(&s->dispatch, &counts, &err)) {
                (void)fprintf(stderr, "dispatch: %s\n", err.message);
                _exit(1);
            }
        while (counts.samples != 0);
        _exit(0);
    }
    if (kill_after_ms >= 0) {
        (void)usleep((useconds_t)kill_after_ms * 1000);
        (void)kill(pid, SIGKILL);
    }
    VT_CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

/* Killed when the keys were given and nothing was scanned yet: the next process has the
 * statement, so it gets them again. */
static void a_dispatcher_that_dies_with_the_keys(void)
{
    struct stand *s = stand();
    struct vt_scan_round counts;

    close_dispatch(s);
    s->is_deadly = true;
    VT_CHECK(WTERMSIG(run_in_child(s, -1)) == SIGKILL);
    s->is_deadly = false;
    stop_keeper(s);
    start(s);
    open_dispatch(s, EICAR_LINE);
    counts = round_of(s);
    VT_CHECK(counts.samples == 3 && counts.settled == 3);
    while (round_of(s).samples != 0)
        continue;
    close_dispatch(s);
    check_verdicts(s, all_scanned);
}

/* Killed at any time, again and again: in the end each sample has its verdict, and the
 * giver of keys, who would have refused a second statement, was never asked for one. */
static void a_dispatcher_that_dies_at_any_time(void)
{
    struct stand *s = stand();
    int status;

    close_dispatch(s);
    for (int64_t ms = 20; ms < 400; ms += 30) {
        status = run_in_child(s, ms);
        VT_CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        stop_keeper(s); /* who keeps them starts both again */
        start(s);
    }
    (void)usleep(2100000); /* what a dead one had taken and not noted comes back */
    status = run_in_child(s, -1);
    VT_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_verdicts(s, all_scanned);
}

/* All 44 of Debian's clamav-testfiles, from a client's seal to the keeper's table, by a
 * database of two hashes. */
static void every_test_file_of_clamav(void)
{
    static const char FOLDER[] = "/usr/share/clamav-testfiles";
    struct stand *s = empty_stand();
    struct vt_samples_bounds bounds = { .free_bytes_min = 1 };
    const struct vt_env env = vt_env_real();
    struct vt_shared shared[64];
    struct vt_samples *samples = NULL;
    struct vt_error err = { 0 };
    size_t count = 0, settled = 0;
    struct dirent **entries = NULL;
    int found = scandir(FOLDER, &entries, NULL, alphasort);

    VT_CHECK_SAYING(found == 46, "%s: install clamav-testfiles", FOLDER);
    for (int i = 0; i < found; i++) {
        if (entries[i]->d_name[0] != '.')
            shared[count++] =
                share(s, vt_test_read(vt_test_print("%s/%s", FOLDER, entries[i]->d_name)));
        free(entries[i]);
    }
    free(entries);
    open_dispatch(s, EICAR_LINE "aa15bcf478d165efd2065190eb473bcb:544:Test.ClamFile\n");
    s->dispatch.batch_max = 20;
    s->dispatch.lease_s = 600;
    for (struct vt_scan_round counts; (counts = round_of(s)).samples != 0;)
        settled += counts.settled;
    VT_CHECK(count == 44 && settled == 44);
    close_dispatch(s);
    stop_keeper(s);
    VT_CHECK_OK(vt_samples_open(s->world.samples, "zurich", &bounds,
                                vt_world_key(VT_P_CELL), &env, &samples, &err));
    for (size_t i = 0; i < count; i++) {
        VT_AUTO_BUF outcome = vt_buf_init(VT_SAMPLE_OUTCOME_BYTES_MAX);
        struct vt_sample_verdict verdict;

        VT_CHECK_OK(vt_samples_verdict(samples, &shared[i].request.object, &verdict,
                                       &outcome, &err));
        VT_CHECK_SAYING(verdict.state == VT_SCAN_MALICIOUS, "file %zu: %s", i,
                        vt_buf_cstr(&outcome));
    }
    vt_samples_close(samples);
}

static const struct vt_case cases[] = {
    { "every test file of ClamAV", every_test_file_of_clamav },
    { "samples get their verdicts", samples_get_their_verdicts },
    { "other rules scan again", other_rules_scan_again },
    { "no key, no verdict", no_key_no_verdict },
    { "a dispatcher that dies with the keys", a_dispatcher_that_dies_with_the_keys },
    { "a dispatcher that dies at any time", a_dispatcher_that_dies_at_any_time },
};

VT_TEST_MAIN("scan_dispatch", cases)
