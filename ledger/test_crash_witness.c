/* A witness forgets nothing that it answered: its memory, and the signer as a process, with
 * each disk operation broken in all ways and each sync left out in turn. */
#include "ledger/role_witness_signer.h"
#include "ledger/witness.h"
#include "ledger/witness_message.h"
#include "tests/small_log.h"
#include "tests/stage.h"

#define ORIGIN "log.example/test"

static const char *memory_of(const char *dir)
{
    return vt_witness_memory_folder(vt_test_arena(), dir);
}

/* ---- the memory -------------------------------------------------------------------------
 * Logs are numbers; "L:N" is said when size N of log L was committed, or read. */

static struct vt_witness_seen seen_of(unsigned log, uint64_t size)
{
    struct vt_witness_seen seen = { .size = size, .key_id = 1, .time_unix_s = 1 };

    seen.log = vt_sha256_of(VT_BYTES(log));
    seen.root = vt_sha256_of(VT_BYTES(size));
    return seen;
}

static void memory_prepare(const char *dir)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_witness_memory_init(memory_of(dir), &err));
}

/* A batch: `count` sizes of log 0 up to `size`, and that size of log 1. */
static bool commit_batch(struct vt_witness_memory *memory, uint64_t size, uint64_t count,
                         struct vt_error *err)
{
    struct vt_witness_seen other = seen_of(1, size);

    for (uint64_t i = size - count + 1; i <= size; i++) {
        struct vt_witness_seen seen = seen_of(0, i);

        if (!vt_witness_memory_put(memory, &seen, err))
            return false;
    }
    if (!vt_witness_memory_put(memory, &other, err) ||
        !vt_witness_memory_commit(memory, err))
        return false;
    vt_stage_say("0:%ju", (uintmax_t)size);
    vt_stage_say("1:%ju", (uintmax_t)size);
    return true;
}

static bool memory_act(const char *dir, struct vt_error *err)
{
    VT_AUTO_WITNESS_MEMORY memory = NULL;

    return vt_witness_memory_open(memory_of(dir), &memory, err) &&
           commit_batch(memory, 1, 1, err) && commit_batch(memory, 4, 3, err) &&
           commit_batch(memory, 5, 1, err);
}

/* Over the end of the file: three batches of 1001 records in 2048 slots. */
static bool filling_act(const char *dir, struct vt_error *err)
{
    VT_AUTO_WITNESS_MEMORY memory = NULL;

    if (!vt_witness_memory_open(memory_of(dir), &memory, err))
        return false;
    for (uint64_t size = 1000; size <= 3000; size += 1000)
        if (!commit_batch(memory, size, 1000, err))
            return false;
    return commit_batch(memory, 3001, 1, err);
}

/* What a restarted witness says (409, or a checkpoint for monitors) is a promise too. */
static void say_all(const struct vt_witness_memory *memory)
{
    for (unsigned log = 0; log < 2; log++) {
        struct vt_witness_seen wanted = seen_of(log, 0);
        const struct vt_witness_seen *seen = vt_witness_memory_find(memory, &wanted.log);

        if (seen != NULL)
            vt_stage_say("%u:%ju", log, (uintmax_t)seen->size);
    }
}

static bool memory_restart(const char *dir, struct vt_error *err)
{
    VT_AUTO_WITNESS_MEMORY memory = NULL;

    if (!vt_witness_memory_open(memory_of(dir), &memory, err))
        return false;
    say_all(memory);
    return true;
}

/* The last size that was promised for that log; never one smaller than before. */
static uint64_t promised(unsigned log)
{
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    vt_slice line;
    uint64_t last = 0;

    while (vt_read_line(&r, &line)) {
        uint64_t size = 0;

        if (line.data[0] != '0' + log)
            continue;
        VT_CHECK(vt_decimal_parse(vt_slice_sub(line, 2, line.len - 2), &size));
        VT_CHECK_SAYING(size >= last, "log %u: %ju was said after %ju", log,
                        (uintmax_t)size, (uintmax_t)last);
        last = size;
    }
    return last;
}

static void memory_check(const char *dir)
{
    struct vt_error err = { 0 };
    VT_AUTO_WITNESS_MEMORY memory = NULL;

    VT_CHECK_OK(vt_witness_memory_read(memory_of(dir), &memory, &err));
    for (unsigned log = 0; log < 2; log++) {
        struct vt_witness_seen wanted = seen_of(log, 0);
        const struct vt_witness_seen *seen = vt_witness_memory_find(memory, &wanted.log);
        uint64_t size = seen != NULL ? seen->size : 0;

        VT_CHECK_SAYING(size >= promised(log), "log %u: %ju was promised, %ju is there",
                        log, (uintmax_t)promised(log), (uintmax_t)size);
        wanted = seen_of(log, size);
        VT_CHECK(seen == NULL || vt_hash_equal(&seen->root, &wanted.root));
    }
}

