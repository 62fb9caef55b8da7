/* Recipients of files. */
#include "cell/recipient.h"

void vt_cell_recipient_path(const vt_hash *digest, char out[VT_RECIPIENT_PATH_BYTES])
{
    char text[65];

    vt_hash_text(digest, text);
    (void)snprintf(out, VT_RECIPIENT_PATH_BYTES, "recipient/%s", text);
}

bool vt_cell_recipient_parse(vt_slice text, struct vt_recipient *out, struct vt_error *err)
{
    struct vt_recipient recipient;
    enum vt_data_class data;
    size_t country;

    if (!vt_recipient_parse(text, &recipient, err))
        return false;
    if (!vt_country_of(vt_slice_from_cstr(recipient.country), &country))
        return vt_fail(err, VT_MALFORMED, "recipient: 'country' is none of ISO 3166");
    if (!vt_data_class_of(vt_slice_from_cstr(recipient.data_class), &data))
        return vt_fail(err, VT_MALFORMED, "recipient: 'class' is none");
    *out = recipient;
    return true;
}

bool vt_cell_recipient_read(const char *path, struct vt_recipient *out,
                            struct vt_error *err)
{
    VT_AUTO_BUF text = vt_buf_init(VT_RECIPIENT_BYTES_MAX);

    return vt_file_read(path, &text, err) &&
           (vt_cell_recipient_parse(vt_buf_slice(&text), out, err) ||
            vt_within(err, "%s", path));
}

bool vt_cell_recipient_fits(const struct vt_recipient *recipient, vt_slice cell,
                            vt_slice country, enum vt_data_class data, int64_t now_unix_s,
                            struct vt_error *err)
{
    if (!vt_slice_is(cell, recipient->cell))
        return vt_fail(err, VT_REJECTED, "the recipient is of cell %s", recipient->cell);
    if (!vt_slice_is(country, recipient->country) ||
        strcmp(recipient->data_class, vt_data_class_name(data)) != 0)
        return vt_fail(err, VT_REJECTED, "the recipient is for data of %s, %s",
                       recipient->country, recipient->data_class);
    return (recipient->from_unix_s <= now_unix_s && now_unix_s < recipient->until_unix_s) ||
           vt_fail(err, VT_REJECTED, "the recipient is of another period");
}
