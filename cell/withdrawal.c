/* Pseudonyms, requests to erase, receipts: small canonical documents in DSSE envelopes. */
#include "cell/withdrawal.h"
#include "evidence/paper.h"
#include "evidence/field.h"
#include "wire/hex.h"

#define SECRET_FILE "secret"

enum { SECRET_BYTES = 32, OBJECTS_MAX = 512 };

/* ---- pseudonyms -------------------------------------------------------------------------
 */

static bool read_secret(struct vt_disk *home, const struct vt_env *env,
                        uint8_t out[SECRET_BYTES], struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(256);

    if (!vt_disk_has(home, SECRET_FILE)) {
        vt_env_random(env, out, SECRET_BYTES);
        vt_hex_write(&text, vt_slice_of(out, SECRET_BYTES));
        vt_buf_put_u8(&text, '\n');
        return vt_disk_create(home, SECRET_FILE, vt_buf_slice(&text), 0600, err);
    }
    if (!vt_disk_keep(home, SECRET_FILE, err) ||
        !vt_disk_read(home, SECRET_FILE, &text, err))
        return false;
    return (text.len == 2 * SECRET_BYTES + 1 && text.data[text.len - 1] == '\n' &&
            vt_hex_parse(vt_slice_of(text.data, text.len - 1), out, SECRET_BYTES)) ||
           vt_fail(err, VT_REJECTED, "%s/%s: is no secret of 64 hex digits",
                   vt_disk_path(home), SECRET_FILE);
}

/* SHA-256("vitrine/pseudonym/v1\n", secret, cell) is the seed: two cells see two keys. */
bool vt_pseudonym_open(struct vt_disk *home, vt_slice cell, const struct vt_env *env,
                       struct vt_key **out, struct vt_error *err)
{
    uint8_t secret[SECRET_BYTES];
    struct vt_sha256 state;
    vt_hash seed;
    bool ok;

    if (!read_secret(home, env, secret, err))
        return false;
    vt_sha256_init(&state);
    vt_sha256_add(&state, VT_LIT("vitrine/pseudonym/v1\n"));
    vt_sha256_add(&state, vt_slice_of(secret, sizeof secret));
    vt_sha256_add(&state, cell);
    vt_sha256_end(&state, &seed);
    ok = vt_key_from_seed(seed.bytes, out, err);
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(&seed, sizeof seed);
    return ok;
}

/* ---- the request ------------------------------------------------------------------------
 */

static const struct vt_field REQUEST[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "cell", VT_FIELD_TEXT, false, 64, NULL, NULL },
    { "pseudonym", VT_FIELD_SHA256, false, 0, NULL, NULL }, /* a raw key has 32 bytes too */
    { "at", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "objects", VT_FIELD_TEXTS, false, OBJECTS_MAX, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static json_t *list_samples(const struct vt_sent *sent, vt_slice cell)
{
    json_t *objects = json_array();

    for (size_t i = 0; i < vt_sent_count(sent); i++) {
        const struct vt_sent_record *record = vt_sent_at(sent, i);

        if (record->kind == VT_SENT_SAMPLE && vt_slice_equal(record->cell, cell))
            (void)json_array_append_new(objects, vt_field_of_hash(&record->sha256));
    }
    /* All that came under the pseudonym is meant anyway; the newest are named. */
    while (json_array_size(objects) > OBJECTS_MAX)
        (void)json_array_remove(objects, 0);
    return objects;
}

/* objects: taken. */
static bool write_payload(vt_slice cell, const struct vt_public_key *pseudonym,
                          int64_t at_unix_s, json_t *objects, json_t **out,
                          struct vt_error *err)
{
    char key[65];
    VT_AUTO_JSON payload = NULL;

    vt_hex_text(VT_BYTES(*pseudonym), key);
    payload = json_pack("{s:i,s:s%,s:s,s:o,s:o}", "v", 1, "cell", (const char *)cell.data,
                        cell.len, "pseudonym", key, "at", vt_field_of_time(at_unix_s),
                        "objects", objects);
    if (payload == NULL)
        return vt_fail(err, VT_MALFORMED, "withdrawal: the cell's name is not UTF-8");
    if (!vt_schema_verify(payload, "withdrawal", REQUEST, err))
        return false;
    *out = json_incref(payload);
    return true;
}

bool vt_withdrawal_write(const struct vt_sent *sent, vt_slice cell,
                         const struct vt_key *pseudonym, int64_t now_unix_s,
                         struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_JSON payload = NULL;

    return write_payload(cell, vt_key_public(pseudonym), now_unix_s,
                         list_samples(sent, cell), &payload, err) &&
           vt_paper_write(payload, VT_WITHDRAWAL_TYPE, pseudonym, out, err);
}

void vt_withdrawal_clear(struct vt_withdrawal *withdrawal)
{
    vt_json_clear(&withdrawal->json);
}

static bool objects_are_hashes(const json_t *objects, struct vt_error *err)
{
    vt_hash ignored;

    for (size_t i = 0; i < json_array_size(objects); i++)
        if (!vt_hash_parse_hex(
                vt_slice_from_cstr(json_string_value(json_array_get(objects, i))),
                &ignored))
            return vt_fail(err, VT_MALFORMED, "withdrawal: an object is no SHA-256");
    return true;
}

bool vt_withdrawal_parse(vt_slice bytes, struct vt_withdrawal *out, struct vt_error *err)
{
    VT_AUTO_DSSE dsse = { 0 };
    VT_AUTO_JSON json = NULL;
    struct vt_withdrawal request = { .json = NULL };

    if (bytes.len != 0 && bytes.data[bytes.len - 1] == '\n')
        bytes.len--; /* files may end with a line break, envelopes do not */
    if (!vt_paper_open(bytes, VT_WITHDRAWAL_TYPE, REQUEST, "withdrawal", &dsse, &json,
                       err) ||
        !vt_json_get_sha256(json, "withdrawal", "pseudonym", request.pseudonym.bytes,
                            err) ||
        !vt_json_get_time(json, "withdrawal", "at", &request.at_unix_s, err) ||
        !objects_are_hashes(json_object_get(json, "objects"), err))
        return false;
    if (!vt_paper_is_by(&dsse, &request.pseudonym))
        return vt_fail(err, VT_REJECTED,
                       "withdrawal: is not signed by the pseudonym that it names");
    request.cell = vt_field_text(json, "cell");
    request.objects = json_object_get(json, "objects");
    request.digest = vt_sha256_of(bytes);
    memcpy(request.signature, dsse.signatures[0].bytes.data, sizeof request.signature);
    request.json = json_incref(json);
    *out = request;
    return true;
}

static json_t *list_objects(vt_slice objects)
{
    json_t *list = json_array();
    vt_hash hash;

    for (size_t at = 0; objects.len - at >= sizeof hash; at += sizeof hash) {
        memcpy(hash.bytes, objects.data + at, sizeof hash);
        (void)json_array_append_new(list, vt_field_of_hash(&hash));
    }
    return list;
}

bool vt_withdrawal_of_fields(vt_slice cell, const struct vt_public_key *pseudonym,
                             int64_t at_unix_s, vt_slice objects,
                             const uint8_t signature[64], struct vt_withdrawal *out,
                             struct vt_error *err)
{
    struct vt_key_id id = vt_public_key_id(pseudonym);
    const struct vt_dsse_signature by = { .keyid = vt_slice_from_cstr(id.text),
                                          .bytes = vt_slice_of(signature, 64) };
    VT_AUTO_BUF text = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX),
                bytes = vt_buf_init(VT_WITHDRAWAL_BYTES_MAX);
    VT_AUTO_JSON payload = NULL;

    return write_payload(cell, pseudonym, at_unix_s, list_objects(objects), &payload,
                         err) &&
           vt_json_write_canonical(payload, &text, err) &&
           vt_dsse_write(VT_LIT(VT_WITHDRAWAL_TYPE), vt_buf_slice(&text), &by, 1, &bytes,
                         err) &&
           vt_withdrawal_parse(vt_buf_slice(&bytes), out, err);
}