static const struct vt_stage_play memory_play = {
    .name = "a witness's memory",
    .prepare = memory_prepare,
    .act = memory_act,
    .restart = memory_restart,
    .check = memory_check,
};

static const struct vt_stage_play filling_play = {
    .name = "a witness's memory that gets full",
    .prepare = memory_prepare,
    .act = filling_act,
    .restart = memory_restart,
    .check = memory_check,
    .torn_seeds = 1,
};

/* Making one; before it is made, nothing was promised. */
static bool making_act(const char *dir, struct vt_error *err)
{
    VT_AUTO_WITNESS_MEMORY memory = NULL;

    return vt_witness_memory_init(memory_of(dir), err) &&
           vt_witness_memory_open(memory_of(dir), &memory, err) &&
           commit_batch(memory, 1, 1, err);
}

/* As an operator: `init` again, and if that finds a used one, it is used. */
static bool making_restart(const char *dir, struct vt_error *err)
{
    if (!vt_witness_memory_init(memory_of(dir), err) && err->code != VT_REJECTED)
        return false;
    return memory_restart(dir, err);
}

static const struct vt_stage_play making_play = {
    .name = "making a witness's memory",
    .act = making_act,
    .restart = making_restart,
    .check = memory_check,
};

/* ---- the signer as a process ------------------------------------------------------------
 * "0:N" is said when its verdict for size N has come. */

static const uint8_t KEY_SEED = 50, LOG_SEED = 1;

static const char *key_file(const char *dir)
{
    return vt_test_print("%s/w.key", dir);
}

static void signer_prepare(const char *dir)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    VT_AUTO_KEY key = vt_test_key(KEY_SEED);
    struct vt_disk *disk;

    VT_CHECK_OK(vt_key_write_pem(key, (vt_slice){ 0 }, &pem, &err));
    VT_CHECK_OK(vt_disk_open(dir, false, &disk, &err));
    VT_CHECK_OK(vt_disk_write(disk, "w.key", vt_buf_slice(&pem), 0600, &err));
    vt_disk_close(disk);
    memory_prepare(dir);
}

static bool start_signer(const char *dir, const struct vt_small_log *log,
                         struct vt_role **role, struct vt_error *err)
{
    VT_AUTO_KEY key = vt_test_key(KEY_SEED);
    struct vt_witness_config config = vt_witness_config_new(vt_test_arena());
    struct vt_vkey log_key =
        vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(log->key));
    struct vt_witness_begin begin = { .folder = vt_slice_from_cstr(memory_of(dir)),
                                      .key = vt_slice_from_cstr(key_file(dir)) };

    begin.vkey = vt_vkey_of(VT_LIT("w"), VT_NOTE_COSIGNATURE, vt_key_public(key));
    return vt_witness_config_add(&config, VT_LIT(ORIGIN), &log_key, err) &&
           vt_role_start(VT_ROLE_WITNESS_SIGNER, NULL, 0, role, err) &&
           vt_witness_tell(vt_role_channel(*role), &begin, &config, err);
}

/* The question that a front would ask. */
static bool question_of(const struct vt_small_log *log, uint64_t old_size, uint64_t size,
                        struct vt_witness_question *out, struct vt_error *err)
{
    struct vt_proof proof = { .count = 0 };
    vt_slice note = vt_small_log_note(log, size);
    vt_slice text = vt_slice_sub(note, 0, 0);

    while (!(note.data[text.len] == '\n' && note.data[text.len + 1] == '\n'))
        text.len++;
    text.len++;
    *out = (struct vt_witness_question){ .log = vt_sha256_of(VT_LIT(ORIGIN)),
                                         .old_size = old_size,
                                         .size = size,
                                         .root = vt_small_log_root(log, size),
                                         .key_id =
                                             vt_vkey_id(VT_LIT(ORIGIN), VT_NOTE_ED25519,
                                                        vt_key_public(log->key)->bytes) };
    if (!vt_small_log_prove((void *)(uintptr_t)log, old_size, size, &proof, err) ||
        !vt_key_sign(log->key, text, out->log_signature, err))
        return false;
    out->proof_count = proof.count;
    memcpy(out->proof, proof.hashes, sizeof out->proof);
    return true;
}

