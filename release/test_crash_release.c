/* A desk and a public folder broken at each of their disk operations: what was said to be
 * published stays so and is shown, nothing is shown that lacks a signature, and the same
 * command completes what was begun. */
#include "crypto/verify_note.h"
#include "release/compose.h"
#include "release/publish.h"
#include "tests/stage.h"
#include "tests/world.h"

#define ORIGIN VT_WORLD_ORIGIN

static const char *in(const char *dir, const char *name)
{
    return vt_arena_printf(vt_test_arena(), "%s/%s", dir, name);
}

static struct vt_trust *read_trust(void)
{
    struct vt_world world = vt_world_good();
    struct vt_trust *trust = NULL;
    struct vt_error err = { 0 };
    vt_slice bytes = vt_world_trust(&world);

    if (bytes.len > 0 && bytes.data[bytes.len - 1] == '\n')
        bytes.len--;
    VT_CHECK_OK(vt_trust_parse(bytes, &trust, &err));
    return trust;
}

/* Witnesses are not what is tried here: the log alone is enough.  (A copy of the trust
 * root, changed in memory.) */
static void need_no_witness(struct vt_trust *trust)
{
    struct vt_vkey vkey =
        vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(vt_world_key(VT_P_LOG)));
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(4));
    struct vt_error err = { 0 };

    vt_buf_put_text(&text, "log ");
    vt_vkey_write(&text, &vkey);
    vt_buf_put_text(&text, "\nquorum none\n");
    VT_CHECK_OK(vt_policy_parse(vt_arena_copy(vt_test_arena(), vt_buf_slice(&text)),
                                &trust->policy, &err));
}

/* ---- before: a desk with an approved release, and an empty ledger ----------------------
 */

static void put(struct vt_desk *desk, vt_slice envelope)
{
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_docket_put(desk, "lamp", "1.4.0", envelope, &err));
}

static void put_draft(struct vt_desk *desk, const struct vt_world *w)
{
    put(desk, vt_world_statement(
                  VT_DRAFT, "source",
                  json_pack("{s:s,s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:[],s:s}", "product",
                            w->product, "version", w->version, "sequence",
                            (json_int_t)w->sequence, "channel", w->channel, "kind", w->kind,
                            "source", vt_world_digest(w->source), "recipe",
                            vt_world_digest("recipe"), "lock", vt_world_digest("lock"),
                            "environment", vt_world_digest("environment"), "documents",
                            "created", vt_world_time(VT_WORLD_BEGAN + 5)),
                  VT_BIT(VT_P_VENDOR)));
}

static void put_statements(struct vt_desk *desk, const struct vt_world *world)
{
    struct vt_world_made made;
    struct vt_error err = { 0 };
    struct vt_blobs *blobs;
    vt_hash ignored;

    vt_world_make(world, &made);
    for (size_t i = 1; i < made.envelope_count; i++)
        put(desk, made.envelopes[i]);
    put_draft(desk, world);
    VT_CHECK_OK(vt_docket_blobs(desk, "lamp", "1.4.0", &blobs, &err));
    VT_CHECK_OK(vt_blobs_put(blobs, made.file, &ignored, &err));
    vt_blobs_close(blobs);
}

static void approve(struct vt_desk *desk, const struct vt_trust *trust)
{
    VT_AUTO_BUF release = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_BUF list = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_key *key = vt_world_key(VT_P_SUPERVISOR);
    struct vt_error err = { 0 };
    VT_AUTO_DOCKET docket = NULL;
    struct vt_blobs *blobs;

    VT_CHECK_OK(vt_docket_open(desk, trust, "lamp", "1.4.0", VT_WORLD_NOW, &docket, &err));
    VT_CHECK_OK(vt_docket_blobs(desk, "lamp", "1.4.0", &blobs, &err));
    VT_CHECK_OK(
        vt_compose_release(docket, blobs, VT_WORLD_BEGAN + 400, key, &release, &err));
    vt_blobs_close(blobs);
    VT_CHECK_OK(vt_compose_list((vt_slice){ 0 }, VT_LIST_CURRENT, docket, NULL,
                                VT_WORLD_BEGAN + 400, key, &list, &err));
    VT_CHECK_OK(vt_disk_write(desk->disk, "releases/lamp/1.4.0/list.json",
                              vt_buf_slice(&list), 0644, &err));
    put(desk, vt_buf_slice(&release));
}

