/* Whole builds under fixed and varied terms, in an environment of packages. */
#include "line/archive.h"
#include "line/environment.h"
#include "line/vary.h"
#include "tests/harness.h"
#include "tests/line_fixture.h"

static struct vt_vary_report *vary(const char *name, const char *out)
{
    VT_AUTO_LINE_FIXTURE fixture;
    struct vt_vary_report *report = NULL;
    struct vt_error err = { 0 };

    vt_line_fixture_open(name, &fixture);
    fixture.request.out = vt_test_path(out);
    VT_CHECK_OK(vt_vary_build(&fixture.request, NULL, &report, &err));
    vt_test_keep(report);
    return report;
}

/* A factor is varied, or the sentence says why this machine cannot. */
static void check_factors(const struct vt_vary_report *report)
{
    for (enum vt_factor i = 0; i < VT_FACTOR_COUNT; i++) {
        const struct vt_vary_factor *f = &report->factors[i];
        bool may_be_same =
            (i == VT_FACTOR_CPUS && vt_sandbox_cpus() == 1) || !vt_sandbox_is_root();

        VT_CHECK_SAYING(f->is_varied || (may_be_same && f->why[0] != '\0'),
                        "%s: saw '%s' and '%s' (%s)", vt_factor_name(i), f->fixed,
                        f->varied, f->why);
    }
}

static void a_sound_build_is_robust(void)
{
    VT_AUTO_VARY_REPORT report = vary("f10", "out");
    VT_AUTO_JSON json = NULL;
    struct vt_error err = { 0 };

    VT_CHECK_SAYING(report->result == VT_VARY_EQUAL_ROBUST, "first difference: %s",
                    report->first_difference);
    VT_CHECK(report->first_difference == NULL);
    check_factors(report);
    VT_CHECK_OK(vt_vary_json(report, &json, &err));
    VT_CHECK(strcmp(json_string_value(json_object_get(json, "result")), "equal-robust") ==
             0);
    VT_CHECK(json_object_size(json_object_get(json, "factors")) == VT_FACTOR_COUNT);
    VT_CHECK(!vt_path_exists(vt_test_path("out/again")));
}

/* The control: all that is varied shows in its bytes. */
static void the_control_differs(void)
{
    VT_AUTO_VARY_REPORT report = vary("control", "out");

    VT_CHECK(report->result != VT_VARY_EQUAL_ROBUST);
    VT_CHECK(strcmp(report->first_difference, "seen.txt") == 0);
    check_factors(report);
}

static void a_path_in_the_bytes_is_equal_but_not_robust(void)
{
    VT_AUTO_VARY_REPORT report = vary("f02", "out");

    VT_CHECK(report->result == VT_VARY_EQUAL);
    VT_CHECK(strcmp(report->first_difference, "libparcel.a") == 0);
}

static void a_random_build_differs_from_itself(void)
{
    VT_AUTO_VARY_REPORT report = vary("f07", "out");

    VT_CHECK(report->result == VT_VARY_DIFFERS);
    VT_CHECK(strcmp(report->first_difference, "ticket") == 0);
}

static void note_step(void *context, unsigned step, unsigned count, const char *text)
{
    vt_buf_printf(context, "%u of %u: %s\n", step, count, text);
}

/* What was built before counts: an equal build is no comfort if it is another one. */
static void the_expected_build_decides(void)
{
    VT_AUTO_LINE_FIXTURE fixture;
    VT_AUTO_VARY_REPORT same = NULL;
    VT_AUTO_VARY_REPORT other = NULL;
    VT_AUTO_BUILD_REPORT expected = NULL;
    VT_AUTO_BUF steps = vt_buf_init(VT_KIB(4));
    struct vt_error err = { 0 };
    struct vt_artefact forged[2];

    vt_line_fixture_open("f10", &fixture);
    fixture.request.out = vt_test_path("first");
    VT_CHECK_OK(vt_line_build(&fixture.request, &expected, &err));
    fixture.request.out = vt_test_path("same");
    fixture.request.watch = (struct vt_build_watch){ .step = note_step, .context = &steps };
    VT_CHECK_OK(vt_vary_build(&fixture.request, expected, &same, &err));
    VT_CHECK_SAYING(strstr(vt_buf_cstr(&steps), "1 of 1: the varied build (") != NULL &&
                        strstr(vt_buf_cstr(&steps), "/same/varied)\n") != NULL,
                    "it told: %s", vt_buf_cstr(&steps));
    fixture.request.watch = (struct vt_build_watch){ .step = NULL };
    VT_CHECK(same->result == VT_VARY_EQUAL_ROBUST);
    memcpy(forged, expected->artefacts, sizeof forged);
    forged[1].hash.bytes[0] ^= 1;
    expected->artefacts = forged;
    fixture.request.out = vt_test_path("other");
    VT_CHECK_OK(vt_vary_build(&fixture.request, expected, &other, &err));
    VT_CHECK(other->result == VT_VARY_DIFFERS);
    VT_CHECK(strcmp(other->first_difference, "abacus.tar.gz") == 0);
}

