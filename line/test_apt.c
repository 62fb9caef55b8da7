/* What we take from the machine's package sources, and from apt's answers. */
#include "line/apt.h"
#include "line/deb.h"
#include "tests/harness.h"

typedef bool filter_fn(vt_slice text, const char *suite, struct vt_buf *out,
                       struct vt_error *err);

static void filters_to(filter_fn *filter, const char *text, const char *wanted)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));
    VT_AUTO_BUF again = vt_buf_init(VT_MIB(1));

    VT_CHECK_OK(filter(vt_slice_from_cstr(text), "bookworm", &out, &err));
    VT_CHECK_SAYING(vt_slice_is(vt_buf_slice(&out), wanted), "of:\n%s\nit took:\n%.*s",
                    text, VT_SLICE_ARGS(vt_buf_slice(&out)));
    VT_CHECK_OK(filter(vt_buf_slice(&out), "bookworm", &again, &err));
    VT_CHECK(vt_slice_equal(vt_buf_slice(&out), vt_buf_slice(&again)));
}

#define BOTH(rest) "deb " rest "\ndeb-src " rest "\n"

static void lines_of_the_suite_are_taken(void)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        { "deb http://d/debian bookworm main\n", BOTH("http://d/debian bookworm main") },
        { "deb http://d/debian bookworm main", BOTH("http://d/debian bookworm main") },
        { "deb  [arch=amd64 signed-by=/k]\thttp://d bookworm-security main contrib # x\n",
          BOTH("[arch=amd64 signed-by=/k] http://d bookworm-security main contrib") },
        { "deb http://d bookworm-updates main\ndeb http://d bookworm/updates main\n",
          BOTH("http://d bookworm-updates main") BOTH("http://d bookworm/updates main") },
        { "deb-src http://d/debian bookworm main\n", "" },
        { "# deb http://d/debian bookworm main\n", "" },
        { "deb http://cloud cloud-sdk-bookworm main\n", "" },
        { "deb http://d bookworm-backports main\n", "" },
        { "deb http://d trixie main\n", "" },
        { "deb http://d\n", "" },
        { "deb [arch=amd64] http://d\n", "" },
        { "debs http://d bookworm main\n", "" },
        { "", "" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        filters_to(vt_apt_filter_list, rows[i].text, rows[i].wanted);
}

