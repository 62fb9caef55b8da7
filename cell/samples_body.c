/* Bodies as they come in: open files, the hash that runs along, and the receipt. */
#include "cell/samples_inside.h"
#include "cell/samples_move.h"
#include "crypto/hkdf.h"

/* ---- rows -------------------------------------------------------------------------------
 */

static bool take_row(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    struct vt_sample_row *out = context;
    vt_slice owner = vt_record_bytes(row, 1), body = vt_record_bytes(row, 2);

    if (owner.len != sizeof out->owner || body.len != sizeof out->body)
        return vt_fail(err, VT_MALFORMED, "samples: a row without its keys");
    out->is_there = true;
    out->state = (int)vt_record_number(row, 0); /* 1 to 5 */
    memcpy(&out->owner, owner.data, owner.len);
    memcpy(&out->body, body.data, body.len);
    out->body_bytes = (uint64_t)vt_record_number(row, 3); /* never negative, both */
    out->here = (uint64_t)vt_record_number(row, 4);
    return true;
}

bool vt_samples_find(struct vt_samples *samples, const vt_hash *object,
                     struct vt_sample_row *out, struct vt_error *err)
{
    *out = (struct vt_sample_row){ .is_there = false };
    return vt_records_ask(
        samples->records,
        "SELECT state, owner, body, body_bytes, here FROM objects WHERE id = $1",
        VT_VALUES(VT_VALUE_HASH(object)), 1, take_row, out, err);
}

bool vt_samples_was_erased(struct vt_samples *samples, const vt_hash *object, bool *out,
                           struct vt_error *err)
{
    int64_t count;

    if (!vt_records_ask_number(samples->records,
                               "SELECT count(*) FROM erased WHERE id = $1",
                               VT_VALUES(VT_VALUE_HASH(object)), 1, 0, &count, err))
        return false;
    *out = count != 0;
    return true;
}

static bool take_receipt(void *context, const struct vt_record_row *row,
                         struct vt_error *err)
{
    (void)err;
    vt_buf_put(context, vt_record_bytes(row, 0));
    return true;
}

bool vt_samples_show_receipt(struct vt_samples *samples, const vt_hash *object,
                             struct vt_sample_answer *out, struct vt_error *err)
{
    return vt_records_ask(samples->records, "SELECT receipt FROM objects WHERE id = $1",
                          VT_VALUES(VT_VALUE_HASH(object)), 1, take_receipt, &out->document,
                          err) &&
           vt_buf_check(&out->document, "a receipt", err) &&
           vt_samples_say(out, 200, "whole and durable");
}

/* ---- open files -------------------------------------------------------------------------
 */

void vt_sample_slot_close(struct vt_sample_slot *slot)
{
    vt_disk_file_close(slot->file);
    *slot = (struct vt_sample_slot){ .file = NULL };
}

struct vt_sample_slot *vt_samples_find_slot(struct vt_samples *samples,
                                            const vt_hash *object)
{
    for (size_t i = 0; i < VT_SAMPLE_SLOTS; i++)
        if (samples->slots[i].file != NULL &&
            vt_hash_equal(&samples->slots[i].object, object))
            return &samples->slots[i];
    return NULL;
}

/* Keep what came into a slot that gives way, so that nobody has to send it again. */
static bool keep(struct vt_samples *s, struct vt_sample_slot *slot, struct vt_error *err)
{
    return vt_disk_file_sync(slot->file, err) && vt_samples_begin(s, err) &&
           vt_records_change(
               s->records,
               "UPDATE objects SET here = $2, touched = $3, kept_until = $4"
               " WHERE id = $1 AND state = 1",
               VT_VALUES(VT_VALUE_HASH(&slot->object), VT_VALUE_NUMBER(slot->here),
                         VT_VALUE_NUMBER(vt_samples_now(s)),
                         VT_VALUE_NUMBER(vt_samples_now(s) + (int64_t)s->bounds.coming_s)),
               4, NULL, err) &&
           vt_samples_commit(s, err);
}

static bool free_slot(struct vt_samples *s, struct vt_sample_slot **out,
                      struct vt_error *err)
{
    struct vt_sample_slot *oldest = &s->slots[0];

