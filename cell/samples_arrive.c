/* Samples that arrive from another cell; samples_move.h has the order of things. */
#include "cell/samples_inside.h"
#include "cell/samples_move.h"
#include "crypto/age_header.h"

/* An object that arrives. */
struct arriving {
    struct vt_move_row row; /* slices in the arena */
    vt_hash here, recipient;
    vt_slice header;
};

struct vt_arrival {
    struct vt_samples *samples;
    struct vt_arena *arena;
    struct arriving objects[VT_MOVE_BATCH_MAX];
    size_t count;
    bool is_open;
    size_t at;                   /* the object whose body comes */
    uint64_t come;               /* bytes of it */
    struct vt_buf whole;         /* a short body */
    struct vt_disk_draft *draft; /* a long one */
};

/* ---- beginning and ending ---------------------------------------------------------------
 */

/* What was not closed goes as uploads go that never became whole. */
bool vt_samples_forget_arriving(struct vt_samples *samples, struct vt_error *err)
{
    bool is_more = true;
    uint64_t marked;

    if (!vt_samples_begin(samples, err) ||
        !vt_records_change(samples->records, "UPDATE objects SET state = 5 WHERE state = 6",
                           NULL, 0, &marked, err) ||
        !vt_records_change(samples->records, "DELETE FROM moved WHERE is_here = 0", NULL, 0,
                           NULL, err) ||
        !vt_samples_commit(samples, err))
        return false;
    while (marked != 0 && is_more)
        if (!vt_samples_finish(samples, &is_more, err))
            return false;
    return true;
}

bool vt_arrival_new(struct vt_samples *samples, struct vt_arrival **out,
                    struct vt_error *err)
{
    struct vt_arrival *a;

    if (samples->has_arrival)
        return vt_fail(err, VT_REJECTED,
                       "another move brings files here now; one at a time");
    if (!vt_samples_forget_arriving(samples, err))
        return false;
    samples->has_arrival = true;
    a = vt_alloc(sizeof *a);
    a->samples = samples;
    a->arena = vt_arena_new();
    a->whole = vt_buf_init(VT_MOVE_WHOLE_BYTES);
    *out = a;
    return true;
}

void vt_arrival_free(struct vt_arrival *arrival)
{
    if (arrival == NULL)
        return;
    if (arrival->draft != NULL)
        vt_disk_draft_discard(arrival->draft);
    vt_buf_clear(&arrival->whole);
    vt_arena_free(arrival->arena);
    arrival->samples->has_arrival = false;
    free(arrival);
}

bool vt_arrival_add(struct vt_arrival *arrival, const struct vt_move_row *row,
                    const vt_hash *recipient, vt_slice header, struct vt_error *err)
{
    struct arriving *object = &arrival->objects[arrival->count];

    if (arrival->is_open)
        return vt_fail(err, VT_REJECTED, "arrival: a row behind the beginning of bodies");
    if (arrival->count == VT_MOVE_BATCH_MAX)
        return vt_fail(err, VT_LIMIT, "arrival: more than %d objects", VT_MOVE_BATCH_MAX);
    object->row = *row;
    object->row.rule = vt_arena_copy(arrival->arena, row->rule);
    object->row.receipt = vt_arena_copy(arrival->arena, row->receipt);
    object->row.rules = vt_arena_copy(arrival->arena, row->rules);
    object->row.outcome = vt_arena_copy(arrival->arena, row->outcome);
    object->header = vt_arena_copy(arrival->arena, header);
    object->here = vt_sha256_of(header);
    object->recipient = *recipient;
    arrival->count++;
    return true;
}

/* ---- open: the rows, then the headers ---------------------------------------------------
 */

/* The digest by which equal files are found was keyed by the other cell's secret, which
 * does not come along; zeros are nobody's. */
static bool put_row(struct vt_samples *s, const struct arriving *object,
                    struct vt_error *err)
{
    static const vt_hash no_digest = { { 0 } };
    const struct vt_move_row *row = &object->row;

