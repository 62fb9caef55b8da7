/* Ten small products with neutral names: built under the fixed terms and under varied ones,
 * as on two machines, then diagnosed by building again.  The right cause at the right place
 * is wanted, and no other one. */
#include "line/diagnose.h"
#include "tests/harness.h"
#include "tests/line_fixture.h"

struct wanted {
    enum vt_cause cause;
    const char *path, *section;
    uint64_t line;
};

static const struct product {
    const char *name;
    size_t count;
    struct wanted causes[2];
} products[] = {
    { "f01", 1, { { VT_CAUSE_TIME, "clockwork", ".rodata", 0 } } },
    { "f02", 1, { { VT_CAUSE_PATH, "libparcel.a!parcel.o", ".rodata.str1.1", 0 } } },
    { "f03", 1, { { VT_CAUSE_LOCALE_ZONE, "manual.tar.gz!manual/edition.txt", "", 1 } } },
    { "f04", 1, { { VT_CAUSE_USER_HOST, "greeter", ".rodata", 0 } } },
    { "f05", 1, { { VT_CAUSE_FILE_ORDER, "libbeads.a", "ar members", 0 } } },
    { "f06", 1, { { VT_CAUSE_CPU_COUNT, "schedule", ".rodata", 0 } } },
    { "f07", 1, { { VT_CAUSE_RANDOMNESS, "ticket", ".rodata", 0 } } },
    { "f08", 1, { { VT_CAUSE_ENVIRONMENT, "keeper", ".rodata", 0 } } },
    { "f09",
      2,
      { { VT_CAUSE_PATH, "almanac", ".rodata", 0 },
        { VT_CAUSE_TIME, "almanac.txt", "", 2 } } },
    { "f10", 0, { { 0 } } },
};

static void build_under(struct vt_build_request request, const vt_factor_set chosen,
                        const char *out)
{
    VT_AUTO_BUILD_REPORT report = NULL;
    const char *why[VT_FACTOR_COUNT];
    struct vt_factors terms = vt_vary_terms(request.recipe, request.lock, chosen, why);
    struct vt_error err = { 0 };

    request.factors = &terms;
    request.out = vt_test_path(out);
    VT_CHECK_OK(vt_line_build(&request, &report, &err));
}

static void build_both(const struct vt_line_fixture *fixture)
{
    vt_factor_set none = { false }, all;

    for (size_t i = 0; i < VT_FACTOR_COUNT; i++)
        all[i] = true;
    build_under(fixture->request, none, "a");
    build_under(fixture->request, all, "b");
}

static struct vt_diagnosis *diagnose(const struct vt_build_request *rebuild)
{
    struct vt_diagnose_request request = { vt_test_path("a"), vt_test_path("b"), rebuild };
    struct vt_diagnosis *diagnosis = NULL;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_diagnose(&request, &diagnosis, &err));
    vt_test_keep(diagnosis);
    return diagnosis;
}

static const char *text_of(const struct vt_diagnosis *diagnosis)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(1));
    VT_AUTO_JSON json = NULL;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_diagnosis_json(diagnosis, &json, &err));
    VT_CHECK_OK(vt_json_write_canonical(json, &text, &err));
    return vt_arena_cstr(vt_test_arena(), vt_buf_slice(&text));
}

static void check_finding(const struct vt_diagnosis *d, const struct wanted *w)
{
    for (size_t i = 0; i < d->finding_count; i++) {
        const struct vt_finding *f = &d->findings[i];

        if (f->cause != w->cause)
            continue;
        VT_CHECK_SAYING(
            f->is_proved && strcmp(f->place->path, w->path) == 0 &&
                strcmp(f->place->section, w->section) == 0 && f->place->line == w->line,
            "%s: proved %d, at %s %s %ju", vt_cause_name(f->cause), f->is_proved,
            f->place->path, f->place->section, (uintmax_t)f->place->line);
        return;
    }
    vt_test_fail(__FILE__, __LINE__, "no %s: %s", vt_cause_name(w->cause), text_of(d));
}

static void run_product(const char *name)
{
    VT_AUTO_LINE_FIXTURE fixture;
    VT_AUTO_DIAGNOSIS d = NULL;
    const struct product *p = products;

    while (strcmp(p->name, name) != 0)
        p++;
    vt_line_fixture_open(name, &fixture);
    if (p->causes[0].cause == VT_CAUSE_CPU_COUNT && p->count > 0 && vt_sandbox_cpus() == 1)
        vt_test_skip("this machine lets us use one CPU only");
    build_both(&fixture);
    fixture.request.out = vt_test_path("again");
    d = diagnose(&fixture.request);
    VT_CHECK_SAYING(d->finding_count == p->count, "%s", text_of(d));
    for (size_t i = 0; i < p->count; i++)
        check_finding(d, &p->causes[i]);
    VT_CHECK(d->comparison->is_equal == (p->count == 0));
}

