/* What a varied build sees: the clock, the order of entries and the probe, from inside. */
#include "line/vary_clock.h"
#include "tests/harness.h"
#include "tests/host_build.h"

static const char recipe[] =
    "{\"v\":1,\"product\":\"p\",\"version\":\"1\",\"kind\":\"program\","
    "\"source\":{\"type\":\"folder\"},"
    "\"environment\":{\"suite\":\"bookworm\",\"packages\":[\"gcc\"]},"
    "\"epoch\":1700000000,"
    "\"steps\":[[\"sh\",\"-c\",\"pwd >seen; id -u >>seen; id -un >>seen; uname -n "
    ">>seen; date +%Z >>seen; echo $LC_ALL >>seen; nproc >>seen; umask >>seen; echo $HOME "
    ">>seen; echo $VITRINE_VARIED >>seen; ls -U | tr '\\\\n' ' ' >>seen; date +%s "
    ">when\"]],"
    "\"outputs\":[\"seen\",\"when\"]}";

static const char *make_source(void)
{
    const char *folder = vt_test_path("source");

    VT_CHECK(mkdir(folder, 0755) == 0);
    vt_test_write(vt_test_path("source/vitrine.recipe.json"), vt_slice_from_cstr(recipe));
    for (const char *name = "cadbfegh"; *name != '\0'; name++)
        vt_test_write(vt_test_print("%s/%c", folder, *name), VT_LIT("x\n"));
    return folder;
}

static const char *text_of(const char *path)
{
    return vt_arena_cstr(vt_test_arena(), vt_test_read(vt_test_path(path)));
}

static struct vt_host_build run(const char *source, const struct vt_factors *terms,
                                const char *out)
{
    struct vt_host_build build = { .source = source,
                                   .factors = terms,
                                   .out = vt_test_path(out) };

    vt_host_build(&build);
    return build;
}

static void the_probe_sees_what_the_steps_see(void)
{
    struct vt_factors terms = vt_factors_fixed();
    struct vt_host_build build = run(make_source(), &terms, "out");
    const char *seen = text_of("out/seen");

    VT_CHECK_SAYING(strncmp(seen,
                            "/build/src\n1000\nbuilder\nvitrine\nUTC\nC.UTF-8\n1\n0022\n"
                            "/nonexistent\n\n",
                            64) == 0,
                    "%s", seen);
    VT_CHECK(strcmp(build.seen.text[VT_FACTOR_PATH], "/build/src") == 0);
    VT_CHECK(strcmp(build.seen.text[VT_FACTOR_UID], "1000 1000") == 0);
    VT_CHECK(strcmp(build.seen.text[VT_FACTOR_USER], "builder") == 0);
    VT_CHECK(strcmp(build.seen.text[VT_FACTOR_HOST], "vitrine") == 0);
    VT_CHECK(strcmp(build.seen.text[VT_FACTOR_ZONE], "UTC+0000") == 0);
    VT_CHECK(strcmp(build.seen.text[VT_FACTOR_LOCALE], "C.UTF-8 UTF-8") == 0);
    VT_CHECK(strcmp(build.seen.text[VT_FACTOR_CPUS], "1") == 0);
    VT_CHECK(strcmp(build.seen.text[VT_FACTOR_UMASK], "Umask: 0022") == 0);
    VT_CHECK(strcmp(build.seen.text[VT_FACTOR_VARIABLE], "/nonexistent") == 0);
    VT_CHECK(strcmp(build.seen.text[VT_FACTOR_LAYOUT], "00040000") == 0);
    VT_CHECK(strlen(build.seen.text[VT_FACTOR_ORDER]) == 26);
}

/* Each way to another order is seen as another order, from inside. */
static void entries_come_in_another_order(void)
{
    struct vt_factors terms = vt_factors_fixed();
    const char *source = make_source();
    struct vt_host_build plain = run(source, &terms, "plain"), other;

    terms.is_order_reversed = true;
    other = run(source, &terms, "other");
    VT_CHECK(other.order != VT_ORDER_PLAIN);
    VT_CHECK_SAYING(
        strcmp(plain.seen.text[VT_FACTOR_ORDER], other.seen.text[VT_FACTOR_ORDER]) != 0,
        "both: %s", plain.seen.text[VT_FACTOR_ORDER]);
    VT_CHECK(strcmp(text_of("plain/seen"), text_of("other/seen")) != 0);
    if (other.order == VT_ORDER_DISORDERFS)
        VT_CHECK(strcmp(other.seen.text[VT_FACTOR_ORDER], "a7 b3 d1 g8 k0 m5 q4 x2 z6") ==
                 0);
}

