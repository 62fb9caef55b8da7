/* Those who look after a log, broken at each of their disk operations: the scrubber's
 * repairs, pruning, a change of keys, the end of a log.  What was there before is there
 * after, and the next call finishes what was begun. */
#include "crypto/verify_note.h"
#include "ledger/frozen.h"
#include "ledger/fsck.h"
#include "ledger/mirror.h"
#include "ledger/monitor.h"
#include "ledger/prune.h"
#include "ledger/rotate.h"
#include "ledger/scrub.h"
#include "tests/own_log.h"
#include "tests/small_log.h"
#include "tests/stage.h"

#define ORIGIN "ledger.example/care"

enum { SIZE = 600, PRUNED = 520, SEED = 71, NEXT_SEED = 72, WITNESS_SEED = 73 };

#define WITHHELD                                                                           \
    "witness w cosigned 85 entries, and more than 0 s later it still shows us no more "    \
    "than 80"

static const char *in(const char *scene, const char *name)
{
    return vt_test_print("%s/%s", scene, name);
}

static void make_log(const char *scene, struct vt_own_log *log)
{
    vt_own_log_make(log, in(scene, "log"), ORIGIN, SEED);
    vt_own_log_grow(log, SIZE);
    vt_own_log_publish(log);
    vt_own_log_close(log);
}

/* The policy of one key of the log. */
static void policy_of(uint8_t seed, char text[500], struct vt_policy *policy)
{
    struct vt_error err = { 0 };

    (void)snprintf(text, 500, "log %s\nquorum none\n",
                   vt_test_vkey(ORIGIN, VT_NOTE_ED25519, vt_test_key(seed)));
    VT_CHECK_OK(vt_policy_parse(vt_slice_from_cstr(text), policy, &err));
}

static void note_finding(void *context, const char *file, const char *what)
{
    (void)context;
    (void)printf("fsck: %s: %s\n", file, what);
}

/* What fsck finds with that key. */
static uint64_t findings_in(const char *dir, uint8_t seed)
{
    struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct vt_fsck_options options = { .policy = policy,
                                       .origin = VT_LIT(ORIGIN),
                                       .found = note_finding };
    struct vt_fsck_report report;
    struct vt_error err = { 0 };
    char text[500];

    policy_of(seed, text, policy);
    VT_CHECK_OK(vt_ledger_fsck(dir, &options, &report, &err));
    free(policy);
    return report.findings;
}

/* Nothing is there that was not signed, and nothing is missing. */
static void check_log(const char *dir)
{
    VT_CHECK(findings_in(dir, SEED) == 0);
}

/* ---- the scrubber ---------------------------------------------------------------------
 */

static void flip(const char *path, size_t at)
{
    vt_slice good = vt_test_read(path);
    VT_AUTO_FREE uint8_t *bytes = vt_alloc(good.len);

    memcpy(bytes, good.data, good.len);
    bytes[at] = (uint8_t)(bytes[at] ^ 8);
    vt_test_write(path, vt_slice_of(bytes, good.len));
}

static void prepare_scrub(const char *scene)
{
    struct vt_own_log log;

    make_log(scene, &log);
    (void)vt_test_run(0, VT_ARGV("cp", "-r", in(scene, "log"), in(scene, "copy")));
    flip(in(scene, "log/checkpoint"), 30);
    flip(in(scene, "log/tile/0/001"), 300);
    flip(in(scene, "log/tile/entries/000"), 50);
}

static void say_finding(void *context, const struct vt_scrub_finding *finding)
{
    (void)context;
    if (finding->repair != VT_SCRUB_NOT_REPAIRED)
        vt_stage_say("repaired %s", finding->file);
}

static bool scrub(const char *scene, struct vt_error *err)
{
    struct vt_env env = vt_env_real();
    struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct vt_scrub_options options = { .env = &env,
                                        .policy = policy,
                                        .origin = VT_LIT(ORIGIN),
                                        .may_repair = true,
                                        .repair_from = in(scene, "copy"),
                                        .found = say_finding };
    struct vt_scrub_report report;
    char text[500];
    bool is_ok;

    policy_of(SEED, text, policy);
    is_ok = vt_ledger_scrub(in(scene, "log"), &options, &report, err);
    free(policy);
    return is_ok &&
           (report.findings == report.repaired || vt_fail(err, VT_IO, "a repair failed"));
}

