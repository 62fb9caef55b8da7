/* `vitrine client scan`: a folder past filter, cell and rules; what is told and what not,
 * what leaves the machine, and what keeps the answer from being a yes. */
#include "tests/published_cell.h"
#include "wire/json.h"

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "wanted '%s': %s", words, output)
#define MUST_NOT_SAY(output, words)                                                        \
    VT_CHECK_SAYING(strstr(output, words) == NULL, "unwanted '%s': %s", words, output)

static const char *path(const char *name)
{
    return vt_test_path(name);
}

static const char *scan(int exit_code, const char *what, const char *extra,
                        const char *value, const char *more)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "client", "scan", path(what), "--home",
                                          path("home"), extra, value, more));
}

static void consent(const char *to)
{
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "client", "consent", "ask", to, "--home", path("home")));
}

/* File i of the cell's, below the folder. */
static void write_known(const char *name, unsigned i)
{
    vt_test_write(path(name), VT_BYTES(i));
}

static unsigned count(const char *text, const char *what)
{
    unsigned found = 0;

    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        found++;
    return found;
}

/* A tree with all that a tree can have. */
static void plant(void)
{
    VT_CHECK(mkdir(path("tree"), 0755) == 0 && mkdir(path("tree/deep"), 0755) == 0 &&
             mkdir(path("tree/deep/deeper"), 0755) == 0);
    write_known("tree/harmless", 1);
    vt_test_write(path("tree/own letter"), VT_LIT("nobody else has this"));
    vt_test_write(path("tree/empty"), (vt_slice){ 0 });
    VT_CHECK(symlink("..", path("tree/deep/up")) == 0); /* a loop, were it followed */
    VT_CHECK(symlink("/etc/passwd", path("tree/deep/out")) == 0);
    VT_CHECK(mkfifo(path("tree/deep/pipe"), 0600) == 0); /* would wait for ever */
}