static void make_ledger(const char *dir)
{
    struct vt_env env = vt_env_real();
    struct vt_ledger_options options = { .env = &env };
    struct vt_vkey vkey =
        vt_vkey_of(VT_LIT(ORIGIN), VT_NOTE_ED25519, vt_key_public(vt_world_key(VT_P_LOG)));
    VT_AUTO_BUF text = vt_buf_init(VT_KIB(1));
    struct vt_error err = { 0 };

    vt_vkey_write(&text, &vkey);
    VT_CHECK_OK(vt_signer_init(dir, VT_LIT(ORIGIN), &err));
    VT_CHECK_OK(vt_ledger_init(dir,
                               &(struct vt_ledger_config){ .origin = VT_LIT(ORIGIN),
                                                           .vkey = vt_buf_slice(&text),
                                                           .key = VT_LIT("here"),
                                                           .entries = VT_LEDGER_PUBLIC },
                               &options, &err));
}

static void prepare(const char *dir)
{
    struct vt_world world = vt_world_good();
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = read_trust();
    VT_AUTO_DESK desk = { 0 };

    VT_CHECK_OK(vt_desk_open(in(dir, "desk"), true, &desk, &err));
    put_statements(&desk, &world);
    approve(&desk, trust);
    make_ledger(in(dir, "log"));
}

/* ---- the work: publish, then show -------------------------------------------------------
 */

static bool publish(const char *dir, struct vt_desk *desk, struct vt_trust *trust,
                    struct vt_error *err)
{
    struct vt_env env = vt_env_real();
    struct vt_ledger_options options = { .env = &env };
    VT_AUTO_DOCKET docket = NULL;
    VT_AUTO_SIGNER signer = NULL;
    VT_AUTO_LEDGER ledger = NULL;

    if (!vt_docket_open(desk, trust, "lamp", "1.4.0", VT_WORLD_NOW, &docket, err))
        return false;
    if (docket->is_published)
        return true;
    if (!vt_signer_start_here(in(dir, "log"), VT_LIT(ORIGIN), vt_world_key(VT_P_LOG),
                              &signer, err))
        return false;
    options.signer = signer;
    return vt_ledger_open(in(dir, "log"), &options, &ledger, err) &&
           vt_publish_release(&(struct vt_publisher){ desk, trust, ledger, &env }, docket,
                              vt_world_key(VT_P_VENDOR), err);
}

static bool work(const char *dir, struct vt_error *err)
{
    VT_AUTO_TRUST trust = read_trust();
    VT_AUTO_DESK desk = { 0 };

    need_no_witness(trust);
    if (!vt_desk_open(in(dir, "desk"), false, &desk, err) ||
        !publish(dir, &desk, trust, err))
        return false;
    vt_stage_say("published");
    if (!vt_publish_folder(&desk, trust, VT_LIT("{}"), in(dir, "public"), VT_WORLD_NOW,
                           err))
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
    VT_AUTO_TRUST trust = read_trust();
    struct vt_error err = { 0 };
    struct vt_tlog_verdict verdict;
    struct vt_tlog_proof proof;

    need_no_witness(trust);
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
    .prepare = prepare,
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

static const struct vt_case cases[] = {
    { "publishing survives at every operation", publishing_survives },
    { "its syncs are needed", its_syncs_are_needed },
};

VT_TEST_MAIN("release.crash_release", cases)
