/* Asking who had the key of an object, and the answer. */
#include "custody/disclosure.h"
#include "crypto/hkdf.h"
#include "evidence/field.h"
#include "evidence/paper.h"

#define ASK   "vitrine/accesses/v1\n"
#define ORDER "vitrine/withdraw/v1\n"

/* ---- asking -----------------------------------------------------------------------------
 */

static vt_slice label_of(bool is_withdrawal)
{
    return is_withdrawal ? VT_LIT(ORDER) : VT_LIT(ASK);
}

vt_hash vt_disclosure_proof(const uint8_t bond[VT_AGE_BOND_BYTES], bool is_withdrawal,
                            const vt_hash *nonce, int64_t at_unix_s, const vt_hash *object)
{
    uint64_t time = htobe64((uint64_t)at_unix_s); /* whatever it is: the same eight bytes */
    vt_hash proof;

    vt_hmac_sha256(vt_slice_of(bond, VT_AGE_BOND_BYTES),
                   VT_PARTS(label_of(is_withdrawal), vt_hash_slice(nonce),
                            vt_slice_of(&time, sizeof time), vt_hash_slice(object)),
                   &proof);
    return proof;
}

bool vt_disclosure_request_parse(vt_slice bytes, struct vt_disclosure_request *out,
                                 struct vt_error *err)
{
    struct vt_disclosure_request request = { .at_unix_s = 0 };
    vt_reader r = { bytes };
    vt_slice recipient;
    uint64_t time;

    if (bytes.len > VT_DISCLOSURE_REQUEST_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "a question of %zu bytes, at most %zu", bytes.len,
                       VT_DISCLOSURE_REQUEST_BYTES_MAX);
    request.is_withdrawal = vt_read_literal(&r, VT_LIT(ORDER));
    if ((!request.is_withdrawal && !vt_read_literal(&r, VT_LIT(ASK))) ||
        !vt_hash_read(&r, &request.nonce) || !vt_read_u64(&r, &time) ||
        time > VT_TIME_UNIX_S_MAX ||
        !vt_read_bytes(&r, sizeof request.recipient.bytes, &recipient) ||
        !vt_hash_read(&r, &request.proof) || r.rest.len == 0 ||
        r.rest.len > VT_DISCLOSURE_HEADER_BYTES_MAX)
        return vt_fail(err, VT_MALFORMED, "a question for accesses without its form");
    request.at_unix_s = (int64_t)time; /* bounded above */
    memcpy(request.recipient.bytes, recipient.data, recipient.len);
    request.header = r.rest;
    *out = request;
    return true;
}

bool vt_disclosure_request_write(const struct vt_disclosure_request *request,
                                 struct vt_buf *out, struct vt_error *err)
{
    if (request->header.len == 0 || request->header.len > VT_DISCLOSURE_HEADER_BYTES_MAX ||
        request->at_unix_s < 0 || request->at_unix_s > VT_TIME_UNIX_S_MAX)
        return vt_fail(err, VT_LIMIT, "a question for accesses out of its bounds");
    vt_buf_put(out, label_of(request->is_withdrawal));
    vt_buf_put(out, VT_BYTES(request->nonce));
    vt_buf_put_u64(out, (uint64_t)request->at_unix_s); /* not negative */
    vt_buf_put(out, VT_BYTES(request->recipient.bytes));
    vt_buf_put(out, VT_BYTES(request->proof));
    vt_buf_put(out, request->header);
    return vt_buf_check(out, "a question for accesses", err);
}

/* ---- the answer, as JSON ----------------------------------------------------------------
 */

static const char *const DEEDS[] = { "released", "rewrapped", "erased", NULL };