    for (size_t i = 0; i < VT_SAMPLE_SLOTS; i++) {
        if (s->slots[i].file == NULL) {
            *out = &s->slots[i];
            return true;
        }
        if (s->slots[i].used < oldest->used)
            oldest = &s->slots[i];
    }
    if (!keep(s, oldest, err))
        return false;
    vt_sample_slot_close(oldest);
    *out = oldest;
    return true;
}

bool vt_samples_slot(struct vt_samples *samples, const vt_hash *object,
                     const struct vt_sample_row *row, struct vt_sample_slot **out,
                     struct vt_error *err)
{
    struct vt_sample_slot *slot = vt_samples_find_slot(samples, object);
    char path[VT_SAMPLE_PATH_BYTES];

    if (slot == NULL) {
        struct vt_disk_file *file;

        vt_sample_body_path(object, path);
        if (!free_slot(samples, &slot, err) ||
            !vt_disk_file_open(samples->disk, path, &file, err))
            return false;
        *slot = (struct vt_sample_slot){ .file = file,
                                         .object = *object,
                                         .here = row->here,
                                         .body_bytes = row->body_bytes,
                                         .is_hashed = row->here == 0 };
        vt_sha256_init(&slot->hash);
    }
    slot->used = ++samples->uses;
    *out = slot;
    return true;
}

/* ---- digests ----------------------------------------------------------------------------
 */

/* The file is there before anything is kept that was made with it. */
static bool read_secret(struct vt_samples *s, const vt_hash *recipient, vt_hash *out,
                        struct vt_error *err)
{
    char text[65], path[VT_SAMPLE_PATH_BYTES];
    VT_AUTO_BUF bytes = vt_buf_init(sizeof *out);

    vt_hash_text(recipient, text);
    (void)snprintf(path, sizeof path, "secret/%s", text);
    if (!vt_disk_has(s->disk, path)) {
        vt_env_random(&s->env, out->bytes, sizeof out->bytes);
        return vt_disk_write(s->disk, path, vt_hash_slice(out), 0600, err);
    }
    if (!vt_disk_read(s->disk, path, &bytes, err))
        return false;
    if (bytes.len != sizeof *out)
        return vt_fail(err, VT_MALFORMED, "%s/%s: is no secret", vt_disk_path(s->disk),
                       path);
    memcpy(out->bytes, bytes.data, sizeof *out);
    return true;
}

bool vt_samples_key_digest(struct vt_samples *samples, const vt_hash *recipient,
                           const vt_hash *digest, vt_hash *out, struct vt_error *err)
{
    vt_hash secret;

    if (!read_secret(samples, recipient, &secret, err))
        return false;
    vt_hmac_sha256(vt_hash_slice(&secret), VT_PARTS(vt_hash_slice(digest)), out);
    explicit_bzero(&secret, sizeof secret);
    return true;
}

/* ---- putting ----------------------------------------------------------------------------
 */

/* Why nothing can be put there now. */
static bool why_not(struct vt_samples *s, const vt_hash *object,
                    const struct vt_sample_row *row, uint16_t *status_out,
                    struct vt_error *err)
{
    bool was_erased = row->state >= VT_SAMPLE_ERASING;

    if (row->is_there && !was_erased) {
        *status_out = 409; /* it is whole: nothing is next */
        return true;
    }
    if (!row->is_there && !vt_samples_was_erased(s, object, &was_erased, err))
        return false;
    *status_out = was_erased ? 410 : 404;
    return true;
}

bool vt_samples_put(struct vt_samples *samples, const vt_hash *object, uint64_t offset,
                    vt_slice bytes, uint16_t *status_out, struct vt_error *err)
{
    struct vt_sample_slot *slot = vt_samples_find_slot(samples, object);
    struct vt_sample_row row;

    *status_out = 0;
    if (slot == NULL) {
        if (!vt_samples_find(samples, object, &row, err))
            return false;
        if (!row.is_there || row.state != VT_SAMPLE_COMING)
            return why_not(samples, object, &row, status_out, err);
        if (!vt_samples_slot(samples, object, &row, &slot, err))
            return false;
    }
    slot->used = ++samples->uses;
    if (offset != slot->here) {
        *status_out = 409;
    } else if (bytes.len > slot->body_bytes - slot->here) {
        *status_out = 413;
    } else {
        if (!vt_disk_file_write_at(slot->file, offset, bytes, err))
            return false;
        vt_sha256_add(&slot->hash, bytes);
        slot->here += bytes.len;
    }
    return true;
}

