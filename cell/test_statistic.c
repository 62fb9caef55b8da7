/* Statistics: what a schema may ask, what a report may hold, and whether the published
 * intervals hold what was planted.  The dice are seeded, so each run is the same; a wrong
 * estimator must be seen by the same checks. */
#include "cell/aggregate.h"
#include "evidence/trust.h"
#include "tests/world.h"

static const char schema_text[] =
    "{\"v\":1,\"name\":\"detections\",\"version\":1,\"purpose\":\"which dangers spread\","
    "\"period_s\":86400,\"least\":50,\"budget_milli\":4000,\"fields\":["
    "{\"name\":\"verdict\",\"question\":\"what was the worst verdict?\",\"epsilon_milli\":"
    "2000,\"values\":[\"clean\",\"malicious\",\"suspicious\",\"not fully scanned\"]},"
    "{\"name\":\"system\",\"question\":\"which system?\",\"epsilon_milli\":2000,"
    "\"values\":[\"debian\",\"fedora\",\"other\"]}]}";

static struct vt_statistic_schema schema_of(const char *text)
{
    struct vt_statistic_schema schema;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_statistic_schema_parse(vt_slice_from_cstr(text), &schema, &err));
    vt_test_keep(schema.json);
    return schema;
}

static const char *edited(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);

    VT_CHECK_SAYING(at != NULL, "no '%s'", from);
    return vt_test_print("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

/* ---- dice that can be thrown again ------------------------------------------------------
 */

static void seeded(void *context, uint8_t *out, size_t len)
{
    uint64_t *state = context; /* splitmix64 */

    for (size_t i = 0; i < len; i++) {
        uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        out[i] = (uint8_t)(z >> 56);
    }
}

/* ---- schemas ----------------------------------------------------------------------------
 */

static void schemas(void)
{
    static const struct {
        const char *name, *from, *to;
        enum vt_code want;
    } rows[] = {
        { "as it is", "\"least\":50", "\"least\":50", VT_OK },
        { "white space", "\"least\":50", " \"least\" : 50", VT_OK },
        { "open question", "\"purpose\"", "\"free_text\":true,\"purpose\"", VT_MALFORMED },
        { "no values", "\"debian\",\"fedora\",\"other\"", "", VT_LIMIT },
        { "one value", "\"debian\",\"fedora\",\"other\"", "\"debian\"", VT_LIMIT },
        { "a value twice", "\"fedora\"", "\"debian\"", VT_REJECTED },
        { "a field twice", "\"system\"", "\"verdict\"", VT_REJECTED },
        { "over its budget", "\"budget_milli\":4000", "\"budget_milli\":3999",
          VT_REJECTED },
        { "no noise at all", "\"epsilon_milli\":2000", "\"epsilon_milli\":90000",
          VT_LIMIT },
        { "cells of one", "\"least\":50", "\"least\":1", VT_LIMIT },
        { "every minute", "86400", "60", VT_LIMIT },
        { "another form", "\"v\":1", "\"v\":2", VT_MALFORMED },
        { "fraction", "\"least\":50", "\"least\":50.5", VT_MALFORMED },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
        struct vt_error err = { 0 };
        bool ok = vt_statistic_schema_parse(
            vt_slice_from_cstr(edited(schema_text, rows[i].from, rows[i].to)), &schema,
            &err);

        VT_CHECK_SAYING(err.code == rows[i].want && ok == (rows[i].want == VT_OK), "%s: %s",
                        rows[i].name, err.message);
    }
}

static bool certifies(const struct vt_trust *trust, const char *cell,
                      const struct vt_statistic_schema *schema, int64_t time_unix_s)
{
    return vt_trust_certifies(trust, "statistics", vt_slice_from_cstr(cell),
                              &schema->digest, time_unix_s);
}

static void certified(void)
{
    struct vt_statistic_schema schema = schema_of(schema_text),
                               other = schema_of(edited(schema_text, "which d", "what d"));
    struct vt_world world = vt_world_good();
    VT_AUTO_JSON predicate = vt_world_trust_predicate(&world);
    VT_AUTO_TRUST trust = NULL;
    struct vt_error err = { 0 };
    char digest[65];

    vt_hash_text(&schema.digest, digest);
    VT_CHECK(json_object_set_new(predicate, "certified",
                                 json_pack("[{s:s,s:s,s:s,s:s,s:s}]", "use", "statistics",
                                           "cell", "zurich", "sha256", digest, "from",
                                           vt_world_time(100), "until",
                                           vt_world_time(200))) == 0);
    VT_CHECK_OK(vt_trust_of_draft(predicate, &trust, &err));
    VT_CHECK(certifies(trust, "zurich", &schema, 100));
    VT_CHECK(certifies(trust, "zurich", &schema, 199));
    VT_CHECK(!certifies(trust, "zurich", &schema, 99));
    VT_CHECK(!certifies(trust, "zurich", &schema, 200));
    VT_CHECK(!certifies(trust, "tokyo", &schema, 100));
    VT_CHECK(!certifies(trust, "zurich", &other, 100));
}

/* ---- reports ----------------------------------------------------------------------------
 */

static const char *make(const struct vt_statistic_schema *schema, const size_t answers[],
                        uint64_t *seed)
{
    struct vt_env env = { .random = seeded, .context = seed };
    struct vt_buf *out = vt_arena_alloc(vt_test_arena(), sizeof *out);
    struct vt_error err = { 0 };

    *out = vt_buf_init(VT_STATISTIC_REPORT_BYTES_MAX);
    VT_CHECK_OK(vt_statistic_report_make(schema, 20783, answers, &env, out, &err));
    return vt_buf_cstr(out);
}

static void reports(void)
{
    static const struct {
        const char *name, *from, *to, *words;
    } rows[] = {
        { "as it is", "\"period\"", "\"period\"", NULL },
        { "a field outside the schema", "\"system\":", "\"serial\":\"1\",\"system\":",
          "field 'serial' is not in the schema" },
        { "a field of another name",
          "\"system\":", "\"sxstem\":", "field 'sxstem' is not in the schema" },
        { "something beside", "\"period\":", "\"ip\":\"10.0.0.1\",\"period\":", "ip" },
        { "another schema", "\"schema\":\"", "\"schema\":\"0", "schema" },
        { "not canonical", "\"period\":", " \"period\":", "canonical" },
        { "another form", "\"v\":1", "\"v\":3", "'v' 1" },
    };
    struct vt_statistic_schema schema = schema_of(schema_text);
    const size_t answers[] = { 1, 2 };
    uint64_t seed = 1;
    const char *good = make(&schema, answers, &seed);
    struct vt_error err = { 0 };
    struct vt_statistic_report report;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool ok = vt_statistic_report_parse(
            &schema, vt_slice_from_cstr(edited(good, rows[i].from, rows[i].to)), &report,
            &err);

        VT_CHECK_SAYING(ok == (rows[i].words == NULL), "%s", rows[i].name);
        VT_CHECK_SAYING(ok || strstr(err.message, rows[i].words) != NULL, "%s: %s",
                        rows[i].name, err.message);
    }
    for (size_t len = 0; len < strlen(good); len++)
        VT_CHECK(
            !vt_statistic_report_parse(&schema, vt_slice_of(good, len), &report, &err));
    /* One bit more or less, or no bit at all. */
    VT_CHECK_FAILS(VT_MALFORMED,
                   vt_statistic_report_parse(
                       &schema,
                       vt_slice_from_cstr(edited(good, "\"system\":\"", "\"system\":\"1")),
                       &report, &err));
    VT_CHECK_SAYING(strstr(err.message, "'system' has not 3 bits") != NULL, "%s",
                    err.message);
    VT_CHECK_OK(
        vt_statistic_report_parse(&schema, vt_slice_from_cstr(good), &report, &err));
    VT_CHECK(report.period == 20783);
}

