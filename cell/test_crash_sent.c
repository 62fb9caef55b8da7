/* The record of what was sent, broken at each disk operation: a line that was acknowledged
 * stays, the chain holds, and going on works. */
#include "cell/sent.h"
#include "tests/stage.h"

enum { LINES = 3 };

static const char *folder_of(const char *dir)
{
    return vt_test_print("%s/home", dir);
}

/* Lines that are written after the break are marked, so that none can stand in for one
 * that was lost. */
static struct vt_sent_record line_of(size_t number, bool is_restart)
{
    return (struct vt_sent_record){ .at_unix_s = 1795000000,
                                    .kind = VT_SENT_SAMPLE,
                                    .cell = VT_LIT("zurich"),
                                    .what = VT_LIT("a file"),
                                    .bytes = number + (is_restart ? 100 : 0) };
}

static bool append_until(struct vt_disk *disk, size_t count, bool is_restart,
                         struct vt_error *err)
{
    VT_AUTO_SENT sent = NULL;

    if (!vt_sent_open(disk, &sent, err))
        return false;
    while (vt_sent_count(sent) < count) {
        struct vt_sent_record line = line_of(vt_sent_count(sent) + 1, is_restart);

        if (!vt_sent_append(sent, &line, err))
            return false;
        vt_stage_say("line %ju", (uintmax_t)line.bytes);
    }
    return true;
}

static bool run(const char *dir, size_t count, bool is_restart, struct vt_error *err)
{
    struct vt_disk *disk;
    bool ok;

    if (!vt_disk_open(folder_of(dir), true, &disk, err))
        return false;
    ok = vt_disk_lock(disk, err) && vt_disk_sweep(disk, "", err) &&
         append_until(disk, count, is_restart, err);
    vt_disk_close(disk);
    return ok;
}

static bool act(const char *dir, struct vt_error *err)
{
    return run(dir, LINES, false, err);
}

static bool restart(const char *dir, struct vt_error *err)
{
    return run(dir, LINES + 1, true, err);
}

/* Is a line with these bytes in the record, if it was acknowledged? */
static void check_line(const struct vt_sent *sent, size_t number, size_t bytes)
{
    if (!vt_stage_was_said(vt_test_print("line %zu", bytes)))
        return;
    VT_CHECK_SAYING(vt_sent_count(sent) >= number &&
                        vt_sent_at(sent, number - 1)->bytes == bytes,
                    "line %zu was acknowledged, and is lost", bytes);
}

static void check(const char *dir)
{
    struct vt_error err = { 0 };
    struct vt_sent *sent;
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(folder_of(dir), false, &disk, &err));
    VT_CHECK_OK(vt_sent_open(disk, &sent, &err));
    for (size_t number = 1; number <= LINES + 1; number++) {
        check_line(sent, number, number);
        check_line(sent, number, number + 100);
    }
    vt_sent_close(sent);
    vt_disk_close(disk);
}

static const struct vt_stage_play play = {
    .name = "the record of what was sent",
    .act = act,
    .restart = restart,
    .check = check,
};

static void it_holds(void)
{
    vt_stage_must_hold(&play);
}

static void it_needs_its_syncs(void)
{
    /* Each does again what another did: opening the folder keeps its name, and the file
     * settles itself when it is opened. */
    static const char *const spare[] = { "folder: keep of home", "lock: settle of disk",
                                         NULL };

    vt_stage_must_need_every_sync(&play, spare);
}

static const struct vt_case cases[] = {
    { "what was recorded stays", it_holds },
    { "each sync is needed", it_needs_its_syncs },
};

VT_TEST_MAIN("cell.crash_sent", cases)
