/* `vitrine client`: nothing leaves without consent, once a period, to one's own cell; the
 * record of it; and asking for erasure until the receipt is kept. */
#include "cell/residency_record.h"
#include "cell/statistic.h"
#include "cell/withdrawal.h"
#include "tests/world.h"

static const char schema_text[] =
    "{\"v\":1,\"name\":\"detections\",\"version\":1,\"purpose\":\"which dangers spread\","
    "\"period_s\":31622400,\"least\":50,\"budget_milli\":3000,\"fields\":["
    "{\"name\":\"verdict\",\"question\":\"what was the worst verdict?\",\"epsilon_milli\":"
    "3000,\"values\":[\"clean\",\"malicious\",\"suspicious\"]}]}";

static const char *path(const char *name)
{
    return vt_test_path(name);
}

#define MUST_SAY(output, words)                                                            \
    VT_CHECK_SAYING(strstr(output, words) != NULL, "no '%s' in: %s", words, output)

static struct vt_world world_now(void)
{
    struct vt_world world = vt_world_good();

    vt_world_move(&world, time(NULL) - VT_WORLD_NOW);
    return world;
}

/* A trust root that certifies the schema for the cell `zurich`. */
static void write_trust(const struct vt_world *world)
{
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    VT_AUTO_JSON predicate = vt_world_trust_predicate(world);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    struct vt_error err = { 0 };
    char digest[65];

    vt_test_write(path("schema.json"), vt_slice_from_cstr(schema_text));
    VT_CHECK_OK(vt_statistic_schema_parse(vt_slice_from_cstr(schema_text), &schema, &err));
    vt_hash_text(&schema.digest, digest);
    VT_CHECK(json_object_set_new(predicate, "certified",
                                 json_pack("[{s:s,s:s,s:s,s:s,s:s}]", "use", "statistics",
                                           "cell", "zurich", "sha256", digest, "from",
                                           vt_world_time(0), "until",
                                           vt_world_time(VT_TIME_UNIX_S_MAX))) == 0);
    VT_CHECK_OK(vt_statement_write_about_itself(VT_TRUST, predicate, &payload, &err));
    vt_test_write(path("trust.json"),
                  vt_world_sign(vt_buf_slice(&payload), world->root_signers));
}

/* Everything of everybody is in zurich, but that of JP. */
static void write_policy(const struct vt_world *world)
{
    VT_AUTO_FREE struct vt_residency *table = vt_alloc(sizeof *table);
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_JSON predicate = NULL;
    struct vt_error err = { 0 };
    vt_slice bytes;

    table->version = 1;
    table->created_unix_s = VT_WORLD_BEGAN - 10000000;
    table->cells[0] = (struct vt_residency_cell){ VT_LIT("zurich"), VT_LIT("CH"),
                                                  VT_LIT("https://zh.example.org") };
    table->cells[1] = (struct vt_residency_cell){ VT_LIT("tokyo"), VT_LIT("JP"),
                                                  VT_LIT("https://jp.example.org") };
    table->cell_count = 2;
    for (size_t i = 0; i < VT_COUNTRIES; i++)
        for (unsigned data = 0; data < VT_DATA_CLASSES; data++) {
            uint8_t cell = strcmp(vt_country_code(i), "JP") == 0;
            const struct vt_residency_step step = { table->created_unix_s, 0,
                                                    VT_RESIDENCY_HERE, cell, cell };

            VT_CHECK_OK(vt_residency_set(&table->lines[i][data], &step, &err));
        }
    VT_CHECK_OK(vt_residency_write(table, &predicate, &err));
    VT_CHECK_OK(vt_statement_write_about_itself(VT_RESIDENCY, predicate, &payload, &err));
    bytes = vt_world_sign(vt_buf_slice(&payload),
                          VT_BIT(VT_P_RESIDENCY_A) | VT_BIT(VT_P_RESIDENCY_B));
    vt_test_write(path("policy"), bytes);
    vt_test_write(path("policy.tlog-proof"), vt_world_prove(world, bytes));
}

