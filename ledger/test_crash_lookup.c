/* The look-up index, broken at each disk operation of its building, a merge of four runs
 * included: what it says to be covered is whole, and building again completes it. */
#include "ledger/lookup.h"
#include "tests/own_log.h"
#include "tests/stage.h"

#define ORIGIN "ledger.example/crash-lookup"

enum { SEED = 83, FIRST = 60, SIZE = 220, SMALL_RUN = 60 };

static const char *log_in(const char *scene)
{
    return vt_test_print("%s/log", scene);
}

static void prepare(const char *scene)
{
    struct vt_own_log log;

    vt_own_log_make(&log, log_in(scene), ORIGIN, SEED);
    vt_own_log_grow(&log, FIRST);
    vt_own_log_publish(&log);
    vt_own_log_grow(&log, SIZE);
    vt_own_log_publish(&log);
    vt_own_log_close(&log);
}

static bool build_to(const char *scene, uint64_t size, struct vt_error *err)
{
    const struct vt_lookup_building how = { .run_postings = SMALL_RUN };
    struct vt_lookup_report report;

    if (!vt_lookup_build(log_in(scene), size, &how, &report, err))
        return false;
    vt_stage_say("built %ju", (uintmax_t)size);
    return true;
}

static bool build(const char *scene, struct vt_error *err)
{
    return build_to(scene, FIRST, err) && build_to(scene, SIZE, err);
}

static bool build_again(const char *scene, struct vt_error *err)
{
    return build_to(scene, SIZE, err);
}

static void check(const char *scene)
{
    const struct vt_lookup_building how = { .run_postings = 0 };
    struct vt_lookup_report report;
    struct vt_error err = { 0 };
    uint64_t missing;

    VT_CHECK_OK(vt_lookup_verify(log_in(scene), &how, &missing, &report, &err));
    VT_CHECK_SAYING(missing == 0, "%ju terms are missing", (uintmax_t)missing);
    VT_CHECK(report.entries == SIZE || !vt_stage_was_said("built 220"));
}

static const struct vt_stage_play building = {
    .name = "building the look-up index",
    .prepare = prepare,
    .act = build,
    .restart = build_again,
    .check = check,
};

static void broken_building(void)
{
    vt_stage_must_hold(&building);
    vt_stage_must_need(&building, "file: sync of index/#-#");
}

static const struct vt_case cases[] = {
    { "broken building", broken_building },
};

VT_TEST_MAIN("ledger.crash_lookup", cases)
