/* Bonds in the client's folder. */
#include "cell/bond.h"

#define MAGIC "vitrine/bond/v1\n"

enum { PATH_BYTES = sizeof VT_BOND_FOLDER + 65 };

bool vt_bond_parse(vt_slice bytes, struct vt_bond *out, struct vt_error *err)
{
    struct vt_bond bond;
    vt_reader r = { bytes };
    vt_slice recipient, secret;

    if (!vt_read_literal(&r, VT_LIT(MAGIC)) ||
        !vt_read_bytes(&r, sizeof bond.recipient.bytes, &recipient) ||
        !vt_read_bytes(&r, sizeof bond.secret, &secret) || r.rest.len == 0 ||
        r.rest.len > VT_SHARE_HEADER_BYTES_MAX)
        return vt_fail(err, VT_MALFORMED, "a bond without its form");
    memcpy(bond.recipient.bytes, recipient.data, recipient.len);
    memcpy(bond.secret, secret.data, secret.len);
    bond.header = r.rest;
    *out = bond;
    explicit_bzero(bond.secret, sizeof bond.secret);
    return true;
}

bool vt_bond_write(const struct vt_bond *bond, struct vt_buf *out, struct vt_error *err)
{
    if (bond->header.len == 0 || bond->header.len > VT_SHARE_HEADER_BYTES_MAX)
        return vt_fail(err, VT_LIMIT, "a bond for a header of %zu bytes", bond->header.len);
    vt_buf_put(out, VT_LIT(MAGIC));
    vt_buf_put(out, VT_BYTES(bond->recipient.bytes));
    vt_buf_put(out, VT_BYTES(bond->secret));
    vt_buf_put(out, bond->header);
    return vt_buf_check(out, "a bond", err);
}

static void path_of(const vt_hash *object, char out[PATH_BYTES])
{
    char text[65];

    vt_hash_text(object, text);
    (void)snprintf(out, PATH_BYTES, VT_BOND_FOLDER "/%s", text);
}

bool vt_bond_keep(struct vt_disk *home, const struct vt_bond *bond, struct vt_error *err)
{
    VT_AUTO_BUF bytes = vt_buf_init(VT_BOND_BYTES_MAX);
    vt_hash object = vt_sha256_of(bond->header);
    char path[PATH_BYTES];
    bool is_ok;

    path_of(&object, path);
    is_ok = vt_bond_write(bond, &bytes, err) &&
            vt_disk_write(home, path, vt_buf_slice(&bytes), 0600, err);
    if (bytes.data != NULL)
        explicit_bzero(bytes.data, bytes.capacity);
    return is_ok;
}

bool vt_bond_is_there(struct vt_disk *home, const vt_hash *object)
{
    char path[PATH_BYTES];

    path_of(object, path);
    return vt_disk_has(home, path);
}

bool vt_bond_read(struct vt_disk *home, const vt_hash *object, struct vt_buf *bytes,
                  struct vt_bond *out, struct vt_error *err)
{
    char path[PATH_BYTES];
    vt_hash id;

    path_of(object, path);
    if (!vt_bond_is_there(home, object))
        return vt_fail(err, VT_ABSENT, "%s/%s: no bond of such a file is kept here",
                       vt_disk_path(home), path);
    if (!vt_disk_read(home, path, bytes, err) ||
        !vt_bond_parse(vt_buf_slice(bytes), out, err))
        return vt_within(err, "%s/%s", vt_disk_path(home), path);
    id = vt_sha256_of(out->header);
    if (vt_hash_equal(&id, object))
        return true;
    explicit_bzero(out->secret, sizeof out->secret);
    return vt_fail(err, VT_REJECTED, "%s/%s: is the bond of another file",
                   vt_disk_path(home), path);
}

bool vt_bond_forget(struct vt_disk *home, const vt_hash *object, struct vt_error *err)
{
    char path[PATH_BYTES];

    path_of(object, path);
    if (vt_disk_remove(home, path, err))
        return true;
    if (err->code != VT_ABSENT)
        return false;
    *err = (struct vt_error){ 0 };
    return true;
}
