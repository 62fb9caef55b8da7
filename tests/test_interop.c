/* Other people's tools against ours: each case is a script of tests/interop. */
#include "tests/harness.h"

/* Exit code 77 of the script: a peer is not there; its last line says why. */
static void play(const char *name)
{
    const char *program = vt_test_vitrine(), *said, *why;
    const char *script =
        vt_test_print("tests/interop/%s.sh %.*s %s $PWD/build/interop/bin 2>&1; "
                      "r=$?; [ $r -ne 77 ] || { echo SKIP; exit 0; }; exit $r",
                      name, (int)(strrchr(program, '/') - program), program, vt_test_dir());

    said = vt_test_run(0, VT_ARGV("bash", "-c", script));
    why = strstr(said, "why: ");
    if (strstr(said, "SKIP") == NULL || why == NULL)
        return;
    vt_test_skip(vt_test_print("%.*s", (int)strcspn(why + 5, "\n"), why + 5));
}

static void clients_read_our_log(void)
{
    play("clients");
}

static void fsck_passes_our_log(void)
{
    play("fsck");
}

static void the_hammer_strikes_our_log(void)
{
    play("hammer");
}

static void proofs_go_both_ways(void)
{
    play("proofs");
}

static void a_log_of_tessera(void)
{
    play("tessera_log");
}

static void our_monitor_follows_tessera(void)
{
    play("monitor");
}

static void litewitness_cosigns(void)
{
    play("litewitness");
}

static void mirrors_from_another_hand(void)
{
    play("mirror");
}

static const struct vt_case cases[] = {
    { "Tessera's client and x/mod read our log", clients_read_our_log },
    { "Tessera's fsck passes our log", fsck_passes_our_log },
    { "Tessera's hammer strikes our log", the_hammer_strikes_our_log },
    { "proofs go both ways", proofs_go_both_ways },
    { "a log of Tessera's, our witness", a_log_of_tessera },
    { "our monitor follows a log of Tessera's", our_monitor_follows_tessera },
    { "litewitness cosigns our log", litewitness_cosigns },
    { "mirrors from another hand", mirrors_from_another_hand },
};

VT_TEST_MAIN("interop", cases)
