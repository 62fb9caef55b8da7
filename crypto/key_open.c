/* Where a private key may be: a PEM file or behind a PKCS#11 URI. */
#include "crypto/key_private.h"

static bool open_behind_module(const char *where, vt_slice pin, struct vt_key **key_out,
                               struct vt_error *err)
{
    struct vt_pkcs11_uri uri;
    struct vt_public_key public_key;
    struct vt_pkcs11 *session;
    struct vt_key *key;

    if (!vt_pkcs11_uri_parse(vt_slice_from_cstr(where), &uri, err) ||
        !vt_pkcs11_open(&uri, pin, VT_PKCS11_SIGNS, &session, public_key.bytes, err))
        return false;
    key = vt_alloc(sizeof *key);
    *key = (struct vt_key){ .public_key = public_key, .session = session };
    *key_out = key;
    return true;
}

bool vt_key_open(const char *where, vt_slice passphrase, struct vt_key **key_out,
                 struct vt_error *err)
{
    if (strncmp(where, "pkcs11:", 7) == 0)
        return open_behind_module(where, passphrase, key_out, err);
    return vt_key_open_file(where, passphrase, key_out, err);
}

const char *vt_key_reads(const struct vt_key *key)
{
    return vt_pkcs11_reads(key->session);
}