static void check_scrubbed(const char *scene)
{
    check_log(in(scene, "log"));
}

/* ---- a mirror --------------------------------------------------------------------------
 */

/* The copy holds an older tree than the log shows now. */
static void prepare_mirror(const char *scene)
{
    struct vt_own_log log;

    vt_own_log_make(&log, in(scene, "log"), ORIGIN, SEED);
    vt_own_log_grow(&log, 300);
    vt_own_log_publish(&log);
    (void)vt_test_run(0, VT_ARGV("cp", "-r", in(scene, "log"), in(scene, "copy")));
    (void)vt_test_run(0, VT_ARGV("rm", "-rf", in(scene, "copy/journal"),
                                 in(scene, "copy/signer"), in(scene, "copy/index"),
                                 in(scene, "copy/config.json")));
    vt_own_log_grow(&log, 900);
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
}

static bool mirror(const char *scene, struct vt_error *err)
{
    struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct vt_mirror_options options = { .policy = policy,
                                         .origin = VT_LIT(ORIGIN),
                                         .from = in(scene, "log") };
    struct vt_mirror_report report;
    char text[500];
    bool is_ok;

    policy_of(SEED, text, policy);
    is_ok = vt_mirror_update(in(scene, "copy"), &options, &report, err);
    free(policy);
    if (is_ok)
        vt_stage_say("mirrored");
    return is_ok;
}

/* What was said to be copied needs no second look at the log. */
static bool mirror_again(const char *scene, struct vt_error *err)
{
    return vt_stage_was_said("mirrored") || mirror(scene, err);
}

static void check_mirror(const char *scene)
{
    check_log(in(scene, "copy"));
    VT_CHECK(memmem(vt_test_read(in(scene, "copy/checkpoint")).data, 30, "\n900\n", 5) !=
             NULL);
}

/* ---- a monitor -------------------------------------------------------------------------
 */

static void say_told(void *context, const struct vt_monitor_finding *finding)
{
    (void)context;
    vt_stage_say("%s", finding->what);
}

/* What the witness shows: the log's checkpoint, cosigned in 1970. */
static void cosign(const char *scene)
{
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(8));
    struct vt_key *key = vt_test_key(WITNESS_SEED);
    vt_slice shown = vt_test_read(in(scene, "log/checkpoint"));
    vt_hash id = vt_sha256_of(VT_LIT(ORIGIN));
    struct vt_error err = { 0 };
    struct vt_note note;
    char hex[65];

    vt_hash_text(&id, hex);
    vt_buf_put(&text, shown);
    VT_CHECK_OK(vt_note_parse(shown, &note, &err));
    VT_CHECK_OK(vt_note_cosign(key, VT_LIT("w.example"), 1, note.text, &text, &err));
    vt_key_close(key);
    (void)vt_test_run(0, VT_ARGV("mkdir", "-p", in(scene, in("w", hex))));
    vt_test_write(in(scene, vt_test_print("w/%s/checkpoint", hex)), vt_buf_slice(&text));
}

/* The log shows 80 entries; its witness has seen 85. */
static void prepare_monitor(const char *scene)
{
    struct vt_own_log log;

    vt_own_log_make(&log, in(scene, "log"), ORIGIN, SEED);
    vt_own_log_grow(&log, 80);
    vt_own_log_publish(&log);
    (void)vt_test_run(0, VT_ARGV("cp", "-r", in(scene, "log"), in(scene, "shown")));
    vt_own_log_grow(&log, 85);
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
    cosign(scene);
}

static bool follow_with(const char *scene, const char *wish, struct vt_error *err)
{
    struct vt_env env = vt_env_real();
    struct vt_policy *policy = vt_alloc(sizeof *policy);
    struct vt_watch *watch = vt_alloc(sizeof *watch);
    struct vt_monitor_options options = { .dir = in(scene, "m"),
                                          .env = &env,
                                          .policy = policy,
                                          .watch = watch,
                                          .found = say_told };
    struct vt_monitor_report report;
    const char *prefixes[] = { in(scene, "w") };
    char text[1200], bare[500];
    bool is_ok;

    options.prefixes = prefixes;

    policy_of(SEED, bare, policy);
    (void)snprintf(
        text, sizeof text, "%.*s %s\nwitness w %s\nquorum none\n", (int)strcspn(bare, "\n"),
        bare, in(scene, "shown"),
        vt_test_vkey("w.example", VT_NOTE_COSIGNATURE, vt_test_key(WITNESS_SEED)));
    VT_CHECK(vt_policy_parse(vt_slice_from_cstr(text), policy, err));
    if (wish != NULL)
        watch->texts[watch->text_count++] = vt_slice_from_cstr(wish);
    is_ok = vt_monitor_round(&options, &report, err);
    free(policy);
    free(watch);
    return is_ok && (wish == NULL || report.entries + report.findings != 0 ||
                     vt_stage_was_said("entry 77: contains 77 77") ||
                     vt_fail(err, VT_IO, "the log could not be followed"));
}