    return vt_records_change(
        s->records,
        "INSERT INTO objects (id, owner, country, recipient, body, body_bytes, digest,"
        " is_confirmed, rule, asked_at, signature, state, here, touched, kept_until,"
        " receipt, lease, attempts, verdict, rules, outcome) VALUES ($1, $2, $3, $4, $5,"
        " $6, $7, 0, $8, $9, $10, 6, $6, $11, $12, $13, 0, 0, $14, $15, $16)",
        VT_VALUES(
            VT_VALUE_HASH(&object->here), VT_VALUE_BYTES(VT_BYTES(row->owner)),
            VT_VALUE_BYTES(vt_slice_of(row->country, 2)), VT_VALUE_HASH(&object->recipient),
            VT_VALUE_HASH(&row->body), VT_VALUE_NUMBER(row->body_bytes),
            VT_VALUE_HASH(&no_digest), VT_VALUE_BYTES(row->rule),
            VT_VALUE_NUMBER(row->asked_unix_s), VT_VALUE_BYTES(VT_BYTES(row->signature)),
            VT_VALUE_NUMBER(row->touched_unix_s), VT_VALUE_NUMBER(row->kept_until_unix_s),
            VT_VALUE_BYTES(row->receipt), VT_VALUE_NUMBER(row->verdict),
            VT_VALUE_BYTES(row->rules), VT_VALUE_BYTES(row->outcome)),
        16, NULL, err);
}

static bool put_moved(struct vt_samples *s, const struct arriving *object,
                      struct vt_error *err)
{
    return vt_records_change(
        s->records, "INSERT INTO moved (old, id, country, is_here) VALUES ($1, $2, $3, 0)",
        VT_VALUES(VT_VALUE_HASH(&object->row.object), VT_VALUE_HASH(&object->here),
                  VT_VALUE_BYTES(vt_slice_of(object->row.country, 2))),
        3, NULL, err);
}

static bool has_room(const struct vt_arrival *a, struct vt_error *err)
{
    uint64_t free_bytes, needed = a->samples->bounds.free_bytes_min;

    for (size_t i = 0; i < a->count; i++)
        if (__builtin_add_overflow(needed, a->objects[i].row.body_bytes, &needed))
            return vt_fail(err, VT_LIMIT, "arrival: bodies of more than 2^64 bytes");
    if (!vt_disk_free_bytes(a->samples->disk, &free_bytes, err))
        return false;
    return free_bytes >= needed ||
           vt_fail(err, VT_LIMIT,
                   "the destination's disk is full: %ju bytes are free, %ju are needed now",
                   (uintmax_t)free_bytes, (uintmax_t)needed);
}

static bool put_rows(struct vt_arrival *a, struct vt_error *err)
{
    for (size_t i = 0; i < a->count; i++)
        if (!put_row(a->samples, &a->objects[i], err) ||
            !put_moved(a->samples, &a->objects[i], err)) {
            if (err->code == VT_REJECTED)
                vt_records_undo(a->samples->records);
            return false;
        }
    return true;
}

bool vt_arrival_open(struct vt_arrival *arrival, struct vt_error *err)
{
    struct vt_samples *s = arrival->samples;
    char path[VT_SAMPLE_PATH_BYTES];

    if (!has_room(arrival, err) || !vt_samples_begin(s, err) || !put_rows(arrival, err) ||
        !vt_samples_commit(s, err))
        return false;
    arrival->is_open = true;
    for (size_t i = 0; i < arrival->count; i++) {
        vt_sample_header_path(&arrival->objects[i].here, path);
        if (!vt_disk_write_lazily(s->disk, path, arrival->objects[i].header, 0600, err))
            return false;
    }
    return true;
}

/* ---- bodies -----------------------------------------------------------------------------
 */

/* drafts lie in one folder, and are renamed from there. */
static bool begin_long(struct vt_arrival *a, struct vt_error *err)
{
    return a->draft != NULL ||
           vt_disk_draft_begin(a->samples->disk, "body", 0600, &a->draft, err);
}

static bool end_body(struct vt_arrival *a, const struct arriving *object,
                     struct vt_error *err)
{
    char path[VT_SAMPLE_PATH_BYTES];
    struct vt_disk_draft *draft = a->draft;
    bool is_ok;

    vt_sample_body_path(&object->here, path);
    a->draft = NULL; /* it ends here, also by failure */
    is_ok = draft != NULL ? vt_disk_draft_finish(draft, path, true, err)
                          : vt_disk_write_lazily(a->samples->disk, path,
                                                 vt_buf_slice(&a->whole), 0600, err);
    vt_buf_truncate(&a->whole, 0);
    a->at++;
    a->come = 0;
    return is_ok;
}

