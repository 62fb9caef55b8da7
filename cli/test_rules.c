/* vitrine rules, as a person uses it, and each way to use it wrongly. */
#include "tests/harness.h"

#define GOOD "rule Good { strings: $a = \"needle\" condition: $a }\n"
#define TAKES                                                                              \
    "rule Takes { meta: collects = true strings: $a = \"dropper\" condition: $a }\n"

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static void put(const char *name, const char *text)
{
    vt_test_write(path(name), vt_slice_from_cstr(text));
}

static void folders(const char *const names[])
{
    for (; *names != NULL; names++)
        VT_CHECK(mkdir(path(*names), 0755) == 0);
}

static bool says(const char *output, const char *words)
{
    return strstr(output, words) != NULL;
}

/* A sentence alone: one line. */
static bool is_one_sentence(const char *output)
{
    const char *end = strchr(output, '\n');

    return end != NULL && end[1] == '\0';
}

/* The same database in `top`, its files made in one order or the other. */
static void make_database(const char *top, bool is_turned)
{
    static const char *const files[][2] = {
        { "rules/a.yar", GOOD },
        { "rules/deep/b.yara", TAKES },
        { "corpus/must-detect/Good/x", "a needle" },
        { "corpus/must-detect/Takes/y", "a dropper" },
        { "corpus/must-not-detect/z", "hay" },
    };
    static const char *const inside[] = { "",
                                          "/rules",
                                          "/rules/deep",
                                          "/corpus",
                                          "/corpus/must-detect",
                                          "/corpus/must-detect/Good",
                                          "/corpus/must-detect/Takes",
                                          "/corpus/must-not-detect" };
    const size_t count = sizeof files / sizeof files[0];

    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        folders((const char *const[]){ vt_test_print("%s%s", top, inside[i]), NULL });
    for (size_t i = 0; i < count; i++) {
        const char *const *file = files[is_turned ? count - 1 - i : i];

        put(vt_test_print("%s/%s", top, file[0]), file[1]);
    }
}

static const char *build(int exit_code, const char *folder, const char *out)
{
    return vt_test_run(
        exit_code, VT_ARGV("vitrine", "rules", "build", path(folder), "--out", path(out)));
}

static void from_folder_to_answer(void)
{
    const char *text;

    make_database("db", false);
    put("hay", "hay");
    put("dropper", "dropper and needle");
    VT_CHECK(says(build(0, "db", "pack"), "collects Takes\n"));
    text = vt_arena_cstr(vt_test_arena(), vt_test_read(path("pack.json")));
    VT_CHECK(says(text, "{\"collects\":[\"Takes\"],\"engine\":\"yara ") &&
             says(text, "\"must_detect\":2,\"must_not_detect\":1,\"rules\":2,\"sha256\":"));
    text = vt_test_run(0, VT_ARGV("vitrine", "rules", "check", path("pack")));
    VT_CHECK(says(text, "2 rules in 2 files"));
    VT_CHECK(says(vt_test_run(0, VT_ARGV("vitrine", "rules", "check", path("db"))),
                  "tried on 2 files that it must detect, 1 that it must not"));
    text = vt_test_run(0, VT_ARGV("vitrine", "rules", "show", path("pack")));
    VT_CHECK(says(text, "detects  Good  a.yar") &&
             says(text, "collects Takes  deep/b.yara"));
    text = vt_test_run(0, VT_ARGV("vitrine", "rules", "scan", path("pack"), path("hay")));
    VT_CHECK(says(text, "hay: no rule\n"));
    text = vt_test_run(
        1, VT_ARGV("vitrine", "rules", "scan", path("pack"), path("hay"), path("dropper")));
    VT_CHECK(says(text, "dropper: Good\n") && says(text, "dropper: Takes\n"));
}

static void answers_for_machines(void)
{
    const char *text;

    make_database("db", false);
    put("dropper", "dropper");
    text = vt_test_run(0, VT_ARGV("vitrine", "rules", "build", path("db"), "--out",
                                  path("pack"), "--json"));
    VT_CHECK(is_one_sentence(text) && says(text, "\"ok\":true") &&
             says(text, "\"collects\":[\"Takes\"]"));
    text = vt_test_run(
        1, VT_ARGV("vitrine", "rules", "scan", path("pack"), path("dropper"), "--json"));
    VT_CHECK(is_one_sentence(text) && says(text, "\"ok\":false") &&
             says(text, "\"rules\":[\"Takes\"]"));
    text = vt_test_run(0, VT_ARGV("vitrine", "rules", "show", path("pack"), "--json"));
    VT_CHECK(is_one_sentence(text) && says(text, "\"manifest\":{"));
    text = vt_test_run(
        0, VT_ARGV("vitrine", "rules", "diff", path("pack"), path("pack"), "--json"));
    VT_CHECK(is_one_sentence(text) && says(text, "\"now_collecting\":[]"));
    VT_CHECK(says(vt_test_run(0, VT_ARGV("vitrine", "complete", "rules")), "scan"));
    VT_CHECK(says(vt_test_run(0, VT_ARGV("vitrine", "rules", "build", "--help")),
                  "must-detect"));
}

