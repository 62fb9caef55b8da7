/* The pages of reviewers in a real browser, with a virtual authenticator, before a real
 * Centre; the cases are in centre/web/test/reviewers-pages.mjs. */
#include "tests/built_release.h"
#include "tests/reviewers_world.h"
#include <sys/stat.h>

#define BOTH (VT_BIT(VT_P_VENDOR) | VT_BIT(VT_P_SUPERVISOR))

static void need_browser(void)
{
    vt_slice why;

#ifdef VT_SANITIZED
    vt_test_skip("the pages are tried with the plain build");
#endif
    if (!vt_path_exists("build/web/index.html")) {
        if (!vt_path_exists("build/web.missing"))
            vt_test_skip("npm is not installed");
        why = vt_test_read("build/web.missing");
        vt_test_skip(vt_test_print("%.*s", (int)why.len - 1, (const char *)why.data));
    }
    if (!vt_path_exists("/usr/bin/chromium"))
        vt_test_skip("chromium is not installed");
}

/* ---- a large source ---------------------------------------------------------------------
 */

enum { LINES = 20000, LINES_OF_ONE = 400 };

static const char *large_text(size_t file, bool is_changed)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));

    for (size_t i = 0; i < LINES_OF_ONE / 4; i++)
        vt_buf_printf(&text,
                      "int part_%zu_step_%zu(int volts)\n{\n    return volts * %zu;\n}\n",
                      file, i, is_changed && i == 50 ? 77 : i);
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

/* VT_LARGE_LINES=1000000 measures a source of so many; every tenth file differs. */
static void add_large(const struct vt_centre_world *world)
{
    const char *wanted = getenv("VT_LARGE_LINES");
    size_t lines = wanted != NULL ? (size_t)strtoul(wanted, NULL, 10) : LINES,
           count = lines / LINES_OF_ONE;
    struct vt_source_file *files =
        vt_arena_alloc(vt_test_arena(), (count + 1) * sizeof *files);

    for (size_t i = 0; i < count; i++)
        files[i] =
            (struct vt_source_file){ vt_test_print("room%03zu/part%06zu.c", i / 20, i),
                                     large_text(i, false) };
    vt_reviewers_add_source(world, "lamp", "3.0.0", world->world.sequence + 5, files);
    for (size_t i = 0; i < count; i += 10)
        files[i].text = large_text(i, true);
    vt_reviewers_add_source(world, "lamp", "3.1.0", world->world.sequence + 6, files);
}

