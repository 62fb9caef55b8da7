/* vitrine cell statistics: what is asked, what came of it, and a picture. */
#include "cell/aggregate.h"
#include "cell/queue_door.h"
#include "cell/queue_message.h"
#include "cli/cell_verbs.h"
#include "cli/trust.h"
#include "evidence/field.h"

static bool read_schema(const char *path, struct vt_statistic_schema *out,
                        struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_STATISTIC_SCHEMA_BYTES_MAX);

    return vt_file_read(path, &text, err) &&
           (vt_statistic_schema_parse(vt_buf_slice(&text), out, err) ||
            vt_within(err, "%s", path));
}

/* ---- schema -----------------------------------------------------------------------------
 */

const struct vt_option vt_cli_statistics_schema_options[] = {
    { "trust", "FILE", "has this trust root certified it?  Exit code 1 if not", false,
      false },
    { "cell", "NAME", "with --trust: for this cell", false, false },
    { NULL, NULL, NULL, false, false },
};

static void print_schema(const struct vt_statistic_schema *schema, const char *certified)
{
    char digest[65];

    vt_hash_text(&schema->digest, digest);
    (void)printf("%.*s, version %ju: %.*s\ndigest   %s\ntrust    %s\n"
                 "period   %ju seconds; one report a person and period\n"
                 "epsilon  %ju.%03ju a report, of at most %ju.%03ju a person and period\n"
                 "hidden   what may be fewer than %ju people\n",
                 VT_SLICE_ARGS(schema->name), (uintmax_t)schema->version,
                 VT_SLICE_ARGS(schema->purpose), digest, certified,
                 (uintmax_t)schema->period_s, (uintmax_t)schema->epsilon_milli / 1000,
                 (uintmax_t)schema->epsilon_milli % 1000,
                 (uintmax_t)schema->budget_milli / 1000,
                 (uintmax_t)schema->budget_milli % 1000, (uintmax_t)schema->least);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct vt_statistic_field *field = &schema->fields[i];

        (void)printf("\n%.*s: %.*s\n ", VT_SLICE_ARGS(field->name),
                     VT_SLICE_ARGS(field->question));
        for (size_t k = 0; k < field->value_count; k++)
            (void)printf("%s %s", k == 0 ? "" : " |",
                         json_string_value(json_array_get(field->values, k)));
        (void)printf("\n  epsilon %ju.%03ju: your own bit is sent with chance 1/2, each "
                     "other with %.6f\n",
                     (uintmax_t)field->epsilon_milli / 1000,
                     (uintmax_t)field->epsilon_milli % 1000, field->noise / 4294967296.0);
    }
}

bool vt_cli_statistics_schema(struct vt_args *args, struct vt_error *err)
{
    const char *trust_path = vt_args_get(args, "trust");
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    VT_AUTO_TRUST trust = NULL;
    bool is_certified = false;
    char digest[65];

    if ((trust_path != NULL) != vt_args_has(args, "cell"))
        return vt_args_misuse(args, err, "--trust and --cell belong together");
    if (!read_schema(vt_args_operand(args, 0), &schema, err) ||
        (trust_path != NULL && !vt_cli_trust_read(trust_path, &trust, err)))
        return false;
    if (trust != NULL)
        is_certified = vt_trust_certifies(
            trust, "statistics", vt_slice_from_cstr(vt_args_get(args, "cell")),
            &schema.digest, vt_env_now_unix_s(vt_args_env(args)));
    if (trust != NULL && !is_certified)
        vt_args_exit(args, VT_EXIT_REFUSED);
    vt_hash_text(&schema.digest, digest);
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:b,s:O}", "ok",
                                    trust == NULL || is_certified, "digest", digest,
                                    "certified", is_certified, "schema", schema.json));
    else
        print_schema(&schema, trust == NULL  ? "not asked"
                              : is_certified ? "certifies it"
                                             : "does not certify it: nobody may answer it");
    return true;
}

/* ---- aggregate --------------------------------------------------------------------------
 */

const struct vt_option vt_cli_statistics_aggregate_options[] = {
    { "schema", "FILE", "the questions", true, false },
    { "trust", "FILE", "the trust root, or a client's folder", true, false },
    { "cell", "NAME", "of this cell", true, false },
    { "period", "NUMBER", "reports of this period, counted from 1970", true, false },
    { "reports", "FILE", "reports, one a line", false, true },
    { "samples", "DIR", "those that `cell serve --samples` has counted", false, false },
    { "out", "FILE", "where the signed aggregate goes", true, false },
    VT_OPTION_KEY,
    VT_OPTION_PASSPHRASE,
    { NULL, NULL, NULL, false, false },
};

enum { REPORTS_BYTES_MAX = 1 << 30, REASONS_SHOWN_MAX = 10 };

struct counting {
    const struct vt_statistic_schema *schema;
    struct vt_statistic_tally *tally;
    uint64_t refused;
};