/* Another order of making, mask, date of the files, zone, and (as root) another user. */
static void equal_everywhere(void)
{
    static const struct timespec old[2] = { { 1000000, 0 }, { 1000000, 0 } };
    const char *out;

    make_database("db", false);
    (void)build(0, "db", "first");
    (void)umask(0);
    make_database("turned", true);
    VT_CHECK(utimensat(AT_FDCWD, path("turned/rules/a.yar"), old, 0) == 0);
    VT_CHECK(setenv("TZ", "Asia/Tokyo", 1) == 0);
    (void)build(0, "turned", "second");
    VT_CHECK(vt_slice_equal(vt_test_read(path("first")), vt_test_read(path("second"))));
    folders((const char *const[]){ "free", NULL });
    out = path("free/third");
    VT_CHECK(chmod(path("free"), 0777) == 0 && chmod(vt_test_dir(), 0755) == 0);
    if (geteuid() != 0)
        return;
    (void)vt_test_run(0, VT_ARGV("setpriv", "--reuid=65534", "--regid=65534",
                                 "--clear-groups", vt_test_vitrine(), "rules", "build",
                                 path("turned"), "--out", out));
    VT_CHECK(vt_slice_equal(vt_test_read(path("first")), vt_test_read(out)));
}

static void tells_versions_apart(void)
{
    const char *text;

    make_database("db", false);
    (void)build(0, "db", "old");
    VT_CHECK(
        says(vt_test_run(0, VT_ARGV("vitrine", "rules", "diff", path("old"), path("old"))),
             "no difference\n"));
    put("db/rules/c.yar", "rule Fresh { meta: collects = true condition: false }\n");
    (void)build(0, "db", "new");
    text = vt_test_run(0, VT_ARGV("vitrine", "rules", "diff", path("old"), path("new")));
    VT_CHECK(says(text, "begins to collect  Fresh\n") &&
             says(text, "added              Fresh\n") && !says(text, "Good"));
}

/* Each change is refused, says so in one sentence, and leaves no pack behind. */
static void refuses_a_bad_folder(void)
{
    static const struct {
        const char *file, *text, *words;
    } rows[] = {
        { "db/rules/c.yar", "rule X {\n condition: }\n", "c.yar:2: " },
        { "db/rules/c.yar", "rule Good { condition: false }\n", "name is taken" },
        { "db/rules/c.yar", "rule X { condition: filesize == 3 }\n",
          "corpus/must-not-detect/z: rule X hits it" },
        { "db/rules/c.txt", "rule X { condition: false }\n", "neither .yar nor .yara" },
        { "db/corpus/must-detect/Good/w", "needless", "" },
        { "db/corpus/must-detect/Good/w", "need less", "rule Good misses it" },
        { "db/corpus/must-detect/Takes/w", "hay", "rule Takes misses it" },
        { "db/corpus/must-not-detect/w", "needles", "rule Good hits it" },
    };

    make_database("db", false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text;

        put(rows[i].file, rows[i].text);
        if (rows[i].words[0] == '\0') {
            (void)build(0, "db", "fine");
            continue;
        }
        text = vt_test_run(1, VT_ARGV("vitrine", "rules", "check", path("db"), "--json"));
        VT_CHECK_SAYING(says(text, rows[i].words), "%s", text);
        text = build(1, "db", "pack");
        VT_CHECK_SAYING(says(text, rows[i].words), "%s", text);
        VT_CHECK(!vt_path_exists(path("pack")) && !vt_path_exists(path("pack.json")));
        VT_CHECK(unlink(path(rows[i].file)) == 0);
        (void)build(0, "db", "fine");
    }
}

