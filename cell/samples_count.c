/* Numbers: what was taken and refused, what reports said, how many samples are in which
 * state.  None of them names anybody. */
#include "cell/samples_inside.h"

/* ---- totals -----------------------------------------------------------------------------
 */

void vt_samples_count(struct vt_samples *samples, enum vt_data_class data,
                      enum vt_count_reason reason)
{
    samples->refused[data][reason]++;
}

bool vt_samples_add_day(struct vt_samples *samples, enum vt_data_class data,
                        unsigned reason, uint64_t count, struct vt_error *err)
{
    return count == 0 ||
           vt_records_change(
               samples->records,
               "INSERT INTO days (day, class, reason, total) VALUES ($1, $2, $3, $4)"
               " ON CONFLICT (day, class, reason) DO UPDATE"
               " SET total = days.total + excluded.total",
               VT_VALUES(VT_VALUE_NUMBER(vt_samples_now(samples) / VT_SAMPLES_DAY_S),
                         VT_VALUE_NUMBER(data), VT_VALUE_NUMBER(reason),
                         VT_VALUE_NUMBER(count)),
               4, NULL, err);
}

bool vt_samples_add_total(struct vt_samples *samples, enum vt_data_class data,
                          enum vt_count_reason reason, uint64_t count, struct vt_error *err)
{
    return count == 0 ||
           (vt_samples_add_day(samples, data, reason, count, err) &&
            vt_records_change(samples->records,
                              "INSERT INTO totals (class, reason, total)"
                              " VALUES ($1, $2, $3) ON CONFLICT (class, reason) DO UPDATE"
                              " SET total = totals.total + excluded.total",
                              VT_VALUES(VT_VALUE_NUMBER(data), VT_VALUE_NUMBER(reason),
                                        VT_VALUE_NUMBER(count)),
                              3, NULL, err));
}

bool vt_samples_begin(struct vt_samples *samples, struct vt_error *err)
{
    if (!vt_records_begin(samples->records, err))
        return false;
    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        for (unsigned reason = 0; reason < VT_COUNTED_REASONS; reason++)
            if (!vt_samples_add_total(samples, (enum vt_data_class)data,
                                      (enum vt_count_reason)reason,
                                      samples->refused[data][reason], err))
                return false;
    return true;
}

bool vt_samples_commit(struct vt_samples *samples, struct vt_error *err)
{
    if (!vt_records_commit(samples->records, err))
        return false;
    memset(samples->refused, 0, sizeof samples->refused);
    return true;
}

static bool take_total(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    struct vt_counts *out = context;
    int64_t data = vt_record_number(row, 0), reason = vt_record_number(row, 1);

    if (data < 0 || data >= VT_DATA_CLASSES || reason < 0 || reason >= VT_COUNTED_REASONS)
        return vt_fail(err, VT_MALFORMED, "samples: a total of no class or reason");
    out->totals[data][reason] = (uint64_t)vt_record_number(row, 2);
    return true;
}

bool vt_samples_totals(struct vt_samples *samples, struct vt_counts *out,
                       struct vt_error *err)
{
    memset(out->totals, 0, sizeof out->totals);
    return vt_samples_begin(samples, err) && vt_samples_commit(samples, err) &&
           vt_records_ask(samples->records, "SELECT class, reason, total FROM totals", NULL,
                          0, take_total, out, err);
}

struct days {
    struct vt_samples_day *days;
    size_t count;
};

static bool take_day(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    struct days *out = context;
    int64_t day = vt_record_number(row, 0), data = vt_record_number(row, 1),
            reason = vt_record_number(row, 2);
    uint64_t total = (uint64_t)vt_record_number(row, 3); /* never negative */
    struct vt_samples_day *at;

    if (day < 0 || data < 0 || data >= VT_DATA_CLASSES || reason < 0 ||
        reason > VT_SAMPLES_WITHDRAWN)
        return vt_fail(err, VT_MALFORMED, "samples: a total of no day, class or reason");
    if (out->count == 0 || out->days[out->count - 1].day != (uint64_t)day)
        out->days[out->count++] = (struct vt_samples_day){ .day = (uint64_t)day };
    at = &out->days[out->count - 1];
    if (reason < VT_COUNTED_REASONS)
        at->totals[data][reason] = total;
    else
        *(reason == VT_SAMPLES_SCANNED ? &at->scanned : &at->withdrawn) = total;
    return true;
}

bool vt_samples_days(struct vt_samples *samples, uint64_t from,
                     struct vt_samples_day days[VT_SAMPLES_DAYS_MAX], size_t *count_out,
                     struct vt_error *err)
{
    struct days out = { .days = days };

    if (!vt_samples_begin(samples, err) || !vt_samples_commit(samples, err) ||
        !vt_records_ask(
            samples->records,
            "SELECT day, class, reason, total FROM days WHERE day >= $1 AND day <="
            " (SELECT max(day) FROM (SELECT DISTINCT day FROM days WHERE day >= $1"
            " ORDER BY day LIMIT 64) some) ORDER BY day, class, reason",
            VT_VALUES(VT_VALUE_NUMBER(from)), 1, take_day, &out, err))
        return false;
    *count_out = out.count;
    return true;
}