static void the_clock_is_moved_and_frozen(void)
{
    struct vt_factors terms = vt_factors_fixed();
    const char *source = make_source();
    char library[256];
    intmax_t now;

    if (!vt_clock_find("/", library, sizeof library))
        vt_test_skip("no libfaketime here");
    terms.clock_offset_s = 400 * 86400;
    (void)run(source, &terms, "moved");
    VT_CHECK(sscanf(text_of("moved/when"), "%jd", &now) == 1);
    VT_CHECK(now - time(NULL) > 399 * 86400 && now - time(NULL) < 401 * 86400);
    terms.is_clock_frozen = true;
    terms.clock_offset_s = 0;
    (void)run(source, &terms, "frozen");
    VT_CHECK(strcmp(text_of("frozen/when"), "1700000000\n") == 0);
    /* The twin: without the factor the machine's clock is seen. */
    terms.is_clock_frozen = false;
    (void)run(source, &terms, "true");
    VT_CHECK(sscanf(text_of("true/when"), "%jd", &now) == 1);
    VT_CHECK(time(NULL) - now < 600 && time(NULL) - now >= 0);
}

static void a_root_without_libfaketime_is_named(void)
{
    struct vt_error err = { 0 };
    struct vt_clock clock;

    VT_CHECK(mkdir(vt_test_path("root"), 0755) == 0);
    VT_CHECK_FAILS(VT_ABSENT, vt_clock_make(vt_test_path("root"), vt_test_dir(), true, 0,
                                            &clock, &err));
    VT_CHECK(strstr(err.message, "libfaketime") != NULL);
}

static void order_leaves_nothing_behind(void)
{
    struct vt_error err = { 0 };
    struct vt_order order;
    const char *made;

    VT_CHECK(mkdir(vt_test_path("area"), 0755) == 0);
    VT_CHECK_OK(vt_order_begin(vt_test_path("area"), &order, &err));
    made = vt_test_print("%s", order.area);
    VT_CHECK(mkdir(vt_test_print("%s/x", made), 0755) == 0);
    vt_order_end(&order);
    VT_CHECK(!vt_path_exists(made));
    VT_CHECK(vt_path_exists(vt_test_path("area")));
    VT_CHECK(!vt_path_exists(vt_test_path("area.order")));
    vt_order_end(&order); /* twice is nothing */
}

/* Names are remembered, and still every change is seen at once, also by another name of the
 * same file. */
static void changes_are_seen_at_once(void)
{
    static const char script[] =
        "cd \"$0\" && set -eu\n"
        "for i in 1 2 3 4 5 6 7 8 9; do\n"
        "  for name in a b d/c; do test ! -e $name; done\n"
        "  echo $i >a && mkdir d && test $(cat a) = $i\n"
        "  mv a b && test ! -e a && test $(cat b) = $i\n"
        "  echo other >a && mv a d/c && test ! -e a && test $(cat d/c) = other\n"
        "  ln b a && test $(stat -c %h a) = 2 && ln -s b l && test $(cat l) = $i\n"
        "  mv d/c b && test $(cat b) = other && test $(cat l) = other\n"
        "  test $(ls | tr '\\n' -) = a-b-d-l-\n"
        "  mv d e && test ! -e d && mkdir e/c && test -d e/c\n"
        "  rm -r a b e l && test ! -e e/c && test ! -e b\n"
        "done\n"
        "echo one >a && ln a b && test $(cat b) = one\n"
        "printf ONE 1<>a && test $(cat b) = ONE && printf TWO 1<>b && test $(cat a) = "
        "TWO\n";
    struct vt_error err = { 0 };
    VT_AUTO_ORDER order = { 0 };

    VT_CHECK(mkdir(vt_test_path("area"), 0755) == 0);
    VT_CHECK_OK(vt_order_begin(vt_test_path("area"), &order, &err));
    (void)vt_test_run(0, VT_ARGV("bash", "-c", script, order.area));
}

static void what_was_seen_is_read_back(void)
{
    struct vt_error err = { 0 };
    struct vt_seen seen = {
        .text = { [VT_FACTOR_ZONE] = "UTC+0000", [VT_FACTOR_UMASK] = "Umask: 0022" }
    };
    struct vt_seen again;
    VT_AUTO_JSON json = NULL;

    VT_CHECK_OK(vt_seen_json(&seen, &json, &err));
    VT_CHECK(json_object_size(json) == 2);
    VT_CHECK_OK(vt_seen_parse(json, "seen", &again, &err));
    VT_CHECK(memcmp(&seen, &again, sizeof seen) == 0);
    (void)json_object_set_new(json, "moon", json_string("full"));
    VT_CHECK_FAILS(VT_MALFORMED, vt_seen_parse(json, "seen", &again, &err));
}

static const struct vt_case cases[] = {
    { "the probe sees what the steps see", the_probe_sees_what_the_steps_see },
    { "entries come in another order", entries_come_in_another_order },
    { "the clock is moved and frozen", the_clock_is_moved_and_frozen },
    { "a root without libfaketime is named", a_root_without_libfaketime_is_named },
    { "order leaves nothing behind", order_leaves_nothing_behind },
    { "changes are seen at once", changes_are_seen_at_once },
    { "what was seen is read back", what_was_seen_is_read_back },
};

VT_TEST_MAIN("line.vary", cases)