#define PRODUCT(name)                                                                      \
    static void product_##name(void)                                                       \
    {                                                                                      \
        run_product(#name);                                                                \
    }
PRODUCT(f01)
PRODUCT(f02)
PRODUCT(f03)
PRODUCT(f04)
PRODUCT(f05)
PRODUCT(f06)
PRODUCT(f07)
PRODUCT(f08)
PRODUCT(f09)
PRODUCT(f10)

/* Without building again nothing is proved; what has no form stays unknown. */
static void content_alone_proves_nothing(void)
{
    VT_AUTO_LINE_FIXTURE fixture;
    VT_AUTO_DIAGNOSIS d = NULL;

    vt_line_fixture_open("f02", &fixture);
    build_both(&fixture);
    d = diagnose(NULL);
    VT_CHECK(d->finding_count == 1 && d->builds == 0);
    VT_CHECK_SAYING(d->findings[0].cause == VT_CAUSE_PATH && !d->findings[0].is_proved,
                    "%s", text_of(d));
}

static void what_has_no_form_is_unknown(void)
{
    VT_AUTO_DIAGNOSIS d = NULL;

    vt_test_write(vt_test_path("a"), VT_LIT("\1\2\3\0\4"));
    vt_test_write(vt_test_path("b"), VT_LIT("\1\2\7\0\4"));
    d = diagnose(NULL);
    VT_CHECK(d->finding_count == 1 && d->findings[0].cause == VT_CAUSE_UNKNOWN);
    VT_CHECK(!d->findings[0].is_proved);
}

/* A path anywhere is one; what only has slashes is none. */
static void paths_anywhere_are_suspected(void)
{
    static const struct {
        const char *a, *b;
        enum vt_cause cause;
    } rows[] = {
        { "made in /opt/ci/job on 7\n", "made in /var/lib/agent/w on 7\n", VT_CAUSE_PATH },
        { "-I/data/x/include\n", "-I/data/y/include\n", VT_CAUSE_PATH },
        { "/work/one/a.c", "/work/two/a.c", VT_CAUSE_PATH },
        { "ratio 1/2/3\n", "ratio 1/2/4\n", VT_CAUSE_UNKNOWN },
        { "see http://a.example/x/y\n", "see http://b.example/x/y\n", VT_CAUSE_UNKNOWN },
        { "in /opt/ci/job level one\n", "in /opt/ci/job level two\n", VT_CAUSE_UNKNOWN },
        { "and/or\n", "and/if\n", VT_CAUSE_UNKNOWN },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_DIAGNOSIS d = NULL;

        vt_test_write(vt_test_path("a"), vt_slice_from_cstr(rows[i].a));
        vt_test_write(vt_test_path("b"), vt_slice_from_cstr(rows[i].b));
        d = diagnose(NULL);
        VT_CHECK_SAYING(d->finding_count == 1 && d->findings[0].cause == rows[i].cause &&
                            !d->findings[0].is_proved,
                        "%s", text_of(d));
    }
}

static void write_edited(const char *name, const char *(*edit)(const char *text))
{
    const char *text = vt_arena_cstr(
        vt_test_arena(), vt_test_read(vt_test_path(vt_test_print("a/%s", name))));

    vt_test_write(vt_test_path(vt_test_print("b/%s", name)),
                  vt_slice_from_cstr(edit(text)));
}

static const char *edit_chance(const char *text)
{
    VT_CHECK(strstr(text, "\nsealed yes\n") != NULL);
    return " 01 02 03 04\nsealed oui\n";
}

static const char *edit_terms(const char *text)
{
    VT_CHECK(strstr(text, "/build/src\nkept yes\n") == text);
    return "/elsewhere/src\nkept oui\n1712345678\nmallory\n";
}

/* The first line goes behind the last; "zeta" stands in it twice. */
static const char *edit_beads(const char *text)
{
    size_t first = strcspn(text, "\n") + 1;

    VT_CHECK(strstr(strstr(text, "zeta\n") + 1, "zeta\n") != NULL);
    return vt_test_print("%s%.*s", text + first, (int)first, text);
}

/* In one file what varies by chance stands beside a line that somebody changed, in another
 * a path, a date and a user beside one, in a third only the order differs and a line
 * repeats. No build explains the changed lines, and chance proves nothing. */
static void chance_and_changed_lines_prove_nothing(void)
{
    static const struct wanted causes[] = {
        { VT_CAUSE_RANDOMNESS, "chance.txt", "", 1 },
        { VT_CAUSE_PATH, "terms.txt", "", 1 },
        { VT_CAUSE_TIME, "terms.txt", "", 3 },
        { VT_CAUSE_USER_HOST, "terms.txt", "", 4 },
        { VT_CAUSE_FILE_ORDER, "beads.txt", "", 1 },
    };
    VT_AUTO_LINE_FIXTURE fixture;
    VT_AUTO_DIAGNOSIS d = NULL;
    vt_factor_set none = { false };

    vt_line_fixture_open("f11", &fixture);
    build_under(fixture.request, none, "a");
    VT_CHECK(mkdir(vt_test_path("b"), 0755) == 0);
    write_edited("chance.txt", edit_chance);
    write_edited("terms.txt", edit_terms);
    write_edited("beads.txt", edit_beads);
    fixture.request.out = vt_test_path("again");
    d = diagnose(&fixture.request);
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        check_finding(d, &causes[i]);
    VT_CHECK_SAYING(d->finding_count == 6, "%s", text_of(d));
    for (size_t i = 0; i < d->finding_count; i++)
        VT_CHECK_SAYING(d->findings[i].cause == VT_CAUSE_UNKNOWN
                            ? d->findings[i].places == 2
                            : d->findings[i].places == 1,
                        "%s", text_of(d));
}

/* The files do not come from this recipe: no build shows their difference. */
static void another_product_is_not_explained(void)
{
    VT_AUTO_LINE_FIXTURE fixture;
    VT_AUTO_DIAGNOSIS d = NULL;

    vt_line_fixture_open("f01", &fixture);
    VT_CHECK(mkdir(vt_test_path("a"), 0755) == 0 && mkdir(vt_test_path("b"), 0755) == 0);
    vt_test_write(vt_test_path("a/clockwork"), VT_LIT("spring\n"));
    vt_test_write(vt_test_path("b/clockwork"), VT_LIT("weight\n"));
    fixture.request.out = vt_test_path("again");
    d = diagnose(&fixture.request);
    VT_CHECK_SAYING(d->finding_count == 1 && d->findings[0].cause == VT_CAUSE_UNKNOWN, "%s",
                    text_of(d));
}

static void the_command_names_cause_place_and_fix(void)
{
    VT_AUTO_LINE_FIXTURE fixture;
    const char *said, *a = vt_test_path("a"), *b = vt_test_path("b");
    const char *store;

    vt_line_fixture_open("f04", &fixture);
    build_both(&fixture);
    store = vt_line_store_path(fixture.store);
    said = vt_test_run(1, VT_ARGV("vitrine", "line", "diagnose", a, b, "--recipe",
                                  "tests/fixtures/line/f04/vitrine.recipe.json", "--lock",
                                  vt_test_print("%s/fixture.lock.json", store), "--store",
                                  store, "--source", fixture.folder, "--out",
                                  vt_test_path("again")));
    VT_CHECK_SAYING(strstr(said, "user-host (proved)") != NULL, "%s", said);
    VT_CHECK(strstr(said, "greeter, .rodata, offset 0x") != NULL);
    VT_CHECK(strstr(said, "fix: leave user and host out") != NULL);
    said = vt_test_run(1, VT_ARGV("vitrine", "line", "diagnose", "--json", a, b));
    VT_CHECK_SAYING(strstr(said, "\"cause\": \"user-host\"") != NULL ||
                        strstr(said, "\"cause\":\"user-host\"") != NULL,
                    "%s", said);
    VT_CHECK(strstr(said, "\"proved\": true") == NULL &&
             strstr(said, "\"proved\":true") == NULL);
    (void)vt_test_run(0, VT_ARGV("vitrine", "line", "diagnose", a, a));
    (void)vt_test_run(2, VT_ARGV("vitrine", "line", "diagnose", a, b, "--out", "x"));
    (void)vt_test_run(3, VT_ARGV("vitrine", "line", "diagnose", a, vt_test_path("none")));
}

static const struct vt_case cases[] = {
    { "f01", product_f01 },
    { "f02", product_f02 },
    { "f03", product_f03 },
    { "f04", product_f04 },
    { "f05", product_f05 },
    { "f06", product_f06 },
    { "f07", product_f07 },
    { "f08", product_f08 },
    { "f09", product_f09 },
    { "f10", product_f10 },
    { "content alone proves nothing", content_alone_proves_nothing },
    { "what has no form is unknown", what_has_no_form_is_unknown },
    { "paths anywhere are suspected", paths_anywhere_are_suspected },
    { "chance and changed lines prove nothing", chance_and_changed_lines_prove_nothing },
    { "another product is not explained", another_product_is_not_explained },
    { "the command names cause, place and fix", the_command_names_cause_place_and_fix },
};

VT_TEST_MAIN("line.diagnose", cases)
