/* The store of samples: opening, and what is decided before a byte is taken.
 *
 * The row comes first and the files after it, so nothing on the disk is without a row; they
 * go in the other order.  What a row says to be here was synced before it said so. */
#include "cell/samples.h"
#include "cell/samples_inside.h"
#include "crypto/hkdf.h"

enum { TIME_SLACK_S = 900, COME_AGAIN_S = 30, MILLI = 1000, MINUTE_MS = 60000 };

static const char *const STEPS[] = {
    /* One row for each sample.  `digest` is keyed; `lease` is when whoever scans it must
     * have settled it. */
    "CREATE TABLE objects ("
    " id BLOB PRIMARY KEY, owner BLOB NOT NULL, country BLOB NOT NULL,"
    " recipient BLOB NOT NULL, body BLOB NOT NULL, body_bytes INTEGER NOT NULL,"
    " digest BLOB NOT NULL, is_confirmed INTEGER NOT NULL, rule BLOB NOT NULL,"
    " asked_at INTEGER NOT NULL, signature BLOB NOT NULL, state INTEGER NOT NULL,"
    " here INTEGER NOT NULL, touched INTEGER NOT NULL, kept_until INTEGER NOT NULL,"
    " receipt BLOB NOT NULL, lease INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " verdict INTEGER NOT NULL, rules BLOB NOT NULL, outcome BLOB NOT NULL) STRICT;"
    "CREATE INDEX objects_of ON objects (owner);"
    "CREATE INDEX objects_queue ON objects (state, rules, touched);"
    "CREATE INDEX objects_kept ON objects (kept_until);"
    "CREATE INDEX objects_equal ON objects (recipient, digest);"
    "CREATE TABLE erased (id BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE withdrawals (request BLOB PRIMARY KEY, owner BLOB NOT NULL,"
    " at INTEGER NOT NULL, erased INTEGER NOT NULL, receipt BLOB NOT NULL) STRICT;"
    "CREATE INDEX withdrawals_of ON withdrawals (owner, at);"
    "CREATE TABLE totals (class INTEGER, reason INTEGER, total INTEGER NOT NULL,"
    " PRIMARY KEY (class, reason)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE reports (schema BLOB, period INTEGER, reports INTEGER NOT NULL,"
    " PRIMARY KEY (schema, period)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE ones (schema BLOB, period INTEGER, field INTEGER, value INTEGER,"
    " ones INTEGER NOT NULL, PRIMARY KEY (schema, period, field, value))"
    " STRICT, WITHOUT ROWID;",
    /* What came from another cell: the id that it had there, and the one that it has here.
     */
    "CREATE TABLE moved (old BLOB PRIMARY KEY, id BLOB NOT NULL, country BLOB NOT NULL,"
    " is_here INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX moved_from ON moved (country, old);"
    "CREATE INDEX objects_place ON objects (country, id);",
    /* A batch that was not closed is found without the rest. */
    "CREATE INDEX moved_coming ON moved (old) WHERE is_here = 0;",
    /* The totals by day, so that they can be held against what is said of them; what came
     * before there was this table is of day 0. */
    "CREATE TABLE days (day INTEGER, class INTEGER, reason INTEGER, total INTEGER NOT NULL,"
    " PRIMARY KEY (day, class, reason)) STRICT, WITHOUT ROWID;"
    "INSERT INTO days (day, class, reason, total) SELECT 0, class, reason, total FROM"
    " totals;",
    NULL,
};

/* ---- small things -----------------------------------------------------------------------
 */

int64_t vt_samples_now(const struct vt_samples *samples)
{
    return vt_env_now_unix_s(&samples->env);
}

bool vt_samples_say(struct vt_sample_answer *out, uint16_t status, const char *format, ...)
{
    va_list args;

    out->status = status;
    va_start(args, format);
    (void)vsnprintf(out->sentence, sizeof out->sentence, format, args);
    va_end(args);
    return true;
}

void vt_sample_answer_clear(struct vt_sample_answer *answer)
{
    vt_buf_clear(&answer->document);
}

static void path_of(const char *folder, const vt_hash *object,
                    char out[VT_SAMPLE_PATH_BYTES])
{
    char text[65];

    vt_hash_text(object, text);
    (void)snprintf(out, VT_SAMPLE_PATH_BYTES, "%s/%.2s/%s", folder, text, text);
}

void vt_sample_body_path(const vt_hash *object, char out[VT_SAMPLE_PATH_BYTES])
{
    path_of("body", object, out);
}

void vt_sample_header_path(const vt_hash *object, char out[VT_SAMPLE_PATH_BYTES])
{
    path_of("header", object, out);
}