static bool monitor(const char *scene, struct vt_error *err)
{
    return follow_with(scene, "77 77", err);
}

/* Entry 77 is in the copy before anybody asks for it. */
static void prepare_wish(const char *scene)
{
    struct vt_error err = { 0 };

    prepare_monitor(scene);
    VT_CHECK_OK(follow_with(scene, NULL, &err));
    VT_CHECK(vt_path_exists(in(scene, "m/findings")));
}

static bool wish_again(const char *scene, struct vt_error *err)
{
    return vt_stage_was_said("entry 77: contains 77 77") || monitor(scene, err);
}

static void check_wish(const char *scene)
{
    VT_CHECK(vt_stage_was_said("entry 77: contains 77 77"));
    (void)vt_test_run(0, VT_ARGV("sh", "-c",
                                 "cat $0/m/findings/* $0/m/untold/* 2>/dev/null | "
                                 "grep -q 'entry 77'",
                                 scene));
}

static bool monitor_again(const char *scene, struct vt_error *err)
{
    return (vt_stage_was_said("entry 77: contains 77 77") && vt_stage_was_said(WITHHELD)) ||
           monitor(scene, err);
}

/* The one entry was told and what is withheld too, and both are still known. */
static void check_monitor(const char *scene)
{
    VT_CHECK(vt_stage_was_said("entry 77: contains 77 77"));
    VT_CHECK(vt_stage_was_said(WITHHELD));
    (void)vt_test_run(0, VT_ARGV("sh", "-c",
                                 "test $(cat $0/m/findings/* $0/m/untold/* "
                                 "2>/dev/null | grep -c 'cosigned 85') -ge 1",
                                 scene));
    (void)vt_test_run(0, VT_ARGV("sh", "-c",
                                 "test $(cat $0/m/findings/* $0/m/untold/* "
                                 "2>/dev/null | grep -c 'entry 77') -ge 1",
                                 scene));
}

/* ---- pruning --------------------------------------------------------------------------
 */

static void prepare_prune(const char *scene)
{
    struct vt_own_log log;

    make_log(scene, &log);
}

static bool prune(const char *scene, struct vt_error *err)
{
    struct vt_prune_options options = { .below = PRUNED, .policy = VT_LIT("a year") };
    struct vt_prune_report report;

    if (!vt_ledger_prune(in(scene, "log"), &options, &report, err))
        return false;
    vt_stage_say("pruned");
    return true;
}

/* All entries are still here, in one place or the other; what was promised is gone from
 * where it was served. */
static void check_pruned(const char *scene)
{
    struct vt_own_log log = { .dir = in(scene, "log"),
                              .origin = ORIGIN,
                              .key = vt_test_key(SEED) };
    struct vt_error err = { 0 };

    check_log(log.dir);
    vt_own_log_open(&log);
    for (uint64_t i = 0; i < SIZE; i += 50) {
        VT_AUTO_BUF entry = vt_buf_init(VT_ENTRY_BYTES_MAX);

        VT_CHECK_OK(vt_ledger_read(log.ledger, i, &entry, &err));
        VT_CHECK(
            vt_slice_equal(vt_buf_slice(&entry), vt_slice_from_cstr(vt_own_log_entry(i))));
    }
    vt_own_log_close(&log);
    if (vt_stage_was_said("pruned")) {
        VT_CHECK(!vt_path_exists(in(scene, "log/tile/entries/001")));
        VT_CHECK(!vt_path_exists(in(scene, "log/tile/0/000")));
    }
    VT_CHECK(vt_path_exists(in(scene, "log/tile/entries/002.p/88")));
}

/* ---- keys
 * ---------------------------------------------------------------------------------
 */

