/* VT_CROWD reviewers (12 if nothing is said), each with an invitation and a passkey of its
 * own, read in a Centre at once for VT_SOAK_SECONDS (2).  Then the Centre is killed with
 * SIGKILL and started again: every session must still be there.  What it says ends with the
 * figures of centre/web/test/crowd.mjs. */
#include "centre/porter.h"
#include "tests/reviewers_world.h"

#define BOTH (VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR))

enum { CROWD_MAX = 2000 };

static const char *const lamp[] = { "lamp", NULL };

static void invite(const struct vt_centre_world *world, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        const char *name = vt_test_print("guest-%ju", (uintmax_t)i);

        vt_reviewers_invite(world, name,
                            vt_reviewers_invitation(name, lamp, -60, 3600, BOTH));
    }
}

static void many_read_at_once(void)
{
    uint64_t count = vt_test_number("VT_CROWD", 12, CROWD_MAX),
             seconds = vt_test_number("VT_SOAK_SECONDS", 2, 3600);
    const char *port = vt_test_free_port(), *file = vt_test_path("cookies.json");
    const char *origin = vt_test_print("http://localhost:%s", port),
               *url = vt_test_print("http://127.0.0.1:%s", port);
    const char *const crowd_max = "2000";
    struct vt_centre_world world;
    struct vt_running centre;
    const char *const *serve;

    if (!vt_path_exists("/usr/bin/node") && !vt_path_exists("/usr/local/bin/node"))
        vt_test_skip("npm is not installed");
    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &world);
    (void)vt_reviewers_seal(&world, "localhost");
    vt_reviewers_add_sources(&world);
    invite(&world, count);
    (void)vt_test_run(
        0, VT_ARGV(vt_test_vitrine(), "centre", "import", "--dir", world.folder));
    serve = VT_ARGV("vitrine", "centre", "serve", "--dir", world.folder, "--origin", origin,
                    "--port", port, "--connections-max", crowd_max, "--from-one-max",
                    crowd_max);
    centre = vt_test_start("said", serve);
    printf("  %s", vt_test_run(0, VT_ARGV("node", "centre/web/test/crowd.mjs", "read", url,
                                          origin, vt_test_print("%ju", (uintmax_t)count),
                                          vt_test_print("%ju", (uintmax_t)seconds), file)));
    vt_test_kill(&centre);
    centre = vt_test_start("said", serve);
    (void)vt_test_run(
        0, VT_ARGV("node", "centre/web/test/crowd.mjs", "check", url, origin, file));
    vt_test_stop(&centre, VT_EXIT_OK);
}

static const struct vt_case cases[] = {
    { "many read at once, and stay", many_read_at_once },
};

VT_TEST_MAIN("soak_reviewers", cases)
