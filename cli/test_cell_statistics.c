/* `vitrine cell statistics` and `vitrine trust certify`: from the questions to a picture.
 */
#include "cell/statistic.h"
#include "tests/world.h"

static const char schema_text[] =
    "{\"v\":1,\"name\":\"detections\",\"version\":1,\"purpose\":\"which dangers spread\","
    "\"period_s\":86400,\"least\":50,\"budget_milli\":3000,\"fields\":["
    "{\"name\":\"verdict\",\"question\":\"what was the worst verdict?\",\"epsilon_milli\":"
    "3000,\"values\":[\"clean\",\"malicious\",\"suspicious\"]}]}";

static const char *path(const char *name)
{
    return vt_test_path(name);
}

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "no '%s' in: %s", words, output)

/* A trust root as of now that certifies the schema. */
static void write_trust(const vt_hash *digest)
{
    struct vt_world world = vt_world_good();
    VT_AUTO_JSON predicate = NULL;
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };
    char text[65];

    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    predicate = vt_world_trust_predicate(&world);
    vt_hash_text(digest, text);
    VT_CHECK(json_object_set_new(predicate, "certified",
                                 json_pack("[{s:s,s:s,s:s,s:s,s:s}]", "use", "statistics",
                                           "cell", "zurich", "sha256", text, "from",
                                           vt_world_time(0), "until",
                                           vt_world_time(VT_TIME_UNIX_S_MAX))) == 0);
    VT_CHECK_OK(vt_statement_write_about_itself(VT_TRUST, predicate, &payload, &err));
    vt_test_write(path("trust.json"),
                  vt_world_sign(vt_buf_slice(&payload), world.root_signers));
}

static void write_key(const char *name, enum vt_party party)
{
    VT_AUTO_BUF pem = vt_buf_init(VT_KIB(8));
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_key_write_pem(vt_world_key(party), (vt_slice){ 0 }, &pem, &err));
    vt_test_write(path(name), vt_buf_slice(&pem));
    VT_CHECK(chmod(path(name), 0600) == 0);
}

/* Real reports: `count` clients, one in four malicious, none suspicious. */
static void write_reports(const struct vt_statistic_schema *schema, size_t count)
{
    VT_AUTO_BUF text = vt_buf_init(VT_MIB(16));
    struct vt_env env = vt_env_real();
    struct vt_error err = { 0 };

    for (size_t i = 0; i < count; i++) {
        size_t answer = i % 4 == 0;

        VT_CHECK_OK(vt_statistic_report_make(schema, 7, &answer, &env, &text, &err));
        vt_buf_put_u8(&text, '\n');
    }
    vt_buf_put_text(&text, "{\"ip\":\"10.0.0.1\",\"v\":1}\n");
    vt_test_write(path("reports"), vt_buf_slice(&text));
}

static void lay_out(size_t count)
{
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_statistic_schema_parse(vt_slice_from_cstr(schema_text), &schema, &err));
    vt_test_write(path("schema.json"), vt_slice_from_cstr(schema_text));
    write_trust(&schema.digest);
    write_key("cell", VT_P_CELL);
    write_key("vendor", VT_P_VENDOR);
    write_reports(&schema, count);
}

static const char *aggregate(int exit_code, const char *schema, const char *cell,
                             const char *period, const char *key)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "cell", "statistics", "aggregate", "--schema",
                               path(schema), "--trust", path("trust.json"), "--cell", cell,
                               "--period", period, "--reports", path("reports"), "--out",
                               path("aggregate.json"), "--key", path(key)));
}

static const char *show(int exit_code)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "cell", "statistics", "show",
                               path("aggregate.json"), "--trust", path("trust.json")));
}

static void from_reports_to_a_picture(void)
{
    const char *output;

    lay_out(8000);
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "cell", "statistics", "schema",
                                    path("schema.json"), "--trust", path("trust.json"),
                                    "--cell", "zurich")),
             "certifies it");
    output = aggregate(0, "schema.json", "zurich", "7", "cell");
    MUST_SAY(output, "8000 reports counted, 1 refused");
    MUST_SAY(output, "reports:8001: refused: report: ");
    MUST_SAY(output, "'ip'");
    output = show(0);
    MUST_SAY(output, "8000 reports");
    MUST_SAY(output, "suspicious               too few to show");
    VT_CHECK(strstr(output, "malicious                too few") == NULL);
    (void)vt_test_run(0, VT_ARGV("vitrine", "cell", "statistics", "plot",
                                 path("aggregate.json"), "--out", path("plot.svg")));
    VT_CHECK(vt_slice_starts_with(vt_test_read(path("plot.svg")), VT_LIT("<svg ")));
}

static void three_people_are_not_shown(void)
{
    const char *output;

    lay_out(3);
    MUST_SAY(aggregate(0, "schema.json", "zurich", "7", "cell"), "3 reports counted");
    output = show(0);
    MUST_SAY(output, "clean                    too few to show");
    VT_CHECK(strstr(output, "3 reports") == NULL);
}

static void who_and_what_is_refused(void)
{
    vt_slice good;
    uint8_t *bad;

    lay_out(500);
    vt_test_write(
        path("other.json"),
        vt_slice_from_cstr(vt_test_print(
            "%.*s\"least\":51%s", (int)(strstr(schema_text, "\"least\":50") - schema_text),
            schema_text, strstr(schema_text, "\"least\":50") + 10)));
    (void)vt_test_run(1,
                      VT_ARGV("vitrine", "cell", "statistics", "schema", path("other.json"),
                              "--trust", path("trust.json"), "--cell", "zurich"));
    (void)aggregate(1, "other.json", "zurich", "7", "cell");
    MUST_SAY(aggregate(1, "schema.json", "tokyo", "7", "cell"), "does not certify it");
    MUST_SAY(aggregate(1, "schema.json", "zurich", "7", "vendor"),
             "does not name this key");
    VT_CHECK(!vt_path_exists(path("aggregate.json")));
    MUST_SAY(aggregate(0, "schema.json", "zurich", "8", "cell"), "0 reports counted, 501");
    (void)aggregate(0, "schema.json", "zurich", "7", "cell");
    good = vt_test_read(path("aggregate.json"));
    bad = vt_arena_alloc(vt_test_arena(), good.len);
    for (size_t at = 0; at < good.len; at += 97) {
        memcpy(bad, good.data, good.len);
        bad[at] ^= 1;
        vt_test_write(path("aggregate.json"), vt_slice_of(bad, good.len));
        (void)show(1);
    }
}

static const struct vt_case cases[] = {
    { "from reports to a picture", from_reports_to_a_picture },
    { "three people are not shown", three_people_are_not_shown },
    { "who and what is refused", who_and_what_is_refused },
};

VT_TEST_MAIN("cli.cell_statistics", cases)
