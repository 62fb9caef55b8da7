/* A porter whose disk is broken at each operation: a code registers one passkey however
 * often it is tried, a session that was told is there after a restart, one that was closed
 * stays closed, and a wish to rebuild that was taken is kept.
 *
 * The dice are replayed, so that the answers of a recorded passkey fit: challenges of bytes
 * 1, 2 and 4, tokens of 3 and 5.  Sealing that a session was opened throws three more. */
#include "centre/rebuild_form.h"
#include "centre/rebuilding.h"
#include "tests/passkey_vector.h"
#include "tests/reviewers_world.h"
#include "tests/stage.h"
#include "wire/hex.h"
#include <sys/stat.h>

static const char *const lamp[] = { "lamp", NULL };

static void throw_dice(void *context, uint8_t *out, size_t len)
{
    static const uint8_t thrown[] = { 1, 2, 3, 101, 102, 103, 4, 5 };
    uint8_t *count = context;

    memset(out, *count < sizeof thrown ? thrown[*count] : 100 + *count, len);
    ++*count;
}

static int64_t now_ms(void *context)
{
    (void)context;
    return (int64_t)time(NULL) * 1000;
}

static vt_slice bytes(const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *out = vt_arena_alloc(vt_test_arena(), len);

    VT_CHECK(vt_hex_parse(vt_slice_from_cstr(hex), out, len));
    return vt_slice_of(out, len);
}

/* With a record in it, and room: how it is made is tried in centre/test_crash_sealed.c. */
static void prepare_sealed(const char *dir, struct vt_trust *trust)
{
    static const struct vt_sealed_words nothing = { 0 };
    static const vt_hash nobody = { { 0 } };
    const struct vt_env env = vt_env_real();
    struct vt_age_recipient recipient;
    struct vt_disk *above, *disk;
    struct vt_sealed *sealed;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_disk_open(dir, false, &above, &err));
    VT_CHECK_OK(
        vt_seal_read(above, trust, VT_LIT("localhost"), time(NULL), &recipient, &err));
    VT_CHECK_OK(vt_disk_open_below(above, VT_CENTRE_PORTER, &disk, &err));
    VT_CHECK_OK(vt_sealed_open(disk, &env, &recipient, &sealed, &err));
    VT_CHECK_OK(
        vt_sealed_add(sealed, VT_SEALED_CLOSED, nobody.bytes, &nobody, &nothing, &err));
    VT_CHECK_OK(vt_sealed_settle(sealed, &err));
    vt_sealed_close(sealed);
    vt_disk_close(disk);
    vt_disk_close(above);
}

static void prepare(const char *dir)
{
    struct vt_trust *trust;
    struct vt_centre_world world = { .world = vt_world_good(), .folder = dir };

    vt_world_move(&world.world, time(NULL) - VT_WORLD_NOW);
    trust = vt_reviewers_seal(&world, "localhost");
    vt_reviewers_invite(
        &world, "rahel",
        vt_reviewers_invitation("rahel", lamp, -60, 36000,
                                VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR)));
    VT_CHECK(mkdir(vt_test_print("%s/" VT_CENTRE_REBUILDS, dir), 0755) == 0);
    VT_CHECK(mkdir(vt_test_print("%s/porter", dir), 0755) == 0);
    VT_CHECK(mkdir(vt_test_print("%s/porter/passkeys", dir), 0755) == 0);
    VT_CHECK(mkdir(vt_test_print("%s/porter/sessions", dir), 0755) == 0);
    VT_CHECK(mkdir(vt_test_print("%s/porter/" VT_CENTRE_REBUILDS, dir), 0755) == 0);
    prepare_sealed(dir, trust);
}

static bool open_porter(const char *dir, uint8_t *dice, struct vt_porter **out,
                        struct vt_error *err)
{
    const struct vt_env env = { now_ms, throw_dice, dice };
    vt_slice text = vt_test_read(vt_test_print("%s/trust.json", dir));
    struct vt_trust *trust;

