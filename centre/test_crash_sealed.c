/* A sealed record whose disk is broken at each operation: what was settled stays, in its
 * place, and can be opened. */
#include "centre/sealed.h"
#include "tests/stage.h"
#include "wire/hex.h"

enum { BATCHES = 3, OF_ONE = 2 };

static const struct vt_sealed_words nothing = { 0 };

static struct vt_age_identity foundation(void)
{
    vt_hash secret = vt_sha256_of(VT_LIT("foundation"));
    struct vt_age_identity out;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_age_identity_from_bytes(secret.bytes, &out, &err));
    return out;
}

static bool open_sealed(const char *dir, struct vt_disk **disk, struct vt_sealed **out,
                        struct vt_error *err)
{
    struct vt_age_identity identity = foundation();
    const struct vt_env env = vt_env_real();
    bool is_ok = vt_disk_open(dir, false, disk, err) && vt_disk_lock(*disk, err) &&
                 vt_sealed_open(*disk, &env, &identity.recipient, out, err);

    vt_age_identity_clear(&identity);
    return is_ok;
}

static bool add_batches(struct vt_sealed *sealed, struct vt_error *err)
{
    static const vt_hash invitation = { { 1 } };

    for (size_t b = 0; b < BATCHES; b++) {
        struct vt_sealed_head head;
        char chain[VT_HEX256_BYTES];

        for (size_t i = 0; i < OF_ONE; i++)
            if (!vt_sealed_add(sealed, VT_SEALED_ASKED, invitation.bytes, &invitation,
                               &nothing, err))
                return false;
        if (!vt_sealed_settle(sealed, err))
            return false;
        head = vt_sealed_head(sealed);
        vt_hash_text(&head.chain, chain);
        vt_stage_say("settled %ju %s", (uintmax_t)head.number, chain);
    }
    return true;
}

static bool act(const char *dir, struct vt_error *err)
{
    struct vt_disk *disk = NULL;
    struct vt_sealed *sealed = NULL;
    bool is_ok = open_sealed(dir, &disk, &sealed, err) && add_batches(sealed, err);

    vt_sealed_close(sealed);
    vt_disk_close(disk);
    return is_ok;
}

/* A restart goes on with what it finds. */
static bool restart(const char *dir, struct vt_error *err)
{
    return act(dir, err);
}

static bool say_seen(void *context, const struct vt_sealed_frame *frame,
                     struct vt_error *err)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_SEALED_PLAIN_BYTES);
    struct vt_age_identity identity = foundation();
    struct vt_sealed_words words;
    char chain[VT_HEX256_BYTES];

    VT_CHECK_SAYING(vt_sealed_frame_open(&identity, frame, &plain, &words, err), "%s",
                    err->message);
    vt_age_identity_clear(&identity);
    vt_hash_text(&frame->chain, chain);
    vt_buf_printf(context, "settled %ju %s\n", (uintmax_t)frame->number, chain);
    return true;
}

static void check(const char *dir)
{
    const char *path = vt_test_print("%s/" VT_CENTRE_SEALED, dir);
    VT_AUTO_BUF seen = vt_buf_init(VT_MIB(1));
    struct vt_sealed_head head;
    struct vt_error err = { 0 };
    vt_reader r = { vt_slice_from_cstr(vt_stage_said()) };
    vt_slice line;

    VT_CHECK_OK(vt_sealed_read(path, (vt_sealed_reader){ say_seen, &seen }, &head, &err));
    while (vt_read_line(&r, &line))
        VT_CHECK_SAYING(memmem(seen.data, seen.len, line.data, line.len) != NULL,
                        "what was settled is gone: %.*s", VT_SLICE_ARGS(line));
}

static const struct vt_stage_play play = {
    .name = "sealed", .act = act, .restart = restart, .check = check
};

static void what_was_settled_stays(void)
{
    vt_stage_must_hold(&play);
}

static void every_sync_is_needed(void)
{
    /* The sync of the records behind them makes the zeros durable too. */
    static const char *const spare[] = { "journal: sync zeros of sealed", NULL };

    vt_stage_must_need_every_sync(&play, spare);
}

static const struct vt_case cases[] = {
    { "what was settled stays", what_was_settled_stays },
    { "every sync is needed", every_sync_is_needed },
};

VT_TEST_MAIN("centre.crash_sealed", cases)
