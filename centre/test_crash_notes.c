/* Notebooks and allowances whose disk is broken at each operation: a note that was told is
 * there, in its last words, one that was removed is not, and what was counted as taken is
 * not left to take again. */
#include "centre/allowance.h"
#include "centre/remarks.h"
#include "tests/known.h"
#include "tests/stage.h"

static const vt_hash invitation = { { 7 } };
static const struct vt_allowance a_day = { 1000, 10 };

static bool write_note(struct vt_disk *disk, uint32_t number, const char *text,
                       struct vt_error *err)
{
    struct vt_age_identity foundation = vt_known_identity("foundation"),
                           writer = vt_known_identity("writer");
    const struct vt_env env = vt_env_real();
    const struct vt_kept_remark kept = { .number = number,
                                         .invitation = invitation,
                                         .remark = { .product = VT_LIT("lamp"),
                                                     .version = VT_LIT("2.0.0"),
                                                     .text = vt_slice_from_cstr(text) } };
    bool is_ok =
        vt_remarks_write(disk, &env, &foundation.recipient, &writer.recipient, &kept, err);

    vt_age_identity_clear(&foundation);
    vt_age_identity_clear(&writer);
    if (is_ok)
        vt_stage_say("noted %s", text);
    return is_ok;
}

static bool live(struct vt_disk *disk, struct vt_error *err)
{
    const struct vt_allowance wanted = { 600, 1 };
    struct vt_allowance left;

    if (!write_note(disk, 3, "one", err) || !write_note(disk, 3, "two", err))
        return false;
    vt_stage_say("removing");
    if (!vt_remarks_remove(disk, &invitation, 3, err))
        return false;
    vt_stage_say("removed");
    if (!vt_allowance_take(disk, VT_LIT("Rahel"), 86400, &a_day, &wanted, &left, err))
        return false;
    vt_stage_say("taken");
    return true;
}

static bool with_disk(const char *dir, bool (*act)(struct vt_disk *, struct vt_error *),
                      struct vt_error *err)
{
    struct vt_disk *disk = NULL;
    bool is_ok = vt_disk_open(dir, false, &disk, err) && vt_disk_lock(disk, err) &&
                 vt_disk_sweep(disk, "", err) && act(disk, err);

    vt_disk_close(disk);
    return is_ok;
}

static bool act(const char *dir, struct vt_error *err)
{
    return with_disk(dir, live, err);
}

static bool look(struct vt_disk *disk, struct vt_error *err)
{
    (void)disk;
    (void)err;
    return true;
}

static bool restart(const char *dir, struct vt_error *err)
{
    return with_disk(dir, look, err);
}

/* Both keys open it, and it is whole: the first words, or the second. */
static void check_note(struct vt_disk *disk, const char *who, uint32_t number)
{
    VT_AUTO_BUF plain = vt_buf_init(VT_REMARK_PLAIN_BYTES);
    struct vt_age_identity key = vt_known_identity(who);
    struct vt_kept_remark kept;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_remarks_read(disk, &invitation, number, &key, &plain, &kept, &err));
    VT_CHECK_SAYING(
        vt_slice_is(kept.remark.text, "two") ||
            (vt_slice_is(kept.remark.text, "one") && !vt_stage_was_said("noted two")),
        "a note is in other words than were told");
    vt_age_identity_clear(&key);
}

static void check(const char *dir)
{
    struct vt_remark_numbers *all = vt_arena_alloc(vt_test_arena(), sizeof *all);
    const struct vt_allowance wanted = { 600, 1 };
    struct vt_allowance left;
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(dir, false, &disk, &err));
    VT_CHECK_OK(vt_remarks_list(disk, &invitation, all, &err));
    if (all->count != 0) {
        check_note(disk, "foundation", all->rows[0]);
        check_note(disk, "writer", all->rows[0]);
    }
    VT_CHECK_SAYING(all->count == 1 || !vt_stage_was_said("noted one") ||
                        vt_stage_was_said("removing"),
                    "a note that was told is gone");
    VT_CHECK_SAYING(all->count == 0 || !vt_stage_was_said("removed"),
                    "a note that was removed is back");
    if (vt_stage_was_said("taken"))
        VT_CHECK_FAILS(VT_REJECTED, vt_allowance_take(disk, VT_LIT("Rahel"), 86400, &a_day,
                                                      &wanted, &left, &err));
    vt_disk_close(disk);
}

static const struct vt_stage_play play = {
    .name = "notes", .act = act, .restart = restart, .check = check
};

static void what_was_told_stays(void)
{
    vt_stage_must_hold(&play);
}

static void every_sync_is_needed(void)
{
    /* Another process than ours has not written. */
    static const char *const spare[] = { "lock: settle of disk", NULL };

    vt_stage_must_need_every_sync(&play, spare);
}

static const struct vt_case cases[] = {
    { "what was told stays", what_was_told_stays },
    { "every sync is needed", every_sync_is_needed },
};

VT_TEST_MAIN("centre.crash_notes", cases)