static void begin(struct vt_published *p, bool has_relay)
{
    vt_published_lay_out(p, has_relay);
    (void)vt_published_epoch(0, "table", "--bits", "2");
    (void)vt_test_run(0, VT_ARGV("vitrine", "client", "init", "--home", path("home"),
                                 "--trust", path("trust.json"), "--policy",
                                 path("residency.json"), "--country", "DE"));
    plant();
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void what_is_in_order_is_not_told(void)
{
    struct vt_published p;
    const char *output;

    begin(&p, false);
    output = scan(0, "tree", NULL, NULL, NULL);
    MUST_NOT_SAY(output, "harmless");
    MUST_SAY(output, "3 files, 0.0 MB, ");
    MUST_SAY(output, "3 not-found\nnothing about these files left this machine");
    MUST_NOT_SAY(vt_published_asked(), "/bucket/");
    output = scan(0, "tree", "--all", NULL, NULL);
    MUST_SAY(output, "tree/harmless: not-found\n");
    MUST_SAY(output, "tree/own letter: not-found\n");
    MUST_NOT_SAY(output, "passwd");
    consent("on");
    output = scan(0, "tree", "--all", "--ask-all", NULL);
    MUST_SAY(output, "tree/harmless: clean\n");
    MUST_SAY(output, "tree/own letter: unknown\n");
    MUST_SAY(output, "2 unknown, 1 clean\nsent: the first 2 bits of 3 hashes");
}

static void what_was_found_is_told(void)
{
    struct vt_published p;
    const char *output;

    begin(&p, false);
    write_known("tree/deep/deeper/bad", 3);
    write_known("tree/deep/\x1b[2K\rnice", 6);  /* steers no terminal */
    output = scan(3, "tree", NULL, NULL, NULL); /* found, perhaps; nobody may ask */
    MUST_SAY(output, "tree/deep/deeper/bad: not-asked\n");
    MUST_SAY(output, "2 not-asked, 3 not-found\nnobody has allowed this machine to ask "
                     "about 2 of them");
    MUST_NOT_SAY(vt_published_asked(), "/bucket/");
    consent("on");
    output = scan(1, "tree", NULL, NULL, NULL);
    MUST_SAY(output, "tree/deep/deeper/bad: malicious, by the cell (");
    VT_CHECK(strchr(output, '\x1b') == NULL && strchr(output, '\r') == NULL);
    MUST_SAY(output, "5 files, 0.0 MB, ");
    MUST_SAY(output, "2 malicious, 3 not-found\nsent: the first 2 bits of 2 hashes");
    /* A file that is named, and one among several. */
    (void)scan(1, "tree/deep/deeper/bad", NULL, NULL, NULL);
    output = vt_test_run(1, VT_ARGV("vitrine", "client", "scan", path("tree/harmless"),
                                    path("tree/deep"), "--home", path("home")));
    MUST_SAY(output, "3 files");
    MUST_SAY(scan(3, "tree/missing", NULL, NULL, NULL), "missing: No such file");
}

/* Many files, few questions; each prefix in the record once. */
static void each_bucket_once(void)
{
    struct vt_published p;
    const char *output;

    begin(&p, true);
    consent("on");
    for (unsigned i = 0; i < 40; i++)
        write_known(vt_test_print("tree/deep/%u", i), 3 * i);
    output = scan(1, "tree", NULL, NULL, NULL);
    MUST_SAY(output, "43 files");
    MUST_SAY(output, "40 malicious, 3 not-found\nsent: the first 2 bits of 40 hashes, in 4 "
                     "questions");
    MUST_SAY(output, "through the relay of Somebody");
    VT_CHECK(count(vt_published_asked(), "sealed /bucket/") == 4);
    VT_CHECK(count(vt_published_asked(), "direct /bucket/") == 0);
    output = vt_test_run(0, VT_ARGV("vitrine", "client", "sent", "--home", path("home")));
    MUST_SAY(output, "the first 2 bits of 4 hashes, through the relay: 0 1 2 3");
    MUST_SAY(scan(1, "tree", NULL, NULL, NULL), "and what was read before of epoch 0");
}

/* More than a portion. */
static void a_large_tree(void)
{
    struct vt_published p;
    const char *output;

    begin(&p, false);
    consent("on");
    for (unsigned i = 0; i < 2500; i++) /* the first 400 are known */
        write_known(vt_test_print("tree/deep/%u", i), i);
    output = scan(1, "tree", NULL, NULL, NULL);
    MUST_SAY(output, "2503 files");
    MUST_SAY(output, "134 malicious, 2369 not-found");
    VT_CHECK(count(output, ": malicious, by the cell") == 134);
}

static void with_rules(void)
{
    struct vt_published p;
    const char *output;

#ifdef VT_SANITIZED
    vt_test_skip("the sanitizers need rights that a confined role gives up");
#endif
    begin(&p, false);
    consent("on");
    VT_CHECK(mkdir(path("db"), 0755) == 0 && mkdir(path("db/rules"), 0755) == 0);
    vt_test_write(path("db/rules/a.yar"),
                  VT_LIT("rule Needle { strings: $a = \"a needle\" condition: $a }\n"));
    (void)vt_test_run(
        0, VT_ARGV("vitrine", "rules", "build", path("db"), "--out", path("pack")));
    vt_test_write(path("tree/hay"), VT_LIT("hay, a needle, hay"));
    write_known("tree/bad", 3);
    vt_test_write(path("tree/deep/broken.zip"),
                  VT_LIT("PK\x03\x04\x14\x00\x00\x00\x08\x00and then nothing"));
    output = scan(1, "tree", "--rules", path("pack"), NULL);
    MUST_SAY(output, "tree/hay: malicious: Needle (yara), by the rules\n");
    MUST_SAY(output, "tree/bad: malicious, by the cell (");
    MUST_SAY(output, "tree/deep/broken.zip: not fully scanned: damaged, by the rules\n");
    MUST_SAY(output, "2 malicious, 1 not-fully-scanned, 3 not-found\nthe rules are others "
                     "than those behind the cell's verdicts");
    VT_CHECK(unlink(path("tree/bad")) == 0 && unlink(path("tree/hay")) == 0);
    MUST_SAY(scan(3, "tree", "--rules", path("pack"), NULL), "1 not-fully-scanned");
    VT_CHECK(unlink(path("tree/deep/broken.zip")) == 0);
    (void)scan(0, "tree", "--rules", path("pack"), NULL);
    MUST_SAY(scan(0, "tree", "--rules", path("pack"), "--offline"),
             "3 not-found\nno cell was asked: by the rules alone");
    MUST_SAY(scan(2, "tree", "--offline", NULL, NULL), "--offline needs --rules");
    MUST_SAY(scan(2, "tree", "--limits", "depth=3", NULL), "--limits goes with --rules");
    /* The database behind the cell's verdicts is known by its digest. */
    (void)vt_test_run(0, VT_ARGV("cp", path("pack"), path("rules")));
    (void)vt_published_epoch(0, "table", "--bits", "2");
    MUST_SAY(scan(0, "tree", "--rules", path("pack"), NULL),
             "the rules are those behind the cell's verdicts");
}

static void a_line_of_json_a_file(void)
{
    struct vt_published p;
    const char *output, *end;
    struct vt_error err = { 0 };
    vt_slice line;
    unsigned lines = 0;
    vt_reader r;

    begin(&p, false);
    consent("on");
    write_known("tree/bad", 3);
    output = scan(1, "tree", "--json", NULL, NULL);
    r = (vt_reader){ vt_slice_from_cstr(output) };
    while (vt_read_line(&r, &line)) {
        VT_AUTO_JSON json = NULL;

        VT_CHECK_OK(vt_json_parse(line, "a line", &json, &err));
        lines++;
    }
    VT_CHECK(lines == 2);
    MUST_SAY(output, "\"state\":\"malicious\"");
    end = strchr(output, '\n') + 1;
    MUST_SAY(end, "\"ok\":false");
    MUST_SAY(end, "\"scanned\":4");
    MUST_SAY(end, "\"malicious\":1");
    MUST_SAY(end, "\"buckets\":1");
    VT_CHECK(count(scan(1, "tree", "--json", "--all", NULL), "\"sha256\":") == 4);
}

/* What cannot be read is told, and no yes is said. */
static void what_cannot_be_read(void)
{
    static const char *const plain[] = { "setpriv", "--bounding-set",
                                         "-dac_override,-dac_read_search" };
    const char *argv[16] = { NULL }, *output;
    struct vt_published p;
    size_t at = 0;

    begin(&p, false);
    vt_test_write(path("tree/closed"), VT_LIT("secret"));
    VT_CHECK(chmod(path("tree/closed"), 0) == 0 && chmod(path("tree/deep"), 0) == 0);
    for (size_t i = 0; geteuid() == 0 && i < sizeof plain / sizeof plain[0]; i++)
        argv[at++] = plain[i];
    argv[at++] = vt_test_vitrine();
    argv[at++] = "client";
    argv[at++] = "scan";
    argv[at++] = path("tree");
    argv[at++] = "--home";
    argv[at++] = path("home");
    output = vt_test_run(3, argv);
    MUST_SAY(output, "tree/closed: Permission denied");
    MUST_SAY(output, "tree/deep: Permission denied");
    MUST_SAY(output, "3 not-found; 2 could not be read");
    VT_CHECK(chmod(path("tree/closed"), 0600) == 0 && chmod(path("tree/deep"), 0700) == 0);
    VT_CHECK(vt_test_run(0, argv) != NULL); /* the twin */
}

/* Neither the depth of a tree nor what the kernel shows as files holds a scan up. */
static void what_is_no_tree_of_files(void)
{
    struct vt_published p;
    VT_AUTO_BUF deep = vt_buf_init(VT_KIB(4));
    const char *output;

    begin(&p, false);
    consent("on");
    vt_buf_put_text(&deep, path("tree/a"));
    VT_CHECK(mkdir(vt_buf_cstr(&deep), 0755) == 0);
    for (unsigned i = 0; i < 140; i++) {
        vt_buf_put_text(&deep, "/d");
        VT_CHECK(mkdir(vt_buf_cstr(&deep), 0755) == 0);
    }
    write_known("tree/z-bad", 3); /* behind it */
    output = scan(1, "tree", NULL, NULL, NULL);
    MUST_SAY(output, ": too many folders in each other");
    MUST_SAY(output, "z-bad: malicious");
    (void)unlink(path("tree/z-bad"));
    MUST_SAY(scan(3, "tree", NULL, NULL, NULL), "; 1 could not be read");
    MUST_SAY(vt_test_run(3, VT_ARGV("vitrine", "client", "scan", "/proc/self", "--home",
                                    path("home"))),
             "/proc/self: a file system of the kernel's own");
}

static void a_cell_that_lies_is_refused(void)
{
    struct vt_published p;
    const char *output;
    vt_slice head;

    begin(&p, false);
    consent("on");
    write_known("tree/bad", 3);
    head = vt_test_read(path("cell/public/head.json"));
    vt_published_lie("head.json", vt_slice_sub(head, 0, head.len - 1));
    output = scan(1, "tree", NULL, NULL, NULL);
    MUST_SAY(output, "the head is refused (malformed)");
    MUST_NOT_SAY(output, "malicious");
    vt_published_be_honest();
    MUST_SAY(scan(1, "tree", NULL, NULL, NULL), "tree/bad: malicious");
}

static const struct vt_case cases[] = {
    { "what is in order is not told", what_is_in_order_is_not_told },
    { "what was found is told", what_was_found_is_told },
    { "each bucket once", each_bucket_once },
    { "a large tree", a_large_tree },
    { "with rules", with_rules },
    { "a line of JSON a file", a_line_of_json_a_file },
    { "what cannot be read", what_cannot_be_read },
    { "what is no tree of files", what_is_no_tree_of_files },
    { "a cell that lies is refused", a_cell_that_lies_is_refused },
};

VT_TEST_MAIN("cli.client_scan", cases)
