/* Recipients of files. */
#include "cell/recipient.h"
#include "evidence/field.h"
#include "evidence/schema.h"

static const struct vt_field RECIPIENT[] = {
    { "v", VT_FIELD_NUMBER, false, 0, NULL, NULL },
    { "cell", VT_FIELD_TEXT, false, 64, NULL, NULL },
    { "country", VT_FIELD_TEXT, false, 2, NULL, NULL },
    { "class", VT_FIELD_TEXT, false, 16, NULL, NULL },
    { "from", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "until", VT_FIELD_TIME, false, 0, NULL, NULL },
    { "recipient", VT_FIELD_TEXT, false, VT_AGE_RECIPIENT_CHARS, NULL, NULL },
    { NULL, VT_FIELD_TEXT, false, 0, NULL, NULL },
};

static void copy(char *out, vt_slice text) /* the schema bounds it */
{
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
}

static bool take(const json_t *json, struct vt_cell_recipient *out, struct vt_error *err)
{
    size_t ignored;

    if (vt_field_number(json, "v") != 1)
        return vt_fail(err, VT_MALFORMED, "recipient: only 'v' 1 is known");
    if (!vt_country_of(vt_field_text(json, "country"), &ignored))
        return vt_fail(err, VT_MALFORMED, "recipient: 'country' is none of ISO 3166");
    if (!vt_data_class_of(vt_field_text(json, "class"), &out->data))
        return vt_fail(err, VT_MALFORMED, "recipient: 'class' is none");
    if (!vt_json_get_time(json, "recipient", "from", &out->from_unix_s, err) ||
        !vt_json_get_time(json, "recipient", "until", &out->until_unix_s, err) ||
        !vt_age_recipient_parse(vt_field_text(json, "recipient"), &out->key, err))
        return false;
    if (out->until_unix_s <= out->from_unix_s)
        return vt_fail(err, VT_MALFORMED, "recipient: ends before it begins");
    copy(out->cell, vt_field_text(json, "cell"));
    copy(out->country, vt_field_text(json, "country"));
    return true;
}

void vt_cell_recipient_path(const vt_hash *digest, char out[VT_RECIPIENT_PATH_BYTES])
{
    char text[65];

    vt_hash_text(digest, text);
    (void)snprintf(out, VT_RECIPIENT_PATH_BYTES, "recipient/%s", text);
}

bool vt_cell_recipient_parse(vt_slice text, struct vt_cell_recipient *out,
                             struct vt_error *err)
{
    struct vt_cell_recipient recipient = { .digest = vt_sha256_of(text) };
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

bool vt_cell_recipient_write(const struct vt_cell_recipient *recipient, struct vt_buf *out,
                             struct vt_error *err)
{
    char key[VT_AGE_RECIPIENT_CHARS + 1];
    VT_AUTO_JSON json = NULL;

    vt_age_recipient_text(&recipient->key, key);
    json = json_pack("{s:i,s:s,s:s,s:s,s:o,s:o,s:s}", "v", 1, "cell", recipient->cell,
                     "country", recipient->country, "class",
                     vt_data_class_name(recipient->data), "from",
                     vt_field_of_time(recipient->from_unix_s), "until",
                     vt_field_of_time(recipient->until_unix_s), "recipient", key);
    if (json == NULL)
        return vt_fail(err, VT_MALFORMED, "recipient: the cell's name is not UTF-8");
    return vt_schema_verify(json, "recipient", RECIPIENT, err) &&
           vt_json_write_canonical(json, out, err);
}

bool vt_cell_recipient_fits(const struct vt_cell_recipient *recipient, vt_slice cell,
                            vt_slice country, enum vt_data_class data, int64_t now_unix_s,
                            struct vt_error *err)
{
    if (!vt_slice_is(cell, recipient->cell))
        return vt_fail(err, VT_REJECTED, "the recipient is of cell %s", recipient->cell);
    if (!vt_slice_is(country, recipient->country) || data != recipient->data)
        return vt_fail(err, VT_REJECTED, "the recipient is for data of %s, %s",
                       recipient->country, vt_data_class_name(recipient->data));
    return (recipient->from_unix_s <= now_unix_s && now_unix_s < recipient->until_unix_s) ||
           vt_fail(err, VT_REJECTED, "the recipient is of another period");
}
