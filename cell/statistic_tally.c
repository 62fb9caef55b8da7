/* Counts, and what they say about people. */
#include "cell/statistic.h"
#include <math.h>

bool vt_statistic_tally_add(struct vt_statistic_tally *tally,
                            const struct vt_statistic_schema *schema,
                            const struct vt_statistic_report *report, struct vt_error *err)
{
    if (report->period != tally->period)
        return vt_fail(err, VT_REJECTED, "report: is of period %ju, not %ju",
                       (uintmax_t)report->period, (uintmax_t)tally->period);
    tally->reports++;
    for (size_t i = 0; i < schema->field_count; i++)
        for (size_t k = 0; k < schema->fields[i].value_count; k++)
            tally->ones[i][k] += report->bits[i][k];
    return true;
}

static double within(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* Nothing but + - * / and sqrt, which are exact to the last bit everywhere: whoever
 * computes it again from what is published gets the same numbers. */
struct vt_statistic_estimate vt_statistic_estimate(uint64_t reports, uint64_t ones,
                                                   uint32_t noise, uint64_t least)
{
    const double z = 2.576; /* both tails together: one in a hundred */
    double n = (double)reports, q = (double)noise / 4294967296.0, gap = 0.5 - q;
    double estimate = within(((double)ones - n * q) / gap, 0, n);
    double variance = (estimate / 4 + (n - estimate) * q * (1 - q)) / (gap * gap);
    double half = z * sqrt(variance);
    struct vt_statistic_estimate out = {
        .estimate = (uint64_t)(estimate + 0.5), /* 0 to reports */
        .low = (uint64_t)within(estimate - half, 0, n),
        .high = (uint64_t)within(estimate + half + 1, 0, n),
    };

    if (reports < least || out.low < least)
        out = (struct vt_statistic_estimate){ .is_suppressed = true };
    return out;
}