static void lay_out(void)
{
    struct vt_world world = world_now();

    write_trust(&world);
    write_policy(&world);
}

static const char *consent(int exit_code, const char *which, const char *to)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "client", "consent", which, to,
                                          "--home", path("home")));
}

static const char *report(int exit_code, const char *cell, const char *country,
                          const char *answer, const char *out)
{
    return vt_test_run(exit_code, VT_ARGV("vitrine", "client", "report", "--home",
                                          path("home"), "--schema", path("schema.json"),
                                          "--trust", path("trust.json"), "--policy",
                                          path("policy"), "--cell", cell, "--country",
                                          country, "--answer", answer, "--out", path(out)));
}

static const char *sent(int exit_code)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "client", "sent", "--home", path("home")));
}

static const char *receipt(int exit_code, const char *file)
{
    return vt_test_run(exit_code,
                       VT_ARGV("vitrine", "client", "receipt", path(file), "--home",
                               path("home"), "--trust", path("trust.json")));
}

/* ---- cases ------------------------------------------------------------------------------
 */

static void off_until_chosen(void)
{
    const char *shown;

    lay_out();
    shown = vt_test_run(
        0, VT_ARGV("vitrine", "client", "consent", "show", "--home", path("home")));
    MUST_SAY(shown, "ask     off until you choose");
    MUST_SAY(shown, "submit  off until you choose");
    VT_CHECK(!vt_path_exists(path("home")));
    MUST_SAY(report(1, "zurich", "DE", "verdict=clean", "r1"), "nobody has allowed");
    (void)consent(0, "ask", "on"); /* the other switch does not help */
    MUST_SAY(report(1, "zurich", "DE", "verdict=clean", "r1"), "nobody has allowed");
    VT_CHECK(!vt_path_exists(path("r1")));
    MUST_SAY(sent(0), "nothing was sent");
    MUST_SAY(consent(0, "submit", "on"), "submit  on  since");
    (void)report(0, "zurich", "DE", "verdict=clean", "r1");
    MUST_SAY(consent(0, "submit", "off"), "stay in the counts");
    MUST_SAY(report(1, "zurich", "DE", "verdict=clean", "r2"), "nobody has allowed");
    MUST_SAY(consent(2, "submit", "maybe"), "on or off");
    MUST_SAY(consent(2, "everything", "on"), "on or off");
}

static void one_report_a_period(void)
{
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    struct vt_statistic_report parsed;
    struct vt_error err = { 0 };
    vt_slice bytes;

    lay_out();
    (void)consent(0, "submit", "on");
    MUST_SAY(vt_test_run(0, VT_ARGV("vitrine", "client", "report", "--home", path("home"),
                                    "--schema", path("schema.json"), "--trust",
                                    path("trust.json"), "--policy", path("policy"),
                                    "--cell", "zurich", "--country", "DE", "--answer",
                                    "verdict=malicious", "--only-show")),
             "Your answer: malicious");
    MUST_SAY(
        vt_test_run(2, VT_ARGV("vitrine", "client", "report", "--home", path("home"),
                               "--schema", path("schema.json"), "--trust",
                               path("trust.json"), "--policy", path("policy"), "--cell",
                               "zurich", "--country", "DE", "--answer", "verdict=malicious",
                               "--only-show", "--to", "http://127.0.0.1:1")),
        "--only-show makes and sends nothing");
    MUST_SAY(sent(0), "nothing was sent"); /* to look spends nothing */
    MUST_SAY(report(0, "zurich", "DE", "verdict=malicious", "r1"), "cannot be taken back");
    MUST_SAY(report(1, "zurich", "DE", "verdict=malicious", "r2"),
             "for this period was made already (number 1)");
    VT_CHECK(!vt_path_exists(path("r2")));
    MUST_SAY(sent(0), "report to zurich: answers to detections");
    bytes = vt_test_read(path("r1"));
    VT_CHECK_OK(vt_statistic_schema_parse(vt_slice_from_cstr(schema_text), &schema, &err));
    VT_CHECK_OK(vt_statistic_report_parse(&schema, vt_slice_sub(bytes, 0, bytes.len - 1),
                                          &parsed, &err));
    VT_CHECK(memmem(bytes.data, bytes.len, "malicious", 9) == NULL);
}