    if (!vt_trust_parse(text, &trust, err))
        return false;
    vt_test_keep(trust);
    return vt_porter_open(dir, VT_PASSKEY_ORIGIN, trust, &env, out, err);
}

/* Register; said when it was promised.  Refused for good reason: true too. */
static bool enrol(struct vt_porter *porter, struct vt_error *err)
{
    vt_slice code = vt_slice_from_cstr(vt_reviewers_code("rahel"));
    json_t *answer = NULL;

    if (!vt_porter_challenge(porter, code, &answer, err))
        return false;
    json_decref(answer);
    if (vt_porter_enrol(porter, code, bytes(VT_PASSKEY_CLIENT_CREATE),
                        bytes(VT_PASSKEY_DATA_CREATE), err)) {
        vt_stage_say("enrolled");
        return true;
    }
    if (err->code != VT_REJECTED)
        return false;
    *err = (struct vt_error){ 0 };
    return true;
}

static bool enter(struct vt_porter *porter, char token[VT_PORTER_TOKEN_HEX + 1],
                  const char *client, const char *data, const char *signature,
                  struct vt_error *err)
{
    const struct vt_porter_entry entry = { .credential =
                                               vt_slice_of("ZZZZZZZZZZZZZZZZ", 16),
                                           .client_data = bytes(client),
                                           .authenticator_data = bytes(data),
                                           .signature = bytes(signature) };
    json_t *answer = NULL;

    if (!vt_porter_challenge(porter, (vt_slice){ 0 }, &answer, err))
        return false;
    json_decref(answer);
    if (!vt_porter_enter(porter, &entry, token, &answer, err))
        return false;
    json_decref(answer);
    vt_stage_say("open %s", token);
    return true;
}

static const char *csrf_of(struct vt_porter *porter, const char *token,
                           struct vt_error *err)
{
    json_t *answer = NULL;
    const char *csrf;

    if (!vt_porter_look(porter, vt_slice_from_cstr(token), &answer, err))
        return NULL;
    csrf = vt_test_print("%s", json_string_value(json_object_get(answer, "csrf")));
    json_decref(answer);
    return csrf;
}

/* What is told of the rebuild that was asked for; kind: ask for one, or look. */
static const char *rebuild(struct vt_porter *porter, const char *token,
                           enum vt_source_kind kind, struct vt_error *err)
{
    const struct vt_source_question question = { .kind = kind,
                                                 .product = VT_LIT("lamp"),
                                                 .version = VT_LIT("2.0.0") };
    const char *csrf = csrf_of(porter, token, err), *state;
    json_t *answer = NULL;

    if (csrf == NULL ||
        !vt_rebuilding_answer(porter, vt_slice_from_cstr(token), vt_slice_from_cstr(csrf),
                              &question, VT_LIT("a question"), &answer, err))
        return NULL;
    state = vt_test_print("%s", json_string_value(json_object_get(answer, "state")));
    json_decref(answer);
    return state;
}

/* Two sessions; in the first a rebuild is asked for, the second is closed again. */
static bool live(struct vt_porter *porter, struct vt_error *err)
{
    char first[VT_PORTER_TOKEN_HEX + 1], second[VT_PORTER_TOKEN_HEX + 1];
    const char *csrf;

    if (!enrol(porter, err) ||
        !enter(porter, first, VT_PASSKEY_CLIENT_GET_2, VT_PASSKEY_DATA_GET_2,
               VT_PASSKEY_SIGNATURE_2, err) ||
        !enter(porter, second, VT_PASSKEY_CLIENT_GET_4, VT_PASSKEY_DATA_GET_4,
               VT_PASSKEY_SIGNATURE_4, err) ||
        rebuild(porter, first, VT_SOURCE_REBUILD, err) == NULL)
        return false;
    vt_stage_say("wished");
    csrf = csrf_of(porter, second, err);
    vt_stage_say("closing %s", second); /* from here on it may be gone */
    if (csrf == NULL ||
        !vt_porter_leave(porter, vt_slice_from_cstr(second), vt_slice_from_cstr(csrf), err))
        return false;
    vt_stage_say("closed %s", second);
    return true;
}

