/* A desk and a public folder broken at each of their disk operations: what was said to be
 * published stays so and is shown, nothing is shown that lacks a signature, and the same
 * command completes what was begun. */
#include "release/next_list.h"
#include "tests/own_desk.h"
#include "tests/stage.h"
#include "tests/world.h"

#define ORIGIN VT_WORLD_ORIGIN

static const char *in(const char *dir, const char *name)
{
    return vt_test_print("%s/%s", dir, name);
}

/* ---- the work: publish, then show -------------------------------------------------------
 */

static bool show(const char *dir, struct vt_desk *desk, const struct vt_trust *trust,
                 struct vt_error *err)
{
    struct vt_behind behind;

    return vt_publish_folder(desk, trust, VT_LIT("{}"), in(dir, "public"), VT_WORLD_NOW,
                             &behind, err) &&
           (behind.count == 0 || vt_fail(err, behind.code, "a release stays behind"));
}

static bool work(const char *dir, struct vt_error *err)
{
    VT_AUTO_TRUST trust = vt_own_desk_trust();
    VT_AUTO_DESK desk = { 0 };

    if (!vt_desk_open(in(dir, "desk"), false, &desk, err) ||
        !vt_own_desk_publish(dir, &desk, trust, err))
        return false;
    vt_stage_say("published");
    if (!show(dir, &desk, trust, err))
        return false;
    vt_stage_say("shown");
    return true;
}

/* ---- what must hold ---------------------------------------------------------------------
 */

static bool is_there(const char *dir, const char *name)
{
    return vt_path_exists(in(dir, name));
}

/* The evidence that is shown: both signed, and its proofs are of a ledger that holds it. */
static void check_evidence(const char *dir)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_EVIDENCE_BYTES_MAX);
    VT_AUTO_EVIDENCE evidence = NULL;
    VT_AUTO_TRUST trust = vt_own_desk_trust();
    struct vt_error err = { 0 };
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof proof;

    VT_CHECK_OK(vt_file_read(in(dir, "public/lamp/1.4.0/lamp.bin.evidence"), &bytes, &err));
    VT_CHECK_OK(vt_evidence_parse(vt_buf_slice(&bytes), &evidence, &err));
    VT_CHECK(vt_envelope_is_signed_by(evidence->release,
                                      vt_key_public(vt_world_key(VT_P_VENDOR))));
    VT_CHECK(vt_envelope_is_signed_by(evidence->release,
                                      vt_key_public(vt_world_key(VT_P_SUPERVISOR))));
    VT_CHECK_OK(vt_tlog_proof_parse(evidence->proof, &proof, &err));
    VT_CHECK_OK(vt_tlog_proof_verify(&proof, &evidence->release_leaf, &trust->policy,
                                     VT_LIT(ORIGIN), &verdict, &err));
    VT_CHECK_OK(vt_tlog_proof_parse(evidence->withdrawals_proof, &proof, &err));
    VT_CHECK_OK(vt_tlog_proof_verify(&proof, &evidence->withdrawals_leaf, &trust->policy,
                                     VT_LIT(ORIGIN), &verdict, &err));
}

static void check(const char *dir)
{
    if (vt_stage_was_said("published"))
        VT_CHECK(is_there(dir, "desk/releases/lamp/1.4.0/release.tlog-proof") &&
                 is_there(dir, "desk/withdrawals/1.json") &&
                 is_there(dir, "desk/withdrawals/1.tlog-proof"));
    if (vt_stage_was_said("shown"))
        VT_CHECK(is_there(dir, "public/index.json") &&
                 is_there(dir, "public/lamp/1.4.0/lamp.bin"));
    if (is_there(dir, "public/lamp/1.4.0/lamp.bin.evidence"))
        check_evidence(dir);
    if (is_there(dir, "public/lamp/1.4.0/lamp.bin"))
        VT_CHECK(vt_slice_equal(vt_test_read(in(dir, "public/lamp/1.4.0/lamp.bin")),
                                vt_slice_from_cstr(vt_world_good().file)));
}

static const struct vt_stage_play play = {
    .name = "publish",
    .prepare = vt_own_desk_prepare,
    .act = work,
    .restart = work,
    .check = check,
    .twice_every = 8,
};

static void publishing_survives(void)
{
    vt_stage_must_hold(&play);
}

/* Three of its syncs, left out: each is missed. */
static void its_syncs_are_needed(void)
{
    vt_stage_must_need(&play, "file: sync of withdrawals/#.tlog-proof");
    vt_stage_must_need(&play, "file: sync folder of withdrawals/#.tlog-proof");
    vt_stage_must_need(&play, "file: sync of head");
}

/* ---- a withdrawal: what was said to be shown is, in the list and in the evidence --------
 */

static void prepare_published(const char *dir)
{
    struct vt_error err = { 0 };

    vt_own_desk_prepare(dir);
    VT_CHECK_OK(work(dir, &err));
}

static bool withdraw(const char *dir, struct vt_error *err)
{
    VT_AUTO_TRUST trust = vt_own_desk_trust();
    VT_AUTO_DESK desk = { 0 };

    if (!vt_desk_open(in(dir, "desk"), false, &desk, err) ||
        !vt_own_desk_withdraw(dir, &desk, trust, err) || !show(dir, &desk, trust, err) ||
        !vt_next_list_end(&desk, err))
        return false;
    vt_stage_say("withdrawn");
    return true;
}

/* Number of the list that this file bears. */
static uint64_t list_in(const char *dir, const char *name)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    struct vt_withdrawals list;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_envelope_parse(vt_test_read(in(dir, name)), &envelope, &err));
    VT_CHECK_OK(vt_withdrawals_read(&envelope.statement, &list, &err));
    VT_CHECK(json_array_size(list.withdrawn) == (list.version == 2));
    return list.version;
}

static void check_withdrawn(const char *dir)
{
    uint64_t shown = list_in(dir, "public/withdrawals.json");

    check_evidence(dir);
    if (!vt_stage_was_said("withdrawn")) {
        /* What is not shown yet is still to be done. */
        VT_CHECK(shown == 2 || !is_there(dir, "desk/withdrawals/2.tlog-proof") ||
                 is_there(dir, "desk/withdrawals/next.json"));
        return;
    }
    VT_CHECK(shown == 2 && is_there(dir, "desk/withdrawals/2.tlog-proof") &&
             !is_there(dir, "desk/withdrawals/next.json"));
    VT_CHECK(
        strstr(vt_arena_cstr(vt_test_arena(), vt_test_read(in(dir, "public/index.json"))),
               "\"state\":\"withdrawn\"") != NULL);
}

static const struct vt_stage_play withdrawal = {
    .name = "withdraw",
    .prepare = prepare_published,
    .act = withdraw,
    .restart = withdraw,
    .check = check_withdrawn,
    .torn_seeds = 1,
    .twice_every = 16,
};

static void withdrawing_survives(void)
{
    vt_stage_must_hold(&withdrawal);
}

static const struct vt_case cases[] = {
    { "withdrawing survives at every operation", withdrawing_survives },
    { "publishing survives at every operation", publishing_survives },
    { "its syncs are needed", its_syncs_are_needed },
};

VT_TEST_MAIN("release.crash_release", cases)