/* Each line by itself: a bad one is refused and named, the others count. */
static bool count_file(struct counting *counting, const char *path, struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(REPORTS_BYTES_MAX);
    vt_reader r;
    vt_slice line;

    if (!vt_file_read(path, &text, err))
        return false;
    r.rest = vt_buf_slice(&text);
    for (uint64_t number = 1; vt_read_line(&r, &line); number++) {
        struct vt_statistic_report report;
        struct vt_error why = { 0 };

        if (vt_statistic_report_parse(counting->schema, line, &report, &why) &&
            vt_statistic_tally_add(counting->tally, counting->schema, &report, &why))
            continue;
        if (counting->refused++ < REASONS_SHOWN_MAX)
            (void)fprintf(stderr, "%s:%ju: refused: %s\n", path, (uintmax_t)number,
                          why.message);
    }
    return vt_read_end(&r) ||
           vt_fail(err, VT_MALFORMED, "%s: its last line has no end", path);
}

/* The key must be that cell's, or the aggregate would not be taken by anybody. */
static bool is_cells_key(const struct vt_trust *trust, const struct vt_key *key,
                         const char *cell, int64_t now_unix_s, struct vt_error *err)
{
    struct vt_key_id id = vt_public_key_id(vt_key_public(key));
    const struct vt_trust_key *row =
        vt_trust_find(trust, vt_slice_from_cstr(id.text), VT_ROLE_CELL);

    if (row == NULL || !vt_list_has(row->products, vt_slice_from_cstr(cell)))
        return vt_fail(err, VT_REJECTED,
                       "the trust root does not name this key for cell %s", cell);
    return vt_cli_will_count(row, now_unix_s, cell, err);
}

static bool write_aggregate(const json_t *predicate, const struct vt_key *key,
                            const char *path, struct vt_error *err)
{
    VT_AUTO_BUF payload = vt_buf_init(VT_ENTRY_BYTES_MAX),
                out = vt_buf_init(VT_ENTRY_BYTES_MAX);
    const struct vt_key *keys[1] = { key };

    return vt_statement_write_about_itself(VT_AGGREGATE, predicate, &payload, err) &&
           vt_envelope_sign(vt_buf_slice(&payload), keys, 1, &out, err) &&
           vt_cli_write(path, vt_buf_slice(&out), 0644, err);
}

/* A period that still takes reports would be counted twice, and the difference of the two
 * counts would show who came in between. */
static bool ask_keeper(struct vt_args *args, const struct counting *counting,
                       struct vt_error *err)
{
    const struct vt_statistic_schema *schema = counting->schema;
    uint64_t period = counting->tally->period,
             now = vt_statistic_period(schema, vt_env_now_unix_s(vt_args_env(args)));
    struct vt_channel keeper;
    char when[VT_TIME_TEXT_BYTES];
    bool is_ok;

    if (period + 1 >= now) {
        vt_time_write((int64_t)((period + 2) * schema->period_s), when); /* both bounded */
        return vt_fail(err, VT_REJECTED, "reports of period %ju are counted until %s",
                       (uintmax_t)period, when);
    }
    if (!vt_queue_door_knock(vt_args_get(args, "samples"), &keeper, err)) {
        err->code = VT_IO; /* the cell that the person named does not run */
        return false;
    }
    is_ok = vt_queue_ask_tally(&keeper, &schema->digest, period, counting->tally, err);
    vt_channel_clear(&keeper);
    return is_ok;
}

static bool count_all(struct vt_args *args, const struct vt_statistic_schema *schema,
                      json_t **predicate, struct counting *counting, struct vt_error *err)
{
    const char *path;

    if (vt_args_has(args, "reports") == vt_args_has(args, "samples"))
        return vt_args_misuse(args, err, "give either --reports or --samples");
    if (!vt_args_number(args, "period", 0, INT32_MAX, &counting->tally->period, err) ||
        (vt_args_has(args, "samples") && !ask_keeper(args, counting, err)))
        return false;
    for (size_t i = 0; (path = vt_args_get_at(args, "reports", i)) != NULL; i++)
        if (!count_file(counting, path, err))
            return false;
    return vt_aggregate_write(schema, counting->tally,
                              vt_slice_from_cstr(vt_args_get(args, "cell")),
                              counting->refused, predicate, err);
}

bool vt_cli_statistics_aggregate(struct vt_args *args, struct vt_error *err)
{
    const char *out = vt_args_get(args, "out"), *path = vt_args_get(args, "schema");
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    VT_AUTO_TRUST trust = NULL;
    VT_AUTO_KEY key = NULL;
    VT_AUTO_JSON predicate = NULL;
    VT_AUTO_FREE struct vt_statistic_tally *tally = vt_alloc(sizeof *tally);
    struct counting counting = { &schema, tally, 0 };

    if (!read_schema(path, &schema, err) ||
        !vt_cli_trust_read(vt_args_get(args, "trust"), &trust, err))
        return false;
    if (!vt_trust_certifies(trust, "statistics",
                            vt_slice_from_cstr(vt_args_get(args, "cell")), &schema.digest,
                            vt_env_now_unix_s(vt_args_env(args))))
        return vt_fail(err, VT_REJECTED, "%s: the trust root does not certify it", path);
    if (!vt_cli_key_open(args, &key, err) ||
        !is_cells_key(trust, key, vt_args_get(args, "cell"),
                      vt_env_now_unix_s(vt_args_env(args)), err) ||
        !count_all(args, &schema, &predicate, &counting, err) ||
        !write_aggregate(predicate, key, out, err))
        return false;
    if (vt_args_is_json(args))
        vt_cli_print_json(json_pack("{s:b,s:s,s:I,s:I}", "ok", 1, "file", out, "counted",
                                    (json_int_t)tally->reports, "refused",
                                    (json_int_t)counting.refused));
    else
        (void)printf("%s: %ju reports counted, %ju refused\n", out,
                     (uintmax_t)tally->reports, (uintmax_t)counting.refused);
    return true;
}