static bool put_some(struct vt_arrival *a, vt_slice *bytes, struct vt_error *err)
{
    const struct arriving *object = &a->objects[a->at];
    uint64_t left = object->row.body_bytes - a->come;
    vt_slice some = { bytes->data, bytes->len < left ? bytes->len : (size_t)left };

    if (object->row.body_bytes <= VT_MOVE_WHOLE_BYTES)
        vt_buf_put(&a->whole, some);
    else if (!begin_long(a, err) || !vt_disk_draft_add(a->draft, some, err))
        return false;
    a->come += some.len;
    *bytes = vt_slice_sub(*bytes, some.len, bytes->len - some.len);
    if (!vt_buf_check(&a->whole, "a body", err))
        return false;
    return a->come < object->row.body_bytes || end_body(a, object, err);
}

bool vt_arrival_put(struct vt_arrival *arrival, vt_slice bytes, struct vt_error *err)
{
    if (!arrival->is_open)
        return vt_fail(err, VT_REJECTED, "arrival: bodies before the rows are kept");
    while (bytes.len != 0) {
        if (arrival->at == arrival->count)
            return vt_fail(err, VT_REJECTED, "arrival: more bytes than were announced");
        if (!put_some(arrival, &bytes, err))
            return false;
    }
    return true;
}

/* ---- close: read back, and count --------------------------------------------------------
 */

static bool hash_file(struct vt_samples *s, const char *path, vt_hash *out,
                      struct vt_error *err)
{
    VT_AUTO_FD fd = -1;
    uint64_t bytes;

    return vt_disk_open_fd(s->disk, path, &fd, &bytes, err) &&
           vt_sha256_fd(fd, path, out, &bytes, err);
}

static bool is_file(struct vt_samples *s, const char *path, const vt_hash *wanted,
                    struct vt_error *err)
{
    vt_hash found;

    if (!hash_file(s, path, &found, err))
        return err->code == VT_ABSENT
                   ? vt_fail(err, VT_REJECTED, "%s: what arrived is not there", path)
                   : false;
    return vt_hash_equal(&found, wanted) ||
           vt_fail(err, VT_REJECTED, "%s: what was read back is not what was sent", path);
}

bool vt_samples_read_back(struct vt_samples *samples, const vt_hash *here,
                          const vt_hash *body, struct vt_error *err)
{
    char path[VT_SAMPLE_PATH_BYTES];

    vt_sample_header_path(here, path);
    if (!is_file(samples, path, here, err))
        return false;
    vt_sample_body_path(here, path);
    return is_file(samples, path, body, err);
}

static bool count_in(struct vt_samples *s, const struct arriving *object,
                     struct vt_error *err)
{
    return vt_records_change(
               s->records, "UPDATE objects SET state = $2 WHERE id = $1 AND state = 6",
               VT_VALUES(VT_VALUE_HASH(&object->here),
                         VT_VALUE_NUMBER(object->row.is_scanned ? VT_SAMPLE_SCANNED
                                                                : VT_SAMPLE_WAITING)),
               2, NULL, err) &&
           vt_records_change(s->records, "UPDATE moved SET is_here = 1 WHERE old = $1",
                             VT_VALUES(VT_VALUE_HASH(&object->row.object)), 1, NULL, err);
}

static void count_census(struct vt_samples *s, const struct arriving *object)
{
    if (object->row.is_scanned) {
        s->census.scanned++;
    } else {
        s->census.waiting++;
        s->census.waiting_bytes += object->row.body_bytes;
    }
}

static bool read_all_back(struct vt_arrival *a, struct vt_error *err)
{
    for (size_t i = 0; i < a->count; i++)
        if (!vt_samples_read_back(a->samples, &a->objects[i].here, &a->objects[i].row.body,
                                  err))
            return false;
    return true;
}

static bool count_all_in(struct vt_arrival *a, struct vt_error *err)
{
    if (!vt_samples_begin(a->samples, err))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!count_in(a->samples, &a->objects[i], err))
            return false;
    if (!vt_samples_commit(a->samples, err))
        return false;
    for (size_t i = 0; i < a->count; i++)
        count_census(a->samples, &a->objects[i]);
    return true;
}

bool vt_arrival_close(struct vt_arrival *arrival, struct vt_error *err)
{
    struct vt_error forgotten = { 0 };

    if (!arrival->is_open || arrival->at != arrival->count)
        return vt_fail(err, VT_REJECTED, "arrival: %zu of %zu bodies came", arrival->at,
                       arrival->count);
    if (!vt_disk_flush(arrival->samples->disk, err))
        return false;
    if (read_all_back(arrival, err))
        return count_all_in(arrival, err);
    if (!vt_samples_forget_arriving(arrival->samples, &forgotten))
        *err = forgotten; /* the disk is the greater trouble */
    return false;
}

