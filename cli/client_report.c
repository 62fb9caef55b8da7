/* vitrine client report: answers with noise.  In this order: may it be asked, may it be
 * sent there, is there consent and budget; then the record, and only then the report. */
#include "cell/decide.h"
#include "cell/residency_record.h"
#include "cell/statistic.h"
#include "cell/statistic_http.h"
#include "http/client.h"
#include "cli/cell_policy.h"
#include "cli/client.h"
#include "evidence/field.h"

const struct vt_option vt_cli_client_report_options[] = {
    VT_OPTION_HOME,
    { "schema", "FILE", "the questions", true, false },
    { "answer", "FIELD=VALUE", "your true answer to each; it stays here", true, true },
    { "cell", "NAME", "to this cell", true, false },
    { "country", "CC", "where you are", true, false },
    { "policy", "FILE", "which cell is whose: a policy of residency, on the ledger", true,
      false },
    { "proof", "FILE", "its proof; else FILE.tlog-proof beside the policy", false, false },
    { "trust", "FILE", "the trust root, or a client's folder", true, false },
    { "out", "FILE", "where the report goes that may be sent", false, false },
    { "to", "URL", "send it to the cell, once", false, false },
    { "only-show", NULL, "say what would be sent; make and spend nothing", false, false },
    { NULL, NULL, NULL, false, false },
};

struct asking {
    struct vt_statistic_schema schema;
    size_t answers[VT_STATISTIC_FIELDS_MAX];
    vt_slice cell;
    int64_t now_unix_s;
    uint64_t period;
};

/* ---- may it be asked? -------------------------------------------------------------------
 */

static bool take_answer(struct vt_args *args, const char *text, struct asking *asking,
                        bool is_answered[VT_STATISTIC_FIELDS_MAX], struct vt_error *err)
{
    const struct vt_statistic_schema *schema = &asking->schema;
    vt_reader r = { vt_slice_from_cstr(text) };
    vt_slice name;
    size_t field, value;

    if (!vt_read_until(&r, '=', &name))
        return vt_args_misuse(args, err, "--answer: '%s' is not like FIELD=VALUE", text);
    field = vt_statistic_find_field(schema, name);
    if (field == schema->field_count)
        return vt_args_misuse(args, err, "--answer: the schema asks nothing called '%.*s'",
                              VT_SLICE_ARGS(name));
    value = vt_statistic_find_value(&schema->fields[field], r.rest);
    if (value == schema->fields[field].value_count)
        return vt_args_misuse(args, err, "--answer: '%.*s' is no answer to '%.*s'",
                              VT_SLICE_ARGS(r.rest), VT_SLICE_ARGS(name));
    asking->answers[field] = value;
    is_answered[field] = true;
    return true;
}

static bool take_answers(struct vt_args *args, struct asking *asking, struct vt_error *err)
{
    bool is_answered[VT_STATISTIC_FIELDS_MAX] = { false };
    const char *text;

    for (size_t i = 0; (text = vt_args_get_at(args, "answer", i)) != NULL; i++)
        if (!take_answer(args, text, asking, is_answered, err))
            return false;
    for (size_t i = 0; i < asking->schema.field_count; i++)
        if (!is_answered[i])
            return vt_args_misuse(args, err, "--answer: '%.*s' has no answer",
                                  VT_SLICE_ARGS(asking->schema.fields[i].name));
    return true;
}

