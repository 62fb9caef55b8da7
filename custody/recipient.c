/* Recipients of files. */
#include "custody/recipient.h"
#include "evidence/field.h"
#include "evidence/schema.h"

static const struct vt_field RECIPIENT[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "cell", VT_FIELD_TEXT, false, 64, NULL, NULL },
    { "country", VT_FIELD_TEXT, false, 2, NULL, NULL },
    { "class", VT_FIELD_TEXT, false, 16, NULL, NULL },
    { "from", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "until", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "holder", VT_FIELD_TEXT, false, VT_RECIPIENT_HOLDER_MAX, NULL, NULL },
    { "recipient", VT_FIELD_TEXT, false, VT_AGE_RECIPIENT_CHARS, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static void copy(char *out, vt_slice text) /* the schema bounds it */
{
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
}

static bool take(const json_t *json, struct vt_recipient *out, struct vt_error *err)
{
    if (vt_field_number(json, "v") != 1)
        return vt_fail(err, VT_MALFORMED, "recipient: only 'v' 1 is known");
    if (!vt_json_get_time(json, "recipient", "from", &out->from_unix_s, err) ||
        !vt_json_get_time(json, "recipient", "until", &out->until_unix_s, err) ||
        !vt_age_recipient_parse(vt_field_text(json, "recipient"), &out->key, err))
        return false;
    if (out->until_unix_s <= out->from_unix_s)
        return vt_fail(err, VT_MALFORMED, "recipient: ends before it begins");
    copy(out->cell, vt_field_text(json, "cell"));
    copy(out->country, vt_field_text(json, "country"));
    copy(out->data_class, vt_field_text(json, "class"));
    copy(out->holder, vt_field_text(json, "holder"));
    return true;
}

bool vt_recipient_parse(vt_slice text, struct vt_recipient *out, struct vt_error *err)
{
    struct vt_recipient recipient = { .digest = vt_sha256_of(text) };
    VT_AUTO_JSON json = NULL;

    if (text.len > VT_RECIPIENT_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "recipient: a document of %zu bytes", text.len);
    if (!vt_json_parse_canonical(text, "recipient", &json, err) ||
        !vt_schema_verify(json, "recipient", RECIPIENT, err) ||
        !take(json, &recipient, err))
        return false;
    *out = recipient;
    return true;
}

bool vt_recipient_write(const struct vt_recipient *recipient, struct vt_buf *out,
                        struct vt_error *err)
{
    char key[VT_AGE_RECIPIENT_CHARS + 1];
    VT_AUTO_JSON json = NULL;

    vt_age_recipient_text(&recipient->key, key);
    json =
        json_pack("{s:i,s:s,s:s,s:s,s:s,s:o,s:o,s:s}", "v", 1, "cell", recipient->cell,
                  "country", recipient->country, "class", recipient->data_class, "holder",
                  recipient->holder, "from", vt_field_of_time(recipient->from_unix_s),
                  "until", vt_field_of_time(recipient->until_unix_s), "recipient", key);
    if (json == NULL)
        return vt_fail(err, VT_MALFORMED,
                       "recipient: the name of its cell or holder is not UTF-8");
    return vt_schema_verify(json, "recipient", RECIPIENT, err) &&
           vt_json_write_canonical(json, out, err);
}

bool vt_recipient_is_certified(const struct vt_recipient *recipient,
                               const struct vt_trust *trust, struct vt_error *err)
{
    char key[VT_AGE_RECIPIENT_CHARS + 1];

    if (vt_trust_has_certified(trust, "recipient", vt_slice_from_cstr(recipient->cell),
                               &recipient->digest))
        return true;
    vt_age_recipient_text(&recipient->key, key);
    return vt_fail(err, VT_REJECTED,
                   "the trust root certifies no recipient %.12s... of cell %s for %s/%s "
                   "(vitrine trust certify --recipient)",
                   key, recipient->cell, recipient->country, recipient->data_class);
}
