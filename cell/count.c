/* Running totals: written, read, and compared with those before. */
#include "cell/count.h"
#include "evidence/field.h"

static const char *const REASONS[VT_COUNTED_REASONS] = {
    [VT_COUNTED_ACCEPTED] = "accepted",   [VT_COUNTED_MISPLACED] = "misplaced",
    [VT_COUNTED_FENCED] = "fenced",       [VT_COUNTED_NO_CONSENT] = "no consent",
    [VT_COUNTED_MALFORMED] = "malformed", [VT_COUNTED_LIMITED] = "limited",
    [VT_COUNTED_ERASED] = "erased",
};

const char *vt_count_reason_name(enum vt_count_reason reason)
{
    return REASONS[reason];
}

void vt_counts_add(struct vt_counts *counts, enum vt_data_class data,
                   enum vt_count_reason reason)
{
    uint64_t *total = &counts->totals[data][reason];

    if (*total < (uint64_t)VT_JSON_INTEGER_MAX)
        ++*total;
}

static json_t *pack_totals(const struct vt_counts *counts)
{
    json_t *rows = json_array();

    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        for (unsigned reason = 0; reason < VT_COUNTED_REASONS; reason++)
            (void)json_array_append_new(
                rows, json_pack("{s:s,s:s,s:I}", "class",
                                vt_data_class_name((enum vt_data_class)data), "reason",
                                REASONS[reason], "total",
                                (json_int_t)counts->totals[data][reason]));
    return rows;
}

bool vt_counts_write(const struct vt_counts *counts, json_t **out, struct vt_error *err)
{
    json_t *all =
        json_pack("{s:s%,s:I,s:o,s:o}", "cell", (const char *)counts->cell.data,
                  counts->cell.len, "number", (json_int_t)counts->number, "until",
                  vt_field_of_time(counts->until_unix_s), "totals", pack_totals(counts));

    if (all == NULL)
        return vt_fail(err, VT_MALFORMED, "count: the cell's name is not UTF-8");
    if (counts->has_previous)
        (void)json_object_set_new(all, "previous", vt_field_of_hash(&counts->previous));
    *out = all;
    return true;
}

bool vt_counts_read(const json_t *predicate, struct vt_counts *out, struct vt_error *err)
{
    struct vt_counts counts = { .number = 0 };
    const json_t *rows = json_object_get(predicate, "totals");
    VT_AUTO_JSON again = NULL;

    if (!vt_schema_verify(predicate, "count", vt_predicate_schema(VT_COUNT), err) ||
        !vt_json_get_time(predicate, "count", "until", &counts.until_unix_s, err))
        return false;
    counts.cell = vt_field_text(predicate, "cell");
    counts.number = vt_field_number(predicate, "number");
    counts.has_previous = vt_json_has(predicate, "previous");
    counts.previous = vt_field_hash(predicate, "previous");
    for (size_t i = 0;
         i < json_array_size(rows) && i < VT_DATA_CLASSES * VT_COUNTED_REASONS; i++)
        counts.totals[i / VT_COUNTED_REASONS][i % VT_COUNTED_REASONS] =
            vt_field_number(json_array_get(rows, i), "total");
    /* Rows were taken by their place; written again, their names must come out equal. */
    if (!vt_counts_write(&counts, &again, err))
        return false;
    if (!json_equal(again, predicate))
        return vt_fail(err, VT_MALFORMED,
                       "count: has not a total for each class and reason, in order");
    if (counts.number == 0 || counts.has_previous != (counts.number > 1))
        return vt_fail(err, VT_MALFORMED,
                       "count: numbers begin at 1, and all but the first name the one "
                       "before");
    *out = counts;
    return true;
}

static bool totals_grow(const struct vt_counts *current, const struct vt_counts *next,
                        struct vt_error *err)
{
    for (unsigned data = 0; data < VT_DATA_CLASSES; data++)
        for (unsigned reason = 0; reason < VT_COUNTED_REASONS; reason++)
            if (next->totals[data][reason] < current->totals[data][reason])
                return vt_fail(err, VT_REJECTED,
                               "count %ju of cell %.*s: %s, %s went back from %ju to %ju",
                               (uintmax_t)next->number, VT_SLICE_ARGS(next->cell),
                               vt_data_class_name((enum vt_data_class)data),
                               REASONS[reason], (uintmax_t)current->totals[data][reason],
                               (uintmax_t)next->totals[data][reason]);
    return true;
}

bool vt_counts_may_follow(const struct vt_counts *current, const vt_hash *current_digest,
                          const struct vt_counts *next, struct vt_error *err)
{
    if (!vt_slice_equal(current->cell, next->cell))
        return vt_fail(err, VT_REJECTED, "count: is of cell %.*s, not %.*s",
                       VT_SLICE_ARGS(next->cell), VT_SLICE_ARGS(current->cell));
    if (next->number != current->number + 1) /* both at most 2^53 - 1 */
        return vt_fail(
            err, VT_REJECTED, "count of cell %.*s: number %ju does not follow %ju",
            VT_SLICE_ARGS(next->cell), (uintmax_t)next->number, (uintmax_t)current->number);
    if (!vt_hash_equal(&next->previous, current_digest))
        return vt_fail(err, VT_REJECTED,
                       "count %ju of cell %.*s: was made to follow another number %ju",
                       (uintmax_t)next->number, VT_SLICE_ARGS(next->cell),
                       (uintmax_t)current->number);
    if (next->until_unix_s < current->until_unix_s)
        return vt_fail(err, VT_REJECTED, "count %ju of cell %.*s: its time went back",
                       (uintmax_t)next->number, VT_SLICE_ARGS(next->cell));
    return totals_grow(current, next, err);
}