/* ---- ending -----------------------------------------------------------------------------
 */

static bool hash_again(struct vt_sample_slot *slot, struct vt_error *err)
{
    enum { PIECE = 1 << 16 };
    VT_AUTO_FREE uint8_t *piece = vt_alloc(PIECE);

    vt_sha256_init(&slot->hash);
    for (uint64_t at = 0; at < slot->body_bytes;) {
        uint64_t left = slot->body_bytes - at;
        size_t got;

        if (!vt_disk_file_read_at(slot->file, at, piece,
                                  left < PIECE ? (size_t)left : PIECE, &got, err))
            return false;
        if (got == 0)
            break; /* shorter than it should be: another hash */
        vt_sha256_add(&slot->hash, vt_slice_of(piece, got));
        at += got;
    }
    return true;
}

/* The request as far as a receipt tells of it. */
struct asked {
    struct vt_share_request request;
    struct vt_buf text; /* what its slices point into */
};

static bool take_asked(void *context, const struct vt_record_row *row, struct vt_error *err)
{
    struct asked *out = context;
    vt_slice country = vt_record_bytes(row, 0), recipient = vt_record_bytes(row, 1),
             rule = vt_record_bytes(row, 2);

    if (country.len != 2 || recipient.len != sizeof out->request.recipient)
        return vt_fail(err, VT_MALFORMED, "samples: a row without its country");
    memcpy(out->request.country, country.data, 2);
    memcpy(&out->request.recipient, recipient.data, recipient.len);
    vt_buf_put(&out->text, rule);
    out->request.rule = vt_buf_slice(&out->text);
    return true;
}

/* The state changes and the receipt is kept in one transaction, before it is shown. */
static bool acknowledge(struct vt_samples *s, const struct vt_sample_slot *slot,
                        const struct vt_sample_row *row, struct vt_sample_answer *out,
                        struct vt_error *err)
{
    struct asked asked = { .request = { .cell = vt_slice_from_cstr(s->cell),
                                        .object = slot->object,
                                        .body = row->body,
                                        .body_bytes = row->body_bytes },
                           .text = vt_buf_init(VT_SHARE_RULE_BYTES_MAX) };
    int64_t now = vt_samples_now(s), until = now + (int64_t)s->bounds.keep_s;
    bool is_ok =
        vt_records_ask(
            s->records, "SELECT country, recipient, rule FROM objects WHERE id = $1",
            VT_VALUES(VT_VALUE_HASH(&slot->object)), 1, take_asked, &asked, err) &&
        vt_share_receipt_write(&asked.request, false, now, until, s->key, &out->document,
                               err) &&
        vt_samples_begin(s, err) &&
        vt_records_change(s->records,
                          "UPDATE objects SET state = 2, here = body_bytes, touched = $2,"
                          " kept_until = $3, receipt = $4 WHERE id = $1 AND state = 1",
                          VT_VALUES(VT_VALUE_HASH(&slot->object), VT_VALUE_NUMBER(now),
                                    VT_VALUE_NUMBER(until),
                                    VT_VALUE_BYTES(vt_buf_slice(&out->document))),
                          4, NULL, err) &&
        vt_samples_add_total(s, VT_DATA_FILE, VT_COUNTED_ACCEPTED, 1, err) &&
        vt_samples_commit(s, err);

    vt_buf_clear(&asked.text);
    if (!is_ok)
        return false;
    s->census.coming--;
    s->census.waiting++;
    s->census.waiting_bytes += row->body_bytes;
    out->offset = row->body_bytes;
    out->counted = 1;
    return vt_samples_say(out, 200, "whole and durable");
}

