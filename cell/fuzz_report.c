/* Laws: a report that is taken has one spelling and counts once; a refusal says why. */
#include "cell/statistic.h"
#include "tools/fuzz.h"

static const char SCHEMA[] =
    "{\"v\":1,\"name\":\"n\",\"version\":1,\"purpose\":\"p\",\"period_s\":86400,"
    "\"least\":50,\"budget_milli\":4000,\"fields\":[{\"name\":\"a\",\"question\":\"a?\","
    "\"epsilon_milli\":2000,\"values\":[\"x\",\"y\",\"z\"]},{\"name\":\"b\","
    "\"question\":\"b?\",\"epsilon_milli\":2000,\"values\":[\"x\",\"y\"]}]}";

void vt_fuzz_one(vt_slice input)
{
    struct vt_error err = { 0 };
    VT_AUTO_STATISTIC_SCHEMA schema = { .json = NULL };
    VT_AUTO_FREE struct vt_statistic_tally *tally = vt_alloc(sizeof *tally);
    struct vt_statistic_report report;

    VT_CHECK(vt_statistic_schema_parse(vt_slice_from_cstr(SCHEMA), &schema, &err));
    if (!vt_statistic_report_parse(&schema, input, &report, &err)) {
        VT_CHECK(err.code != VT_OK && err.code != VT_IO && err.message[0] != '\0');
        return;
    }
    tally->period = report.period;
    VT_CHECK(vt_statistic_tally_add(tally, &schema, &report, &err));
    VT_CHECK(tally->reports == 1 && input.len >= 5);
    for (size_t i = 0; i < 3; i++)
        VT_CHECK(tally->ones[0][i] <= 1);
    VT_CHECK(!report.bits[1][2]);
}
