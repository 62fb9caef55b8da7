/* Bytes beside a log, broken at each disk operation: an entry that is there has the bytes
 * that it names, and a mirror that holds an entry has them or knows that it wants them. */
#include "ledger/beside.h"
#include "ledger/mirror.h"
#include "tests/own_log.h"
#include "tests/small_log.h"
#include "tests/stage.h"

#define ORIGIN "ledger.example/crash-beside"
#define BYTES  "the bytes of a long predicate"

enum { SEED = 92, SLOT_BYTES = 3 * 4096 };

static const char *in(const char *scene, const char *name)
{
    return vt_test_print("%s/%s", scene, name);
}

/* A signed statement that names the bytes. */
static vt_slice namer(void)
{
    const struct vt_key *key = vt_test_key(SEED);
    vt_slice type = VT_LIT("application/vnd.in-toto+json"), payload;
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    vt_hash digest = vt_sha256_of(VT_LIT(BYTES));
    uint8_t bytes[64];
    struct vt_dsse_signature signature = { vt_slice_from_cstr(id.text),
                                           vt_slice_of(bytes, sizeof bytes) };
    struct vt_error err = { 0 };
    char hex[65];

    vt_hash_text(&digest, hex);
    payload = vt_slice_from_cstr(vt_test_print(
        "{\"predicate\":{\"sha256\":\"%s\",\"size\":%zu}}", hex, sizeof BYTES - 1));
    VT_CHECK_OK(vt_dsse_sign(key, type, payload, bytes, &err));
    VT_CHECK_OK(vt_dsse_write(type, payload, &signature, 1, &text, &err));
    return vt_slice_from_cstr(vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text)));
}

/* Whole, in that folder? */
static bool is_kept(const char *dir)
{
    vt_hash digest = vt_sha256_of(VT_LIT(BYTES));
    char path[VT_BESIDE_PATH_BYTES];
    struct vt_error err = { 0 };
    struct vt_disk *disk;
    uint64_t bytes;
    bool is_ok;

    vt_beside_path(&digest, path);
    VT_CHECK_OK(vt_disk_open(dir, false, &disk, &err));
    is_ok = vt_beside_verify(disk, path, &bytes, &err);
    vt_disk_close(disk);
    return is_ok;
}

/* ---- keeping ----------------------------------------------------------------------------
 */

static bool open_log(const char *scene, struct vt_env *env, struct vt_ledger **out,
                     struct vt_error *err)
{
    struct vt_ledger_options options = { .env = env, .slot_bytes = SLOT_BYTES };

    *env = vt_env_real();
    return vt_ledger_open(in(scene, "log"), &options, out, err);
}

static void prepare_log(const char *scene)
{
    struct vt_own_log log;

    vt_own_log_make(&log, in(scene, "log"), ORIGIN, SEED);
    vt_own_log_close(&log);
}

static bool keep(const char *scene, struct vt_error *err)
{
    struct vt_env env;
    struct vt_ledger *ledger;
    vt_ticket ticket;
    bool is_ok;

    if (!open_log(scene, &env, &ledger, err))
        return false;
    is_ok = vt_ledger_keep_beside(ledger, namer(), VT_LIT(BYTES), err) &&
            vt_ledger_submit(ledger, namer(), &ticket, err) &&
            vt_ledger_wait(ledger, ticket, NULL, err);
    vt_ledger_close(ledger);
    if (is_ok)
        vt_stage_say("added");
    return is_ok;
}

/* The same as it comes over HTTP: in pieces, without the entry. */
static bool keep_in_pieces(const char *scene, struct vt_error *err)
{
    vt_slice bytes = VT_LIT(BYTES);
    vt_hash digest = vt_sha256_of(bytes);
    struct vt_beside_draft *draft;
    struct vt_env env;
    struct vt_ledger *ledger;
    vt_ticket ticket;
    bool is_ok;

    if (!open_log(scene, &env, &ledger, err))
        return false;
    is_ok = vt_ledger_beside_begin(ledger, &digest, &draft, err);
    if (is_ok &&
        (!vt_beside_draft_add(draft, vt_slice_sub(bytes, 0, 9), err) ||
         !vt_beside_draft_add(draft, vt_slice_sub(bytes, 9, bytes.len - 9), err))) {
        vt_beside_draft_discard(draft);
        is_ok = false;
    }
    is_ok = is_ok && vt_beside_draft_finish(draft, err) &&
            vt_ledger_submit(ledger, namer(), &ticket, err) &&
            vt_ledger_wait(ledger, ticket, NULL, err);
    vt_ledger_close(ledger);
    if (is_ok)
        vt_stage_say("added");
    return is_ok;
}

