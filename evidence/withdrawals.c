/* withdrawals/v1: the complete, numbered list.  Rows are sorted, so that a repeated row
 * shows and one list has one spelling. */
#include "evidence/release.h"

enum { ROWS_MAX = 1024 };

struct vt_listed vt_withdrawals_row(const json_t *array, size_t i)
{
    const json_t *row = json_array_get(array, i);
    struct vt_listed out = { 0 };
    struct vt_error ignored;

    /* The schema was checked when the statement was parsed. */
    if (!vt_json_get_text(row, "list", "product", &out.product, &ignored) ||
        !vt_json_get_text(row, "list", "channel", &out.channel, &ignored) ||
        !vt_json_get_text(row, "list", "version", &out.version, &ignored) ||
        !vt_json_get_number(row, "list", "sequence", &out.sequence, &ignored))
        return (struct vt_listed){ 0 };
    if (vt_json_has(row, "reason") &&
        !vt_json_get_text(row, "list", "reason", &out.reason, &ignored))
        return (struct vt_listed){ 0 };
    return out;
}

/* By product, channel, sequence. */
static int compare_rows(const void *left, const void *right)
{
    const struct vt_listed *a = left, *b = right;
    int order = vt_slice_compare(a->product, b->product);

    if (order == 0)
        order = vt_slice_compare(a->channel, b->channel);
    if (order == 0)
        order = (a->sequence > b->sequence) - (a->sequence < b->sequence);
    return order;
}

/* In `current`, a product and channel stands once, whatever its sequence. */
static bool is_sorted(const json_t *array, bool one_a_channel)
{
    for (size_t i = 1; i < json_array_size(array); i++) {
        struct vt_listed before = vt_withdrawals_row(array, i - 1);
        struct vt_listed row = vt_withdrawals_row(array, i);

        if (one_a_channel)
            before.sequence = row.sequence = 0;
        if (compare_rows(&before, &row) >= 0)
            return false;
    }
    return true;
}

bool vt_withdrawals_read(const struct vt_statement *statement, struct vt_withdrawals *out,
                         struct vt_error *err)
{
    const json_t *predicate = statement->predicate;
    struct vt_withdrawals list = { 0 };

    if (statement->type != VT_WITHDRAWALS)
        return vt_fail(err, VT_MALFORMED, "withdrawals: is another kind of statement");
    if (!vt_statement_is_about_itself(statement, err) ||
        !vt_json_get_number(predicate, "withdrawals", "version", &list.version, err) ||
        !vt_json_get_time(predicate, "withdrawals", "created", &list.created_unix_s, err))
        return false;
    list.current = json_object_get(predicate, "current");
    list.withdrawn = json_object_get(predicate, "withdrawn");
    if (list.version == 0)
        return vt_fail(err, VT_MALFORMED, "withdrawals: versions begin at 1");
    if (!is_sorted(list.current, true) || !is_sorted(list.withdrawn, false))
        return vt_fail(err, VT_MALFORMED, "withdrawals: rows are not sorted or repeated");
    *out = list;
    return true;
}

bool vt_withdrawals_find_current(const struct vt_withdrawals *list, vt_slice product,
                                 vt_slice channel, struct vt_listed *out)
{
    for (size_t i = 0; i < json_array_size(list->current); i++) {
        struct vt_listed row = vt_withdrawals_row(list->current, i);

        if (vt_slice_equal(row.product, product) && vt_slice_equal(row.channel, channel)) {
            *out = row;
            return true;
        }
    }
    return false;
}

bool vt_withdrawals_find_withdrawn(const struct vt_withdrawals *list, vt_slice product,
                                   vt_slice channel, uint64_t sequence,
                                   struct vt_listed *out)
{
    struct vt_listed wanted = { product, channel, { 0 }, sequence, { 0 } };

    for (size_t i = 0; i < json_array_size(list->withdrawn); i++) {
        struct vt_listed row = vt_withdrawals_row(list->withdrawn, i);

        if (compare_rows(&row, &wanted) == 0) {
            *out = row;
            return true;
        }
    }
    return false;
}

/* ---- writing ---------------------------------------------------------------------------
 */

static json_t *pack_row(const struct vt_listed *row, bool has_reason)
{
    json_t *packed =
        json_pack("{s:s%,s:s%,s:s%,s:I}", "product", (const char *)row->product.data,
                  row->product.len, "channel", (const char *)row->channel.data,
                  row->channel.len, "version", (const char *)row->version.data,
                  row->version.len, "sequence", (json_int_t)row->sequence);
    vt_slice reason = row->reason.data != NULL ? row->reason : VT_LIT("");

    if (packed != NULL && has_reason &&
        json_object_set_new(packed, "reason",
                            json_stringn((const char *)reason.data, reason.len)) != 0) {
        json_decref(packed);
        return NULL;
    }
    return packed;
}

/* NULL: too many rows, a text that is not UTF-8, or no memory. */
static json_t *pack_rows(const struct vt_listed *rows, size_t count, bool has_reason)
{
    struct vt_listed *sorted = calloc(count + 1, sizeof *sorted);
    json_t *list = sorted != NULL && count <= ROWS_MAX ? json_array() : NULL;

    if (list != NULL && count != 0) {
        memcpy(sorted, rows, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare_rows);
    }
    for (size_t i = 0; list != NULL && i < count; i++)
        if (json_array_append_new(list, pack_row(&sorted[i], has_reason)) != 0) {
            json_decref(list);
            list = NULL;
        }
    free(sorted);
    return list;
}

static bool write_checked(const json_t *predicate, struct vt_buf *payload,
                          struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_ENTRY_BYTES_MAX);
    VT_AUTO_STATEMENT statement = { 0 };
    struct vt_withdrawals again;

    if (!vt_statement_write_about_itself(VT_WITHDRAWALS, predicate, &text, err) ||
        !vt_statement_parse(vt_buf_slice(&text), &statement, err) ||
        !vt_withdrawals_read(&statement, &again, err))
        return false;
    vt_buf_put(payload, vt_buf_slice(&text));
    return vt_buf_check(payload, "withdrawals", err);
}

bool vt_withdrawals_write(uint64_t version, int64_t created_unix_s,
                          const struct vt_listed *current, size_t current_count,
                          const struct vt_listed *withdrawn, size_t withdrawn_count,
                          struct vt_buf *payload, struct vt_error *err)
{
    VT_AUTO_JSON now = pack_rows(current, current_count, false);
    VT_AUTO_JSON gone = pack_rows(withdrawn, withdrawn_count, true);
    VT_AUTO_JSON predicate = NULL;
    char created[VT_TIME_TEXT_BYTES];

    vt_time_write(created_unix_s, created);
    if (now != NULL && gone != NULL)
        predicate = json_pack("{s:I,s:s,s:O,s:O}", "version", (json_int_t)version,
                              "created", created, "current", now, "withdrawn", gone);
    if (predicate == NULL)
        return vt_fail(err, VT_LIMIT,
                       "withdrawals: more than %d rows, a text that is not UTF-8, or out "
                       "of memory",
                       ROWS_MAX);
    return write_checked(predicate, payload, err);
}
