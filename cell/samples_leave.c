/* Samples on their way out: rows in order, and at the very end their removal. */
#include "cell/samples_inside.h"
#include "cell/samples_move.h"

/* ---- what comes along -------------------------------------------------------------------
 */

/* Big-endian on every machine: the digest stands in a manifest. */
static void add_number(struct vt_sha256 *state, uint64_t number)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    vt_sha256_add(state, VT_BYTES(bytes));
}

static void add_text(struct vt_sha256 *state, vt_slice text)
{
    add_number(state, text.len);
    vt_sha256_add(state, text);
}

vt_hash vt_move_row_belongings(const struct vt_move_row *row)
{
    struct vt_sha256 state;
    vt_hash out;

    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/belongings/v1\n"));
    add_text(&state, VT_BYTES(row->owner));
    add_text(&state, vt_slice_of(row->country, 2));
    add_text(&state, row->rule);
    add_text(&state, VT_BYTES(row->signature));
    add_text(&state, row->receipt);
    add_number(&state, (uint64_t)row->asked_unix_s);
    add_number(&state, (uint64_t)row->kept_until_unix_s);
    vt_sha256_end(&state, &out);
    return out;
}

struct vt_manifest_row vt_move_row_manifest(const struct vt_move_row *row)
{
    return (struct vt_manifest_row){ row->object, row->body, row->body_bytes,
                                     vt_move_row_belongings(row) };
}

/* ---- rows in order ----------------------------------------------------------------------
 */

struct paging {
    bool (*each)(void *context, const struct vt_move_row *row, struct vt_error *err);
    void *context;
    size_t count;
};

static bool take_row(void *context, const struct vt_record_row *record,
                     struct vt_error *err)
{
    struct paging *p = context;
    struct vt_move_row row = {
        .body_bytes = (uint64_t)vt_record_number(record, 5), /* never negative */
        .rule = vt_record_bytes(record, 6),
        .asked_unix_s = vt_record_number(record, 7),
        .is_scanned = vt_record_number(record, 9) == VT_SAMPLE_SCANNED,
        .touched_unix_s = vt_record_number(record, 10),
        .kept_until_unix_s = vt_record_number(record, 11),
        .receipt = vt_record_bytes(record, 12),
        .verdict = (uint8_t)vt_record_number(record, 13),
        .rules = vt_record_bytes(record, 14),
        .outcome = vt_record_bytes(record, 15),
    };

    p->count++;
    return vt_record_fixed(record, 0, &row.object, sizeof row.object, err) &&
           vt_record_fixed(record, 1, &row.owner, sizeof row.owner, err) &&
           vt_record_fixed(record, 2, row.country, 2, err) &&
           vt_record_fixed(record, 3, &row.recipient, sizeof row.recipient, err) &&
           vt_record_fixed(record, 4, &row.body, sizeof row.body, err) &&
           vt_record_fixed(record, 8, row.signature, sizeof row.signature, err) &&
           p->each(p->context, &row, err);
}

bool vt_samples_page(struct vt_samples *samples, const char country[3],
                     const vt_hash *after, size_t max,
                     bool (*each)(void *context, const struct vt_move_row *row,
                                  struct vt_error *err),
                     void *context, bool *is_more_out, struct vt_error *err)
{
    struct paging paging = { each, context, 0 };

    if (!vt_records_ask(
            samples->records,
            "SELECT id, owner, country, recipient, body, body_bytes, rule, asked_at,"
            " signature, state, touched, kept_until, receipt, verdict, rules, outcome"
            " FROM objects WHERE country = $1 AND id > $2 AND state IN (2, 3)"
            " ORDER BY id LIMIT $3",
            VT_VALUES(
                VT_VALUE_BYTES(vt_slice_of(country, 2)),
                VT_VALUE_BYTES(after != NULL ? vt_hash_slice(after) : (vt_slice){ 0 }),
                VT_VALUE_NUMBER(max)),
            3, take_row, &paging, err))
        return false;
    *is_more_out = paging.count == max;
    return true;
}

/* ---- leaving ----------------------------------------------------------------------------
 */

enum { AT_ONCE = 64 };

/* They go as uploads go that never became whole: no mark says that they were erased, since
 * they were not. */
bool vt_samples_leave(struct vt_samples *samples, const char country[3], uint64_t *left_out,
                      struct vt_error *err)
{
    const vt_value of[] = { VT_VALUE_BYTES(vt_slice_of(country, 2)),
                            VT_VALUE_NUMBER(AT_ONCE) };
    bool is_more = true;
    uint64_t marked;
    int64_t left;

    if (!vt_samples_begin(samples, err) ||
        !vt_records_change(samples->records,
                           "UPDATE objects SET state = 5 WHERE id IN (SELECT id FROM"
                           " objects WHERE country = $1 AND state < 4 LIMIT $2)",
                           of, 2, &marked, err) ||
        !vt_samples_commit(samples, err))
        return false;
    while (is_more)
        if (!vt_samples_finish(samples, &is_more, err))
            return false;
    if (!vt_records_ask_number(samples->records,
                               "SELECT count(*) FROM objects WHERE country = $1", of, 1, 0,
                               &left, err))
        return false;
    *left_out = (uint64_t)left; /* never negative */
    return marked == 0 || vt_samples_take_census(samples, err);
}