/* Opening is recovery; what is lacking then is not made good by anything. */
static bool recover(const char *scene, struct vt_error *err)
{
    struct vt_env env;
    struct vt_ledger *ledger;

    if (!open_log(scene, &env, &ledger, err))
        return false;
    if (vt_ledger_size(ledger) != 0)
        vt_stage_say("seen");
    vt_ledger_close(ledger);
    return true;
}

static void check_log(const char *scene)
{
    struct vt_error err = { 0 };
    struct vt_env env;
    struct vt_ledger *ledger;
    uint64_t size;

    VT_CHECK_OK(open_log(scene, &env, &ledger, &err));
    size = vt_ledger_size(ledger);
    vt_ledger_close(ledger);
    VT_CHECK_SAYING(size == 0 || is_kept(in(scene, "log")),
                    "an entry is there without the bytes that it names");
    VT_CHECK(size == 1 || (!vt_stage_was_said("added") && !vt_stage_was_said("seen")));
}

static const struct vt_stage_play keeping = {
    .name = "keeping bytes beside a log",
    .prepare = prepare_log,
    .act = keep,
    .restart = recover,
    .check = check_log,
};

static const struct vt_stage_play keeping_in_pieces = {
    .name = "keeping bytes that come in pieces",
    .prepare = prepare_log,
    .act = keep_in_pieces,
    .restart = recover,
    .check = check_log,
};

static void broken_keeping(void)
{
    vt_stage_must_hold(&keeping);
    vt_stage_must_need_every_sync(&keeping, (const char *const[]){ NULL });
}

static void broken_keeping_in_pieces(void)
{
    vt_stage_must_hold(&keeping_in_pieces);
    vt_stage_must_need_every_sync(&keeping_in_pieces, (const char *const[]){ NULL });
}

/* ---- mirroring --------------------------------------------------------------------------
 */

static void prepare_mirror(const char *scene)
{
    struct vt_own_log log;
    struct vt_error err = { 0 };
    vt_ticket ticket;

    vt_own_log_make(&log, in(scene, "log"), ORIGIN, SEED);
    VT_CHECK_OK(vt_ledger_keep_beside(log.ledger, namer(), VT_LIT(BYTES), &err));
    VT_CHECK_OK(vt_ledger_submit(log.ledger, namer(), &ticket, &err));
    VT_CHECK_OK(vt_ledger_wait(log.ledger, ticket, NULL, &err));
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
}

static bool mirror(const char *scene, struct vt_error *err)
{
    VT_AUTO_FREE struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct vt_mirror_options options = { .policy = policy,
                                         .origin = VT_LIT(ORIGIN),
                                         .from = in(scene, "log") };
    struct vt_mirror_report report;
    const char *text = vt_test_print(
        "log %s\nquorum none\n", vt_test_vkey(ORIGIN, VT_NOTE_ED25519, vt_test_key(SEED)));

    if (!vt_policy_parse(vt_slice_from_cstr(text), policy, err) ||
        !vt_mirror_update(in(scene, "copy"), &options, &report, err))
        return false;
    if (report.missing != 0)
        return vt_fail(err, VT_REJECTED, "it is missing");
    vt_stage_say("mirrored");
    return true;
}

/* The restart has mirrored again, without a new entry to see if the copy was whole. */
static void check_mirror(const char *scene)
{
    VT_CHECK(is_kept(in(scene, "copy")));
}

static const struct vt_stage_play mirroring = {
    .name = "mirroring bytes beside a log",
    .prepare = prepare_mirror,
    .act = mirror,
    .restart = mirror,
    .check = check_mirror,
};

static void broken_mirroring(void)
{
    vt_stage_must_hold(&mirroring);
    vt_stage_must_need(&mirroring, "flush: sync file of predicate/wanted/#");
    vt_stage_must_need(&mirroring, "flush: sync folder of predicate/wanted");
    vt_stage_must_need(&mirroring, "flush: sync folder of predicate");
    vt_stage_must_need(&mirroring, "file: sync of sha#/#/#");
}

static const struct vt_case cases[] = {
    { "broken keeping", broken_keeping },
    { "broken keeping in pieces", broken_keeping_in_pieces },
    { "broken mirroring", broken_mirroring },
};

VT_TEST_MAIN("ledger.crash_beside", cases)
