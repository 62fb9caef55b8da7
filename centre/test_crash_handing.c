/* Handing in on a disk that is broken at each operation: what an officer was told is taken
 * is there after power loss, and nothing half lies there. */
#include "centre/handing.h"
#include "tests/stage.h"
#include "tests/world.h"
#include <sys/stat.h>

static vt_slice statement(const char *reason)
{
    return vt_world_statement(VT_REJECTION, "source",
                              json_pack("{s:s,s:s,s:i,s:s,s:s,s:s}", "product", "lamp",
                                        "version", "1.5.0", "sequence", 8, "draft",
                                        vt_world_digest("draft"), "reason", reason,
                                        "created", vt_world_time(VT_WORLD_NOW - 10)),
                              VT_BIT(VT_P_SUPERVISOR));
}

static const char *folder(const char *dir)
{
    return vt_test_print("%s/" VT_CENTRE_HANDED, dir);
}

static void prepare(const char *dir)
{
    VT_CHECK(mkdir(folder(dir), 0755) == 0);
}

/* What is there already is told as taken too. */
static bool hand_in(struct vt_disk *disk, struct vt_error *err)
{
    static const char *const reasons[] = { "smoke", "smoke", "fire" };
    bool is_there;

    for (size_t i = 0; i < 3; i++) {
        if (!vt_handed_put(disk, statement(reasons[i]), &is_there, err))
            return false;
        vt_stage_say("%s", reasons[i]);
    }
    return true;
}

static bool act(const char *dir, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(folder(dir), false, &disk, err))
        return false;
    is_ok = vt_disk_lock(disk, err) && vt_disk_sweep(disk, "", err) && hand_in(disk, err);
    vt_disk_close(disk);
    return is_ok;
}

static bool restart(const char *dir, struct vt_error *err)
{
    struct vt_disk *disk;
    bool is_ok;

    if (!vt_disk_open(folder(dir), false, &disk, err))
        return false;
    is_ok = vt_disk_lock(disk, err) && vt_disk_sweep(disk, "", err);
    vt_disk_close(disk);
    return is_ok;
}

static bool note(void *context, const char *name, vt_slice bytes,
                 const struct vt_envelope *envelope, struct vt_error *err)
{
    (void)name;
    (void)bytes;
    (void)err;
    vt_buf_put(context, vt_statement_subject_count(&envelope->statement) == 1
                            ? vt_slice_from_cstr(json_string_value(
                                  json_object_get(envelope->statement.predicate, "reason")))
                            : (vt_slice){ 0 });
    return true;
}

static void none_is_spoiled(void *context, const char *name, const struct vt_error *why)
{
    (void)context;
    VT_CHECK_SAYING(false, "%s: %s", name, why->message);
}

static void check(const char *dir)
{
    VT_AUTO_BUF found = vt_buf_init(VT_KIB(1));
    const struct vt_handed_walk walk = { note, none_is_spoiled, &found };
    const struct vt_world world = vt_world_good();
    vt_slice text = vt_world_trust(&world);
    struct vt_error err = { 0 };
    VT_AUTO_TRUST trust = NULL;
    struct vt_disk *disk;

    if (text.data[text.len - 1] == '\n')
        text.len--;
    VT_CHECK_OK(vt_trust_parse(text, &trust, &err));
    VT_CHECK_OK(vt_disk_open(folder(dir), false, &disk, &err));
    VT_CHECK_OK(vt_handed_each(disk, trust, VT_WORLD_NOW, &walk, &err));
    vt_disk_close(disk);
    VT_CHECK_SAYING(!vt_stage_was_said("smoke") ||
                        strstr(vt_buf_cstr(&found), "smoke") != NULL,
                    "a statement that was taken is gone");
    VT_CHECK_SAYING(!vt_stage_was_said("fire") ||
                        strstr(vt_buf_cstr(&found), "fire") != NULL,
                    "a statement that was taken is gone");
}

static const struct vt_stage_play play = {
    .name = "handing", .prepare = prepare, .act = act, .restart = restart, .check = check
};

static void what_was_taken_stays(void)
{
    vt_stage_must_hold(&play);
}

static void every_sync_is_needed(void)
{
    /* Nobody was killed before the run that is broken. */
    static const char *const spare[] = { "lock: settle of disk", NULL };

    vt_stage_must_need_every_sync(&play, spare);
}

static const struct vt_case cases[] = {
    { "what was taken stays", what_was_taken_stays },
    { "every sync is needed", every_sync_is_needed },
};

VT_TEST_MAIN("centre.crash_handing", cases)
