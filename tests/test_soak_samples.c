/* Files shared with a keeper that is killed at random, for VT_SOAK_SECONDS (3 if nothing is
 * said): clients upload in pieces and ask again when no answer comes, a scanner takes and
 * settles, now and then somebody withdraws.  At the end: what was acknowledged is there
 * with the receipt that was shown, byte by byte, and was scanned; nothing had two receipts;
 * what was withdrawn is gone. */
#include "cell/keeper_message.h"
#include "cell/queue_message.h"
#include "tests/sharing_world.h"

#include <poll.h>
#include <signal.h>

enum {
    FILES_MAX = 4096,
    UNDER_WAY = 6,
    PIECE = 3000,
    BODY_MAX = 20000,
    ANSWER_MS = 20000,
    OWNERS = 16,
};

struct file {
    struct vt_shared shared;
    vt_hash receipt; /* of its bytes */
    unsigned owner;
    bool has_receipt, is_settled, is_withdrawn;
};

struct soak {
    struct vt_sharing_world world;
    struct vt_keeper_begin begin;
    struct vt_role *keeper;
    struct vt_channel queue;
    struct file *files;
    size_t count, settled, withdrawn;
    unsigned kills, lost_answers;
    uint32_t dice;
    int64_t end_ms, kill_ms;
    vt_hash rules;
};

/* The same run again with the same seed, but for the clock. */
static uint32_t throw_dice(struct soak *s, uint32_t below)
{
    s->dice = s->dice * 1664525u + 1013904223u;
    return (s->dice >> 8) % below;
}

/* ---- the keeper, and its deaths ---------------------------------------------------------
 */

static void start(struct soak *s)
{
    s->keeper = vt_sharing_world_keeper(&s->begin, &s->queue);
    s->kill_ms = vt_monotonic_ms() + 50 + throw_dice(s, 700);
}

static void start_again(struct soak *s)
{
    (void)kill(vt_role_pid(s->keeper), SIGKILL);
    vt_role_stop(s->keeper);
    vt_channel_clear(&s->queue);
    start(s);
}

/* Send, and in half of the cases when the time is up, kill before the answer is read. */
static bool call(struct soak *s, uint16_t type, struct vt_buf *body, bool is_answered,
                 struct vt_keeper_answer *out)
{
    struct vt_channel *channel = vt_role_channel(s->keeper);
    struct vt_message message;
    struct vt_error err = { 0 };
    bool ok;

    if (vt_monotonic_ms() >= s->kill_ms) {
        struct timespec pause = { 0, throw_dice(s, 3000) * 1000L };

        s->kills++;
        ok = vt_channel_send(channel, type, vt_buf_slice(body), &err);
        (void)nanosleep(&pause, NULL); /* somewhere in its work */
        (void)kill(vt_role_pid(s->keeper), SIGKILL);
    } else {
        ok = vt_channel_send(channel, type, vt_buf_slice(body), &err);
    }
    vt_buf_clear(body);
    ok = ok && vt_channel_receive(channel, ANSWER_MS, &message, &err) &&
         message.type == VT_KEEPER_TAKEN;
    if (ok && is_answered)
        ok = vt_channel_receive(channel, ANSWER_MS, &message, &err) &&
             message.type == VT_KEEPER_ANSWER && vt_keeper_answer_read(message.body, out);
    if (ok)
        return true;
    VT_CHECK_SAYING(err.code == VT_ABSENT || err.code == VT_IO, "%s", err.message);
    s->lost_answers++;
    start_again(s);
    return false;
}

/* ---- a client ---------------------------------------------------------------------------
 */

static struct file *new_file(struct soak *s)
{
    struct file *file = &s->files[s->count];
    size_t len = 1 + throw_dice(s, BODY_MAX);
    uint8_t *plain = vt_alloc(len);
    struct vt_env env = vt_env_real();

    VT_CHECK(s->count < FILES_MAX);
    for (size_t i = 0; i < len; i++)
        plain[i] = (uint8_t)throw_dice(s, 256);
    file->owner = throw_dice(s, OWNERS);
    file->shared =
        vt_sharing_seal(vt_slice_of(plain, len), file->owner, vt_env_now_unix_s(&env));
    file->shared.request.rule = VT_LIT(VT_SHARING_RULE);
    vt_sharing_sign_again(&file->shared, file->owner, vt_env_now_unix_s(&env));
    free(plain);
    s->count++;
    return file;
}