/* ---- opening ----------------------------------------------------------------------------
 */

static void usual(uint64_t *bound, uint64_t value)
{
    if (*bound == 0)
        *bound = value;
}

static void take_bounds(struct vt_samples_bounds *b)
{
    usual(&b->body_bytes_max, VT_MIB(256));
    usual(&b->owner_bytes_max, VT_MIB(1024));
    usual(&b->owner_objects_max, 1000);
    usual(&b->owner_per_minute, 60);
    usual(&b->coming_max, 1000);
    usual(&b->waiting_objects_max, 100000);
    usual(&b->waiting_bytes_max, UINT64_C(64) << 30);
    usual(&b->free_bytes_min, VT_MIB(64));
    usual(&b->keep_s, UINT64_C(90) * 86400);
    usual(&b->coming_s, 86400);
}

bool vt_samples_open(const char *folder, const char *cell,
                     const struct vt_samples_bounds *bounds, const struct vt_key *cell_key,
                     const struct vt_env *env, struct vt_samples **out,
                     struct vt_error *err)
{
    struct vt_samples *s = vt_alloc(sizeof *s);
    bool is_more = true;
    bool is_ok;

    s->cell = cell;
    s->bounds = *bounds;
    take_bounds(&s->bounds);
    s->key = cell_key;
    s->env = *env;
    is_ok = vt_disk_open(folder, true, &s->disk, err) && vt_disk_lock(s->disk, err) &&
            vt_disk_sweep(s->disk, "", err) &&
            vt_records_open(s->disk, "records.db", STEPS, &s->records, err) &&
            vt_samples_forget_arriving(s, err);
    while (is_ok && is_more)
        is_ok = vt_samples_finish(s, &is_more, err);
    if (!is_ok || !vt_samples_take_census(s, err)) {
        vt_samples_close(s);
        return false;
    }
    *out = s;
    return true;
}

void vt_samples_close(struct vt_samples *samples)
{
    if (samples == NULL)
        return;
    for (size_t i = 0; i < VT_SAMPLE_SLOTS; i++)
        vt_sample_slot_close(&samples->slots[i]);
    vt_records_close(samples->records);
    vt_disk_close(samples->disk);
    free(samples);
}

/* ---- who may ask, and how often ---------------------------------------------------------
 */

/* A key that meets another's place takes it, and both begin with a full bucket: nobody can
 * use up somebody else's. */
static bool may_ask(struct vt_samples *s, const struct vt_public_key *owner)
{
    uint32_t at;
    struct vt_sample_owner *slot;
    int64_t now_ms = vt_monotonic_ms();
    uint64_t full = MILLI * s->bounds.owner_per_minute, passed_ms;

    memcpy(&at, owner->bytes, sizeof at);
    slot = &s->owners[at % VT_SAMPLE_OWNERS];
    if (memcmp(&slot->key, owner, sizeof *owner) != 0)
        *slot = (struct vt_sample_owner){ *owner, now_ms, full };
    passed_ms = (uint64_t)(now_ms - slot->at_ms); /* this clock never goes back */
    passed_ms = passed_ms < MINUTE_MS ? passed_ms : MINUTE_MS;
    slot->at_ms = now_ms;
    slot->tokens += passed_ms * full / MINUTE_MS;
    if (slot->tokens > full)
        slot->tokens = full;
    if (slot->tokens < MILLI)
        return false;
    slot->tokens -= MILLI;
    return true;
}

static bool has_withdrawn(struct vt_samples *s, const struct vt_share_request *request,
                          bool *out, struct vt_error *err)
{
    int64_t count;

    if (!vt_records_ask_number(
            s->records, "SELECT count(*) FROM withdrawals WHERE owner = $1 AND at >= $2",
            VT_VALUES(VT_VALUE_BYTES(VT_BYTES(request->pseudonym)),
                      VT_VALUE_NUMBER(request->at_unix_s)),
            2, 0, &count, err))
        return false;
    *out = count != 0;
    return true;
}

/* ---- what a wish meets, one question after the other ------------------------------------
 * Each either answers (status is set), or leaves it to the next. */

static bool is_consent(struct vt_samples *s, const struct vt_share_request *request,
                       struct vt_sample_answer *out, struct vt_error *err)
{
    struct vt_error why = { 0 };
    int64_t apart_s = vt_samples_now(s) - request->at_unix_s;
    bool is_over;

