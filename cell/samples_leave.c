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

struct leaving {
    vt_hash ids[AT_ONCE];
    size_t count;
};

static bool take_leaving(void *context, const struct vt_record_row *record,
                         struct vt_error *err)
{
    struct leaving *out = context;

    return vt_record_fixed(record, 0, &out->ids[out->count++], sizeof out->ids[0], err);
}

/* They go as uploads go that never became whole: no mark says that they were erased, since
 * they were not. */
bool vt_samples_leave(struct vt_samples *samples, const char country[3],
                      struct vt_samples_left *out, struct vt_error *err)
{
    const vt_value of[] = { VT_VALUE_BYTES(vt_slice_of(country, 2)) };
    struct leaving leaving = { .count = 0 };
    struct vt_samples_census away = { .coming = 0 };
    int64_t left;

    if (!vt_records_ask(samples->records,
                        "SELECT id FROM objects WHERE country = $1 AND state < 4"
                        " ORDER BY id LIMIT 64",
                        of, 1, take_leaving, &leaving, err) ||
        !vt_samples_begin(samples, err))
        return false;
    for (size_t i = 0; i < leaving.count; i++)
        if (!vt_samples_mark(samples, &leaving.ids[i], VT_SAMPLE_DROPPING, &away, err))
            return false;
    if (!vt_samples_let_go(samples, &away, err) ||
        !vt_records_ask_number(
            samples->records,
            "SELECT count(*) FROM (SELECT 1 FROM objects WHERE country = $1 LIMIT 64) some",
            of, 1, 0, &left, err))
        return false;
    *out = (struct vt_samples_left){ .removed = leaving.count,
                                     .left = (uint64_t)left }; /* never negative */
    return true;
}

/* ---- taken back -------------------------------------------------------------------------
 */

bool vt_samples_was_taken_back(struct vt_samples *samples, const struct vt_moved_wish *wish,
                               bool *out, struct vt_error *err)
{
    int64_t count;
    bool was_erased;

    if (!vt_samples_was_erased(samples, &wish->object, &was_erased, err) ||
        !vt_records_ask_number(
            samples->records,
            "SELECT count(*) FROM (SELECT 1 FROM withdrawals WHERE owner = $1"
            " AND at >= $2 LIMIT 1) some",
            VT_VALUES(VT_VALUE_BYTES(VT_BYTES(wish->owner)),
                      VT_VALUE_NUMBER(wish->asked_unix_s)),
            2, 0, &count, err))
        return false;
    *out = was_erased || count != 0;
    return true;
}