/* ---- show and plot ----------------------------------------------------------------------
 */

const struct vt_option vt_cli_statistics_show_options[] = {
    { "trust", "FILE", "by this trust root, is it the cell's?  Exit code 1 if not", false,
      false },
    { NULL, NULL, NULL, false, false },
};

const struct vt_option vt_cli_statistics_plot_options[] = {
    { "trust", "FILE", "by this trust root, is it the cell's?  Exit code 1 if not", false,
      false },
    { "out", "FILE", "the picture, SVG", true, false },
    { NULL, NULL, NULL, false, false },
};

/* Read it, and compute each number again; with --trust also: who says so? */
static bool read_aggregate(struct vt_args *args, struct vt_envelope *out,
                           struct vt_error *err)
{
    const char *path = vt_args_operand(args, 0), *trust_path = vt_args_get(args, "trust");
    VT_AUTO_BUF bytes = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_TRUST trust = NULL;

    if (!vt_file_read(path, &bytes, err) ||
        (trust_path != NULL && !vt_cli_trust_read(trust_path, &trust, err)))
        return false;
    if (!vt_envelope_parse(vt_buf_slice(&bytes), out, err))
        return vt_within(err, "%s", path);
    if (out->statement.type != VT_AGGREGATE)
        return vt_fail(err, VT_MALFORMED, "%s: is a statement of kind '%s'", path,
                       vt_predicate_name(out->statement.type));
    return (vt_statement_is_about_itself(&out->statement, err) &&
            vt_aggregate_verify(out->statement.predicate, err) &&
            (trust == NULL ||
             vt_trust_admits_entry(trust, vt_buf_slice(&bytes),
                                   vt_env_now_unix_s(vt_args_env(args)), err))) ||
           vt_within(err, "%s", path);
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void print_field(const json_t *field)
{
    const json_t *cells = json_object_get(field, "cells");

    (void)printf("\n%s\n", text(field, "question"));
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const json_t *cell = json_array_get(cells, i);

        if (json_is_true(json_object_get(cell, "suppressed")))
            (void)printf("  %-24s too few to show\n", text(cell, "value"));
        else
            (void)printf("  %-24s %ju  (%ju to %ju)\n", text(cell, "value"),
                         (uintmax_t)vt_field_number(cell, "estimate"),
                         (uintmax_t)vt_field_number(cell, "low"),
                         (uintmax_t)vt_field_number(cell, "high"));
    }
}

bool vt_cli_statistics_show(struct vt_args *args, struct vt_error *err)
{
    VT_AUTO_ENVELOPE envelope = { 0 };
    const json_t *all, *fields;

    if (!read_aggregate(args, &envelope, err))
        return false;
    all = envelope.statement.predicate;
    if (vt_args_is_json(args)) {
        vt_cli_print_json(json_pack("{s:b,s:b,s:O}", "ok", 1, "signer_checked",
                                    vt_args_has(args, "trust"), "aggregate", all));
        return true;
    }
    (void)printf("%s, cell %s, from %s until %s%s\n", text(all, "name"), text(all, "cell"),
                 text(all, "from"), text(all, "until"),
                 vt_args_has(args, "trust") ? "" : "; who signed it was not checked");
    if (vt_json_has(all, "reports"))
        (void)printf("%ju reports; ", (uintmax_t)vt_field_number(all, "reports"));
    (void)printf(
        "less than %ju people are not shown; in brackets where the truth lies, %ju "
        "times of 100\n",
        (uintmax_t)vt_field_number(all, "least"),
        (uintmax_t)vt_field_number(all, "confidence_percent"));
    fields = json_object_get(all, "fields");
    for (size_t i = 0; i < json_array_size(fields); i++)
        print_field(json_array_get(fields, i));
    return true;
}

bool vt_cli_statistics_plot(struct vt_args *args, struct vt_error *err)
{
    const char *out = vt_args_get(args, "out");
    VT_AUTO_ENVELOPE envelope = { 0 };
    VT_AUTO_BUF picture = vt_buf_init(VT_MIB(4));

    return read_aggregate(args, &envelope, err) &&
           vt_aggregate_plot(envelope.statement.predicate, &picture, err) &&
           vt_cli_write(out, vt_buf_slice(&picture), 0644, err) &&
           vt_cli_trust_said(args, out, "drawn");
}
