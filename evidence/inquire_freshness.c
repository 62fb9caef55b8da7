/* Fourth step: is it still the one to use?  Withdrawn, superseded, or the news too old. */
#include "evidence/inquiry.h"

static bool is_this_product(const struct vt_inquiry *q, const json_t *row)
{
    return vt_slice_equal(vt_field_text(row, "product"), q->product) &&
           vt_slice_equal(vt_field_text(row, "channel"), q->channel);
}

static bool is_not_withdrawn(struct vt_inquiry *q, const json_t *list)
{
    const json_t *rows = json_object_get(list, "withdrawn");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);

        if (is_this_product(q, row) && vt_field_number(row, "sequence") == q->sequence)
            return vt_refuse(q, VT_REASON_WITHDRAWN, "it was withdrawn: %.*s",
                             VT_SLICE_ARGS(vt_field_text(row, "reason")));
    }
    return true;
}

/* The current release, said by the list or remembered by the customer, is not newer. */
static bool is_current(struct vt_inquiry *q, const json_t *rows, const char *who)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        uint64_t newest = vt_field_number(row, "sequence");

        if (is_this_product(q, row) && newest > q->sequence)
            return vt_refuse(q, VT_REASON_SUPERSEDED,
                             "release %ju of %.*s is out; this is "
                             "release %ju (%s)",
                             (uintmax_t)newest, VT_SLICE_ARGS(q->product),
                             (uintmax_t)q->sequence, who);
    }
    return true;
}

static bool is_fresh(struct vt_inquiry *q)
{
    int64_t age_s = q->question->now_unix_s - q->withdrawals_log.time_unix_s;
    int64_t max_age_s = q->question->demands->max_age_s;

    if (max_age_s >= 0 && age_s > max_age_s)
        return vt_refuse(q, VT_REASON_STALE,
                         "its newest news is %jd s old, at most %jd are "
                         "allowed",
                         (intmax_t)age_s, (intmax_t)max_age_s);
    return true;
}

bool vt_inquire_freshness(struct vt_inquiry *q)
{
    const json_t *list = q->evidence->withdrawals.statement.predicate;
    uint64_t version = vt_field_number(list, "version");
    uint64_t seen = vt_field_number(q->question->state, "withdrawals");

    vt_fact_number(q, "withdrawals", version);
    if (!is_not_withdrawn(q, list))
        return false;
    if (version < seen)
        return vt_refuse(q, VT_REASON_SUPERSEDED,
                         "its list of withdrawals is version %ju; you "
                         "have seen version %ju",
                         (uintmax_t)version, (uintmax_t)seen);
    return is_current(q, json_object_get(list, "current"),
                      "the list of releases says so") &&
           is_current(q, json_object_get(q->question->state, "products"),
                      "you have seen it") &&
           is_fresh(q);
}