static void one_sentence_each(void)
{
    struct vt_error err = { 0 };
    VT_AUTO_BUF half = vt_buf_init(VT_MIB(16));
    const char *text;

    make_database("db", false);
    put("words", "no pack at all\n");
    (void)build(0, "db", "pack");
    text = build(3, "nowhere", "out");
    VT_CHECK(is_one_sentence(text) && says(text, "nowhere"));
    text = vt_test_run(2, VT_ARGV("vitrine", "rules", "build", path("db")));
    VT_CHECK(says(text, "--out"));
    text = vt_test_run(3, VT_ARGV("vitrine", "rules", "show", path("nowhere")));
    VT_CHECK(is_one_sentence(text));
    text = vt_test_run(1, VT_ARGV("vitrine", "rules", "check", path("words")));
    VT_CHECK(is_one_sentence(text) && says(text, "not a rule pack"));
    text = vt_test_run(3, VT_ARGV("vitrine", "rules", "scan", path("pack"), path("none")));
    VT_CHECK(is_one_sentence(text) && says(text, "none"));
    put("hit", "a needle");
    text = vt_test_run(
        1, VT_ARGV("vitrine", "rules", "scan", path("pack"), path("none"), path("hit")));
    VT_CHECK(says(text, "none: ") && says(text, "hit: Good\n"));
    text = vt_test_run(3, VT_ARGV("vitrine", "rules", "scan", "--json", path("pack"),
                                  path("none"), path("words")));
    VT_CHECK(is_one_sentence(text) && says(text, "\"error\":\"") &&
             says(text, "\"rules\":[]") && says(text, "\"ok\":false"));
    text = vt_test_run(3, VT_ARGV("vitrine", "rules", "build", path("db"), "--out",
                                  path("no/where/pack")));
    VT_CHECK(says(text, "no/where"));
    VT_CHECK_OK(vt_file_read(path("pack"), &half, &err));
    vt_buf_truncate(&half, half.len - 1);
    vt_test_write(path("half"), vt_buf_slice(&half));
    text = vt_test_run(1, VT_ARGV("vitrine", "rules", "show", path("half")));
    VT_CHECK(is_one_sentence(text) && says(text, "cut short"));
    half.data[half.len / 2] ^= 1;
    vt_buf_put_u8(&half, 0);
    vt_test_write(path("half"), vt_buf_slice(&half));
    text = vt_test_run(1, VT_ARGV("vitrine", "rules", "scan", path("half"), path("words")));
    VT_CHECK(is_one_sentence(text) && says(text, "hash"));
}

/* What is no file is written into, if it takes bytes, or stays what it is. */
static void only_files_are_replaced(void)
{
    VT_AUTO_BUF got = vt_buf_init(VT_KIB(64));
    VT_AUTO_FD fd = -1;
    struct stat about;
    const char *text;

    make_database("db", false);
    (void)build(0, "db", "pack");
    (void)build(0, "db", "pack"); /* the twin: a file is */
    VT_CHECK(mkfifo(path("fifo"), 0600) == 0);
    fd = open(path("fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    VT_CHECK(fd >= 0);
    (void)build(0, "db", "fifo");
    VT_CHECK(lstat(path("fifo"), &about) == 0 && S_ISFIFO(about.st_mode));
    while (got.len < vt_test_read(path("pack")).len) {
        uint8_t piece[4096];
        ssize_t len = read(fd, piece, sizeof piece);

        VT_CHECK(len > 0);
        vt_buf_put(&got, vt_slice_of(piece, (size_t)len));
    }
    VT_CHECK(vt_slice_equal(vt_buf_slice(&got), vt_test_read(path("pack"))));
    VT_CHECK(symlink("pack", path("link")) == 0 && symlink("/dev/full", path("full")) == 0);
    text = build(3, "db", "link");
    VT_CHECK_SAYING(says(text, "is a symbolic link"), "%s", text);
    VT_CHECK(lstat(path("link"), &about) == 0 && S_ISLNK(about.st_mode));
    text = build(3, "db", "full");
    VT_CHECK_SAYING(says(text, "No space left"), "%s", text);
    VT_CHECK(lstat(path("full"), &about) == 0 && S_ISLNK(about.st_mode));
    text = build(3, "db", "db");
    VT_CHECK_SAYING(says(text, "is a folder"), "%s", text);
}

static const struct vt_case cases[] = {
    { "from folder to answer", from_folder_to_answer },
    { "answers for machines", answers_for_machines },
    { "equal everywhere", equal_everywhere },
    { "two versions", tells_versions_apart },
    { "folders that are refused", refuses_a_bad_folder },
    { "only files are replaced", only_files_are_replaced },
    { "one sentence each", one_sentence_each },
};

VT_TEST_MAIN("cli.test_rules", cases)
