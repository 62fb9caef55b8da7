/* Reports: made with noise on the client, held against the schema in the cell. */
#include "cell/statistic.h"
#include "evidence/field.h"

/* ---- making -----------------------------------------------------------------------------
 */

/* True with chance / 2^32. */
static bool toss(const struct vt_env *env, uint64_t chance)
{
    uint32_t die;

    vt_env_random(env, (uint8_t *)&die, sizeof die);
    return die < chance;
}

static json_t *answer_bits(const struct vt_statistic_field *field, size_t answer,
                           const struct vt_env *env)
{
    char bits[VT_STATISTIC_VALUES_MAX];

    for (size_t i = 0; i < field->value_count; i++)
        bits[i] = toss(env, i == answer ? UINT64_C(1) << 31 : field->noise) ? '1' : '0';
    return json_stringn(bits, field->value_count);
}

bool vt_statistic_report_make(const struct vt_statistic_schema *schema, uint64_t period,
                              const size_t answers[], const struct vt_env *env,
                              struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_JSON bits = json_object();
    VT_AUTO_JSON report = NULL;

    for (size_t i = 0; i < schema->field_count; i++) {
        const struct vt_statistic_field *field = &schema->fields[i];

        VT_ASSERT(answers[i] < field->value_count);
        (void)json_object_setn_new(bits, (const char *)field->name.data, field->name.len,
                                   answer_bits(field, answers[i], env));
    }
    report =
        json_pack("{s:i,s:o,s:I,s:O}", "v", 1, "schema", vt_field_of_hash(&schema->digest),
                  "period", (json_int_t)period, "bits", bits);
    if (report == NULL)
        return vt_fail(err, VT_IO, "report: out of memory");
    return vt_json_write_canonical(report, out, err);
}

/* ---- checking ---------------------------------------------------------------------------
 */

static bool take_bits(const struct vt_statistic_field *field, const json_t *bits,
                      bool out[VT_STATISTIC_VALUES_MAX], struct vt_error *err)
{
    vt_slice text = vt_slice_of(json_string_value(bits), json_string_length(bits));

    if (!json_is_string(bits) || text.len != field->value_count)
        return vt_fail(err, VT_MALFORMED, "report: field '%.*s' has not %zu bits",
                       VT_SLICE_ARGS(field->name), field->value_count);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '0' && text.data[i] != '1')
            return vt_fail(err, VT_MALFORMED, "report: field '%.*s' is not of bits",
                           VT_SLICE_ARGS(field->name));
        out[i] = text.data[i] == '1';
    }
    return true;
}

static bool take_fields(const struct vt_statistic_schema *schema, const json_t *all,
                        struct vt_statistic_report *out, struct vt_error *err)
{
    const char *name;
    json_t *bits;

    json_object_foreach((json_t *)(uintptr_t)all, name, bits)
    {
        size_t i = vt_statistic_find_field(schema, vt_slice_from_cstr(name));

        if (i == schema->field_count)
            return vt_fail(err, VT_MALFORMED, "report: field '%s' is not in the schema",
                           name);
        if (!take_bits(&schema->fields[i], bits, out->bits[i], err))
            return false;
    }
    for (size_t i = 0; i < schema->field_count; i++)
        if (json_object_getn(all, (const char *)schema->fields[i].name.data,
                             schema->fields[i].name.len) == NULL)
            return vt_fail(err, VT_MALFORMED, "report: field '%.*s' is missing",
                           VT_SLICE_ARGS(schema->fields[i].name));
    return true;
}

bool vt_statistic_report_parse(const struct vt_statistic_schema *schema, vt_slice text,
                               struct vt_statistic_report *out, struct vt_error *err)
{
    static const char *const names[] = { "v", "schema", "period", "bits", NULL };
    VT_AUTO_JSON json = NULL;
    struct vt_statistic_report report = { 0 };
    uint64_t version;
    json_t *bits;
    vt_hash digest;

    if (text.len > VT_STATISTIC_REPORT_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "report: %zu bytes, at most %d", text.len,
                       VT_STATISTIC_REPORT_BYTES_MAX);
    if (!vt_json_parse_canonical(text, "report", &json, err) ||
        !vt_json_only(json, "report", names, err) ||
        !vt_json_get_number(json, "report", "v", &version, err) ||
        !vt_json_get_sha256(json, "report", "schema", digest.bytes, err) ||
        !vt_json_get_number(json, "report", "period", &report.period, err) ||
        !vt_json_get_object(json, "report", "bits", &bits, err))
        return false;
    if (version != 1)
        return vt_fail(err, VT_MALFORMED, "report: only 'v' 1 is known");
    if (!vt_hash_equal(&digest, &schema->digest))
        return vt_fail(err, VT_REJECTED, "report: is of another schema");
    if (!take_fields(schema, bits, &report, err))
        return false;
    *out = report;
    return true;
}