/* ---- the planted distribution -----------------------------------------------------------
 */

enum { CLIENTS = 100000, FIELDS = 2 };

/* Of 10^5: verdicts and systems; three people have something that nobody else has. */
static const uint64_t planted[FIELDS][4] = { { 81997, 12000, 6000, 3 },
                                             { 50000, 30000, 20000, 0 } };

static size_t answer_of(size_t field, uint64_t client)
{
    size_t value = 0;

    while (client >= planted[field][value])
        client -= planted[field][value++];
    return value;
}

static struct vt_statistic_tally *count_planted(const struct vt_statistic_schema *schema,
                                                uint64_t seed)
{
    struct vt_env env = { .random = seeded, .context = &seed };
    struct vt_statistic_tally *tally = vt_arena_alloc(vt_test_arena(), sizeof *tally);
    VT_AUTO_BUF text = vt_buf_init(VT_STATISTIC_REPORT_BYTES_MAX);
    struct vt_error err = { 0 };

    tally->period = 20783;
    for (uint64_t client = 0; client < CLIENTS; client++) {
        /* 61,803 and 10^5 have no common divisor: another order for the second field. */
        const size_t answers[] = { answer_of(0, client),
                                   answer_of(1, client * 61803 % CLIENTS) };
        struct vt_statistic_report report;

        vt_buf_truncate(&text, 0);
        VT_CHECK_OK(vt_statistic_report_make(schema, 20783, answers, &env, &text, &err));
        VT_CHECK_OK(vt_statistic_report_parse(schema, vt_buf_slice(&text), &report, &err));
        VT_CHECK_OK(vt_statistic_tally_add(tally, schema, &report, &err));
    }
    return tally;
}

