/* The store of samples, broken at each disk operation: a receipt that was shown is shown
 * again, the same bytes, and what it promises is there; what was erased stays erased; what
 * was settled stays settled. */
#include "cell/samples.h"
#include "tests/sharing.h"
#include "tests/stage.h"
#include "tests/world.h"

static const char *const PLAIN[] = { "kept", "withdrawn" };

static int64_t tell_now(void *context)
{
    (void)context;
    return VT_WORLD_NOW * INT64_C(1000);
}

/* The same dice in each process: the same objects. */
static void throw_dice(void *context, uint8_t *out, size_t len)
{
    uint8_t *next = context;

    for (size_t i = 0; i < len; i++)
        out[i] = (*next)++;
}

static struct vt_shared object(unsigned number)
{
    uint8_t next = (uint8_t)(100 * number);
    struct vt_env env = { .now_unix_ms = tell_now, .random = throw_dice, .context = &next };

    return vt_sharing_seal_by(&env, vt_slice_from_cstr(PLAIN[number]), number,
                              VT_WORLD_NOW);
}

static bool open_samples(const char *dir, struct vt_samples **out, struct vt_error *err)
{
    const struct vt_samples_bounds bounds = { .free_bytes_min = 1 };
    struct vt_env env = vt_env_real();

    env.now_unix_ms = tell_now;
    return vt_samples_open(vt_test_print("%s/samples", dir), "zurich", &bounds,
                           vt_world_key(VT_P_CELL), &env, out, err);
}

static void say_receipt(unsigned number, const struct vt_sample_answer *answer)
{
    vt_hash hash = vt_sha256_of(vt_buf_slice(&answer->document));
    char text[65];

    vt_hash_text(&hash, text);
    vt_stage_say("receipt %u %s", number, text);
}

/* As a client does it: begin, go on where it is, until there is a receipt. */
static bool upload(struct vt_samples *samples, unsigned number, struct vt_error *err)
{
    struct vt_shared shared = object(number);
    VT_AUTO_SAMPLE_ANSWER answer = { .status = 0 };
    uint16_t status;

    if (!vt_samples_share(samples, &shared.request, &answer, err))
        return false;
    while (answer.status == 201 || answer.status == 202) {
        uint64_t at = answer.offset, half = shared.body.len / 2;
        size_t to = at < half ? (size_t)half : shared.body.len;

        if (!vt_samples_put(samples, &shared.request.object, at,
                            vt_slice_sub(shared.body, (size_t)at, to - (size_t)at), &status,
                            err))
            return false;
        vt_sample_answer_clear(&answer);
        if (!vt_samples_end(samples, &shared.request.object, &answer, err))
            return false;
    }
    if (answer.status != 200) /* after a withdrawal */
        return answer.status == 403 || answer.status == 410;
    say_receipt(number, &answer);
    return true;
}

static bool settle(struct vt_samples *samples, struct vt_error *err)
{
    struct vt_shared shared = object(0);
    struct vt_sample_verdict verdict = { .state = 2,
                                         .rules = vt_sha256_of(VT_LIT("rules")),
                                         .outcome = VT_LIT("clean"),
                                         .has_plain = true,
                                         .plain =
                                             vt_sha256_of(vt_slice_from_cstr(PLAIN[0])) };

    if (!vt_samples_settle(samples, &shared.request.object, &verdict, err))
        return false;
    vt_stage_say("settled");
    return true;
}

static bool withdraw(struct vt_samples *samples, struct vt_error *err)
{
    VT_AUTO_SAMPLE_ANSWER answer = { .status = 0 };
    VT_AUTO_WITHDRAWAL request = { .cell = VT_LIT("zurich"),
                                   .pseudonym = *vt_key_public(vt_sharing_pseudonym(1)),
                                   .at_unix_s = VT_WORLD_NOW,
                                   .digest = vt_sha256_of(VT_LIT("a request")) };

    if (!vt_samples_withdraw(samples, &request, &answer, err))
        return false;
    say_receipt(9, &answer);
    vt_stage_say("erased");
    return true;
}

static bool act(const char *dir, struct vt_error *err)
{
    struct vt_samples *samples;
    bool ok;

    if (!open_samples(dir, &samples, err))
        return false;
    ok = upload(samples, 0, err) && upload(samples, 1, err) && settle(samples, err) &&
         withdraw(samples, err);
    vt_samples_close(samples);
    return ok;
}

/* All of it again: whoever got no answer asks again. */
static bool restart(const char *dir, struct vt_error *err)
{
    return act(dir, err);
}

