/* Whom clients seal files to: the certified document of a key (custody/recipient.h), for a
 * country that there is and a class that this cell knows. */
#ifndef VT_CELL_RECIPIENT_H
#define VT_CELL_RECIPIENT_H

#include "cell/residency.h"
#include "custody/recipient.h"

/* Where a cell publishes it, below DIR/public. */
#define VT_RECIPIENT_PATH_BYTES 80
void vt_cell_recipient_path(const vt_hash *digest, char out[VT_RECIPIENT_PATH_BYTES]);

struct vt_cell_recipient {
    char cell[65], country[3], holder[VT_RECIPIENT_HOLDER_MAX + 1];
    enum vt_data_class data;
    int64_t from_unix_s, until_unix_s; /* from <= time < until */
    struct vt_age_recipient key;
    vt_hash digest; /* given by parse */
};

/* Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_cell_recipient_parse(vt_slice text, struct vt_cell_recipient *out,
                                        struct vt_error *err);
/* The exact inverse: append it. */
VT_CHECKED bool vt_cell_recipient_write(const struct vt_cell_recipient *recipient,
                                        struct vt_buf *out, struct vt_error *err);
/* Is it that cell's, for that country and class, now?  VT_REJECTED */
VT_CHECKED bool vt_cell_recipient_fits(const struct vt_cell_recipient *recipient,
                                       vt_slice cell, vt_slice country,
                                       enum vt_data_class data, int64_t now_unix_s,
                                       struct vt_error *err);

#endif