/* How many of the planted numbers lie in their interval; `bend` makes the estimator wrong:
 * it takes the noise for so many percent of what it is. */
static size_t recovered(const struct vt_statistic_schema *schema,
                        const struct vt_statistic_tally *tally, unsigned bend)
{
    size_t count = 0;

    for (size_t i = 0; i < FIELDS; i++)
        for (size_t k = 0; k < schema->fields[i].value_count; k++) {
            uint32_t noise =
                (uint32_t)((uint64_t)schema->fields[i].noise * bend / 100); /* near it */
            struct vt_statistic_estimate found = vt_statistic_estimate(
                tally->reports, tally->ones[i][k], noise, schema->least);

            count += !found.is_suppressed && planted[i][k] >= found.low &&
                     planted[i][k] <= found.high;
        }
    return count;
}

/* Five times 10^5 clients: of 30 intervals of 99 percent, one or two may fail by chance. */
static void what_was_planted_is_recovered(void)
{
    struct vt_statistic_schema schema = schema_of(schema_text);
    size_t right = 0, too_much = 0, too_little = 0;

    for (uint64_t seed = 2026; seed < 2031; seed++) {
        struct vt_statistic_tally *tally = count_planted(&schema, seed);
        struct vt_statistic_estimate three = vt_statistic_estimate(
            tally->reports, tally->ones[0][3], schema.fields[0].noise, schema.least);

        VT_CHECK(tally->reports == CLIENTS);
        VT_CHECK(three.is_suppressed && three.estimate == 0 && three.high == 0);
        right += recovered(&schema, tally, 100);
        too_much += recovered(&schema, tally, 110);
        too_little += recovered(&schema, tally, 90);
    }
    VT_CHECK_SAYING(right >= 28, "%zu of 30", right);
    /* The alarm rings: an estimator that is wrong by a tenth recovers almost nothing. */
    VT_CHECK_SAYING(too_much <= 5, "%zu of 30 with too much noise", too_much);
    VT_CHECK_SAYING(too_little <= 5, "%zu of 30 with too little", too_little);
}

/* The intervals hold as often as they say: not less, and not always either. */
static void intervals_hold_as_they_say(void)
{
    struct vt_statistic_schema schema = schema_of(schema_text);
    uint64_t seed = 7, held = 0, runs = 20000, people = 2000, have = 500;
    uint32_t noise = schema.fields[0].noise;

    for (uint64_t run = 0; run < runs; run++) {
        struct vt_statistic_estimate found;
        uint64_t ones = 0;

        for (uint64_t i = 0; i < people; i++) {
            uint32_t die;

            seeded(&seed, (uint8_t *)&die, sizeof die);
            ones += die < (i < have ? UINT32_C(1) << 31 : noise);
        }
        found = vt_statistic_estimate(people, ones, noise, 10);
        held += found.low <= have && have <= found.high;
    }
    VT_CHECK_SAYING(held * 1000 >= runs * 986 && held * 1000 <= runs * 994,
                    "%ju of %ju intervals hold it", (uintmax_t)held, (uintmax_t)runs);
}

static void small_cells(void)
{
    /* reports, ones, least: a crowd of three says nothing, whatever its bits. */
    for (uint64_t ones = 0; ones <= 3; ones++)
        VT_CHECK(vt_statistic_estimate(3, ones, 1, 50).is_suppressed);
    VT_CHECK(vt_statistic_estimate(49, 25, 1, 50).is_suppressed);
    VT_CHECK(vt_statistic_estimate(100000, 1500, 1, 50).estimate == 3000);
    VT_CHECK(!vt_statistic_estimate(100000, 1500, 1, 50).is_suppressed);
    VT_CHECK(vt_statistic_estimate(100000, 1, 1, 50).is_suppressed);
}

/* ---- what is published ------------------------------------------------------------------
 */

static json_t *publish(const struct vt_statistic_schema *schema, uint64_t reports_count)
{
    struct vt_statistic_tally *tally = vt_arena_alloc(vt_test_arena(), sizeof *tally);
    struct vt_error err = { 0 };
    json_t *out;

    *tally = (struct vt_statistic_tally){ .period = 20783, .reports = reports_count };
    for (size_t i = 0; i < 2; i++)
        tally->ones[i][0] = reports_count / 2;
    VT_CHECK_OK(vt_aggregate_write(schema, tally, VT_LIT("zurich"), 4, &out, &err));
    vt_test_keep(out);
    return out;
}

