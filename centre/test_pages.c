/* The pages, and the check in them, in node and in a real browser before a real Centre; the
 * cases are in centre/web/test.  Skipped where they could not be built. */
#include "tests/centre_world.h"
#include "tests/running.h"
#include <sys/stat.h>

#define MODULES "centre/web/node_modules"
#define CHECK   "build/web-check.mjs"

/* Why there are no pages, as tools/centre-web.sh has left it. */
static void need_pages(void)
{
    vt_slice why;

    if (vt_path_exists("build/web/index.html") && vt_path_exists(MODULES "/preact"))
        return;
    if (!vt_path_exists("build/web.missing"))
        vt_test_skip("npm is not installed");
    why = vt_test_read("build/web.missing");
    vt_test_skip(
        vt_arena_printf(vt_test_arena(), "%.*s", (int)why.len - 1, (const char *)why.data));
}

/* What is tried is the pages: once is enough. */
static void need_browser(void)
{
#ifdef VT_SANITIZED
    vt_test_skip("the pages are tried with the plain build");
#endif
    need_pages();
    if (!vt_path_exists("/usr/bin/chromium"))
        vt_test_skip("chromium is not installed");
}

static void begin(struct vt_centre_world *world, struct vt_running *centre)
{
    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), world);
    vt_centre_world_lay_ledger(world, VT_CENTRE_WORLD_ALL, world->world.filler, 7);
    *centre = vt_test_start("said", VT_ARGV("vitrine", "centre", "serve", "--dir",
                                            world->folder, "--pages", "build/web"));
}

static void play(const char *name)
{
    struct vt_centre_world world;
    struct vt_running centre;
    const char *file;

    need_browser();
    begin(&world, &centre);
    file = vt_arena_printf(vt_test_arena(), "%s/public/lamp/1.4.0/lamp.bin", world.folder);
    (void)vt_test_run(0, VT_ARGV("node", "centre/web/test/pages.mjs", name, centre.url,
                                 vt_test_vitrine(), file, vt_test_dir()));
    vt_test_stop(&centre, VT_EXIT_OK);
}

#define IN_BROWSER(name)                                                                   \
    static void name(void)                                                                 \
    {                                                                                      \
        play(#name);                                                                       \
    }

IN_BROWSER(theTruthRaisesNoAlarm)
IN_BROWSER(aLieIsSeen)
IN_BROWSER(aLedgerCannotGoBack)
IN_BROWSER(yourOwnFileStaysWithYou)
IN_BROWSER(aBadFileIsNotCalledGood)
IN_BROWSER(aLargeFileIsHashed)
IN_BROWSER(noBarrier)
IN_BROWSER(byKeyboardAlone)
IN_BROWSER(commandsExist)
IN_BROWSER(strangersWordsStayText)

/* ---- without a browser ------------------------------------------------------------------
 */

static const char *absolute(const char *path)
{
    char *folder = realpath(path, NULL);

    VT_CHECK_SAYING(folder != NULL, "%s", path);
    vt_test_keep(folder);
    return folder;
}

static void the_check_passes_the_vectors(void)
{
    need_pages();
    (void)vt_test_run(
        0,
        VT_ARGV("node", "centre/web/test/vectors.mjs", absolute(CHECK),
                "tests/vectors/cases/merkle.jsonl", "tests/vectors/cases/note.jsonl",
                "tests/vectors/cases/checkpoint.jsonl",
                "tests/vectors/cases/tlog-proof.jsonl", "tests/vectors/cases/ed25519.jsonl",
                "tests/vectors/cases/dsse.jsonl", "tests/vectors/cases/witness.jsonl"));
}

static void mangled_evidence_is_refused(void)
{
    struct vt_centre_world world;

    need_pages();
    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &world);
    (void)vt_test_run(0, VT_ARGV("node", "centre/web/test/evidence.mjs", absolute(CHECK),
                                 vt_test_path("c/trust.json"),
                                 vt_test_path("c/public/lamp/1.4.0/lamp.bin.evidence"),
                                 vt_test_path("c/public/lamp/1.4.0/lamp.bin"), "lamp",
                                 "1.4.0"));
}

static void the_api_is_as_described(void)
{
    struct vt_centre_world world;
    struct vt_running centre;

    need_pages();
    begin(&world, &centre);
    (void)vt_test_run(0, VT_ARGV("node", "centre/web/test/api.mjs", centre.url));
    vt_test_stop(&centre, VT_EXIT_OK);
}

/* The same source gives the same bytes, and the digest that the Centre tells. */
static void the_pages_are_built_equal(void)
{
    struct vt_centre_world world;
    struct vt_running centre;
    const char *said, *about;

    need_pages();
    said = vt_test_run(0, VT_ARGV("node", "centre/web/build.mjs", vt_test_path("again")));
    (void)vt_test_run(0, VT_ARGV("diff", "-r", "build/web", vt_test_path("again")));
    begin(&world, &centre);
    about = vt_test_run(
        0, VT_ARGV("curl", "-s",
                   vt_arena_printf(vt_test_arena(), "%s/api/v1/about", centre.url)));
    said = strstr(said, "pages ");
    VT_CHECK(said != NULL);
    said = vt_arena_printf(vt_test_arena(), "\"sha256\":\"%.64s\"", said + 6);
    VT_CHECK_SAYING(strstr(about, said) != NULL, "%s: not in %s", said, about);
    vt_test_stop(&centre, VT_EXIT_OK);
}

static const struct vt_case cases[] = {
    { "the check passes the vectors", the_check_passes_the_vectors },
    { "mangled evidence is refused", mangled_evidence_is_refused },
    { "the API is as described", the_api_is_as_described },
    { "the pages are built equal", the_pages_are_built_equal },
    { "the truth raises no alarm", theTruthRaisesNoAlarm },
    { "a lie is seen", aLieIsSeen },
    { "a ledger cannot go back", aLedgerCannotGoBack },
    { "your own file stays with you", yourOwnFileStaysWithYou },
    { "a bad file is not called good", aBadFileIsNotCalledGood },
    { "a large file is hashed", aLargeFileIsHashed },
    { "no barrier", noBarrier },
    { "by keyboard alone", byKeyboardAlone },
    { "commands exist", commandsExist },
    { "strangers' words stay text", strangersWordsStayText },
};

VT_TEST_MAIN("centre.pages", cases)
