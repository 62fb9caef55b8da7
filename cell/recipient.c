/* Recipients of files. */
#include "cell/recipient.h"

void vt_cell_recipient_path(const vt_hash *digest, char out[VT_RECIPIENT_PATH_BYTES])
{
    char text[65];

    vt_hash_text(digest, text);
    (void)snprintf(out, VT_RECIPIENT_PATH_BYTES, "recipient/%s", text);
}

bool vt_cell_recipient_parse(vt_slice text, struct vt_cell_recipient *out,
                             struct vt_error *err)
{
    struct vt_cell_recipient recipient;
    struct vt_recipient document;
    size_t ignored;

    if (!vt_recipient_parse(text, &document, err))
        return false;
    if (!vt_country_of(vt_slice_from_cstr(document.country), &ignored))
        return vt_fail(err, VT_MALFORMED, "recipient: 'country' is none of ISO 3166");
    if (!vt_data_class_of(vt_slice_from_cstr(document.data_class), &recipient.data))
        return vt_fail(err, VT_MALFORMED, "recipient: 'class' is none");
    memcpy(recipient.cell, document.cell, sizeof recipient.cell);
    memcpy(recipient.country, document.country, sizeof recipient.country);
    memcpy(recipient.holder, document.holder, sizeof recipient.holder);
    recipient.from_unix_s = document.from_unix_s;
    recipient.until_unix_s = document.until_unix_s;
    recipient.key = document.key;
    recipient.digest = document.digest;
    *out = recipient;
    return true;
}

bool vt_cell_recipient_write(const struct vt_cell_recipient *recipient, struct vt_buf *out,
                             struct vt_error *err)
{
    struct vt_recipient document = { .from_unix_s = recipient->from_unix_s,
                                     .until_unix_s = recipient->until_unix_s,
                                     .key = recipient->key };

    memcpy(document.cell, recipient->cell, sizeof document.cell);
    memcpy(document.country, recipient->country, sizeof document.country);
    memcpy(document.holder, recipient->holder, sizeof document.holder);
    (void)snprintf(document.data_class, sizeof document.data_class, "%s",
                   vt_data_class_name(recipient->data));
    return vt_recipient_write(&document, out, err);
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