/* Whatever receipt is shown, it is the first one. */
static void take_receipt(struct file *file, vt_slice bytes)
{
    vt_hash hash = vt_sha256_of(bytes);

    VT_CHECK_SAYING(!file->has_receipt || vt_hash_equal(&hash, &file->receipt),
                    "two receipts for one file");
    file->has_receipt = true;
    file->receipt = hash;
}

static bool say_wish(struct soak *s, const struct file *file, struct vt_keeper_answer *out)
{
    struct vt_buf body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_keeper_share_write(&body, 0, &file->shared.request);
    return call(s, VT_KEEPER_SHARE, &body, true, out);
}

static bool put_piece(struct soak *s, const struct file *file, uint64_t offset,
                      struct vt_keeper_answer *out)
{
    size_t at = (size_t)offset, left = file->shared.body.len - at;
    struct vt_keeper_chunk chunk = { .object = file->shared.request.object,
                                     .offset = offset,
                                     .bytes = vt_slice_sub(file->shared.body, at,
                                                           left < PIECE ? left : PIECE) };
    struct vt_buf body = vt_buf_init(VT_MESSAGE_BYTES_MAX);

    vt_keeper_chunk_write(&body, &chunk);
    if (!call(s, VT_KEEPER_CHUNK, &body, false, NULL))
        return false;
    chunk.offset += chunk.bytes.len;
    chunk.bytes.len = 0;
    body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    vt_keeper_chunk_write(&body, &chunk);
    return call(s, VT_KEEPER_END, &body, true, out);
}

static void upload(struct soak *s, struct file *file)
{
    struct vt_keeper_answer answer = { .status = 0 };
    bool is_begun = false;

    while (answer.status != 200) {
        if (!is_begun)
            is_begun = say_wish(s, file, &answer);
        else
            is_begun = put_piece(s, file, answer.offset, &answer);
        if (!is_begun) {
            answer.status = 0;
            continue;
        }
        VT_CHECK_SAYING(answer.status >= 200 && answer.status <= 202, "%u: %.*s",
                        answer.status, VT_SLICE_ARGS(answer.sentence));
    }
    take_receipt(file, answer.document);
}

/* All that came from one owner goes. */
static void withdraw(struct soak *s, unsigned owner)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX);
    VT_AUTO_WITHDRAWAL parsed = { .json = NULL };
    struct vt_keeper_answer answer;
    struct vt_keeper_withdrawal fields;
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };
    struct vt_disk *home;
    VT_AUTO_SENT sent = NULL;
    struct vt_buf body;

    VT_CHECK_OK(vt_disk_open(vt_test_path("home"), true, &home, &err));
    VT_CHECK_OK(vt_sent_open(home, &sent, &err));
    VT_CHECK_OK(vt_withdrawal_write(sent, VT_LIT("zurich"), vt_sharing_pseudonym(owner),
                                    vt_env_now_unix_s(&env), &bytes, &err));
    vt_disk_close(home);
    VT_CHECK_OK(vt_withdrawal_parse(vt_buf_slice(&bytes), &parsed, &err));
    fields = (struct vt_keeper_withdrawal){ .cell = parsed.cell,
                                            .pseudonym = parsed.pseudonym,
                                            .at_unix_s = parsed.at_unix_s };
    memcpy(fields.signature, parsed.signature, sizeof fields.signature);
    do {
        body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
        vt_keeper_withdrawal_write(&body, &fields);
    } while (!call(s, VT_KEEPER_WITHDRAW, &body, true, &answer));
    VT_CHECK(answer.status == 200);
    for (size_t i = 0; i < s->count; i++)
        if (s->files[i].owner == owner && !s->files[i].is_withdrawn) {
            s->files[i].is_withdrawn = true;
            s->withdrawn++;
        }
}

/* ---- the scanner ------------------------------------------------------------------------
 */

struct batch {
    vt_hash objects[32];
    size_t count;
};

static bool see(void *context, const struct vt_sample_task *task, struct vt_error *err)
{
    struct batch *batch = context;

    (void)err;
    VT_CHECK(task->header.len == 168);
    batch->objects[batch->count++] = task->object;
    return true;
}

static struct file *find(struct soak *s, const vt_hash *object)
{
    for (size_t i = 0; i < s->count; i++)
        if (vt_hash_equal(&s->files[i].shared.request.object, object))
            return &s->files[i];
    vt_test_fail(__FILE__, __LINE__, "a file that nobody shared");
}