/* `vitrine ledger ...`, which is on the stage too. */
static bool run(const char *const argv[], struct vt_error *err)
{
    VT_AUTO_BUF output = vt_buf_init(VT_MIB(1));
    struct vt_child_options options = { .output = &output,
                                        .errors = &output,
                                        .timeout_ms = 60 * 1000 };
    const char *actual[20] = { vt_test_vitrine(), "ledger" };
    struct vt_child_end end;

    for (size_t i = 0; i < 17 && argv[i] != NULL; i++)
        actual[2 + i] = argv[i];
    if (!vt_child_run(actual, &options, &end, err))
        return false;
    return end.exit_code == 0 || vt_fail(err, end.exit_code == 1 ? VT_REJECTED : VT_IO,
                                         "%s: %s", argv[0], vt_buf_cstr(&output));
}

static void write_key(const char *path, uint8_t seed)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));

    VT_CHECK_OK(vt_key_write_pem(vt_test_key(seed), VT_LIT(""), &pem, &err));
    vt_test_write(path, vt_buf_slice(&pem));
    VT_CHECK(chmod(path, 0600) == 0);
}

static void prepare_command(const char *scene)
{
    struct vt_error err = { 0 };

    write_key(in(scene, "key"), SEED);
    write_key(in(scene, "next key"), NEXT_SEED);
    vt_test_write(in(scene, "one"), VT_LIT("one"));
    vt_test_write(in(scene, "two"), VT_LIT("two"));
    VT_CHECK_OK(run(VT_ARGV("init", "--dir", in(scene, "log"), "--origin", ORIGIN, "--key",
                            in(scene, "key")),
                    &err));
    VT_CHECK_OK(run(VT_ARGV("add", "--dir", in(scene, "log"), in(scene, "one")), &err));
}

static const char *next_vkey(void)
{
    return vt_test_vkey(ORIGIN, VT_NOTE_ED25519, vt_test_key(NEXT_SEED));
}

/* The operator calls again what did not say that it was done. */
static bool rotate_begin(const char *scene, struct vt_error *err)
{
    return vt_ledger_rotate_begin(in(scene, "log"), in(scene, "next key"),
                                  vt_slice_from_cstr(next_vkey()), err);
}

/* With both keys set, both sign. */
static void check_begun(const char *scene)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(run(VT_ARGV("add", "--dir", in(scene, "log"), in(scene, "two")), &err));
    VT_CHECK(findings_in(in(scene, "log"), SEED) == 0);
    VT_CHECK(findings_in(in(scene, "log"), NEXT_SEED) == 0);
}

static void prepare_begun(const char *scene)
{
    struct vt_error err = { 0 };

    prepare_command(scene);
    VT_CHECK_OK(run(VT_ARGV("rotate-key", "--dir", in(scene, "log"), "--new-key",
                            in(scene, "next key")),
                    &err));
}

static bool rotate_finish(const char *scene, struct vt_error *err)
{
    return vt_ledger_rotate_finish(in(scene, "log"), err) ||
           (err->code == VT_REJECTED && strstr(err->message, "no change of keys") != NULL);
}

static void check_finished(const char *scene)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(run(VT_ARGV("add", "--dir", in(scene, "log"), in(scene, "two")), &err));
    VT_CHECK(findings_in(in(scene, "log"), SEED) != 0);
    VT_CHECK(findings_in(in(scene, "log"), NEXT_SEED) == 0);
}

/* ---- the end of a log -----------------------------------------------------------------
 */

static bool freeze(const char *scene, struct vt_error *err)
{
    struct vt_env env = vt_env_real();
    struct vt_ledger_options options = { .env = &env };
    VT_AUTO_SIGNER signer = NULL;
    VT_AUTO_LEDGER ledger = NULL;

    if (!vt_signer_start_here(in(scene, "log"), VT_LIT(ORIGIN), vt_test_key(SEED), &signer,
                              err))
        return false;
    options.signer = signer;
    return vt_ledger_open(in(scene, "log"), &options, &ledger, err) &&
           vt_ledger_freeze(ledger, VT_LIT("ledger.example/next"),
                            vt_slice_from_cstr(next_vkey()), err);
}

static bool freeze_again(const char *scene, struct vt_error *err)
{
    if (vt_path_exists(in(scene, "log/" VT_FROZEN_NAME)))
        return vt_frozen_tell_signer(in(scene, "log"), err);
    return freeze(scene, err);
}

