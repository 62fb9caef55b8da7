/* The note of a batch, broken at each disk operation: one that was promised is there whole
 * until it is forgotten, and what was forgotten stays forgotten. */
#include "cell/scan_batch.h"
#include "tests/stage.h"

static const char *folder_of(const char *dir)
{
    return vt_test_print("%s/scanner", dir);
}

static struct vt_scan_batch *batch_of(unsigned number)
{
    struct vt_scan_batch *batch = vt_arena_alloc(vt_test_arena(), sizeof *batch);

    batch->rules.bytes[0] = 7;
    batch->statement = vt_slice_from_cstr(vt_test_print("statement %u", number));
    batch->count = 1;
    batch->tasks[0] = (struct vt_sample_task){ .country = "CH",
                                               .body_bytes = number,
                                               .header = VT_LIT("a header") };
    return batch;
}

static bool open_folder(const char *dir, struct vt_disk **out, struct vt_error *err)
{
    if (!vt_disk_open(folder_of(dir), true, out, err))
        return false;
    if (vt_disk_lock(*out, err) && vt_disk_sweep(*out, "", err))
        return true;
    vt_disk_close(*out);
    return false;
}

static bool note(struct vt_disk *disk, unsigned number, struct vt_error *err)
{
    if (!vt_scan_batch_keep(disk, batch_of(number), err))
        return false;
    vt_stage_say("kept %u", number);
    return true;
}

static bool forget(struct vt_disk *disk, unsigned number, struct vt_error *err)
{
    vt_stage_say("forgetting %u", number);
    if (!vt_scan_batch_forget(disk, err))
        return false;
    vt_stage_say("forgotten %u", number);
    return true;
}

static bool act(const char *dir, struct vt_error *err)
{
    struct vt_disk *disk;
    bool ok;

    if (!open_folder(dir, &disk, err))
        return false;
    ok = note(disk, 1, err) && forget(disk, 1, err) && note(disk, 2, err) &&
         forget(disk, 2, err) && forget(disk, 2, err) && note(disk, 3, err);
    vt_disk_close(disk);
    return ok;
}

/* The number of the batch that is noted; 0: none. */
static bool recall(struct vt_disk *disk, uint64_t *number, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_SCAN_BATCH_BYTES_MAX);
    struct vt_scan_batch *batch = vt_arena_alloc(vt_test_arena(), sizeof *batch);
    bool has_one;

    if (!vt_scan_batch_recall(disk, &bytes, batch, &has_one, err))
        return false;
    *number = has_one ? batch->tasks[0].body_bytes : 0;
    return true;
}

static bool restart(const char *dir, struct vt_error *err)
{
    struct vt_disk *disk;
    uint64_t number;
    bool ok;

    if (!open_folder(dir, &disk, err))
        return false;
    ok = recall(disk, &number, err);
    vt_disk_close(disk);
    return ok;
}

static void check(const char *dir)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;
    uint64_t number;

    VT_CHECK_OK(open_folder(dir, &disk, &err));
    VT_CHECK_OK(recall(disk, &number, &err));
    for (uint64_t i = 1; i <= 3; i++) {
        const char *kept = vt_test_print("kept %ju", (uintmax_t)i);
        const char *going = vt_test_print("forgetting %ju", (uintmax_t)i);
        const char *gone = vt_test_print("forgotten %ju", (uintmax_t)i);

        VT_CHECK_SAYING(!vt_stage_was_said(kept) || vt_stage_was_said(going) || number == i,
                        "batch %ju was noted, and is lost", (uintmax_t)i);
        VT_CHECK_SAYING(!vt_stage_was_said(gone) || number != i,
                        "batch %ju was forgotten, and is back", (uintmax_t)i);
    }
    vt_disk_close(disk);
}

static const struct vt_stage_play play = {
    .name = "scan batch", .act = act, .restart = restart, .check = check
};

static void a_note_survives(void)
{
    vt_stage_must_hold(&play);
}

static void each_sync_is_needed(void)
{
    /* They make durable what a predecessor left; here that is nothing. */
    static const char *const spare[] = { "folder: keep of scanner", "lock: settle of disk",
                                         NULL };

    vt_stage_must_need_every_sync(&play, spare);
}

static const struct vt_case cases[] = {
    { "a note survives", a_note_survives },
    { "each sync is needed", each_sync_is_needed },
};

VT_TEST_MAIN("crash_scan_batch", cases)
