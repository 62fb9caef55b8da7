/* A client's trust store broken at each of its disk operations: a version that was pinned
 * or taken stays, what lies in the folder is whole, and nobody is led back. */
#include "evidence/trust_store.h"
#include "tests/stage.h"
#include "tests/world.h"

enum { VERSIONS = 2 };

/* Versions 1 to VERSIONS, each signed by the holders of the one before. */
static vt_slice version_text(uint64_t version)
{
    struct vt_world world = vt_world_good();

    world.trust_version = version;
    return vt_world_trust(&world);
}

static const char *folder_of(const char *dir)
{
    return vt_test_print("%s/trust", dir);
}

/* 0: nothing is pinned. */
static bool newest(const char *folder, uint64_t *out, struct vt_error *err)
{
    VT_AUTO_TRUST trust = NULL;

    *out = 0;
    if (!vt_path_exists(folder))
        return true;
    if (!vt_trust_store_read(folder, &trust, err))
        return err->code == VT_ABSENT;
    *out = trust->version;
    return true;
}

static bool take(const char *folder, uint64_t version, struct vt_error *err)
{
    if (!(version == 1 ? vt_trust_store_pin(folder, version_text(version), err)
                       : vt_trust_store_take(folder, version_text(version), err)))
        return false;
    vt_stage_say("version %ju", (uintmax_t)version);
    return true;
}

static bool act(const char *dir, struct vt_error *err)
{
    for (uint64_t version = 1; version <= VERSIONS; version++)
        if (!take(folder_of(dir), version, err))
            return false;
    return true;
}

/* What is there is taken once more: only then is it known to be durable. */
static bool restart(const char *dir, struct vt_error *err)
{
    uint64_t version;

    if (!newest(folder_of(dir), &version, err))
        return false;
    for (version += version == 0; version <= VERSIONS; version++)
        if (!take(folder_of(dir), version, err))
            return false;
    return true;
}

static void check(const char *dir)
{
    struct vt_error err = { 0 };
    uint64_t there, said = 0;

    for (uint64_t version = 1; version <= VERSIONS; version++)
        if (vt_stage_was_said(vt_test_print("version %ju", version)))
            said = version;
    VT_CHECK_OK(newest(folder_of(dir), &there, &err));
    VT_CHECK_SAYING(there >= said, "version %ju was taken, %ju is there", (uintmax_t)said,
                    (uintmax_t)there);
    for (uint64_t version = 1; version <= there; version++) {
        const char *path = vt_test_print("%s/%ju.json", folder_of(dir), (uintmax_t)version);

        VT_CHECK_SAYING(vt_slice_equal(vt_test_read(path), version_text(version)),
                        "%s is not what was taken", path);
    }
}

static const struct vt_stage_play play = {
    .name = "the trust store",
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
    /* Each of these does again what another did: opening the folder keeps its name, and the
     * lock settles the folder, before a version that is there already is kept once more. */
    static const char *const spare[] = {
        "folder: sync above of trust", "folder: keep of trust",
        "lock: settle of disk",        "keep: sync of #.json",
        "keep: sync folder of #.json", NULL
    };

    vt_stage_must_need_every_sync(&play, spare);
}

static const struct vt_case cases[] = {
    { "a trust root that was taken stays", it_holds },
    { "each sync is needed", it_needs_its_syncs },
};

VT_TEST_MAIN("evidence.crash_trust_store", cases)