/* Takes some; of these some are settled, the others time out and come again. */
static void scan(struct soak *s, bool settles_all)
{
    const struct vt_queue_take take = { .rules = s->rules, .max = 32, .lease_s = 1 };
    struct vt_sample_verdict verdict = { .state = 1,
                                         .rules = s->rules,
                                         .outcome = VT_LIT("clean") };
    struct batch batch = { .count = 0 };
    struct vt_error err = { 0 };
    uint64_t waiting;

    if (!vt_queue_ask(&s->queue, &take, see, &batch, &waiting, &err)) {
        VT_CHECK(err.code == VT_ABSENT);
        start_again(s);
        return;
    }
    for (size_t i = 0; i < batch.count; i++) {
        struct file *file = find(s, &batch.objects[i]);

        VT_CHECK_SAYING(!file->is_settled, "scanned twice by the same rules");
        if (!settles_all && throw_dice(s, 4) == 0)
            continue;
        if (!vt_queue_settle(&s->queue, &batch.objects[i], &verdict, &err)) {
            VT_CHECK_SAYING(err.code == VT_ABSENT, "%s", err.message);
            if (strstr(err.message, "erased") == NULL)
                start_again(s); /* the keeper is gone, not the file */
            return;
        }
        file->is_settled = true;
        s->settled++;
    }
}

/* ---- at the end -------------------------------------------------------------------------
 */

static void check_file(struct soak *s, struct file *file)
{
    struct vt_keeper_chunk chunk = { .object = file->shared.request.object };
    struct vt_keeper_answer answer;
    struct vt_buf body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    char path[VT_SAMPLE_PATH_BYTES];
    const char *at;

    vt_keeper_chunk_write(&body, &chunk);
    VT_CHECK(call(s, VT_KEEPER_STATE, &body, true, &answer));
    vt_sample_body_path(&chunk.object, path);
    at = vt_test_print("%s/%s", s->world.samples, path);
    if (file->is_withdrawn) {
        VT_CHECK(answer.status == 410 && !vt_path_exists(at));
        return;
    }
    VT_CHECK_SAYING(answer.status == 200, "acknowledged, and lost: %u", answer.status);
    take_receipt(file, answer.document);
    VT_CHECK(vt_slice_equal(vt_test_read(at), file->shared.body));
    VT_CHECK_SAYING(file->is_settled, "acknowledged, and never scanned");
}

static void check_all(struct soak *s)
{
    int64_t patience_ms = vt_monotonic_ms() + 20000;
    size_t left = 1;

    start_again(s);
    s->kill_ms = INT64_MAX;
    while (left != 0) {
        left = 0;
        scan(s, true);
        for (size_t i = 0; i < s->count; i++)
            left += !s->files[i].is_settled && !s->files[i].is_withdrawn;
        VT_CHECK_SAYING(vt_monotonic_ms() < patience_ms, "%zu were never handed out", left);
    }
    for (size_t i = 0; i < s->count; i++)
        check_file(s, &s->files[i]);
}

static void killed_at_random(void)
{
    struct soak *s = vt_arena_alloc(vt_test_arena(), sizeof *s);
    struct vt_env env = vt_env_real();
    uint32_t seed;

    vt_env_random(&env, (uint8_t *)&seed, sizeof seed);
    s->dice = seed;
    s->world = vt_sharing_world_make();
    s->begin = vt_sharing_world_begin(&s->world);
    s->begin.has_queue = true;
    s->begin.bounds.owner_per_minute = 1000000;
    s->files = vt_arena_alloc(vt_test_arena(), FILES_MAX * sizeof *s->files);
    s->rules = vt_sha256_of(VT_LIT("rules"));
    s->end_ms =
        vt_monotonic_ms() + (int64_t)vt_test_number("VT_SOAK_SECONDS", 3, 3600) * 1000;
    start(s);
    while (vt_monotonic_ms() < s->end_ms && s->count < FILES_MAX) {
        upload(s, new_file(s));
        if (throw_dice(s, 3) == 0)
            scan(s, false);
        if (throw_dice(s, 40) == 0) {
            struct timespec second = { 1, 10000000 }; /* a wish must be newer than it */

            withdraw(s, throw_dice(s, OWNERS));
            (void)nanosleep(&second, NULL);
        }
    }
    check_all(s);
    (void)printf("  seed %u: %zu files, %zu scanned, %zu withdrawn; the keeper was killed "
                 "%u times, %u answers were lost\n",
                 seed, s->count, s->settled, s->withdrawn, s->kills, s->lost_answers);
    VT_CHECK(s->kills >= 1 && s->count >= 3); /* it was a soak, on a slow machine too */
    vt_role_stop(s->keeper);
    vt_channel_clear(&s->queue);
}

static const struct vt_case cases[] = {
    { "a keeper that is killed at random", killed_at_random },
};

VT_TEST_MAIN("soak_samples", cases)