    out->reason = VT_COUNTED_NO_CONSENT;
    if (!vt_share_request_verify(request, &why))
        return vt_samples_say(out, why.code == VT_REJECTED ? 403 : 400, "%s", why.message);
    if (apart_s > TIME_SLACK_S || apart_s < -TIME_SLACK_S)
        return vt_samples_say(out, 403,
                              "share: was signed %jd s %s now by this cell's clock; sign "
                              "it again, and look at your clock",
                              (intmax_t)(apart_s < 0 ? -apart_s : apart_s),
                              apart_s < 0 ? "after" : "before");
    if (!has_withdrawn(s, request, &is_over, err))
        return false;
    if (is_over)
        return vt_samples_say(out, 403, "share: consent was withdrawn since it was signed");
    out->reason = VT_COUNTED_LIMITED; /* what follows are bounds */
    if (!may_ask(s, &request->pseudonym)) {
        out->retry_after_s = 60;
        return vt_samples_say(out, 429, "share: no more than %ju a minute",
                              (uintmax_t)s->bounds.owner_per_minute);
    }
    return true;
}

/* Whoever wrote the row may have died before the header. */
static bool keep_header(struct vt_samples *s, const struct vt_share_request *request,
                        struct vt_error *err)
{
    char path[VT_SAMPLE_PATH_BYTES];

    vt_sample_header_path(&request->object, path);
    return vt_disk_has(s->disk, path) ||
           vt_disk_write(s->disk, path, request->header, 0600, err);
}

static bool is_new(struct vt_samples *s, const struct vt_share_request *request,
                   struct vt_sample_answer *out, struct vt_error *err)
{
    struct vt_sample_row row;
    bool was_erased;

    if (!vt_samples_find(s, &request->object, &row, err))
        return false;
    if (!row.is_there) {
        if (!vt_samples_was_erased(s, &request->object, &was_erased, err))
            return false;
        if (was_erased)
            out->reason = VT_COUNTED_NO_CONSENT;
        return !was_erased || vt_samples_say(out, 410, "share: this object was erased");
    }
    if (memcmp(&row.owner, &request->pseudonym, sizeof row.owner) != 0 ||
        !vt_hash_equal(&row.body, &request->body) || row.body_bytes != request->body_bytes)
        return vt_samples_say(out, 403,
                              "share: this object is here with another body or "
                              "owner");
    return (row.state != VT_SAMPLE_COMING || keep_header(s, request, err)) &&
           vt_samples_state(s, &request->object, out, err);
}

static bool is_within_quota(struct vt_samples *s, const struct vt_share_request *request,
                            struct vt_sample_answer *out, struct vt_error *err)
{
    const vt_value owner[] = { VT_VALUE_BYTES(VT_BYTES(request->pseudonym)) };
    int64_t objects, bytes;

    if (request->body_bytes > s->bounds.body_bytes_max)
        return vt_samples_say(out, 413, "share: this cell takes files of up to %ju bytes",
                              (uintmax_t)s->bounds.body_bytes_max);
    if (!vt_records_ask_number(s->records, "SELECT count(*) FROM objects WHERE owner = $1",
                               owner, 1, 0, &objects, err) ||
        !vt_records_ask_number(s->records,
                               "SELECT sum(body_bytes) FROM objects WHERE owner = $1",
                               owner, 1, 0, &bytes, err))
        return false;
    if ((uint64_t)objects >= s->bounds.owner_objects_max ||
        (uint64_t)bytes + request->body_bytes > s->bounds.owner_bytes_max)
        return vt_samples_say(out, 403,
                              "share: this client has %jd files of %jd bytes here, and may "
                              "have %ju of %ju",
                              (intmax_t)objects, (intmax_t)bytes,
                              (uintmax_t)s->bounds.owner_objects_max,
                              (uintmax_t)s->bounds.owner_bytes_max);
    return true;
}

static bool has_room(struct vt_samples *s, const struct vt_share_request *request,
                     struct vt_sample_answer *out, struct vt_error *err)
{
    uint64_t free_bytes;

    out->retry_after_s = COME_AGAIN_S;
    if (s->census.waiting >= s->bounds.waiting_objects_max ||
        s->census.waiting_bytes + request->body_bytes > s->bounds.waiting_bytes_max)
        return vt_samples_say(out, 503, "share: %ju files wait to be scanned; come again",
                              (uintmax_t)s->census.waiting);
    if (s->census.coming >= s->bounds.coming_max)
        return vt_samples_say(out, 503, "share: %ju uploads are under way; come again",
                              (uintmax_t)s->census.coming);
    if (!vt_disk_free_bytes(s->disk, &free_bytes, err))
        return false;
    if (free_bytes < s->bounds.free_bytes_min ||
        free_bytes - s->bounds.free_bytes_min < request->body_bytes)
        return vt_samples_say(out, 507, "share: the cell's disk is full; come again");
    out->retry_after_s = 0;
    return true;
}

