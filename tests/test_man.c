/* The manual pages: they say what `--help` says, no less and no more. */
#include "tests/harness.h"

#include <dirent.h>

enum { VERBS_MAX = 32, NAME_BYTES = 64 };

static const char *const GROUPS[] = { "verify",  "key",      "trust",     "ledger",
                                      "mirror",  "witness",  "line",      "monitor",
                                      "release", "review",   "supervise", "rules",
                                      "relay",   "cell",     "client",    "promise",
                                      "finding", "request",  "denial",    "relocate",
                                      "centre",  "keyagent", "custody" };

struct verbs {
    char names[VERBS_MAX][NAME_BYTES];
    size_t count;
};

static const char *page_of(const char *group)
{
    return vt_test_print("man/vitrine-%s.1", group);
}

static const char *text_of(vt_slice text)
{
    return vt_test_print("%.*s", VT_SLICE_ARGS(text));
}

/* Names of options, files and verbs end at the first byte that is none of theirs. */
static vt_slice name_at(const char *text)
{
    return vt_slice_of((const uint8_t *)text,
                       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-"));
}

/* Is `mark` followed by exactly this name anywhere in the text? */
static bool names(const char *text, const char *mark, vt_slice name)
{
    for (const char *at = strstr(text, mark); at != NULL; at = strstr(at, mark)) {
        at += strlen(mark);
        if (vt_slice_equal(name_at(at), name))
            return true;
    }
    return false;
}

/* Each name behind `mark` in `from` must stand behind `twin` in `to`. */
static void check_names(const char *from, const char *mark, const char *to,
                        const char *twin, const char *what)
{
    for (const char *at = strstr(from, mark); at != NULL; at = strstr(at, mark)) {
        vt_slice name = name_at(at += strlen(mark));

        VT_CHECK_SAYING(names(to, twin, name), "%s: --%.*s", what, VT_SLICE_ARGS(name));
    }
}

/* A verb has one word or two; its summary stands further to the right. */
static vt_slice verb_at(const char *text)
{
    vt_slice name = name_at(text);

    if (text[name.len] == ' ' && text[name.len + 1] != ' ')
        name.len += 1 + name_at(text + name.len + 1).len;
    return name;
}

/* The lines that `vitrine GROUP --help` gives its verbs; verify is itself the verb. */
static void list_verbs(const char *group, struct verbs *out)
{
    const char *help = vt_test_run(0, VT_ARGV("vitrine", group, "--help"));
    const char *mark = vt_test_print("\n  vitrine %s ", group);

    out->count = 0;
    for (const char *at = strstr(help, mark); at != NULL; at = strstr(at, mark)) {
        vt_slice name = verb_at(at += strlen(mark));

        VT_CHECK(out->count < VERBS_MAX && name.len > 0 && name.len < NAME_BYTES);
        (void)snprintf(out->names[out->count++], NAME_BYTES, "%.*s", VT_SLICE_ARGS(name));
    }
}

/* From its heading to the next one; NULL without heading. */
static const char *section(const char *page, const char *heading)
{
    const char *mark = vt_test_print("\n.Ss %s\n", heading);
    const char *from = strstr(page, mark), *to, *chapter;

    if (from == NULL)
        return NULL;
    from += strlen(mark) - 1;
    to = strstr(from, "\n.Ss ");
    chapter = strstr(from, "\n.Sh ");
    if (to == NULL || (chapter != NULL && chapter < to))
        to = chapter;
    VT_CHECK_SAYING(to != NULL, "%s: no chapter behind it", heading);
    return vt_test_print("%.*s", (int)(to - from), from);
}

/* The lines of examples that call this verb, with what continues them. */
static void check_examples(const char *page, const char *call, const char *help)
{
    const char *mark = vt_test_print("\n%s ", call);

    for (const char *at = strstr(page, mark); at != NULL; at = strstr(at, mark)) {
        const char *end = at += strlen(mark);

        do
            end += strcspn(end, "\n") + 1;
        while (end[-2] == 'e' && end[-3] == '\\');
        check_names(vt_test_print("%.*s", (int)(end - at), at), "\\-\\-", help, "\n  --",
                    call);
    }
}

static const char *help_of(const char *group, const char *verb)
{
    const char *space = strchr(verb, ' ');

    if (space == NULL)
        return vt_test_run(0, VT_ARGV("vitrine", group, verb, "--help"));
    return vt_test_run(0, VT_ARGV("vitrine", group,
                                  vt_test_print("%.*s", (int)(space - verb), verb),
                                  space + 1, "--help"));
}

static void check_verb(const char *group, const char *verb, const char *page)
{
    const char *call = vt_test_print("vitrine %s %s", group, verb);
    const char *help = help_of(group, verb);
    const char *own = section(page, call), *common = section(page, "Every verb");

    VT_CHECK_SAYING(own != NULL, "%s: its page has no '.Ss %s'", group, call);
    VT_CHECK_SAYING(common != NULL, "%s: its page has no '.Ss Every verb'", group);
    check_names(help, "\n  --",
                text_of(vt_slice_from_cstr(vt_test_print("%s%s", own, common))),
                ".It Fl \\-", vt_test_print("%s: page lacks", call));
    check_names(own, "Fl \\-", help, "\n  --", vt_test_print("%s: help lacks", call));
    check_names(common, "Fl \\-", help, "\n  --", vt_test_print("%s: help lacks", call));
    check_examples(page, call, help);
}

static void check_group(const char *group)
{
    const char *page = text_of(vt_test_read(page_of(group)));
    const char *help = vt_test_run(0, VT_ARGV("vitrine", group, "--help"));
    struct verbs verbs;

    list_verbs(group, &verbs);
    if (verbs.count == 0) {
        check_names(help, "\n  --", page, ".It Fl \\-", "page lacks");
        check_names(page, "Fl \\-", help, "\n  --", "help lacks");
        check_examples(page, vt_test_print("vitrine %s", group), help);
    }
    for (size_t i = 0; i < verbs.count; i++)
        check_verb(group, verbs.names[i], page);
    /* A section for a verb that is no longer there would be read as a promise. */
    for (const char *at = strstr(page, "\n.Ss vitrine "); at != NULL;
         at = strstr(at, "\n.Ss vitrine ")) {
        const char *line = at += strlen("\n.Ss ");
        const char *mark = vt_test_print("\n  %.*s ", (int)strcspn(line, "\n"), line);

        VT_CHECK_SAYING(strstr(help, mark) != NULL, "no such verb:%s", mark);
    }
}

static void pages_name_every_option_and_no_other(void)
{
    for (size_t i = 0; i < sizeof GROUPS / sizeof GROUPS[0]; i++)
        check_group(GROUPS[i]);
}

static void every_group_has_a_page(void)
{
    const char *help = vt_test_run(0, VT_ARGV("vitrine", "--help"));
    const char *overview = text_of(vt_test_read("man/vitrine.1"));
    size_t count = 0;

    for (const char *at = strstr(help, "\n  vitrine "); at != NULL;
         at = strstr(at, "\n  vitrine "), count++) {
        vt_slice group = name_at(at += strlen("\n  vitrine "));

        VT_CHECK_SAYING(names(overview, ".Xr vitrine-", group), "vitrine(1): no %.*s",
                        VT_SLICE_ARGS(group));
        (void)vt_test_read(page_of(text_of(group)));
    }
    VT_CHECK(count == sizeof GROUPS / sizeof GROUPS[0]);
}

/* Each .Xr of ours leads to a page that is there. */
static void check_references(const char *path)
{
    const char *page = text_of(vt_test_read(path));

    for (const char *at = strstr(page, ".Xr vitrine"); at != NULL;
         at = strstr(at, ".Xr vitrine")) {
        vt_slice name = name_at(at += strlen(".Xr "));

        VT_CHECK_SAYING(
            access(vt_test_print("man/%.*s.%c", VT_SLICE_ARGS(name), at[name.len + 1]),
                   R_OK) == 0,
            "%s: no page %.*s", path, VT_SLICE_ARGS(name));
    }
}

static void pages_are_well_formed(void)
{
    DIR *dir = opendir("man");
    size_t count = 0;

    VT_CHECK(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        const char *path = vt_test_print("man/%s", entry->d_name);
        const char *said;

        if (entry->d_name[0] == '.')
            continue;
        said = vt_test_run(0, VT_ARGV("mandoc", "-T", "lint", "-W", "warning", path));
        VT_CHECK_SAYING(said[0] == '\0', "%s", said);
        check_references(path);
        count++;
    }
    (void)closedir(dir);
    VT_CHECK_SAYING(count >= 17, "only %zu pages", count);
}

/* What a reader sees: no sentence with its stop apart. */
static void sentences_end_at_their_stop(void)
{
    VT_CHECK(strstr(vt_test_run(0, VT_ARGV("sh", "-c",
                                           "for page in man/*; do mandoc -T ascii $page | "
                                           "col -b | grep -n '[a-z] [.]\\( \\|$\\)' | "
                                           "grep -v 'vitrine ledger add'; done; true")),
                    " .") == NULL);
}

static void lint_sees_a_bad_page(void)
{
    vt_test_write(vt_test_path("bad.1"), VT_LIT(".Dd November 23, 2026\n.Dt BAD 1\n.Os\n"
                                                ".Sh NAME\n.Nm bad\n.Nd bad\n.Bl -tag\n"));
    VT_CHECK(vt_test_run(3, VT_ARGV("mandoc", "-T", "lint", "-W", "warning",
                                    vt_test_path("bad.1")))[0] != '\0');
}

/* The examples that need nobody else, run as they are printed: a new key, then a ledger of
 * its own. */
static void examples_run_as_they_are_printed(void)
{
    static const char script[] =
        "set -eu\nman=$PWD/man\nPATH=$(dirname \"$1\"):$PATH\ncd \"$2\"\n"
        "example() { sed -n '/^[.]Bd/,/^[.]Ed/{/^[.]/d;s/\\\\-/-/g;s/\\\\e/\\\\/g;p;}' "
        "\"$man/$1\"; }\n"
        "example vitrine-key.1 >key.sh; sh -eu key.sh\n"
        "vkey=$(vitrine key show log.key.pub --name example.org/first |"
        " sed -n 's/^as a log *//p')\n"
        "printf 'log %s\\nquorum none\\n' \"$vkey\" >policy.txt\necho hello >hello.txt\n"
        "example vitrine-ledger.1 >ledger.sh; sh -eu ledger.sh\n";

    VT_CHECK(strstr(vt_test_run(0, VT_ARGV("sh", "-c", script, "sh", vt_test_vitrine(),
                                           vt_test_dir())),
                    "all is as it was signed") != NULL);
}

static const struct vt_case cases[] = {
    { "pages name every option and no other", pages_name_every_option_and_no_other },
    { "every group has a page", every_group_has_a_page },
    { "pages are well-formed", pages_are_well_formed },
    { "sentences end at their stop", sentences_end_at_their_stop },
    { "the lint sees a bad page", lint_sees_a_bad_page },
    { "examples run as they are printed", examples_run_as_they_are_printed },
};

VT_TEST_MAIN("man", cases)