/* ---- the receipt ------------------------------------------------------------------------
 */

static const struct vt_field KEPT[] = {
    { "what", VT_FIELD_TEXT, false, 256, NULL, NULL },
    { "why", VT_FIELD_TEXT, false, 256, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};
static const struct vt_field RECEIPT[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "cell", VT_FIELD_TEXT, false, 64, NULL, NULL },
    { "request", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "erased", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "at", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "kept", VT_FIELD_OBJECTS, false, 64, KEPT, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

bool vt_receipt_write(const struct vt_withdrawal *withdrawal, uint64_t erased,
                      const json_t *kept, int64_t now_unix_s, const struct vt_key *cell_key,
                      struct vt_buf *out, struct vt_error *err)
{
    VT_AUTO_JSON payload = json_pack(
        "{s:i,s:s%,s:o,s:I,s:o,s:O}", "v", 1, "cell", (const char *)withdrawal->cell.data,
        withdrawal->cell.len, "request", vt_field_of_hash(&withdrawal->digest), "erased",
        (json_int_t)erased, "at", vt_field_of_time(now_unix_s), "kept", kept);

    if (payload == NULL)
        return vt_fail(err, VT_IO, "receipt: out of memory");
    return vt_schema_verify(payload, "receipt", RECEIPT, err) &&
           vt_paper_write(payload, VT_RECEIPT_TYPE, cell_key, out, err);
}

void vt_receipt_clear(struct vt_receipt *receipt)
{
    vt_json_clear(&receipt->json);
}

bool vt_receipt_parse(vt_slice bytes, const struct vt_trust *trust, struct vt_receipt *out,
                      struct vt_error *err)
{
    VT_AUTO_DSSE dsse = { 0 };
    VT_AUTO_JSON json = NULL;
    struct vt_receipt receipt = { .json = NULL };

    if (!vt_paper_open(bytes, VT_RECEIPT_TYPE, RECEIPT, "receipt", &dsse, &json, err) ||
        !vt_json_get_time(json, "receipt", "at", &receipt.at_unix_s, err))
        return false;
    receipt.cell = vt_field_text(json, "cell");
    receipt.request = vt_field_hash(json, "request");
    receipt.erased = vt_field_number(json, "erased");
    receipt.kept = json_object_get(json, "kept");
    if (!vt_paper_is_cells(&dsse, trust, receipt.cell, receipt.at_unix_s, "receipt", err))
        return false;
    receipt.json = json_incref(json);
    *out = receipt;
    return true;
}