static bool read_asking(struct vt_args *args, struct asking *out, struct vt_error *err)
{
    const char *path = vt_args_get(args, "schema");
    VT_AUTO_BUF text = vt_buf_init(VT_STATISTIC_SCHEMA_BYTES_MAX);
    struct vt_error ignored = { 0 };

    bool is_made = vt_args_has(args, "out") || vt_args_has(args, "to");

    if (is_made && vt_args_has(args, "only-show"))
        return vt_args_misuse(args, err,
                              "--only-show makes and sends nothing: leave it out, or --out "
                              "and --to");
    if (!is_made && !vt_args_has(args, "only-show"))
        return vt_args_misuse(args, err,
                              "say what becomes of the report: --out FILE keeps it, --to "
                              "URL sends it; or --only-show");
    if (vt_args_has(args, "to") && !vt_http_url_check(vt_args_get(args, "to"), &ignored))
        return vt_args_misuse(args, err, "--to is an http or https address");
    if (!vt_file_read(path, &text, err))
        return false;
    if (!vt_statistic_schema_parse(vt_buf_slice(&text), &out->schema, err))
        return vt_within(err, "%s", path);
    out->cell = vt_slice_from_cstr(vt_args_get(args, "cell"));
    out->now_unix_s = vt_env_now_unix_s(vt_args_env(args));
    out->period = vt_statistic_period(&out->schema, out->now_unix_s);
    return take_answers(args, out, err);
}

/* ---- may it be sent there? --------------------------------------------------------------
 */

/* Where the cell stands, as its key in the trust root says. */
static bool find_jurisdiction(const struct vt_trust *trust, vt_slice cell, vt_slice *out,
                              struct vt_error *err)
{
    for (size_t i = 0; i < trust->key_count; i++)
        if (trust->keys[i].role == VT_ROLE_CELL &&
            vt_list_has(trust->keys[i].products, cell)) {
            *out = trust->keys[i].jurisdiction;
            return true;
        }
    return vt_fail(err, VT_REJECTED, "the trust root names no key of cell %.*s",
                   VT_SLICE_ARGS(cell));
}

static bool is_my_cell(struct vt_args *args, const struct asking *asking,
                       const struct vt_trust *trust, struct vt_error *err)
{
    const char *path = vt_args_get(args, "policy");
    VT_AUTO_POLICY_PAPER paper = { .lock_fd = -1 };
    vt_slice jurisdiction;
    int64_t logged;

    return vt_policy_paper_read_signed(path, &paper, err) &&
           vt_cli_policy_verify(args, path, paper.record, trust, &logged, err) &&
           find_jurisdiction(trust, asking->cell, &jurisdiction, err) &&
           vt_residency_allows_client(
               paper.table, vt_slice_from_cstr(vt_args_get(args, "country")),
               VT_DATA_STATISTIC, asking->cell, jurisdiction, asking->now_unix_s, err);
}

static bool is_certified(struct vt_args *args, const struct asking *asking,
                         struct vt_error *err)
{
    VT_AUTO_TRUST trust = NULL;

    if (!vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err))
        return false;
    if (!vt_trust_certifies(trust, "statistics", asking->cell, &asking->schema.digest,
                            asking->now_unix_s))
        return vt_fail(err, VT_REJECTED,
                       "%s: the trust root does not certify these questions for cell %.*s",
                       vt_args_get(args, "schema"), VT_SLICE_ARGS(asking->cell));
    return is_my_cell(args, asking, trust, err);
}

/* ---- what is said, recorded, written ----------------------------------------------------
 */

static void print_plainly(const struct asking *asking)
{
    const struct vt_statistic_schema *schema = &asking->schema;

    (void)printf("To cell %.*s, for: %.*s\n", VT_SLICE_ARGS(asking->cell),
                 VT_SLICE_ARGS(schema->purpose));
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct vt_statistic_field *field = &schema->fields[i];

        (void)printf("  %.*s  Your answer: %s. It is one of %zu bits; it goes as 1 with "
                     "chance 1/2, each other as 1 with chance %.3f.\n",
                     VT_SLICE_ARGS(field->question),
                     json_string_value(json_array_get(field->values, asking->answers[i])),
                     field->value_count, field->noise / 4294967296.0);
    }
    (void)printf("Nothing else goes: no name, no number of this machine. One report in %ju "
                 "seconds; it spends %ju of %ju thousandths of epsilon. Once it is counted "
                 "it cannot be taken back: it holds no name by which to find it.\n",
                 (uintmax_t)schema->period_s, (uintmax_t)schema->epsilon_milli,
                 (uintmax_t)schema->budget_milli);
}