static bool act(const char *dir, struct vt_error *err)
{
    struct vt_porter *porter;
    uint8_t dice = 0;
    bool is_ok;

    if (!open_porter(dir, &dice, &porter, err))
        return false;
    is_ok = live(porter, err);
    vt_porter_close(porter);
    return is_ok;
}

static bool is_open(const char *token)
{
    return vt_stage_was_said(vt_test_print("open %s", token)) &&
           !vt_stage_was_said(vt_test_print("closing %s", token));
}

/* Started again: nothing that was told is forgotten. */
static bool restart(const char *dir, struct vt_error *err)
{
    struct vt_porter *porter;
    uint8_t dice = 0;

    if (!open_porter(dir, &dice, &porter, err))
        return false;
    vt_porter_close(porter);
    return true;
}

static void check_session(struct vt_porter *porter, const char *token)
{
    struct vt_error err = { 0 };
    bool is_there = csrf_of(porter, token, &err) != NULL;

    if (is_open(token))
        VT_CHECK_SAYING(is_there, "a session that was told is gone");
    if (is_there && vt_stage_was_said("wished") && is_open(token))
        VT_CHECK_SAYING(strcmp(rebuild(porter, token, VT_SOURCE_REBUILT, &err), "waits") ==
                            0,
                        "a wish that was taken is gone");
    if (vt_stage_was_said(vt_test_print("closed %s", token)))
        VT_CHECK_SAYING(!is_there, "a session that was closed is back");
}

static void check(const char *dir)
{
    static const uint8_t thrown[] = { 3, 5 }; /* what the tokens are made of */
    struct vt_error err = { 0 };
    struct vt_porter *porter;
    uint8_t dice = 0;

    VT_CHECK_OK(open_porter(dir, &dice, &porter, &err));
    for (size_t i = 0; i < sizeof thrown; i++) {
        char token[VT_PORTER_TOKEN_HEX + 1] = "";

        for (size_t at = 0; at < VT_PORTER_TOKEN_HEX / 2; at++)
            (void)snprintf(token + 2 * at, 3, "%02x", thrown[i]);
        check_session(porter, token);
    }
    if (vt_stage_was_said("enrolled")) {
        vt_slice code = vt_slice_from_cstr(vt_reviewers_code("rahel"));
        json_t *answer = NULL;
        bool is_twice;

        dice = 0;
        VT_CHECK_OK(vt_porter_challenge(porter, code, &answer, &err));
        json_decref(answer);
        is_twice = vt_porter_enrol(porter, code, bytes(VT_PASSKEY_CLIENT_CREATE),
                                   bytes(VT_PASSKEY_DATA_CREATE), &err);
        VT_CHECK_SAYING(!is_twice, "a code was used twice");
    }
    vt_porter_close(porter);
}

static const struct vt_stage_play play = {
    .name = "porter", .prepare = prepare, .act = act, .restart = restart, .check = check
};

static void nothing_told_is_forgotten(void)
{
    vt_stage_must_hold(&play);
}

static void every_sync_is_needed(void)
{
    /* The folders are there before; another process than ours has not written. */
    static const char *const spare[] = { "folder: sync above of invitations",
                                         "folder: sync above of porter",
                                         "folder: sync above of rebuilds",
                                         "lock: settle of disk", NULL };

    vt_stage_must_need_every_sync(&play, spare);
}

static const struct vt_case cases[] = {
    { "nothing told is forgotten", nothing_told_is_forgotten },
    { "every sync is needed", every_sync_is_needed },
};

VT_TEST_MAIN("centre.crash_porter", cases)
