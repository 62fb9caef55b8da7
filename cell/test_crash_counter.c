/* The totals of a cell, broken at each disk operation: what was acknowledged stays counted,
 * and no total goes back. */
#include "cell/counter.h"
#include "tests/stage.h"

enum { STEPS = 3 };

static const char *folder_of(const char *dir)
{
    return vt_test_print("%s/totals", dir);
}

/* So many more, one at a time; the total after each is said. */
static bool run(const char *dir, uint64_t more, struct vt_error *err)
{
    struct vt_count_growth growth = { { { 0 } } };
    struct vt_counter *counter;
    struct vt_counts counts;
    json_t *json;
    bool is_ok = true;

    growth.more[VT_DATA_FILE][VT_COUNTED_MISPLACED] = 1;
    if (!vt_counter_open(folder_of(dir), "zurich", &counter, err))
        return false;
    for (uint64_t i = 0; is_ok && i < more; i++) {
        is_ok = vt_counter_add(counter, &growth, 1795000000, err) &&
                vt_counter_read(folder_of(dir), &counts, &json, err);
        if (is_ok) {
            vt_stage_say("counted %ju",
                         (uintmax_t)counts.totals[VT_DATA_FILE][VT_COUNTED_MISPLACED]);
            json_decref(json);
        }
    }
    vt_counter_close(counter);
    return is_ok;
}

static bool act(const char *dir, struct vt_error *err)
{
    return run(dir, STEPS, err);
}

static bool restart(const char *dir, struct vt_error *err)
{
    return run(dir, 1, err);
}

static void check(const char *dir)
{
    struct vt_error err = { 0 };
    struct vt_counts counts;
    json_t *json;

    if (!vt_counter_read(folder_of(dir), &counts, &json, &err)) {
        VT_CHECK(!vt_stage_was_said("counted 1"));
        return;
    }
    for (uint64_t n = 1; n <= STEPS + 1; n++)
        VT_CHECK_SAYING(!vt_stage_was_said(vt_test_print("counted %ju", (uintmax_t)n)) ||
                            counts.totals[VT_DATA_FILE][VT_COUNTED_MISPLACED] >= n,
                        "%ju was acknowledged, %ju is there", (uintmax_t)n,
                        (uintmax_t)counts.totals[VT_DATA_FILE][VT_COUNTED_MISPLACED]);
    json_decref(json);
}

static const struct vt_stage_play play = {
    .name = "the totals of a cell",
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
    /* Opening the folder again keeps its name, and each file is replaced as a whole. */
    static const char *const spare[] = { "folder: keep of totals", "lock: settle of disk",
                                         NULL };

    vt_stage_must_need_every_sync(&play, spare);
}

static const struct vt_case cases[] = {
    { "what was counted stays counted", it_holds },
    { "each sync is needed", it_needs_its_syncs },
};

VT_TEST_MAIN("cell.crash_counter", cases)
