/* From counts to what is published, and back: is it what the estimator gives? */
#include "cell/aggregate.h"
#include "evidence/field.h"

/* ---- writing ----------------------------------------------------------------------------
 */

static json_t *text_of(vt_slice text)
{
    return json_stringn((const char *)text.data, text.len);
}

static json_t *pack_cell(const json_t *value, uint64_t reports, uint64_t ones,
                         uint32_t noise, uint64_t least)
{
    struct vt_statistic_estimate found = vt_statistic_estimate(reports, ones, noise, least);

    if (found.is_suppressed)
        return json_pack("{s:O,s:b}", "value", value, "suppressed", 1);
    return json_pack("{s:O,s:b,s:I,s:I,s:I,s:I}", "value", value, "suppressed", 0, "ones",
                     (json_int_t)ones, "estimate", (json_int_t)found.estimate, "low",
                     (json_int_t)found.low, "high", (json_int_t)found.high);
}

static json_t *pack_field(const struct vt_statistic_schema *schema, size_t i,
                          const struct vt_statistic_tally *tally)
{
    const struct vt_statistic_field *field = &schema->fields[i];
    json_t *cells = json_array();

    for (size_t k = 0; k < field->value_count; k++)
        (void)json_array_append_new(cells, pack_cell(json_array_get(field->values, k),
                                                     tally->reports, tally->ones[i][k],
                                                     field->noise, schema->least));
    return json_pack("{s:o,s:o,s:I,s:I,s:o}", "name", text_of(field->name), "question",
                     text_of(field->question), "epsilon_milli",
                     (json_int_t)field->epsilon_milli, "noise", (json_int_t)field->noise,
                     "cells", cells);
}

bool vt_aggregate_write(const struct vt_statistic_schema *schema,
                        const struct vt_statistic_tally *tally, vt_slice cell,
                        uint64_t refused, json_t **out, struct vt_error *err)
{
    json_t *fields = json_array(), *all;
    uint64_t from = tally->period * schema->period_s; /* a time that was divided by it */

    for (size_t i = 0; i < schema->field_count; i++)
        (void)json_array_append_new(fields, pack_field(schema, i, tally));
    all = json_pack("{s:o,s:o,s:I,s:o,s:I,s:o,s:o,s:I,s:i,s:I,s:o}", "cell", text_of(cell),
                    "name", text_of(schema->name), "version", (json_int_t)schema->version,
                    "schema", vt_field_of_hash(&schema->digest), "period",
                    (json_int_t)tally->period, "from", vt_field_of_time((int64_t)from),
                    "until", vt_field_of_time((int64_t)(from + schema->period_s)), "least",
                    (json_int_t)schema->least, "confidence_percent",
                    VT_STATISTIC_CONFIDENCE_PERCENT, "refused", (json_int_t)refused,
                    "fields", fields);
    if (all == NULL)
        return vt_fail(err, VT_IO, "aggregate: out of memory");
    if (tally->reports >= schema->least)
        (void)json_object_set_new(all, "reports", json_integer((json_int_t)tally->reports));
    *out = all;
    return true;
}

/* ---- checking ---------------------------------------------------------------------------
 */

struct basis {
    uint64_t reports, least; /* reports 0: fewer than least */
    uint32_t noise;
};

static bool verify_cell(const json_t *cell, const struct basis *basis, const char *field,
                        struct vt_error *err)
{
    bool is_suppressed = json_is_true(json_object_get(cell, "suppressed"));
    VT_AUTO_JSON again =
        is_suppressed
            ? json_pack("{s:O,s:b}", "value", json_object_get(cell, "value"), "suppressed",
                        1)
            : pack_cell(json_object_get(cell, "value"), basis->reports,
                        vt_field_number(cell, "ones"), basis->noise, basis->least);

    if (!is_suppressed && vt_field_number(cell, "ones") > basis->reports)
        return vt_fail(err, VT_REJECTED, "aggregate: %s: more ones than reports", field);
    return json_equal(again, cell) ||
           vt_fail(err, VT_REJECTED,
                   "aggregate: %s, %s: its numbers are not what the estimator gives, or "
                   "it should not be shown",
                   field, json_string_value(json_object_get(cell, "value")));
}

static bool verify_field(const json_t *field, struct basis basis, struct vt_error *err)
{
    const json_t *cells = json_object_get(field, "cells");
    const char *name = json_string_value(json_object_get(field, "name"));
    uint64_t noise = vt_field_number(field, "noise");

    if (noise == 0 || noise >= UINT64_C(1) << 31)
        return vt_fail(err, VT_MALFORMED, "aggregate: %s: its noise is no chance below 1/2",
                       name);
    basis.noise = (uint32_t)noise; /* below 2^31 */
    for (size_t i = 0; i < json_array_size(cells); i++)
        if (!verify_cell(json_array_get(cells, i), &basis, name, err))
            return false;
    return true;
}

bool vt_aggregate_verify(const json_t *predicate, struct vt_error *err)
{
    struct basis basis = { 0 };
    const json_t *fields;

    if (!vt_schema_verify(predicate, "aggregate", vt_predicate_schema(VT_AGGREGATE), err))
        return false;
    basis.reports = vt_field_number(predicate, "reports");
    basis.least = vt_field_number(predicate, "least");
    fields = json_object_get(predicate, "fields");
    if (vt_field_number(predicate, "confidence_percent") != VT_STATISTIC_CONFIDENCE_PERCENT)
        return vt_fail(err, VT_MALFORMED,
                       "aggregate: only intervals of %d percent are known",
                       VT_STATISTIC_CONFIDENCE_PERCENT);
    if (vt_json_has(predicate, "reports") && basis.reports < basis.least)
        return vt_fail(err, VT_REJECTED, "aggregate: tells of fewer people than it may");
    for (size_t i = 0; i < json_array_size(fields); i++)
        if (!verify_field(json_array_get(fields, i), basis, err))
            return false;
    return true;
}