static bool end_whole(struct vt_samples *s, struct vt_sample_slot *slot,
                      const struct vt_sample_row *row, struct vt_sample_answer *out,
                      struct vt_error *err)
{
    vt_hash object = slot->object, body;
    char path[VT_SAMPLE_PATH_BYTES];
    bool is_ok;

    vt_sample_header_path(&object, path);
    if (!vt_disk_has(s->disk, path)) /* the wish was cut off before it was written */
        return keep(s, slot, err) &&
               vt_samples_say(out, 409, "send the wish to share again first");
    if (!slot->is_hashed && !hash_again(slot, err))
        return false;
    vt_sha256_end(&slot->hash, &body);
    is_ok = vt_hash_equal(&body, &row->body)
                ? acknowledge(s, slot, row, out, err)
                : vt_samples_drop(s, &object, err) &&
                      vt_samples_say(out, 422,
                                     "share: the body is not the one that was announced; "
                                     "it was thrown away");
    slot = vt_samples_find_slot(s, &object);
    if (slot != NULL)
        vt_sample_slot_close(slot);
    return is_ok;
}

bool vt_samples_end(struct vt_samples *samples, const vt_hash *object,
                    struct vt_sample_answer *out, struct vt_error *err)
{
    struct vt_sample_slot *slot = vt_samples_find_slot(samples, object);
    struct vt_sample_row row;

    if (slot == NULL)
        return vt_samples_state(samples, object, out, err);
    *out = (struct vt_sample_answer){ .document = vt_buf_init(VT_SHARE_RECEIPT_BYTES_MAX) };
    out->offset = slot->here;
    if (slot->here < slot->body_bytes)
        return keep(samples, slot, err) &&
               vt_samples_say(out, 202, "go on at %ju", (uintmax_t)slot->here);
    return vt_disk_file_sync(slot->file, err) &&
           vt_samples_find(samples, object, &row, err) &&
           end_whole(samples, slot, &row, out, err);
}

bool vt_samples_state(struct vt_samples *samples, const vt_hash *object,
                      struct vt_sample_answer *out, struct vt_error *err)
{
    const struct vt_sample_slot *slot = vt_samples_find_slot(samples, object);
    struct vt_sample_row row;
    vt_hash here = *object; /* its owner knows it by the id that it had elsewhere */
    uint16_t status;

    if (!vt_samples_resolve(samples, &here, err))
        return false;
    object = &here;
    if (out->document.bytes_max == 0)
        *out = (struct vt_sample_answer){ .document =
                                              vt_buf_init(VT_SHARE_RECEIPT_BYTES_MAX) };
    if (!vt_samples_find(samples, object, &row, err))
        return false;
    if (!row.is_there || row.state >= VT_SAMPLE_ERASING)
        return why_not(samples, object, &row, &status, err) &&
               vt_samples_say(out, status,
                              status == 410 ? "this object was erased" : "no such object");
    out->offset = slot != NULL ? slot->here : row.here;
    if (row.state != VT_SAMPLE_COMING) {
        out->offset = row.body_bytes;
        return vt_samples_show_receipt(samples, object, out, err);
    }
    return vt_samples_say(out, 202, "go on at %ju", (uintmax_t)out->offset);
}

static bool take_country(void *context, const struct vt_record_row *row,
                         struct vt_error *err)
{
    vt_slice country = vt_record_bytes(row, 0);
    char *out = context;

    if (country.len != 2)
        return vt_fail(err, VT_MALFORMED, "samples: a row without its country");
    memcpy(out, country.data, 2);
    out[2] = '\0';
    return true;
}

bool vt_samples_country(struct vt_samples *samples, const vt_hash *object, char out[3],
                        struct vt_error *err)
{
    char country[3] = "";

    if (!vt_records_ask(samples->records, "SELECT country FROM objects WHERE id = $1",
                        VT_VALUES(VT_VALUE_HASH(object)), 1, take_country, country, err))
        return false;
    if (country[0] == '\0')
        return vt_fail(err, VT_ABSENT, "samples: no such object");
    memcpy(out, country, sizeof country);
    return true;
}