static const struct vt_field ROW[] = {
    { "deed", VT_FIELD_WORD, false, 0, NULL, DEEDS },
    { "entry", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "commitment", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "at", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "reason", VT_FIELD_TEXT, false, 64, NULL, NULL },
    { "role", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "jurisdiction", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static const struct vt_field WITHDRAWN[] = {
    { "number", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "at", VT_FIELD_TIME, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static const struct vt_field DISCLOSURE[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "cell", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "ledger", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "object", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "nonce", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "at", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "number", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "chain", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "size", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "root", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "accesses", VT_FIELD_OBJECTS, false, VT_DISCLOSURE_ROWS_MAX, ROW, NULL },
    { "older", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "withdrawn", VT_FIELD_OBJECT, true, 0, WITHDRAWN, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

void vt_disclosure_clear(struct vt_disclosure *disclosure)
{
    vt_json_clear(&disclosure->json);
}

size_t vt_disclosure_texts(const struct vt_disclosure *disclosure)
{
    size_t bytes = 0;

    for (size_t i = 0; i < disclosure->count; i++)
        bytes += disclosure->rows[i].role.len + disclosure->rows[i].jurisdiction.len;
    return bytes;
}

static json_t *text_of(vt_slice text)
{
    return json_stringn((const char *)text.data, text.len);
}

static json_t *row_json(const struct vt_disclosed *row)
{
    return json_pack(
        "{s:s,s:I,s:o,s:o,s:s,s:o,s:o}", "deed", vt_agent_deed_name(row->deed), "entry",
        (json_int_t)row->entry, "commitment", vt_field_of_hash(&row->commitment), "at",
        vt_field_of_time(row->at_unix_s), "reason", vt_access_reason_name(row->reason),
        "role", text_of(row->role), "jurisdiction", text_of(row->jurisdiction));
}

static bool add_withdrawn(const struct vt_disclosure *d, json_t *payload)
{
    return d->withdrawn == 0 ||
           json_object_set_new(payload, "withdrawn",
                               json_pack("{s:I,s:o}", "number", (json_int_t)d->withdrawn,
                                         "at", vt_field_of_time(d->withdrawn_unix_s))) == 0;
}

bool vt_disclosure_write(const struct vt_disclosure *d, const struct vt_key *key,
                         struct vt_buf *out, struct vt_error *err)
{
    json_t *rows = json_array();
    VT_AUTO_JSON payload = json_pack(
        "{s:i,s:o,s:o,s:o,s:o,s:o,s:I,s:o,s:I,s:o,s:o,s:I}", "v", 1, "cell",
        text_of(d->cell), "ledger", text_of(d->ledger), "object",
        vt_field_of_hash(&d->object), "nonce", vt_field_of_hash(&d->nonce), "at",
        vt_field_of_time(d->at_unix_s), "number", (json_int_t)d->number, "chain",
        vt_field_of_hash(&d->chain), "size", (json_int_t)d->size, "root",
        vt_field_of_hash(&d->root), "accesses", rows, "older", (json_int_t)d->older);

    if (payload == NULL || !add_withdrawn(d, payload))
        return vt_fail(err, VT_IO, "a list of accesses: out of memory");
    for (size_t i = 0; i < d->count; i++)
        if (json_array_append_new(rows, row_json(&d->rows[i])) != 0)
            return vt_fail(err, VT_IO, "a list of accesses: out of memory");
    return vt_schema_verify(payload, "a list of accesses", DISCLOSURE, err) &&
           vt_paper_write(payload, VT_DISCLOSURE_TYPE, key, out, err);
}

static bool read_row(const json_t *json, struct vt_disclosed *out, struct vt_error *err)
{
    vt_slice deed = vt_field_text(json, "deed");

    *out =
        (struct vt_disclosed){ .deed = vt_slice_is(deed, "released") ? VT_AGENT_RELEASED
                                       : vt_slice_is(deed, "erased") ? VT_AGENT_ERASED
                                                                     : VT_AGENT_REWRAPPED,
                               .entry = vt_field_number(json, "entry"),
                               .commitment = vt_field_hash(json, "commitment"),
                               .role = vt_field_text(json, "role"),
                               .jurisdiction = vt_field_text(json, "jurisdiction") };
    if (!vt_access_reason_of(vt_field_text(json, "reason"), &out->reason))
        return vt_fail(err, VT_MALFORMED, "an access for no reason that we know");
    return vt_json_get_time(json, "an access", "at", &out->at_unix_s, err);
}

static bool read_rows(const json_t *json, struct vt_disclosure *out, struct vt_error *err)
{
    const json_t *rows = json_object_get(json, "accesses");

    for (size_t i = 0; i < json_array_size(rows); i++) {
        struct vt_disclosed *row = &out->rows[i];

        if (!read_row(json_array_get(rows, i), row, err))
            return false;
        if (row->entry >= out->size)
            return vt_fail(err, VT_MALFORMED,
                           "an access at entry %ju, of a ledger of %ju entries",
                           (uintmax_t)row->entry, (uintmax_t)out->size);
        for (size_t j = 0; j < i; j++)
            if (out->rows[j].entry == row->entry)
                return vt_fail(err, VT_MALFORMED, "entry %ju stands there twice",
                               (uintmax_t)row->entry);
        out->count++;
    }
    return true;
}

/* A record that the count has not reached is none. */
static bool read_withdrawn(const json_t *json, struct vt_disclosure *out,
                           struct vt_error *err)
{
    const json_t *withdrawn = json_object_get(json, "withdrawn");

    if (withdrawn == NULL)
        return true;
    out->withdrawn = vt_field_number(withdrawn, "number");
    if (out->withdrawn == 0 || out->withdrawn > out->number)
        return vt_fail(err, VT_MALFORMED, "withdrawn by record %ju, and there are %ju",
                       (uintmax_t)out->withdrawn, (uintmax_t)out->number);
    return vt_json_get_time(withdrawn, "withdrawn", "at", &out->withdrawn_unix_s, err);
}

bool vt_disclosure_read(vt_slice bytes, struct vt_dsse *dsse_out, struct vt_disclosure *out,
                        struct vt_error *err)
{
    VT_AUTO_FREE struct vt_disclosure *d = vt_alloc(sizeof *d);
    VT_AUTO_JSON json = NULL;

    if (!vt_paper_open(bytes, VT_DISCLOSURE_TYPE, DISCLOSURE, "a list of accesses",
                       dsse_out, &json, err) ||
        !vt_json_get_time(json, "a list of accesses", "at", &d->at_unix_s, err))
        return false;
    d->cell = vt_field_text(json, "cell");
    d->ledger = vt_field_text(json, "ledger");
    d->object = vt_field_hash(json, "object");
    d->nonce = vt_field_hash(json, "nonce");
    d->number = vt_field_number(json, "number");
    d->chain = vt_field_hash(json, "chain");
    d->size = vt_field_number(json, "size");
    d->root = vt_field_hash(json, "root");
    d->older = vt_field_number(json, "older");
    if (!read_rows(json, d, err) || !read_withdrawn(json, d, err))
        return vt_within(err, "a list of accesses");
    if (d->older != 0 && d->count < VT_DISCLOSURE_ROWS_MAX &&
        vt_disclosure_texts(d) + VT_DISCLOSURE_ROW_BYTES_MAX <= VT_DISCLOSURE_TEXTS_MAX)
        return vt_fail(err, VT_MALFORMED, "a list of accesses: it leaves some out");
    d->json = json_incref(json);
    *out = *d;
    return true;
}

/* ---- whether to believe it --------------------------------------------------------------
 */

static bool is_by_agent(const struct vt_disclosure *d, const struct vt_dsse *dsse,
                        const struct vt_keyring *keyring, struct vt_error *err)
{
    const struct vt_trust_key *key =
        vt_keyring_find(keyring, dsse->signatures[0].keyid, VT_ROLE_AGENT);
    enum vt_regard standing;

    if (key == NULL || (key->products != NULL && !vt_list_has(key->products, d->cell)) ||
        !vt_paper_is_by(dsse, &key->key))
        return vt_fail(err, VT_REJECTED, "is not signed by a key agent of the cell %.*s",
                       VT_SLICE_ARGS(d->cell));
    standing = vt_trust_key_standing(key, d->at_unix_s);
    return standing == VT_REGARD_GOOD ||
           vt_fail(err, VT_REJECTED, "is signed by %s", vt_regard_words(standing));
}

bool vt_disclosure_answers(const struct vt_disclosure *d, const struct vt_dsse *dsse,
                           const struct vt_keyring *keyring,
                           const struct vt_disclosure_request *request,
                           const vt_hash *object, struct vt_error *err)
{
    bool is_ok = is_by_agent(d, dsse, keyring, err);

    if (is_ok && !vt_hash_equal(&d->object, object))
        is_ok = vt_fail(err, VT_REJECTED, "is about another object");
    if (is_ok && !vt_hash_equal(&d->nonce, &request->nonce))
        is_ok = vt_fail(err, VT_REJECTED, "answers another question: it may be an old one");
    return is_ok || vt_within(err, "the list of accesses");
}