/* Somebody shared the same file in this period, and a scanner saw that it was the same. */
static bool is_held(struct vt_samples *s, const struct vt_share_request *request,
                    struct vt_sample_answer *out, struct vt_error *err)
{
    vt_hash digest;
    int64_t count;

    if (!vt_samples_key_digest(s, &request->recipient, &request->digest, &digest, err) ||
        !vt_records_ask_number(
            s->records,
            "SELECT count(*) FROM objects WHERE recipient = $1 AND digest = $2"
            " AND is_confirmed = 1 AND state = 3",
            VT_VALUES(VT_VALUE_HASH(&request->recipient), VT_VALUE_HASH(&digest)), 2, 0,
            &count, err))
        return false;
    if (count == 0)
        return true;
    out->offset = request->body_bytes;
    return vt_share_receipt_write(request, true, request->at_unix_s, request->at_unix_s,
                                  s->key, &out->document, err) &&
           vt_samples_say(out, 200, "the cell has this file already; nothing was kept");
}

/* ---- the row, then the files ------------------------------------------------------------
 */

static bool put_row(struct vt_samples *s, const struct vt_share_request *request,
                    struct vt_error *err)
{
    const vt_slice none = { 0 };
    vt_hash digest;

    return vt_samples_key_digest(s, &request->recipient, &request->digest, &digest, err) &&
           vt_records_change(
               s->records,
               "INSERT INTO objects (id, owner, country, recipient, body, body_bytes,"
               " digest, is_confirmed, rule, asked_at, signature, state, here, touched,"
               " kept_until, receipt, lease, attempts, verdict, rules, outcome) VALUES"
               " ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $10, 1, 0, $11, $12, $13, 0, 0, 0,"
               " $14, $15)",
               VT_VALUES(VT_VALUE_HASH(&request->object),
                         VT_VALUE_BYTES(VT_BYTES(request->pseudonym)),
                         VT_VALUE_BYTES(vt_slice_of(request->country, 2)),
                         VT_VALUE_HASH(&request->recipient), VT_VALUE_HASH(&request->body),
                         VT_VALUE_NUMBER(request->body_bytes), VT_VALUE_HASH(&digest),
                         VT_VALUE_BYTES(request->rule), VT_VALUE_NUMBER(request->at_unix_s),
                         VT_VALUE_BYTES(VT_BYTES(request->signature)),
                         VT_VALUE_NUMBER(vt_samples_now(s)),
                         VT_VALUE_NUMBER(vt_samples_now(s) + (int64_t)s->bounds.coming_s),
                         VT_VALUE_BYTES(none), VT_VALUE_BYTES(none), VT_VALUE_BYTES(none)),
               15, NULL, err);
}

/* False with a disk that is not spoiled: there was no room. */
static bool make_files(struct vt_samples *s, const struct vt_share_request *request,
                       struct vt_error *err)
{
    const struct vt_sample_row row = { .body_bytes = request->body_bytes };
    char path[VT_SAMPLE_PATH_BYTES];
    struct vt_sample_slot *slot;

    vt_sample_header_path(&request->object, path);
    return vt_disk_write(s->disk, path, request->header, 0600, err) &&
           vt_samples_slot(s, &request->object, &row, &slot, err) &&
           vt_disk_file_reserve(slot->file, request->body_bytes, err);
}

static bool begin(struct vt_samples *s, const struct vt_share_request *request,
                  struct vt_sample_answer *out, struct vt_error *err)
{
    if (!vt_samples_begin(s, err) || !put_row(s, request, err) ||
        !vt_samples_commit(s, err))
        return false;
    s->census.coming++;
    if (make_files(s, request, err))
        return vt_samples_say(out, 201, "send the body");
    if (vt_disk_is_spoiled(s->disk))
        return false;
    *err = (struct vt_error){ 0 };
    out->retry_after_s = COME_AGAIN_S;
    return vt_samples_drop(s, &request->object, err) &&
           vt_samples_say(out, 507, "share: the cell's disk is full; come again");
}

bool vt_samples_share(struct vt_samples *samples, const struct vt_share_request *request,
                      struct vt_sample_answer *out, struct vt_error *err)
{
    static bool (*const questions[])(struct vt_samples * s,
                                     const struct vt_share_request *request,
                                     struct vt_sample_answer *out, struct vt_error *err) = {
        is_consent, is_new, is_within_quota, is_held, has_room, begin,
    };

    *out = (struct vt_sample_answer){ .document = vt_buf_init(VT_SHARE_RECEIPT_BYTES_MAX) };
    for (size_t i = 0; i < sizeof questions / sizeof questions[0] && out->status == 0; i++)
        if (!questions[i](samples, request, out, err))
            return false;
    return true;
}
