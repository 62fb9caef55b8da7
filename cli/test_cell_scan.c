/* `vitrine cell scan`: what a person sees of files and folders. */
#include "tests/archives.h"
#include "tests/harness.h"
#include "wire/json.h"
#include <dirent.h>

#define EICAR_LINE "44d88612fea8a8f36de82e1278abb02f:68:Test.Eicar\n"
#define CLAM_LINE  "aa15bcf478d165efd2065190eb473bcb:544:Test.ClamFile\n"
#define TESTFILES  "/usr/share/clamav-testfiles"

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "no '%s' in: %s", words, output)

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static void write_databases(void)
{
    VT_CHECK(mkdir(path("clamav"), 0700) == 0);
    vt_test_write(path("clamav/two.hdb"), VT_LIT(CLAM_LINE EICAR_LINE));
    VT_CHECK(mkdir(path("db"), 0700) == 0 && mkdir(path("db/rules"), 0700) == 0);
    vt_test_write(
        path("db/rules/a.yar"),
        VT_LIT("rule Needle { strings: $a = \"a needle in it\" condition: $a }\n"));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "rules", "build", path("db"), "--out", path("one.pack")));
}

static const char *scan(int wanted, const char *what, const char *more)
{
    return vt_test_run(wanted, VT_ARGV("vitrine", "cell", "scan", path(what), "--rules",
                                       path("one.pack"), "--clamav", path("clamav"), more));
}

static size_t count_files(const char *folder)
{
    DIR *open = opendir(folder);
    const struct dirent *entry;
    size_t count = 0;

    VT_CHECK_SAYING(open != NULL, "%s: install clamav-testfiles", folder);
    while ((entry = readdir(open)) != NULL)
        count += entry->d_name[0] != '.';
    (void)closedir(open);
    return count;
}

/* One small program in 44 wrappings, by a list of two hashes. */
static void all_of_clamavs_test_files_are_found(void)
{
    const char *out;

    write_databases();
    VT_CHECK(symlink(TESTFILES, path("testfiles")) == 0);
    VT_CHECK(count_files(TESTFILES) == 44);
    out = scan(1, "testfiles", NULL);
    MUST_SAY(out, "44 files, ");
    MUST_SAY(out, ": 44 malicious\n");
    MUST_SAY(out, "clam.7z: malicious: Test.ClamFile.UNOFFICIAL (clamav)\n");
}

static void folders_are_walked_and_links_are_not(void)
{
    const char *out;

    write_databases();
    VT_CHECK(mkdir(path("home"), 0700) == 0 && mkdir(path("home/deep"), 0700) == 0);
    vt_test_write(path("home/deep/e.zip"),
                  vt_test_archive("zip", "none", "e", vt_test_eicar()));
    vt_test_write(path("home/good"), VT_LIT("nothing"));
    vt_test_write(path("home/na\nme"), VT_LIT("a needle in it"));
    VT_CHECK(symlink("deep/e.zip", path("home/link")) == 0);
    VT_CHECK(mkfifo(path("home/pipe"), 0600) == 0);
    out = scan(1, "home", NULL);
    MUST_SAY(out, "home/deep/e.zip: malicious: Test.Eicar.UNOFFICIAL (clamav)\n");
    MUST_SAY(out, "home/na?me: malicious: Needle (yara)\n");
    MUST_SAY(out, "3 files, ");
    MUST_SAY(out, ": 1 clean, 2 malicious\n");
    VT_CHECK(strstr(out, "link") == NULL && strstr(out, "good") == NULL);
    out = scan(0, "home/good", "--all");
    MUST_SAY(out, "home/good: clean\n");
}

static void not_fully_scanned_is_no_yes(void)
{
    const char *out;

    write_databases();
    vt_test_write(path("quine.gz"), vt_test_gzip_quine());
    out = scan(1, "quine.gz", NULL);
    MUST_SAY(out, "quine.gz: not fully scanned: depth\n");
    MUST_SAY(out, ": 1 not-fully-scanned\n");
}

static void machines_get_the_whole_verdict(void)
{
    VT_AUTO_JSON json = NULL;
    struct vt_error err = { 0 };
    const json_t *file;
    const char *text;

    write_databases();
    vt_test_write(path("e.zip"), vt_test_archive("zip", "none", "e", vt_test_eicar()));
    text = scan(1, "e.zip", "--json");
    VT_CHECK_OK(vt_json_parse(vt_slice_from_cstr(text), "answer", &json, &err));
    VT_CHECK(json_is_false(json_object_get(json, "ok")));
    VT_CHECK(strlen(json_string_value(json_object_get(json, "rules"))) == 64);
    VT_CHECK(json_array_size(json_object_get(json, "engines")) == 3);
    VT_CHECK(json_integer_value(
                 json_object_get(json_object_get(json, "limits"), "members")) == 10000);
    file = json_array_get(json_object_get(json, "files"), 0);
    VT_CHECK(strcmp(json_string_value(json_object_get(file, "state")), "malicious") == 0);
    VT_CHECK(json_integer_value(json_object_get(file, "members")) == 1);
    VT_CHECK(strcmp(json_string_value(json_object_get(
                        json_array_get(json_object_get(file, "found"), 0), "name")),
                    "Test.Eicar.UNOFFICIAL") == 0);
}

/* Counts them; all must be clean. */
static uint64_t scan_clean(const char *const argv[])
{
    const char *out = vt_test_run(0, argv);
    uint64_t files = strtoull(out, NULL, 10);
    char wanted[64];

    (void)snprintf(wanted, sizeof wanted, ": %ju clean\n", (uintmax_t)files);
    MUST_SAY(out, wanted);
    return files;
}

/* The documents of this Debian system, packed and not, past the rules of the example; where
 * it was installed without them, headers make up the number. */
static void a_debian_system_has_no_false_hit(void)
{
    enum { FILES_MIN = 4000 };
    uint64_t files =
        scan_clean(VT_ARGV("vitrine", "cell", "scan", "--rules", "examples/rules",
                           "/usr/share/doc", "/usr/share/perl", "/usr/sbin"));

    if (files < FILES_MIN)
        files += scan_clean(VT_ARGV("vitrine", "cell", "scan", "--rules", "examples/rules",
                                    "/usr/include"));
    VT_CHECK_SAYING(files >= FILES_MIN, "only %ju files", (uintmax_t)files);
}

static void misuse_is_told(void)
{
    write_databases();
    vt_test_write(path("f"), VT_LIT("x"));
    MUST_SAY(vt_test_run(2, VT_ARGV("vitrine", "cell", "scan", path("f"))),
             "give --rules, --clamav or both");
    MUST_SAY(vt_test_run(2, VT_ARGV("vitrine", "cell", "scan", path("f"), "--rules",
                                    path("one.pack"), "--limits", "depth=many")),
             "depth=many");
    MUST_SAY(vt_test_run(2, VT_ARGV("vitrine", "cell", "scan", path("f"), "--rules",
                                    path("one.pack"), "--workers", "0")),
             "--workers");
    MUST_SAY(scan(3, "nowhere", NULL), "nowhere");
}

static const struct vt_case cases[] = {
    { "all of ClamAV's test files are found", all_of_clamavs_test_files_are_found },
    { "folders are walked and links are not", folders_are_walked_and_links_are_not },
    { "not fully scanned is no yes", not_fully_scanned_is_no_yes },
    { "machines get the whole verdict", machines_get_the_whole_verdict },
    { "a Debian system has no false hit", a_debian_system_has_no_false_hit },
    { "misuse is told", misuse_is_told },
};

VT_TEST_MAIN("cell_scan", cases)
