/* What a client keeps of a file that it sealed: the header, whom it is for, and the bond
 * that it has in common with the key's holder (crypto/age_key.h).  With it, and not
 * without, it can ask the key agent who had the key of its file.
 *
 *   HOME/bonds/OBJECT   "vitrine/bond/v1\n" ‖ recipient (32) ‖ bond (32) ‖ the header
 *
 * It opens nothing: the file key is not in it. */
#ifndef VT_CELL_BOND_H
#define VT_CELL_BOND_H

#include "cell/share_request.h"
#include "crypto/age_key.h"
#include "store/disk.h"

#define VT_BOND_FOLDER "bonds"

enum { VT_BOND_BYTES_MAX = VT_SHARE_HEADER_BYTES_MAX + 128 };

struct vt_bond {
    struct vt_age_recipient recipient;
    uint8_t secret[VT_AGE_BOND_BYTES];
    vt_slice header; /* 1 to VT_SHARE_HEADER_BYTES_MAX bytes */
};

/* header points into bytes.  VT_MALFORMED. */
VT_CHECKED bool vt_bond_parse(vt_slice bytes, struct vt_bond *out, struct vt_error *err);
/* The exact inverse: append it.  VT_LIMIT. */
VT_CHECKED bool vt_bond_write(const struct vt_bond *bond, struct vt_buf *out,
                              struct vt_error *err);

/* Durably in the client's folder, under the object's id.  VT_IO, VT_LIMIT. */
VT_CHECKED bool vt_bond_keep(struct vt_disk *home, const struct vt_bond *bond,
                             struct vt_error *err);
bool vt_bond_is_there(struct vt_disk *home, const vt_hash *object);
/* bytes: empty; what out points into, to be wiped by the caller.
 * Errors: VT_ABSENT there is none; VT_REJECTED it is of another object; VT_MALFORMED;
 *         VT_IO */
VT_CHECKED bool vt_bond_read(struct vt_disk *home, const vt_hash *object,
                             struct vt_buf *bytes, struct vt_bond *out,
                             struct vt_error *err);
/* Where there is one it goes, durably.  VT_IO. */
VT_CHECKED bool vt_bond_forget(struct vt_disk *home, const vt_hash *object,
                               struct vt_error *err);

#endif
