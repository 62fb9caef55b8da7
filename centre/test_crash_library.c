/* A library whose disk is broken at each operation while a source is taken in: a release
 * that is named there has its source whole, and what was told is there after power loss. */
#include "centre/library.h"
#include "centre/shelve.h"
#include "tests/reviewers_world.h"
#include "tests/stage.h"

static const char *below(const char *dir, const char *name)
{
    return vt_test_print("%s/%s", dir, name);
}

static void prepare(const char *dir)
{
    static const struct vt_source_file files[] = { { "lamp.txt", "a lamp\n" },
                                                   { NULL, NULL } };
    struct vt_centre_world world;

    vt_centre_world_make(dir, &world);
    vt_reviewers_add_source(&world, "lamp", "2.0.0", world.world.sequence + 2, files);
}

static bool act(const char *dir, struct vt_error *err)
{
    vt_slice text = vt_test_read(below(dir, "trust.json"));
    struct vt_docket *docket = NULL;
    struct vt_disk *library = NULL;
    struct vt_shelved shelved;
    VT_AUTO_DESK desk = { 0 };
    struct vt_trust *trust;
    bool is_ok;

    if (!vt_trust_parse(text, &trust, err))
        return false;
    vt_test_keep(trust);
    is_ok = vt_disk_open(below(dir, "library"), true, &library, err) &&
            vt_disk_lock(library, err) && vt_disk_sweep(library, "", err) &&
            vt_desk_open(below(dir, "desk"), false, &desk, err) &&
            vt_docket_open(&desk, trust, "lamp", "2.0.0", time(NULL), &docket, err) &&
            vt_shelve(library, docket, &shelved, err);
    if (is_ok)
        vt_stage_say("shelved");
    vt_docket_close(docket);
    vt_disk_close(library);
    return is_ok;
}

static void check(const char *dir)
{
    struct vt_error err = { 0 };
    struct vt_library source;
    struct vt_disk *library;
    vt_hash digest;

    if (!vt_stage_was_said("shelved") && !vt_path_exists(below(dir, "library")))
        return;
    VT_CHECK_OK(vt_disk_open(below(dir, "library"), false, &library, &err));
    if (vt_library_find(library, VT_LIT("lamp"), VT_LIT("2.0.0"), &digest, &err)) {
        VT_CHECK_OK(vt_library_open(library, &digest, &source, &err));
        VT_CHECK(source.file_count == 1 && source.line_count == 1);
        VT_CHECK(vt_slice_is(vt_library_file(&source, 0).content, "a lamp\n"));
        vt_library_close(&source);
    } else {
        VT_CHECK_SAYING(!vt_stage_was_said("shelved"), "%s", err.message);
    }
    vt_disk_close(library);
}

static const struct vt_stage_play play = { .name = "library",
                                           .prepare = prepare,
                                           .act = act,
                                           .restart = act,
                                           .check = check,
                                           .torn_seeds = 1,
                                           .twice_every = 16 };

static void a_named_source_is_whole(void)
{
    vt_stage_must_hold(&play);
}

static const struct vt_case cases[] = {
    { "a named source is whole", a_named_source_is_whole },
};

VT_TEST_MAIN("centre.crash_library", cases)