static struct vt_sample_answer state_of(struct vt_samples *samples, unsigned number)
{
    struct vt_shared shared = object(number);
    struct vt_sample_answer answer = { .status = 0 };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_samples_state(samples, &shared.request.object, &answer, &err));
    return answer;
}

/* Of each thing at most one receipt was ever shown. */
static void check_receipts(void)
{
    static const char *const things[] = { "receipt 0 ", "receipt 1 ", "receipt 9 " };

    for (size_t i = 0; i < 3; i++) {
        vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
        vt_slice line, first = { 0 };

        while (vt_read_line(&r, &line)) {
            if (!vt_slice_starts_with(line, vt_slice_from_cstr(things[i])))
                continue;
            VT_CHECK_SAYING(first.len == 0 || vt_slice_equal(first, line),
                            "two receipts: %.*s", VT_SLICE_ARGS(line));
            first = line;
        }
    }
}

static bool read_header(const char *dir, const struct vt_shared *shared, struct vt_buf *out,
                        struct vt_error *err)
{
    char id[65];

    vt_hash_text(&shared->request.object, id);
    return vt_file_read(vt_test_print("%s/samples/header/%.2s/%s", dir, id, id), out, err);
}

static void check_kept(const char *dir, struct vt_samples *samples)
{
    struct vt_shared shared = object(0);
    struct vt_sample_answer answer = state_of(samples, 0);
    vt_hash hash = vt_sha256_of(vt_buf_slice(&answer.document));
    VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(4));
    char text[65], path[VT_SAMPLE_PATH_BYTES];
    struct vt_error err = { 0 };

    vt_hash_text(&hash, text);
    if (strstr(vt_stage_said(), "receipt 0 ") == NULL)
        return;
    VT_CHECK_SAYING(answer.status == 200, "acknowledged, and lost: %s", answer.sentence);
    VT_CHECK(strstr(vt_stage_said(), vt_test_print("receipt 0 %s", text)) != NULL);
    vt_sample_answer_clear(&answer);
    vt_sample_body_path(&shared.request.object, path);
    VT_CHECK_OK(vt_file_read(vt_test_print("%s/samples/%s", dir, path), &bytes, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&bytes), shared.body));
    vt_buf_truncate(&bytes, 0);
    VT_CHECK_OK(read_header(dir, &shared, &bytes, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&bytes), shared.request.header));
}

static bool count_tasks(void *context, const struct vt_sample_task *task,
                        struct vt_error *err)
{
    struct vt_shared kept = object(0);

    (void)err;
    *(bool *)context |= vt_hash_equal(&task->object, &kept.request.object);
    return true;
}

/* Either it waits for a scan, or it was settled. */
static void check_queue(struct vt_samples *samples)
{
    vt_hash rules = vt_sha256_of(VT_LIT("rules"));
    struct vt_sample_answer answer = state_of(samples, 0);
    struct vt_error err = { 0 };
    bool is_waiting = false;

    VT_CHECK_OK(vt_samples_take(samples, &rules, 16, 1, count_tasks, &is_waiting, &err));
    if (vt_stage_was_said("settled"))
        VT_CHECK(!is_waiting && answer.status == 200);
    vt_sample_answer_clear(&answer);
}

static void check(const char *dir)
{
    struct vt_samples *samples;
    struct vt_error err = { 0 };

    check_receipts();
    VT_CHECK_OK(open_samples(dir, &samples, &err));
    check_kept(dir, samples);
    check_queue(samples);
    if (vt_stage_was_said("erased")) {
        struct vt_sample_answer answer = state_of(samples, 1);

        struct vt_shared gone = object(1);
        VT_AUTO_BUF bytes = vt_buf_init(VT_KIB(4));

        VT_CHECK(answer.status == 410);
        VT_CHECK(!read_header(dir, &gone, &bytes, &err));
        vt_sample_answer_clear(&answer);
    }
    vt_samples_close(samples);
}

static const struct vt_stage_play play = {
    .name = "samples",
    .act = act,
    .restart = restart,
    .check = check,
    .torn_seeds = 1,
    .twice_every = 80,
};

static void they_hold(void)
{
    vt_stage_must_hold(&play);
}

static void they_need_their_syncs(void)
{
    static const char *const needed[] = {
        "journal: sync of body/#/#",
        "file: sync of header/#/#",
        "journal: sync of records.db-wal",
        "remove: sync folder of header/#/#",
    };

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        vt_stage_must_need(&play, needed[i]);
}

static const struct vt_case cases[] = {
    { "what was acknowledged stays", they_hold },
    { "the syncs before a receipt are needed", they_need_their_syncs },
};

VT_TEST_MAIN("cell.crash_samples", cases)