/* Two steps of growth in one batch. */
static bool ask_two(struct vt_channel *channel, const struct vt_small_log *log,
                    uint64_t from, struct vt_error *err)
{
    VT_AUTO_BUF body = vt_buf_init(VT_MESSAGE_BYTES_MAX);
    struct vt_witness_question question;
    vt_slice answer;
    vt_reader r;
    uint16_t count;

    vt_buf_put_u16(&body, 2);
    for (uint64_t i = 0; i < 2; i++) {
        if (!question_of(log, from + i, from + i + 1, &question, err))
            return false;
        vt_witness_question_write(&body, &question);
    }
    if (!vt_channel_call(channel, VT_WITNESS_MSG_QUESTIONS, vt_buf_slice(&body),
                         VT_WITNESS_MSG_VERDICTS, 30000, &answer, err))
        return false;
    r = (vt_reader){ answer };
    VT_CHECK(vt_read_u16(&r, &count) && count == 2);
    for (uint64_t i = 0; i < 2; i++) {
        struct vt_witness_verdict verdict;

        VT_CHECK(vt_witness_verdict_read(&r, &verdict));
        if (verdict.judgement == VT_WITNESS_YES)
            vt_stage_say("0:%ju", (uintmax_t)(from + i + 1));
        else /* what it says of its past is a promise as well */
            vt_stage_say("0:%ju", (uintmax_t)verdict.seen_size);
    }
    return true;
}

static bool signer_act(const char *dir, struct vt_error *err)
{
    struct vt_small_log log = vt_small_log_of(ORIGIN, LOG_SEED);
    VT_AUTO_ROLE role = NULL;
    bool is_ok = start_signer(dir, &log, &role, err) &&
                 ask_two(vt_role_channel(role), &log, 0, err) &&
                 ask_two(vt_role_channel(role), &log, 2, err);

    vt_key_close(log.key);
    return is_ok;
}

/* It is started again, and asked for its past: size 0 is answered with 409. */
static bool signer_restart(const char *dir, struct vt_error *err)
{
    struct vt_small_log log = vt_small_log_of(ORIGIN, LOG_SEED);
    VT_AUTO_ROLE role = NULL;
    bool is_ok =
        start_signer(dir, &log, &role, err) && ask_two(vt_role_channel(role), &log, 0, err);

    vt_key_close(log.key);
    return is_ok;
}

static void signer_check(const char *dir)
{
    struct vt_error err = { 0 };
    struct vt_small_log log = vt_small_log_of(ORIGIN, LOG_SEED);
    vt_hash id = vt_sha256_of(VT_LIT(ORIGIN)), root;
    const struct vt_witness_seen *seen;
    VT_AUTO_WITNESS_MEMORY memory = NULL;
    uint64_t size;

    VT_CHECK_OK(vt_witness_memory_read(memory_of(dir), &memory, &err));
    seen = vt_witness_memory_find(memory, &id);
    size = seen != NULL ? seen->size : 0;
    VT_CHECK_SAYING(size >= promised(0), "%ju was answered, %ju is remembered",
                    (uintmax_t)promised(0), (uintmax_t)size);
    root = vt_small_log_root(&log, size);
    VT_CHECK(seen == NULL || vt_hash_equal(&seen->root, &root));
    vt_key_close(log.key);
}

static const struct vt_stage_play signer_play = {
    .name = "a witness's signer",
    .prepare = signer_prepare,
    .act = signer_act,
    .restart = signer_restart,
    .check = signer_check,
};

/* ---- the cases --------------------------------------------------------------------------
 */

static void the_memory_forgets_nothing(void)
{
    /* What is read at the start is synced by opening it, and written anew at once. */
    static const char *const spare[] = { "lock: settle of disk", NULL };

    vt_stage_must_hold(&memory_play);
    vt_stage_must_need_every_sync(&memory_play, spare);
}

static void a_full_memory_forgets_nothing(void)
{
    vt_stage_must_hold(&filling_play);
}

static void making_a_memory_can_be_cut_off(void)
{
    vt_stage_must_hold(&making_play);
}

static void the_signer_forgets_nothing(void)
{
    vt_stage_must_hold(&signer_play);
    vt_stage_must_need(&signer_play, "journal: sync of cosigned");
}

static const struct vt_case cases[] = {
    { "the memory forgets nothing", the_memory_forgets_nothing },
    { "a full memory forgets nothing", a_full_memory_forgets_nothing },
    { "making a memory can be cut off", making_a_memory_can_be_cut_off },
    { "the signer forgets nothing", the_signer_forgets_nothing },
};

VT_TEST_MAIN("crash_witness", cases)