static void to_ones_own_cell_only(void)
{
    lay_out();
    (void)consent(0, "submit", "on");
    MUST_SAY(report(1, "zurich", "JP", "verdict=clean", "r1"), "belongs to cell tokyo");
    MUST_SAY(report(1, "tokyo", "JP", "verdict=clean", "r1"), "does not certify");
    MUST_SAY(report(1, "zurich", "XX", "verdict=clean", "r1"), "no country");
    MUST_SAY(report(2, "zurich", "DE", "verdict=red", "r1"), "no answer");
    MUST_SAY(report(2, "zurich", "DE", "serial=1", "r1"), "asks nothing called");
    vt_test_write(path("schema.json"), vt_slice_from_cstr(vt_test_print(
                                           "%.*s1%s", 60, schema_text, schema_text + 60)));
    (void)report(1, "zurich", "DE", "verdict=clean", "r1"); /* nobody certified these */
    MUST_SAY(sent(0), "nothing was sent");
    VT_CHECK(!vt_path_exists(path("r1")));
}

/* What the cell answers; kept: nothing. */
static void write_receipt(const char *request_name, const char *name, enum vt_party signer)
{
    VT_AUTO_WITHDRAWAL request = { .json = NULL };
    VT_AUTO_BUF out = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX);
    VT_AUTO_JSON kept = json_array();
    struct vt_error err = { 0 };

    VT_CHECK_OK(vt_withdrawal_parse(vt_test_read(path(request_name)), &request, &err));
    VT_CHECK_OK(
        vt_receipt_write(&request, 2, kept, time(NULL), vt_world_key(signer), &out, &err));
    vt_test_write(path(name), vt_buf_slice(&out));
}

static const char *withdraw(const char *home, const char *out)
{
    return vt_test_run(0, VT_ARGV("vitrine", "client", "withdraw", "--home", path(home),
                                  "--cell", "zurich", "--out", path(out)));
}

static void until_the_receipt(void)
{
    lay_out();
    (void)consent(0, "submit", "on");
    (void)report(0, "zurich", "DE", "verdict=clean", "r1");
    MUST_SAY(withdraw("home", "request"), "submit is off");
    MUST_SAY(report(1, "zurich", "DE", "verdict=clean", "r2"), "nobody has allowed");
    MUST_SAY(sent(0), "no receipt yet");
    (void)withdraw("other-home", "other-request");
    write_receipt("request", "receipt", VT_P_CELL);
    write_receipt("request", "forged", VT_P_VENDOR);
    write_receipt("other-request", "of-another", VT_P_CELL);
    MUST_SAY(receipt(1, "forged"), "is not signed by cell zurich");
    MUST_SAY(receipt(1, "of-another"), "no request that this machine made");
    MUST_SAY(sent(0), "no receipt yet");
    MUST_SAY(receipt(0, "receipt"), "erased 2 records");
    MUST_SAY(receipt(0, "receipt"), "erased 2 records"); /* again: the same */
    MUST_SAY(sent(0), "the receipt came");
}

static void a_changed_record_is_told(void)
{
    vt_slice good;
    uint8_t *bad;

    lay_out();
    (void)withdraw("home", "request");
    (void)withdraw("home", "second");
    good = vt_test_read(path("home/sent.log"));
    bad = vt_arena_alloc(vt_test_arena(), good.len);
    memcpy(bad, good.data, good.len);
    bad[40] ^= 1;
    vt_test_write(path("home/sent.log"), vt_slice_of(bad, good.len));
    MUST_SAY(sent(1), "was changed");
}

static const struct vt_case cases[] = {
    { "off until chosen", off_until_chosen },
    { "one report a period", one_report_a_period },
    { "to one's own cell only", to_ones_own_cell_only },
    { "until the receipt", until_the_receipt },
    { "a changed record is told", a_changed_record_is_told },
};

VT_TEST_MAIN("cli.client", cases)