/* Entries that were durable and not published when it ended are in its last tree. */
static void prepare_freeze(const char *scene)
{
    struct vt_own_log log;

    make_log(scene, &log);
    vt_own_log_open(&log);
    vt_own_log_grow(&log, SIZE + 10);
    vt_own_log_close(&log);
}

static void check_frozen(const char *scene)
{
    struct vt_env env = vt_env_real();
    struct vt_ledger_options options = { .env = &env };
    struct vt_signer *signer;
    struct vt_ledger *ledger;
    struct vt_error err = { 0 };

    check_log(in(scene, "log"));
    VT_CHECK_FAILS(VT_REJECTED, vt_signer_start_here(in(scene, "log"), VT_LIT(ORIGIN),
                                                     vt_test_key(SEED), &signer, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_ledger_open(in(scene, "log"), &options, &ledger, &err));
    VT_CHECK(memmem(vt_test_read(in(scene, "log/checkpoint")).data, 30, "\n610\n", 5) !=
             NULL);
}

/* ---- cases ----------------------------------------------------------------------------
 */

static const struct vt_stage_play scrubbing = {
    .name = "repairs",
    .prepare = prepare_scrub,
    .act = scrub,
    .restart = scrub,
    .check = check_scrubbed,
    .torn_seeds = 1,
    .twice_every = 8,
};

static const struct vt_stage_play mirroring = {
    .name = "a mirror",
    .prepare = prepare_mirror,
    .act = mirror,
    .restart = mirror_again,
    .check = check_mirror,
    .torn_seeds = 1,
    .twice_every = 8,
};

static const struct vt_stage_play following = {
    .name = "a monitor",
    .prepare = prepare_monitor,
    .act = monitor,
    .restart = monitor_again,
    .check = check_monitor,
    .torn_seeds = 1,
    .twice_every = 8,
};

static const struct vt_stage_play wishing = {
    .name = "a later watch",
    .prepare = prepare_wish,
    .act = monitor,
    .restart = wish_again,
    .check = check_wish,
    .torn_seeds = 1,
    .twice_every = 8,
};

static const struct vt_stage_play pruning = {
    .name = "pruning",
    .prepare = prepare_prune,
    .act = prune,
    .restart = prune,
    .check = check_pruned,
    .torn_seeds = 1,
    .twice_every = 8,
};

static const struct vt_stage_play beginning = {
    .name = "the next key",
    .prepare = prepare_command,
    .act = rotate_begin,
    .restart = rotate_begin,
    .check = check_begun,
    .torn_seeds = 1,
    .twice_every = 100,
};

static const struct vt_stage_play finishing = {
    .name = "the next key alone",
    .prepare = prepare_begun,
    .act = rotate_finish,
    .restart = rotate_finish,
    .check = check_finished,
    .torn_seeds = 1,
    .twice_every = 100,
};

static const struct vt_stage_play ending = {
    .name = "the end of a log",
    .prepare = prepare_freeze,
    .act = freeze,
    .restart = freeze_again,
    .check = check_frozen,
    .torn_seeds = 1,
    .twice_every = 8,
};

static void broken_repairs(void)
{
    vt_stage_must_hold(&scrubbing);
}

static void broken_mirror(void)
{
    vt_stage_must_hold(&mirroring);
    vt_stage_must_need(&mirroring, "file: sync of checkpoint");
}

static void broken_monitor(void)
{
    vt_stage_must_hold(&following);
    vt_stage_must_need(&following, "file: sync of untold/#.json");
    vt_stage_must_hold(&wishing);
}

static void broken_pruning(void)
{
    vt_stage_must_hold(&pruning);
    vt_stage_must_need(&pruning, "file: sync of retention.json");
}

static void broken_change_of_keys(void)
{
    vt_stage_must_hold(&beginning);
    vt_stage_must_hold(&finishing);
}

static void broken_end(void)
{
    vt_stage_must_hold(&ending);
}

static const struct vt_case cases[] = {
    { "broken repairs", broken_repairs },
    { "broken mirror", broken_mirror },
    { "broken monitor", broken_monitor },
    { "broken pruning", broken_pruning },
    { "broken change of keys", broken_change_of_keys },
    { "broken end", broken_end },
};

VT_TEST_MAIN("ledger.crash_care", cases)
