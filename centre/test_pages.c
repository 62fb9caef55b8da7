/* The pages, and the check in them, in node and in a real browser before a real Centre; the
 * cases are in centre/web/test.  Skipped where they could not be built.  One browser serves
 * all cases, since to start one costs more than most of them. */
#include "tests/reviewers_world.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define MODULES "centre/web/node_modules"
#define CHECK   "build/web-check.mjs"
/* What the world released: the pages that are tried, as their list. */
#define PAGE_LIST "build/web.sha256"

/* Why there are no pages, as tools/centre-web.sh has left it; empty if there are. */
static void find_pages(char why[256])
{
    FILE *file = fopen("build/web.missing", "re");

    why[0] = '\0';
    if (vt_path_exists("build/web/index.html") && vt_path_exists(MODULES "/preact"))
        (void)0;
    else if (file == NULL || fgets(why, 256, file) == NULL)
        (void)snprintf(why, 256, "npm is not installed");
    why[strcspn(why, "\n")] = '\0';
    if (file != NULL)
        (void)fclose(file);
}

static void need_pages(void)
{
    char why[256];

    find_pages(why);
    if (why[0] != '\0')
        vt_test_skip(why);
}

/* ---- the browser ------------------------------------------------------------------------
 */

/* Who drives it, set before the first case: it outlives all of them. */
static struct {
    pid_t pid;
    char url[100];
    char why[256]; /* there is none */
} driver;

static void find_browser(void)
{
    find_pages(driver.why);
    if (driver.why[0] == '\0' && !vt_path_exists("/usr/bin/chromium"))
        (void)snprintf(driver.why, sizeof driver.why, "chromium is not installed");
#ifdef VT_SANITIZED
    /* What is tried is the pages: once is enough. */
    (void)snprintf(driver.why, sizeof driver.why,
                   "the pages are tried with the plain build");
#endif
}

static void start_driver(void)
{
    int ends[2];
    FILE *said;

    VT_ASSERT(pipe2(ends, O_CLOEXEC) == 0);
    driver.pid = fork();
    VT_ASSERT(driver.pid >= 0);
    if (driver.pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        (void)dup2(ends[1], 1);
        (void)execlp("node", "node", "centre/web/test/pages.mjs", vt_test_vitrine(),
                     (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    said = fdopen(ends[0], "re");
    VT_ASSERT(said != NULL);
    if (fscanf(said, "ready: %99s", driver.url) != 1)
        (void)fputs("the browser's driver did not start\n", stderr);
    (void)fclose(said);
}

static void begin(struct vt_centre_world *world, struct vt_running *centre)
{
    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    VT_CHECK(mkdir(vt_test_path("c/handed"), 0755) == 0);
    vt_reviewers_write_key(VT_P_SUPERVISOR, vt_test_path("supervisor.key"));
    vt_centre_world_make_of(vt_test_path("c"),
                            vt_arena_cstr(vt_test_arena(), vt_test_read(PAGE_LIST)), world);
    vt_centre_world_lay_ledger(world, VT_CENTRE_WORLD_ALL, world->world.filler, 7);
    *centre =
        vt_test_start("said", VT_ARGV("vitrine", "centre", "serve", "--dir", world->folder,
                                      "--pages", "build/web", "--refresh", "1s"));
}

static const char *word(const char *name, const char *value)
{
    return vt_test_print("%s=%s", name, value);
}

static void play(const char *name)
{
    struct vt_centre_world world;
    struct vt_running centre;
    const char *file, *said;

    if (driver.why[0] != '\0')
        vt_test_skip(driver.why);
    begin(&world, &centre);
    file = vt_test_print("%s/public/lamp/1.4.0/lamp.bin", world.folder);
    said = vt_test_run(0, VT_ARGV("curl", "-sSG", "--data-urlencode",
                                  word("centre", centre.url), "--data-urlencode",
                                  word("file", file), "--data-urlencode",
                                  word("scratch", vt_test_dir()),
                                  vt_test_print("%s/%s", driver.url, name)));
    VT_CHECK_SAYING(strcmp(said, "ok\n") == 0, "%s", said);
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
IN_BROWSER(otherCentresAreCompared)
IN_BROWSER(thePagesAreThoseOfTheList)
IN_BROWSER(thePagesAreARelease)
IN_BROWSER(theDesksComposeCommands)
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
    (void)vt_test_run(0, VT_ARGV("node", "centre/web/packages.mjs", "check"));
    said = vt_test_run(0, VT_ARGV("node", "centre/web/build.mjs", vt_test_path("again")));
    (void)vt_test_run(0, VT_ARGV("diff", "-r", "build/web", vt_test_path("again")));
    begin(&world, &centre);
    about =
        vt_test_run(0, VT_ARGV("curl", "-s", vt_test_print("%s/api/v1/about", centre.url)));
    said = strstr(said, "pages ");
    VT_CHECK(said != NULL);
    said = vt_test_print("\"sha256\":\"%.64s\"", said + 6);
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
    { "other Centres are compared", otherCentresAreCompared },
    { "the pages are those of the list", thePagesAreThoseOfTheList },
    { "the pages are a release", thePagesAreARelease },
    { "the desks compose commands", theDesksComposeCommands },
    { "strangers' words stay text", strangersWordsStayText },
};

int main(int argc, char **argv)
{
    int status;

    find_browser();
    if (driver.why[0] == '\0')
        start_driver();
    status =
        vt_test_main("centre.pages", cases, sizeof cases / sizeof cases[0], argc, argv);
    if (driver.pid > 0) {
        (void)kill(driver.pid, SIGTERM);
        (void)waitpid(driver.pid, NULL, 0);
    }
    return status;
}