/* ---- reports ----------------------------------------------------------------------------
 */

static bool add_one(struct vt_samples *s, const vt_hash *schema, uint64_t period,
                    size_t field, size_t value, struct vt_error *err)
{
    return vt_records_change(
        s->records,
        "INSERT INTO ones (schema, period, field, value, ones) VALUES ($1, $2, $3, $4, 1)"
        " ON CONFLICT (schema, period, field, value) DO UPDATE SET ones = ones.ones + 1",
        VT_VALUES(VT_VALUE_HASH(schema), VT_VALUE_NUMBER(period), VT_VALUE_NUMBER(field),
                  VT_VALUE_NUMBER(value)),
        4, NULL, err);
}

bool vt_samples_add_report(struct vt_samples *samples, const vt_hash *schema,
                           const struct vt_statistic_schema *form,
                           const struct vt_statistic_report *report, struct vt_error *err)
{
    if (!vt_samples_begin(samples, err) ||
        !vt_records_change(
            samples->records,
            "INSERT INTO reports (schema, period, reports) VALUES ($1, $2, 1)"
            " ON CONFLICT (schema, period) DO UPDATE SET reports = reports.reports + 1",
            VT_VALUES(VT_VALUE_HASH(schema), VT_VALUE_NUMBER(report->period)), 2, NULL,
            err))
        return false;
    for (size_t field = 0; field < form->field_count; field++)
        for (size_t value = 0; value < form->fields[field].value_count; value++)
            if (report->bits[field][value] &&
                !add_one(samples, schema, report->period, field, value, err))
                return false;
    return vt_samples_add_total(samples, VT_DATA_STATISTIC, VT_COUNTED_ACCEPTED, 1, err) &&
           vt_samples_commit(samples, err);
}

static bool take_ones(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    struct vt_statistic_tally *out = context;
    int64_t field = vt_record_number(row, 0), value = vt_record_number(row, 1);

    if (field < 0 || field >= VT_STATISTIC_FIELDS_MAX || value < 0 ||
        value >= VT_STATISTIC_VALUES_MAX)
        return vt_fail(err, VT_MALFORMED, "samples: a count of no field or value");
    out->ones[field][value] = (uint64_t)vt_record_number(row, 2);
    return true;
}

bool vt_samples_tally(struct vt_samples *samples, const vt_hash *schema, uint64_t period,
                      struct vt_statistic_tally *out, struct vt_error *err)
{
    const vt_value of[] = { VT_VALUE_HASH(schema), VT_VALUE_NUMBER(period) };
    int64_t reports;

    *out = (struct vt_statistic_tally){ .period = period };
    if (!vt_records_ask_number(
            samples->records,
            "SELECT reports FROM reports WHERE schema = $1 AND period = $2", of, 2, 0,
            &reports, err) ||
        !vt_records_ask(
            samples->records,
            "SELECT field, value, ones FROM ones WHERE schema = $1 AND period = $2", of, 2,
            take_ones, out, err))
        return false;
    out->reports = (uint64_t)reports; /* never negative */
    return true;
}

/* ---- how many ---------------------------------------------------------------------------
 */

static bool take_state(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    struct vt_samples_census *out = context;
    uint64_t count = (uint64_t)vt_record_number(row, 1); /* never negative, both */

    (void)err;
    switch (vt_record_number(row, 0)) {
    case VT_SAMPLE_COMING:
        out->coming += count;
        break;
    case VT_SAMPLE_WAITING:
        out->waiting += count;
        out->waiting_bytes += (uint64_t)vt_record_number(row, 2);
        break;
    case VT_SAMPLE_SCANNED:
        out->scanned += count;
        break;
    default:
        break;
    }
    return true;
}

bool vt_samples_weigh(struct vt_samples *samples, const char *sql, const vt_value *values,
                      size_t count, struct vt_samples_census *away, struct vt_error *err)
{
    return vt_records_ask(samples->records, sql, values, count, take_state, away, err);
}

void vt_samples_gone(struct vt_samples *samples, const struct vt_samples_census *away)
{
    samples->census.coming -= away->coming;
    samples->census.waiting -= away->waiting;
    samples->census.waiting_bytes -= away->waiting_bytes;
    samples->census.scanned -= away->scanned;
}

bool vt_samples_take_census(struct vt_samples *samples, struct vt_error *err)
{
    struct vt_samples_census census = { .coming = 0 };
    int64_t erased;

    if (!vt_samples_weigh(samples,
                          "SELECT state, count(*), sum(body_bytes) FROM objects"
                          " GROUP BY state",
                          NULL, 0, &census, err) ||
        !vt_records_ask_number(samples->records, "SELECT count(*) FROM erased", NULL, 0, 0,
                               &erased, err))
        return false;
    census.erased = (uint64_t)erased;
    samples->census = census;
    return true;
}

uint64_t vt_samples_waiting(const struct vt_samples *samples)
{
    return samples->census.waiting;
}

bool vt_samples_census(struct vt_samples *samples, struct vt_samples_census *out,
                       struct vt_error *err)
{
    if (!vt_samples_take_census(samples, err))
        return false;
    *out = samples->census;
    return true;
}