static void stanzas_of_the_suite_are_taken(void)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        { "Types: deb\nURIs: http://d\nSuites: bookworm bookworm-updates trixie\n"
          "Components: main\nSigned-By: /k\n",
          "Types: deb deb-src\nURIs: http://d\nSuites: bookworm bookworm-updates\n"
          "Components: main\nSigned-By: /k\n\n" },
        { "# note\n\n\nTypes: deb\nSuites: bookworm-security\nURIs: http://s\n"
          "Signed-By:\n -----BEGIN\n .\n abc\n\nTypes: deb\nSuites: nodistro\nURIs: x\n",
          "Types: deb deb-src\nSuites: bookworm-security\nURIs: http://s\n"
          "Signed-By:\n -----BEGIN\n .\n abc\n\n" },
        { "Types: deb-src\nURIs: http://d\nSuites: bookworm\n", "" },
        { "Types: deb\nURIs: http://d\nSuites: bookworm\nEnabled: no\n", "" },
        { "Types: deb\nURIs: http://d\n", "" },
        { "", "" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        filters_to(vt_apt_filter_stanzas, rows[i].text, rows[i].wanted);
}

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void only_hashed_files_are_taken(void)
{
    static const struct {
        const char *line;
        bool is_good;
    } rows[] = {
        { "'http://d/p/gcc_4%253a12_amd64.deb' gcc_4%3a12_amd64.deb 18708 SHA256:" HASH,
          true },
        { "'file:/p/a.deb' a.deb 1 SHA256:" HASH, true },
        { "'http://d/p/a.deb' a.deb 1 MD5Sum:00112233445566778899aabbccddeeff", false },
        { "'http://d/p/a.deb' a.deb 1 SHA256:" HASH "0", false },
        { "'http://d/p/a.deb' a.deb 1 ", false },
        { "'http://d/p/a.deb' ../a.deb 1 SHA256:" HASH, false },
        { "'http://d/p/a.deb' .a.deb 1 SHA256:" HASH, false },
        { "'http://d/p/a.deb' -a.deb 1 SHA256:" HASH, false },
        { "'http://d/p/a.deb' a.deb 01 SHA256:" HASH, false },
        { "'-o=Dir' a.deb 1 SHA256:" HASH, false },
        { "'' a.deb 1 SHA256:" HASH, false },
        { "http://d/p/a.deb a.deb 1 SHA256:" HASH, false },
        { "", false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_ARENA arena = vt_arena_new();
        struct vt_apt_file file;

        VT_CHECK_SAYING(vt_apt_parse_uri(vt_slice_from_cstr(rows[i].line), arena, &file) ==
                            rows[i].is_good,
                        "%s", rows[i].line);
    }
}

/* A suite that no source offers fails before anything is fetched. */
static void an_unknown_suite_is_absent(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_LINE_STORE store = NULL;
    VT_AUTO_APT apt = NULL;

    vt_test_write(vt_test_path("list"),
                  VT_LIT("deb http://192.0.2.1/debian bookworm main\n"));
    VT_CHECK_OK(vt_line_store_open(vt_test_path("store"), true, &store, &err));
    VT_CHECK_FAILS(VT_ABSENT,
                   vt_apt_open(store, "no-such-suite", vt_test_path("list"), &apt, &err));
    VT_CHECK(strstr(err.message, "--sources") != NULL);
    VT_CHECK_FAILS(VT_IO, vt_apt_open(store, "bookworm", vt_test_path("none"), &apt, &err));
}

/* The signed lists are what everything rests on: an unsigned repository is refused. */
static void an_unsigned_repository_is_refused(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_LINE_STORE store = NULL;
    VT_AUTO_APT apt = NULL;
    char line[300];

    (void)snprintf(line, sizeof line, "deb file:%s bookworm main\n", vt_test_path("repo"));
    vt_test_write(vt_test_path("list"), vt_slice_from_cstr(line));
    VT_CHECK(mkdir(vt_test_path("repo"), 0755) == 0 &&
             mkdir(vt_test_path("repo/dists"), 0755) == 0 &&
             mkdir(vt_test_path("repo/dists/bookworm"), 0755) == 0);
    vt_test_write(vt_test_path("repo/dists/bookworm/Release"),
                  VT_LIT("Suite: bookworm\nCodename: bookworm\nComponents: main\n"
                         "Architectures: amd64\nDate: Sat, 01 Jan 2022 00:00:00 UTC\n"));
    VT_CHECK_OK(vt_line_store_open(vt_test_path("store"), true, &store, &err));
    VT_CHECK_FAILS(VT_IO, vt_apt_open(store, "bookworm", vt_test_path("list"), &apt, &err));
    VT_CHECK_SAYING(strstr(err.message, "not signed") != NULL, "it said: %s", err.message);
}

/* A package with this text as its control file, "#" in it a NUL. */
static const char *make_package(const char *control)
{
    vt_test_write(vt_test_path("text"), vt_slice_from_cstr(control));
    (void)vt_test_run(
        0, VT_ARGV("sh", "-c",
                   "cd \"$0\" && rm -f p.deb && tr '#' '\\000' <text >control && "
                   "tar -cf control.tar ./control && tar -cf data.tar -T /dev/null && "
                   "echo 2.0 >debian-binary && "
                   "ar rc p.deb debian-binary control.tar data.tar",
                   vt_test_dir()));
    return vt_test_path("p.deb");
}

static void a_package_is_what_its_control_file_says(void)
{
    static const struct {
        const char *control;
        bool is_it;
    } rows[] = {
        { "Package: lamp\nVersion: 1.0\nArchitecture: all\n", true },
        { "Package: lamp \t\nVersion:   1.0\nArchitecture: all\n", true },
        { "Package: lamp2\nVersion: 1.0\nArchitecture: all\n", false },
        { "Package: lamp#\nVersion: 1.0\nArchitecture: all\n", false },
        { "Package: lamp\nVersion: 1.0#\nArchitecture: all\n", false },
        { "Package: lamp\nVersion: 1.0\nArchitecture: all #\n", false },
        { "Package: lamp\nArchitecture: all\n", false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = make_package(rows[i].control);
        struct vt_lock_package package = { .name = "lamp",
                                           .version = "1.0",
                                           .architecture = "all",
                                           .bytes = vt_test_read(path).len };
        struct vt_error err = { 0 };

        VT_CHECK_SAYING(vt_deb_check(path, &package, vt_test_arena(), NULL, &err) ==
                            rows[i].is_it,
                        "%s%s", rows[i].control, err.message);
        VT_CHECK(rows[i].is_it || err.code == VT_REJECTED);
        package.bytes++;
        VT_CHECK_FAILS(VT_REJECTED,
                       vt_deb_check(path, &package, vt_test_arena(), NULL, &err));
    }
}

static const struct vt_case cases[] = {
    { "a package is what its control file says", a_package_is_what_its_control_file_says },
    { "lines of the suite are taken", lines_of_the_suite_are_taken },
    { "stanzas of the suite are taken", stanzas_of_the_suite_are_taken },
    { "only hashed files are taken", only_hashed_files_are_taken },
    { "an unknown suite is absent", an_unknown_suite_is_absent },
    { "an unsigned repository is refused", an_unsigned_repository_is_refused },
};

VT_TEST_MAIN("line.apt", cases)