/* A release that can be built again; where the packages lie. */
static const char *add_built(const struct vt_centre_world *world)
{
    VT_AUTO_BUILT_RELEASE built;

    vt_built_release_make(world, "f10", &built);
    vt_built_release_say(world, &built, -10, NULL);
    vt_built_release_authorise(world, &built);
    return vt_test_print("%s", vt_built_release_store(&built));
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void play(const char *name)
{
    static const char *const products[] = { "lamp", "f10", NULL };
    bool is_day = strcmp(name, "aReviewersDay") == 0;
    struct vt_running centre, rebuilder;
    struct vt_centre_world world;
    const char *port, *origin, *store = NULL;
    vt_slice invitation;

    need_browser();
    VT_CHECK(mkdir(vt_test_path("c"), 0755) == 0);
    vt_centre_world_make(vt_test_path("c"), &world);
    (void)vt_reviewers_seal(&world, "localhost");
    vt_reviewers_add_sources(&world);
    if (strcmp(name, "aLargeSourceIsQuick") == 0)
        add_large(&world);
    if (is_day)
        store = add_built(&world);
    vt_reviewers_accept(&world, "lamp", "2.0.0", VT_BIT(VT_P_REVIEWER));
    invitation = vt_reviewers_invitation("rahel", products, -60, 3600, BOTH);
    vt_reviewers_invite(&world, "rahel", invitation);
    vt_test_write(vt_test_path("end.json"),
                  vt_reviewers_end(invitation, VT_BIT(VT_P_VENDOR)));
    (void)vt_test_run(
        0, VT_ARGV(vt_test_vitrine(), "centre", "import", "--dir", world.folder));
    port = vt_test_free_port();
    origin = vt_test_print("http://localhost:%s", port);
    centre = vt_test_start("said", VT_ARGV("vitrine", "centre", "serve", "--dir",
                                           world.folder, "--pages", "build/web", "--origin",
                                           origin, "--port", port));
    if (is_day)
        rebuilder =
            vt_test_start("said-rebuilder", VT_ARGV("vitrine", "centre", "rebuild", "--dir",
                                                    world.folder, "--store", store));
    (void)printf(
        "%s", vt_test_run(0, VT_ARGV("node", "centre/web/test/reviewers-pages.mjs", name,
                                     origin, vt_reviewers_code("rahel"), vt_test_dir())));
    if (is_day)
        vt_test_kill(&rebuilder);
    vt_test_stop(&centre, VT_EXIT_OK);
}

/* A command of the page, on the reviewer's machine: what stands in capitals is his to say.
 */
static const char *run_command(const char *line, const char *more)
{
    static const char *const places[][2] = { { "DESK", "c/desk" },
                                             { "LEDGER", "c/ledgers/releases" },
                                             { "trust.json", "c/trust.json" },
                                             { "KEY", "reviewer.key" } };
    VT_AUTO_BUF script = vt_buf_init(VT_KIB(8));
    vt_reader r = { vt_slice_from_cstr(line) };
    vt_slice word;

    vt_buf_printf(&script, "program=$(realpath \"$1\") && cd '%s' && \"$program\"",
                  vt_test_dir());
    VT_CHECK(vt_read_literal(&r, VT_LIT("vitrine ")));
    while (r.rest.len != 0) {
        if (!vt_read_until(&r, ' ', &word)) {
            word = r.rest;
            r.rest = (vt_slice){ 0 };
        }
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
            if (vt_slice_is(word, places[i][0]))
                word = vt_slice_from_cstr(places[i][1]);
        vt_buf_printf(&script, " %.*s", VT_SLICE_ARGS(word));
    }
    vt_buf_printf(&script, " %s", more);
    return vt_test_run(0,
                       VT_ARGV("sh", "-c", vt_buf_cstr(&script), "sh", vt_test_vitrine()));
}

/* What the page gave is signed by the commands that it composed. */
static void check_commands(void)
{
    VT_AUTO_JSON commands = NULL;
    struct vt_error err = { 0 };
    const char *said;

    vt_reviewers_write_key(VT_P_REVIEWER, vt_test_path("reviewer.key"));
    VT_CHECK_OK(vt_json_parse(vt_test_read(vt_test_path("commands.json")), "commands",
                              &commands, &err));
    said = run_command(json_string_value(json_array_get(commands, 0)), "");
    VT_CHECK_SAYING(strstr(said, "your review (accept) is on the desk") != NULL, "%s",
                    said);
    (void)run_command(json_string_value(json_array_get(commands, 1)),
                      "--sign-only --out finding.json");
    VT_CHECK(vt_path_exists(vt_test_path("finding.json")) &&
             vt_path_exists(vt_test_path("lamp-1.opening.json")));
}

static void notesInThePage(void)
{
    play("notesInThePage");
    check_commands();
}

#define IN_BROWSER(name)                                                                   \
    static void name(void)                                                                 \
    {                                                                                      \
        play(#name);                                                                       \
    }

IN_BROWSER(aReviewersDay)
IN_BROWSER(sourceStaysText)
IN_BROWSER(aSwappedSourceIsSeen)
IN_BROWSER(aToldDigestIsNotASignature)
IN_BROWSER(aSearchGoesOn)
IN_BROWSER(anErrorIsNoTampering)
IN_BROWSER(aFalseSealIsSeen)
IN_BROWSER(anEndStopsThePage)
IN_BROWSER(noBarrier)
IN_BROWSER(aLargeSourceIsQuick)

static const struct vt_case cases[] = {
    { "a reviewer's day", aReviewersDay },
    { "notes in the page", notesInThePage },
    { "source stays text", sourceStaysText },
    { "a swapped source is seen", aSwappedSourceIsSeen },
    { "a told digest is not a signature", aToldDigestIsNotASignature },
    { "a search goes on", aSearchGoesOn },
    { "an error is no tampering", anErrorIsNoTampering },
    { "a false seal is seen", aFalseSealIsSeen },
    { "an end stops the page", anEndStopsThePage },
    { "no barrier", noBarrier },
    { "a large source is quick", aLargeSourceIsQuick },
};

VT_TEST_MAIN("centre.pages_reviewers", cases)
