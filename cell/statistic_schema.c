/* The schema: which questions may be asked, how, and how much may be learned. */
#include "cell/statistic.h"
#include "evidence/field.h"
#include "evidence/schema.h"
#include <math.h>

static const struct vt_field FIELD[] = {
    { "name", VT_FIELD_TEXT, false, 64, NULL, NULL },
    { "question", VT_FIELD_TEXT, false, 256, NULL, NULL },
    { "epsilon_milli", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "values", VT_FIELD_TEXTS, false, VT_STATISTIC_VALUES_MAX, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static const struct vt_field SCHEMA[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "name", VT_FIELD_TEXT, false, 64, NULL, NULL },
    { "version", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "purpose", VT_FIELD_TEXT, false, 1024, NULL, NULL },
    { "period_s", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "least", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "budget_milli", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "fields", VT_FIELD_OBJECTS, false, VT_STATISTIC_FIELDS_MAX, FIELD, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

enum {
    EPSILON_MILLI_MIN = 100,
    EPSILON_MILLI_MAX = 8000,
    LEAST_MIN = 10,
    PERIOD_S_MIN = 3600,
    PERIOD_S_MAX = 366 * 86400,
};

void vt_statistic_schema_clear(struct vt_statistic_schema *schema)
{
    vt_json_clear(&schema->json);
}

/* 2^32 / (e^epsilon + 1).  Everybody uses the number that stands in the aggregate, so the
 * last digit of exp() does not matter. */
static uint32_t noise_of(uint64_t epsilon_milli)
{
    return (uint32_t)lround(4294967296.0 / (exp((double)epsilon_milli / 1000.0) + 1.0));
}

static bool is_within(const char *what, uint64_t value, uint64_t min, uint64_t max,
                      struct vt_error *err)
{
    return (value >= min && value <= max) ||
           vt_fail(err, VT_LIMIT, "schema: %s is %ju, %ju to %ju are taken", what,
                   (uintmax_t)value, (uintmax_t)min, (uintmax_t)max);
}

static bool values_differ(const struct vt_statistic_field *field, struct vt_error *err)
{
    for (size_t i = 0; i < field->value_count; i++) {
        const json_t *value = json_array_get(field->values, i);
        vt_slice text = vt_slice_of(json_string_value(value), json_string_length(value));

        if (text.len > 64)
            return vt_fail(err, VT_LIMIT, "schema: a value of '%.*s' is longer than 64",
                           VT_SLICE_ARGS(field->name));
        if (vt_statistic_find_value(field, text) != i)
            return vt_fail(err, VT_REJECTED, "schema: '%.*s' has the value '%.*s' twice",
                           VT_SLICE_ARGS(field->name), VT_SLICE_ARGS(text));
    }
    return is_within("the number of values", field->value_count, 2, VT_STATISTIC_VALUES_MAX,
                     err);
}

static bool take_field(struct vt_statistic_schema *schema, const json_t *row,
                       struct vt_error *err)
{
    struct vt_statistic_field field = {
        .name = vt_field_text(row, "name"),
        .question = vt_field_text(row, "question"),
        .values = json_object_get(row, "values"),
        .value_count = json_array_size(json_object_get(row, "values")),
        .epsilon_milli = vt_field_number(row, "epsilon_milli"),
    };

    if (!is_within("epsilon_milli", field.epsilon_milli, EPSILON_MILLI_MIN,
                   EPSILON_MILLI_MAX, err) ||
        !values_differ(&field, err))
        return false;
    if (vt_statistic_find_field(schema, field.name) != schema->field_count)
        return vt_fail(err, VT_REJECTED, "schema: two fields are called '%.*s'",
                       VT_SLICE_ARGS(field.name));
    field.noise = noise_of(field.epsilon_milli);
    schema->epsilon_milli += field.epsilon_milli; /* at most 16 times 8000 */
    schema->fields[schema->field_count++] = field;
    return true;
}

static bool take_all(const json_t *json, struct vt_statistic_schema *out,
                     struct vt_error *err)
{
    const json_t *fields = json_object_get(json, "fields");

    out->name = vt_field_text(json, "name");
    out->purpose = vt_field_text(json, "purpose");
    out->version = vt_field_number(json, "version");
    out->period_s = vt_field_number(json, "period_s");
    out->least = vt_field_number(json, "least");
    out->budget_milli = vt_field_number(json, "budget_milli");
    if (vt_field_number(json, "v") != 1)
        return vt_fail(err, VT_MALFORMED, "schema: only 'v' 1 is known");
    if (!is_within("period_s", out->period_s, PERIOD_S_MIN, PERIOD_S_MAX, err) ||
        !is_within("least", out->least, LEAST_MIN, 1000000, err) ||
        !is_within("the number of fields", json_array_size(fields), 1,
                   VT_STATISTIC_FIELDS_MAX, err))
        return false;
    for (size_t i = 0; i < json_array_size(fields); i++)
        if (!take_field(out, json_array_get(fields, i), err))
            return false;
    return out->epsilon_milli <= out->budget_milli ||
           vt_fail(err, VT_REJECTED,
                   "schema: one report spends %ju of epsilon, its budget is %ju",
                   (uintmax_t)out->epsilon_milli, (uintmax_t)out->budget_milli);
}

bool vt_statistic_schema_parse(vt_slice text, struct vt_statistic_schema *out,
                               struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;
    VT_AUTO_BUF canonical = vt_buf_init(VT_STATISTIC_SCHEMA_BYTES_MAX);
    struct vt_statistic_schema schema = { .json = NULL };

    if (text.len > VT_STATISTIC_SCHEMA_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "schema: %zu bytes, at most %d", text.len,
                       VT_STATISTIC_SCHEMA_BYTES_MAX);
    if (!vt_json_parse(text, "schema", &json, err) ||
        !vt_schema_verify(json, "schema", SCHEMA, err) ||
        !vt_json_write_canonical(json, &canonical, err) || !take_all(json, &schema, err))
        return false;
    schema.digest = vt_sha256_of(vt_buf_slice(&canonical));
    schema.json = json_incref(json);
    *out = schema;
    return true;
}

size_t vt_statistic_find_field(const struct vt_statistic_schema *schema, vt_slice name)
{
    size_t i = 0;

    while (i < schema->field_count && !vt_slice_equal(schema->fields[i].name, name))
        i++;
    return i;
}

size_t vt_statistic_find_value(const struct vt_statistic_field *field, vt_slice value)
{
    size_t i = 0;

    while (i < field->value_count &&
           !vt_slice_is(value, json_string_value(json_array_get(field->values, i))))
        i++;
    return i;
}

uint64_t vt_statistic_period(const struct vt_statistic_schema *schema, int64_t unix_s)
{
    return unix_s <= 0 ? 0 : (uint64_t)unix_s / schema->period_s; /* positive */
}
