/* Laws: what a schema's own client makes, the schema takes; a refusal says why. */
#include "cell/statistic.h"
#include "tools/fuzz.h"

/* Dice that show the input. */
struct dice {
    vt_slice bytes;
    size_t at;
};

static void roll(void *context, uint8_t *out, size_t len)
{
    struct dice *dice = context;

    for (size_t i = 0; i < len; i++)
        out[i] = dice->bytes.data[dice->at++ % dice->bytes.len];
}

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    struct dice dice = { input, 0 };
    struct vt_env env = { .random = roll, .context = &dice };
    size_t answers[VT_STATISTIC_FIELDS_MAX] = { 0 };
    struct vt_statistic_report report;
    VT_AUTO_BUF text = vt_buf_init(VT_STATISTIC_REPORT_BYTES_MAX);

    if (!vt_statistic_schema_parse(input, &schema, &err)) {
        VT_CHECK(err.code != VT_OK && err.code != VT_IO && err.message[0] != '\0');
        return;
    }
    VT_CHECK(schema.field_count >= 1 && schema.epsilon_milli <= schema.budget_milli);
    VT_CHECK(vt_statistic_report_make(&schema, 1, answers, &env, &text, &err));
    VT_CHECK(vt_statistic_report_parse(&schema, vt_buf_slice(&text), &report, &err));
    VT_CHECK(report.period == 1);
}