/* Without libfaketime in the lock the date stays, and it is said. */
static void a_date_that_cannot_be_moved_is_named(void)
{
    VT_AUTO_LINE_FIXTURE fixture;
    const char *why[VT_FACTOR_COUNT];
    vt_factor_set date = { [VT_FACTOR_DATE] = true };
    struct vt_lock bare;

    vt_line_fixture_open("f10", &fixture);
    VT_CHECK(vt_vary_terms(fixture.recipe, fixture.lock, date, why).clock_offset_s != 0);
    VT_CHECK(why[VT_FACTOR_DATE] == NULL);
    bare = *fixture.lock;
    bare.package_count = 0;
    VT_CHECK(vt_vary_terms(fixture.recipe, &bare, date, why).clock_offset_s == 0);
    VT_CHECK(strstr(why[VT_FACTOR_DATE], "libfaketime") != NULL);
    fixture.recipe->is_clock_frozen = true;
    VT_CHECK(vt_vary_terms(fixture.recipe, fixture.lock, date, why).clock_offset_s == 0);
    VT_CHECK(strstr(why[VT_FACTOR_DATE], "freezes") != NULL);
}

/* `clock: frozen` of a recipe: programs see the epoch. */
static void a_frozen_clock_stands_at_the_epoch(void)
{
    VT_AUTO_LINE_FIXTURE fixture;
    VT_AUTO_BUILD_REPORT report = NULL;
    struct vt_error err = { 0 };
    vt_slice text;

    vt_line_fixture_open("control", &fixture);
    fixture.recipe->is_clock_frozen = true;
    fixture.request.out = vt_test_path("out");
    VT_CHECK_OK(vt_line_build(&fixture.request, &report, &err));
    text = vt_test_read(vt_test_path("out/seen.txt"));
    VT_CHECK_SAYING(memmem(text.data, text.len, "epoch 1700000000\n", 17) != NULL, "%.*s",
                    VT_SLICE_ARGS(text));
}

static void refuse_lock(const struct vt_line_fixture *f, size_t at,
                        const struct vt_lock_package *package, const char *words)
{
    struct vt_lock_package *packages =
        vt_arena_alloc(vt_test_arena(), f->lock->package_count * sizeof *packages);
    struct vt_lock lock = *f->lock;
    struct vt_environment environment = { 0 };
    struct vt_archive_report report = { 0 };
    VT_AUTO_LINE_STORE to = NULL;
    struct vt_error err = { 0 };

    memcpy(packages, lock.packages, lock.package_count * sizeof *packages);
    packages[at] = *package;
    lock.packages = packages;
    lock.environment = vt_sha256_of(VT_LIT("an environment of its own"));
    VT_CHECK_FAILS(VT_REJECTED,
                   vt_environment_get(f->store, &lock, NULL, NULL, &environment, &err));
    VT_CHECK_SAYING(strstr(err.message, words) != NULL, "it said: %s", err.message);
    VT_CHECK_OK(vt_line_store_open(vt_test_path("to"), true, &to, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_archive_packages(f->store, to, &lock, &report, &err));
    VT_CHECK_SAYING(strstr(err.message, words) != NULL, "it said: %s", err.message);
}

/* A lock that says something else of a package than the package itself makes no
 * environment, and nothing is archived under its word. */
static void a_lock_that_misnames_a_package_is_refused(void)
{
    VT_AUTO_LINE_FIXTURE fixture;
    struct vt_lock_package package;

    vt_line_fixture_open("f10", &fixture);
    package = fixture.lock->packages[0];
    package.version = "99";
    refuse_lock(&fixture, 0, &package, "the lock says Version 99");
    package = fixture.lock->packages[0];
    package.bytes = 1;
    refuse_lock(&fixture, 0, &package, "the lock says 1 bytes");
    package = fixture.lock->packages[0];
    package.architecture = strcmp(package.architecture, "all") == 0 ? "amd64" : "all";
    refuse_lock(&fixture, 0, &package, "the lock says Architecture");
    /* Another's bytes under its name. */
    package = fixture.lock->packages[1];
    package.name = fixture.lock->packages[0].name;
    refuse_lock(&fixture, 0, &package, "the lock says Package");
}

static const struct vt_case cases[] = {
    { "a sound build is robust", a_sound_build_is_robust },
    { "the control differs", the_control_differs },
    { "a path in the bytes is equal but not robust",
      a_path_in_the_bytes_is_equal_but_not_robust },
    { "a random build differs from itself", a_random_build_differs_from_itself },
    { "the expected build decides", the_expected_build_decides },
    { "a date that cannot be moved is named", a_date_that_cannot_be_moved_is_named },
    { "a lock that misnames a package is refused",
      a_lock_that_misnames_a_package_is_refused },
    { "a frozen clock stands at the epoch", a_frozen_clock_stands_at_the_epoch },
};

VT_TEST_MAIN("line.vary_build", cases)