/* ---- what has arrived -------------------------------------------------------------------
 */

bool vt_samples_has_arrived(struct vt_samples *samples, const vt_hash *object, bool *out,
                            struct vt_error *err)
{
    int64_t count;

    if (!vt_records_ask_number(samples->records,
                               "SELECT count(*) FROM moved WHERE old = $1 AND is_here = 1",
                               VT_VALUES(VT_VALUE_HASH(object)), 1, 0, &count, err))
        return false;
    *out = count != 0;
    return true;
}

bool vt_samples_is_here(struct vt_samples *samples, const vt_hash *here, bool *out,
                        struct vt_error *err)
{
    struct vt_sample_row row;

    if (!vt_samples_find(samples, here, &row, err))
        return false;
    *out =
        row.is_there && (row.state == VT_SAMPLE_WAITING || row.state == VT_SAMPLE_SCANNED);
    return true;
}

static bool take_id(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    return vt_record_fixed(row, 0, context, VT_SHA256_BYTES, err);
}

bool vt_samples_resolve(struct vt_samples *samples, vt_hash *object, struct vt_error *err)
{
    return vt_records_ask(samples->records,
                          "SELECT id FROM moved WHERE old = $1 AND is_here = 1",
                          VT_VALUES(VT_VALUE_HASH(object)), 1, take_id, object, err);
}

struct listing {
    bool (*each)(void *context, const struct vt_arrived *arrived, struct vt_error *err);
    void *context;
    size_t count;
};

/* The body's hash is the one that was read back: a row is here only if they were equal. */
static bool take_arrived(void *context, const struct vt_record_row *record,
                         struct vt_error *err)
{
    struct listing *listing = context;
    struct vt_move_row row = { .body_bytes = (uint64_t)vt_record_number(record, 5),
                               .rule = vt_record_bytes(record, 6),
                               .asked_unix_s = vt_record_number(record, 7),
                               .kept_until_unix_s = vt_record_number(record, 9),
                               .receipt = vt_record_bytes(record, 10) };
    struct vt_arrived out = { .asked_unix_s = row.asked_unix_s };

    listing->count++;
    if (!vt_record_fixed(record, 0, &row.object, sizeof row.object, err) ||
        !vt_record_fixed(record, 1, &out.here, sizeof out.here, err) ||
        !vt_record_fixed(record, 2, &row.owner, sizeof row.owner, err) ||
        !vt_record_fixed(record, 3, row.country, 2, err) ||
        !vt_record_fixed(record, 4, &row.body, sizeof row.body, err) ||
        !vt_record_fixed(record, 8, row.signature, sizeof row.signature, err))
        return false;
    out.row = vt_move_row_manifest(&row);
    out.owner = row.owner;
    return listing->each(listing->context, &out, err);
}

bool vt_samples_arrived(struct vt_samples *samples, const char country[3],
                        const vt_hash *after, size_t max,
                        bool (*each)(void *context, const struct vt_arrived *arrived,
                                     struct vt_error *err),
                        void *context, bool *is_more_out, struct vt_error *err)
{
    struct listing listing = { each, context, 0 };

    if (!vt_records_ask(
            samples->records,
            "SELECT moved.old, moved.id, objects.owner, objects.country, objects.body,"
            " objects.body_bytes, objects.rule, objects.asked_at, objects.signature,"
            " objects.kept_until, objects.receipt FROM moved JOIN objects"
            " ON objects.id = moved.id WHERE moved.country = $1 AND moved.old > $2"
            " AND moved.is_here = 1 AND objects.state IN (2, 3)"
            " ORDER BY moved.old LIMIT $3",
            VT_VALUES(
                VT_VALUE_BYTES(vt_slice_of(country, 2)),
                VT_VALUE_BYTES(after != NULL ? vt_hash_slice(after) : (vt_slice){ 0 }),
                VT_VALUE_NUMBER(max)),
            3, take_arrived, &listing, err))
        return false;
    *is_more_out = listing.count == max;
    return true;
}

bool vt_samples_unarrive(struct vt_samples *samples, const vt_hash *objects, size_t count,
                         struct vt_error *err)
{
    struct vt_samples_census away = { .coming = 0 };

    if (!vt_samples_begin(samples, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        vt_hash here = objects[i];

        if (!vt_samples_resolve(samples, &here, err) ||
            !vt_samples_mark(samples, &here, VT_SAMPLE_ERASING, &away, err))
            return false;
    }
    return vt_samples_let_go(samples, &away, err);
}
