/* Whom clients seal files to: the certified document of a key (custody/recipient.h), for a
 * country that there is and a class that this cell knows. */
#ifndef VT_CELL_RECIPIENT_H
#define VT_CELL_RECIPIENT_H

#include "cell/residency.h"
#include "custody/recipient.h"

/* Where a cell publishes it, below DIR/public. */
#define VT_RECIPIENT_PATH_BYTES 80
void vt_cell_recipient_path(const vt_hash *digest, char out[VT_RECIPIENT_PATH_BYTES]);

/* Errors: VT_MALFORMED, VT_LIMIT, VT_IO memory */
VT_CHECKED bool vt_cell_recipient_parse(vt_slice text, struct vt_recipient *out,
                                        struct vt_error *err);
/* The document in a file.  Errors: as above, with the path; those of reading */
VT_CHECKED bool vt_cell_recipient_read(const char *path, struct vt_recipient *out,
                                       struct vt_error *err);
/* Is it that cell's, for that country and class, now?  VT_REJECTED */
VT_CHECKED bool vt_cell_recipient_fits(const struct vt_recipient *recipient, vt_slice cell,
                                       vt_slice country, enum vt_data_class data,
                                       int64_t now_unix_s, struct vt_error *err);

#endif
