/* Receipts of files that were shared. */
#include "cell/share_receipt.h"
#include "evidence/paper.h"
#include "evidence/field.h"

#define PURPOSE                                                                            \
    "to be scanned by the rules that this cell's head names, and for nothing else"

static const struct vt_field RECEIPT[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "cell", VT_FIELD_TEXT, false, VT_SHARE_CELL_BYTES_MAX, NULL, NULL },
    { "country", VT_FIELD_TEXT, false, 2, NULL, NULL },
    { "object", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "body", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "bytes", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "recipient", VT_FIELD_SHA256, false, 0, NULL, NULL },
    { "asked", VT_FIELD_TEXT, false, VT_SHARE_RULE_BYTES_MAX + 5, NULL, NULL },
    { "held", VT_FIELD_BOOL, false, 0, NULL, NULL },
    { "purpose", VT_FIELD_TEXT, false, 0, NULL, NULL },
    { "at", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "until", VT_FIELD_TIME, false, 0, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

/* As in the request: "hash", or "rule NAME". */
static json_t *asked_of(const struct vt_share_request *request)
{
    if (request->rule.len == 0)
        return json_string("hash");
    return json_sprintf("rule %.*s", VT_SLICE_ARGS(request->rule));
}

bool vt_share_receipt_write(const struct vt_share_request *request, bool is_held,
                            int64_t at_unix_s, int64_t until_unix_s,
                            const struct vt_key *cell_key, struct vt_buf *out,
                            struct vt_error *err)
{
    VT_AUTO_JSON payload = json_pack(
        "{s:i,s:s%,s:s,s:o,s:o,s:I,s:o,s:o,s:b,s:s,s:o,s:o}", "v", 1, "cell",
        (const char *)request->cell.data, request->cell.len, "country", request->country,
        "object", vt_field_of_hash(&request->object), "body",
        vt_field_of_hash(&request->body), "bytes", (json_int_t)request->body_bytes,
        "recipient", vt_field_of_hash(&request->recipient), "asked", asked_of(request),
        "held", is_held, "purpose", PURPOSE, "at", vt_field_of_time(at_unix_s), "until",
        vt_field_of_time(until_unix_s));

    if (payload == NULL)
        return vt_fail(err, VT_IO, "receipt: out of memory");
    return vt_schema_verify(payload, "receipt", RECEIPT, err) &&
           vt_paper_write(payload, VT_SHARE_RECEIPT_TYPE, cell_key, out, err);
}

void vt_share_receipt_clear(struct vt_share_receipt *receipt)
{
    vt_json_clear(&receipt->json);
}

bool vt_share_receipt_read(vt_slice bytes, struct vt_dsse *dsse_out,
                           struct vt_share_receipt *out, struct vt_error *err)
{
    VT_AUTO_JSON json = NULL;
    struct vt_share_receipt receipt = { .json = NULL };

    if (bytes.len > VT_SHARE_RECEIPT_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "receipt: of %zu bytes", bytes.len);
    if (!vt_paper_open(bytes, VT_SHARE_RECEIPT_TYPE, RECEIPT, "receipt", dsse_out, &json,
                       err) ||
        !vt_json_get_time(json, "receipt", "at", &receipt.at_unix_s, err) ||
        !vt_json_get_time(json, "receipt", "until", &receipt.until_unix_s, err) ||
        !vt_json_get_bool(json, "receipt", "held", &receipt.is_held, err))
        return false;
    receipt.cell = vt_field_text(json, "cell");
    receipt.country = vt_field_text(json, "country");
    receipt.purpose = vt_field_text(json, "purpose");
    receipt.asked = vt_field_text(json, "asked");
    receipt.object = vt_field_hash(json, "object");
    receipt.body = vt_field_hash(json, "body");
    receipt.recipient = vt_field_hash(json, "recipient");
    receipt.body_bytes = vt_field_number(json, "bytes");
    receipt.json = json_incref(json);
    *out = receipt;
    return true;
}

bool vt_share_receipt_parse(vt_slice bytes, const struct vt_trust *trust,
                            struct vt_share_receipt *out, struct vt_error *err)
{
    VT_AUTO_DSSE dsse = { 0 };
    VT_AUTO_SHARE_RECEIPT receipt = { .json = NULL };

    if (!vt_share_receipt_read(bytes, &dsse, &receipt, err) ||
        !vt_paper_is_cells(&dsse, trust, receipt.cell, receipt.at_unix_s, "receipt", err))
        return false;
    *out = receipt;
    receipt.json = NULL; /* it is the caller's now */
    return true;
}

bool vt_share_receipt_answers(const struct vt_share_receipt *receipt,
                              const struct vt_share_request *request, struct vt_error *err)
{
    VT_AUTO_JSON asked = asked_of(request);
    const char *other = NULL;

    if (!vt_slice_equal(receipt->cell, request->cell))
        other = "cell";
    else if (!vt_slice_is(receipt->country, request->country))
        other = "country";
    else if (!vt_hash_equal(&receipt->object, &request->object))
        other = "object";
    else if (!vt_hash_equal(&receipt->body, &request->body) ||
             receipt->body_bytes != request->body_bytes)
        other = "body";
    else if (!vt_hash_equal(&receipt->recipient, &request->recipient))
        other = "recipient";
    else if (asked == NULL || !vt_slice_is(receipt->asked, json_string_value(asked)))
        other = "reason";
    else if (!vt_slice_is(receipt->purpose, PURPOSE))
        other = "purpose";
    return other == NULL ||
           vt_fail(err, VT_REJECTED, "receipt: is for another %s than was shared", other);
}
