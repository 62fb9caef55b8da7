/* Counts and days; see count_days.h. */
#include "cell/count_days.h"

/* The front counts behind the store, and their clocks are read one after the other. */
enum { SLACK_S = 60 };

uint64_t vt_count_refused(const uint64_t totals[VT_COUNTED_REASONS])
{
    uint64_t sum = 0;

    for (unsigned reason = 0; reason < VT_COUNTED_REASONS; reason++)
        if (reason != VT_COUNTED_ACCEPTED && reason != VT_COUNTED_ERASED)
            sum += totals[reason]; /* each at most 2^53 */
    return sum;
}

static uint64_t taken(const struct vt_samples_day *day, enum vt_data_class data)
{
    return day->totals[data][VT_COUNTED_ACCEPTED];
}

static uint64_t withdrawn(const struct vt_samples_day *day, enum vt_data_class data)
{
    (void)data;
    return day->withdrawn;
}

static uint64_t refused(const struct vt_samples_day *day, enum vt_data_class data)
{
    return vt_count_refused(day->totals[data]);
}

static uint64_t said_taken(const uint64_t totals[VT_COUNTED_REASONS])
{
    return totals[VT_COUNTED_ACCEPTED];
}

static uint64_t said_erased(const uint64_t totals[VT_COUNTED_REASONS])
{
    return totals[VT_COUNTED_ERASED];
}

void vt_count_fit_days(const struct vt_counts *counts, const struct vt_samples_day *days,
                       size_t day_count, struct vt_count_fit out[VT_COUNT_FITS])
{
    static const struct {
        enum vt_data_class data;
        const char *what;
        uint64_t (*of_day)(const struct vt_samples_day *day, enum vt_data_class data);
        uint64_t (*of_counts)(const uint64_t totals[VT_COUNTED_REASONS]);
        bool has_most;
    } rows[VT_COUNT_FITS] = {
        { VT_DATA_FILE, "accepted", taken, said_taken, true },
        { VT_DATA_FILE, "erased", withdrawn, said_erased, true },
        { VT_DATA_FILE, "refused", refused, vt_count_refused, false },
        { VT_DATA_STATISTIC, "accepted", taken, said_taken, true },
        { VT_DATA_STATISTIC, "refused", refused, vt_count_refused, false },
    };

    for (size_t i = 0; i < VT_COUNT_FITS; i++) {
        struct vt_count_fit fit = { .data = rows[i].data,
                                    .what = rows[i].what,
                                    .said =
                                        rows[i].of_counts(counts->totals[rows[i].data]) };

        for (size_t at = 0; at < day_count; at++) {
            int64_t begins =
                (int64_t)days[at].day * VT_SAMPLES_DAY_S; /* years are bounded */
            uint64_t more = rows[i].of_day(&days[at], rows[i].data);

            if (begins + VT_SAMPLES_DAY_S + SLACK_S <= counts->until_unix_s)
                fit.least += more;
            if (begins - SLACK_S <= counts->until_unix_s)
                fit.most += more;
        }
        if (!rows[i].has_most)
            fit.most = UINT64_MAX;
        fit.is_good = fit.said >= fit.least && fit.said <= fit.most;
        out[i] = fit;
    }
}
