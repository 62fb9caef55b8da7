/* A mirror whose disk is broken at each operation: what lies there has the digest that it
 * should have, what was told is there after power loss, and doing it again ends in the
 * whole copy. */
#include "centre/copying.h"
#include "centre/others.h"
#include "tests/stage.h"
#include "tests/world.h"
#include <sys/stat.h>

static const char *below(const char *dir, const char *name)
{
    return vt_test_print("%s/%s", dir, name);
}

static const char *const files[] = { "desk/releases/lamp/1.4.0/release.tlog-proof",
                                     "public/lamp/1.4.0/lamp.bin.evidence",
                                     "public/lamp/1.4.0/lamp.bin" };

static void lay(const char *dir, const char *name, vt_slice bytes)
{
    struct vt_error err = { 0 };
    struct vt_disk *disk;

    VT_CHECK_OK(vt_disk_open(below(dir, "from"), true, &disk, &err));
    VT_CHECK_OK(vt_disk_write(disk, name, bytes, 0644, &err));
    vt_disk_close(disk);
}

/* A file of each way to judge one, and no more: each operation costs six runs. */
static void prepare(const char *dir)
{
    struct vt_world world = vt_world_good();
    struct vt_world_made made;
    vt_hash digest;
    char hex[65];

    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    vt_world_make(&world, &made);
    digest = vt_envelope_digest(made.release);
    vt_hash_text(&digest, hex);
    VT_CHECK(mkdir(below(dir, "to"), 0755) == 0);
    lay(dir, "trust.json", made.trust);
    lay(dir, vt_test_print("desk/releases/lamp/1.4.0/%s.json", hex), made.release);
    lay(dir, files[0], made.release_proof);
    lay(dir, files[1], made.evidence);
    lay(dir, files[2], made.file);
}

static bool remember(const char *dir, struct vt_error *err)
{
    const struct vt_digests nothing = { .json = NULL };
    VT_AUTO_JSON none = json_array();
    VT_AUTO_JSON before = NULL;
    VT_AUTO_JSON other = NULL;
    struct vt_disk *others;
    size_t gone;
    bool is_ok;

    if (!vt_disk_open(below(dir, "to/others"), true, &others, err))
        return false;
    is_ok = vt_disk_lock(others, err) && vt_disk_sweep(others, "", err) &&
            vt_other_read(others, "a", &before, err) &&
            vt_other_update(before, "from", &nothing, none, 1000, &other, &gone, err) &&
            vt_other_write(others, "a", other, err);
    vt_disk_close(others);
    return is_ok;
}

static bool act(const char *dir, struct vt_error *err)
{
    vt_slice text = vt_test_read(below(dir, "from/trust.json"));
    struct vt_copying copying = { .now_unix_s = time(NULL) };
    struct vt_trust *trust;
    bool is_ok;

    if (!vt_trust_parse(text, &trust, err))
        return false;
    vt_test_keep(trust);
    copying.trust = trust;
    is_ok = vt_disk_open(below(dir, "from"), false, &copying.from, err) &&
            vt_disk_open(below(dir, "to"), false, &copying.to, err) &&
            vt_disk_lock(copying.to, err) && vt_disk_sweep(copying.to, "", err) &&
            vt_centre_copy(&copying, err) && remember(dir, err);
    if (is_ok && copying.count.refused == 0)
        vt_stage_say("copied");
    vt_disk_close(copying.from);
    vt_disk_close(copying.to);
    return is_ok;
}

static void check(const char *dir)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *copy = below(dir, vt_test_print("to/%s", files[i]));
        const char *first = below(dir, vt_test_print("from/%s", files[i]));

        if (vt_path_exists(copy))
            VT_CHECK_SAYING(vt_slice_equal(vt_test_read(copy), vt_test_read(first)), "%s",
                            files[i]);
        else
            VT_CHECK_SAYING(!vt_stage_was_said("copied"), "%s is not there", files[i]);
    }
    VT_CHECK(!vt_stage_was_said("copied") ||
             vt_path_exists(below(dir, "to/others/a.json")));
}

static const struct vt_stage_play play = { .name = "copying",
                                           .prepare = prepare,
                                           .act = act,
                                           .restart = act,
                                           .check = check,
                                           .torn_seeds = 1,
                                           .twice_every = 32 };

static void a_copy_is_whole_or_not_there(void)
{
    vt_stage_must_hold(&play);
}

static const struct vt_case cases[] = {
    { "a copy is whole or not there", a_copy_is_whole_or_not_there },
};

VT_TEST_MAIN("centre.crash_copying", cases)