static bool record(struct vt_sent *sent, const struct asking *asking, vt_slice report,
                   struct vt_error *err)
{
    const struct vt_statistic_schema *schema = &asking->schema;
    VT_AUTO_ARENA arena = vt_arena_new();
    const char *what = vt_arena_printf(
        arena, "answers to %.*s, version %ju, for period %ju, with noise",
        VT_SLICE_ARGS(schema->name), (uintmax_t)schema->version, (uintmax_t)asking->period);
    const struct vt_sent_record line = {
        .at_unix_s = asking->now_unix_s,
        .kind = VT_SENT_REPORT,
        .cell = asking->cell,
        .what = vt_slice_from_cstr(what),
        .sha256 = vt_sha256_of(report),
        .bytes = report.len,
        .schema = schema->digest,
        .period = asking->period,
        .period_s = schema->period_s,
        .epsilon_milli = schema->epsilon_milli,
    };

    return vt_sent_append(sent, &line, err);
}

/* The record comes first: a crash in between costs this report, not a second one with
 * other noise, from which the answer could be guessed. */
static bool make(struct vt_args *args, const struct asking *asking, struct vt_disk *home,
                 struct vt_error *err)
{
    const struct vt_statistic_schema *schema = &asking->schema;
    const char *out = vt_args_get(args, "out"), *to = vt_args_get(args, "to");
    VT_AUTO_BUF report = vt_buf_init(VT_STATISTIC_REPORT_BYTES_MAX);
    VT_AUTO_SENT sent = NULL;
    struct vt_consent consent;
    size_t whole;

    if (!vt_consent_read(home, &consent, err) ||
        !vt_consent_allows(&consent, VT_CONSENT_SUBMIT, err) ||
        !vt_sent_open(home, &sent, err) ||
        !vt_sent_allows_report(sent, &schema->digest, asking->period, schema->period_s,
                               schema->epsilon_milli, schema->budget_milli, err))
        return false;
    if (!vt_statistic_report_make(schema, asking->period, asking->answers,
                                  vt_args_env(args), &report, err) ||
        (out != NULL && !vt_cli_reserve(out, report.len + 1, err)) ||
        !record(sent, asking, vt_buf_slice(&report), err))
        return false;
    whole = report.len;
    vt_buf_put_u8(&report, '\n');
    return (out == NULL || vt_cli_write(out, vt_buf_slice(&report), 0600, err)) &&
           (to == NULL || vt_statistic_send(to, vt_args_get(args, "country"),
                                            vt_slice_of(report.data, whole), err));
}

static void say(struct vt_args *args, const struct asking *asking)
{
    const char *out = vt_args_get(args, "out"), *to = vt_args_get(args, "to");

    if (!vt_args_is_json(args)) {
        print_plainly(asking);
        if (to != NULL)
            (void)printf("%s: recorded, sent and counted\n", to);
        else if (out != NULL)
            (void)printf("%s: recorded, and may be sent\n", out);
        return;
    }
    vt_cli_print_json(json_pack("{s:b,s:b,s:b,s:s*,s:I,s:I}", "ok", 1, "made",
                                out != NULL || to != NULL, "sent", to != NULL, "file", out,
                                "period", (json_int_t)asking->period, "epsilon_milli",
                                (json_int_t)asking->schema.epsilon_milli));
}

static bool report(struct vt_args *args, const struct asking *asking, struct vt_error *err)
{
    VT_AUTO_HOME home = NULL;

    if (!is_certified(args, asking, err))
        return false;
    if (!vt_args_has(args, "only-show") &&
        (!vt_cli_home_open(args, &home, err) || !make(args, asking, home, err)))
        return false;
    say(args, asking);
    return true;
}

bool vt_cli_client_report(struct vt_args *args, struct vt_error *err)
{
    struct asking asking = { .period = 0 };
    bool ok = read_asking(args, &asking, err) && report(args, &asking, err);

    vt_statistic_schema_clear(&asking.schema);
    return ok;
}
