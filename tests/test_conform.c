/* Other people's cases (tests/vectors/cases) before our functions, and the judge before a
 * few cases of its own: it must be able to say no. */
#include "tests/harness.h"
#include <glob.h>

static const char *conform(void)
{
    char *path = vt_test_print("%s", vt_test_vitrine());

    (void)snprintf(strrchr(path, '/'), sizeof "/conform", "/conform");
    return path;
}

static bool ends_with(const char *output, const char *last)
{
    return vt_slice_ends_with(vt_slice_from_cstr(output), vt_slice_from_cstr(last));
}

static void every_case_agrees(void)
{
    const char *argv[64] = { conform() };
    glob_t files;

    VT_CHECK(glob("tests/vectors/cases/*.jsonl", 0, NULL, &files) == 0);
    VT_CHECK(files.gl_pathc >= 6 && files.gl_pathc < 62);
    for (size_t i = 0; i < files.gl_pathc; i++)
        argv[i + 1] = files.gl_pathv[i];
    VT_CHECK(ends_with(vt_test_run(0, argv), "519 agree, 0 differ\n"));
    globfree(&files);
}

#define GOOD                                                                               \
    "{\"kind\":\"checkpoint\",\"name\":\"good\",\"want\":\"accept\",\"body\":\"a\\n0\\n"   \
    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\\n\"}\n"

static const char *judge(int exit_code, vt_slice lines)
{
    const char *path = vt_test_path("own.jsonl");

    vt_test_write(path, lines);
    return vt_test_run(exit_code, VT_ARGV(conform(), path));
}

static void judge_can_say_no(void)
{
    static const struct {
        const char *name;
        vt_slice line;
        const char *says;
    } rows[] = {
        { "wrongly wanted",
          VT_LIT("{\"kind\":\"vkey\",\"name\":\"x\",\"want\":\"accept\",\"vkey\":\"x\"}\n"),
          "differ: got reject wanted accept (vkey: x)\n" },
        { "unknown kind",
          VT_LIT("{\"kind\":\"tea-leaves\",\"name\":\"x\",\"want\":\"accept\"}\n"),
          "differ: got an unknown kind wanted accept (tea-leaves: x)\n" },
        { "crash", VT_LIT("{\"kind\":\"crash\",\"name\":\"x\",\"want\":\"accept\"}\n"),
          "differ: got a crash (signal 6) wanted accept (crash: x)\n" },
        { "no JSON", VT_LIT("{\"kind\":\n"), "differ: got no JSON object wanted ?" },
        { "no want", VT_LIT("{\"kind\":\"vkey\",\"name\":\"x\",\"vkey\":\"x\"}\n"),
          "differ: got reject wanted  (vkey: x)\n" },
    };

    VT_CHECK(ends_with(judge(0, VT_LIT(GOOD)), "1 agree, 0 differ\n"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_BUF lines = vt_buf_init(10000);
        const char *output;

        vt_buf_put(&lines, VT_LIT(GOOD));
        vt_buf_put(&lines, rows[i].line);
        vt_buf_put(&lines, VT_LIT(GOOD));
        output = judge(1, vt_buf_slice(&lines));
        VT_CHECK_SAYING(strstr(output, rows[i].says) != NULL, "%s: %s", rows[i].name,
                        output);
        VT_CHECK_SAYING(ends_with(output, "2 agree, 1 differ\n"), "%s", output);
    }
}

static void misuse_and_trouble(void)
{
    (void)vt_test_run(2, VT_ARGV(conform()));
    (void)vt_test_run(3, VT_ARGV(conform(), vt_test_path("missing.jsonl")));
    VT_CHECK(ends_with(judge(1, VT_LIT("")), "0 agree, 0 differ\n"));
}

static const struct vt_case cases[] = {
    { "every case agrees", every_case_agrees },
    { "the judge can say no", judge_can_say_no },
    { "misuse and trouble", misuse_and_trouble },
};

VT_TEST_MAIN("tests.conform", cases)