static json_t *cell_of(json_t *aggregate, size_t field, size_t cell)
{
    return json_array_get(
        json_object_get(json_array_get(json_object_get(aggregate, "fields"), field),
                        "cells"),
        cell);
}

static void aggregates(void)
{
    struct vt_statistic_schema schema = schema_of(schema_text);
    json_t *good = publish(&schema, 10000), *few = publish(&schema, 3), *cell;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_aggregate_verify(good, &err));
    VT_CHECK(json_is_false(json_object_get(cell_of(good, 0, 0), "suppressed")));
    VT_CHECK(json_is_true(json_object_get(cell_of(good, 0, 1), "suppressed")));
    VT_CHECK(!vt_json_has(cell_of(good, 0, 1), "ones"));
    VT_CHECK_OK(vt_aggregate_verify(few, &err));
    VT_CHECK(!vt_json_has(few, "reports"));
    VT_CHECK(json_is_true(json_object_get(cell_of(few, 0, 0), "suppressed")));
    /* Forged twins. */
    cell = cell_of(good, 0, 0);
    VT_CHECK(json_integer_set(json_object_get(cell, "estimate"), 9999) == 0);
    VT_CHECK_FAILS(VT_REJECTED, vt_aggregate_verify(good, &err));
    good = publish(&schema, 10000);
    VT_CHECK(
        json_object_update_new(cell_of(good, 0, 1),
                               json_pack("{s:b,s:i,s:i,s:i,s:i}", "suppressed", 0, "ones",
                                         0, "estimate", 0, "low", 0, "high", 3)) == 0);
    VT_CHECK_FAILS(VT_REJECTED, vt_aggregate_verify(good, &err)); /* a small cell shown */
    VT_CHECK(json_object_set_new(few, "reports", json_integer(3)) == 0);
    VT_CHECK_FAILS(VT_REJECTED, vt_aggregate_verify(few, &err));
}

static void plots(void)
{
    struct vt_statistic_schema schema =
        schema_of(edited(schema_text, "which system?", "a <b> & c?"));
    VT_AUTO_BUF out = vt_buf_init(VT_MIB(1));
    struct vt_error err = { 0 };
    const char *svg;

    VT_CHECK_OK(vt_aggregate_plot(publish(&schema, 10000), &out, &err));
    svg = vt_buf_cstr(&out);
    VT_CHECK(strstr(svg, "a &lt;b&gt; &amp; c?") != NULL && strstr(svg, "<b>") == NULL);
    VT_CHECK(strstr(svg, "too few to show") != NULL);
    VT_CHECK(strstr(svg, "prefers-color-scheme:dark") != NULL);
    VT_CHECK(strstr(svg, "role=\"img\"") != NULL &&
             strstr(svg, "<title id=\"t\">") != NULL);
    vt_test_write(vt_test_path("plot.svg"), vt_buf_slice(&out));
    (void)vt_test_run(0, VT_ARGV("python3", "-c",
                                 "import sys,xml.dom.minidom as m;m.parse(sys.argv[1])",
                                 vt_test_path("plot.svg")));
}

static vt_slice signed_aggregate(const char *cell, unsigned signers)
{
    struct vt_statistic_schema schema = schema_of(schema_text);
    json_t *predicate = publish(&schema, 10000);

    VT_CHECK(json_object_set_new(predicate, "cell", json_string(cell)) == 0);
    return vt_world_statement(VT_AGGREGATE, "aggregate", json_incref(predicate), signers);
}

static void who_may_log_it(void)
{
    struct vt_world world = vt_world_good();
    VT_AUTO_TRUST trust = NULL;
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_trust_parse(vt_world_trust(&world), &trust, &err));
    VT_CHECK_OK(vt_trust_admits_entry(trust, signed_aggregate("zurich", VT_BIT(VT_P_CELL)),
                                      VT_WORLD_NOW, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_trust_admits_entry(
                                    trust, signed_aggregate("tokyo", VT_BIT(VT_P_CELL)),
                                    VT_WORLD_NOW, &err));
    VT_CHECK_FAILS(VT_REJECTED, vt_trust_admits_entry(
                                    trust, signed_aggregate("zurich", VT_BIT(VT_P_VENDOR)),
                                    VT_WORLD_NOW, &err));
}

static const struct vt_case cases[] = {
    { "what a schema may ask", schemas },
    { "the trust root certifies it", certified },
    { "what a report may hold", reports },
    { "what 100,000 planted is recovered", what_was_planted_is_recovered },
    { "intervals hold as they say", intervals_hold_as_they_say },
    { "small cells", small_cells },
    { "what is published", aggregates },
    { "plots", plots },
    { "who may log it", who_may_log_it },
};

VT_TEST_MAIN("statistic", cases)
